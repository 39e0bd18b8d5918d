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
#include "history/leaves.h"

/* Far from the ends of int64_t, so that whoever adds or subtracts two instants cannot overflow. */
#define HISTORY_LAST_NS (INT64_C(1) << 61)

struct rows;

/* What rows_take reads: the first columns of a table, between ", "; the very first is the id. */
struct bulk {
	const char *table, *columns;
	/* Reads the row's columns, as after rows_next, in their order and from the id on; it may
	 * end early. True: rows_take is to pause behind it. A row that is refused may be shown to
	 * it once more. */
	bool (*each)(void *context, struct rows *rows);
};

struct rows {
	sqlite3 *db;
	sqlite3_stmt *statement;
	struct arena *arena;
	const char *table;
	const struct bulk *bulk; /* NULL: rows_open */
	int64_t first, last;     /* of the bulk: the ids that are wanted */
	struct leaves *leaves;   /* of the bulk: NULL when SQLite is asked */
	struct leaf_row leaf;    /* of these, the row at hand */
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
 * The bulk: each row of an id from `first` to `last`, by id. Where leaves.h can, it is read from
 * there, and by SQL from the first row on that is not plain; so whatever is wrong is told alike.
 * `bulk` is kept; `rows` must stay where it is.
 */
int rows_open_bulk(struct rows *rows, sqlite3 *db, struct arena *arena, const struct bulk *bulk,
		   int64_t first, int64_t last, struct error *err);
/* Until `each` wants a pause. False: there are no more rows, or rows_close says what is wrong. */
bool rows_take(struct rows *rows);

/* All of it at once. */
int rows_take_all(sqlite3 *db, struct arena *arena, const struct bulk *bulk, void *context,
		  struct error *err);

/* Private: the next column; what is no integer and not NULL is odd. Asked for once: each call by
 * row and column looks for the column anew. */
enum leaf_value rows_ask_integer(struct rows *rows, int64_t *number);
static inline enum leaf_value rows_next_integer(struct rows *rows, int64_t *number)
{
	return rows->leaves ? leaf_integer(&rows->leaf, number) : rows_ask_integer(rows, number);
}

/* Private: of the last column. Refusing returns `low`. */
int64_t rows_refuse_int(struct rows *rows, int64_t low, int64_t high);
static inline int64_t rows_int_within(struct rows *rows, enum leaf_value value, int64_t number,
				      int64_t low, int64_t high)
{
	if (value == LEAF_INTEGER && number >= low && number <= high)
		return number;
	return rows_refuse_int(rows, low, high);
}

/* The first column of the bulk: an id, from 1. */
static inline int64_t rows_id(struct rows *rows)
{
	int64_t number = rows->leaf.id;
	enum leaf_value value = rows->leaves ? LEAF_INTEGER : rows_ask_integer(rows, &number);

	return rows_int_within(rows, value, number, 1, INT64_MAX);
}

/* The next column: an integer within [low, high]; `absent` for NULL. Inline, as they are called for
 * most columns of every row. */
static inline int64_t rows_int(struct rows *rows, int64_t low, int64_t high)
{
	int64_t number = 0;
	enum leaf_value value = rows_next_integer(rows, &number);

	return rows_int_within(rows, value, number, low, high);
}

static inline int64_t rows_int_or(struct rows *rows, int64_t absent, int64_t low, int64_t high)
{
	int64_t number = 0;
	enum leaf_value value = rows_next_integer(rows, &number);

	return value == LEAF_NULL ? absent : rows_int_within(rows, value, number, low, high);
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

/* The next column, whatever it is, is of no interest. */
void rows_skip(struct rows *rows);

/* The next column, not of the bulk: a number; NAN for NULL. */
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
