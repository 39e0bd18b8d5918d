/* Replaying: what counts as come back, how often, and what is the same schedule. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "conductor/hunt/replay.h"
#include "history/database.h"
#include "tests/support/history_maker.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static const char campaign_text[] = "seed = 5\narm none { }\narm token { }\n";

static void open_past(struct past *past)
{
	const struct sample_words words = {campaign_text, "note", "detail", "refusal"};
	const char *path = scratch_file("past.db");
	struct error err = {0};

	sample_run_make(path, &words);
	ck_assert_msg(past_open(path, &(struct past_choice){0}, past, &err) == 0, "%s", err.text);
}

/* What is looked for -------------------------------------------------------------------------- */

START_TEST(first_definite_violation_is_looked_for)
{
	struct past past;
	int64_t first = 0;

	open_past(&past);
	const struct verdicts *verdicts = &past.findings.verdicts;

	for (int i = verdicts->violations - 1; i >= 0; i--)
		if (verdicts->violation[i].definite)
			first = verdicts->violation[i].id;
	ck_assert_int_eq(past.violation->id, first);
	ck_assert_int_eq(past.quarry.name, past.violation->name);
	past_close(&past);
}
END_TEST

START_TEST(violation_that_the_user_names_is_looked_for)
{
	struct past past;
	struct error err = {0};
	int64_t of_arm = 0;

	open_past(&past);
	for (int i = 0; i < past.findings.verdicts.violations && !of_arm; i++)
		if (past.findings.verdicts.violation[i].name == VIOLATION_STALE_WRITE)
			of_arm = past.findings.verdicts.violation[i].id;
	past_close(&past);
	ck_assert_int_ne(of_arm, 0);
	ck_assert_msg(past_open(scratch_file("past.db"), &(struct past_choice){.violation = of_arm},
				&past, &err) == 0,
		      "%s", err.text);
	ck_assert_int_eq(past.violation->id, of_arm);
	ck_assert_int_eq(past.quarry.name, VIOLATION_STALE_WRITE);
	ck_assert_str_eq(past.quarry.subject, "none");
	past_close(&past);
	ck_assert_int_eq(past_open(scratch_file("past.db"),
				   &(struct past_choice){.violation = 99999}, &past, &err),
			 -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, "no violation 99999") != NULL, "%s", err.text);
}
END_TEST

/* By name and subject, the definite ones. */
START_TEST(violation_of_the_same_name_at_the_same_subject_has_come_back)
{
	struct judgement judgements[] = {{.arm = 0, .subject = "none"},
					 {.arm = 1, .subject = "token"},
					 {.arm = -1, .subject = "service"}};
	const struct round round = {
		.findings.verdicts = {.judgements = 3, .judgement = judgements}};

	judgements[1].definite[VIOLATION_STALE_WRITE] = 4;
	judgements[1].possible[VIOLATION_OVERLAP] = 2;
	judgements[2].definite[VIOLATION_OVERLAP] = 1;
	ck_assert_int_eq(round_count(&round, &(struct quarry){VIOLATION_STALE_WRITE, "token"}), 4);
	ck_assert_int_eq(round_count(&round, &(struct quarry){VIOLATION_STALE_WRITE, "none"}), 0);
	ck_assert_int_eq(round_count(&round, &(struct quarry){VIOLATION_OVERLAP, "token"}), 0);
	ck_assert_int_eq(round_count(&round, &(struct quarry){VIOLATION_OVERLAP, "service"}), 1);
	ck_assert_int_eq(round_count(&round, &(struct quarry){VIOLATION_OVERLAP, "other"}), 0);
}
END_TEST

/* k of n -------------------------------------------------------------------------------------- */

struct fates {
	const int64_t *found; /* of one run after the other; -1: an error */
	const struct campaign *campaign;
	int runs;
};

