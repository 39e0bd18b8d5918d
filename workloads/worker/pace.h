/*
 * The clock by which a worker renews: true, or, as a fault of the nemesis, fast, slow, or set.
 *
 * Every stamp that is recorded is true CLOCK_MONOTONIC, always. The pace only decides *when* the
 * worker thinks that time has passed. The nemesis writes rate and offset into the worker's slot
 * (history/live.h); from the moment at which they are read the clock goes on from what it showed:
 * a change of the rate alone never makes it jump, and back at rate 0 it keeps the error that it has
 * gathered, as a clock does that nobody sets. A change of the offset is a jump, there and back.
 *
 * May be used by the threads of one process.
 */
#ifndef WORKLOADS_WORKER_PACE_H
#define WORKLOADS_WORKER_PACE_H

#include <pthread.h>
#include <stdint.h>

#include "history/live.h"

enum {
	PACE_SLOWEST_PPM = -990000, /* slower ones, and a clock that stands, are taken as this */
	PACE_LOOK_MS = 100,         /* a change wakes nobody: who waits looks this often */
};

struct pace {
	const struct live_worker *view; /* borrowed */
	pthread_mutex_t lock;
	int32_t rate_ppm; /* as of the last look */
	int64_t offset_ns;
	int64_t true_ns, shown_ns; /* at `true_ns` it showed `shown_ns` */
};

/* A clock that has been true so far. */
void pace_open(struct pace *pace, const struct live_worker *view);

/* What the clock shows at that true instant, which is near the present. */
int64_t pace_show_ns(struct pace *pace, int64_t true_ns);

/* When, truly, it will show that, if it goes on as it goes now. */
int64_t pace_await_ns(struct pace *pace, int64_t shown_ns);

#endif
