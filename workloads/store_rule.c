#include "workloads/store_rule.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * A monotonic check on reads too: the new holder's first request, a read, raises the bar before its
 * first write, and so shuts out the old holder in the gap that a check of writes alone leaves open.
 */
static bool token_passes(const struct store_state *state, const struct store_request *request,
			 char *reason)
{
	if (!request->token)
		snprintf(reason, ERROR_SIZE, "token missing");
	else if (request->token < state->greatest_token)
		snprintf(reason, ERROR_SIZE, "token %" PRId64 " is smaller than %" PRId64,
			 request->token, state->greatest_token);
	else
		return true;
	return false;
}

static bool guard_passes(const struct store_resource *resource, const struct store_state *state,
			 const struct store_request *request, char *reason)
{
	switch (resource->guard) {
	case GUARD_NONE:
		return true;
	case GUARD_TOKEN:
		return resource->honesty == STORE_IGNORES_TOKENS ||
		       token_passes(state, request, reason);
	}
	return false;
}

static void apply(const struct store_resource *resource, struct store_state *state,
		  const struct store_request *request)
{
	if (resource->guard == GUARD_TOKEN && request->token > state->greatest_token)
		state->greatest_token = request->token;
	if (request->write) {
		state->version++;
		state->value = request->value;
	}
}

bool store_decide(const struct store_resource *resource, struct store_state *state,
		  const struct store_request *request, struct decision_event *decision)
{
	*decision = (struct decision_event){
		.op = request->op,
		.f = request->write ? F_WRITE : F_READ,
		.token = request->token,
		.greatest_token = state->greatest_token,
		.version_before = state->version,
	};
	bool accepted = guard_passes(resource, state, request, decision->reason);

	if (accepted)
		apply(resource, state, request);
	decision->accepted = accepted;
	decision->version_after = state->version;
	/* Of a refused write: what it would have written, so that the log names it. */
	decision->value = request->write ? request->value : state->value;
	return accepted;
}
