/*
 * The heartbeat against a service of the test's own: each renewal waits until the test tells its
 * answer, and all stamps of sending are the test's. So nothing here depends on how fast the machine
 * is: what was sent an hour ago makes the next renewal due at once, what was sent just now makes it
 * due after the test.
 */
#include <check.h>
#include <semaphore.h>

#include "tests/support/suite.h"
#include "tests/unit/workloads_rig.h"
#include "workloads/heartbeat.h"

enum {
	RING = 1,
	PROCESS = 7,
	HEARTBEAT_MS = 60000,
	RETRIES = 3,
	PATIENCE_S = 20,
	LEASE = 4711,
	REVISION = 17
};

static struct rig rig;
static struct journal journal;
static struct pace pace;
static struct heartbeat *heartbeat;

static struct {
	sem_t asked, told;
	int64_t lease, deadline_ns; /* of the last question */
	struct etcd_reply reply;
	struct etcd_lease answer;
} service;

static struct live_worker *view(void)
{
	return &area_live(rig.area)->worker[0];
}

static int64_t long_ago_ns(void)
{
	return clock_now_ns() - 3600 * NS_PER_S;
}

static bool await(sem_t *semaphore)
{
	int64_t until_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;
	struct timespec until = {.tv_sec = until_ns / NS_PER_S, .tv_nsec = until_ns % NS_PER_S};

	return sem_clockwait(semaphore, CLOCK_MONOTONIC, &until) == 0;
}

static struct etcd_reply renew(struct etcd *etcd, int64_t lease, struct etcd_lease *answer,
			       int64_t deadline_ns)
{
	(void)etcd;
	service.lease = lease;
	service.deadline_ns = deadline_ns;
	sem_post(&service.asked);
	if (!await(&service.told))
		return (struct etcd_reply){.outcome = ETCD_FAIL, .code = 5};
	*answer = service.answer;
	return service.reply;
}

static void open_with(int heartbeat_ms, recipe_renew *by)
{
	static const char *const endpoints[] = {"http://127.0.0.1:9", "http://127.0.0.1:10"};

	rig_open(&rig);
	struct heartbeat_config config = {.journal = &journal,
					  .live = area_live(rig.area),
					  .view = view(),
					  .pace = &pace,
					  .endpoints = endpoints,
					  .endpoint_count = 2,
					  .first_endpoint = 1,
					  .heartbeat_ms = heartbeat_ms,
					  .retries = RETRIES,
					  .renew = by};
	struct error err = {0};

	journal_open(&journal, area_ring(rig.area, RING), PROCESS);
	pace_open(&pace, view());
	sem_init(&service.asked, 0, 0);
	sem_init(&service.told, 0, 0);
	ck_assert_msg(heartbeat_open(&heartbeat, &config, &err) == 0, "%s", err.text);
}

static void setup(void)
{
	open_with(HEARTBEAT_MS, renew);
}

/* Afterwards the ring tells everything: the thread is through with the last answer. */
static void close_heartbeat(void)
{
	heartbeat_close(heartbeat);
	rig_drain(&rig, RING);
}

static void teardown(void)
{
	pace_close(&pace);
	journal_close(&journal);
	rig_close(&rig);
}

static void start(uint32_t attempt, int64_t sent_ns)
{
	const struct op_event grant = {
		.attempt = attempt, .lease = LEASE + attempt, .ttl_ms = 5000};

	heartbeat_start(heartbeat, &grant, sent_ns);
}

static void tell(struct etcd_reply reply, int64_t ttl_s)
{
	reply.endpoint = 0;
	reply.revision = REVISION;
	service.reply = reply;
	service.answer = (struct etcd_lease){.id = service.lease, .ttl_s = ttl_s};
	sem_post(&service.told);
}

static void tell_renewed(int64_t sent_ns, int64_t ttl_s)
{
	tell((struct etcd_reply){.outcome = ETCD_OK, .http_status = 200, .sent_ns = sent_ns},
	     ttl_s);
}

static void tell_failed(void)
{
	tell((struct etcd_reply){.outcome = ETCD_INFO, .code = -1, .error = "timed out"}, 0);
}

static void tell_gone(void)
{
	tell_renewed(clock_now_ns(), 0);
}

static void assert_asked(void)
{
	ck_assert_msg(await(&service.asked), "no renewal");
}

static void await_loss(void)
{
	int64_t until_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;

	while (!heartbeat_lost(heartbeat) && clock_now_ns() < until_ns)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	ck_assert(heartbeat_lost(heartbeat));
}

/* So that it waits for what comes next; or asks, were it wrong, while the test looks. */
static void let_it_sleep(void)
{
	clock_sleep_until_ns(clock_now_ns() + 20 * NS_PER_MS);
}

static const struct event *find(enum event_kind kind, enum function f, int number)
{
	for (int i = 0; i < rig.events; i++)
		if (rig.event[i].kind == kind && rig.event[i].op.f == f && number-- == 0)
			return &rig.event[i];
	return NULL;
}

