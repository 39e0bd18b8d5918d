/*
 * The recipes against a real etcd: the right one's token, and the bug of each negative control.
 */
#include <check.h>
#include <stdlib.h>

#include "etcd/etcd.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_lane.h"
#include "workloads/recipe.h"

START_TEST(token_of_a_key_is_its_create_revision_and_none_when_it_is_gone)
{
	struct etcd *etcd = lane_open_etcd();
	int64_t soon_ns = clock_now_ns() + 5 * NS_PER_S, token;
	int64_t made = etcd_put(etcd, "k", "1", 0, soon_ns).revision;

	etcd_put(etcd, "k", "2", 0, soon_ns);
	ck_assert_int_eq(recipe_lock_token(etcd, "k", 0, &token, soon_ns).outcome, ETCD_OK);
	ck_assert_int_eq(token, made);
	ck_assert_int_eq(recipe_lock_token(etcd, "none", 0, &token, soon_ns).outcome, ETCD_OK);
	ck_assert_int_eq(token, 0);
	etcd_close(etcd);
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
	struct etcd *etcd = lane_open_etcd();
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
	etcd_close(etcd);
}
END_TEST

START_TEST(broken_release_deletes_the_first_key_of_the_lock)
{
	struct etcd *etcd = lane_open_etcd();
	int64_t soon_ns = clock_now_ns() + 5 * NS_PER_S;
	struct etcd_kv left;
	int count;

	etcd_put(etcd, "lock/a", "waits", 0, soon_ns);
	etcd_put(etcd, "lock/b", "holds", 0, soon_ns);
	ck_assert_int_eq(recipe_broken_release.release(etcd, "lock/b", soon_ns).outcome, ETCD_OK);
	etcd_range(etcd, "lock/", true, &left, 1, &count, soon_ns);
	ck_assert_int_eq(count, 1);
	ck_assert_str_eq(left.key, "lock/b");
	etcd_close(etcd);
}
END_TEST

START_TEST(broken_keepalive_renews_a_lease_that_is_gone)
{
	struct etcd *etcd = lane_open_etcd();
	int64_t soon_ns = clock_now_ns() + 5 * NS_PER_S;
	struct etcd_lease lease, answer;

	etcd_lease_grant(etcd, 5, &lease, soon_ns);
	recipe_broken_keepalive.renew(etcd, lease.id, &answer, soon_ns);
	ck_assert_int_eq(answer.ttl_s, 5);
	etcd_lease_revoke(etcd, lease.id, soon_ns);
	recipe_lock.renew(etcd, lease.id, &answer, soon_ns);
	ck_assert_int_eq(answer.ttl_s, 0);
	ck_assert_int_eq(recipe_broken_keepalive.renew(etcd, lease.id, &answer, soon_ns).outcome,
			 ETCD_OK);
	ck_assert_int_gt(answer.ttl_s, 0);
	etcd_close(etcd);
}
END_TEST

START_TEST(broken_gone_calls_a_lease_gone_that_lives)
{
	struct etcd *etcd = lane_open_etcd();
	int64_t soon_ns = clock_now_ns() + 5 * NS_PER_S;
	struct etcd_lease lease, answer;

	etcd_lease_grant(etcd, 5, &lease, soon_ns);
	ck_assert_int_eq(recipe_broken_gone.renew(etcd, lease.id, &answer, soon_ns).outcome,
			 ETCD_OK);
	ck_assert_int_eq(answer.ttl_s, 0);
	ck_assert_int_eq(etcd_lease_revoke(etcd, lease.id, soon_ns).outcome, ETCD_OK);
	etcd_close(etcd);
}
END_TEST

/* Of one member alone nothing is old. */
START_TEST(broken_stale_reads_the_token_of_a_key)
{
	struct etcd *etcd = lane_open_etcd();
	int64_t soon_ns = clock_now_ns() + 5 * NS_PER_S, right, token;

	etcd_put(etcd, "lock/a", "held", 0, soon_ns);
	recipe_lock.token(etcd, "lock/a", 0, &right, soon_ns);
	ck_assert_int_eq(recipe_broken_stale.token(etcd, "lock/a", 0, &token, soon_ns).outcome,
			 ETCD_OK);
	ck_assert_int_eq(token, right);
	recipe_broken_stale.token(etcd, "lock/none", 0, &token, soon_ns);
	ck_assert_int_eq(token, 0);
	etcd_close(etcd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: recipes");
	TCase *tests = tcase_create("all");

	rig_need_etcd("workloads_recipe_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, lane_open, lane_close);
	tcase_add_test(tests, token_of_a_key_is_its_create_revision_and_none_when_it_is_gone);
	tcase_add_test(tests, broken_put_holds_a_lock_that_another_holds);
	tcase_add_test(tests, broken_no_renew_works_on_when_its_lease_has_ended);
	tcase_add_test(tests, broken_ghost_calls_a_lock_acquired_that_another_holds);
	tcase_add_test(tests, broken_token_presents_its_lease);
	tcase_add_test(tests, broken_forever_leaves_the_lock_held);
	tcase_add_test(tests, broken_release_deletes_the_first_key_of_the_lock);
	tcase_add_test(tests, broken_keepalive_renews_a_lease_that_is_gone);
	tcase_add_test(tests, broken_gone_calls_a_lease_gone_that_lives);
	tcase_add_test(tests, broken_stale_reads_the_token_of_a_key);
	return suite_run(suite);
}
