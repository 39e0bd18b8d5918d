/* Failovers: which hold was ended by a fault, and how long until somebody held the lock again. */
#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

enum { A, B }; /* workers; each has one hold, its first */

static struct story *story;
static int hold[2];

/* A holds from 110 ms; B asks at `waits_ms`. A lease lives for 2 s. */
static void begin(double waits_ms)
{
	story = story_open("none", 0);
	maker_set_int(story_maker(story), "ended_ns", 20 * NS_PER_S);
	hold[A] = story_ask(story, A, 100);
	if (waits_ms < 110)
		hold[B] = story_ask(story, B, waits_ms);
	story_get(story, hold[A], 110);
	if (waits_ms > 110)
		hold[B] = story_ask(story, B, waits_ms);
}

static void hit(const char *kind, double from_ms, double until_ms)
{
	maker_fault(story_maker(story), .kind = kind, .target = "holder", .worker = A, .attempt = 1,
		    .host = -1, .began_ms = from_ms, .ended_ms = until_ms, .bitten = true);
}

static void end(void)
{
	story_end(story);
}

/* The only one. */
static const struct failover_row *failover(void)
{
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(verdicts->failovers, 1);
	ck_assert_int_eq(verdicts->failover[0].arm, 0);
	ck_assert_int_eq(verdicts->failover[0].attempt, story_attempt(story, hold[A]));
	return &verdicts->failover[0];
}

static void expect_taken(double after_ms)
{
	const struct failover_row *found = failover();

	ck_assert_int_eq(found->end, FAILOVER_TAKEN);
	ck_assert_int_eq(found->to_ns - found->fault->began_ns, (int64_t)(after_ms * 1e6));
	end();
}

static void expect_unmeasured(enum failover_end how)
{
	const struct failover_row *found = failover();

	ck_assert_int_eq(found->end, how);
	ck_assert_int_eq(found->to_ns, NEVER_NS);
	end();
}

static void expect_none(void)
{
	ck_assert_int_eq(story_judge(story, 1)->failovers, 0);
	end();
}

/* Ended so ------------------------------------------------------------------------------------ */

START_TEST(failover_is_from_the_faults_begin_until_somebody_held_the_lock_again)
{
	begin(105);
	hit("pause", 200, 2600);
	story_expire(story, hold[A], 2100);
	story_get(story, hold[B], 2102);
	expect_taken(2102 - 200);
}
END_TEST

START_TEST(failover_of_one_who_stopped_in_time_counts_too)
{
	begin(105);
	hit("cut", 200, 2600);
	story_lose(story, hold[A], 1900);
	story_expire(story, hold[A], 2100);
	story_get(story, hold[B], 2102);
	expect_taken(2102 - 200);
}
END_TEST

START_TEST(failover_of_a_killed_holder_begins_with_the_kill)
{
	begin(105);
	hit("kill", 300, 900);
	maker_restart(story_maker(story), 0, A, 900);
	story_expire(story, hold[A], 2100);
	story_get(story, hold[B], 2103);
	expect_taken(2103 - 300);
}
END_TEST

START_TEST(witness_may_see_the_key_go_after_the_next_holders_answer)
{
	begin(105);
	hit("pause", 200, 2600);
	story_expire(story, hold[A], 2150);
	story_get(story, hold[B], 2140);
	expect_taken(2140 - 200);
}
END_TEST

START_TEST(hold_that_was_given_back_is_no_failover)
{
	begin(105);
	hit("pause", 200, 600);
	story_release(story, hold[A], 700, 701);
	story_get(story, hold[B], 702);
	expect_none();
}
END_TEST

START_TEST(hold_that_ended_without_a_fault_is_no_failover)
{
	begin(105);
	story_expire(story, hold[A], 2100);
	story_get(story, hold[B], 2102);
	expect_none();
}
END_TEST