static void assert_lost_once(const char *why)
{
	const struct event *lose = find(EVENT_INVOKE, F_LOSE, 0);

	ck_assert_ptr_nonnull(lose);
	ck_assert_str_eq(lose->op.error, why);
	ck_assert_ptr_null(find(EVENT_INVOKE, F_LOSE, 1));
	ck_assert_int_eq(atomic_load(&view()->acquired_ns), 0);
	ck_assert_int_eq(atomic_load(&view()->state), LIVE_IDLE);
}

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
	tell((struct etcd_reply){.outcome = ETCD_INFO, .sent_ns = clock_now_ns()}, 9);
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
	tell((struct etcd_reply){.outcome = ETCD_FAIL, .http_status = 503, .code = 14}, 0);
	assert_asked();
	tell_gone();
	close_heartbeat();
}
END_TEST

START_TEST(renewal_that_nobody_took_is_tried_again_after_a_heartbeat)
{
	start(1, long_ago_ns());
	assert_asked();
	tell((struct etcd_reply){.outcome = ETCD_FAIL, .code = -1, .error = "refused"}, 0);
	assert_asked();
	tell_gone();
	close_heartbeat();
	ck_assert_int_ge(find(EVENT_INVOKE, F_KEEPALIVE, 1)->at_ns,
			 find(EVENT_INVOKE, F_KEEPALIVE, 0)->at_ns + 50 * NS_PER_MS);
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

START_TEST(lease_that_nobody_knows_is_gone)
{
	start(1, long_ago_ns());
	heartbeat_hold(heartbeat, "lock/1");
	assert_asked();
	tell((struct etcd_reply){.outcome = ETCD_FAIL, .http_status = 404, .code = 5}, 0);
	await_loss();
	close_heartbeat();
	assert_lost_once("the lease is gone");
	ck_assert_ptr_null(find(EVENT_INVOKE, F_KEEPALIVE, 1));
}
END_TEST

/* Only the service's word that it surely did nothing, for want of the lease, says so. */
START_TEST(lease_is_not_gone_while_anything_else_is_answered)
{
	start(1, long_ago_ns());
	assert_asked();
	tell((struct etcd_reply){.outcome = ETCD_INFO, .http_status = 500, .code = 5}, 0);
	assert_asked();
	tell((struct etcd_reply){.outcome = ETCD_FAIL, .http_status = 400, .code = 3}, 0);
	assert_asked();
	ck_assert(!heartbeat_lost(heartbeat));
	tell_gone();
	close_heartbeat();
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

START_TEST(heartbeat_of_no_endpoint_does_not_open)
{
	static const char *const endpoints[] = {"ftp://127.0.0.1"};
	struct heartbeat_config config = {.endpoints = endpoints, .endpoint_count = 1};
	struct heartbeat *none = NULL;
	struct error err = {0};

	ck_assert_int_eq(heartbeat_open(&none, &config, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_int_eq(strncmp(err.text, "heartbeat: ", 11), 0);
	ck_assert_ptr_null(none);
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

static void setup_without_renewals(void)
{
	open_with(FAST_MS, NULL);
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

int main(void)
{
	Suite *suite = suite_create("workloads: heartbeat");
	TCase *tests = tcase_create("by stamps"), *fast = tcase_create("by the clock");
	TCase *slow = tcase_create("by a slow clock"), *never = tcase_create("without renewals");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
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
	tcase_add_test(tests, lease_that_nobody_knows_is_gone);
	tcase_add_test(tests, loss_while_the_worker_waits_is_recorded_when_it_holds);
	tcase_add_test(tests, loss_is_recorded_once);
	tcase_add_test(tests, late_answer_does_not_lose_the_next_attempt);
	tcase_add_test(tests, late_answer_does_not_renew_the_next_attempt);
	tcase_add_test(tests, late_failures_are_not_those_of_the_next_attempt);
	tcase_add_test(tests, answer_that_renews_nothing_moves_no_deadline);
	tcase_add_test(tests, lease_of_a_second_is_renewed);
	tcase_add_test(tests, renewals_go_to_the_member_that_answered_last);
	tcase_add_test(tests, clock_that_is_set_while_it_waits_makes_the_renewal_due);
	tcase_add_test(tests, lease_is_not_gone_while_anything_else_is_answered);
	tcase_add_test(tests, nothing_is_renewed_between_two_attempts);
	tcase_add_test(tests, who_has_given_back_cannot_lose);
	tcase_add_test_raise_signal(
		tests, next_attempt_is_not_started_before_the_last_has_been_stopped, SIGABRT);
	tcase_add_test(tests, heartbeat_of_no_endpoint_does_not_open);
	suite_add_tcase(suite, fast);
	tcase_set_timeout(fast, 60);
	tcase_add_checked_fixture(fast, setup_fast, teardown);
	tcase_add_test(fast, renewal_that_nobody_took_is_tried_again_after_a_heartbeat);
	tcase_add_test(fast, renewal_has_a_tenth_of_a_second_at_least);
	suite_add_tcase(suite, slow);
	tcase_set_timeout(slow, 60);
	tcase_add_checked_fixture(slow, setup_slow, teardown);
	tcase_add_test(slow, renewal_is_not_sent_before_it_is_due);
	suite_add_tcase(suite, never);
	tcase_add_checked_fixture(never, setup_without_renewals, teardown);
	tcase_add_test(never, recipe_that_never_renews_asks_nothing);
	return suite_run(suite);
}
