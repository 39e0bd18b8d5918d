/*
 * A history that cannot be read: each statement that the checker has SQLite prepare, and each step
 * of one, fails once. Then the file is refused, or what is said of it is what is said of the whole:
 * rows that were not read are never taken for rows that do not exist.
 */
#include <check.h>
#include <dlfcn.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "checker/checker.h"
#include "checker/holds/lane_trace.h"
#include "history/database.h"
#include "tests/support/big_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { OPERATIONS = 60, CALLS_MAX = 2000, TIMES = 2 };

enum call { PREPARE, STEP };

/* Those of a reading that is left in peace. What is done again for each process fails TIMES times.
 */
static struct {
	enum call call;
	char *sql;
	bool worth_failing;
} known[CALLS_MAX];
static int knowns;
static int calls, failing; /* this one fails; -1: none */

static void note(enum call call, const char *sql)
{
	int times = 0;

	CHECK(knowns < CALLS_MAX);
	for (int i = 0; i < knowns; i++)
		times += known[i].call == call && strcmp(known[i].sql, sql) == 0;
	known[knowns].call = call;
	known[knowns].worth_failing = times < TIMES;
	known[knowns++].sql = strdup(sql);
}

/* SQLite asks itself, too; and a transaction that only reads has nothing to lose. */
static bool fails(enum call call, const char *sql)
{
	if (!sql || strstr(sql, "sqlite_") || !strcmp(sql, "BEGIN") || !strcmp(sql, "COMMIT"))
		return false;
	if (failing < 0)
		note(call, sql);
	return calls++ == failing;
}

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **statement,
		       const char **tail)
{
	return fails(PREPARE, sql) ? SQLITE_IOERR
				   : REAL(sqlite3_prepare_v2)(db, sql, size, statement, tail);
}

int sqlite3_step(sqlite3_stmt *statement)
{
	return fails(STEP, sqlite3_sql(statement)) ? SQLITE_IOERR : REAL(sqlite3_step)(statement);
}

/* Each says all that it has found, or NULL: it has refused the file, and says why. */

static char *judge(const char *path)
{
	const struct checker_config config = {.min_exposures = 30, .violations_kept = 5};
	struct error err = {0};
	struct history history;
	struct verdicts verdicts;
	char *text = NULL;
	size_t size;

	if (history_open(path, &history, &err)) {
		ck_assert_int_ne(err.code, 0);
		return NULL;
	}
	if (checker_judge(&history, &config, &verdicts, &err)) {
		ck_assert_int_ne(err.code, 0);
		history_close(&history);
		return NULL;
	}
	FILE *out = open_memstream(&text, &size);

	ck_assert(out);
	for (int i = 0; i < verdicts.judgements; i++) {
		const struct judgement *judgement = &verdicts.judgement[i];

		fprintf(out, "%s %s %s\n", judgement->subject, verdict_word(judgement->verdict),
			judgement->why);
		for (int j = 0; j < MEASURES_COUNT; j++)
			fprintf(out, "%lld ", (long long)judgement->measure[j]);
	}
	for (int i = 0; i < verdicts.violations; i++)
		fprintf(out, "%s\n", verdicts.violation[i].summary);
	fclose(out);
	verdicts_free(&verdicts);
	history_close(&history);
	return text;
}

static char *import(const char *path)
{
	struct trace_source source = {.path = path, .format = TRACE_HISTORY};
	struct error err = {0};
	struct trace trace;
	char *text = NULL;
	size_t size;

	if (holds_import_run(&source, EXCLUSION_CLIENT, &trace, &err)) {
		ck_assert_int_ne(err.code, 0);
		return NULL;
	}
	FILE *out = open_memstream(&text, &size);

	ck_assert(out);
	ck_assert_msg(trace_export_jsonl(&trace, out, &err) == 0, "%s", err.text);
	fclose(out);
	trace_free(&trace);
	return text;
}

typedef char *reader(const char *path);

static char *read_failing(reader *read, const char *path, int call)
{
	calls = 0;
	failing = call;
	return read(path);
}

/* Returns how many failures were refused. */
static int fail_each(reader *read, const char *path)
{
	int refused = 0;

	knowns = 0; /* the file was written by SQLite, too */
	_cleanup_free_ char *whole = read_failing(read, path, -1);

	for (int call = 0; call < knowns; call++) {
		if (!known[call].worth_failing)
			continue;
		_cleanup_free_ char *told = read_failing(read, path, call);

		/* Who imports may read it in another way instead; who judges has one. */
		ck_assert_msg(!told || (read == import && whole && strcmp(told, whole) == 0),
			      "%s:\n%.500s", known[call].sql, told);
		refused += !told;
	}
	for (int call = 0; call < knowns; call++)
		free(known[call].sql);
	return refused;
}

/* As many different statements, at least, were refused. */
static reader *const readers[] = {judge, import};
static const int different[] = {50, 50};

START_TEST(what_was_not_read_is_not_taken_for_nothing)
{
	const char *path = scratch_file("history.db");

	failing = INT_MAX;
	big_run_write(path, OPERATIONS);
	ck_assert_int_gt(fail_each(readers[_i], path), different[_i]);
}
END_TEST

/* An operation of a process that the file does not know, and no count of its rows. */
START_TEST(strays_that_were_not_looked_for_are_not_taken_for_none)
{
	const char *path = scratch_file("history.db");
	struct error err = {0};
	sqlite3 *db;

	failing = INT_MAX;
	big_run_write(path, OPERATIONS);
	ck_assert_int_eq(database_open(path, DATABASE_WRITE, &db, &err), 0);
	ck_assert_int_eq(database_exec(db,
				       "DROP TABLE recorded;"
				       "CREATE TABLE stray AS SELECT * FROM op LIMIT 1;"
				       "UPDATE stray SET id = (900 << 32) + 1;"
				       "INSERT INTO op SELECT * FROM stray;"
				       "DROP TABLE stray",
				       &err),
			 0);
	sqlite3_close(db);
	ck_assert_int_gt(fail_each(import, path), different[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: failures");
	TCase *cases = tcase_create("all");

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, what_was_not_read_is_not_taken_for_nothing, 0, 2);
	tcase_add_test(cases, strays_that_were_not_looked_for_are_not_taken_for_none);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
