/* How long acquiring took, for how long nobody could take or held a lock, or several did, and what
 * was lost for nothing. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/database.h"
#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

#define MS INT64_C(1000000)

static void expect_within(struct story *story, int within_ms)
{
	struct error err = {0};
	char sql[80];

	snprintf(sql, sizeof(sql), "UPDATE arm SET acquire_within_ms = %d", within_ms);
	ck_assert_msg(database_exec(maker_db(story_maker(story)), sql, &err) == 0, "%s", err.text);
}

static int64_t measured(struct story *story, enum measure measure)
{
	return story_judgement(story_judge(story, 1), 0)->measure[measure];
}

/* Holds from `from_ms` until `until_ms`. */
static void hold(struct story *story, int worker, double from_ms, double until_ms)
{
	int held = story_ask(story, worker, from_ms - 10);

	story_get(story, held, from_ms);
	story_release(story, held, until_ms, until_ms + 1);
}

/* The wait ------------------------------------------------------------------------------------ */

START_TEST(wait_is_from_the_acquires_sending_to_its_ok)
{
	struct story *story = story_open("none", 0);

	for (int i = 1; i <= 100; i++) {
		int held = story_ask(story, i % 3, i * 1000);

		story_get(story, held, i * 1000 + i);
		story_release(story, held, i * 1000 + 200, i * 1000 + 201);
	}
	const int64_t *measure = story_judgement(story_judge(story, 1), 0)->measure;

	ck_assert_int_eq(measure[MEASURE_WAIT_MEDIAN], 50 * MS);
	ck_assert_int_eq(measure[MEASURE_WAIT_P99], 99 * MS);
	ck_assert_int_eq(measure[MEASURE_WAIT_LONGEST], 100 * MS);
	ck_assert_int_eq(measure[MEASURE_TIMEOUTS], 0);
	story_end(story);
}
END_TEST

/* The story's acquire-timeout is 10 s. */
START_TEST(timeouts_are_acquires_that_were_given_up_after_the_timeout)
{
	struct story *story = story_open("none", 0);

	story_not_get(story, story_ask(story, 0, 100), 10100, OUTCOME_INFO);
	story_not_get(story, story_ask(story, 1, 100), 10099, OUTCOME_INFO); /* refused before */
	story_not_get(story, story_ask(story, 2, 100), 10200, OUTCOME_FAIL);
	const int64_t *measure = story_judgement(story_judge(story, 1), 0)->measure;

	ck_assert_int_eq(measure[MEASURE_TIMEOUTS], 2);
	ck_assert_int_eq(measure[MEASURE_WAIT_P99], MEASURE_NONE);
	story_end(story);
}
END_TEST

/* Nobody could take it ------------------------------------------------------------------------ */

/* A worker tries from the sending of its lease-grant, 2 ms before it asks. */
START_TEST(untaken_is_the_longest_trying_between_two_acquires)
{
	struct story *story = story_open("none", 0);

	hold(story, 0, 1000, 4000);
	hold(story, 2, 9000, 9100); /* an interval in which nobody tried goes before: 8,988 */
	int second = story_ask(story, 1, 1500);

	story_get(story, second, 4100);
	story_release(story, second, 4200, 4201);
	const int64_t *measure = story_judgement(story_judge(story, 1), 0)->measure;

	ck_assert_int_eq(measure[MEASURE_UNTAKEN], (4100 - 1498) * MS);
	ck_assert_int_eq(measure[MEASURE_UNTAKEN_AT], 1498 * MS);
	ck_assert_int_eq(measure[MEASURE_UNTAKEN_LANE], 0);
	story_end(story);
}
END_TEST

START_TEST(untaken_begins_anew_with_every_acquire)
{
	struct story *story = story_open("none", 0);

	story_not_get(story, story_ask(story, 1, 1000), 7000, OUTCOME_FAIL);
	hold(story, 0, 3000, 3100);
	hold(story, 0, 5500, 5600);
	const int64_t *measure = story_judgement(story_judge(story, 1), 0)->measure;

	ck_assert_int_eq(measure[MEASURE_UNTAKEN], 2500 * MS);
	ck_assert_int_eq(measure[MEASURE_UNTAKEN_AT], 3000 * MS);
	story_end(story);
}
END_TEST

