/* The search for the smallest campaign that still shows a violation. */
#include "tests/unit/hunt_shrink_rig.h"

static struct campaign before;

/* The run as an explicit campaign ------------------------------------------------------------- */

START_TEST(run_becomes_a_campaign_of_the_faults_before_its_violation)
{
	struct error err = {0};
	int arm, lane;

	ck_assert_msg(explicit_campaign(&past, &before, &err) == 0, "%s", err.text);
	expect_blocks(&before, "f1 f2 f3 f4 f5 f6");
	for (int i = 0; i < before.blocks; i++)
		ck_assert_int_eq(before.block[i].first_ms, 1000 * (i + 1));
	ck_assert_int_eq(before.duration_ms, OVERLAP_MS + 3000);
	ck_assert_int_eq(before.arms, 2);
	ck_assert_int_eq(before.arm[0].expect, EXPECT_ANY);
	explicit_place(&past, &arm, &lane);
	ck_assert_int_eq(arm, 0);
	ck_assert_int_eq(lane, LANE);
	ck_assert_int_eq(explicit_block_of(&past, &before, COVERING), COVERING - 1);
	ck_assert_int_eq(explicit_block_of(&past, &before, FAULTS), -1);
	ck_assert_int_eq(explicit_block_of(&past, &before, 99), -1);
}
END_TEST

/* The search ---------------------------------------------------------------------------------- */

START_TEST(covering_fault_alone_is_tried_first)
{
	const char *path = scratch_file("small.conf");

	trial = (struct trial){.needs = "f4", .length = 0.3};
	ck_assert_int_eq(shrink_into(path, 3, 2), 10);
	expect_blocks(&result, "f4");
	ck_assert_int_eq(result.arms, 1);
	ck_assert_str_eq(result.arm[0].name, "none");
	ck_assert_int_eq(result.arm[0].lanes, 1);
	ck_assert_int_eq(result.arm[0].workers, 2);
	ck_assert_int_eq(result.block[0].first_ms, 1000);
	/* Bisected four times: within a sixteenth of a TTL. */
	ck_assert_double_ge(result.block[0].length.high, 0.3);
	ck_assert_double_le(result.block[0].length.high, 0.3 + 1.0 / 16);
	expect_head(path, "# overlap at none, shrunk from ");
	expect_head(path, "# 1 fault, 2 workers, ");
	expect_head(path, " s, 10 of 10\n");
}
END_TEST

/* Longer faults make up for fewer lanes. */
START_TEST(covering_fault_alone_may_be_longer)
{
	trial = (struct trial){.needs = "f4", .length = 1.2};
	ck_assert_int_eq(shrink_into(scratch_file("small.conf"), 3, 2), 10);
	expect_blocks(&result, "f4");
	ck_assert_double_ge(result.block[0].length.high, 1.2);
	ck_assert_double_lt(result.block[0].length.high, 1.5);
}
END_TEST

static const char *const needed[] = {
	"f1", "f6", "f2 f5", "f1 f2 f3", "f1 f4 f6", "f3 f4", "f1 f2 f3 f4 f5 f6"};

START_TEST(what_is_needed_is_left_and_nothing_else)
{
	trial = (struct trial){.needs = needed[_i]};
	ck_assert_int_eq(shrink_into(scratch_file("small.conf"), 1, 1), 10);
	expect_blocks(&result, needed[_i]);
	ck_assert_int_eq(result.block[0].first_ms, 1000);
	ck_assert_int_eq(result.arms, 1);
	ck_assert_int_eq(result.arm[0].lanes, 1);
	ck_assert_int_eq(result.arm[0].workers, 2);
}
END_TEST

START_TEST(arms_lanes_and_workers_that_are_needed_stay)
{
	const char *path = scratch_file("small.conf");

	trial = (struct trial){.arms = 2, .lanes = 2, .workers = 3};
	ck_assert_int_eq(shrink_into(path, 1, 1), 10);
	ck_assert_int_eq(result.blocks, 1);
	ck_assert_int_eq(result.arms, 2);
	ck_assert_int_eq(result.arm[0].lanes, 2);
	ck_assert_int_eq(result.arm[1].lanes, 2);
	ck_assert_int_eq(result.arm[0].workers, 3);
	expect_head(path, "# 1 fault, 12 workers, ");
}
END_TEST

