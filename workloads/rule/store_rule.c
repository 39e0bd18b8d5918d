#include "workloads/rule/store_rule.h"

#include "workloads/rule/guard_rule.h"

#define X(name, word, decision, ...) guard_##decision,
static guard_rule *const rules[] = {GUARDS(X)};
#undef X

static bool guard_passes(const struct store_resource *resource, const struct store_state *state,
			 const struct store_request *request, char *reason)
{
	return resource->honesty == STORE_IGNORES_TOKENS ||
	       rules[resource->guard](&guard_kinds[resource->guard], state, request, reason);
}

static void apply(const struct store_resource *resource, struct store_state *state,
		  const struct store_request *request)
{
	const struct guard_kind *guard = &guard_kinds[resource->guard];

	if (guard_carries(guard, request->write)) {
		if (request->token > state->greatest_token)
			state->greatest_token = request->token;
		if (!request->shared && request->token > state->greatest_alone)
			state->greatest_alone = request->token;
	}
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
		.greatest_token = store_bar(state, request),
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
