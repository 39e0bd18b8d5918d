#include "conductor/lag.h"

#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "base/invariant.h"

static const int64_t EVERY_NS = 10 * NS_PER_MS;

static void *beat(void *context)
{
	struct lag *lag = context;
	int64_t due_ns = clock_now_ns();

	for (;;) {
		due_ns += EVERY_NS;
		clock_sleep_until_ns(due_ns);
		int64_t now_ns = clock_now_ns();

		if (now_ns - due_ns > atomic_load(&lag->worst_ns)) {
			atomic_store(&lag->worst_ns, now_ns - due_ns);
			atomic_store(&lag->worst_at_ns, now_ns);
		}
		atomic_fetch_add(&lag->beats, 1);
		if (now_ns > due_ns + EVERY_NS) /* what was missed is not made up */
			due_ns = now_ns;
	}
	return NULL;
}

void lag_start(struct lag *lag)
{
	sigset_t all, before;
	pthread_t thread;

	/* Signals are the process's own business. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	CHECK(pthread_create(&thread, NULL, beat, lag) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_detach(thread);
}
