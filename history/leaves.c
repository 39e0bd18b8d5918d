/*
 * Theory of operation. A table is a tree of pages. An inner page names its children and, of each
 * but the last, the greatest id beneath; all leaves are equally deep. leaves_open walks the inner
 * pages once and notes the leaves that may have wanted ids; then leaves_next reads these one by
 * one, each into the same memory.
 *
 * Pages come through SQLite's own handle of the file: a second one, when it is closed, would let go
 * of the locks of the first. A statement that stands on a row meanwhile keeps the file from being
 * written. In WAL mode the newest pages are elsewhere: such a file is not read here.
 */
#include "history/leaves.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"

enum {
	HEADER = 100 /* of the file, on page 1 */,
	DEEPEST = 16,
	INNER_PAGE = 5,
	LEAF_PAGE = 13,
	SLACK = 8 /* readable behind a page */
};

struct leaves {
	sqlite3_stmt *hold; /* on its row: nobody writes */
	sqlite3_file *file;
	uint32_t page_size, usable, pages;
	uint32_t read; /* inner pages, so far: in a tree each is there once */
	int64_t first, last;

	uint32_t *leaf, leaves, leaf_room, next;
	unsigned char *page;           /* the leaf at hand */
	uint32_t cell, cells, columns; /* columns: asked for */
	bool has_row;
	int64_t id; /* of the last row */
};

static uint32_t get_2(const unsigned char *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t get_4(const unsigned char *at)
{
	return get_2(at) << 16 | get_2(at + 2);
}

/* 7 bits in each byte, the ninth counts whole. NULL: it does not end. */
static const unsigned char *read_varint(const unsigned char *at, const unsigned char *end,
					uint64_t *number)
{
	*number = 0;
	for (int i = 0; at < end; i++, at++) {
		if (i == 8) {
			*number = *number << 8 | *at;
			return at + 1;
		}
		*number = *number << 7 | (*at & 0x7f);
		if (!(*at & 0x80))
			return at + 1;
	}
	return NULL;
}

/* Pages ---------------------------------------------------------------------------------------- */

static bool read_file(struct leaves *leaves, void *into, uint32_t size, int64_t at)
{
	return leaves->file->pMethods->xRead(leaves->file, into, (int)size, at) == SQLITE_OK;
}

static bool read_page(struct leaves *leaves, uint32_t number, unsigned char *page)
{
	/* The first one has the file's header too; no table of ours is there. */
	return number > 1 && number <= leaves->pages &&
	       read_file(leaves, page, leaves->page_size,
			 (int64_t)(number - 1) * leaves->page_size);
}

/* Where a cell begins; NULL: not on the page, behind the list of cells. */
static const unsigned char *find_cell(const struct leaves *leaves, const unsigned char *page,
				      uint32_t cell)
{
	bool inner = *page == INNER_PAGE;
	uint32_t header = inner ? 12 : 8, cells = get_2(page + 3);

	if (header + 2 * cells > leaves->usable)
		return NULL;
	uint32_t at = get_2(page + header + 2 * cell);

	return at >= header + 2 * cells && at < leaves->usable ? page + at : NULL;
}

/* A child of an inner page, and the greatest id that may be beneath it. */
static bool read_child(const struct leaves *leaves, const unsigned char *page, uint32_t cell,
		       uint32_t *child, int64_t *greatest)
{
	uint64_t key;

	if (cell == get_2(page + 3)) {
		*child = get_4(page + 8);
		*greatest = INT64_MAX;
		return true;
	}
	const unsigned char *at = find_cell(leaves, page, cell), *end = page + leaves->usable;

	if (!at || end - at < 5 || !read_varint(at + 4, end, &key))
		return false;
	*child = get_4(at);
	*greatest = (int64_t)key;
	return true;
}

static bool note_leaves(struct leaves *leaves, uint32_t number, int depth);

/* Of the children that may have wanted ids; `depth`: of these, 0 for leaves. */
static bool note_children(struct leaves *leaves, const unsigned char *page, int depth)
{
	int64_t before = INT64_MIN, greatest;
	uint32_t child;

	for (uint32_t i = 0; i <= get_2(page + 3) && before < leaves->last; i++) {
		if (!read_child(leaves, page, i, &child, &greatest) || greatest < before)
			return false;
		if (greatest >= leaves->first && !note_leaves(leaves, child, depth))
			return false;
		before = greatest;
	}
	return true;
}

static bool note_leaves(struct leaves *leaves, uint32_t number, int depth)
{
	if (depth == 0) {
		ARRAY_GROW(leaves->leaf, leaves->leaves, leaves->leaf_room);
		leaves->leaf[leaves->leaves++] = number;
		return leaves->leaves <= leaves->pages;
	}
	_cleanup_free_ unsigned char *page = array_new(leaves->page_size, 1);

	return leaves->read++ < leaves->pages && read_page(leaves, number, page) &&
	       *page == INNER_PAGE && note_children(leaves, page, depth - 1);
}

/* How many pages stand above a leaf. -1: the tree is none. */
static int find_depth(struct leaves *leaves, uint32_t root)
{
	int64_t greatest;

	for (int depth = 0; depth < DEEPEST && read_page(leaves, root, leaves->page); depth++) {
		if (*leaves->page == LEAF_PAGE)
			return depth;
		if (*leaves->page != INNER_PAGE ||
		    !read_child(leaves, leaves->page, 0, &root, &greatest))
			break;
	}
	return -1;
}

/* The file ------------------------------------------------------------------------------------- */

static bool read_header(struct leaves *leaves, sqlite3 *db)
{
	unsigned char header[HEADER];
	sqlite3_int64 size;

	if (sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &leaves->file) !=
		    SQLITE_OK ||
	    !leaves->file->pMethods || !read_file(leaves, header, sizeof(header), 0) ||
	    leaves->file->pMethods->xFileSize(leaves->file, &size) != SQLITE_OK)
		return false;
	leaves->page_size = get_2(header + 16) == 1 ? 65536 : get_2(header + 16);
	leaves->usable = leaves->page_size - header[20];
	if (leaves->page_size < 512 || leaves->usable < 480)
		return false;
	leaves->pages = (uint32_t)(size / leaves->page_size);
	bool has_no_wal = header[18] == 1 && header[19] == 1, utf_8 = get_4(header + 56) == 1;

	return has_no_wal && utf_8;
}

