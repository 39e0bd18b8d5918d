/* A run as a campaign that says what was drawn: each fault that came before the violation, at its
 * time, of its length, on its lanes and hosts; no other. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "conductor/hunt/explicit.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { LOAD_BEGAN_MS = 1500, DURATION_MS = 30000 };

static struct campaign drawn_from, made;
static struct schedule drawn, said;
static struct findings findings;
static struct violation violation;
static struct past past;

static const char several[] =
	"seed = 17\nduration = '30s'\nservice-expect = safe\n"
	"arm a { lanes = 3  workers = 2  expect = safe }\narm b { lanes = 5  workers = 2 }\n"
	"fault hold { do = pause  target = holder  lanes = 2  length = '0.5 .. 2 ttl'\n"
	"  when = contended  after = '1ms .. 20ms'  first = '1s'  every = '5s'  jitter = '2s' }\n"
	"fault then { do = delay  target = holder  by = '1ms .. 90ms'  length = '1s .. 2s'\n"
	"  follows = hold }\n"
	"fault all { do = slow  target = waiter  first = '2s'  every = '7s'  length = '1s' }\n"
	"fault one { do = pause  target = member  first = '3s'  every = '4s'  length = '1s' }\n"
	"fault each { do = pause  target = each-member  first = '4s'  every = '4s'  length = '1s' "
	"}\n"
	"fault lead { do = pause  target = leader  first = '500ms'  every = '9s'  length = '1s' }\n"
	"fault his { do = cut  target = holder  follows = lead  since = begin  lanes = 1\n"
	"  length = '1s' }\n";

/* The run's schedule, of which the occasions with these numbers became faults, a second after they
 * were due; and a violation at that time of the run. */
static void make_past(const char *text, int64_t at_ms, bool (*came)(const struct scheduled *))
{
	static int made_before;
	char name[32];

	snprintf(name, sizeof(name), "explicit-%d.db", made_before++);
	const char *path = scratch_file(name);
	struct maker *maker = maker_open(path);
	struct error err = {0};
	int lanes = 0;

	ck_assert_msg(campaign_load_text(text, "test", &drawn_from, &err) == 0, "%s", err.text);
	for (int i = 0; i < drawn_from.arms; i++)
		if (drawn_from.arm[i].lanes > lanes)
			lanes = drawn_from.arm[i].lanes;
	for (int i = 0; i < drawn_from.arms; i++) {
		int arm = maker_arm(maker, .name = drawn_from.arm[i].name, .guard = "none");

		for (int k = 0; k < drawn_from.arm[i].lanes; k++)
			maker_lane(maker, arm);
	}
	schedule_resolve(drawn_from.block, drawn_from.blocks, drawn_from.seed,
			 drawn_from.duration_ms * NS_PER_MS, lanes, drawn_from.cluster.members,
			 &drawn);
	maker_set_text(maker, "campaign", text);
	maker_set_int(maker, "load_began_ns", LOAD_BEGAN_MS * NS_PER_MS);
	for (int i = 0; i < drawn.count; i++) {
		double began_ms = LOAD_BEGAN_MS + 1000 + (double)(drawn.entry[i].at_ns / NS_PER_MS);

		maker_occasion(maker, "pause", "now");
		if (came(&drawn.entry[i]))
			maker_fault(maker, .lane = 0, .worker = 0, .began_ms = began_ms,
				    .ended_ms = began_ms + 100, .schedule = drawn.entry[i].id);
	}
	maker_close(maker, true);
	ck_assert_msg(findings_open(path, &findings, &err) == 0, "%s", err.text);
	violation = (struct violation){.arm = 0, .lane = 1, .at_ns = at_ms * NS_PER_MS};
	past = (struct past){
		.findings = findings, .campaign = &drawn_from, .violation = &violation};
}

static void resolve_made(void)
{
	struct error err = {0};

	ck_assert_msg(explicit_campaign(&past, &made, &err) == 0, "%s", err.text);
	ck_assert_msg(campaign_validate(&made, &err) == 0, "%s", err.text);
	/* Another seed: nothing is left to chance. */
	schedule_resolve(made.block, made.blocks, 999, DURATION_MS * NS_PER_MS, 5, 3, &said);
	ck_assert_int_eq(said.count, made.blocks);
}

static void teardown(void)
{
	schedule_free(&drawn);
	schedule_free(&said);
	findings_close(&findings);
}

