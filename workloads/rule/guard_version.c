/*
 * Compare and set. Nobody overwrites what he has not read, however late he is; but who has read
 * late, or is the first to write, passes: it asks for no order of the holders.
 */
#include <inttypes.h>
#include <stdio.h>

#include "workloads/rule/guard_rule.h"

bool guard_same_version(const struct guard_kind *guard, const struct store_state *state,
			const struct store_request *request, char *reason)
{
	if (!request->write || !guard->writes_carry_base)
		return true;
	if (request->base == NO_VERSION)
		snprintf(reason, ERROR_SIZE, "base missing");
	else if (request->base != state->version)
		snprintf(reason, ERROR_SIZE, "based on version %" PRId64 ", it is at %" PRId64,
			 request->base, state->version);
	else
		return true;
	return false;
}
