/*
 * clock: a worker's own clock, by which its renewals come due and its deadline passes, goes at
 * another speed (`percent` of the true one, 100 is true) or jumps ahead (`by`). Its stamps stay
 * true (workloads/worker/pace.h).
 *
 * It bit when the worker itself showed, at an acknowledged renewal that came while the fault
 * lasted, that its clock was off by more than it was before. At the heal the clock is true in speed
 * again, and jumps back what it was set ahead; the error that it gathered stays, as in a clock that
 * nobody sets.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "nemesis/faults.h"

static const int64_t NOTICED_NS = 1 * NS_PER_MS;

/* The slot is the worker's, but its clock is ours to set. */
static struct live_worker *slot_of(struct nemesis *nemesis, const struct fault *fault)
{
	ptrdiff_t slot = fault->slot - nemesis->config->live->worker;

	CHECK(slot >= 0 && slot < LIVE_WORKERS);
	return &nemesis->config->live->worker[slot];
}

static enum verb_result clock_inject(struct nemesis *nemesis, struct fault *fault,
				     struct error *err)
{
	struct live_worker *slot = slot_of(nemesis, fault);
	int64_t *ahead_ns = malloc(sizeof(*ahead_ns));

	(void)err;
	CHECK_MEMORY(ahead_ns);
	*ahead_ns = atomic_load(&slot->clock_ahead_ns);
	fault->effect = ahead_ns;
	atomic_store(&slot->clock_rate_ppm, (int32_t)((fault->block->percent - 100) * 10000));
	atomic_fetch_add(&slot->clock_offset_ns, fault->by_ns);
	fault_begun(nemesis, fault);
	return VERB_DONE;
}

static void clock_prove(struct nemesis *nemesis, struct fault *fault)
{
	const struct live_worker *slot = slot_of(nemesis, fault);
	int64_t moved_ns = atomic_load(&slot->clock_ahead_ns) - *(int64_t *)fault->effect;

	record_bite(nemesis, fault, llabs(moved_ns) > NOTICED_NS, moved_ns / NS_PER_US,
		    "by its own word at its last acknowledged renewal; speed %g %%, set by %.3f s",
		    fault->block->percent, (double)fault->by_ns / NS_PER_S);
}

static int clock_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct live_worker *slot = slot_of(nemesis, fault);

	(void)err;
	atomic_store(&slot->clock_rate_ppm, 0);
	atomic_fetch_sub(&slot->clock_offset_ns, fault->by_ns);
	fault->ended_ns = clock_now_ns();
	free(fault->effect);
	return 0;
}

const struct verb verb_clock = {clock_inject, clock_prove, clock_heal, 0, NULL};
