/* What the heartbeat makes of its answers: the safe deadline, the next renewal, the loss. */
#include "tests/support/suite.h"
#include "tests/unit/workloads_beat.h"

/* The safe deadline --------------------------------------------------------------------------- */

START_TEST(safe_deadline_of_a_grant_counts_from_its_sending)
{
	int64_t sent_ns = clock_now_ns() - 7 * NS_PER_S;
	uint32_t seen = atomic_load(&area_live(rig.area)->generation);

	start(1, sent_ns);
	ck_assert_uint_ne(atomic_load(&area_live(rig.area)->generation), seen);
	ck_assert_int_eq(heartbeat_safe_until_ns(heartbeat), sent_ns + 5 * NS_PER_S);
	ck_assert_int_eq(atomic_load(&view()->believes_until_ns), sent_ns + 5 * NS_PER_S);
	ck_assert_int_eq(atomic_load(&view()->renewed_ns), sent_ns);
	ck_assert_int_eq(atomic_load(&view()->granted_ns), 5 * NS_PER_S);
	close_heartbeat();
}
END_TEST

START_TEST(safe_deadline_of_a_renewal_counts_from_its_sending)
{
	int64_t sent_ns = clock_now_ns() - 9 * NS_PER_S;

	start(1, long_ago_ns());
	int64_t started_ns = clock_now_ns();

	assert_asked();
	ck_assert_int_eq(service.lease, LEASE + 1);
	tell_renewed(sent_ns, 4);
	close_heartbeat();
	const struct event *asked = find(EVENT_INVOKE, F_KEEPALIVE, 0);
	const struct event *renewed = find(EVENT_RETURN, F_KEEPALIVE, 0);

	ck_assert_int_lt(asked->op.safe_until_ns, sent_ns);
	ck_assert_int_eq(renewed->op.safe_until_ns, sent_ns + 4 * NS_PER_S);
	ck_assert_int_eq(renewed->op.ttl_ms, 4000);
	ck_assert_int_eq(renewed->op.outcome, OUTCOME_OK);
	ck_assert_int_eq(renewed->op.endpoint, 0);
	ck_assert_int_eq(renewed->op.revision, REVISION);
	ck_assert_int_eq(renewed->op.lease, LEASE + 1);
	ck_assert_int_eq(renewed->op.attempt, 1);
	ck_assert_int_eq(atomic_load(&view()->renewed_ns), sent_ns);
	ck_assert_int_ge(atomic_load(&view()->answered_ns), started_ns);
	ck_assert_int_le(atomic_load(&view()->answered_ns), clock_now_ns());
	ck_assert_int_eq(atomic_load(&view()->believes_until_ns), sent_ns + 4 * NS_PER_S);
}
END_TEST

START_TEST(safe_deadline_never_goes_back)
{
	int64_t granted_ns = long_ago_ns();

	start(1, granted_ns);
	assert_asked();
	tell_renewed(granted_ns + 10 * NS_PER_S, 2);
	assert_asked();
	tell_renewed(granted_ns + 5 * NS_PER_S, 6);
	assert_asked(); /* so the second answer has been taken */
	ck_assert_int_eq(heartbeat_safe_until_ns(heartbeat), granted_ns + 12 * NS_PER_S);
	tell_failed();
	assert_asked();
	ck_assert_int_eq(heartbeat_safe_until_ns(heartbeat), granted_ns + 12 * NS_PER_S);
	tell_gone();
	close_heartbeat();
	ck_assert_int_eq(find(EVENT_RETURN, F_KEEPALIVE, 1)->op.safe_until_ns,
			 granted_ns + 12 * NS_PER_S);
}
END_TEST

START_TEST(answer_that_renews_nothing_moves_no_deadline)
{
	int64_t granted_ns = long_ago_ns();

	start(1, granted_ns);
	assert_asked();
	tell((struct lock_answer){OUTCOME_INFO, .sent_ns = clock_now_ns(), .error = "lost"});
	assert_asked();
	tell_gone();
	await_loss();
	ck_assert_int_eq(heartbeat_safe_until_ns(heartbeat), granted_ns + 5 * NS_PER_S);
	close_heartbeat();
	for (int i = 0; i < 2; i++) {
		const struct op_event *op = &find(EVENT_RETURN, F_KEEPALIVE, i)->op;

		ck_assert_int_eq(op->ttl_ms, 0);
		ck_assert_int_eq(op->safe_until_ns, granted_ns + 5 * NS_PER_S);
	}
}
END_TEST

