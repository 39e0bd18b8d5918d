/*
 * An excerpt: some operations of a trace as a trace of their own, perhaps cut at an event, perhaps
 * with operations weakened to open ones. What explanations decide anew, and what is verified.
 */
#ifndef CHECKER_LINEAR_EXPLAIN_EXCERPT_H
#define CHECKER_LINEAR_EXPLAIN_EXCERPT_H

#include "checker/linear/linear.h"

struct excerpt {
	const struct trace *trace;
	uint32_t ops, capacity;
	uint32_t *op;    /* indices into trace->op, ascending; owned */
	bool *open;      /* weakened to an open operation; owned */
	bool by_attempt; /* who holds is told by attempts, as in the whole object */
	uint32_t from;   /* what began before this position begins at it */
	uint32_t until;  /* events at or after this position have not happened */
};

/* Room for `capacity` operations; none is in it yet. */
void excerpt_begin(struct excerpt *excerpt, const struct trace *trace, uint32_t capacity);
/* The same trace, cut likewise, with room for as many operations; none is in it yet. */
void excerpt_begin_like(struct excerpt *excerpt, const struct excerpt *like);

enum strength { OP_AS_IT_WAS, OP_WEAKENED /* to an open operation */ };
void excerpt_add(struct excerpt *excerpt, uint32_t op, enum strength strength);

void excerpt_free(struct excerpt *excerpt);

/* All of an object's operations that were invoked before `until`. */
void excerpt_prefix(struct excerpt *excerpt, const struct linear_object *object, uint32_t until);

/* True when the operation has returned within the excerpt. */
bool excerpt_is_mandatory(const struct excerpt *excerpt, uint32_t index);

/* The excerpt as a trace; open observers, which demand nothing, are left out. Operation i of *into
 * is operation map[i] of the excerpt's trace; map has room for excerpt->ops and may be NULL. */
void excerpt_build(const struct excerpt *excerpt, struct trace *into, uint32_t *map);

enum linear_verdict excerpt_decide(const struct excerpt *excerpt,
				   const struct linear_request *request);

/* What linear_exhaust says of it; LINEAR_UNKNOWN when it is too large. *ops: how many it has. */
enum linear_verdict excerpt_exhaust(const struct excerpt *excerpt,
				    const struct linear_request *request, uint32_t *ops);

#endif
