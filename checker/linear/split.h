/* All objects of a trace at once, in one pass over it. */
#ifndef CHECKER_LINEAR_SPLIT_H
#define CHECKER_LINEAR_SPLIT_H

#include "checker/linear/linear.h"

struct split {
	uint32_t objects;
	struct linear_object *object; /* owned; they borrow the arrays below, or the trace's own */
	uint32_t *op, *event;         /* owned */
};

void split_open(struct split *split, const struct trace *trace);
void split_close(struct split *split);

#endif
