/* What explanations are made of: the facts at hand, and words for operations and instants. */
#ifndef CHECKER_LINEAR_EXPLAIN_WORDS_H
#define CHECKER_LINEAR_EXPLAIN_WORDS_H

#include "checker/linear/linear.h"
#include "checker/linear/explain_excerpt.h"
#include "history/traces/explanation.h"

enum { WORDS_ROOM = 192 };
typedef char words[WORDS_ROOM];

struct explaining {
	const struct trace *trace;
	const struct linear_request *request;
	const struct linear_object *object;
	const struct linear_result *result;
	struct explanation *into;
	int decimals; /* of seconds, so that the instants of the certificate differ in print */
};

/* An event of the trace, or one that never comes (position TRACE_NEVER). */
struct instant {
	uint32_t position;
	int64_t ns;
	uint32_t op;
};

struct instant instant_invoked(const struct trace *trace, uint32_t op);
struct instant instant_returned(const struct trace *trace, uint32_t op);

/* Chooses the decimals so that no two of these operations' instants look alike (at most 9). */
void words_set_decimals(struct explaining *about, const uint32_t *op, uint32_t ops);

/* Each fills `text` and returns it, so that it can stand among arguments. */
const char *words_who(words text, const struct explaining *about, uint32_t op);      /* process 3 */
const char *words_what(words text, const struct explaining *about, uint32_t op);     /* write 4 */
const char *words_at(words text, const struct explaining *about, struct instant at); /* 1.250 s */
const char *words_line(words text, const struct explaining *about, uint32_t op);     /* line 12 */
const char *words_op(words text, const struct explaining *about, uint32_t op);
const char *words_value(words text, const struct trace *trace, uint32_t value);
const char *words_lock(words text, const struct explaining *about); /* the lock `a` */
const char *words_length(words text, const struct explaining *about, struct instant from,
			 struct instant until); /* for 1.300 s; empty without times */
const char *words_plural(words text, uint64_t count, const char *one); /* 2 releases */

#endif
