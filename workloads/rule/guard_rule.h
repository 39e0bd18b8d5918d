/* What the store decides of a request, one function for each decision that history/guard.h names.
 * Pure: no clock, no I/O. */
#ifndef WORKLOADS_GUARD_RULE_H
#define WORKLOADS_GUARD_RULE_H

#include <stdbool.h>

#include "history/guard.h"
#include "workloads/rule/store_rule.h"

/* Does the request pass? Of one that does not, `reason` (ERROR_SIZE bytes) says why. */
typedef bool guard_rule(const struct guard_kind *guard, const struct store_state *state,
			const struct store_request *request, char *reason);

#define X(name, word, decision, ...) guard_rule guard_##decision;
GUARDS(X)
#undef X

/* Why a request without its lock key is refused: in the log's words as in the worker's. */
#define GUARD_KEY_GONE "the lock key is gone"

#endif
