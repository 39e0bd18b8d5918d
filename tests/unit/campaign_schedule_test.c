#include <check.h>
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/word.h"
#include "nemesis/nemesis.h"
#include "tests/support/suite.h"

enum { LANES = 8, MEMBERS = 3 };

static const int64_t DURATION_NS = 60 * NS_PER_S;

static const struct fault_block pause_holder = {
	.name = "pause-holder",
	.kind = FAULT_PAUSE,
	.target = TARGET_HOLDER,
	.moment = MOMENT_CONTENDED,
	.length = {.in_ttl = true, .low = 1.4, .high = 2.2},
	.first_ms = 1000,
	.every_ms = 3000,
	.jitter_ms = 1000,
	.lanes = 3,
};

static const struct fault_block kill_member = {
	.name = "kill-member",
	.kind = FAULT_KILL,
	.target = TARGET_MEMBER,
	.length = {.low = 2, .high = 4},
	.first_ms = 500,
	.every_ms = 7000,
};

static struct schedule resolve(const struct fault_block *blocks, int count, uint64_t seed)
{
	struct schedule schedule;

	schedule_resolve(blocks, count, seed, DURATION_NS, LANES, MEMBERS, &schedule);
	return schedule;
}

/* But for the id, which counts over all blocks. */
static bool same_occasion(struct scheduled a, struct scheduled b)
{
	return a.at_ns == b.at_ns && a.length == b.length && a.member == b.member &&
	       a.pick == b.pick && a.lanes == b.lanes && !memcmp(a.lane, b.lane, sizeof(a.lane));
}

static int count_common(const struct schedule *a, const struct schedule *b)
{
	int common = 0;

	for (int i = 0; i < a->count && i < b->count; i++)
		common += same_occasion(a->entry[i], b->entry[i]);
	return common;
}

START_TEST(schedule_repeats_with_its_seed_and_differs_with_another)
{
	struct schedule a = resolve(&pause_holder, 1, 7);
	struct schedule again = resolve(&pause_holder, 1, 7);
	struct schedule other = resolve(&pause_holder, 1, 8);

	ck_assert_int_gt(a.count, 15);
	ck_assert_int_eq(a.count, again.count);
	ck_assert_int_eq(count_common(&a, &again), a.count);
	ck_assert_int_eq(count_common(&a, &other), 0);
	schedule_free(&a);
	schedule_free(&again);
	schedule_free(&other);
}
END_TEST

START_TEST(schedule_of_a_block_does_not_shift_when_a_block_is_put_before_it)
{
	struct fault_block both[] = {kill_member, pause_holder};
	struct schedule alone = resolve(&pause_holder, 1, 7);
	struct schedule together = resolve(both, 2, 7);
	int found = 0;

	for (int i = 0; i < together.count; i++) {
		if (together.entry[i].block != 1)
			continue;
		ck_assert_int_lt(found, alone.count);
		ck_assert(same_occasion(together.entry[i], alone.entry[found]));
		found++;
	}
	ck_assert_int_eq(found, alone.count);
	ck_assert_int_gt(together.count, alone.count);
	schedule_free(&alone);
	schedule_free(&together);
}
END_TEST

START_TEST(occasions_come_at_first_plus_every_plus_jitter_and_end_with_the_load)
{
	struct schedule schedule = resolve(&pause_holder, 1, 3);
	int64_t least_ns = INT64_MAX, most_ns = 0;

	for (int k = 0; k < schedule.count; k++) {
		int64_t jitter_ns = schedule.entry[k].at_ns - (1 + 3 * k) * NS_PER_S;

		ck_assert_int_ge(jitter_ns, 0);
		ck_assert_int_le(jitter_ns, NS_PER_S);
		least_ns = jitter_ns < least_ns ? jitter_ns : least_ns;
		most_ns = jitter_ns > most_ns ? jitter_ns : most_ns;
		ck_assert_int_lt(schedule.entry[k].at_ns, DURATION_NS);
		ck_assert_double_ge(schedule.entry[k].length, 1.4);
		ck_assert_double_le(schedule.entry[k].length, 2.2);
	}
	ck_assert_int_eq(schedule.count, 20); /* 1, 4, ... 58 s */
	ck_assert_int_lt(least_ns, 300 * NS_PER_MS);
	ck_assert_int_gt(most_ns, 700 * NS_PER_MS);
	schedule_free(&schedule);
}
END_TEST

