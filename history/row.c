#include "history/row.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "history/database.h"

int rows_open(struct rows *rows, sqlite3 *db, struct arena *arena, const char *table,
	      const char *sql, struct error *err)
{
	*rows = (struct rows){.db = db, .arena = arena, .table = table, .err = err};
	if (sqlite3_prepare_v2(db, sql, -1, &rows->statement, NULL) != SQLITE_OK)
		return database_error(db, err);
	return 0;
}

bool rows_next(struct rows *rows)
{
	if (rows->failed)
		return false;
	int status = sqlite3_step(rows->statement);

	if (status == SQLITE_DONE)
		return false;
	if (status != SQLITE_ROW) {
		rows->failed = true;
		database_error(rows->db, rows->err);
		return false;
	}
	rows->column = 0;
	if (++rows->count >= INT_MAX)
		rows_refuse(rows, "too many rows");
	return !rows->failed;
}

int rows_close(struct rows *rows)
{
	sqlite3_finalize(rows->statement);
	rows->statement = NULL;
	return rows->failed ? -1 : 0;
}

/* "history.db: table op, row with id 7". A table without an id is counted. */
static void refuse_column(struct rows *rows, int column, const char *complaint)
{
	const char *first = sqlite3_column_name(rows->statement, 0);
	bool has_id = first && strcmp(first, "id") == 0;
	int64_t row = has_id ? sqlite3_column_int64(rows->statement, 0) : rows->count;

	if (rows->failed)
		return;
	rows->failed = true;
	error_set(rows->err, EXIT_BAD_USAGE, "%.300s: table %s, row %s %" PRId64 "%s%s: %s",
		  sqlite3_db_filename(rows->db, "main"), rows->table, has_id ? "with id" : "number",
		  row, column < 0 ? "" : ", column ",
		  column < 0 ? "" : sqlite3_column_name(rows->statement, column), complaint);
}

void rows_refuse(struct rows *rows, const char *complaint)
{
	refuse_column(rows, -1, complaint);
}

static bool next_is_null(const struct rows *rows)
{
	return sqlite3_column_type(rows->statement, rows->column) == SQLITE_NULL;
}

int64_t rows_int(struct rows *rows, int64_t low, int64_t high)
{
	int column = rows->column++;
	int64_t value = sqlite3_column_int64(rows->statement, column);
	char complaint[160];

	if (sqlite3_column_type(rows->statement, column) != SQLITE_INTEGER) {
		refuse_column(rows, column, "not an integer");
		return low;
	}
	if (value >= low && value <= high)
		return value;
	snprintf(complaint, sizeof(complaint), "%" PRId64 " is not within %" PRId64 " .. %" PRId64,
		 value, low, high);
	refuse_column(rows, column, complaint);
	return low;
}

int64_t rows_int_or(struct rows *rows, int64_t absent, int64_t low, int64_t high)
{
	if (!next_is_null(rows))
		return rows_int(rows, low, high);
	rows->column++;
	return absent;
}

int64_t rows_ns(struct rows *rows)
{
	return rows_int(rows, 0, HISTORY_LAST_NS);
}

int64_t rows_ns_or(struct rows *rows, int64_t absent, int64_t low)
{
	return rows_int_or(rows, absent, low, HISTORY_LAST_NS);
}

const char *rows_text_or_null(struct rows *rows)
{
	int column = rows->column++;
	int type = sqlite3_column_type(rows->statement, column);

	if (type == SQLITE_NULL)
		return NULL;
	const char *text = (const char *)sqlite3_column_text(rows->statement, column);

	if (type != SQLITE_TEXT || !text) {
		refuse_column(rows, column, "not a text");
		return "";
	}
	return arena_text(rows->arena, text, strlen(text));
}

const char *rows_text(struct rows *rows)
{
	if (!next_is_null(rows))
		return rows_text_or_null(rows);
	refuse_column(rows, rows->column++, "missing");
	return "";
}

double rows_real(struct rows *rows)
{
	int column = rows->column++;
	int type = sqlite3_column_type(rows->statement, column);

	if (type == SQLITE_NULL)
		return NAN;
	if (type != SQLITE_FLOAT && type != SQLITE_INTEGER)
		refuse_column(rows, column, "not a number");
	return sqlite3_column_double(rows->statement, column);
}

void *rows_grow(void *array, int count, size_t element_size)
{
	if ((count & (count - 1)) == 0) {
		array = reallocarray(array, count ? 2 * (size_t)count : 1, element_size);
		CHECK(array);
	}
	memset((char *)array + (size_t)count * element_size, 0, element_size);
	return array;
}
