#include "reports/query.h"

#include <stddef.h>

#include "base/invariant.h"
#include "history/database.h"

int query_rows(const struct history *history, const char *sql,
	       void (*visit)(sqlite3_stmt *row, void *context), void *context, struct error *err)
{
	sqlite3_stmt *rows = NULL;
	int step = sqlite3_prepare_v2(history->db, sql, -1, &rows, NULL);

	CHECK(step != SQLITE_OK || sqlite3_stmt_readonly(rows)); /* a report changes nothing */
	if (step == SQLITE_OK)
		while ((step = sqlite3_step(rows)) == SQLITE_ROW)
			visit(rows, context);
	if (step != SQLITE_DONE)
		database_error(history->db, err);
	sqlite3_finalize(rows);
	return step == SQLITE_DONE ? 0 : -1;
}
