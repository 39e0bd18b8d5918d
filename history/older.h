/*
 * Columns that files of the same schema version may lack, because they were made before the column
 * was: what such a file says instead.
 */
#ifndef HISTORY_OLDER_H
#define HISTORY_OLDER_H

#include <sqlite3.h>
#include <stdbool.h>

/* Of older files, as SQL: what was planted in an arm, and what a fault does, by their names. */
extern const char older_planted[], older_effect[];

/* The column's name when the table has it, else `otherwise`, an SQL expression on its other
 * columns. Borrows both. */
const char *older_column(sqlite3 *db, const char *table, const char *column, const char *otherwise);

/* Whether there is such a table. */
bool older_has_table(sqlite3 *db, const char *table);

#endif
