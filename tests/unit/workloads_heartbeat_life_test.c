/* The heartbeat's life: between two attempts, by the clock, without renewals. */
#include "tests/support/suite.h"
#include "tests/unit/workloads_beat.h"

/* Between two attempts ------------------------------------------------------------------------ */

START_TEST(nothing_is_renewed_between_two_attempts)
{
	start(1, long_ago_ns());
	assert_asked();
	ck_assert(!heartbeat_stop(heartbeat));
	tell_renewed(long_ago_ns(), 5);
	let_it_sleep();
	start(2, long_ago_ns());
	assert_asked();
	ck_assert_int_eq(service.lease, LEASE + 2);
	heartbeat_stop(heartbeat);
	tell_gone();
	close_heartbeat();
	ck_assert_ptr_null(find(EVENT_INVOKE, F_KEEPALIVE, 2));
}
END_TEST

START_TEST(who_has_given_back_cannot_lose)
{
	start(1, clock_now_ns());
	heartbeat_hold(heartbeat, "lock/1");
	heartbeat_stop(heartbeat);
	heartbeat_lose(heartbeat, "the store refused it");
	start(2, clock_now_ns());
	heartbeat_lose(heartbeat, "it does not hold yet");
	close_heartbeat();
	ck_assert_int_eq(rig.events, 0);
}
END_TEST

START_TEST(next_attempt_is_not_started_before_the_last_has_been_stopped)
{
	start(1, clock_now_ns());
	start(2, clock_now_ns());
}
END_TEST

START_TEST(kept_session_is_not_gone_on_with_before_the_last_attempt_has_been_stopped)
{
	start(1, clock_now_ns());
	heartbeat_go_on(heartbeat, 2);
}
END_TEST

START_TEST(attempt_is_granted_something_once)
{
	const struct lock_answer grant = {OUTCOME_OK, .ttl_ms = 5000, .sent_ns = clock_now_ns()};

	start(1, clock_now_ns());
	heartbeat_start(heartbeat, LEASE, &grant);
}
END_TEST

