/*
 * A monotonic check. Where reads are checked too, the new holder's first request, a read, raises
 * the bar before its first write, and so shuts out the old holder in the gap that a check of writes
 * alone leaves open. A reader that shares the lock raises it for writers only: a slower reader with
 * a smaller token holds as rightfully, until a writer has come.
 */
#include <inttypes.h>
#include <stdio.h>

#include "workloads/rule/guard_rule.h"

bool guard_not_smaller(const struct guard_kind *guard, const struct store_state *state,
		       const struct store_request *request, char *reason)
{
	if (!guard_carries(guard, request->write))
		return true;
	if (!request->token)
		snprintf(reason, ERROR_SIZE, "token missing");
	else if (request->token < store_bar(state, request))
		snprintf(reason, ERROR_SIZE, "token %" PRId64 " is smaller than %" PRId64,
			 request->token, store_bar(state, request));
	else
		return true;
	return false;
}
