/* Who led, as the members told. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/reader.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

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
	Suite *suite = suite_create("history: leaders");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_file_from_before_leaders_has_none_and_a_wrong_one_is_named);
	return suite_run(suite);
}
