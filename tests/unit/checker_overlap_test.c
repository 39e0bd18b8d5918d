#include <check.h>
#include <stdlib.h>

#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

/* Worker 0 holds 110 .. 500 and gives up; worker 1 is told ok at `next_ms`. */
static const struct verdicts *two_holds(struct story *story, double next_ms)
{
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	int b = story_ask(story, 1, 120);

	story_release(story, a, 500, 501);
	story_get(story, b, next_ms);
	story_release(story, b, 900, 901);
	return story_judge(story, 1);
}

START_TEST(overlap_is_not_seen_when_the_next_answer_comes_with_the_release)
{
	struct story *story = story_open("none", 0);

	ck_assert_int_eq(story_total(two_holds(story, 500)), 0);
	story_end(story);
}
END_TEST

START_TEST(overlap_is_seen_when_the_next_answer_comes_a_microsecond_earlier)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = two_holds(story, 499.999);
	const struct violation *violation = story_violation(verdicts, VIOLATION_OVERLAP);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), 1);
	ck_assert_int_eq(violation->at_ns, 499999000);
	ck_assert(violation->definite && violation->arm == 0 && violation->lane == 0);
	ck_assert(violation_cites(violation, "attempt", story_attempt(story, 0), "holder"));
	ck_assert(violation_cites(violation, "attempt", story_attempt(story, 1), "later holder"));
	story_end(story);
}
END_TEST

/* Worker 0 is paused, its lease ends, worker 1 gets the lock; then `f` of worker 0. */
static const struct verdicts *paused(struct story *story, enum function f, enum outcome outcome)
{
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	int b = story_ask(story, 1, 120);

	story_renew(story, a, 700, 701);
	maker_fault(story_maker(story), .lane = 0, .worker = 0, .began_ms = 1000, .ended_ms = 3500,
		    .bitten = true);
	story_expire(story, a, 2900);
	story_renew(story, b, 2000, 2001);
	story_get(story, b, 2905);
	story_try(story, a, f, 3600, outcome);
	story_release(story, b, 4000, 4001);
	return story_judge(story, 1);
}

START_TEST(overlap_of_a_paused_holder_names_the_fault_that_covers_it)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = paused(story, F_LOSE, OUTCOME_OK);
	const struct violation *violation = story_violation(verdicts, VIOLATION_OVERLAP);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), 1);
	ck_assert_int_eq(story_total(verdicts), 1);
	ck_assert(violation_cites(violation, "fault", 1, "cover"));
	ck_assert_str_eq(violation->summary,
			 "w-0-0 (revision 11) and w-0-1 (revision 12) believed that they held at "
			 "once from 2.905 s for 0.695 s; fault 1 (pause) lay over the first");
	story_end(story);
}
END_TEST

/* Renewed at 700 ms; the overlap begins at 2,905 ms. */
static bool fault_covers(double began_ms, double ended_ms, bool bitten)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	story_renew(story, a, 700, 701);
	b = story_ask(story, 1, 720);
	maker_op(story_maker(story), .worker = 0, .attempt = 1, .f = F_KEEPALIVE,
		 .outcome = OUTCOME_OK, .invoked_ms = 2890, .returned_ms = 2900); /* gone */
	story_expire(story, a, 2800);
	story_get(story, b, 2905);
	maker_fault(story_maker(story), .lane = 0, .worker = 0, .began_ms = began_ms,
		    .ended_ms = ended_ms, .bitten = bitten);
	bool covers = violation_cites(story_violation(story_judge(story, 1), VIOLATION_OVERLAP),
				      "fault", 1, "cover");

	story_end(story);
	return covers;
}

START_TEST(overlap_is_covered_by_a_fault_between_the_last_renewal_and_its_begin)
{
	ck_assert(fault_covers(300, 700, true) == false);
	ck_assert(fault_covers(300, 702, true) == true);
	ck_assert(fault_covers(1000, 2800, true) == true);
	ck_assert(fault_covers(1000, 2800, false) == false);
	ck_assert(fault_covers(2906, 3000, true) == false);
}
END_TEST

START_TEST(overlap_ends_with_the_asking_for_a_release_whatever_its_outcome)
{
	static const enum outcome outcomes[] = {OUTCOME_INFO, OUTCOME_OK, OUTCOME_FAIL};
	static const enum function asks[] = {F_RELEASE, F_LEASE_REVOKE};

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 2; j++) {
			struct story *story = story_open("none", 0);
			int a = story_ask(story, 0, 100);

			story_get(story, a, 110);
			story_try(story, a, asks[j], 200, outcomes[i]);
			int b = story_ask(story, 1, 210);

			story_expire(story, a, 2900);
			story_get(story, b, 2905);
			ck_assert_int_eq(story_total(story_judge(story, 1)), 0);
			story_end(story);
		}
}
END_TEST

