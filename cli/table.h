/*
 * A table in words, for a reader at a terminal (80 columns) or, in Markdown, for a document.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stdio.h>

/* A row's cells, or the heads: table_row(table, CELLS("a", "b")). */
#define CELLS(...) ((const char *const[]){__VA_ARGS__, NULL})

struct table {
	FILE *out;
	bool markdown;
	const char *const *head; /* borrowed until the last row */
};

/* Once, before the rows; at least two. */
void table_head(struct table *table, const char *const *head);

/* As many cells as heads. The first is the word that the row is about, the second is never empty.
 * Words to type stand between back quotes, but for the first. */
void table_row(const struct table *table, const char *const *cell);

#endif
