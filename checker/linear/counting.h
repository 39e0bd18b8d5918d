/*
 * Anonymous mutexes and semaphores (counting.c), event by event: so an object can be judged as it
 * is read.
 */
#ifndef LINEAR_COUNTING_H
#define LINEAR_COUNTING_H

#include "checker/linear/linear.h"

struct side { /* the operations of one kind that are pending and not placed */
	uint64_t mandatory, open;
	uint32_t *debt, debts, room; /* positions at which one was placed early, ascending */
};

struct count {
	struct side side[2];
	uint64_t inside, limit;
	uint32_t full_until, held_until; /* when it was last left: full; not empty */
	bool deaf;                       /* to observers */
	bool observed;
	bool guessed; /* an observer of a semaphore forced something */
};

/* The next event; false when nothing is left for it. */
bool count_step(struct count *count, const struct trace_op *op, bool returns);
void count_close(struct count *count);

#endif
