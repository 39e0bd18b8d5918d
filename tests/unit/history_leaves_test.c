/* Rows read where SQLite keeps them: the same as SQLite tells, or none. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "history/arena.h"
#include "history/leaves.h"
#include "history/row.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static void exec(sqlite3 *db, const char *sql)
{
	char *complaint = NULL;

	sqlite3_exec(db, sql, NULL, NULL, &complaint);
	ck_assert_msg(!complaint, "%s: %s", sql, complaint);
}

static sqlite3 *make_file(const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(scratch_file("table.db"), &db), SQLITE_OK);
	exec(db, sql);
	return db;
}

#define COLUMNS "id, number, text, last"
#define TABLE   "CREATE TABLE t (id INTEGER PRIMARY KEY, number INTEGER, text TEXT, last INTEGER);"

/* A row for each of 0 .. 4999: ids far apart, numbers of every length, and texts. */
#define MANY_ROWS                                                                                  \
	"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999) "          \
	"INSERT INTO t SELECT (i - 2000) * (1 + (i & 1) * 1000000007), CASE i % 7 "                \
	"WHEN 0 THEN NULL WHEN 1 THEN i % 2 ELSE (1 << (i % 63)) + (i % 3) - 1 END, "              \
	"CASE i % 5 WHEN 0 THEN NULL ELSE substr(hex(zeroblob(150)), 1, i % 301) END, "            \
	"~(1 << (i % 63)) FROM n;"

static bool same_integer(sqlite3_stmt *statement, int column, struct leaf_row *row)
{
	int64_t number = 0;

	if (leaf_integer(row, &number) == LEAF_NULL)
		return sqlite3_column_type(statement, column) == SQLITE_NULL;
	return number == sqlite3_column_int64(statement, column);
}

static bool same_text(sqlite3_stmt *statement, int column, struct leaf_row *row)
{
	const char *text = NULL, *wanted = (const char *)sqlite3_column_text(statement, column);
	size_t length = 0;

	if (leaf_text(row, &text, &length) == LEAF_NULL)
		return !wanted;
	return wanted && length == strlen(wanted) && memcmp(text, wanted, length) == 0;
}

/* As SQLite tells the row; of each second one without its text. */
static bool same_row(sqlite3_stmt *statement, struct leaf_row *row)
{
	bool same =
		row->id == sqlite3_column_int64(statement, 0) && same_integer(statement, 1, row);

	if (row->id % 2)
		leaf_skip(row);
	else
		same = same && same_text(statement, 2, row);
	return same && same_integer(statement, 3, row);
}

static int compare_range(sqlite3 *db, int64_t first, int64_t last)
{
	struct leaves *leaves = leaves_open(db, "t", COLUMNS, first, last);
	sqlite3_stmt *statement;
	struct leaf_row row;
	int rows = 0;

	ck_assert(leaves);
	sqlite3_prepare_v2(db, "SELECT " COLUMNS " FROM t WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
			   -1, &statement, NULL);
	sqlite3_bind_int64(statement, 1, first);
	sqlite3_bind_int64(statement, 2, last);
	for (; sqlite3_step(statement) == SQLITE_ROW; rows++) /* an assertion each takes long */
		if (leaves_next(leaves, &row) != LEAVES_ROW || !same_row(statement, &row))
			ck_abort_msg("row %d, id %" PRId64, rows, row.id);
	ck_assert_int_eq(leaves_next(leaves, &row), LEAVES_END);
	ck_assert_int_eq(leaves_next(leaves, &row), LEAVES_END);
	sqlite3_finalize(statement);
	leaves_close(leaves);
	return rows;
}

START_TEST(leaves_tell_what_sqlite_tells)
{
	static const int sizes[] = {1024, 4096, 65536};
	_cleanup_free_ char *sql = text_format("PRAGMA page_size = %d", sizes[_i]);
	sqlite3 *db = make_file(sql);

	exec(db, TABLE MANY_ROWS);
	ck_assert_int_eq(compare_range(db, INT64_MIN, INT64_MAX), 5000);
	for (int64_t first = -2000; first < 3000; first += 250)
		ck_assert_int_gt(compare_range(db, first, first + 90), 40);
	ck_assert_int_gt(compare_range(db, -1000000, INT64_MAX), 3500);
	ck_assert_int_eq(compare_range(db, INT64_MAX, INT64_MAX), 0);
	ck_assert_int_eq(compare_range(db, INT64_MIN, INT64_MIN + 1), 0);
	exec(db, "DELETE FROM t");
	ck_assert_int_eq(compare_range(db, INT64_MIN, INT64_MAX), 0);
	sqlite3_close(db);
}
END_TEST