static const struct verdicts *killed(struct story *story, double ended_ms, double kill_began_ms)
{
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	int b = story_ask(story, 1, 120);

	if (kill_began_ms > 0)
		maker_fault(story_maker(story), .kind = "kill", .lane = 0, .worker = 0,
			    .began_ms = kill_began_ms, .ended_ms = ended_ms + 10, .bitten = true);
	maker_restart(story_maker(story), 0, 0, ended_ms);
	story_expire(story, a, 2500);
	story_get(story, b, 2501);
	story_release(story, b, 2600, 2601);
	return story_judge(story, 1);
}

START_TEST(overlap_ends_with_the_holders_process)
{
	struct story *story = story_open("none", 0);

	ck_assert_int_eq(story_total(killed(story, 2501, 0)), 0);
	story_end(story);
	story = story_open("none", 0);
	ck_assert_int_eq(story_definite(killed(story, 2502, 0), 0, VIOLATION_OVERLAP), 1);
	story_end(story);
}
END_TEST

START_TEST(overlap_ends_with_the_kill_not_with_the_reaping)
{
	struct story *story = story_open("none", 0);

	ck_assert_int_eq(story_total(killed(story, 2502, 2500.5)), 0);
	story_end(story);
}
END_TEST

START_TEST(overlap_needs_two_workers_and_two_acquires)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	int again = story_ask(story, 0, 200), vain = story_ask(story, 1, 210);

	story_get(story, again, 220);
	story_not_get(story, vain, 300, OUTCOME_INFO);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), 0);
	story_end(story);
}
END_TEST

START_TEST(overlap_is_counted_once_for_each_attempt_that_begins_inside_another)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	for (int i = 0; i < 5; i++) {
		int b = story_ask(story, 1 + i % 2, 3000 + 100 * i);

		if (i == 0)
			story_expire(story, a, 2900);
		story_get(story, b, 3010 + 100 * i);
		story_release(story, b, 3050 + 100 * i, 3051 + 100 * i);
	}
	story_lose(story, a, 3350);
	ck_assert_int_eq(story_definite(story_judge(story, 1), 0, VIOLATION_OVERLAP), 4);
	story_end(story);
}
END_TEST

/* Both renewed at 1,000 ms; the service lets worker 1 in at next_ms; worker 0's lease ends, as it
 * can know, at 3,000 ms. */
static const struct verdicts *let_in(struct story *story, double next_ms, enum function earlier,
				     const char *key_of_b)
{
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	int b = story_ask(story, 1, 120);

	story_renew(story, a, 1000, 1001);
	story_renew(story, b, 1000, 1001);
	story_renew(story, b, 2000, 2001);
	story_renew(story, b, 2900, 2901);
	if (earlier)
		maker_op(story_maker(story), .worker = 1, .attempt = 1, .f = earlier,
			 .invoked_ms = 2400, .outcome = OUTCOME_INFO, .key = key_of_b,
			 .lease = 7000000);
	story_expire(story, a, next_ms - 1);
	story_get(story, b, next_ms);
	story_lose(story, a, 3500);
	story_release(story, b, 3600, 3601);
	return story_judge(story, 1);
}

START_TEST(overlap_safe_ends_with_the_safe_deadline_not_with_the_belief)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = let_in(story, 3000, 0, NULL);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), 1);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_SAFE), 0);
	story_end(story);
	story = story_open("none", 0);
	verdicts = let_in(story, 2999.999, 0, NULL);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_SAFE), 1);
	ck_assert_int_eq(story_violation(verdicts, VIOLATION_OVERLAP_SAFE)->arm, -1);
	story_end(story);
}
END_TEST

START_TEST(overlap_safe_is_only_possible_when_somebody_may_have_ended_the_hold)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = let_in(story, 2500, F_RELEASE, "lock/6acfc0");

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_SAFE), 0);
	ck_assert_int_eq(story_possible(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_SAFE), 1);
	story_end(story);
}
END_TEST

START_TEST(overlap_safe_of_a_broken_client_is_not_the_services)
{
	struct story *story = story_open("none", PLANTED_CLIENT);
	const struct verdicts *verdicts = let_in(story, 2500, 0, NULL);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_SAFE), 0);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP_SAFE), 1);
	story_end(story);
}
END_TEST