START_TEST(untaken_goes_on_over_the_rests_between_a_workers_tries)
{
	struct story *story = story_open("none", 0);

	story_not_get(story, story_ask(story, 1, 1000), 2000, OUTCOME_FAIL);
	story_not_get(story, story_ask(story, 1, 2500), 3500, OUTCOME_FAIL);
	int held = story_ask(story, 1, 4000);

	story_get(story, held, 4400);
	const int64_t *measure = story_judgement(story_judge(story, 1), 0)->measure;

	ck_assert_int_eq(measure[MEASURE_UNTAKEN], (4400 - 998) * MS);
	story_end(story);
}
END_TEST

START_TEST(untaken_counts_a_worker_that_gets_no_lease)
{
	struct story *story = story_open("none", 0);

	for (int i = 1; i <= 3; i++)
		maker_op(story_maker(story), .worker = 0, .attempt = (uint32_t)i,
			 .f = F_LEASE_GRANT, .outcome = OUTCOME_INFO, .invoked_ms = i * 3000,
			 .returned_ms = i * 3000 + 2900);
	ck_assert_int_eq(measured(story, MEASURE_UNTAKEN), (11900 - 3000) * MS);
	story_end(story);
}
END_TEST

START_TEST(untaken_ends_with_the_process_and_with_the_run)
{
	struct story *story = story_open("none", 0);

	story_not_get(story, story_ask(story, 0, 1000), 0, OUTCOME_INFO);
	maker_restart(story_maker(story), 0, 0, 3000);
	maker_set_int(story_maker(story), "ended_ns", 12000 * MS);
	ck_assert_int_eq(measured(story, MEASURE_UNTAKEN), (3000 - 998) * MS);
	story_end(story);

	story = story_open("none", 0);
	story_not_get(story, story_ask(story, 0, 1000), 0, OUTCOME_INFO);
	maker_set_int(story_maker(story), "ended_ns", 12000 * MS);
	ck_assert_int_eq(measured(story, MEASURE_UNTAKEN), (12000 - 998) * MS);
	story_end(story);
}
END_TEST

START_TEST(untaken_is_nothing_where_nobody_tried)
{
	struct story *story = story_open("none", 0);
	const int64_t *measure = story_judgement(story_judge(story, 1), 0)->measure;

	ck_assert_int_eq(measure[MEASURE_UNTAKEN], MEASURE_NONE);
	ck_assert_int_eq(measure[MEASURE_UNTAKEN_LANE], MEASURE_NONE);
	story_end(story);
}
END_TEST

/* The lease lives for 2 s: half of that is a gap. */
START_TEST(gaps_are_the_untaken_times_of_half_a_ttl_or_more)
{
	struct story *story = story_open("none", 0);

	hold(story, 0, 1000, 4000);
	int second = story_ask(story, 1, 1500);

	story_get(story, second, 4100); /* tried from 1,498 on */
	int third = story_ask(story, 2, 4200);

	story_release(story, second, 5150, 5151);
	story_get(story, third, 5197.9); /* 999.9 ms */
	story_release(story, third, 5300, 5301);
	hold(story, 0, 6000, 6010);
	int fourth = story_ask(story, 1, 7002);

	story_get(story, fourth, 8000); /* 1 s */
	const struct verdicts *verdicts = story_judge(story, 1);
	const int64_t *measure = story_judgement(verdicts, 0)->measure;

	ck_assert_int_eq(measure[MEASURE_GAPS], 2);
	ck_assert_int_eq(measure[MEASURE_GAPS_TOTAL], (2602 + 1000) * MS);
	ck_assert_int_eq(verdicts->gaps, 2);
	ck_assert_int_eq(verdicts->gap[0].from_ns, 1498 * MS);
	ck_assert_int_eq(verdicts->gap[0].to_ns, 4100 * MS);
	ck_assert_int_eq(verdicts->gap[1].from_ns, 7000 * MS);
	story_end(story);
}
END_TEST

