/*
 * A slice: some operations of a trace as a trace of their own, perhaps cut at an event, perhaps
 * with operations weakened to open ones. What explanations decide anew, and what is verified.
 */
#ifndef CHECKER_LINEAR_EXPLAIN_SLICE_H
#define CHECKER_LINEAR_EXPLAIN_SLICE_H

#include "checker/linear/linear.h"

struct slice {
	const struct trace *trace;
	uint32_t ops;
	uint32_t *op;    /* indices into trace->op, ascending; owned */
	bool *open;      /* weakened to an open operation; owned */
	bool by_attempt; /* who holds is told by attempts, as in the whole object */
	uint32_t from;   /* what began before this position begins at it */
	uint32_t until;  /* events at or after this position have not happened */
};

/* Room for `capacity` operations; none is in it yet. */
void slice_begin(struct slice *slice, const struct trace *trace, uint32_t capacity);
/* The same trace, cut likewise, with room for as many operations; none is in it yet. */
void slice_begin_like(struct slice *slice, const struct slice *like);
void slice_add(struct slice *slice, uint32_t op, bool open);
void slice_free(struct slice *slice);

/* All of an object's operations that were invoked before `until`. */
void slice_prefix(struct slice *slice, const struct linear_object *object, uint32_t until);

/* True when the operation has returned within the slice. */
bool slice_is_mandatory(const struct slice *slice, uint32_t index);

/* The slice as a trace; open observers, which demand nothing, are left out. Operation i of *into is
 * operation map[i] of the slice's trace; map has room for slice->ops and may be NULL. */
void slice_build(const struct slice *slice, struct trace *into, uint32_t *map);

enum linear_verdict slice_decide(const struct slice *slice, const struct linear_request *request);

/* What linear_exhaust says of it; LINEAR_UNKNOWN when it is too large. *ops: how many it has. */
enum linear_verdict slice_exhaust(const struct slice *slice, const struct linear_request *request,
				  uint32_t *ops);

#endif