START_TEST(length_of_one_value_is_that_value)
{
	struct fault_block exact = kill_member;

	exact.length = (struct span){.low = 2.125, .high = 2.125};
	struct schedule schedule = resolve(&exact, 1, 3);

	ck_assert_int_gt(schedule.count, 5);
	for (int i = 0; i < schedule.count; i++)
		ck_assert_double_eq(schedule.entry[i].length, 2.125);
	schedule_free(&schedule);
}
END_TEST

START_TEST(occasion_that_jitter_moves_past_the_end_is_left_out)
{
	struct fault_block block = pause_holder;
	int left_out = 0;

	block.first_ms = 59500;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct schedule schedule = resolve(&block, 1, seed);

		left_out += schedule.count == 0;
		schedule_free(&schedule);
	}
	ck_assert_int_gt(left_out, 5);
	ck_assert_int_lt(left_out, 35);
}
END_TEST

START_TEST(block_without_every_comes_once)
{
	struct fault_block block = kill_member;

	block.every_ms = 0;
	struct schedule schedule = resolve(&block, 1, 3);

	ck_assert_int_eq(schedule.count, 1);
	ck_assert_int_eq(schedule.entry[0].at_ns, 500 * NS_PER_MS);
	schedule_free(&schedule);
}
END_TEST

START_TEST(entries_are_sorted_by_time_with_ids_from_1)
{
	struct fault_block blocks[] = {pause_holder, kill_member};
	struct schedule schedule = resolve(blocks, 2, 11);
	int members_hit = 0;

	for (int i = 0; i < schedule.count; i++) {
		ck_assert_int_eq(schedule.entry[i].id, i + 1);
		if (i)
			ck_assert_int_ge(schedule.entry[i].at_ns, schedule.entry[i - 1].at_ns);
		if (schedule.entry[i].block == 1)
			members_hit |= 1 << schedule.entry[i].member;
	}
	ck_assert_int_eq(members_hit, 7);
	schedule_free(&schedule);
}
END_TEST

START_TEST(lanes_are_distinct_in_range_and_all_get_their_turn)
{
	struct schedule schedule = resolve(&pause_holder, 1, 5);
	int seen = 0;

	for (int i = 0; i < schedule.count; i++) {
		const struct scheduled *entry = &schedule.entry[i];
		int here = 0;

		ck_assert_int_eq(entry->lanes, 3);
		for (int j = 0; j < entry->lanes; j++) {
			ck_assert_int_ge(entry->lane[j], 0);
			ck_assert_int_lt(entry->lane[j], LANES);
			ck_assert_int_eq(here & (1 << entry->lane[j]), 0);
			here |= 1 << entry->lane[j];
		}
		seen |= here;
	}
	ck_assert_int_eq(seen, (1 << LANES) - 1);
	schedule_free(&schedule);
}
END_TEST

START_TEST(as_many_lanes_as_there_are_means_all)
{
	struct fault_block block = pause_holder;

	block.lanes = LANES;
	struct schedule schedule = resolve(&block, 1, 5);

	ck_assert_int_eq(schedule.entry[0].lanes, 0);
	schedule_free(&schedule);
}
END_TEST

START_TEST(schedule_is_bounded_and_says_what_it_left_out)
{
	struct fault_block block = pause_holder;
	struct schedule schedule;

	block.every_ms = 1;
	schedule_resolve(&block, 1, 1, 200 * NS_PER_S, LANES, MEMBERS, &schedule);
	ck_assert_int_eq(schedule.count, SCHEDULE_MAX);
	ck_assert_int_gt(schedule.left_out, 190000 - SCHEDULE_MAX);
	schedule_free(&schedule);
}
END_TEST

START_TEST(block_that_follows_has_an_occasion_for_each_of_the_other)
{
	struct fault_block blocks[] = {pause_holder, kill_member};
	int of_first[64] = {0}, of_second[64] = {0}, firsts = 0, seconds = 0;

	blocks[1].follows = 1;
	blocks[1].target = TARGET_SAME;
	struct schedule schedule = resolve(blocks, 2, 7);

	for (int i = 0; i < schedule.count; i++) {
		const struct scheduled *entry = &schedule.entry[i];

		ck_assert_int_lt(entry->occasion, 64);
		firsts += entry->block == 0;
		seconds += entry->block == 1;
		(entry->block ? of_second : of_first)[entry->occasion]++;
	}
	ck_assert_int_eq(firsts, 20);
	ck_assert_int_eq(seconds, 20);
	ck_assert_mem_eq(of_first, of_second, sizeof(of_first));
	schedule_free(&schedule);
}
END_TEST

