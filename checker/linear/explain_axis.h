/* Where the operations of a certificate stand on the axis of a small drawing. */
#ifndef CHECKER_LINEAR_EXPLAIN_AXIS_H
#define CHECKER_LINEAR_EXPLAIN_AXIS_H

#include "checker/linear/explain_words.h"

enum { TIMELINE_ROWS = 48 }; /* what a reader can still follow; what is beyond is told of */

struct timeline_op {
	uint32_t op;
	bool culprit;
	bool open; /* weakened */
	bool holds;
	struct instant held_from, held_until; /* when it holds; until may be never */
};

/* Adds rows, in the order of their invocations, and ticks to about->into. Sorts `op`. */
void timeline_add(const struct explaining *about, struct timeline_op *op, int ops);

#endif
