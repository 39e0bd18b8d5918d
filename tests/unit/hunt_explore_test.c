/* Exploring: what is drawn, what counts as seen, and what ends it; over rounds that are made up. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "conductor/hunt/explore.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/told.h"

enum { ROUNDS = 300, DURATION_MS = 20000 };

static struct campaign campaign, given;

/* One round after the other ------------------------------------------------------------------- */

static struct script {
	int rounds; /* then it ends in an error */
	void (*look)(int round);
	void (*tell)(int round, struct findings *findings); /* NULL: nothing happened */
	int ran;
} script;

static void *made(const void *rows, size_t size)
{
	void *copy = malloc(size);

	ck_assert_ptr_nonnull(copy);
	return memcpy(copy, rows, size);
}

static int run_script(void *context, struct campaign *drawn, struct round *round, struct error *err)
{
	ck_assert_ptr_eq(context, &script);
	ck_assert_ptr_eq(drawn, &campaign);
	if (script.ran == script.rounds)
		return error_set(err, EXIT_INTERRUPTED, "enough");
	script.ran++;
	*round = (struct round){.run_dir = "runs/of-round"};
	if (script.look)
		script.look(script.ran);
	if (script.tell)
		script.tell(script.ran, &round->findings);
	return 0;
}

static enum exit_code explore_for(int64_t time_ns)
{
	const struct explore_request request = {.campaign = &campaign,
						.runs_dir = "runs",
						.command = "explore",
						.time_ns = time_ns};
	struct error err = {0};
	enum exit_code code;

	script.ran = 0;
	code = explore_campaign(&request, run_script, &script, &err);
	ck_assert_int_eq(err.code, script.ran == script.rounds && code == EXIT_INTERRUPTED
					   ? EXIT_INTERRUPTED
					   : EXIT_AS_EXPECTED);
	return code;
}

static enum exit_code explore(int rounds)
{
	script.rounds = rounds;
	return explore_for(INT64_MAX / 2);
}

static void load(const char *text)
{
	struct error err = {0};

	ck_assert_msg(campaign_load_text(text, "test", &campaign, &err) == 0, "%s", err.text);
	given = campaign;
	script = (struct script){0};
}

static void setup(void)
{
	load("seed = 11\nduration = '20s'\n"
	     "arm none { ttl = '1s'  work = '20ms .. 200ms' }\n"
	     "arm token { guard = token  ttl = '2s'  lanes = 8 }\n"
	     "fault own { do = pause  target = holder }\n");
}

/* What is drawn ------------------------------------------------------------------------------- */

static bool is_load(const struct fault_block *block)
{
	return block->kind == FAULT_BALLAST || block->kind == FAULT_WRITES;
}

static void look_at_rules(int round)
{
	struct error err = {0};

	ck_assert_msg(campaign_validate(&campaign, &err) == 0, "round %d: %s", round, err.text);
	ck_assert_int_ge(campaign.blocks, 5);
	ck_assert_int_le(campaign.blocks, 12);
	for (int i = 0; i < campaign.blocks; i++) {
		const struct fault_block *block = &campaign.block[i];
		char name[32];

		snprintf(name, sizeof(name), "%d-%s", i + 1, fault_kind_names[block->kind]);
		ck_assert_str_eq(block->name, name);
		ck_assert_int_eq(block->follows, 0);
		ck_assert(block->target != TARGET_SAME && block->target != TARGET_HOST);
	}
}

START_TEST(each_round_has_five_to_twelve_faults_that_can_be)
{
	script.look = look_at_rules;
	explore(ROUNDS);
	ck_assert_int_eq(script.ran, ROUNDS);
}
END_TEST