/* Zeller's: by halves, then by smaller parts; after one that could go, by larger ones again. */
START_TEST(faults_go_part_by_part)
{
	static const char *const tried[] = {
		"f4",
		"f4", /* longer */
		"f1 f2 f3 f4 f5 f6",
		"f4 f5 f6",
		"f1 f2 f3",
		"f3 f4 f5 f6",
		"f1 f2 f4 f5 f6", /* holds */
		"f4 f5 f6",
		"f1 f2 f6",
		"f1 f2 f4 f5", /* holds */
		"f4 f5",
		"f1 f2",
		"f2 f4 f5", /* holds */
	};

	for (size_t i = 0; i < sizeof(tried) / sizeof(*tried); i++) {
		struct error err = {0};
		int proved;

		trial = (struct trial){.needs = "f2 f5", .fails_at = (int)i + 1};
		shrink_with((struct shrink_request){.output = scratch_file("small.conf"),
						    .tries = 1,
						    .keep = 1,
						    .proof_runs = 10},
			    &proved, &err);
		expect_blocks(&trial.last, tried[i]);
	}
}
END_TEST

/* Chance -------------------------------------------------------------------------------------- */

/* How the first candidate fares: the number of runs that it takes, and whether it holds. What comes
 * after it ends in an error, so that the file tells. */
static void first_candidate(int tries, int keep, const char *luck, int runs, bool holds)
{
	const char *path = scratch_file("small.conf");
	struct error err = {0};
	int proved;

	unlink(path);
	trial = (struct trial){.needs = "f4", .luck = luck, .fails_at = runs + 1};
	ck_assert_int_eq(shrink_with((struct shrink_request){.output = path,
							     .tries = tries,
							     .keep = keep,
							     .proof_runs = 10},
				     &proved, &err),
			 -1);
	ck_assert_int_eq(trial.runs, runs + 1);
	ck_assert_msg((access(path, F_OK) == 0) == holds, "luck %s", luck);
	/* The next one is the same fault with fewer workers, or longer. */
	ck_assert_int_eq(trial.last.blocks, 1);
	ck_assert_int_eq(trial.last.arm[0].workers, holds ? 3 : 4);
	ck_assert_double_eq(trial.last.block[0].length.high, holds ? 1 : 1.5);
}

START_TEST(candidate_holds_when_it_shows_k_times_of_n_and_runs_no_longer_than_that_takes)
{
	first_candidate(3, 2, "11", 2, true);
	first_candidate(3, 2, "101", 3, true);
	first_candidate(3, 2, "011", 3, true);
	first_candidate(3, 2, "100", 3, false);
	first_candidate(3, 2, "00", 2, false);
	first_candidate(3, 3, "0", 1, false);
	first_candidate(3, 3, "111", 3, true);
	first_candidate(1, 1, "0", 1, false);
	first_candidate(5, 1, "00001", 5, true);
}
END_TEST

START_TEST(shortest_faults_that_show_it_seldom_give_way_to_those_of_before)
{
	const char *path = scratch_file("small.conf");

	/* First, how many runs come before the proof. */
	trial = (struct trial){.needs = "f2 f5"};
	ck_assert_int_eq(shrink_into(path, 1, 1), 10);
	int proof_starts = trial.runs - 10 + 1;

	ck_assert_double_lt(result.block[0].length.high, 0.1);
	trial = (struct trial){.needs = "f2 f5", .seldom_below = 0.5, .proof_starts = proof_starts};
	ck_assert_int_eq(shrink_into(path, 1, 1), 10);
	ck_assert_double_eq(result.block[0].length.high, 1);
	ck_assert_double_eq(result.block[1].length.high, 1);
	ck_assert_int_eq(trial.runs, proof_starts - 1 + 10 + 10);
	expect_head(path, "10 of 10\n");
}
END_TEST

