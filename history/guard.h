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
	  .writes_carry_base = true, .promises = NO_LOST_UPDATE)                                   \
	X(TXN, "txn", own_key,                                                                     \
	  "the resource lies in the service; every read and every write carries the fencing "      \
	  "token, and is one transaction that asks whether the lock key of that token still "      \
	  "stands, and logs itself; promises no stale write, no late write and no lost update",    \
	  .reads_carry = true, .writes_carry = true, .in_service = true, .promises = NO_HARM)      \
	X(LEASE_ID_EQUAL, "lease-id-equal", same_token,                                            \
	  "known to be wrong: every write carries the lease id, and only that of the first "       \
	  "writer is taken, as in etcd's contrib/lock; means to let no stale write and no late "   \
	  "write through, but it refuses later holders and takes the first one's late write",      \
	  .writes_carry = true, .carries_lease_id = true, .known_wrong = true,                     \
	  .promises = NO_STALE_WRITE | NO_LATE_WRITE)                                              \
	X(LEASE_ID_ORDER, "lease-id-order", not_smaller,                                           \
	  "known to be wrong: every write carries the lease id, and a smaller one than was seen "  \
	  "is refused; means to let no stale write and no late write through, but lease ids do "   \
	  "not grow from holder to holder: they begin with the member that granted them",          \
	  .writes_carry = true, .carries_lease_id = true, .known_wrong = true,                     \
	  .promises = NO_STALE_WRITE | NO_LATE_WRITE)

enum guard {
#define X(name, ...) GUARD_##name,
	GUARDS(X)
#undef X
		GUARDS_COUNT,
	GUARDS_RIGHT = GUARD_LEASE_ID_EQUAL, /* those that are known to be wrong stand last */
};

struct guard_kind {
	const char *word, *sentence;
	bool reads_carry, writes_carry; /* requests that must carry a token not smaller than the
					   greatest that the store has seen */
	bool writes_carry_base;         /* the version that was read; compared and set */
	bool looks_at_deadline;         /* the worker, by its own clock, before it writes */
	bool in_service;                /* not the store: workloads/key_resource.h */
	bool carries_lease_id;          /* as its token */
	bool known_wrong;               /* a negative control: it does not keep what it promises */
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
	return guard && guard->promises == NO_HARM && !guard->known_wrong;
}

static inline bool guard_needs_token(const struct guard_kind *guard)
{
	return guard->reads_carry || guard->writes_carry;
}

/* One that promises something, and may be named to those whom it would have helped. */
static inline bool guard_helps(const struct guard_kind *guard)
{
	return guard && guard->promises && !guard->known_wrong;
}

#endif