START_TEST(named_lanes_are_always_hit)
{
	struct fault_block block = pause_holder;

	block.lanes = 0;
	block.named_lanes = 2;
	block.lane[0] = 5;
	block.lane[1] = 1;
	struct schedule schedule = resolve(&block, 1, 7);

	ck_assert_int_gt(schedule.count, 10);
	for (int i = 0; i < schedule.count; i++) {
		ck_assert_int_eq(schedule.entry[i].lanes, 2);
		ck_assert_int_eq(schedule.entry[i].lane[0], 5);
		ck_assert_int_eq(schedule.entry[i].lane[1], 1);
	}
	schedule_free(&schedule);
}
END_TEST

START_TEST(all_that_is_drawn_is_drawn_from_end_to_end)
{
	struct fault_block block = pause_holder;
	int picks[2] = {500, 500}, members = 0;
	double lengths[2] = {1.8, 1.8}, bys[2] = {0.2, 0.2}, afters[2] = {0.05, 0.05};

	block.every_ms = 5;
	block.by = (struct span){.low = 0.1, .high = 0.3};
	block.after = (struct span){.low = 0, .high = 0.1};
	struct schedule schedule = resolve(&block, 1, 7);

	for (int i = 0; i < schedule.count; i++) {
		const struct scheduled *entry = &schedule.entry[i];

		picks[0] = entry->pick < picks[0] ? entry->pick : picks[0];
		picks[1] = entry->pick > picks[1] ? entry->pick : picks[1];
		lengths[0] = entry->length < lengths[0] ? entry->length : lengths[0];
		lengths[1] = entry->length > lengths[1] ? entry->length : lengths[1];
		bys[0] = entry->by < bys[0] ? entry->by : bys[0];
		bys[1] = entry->by > bys[1] ? entry->by : bys[1];
		afters[0] = entry->after < afters[0] ? entry->after : afters[0];
		afters[1] = entry->after > afters[1] ? entry->after : afters[1];
		members |= 1 << entry->member;
	}
	ck_assert_double_eq(bys[0], 0.1);
	ck_assert_double_eq(bys[1], 0.3);
	ck_assert_double_eq(afters[0], 0);
	ck_assert_double_eq(afters[1], 0.1);
	ck_assert_int_gt(schedule.count, 11000);
	ck_assert_int_eq(picks[0], 0);
	ck_assert_int_eq(picks[1], 999);
	ck_assert_double_eq(lengths[0], 1.4);
	ck_assert_double_eq(lengths[1], 2.2);
	ck_assert_int_eq(members, 7);
	schedule_free(&schedule);
}
END_TEST

START_TEST(what_comes_at_one_instant_comes_in_the_order_of_the_blocks)
{
	struct fault_block blocks[] = {kill_member, kill_member, kill_member};
	struct schedule schedule = resolve(blocks, 3, 7);

	ck_assert_int_eq(schedule.count % 3, 0);
	for (int i = 0; i < schedule.count; i++)
		ck_assert_int_eq(schedule.entry[i].block, i % 3);
	schedule_free(&schedule);
}
END_TEST

static const char *text_of(const cJSON *plan, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(plan, name);

	ck_assert_msg(item, "no field %s", name);
	return cJSON_IsNull(item) ? "null" : cJSON_GetStringValue(item);
}

static double number_of(const cJSON *plan, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(plan, name);

	ck_assert_msg(item, "no field %s", name);
	return cJSON_IsNull(item) ? -1 : cJSON_GetNumberValue(item);
}