/* Also when a later fault, which cannot be shorter, decides how long the campaign is. */
START_TEST(shortest_faults_give_way_even_if_the_campaign_is_as_long_as_before)
{
	const struct trial common = {.needs = "f2 f5", .length = 0.99, .of_block = "f5"};

	trial = common;
	shrink_into(scratch_file("small.conf"), 1, 1);
	int proof_starts = trial.runs - 10 + 1;

	ck_assert_double_lt(result.block[0].length.high, 0.1);
	ck_assert_double_eq(result.block[1].length.high, 1);
	trial = common;
	trial.seldom_below = 0.5;
	trial.proof_starts = proof_starts;
	ck_assert_int_eq(shrink_into(scratch_file("small.conf"), 1, 1), 10);
	ck_assert_double_eq(result.block[0].length.high, 1);
	ck_assert_int_eq(trial.runs, proof_starts - 1 + 10 + 10);
}
END_TEST

/* The number of the first proof run. */
static int runs_before_proof(struct trial common)
{
	trial = common;
	shrink_into(scratch_file("small.conf"), 1, 1);
	return trial.runs - 10 + 1;
}

/* Shrinks, and returns what was told meanwhile. */
static const char *told_while_shrinking(int proved)
{
	const char *log = scratch_file("log");
	int error = dup(STDERR_FILENO);

	ck_assert_ptr_nonnull(freopen(log, "w", stderr));
	int found = shrink_into(scratch_file("small.conf"), 1, 1);

	fflush(stderr);
	dup2(error, STDERR_FILENO);
	close(error);
	ck_assert_int_eq(found, proved);
	return told_in(log);
}

START_TEST(seven_of_ten_is_often_enough)
{
	static const struct {
		const char *luck;
		int proved, runs;
	} cases[] = {
		{"1111111000", 7, 10},           {"0001111111", 7, 10},
		{"1111110000", 10, 20}, /* those of before always show it */
		{"11111100000000000011", 2, 20}, {"0000000000", 10, 20},
		{"00000000000000000001", 1, 20}, {"00000000000000000000", 0, 20},
	};
	const struct trial common = {.needs = "f2 f5"};
	int proof_starts = runs_before_proof(common);

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char figure[32];

		trial = common;
		trial.proof_starts = proof_starts;
		trial.proof_luck = cases[i].luck;
		const char *told = told_while_shrinking(cases[i].proved);

		ck_assert_int_eq(strstr(told, "chance kept a candidate") != NULL,
				 cases[i].proved == 0);
		ck_assert_int_eq(trial.runs, proof_starts - 1 + cases[i].runs);
		snprintf(figure, sizeof(figure), " s, %d of 10\n", cases[i].proved);
		expect_head(scratch_file("small.conf"), figure);
		/* Given back or not. */
		ck_assert_int_eq(result.block[0].length.high == 1, cases[i].runs == 20);
	}
}
END_TEST

/* The second proof fails: what was given back is in the file all the same. */
START_TEST(interruption_of_the_second_proof_keeps_what_is_proved_by_it)
{
	const char *path = scratch_file("small.conf");
	struct trial common = {.needs = "f2 f5"};
	struct error err = {0};
	int proved = -1;

	common.proof_starts = runs_before_proof(common);
	common.proof_luck = "0000000000";
	common.fails_at = common.proof_starts + 10;
	trial = common;
	ck_assert_int_eq(shrink_with(
				 (struct shrink_request){
					 .output = path, .tries = 1, .keep = 1, .proof_runs = 10},
				 &proved, &err),
			 -1);
	ck_assert_int_eq(proved, 0);
	ck_assert_int_eq(campaign_load(path, &result, &err), 0);
	ck_assert_double_eq(result.block[0].length.high, 1);
}
END_TEST

START_TEST(what_was_never_shortened_is_proved_once)
{
	const char *path = scratch_file("small.conf");

	trial = (struct trial){.needs = "f2 f5", .length = 0.99};
	shrink_into(path, 1, 1);
	int proof_starts = trial.runs - 10 + 1;

	trial.runs = 0;
	trial.seldom_below = 2;
	trial.proof_starts = proof_starts;
	ck_assert_int_eq(shrink_into(path, 1, 1), 0);
	ck_assert_int_eq(trial.runs, proof_starts - 1 + 10);
	expect_head(path, "0 of 10\n");
}
END_TEST