static void look_at_times(int round)
{
	(void)round;
	for (int i = 0; i < campaign.blocks; i++) {
		const struct fault_block *block = &campaign.block[i];

		if (is_load(block)) {
			ck_assert_int_eq(block->moment, MOMENT_NOW);
			ck_assert_int_eq(block->first_ms, 100);
			ck_assert_int_eq(block->every_ms, 0);
			ck_assert_int_eq(block->jitter_ms, 0);
			ck_assert(!block->length.in_ttl);
			ck_assert_double_eq(block->length.low, DURATION_MS / 1000.0);
			ck_assert_double_eq(block->length.high, DURATION_MS / 1000.0);
			continue;
		}
		ck_assert_int_ge(block->first_ms, 500);
		ck_assert_int_le(block->first_ms, DURATION_MS - 8000);
		ck_assert_int_ge(block->every_ms, 2000);
		ck_assert_int_le(block->every_ms, 10000);
		ck_assert_int_ge(block->jitter_ms, 0);
		ck_assert_int_le(block->jitter_ms, 1000);
		ck_assert_int_ge(block->lanes, 0);
		ck_assert_int_le(block->lanes, fault_is_of_lanes(block) ? 3 : 0);
		if (!(fault_traits(block->kind)->uses & USES_LENGTH))
			continue;
		ck_assert(block->length.in_ttl);
		ck_assert_double_eq(block->length.low, block->length.high);
		ck_assert_double_ge(block->length.low, 0.05);
		ck_assert_double_le(block->length.low, 3);
	}
}

START_TEST(faults_come_again_and_leave_the_end_quiet_and_load_lasts_all_along)
{
	script.look = look_at_times;
	explore(ROUNDS);
}
END_TEST

static void look_at_short_round(int round)
{
	(void)round;
	for (int i = 0; i < campaign.blocks; i++)
		ck_assert_int_le(campaign.block[i].first_ms, 2000);
	ck_assert_int_gt(campaign.blocks, 0);
}

START_TEST(a_short_round_has_its_faults_within_two_seconds)
{
	campaign.duration_ms = 5000;
	script.look = look_at_short_round;
	explore(30);
}
END_TEST

static struct drawn {
	int blocks, of_length, outlasting, pauses, leaders, could_lead, overlapping, of_lanes;
	int kind[FAULT_KINDS_COUNT], target[FAULT_TARGETS_COUNT], from[FAULT_FROMS_COUNT];
	int direction[FAULT_DIRECTIONS_COUNT], moment[FAULT_MOMENTS_COUNT];
	int shape[FAULT_SHAPES_COUNT], scope[FAULT_SCOPES_COUNT], lanes[4];
} drawn;

static void count_drawn(int round)
{
	(void)round;
	for (int i = 0; i < campaign.blocks; i++) {
		const struct fault_block *block = &campaign.block[i];
		const struct fault_traits *traits = fault_traits(block->kind);

		drawn.blocks++;
		drawn.kind[block->kind]++;
		drawn.target[block->target]++;
		drawn.moment[block->moment]++;
		drawn.overlapping += block->overlap;
		drawn.pauses += block->kind == FAULT_PAUSE && block->moment == MOMENT_NOW;
		/* Where there is a choice. */
		if (traits->targets & 1u << TARGET_LEADER &&
		    traits->targets & 1u << TARGET_MEMBER) {
			drawn.could_lead++;
			drawn.leaders += block->target == TARGET_LEADER;
		}
		if (traits->uses & USES_FROM) {
			drawn.from[block->from]++;
			drawn.direction[block->direction]++;
		}
		if (traits->uses & USES_SHAPE)
			drawn.shape[block->shape]++;
		if (traits->uses & USES_SCOPE)
			drawn.scope[block->scope]++;
		if (traits->uses & USES_LENGTH && !is_load(block)) {
			drawn.of_length++;
			drawn.outlasting += block->length.low >= 1.1;
		}
		if (fault_is_of_lanes(block))
			drawn.lanes[block->lanes]++;
	}
}

static void draw(int rounds)
{
	drawn = (struct drawn){0};
	script.look = count_drawn;
	explore(rounds);
}

#define ck_all_drawn(counts, names)                                                                \
	for (int i_ = 0; names[i_]; i_++)                                                          \
	ck_assert_msg(counts[i_] > 0, "%s is never drawn", names[i_])

