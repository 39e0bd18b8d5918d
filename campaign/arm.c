#include "campaign/arm.h"

#include <stddef.h>

#include "history/event.h"

#define X(name, text) text,
const char *const store_names[] = {STORES(X) NULL};
#undef X
#define X(name, text) text,
const char *const look_names[] = {LOOKS(X) NULL};
#undef X
const char *const expectation_names[] = {"any", "safe", "unsafe", NULL};

unsigned int arm_planted(const struct arm *arm)
{
	bool planted = recipe_facts(arm->recipe)->planted || arm->habit != HABIT_NONE;
	bool sound = arm->store == STORE_HONEST && !guard_kinds[arm->guard].known_wrong;
	unsigned int client = arm->client_words ? FOREIGN_CLIENT : planted ? PLANTED_CLIENT : 0u;

	return client | (sound ? 0u : PLANTED_STORE);
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
