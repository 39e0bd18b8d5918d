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

#include "base/error.h"
#include "history/arena.h"

/* Far from the ends of int64_t, so that whoever adds or subtracts two instants cannot overflow. */
#define HISTORY_LAST_NS (INT64_C(1) << 61)

struct rows {
	sqlite3 *db;
	sqlite3_stmt *statement;
	struct arena *arena;
	const char *table;
	int64_t count;
	int column; /* the next one to be read */
	bool failed;
	struct error *err;
};

int rows_open(struct rows *rows, sqlite3 *db, struct arena *arena, const char *table,
	      const char *sql, struct error *err);
bool rows_next(struct rows *rows);
int rows_close(struct rows *rows);

/* The next column: an integer within [low, high]; `absent` for NULL. */
int64_t rows_int(struct rows *rows, int64_t low, int64_t high);
int64_t rows_int_or(struct rows *rows, int64_t absent, int64_t low, int64_t high);

/* The next column: an instant, not before `low`; `absent` for NULL. */
int64_t rows_ns(struct rows *rows);
int64_t rows_ns_or(struct rows *rows, int64_t absent, int64_t low);

/* The next column: a text in the arena; NULL for NULL. */
const char *rows_text(struct rows *rows);
const char *rows_text_or_null(struct rows *rows);

/* The next column: a number; NAN for NULL. */
double rows_real(struct rows *rows);

/* A row that contradicts itself or another one: `complaint` becomes the error. */
void rows_refuse(struct rows *rows, const char *complaint);

/* Room for one more element at the end of an array of `count`: its capacity is the next power of
 * two. The new element is zero. */
void *rows_grow(void *array, int count, size_t element_size);
#define ROWS_ADD(array, count)                                                                     \
	((array) = rows_grow((array), (count), sizeof(*(array))), &(array)[(count)++])

#endif