/* How long the lock was away because of that fault does not begin with it. */
START_TEST(fault_that_is_older_than_the_hold_began_no_failover)
{
	begin(105);
	hit("slow", 109.9, 2600);
	story_expire(story, hold[A], 2100);
	story_get(story, hold[B], 2102);
	expect_none();
	begin(105);
	hit("slow", 110, 2600);
	story_expire(story, hold[A], 2100);
	story_get(story, hold[B], 2102);
	expect_taken(2102 - 110);
}
END_TEST

/* Measured or not ----------------------------------------------------------------------------- */

/* A worker tries from the sending of its lease-grant, 2 ms before it asks. */
START_TEST(lock_that_nobody_wanted_when_it_was_free_measures_nothing)
{
	begin(2102);
	hit("pause", 200, 2600);
	story_expire(story, hold[A], 2100);
	story_get(story, hold[B], 2110);
	expect_taken(2110 - 200);
	begin(2103);
	hit("pause", 200, 2600);
	story_expire(story, hold[A], 2100);
	story_get(story, hold[B], 2110);
	expect_unmeasured(FAILOVER_UNWANTED);
}
END_TEST

START_TEST(wait_that_was_given_up_measures_nothing)
{
	begin(105);
	hit("pause", 200, 9600);
	story_expire(story, hold[A], 2100);
	story_not_get(story, hold[B], 3000, OUTCOME_FAIL);
	expect_unmeasured(FAILOVER_UNWANTED);
}
END_TEST

START_TEST(failover_that_the_runs_end_cuts_off_is_told_apart)
{
	begin(105);
	hit("kill-for-good", 300, 20000);
	story_expire(story, hold[A], 2100);
	story_not_get(story, hold[B], 0, OUTCOME_INFO); /* pending until the end */
	expect_unmeasured(FAILOVER_CUT_OFF);
}
END_TEST

/* The leader ---------------------------------------------------------------------------------- */

static void expect_led(double led_anew_ms, int next_leader, enum led led)
{
	begin(105);
	hit("pause", 200, 2600);
	maker_leader(story_maker(story), 20, 0, 0, 4);
	if (led_anew_ms > 0)
		maker_leader(story_maker(story), led_anew_ms, 1, next_leader, 5);
	story_expire(story, hold[A], 2100);
	story_get(story, hold[B], 2102);
	ck_assert_int_eq(failover()->led, led);
	end();
}

START_TEST(change_of_leader_counts_from_the_fault_until_the_next_hold)
{
	expect_led(0, 0, LED_ON);
	expect_led(199, 1, LED_ON);
	expect_led(201, 1, LED_ANEW);
	expect_led(201, 0, LED_ON); /* the same one, in a new term */
	expect_led(2102, 1, LED_ANEW);
	expect_led(2103, 1, LED_ON);
}
END_TEST

START_TEST(leader_that_nobody_told_of_is_unknown)
{
	begin(105);
	hit("pause", 200, 2600);
	story_expire(story, hold[A], 2100);
	story_get(story, hold[B], 2102);
	ck_assert_int_eq(failover()->led, LED_UNKNOWN);
	end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: failover");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, failover_is_from_the_faults_begin_until_somebody_held_the_lock_again);
	tcase_add_test(tests, failover_of_one_who_stopped_in_time_counts_too);
	tcase_add_test(tests, failover_of_a_killed_holder_begins_with_the_kill);
	tcase_add_test(tests, witness_may_see_the_key_go_after_the_next_holders_answer);
	tcase_add_test(tests, hold_that_was_given_back_is_no_failover);
	tcase_add_test(tests, hold_that_ended_without_a_fault_is_no_failover);
	tcase_add_test(tests, fault_that_is_older_than_the_hold_began_no_failover);
	tcase_add_test(tests, lock_that_nobody_wanted_when_it_was_free_measures_nothing);
	tcase_add_test(tests, wait_that_was_given_up_measures_nothing);
	tcase_add_test(tests, failover_that_the_runs_end_cuts_off_is_told_apart);
	tcase_add_test(tests, change_of_leader_counts_from_the_fault_until_the_next_hold);
	tcase_add_test(tests, leader_that_nobody_told_of_is_unknown);
	return suite_run(suite);
}