START_TEST(plan_has_every_field)
{
	struct fault_block blocks[] = {pause_holder, kill_member};
	struct scheduled of_lanes = {
		.length = 1.625, .member = -1, .pick = 9, .lanes = 2, .lane = {1, 6}};
	struct scheduled of_member = {.block = 1, .length = 3, .member = 2};
	char *text = schedule_describe(blocks, &of_lanes);
	cJSON *plan = cJSON_Parse(text);

	ck_assert_str_eq(text_of(plan, "kind"), "pause");
	ck_assert_str_eq(text_of(plan, "target"), "holder");
	ck_assert_str_eq(text_of(plan, "from"), "null");
	ck_assert_str_eq(text_of(plan, "when"), "contended");
	ck_assert_double_eq(number_of(plan, "length"), 1.625);
	ck_assert_str_eq(text_of(plan, "unit"), "ttl");
	ck_assert_double_eq(number_of(plan, "member"), -1);
	ck_assert_double_eq(number_of(plan, "pick"), -1);
	ck_assert_ptr_nonnull(strstr(text, "\"lanes\":[1,6]"));
	cJSON_Delete(plan);
	free(text);

	blocks[1].kind = FAULT_CUT;
	blocks[1].from = FROM_PEERS;
	text = schedule_describe(blocks, &of_member);
	plan = cJSON_Parse(text);
	ck_assert_str_eq(text_of(plan, "kind"), "cut");
	ck_assert_str_eq(text_of(plan, "target"), "member");
	ck_assert_str_eq(text_of(plan, "from"), "peers");
	ck_assert_str_eq(text_of(plan, "when"), "now");
	ck_assert_str_eq(text_of(plan, "unit"), "s");
	ck_assert_double_eq(number_of(plan, "member"), 2);
	ck_assert_str_eq(text_of(plan, "lanes"), "null");
	cJSON_Delete(plan);
	free(text);

	blocks[0].target = TARGET_WAITER;
	of_lanes.lanes = 0;
	text = schedule_describe(blocks, &of_lanes);
	plan = cJSON_Parse(text);
	ck_assert_double_eq(number_of(plan, "pick"), 9);
	ck_assert_str_eq(text_of(plan, "lanes"), "all");
	cJSON_Delete(plan);
	free(text);
}
END_TEST

/* The campaign's words for what a kind uses, and no others. */
START_TEST(plan_says_what_its_kind_uses)
{
	static const struct {
		uint32_t use;
		const char *says;
	} amounts[] = {
		{USES_FROM, "\"from\":\"followers\",\"direction\":\"in\""},
		{USES_SHAPE, "\"shape\":\"ring\""},
		{USES_SCOPE, "\"scope\":\"all\""},
		{USES_BY, "\"by\":0.25,\"by_unit\":\"ttl\""},
		{USES_BACK, "\"back\":true"},
		{USES_PERCENT, "\"percent\":12.5"},
		{USES_RATE, "\"rate\":64"},
		{USES_COUNT, "\"count\":30"},
	};
	static const char *const names[] = {"direction", "shape",   "scope", "by",   "by_unit",
					    "back",      "percent", "rate",  "count"};
	struct fault_block block = {.kind = (enum fault_kind)_i,
				    .from = FROM_FOLLOWERS,
				    .direction = DIRECTION_IN,
				    .shape = SHAPE_RING,
				    .scope = SCOPE_ALL,
				    .by = {.in_ttl = true},
				    .back = true,
				    .percent = 12.5,
				    .rate = 64,
				    .count = 30};
	struct scheduled entry = {.by = 0.25};
	char *text = schedule_describe(&block, &entry);
	uint32_t uses = fault_traits(block.kind)->uses;
	int expected = 0, found = 0;

	for (size_t i = 0; i < sizeof(amounts) / sizeof(*amounts); i++) {
		ck_assert_msg(!strstr(text, amounts[i].says) == !(uses & amounts[i].use), "%s: %s",
			      text, amounts[i].says);
		if (uses & amounts[i].use)
			expected += amounts[i].use == USES_BY ? 2 : 1;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char quoted[24];

		snprintf(quoted, sizeof(quoted), "\"%s\":", names[i]);
		found += strstr(text, quoted) != NULL;
	}
	ck_assert_int_eq(found, expected);
	free(text);
}
END_TEST

START_TEST(plan_of_a_follower_names_whom_it_follows)
{
	struct fault_block blocks[] = {pause_holder, kill_member};
	struct scheduled of_member = {.block = 1, .length = 3, .after = 0.5, .occasion = 4};

	blocks[1].follows = 1;
	blocks[1].after.in_ttl = true;
	char *text = schedule_describe(blocks, &of_member);

	ck_assert_str_eq(text, "{\"kind\":\"kill\",\"target\":\"member\",\"when\":\"now\","
			       "\"after\":0.5,\"after_unit\":\"ttl\",\"length\":3,\"unit\":\"s\","
			       "\"occasion\":4,\"follows\":\"pause-holder\",\"member\":0,"
			       "\"pick\":null,\"lanes\":null,\"from\":null}");
	free(text);
}
END_TEST

