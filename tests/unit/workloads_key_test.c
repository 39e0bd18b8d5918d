/*
 * The recipes by one key, and those that differ from a right one by a step that is not there,
 * against a real etcd.
 */
#include <check.h>

#include "tests/support/suite.h"
#include "tests/unit/workloads_parties.h"
#include "workloads/recipe_key.h"

START_TEST(key_is_made_by_one_and_its_creation_is_the_token)
{
	struct etcd_kv kv;

	ck_ok(acquire(&party[0], &recipe_key_txn));
	ck_assert_int_eq(count_keys(&kv), 1);
	ck_assert_str_eq(kv.key, "lock/1/holder");
	ck_assert_str_eq(party[0].session.key, kv.key);
	ck_assert_int_eq(party[0].session.token, kv.create_revision);
	ck_assert_int_eq(kv.lease, party[0].session.lease);
	ck_assert(!party[0].session.kept);
	ck_ok(take(&party[1], lock_open_session));
	ck_refused(recipe_key_txn.acquire(party[1].client, &party[1].session, in_ms(250)),
		   "somebody has it");
	ck_assert_str_eq(party[1].session.key, "");
	ck_assert_int_eq(party[1].session.token, 0);
}
END_TEST

START_TEST(who_waits_for_the_key_has_it_when_it_is_given_back)
{
	ck_ok(acquire(&party[0], &recipe_key_txn));
	begin_to_wait(&party[1], &recipe_key_txn);
	clock_sleep_until_ns(in_ms(300)); /* mostly it stands in the watch by then */
	int64_t asked_ns = clock_now_ns();

	ck_ok(take(&party[0], recipe_key_txn.release));
	ck_ok(end_of_wait(&party[1]));
	ck_assert_int_lt(clock_now_ns(), asked_ns + 10 * NS_PER_S); /* not by its time-out */
	ck_assert_int_gt(party[1].session.token, party[0].session.token);
	ck_assert_int_eq(count_keys(NULL), 1);
}
END_TEST

START_TEST(key_is_deleted_by_whose_it_is_alone)
{
	ck_ok(acquire(&party[0], &recipe_key_txn));
	end_lease(&party[0]);
	ck_ok(acquire(&party[1], &recipe_key_txn));
	ck_refused(take(&party[0], recipe_key_txn.release), "the key is no longer ours");
	ck_assert_int_eq(count_keys(NULL), 1);
}
END_TEST

START_TEST(dead_lease_takes_no_key)
{
	ck_ok(take(&party[0], lock_open_session));
	end_lease(&party[0]);
	ck_assert_int_eq(take(&party[0], key_acquire).outcome, OUTCOME_FAIL);
	ck_assert_int_eq(count_keys(NULL), 0);
}
END_TEST

START_TEST(try_lock_does_not_wait_and_keeps_its_lease)
{
	ck_ok(acquire(&party[0], &recipe_try_lock));
	ck_ok(take(&party[1], lock_open_session));
	int64_t lease = party[1].session.lease;

	/* Whatever time it has. */
	ck_refused(recipe_try_lock.acquire(party[1].client, &party[1].session, in_ms(3600 * 1000)),
		   "somebody has it");
	ck_assert(party[1].session.kept);
	ck_ok(take(&party[0], recipe_try_lock.release));
	ck_assert(party[0].session.kept);
	ck_ok(acquire(&party[1], &recipe_try_lock));
	ck_assert_int_eq(party[1].session.lease, lease);
	ck_assert(party[1].session.kept);
}
END_TEST

START_TEST(try_lock_does_not_keep_a_lease_that_has_failed_it)
{
	ck_ok(acquire(&party[0], &recipe_try_lock));
	end_lease(&party[0]);
	ck_refused(take(&party[0], recipe_try_lock.release), "the key is no longer ours");
	ck_assert(!party[0].session.kept);
	party[0].session.kept = true;
	ck_assert_int_eq(take(&party[0], recipe_try_lock.acquire).outcome, OUTCOME_FAIL);
	ck_assert(!party[0].session.kept);
}
END_TEST

START_TEST(jetcd_named_leaves_the_lease_of_a_lock_that_it_got)
{
	ck_ok(acquire(&party[0], &recipe_jetcd_named));
	ck_assert(party[0].session.left);
	ck_ok(take(&party[1], lock_open_session));
	struct lock_answer answer =
		recipe_jetcd_named.acquire(party[1].client, &party[1].session, in_ms(250));

	ck_assert_int_eq(answer.outcome, OUTCOME_INFO);
	ck_assert(!party[1].session.left);
	ck_assert_ptr_eq(recipe_jetcd_named.close_session, lock_close_session);
}
END_TEST

