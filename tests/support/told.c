#include "tests/support/told.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/support/scratch.h"

const char *told_in(const char *path)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "r");

	*text = '\0';
	if (!file)
		return text;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

const char *told_by(const char *history, const char *sql)
{
	static char answer[1 << 16];
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	size_t used = 0;
	int done = SQLITE_ERROR;

	*answer = '\0';
	if (sqlite3_open_v2(history, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK)
		while ((done = sqlite3_step(statement)) == SQLITE_ROW)
			for (int i = 0, columns = sqlite3_column_count(statement); i < columns;
			     i++) {
				const char *value = (const char *)sqlite3_column_text(statement, i);

				used += (size_t)snprintf(answer + used, sizeof(answer) - used,
							 "%s%s", value ? value : "NULL",
							 i + 1 < columns ? "|" : "\n");
			}
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return done == SQLITE_DONE ? answer : NULL;
}

const char *heard_of(enum exit_code (*run)(void), enum exit_code expected)
{
	const char *path = scratch_file("told");
	int out = dup(STDOUT_FILENO), error = dup(STDERR_FILENO);

	ck_assert_ptr_nonnull(freopen(path, "w+", stdout));
	ck_assert_int_eq(dup2(STDOUT_FILENO, STDERR_FILENO), STDERR_FILENO);
	enum exit_code code = run();

	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(error, STDERR_FILENO);
	close(out);
	close(error);
	ck_assert_int_eq(code, expected);
	return told_in(path);
}
