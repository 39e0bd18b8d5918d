/*
 * Shrinking a run that was made by hand, over trials that are decided by what a candidate holds:
 * no etcd, no clock, no chance but where the test says so.
 *
 * The run: arms none and token of four lanes; from 1 s on every second a pause of a holder, f1 ..
 * f7; at 7 s in lane 2 of none two believe that they hold, under the pause f4. f7 comes too late.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "conductor/explicit.h"
#include "conductor/shrink.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { FAULTS = 7, COVERING = 4, LANES = 4, LANE = 2, OVERLAP_MS = 7000, SEED = 70 };

static struct past past;
static struct campaign before, result;

static void tell_campaign(struct maker *maker)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "seed = %d\nduration = '20s'\n", SEED);
	for (int i = 0; i < 2; i++)
		fprintf(out, "arm %s { ttl = '2s'  lanes = %d  workers = 4  expect = safe }\n",
			i ? "token" : "none", LANES);
	for (int i = 1; i <= FAULTS; i++)
		fprintf(out,
			"fault n%d { do = pause  target = holder  length = '1 ttl'  first = '%ds' "
			"}\n",
			i, i == FAULTS ? 9 : i);
	fclose(out);
	maker_set_text(maker, "campaign", text);
	free(text);
}

static void hold(struct maker *maker, int worker, double from_ms, double to_ms)
{
	maker_op(maker, .lane = LANE, .worker = worker, .attempt = 1, .f = F_LEASE_GRANT,
		 .outcome = OUTCOME_OK, .invoked_ms = from_ms - 3, .returned_ms = from_ms - 2,
		 .lease = 7 + worker, .ttl_ms = 2000);
	maker_op(maker, .lane = LANE, .worker = worker, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_OK, .invoked_ms = from_ms - 1, .returned_ms = from_ms,
		 .lease = 7 + worker);
	maker_op(maker, .lane = LANE, .worker = worker, .attempt = 1, .f = F_LOSE,
		 .outcome = OUTCOME_OK, .invoked_ms = to_ms, .returned_ms = to_ms);
}

static const char *make_run(void)
{
	const char *path = scratch_file("history.db");
	struct maker *maker = maker_open(path);

	for (int arm = 0; arm < 2; arm++) {
		int id = maker_arm(maker, .name = arm ? "token" : "none", .guard = "none",
				   .ttl_ms = 2000);

		for (int i = 0; i < LANES; i++)
			maker_lane(maker, id);
	}
	tell_campaign(maker);
	for (int i = 1; i <= FAULTS; i++) {
		int64_t occasion = maker_occasion(maker, "pause", "now");
		double at_ms = i == FAULTS ? 9000 : 1000 * i;

		ck_assert_int_eq(occasion, i);
		maker_fault(maker, .lane = i == COVERING ? LANE : 0, .worker = 0, .began_ms = at_ms,
			    .ended_ms = at_ms + 3100, .bitten = true, .schedule = occasion);
	}
	hold(maker, 0, 3900, 7200);
	hold(maker, 1, OVERLAP_MS, 7500);
	maker_set_int(maker, "ended_ns", 20 * NS_PER_S);
	maker_close(maker, true);
	return path;
}

/* What a trial goes by -------------------------------------------------------------------------*/

static struct trial {
	const char *needs; /* names of blocks that must all be there */
	int arms, lanes;   /* at least; 0: any */
	int workers;       /* at least, in each lane */
	double length;     /* at least, of each block, or of the one that is named */
	const char *of_block;
	const char *luck;       /* of one that has it all: '1' or '0' for one run after the other */
	int fails_at;           /* the run with this number ends in an error; 0: none */
	double seldom_below;    /* in proof runs blocks shorter than this show nothing; 0 */
	int runs, proof_starts; /* proof_starts: the number of the first proof run */
	struct campaign last;   /* that was tried */
} trial;

static bool has_block(const struct campaign *campaign, const char *name, size_t length)
{
	for (int i = 0; i < campaign->blocks; i++)
		if (strlen(campaign->block[i].name) == length &&
		    strncmp(campaign->block[i].name, name, length) == 0)
			return true;
	return false;
}

