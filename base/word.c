#include "base/word.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_WORD = 63 };

int word_count(const char *const *known)
{
	int count = 0;

	while (known[count])
		count++;
	return count;
}

int word_index(const char *word, const char *const *known)
{
	for (int i = 0; known[i]; i++)
		if (strcmp(word, known[i]) == 0)
			return i;
	return -1;
}

static int smallest(int a, int b, int c)
{
	int low = a < b ? a : b;

	return low < c ? low : c;
}

/* Levenshtein's distance, one row at a time; words past LONGEST_WORD are never near. */
static int distance(const char *a, const char *b)
{
	int row[LONGEST_WORD + 1];
	int width = (int)strlen(b);

	if (strlen(a) > LONGEST_WORD || width > LONGEST_WORD)
		return LONGEST_WORD;
	for (int j = 0; j <= width; j++)
		row[j] = j;
	for (int i = 1; a[i - 1]; i++) {
		int diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= width; j++) {
			int above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1,
					  diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[width];
}

const char *word_nearest(const char *word, const char *const *known)
{
	const char *best = NULL;
	int best_distance = (int)strlen(word) / 2 + 2;

	for (; *known; known++) {
		int d = distance(word, *known);

		if (d < best_distance) {
			best = *known;
			best_distance = d;
		}
	}
	return best;
}

struct word_hint word_hint(const char *word, const char *const *known)
{
	const char *near = word_nearest(word, known);
	struct word_hint hint = {""};

	if (near)
		snprintf(hint.text, sizeof(hint.text), "; did you mean '%s'?", near);
	return hint;
}

const char *word_list(char *text, size_t size, const char *const *known)
{
	size_t used = 0;

	*text = '\0';
	for (int i = 0; known[i] && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", known[i]);
	return text;
}
