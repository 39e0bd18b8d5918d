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
	if (rows->failed || rows->ended) /* asked once more, SQLite would begin anew */
		return false;
	int status = sqlite3_step(rows->statement);

	rows->ended = status == SQLITE_DONE;
	if (rows->ended)
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
	leaves_close(take(rows->leaves));
	sqlite3_finalize(take(rows->statement));
	return rows->failed ? -1 : 0;
}

/* The bulk ------------------------------------------------------------------------------------- */

static int ask(struct rows *rows)
{
	_cleanup_free_ char *sql =
		text_format("SELECT %s FROM %s WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
			    rows->bulk->columns, rows->bulk->table);

	if (sqlite3_prepare_v2(rows->db, sql, -1, &rows->statement, NULL) != SQLITE_OK)
		return database_error(rows->db, rows->err);
	sqlite3_bind_int64(rows->statement, 1, rows->first);
	sqlite3_bind_int64(rows->statement, 2, rows->last);
	return 0;
}

/* SQLite is asked from the next row on. All rows once more, and those that were seen are passed
 * over: in a tree that is not sound their ids are no place to begin at. */
static void leave(struct rows *rows)
{
	int64_t seen = rows->count;

	leaves_close(take(rows->leaves));
	rows->count = 0;
	rows->failed = ask(rows) != 0;
	while (rows->count < seen && rows_next(rows))
		;
}

int rows_open_bulk(struct rows *rows, sqlite3 *db, struct arena *arena, const struct bulk *bulk,
		   int64_t first, int64_t last, struct error *err)
{
	*rows = (struct rows){.db = db,
			      .arena = arena,
			      .table = bulk->table,
			      .bulk = bulk,
			      .first = first,
			      .last = last,
			      .err = err};
	rows->leaves = leaves_open(db, bulk->table, bulk->columns, first, last);
	return rows->leaves ? 0 : ask(rows);
}

static bool next_of_bulk(struct rows *rows)
{
	enum leaves_next next = LEAVES_STRANGE;

	if (!rows->leaves)
		return rows_next(rows);
	if (rows->count < INT_MAX - 1)
		next = leaves_next(rows->leaves, &rows->leaf);
	if (next != LEAVES_STRANGE) {
		rows->count += next == LEAVES_ROW;
		return next == LEAVES_ROW;
	}
	leave(rows);
	return rows_next(rows);
}

/* The row that was refused once more, by SQLite's columns, which can be told. */
static bool refuse_again(struct rows *rows)
{
	rows->count--;
	leave(rows);
	if (rows_next(rows))
		rows->bulk->each(rows->context, rows);
	rows_refuse(rows, "it changed while it was read");
	return false;
}

bool rows_take(struct rows *rows)
{
	while (next_of_bulk(rows)) {
		bool pause = rows->bulk->each(rows->context, rows);

		if (rows->failed)
			return rows->leaves ? refuse_again(rows) : false;
		if (pause)
			return true;
	}
	return false;
}

int rows_take_all(sqlite3 *db, struct arena *arena, const struct bulk *bulk, void *context,
		  struct error *err)
{
	struct rows rows;

	if (rows_open_bulk(&rows, db, arena, bulk, INT64_MIN, INT64_MAX, err))
		return -1;
	rows.context = context;
	while (rows_take(&rows))
		;
	return rows_close(&rows);
}

/* Refusing ------------------------------------------------------------------------------------- */

/* "history.db: table op, row with id 7". A table without an id is counted. */
static void refuse_column(struct rows *rows, int column, const char *complaint)
{
	if (rows->failed)
		return;
	rows->failed = true;
	if (rows->leaves) /* refuse_again */
		return;
	const char *first = sqlite3_column_name(rows->statement, 0) ?: "";
	const char *name = column >= 0 ? sqlite3_column_name(rows->statement, column) ?: "" : "";
	bool has_id = strcmp(first, "id") == 0;

	error_set(rows->err, EXIT_BAD_USAGE, "%.300s: table %s, row %s %" PRId64 "%s%s: %s",
		  sqlite3_db_filename(rows->db, "main"), rows->table, has_id ? "with id" : "number",
		  has_id ? (int64_t)sqlite3_column_int64(rows->statement, 0) : rows->count,
		  *name ? ", column " : "", name, complaint);
}

void rows_refuse(struct rows *rows, const char *complaint)
{
	refuse_column(rows, -1, complaint);
}

/* Columns -------------------------------------------------------------------------------------- */

enum leaf_value rows_ask_integer(struct rows *rows, int64_t *number)
{
	sqlite3_value *value = sqlite3_column_value(rows->statement, rows->column++);
	int type = sqlite3_value_type(value);

	if (type == SQLITE_INTEGER)
		*number = sqlite3_value_int64(value);
	return type == SQLITE_INTEGER ? LEAF_INTEGER : type == SQLITE_NULL ? LEAF_NULL : LEAF_ODD;
}

int64_t rows_refuse_int(struct rows *rows, int64_t low, int64_t high)
{
	char complaint[160] = "not an integer";
	int column = rows->column - 1;

	if (!rows->leaves && sqlite3_column_type(rows->statement, column) == SQLITE_INTEGER)
		snprintf(complaint, sizeof(complaint),
			 "%" PRId64 " is not within %" PRId64 " .. %" PRId64,
			 (int64_t)sqlite3_column_int64(rows->statement, column), low, high);
	refuse_column(rows, column, complaint);
	return low;
}

static enum leaf_value next_text(struct rows *rows, const char **text, size_t *length)
{
	if (rows->leaves)
		return leaf_text(&rows->leaf, text, length);
	sqlite3_value *value = sqlite3_column_value(rows->statement, rows->column++);
	int type = sqlite3_value_type(value);

	*text = type == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
	*length = *text ? strlen(*text) : 0;
	return *text ? LEAF_TEXT : type == SQLITE_NULL ? LEAF_NULL : LEAF_ODD;
}

const char *rows_text_or_null(struct rows *rows)
{
	const char *text;
	size_t length;
	enum leaf_value value = next_text(rows, &text, &length);

	if (value == LEAF_TEXT)
		return arena_text(rows->arena, text, length);
	if (value == LEAF_NULL)
		return NULL;
	refuse_column(rows, rows->column - 1, "not a text");
	return "";
}

const char *rows_text(struct rows *rows)
{
	const char *text = rows_text_or_null(rows);

	if (!text)
		refuse_column(rows, rows->column - 1, "missing");
	return text ?: "";
}

void rows_skip(struct rows *rows)
{
	if (rows->leaves)
		leaf_skip(&rows->leaf);
	else
		rows->column++;
}

double rows_real(struct rows *rows)
{
	sqlite3_value *value = sqlite3_column_value(rows->statement, rows->column++);
	int type = sqlite3_value_type(value);

	CHECK(!rows->bulk);
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
