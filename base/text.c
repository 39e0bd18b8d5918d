#include "base/text.h"

#include <stdbool.h>
#include <string.h>

#include "base/invariant.h"

enum { LONGEST_WORD = 63 };

_Bool text_copy(char *into, size_t size, const char *from)
{
	size_t length = strlen(from);
	size_t kept = length < size ? length : size - 1;

	CHECK(size > 0);
	memcpy(into, from, kept);
	into[kept] = '\0';
	return kept == length;
}

FILE *text_begin(char **text, size_t *size)
{
	*text = NULL;
	FILE *out = open_memstream(text, size);

	CHECK_MEMORY(out);
	return out;
}

void text_end(FILE *out, char *const *text)
{
	bool whole = !ferror(out);

	CHECK_MEMORY(fclose(out) == 0 && whole && *text);
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

const char *text_nearest(const char *word, const char *const *known)
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

void text_print_quoted(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:,=+@%";

	if (*word && word[strspn(word, plain)] == '\0') {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++)
		fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, out);
	fputc('\'', out);
}
