/* Tokens in the order of time, the certificate of attempts, and the numbers of owners. */
#include "checker/linear/holds_parts.h"

#include "base/invariant.h"
#include "checker/linear/models.h"

bool tokens_grow(struct tokens *tokens, const struct trace_op *acquire, uint32_t of)
{
	if (acquire->has_token && tokens->kept > 0 && acquire->token <= tokens->greatest)
		return false;
	tokens->stands = acquire->has_token;
	if (!acquire->has_token)
		return true;
	tokens->second = tokens->greatest;
	tokens->of_second = tokens->of_greatest;
	tokens->greatest = acquire->token;
	tokens->of_greatest = of;
	tokens->kept += tokens->kept < 2;
	return true;
}

void tokens_forget_greatest(struct tokens *tokens)
{
	tokens->greatest = tokens->second;
	tokens->of_greatest = tokens->of_second;
	tokens->kept -= tokens->kept > 0;
	tokens->stands = false;
}

void tokens_forget_standing(struct tokens *tokens)
{
	if (tokens->stands)
		tokens_forget_greatest(tokens);
}

void certificate_add(struct certificate *certificate, uint32_t acquire, uint32_t release)
{
	CHECK(acquire != TRACE_NEVER || release != TRACE_NEVER);
	if (certificate->attempts >= 0 && certificate->attempts < CERTIFICATE_MAX) {
		certificate->acquire[certificate->attempts] = acquire;
		certificate->release[certificate->attempts++] = release;
	} else {
		certificate->attempts = -1;
	}
}

void owners_open(const struct linear_object *object, struct keys *keys)
{
	uint32_t low = UINT32_MAX, high = 0;

	for (uint32_t i = 0; i < object->ops; i++) {
		uint32_t who = object->trace->op[object_op(object, i)].owner;

		low = who < low ? who : low;
		high = who > high ? who : high;
	}
	keys_open(keys, low, high, object->ops);
}
