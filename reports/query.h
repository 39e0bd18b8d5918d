/* Questions to the history's file that the reader has no table for: sums and groups. */
#ifndef REPORTS_QUERY_H
#define REPORTS_QUERY_H

#include <sqlite3.h>

#include "base/error.h"
#include "history/reader.h"

/* Calls `visit` for each row. Unlike our own statements on our own file, one on a file from outside
 * may fail to prepare (a table is missing): an error, not a bug. */
int query_rows(const struct history *history, const char *sql,
	       void (*visit)(sqlite3_stmt *row, void *context), void *context, struct error *err);

#endif