static int64_t meet_fate(void *context, struct campaign *campaign, struct error *err)
{
	struct fates *fates = context;
	int64_t found = fates->found[fates->runs++];

	ck_assert_ptr_eq(campaign, fates->campaign);
	ck_assert_uint_eq(campaign->seed, 5); /* the same, each time */
	if (found < 0)
		error_set(err, EXIT_INTERRUPTED, "interrupted");
	return found;
}

START_TEST(each_run_in_which_it_came_back_counts_once)
{
	static const struct {
		int64_t found[4];
		int failed, times, runs;
	} cases[] = {{{0, 3, 1, 0}, 0, 2, 4},
		     {{0, 0, 0, 0}, 0, 0, 4},
		     {{1, 1, 1, 9}, 0, 4, 4},
		     {{2, -1}, -1, 1, 2}};
	const struct replay_request request = {.times = 4};
	struct error err = {0};
	struct past past;
	int times = -1;

	open_past(&past);
	struct fates fates = {cases[_i].found, past.campaign, 0};

	ck_assert_int_eq(replay_past(&request, &past, meet_fate, &fates, &times, &err),
			 cases[_i].failed);
	ck_assert_int_eq(times, cases[_i].times);
	ck_assert_int_eq(fates.runs, cases[_i].runs);
	ck_assert_int_eq(err.code, cases[_i].failed ? EXIT_INTERRUPTED : 0);
	past_close(&past);
}
END_TEST

/* The same schedule --------------------------------------------------------------------------- */

static const char *make_schedule(const char *name, const char *change)
{
	const char *path = scratch_file(name);
	struct maker *maker = maker_open(path);
	struct error err = {0};

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	maker_occasion(maker, "pause", "now");
	maker_occasion(maker, "kill", "contended");
	ck_assert_int_eq(database_exec(maker_db(maker), change, &err), 0);
	maker_close(maker, true);
	return path;
}

static const struct {
	const char *change, *says; /* says NULL: the same */
} schedules[] = {
	{"SELECT 1", NULL},
	{"UPDATE schedule SET at_ns = 7 WHERE id = 2", "(2 occasions differ)"},
	{"UPDATE schedule SET block = 'other' WHERE id = 1", "(2 occasions differ)"},
	{"UPDATE schedule SET plan = json_set(plan, '$.kind', 'cut')", "(4 occasions differ)"},
	{"DELETE FROM schedule WHERE id = 2", "(1 occasions differ)"},
	{"INSERT INTO schedule (block, at_ns, plan) SELECT block, at_ns, plan FROM schedule",
	 "(2 occasions differ)"},
	{"ALTER TABLE schedule RENAME COLUMN plan TO plans", "plan"},
};

START_TEST(another_schedule_is_refused_whichever_side_differs)
{
	struct error err = {0};
	struct history history;
	const char *mine = make_schedule("mine.db", "SELECT 1");
	const char *past = make_schedule("theirs.db", schedules[_i].change);

	ck_assert_msg(history_open(mine, &history, &err) == 0, "%s", err.text);
	int failed = replay_check_schedule(&history, past, &err);

	if (schedules[_i].says)
		ck_assert_msg(failed && strstr(err.text, schedules[_i].says), "%s", err.text);
	else
		ck_assert_msg(!failed, "%s", err.text);
	/* And it can be asked again. */
	err = (struct error){0};
	ck_assert_msg(replay_check_schedule(&history, mine, &err) == 0, "%s", err.text);
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: replay");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, first_definite_violation_is_looked_for);
	tcase_add_test(tests, violation_that_the_user_names_is_looked_for);
	tcase_add_test(tests, violation_of_the_same_name_at_the_same_subject_has_come_back);
	tcase_add_loop_test(tests, each_run_in_which_it_came_back_counts_once, 0, 4);
	tcase_add_loop_test(tests, another_schedule_is_refused_whichever_side_differs, 0,
			    (int)(sizeof(schedules) / sizeof(*schedules)));
	return suite_run(suite);
}