static const struct fault_block *find(const struct scheduled *entry)
{
	char name[32];

	snprintf(name, sizeof(name), "f%d", entry->id);
	for (int i = 0; i < made.blocks; i++)
		if (strcmp(made.block[i].name, name) == 0)
			return &made.block[i];
	return NULL;
}

static const struct scheduled *find_said(const struct fault_block *block)
{
	for (int i = 0; i < said.count; i++)
		if (&made.block[said.entry[i].block] == block)
			return &said.entry[i];
	ck_abort_msg("%s is not resolved", block->name);
	return NULL;
}

static const struct scheduled *leader_of(const struct scheduled *entry)
{
	int follows = drawn_from.block[entry->block].follows;

	for (int i = 0; i < drawn.count; i++)
		if (drawn.entry[i].block == follows - 1 &&
		    drawn.entry[i].occasion == entry->occasion)
			return &drawn.entry[i];
	return NULL;
}

static bool each_came(const struct scheduled *entry)
{
	(void)entry;
	return true;
}

static bool every_second_came(const struct scheduled *entry)
{
	return entry->id % 2 == 0;
}

/* As it was drawn, and as it is said now. */
static void expect_same(const struct scheduled *entry, const struct fault_block *block)
{
	const struct fault_block *from = &drawn_from.block[entry->block];
	const struct scheduled *now = find_said(block);
	char host[16];

	ck_assert_int_eq(block->kind, from->kind);
	ck_assert_int_eq(block->moment, from->moment);
	ck_assert_double_eq(now->length, entry->length);
	ck_assert_double_eq(now->after, entry->after);
	ck_assert_double_eq(now->by, entry->by);
	ck_assert_int_eq(block->length.in_ttl, from->length.in_ttl);
	ck_assert_int_eq(block->with_begin, from->with_begin);
	if (!from->follows)
		ck_assert_int_eq(now->at_ns / NS_PER_MS, entry->at_ns / NS_PER_MS);
	if (strcmp(from->name, "one") == 0 || strcmp(from->name, "each") == 0) {
		snprintf(host, sizeof(host), "m%d",
			 from->target == TARGET_MEMBER ? entry->member % 3 + 1
						       : entry->occasion % 3 + 1);
		ck_assert_int_eq(block->target, TARGET_HOST);
		ck_assert_str_eq(block->host, host);
	} else {
		ck_assert_int_eq(block->target, from->target);
	}
	/* What follows a fault of lanes goes where that one went. */
	if (strcmp(from->name, "then") == 0) {
		ck_assert_int_eq(block->named_lanes, 0);
		return;
	}
	ck_assert_int_eq(now->lanes, entry->lanes);
	ck_assert_mem_eq(now->lane, entry->lane, (size_t)entry->lanes * sizeof(*entry->lane));
}

START_TEST(what_was_drawn_is_said)
{
	int followers = 0;

	make_past(several, LOAD_BEGAN_MS + 2 * DURATION_MS, each_came);
	resolve_made();
	ck_assert_int_gt(drawn.count, 30);
	ck_assert_int_eq(made.blocks, drawn.count);
	for (int i = 0; i < drawn.count; i++) {
		const struct fault_block *block = find(&drawn.entry[i]);
		const struct scheduled *leader = leader_of(&drawn.entry[i]);

		ck_assert_ptr_nonnull(block);
		expect_same(&drawn.entry[i], block);
		ck_assert_int_eq(block->follows != 0, leader != NULL);
		followers += leader != NULL;
		if (leader)
			ck_assert_ptr_eq(&made.block[block->follows - 1], find(leader));
	}
	ck_assert_int_gt(followers, 5);
}
END_TEST

/* A follower whose leader did not come has nothing to follow. */
START_TEST(what_did_not_take_place_is_left_out)
{
	int kept = 0;

	make_past(several, LOAD_BEGAN_MS + 2 * DURATION_MS, every_second_came);
	resolve_made();
	for (int i = 0; i < drawn.count; i++) {
		const struct scheduled *entry = &drawn.entry[i], *leader = leader_of(entry);
		bool stays = every_second_came(entry) && (!leader || every_second_came(leader));

		ck_assert_int_eq(find(entry) != NULL, stays);
		kept += stays;
	}
	ck_assert_int_eq(made.blocks, kept);
	ck_assert_int_gt(kept, 8);
}
END_TEST

