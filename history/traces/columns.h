/* The columns of JSONL and CSV; docs/traces.md tells what each means. */
#ifndef HISTORY_TRACES_COLUMNS_H
#define HISTORY_TRACES_COLUMNS_H

#include "history/traces/scan.h"
#include "history/traces/teller.h"

enum { COLUMN_PRIVATE = -1 /* the recorder's own: it begins with x_ */ };

/* Reads a column's name: enum field, or COLUMN_PRIVATE. `seen` are the ones before it, a bit each.
 * Fails at one that nobody knows, which may be a known one misspelt, and at one that was seen: what
 * these tell would be lost in silence. */
bool column_read(struct scan *scan, struct slice name, unsigned *seen, int *column);

/* `"name":` of each column, in two words, and how much of these it fills. */
struct column_key {
	char text[2 * sizeof(uint64_t)];
	unsigned char mask[2 * sizeof(uint64_t)];
	size_t length;
};
extern const struct column_key column_keys[FIELDS_COUNT];

/* Behind `"name":` of this column, if exactly that stands there, and it is not among the `seen`: as
 * column_read would have it, but without a search; else NULL. As many bytes as a key has are
 * readable. */
static inline const char *column_foreseen(const char *at, int column, unsigned seen)
{
	const struct column_key *key = &column_keys[column];
	uint64_t found[2], text[2], mask[2];

	memcpy(found, at, sizeof(found));
	memcpy(text, key->text, sizeof(text));
	memcpy(mask, key->mask, sizeof(mask));
	if (((found[0] ^ text[0]) & mask[0]) || ((found[1] ^ text[1]) & mask[1]) ||
	    seen & 1U << column)
		return NULL;
	return at + key->length;
}

#endif
