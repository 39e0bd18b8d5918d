/*
 * A set's history made ready for those who look at its elements (T8, T8b, explanations): numbers
 * for elements, and for each read that was answered the elements that it saw, each once. Takes room
 * for the operations and for what the reads saw.
 */
#ifndef CHECKER_LINEAR_SET_HISTORY_H
#define CHECKER_LINEAR_SET_HISTORY_H

#include "checker/linear/linear.h"
#include "checker/linear/engine_intern.h"

struct set_history {
	const struct linear_object *object;
	const struct trace_op *ops; /* the trace's */
	uint32_t elements;          /* their numbers are below */
	uint32_t *of;    /* by operation of the object: the element that it adds or removes */
	uint32_t *begin; /* by operation: what a read saw is seen[begin[i]] .. seen[begin[i + 1]] */
	uint32_t *seen;  /* elements */
	bool *removed;   /* by element: it may have been, by somebody at some time */
	bool has_removes;     /* of some element */
	struct budget budget; /* no limit */
	struct intern texts;  /* element `number` is the text `number` */
};

/* False when an operation is none of a set's. Close it in either case. */
bool set_history_open(struct set_history *set, const struct linear_object *object);
void set_history_close(struct set_history *set);

/* Says something: it was answered. */
static inline bool set_history_is_read(const struct trace_op *op)
{
	return op->f == TRACE_READ && op->outcome == TRACE_OK;
}

/* An add or a remove that may have happened. */
static inline bool set_history_changes(const struct trace_op *op)
{
	return op->f != TRACE_READ && op->outcome != TRACE_FAILED;
}

#endif
