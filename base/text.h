/* Small help with texts: copies that fit, the nearest known word, quoting for a shell. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Copies at most size - 1 bytes and always ends the string; true when all of it fitted. */
_Bool text_copy(char *into, size_t size, const char *from);

/* The known word with the smallest edit distance to `word`, or NULL when none is near (a distance
 * over half the word's length + 1 would be a guess). `known` ends with NULL. Borrows from `known`.
 */
const char *text_nearest(const char *word, const char *const *known);

/* Prints a word as a POSIX shell reads it back: as it is, or in single quotes. */
void text_print_quoted(FILE *out, const char *word);

#endif
