/*
 * The rows of one table, read where SQLite keeps them: on the leaves of the table's tree, whose
 * format is documented and does not change (https://www.sqlite.org/fileformat2.html, 1.6, 2.1).
 * To ask SQLite for each value of each row takes five times as long, and would be most of a check.
 *
 * Only what is plain is read here: integers and texts of a table that is declared so, within their
 * page, ids that grow. Whatever else comes, and whatever fails, ends the reading; from that row on
 * SQLite is to be asked, which also says what is wrong (row.c does so). So nothing of a file is
 * refused here, and none of its bytes is trusted.
 */
#ifndef HISTORY_LEAVES_H
#define HISTORY_LEAVES_H

#include <endian.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A row: its id, and the columns that were not yet read: their types, and their bytes, behind which
 * 8 more are readable. That the columns which were asked for are there was seen to. */
struct leaf_row {
	int64_t id;
	const unsigned char *type, *value;
};

enum leaf_value { LEAF_NULL, LEAF_INTEGER, LEAF_TEXT, LEAF_ODD };

struct leaves;

/* Rows of ids from `first` to `last`, whose first columns are these, between ", "; the very first
 * is the id. While they are open nobody writes the file. NULL: they cannot be read here. */
struct leaves *leaves_open(sqlite3 *db, const char *table, const char *columns, int64_t first,
			   int64_t last);
void leaves_close(struct leaves *leaves); /* NULL is fine */

/* LEAVES_STRANGE: from here on, ask SQLite. */
enum leaves_next { LEAVES_ROW, LEAVES_END, LEAVES_STRANGE };
enum leaves_next leaves_next(struct leaves *leaves, struct leaf_row *row);

/* The next column. LEAF_ODD: it is no integer. Inline, as it is called for most columns of every
 * row.
 */
static inline enum leaf_value leaf_integer(struct leaf_row *row, int64_t *number)
{
	static const uint8_t sizes[] = {0, 1, 2, 3, 4, 6, 8};
	unsigned type = *row->type++;
	uint64_t bytes;

	if (type == 0)
		return LEAF_NULL;
	if (type == 8 || type == 9) { /* 0 and 1 have no bytes */
		*number = (int64_t)type - 8;
		return LEAF_INTEGER;
	}
	if (type >= sizeof(sizes))
		return LEAF_ODD;
	memcpy(&bytes, row->value, sizeof(bytes));
	*number = (int64_t)be64toh(bytes) >> (64 - 8 * sizes[type]);
	row->value += sizes[type];
	return LEAF_INTEGER;
}

/* The next column, up to its first 0 as SQLite tells texts. LEAF_ODD: it is no text. */
enum leaf_value leaf_text(struct leaf_row *row, const char **text, size_t *length);

/* Passes over the next column. */
void leaf_skip(struct leaf_row *row);

#endif