START_TEST(violation_that_does_not_come_back_leaves_nothing)
{
	const char *path = scratch_file("small.conf");
	struct error err = {0};
	int proved;

	trial = (struct trial){.needs = "f9"};
	ck_assert_int_eq(shrink_with(
				 (struct shrink_request){
					 .output = path, .tries = 3, .keep = 2, .proof_runs = 10},
				 &proved, &err),
			 -1);
	ck_assert_int_eq(err.code, EXIT_INCONCLUSIVE);
	ck_assert_msg(strstr(err.text, "did not come back 2 times of 3") != NULL, "%s", err.text);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

/* Interrupted --------------------------------------------------------------------------------- */

/* By the run with this number; returns whether there is a file, which is in `result`. */
static bool interrupt(int run, struct error *err)
{
	const char *path = scratch_file("small.conf");
	struct error unread = {0};
	int proved;

	unlink(path);
	trial = (struct trial){.needs = "f2 f5", .fails_at = run};
	ck_assert_int_eq(shrink_with(
				 (struct shrink_request){
					 .output = path, .tries = 1, .keep = 1, .proof_runs = 10},
				 &proved, err),
			 -1);
	ck_assert_int_eq(err->code, EXIT_INTERRUPTED);
	ck_assert_int_eq(trial.runs, run);
	if (access(path, F_OK))
		return false;
	ck_assert_msg(campaign_load(path, &result, &unread) == 0, "%s", unread.text);
	expect_head(path, "# Unfinished: it held, but it is not proved how often\n");
	return true;
}

START_TEST(interruption_keeps_the_smallest_that_held_so_far)
{
	int runs, smaller = 0, blocks = 99;

	trial = (struct trial){.needs = "f2 f5"};
	shrink_into(scratch_file("whole.conf"), 1, 1);
	runs = trial.runs;
	ck_assert_int_gt(runs, 20);
	for (int run = 1; run <= runs; run++) {
		struct error err = {0};
		bool kept = interrupt(run, &err);

		ck_assert_msg(strstr(err.text, kept ? "the smallest that held so far is in "
						    : "nothing smaller was kept yet") != NULL,
			      "run %d: %s", run, err.text);
		/* The first two candidates, f4 alone and longer, fail; then come all. */
		ck_assert_int_eq(kept, run > 3);
		if (!kept)
			continue;
		ck_assert(has_all(&result));
		ck_assert_int_le(result.blocks, blocks);
		smaller += result.blocks < blocks;
		blocks = result.blocks;
	}
	ck_assert_int_eq(blocks, 2);
	ck_assert_int_ge(smaller, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: shrink");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, run_becomes_a_campaign_of_the_faults_before_its_violation);
	tcase_add_test(tests, covering_fault_alone_is_tried_first);
	tcase_add_test(tests, covering_fault_alone_may_be_longer);
	tcase_add_loop_test(tests, what_is_needed_is_left_and_nothing_else, 0,
			    (int)(sizeof(needed) / sizeof(*needed)));
	tcase_add_test(tests, faults_go_part_by_part);
	tcase_add_test(tests, arms_lanes_and_workers_that_are_needed_stay);
	tcase_add_test(
		tests,
		candidate_holds_when_it_shows_k_times_of_n_and_runs_no_longer_than_that_takes);
	tcase_add_test(tests, shortest_faults_that_show_it_seldom_give_way_to_those_of_before);
	tcase_add_test(tests, shortest_faults_give_way_even_if_the_campaign_is_as_long_as_before);
	tcase_add_test(tests, what_was_never_shortened_is_proved_once);
	tcase_add_test(tests, violation_that_does_not_come_back_leaves_nothing);
	tcase_add_test(tests, seven_of_ten_is_often_enough);
	tcase_add_test(tests, interruption_of_the_second_proof_keeps_what_is_proved_by_it);
	tcase_add_test(tests, interruption_keeps_the_smallest_that_held_so_far);
	return suite_run(suite);
}
