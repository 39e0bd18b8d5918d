/* Words out of a list that is known: which one it is, and which one was meant. Every list ends with
 * NULL. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <stddef.h>

int word_count(const char *const *known);

/* Its place in the list; -1: it is none of them. */
int word_index(const char *word, const char *const *known);

/* The known word with the smallest edit distance to `word`, or NULL when none is near (a distance
 * over half the word's length + 1 would be a guess). Borrows from `known`. */
const char *word_nearest(const char *word, const char *const *known);

/* "; did you mean 'pause'?", or "" when none is near: the end of a refusal. */
struct word_hint {
	char text[100];
};
struct word_hint word_hint(const char *word, const char *const *known);

/* "one, two, three", cut off where it does not fit. Returns text. */
const char *word_list(char *text, size_t size, const char *const *known);

#endif