START_TEST(everything_that_a_campaign_can_say_is_drawn)
{
	draw(ROUNDS);
	drawn.target[TARGET_SAME] = drawn.target[TARGET_HOST] = 1; /* they need a name */
	ck_all_drawn(drawn.kind, fault_kind_names);
	ck_all_drawn(drawn.target, fault_target_names);
	ck_all_drawn(drawn.from, fault_from_names);
	ck_all_drawn(drawn.direction, fault_direction_names);
	ck_all_drawn(drawn.moment, fault_moment_names);
	ck_all_drawn(drawn.shape, fault_shape_names);
	ck_all_drawn(drawn.scope, fault_scope_names);
	for (int i = 0; i < 4; i++)
		ck_assert_int_gt(drawn.lanes[i], 0);
}
END_TEST

/* Shares that hold for any seed: of some two thousand draws. */
START_TEST(what_locks_fear_most_is_drawn_more_often)
{
	draw(ROUNDS);
	ck_assert_int_gt(drawn.blocks, 7 * ROUNDS);
	ck_assert_int_gt(drawn.pauses, drawn.blocks / 7);
	ck_assert_int_lt(drawn.pauses, drawn.blocks / 4);
	ck_assert_int_gt(drawn.leaders, drawn.could_lead / 3);
	ck_assert_int_lt(drawn.leaders, 2 * drawn.could_lead / 3);
	ck_assert_int_gt(drawn.outlasting, 2 * drawn.of_length / 5);
	ck_assert_int_lt(drawn.outlasting, 3 * drawn.of_length / 5);
	ck_assert_int_gt(drawn.overlapping, drawn.blocks / 6);
	ck_assert_int_lt(drawn.overlapping, drawn.blocks / 3);
}
END_TEST

/* That the leader is favoured costs those nothing that cannot be aimed at it. */
START_TEST(kinds_that_cannot_hit_the_leader_are_drawn_as_often)
{
	int drawn_of[2] = {0}, kinds[2] = {0};

	draw(ROUNDS);
	for (int kind = 0; kind < FAULT_KINDS_COUNT; kind++) {
		const struct fault_traits *traits = fault_traits((enum fault_kind)kind);
		int can = traits->targets >> TARGET_LEADER & 1;

		/* Pauses come more often, and of links many cannot be. */
		if (kind == FAULT_PAUSE || traits->uses & USES_FROM)
			continue;
		drawn_of[can] += drawn.kind[kind];
		kinds[can]++;
	}
	ck_assert_int_ge(kinds[0], 5);
	ck_assert_int_ge(kinds[1], 5);
	ck_assert_int_gt(drawn_of[0] / kinds[0], 85 * drawn_of[1] / kinds[1] / 100);
}
END_TEST

/* What nobody says of an amount is the kind's own, as in a campaign. */
static void look_at_amounts(int round)
{
	(void)round;
	for (int i = 0; i < campaign.blocks; i++) {
		const struct fault_block *block = &campaign.block[i];
		const struct fault_traits *traits = fault_traits(block->kind);

		ck_assert_int_eq(block->rate, traits->rate);
		ck_assert_int_eq(block->count, traits->count);
		ck_assert_double_eq(block->percent, traits->percent);
		ck_assert_double_eq(block->by.low, traits->by.low);
		ck_assert_double_eq(block->by.high, traits->by.high);
		ck_assert_int_eq(block->back, false);
		if (!(traits->uses & USES_FROM))
			ck_assert(block->from == 0 && block->direction == 0);
		if (!(traits->uses & USES_SHAPE))
			ck_assert_int_eq(block->shape, 0);
		if (!(traits->uses & USES_SCOPE))
			ck_assert_int_eq(block->scope, 0);
		if (!(traits->uses & USES_LENGTH))
			ck_assert_double_eq(block->length.high, 0);
	}
}

START_TEST(amounts_are_those_of_the_kind)
{
	script.look = look_at_amounts;
	explore(ROUNDS);
}
END_TEST

static int lasting;

