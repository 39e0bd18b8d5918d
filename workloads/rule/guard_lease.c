/*
 * Equality in place of order, as etcd's contrib/lock/storage has it: who writes first leaves his
 * number, and it stands for good. A later holder has another one and is refused, whatever he holds;
 * the first one may come back as late as he likes.
 */
#include <inttypes.h>
#include <stdio.h>

#include "workloads/rule/guard_rule.h"

bool guard_same_token(const struct guard_kind *guard, const struct store_state *state,
		      const struct store_request *request, char *reason)
{
	if (!guard_carries(guard, request->write) || !state->greatest_token ||
	    request->token == state->greatest_token)
		return true;
	snprintf(reason, ERROR_SIZE, "%" PRIx64 " is different from the existing %" PRIx64,
		 (uint64_t)request->token, (uint64_t)state->greatest_token);
	return false;
}