static bool has_all(const struct campaign *campaign)
{
	for (const char *at = trial.needs; at && *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");

		if (!has_block(campaign, at, length))
			return false;
		at += length;
	}
	for (int i = 0; i < campaign->blocks; i++)
		if (campaign->block[i].length.high < trial.length &&
		    (!trial.of_block || !strcmp(campaign->block[i].name, trial.of_block)))
			return false;
	return campaign->arms >= trial.arms && campaign->arm[0].lanes >= trial.lanes &&
	       campaign->arm[0].workers >= trial.workers;
}

static bool is_too_short_to_be_steady(const struct campaign *campaign)
{
	for (int i = 0; i < campaign->blocks; i++)
		if (campaign->block[i].length.high < trial.seldom_below)
			return true;
	return false;
}

static int try_it(void *context, struct campaign *candidate, struct error *err)
{
	int number = ++trial.runs;

	ck_assert_ptr_eq(context, &trial);
	ck_assert_uint_eq(candidate->seed, SEED + (uint64_t)number - 1);
	ck_assert_int_gt(candidate->blocks, 0);
	trial.last = *candidate;
	if (number == trial.fails_at)
		return error_set(err, EXIT_INTERRUPTED, "interrupted");
	if (!has_all(candidate))
		return 0;
	if (trial.proof_starts && number >= trial.proof_starts)
		return !is_too_short_to_be_steady(candidate);
	if (trial.luck && *trial.luck)
		return *trial.luck++ == '1';
	return 1;
}

static int shrink_with(struct shrink_request request, int *proved, struct error *err)
{
	request.history = past.findings.history.path;
	return shrink_past(&request, &past, try_it, &trial, proved, err);
}

/* Shrinks to the end; the campaign of the file is in `result`. Returns how many proof runs showed
 * it. */
static int shrink_into(const char *path, int tries, int keep)
{
	struct error err = {0};
	int proved = -1;

	ck_assert_msg(shrink_with((struct shrink_request){.output = path,
							  .tries = tries,
							  .keep = keep,
							  .proof_runs = 10},
				  &proved, &err) == 0,
		      "%s", err.text);
	ck_assert_msg(campaign_load(path, &result, &err) == 0, "%s", err.text);
	return proved;
}

static void expect_blocks(const struct campaign *campaign, const char *expected)
{
	char told[200] = "";

	for (int i = 0; i < campaign->blocks; i++)
		snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%s", i ? " " : "",
			 campaign->block[i].name);
	ck_assert_str_eq(told, expected);
}

/* The figure stands in the comment at the head. */
static void expect_head(const char *path, const char *expected)
{
	char head[1024];
	FILE *in = fopen(path, "r");

	ck_assert_ptr_nonnull(in);
	head[fread(head, 1, sizeof(head) - 1, in)] = '\0';
	fclose(in);
	ck_assert_msg(strstr(head, expected) != NULL, "no \"%s\" in %s", expected, head);
}

static void setup(void)
{
	struct error err = {0};

	ck_assert_msg(past_open(make_run(), &(struct past_choice){0}, &past, &err) == 0, "%s",
		      err.text);
	ck_assert_int_eq(past.violation->at_ns, OVERLAP_MS * NS_PER_MS);
}

static void teardown(void)
{
	past_close(&past);
}

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
	ck_assert_int_eq(before.arm_expect[0], EXPECT_ANY);
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
	tcase_add_test(tests, arms_lanes_and_workers_that_are_needed_stay);
	tcase_add_test(
		tests,
		candidate_holds_when_it_shows_k_times_of_n_and_runs_no_longer_than_that_takes);
	tcase_add_test(tests, shortest_faults_that_show_it_seldom_give_way_to_those_of_before);
	tcase_add_test(tests, shortest_faults_give_way_even_if_the_campaign_is_as_long_as_before);
	tcase_add_test(tests, what_was_never_shortened_is_proved_once);
	tcase_add_test(tests, violation_that_does_not_come_back_leaves_nothing);
	tcase_add_test(tests, interruption_keeps_the_smallest_that_held_so_far);
	return suite_run(suite);
}
