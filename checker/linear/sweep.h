/*
 * What T2 to T6 share: certain holds in the order of time, and how many may stand at once.
 *
 * A *core* is the stretch in which an attempt certainly held: from before the event `first` until
 * after the event `last`. A *window* is an attempt that needs one instant only, between two events.
 * The caller tells of both as their events come; the sweep says when they cannot stand together.
 *
 * Observers (a try-acquire that failed saw the lock taken) are met by cores. Where an observer lies
 * between two cores of a mutex, it can be met by stretching one of them: the earlier one until its
 * release must have happened, the later one back to its acquire's invocation. When that is not
 * enough, or might be in a window's way, the sweep is `undecided`: what it says of conflicts still
 * holds, but it no longer proves that there is an order.
 */
#ifndef CHECKER_LINEAR_SWEEP_H
#define CHECKER_LINEAR_SWEEP_H

#include "checker/linear/linear.h"

struct core {
	uint32_t acquire_from; /* position of the acquire's invocation */
	uint32_t first, last;  /* positions; last: TRACE_NEVER, or unknown as yet */
	uint32_t release_by;   /* position of the release's return; TRACE_NEVER */
	enum trace_mode mode;
};

struct sweep {
	bool shares;    /* read-write lock */
	uint32_t limit; /* others: so many at once */
	uint32_t inside, exclusive;
	uint32_t taken_since[2], taken_until[2]; /* per mode: when an acquire of it was last barred
						    from, and until */
	uint32_t dealt_with; /* cores that began up to here are in a violation already */
	uint64_t violations; /* sets without a common member */
	bool undecided;

	uint32_t stretch_to;  /* the last core's release_by */
	uint32_t observed_by; /* the next core must stretch back to before this; TRACE_NEVER */
	bool stretched[2];    /* observers rely on stretching in: the gap before, this gap */
	bool windows;         /* lie in this gap */
};

void sweep_open(struct sweep *sweep, enum model model, int limit);
/* False, and nothing changed, when the core conflicts with what stands. */
bool sweep_begin(struct sweep *sweep, const struct core *core);
void sweep_end(struct sweep *sweep, const struct core *core);
/* At the window's end; `from`: its begin. False when it lies within what stands. */
bool sweep_window(struct sweep *sweep, uint32_t from, enum trace_mode mode);
/* At the observer's return. */
void sweep_observe(struct sweep *sweep, const struct trace_op *op);
/* Counts a violation and lets all that stands at `at` be gone. */
void sweep_violate(struct sweep *sweep, uint32_t at);
void sweep_finish(struct sweep *sweep);

/* Is the core among those that stand at this position? */
static inline bool sweep_stands(const struct sweep *sweep, const struct core *core, uint32_t at)
{
	return core->first > sweep->dealt_with && core->first < at && core->last > at;
}

#endif
