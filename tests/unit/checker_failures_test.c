/*
 * A history that cannot be read: each statement that the checker has SQLite prepare, and each step
 * of one, fails once. Then the file is refused, or what is said of it is what is said of the whole:
 * rows that were not read are never taken for rows that do not exist.
 */
#include <check.h>
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "checker/checker.h"
#include "checker/holds/trace.h"
#include "history/database.h"
#include "tests/support/big_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { OPERATIONS = 60 };

static int calls, failing; /* this one fails, counted from 1; 0: none */

/* SQLite asks itself, too; and a transaction that only reads has nothing to lose. */
static bool fails(const char *sql)
{
	return sql && !strstr(sql, "sqlite_") && strcmp(sql, "BEGIN") && strcmp(sql, "COMMIT") &&
	       ++calls == failing;
}

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int size, sqlite3_stmt **statement,
		       const char **tail)
{
	return fails(sql) ? SQLITE_IOERR : REAL(sqlite3_prepare_v2)(db, sql, size, statement, tail);
}

int sqlite3_step(sqlite3_stmt *statement)
{
	return fails(sqlite3_sql(statement)) ? SQLITE_IOERR : REAL(sqlite3_step)(statement);
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

static char *try(char *(*read)(const char *path), const char *path, int call)
{
	calls = 0;
	failing = call;
	return read(path);
}

START_TEST(what_was_not_read_is_not_taken_for_nothing)
{
	static char *(*const readers[])(const char *path) = {judge, import};
	const char *path = scratch_file("history.db");
	int refused = 0;

	big_run_write(path, OPERATIONS);
	_cleanup_free_ char *whole = try(readers[_i], path, 0);
	int all = calls;

	ck_assert_ptr_nonnull(whole);
	for (int call = 1; call <= all; call++) {
		_cleanup_free_ char *told = try(readers[_i], path, call);

		ck_assert_msg(!told || strcmp(told, whole) == 0, "call %d\n%s", call, told);
		refused += !told;
	}
	ck_assert_int_gt(refused, all / 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: failures");
	TCase *cases = tcase_create("all");

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, what_was_not_read_is_not_taken_for_nothing, 0, 2);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
