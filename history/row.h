/*
 * Rows from a file that somebody else may have written: every value is checked against what it may
 * be, and the first one that is wrong becomes the one error, with file, table, row and column.
 *
 *	struct rows rows;
 *	if (rows_open(&rows, db, arena, "arm", "SELECT id, name FROM arm", err))
 *		return -1;
 *	while (rows_next(&rows)) {
 *		id = rows_int(&rows, 0, INT_MAX);
 *		name = rows_text(&rows);
 *	}
 *	return rows_close(&rows);
 *
 * After an error the values are meaningless (a lower bound, an empty text), and rows_next ends.
 */
#ifndef HISTORY_ROW_H
#define HISTORY_ROW_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "history/arena.h"

/* Far from the ends of int64_t, so that whoever adds or subtracts two instants cannot overflow. */
#define HISTORY_LAST_NS (INT64_C(1) << 61)

struct rows;

/* What rows_take reads. */
struct bulk {
	const char *table;
	const char *columns;   /* names, or NULL for one that is not to be read, between ", " */
	const char *condition; /* SQL; its parameter, if it has one, is ?1 */
	/* Reads the row's columns, as after rows_next. True: rows_take is to pause behind it. */
	bool (*each)(void *context, struct rows *rows);
};

struct rows {
	sqlite3 *db;
	sqlite3_stmt *statement;
	struct arena *arena;
	const char *table;
	const struct bulk *bulk; /* NULL: rows_open */
	sqlite3_value **value;   /* of the bulk: the columns of the row, while `each` reads it */
	void *context;           /* of bulk->each: whoever opens sets it */
	int64_t count;
	int column; /* the next one to be read */
	bool failed, ended;
	struct error *err;
};

int rows_open(struct rows *rows, sqlite3 *db, struct arena *arena, const char *table,
	      const char *sql, struct error *err);
bool rows_next(struct rows *rows);
int rows_close(struct rows *rows);

/*
 * The bulk: each row that fulfils the condition, in the order of the table, is taken from within
 * SQLite, by a function of ours in its SQL. Asking it from outside for a row, and for each of the
 * values, takes twice as long. `bulk` is kept; `rows` must stay where it is.
 */
int rows_open_bulk(struct rows *rows, sqlite3 *db, struct arena *arena, const struct bulk *bulk,
		   struct error *err);
/* Until `each` wants a pause. False: there are no more rows, or rows_close says what is wrong. */
bool rows_take(struct rows *rows);

/* All of it at once, with ?1 bound to `parameter` where the condition has one. */
int rows_take_all(sqlite3 *db, struct arena *arena, const struct bulk *bulk, int64_t parameter,
		  void *context, struct error *err);

/* Once for each connection that rows_open_bulk is to be used on. */
int rows_enable_bulk(sqlite3 *db, struct error *err);

/* The next column. Asked for once: each call by row and column looks for the column anew. */
static inline sqlite3_value *rows_next_value(struct rows *rows, int *type)
{
	int column = rows->column++;
	sqlite3_value *value =
		rows->value ? rows->value[column] : sqlite3_column_value(rows->statement, column);

	*type = sqlite3_value_type(value);
	return value;
}

/* Private: of the last column. Refusing returns `low`. */
int64_t rows_refuse_int(struct rows *rows, sqlite3_value *value, int64_t low, int64_t high);
static inline int64_t rows_int_of(struct rows *rows, sqlite3_value *value, int type, int64_t low,
				  int64_t high)
{
	int64_t number = type == SQLITE_INTEGER ? sqlite3_value_int64(value) : 0;

	if (type == SQLITE_INTEGER && number >= low && number <= high)
		return number;
	return rows_refuse_int(rows, value, low, high);
}

/* The next column: an integer within [low, high]; `absent` for NULL. Inline, as they are called for
 * most columns of every row. */
static inline int64_t rows_int(struct rows *rows, int64_t low, int64_t high)
{
	int type;
	sqlite3_value *value = rows_next_value(rows, &type);

	return rows_int_of(rows, value, type, low, high);
}

static inline int64_t rows_int_or(struct rows *rows, int64_t absent, int64_t low, int64_t high)
{
	int type;
	sqlite3_value *value = rows_next_value(rows, &type);

	return type == SQLITE_NULL ? absent : rows_int_of(rows, value, type, low, high);
}

/* The next column: an instant, not before `low`; `absent` for NULL. */
static inline int64_t rows_ns(struct rows *rows)
{
	return rows_int(rows, 0, HISTORY_LAST_NS);
}

static inline int64_t rows_ns_or(struct rows *rows, int64_t absent, int64_t low)
{
	return rows_int_or(rows, absent, low, HISTORY_LAST_NS);
}

/* The next column: a text in the arena; NULL for NULL. */
const char *rows_text(struct rows *rows);
const char *rows_text_or_null(struct rows *rows);

/* The next column: a number; NAN for NULL. */
double rows_real(struct rows *rows);

/* A row that contradicts itself or another one: `complaint` becomes the error. */
void rows_refuse(struct rows *rows, const char *complaint);

/* Room for one more element at the end of an array of `count`: its capacity is the next power of
 * two. What is in the new element is not told, or, with ROWS_ADD, zero. */
void *rows_double(void *array, int count, size_t element_size);
static inline void *rows_room(void *array, int count, size_t element_size)
{
	return (count & (count - 1)) == 0 ? rows_double(array, count, element_size) : array;
}

static inline void *rows_zero_room(void *array, int count, size_t element_size)
{
	array = rows_room(array, count, element_size);
	memset((char *)array + (size_t)count * element_size, 0, element_size);
	return array;
}

#define ROWS_APPEND(array, count)                                                                  \
	((array) = rows_room((array), (count), sizeof(*(array))), &(array)[(count)++])
#define ROWS_ADD(array, count)                                                                     \
	((array) = rows_zero_room((array), (count), sizeof(*(array))), &(array)[(count)++])

#endif