static void look_at_load(int round)
{
	bool lasts = campaign.arm[0].work_min_ms != given.arm[0].work_min_ms;

	(void)round;
	lasting += lasts;
	ck_assert_int_eq(campaign.arms, 2);
	for (int i = 0; i < 2; i++) {
		const struct arm *arm = &campaign.arm[i];
		struct arm expected = given.arm[i];

		if (lasts) {
			expected.work_min_ms = arm->ttl_s * 1000;
			expected.work_max_ms = 4 * arm->ttl_s * 1000;
			expected.acquire_timeout_ms = DURATION_MS;
		}
		ck_assert_mem_eq(arm, &expected, sizeof(expected));
	}
}

START_TEST(in_two_rounds_of_three_holds_last_for_ttls)
{
	lasting = 0;
	script.look = look_at_load;
	explore(ROUNDS);
	ck_assert_int_gt(lasting, ROUNDS / 2);
	ck_assert_int_lt(lasting, 5 * ROUNDS / 6);
}
END_TEST

/* A campaign knows nothing longer than a day; and what is drawn can be printed and read. */
static void look_at_a_day(int round)
{
	struct error err = {0};
	struct campaign *again = malloc(sizeof(*again));
	char *text = campaign_print(&campaign);

	ck_assert_msg(campaign_load_text(text, "drawn", again, &err) == 0, "round %d: %s", round,
		      err.text);
	ck_assert_int_le(campaign.arm[0].work_max_ms, 86400000);
	lasting +=
		campaign.arm[0].work_max_ms == 86400000 && campaign.arm[1].work_max_ms == 86396000;
	free(again);
	free(text);
}

START_TEST(holds_of_long_ttls_last_a_day_at_most)
{
	load("seed = 3\nduration = '20s'\narm a { ttl = '21600s' }\narm b { ttl = '21599s' }\n");
	lasting = 0;
	script.look = look_at_a_day;
	explore(20);
	ck_assert_int_gt(lasting, 5);
	load("seed = 3\nduration = '20s'\narm a { ttl = '86400s' }\narm b { ttl = '21599s' }\n");
	script.look = look_at_a_day;
	explore(20);
	ck_assert_int_gt(lasting, 15);
}
END_TEST

/* The seed ------------------------------------------------------------------------------------ */

static uint64_t seeds[ROUNDS];
static struct campaign fifth;

static void note_seed(int round)
{
	seeds[round - 1] = campaign.seed;
	ck_assert_uint_ne(campaign.seed, 0);                 /* which would mean: draw one */
	ck_assert_uint_lt(campaign.seed, UINT64_C(1) << 53); /* whole in any JSON */
	if (round == 5)
		fifth = campaign;
}

START_TEST(the_same_seed_draws_the_same_and_each_round_has_its_own)
{
	script.look = note_seed;
	explore(ROUNDS);
	struct campaign first = fifth;

	for (int i = 0; i < ROUNDS; i++)
		for (int k = 0; k < i; k++)
			ck_assert_uint_ne(seeds[i], seeds[k]);
	setup();
	script.look = note_seed;
	explore(5);
	ck_assert_mem_eq(&first, &fifth, sizeof(first));
	setup();
	campaign.seed = 12;
	script.look = note_seed;
	explore(5);
	ck_assert_uint_ne(first.seed, fifth.seed);
	/* None is given: it is drawn. */
	for (int i = 0; i < 2; i++) {
		setup();
		campaign.seed = 0;
		script.look = note_seed;
		explore(5);
		ck_assert_uint_ne(first.seed, fifth.seed);
		first = fifth;
	}
}
END_TEST

/* What was seen ------------------------------------------------------------------------------- */

static void bite(struct findings *findings, const struct fault_row *faults, int count)
{
	findings->history.fault = made(faults, (size_t)count * sizeof(*faults));
	findings->history.faults = count;
}

/* All but pauses that come before the lease's end have bitten. */
static void bite_nearly_all(int round, struct findings *findings)
{
	struct fault_row fault[FAULT_KINDS_COUNT * FAULT_MOMENTS_COUNT];
	int count = 0;

	for (int kind = 0; round == 1 && kind < FAULT_KINDS_COUNT; kind++)
		for (int moment = 0; moment < FAULT_MOMENTS_COUNT; moment++)
			if (kind != FAULT_STALL || moment != MOMENT_BEFORE_EXPIRY)
				fault[count++] = (struct fault_row){
					.kind = fault_kind_names[kind],
					.when = fault_moment_names[moment],
					.bitten = true,
				};
	bite(findings, fault, count);
}