START_TEST(plan_says_what_was_drawn_where_it_decides)
{
	struct scheduled entry = {.member = 2, .pick = 7};

	for (int target = 0; target < FAULT_TARGETS_COUNT; target++) {
		struct fault_block block = {.target = (enum fault_target)target, .host = "m2"};
		bool draws = target == TARGET_FOLLOWER || target == TARGET_MEMBER ||
			     target == TARGET_EACH_MEMBER || target == TARGET_MINORITY ||
			     target == TARGET_MAJORITY || target == TARGET_MEMBERS;
		bool picks = target == TARGET_WORKER || target == TARGET_WAITER;
		char *text = schedule_describe(&block, &entry);
		cJSON *plan = cJSON_Parse(text);

		ck_assert_double_eq(number_of(plan, "member"), draws ? 2 : -1);
		ck_assert_double_eq(number_of(plan, "pick"), picks ? 7 : -1);
		ck_assert_str_eq(text_of(plan, "target"),
				 target == TARGET_HOST ? "m2" : fault_target_names[target]);
		cJSON_Delete(plan);
		free(text);
	}
}
END_TEST

/* That it has a word, a sentence and a proof the compiler asks, and its verb the linker. */
START_TEST(row_of_every_kind_is_whole)
{
	const struct fault_traits *traits = fault_traits((enum fault_kind)_i);
	const uint32_t named = 1u << TARGET_SAME | 1u << TARGET_HOST;

	ck_assert_str_eq(traits->word, fault_kind_names[_i]);
	ck_assert_int_eq(word_index(traits->word, fault_kind_names),
			 _i); /* the first of its name */
	ck_assert_msg(fault_effect_word(traits->effect) != NULL, "%s", traits->word);
	/* Whoever draws one draws of these, and never ends without. */
	ck_assert_msg(traits->targets & ~named, "%s has no target", traits->word);
	ck_assert_msg(traits->targets >> FAULT_TARGETS_COUNT == 0, "%s", traits->word);
	/* An amount that it takes is something when nobody says it, and there is no other. */
	ck_assert_msg(traits->of_speed || !(traits->uses & USES_BY) == !(traits->by.high > 0), "%s",
		      traits->word);
	ck_assert_msg(!(traits->uses & USES_PERCENT) == !(traits->percent > 0), "%s", traits->word);
	ck_assert_msg(!(traits->uses & USES_RATE) == !(traits->rate > 0), "%s", traits->word);
	ck_assert_msg(!(traits->uses & USES_COUNT) == !(traits->count > 0), "%s", traits->word);
	ck_assert(traits->by.low <= traits->by.high);
}
END_TEST

START_TEST(targets_of_a_kind_are_told_by_groups)
{
	static const struct {
		enum fault_kind kind;
		const char *targets;
	} kinds[] = {
		{FAULT_PAUSE, "workers, members, sets of members, `store`"},
		{FAULT_REVOKE, "`holder`"},
		{FAULT_STALL, "members"},
		{FAULT_COMPACT, ""},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char *text = NULL;
		size_t size;
		FILE *out = text_begin(&text, &size);

		fault_list_targets(out, kinds[i].kind);
		text_end(out, &text);
		ck_assert_str_eq(text, kinds[i].targets);
		free(text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nemesis: schedule");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, schedule_repeats_with_its_seed_and_differs_with_another);
	tcase_add_test(tests, schedule_of_a_block_does_not_shift_when_a_block_is_put_before_it);
	tcase_add_test(tests, occasions_come_at_first_plus_every_plus_jitter_and_end_with_the_load);
	tcase_add_test(tests, length_of_one_value_is_that_value);
	tcase_add_test(tests, occasion_that_jitter_moves_past_the_end_is_left_out);
	tcase_add_test(tests, block_without_every_comes_once);
	tcase_add_test(tests, entries_are_sorted_by_time_with_ids_from_1);
	tcase_add_test(tests, lanes_are_distinct_in_range_and_all_get_their_turn);
	tcase_add_test(tests, as_many_lanes_as_there_are_means_all);
	tcase_add_test(tests, schedule_is_bounded_and_says_what_it_left_out);
	tcase_add_test(tests, block_that_follows_has_an_occasion_for_each_of_the_other);
	tcase_add_test(tests, named_lanes_are_always_hit);
	tcase_add_test(tests, all_that_is_drawn_is_drawn_from_end_to_end);
	tcase_add_test(tests, what_comes_at_one_instant_comes_in_the_order_of_the_blocks);
	tcase_add_test(tests, plan_has_every_field);
	tcase_add_test(tests, plan_of_a_follower_names_whom_it_follows);
	tcase_add_test(tests, plan_says_what_was_drawn_where_it_decides);
	tcase_add_loop_test(tests, plan_says_what_its_kind_uses, 0, FAULT_KINDS_COUNT);
	tcase_add_loop_test(tests, row_of_every_kind_is_whole, 0, FAULT_KINDS_COUNT);
	tcase_add_test(tests, targets_of_a_kind_are_told_by_groups);
	return suite_run(suite);
}
