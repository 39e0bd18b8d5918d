/*
 * What stands between a stale holder and the resource, a row each: what a campaign can say, the
 * worker does, the store decides (workloads/rule/guard_rule.h), the checker holds the arm to, and
 * the page explains.
 */
#ifndef HISTORY_GUARD_H
#define HISTORY_GUARD_H

#include <stdbool.h>

#include "history/violation.h"

enum guard_promise { /* bits of guard_kind.promises: what the store never applies */
		     NO_STALE_WRITE = 1 << VIOLATION_STALE_WRITE,
		     NO_LATE_WRITE = 1 << VIOLATION_LATE_WRITE,
		     NO_LOST_UPDATE = 1 << VIOLATION_LOST_UPDATE,
		     NO_HARM = NO_STALE_WRITE | NO_LATE_WRITE | NO_LOST_UPDATE,
};

/*
 * X(name in code, name in words, the store's decision, what it does and promises in a sentence,
 * ...), the rest as of struct guard_kind; what is not said is false. Guard DECISION is defined in
 * workloads/: one that is not does not link.
 */
#define GUARDS(X)                                                                                  \
	X(NONE, "none", anything, "promises nothing", .promises = 0)                               \
	X(DEADLINE, "deadline", anything,                                                          \
	  "the worker looks at its safe deadline before it writes, and gives up when that is "     \
	  "over; promises nothing",                                                                \
	  .looks_at_deadline = true)                                                               \
	X(TOKEN, "token", not_smaller,                                                             \
	  "every read and write carries the fencing token; promises no stale write, no late "      \
	  "write and no lost update",                                                              \
	  .reads_carry = true, .writes_carry = true, .promises = NO_HARM)                          \
	X(TOKEN_WRITES, "token-writes", not_smaller,                                               \
	  "every write carries the fencing token, and no read does; promises no stale write",      \
	  .writes_carry = true, .promises = NO_STALE_WRITE)                                        \
	X(IDEMPOTENT, "idempotent", same_version,                                                  \
	  "every write says which version it is based on, and is applied to that one only, so at " \
	  "most once; promises no lost update",                                                    \
	  .writes_carry_base = true, .promises = NO_LOST_UPDATE)

enum guard {
#define X(name, ...) GUARD_##name,
	GUARDS(X)
#undef X
		GUARDS_COUNT
};

struct guard_kind {
	const char *word, *sentence;
	bool reads_carry, writes_carry; /* requests that must carry a token not smaller than the
					   greatest that the store has seen */
	bool writes_carry_base;         /* the version that was read; compared and set */
	bool looks_at_deadline;         /* the worker, by its own clock, before it writes */
	unsigned int promises;          /* bits 1 << violation_name; 0: a guard of none */
};

extern const struct guard_kind guard_kinds[GUARDS_COUNT];
extern const char *const guard_names[]; /* NULL-terminated, in the order of the enum */

/* By its name in words; NULL: there is none. */
const struct guard_kind *guard_find(const char *word);

static inline bool guard_carries(const struct guard_kind *guard, bool write)
{
	return write ? guard->writes_carry : guard->reads_carry;
}

/* Nothing that a stale holder does reaches the resource. NULL: a guard that is none of ours. */
static inline bool guard_promises_all(const struct guard_kind *guard)
{
	return guard && guard->promises == NO_HARM;
}

static inline bool guard_needs_token(const struct guard_kind *guard)
{
	return guard->reads_carry || guard->writes_carry;
}

#endif