/* While they are open the file is as it is. */
START_TEST(leaves_keep_others_from_writing)
{
	sqlite3 *db = make_file(TABLE MANY_ROWS), *other;
	struct leaves *leaves = leaves_open(db, "t", COLUMNS, 1, 9);

	ck_assert(leaves);
	ck_assert_int_eq(sqlite3_open(scratch_file("table.db"), &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "DELETE FROM t", NULL, NULL, NULL), SQLITE_BUSY);
	leaves_close(leaves);
	ck_assert_int_eq(sqlite3_exec(other, "DELETE FROM t", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	sqlite3_close(db);
}
END_TEST

/* Where SQLite would tell something else than the bytes of the table's tree. */
START_TEST(leaves_are_not_read_of_other_tables)
{
	static const char *const tables[] = {
		"PRAGMA journal_mode = WAL;" TABLE,
		"PRAGMA encoding = 'UTF-16le';" TABLE,
		"CREATE TABLE t (id INTEGER PRIMARY KEY, number INTEGER, text TEXT, last REAL)",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT, number INTEGER, last INTEGER)",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, number INTEGER, text TEXT)",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, number INTEGER, text TEXT, lastly "
		"INTEGER)",
		"CREATE TABLE t (id INTEGER, number INTEGER, text TEXT, last INTEGER)",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, number INTEGER, text TEXT, last INTEGER) "
		"WITHOUT ROWID",
		"CREATE TABLE t (id INTEGER PRIMARY KEY, number INTEGER, text TEXT,"
		" last INTEGER AS (number))",
		"CREATE VIEW t AS SELECT 1 AS id, 2 AS number, 3 AS text, 4 AS last",
	};
	sqlite3 *db = make_file(tables[_i]);

	ck_assert_ptr_null(leaves_open(db, "t", COLUMNS, INT64_MIN, INT64_MAX));
	ck_assert_ptr_null(sqlite3_next_stmt(db, NULL));
	sqlite3_close(db);
}
END_TEST

/* The bulk ------------------------------------------------------------------------------------- */

struct seen {
	uint64_t sum;
	int rows, letters;
	bool by_sql;
};

static bool see(void *context, struct rows *rows)
{
	struct seen *seen = context;
	int64_t id = rows_id(rows), number = rows_int_or(rows, 0, INT64_MIN, INT64_MAX);
	const char *text = rows_text_or_null(rows);
	int64_t last = rows_int_or(rows, 5, INT64_MIN, 7);

	if (rows->failed)
		return true;
	seen->sum += (uint64_t)id * 3 + (uint64_t)number * 5 + (uint64_t)last;
	seen->letters += text ? (int)strlen(text) : 0;
	seen->by_sql |= !rows->leaves;
	seen->rows++;
	return false;
}

/* What is not plain is asked of SQLite from there on: each row once, and what is wrong told alike.
 */
START_TEST(bulk_goes_on_with_sqlite)
{
	static const struct {
		const char *spoil, *complaint; /* NULL: there is nothing to complain of */
	} cases[] = {
		{"UPDATE t SET text = hex(zeroblob(9000)) WHERE id = 700", NULL},
		{"UPDATE t SET text = 'a' || char(0) || 'b' WHERE id = 700", NULL},
		{"ALTER TABLE t ADD COLUMN more INTEGER", NULL},
		{"UPDATE t SET text = x'00' WHERE id = 700", "column text: not a text"},
		{"UPDATE t SET number = 1.5 WHERE id = 700", "column number: not an integer"},
		{"UPDATE t SET number = 'x' WHERE id = 700", "column number: not an integer"},
		{"UPDATE t SET last = 8 WHERE id = 700",
		 "column last: 8 is not within -9223372036"},
	};
	static const struct bulk bulk = {"t", COLUMNS, see};
	sqlite3 *db = make_file(TABLE MANY_ROWS "DELETE FROM t WHERE id < 1");
	struct seen before = {0}, after = {0}, of_sql = {0};
	struct arena *arena = arena_open();
	struct error err = {0}, same = {0};

	ck_assert_int_eq(rows_take_all(db, arena, &bulk, &before, &err), 0);
	ck_assert(!before.by_sql && before.rows > 2000);
	exec(db, cases[_i].spoil);
	int result = rows_take_all(db, arena, &bulk, &after, &err);

	exec(db, "PRAGMA journal_mode = WAL");
	ck_assert_int_eq(rows_take_all(db, arena, &bulk, &of_sql, &same), result);
	ck_assert_int_eq(result, cases[_i].complaint ? -1 : 0);
	ck_assert(of_sql.by_sql);
	ck_assert_int_eq(after.rows, of_sql.rows);
	ck_assert_uint_eq(after.sum, of_sql.sum);
	ck_assert_int_eq(after.letters, of_sql.letters);
	ck_assert_str_eq(err.text, same.text);
	if (result)
		ck_assert_msg(strstr(err.text, cases[_i].complaint) &&
				      strstr(err.text, "table t, row with id 700, "),
			      "%s", err.text);
	else
		ck_assert_int_eq(after.rows, before.rows);
	arena_close(arena);
	sqlite3_close(db);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: leaves");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, leaves_tell_what_sqlite_tells, 0, 3);
	tcase_add_test(tests, leaves_keep_others_from_writing);
	tcase_add_loop_test(tests, leaves_are_not_read_of_other_tables, 0, 10);
	tcase_add_loop_test(tests, bulk_goes_on_with_sqlite, 0, 7);
	return suite_run(suite);
}