START_TEST(deadline_is_over_when_the_workers_own_clock_shows_it)
{
	start(1, clock_now_ns());
	ck_assert(heartbeat_in_time(heartbeat));
	atomic_store(&view()->clock_offset_ns, 4 * NS_PER_S);
	ck_assert(heartbeat_in_time(heartbeat));
	atomic_store(&view()->clock_offset_ns, 5 * NS_PER_S);
	ck_assert(!heartbeat_in_time(heartbeat));
	close_heartbeat();
}
END_TEST

START_TEST(shorter_promise_takes_nothing_from_a_longer_one)
{
	start(1, long_ago_ns());
	ck_assert(!heartbeat_in_time(heartbeat));
	assert_asked();
	tell_renewed(clock_now_ns(), 100);
	let_it_sleep();
	ck_assert(heartbeat_in_time(heartbeat));
	atomic_store(&view()->clock_offset_ns, (HEARTBEAT_MS + 1000) * NS_PER_MS);
	assert_asked();
	tell_renewed(clock_now_ns(), 1);
	let_it_sleep();
	atomic_store(&view()->clock_offset_ns, 90 * NS_PER_S);
	ck_assert(heartbeat_in_time(heartbeat));
	heartbeat_stop(heartbeat);
	start(2, long_ago_ns()); /* but an attempt gives nothing to the next */
	ck_assert(!heartbeat_in_time(heartbeat));
	assert_asked();
	tell_gone();
	close_heartbeat();
}
END_TEST

/* The shortest lease that there is. */
START_TEST(lease_of_a_second_is_renewed)
{
	int64_t sent_ns = long_ago_ns();

	start(1, long_ago_ns());
	assert_asked();
	tell_renewed(sent_ns, 1);
	assert_asked();
	ck_assert(!heartbeat_lost(heartbeat));
	tell_gone();
	close_heartbeat();
	ck_assert_int_eq(find(EVENT_RETURN, F_KEEPALIVE, 0)->op.ttl_ms, 1000);
}
END_TEST

START_TEST(renewals_go_to_the_member_that_answered_last)
{
	start(1, long_ago_ns());
	assert_asked();
	tell_failed();
	assert_asked();
	heartbeat_stop(heartbeat);
	tell_failed();
	start(2, long_ago_ns());
	assert_asked();
	tell_gone();
	close_heartbeat();
	ck_assert_int_eq(find(EVENT_INVOKE, F_KEEPALIVE, 0)->op.endpoint, 1);
	ck_assert_int_eq(find(EVENT_INVOKE, F_KEEPALIVE, 1)->op.endpoint, 0);
	ck_assert_int_eq(find(EVENT_INVOKE, F_KEEPALIVE, 2)->op.endpoint, 0);
}
END_TEST

/* When renewals are due ----------------------------------------------------------------------- */

START_TEST(next_renewal_is_due_a_heartbeat_after_the_sending_and_not_after_the_answer)
{
	start(1, long_ago_ns());
	assert_asked();
	tell_renewed(clock_now_ns() - HEARTBEAT_MS * NS_PER_MS, 5);
	assert_asked();
	tell_gone();
	close_heartbeat();
}
END_TEST

START_TEST(renewal_may_take_a_heartbeat)
{
	int64_t before_ns = clock_now_ns();

	start(1, long_ago_ns());
	assert_asked();
	ck_assert_int_ge(service.deadline_ns, before_ns + HEARTBEAT_MS * NS_PER_MS);
	ck_assert_int_le(service.deadline_ns, clock_now_ns() + HEARTBEAT_MS * NS_PER_MS);
	tell_gone();
	close_heartbeat();
}
END_TEST

START_TEST(renewal_that_failed_is_tried_again_at_once)
{
	start(1, long_ago_ns());
	assert_asked();
	tell_failed();
	assert_asked();
	tell((struct lock_answer){OUTCOME_FAIL, .error = "refused"});
	assert_asked();
	tell_gone();
	close_heartbeat();
}
END_TEST

