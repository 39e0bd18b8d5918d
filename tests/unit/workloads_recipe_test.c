/*
 * The recipes against a real etcd: the right one's token, and the bug of each negative control.
 */
#include <check.h>
#include <stdlib.h>

#include "base/text.h"
#include "etcd/etcd.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_lane.h"

static const struct arm plain_arm;
static const struct lock_terms terms = {
	.service = &lane.service, .lock = "lock", .ttl_s = 5, .arm = &plain_arm};
static struct lock_session session;
static struct lock_client *client;

static void open_client(void)
{
	struct error err = {0};

	lane_open();
	session = (struct lock_session){0};
	ck_assert_int_eq(lock_open(&client, &terms, &err), 0);
}

static void close_client(void)
{
	lock_close(client);
	lane_close();
}

static struct lock_answer take(lock_step *step)
{
	return step(client, &session, clock_now_ns() + 5 * NS_PER_S);
}

static int64_t put(const char *key)
{
	struct etcd_reply reply =
		etcd_put(client->etcd, key, "held", 0, clock_now_ns() + 5 * NS_PER_S);

	ck_assert_int_eq(reply.outcome, ETCD_OK);
	text_copy(session.key, sizeof(session.key), key);
	return reply.revision;
}

/* Of one member alone nothing is old. */
START_TEST(token_of_a_key_is_its_create_revision_and_none_when_it_is_gone)
{
	lock_step *token = _i ? recipe_broken_stale.token : recipe_lock.token;
	int64_t made = put("lock/a");

	put("lock/a");
	ck_assert_int_eq(take(token).outcome, OUTCOME_OK);
	ck_assert_int_eq(session.token, made);
	text_copy(session.key, sizeof(session.key), "lock/none");
	ck_assert(take(token).gone);
	ck_assert_int_eq(session.token, 0);
}
END_TEST

START_TEST(broken_put_holds_a_lock_that_another_holds)
{
	lane.arm.recipe = RECIPE_BROKEN_PUT;
	lane.arm.work_min_ms = lane.arm.work_max_ms = 300;
	lane_start_worker(0);
	ck_assert_int_eq(lane_await_state(LIVE_WORKING), 0);
	lane_start_worker(1);
	ck_assert(lane_await_both_hold());
	lane_stop_workers();
}
END_TEST

START_TEST(broken_no_renew_works_on_when_its_lease_has_ended)
{
	lane.arm.recipe = RECIPE_BROKEN_NO_RENEW;
	lane.arm.work_min_ms = lane.arm.work_max_ms = 3500;
	lane_start_worker(0);
	lane_start_worker(1);
	ck_assert(lane_await_both_hold());
	lane_stop_workers();
	lane_drain(0);
	ck_assert_int_eq(lane_count_ops(EVENT_INVOKE, F_KEEPALIVE), 0);
	ck_assert_int_eq(lane_count_ops(EVENT_INVOKE, F_LOSE), 0);
}
END_TEST

START_TEST(broken_ghost_calls_a_lock_acquired_that_another_holds)
{
	lane.arm.recipe = RECIPE_BROKEN_GHOST;
	lane.arm.work_min_ms = lane.arm.work_max_ms = 1000;
	lane_start_worker(0);
	ck_assert_int_eq(lane_await_state(LIVE_WORKING), 0);
	lane_start_worker(1);
	ck_assert(lane_await_both_hold());
	lane_stop_workers();
	lane_drain(1);
	const struct event *acquire = lane_find(1, EVENT_RETURN, F_ACQUIRE);

	ck_assert_int_eq(acquire->op.outcome, OUTCOME_OK);
	ck_assert_int_eq(strncmp(acquire->op.key, LANE_LOCK "/", strlen(LANE_LOCK) + 1), 0);
}
END_TEST

START_TEST(broken_token_presents_its_lease)
{
	lane.arm.recipe = RECIPE_BROKEN_TOKEN;
	lane.arm.guard = GUARD_TOKEN;
	lane_start_worker(0);
	lane_await_decisions(1);
	lane_stop_workers();
	lane_drain(0);
	ck_assert_int_eq(lane_find(1, EVENT_INVOKE, F_READ)->op.token,
			 lane_find(1, EVENT_RETURN, F_LEASE_GRANT)->op.lease);
}
END_TEST

START_TEST(broken_forever_leaves_the_lock_held)
{
	struct etcd *etcd = client->etcd;
	struct etcd_lease left;
	int count = 0;
	struct etcd_kv kv;

	lane.arm.recipe = RECIPE_BROKEN_FOREVER;
	lane.arm.acquire_timeout_ms = 300;
	lane_start_worker(0);
	lane_await_decisions(2);
	lane_stop_workers();
	lane_drain(0);
	ck_assert_int_eq(lane_count_ops(EVENT_INVOKE, F_RELEASE), 0);
	ck_assert_int_eq(lane_count_ops(EVENT_INVOKE, F_LEASE_REVOKE), 0);
	etcd_range(etcd, LANE_LOCK, true, &kv, 1, &count, clock_now_ns() + NS_PER_S);
	ck_assert_int_eq(count, 1);
	etcd_lease_timetolive(etcd, kv.lease, &left, clock_now_ns() + NS_PER_S);
	ck_assert_int_gt(left.ttl_s, 3000);
}
END_TEST

START_TEST(broken_release_deletes_the_first_key_of_the_lock)
{
	struct etcd_kv left;
	int count;

	put("lock/a");
	put("lock/b");
	ck_assert_int_eq(take(recipe_broken_release.release).outcome, OUTCOME_OK);
	etcd_range(client->etcd, "lock/", true, &left, 1, &count, clock_now_ns() + 5 * NS_PER_S);
	ck_assert_int_eq(count, 1);
	ck_assert_str_eq(left.key, "lock/b");
}
END_TEST

START_TEST(broken_keepalive_renews_a_lease_that_is_gone)
{
	take(lock_open_session);
	ck_assert_int_eq(take(recipe_broken_keepalive.renew).ttl_ms, 5000);
	take(lock_close_session);
	ck_assert(take(recipe_lock.renew).gone);
	struct lock_answer answer = take(recipe_broken_keepalive.renew);

	ck_assert_int_eq(answer.outcome, OUTCOME_OK);
	ck_assert_int_gt(answer.ttl_ms, 0);
}
END_TEST

START_TEST(broken_gone_calls_a_lease_gone_that_lives)
{
	take(lock_open_session);
	ck_assert(take(recipe_broken_gone.renew).gone);
	ck_assert_int_eq(take(lock_close_session).outcome, OUTCOME_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: recipes");
	TCase *tests = tcase_create("all");

	rig_need_etcd("workloads_recipe_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, open_client, close_client);
	tcase_add_loop_test(tests, token_of_a_key_is_its_create_revision_and_none_when_it_is_gone,
			    0, 2);
	tcase_add_test(tests, broken_put_holds_a_lock_that_another_holds);
	tcase_add_test(tests, broken_no_renew_works_on_when_its_lease_has_ended);
	tcase_add_test(tests, broken_ghost_calls_a_lock_acquired_that_another_holds);
	tcase_add_test(tests, broken_token_presents_its_lease);
	tcase_add_test(tests, broken_forever_leaves_the_lock_held);
	tcase_add_test(tests, broken_release_deletes_the_first_key_of_the_lock);
	tcase_add_test(tests, broken_keepalive_renews_a_lease_that_is_gone);
	tcase_add_test(tests, broken_gone_calls_a_lease_gone_that_lives);
	return suite_run(suite);
}
