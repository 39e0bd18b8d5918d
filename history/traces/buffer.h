/*
 * A text under construction: always followed by a NUL, kept and filled again from text to text.
 * Zeroed is empty; buffer_free at the end.
 */
#ifndef HISTORY_TRACES_BUFFER_H
#define HISTORY_TRACES_BUFFER_H

#include <stddef.h>

#include "history/traces/scan.h"

struct buffer {
	char *text;
	size_t length, capacity;
};

void buffer_free(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
void buffer_add(struct buffer *buffer, const char *bytes, size_t length);
void buffer_add_char(struct buffer *buffer, char c);

/* The inside of a string literal of JSON or EDN, which has been scanned: what it stands for. A NUL,
 * and half of a surrogate pair, which have no UTF-8 that could be kept, stay escaped. */
void buffer_add_unescaped(struct buffer *buffer, struct slice inside);

/* The same as an EDN string in its one canonical form, with its quotes. */
void buffer_add_edn_string(struct buffer *buffer, struct slice inside);

/* A plain text (not escaped) as an EDN string. */
void buffer_add_quoted(struct buffer *buffer, struct slice plain);

/* The members of a set or a map have no order: the texts from `from` on, each ending where `ends`
 * says, are put into the order of their bytes, with spaces between. */
void buffer_sort(struct buffer *buffer, size_t from, const size_t *ends, size_t count);

#endif
