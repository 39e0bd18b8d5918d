#include "campaign/arm.h"

#include <stddef.h>

#include "history/event.h"

#define X(name, text) text,
const char *const store_names[] = {STORES(X) NULL};
#undef X
const char *const expectation_names[] = {"any", "safe", "unsafe", NULL};

unsigned int arm_planted(const struct arm *arm)
{
	unsigned int client = arm->client_words                    ? FOREIGN_CLIENT
			      : recipe_facts(arm->recipe)->planted ? PLANTED_CLIENT
								   : 0u;

	return client | (arm->store == STORE_HONEST ? 0u : PLANTED_STORE);
}

const char *arm_client(const struct arm *arm)
{
	return arm->client_words ? "adapter" : recipe_names[arm->recipe];
}

int arm_judge_times(const struct arm *arm, struct error *err)
{
	if (arm->heartbeat_ms < arm->ttl_s * 1000)
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "heartbeat %d ms must be less than the TTL of %d s",
			 arm->heartbeat_ms, arm->ttl_s);
}
