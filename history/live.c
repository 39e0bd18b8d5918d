#include "history/live.h"

#include <linux/futex.h>
#include <limits.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static void wake_waiters(struct live *live)
{
	/* The generation moves before the waiters are counted, and a waiter counts itself before it
	 * compares the generation: so one of the two sees the other. */
	atomic_fetch_add(&live->generation, 1);
	if (atomic_load(&live->waiters) > 0)
		syscall(SYS_futex, &live->generation, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void live_publish(struct live *live, struct live_worker *worker, enum live_state state)
{
	atomic_store(&worker->since_ns, clock_now_ns());
	atomic_store(&worker->state, state);
	wake_waiters(live);
}

void live_touch(struct live *live)
{
	wake_waiters(live);
}

bool live_holds(const struct live_worker *worker)
{
	return atomic_load(&worker->state) >= LIVE_HOLDING;
}

uint32_t live_wait(struct live *live, uint32_t seen, int64_t deadline_ns)
{
	struct timespec until = {deadline_ns / NS_PER_S, deadline_ns % NS_PER_S};

	atomic_fetch_add(&live->waiters, 1);
	/* FUTEX_WAIT_BITSET takes an absolute deadline on CLOCK_MONOTONIC. */
	while (atomic_load(&live->generation) == seen && clock_now_ns() < deadline_ns)
		syscall(SYS_futex, &live->generation, FUTEX_WAIT_BITSET, seen, &until, NULL,
			FUTEX_BITSET_MATCH_ANY);
	atomic_fetch_sub(&live->waiters, 1);
	return atomic_load(&live->generation);
}
