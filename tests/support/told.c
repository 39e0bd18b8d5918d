#include "tests/support/told.h"

#include <sqlite3.h>
#include <stdio.h>

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