START_TEST(what_came_after_the_violation_is_left_out)
{
	int64_t at_ms = LOAD_BEGAN_MS + 1000 + 9500; /* "lead" comes at that very moment */

	make_past(several, at_ms, each_came);
	resolve_made();
	for (int i = 0; i < drawn.count; i++) {
		const struct scheduled *entry = &drawn.entry[i];

		ck_assert_int_eq(find(entry) != NULL,
				 entry->at_ns / NS_PER_MS + LOAD_BEGAN_MS + 1000 <= at_ms);
	}
	ck_assert_int_gt(made.blocks, 5);
	ck_assert_int_eq(made.duration_ms, at_ms - LOAD_BEGAN_MS + 3000);
}
END_TEST

START_TEST(a_campaign_of_it_lasts_three_seconds_at_least_and_expects_nothing)
{
	make_past(several, LOAD_BEGAN_MS - 200, each_came);
	resolve_made();
	ck_assert_int_eq(made.blocks, 0);
	ck_assert_int_eq(made.duration_ms, 3000);
	ck_assert_int_eq(made.service_expect, EXPECT_ANY);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(made.arm[i].expect, EXPECT_ANY);
	ck_assert_int_eq(drawn_from.arm[0].expect, EXPECT_SAFE); /* which is still what it was */
	violation.at_ns = (LOAD_BEGAN_MS + 1) * NS_PER_MS;
	ck_assert_int_eq(explicit_campaign(&past, &made, &(struct error){0}), 0);
	ck_assert_int_eq(made.duration_ms, 3001);
}
END_TEST

/* Lanes count over all arms in the history, and within its arm in a campaign. */
START_TEST(a_violation_has_a_place_or_none)
{
	static const struct {
		int id, arm, lane;
	} places[] = {{0, 0, 0}, {1, 0, 1}, {2, 0, 2}, {3, 1, 0}, {7, 1, 4}, {-1, -1, -1}};
	int arm, lane;

	make_past(several, 0, each_came);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		violation.lane = places[i].id;
		explicit_place(&past, &arm, &lane);
		ck_assert_int_eq(arm, places[i].arm);
		ck_assert_int_eq(lane, places[i].lane);
	}
}
END_TEST

START_TEST(a_fault_of_the_history_is_found_by_its_occasion)
{
	make_past(several, LOAD_BEGAN_MS + 2 * DURATION_MS, every_second_came);
	resolve_made();
	const struct history *history = &past.findings.history;

	for (int i = 0; i < history->faults; i++) {
		int block = explicit_block_of(&past, &made, history->fault[i].id);
		const struct scheduled *entry = &drawn.entry[history->fault[i].schedule - 1];

		ck_assert_int_eq(entry->id, history->fault[i].schedule);
		ck_assert_int_eq(block, find(entry) ? find(entry) - made.block : -1);
	}
	ck_assert_int_eq(explicit_block_of(&past, &made, 9999), -1);
}
END_TEST

static const char crowded[] =
	"seed = 1\nduration = '60s'\narm a { }\n"
	"fault hold { do = pause  target = holder  first = '1ms'  every = '100ms' }\n";

static bool early_came(const struct scheduled *entry)
{
	return entry->id <= FAULT_BLOCKS_MAX;
}

START_TEST(more_faults_than_a_campaign_can_say_are_refused)
{
	struct error err = {0};

	make_past(crowded, LOAD_BEGAN_MS + 100000, early_came);
	ck_assert_int_gt(drawn.count, FAULT_BLOCKS_MAX);
	ck_assert_int_eq(explicit_campaign(&past, &made, &err), 0);
	ck_assert_int_eq(made.blocks, FAULT_BLOCKS_MAX);
	teardown();
	make_past(crowded, LOAD_BEGAN_MS + 100000, each_came);
	ck_assert_int_eq(explicit_campaign(&past, &made, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "more than 512 faults"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: explicit campaigns");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_test(tests, what_was_drawn_is_said);
	tcase_add_test(tests, what_did_not_take_place_is_left_out);
	tcase_add_test(tests, what_came_after_the_violation_is_left_out);
	tcase_add_test(tests, a_campaign_of_it_lasts_three_seconds_at_least_and_expects_nothing);
	tcase_add_test(tests, a_violation_has_a_place_or_none);
	tcase_add_test(tests, a_fault_of_the_history_is_found_by_its_occasion);
	tcase_add_test(tests, more_faults_than_a_campaign_can_say_are_refused);
	return suite_run(suite);
}