/* The root of a table whose columns are, and are declared, as those of ours: 0 for none. */
static uint32_t find_root(struct leaves *leaves, sqlite3 *db, const char *table,
			  const char *columns)
{
	static const char sql[] =
		"SELECT rootpage, (SELECT group_concat(name, ', ') || ', ' FROM"
		"  (SELECT name FROM pragma_table_xinfo(?1) ORDER BY cid)) "
		"FROM sqlite_schema WHERE type = 'table' AND name = ?1 AND NOT EXISTS"
		" (SELECT * FROM pragma_table_xinfo(?1) WHERE hidden OR"
		"  type NOT IN ('INTEGER', 'TEXT') OR (pk > 0) <> (name = 'id'))";
	size_t length = strlen(columns);

	if (sqlite3_prepare_v2(db, sql, -1, &leaves->hold, NULL) != SQLITE_OK ||
	    sqlite3_bind_text(leaves->hold, 1, table, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_step(leaves->hold) != SQLITE_ROW)
		return 0;
	const char *found = (const char *)sqlite3_column_text(leaves->hold, 1);

	if (!found || strncmp(found, columns, length) != 0 || strncmp(found + length, ", ", 2) != 0)
		return 0;
	sqlite3_int64 root = sqlite3_column_int64(leaves->hold, 0);

	return root > 0 && root <= UINT32_MAX ? (uint32_t)root : 0;
}

struct leaves *leaves_open(sqlite3 *db, const char *table, const char *columns, int64_t first,
			   int64_t last)
{
	struct leaves *leaves;
	int depth = -1;

	ARRAY_NEW(leaves, 1);
	leaves->first = first;
	leaves->last = last;
	leaves->columns = 1;
	for (const char *c = columns; *c; c++)
		leaves->columns += *c == ',';
	uint32_t root = find_root(leaves, db, table, columns);

	if (root && read_header(leaves, db)) {
		leaves->page = array_new(leaves->page_size + SLACK, 1);
		depth = find_depth(leaves, root);
	}
	if (depth >= 0 && note_leaves(leaves, root, depth))
		return leaves;
	leaves_close(leaves);
	return NULL;
}

void leaves_close(struct leaves *leaves)
{
	if (!leaves)
		return;
	sqlite3_finalize(leaves->hold);
	free(leaves->leaf);
	free(leaves->page);
	free(leaves);
}

/* Rows ----------------------------------------------------------------------------------------- */

/* How many bytes a column of this type fills. */
static uint64_t size_of(uint64_t type)
{
	static const uint8_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};

	return type < sizeof(sizes) ? sizes[type] : (type - 12) / 2;
}