START_TEST(gaps_are_kept_up_to_a_number_the_longest_by_their_begins)
{
	struct story *story = story_open("none", 0);
	double at_ms = 0;

	for (int i = 0; i < 210; i++) { /* each longer than the one before */
		int held = story_ask(story, 0, at_ms + 100);

		story_get(story, held, at_ms + 1500 + i);
		story_release(story, held, at_ms + 1600 + i, at_ms + 1601 + i);
		at_ms += 2000;
	}
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_judgement(verdicts, 0)->measure[MEASURE_GAPS], 210);
	ck_assert_int_eq(verdicts->gaps, 200);
	ck_assert_int_eq(verdicts->gap[0].from_ns, (10 * 2000 + 98) * MS);
	for (int i = 1; i < 200; i++)
		ck_assert_int_lt(verdicts->gap[i - 1].from_ns, verdicts->gap[i].from_ns);
	story_end(story);
}
END_TEST

/* Nobody believes ----------------------------------------------------------------------------- */

START_TEST(unheld_is_what_no_belief_covers_of_the_trying)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 1000); /* tries from 998, */
	int b = story_ask(story, 1, 1500); /* and this one from 1,498 */

	story_get(story, a, 1200); /* 202 */
	story_release(story, a, 2000, 2001);
	story_get(story, b, 2300); /* 300 */
	int c = story_ask(story, 2, 2400);

	story_expire(story, b, 4300);
	story_get(story, c, 4302); /* b believes until */
	story_lose(story, b, 4500);
	story_release(story, c, 4600, 4601);
	hold(story, 0, 6000, 6100); /* asks 10 before: 12 */
	ck_assert_int_eq(measured(story, MEASURE_UNHELD), (202 + 300 + 12) * MS);
	story_end(story);
}
END_TEST

START_TEST(unheld_is_the_whole_trying_where_nobody_ever_holds)
{
	struct story *story = story_open("none", 0);

	story_not_get(story, story_ask(story, 0, 1000), 7000, OUTCOME_FAIL);
	ck_assert_int_eq(measured(story, MEASURE_UNHELD), (7000 - 998) * MS);
	story_end(story);
}
END_TEST

/* Several believe ----------------------------------------------------------------------------- */

/* Three in a row, each past its lease's end: the first two overlaps meet, the last stands alone. */
START_TEST(overlaps_are_summed_up_and_those_that_meet_are_one)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b, c;

	story_get(story, a, 110);
	story_expire(story, a, 2100);
	b = story_ask(story, 1, 2200);
	story_get(story, b, 2300);
	story_expire(story, b, 4200);
	c = story_ask(story, 2, 4300);
	story_get(story, c, 4400);
	story_lose(story, a, 5000); /* 2,300 to 5,000: b and c meanwhile */
	story_lose(story, b, 5500); /* b and c until here: 3,200 in one */
	story_release(story, c, 6000, 6001);
	a = story_ask(story, 0, 7000);
	story_get(story, a, 7100);
	story_expire(story, a, 9000);
	b = story_ask(story, 1, 9100);
	story_get(story, b, 9200);
	story_lose(story, a, 9300); /* 100 */
	story_release(story, b, 9400, 9401);
	const struct judgement *judged = story_judgement(story_judge(story, 1), 0);

	ck_assert_int_eq(judged->measure[MEASURE_OVERLAP_TOTAL], 3300 * MS);
	ck_assert_int_eq(judged->measure[MEASURE_OVERLAP_LONGEST], 3200 * MS);
	story_end(story);
}
END_TEST

START_TEST(overlap_that_never_ends_ends_with_the_run_or_is_not_counted)
{
	for (int told = 0; told < 2; told++) {
		struct story *story = story_open("none", 0);
		int a = story_ask(story, 0, 100), b;

		if (told)
			maker_set_int(story_maker(story), "ended_ns", 3000 * MS);
		story_get(story, a, 110);
		story_expire(story, a, 2100);
		b = story_ask(story, 1, 2200);
		story_get(story, b, 2300);
		ck_assert_int_eq(measured(story, MEASURE_OVERLAP_TOTAL), told ? 700 * MS : 0);
		story_end(story);
	}
}
END_TEST

