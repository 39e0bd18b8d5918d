#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/checker.h"
#include "tests/support/lock_story.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

START_TEST(exposure_is_not_made_by_an_own_release)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_release(story, a, 200, 201);
	story_get(story, b, 202);
	ck_assert_int_eq(story_judgement(story_judge(story, 1), 0)->exposures, 0);
	story_end(story);
}
END_TEST

/* Verdicts ------------------------------------------------------------------------------------ */

/* `count` times a holder loses its lease while the next one waits. It notices in time (gap < 0) or
 * believes on and writes after the next holder has written. */
static void expose(struct story *story, int count, double gap_ms, bool writes)
{
	for (int i = 0; i < count; i++) {
		double at_ms = 100 + i * 10000;
		int a = story_ask(story, 0, at_ms), b = story_ask(story, 1, at_ms + 5);

		story_get(story, a, at_ms + 10);
		story_learn_token(story, a, at_ms + 11, story_token(story, a));
		story_read(story, a, at_ms + 12);
		story_expire(story, a, at_ms + 2500);
		story_lose(story, a, at_ms + 2501);
		story_get(story, b, at_ms + 2502 - gap_ms);
		story_learn_token(story, b, at_ms + 2503, story_token(story, b));
		story_read(story, b, at_ms + 2505);
		story_write(story, b, at_ms + 2506);
		if (writes)
			story_write(story, a, at_ms + 2507);
		story_release(story, b, at_ms + 2600, at_ms + 2601);
	}
}

static void expect_verdict(const char *guard, int count, double gap_ms, bool writes,
			   enum verdict verdict, const char *why)
{
	struct story *story = story_open(guard, 0);

	expose(story, count, gap_ms, writes);
	const struct judgement *judgement = story_judgement(story_judge(story, 30), 0);

	ck_assert_str_eq(verdict_word(judgement->verdict), verdict_word(verdict));
	ck_assert_ptr_nonnull(strstr(judgement->why, why));
	ck_assert_int_eq(judgement->exposures, count);
	story_end(story);
}

START_TEST(verdict_safe_needs_enough_exposures)
{
	expect_verdict("none", 30, 0, false, VERDICT_SAFE,
		       "0 violations in 30 exposures bound the rate only at 9.5 %");
	expect_verdict("none", 29, 0, false, VERDICT_INCONCLUSIVE,
		       "0 violations in 29 exposures bound the rate only at 9.8 %; 30 are needed");
	expect_verdict("none", 1, 0, false, VERDICT_INCONCLUSIVE, "1 exposure bound");
	expect_verdict("none", 0, 0, false, VERDICT_INCONCLUSIVE, "no exposure");
}
END_TEST

START_TEST(verdict_unsafe_goes_by_what_the_guard_promises)
{
	/* Overlaps alone: nothing that a token promised to stop. */
	expect_verdict("none", 30, 2, false, VERDICT_UNSAFE, "30 overlap; 30 of 30 exposures");
	expect_verdict("deadline", 30, 2, false, VERDICT_UNSAFE, "30 overlap");
	expect_verdict("token", 30, 2, false, VERDICT_INCONCLUSIVE,
		       "its guard was never tried: in 30 exposures");
	/* Stale writes: each one a lost update too, and a breach. */
	expect_verdict("none", 2, 0, true, VERDICT_UNSAFE, "2 stale-write, 2 lost-update; 2 of 2");
	expect_verdict("token", 2, 0, true, VERDICT_UNSAFE, "2 fence-breach; 2 of 2 exposures");
	expect_verdict("token-writes", 1, 0, true, VERDICT_UNSAFE, "1 fence-breach; 1 of 1");
}
END_TEST

