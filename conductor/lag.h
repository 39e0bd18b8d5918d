/*
 * Private to conductor/: for how long nothing could run. A thread sleeps from instant to instant
 * and keeps by how much it came late at the worst: then whatever the harness wanted to do at that
 * moment (stamp, record, heal) may have come so late, too.
 */
#ifndef CONDUCTOR_LAG_H
#define CONDUCTOR_LAG_H

#include <stdatomic.h>
#include <stdint.h>

struct lag {                                   /* in shared memory; absolute instants */
	_Atomic int64_t worst_ns, worst_at_ns; /* the lateness, and when it was over; 0: none yet */
	_Atomic int64_t beats;
};

/* Starts the thread, in a process that lives for the whole run; it ends with the process. */
void lag_start(struct lag *lag);

#endif
