/*
 * Owners that do one thing after the other (attempts_owners.c), event by event: so an object can be
 * judged as it is read.
 */
#ifndef CHECKER_LINEAR_HOLDS_OWNERS_H
#define CHECKER_LINEAR_HOLDS_OWNERS_H

#include "checker/linear/holds_parts.h"

struct owner {
	uint32_t acquire;      /* that began the outermost hold, or the last one */
	uint32_t release;      /* that ended it, if depth is 0 */
	uint32_t acquire_from; /* position of its invocation */
	uint32_t first, depth; /* first 0: never held; depth 0: holds nothing */
	enum trace_mode mode;
	bool busy;   /* within an operation */
	bool astray; /* it is a release of nothing */
};

struct owners {
	const struct linear_object *object; /* NULL: not all of it is there, so that there are no
					       certificates */
	const struct trace_op *ops;
	enum model model;
	uint32_t limit;
	bool judges_tokens;
	struct keys keys;
	struct owner *owner;
	struct sweep sweep;
	struct tokens tokens;
	struct certificate certificate; /* of the first violation; stuck: TRACE_NEVER until then */
};

void owners_begin(struct owners *owners, enum model model, int limit, bool judges_tokens);

/* The next event of the object: of operation `index`, at place `at`; both are for certificates.
 * False when the history is not covered from here on. Violations are the sweep's. */
bool owners_step(struct owners *owners, struct owner *owner, const struct trace_op *op,
		 uint32_t index, uint32_t at, bool returns);

#endif
