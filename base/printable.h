/*
 * Text from outside (names, errors, notes, another program's complaint) made harmless for a
 * terminal. log_line, log_progress and log_result put all that they print through here; who writes
 * to a terminal in another way must do the same.
 *
 * UTF-8 is decoded strictly. U+FFFD stands for what must not pass: malformed bytes, control
 * characters (C0, DEL and C1, in one byte or two), noncharacters, and the marks that turn the
 * direction of writing round, with which a name could make a line read as something that it is not.
 * A newline or a tab becomes a blank: nobody but us begins a line.
 */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

#include <stdint.h>
#include <stdio.h>

/* One line; the caller frees. */
char *printable_text(const char *text);

/* Prints at most `columns` columns of it, with "~" at the end of what was cut. NULL prints nothing.
 * Returns the columns used. */
int printable_print(FILE *out, const char *text, int columns);

/* Columns that it takes when nothing is cut. */
int printable_columns(const char *text);

/* For those who escape for another place: the next code point, U+FFFD for what must not pass
 * (newline and tab do), 0 at the end. Moves *at past the bytes that it took. */
uint32_t printable_next(const char **at);
void printable_put(FILE *out, uint32_t point);

#endif