START_TEST(heartbeat_without_a_client_does_not_open)
{
	static const struct lock_client_steps client = {.open = open_client};
	static const struct lock_terms terms = {0};
	struct heartbeat_config config = {.client = &client, .terms = &terms};
	struct heartbeat *none = NULL;
	struct error err = {0};

	ck_assert_int_eq(heartbeat_open(&none, &config, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_str_eq(err.text, "heartbeat: no name");
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(attempt_begins_without_a_deadline)
{
	start(1, clock_now_ns());
	heartbeat_stop(heartbeat);
	heartbeat_begin(heartbeat, 2);
	ck_assert_int_eq(heartbeat_safe_until_ns(heartbeat), 0);
	close_heartbeat();
}
END_TEST

/* By the clock -------------------------------------------------------------------------------- */

enum { FAST_MS = 50, SLOW_MS = 250 };

static void setup_fast(void)
{
	open_with(FAST_MS, renew);
}

static void setup_slow(void)
{
	open_with(SLOW_MS, renew);
}

static void setup_with_habits(void)
{
	renew_timeout_ms = 3000;
	retry_after_ms = SLOW_MS;
	open_with(FAST_MS, renew);
}

enum { DEADLINE_MS = 400 };

static void setup_with_deadline(void)
{
	renew_deadline_ms = DEADLINE_MS;
	open_with(FAST_MS, renew);
}

static void setup_that_lets_go(void)
{
	let_go = renew; /* it is asked, and answered, in the same way */
	setup_with_deadline();
}

static void setup_that_never_notices(void)
{
	never_notices = true;
	open_with(FAST_MS, renew);
}

static void setup_without_renewals(void)
{
	open_with(FAST_MS, NULL);
}

static void setup_without_heartbeat(void)
{
	open_with(0, renew);
}

START_TEST(renewal_has_a_tenth_of_a_second_at_least)
{
	int64_t before_ns = clock_now_ns();

	start(1, long_ago_ns());
	assert_asked();
	ck_assert_int_ge(service.deadline_ns, before_ns + 100 * NS_PER_MS);
	ck_assert_int_le(service.deadline_ns, clock_now_ns() + 100 * NS_PER_MS);
	tell_gone();
	close_heartbeat();
}
END_TEST

/* However often it looks meanwhile whether its clock was set. */
START_TEST(renewal_is_not_sent_before_it_is_due)
{
	int64_t sent_ns = clock_now_ns(), again_ns;

	start(1, sent_ns);
	assert_asked();
	again_ns = clock_now_ns();
	tell_renewed(again_ns, 5);
	assert_asked();
	tell_gone();
	close_heartbeat();
	ck_assert_int_ge(find(EVENT_INVOKE, F_KEEPALIVE, 0)->at_ns, sent_ns + SLOW_MS * NS_PER_MS);
	ck_assert_int_ge(find(EVENT_INVOKE, F_KEEPALIVE, 1)->at_ns, again_ns + SLOW_MS * NS_PER_MS);
}
END_TEST

START_TEST(recipe_that_never_renews_asks_nothing)
{
	start(1, long_ago_ns());
	heartbeat_hold(heartbeat, "lock/1");
	let_it_sleep();
	ck_assert(!heartbeat_stop(heartbeat));
	close_heartbeat();
	ck_assert_int_eq(rig.events, 0);
}
END_TEST

START_TEST(renewal_that_nobody_took_is_tried_again_after_a_heartbeat)
{
	start(1, long_ago_ns());
	assert_asked();
	tell((struct lock_answer){OUTCOME_FAIL, .unheard = true, .error = "refused"});
	assert_asked();
	tell_gone();
	close_heartbeat();
	ck_assert_int_ge(find(EVENT_INVOKE, F_KEEPALIVE, 1)->at_ns,
			 find(EVENT_INVOKE, F_KEEPALIVE, 0)->at_ns + 50 * NS_PER_MS);
}
END_TEST

START_TEST(renewal_is_waited_for_as_the_arm_says)
{
	int64_t before_ns = clock_now_ns();

	start(1, long_ago_ns());
	assert_asked();
	ck_assert_int_ge(service.deadline_ns, before_ns + 3000 * NS_PER_MS);
	ck_assert_int_le(service.deadline_ns, clock_now_ns() + 3000 * NS_PER_MS);
	tell_gone();
	close_heartbeat();
}
END_TEST

/* Whether it was heard, or refused at once. */
START_TEST(failed_renewal_is_not_tried_again_sooner_than_the_arm_says)
{
	start(1, long_ago_ns());
	assert_asked();
	tell((struct lock_answer){OUTCOME_FAIL, .unheard = _i, .error = "refused"});
	assert_asked();
	tell_gone();
	close_heartbeat();
	ck_assert_int_ge(find(EVENT_INVOKE, F_KEEPALIVE, 1)->at_ns,
			 find(EVENT_INVOKE, F_KEEPALIVE, 0)->at_ns + SLOW_MS * NS_PER_MS);
}
END_TEST

/* Every renewal fails at once, until the heartbeat asks no more. */
static void fail_until_lost(void)
{
	int64_t until_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;

	while (!heartbeat_lost(heartbeat) && clock_now_ns() < until_ns) {
		if (sem_trywait(&service.asked))
			clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
		else
			tell_failed();
	}
	ck_assert(heartbeat_lost(heartbeat));
}

/* RETRIES of them are soon over. */
START_TEST(renewals_are_tried_until_the_deadline_however_many_fail)
{
	start(1, long_ago_ns());
	heartbeat_hold(heartbeat, "lock/1");
	fail_until_lost();
	close_heartbeat();
	const struct event *first = find(EVENT_INVOKE, F_KEEPALIVE, 0);
	const struct event *lost = find(EVENT_INVOKE, F_LOSE, 0);

	ck_assert_ptr_nonnull(lost);
	ck_assert_int_ge(lost->at_ns, first->at_ns + DEADLINE_MS * NS_PER_MS);
	ck_assert_int_le(service.deadline_ns, lost->at_ns);
	for (int i = 1; find(EVENT_INVOKE, F_KEEPALIVE, i); i++)
		ck_assert_int_ge(find(EVENT_INVOKE, F_KEEPALIVE, i)->at_ns,
				 find(EVENT_INVOKE, F_KEEPALIVE, i - 1)->at_ns +
					 FAST_MS * NS_PER_MS);
}
END_TEST

START_TEST(renewal_that_comes_through_makes_the_deadline_begin_anew)
{
	int64_t before_ns = clock_now_ns();

	start(1, long_ago_ns());
	assert_asked();
	ck_assert_int_ge(service.deadline_ns, before_ns + DEADLINE_MS * NS_PER_MS);
	tell_failed();
	assert_asked();
	tell_renewed(long_ago_ns(), 7200);
	before_ns = clock_now_ns();
	assert_asked();
	ck_assert_int_ge(service.deadline_ns, before_ns + DEADLINE_MS * NS_PER_MS);
	tell_gone();
	close_heartbeat();
}
END_TEST

/* It believes until that was answered; and the record has it for a renewal. */
START_TEST(who_gives_up_lets_go_first_and_holds_until_then)
{
	start(1, long_ago_ns());
	heartbeat_hold(heartbeat, "lock/1");
	fail_until_lost();
	close_heartbeat();
	int64_t first_ns = find(EVENT_INVOKE, F_KEEPALIVE, 0)->at_ns;
	const struct event *lost = find(EVENT_INVOKE, F_LOSE, 0), *last = NULL;

	for (int i = 0; find(EVENT_RETURN, F_KEEPALIVE, i); i++)
		last = find(EVENT_RETURN, F_KEEPALIVE, i);
	ck_assert_int_ge(lost->at_ns, last->at_ns);
	ck_assert_str_eq(last->op.error, "timed out");
	ck_assert_int_ge(last[-1].at_ns, first_ns + DEADLINE_MS * NS_PER_MS);
	ck_assert_int_ge(service.deadline_ns, first_ns + 2 * DEADLINE_MS * NS_PER_MS);
}
END_TEST

START_TEST(who_never_notices_renews_on_whatever_it_is_told)
{
	start(1, long_ago_ns());
	heartbeat_hold(heartbeat, "lock/1");
	assert_asked();
	tell_gone();
	for (int i = 0; i <= RETRIES; i++) {
		assert_asked();
		tell_failed();
	}
	assert_asked();
	tell_gone();
	ck_assert(!heartbeat_lost(heartbeat));
	ck_assert_int_eq(heartbeat_lost_ns(heartbeat), 0);
	ck_assert(!heartbeat_stop(heartbeat));
	close_heartbeat();
	ck_assert_ptr_null(find(EVENT_INVOKE, F_LOSE, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: a heartbeat's life");
	TCase *tests = tcase_create("between"), *fast = tcase_create("by the clock");
	TCase *slow = tcase_create("by a slow clock"), *never = tcase_create("without renewals");
	TCase *own = tcase_create("with habits of its own"), *off = tcase_create("at no heartbeat"),
	      *deadline = tcase_create("with a deadline"),
	      *cancel = tcase_create("with a release on cancel"),
	      *deaf = tcase_create("of who never notices");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 20);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nothing_is_renewed_between_two_attempts);
	tcase_add_test(tests, who_has_given_back_cannot_lose);
	tcase_add_test_raise_signal(
		tests, next_attempt_is_not_started_before_the_last_has_been_stopped, SIGABRT);
	tcase_add_test_raise_signal(
		tests, kept_session_is_not_gone_on_with_before_the_last_attempt_has_been_stopped,
		SIGABRT);
	tcase_add_test_raise_signal(tests, attempt_is_granted_something_once, SIGABRT);
	tcase_add_test(tests, heartbeat_without_a_client_does_not_open);
	tcase_add_test(tests, attempt_begins_without_a_deadline);
	suite_add_tcase(suite, fast);
	tcase_set_timeout(fast, 60);
	tcase_add_checked_fixture(fast, setup_fast, teardown);
	tcase_add_test(fast, renewal_that_nobody_took_is_tried_again_after_a_heartbeat);
	tcase_add_test(fast, renewal_has_a_tenth_of_a_second_at_least);
	suite_add_tcase(suite, slow);
	tcase_set_timeout(slow, 60);
	tcase_add_checked_fixture(slow, setup_slow, teardown);
	tcase_add_test(slow, renewal_is_not_sent_before_it_is_due);
	suite_add_tcase(suite, own);
	tcase_set_timeout(own, 60);
	tcase_add_checked_fixture(own, setup_with_habits, teardown);
	tcase_add_test(own, renewal_is_waited_for_as_the_arm_says);
	tcase_add_loop_test(own, failed_renewal_is_not_tried_again_sooner_than_the_arm_says, 0, 2);
	suite_add_tcase(suite, deadline);
	tcase_set_timeout(deadline, 60);
	tcase_add_checked_fixture(deadline, setup_with_deadline, teardown);
	tcase_add_test(deadline, renewals_are_tried_until_the_deadline_however_many_fail);
	tcase_add_test(deadline, renewal_that_comes_through_makes_the_deadline_begin_anew);
	suite_add_tcase(suite, cancel);
	tcase_set_timeout(cancel, 60);
	tcase_add_checked_fixture(cancel, setup_that_lets_go, teardown);
	tcase_add_test(cancel, who_gives_up_lets_go_first_and_holds_until_then);
	suite_add_tcase(suite, deaf);
	tcase_set_timeout(deaf, 60);
	tcase_add_checked_fixture(deaf, setup_that_never_notices, teardown);
	tcase_add_test(deaf, who_never_notices_renews_on_whatever_it_is_told);
	suite_add_tcase(suite, never);
	tcase_add_checked_fixture(never, setup_without_renewals, teardown);
	tcase_add_test(never, recipe_that_never_renews_asks_nothing);
	suite_add_tcase(suite, off);
	tcase_add_checked_fixture(off, setup_without_heartbeat, teardown);
	tcase_add_test(off, recipe_that_never_renews_asks_nothing);
	return suite_run(suite);
}
