/*
 * Does the lock key of the token that is carried still stand? Only the service can say so, at the
 * same instant at which the request takes effect: so the resource lies in the service
 * (workloads/key_resource.h), and this repeats what it said.
 */
#include "base/text.h"
#include "workloads/rule/guard_rule.h"

bool guard_own_key(const struct guard_kind *guard, const struct store_state *state,
		   const struct store_request *request, char *reason)
{
	(void)guard;
	(void)state;
	if (request->key_gone)
		text_copy(reason, ERROR_SIZE, GUARD_KEY_GONE);
	return !request->key_gone;
}