/* acquire-within ------------------------------------------------------------------------------ */

/* Worker 1 tries for 2,602 ms while worker 0 holds. */
static const struct verdicts *made_to_wait(struct story *story)
{
	hold(story, 0, 1000, 4000);
	int second = story_ask(story, 1, 1500);

	story_get(story, second, 4100);
	story_release(story, second, 4200, 4201);
	return story_judge(story, 1);
}

START_TEST(within_that_is_not_kept_is_stuck_and_a_miss)
{
	struct story *story = story_open("none", 0);

	expect_within(story, 2602);
	const struct verdicts *verdicts = made_to_wait(story);
	const struct judgement *judgement = story_judgement(verdicts, 0);
	const struct violation *stuck = story_violation(verdicts, VIOLATION_STUCK);

	ck_assert_int_eq(judgement->definite[VIOLATION_STUCK], 1);
	ck_assert_int_eq(judgement->measure[MEASURE_LATE_ACQUIRES], 1);
	ck_assert_int_eq(stuck->at_ns, (1498 + 2602) * MS);
	ck_assert_ptr_nonnull(strstr(stuck->summary, "for 2.602 s, from 1.498 s to 4.100 s"));
	ck_assert_ptr_nonnull(strstr(stuck->summary, "w-0-0 had acquired it at 1.000 s"));
	ck_assert_int_eq(judgement->verdict, VERDICT_INCONCLUSIVE);
	ck_assert_int_eq(judgement_match(judgement, "any"), MATCH_MISSED);
	ck_assert_int_eq(judgement_match(judgement, "unsafe"), MATCH_MISSED);
	story_end(story);
}
END_TEST

START_TEST(within_that_is_kept_is_no_violation)
{
	static const int within_ms[] = {2603, 0};

	for (int i = 0; i < 2; i++) {
		struct story *story = story_open("none", 0);

		expect_within(story, within_ms[i]);
		const struct judgement *judgement = story_judgement(made_to_wait(story), 0);

		ck_assert_int_eq(judgement->definite[VIOLATION_STUCK], 0);
		ck_assert_int_eq(judgement->measure[MEASURE_LATE_ACQUIRES], 0);
		ck_assert_int_eq(judgement->measure[MEASURE_UNTAKEN], 2602 * MS);
		ck_assert_int_eq(judgement_match(judgement, "any"), MATCH_MET);
		story_end(story);
	}
}
END_TEST

START_TEST(within_counts_once_what_is_stuck_after_the_heal_too)
{
	static const int settle_ms[] = {1000, 2000};
	struct story *story = story_open("none", 0);

	expect_within(story, 1000);
	maker_set_int(story_maker(story), "healed_ns", 5000 * MS);
	maker_set_int(story_maker(story), "ended_ns", 12000 * MS);
	maker_set_int(story_maker(story), "settle_ms", settle_ms[_i]);
	story_not_get(story, story_ask(story, 0, 6000), 11000, OUTCOME_FAIL);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_STUCK), 1);
	story_end(story);
}
END_TEST

/* They are of the arms' workers and guards. */
START_TEST(measures_are_of_arms_and_never_of_the_service)
{
	struct story *story = story_open("none", 0);

	hold(story, 0, 110, 150);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_ne(story_judgement(verdicts, 0)->measure[MEASURE_OUTLIVED], MEASURE_NONE);
	for (int i = 0; i < MEASURES_COUNT; i++)
		ck_assert_int_eq(story_judgement(verdicts, STORY_SERVICE)->measure[i],
				 MEASURE_NONE);
	story_end(story);
}
END_TEST

/* Lost for nothing ---------------------------------------------------------------------------- */