START_TEST(verdict_broken_comes_before_all_others)
{
	struct story *story = story_open("none", 0);

	expose(story, 2, 2, true);
	maker_note(story_maker(story), 10, NOTE_TELLS, "witness", "resumed");
	maker_note(story_maker(story), 50, NOTE_BREAKS, "recorder", "3 events were lost");
	const struct verdicts *verdicts = story_judge(story, 30);

	for (int i = 0; i < verdicts->judgements; i++) {
		ck_assert_int_eq(verdicts->judgement[i].verdict, VERDICT_BROKEN);
		ck_assert_str_eq(verdicts->judgement[i].why,
				 "recorder at 0.050 s: 3 events were lost");
	}
	story_end(story);
	story = story_open("none", 0);
	expose(story, 30, 0, false);
	ck_assert_int_eq(story_judgement(story_judge_unsealed(story, 30), 0)->verdict,
			 VERDICT_BROKEN);
	story_end(story);
}
END_TEST

START_TEST(verdict_safe_is_withheld_for_a_possible_violation)
{
	struct story *story = story_open("none", 0);

	expose(story, 30, 0, false);
	/* Two holders whose keys nobody told, so that their order is a guess. */
	int a = story_ask_in_vain(story, 0, 400000), b = story_ask_in_vain(story, 1, 400001);

	story_get_unnamed(story, a, 400010);
	story_try(story, a, F_RELEASE, 400012, OUTCOME_OK);
	story_get_unnamed(story, b, 400020);
	story_read(story, b, 400021);
	story_write(story, b, 400022);
	story_read(story, a, 400023);
	story_write(story, a, 400024);
	const struct verdicts *verdicts = story_judge(story, 30);
	const struct judgement *judgement = story_judgement(verdicts, 0);

	ck_assert_int_eq(story_total(verdicts), 1);
	ck_assert_int_eq(judgement->possible[VIOLATION_STALE_WRITE], 1);
	ck_assert_int_eq(judgement->verdict, VERDICT_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(judgement->why, "1 stale-write possible"));
	story_end(story);
}
END_TEST

START_TEST(verdict_of_the_service_stands_apart_from_the_arms)
{
	struct story *story = story_open("token", 0);

	for (int i = 0; i < 30; i++) {
		double at_ms = 100 + i * 10000;
		int a = story_ask(story, 0, at_ms);

		story_get(story, a, at_ms + 10);
		maker_fault(story_maker(story), .target = "leader", .lane = -1, .host = 1,
			    .began_ms = at_ms + 100, .ended_ms = at_ms + 200, .bitten = i != 7);
		if (i == 29)
			story_expire(story, a, at_ms + 300);
		else
			story_release(story, a, at_ms + 290, at_ms + 300);
		story_lose(story, a, at_ms + 500);
	}
	const struct verdicts *verdicts = story_judge(story, 29);
	const struct judgement *service = story_judgement(verdicts, STORY_SERVICE);

	ck_assert_int_eq(service->exposures, 29);
	ck_assert_int_eq(service->events, 1);
	ck_assert_int_eq(service->verdict, VERDICT_UNSAFE);
	ck_assert_str_eq(service->subject, "service");
	ck_assert_int_eq(story_judgement(verdicts, 0)->verdict, VERDICT_INCONCLUSIVE);
	story_end(story);
}
END_TEST

/* Thirty holds under a member's fault that harmed nobody. */
static struct story *calm_story(void)
{
	struct story *story = story_open("token", 0);

	for (int i = 0; i < 30; i++) {
		int a = story_ask(story, 0, 100 + i * 100);

		story_get(story, a, 110 + i * 100);
		story_release(story, a, 120 + i * 100, 121 + i * 100);
	}
	maker_fault(story_maker(story), .target = "leader", .lane = -1, .host = 1, .began_ms = 50,
		    .ended_ms = 9000, .bitten = true);
	return story;
}

START_TEST(verdict_of_the_service_is_safe_when_nothing_happened_under_enough_faults)
{
	struct story *story = calm_story();
	const struct verdicts *verdicts = story_judge(story, 30);

	ck_assert_int_eq(story_judgement(verdicts, STORY_SERVICE)->verdict, VERDICT_SAFE);
	story_end(story);
}
END_TEST

/* The audit at the end of the run --------------------------------------------------------------
 */

static const struct judgement *service_audited(struct story *story, const char *audit,
					       const struct verdicts **verdicts)
{
	maker_set_text(story_maker(story), "audit", audit);
	maker_set_text(story_maker(story), "audit_text", "member m2 said what it said");
	maker_set_int(story_maker(story), "audit_ns", INT64_C(9500000000));
	*verdicts = story_judge(story, 30);
	return story_judgement(*verdicts, STORY_SERVICE);
}

