/* A scheduled occasion as JSON: what schedule.plan in the history holds; and what a kind takes. */
#include "campaign/schedule.h"

#include <cjson/cJSON.h>

#include "base/invariant.h"
#include "campaign/value.h"

static void add_text(cJSON *plan, const char *name, const char *text)
{
	CHECK_MEMORY(text ? cJSON_AddStringToObject(plan, name, text)
			  : cJSON_AddNullToObject(plan, name));
}

/* NULL (does not apply) for a negative number. */
static void add_number(cJSON *plan, const char *name, double number)
{
	CHECK_MEMORY(number < 0 ? cJSON_AddNullToObject(plan, name)
				: cJSON_AddNumberToObject(plan, name, number));
}

static cJSON *lanes_of(const struct scheduled *entry, bool of_lanes)
{
	if (!of_lanes)
		return cJSON_CreateNull();
	return entry->lanes == 0 ? cJSON_CreateString("all")
				 : cJSON_CreateIntArray(entry->lane, entry->lanes);
}

static const char *unit_of(const struct span *span)
{
	return span->in_ttl ? "ttl" : "s";
}

/* What only some kinds know. Lengths are told as they were drawn: by whoever calls, but for `by`.
 */
static void add_amounts(cJSON *plan, const struct fault_block *block, const struct scheduled *entry)
{
	const struct option *option = option_sections[SECTION_FAULT].options;
	uint32_t uses = fault_traits(block->kind)->uses & ~(uint32_t)USES_LENGTH;

	if (!(uses & USES_FROM))
		add_text(plan, "from", NULL);
	for (; option->name; option++) {
		if (!(option->needs & uses) || (option->quiet && value_is_zero(option, block)))
			continue;
		if (option->needs == USES_BY) {
			add_number(plan, "by", entry->by);
			add_text(plan, "by_unit", unit_of(&block->by));
		} else {
			CHECK_MEMORY(cJSON_AddItemToObject(plan, option->name,
							   value_as_json(option, block)));
		}
	}
}

char *schedule_describe(const struct fault_block *blocks, const struct scheduled *entry)
{
	const struct fault_block *block = &blocks[entry->block];
	bool picks = block->target == TARGET_WORKER || block->target == TARGET_WAITER;
	bool draws_member = block->target >= TARGET_FOLLOWER && block->target <= TARGET_MEMBERS;
	cJSON *plan = cJSON_CreateObject();

	CHECK_MEMORY(plan);
	add_text(plan, "kind", fault_kind_names[block->kind]);
	add_text(plan, "target",
		 block->target == TARGET_HOST ? block->host : fault_target_names[block->target]);
	add_text(plan, "when", fault_moment_names[block->moment]);
	add_number(plan, "after", entry->after);
	add_text(plan, "after_unit", unit_of(&block->after));
	add_number(plan, "length", entry->length);
	add_text(plan, "unit", unit_of(&block->length));
	add_number(plan, "occasion", entry->occasion);
	add_text(plan, "follows", block->follows ? blocks[block->follows - 1].name : NULL);
	add_number(plan, "member", draws_member ? entry->member : -1);
	add_number(plan, "pick", picks ? entry->pick : -1);
	CHECK_MEMORY(
		cJSON_AddItemToObject(plan, "lanes", lanes_of(entry, fault_is_of_lanes(block))));
	add_amounts(plan, block, entry);

	char *text = cJSON_PrintUnformatted(plan);

	CHECK_MEMORY(text);
	cJSON_Delete(plan);
	return text;
}

void fault_list_options(FILE *out, enum fault_kind kind)
{
	const struct option *option = option_sections[SECTION_FAULT].options;
	struct fault_block block = {.kind = kind};
	const char *between = "";

	for (; option->name; option++) {
		if (!(option->needs & fault_traits(kind)->uses))
			continue;
		fprintf(out, "%s`%s", between, option->name);
		if (option->of_kind) {
			option_set_to_kinds(option, &block);
			fputs(" = ", out);
			value_print(out, option, &block);
		}
		fputc('`', out);
		between = ", ";
	}
}