/* Planted ------------------------------------------------------------------------------------- */

START_TEST(put_lease_is_got_by_everybody)
{
	ck_ok(acquire(&party[0], &recipe_put_lease));
	ck_ok(acquire(&party[1], &recipe_put_lease));
	ck_assert_str_eq(party[0].session.key, party[1].session.key);
	ck_assert_ptr_null(recipe_put_lease.renew);
	ck_assert_ptr_null(recipe_put_lease.release);
}
END_TEST

START_TEST(never_renew_is_the_right_one_without_renewals)
{
	ck_assert_ptr_null(recipe_never_renew.renew);
	ck_assert_ptr_eq(recipe_never_renew.acquire, recipe_key_txn.acquire);
	ck_assert_ptr_eq(recipe_never_renew.release, recipe_key_txn.release);
}
END_TEST

START_TEST(lease_zero_is_held_by_a_lease_of_a_minute_that_nobody_names)
{
	struct etcd_kv kv;
	struct etcd_lease_holdings holdings;

	ck_ok(acquire(&party[0], &recipe_lease_zero));
	ck_assert_int_eq(party[0].session.lease, 0);
	ck_assert_int_eq(count_keys(&kv), 1);
	ck_assert_int_eq(
		etcd_lease_look(party[0].client->etcd, kv.lease, &holdings, in_ms(5000)).outcome,
		ETCD_OK);
	ck_assert_int_eq(holdings.granted_ttl_s, 60);
	ck_assert_ptr_null(recipe_lease_zero.close_session);
	ck_assert_ptr_null(recipe_lease_zero.renew);
	ck_ok(take(&party[0], recipe_lease_zero.release));
	ck_assert_int_eq(count_keys(NULL), 0);
}
END_TEST

/* Releases by name, at once and late. */
START_TEST(release_by_name_takes_the_key_of_the_next_holder)
{
	const struct lock_client_steps *steps = _i ? &recipe_release_late : &recipe_unlock_any;
	int64_t asked_ns, least_ns = _i ? 500 * NS_PER_MS : 0;

	ck_ok(acquire(&party[0], steps));
	end_lease(&party[0]);
	ck_ok(acquire(&party[1], steps));
	asked_ns = clock_now_ns();
	ck_ok(steps->release(party[0].client, &party[0].session, in_ms(1000)));
	ck_assert_int_ge(clock_now_ns(), asked_ns + least_ns);
	ck_assert_int_eq(count_keys(NULL), 0);
}
END_TEST

START_TEST(release_comes_late_when_the_lease_is_over)
{
	static const struct lock_terms brief = {
		.service = &lane.service, .lock = "lock/1", .ttl_s = 1};
	int64_t asked_ns = clock_now_ns();

	party[0].client->terms = &brief;
	recipe_release_late.release(party[0].client, &party[0].session, in_ms(10 * 1000));
	ck_assert_int_ge(clock_now_ns(), asked_ns + 1500 * NS_PER_MS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: recipes by one key");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, parties_open, parties_close);
	tcase_add_test(tests, key_is_made_by_one_and_its_creation_is_the_token);
	tcase_add_test(tests, who_waits_for_the_key_has_it_when_it_is_given_back);
	tcase_add_test(tests, key_is_deleted_by_whose_it_is_alone);
	tcase_add_test(tests, dead_lease_takes_no_key);
	tcase_add_test(tests, try_lock_does_not_wait_and_keeps_its_lease);
	tcase_add_test(tests, try_lock_does_not_keep_a_lease_that_has_failed_it);
	tcase_add_test(tests, jetcd_named_leaves_the_lease_of_a_lock_that_it_got);
	tcase_add_test(tests, put_lease_is_got_by_everybody);
	tcase_add_test(tests, never_renew_is_the_right_one_without_renewals);
	tcase_add_test(tests, lease_zero_is_held_by_a_lease_of_a_minute_that_nobody_names);
	tcase_add_loop_test(tests, release_by_name_takes_the_key_of_the_next_holder, 0, 2);
	tcase_add_test(tests, release_comes_late_when_the_lease_is_over);
	return suite_run(suite);
}