START_TEST(clock_that_is_set_while_it_waits_makes_the_renewal_due)
{
	start(1, clock_now_ns());
	let_it_sleep();
	atomic_store(&view()->clock_offset_ns, 2 * HEARTBEAT_MS * NS_PER_MS);
	assert_asked();
	tell_renewed(clock_now_ns(), 5);
	close_heartbeat();
	ck_assert_int_eq(atomic_load(&view()->clock_ahead_ns), 2 * HEARTBEAT_MS * NS_PER_MS);
	ck_assert_int_eq(atomic_load(&view()->believes_until_ns),
			 atomic_load(&view()->renewed_ns) + 5 * NS_PER_S);
}
END_TEST

/* Losing -------------------------------------------------------------------------------------- */

START_TEST(lease_is_lost_when_renewals_failed_in_a_row)
{
	start(1, long_ago_ns());
	heartbeat_hold(heartbeat, "lock/1");
	for (int i = 0; i < RETRIES; i++) {
		ck_assert(!heartbeat_lost(heartbeat));
		assert_asked();
		tell_failed();
	}
	await_loss();
	ck_assert(heartbeat_stop(heartbeat));
	close_heartbeat();
	assert_lost_once("3 renewals failed in a row");
	ck_assert_ptr_null(find(EVENT_INVOKE, F_KEEPALIVE, RETRIES));
	ck_assert_str_eq(find(EVENT_INVOKE, F_LOSE, 0)->op.key, "lock/1");
	ck_assert_int_eq(find(EVENT_INVOKE, F_LOSE, 0)->op.endpoint, -1);
}
END_TEST

START_TEST(renewal_between_makes_failures_begin_anew)
{
	start(1, long_ago_ns());
	for (int round = 0; round < 2; round++) {
		for (int i = 1; i < RETRIES; i++) {
			assert_asked();
			tell_failed();
		}
		assert_asked();
		tell_renewed(long_ago_ns(), 5);
	}
	assert_asked();
	ck_assert(!heartbeat_lost(heartbeat));
	tell_gone();
	close_heartbeat();
}
END_TEST

START_TEST(attempt_begins_without_the_failures_of_the_one_before)
{
	start(1, long_ago_ns());
	for (int i = 1; i < RETRIES; i++) {
		assert_asked();
		tell_failed();
	}
	assert_asked(); /* so that the failures have been counted */
	heartbeat_stop(heartbeat);
	start(2, long_ago_ns());
	tell_gone(); /* to the first attempt: it changes nothing */
	assert_asked();
	ck_assert_int_eq(service.lease, LEASE + 2);
	tell_failed();
	assert_asked();
	ck_assert(!heartbeat_lost(heartbeat));
	tell_gone();
	close_heartbeat();
}
END_TEST

START_TEST(attempt_begins_without_the_loss_of_the_one_before)
{
	start(1, long_ago_ns());
	assert_asked();
	tell_gone();
	await_loss();
	ck_assert(heartbeat_stop(heartbeat));
	start(2, clock_now_ns());
	ck_assert(!heartbeat_lost(heartbeat));
	heartbeat_hold(heartbeat, "lock/2");
	ck_assert(!heartbeat_stop(heartbeat));
	close_heartbeat();
	ck_assert_ptr_null(find(EVENT_INVOKE, F_LOSE, 0)); /* who does not hold cannot lose */
}
END_TEST

/* Whatever the outcome: some services refuse, some answer that they know no such lease. */
START_TEST(lease_is_lost_when_the_service_says_that_it_is_gone)
{
	start(1, long_ago_ns());
	heartbeat_hold(heartbeat, "lock/1");
	assert_asked();
	tell((struct lock_answer){_i ? OUTCOME_FAIL : OUTCOME_OK, .gone = true});
	await_loss();
	close_heartbeat();
	assert_lost_once("the lease is gone");
	ck_assert_ptr_null(find(EVENT_INVOKE, F_KEEPALIVE, 1));
}
END_TEST

