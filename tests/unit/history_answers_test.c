/* The answers of the whole run in the order of time, and who led. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "history/answers.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

struct seen {
	int count;
	struct answer_row answer[8];
};

static void see(void *context, const struct answer_row *answer)
{
	struct seen *seen = context;

	ck_assert_int_lt(seen->count, 8);
	seen->answer[seen->count++] = *answer;
}

static void make_answers(const char *path)
{
	struct maker *maker = maker_open(path);

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	maker_lane(maker, maker_arm(maker, .guard = "token"));
	maker_op(maker, .lane = 1, .attempt = 1, .f = F_TOKEN, .outcome = OUTCOME_OK,
		 .invoked_ms = 10, .returned_ms = 40, .revision = 7, .endpoint = 2);
	maker_op(maker, .attempt = 1, .f = F_RELEASE, .outcome = OUTCOME_OK, .invoked_ms = 20,
		 .returned_ms = 25, .revision = 6, .endpoint = -1);
	maker_op(maker, .attempt = 1, .f = F_TOKEN, .outcome = OUTCOME_INFO, .invoked_ms = 20,
		 .returned_ms = 30, .revision = 9);
	maker_op(maker, .attempt = 1, .f = F_READ, .outcome = OUTCOME_OK, .invoked_ms = 20,
		 .returned_ms = 30);
	maker_key(maker, .lane = -1, .member = 1, .revision = 8, .seen_ms = 30);
	maker_close(maker, true);
}

START_TEST(answers_come_in_the_order_of_their_arrival_or_from_the_last_request)
{
	const char *path = scratch_file("history.db");
	struct seen arrivals = {0}, requests = {0};
	struct history history;
	struct error err = {0};
	bool shared;

	make_answers(path);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	struct answers *answers;

	ck_assert_int_eq(answers_open(&history, &answers, &err), 0);
	answers_by_arrival(answers, see, &arrivals);
	answers_last_asked_first(answers, see, &requests);
	answers_close(answers);
	ck_assert_int_eq(answers_share_a_clock(&history, &shared, &err), 0);
	ck_assert(shared);
	ck_assert_int_eq(arrivals.count, 3);
	ck_assert_int_eq(arrivals.answer[0].revision, 6);
	ck_assert_int_eq(arrivals.answer[0].at_ns, 25 * NS_PER_MS);
	ck_assert_int_eq(arrivals.answer[0].member, -1);
	ck_assert_int_eq(arrivals.answer[1].revision, 8);
	ck_assert_int_eq(arrivals.answer[1].process, 0);
	ck_assert_int_eq(arrivals.answer[1].arm, -1);
	ck_assert_int_eq(arrivals.answer[1].member, 1);
	ck_assert_int_eq(arrivals.answer[2].revision, 7);
	ck_assert_int_eq(arrivals.answer[2].arm, 1);
	ck_assert_int_eq(arrivals.answer[2].member, 2);
	ck_assert_int_eq(requests.count, 2);
	ck_assert_int_eq(requests.answer[0].at_ns, 20 * NS_PER_MS);
	ck_assert_int_eq(requests.answer[1].at_ns, 10 * NS_PER_MS);
	history_close(&history);
}
END_TEST

START_TEST(a_file_from_before_leaders_has_none_and_a_wrong_one_is_named)
{
	static const char *const sql[] = {"DROP TABLE leader",
					  "INSERT INTO leader VALUES (1, 0, NULL, 2)",
					  "INSERT INTO leader VALUES (1, 0, -3, 2)"};
	static const int result[] = {0, 0, -1}, leaders[] = {0, 1, 0};

	for (int i = 0; i < 3; i++) {
		const char *path = scratch_file("history.db");
		struct history history;
		struct error err = {0};
		sqlite3 *db;

		remove(path);
		maker_close(maker_open(path), true);
		ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
		ck_assert_int_eq(sqlite3_exec(db, sql[i], NULL, NULL, NULL), SQLITE_OK);
		sqlite3_close(db);
		ck_assert_int_eq(history_open(path, &history, &err), result[i]);
		if (result[i]) {
			ck_assert_ptr_nonnull(strstr(err.text, "leader"));
			continue;
		}
		ck_assert_int_eq(history.leaders, leaders[i]);
		ck_assert(!leaders[i] || history.leader[0].leader == -1);
		history_close(&history);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: answers");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, answers_come_in_the_order_of_their_arrival_or_from_the_last_request);
	tcase_add_test(tests, a_file_from_before_leaders_has_none_and_a_wrong_one_is_named);
	return suite_run(suite);
}
