/* The careless habits of an arm, step by step (`goes-on` is in workloads_amiss_test.c). */
#include "tests/support/suite.h"
#include "tests/unit/workloads_steps.h"
#include "workloads/recipe_key.h"

static const struct told refused = {
	409, .text = "{\"error\":\"token 19 is smaller than 23\",\"greatest\":\"23\"}"};

/* What was given up for lost in the first attempt. */
static void lose_the_first(enum habit habit)
{
	arm.habit = habit;
	service_answers("store/read", 0, refused);
	last_path = "lock/lock";
	last_attempt = 2;
}

#define LOST "lease-grant ok, acquire ok, token ok, read fail, lose ok"

START_TEST(keeps_lease_takes_the_lock_again_with_the_lease_that_it_had)
{
	lose_the_first(HABIT_KEEPS_LEASE);
	run();
	ck_assert_str_eq(story(), LOST ", acquire ok, release ok, lease-revoke ok");
	ck_assert_int_eq(op(EVENT_RETURN, F_ACQUIRE, 1)->lease, SERVICE_LEASE);
	ck_assert_str_eq(op(EVENT_RETURN, F_ACQUIRE, 1)->key, op(EVENT_RETURN, F_ACQUIRE, 0)->key);
	ck_assert_str_eq(op(EVENT_INVOKE, F_ACQUIRE, 1)->key, "");
	ck_assert_int_eq(op(EVENT_INVOKE, F_ACQUIRE, 1)->token, 0);
}
END_TEST

START_TEST(who_is_not_careless_gives_back_the_lease_of_what_is_lost)
{
	lose_the_first(HABIT_NONE);
	run();
	ck_assert_str_eq(story(), LOST ", lease-revoke ok, lease-grant ok, acquire ok, release ok, "
				       "lease-revoke ok");
}
END_TEST

START_TEST(unlocks_again_asks_until_it_is_answered)
{
	arm.habit = HABIT_UNLOCKS_AGAIN;
	service_answers("lock/unlock", 0, (struct told)SERVICE_SILENT);
	run();
	ck_assert_str_eq(story(), "lease-grant ok, acquire ok, token ok, read ok, write ok, "
				  "release info, release ok, lease-revoke ok");
	ck_assert_ptr_eq(recipe_key_txn.release_by_name, key_delete_by_name);
	ck_assert_ptr_eq(recipe_try_lock.release_by_name, key_delete_by_name);
}
END_TEST

/* Whether it was refused, or not answered. */
START_TEST(enters_anyway_takes_whatever_it_is_told_for_the_lock)
{
	arm.habit = HABIT_ENTERS_ANYWAY;
	arm.guard = GUARD_NONE;
	service_answers("lock/lock", -1,
			_i ? (struct told)SERVICE_REFUSES : (struct told)SERVICE_SILENT);
	run();
	ck_assert_str_eq(story(), "lease-grant ok, acquire ok, read ok, write ok, release ok, "
				  "lease-revoke ok");
	ck_assert_str_eq(op(EVENT_RETURN, F_ACQUIRE, 0)->error, "");
	ck_assert_str_eq(op(EVENT_RETURN, F_ACQUIRE, 0)->key, "");
}
END_TEST

static void stop_at_the_third_renewal(const struct question *question)
{
	if (service_is(question, "lease/keepalive") && question->nth == 2)
		atomic_store(config.stop, 1);
}

/* Its work would have been over at once. */
START_TEST(hangs_renews_on_until_the_run_ends)
{
	arm.habit = HABIT_HANGS;
	arm.guard = GUARD_NONE;
	arm.heartbeat_ms = 10;
	service.heed = stop_at_the_third_renewal;
	run();
	ck_assert_str_eq(story(), "lease-grant ok, acquire ok, read ok, write ok, release ok, "
				  "lease-revoke ok");
	ck_assert_int_ge(at_ns(op(EVENT_INVOKE, F_WRITE, 0)),
			 at_ns(op(EVENT_INVOKE, F_KEEPALIVE, 2)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: careless habits");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, keeps_lease_takes_the_lock_again_with_the_lease_that_it_had);
	tcase_add_test(tests, who_is_not_careless_gives_back_the_lease_of_what_is_lost);
	tcase_add_test(tests, unlocks_again_asks_until_it_is_answered);
	tcase_add_loop_test(tests, enters_anyway_takes_whatever_it_is_told_for_the_lock, 0, 2);
	tcase_add_test(tests, hangs_renews_on_until_the_run_ends);
	return suite_run(suite);
}