static int unseen;

static void count_unseen(int round)
{
	(void)round;
	for (int i = 0; i < campaign.blocks; i++)
		unseen += campaign.block[i].kind == FAULT_STALL &&
			  campaign.block[i].moment == MOMENT_BEFORE_EXPIRY;
}

START_TEST(what_no_round_has_bitten_in_is_drawn_more_often)
{
	int before;

	script.look = count_unseen;
	unseen = 0;
	explore(10 * ROUNDS);
	before = unseen;
	setup();
	script.look = count_unseen;
	script.tell = bite_nearly_all;
	unseen = 0;
	explore(10 * ROUNDS);
	ck_assert_int_gt(unseen, before * 3 / 2);
	ck_assert_int_lt(unseen, before * 3);
}
END_TEST

/* Pauses at two moments are in the campaign; one of them comes, and does not bite. */
static void bite_some(int round, struct findings *findings)
{
	const struct fault_row faults[] = {
		{.kind = "pause", .when = "now", .bitten = true},
		{.kind = "pause", .when = "now", .bitten = true},
		{.kind = "pause", .when = "contended", .bitten = false},
		{.kind = "cut", .when = "contended", .bitten = true},
		{.kind = "cut", .when = NULL, .bitten = true},
		{.kind = "of another version", .when = "now", .bitten = true},
		{.kind = "cut", .when = "never heard of", .bitten = true},
		{.kind = "writes", .when = "acquiring", .bitten = true},
	};

	bite(findings, faults, round == 1 ? 7 : 8);
}

static enum exit_code explore_three(void)
{
	return explore(3);
}

START_TEST(a_cell_is_seen_when_a_fault_of_that_kind_and_moment_has_bitten)
{
	script.tell = bite_some;
	const char *told = heard_of(explore_three, EXIT_INTERRUPTED);

	ck_assert_ptr_nonnull(strstr(told,
				     "round 1: 6 of 7 faults bitten, 2 new cells of fault and "
				     "moment, 2 so far, in runs/of-round"));
	ck_assert_ptr_nonnull(strstr(told,
				     "round 2: 7 of 8 faults bitten, 1 new cells of fault and "
				     "moment, 3 so far"));
	ck_assert_ptr_nonnull(strstr(told,
				     "round 3: 7 of 8 faults bitten, 0 new cells of fault and "
				     "moment, 3 so far"));
}
END_TEST

/* How it ends --------------------------------------------------------------------------------- */

static struct violation found[3];
static struct judgement judged[3];

static void tell_violations(int round, struct findings *findings)
{
	static const struct arm_row arms[] = {{.id = 0, .name = "none", .guard = "none"},
					      {.id = 1, .name = "token", .guard = "token"}};

	findings->history.arms = 2;
	findings->history.arm = made(arms, sizeof(arms));
	findings->verdicts = (struct verdicts){
		.judgements = 3,
		.judgement = made(judged, sizeof(judged)),
		.violations = round == 2 ? 3 : 0,
		.violation = made(found, sizeof(found)),
	};
}

/* Arm none's is to be expected; the others may end it. */
static void setup_violations(void)
{
	const enum verdict verdicts[] = {VERDICT_UNSAFE, VERDICT_SAFE, VERDICT_SAFE};

	setup();
	script.tell = tell_violations;
	for (int i = 0; i < 3; i++) {
		found[i] = (struct violation){.id = 70 + i,
					      .name = VIOLATION_STALE_WRITE,
					      .arm = i == 2 ? -1 : i,
					      .definite = true};
		snprintf(found[i].summary, sizeof(found[i].summary), "summary %d", i);
		judged[i] = (struct judgement){.arm = i == 2 ? -1 : i, .verdict = verdicts[i]};
	}
}