START_TEST(loss_while_the_worker_waits_is_recorded_when_it_holds)
{
	start(1, long_ago_ns());
	assert_asked();
	tell_gone();
	await_loss();
	rig_drain(&rig, RING);
	ck_assert_ptr_null(find(EVENT_INVOKE, F_LOSE, 0));
	atomic_store(&view()->acquired_ns, clock_now_ns());
	heartbeat_hold(heartbeat, "lock/1");
	close_heartbeat();
	assert_lost_once("the lease is gone");
	ck_assert_str_eq(find(EVENT_INVOKE, F_LOSE, 0)->op.key, "lock/1");
}
END_TEST

START_TEST(loss_is_recorded_once)
{
	start(1, clock_now_ns());
	heartbeat_hold(heartbeat, "lock/1");
	heartbeat_lose(heartbeat, "the store refused it");
	heartbeat_lose(heartbeat, "the key is gone");
	ck_assert(heartbeat_stop(heartbeat));
	close_heartbeat();
	assert_lost_once("the store refused it");
}
END_TEST

/* An answer that comes when its attempt is over ----------------------------------------------- */

START_TEST(late_answer_does_not_lose_the_next_attempt)
{
	start(1, long_ago_ns());
	assert_asked();
	heartbeat_stop(heartbeat);
	start(2, clock_now_ns());
	heartbeat_hold(heartbeat, "lock/2");
	tell_gone();
	close_heartbeat();
	ck_assert_int_eq(find(EVENT_RETURN, F_KEEPALIVE, 0)->op.attempt, 1);
	ck_assert_ptr_null(find(EVENT_INVOKE, F_LOSE, 0));
}
END_TEST

START_TEST(late_answer_does_not_renew_the_next_attempt)
{
	int64_t granted_ns = long_ago_ns();

	start(1, granted_ns);
	assert_asked();
	heartbeat_stop(heartbeat);
	start(2, granted_ns + NS_PER_S);
	tell_renewed(clock_now_ns(), 5);
	assert_asked(); /* the next attempt's own renewal is due all the same */
	ck_assert_int_eq(service.lease, LEASE + 2);
	ck_assert_int_eq(heartbeat_safe_until_ns(heartbeat), granted_ns + 6 * NS_PER_S);
	ck_assert_int_eq(atomic_load(&view()->renewed_ns), granted_ns + NS_PER_S);
	tell_gone();
	close_heartbeat();
}
END_TEST

START_TEST(late_failures_are_not_those_of_the_next_attempt)
{
	start(1, long_ago_ns());
	assert_asked();
	heartbeat_stop(heartbeat);
	tell_failed();
	start(2, long_ago_ns());
	for (int i = 0; i < RETRIES; i++) {
		assert_asked();
		ck_assert_int_eq(service.lease, LEASE + 2);
		tell_failed();
	}
	await_loss();
	close_heartbeat();
}
END_TEST

/* A session that is kept --------------------------------------------------------------------- */

START_TEST(kept_session_is_renewed_again_for_the_next_attempt)
{
	int64_t granted_ns = long_ago_ns();

	start(1, granted_ns);
	assert_asked(); /* overdue, it may be sent before the lock is held */
	heartbeat_hold(heartbeat, "lock/1");
	for (int i = 1; i < RETRIES; i++) {
		tell_failed();
		assert_asked();
		ck_assert_str_eq(service.key, "lock/1");
	}
	heartbeat_stop(heartbeat);
	heartbeat_go_on(heartbeat, 2);
	ck_assert_int_eq(heartbeat_safe_until_ns(heartbeat), granted_ns + 5 * NS_PER_S);
	tell_failed(); /* the first attempt's */
	assert_asked();
	ck_assert_int_eq(service.lease, LEASE + 1);
	ck_assert_str_eq(service.key, "");
	tell_failed();
	assert_asked();
	ck_assert(!heartbeat_lost(heartbeat));
	tell_gone();
	close_heartbeat();
	ck_assert_uint_eq(find(EVENT_INVOKE, F_KEEPALIVE, RETRIES)->op.attempt, 2);
}
END_TEST

