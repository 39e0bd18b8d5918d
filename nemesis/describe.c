/* A scheduled occasion as JSON: what schedule.plan in the history holds. */
#include "nemesis/nemesis.h"

#include <cjson/cJSON.h>

#include "base/invariant.h"

static void add_text(cJSON *plan, const char *name, const char *text)
{
	CHECK(text ? cJSON_AddStringToObject(plan, name, text) : cJSON_AddNullToObject(plan, name));
}

/* NULL (does not apply) for a negative number. */
static void add_number(cJSON *plan, const char *name, double number)
{
	CHECK(number < 0 ? cJSON_AddNullToObject(plan, name)
			 : cJSON_AddNumberToObject(plan, name, number));
}

static cJSON *lanes_of(const struct scheduled *entry, bool of_lanes)
{
	if (!of_lanes)
		return cJSON_CreateNull();
	return entry->lanes == 0 ? cJSON_CreateString("all")
				 : cJSON_CreateIntArray(entry->lane, entry->lanes);
}

char *schedule_describe(const struct fault_block *blocks, const struct scheduled *entry)
{
	const struct fault_block *block = &blocks[entry->block];
	bool of_lanes = block->target != TARGET_MEMBER && block->target != TARGET_LEADER;
	bool picks = block->target == TARGET_WORKER || block->target == TARGET_WAITER;
	cJSON *plan = cJSON_CreateObject();

	CHECK(plan);
	add_text(plan, "kind", fault_kind_names[block->kind]);
	add_text(plan, "target", fault_target_names[block->target]);
	add_text(plan, "from", block->kind == FAULT_CUT ? fault_from_names[block->from] : NULL);
	add_text(plan, "when", fault_moment_names[block->moment]);
	add_number(plan, "length", entry->length);
	add_text(plan, "unit", block->length.in_ttl ? "ttl" : "s");
	add_number(plan, "member", entry->member);
	add_number(plan, "pick", picks ? entry->pick : -1);
	CHECK(cJSON_AddItemToObject(plan, "lanes", lanes_of(entry, of_lanes)));

	char *text = cJSON_PrintUnformatted(plan);

	CHECK(text);
	cJSON_Delete(plan);
	return text;
}