/* The columns that are asked for, behind the id, are there and end before `end`; the last one of
 * all ends there. */
static bool has_columns(const struct leaves *leaves, const struct leaf_row *row,
			const unsigned char *end)
{
	const unsigned char *at = row->type;
	uint64_t type, left = (uint64_t)(end - row->value);

	for (uint32_t i = 1; i < leaves->columns; i++) {
		if (at < row->value && *at < 0x80)
			type = *at++;
		else if (!(at = read_varint(at, row->value, &type)) || type < 0x80)
			return false; /* or in more bytes than it needs */
		if (type == 10 || type == 11 /* mean nothing */ || size_of(type) > left)
			return false;
		left -= size_of(type);
	}
	return at < row->value || left == 0;
}

/* Whole on its page; its first column is the id, which stands before it. */
static bool read_row(const struct leaves *leaves, struct leaf_row *row)
{
	const unsigned char *at = find_cell(leaves, leaves->page, leaves->cell);
	const unsigned char *end = leaves->page + leaves->usable;
	uint64_t size, id, header;

	if (!at || !(at = read_varint(at, end, &size)) || !(at = read_varint(at, end, &id)) ||
	    size > leaves->usable - 35 /* more would be on other pages */ ||
	    size > (uint64_t)(end - at))
		return false;
	end = at + size;
	row->id = (int64_t)id;
	row->type = read_varint(at, end, &header);
	if (!row->type || header > size || at + header <= row->type || *row->type++ != 0)
		return false;
	row->value = at + header;
	return has_columns(leaves, row, end);
}

static bool read_leaf(struct leaves *leaves)
{
	if (!read_page(leaves, leaves->leaf[leaves->next++], leaves->page) ||
	    *leaves->page != LEAF_PAGE)
		return false;
	leaves->cell = 0;
	leaves->cells = get_2(leaves->page + 3);
	return true;
}

enum leaves_next leaves_next(struct leaves *leaves, struct leaf_row *row)
{
	for (;;) {
		while (leaves->cell == leaves->cells) {
			if (leaves->next == leaves->leaves)
				return LEAVES_END;
			if (!read_leaf(leaves))
				return LEAVES_STRANGE;
		}
		if (!read_row(leaves, row) || (leaves->has_row && row->id <= leaves->id))
			return LEAVES_STRANGE;
		leaves->has_row = true;
		leaves->id = row->id;
		leaves->cell++;
		if (row->id > leaves->last)
			return LEAVES_END;
		if (row->id >= leaves->first)
			return LEAVES_ROW;
	}
}

/* Columns -------------------------------------------------------------------------------------- */

static uint64_t next_type(struct leaf_row *row)
{
	uint64_t type;

	row->type = read_varint(row->type, row->value, &type);
	CHECK(row->type); /* has_columns */
	return type;
}

enum leaf_value leaf_text(struct leaf_row *row, const char **text, size_t *length)
{
	uint64_t type = next_type(row);

	if (type == 0)
		return LEAF_NULL;
	if (type < 13 || type % 2 == 0)
		return LEAF_ODD;
	*text = (const char *)row->value;
	*length = strnlen(*text, size_of(type));
	row->value += size_of(type);
	return LEAF_TEXT;
}

void leaf_skip(struct leaf_row *row)
{
	row->value += size_of(next_type(row));
}
