#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "history/database.h"
#include "tests/support/scratch.h"

/* The process dies before its statement of this number, the first being 0. */
static int statements_left;

static int die_in_time(unsigned int what, void *context, void *statement, void *sql)
{
	(void)what, (void)context, (void)statement, (void)sql;
	if (statements_left-- == 0)
		_exit(EXIT_FAILURE);
	return 0;
}

static int trace_connection(sqlite3 *db, const char **error,
			    const struct sqlite3_api_routines *routines)
{
	(void)error, (void)routines;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, die_in_time, NULL);
}

/* Makes a history in a process that dies after some statements. Returns whether it lived. */
static bool lived(const char *path, int statements)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct error err = {0};
		sqlite3 *db;

		statements_left = statements;
		sqlite3_auto_extension((void (*)(void))trace_connection);
		_exit(database_create(path, &db, &err) ? 2 : EXIT_SUCCESS);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 2, "status %x", status);
	return WEXITSTATUS(status) == EXIT_SUCCESS;
}

START_TEST(whenever_its_maker_is_killed_a_history_is_whole_or_not_there)
{
	const char *made = scratch_file("made");
	int deaths = 0, whole = 0;

	for (;; deaths++) {
		char path[320];
		struct error err = {0};
		sqlite3 *db;

		snprintf(path, sizeof(path), "%s-%d.db", made, deaths);
		bool alive = lived(path, deaths);

		if (access(path, F_OK) == 0) {
			ck_assert_msg(database_open(path, false, &db, &err) == 0, "death %d: %s",
				      deaths, err.text);
			sqlite3_close(db);
			whole++;
		}
		if (alive)
			break;
	}
	ck_assert_int_gt(deaths, 20);
	ck_assert_int_ge(whole, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: making the file");
	TCase *tests = tcase_create("all");
	SRunner *runner = srunner_create(suite);

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, whenever_its_maker_is_killed_a_history_is_whole_or_not_there);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