START_TEST(audit_that_agreed_changes_nothing)
{
	struct story *story = calm_story();
	const struct verdicts *verdicts;

	ck_assert_int_eq(service_audited(story, "agreed", &verdicts)->verdict, VERDICT_SAFE);
	ck_assert_int_eq(verdicts->violations, 0);
	story_end(story);
}
END_TEST

START_TEST(audit_whose_members_differ_is_a_divergence_of_the_service)
{
	struct story *story = calm_story();
	const struct verdicts *verdicts;
	const struct judgement *service = service_audited(story, "differ", &verdicts);

	ck_assert_int_eq(service->verdict, VERDICT_UNSAFE);
	ck_assert_int_eq(service->definite[VIOLATION_DIVERGENCE], 1);
	ck_assert_int_eq(verdicts->violations, 1);
	ck_assert_str_eq(verdicts->violation[0].summary,
			 "at the end of the run member m2 said what it said");
	ck_assert_int_eq(verdicts->violation[0].at_ns, INT64_C(9500000000));
	ck_assert_int_eq(verdicts->violation[0].arm, -1);
	ck_assert_int_eq(verdicts->violation[0].lane, -1);
	story_end(story);
}
END_TEST

/* Also with a client that is wrong on purpose: none can make members differ. */
START_TEST(audit_accuses_the_service_whatever_the_client)
{
	struct story *story = story_open("token", PLANTED_CLIENT);
	const struct verdicts *verdicts;
	const struct judgement *service = service_audited(story, "differ", &verdicts);

	ck_assert_int_eq(service->definite[VIOLATION_DIVERGENCE], 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_DIVERGENCE), 0);
	story_end(story);
}
END_TEST

START_TEST(audit_that_could_not_be_done_withholds_safe)
{
	static const char *const told[] = {"undone", "something else"};

	for (int i = 0; i < 2; i++) {
		struct story *story = calm_story();
		const struct verdicts *verdicts;
		const struct judgement *service = service_audited(story, told[i], &verdicts);

		ck_assert_int_eq(service->verdict, VERDICT_INCONCLUSIVE);
		ck_assert_ptr_nonnull(strstr(service->why, "could not be audited at the end: "
							   "member m2 said what it said"));
		ck_assert_int_eq(verdicts->violations, 0);
		story_end(story);
	}
}
END_TEST

/* stuck -------------------------------------------------------------------------------------- */

/* Healed at 10 s; settles in 2 s; worker 1 tries, in tries of a second, from `from_ms`. */
static const struct verdicts *after_heal(struct story *story, double from_ms, double until_ms,
					 double ok_ms)
{
	maker_set_int(story_maker(story), "healed_ns", 10000000000);
	maker_set_int(story_maker(story), "ended_ns", 20000000000);
	maker_set_int(story_maker(story), "settle_ms", 2000);
	for (double at_ms = from_ms; at_ms < until_ms; at_ms += 1000) {
		int hold = story_ask(story, 1, at_ms);

		story_not_get(story, hold, at_ms + 1000, OUTCOME_FAIL);
		story_expire(story, hold, at_ms + 1000);
	}
	if (ok_ms > 0) {
		int hold = story_ask(story, 2, ok_ms - 10);

		story_get(story, hold, ok_ms);
		story_release(story, hold, ok_ms + 1, ok_ms + 2);
	}
	return story_judge(story, 1);
}

START_TEST(stuck_is_a_lane_that_nobody_gets_within_the_bound)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = after_heal(story, 9000, 12000, 0);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_STUCK), 1);
	ck_assert_int_eq(story_judgement(verdicts, 0)->verdict, VERDICT_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(story_judgement(verdicts, 0)->why, "stuck 1 time:"));
	ck_assert_int_eq(story_violation(verdicts, VIOLATION_STUCK)->at_ns, 12000000000);
	story_end(story);
}
END_TEST