START_TEST(kept_session_is_renewed_while_its_worker_rests)
{
	start(1, long_ago_ns());
	assert_asked();
	tell_renewed(long_ago_ns(), 5);
	assert_asked();
	heartbeat_stop(heartbeat);
	tell_renewed(long_ago_ns(), 5);
	heartbeat_rest(heartbeat);
	assert_asked();
	ck_assert_int_eq(service.lease, LEASE + 1);
	heartbeat_go_on(heartbeat, 2);
	tell_renewed(long_ago_ns(), 5); /* what was asked for while it rested */
	assert_asked();
	ck_assert_str_eq(service.key, "");
	tell_gone();
	close_heartbeat();
	ck_assert_uint_eq(find(EVENT_INVOKE, F_KEEPALIVE, 2)->op.attempt, 1);
	ck_assert_uint_eq(find(EVENT_INVOKE, F_KEEPALIVE, 3)->op.attempt, 2);
}
END_TEST

START_TEST(renewal_that_was_asked_for_before_the_rest_renews_what_is_kept)
{
	start(1, long_ago_ns());
	assert_asked();
	heartbeat_stop(heartbeat);
	heartbeat_rest(heartbeat);
	tell_renewed(clock_now_ns(), 100);
	let_it_sleep();
	heartbeat_go_on(heartbeat, 2);
	ck_assert(heartbeat_in_time(heartbeat));
	close_heartbeat();
	ck_assert_ptr_null(find(EVENT_INVOKE, F_KEEPALIVE, 1)); /* the next one is far off */
}
END_TEST

START_TEST(loss_of_what_is_kept_is_known_and_recorded_nowhere)
{
	start(1, long_ago_ns());
	heartbeat_hold(heartbeat, "lock/1");
	assert_asked();
	ck_assert(!heartbeat_stop(heartbeat));
	heartbeat_rest(heartbeat);
	tell_gone();
	await_loss();
	ck_assert(heartbeat_stop(heartbeat));
	start(2, clock_now_ns());
	ck_assert(!heartbeat_lost(heartbeat));
	close_heartbeat();
	ck_assert_ptr_null(find(EVENT_INVOKE, F_LOSE, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: heartbeat");
	TCase *tests = tcase_create("by stamps");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 20);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, safe_deadline_of_a_grant_counts_from_its_sending);
	tcase_add_test(tests, safe_deadline_of_a_renewal_counts_from_its_sending);
	tcase_add_test(tests, safe_deadline_never_goes_back);
	tcase_add_test(tests,
		       next_renewal_is_due_a_heartbeat_after_the_sending_and_not_after_the_answer);
	tcase_add_test(tests, renewal_may_take_a_heartbeat);
	tcase_add_test(tests, renewal_that_failed_is_tried_again_at_once);
	tcase_add_test(tests, lease_is_lost_when_renewals_failed_in_a_row);
	tcase_add_test(tests, renewal_between_makes_failures_begin_anew);
	tcase_add_test(tests, attempt_begins_without_the_failures_of_the_one_before);
	tcase_add_test(tests, attempt_begins_without_the_loss_of_the_one_before);
	tcase_add_loop_test(tests, lease_is_lost_when_the_service_says_that_it_is_gone, 0, 2);
	tcase_add_test(tests, loss_while_the_worker_waits_is_recorded_when_it_holds);
	tcase_add_test(tests, loss_is_recorded_once);
	tcase_add_test(tests, late_answer_does_not_lose_the_next_attempt);
	tcase_add_test(tests, late_answer_does_not_renew_the_next_attempt);
	tcase_add_test(tests, late_failures_are_not_those_of_the_next_attempt);
	tcase_add_test(tests, answer_that_renews_nothing_moves_no_deadline);
	tcase_add_test(tests, deadline_is_over_when_the_workers_own_clock_shows_it);
	tcase_add_test(tests, shorter_promise_takes_nothing_from_a_longer_one);
	tcase_add_test(tests, lease_of_a_second_is_renewed);
	tcase_add_test(tests, renewals_go_to_the_member_that_answered_last);
	tcase_add_test(tests, clock_that_is_set_while_it_waits_makes_the_renewal_due);
	tcase_add_test(tests, kept_session_is_renewed_again_for_the_next_attempt);
	tcase_add_test(tests, kept_session_is_renewed_while_its_worker_rests);
	tcase_add_test(tests, renewal_that_was_asked_for_before_the_rest_renews_what_is_kept);
	tcase_add_test(tests, loss_of_what_is_kept_is_known_and_recorded_nowhere);
	return suite_run(suite);
}
