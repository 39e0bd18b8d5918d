#include "tests/support/stalls.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/invariant.h"

static const int64_t EVERY_NS = 5 * NS_PER_MS;

static _Atomic int64_t late_ns;

static void *beat(void *context)
{
	(void)context;
	for (;;) {
		int64_t due_ns = clock_now_ns() + EVERY_NS;

		clock_sleep_until_ns(due_ns);
		atomic_fetch_add(&late_ns, clock_now_ns() - due_ns);
	}
	return NULL;
}

void stalls_begin(void)
{
	sigset_t all, before;
	pthread_t thread;

	atomic_store(&late_ns, 0);
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	CHECK(pthread_create(&thread, NULL, beat, NULL) == 0);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_detach(thread);
}

int64_t stalls_ns(void)
{
	return atomic_load(&late_ns);
}