START_TEST(stuck_is_not_a_lane_that_was_tried_too_shortly_or_got)
{
	static const double cases[][3] = {
		{9500, 11000, 0},     /* tried for 1.5 s after the heal */
		{10500, 11500, 0},    /* for 1 s, begun after the heal */
		{9000, 12000, 15000}, /* somebody got it, however late */
		{5000, 9000, 0},      /* nobody tried any more */
	};

	for (int i = 0; i < 4; i++) {
		struct story *story = story_open("none", 0);
		const struct verdicts *verdicts =
			after_heal(story, cases[i][0], cases[i][1], cases[i][2]);

		ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_STUCK), 0);
		story_end(story);
	}
}
END_TEST

START_TEST(stuck_is_not_a_lane_that_was_got_before_the_heal_only)
{
	struct story *story = story_open("none", 0);

	ck_assert_int_eq(story_definite(after_heal(story, 9000, 12000, 9999), 0, VIOLATION_STUCK),
			 1);
	story_end(story);
}
END_TEST

/* What is kept and refused -------------------------------------------------------------------- */

START_TEST(violations_are_all_counted_and_the_earliest_kept)
{
	const struct checker_config config = {
		.min_exposures = 30, .violations_kept = 5, .in_parts = true};
	struct verdicts verdicts;
	struct history history;
	struct error err = {0};
	const char *path = scratch_file("kept.db");
	struct maker *maker = maker_open(path);
	int arm = maker_arm(maker, .guard = "none");

	/* In each lane worker 0 holds throughout, and others begin inside; the second lane's began
	 * before the first one's. */
	for (int i = 0; i < 2; i++) {
		int lane = maker_lane(maker, arm);

		maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_ACQUIRE,
			 .outcome = OUTCOME_OK, .invoked_ms = 1, .returned_ms = 2);
		for (int j = 0; j < 10; j++) {
			double at_ms = (i ? 100 : 500) + 10 * j;

			maker_op(maker, .lane = lane, .worker = 1, .attempt = 1 + j, .f = F_ACQUIRE,
				 .outcome = OUTCOME_OK, .invoked_ms = at_ms - 1,
				 .returned_ms = at_ms);
			maker_op(maker, .lane = lane, .worker = 1, .attempt = 1 + j, .f = F_RELEASE,
				 .outcome = OUTCOME_OK, .invoked_ms = at_ms + 2,
				 .returned_ms = at_ms + 3);
		}
	}
	maker_close(maker, true);
	ck_assert_int_eq(history_open(path, &history, &err), 0);
	ck_assert_int_eq(checker_judge(&history, &config, &verdicts, &err), 0);
	ck_assert_int_eq(verdicts.judgement[0].definite[VIOLATION_OVERLAP], 20);
	ck_assert_int_eq(verdicts.violations, 5);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(verdicts.violation[i].id, i + 1);
		ck_assert_int_eq(verdicts.violation[i].at_ns, (100 + 10 * i) * INT64_C(1000000));
	}
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

static void expect_refusal(const char *sql, const char *complaint)
{
	const struct checker_config config = {.min_exposures = 30, .violations_kept = 5};
	struct verdicts verdicts;
	struct history history;
	struct error err = {0};
	const char *path = scratch_file("refused.db");
	struct maker *maker = maker_open(path);

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	ck_assert_int_eq(sqlite3_exec(maker_db(maker), sql, NULL, NULL, NULL), SQLITE_OK);
	maker_close(maker, true);
	ck_assert_int_eq(history_open(path, &history, &err), 0);
	ck_assert_int_eq(checker_judge(&history, &config, &verdicts, &err), -1);
	ck_assert_msg(strstr(err.text, complaint), "%s", err.text);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	history_close(&history);
	remove(path);
}

START_TEST(arms_that_cannot_be_judged_are_refused)
{
	expect_refusal("UPDATE arm SET guard = 'tokn'", "did you mean 'token'?");
	expect_refusal("UPDATE arm SET model = 'election'", "model 'election'");
	expect_refusal("UPDATE arm SET permits = 2", "2 permits");
	expect_refusal("UPDATE arm SET model = 'rwlock', permits = 2", "2 permits");
	expect_refusal("UPDATE arm SET model = 'semaphore', permits = 64", "64 permits");
	expect_refusal("INSERT INTO run VALUES ('settle_ms', 'soon')", "settle_ms is 'soon'");
}
END_TEST

