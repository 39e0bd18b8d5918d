/*
 * An arm whose workers the harness kept from store or service is not SAFE. Each history has one
 * exposure, in which the holder stopped in time, and requests beside it.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "history/database.h"
#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

static const char no_connection[] = "Timeout was reached";

/* One hold that was given up just before its lease ended, while another waited. */
static struct story *open_safe(void)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	int b = story_ask(story, 1, 200);

	story_lose(story, a, 2400);
	story_expire(story, a, 2500);
	story_get(story, b, 2510);
	return story;
}

/* `count` requests of the worker, 10 ms apart, that all end so. */
static void request(struct story *story, int worker, int count, double from_ms, enum function f,
		    enum outcome outcome, const char *error)
{
	for (int i = 0; i < count; i++)
		maker_op(story_maker(story), .worker = worker, .attempt = 90, .f = f,
			 .outcome = outcome, .invoked_ms = from_ms + i * 10,
			 .returned_ms = from_ms + i * 10 + 5, .error = error, .ttl_ms = 2000);
}

static enum verdict judge(struct story *story, const char *why)
{
	const struct judgement *judgement = story_judgement(story_judge(story, 1), 0);
	enum verdict verdict = judgement->verdict;

	if (why)
		ck_assert_msg(strstr(judgement->why, why), "%s", judgement->why);
	else
		ck_assert_msg(!strstr(judgement->why, "starved"), "%s", judgement->why);
	story_end(story);
	return verdict;
}

START_TEST(arm_whose_requests_found_no_connection_is_inconclusive)
{
	struct story *story = open_safe();

	request(story, 2, 100, 3000, F_KEEPALIVE, OUTCOME_OK, NULL);
	request(story, 3, 10, 3000, F_LEASE_GRANT, OUTCOME_FAIL, no_connection);
	ck_assert_int_eq(judge(story, "starved: 10 of "), VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(few_lost_connections_starve_nobody)
{
	struct story *story = open_safe();

	request(story, 2, 100, 3000, F_KEEPALIVE, OUTCOME_OK, NULL);
	request(story, 2, 2, 5000, F_KEEPALIVE, OUTCOME_FAIL, no_connection);
	ck_assert_int_eq(judge(story, NULL), VERDICT_SAFE);
}
END_TEST

START_TEST(worker_that_reaches_the_service_but_not_the_store_is_kept)
{
	struct story *story = open_safe();

	request(story, 2, 100, 3000, F_KEEPALIVE, OUTCOME_OK, NULL);
	request(story, 2, 3, 5000, F_READ, OUTCOME_FAIL, "Couldn't connect to server");
	ck_assert_int_eq(judge(story, "1 of 3 workers"), VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(store_that_does_not_answer_keeps_too)
{
	struct story *story = open_safe();

	request(story, 2, 10, 5000, F_READ, OUTCOME_INFO, no_connection);
	ck_assert_int_eq(judge(story, "starved: 10 of "), VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(service_that_answers_late_or_refuses_keeps_nobody)
{
	struct story *story = open_safe();

	request(story, 2, 50, 3000, F_KEEPALIVE, OUTCOME_INFO, no_connection);
	request(story, 3, 50, 3000, F_LEASE_REVOKE, OUTCOME_FAIL,
		"etcdserver: requested lease not found");
	ck_assert_int_eq(judge(story, NULL), VERDICT_SAFE);
}
END_TEST

/* A hundred failures, and a fault. */
static struct story *under(struct maker_fault fault)
{
	struct story *story = open_safe();

	request(story, 2, 100, 3000, F_LEASE_GRANT, OUTCOME_FAIL, no_connection);
	maker_add_fault(story_maker(story), &fault);
	return story;
}

START_TEST(failures_under_a_cut_of_the_worker_starve_nobody)
{
	struct maker_fault cut = {
		.kind = "cut", .worker = 2, .began_ms = 2900, .ended_ms = 4100, .bitten = true};

	ck_assert_int_eq(judge(under(cut), NULL), VERDICT_SAFE);
	cut.worker = 1; /* another's excuses nothing */
	ck_assert_int_eq(judge(under(cut), "starved: 100 of "), VERDICT_INCONCLUSIVE);
	cut.worker = 2;
	cut.bitten = false;
	ck_assert_int_eq(judge(under(cut), "starved: 100 of "), VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(failures_under_a_fault_of_a_member_starve_nobody)
{
	struct maker_fault kill = {.kind = "kill",
				   .lane = -1,
				   .host = 1,
				   .began_ms = 2900,
				   .ended_ms = 4100,
				   .bitten = true};

	ck_assert_int_eq(judge(under(kill), NULL), VERDICT_SAFE);
}
END_TEST

START_TEST(failures_under_a_fault_of_the_store_starve_nobody_at_the_store)
{
	struct story *story = open_safe();
	struct error err = {0};

	request(story, 2, 100, 3000, F_READ, OUTCOME_FAIL, no_connection);
	ck_assert_int_eq(database_exec(maker_db(story_maker(story)),
				       "INSERT INTO host (id, name, role, address) "
				       "SELECT count(*), 'store', 'store', '' FROM host",
				       &err),
			 0);
	maker_fault(story_maker(story), .lane = -1, .host = 6, .began_ms = 2900, .ended_ms = 4100,
		    .bitten = true);
	ck_assert_int_eq(judge(story, NULL), VERDICT_SAFE);
}
END_TEST

START_TEST(failures_long_after_a_cut_starve)
{
	struct maker_fault cut = {
		.kind = "cut", .worker = 2, .began_ms = 100, .ended_ms = 900, .bitten = true};

	ck_assert_int_eq(judge(under(cut), "starved: 100 of "), VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(starved_arm_that_broke_its_promise_is_unsafe)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_read(story, a, 120);
	int b = story_ask(story, 1, 200);

	story_expire(story, a, 2500);
	story_get(story, b, 2510);
	story_read(story, b, 2520);
	story_write(story, b, 2530);
	story_write(story, a, 2600);
	request(story, 2, 10, 3000, F_LEASE_GRANT, OUTCOME_FAIL, no_connection);
	ck_assert_int_eq(judge(story, NULL), VERDICT_UNSAFE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: starved arms");
	TCase *tests = tcase_create("starved");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, arm_whose_requests_found_no_connection_is_inconclusive);
	tcase_add_test(tests, few_lost_connections_starve_nobody);
	tcase_add_test(tests, worker_that_reaches_the_service_but_not_the_store_is_kept);
	tcase_add_test(tests, store_that_does_not_answer_keeps_too);
	tcase_add_test(tests, service_that_answers_late_or_refuses_keeps_nobody);
	tcase_add_test(tests, failures_under_a_cut_of_the_worker_starve_nobody);
	tcase_add_test(tests, failures_under_a_fault_of_a_member_starve_nobody);
	tcase_add_test(tests, failures_under_a_fault_of_the_store_starve_nobody_at_the_store);
	tcase_add_test(tests, failures_long_after_a_cut_starve);
	tcase_add_test(tests, starved_arm_that_broke_its_promise_is_unsafe);
	return suite_run(suite);
}