START_TEST(what_a_guarded_arm_or_the_service_should_never_do_ends_it)
{
	for (int i = 1; i < 3; i++) {
		char expected[200];

		setup_violations();
		judged[i].verdict = VERDICT_UNSAFE;
		const char *told = heard_of(explore_three, EXIT_VIOLATION);

		ck_assert_int_eq(script.ran, 2);
		snprintf(
			expected, sizeof(expected),
			"stale-write at %s in round 2: summary %d\nviolation %d of runs/of-round\n",
			i == 1 ? "token" : "service", i, 70 + i);
		ck_assert_msg(strstr(told, expected) != NULL, "no %s in %s", expected, told);
	}
	setup_violations();
	judged[1].verdict = judged[2].verdict = VERDICT_UNSAFE;
	ck_assert_ptr_nonnull(strstr(heard_of(explore_three, EXIT_VIOLATION), "violation 71 of"));
}
END_TEST

START_TEST(anything_else_does_not)
{
	setup_violations(); /* an arm without a guard, and what its verdict does not rest on */
	explore(3);
	ck_assert_int_eq(script.ran, 3);
	for (int i = 1; i < 3; i++) { /* only possible */
		setup_violations();
		judged[i].verdict = VERDICT_UNSAFE;
		found[i].definite = false;
		explore(3);
		ck_assert_int_eq(script.ran, 3);
	}
	for (int i = 1; i < 3; i++) { /* the run was broken */
		setup_violations();
		judged[i].verdict = VERDICT_BROKEN;
		explore(3);
		ck_assert_int_eq(script.ran, 3);
	}
}
END_TEST

static void outlast(int round)
{
	(void)round;
	clock_sleep_until_ns(clock_now_ns() + 600 * NS_PER_MS);
}

static enum exit_code explore_half_a_second(void)
{
	script.rounds = 9;
	return explore_for(500 * NS_PER_MS);
}

static enum exit_code explore_no_time(void)
{
	script.rounds = 9;
	return explore_for(0);
}

/* Leans on the machine for this alone: half a second is enough to begin. */
START_TEST(no_round_begins_after_the_time_is_over)
{
	script.look = outlast;
	script.tell = bite_some;
	const char *told = heard_of(explore_half_a_second, EXIT_INCONCLUSIVE);

	ck_assert_int_eq(script.ran, 1);
	ck_assert_ptr_nonnull(
		strstr(told, "nothing found in 1 rounds; 2 cells of fault and moment seen\n"));
	told = heard_of(explore_no_time, EXIT_INCONCLUSIVE);
	ck_assert_int_eq(script.ran, 0);
	ck_assert_ptr_nonnull(strstr(told, "nothing found in 0 rounds; 0 cells"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: explore");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, each_round_has_five_to_twelve_faults_that_can_be);
	tcase_add_test(tests, faults_come_again_and_leave_the_end_quiet_and_load_lasts_all_along);
	tcase_add_test(tests, a_short_round_has_its_faults_within_two_seconds);
	tcase_add_test(tests, everything_that_a_campaign_can_say_is_drawn);
	tcase_add_test(tests, what_locks_fear_most_is_drawn_more_often);
	tcase_add_test(tests, kinds_that_cannot_hit_the_leader_are_drawn_as_often);
	tcase_add_test(tests, amounts_are_those_of_the_kind);
	tcase_add_test(tests, in_two_rounds_of_three_holds_last_for_ttls);
	tcase_add_test(tests, holds_of_long_ttls_last_a_day_at_most);
	tcase_add_test(tests, the_same_seed_draws_the_same_and_each_round_has_its_own);
	tcase_add_test(tests, what_no_round_has_bitten_in_is_drawn_more_often);
	tcase_add_test(tests, a_cell_is_seen_when_a_fault_of_that_kind_and_moment_has_bitten);
	tcase_add_test(tests, what_a_guarded_arm_or_the_service_should_never_do_ends_it);
	tcase_add_test(tests, anything_else_does_not);
	tcase_add_test(tests, no_round_begins_after_the_time_is_over);
	return suite_run(suite);
}