/* The interval -------------------------------------------------------------------------------- */

static void expect_interval(int64_t events, int64_t trials, double low, double high)
{
	double found_low, found_high;

	checker_interval(events, trials, &found_low, &found_high);
	ck_assert_msg(fabs(found_low - low) < 5e-5 && fabs(found_high - high) < 5e-5,
		      "%lld of %lld: %.6f .. %.6f, not %.6f .. %.6f", (long long)events,
		      (long long)trials, found_low, found_high, low, high);
}

START_TEST(interval_is_that_of_clopper_and_pearson)
{
	expect_interval(3, 30, 0.02112, 0.26529);
	expect_interval(5, 10, 0.18709, 0.81291);
	expect_interval(1, 2, 0.01258, 0.98742);
	expect_interval(10, 10, 0.69150, 1);
	expect_interval(50, 100, 0.39832, 0.60168);
	expect_interval(500000, 1000000, 0.49902, 0.50098);
}
END_TEST

START_TEST(interval_without_events_is_the_one_sided_bound)
{
	expect_interval(0, 30, 0, 0.09503);
	expect_interval(0, 7, 0, 0.34816);
	expect_interval(0, 1, 0, 0.95);
}
END_TEST

START_TEST(interval_of_nothing_is_not_a_number)
{
	double low, high;

	checker_interval(0, 0, &low, &high);
	ck_assert(isnan(low) && isnan(high));
}
END_TEST

/* By definition the ends are where the observed count, or a more extreme one, has 2.5 % left. */
START_TEST(interval_ends_leave_2_5_percent_on_either_side)
{
	for (int n = 1; n <= 40; n++)
		for (int k = 1; k <= n; k++) {
			double low, high, at_least = 0, at_most = 0;

			checker_interval(k, n, &low, &high);
			for (int i = 0; i <= n; i++) {
				double choose = lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1);

				if (i >= k)
					at_least += exp(choose) * pow(low, i) * pow(1 - low, n - i);
				if (i <= k)
					at_most +=
						exp(choose) * pow(high, i) * pow(1 - high, n - i);
			}
			ck_assert(fabs(at_least - 0.025) < 1e-9);
			ck_assert(k == n || fabs(at_most - 0.025) < 1e-9);
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: judge");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, exposure_is_not_made_by_an_own_release);
	tcase_add_test(tests, verdict_safe_needs_enough_exposures);
	tcase_add_test(tests, verdict_unsafe_goes_by_what_the_guard_promises);
	tcase_add_test(tests, verdict_broken_comes_before_all_others);
	tcase_add_test(tests, verdict_safe_is_withheld_for_a_possible_violation);
	tcase_add_test(tests, verdict_of_the_service_stands_apart_from_the_arms);
	tcase_add_test(tests,
		       verdict_of_the_service_is_safe_when_nothing_happened_under_enough_faults);
	tcase_add_test(tests, audit_that_agreed_changes_nothing);
	tcase_add_test(tests, audit_whose_members_differ_is_a_divergence_of_the_service);
	tcase_add_test(tests, audit_accuses_the_service_whatever_the_client);
	tcase_add_test(tests, audit_that_could_not_be_done_withholds_safe);
	tcase_add_test(tests, stuck_is_a_lane_that_nobody_gets_within_the_bound);
	tcase_add_test(tests, stuck_is_not_a_lane_that_was_tried_too_shortly_or_got);
	tcase_add_test(tests, stuck_is_not_a_lane_that_was_got_before_the_heal_only);
	tcase_add_test(tests, violations_are_all_counted_and_the_earliest_kept);
	tcase_add_test(tests, arms_that_cannot_be_judged_are_refused);
	tcase_add_test(tests, interval_is_that_of_clopper_and_pearson);
	tcase_add_test(tests, interval_without_events_is_the_one_sided_bound);
	tcase_add_test(tests, interval_of_nothing_is_not_a_number);
	tcase_add_test(tests, interval_ends_leave_2_5_percent_on_either_side);
	return suite_run(suite);
}
