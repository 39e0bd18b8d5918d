#include "history/row.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "history/database.h"

static const char rows_type[] = "fencepost rows"; /* for SQLite's pointers */

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

/* The SQL function: its arguments are our `rows` and the columns of one row. */
static void take_row(sqlite3_context *sql, int count, sqlite3_value **value)
{
	struct rows *rows = sqlite3_value_pointer(value[0], rows_type);
	bool pause = true;

	if (rows && count > 1) {
		rows->value = value + 1;
		rows->column = 0;
		if (++rows->count >= INT_MAX)
			rows_refuse(rows, "too many rows");
		pause = rows->bulk->each(rows->context, rows) || rows->failed;
	}
	sqlite3_result_int(sql, pause);
}

int rows_enable_bulk(sqlite3 *db, struct error *err)
{
	int status = sqlite3_create_function_v2(db, "take_row", -1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
						NULL, take_row, NULL, NULL, NULL);

	return status == SQLITE_OK ? 0 : database_error(db, err);
}

int rows_open_bulk(struct rows *rows, sqlite3 *db, struct arena *arena, const struct bulk *bulk,
		   struct error *err)
{
	_cleanup_free_ char *sql = text_format("SELECT 1 FROM %s WHERE %s AND take_row(?2, %s)",
					       bulk->table, bulk->condition, bulk->columns);
	if (rows_open(rows, db, arena, bulk->table, sql, err))
		return -1;
	rows->bulk = bulk;
	CHECK_MEMORY(sqlite3_bind_pointer(rows->statement, 2, rows, rows_type, NULL) == SQLITE_OK);
	return 0;
}

bool rows_take(struct rows *rows)
{
	if (rows->failed || rows->ended) /* asked once more, SQLite would begin anew */
		return false;
	int status = sqlite3_step(rows->statement);

	if (status != SQLITE_ROW && status != SQLITE_DONE) {
		rows->failed = true;
		database_error(rows->db, rows->err);
	}
	rows->ended = status == SQLITE_DONE;
	return status == SQLITE_ROW && !rows->failed;
}

int rows_close(struct rows *rows)
{
	sqlite3_finalize(rows->statement);
	rows->statement = NULL;
	return rows->failed ? -1 : 0;
}

int rows_take_all(sqlite3 *db, struct arena *arena, const struct bulk *bulk, int64_t parameter,
		  void *context, struct error *err)
{
	struct rows rows;

	if (rows_open_bulk(&rows, db, arena, bulk, err))
		return -1;
	rows.context = context;
	sqlite3_bind_int64(rows.statement, 1, parameter);
	while (rows_take(&rows))
		;
	return rows_close(&rows);
}

static void name_column(const struct rows *rows, int column, char *name, size_t size)
{
	const char *names = rows->bulk ? rows->bulk->columns : NULL;

	if (!names) {
		snprintf(name, size, "%s", sqlite3_column_name(rows->statement, column) ?: "");
		return;
	}
	for (int i = 0; i < column; i++)
		names = strchr(names, ',') + 2;
	snprintf(name, size, "%.*s", (int)strcspn(names, ","), names);
}

static int64_t first_number(const struct rows *rows)
{
	return rows->value ? sqlite3_value_int64(rows->value[0])
			   : sqlite3_column_int64(rows->statement, 0);
}

/* "history.db: table op, row with id 7". A table without an id is counted. */
static void refuse_column(struct rows *rows, int column, const char *complaint)
{
	char first[64], name[64] = "";

	if (rows->failed)
		return;
	rows->failed = true;
	name_column(rows, 0, first, sizeof(first));
	if (column >= 0)
		name_column(rows, column, name, sizeof(name));
	bool has_id = strcmp(first, "id") == 0;

	error_set(rows->err, EXIT_BAD_USAGE, "%.300s: table %s, row %s %" PRId64 "%s%s: %s",
		  sqlite3_db_filename(rows->db, "main"), rows->table, has_id ? "with id" : "number",
		  has_id ? first_number(rows) : rows->count, *name ? ", column " : "", name,
		  complaint);
}

void rows_refuse(struct rows *rows, const char *complaint)
{
	refuse_column(rows, -1, complaint);
}

int64_t rows_refuse_int(struct rows *rows, sqlite3_value *value, int64_t low, int64_t high)
{
	char complaint[160] = "not an integer";

	if (sqlite3_value_type(value) == SQLITE_INTEGER)
		snprintf(complaint, sizeof(complaint),
			 "%" PRId64 " is not within %" PRId64 " .. %" PRId64,
			 (int64_t)sqlite3_value_int64(value), low, high);
	refuse_column(rows, rows->column - 1, complaint);
	return low;
}

static const char *text_of(struct rows *rows, sqlite3_value *value, int type)
{
	const char *text = type == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;

	if (text)
		return arena_text(rows->arena, text, strlen(text));
	refuse_column(rows, rows->column - 1, type == SQLITE_NULL ? "missing" : "not a text");
	return "";
}

const char *rows_text_or_null(struct rows *rows)
{
	int type;
	sqlite3_value *value = rows_next_value(rows, &type);

	return type == SQLITE_NULL ? NULL : text_of(rows, value, type);
}

const char *rows_text(struct rows *rows)
{
	int type;
	sqlite3_value *value = rows_next_value(rows, &type);

	return text_of(rows, value, type);
}

double rows_real(struct rows *rows)
{
	int type;
	sqlite3_value *value = rows_next_value(rows, &type);

	if (type == SQLITE_NULL)
		return NAN;
	if (type != SQLITE_FLOAT && type != SQLITE_INTEGER)
		refuse_column(rows, rows->column - 1, "not a number");
	return sqlite3_value_double(value);
}

void *rows_double(void *array, int count, size_t element_size)
{
	return array_resized(array, count ? 2 * (size_t)count : 1, element_size);
}