/* Worker 0 holds from 110 ms on a lease of 2 s, and gives up at lose_ms; then it revokes, or its
 * key is seen to go, whichever is not 0. */
static int64_t losses(double lose_ms, double revoke_ms, double gone_ms)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_lose(story, a, lose_ms);
	if (revoke_ms > 0)
		story_acknowledge(story, a, F_LEASE_REVOKE, revoke_ms, revoke_ms + 1);
	if (gone_ms > 0)
		story_expire(story, a, gone_ms);
	int64_t found = measured(story, MEASURE_SPURIOUS_LOSSES);

	story_end(story);
	return found;
}

START_TEST(loss_within_the_leases_promise_is_spurious)
{
	ck_assert_int_eq(losses(2000, 0, 2500), 1);   /* promised until 2,098 ms */
	ck_assert_int_eq(losses(2097.9, 0, 2500), 1); /* the last moment */
	ck_assert_int_eq(losses(2098, 0, 2500), 0);   /* may have ended: nothing proves more */
	ck_assert_int_eq(losses(2000, 0, 0), 1);      /* the key stands for ever */
}
END_TEST

START_TEST(loss_of_a_lease_that_could_be_revoked_later_is_spurious)
{
	ck_assert_int_eq(losses(3000, 3500, 3501), 1);
	ck_assert_int_eq(losses(3000, 3500, 2999), 0); /* its key had gone before */
	ck_assert_int_eq(losses(3000, 0, 3501), 0);
}
END_TEST

START_TEST(loss_of_what_was_gone_is_none)
{
	ck_assert_int_eq(losses(1500, 0, 1500), 0);
	ck_assert_int_eq(losses(1500, 0, 1499), 0);
	ck_assert_int_eq(losses(1500, 0, 1500.1), 1);
}
END_TEST

START_TEST(release_is_no_loss)
{
	struct story *story = story_open("none", 0);

	hold(story, 0, 110, 500);
	ck_assert_int_eq(measured(story, MEASURE_SPURIOUS_LOSSES), 0);
	story_end(story);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: waits");
	TCase *tests = tcase_create("waits");

	tcase_add_test(tests, wait_is_from_the_acquires_sending_to_its_ok);
	tcase_add_test(tests, timeouts_are_acquires_that_were_given_up_after_the_timeout);
	tcase_add_test(tests, untaken_is_the_longest_trying_between_two_acquires);
	tcase_add_test(tests, untaken_begins_anew_with_every_acquire);
	tcase_add_test(tests, untaken_goes_on_over_the_rests_between_a_workers_tries);
	tcase_add_test(tests, untaken_counts_a_worker_that_gets_no_lease);
	tcase_add_test(tests, untaken_ends_with_the_process_and_with_the_run);
	tcase_add_test(tests, untaken_is_nothing_where_nobody_tried);
	tcase_add_test(tests, gaps_are_the_untaken_times_of_half_a_ttl_or_more);
	tcase_add_test(tests, gaps_are_kept_up_to_a_number_the_longest_by_their_begins);
	tcase_add_test(tests, unheld_is_what_no_belief_covers_of_the_trying);
	tcase_add_test(tests, unheld_is_the_whole_trying_where_nobody_ever_holds);
	tcase_add_test(tests, overlaps_are_summed_up_and_those_that_meet_are_one);
	tcase_add_test(tests, overlap_that_never_ends_ends_with_the_run_or_is_not_counted);
	tcase_add_test(tests, within_that_is_not_kept_is_stuck_and_a_miss);
	tcase_add_test(tests, within_that_is_kept_is_no_violation);
	tcase_add_test(tests, measures_are_of_arms_and_never_of_the_service);
	tcase_add_loop_test(tests, within_counts_once_what_is_stuck_after_the_heal_too, 0, 2);
	tcase_add_test(tests, loss_within_the_leases_promise_is_spurious);
	tcase_add_test(tests, loss_of_a_lease_that_could_be_revoked_later_is_spurious);
	tcase_add_test(tests, loss_of_what_was_gone_is_none);
	tcase_add_test(tests, release_is_no_loss);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
