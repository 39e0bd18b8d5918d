#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "history/database.h"
#include "history/reader.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

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
			ck_assert_msg(database_open(path, DATABASE_READ, &db, &err) == 0,
				      "death %d: %s", deaths, err.text);
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

/* A table is read from end to end in half as many calls as by pages of the usual size. */
START_TEST(pages_of_a_history_have_8_kB)
{
	sqlite3 *db, *again;
	struct error err = {0};
	const char *path = scratch_file("pages");

	ck_assert_int_eq(database_create(path, &db, &err), 0);
	ck_assert_int_eq(database_open(path, DATABASE_READ, &again, &err), 0);
	sqlite3_stmt *size = database_prepare(again, "PRAGMA page_size");

	ck_assert_int_eq(sqlite3_step(size), SQLITE_ROW);
	ck_assert_int_eq(sqlite3_column_int(size, 0), 8192);
	sqlite3_finalize(size);
	sqlite3_close(again);
	sqlite3_close(db);
}
END_TEST

START_TEST(what_is_written_after_the_opening_is_not_read)
{
	const char *path = scratch_file("growing.db");
	struct error err = {0};
	struct history history;
	struct lane_history lane;
	sqlite3 *db;

	struct maker *maker = maker_open(path);
	int its_lane = maker_lane(maker, maker_arm(maker, .guard = "none"));

	maker_op(maker, .lane = its_lane, .worker = 1, .attempt = 1, .f = F_ACQUIRE,
		 .outcome = OUTCOME_OK, .invoked_ms = 10, .returned_ms = 20);
	maker_close(maker, false);
	ck_assert_int_eq(database_open(path, DATABASE_WRITE, &db, &err), 0);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	int processes = history.processes;

	/* As a recorder does that outlives its run for a moment: a new process, and what it did. */
	ck_assert_msg(
		database_exec(db,
			      "INSERT INTO process (id, role, name, incarnation, os_pid, "
			      "started_ns, arm, lane, worker) "
			      "SELECT 99, role, name, 2, os_pid, started_ns, arm, lane, worker "
			      "FROM process WHERE lane = 0; "
			      "UPDATE op SET id = (99 << 32) + 1, process = 99",
			      &err) == 0,
		"%s", err.text);
	ck_assert_msg(history_load_lane(&history, 0, &lane, &err) == 0, "%s", err.text);
	ck_assert_int_eq(lane.ops, 1);
	ck_assert_int_ne(lane.op[0].process, 99);
	history_free_lane(&lane);
	history_close(&history);

	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
	ck_assert_int_eq(history.processes, processes + 1);
	history_close(&history);
	sqlite3_close(db);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: making the file");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, whenever_its_maker_is_killed_a_history_is_whole_or_not_there);
	tcase_add_test(tests, pages_of_a_history_have_8_kB);
	tcase_add_test(tests, what_is_written_after_the_opening_is_not_read);
	return suite_run(suite);
}