/* The second is answered before or after the first one's key was deleted, by revision. */
static const struct verdicts *granted(struct story *story, bool before_deletion, bool also_first)
{
	int a = story_ask(story, 0, 100), b;

	if (also_first)
		story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	if (!also_first)
		story_not_get(story, a, 110, OUTCOME_FAIL);
	if (before_deletion)
		story_get(story, b, 130);
	story_release(story, a, 150, 151);
	if (!before_deletion)
		story_get(story, b, 160);
	story_release(story, b, 200, 201);
	return story_judge(story, 1);
}

START_TEST(overlap_granted_is_told_by_revisions)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = granted(story, true, true);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_GRANTED), 1);
	story_end(story);
	story = story_open("none", 0);
	ck_assert_int_eq(story_total(granted(story, false, true)), 0);
	story_end(story);
}
END_TEST

START_TEST(overlap_granted_needs_both_to_have_been_told_ok)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = granted(story, true, false);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_GRANTED), 0);
	story_end(story);
}
END_TEST

START_TEST(overlap_granted_is_not_concluded_from_a_deletion_that_nobody_told_yet)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	int b = story_ask(story, 1, 120);

	story_try(story, a, F_RELEASE, 150, OUTCOME_OK);
	story_pass_revisions(story, 1); /* the deletion, which the witness did not live to tell */
	story_get(story, b, 160);
	story_try(story, b, F_RELEASE, 170, OUTCOME_OK);
	ck_assert_int_eq(story_total(story_judge(story, 1)), 0);
	story_end(story);
}
END_TEST

/* Told of one key, which hangs on no lease: one holder, then another one. */
static void take_record(struct story *story, int worker, double asked_ms, double got_ms,
			int64_t revision)
{
	maker_op(story_maker(story), .worker = worker, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_OK, .invoked_ms = asked_ms, .returned_ms = got_ms,
		 .ttl_ms = STORY_TTL_MS, .lease = 70 + worker, .key = "lock/lease",
		 .revision = revision, .token = revision);
	maker_key(story_maker(story), .lane = 0, .revision = revision, .create_revision = 11,
		  .lease = 70 + worker, .key = "lock/lease", .seen_ms = got_ms - 1);
}

/* A candidate whose clock is fast takes over from who is inside its safe deadline: no service had
 * promised to keep them apart. */
START_TEST(overlap_safe_is_not_the_services_when_an_honest_client_took_over)
{
	struct story *story = story_open("none", _i ? PLANTED_CLIENT : 0);

	take_record(story, 0, 100, 110, 11);
	take_record(story, 1, 120, 1000, 12);
	for (int worker = 0; worker < 2; worker++)
		maker_op(story_maker(story), .worker = worker, .attempt = 1, .f = F_LOSE,
			 .outcome = OUTCOME_OK, .invoked_ms = 1500 + 100 * worker,
			 .returned_ms = 1500 + 100 * worker, .lease = 70 + worker,
			 .key = "lock/lease");
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP_SAFE), _i);
	ck_assert_int_eq(story_total(verdicts), 1 + _i);
	ck_assert_int_eq(story_judgement(verdicts, 0)->exposures, 1);
	story_end(story);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: overlap");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, overlap_is_not_seen_when_the_next_answer_comes_with_the_release);
	tcase_add_test(tests, overlap_is_seen_when_the_next_answer_comes_a_microsecond_earlier);
	tcase_add_test(tests, overlap_of_a_paused_holder_names_the_fault_that_covers_it);
	tcase_add_test(tests, overlap_is_covered_by_a_fault_between_the_last_renewal_and_its_begin);
	tcase_add_test(tests, overlap_ends_with_the_asking_for_a_release_whatever_its_outcome);
	tcase_add_test(tests, overlap_ends_with_the_holders_process);
	tcase_add_test(tests, overlap_ends_with_the_kill_not_with_the_reaping);
	tcase_add_test(tests, overlap_needs_two_workers_and_two_acquires);
	tcase_add_test(tests, overlap_is_counted_once_for_each_attempt_that_begins_inside_another);
	tcase_add_test(tests, overlap_safe_ends_with_the_safe_deadline_not_with_the_belief);
	tcase_add_test(tests, overlap_safe_is_only_possible_when_somebody_may_have_ended_the_hold);
	tcase_add_test(tests, overlap_safe_of_a_broken_client_is_not_the_services);
	tcase_add_loop_test(tests, overlap_safe_is_not_the_services_when_an_honest_client_took_over,
			    0, 2);
	tcase_add_test(tests, overlap_granted_is_told_by_revisions);
	tcase_add_test(tests, overlap_granted_needs_both_to_have_been_told_ok);
	tcase_add_test(tests,
		       overlap_granted_is_not_concluded_from_a_deletion_that_nobody_told_yet);
	return suite_run(suite);
}
