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

/* Passes over `"name":` of this column, if exactly that stands there, for the first time: as
 * column_read would have it, but without a search. */
bool column_foreseen(struct scan *scan, int column, unsigned *seen);

#endif
