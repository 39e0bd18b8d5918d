#include "reports/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/invariant.h"
#include "base/printable.h"

static const char more[] = " ...";

void lines_begin(struct lines *lines, FILE *out, int columns, const char *head, int indent,
		 int most)
{
	CHECK(columns >= LINES_NARROWEST && most > 0);
	CHECK(indent >= 0);
	*lines = (struct lines){.out = out, .columns = columns, .left = most - 1};
	int most_indent = columns < LINES_WIDEST ? columns / 4 : columns / 2;

	lines->indent = indent < most_indent ? indent : most_indent;
	lines->blank = !*head;
	lines->used = *head ? escape_terminal(out, head, columns) : lines->indent;
	lines->fresh = true;
}

/* False: there is no other line. */
static bool turn(struct lines *lines)
{
	if (lines->left == 0) {
		lines->full = true;
		return false;
	}
	lines->left--;
	fprintf(lines->out, "%s%*s", lines->blank ? "" : "\n", lines->indent, "");
	lines->blank = false;
	lines->used = lines->indent;
	lines->fresh = true;
	return true;
}

/* Columns of this line that may be filled: on the last, what says that there was more must fit. */
static int room(const struct lines *lines)
{
	return lines->columns - lines->used - (lines->left ? 0 : (int)strlen(more));
}

static void print(struct lines *lines, const char *between, const char *text, int columns)
{
	if (lines->blank)
		fprintf(lines->out, "%*s", lines->indent, "");
	fputs(between, lines->out);
	lines->used += (int)strlen(between) + escape_terminal(lines->out, text, columns);
	CHECK(lines->used <= lines->columns);
	lines->fresh = lines->blank = false;
}

/* `text` whole, on this line or the next; `between` is printed before it unless it comes first on
 * its line, where a comma ends the line before. False: it fits on no line. */
static bool put(struct lines *lines, const char *between, const char *text)
{
	int columns = printable_columns(text);
	const char *before = lines->fresh ? "" : between;

	if (lines->full)
		return true;
	if (columns + (int)strlen(before) + 1 > room(lines)) { /* 1: a comma may follow */
		if (columns + 1 > lines->columns - lines->indent - (int)strlen(more))
			return false;
		if (*before == ',')
			fputc(',', lines->out);
		if (!turn(lines))
			return true;
		before = "";
	}
	print(lines, before, text, columns);
	return true;
}

/* A word longer than a line, on a line of its own. */
static void put_cut(struct lines *lines, const char *word)
{
	if (!lines->fresh && !turn(lines))
		return;
	if (room(lines) < 2 && !turn(lines))
		return;
	CHECK(room(lines) >= 2); /* a fresh line has it, or nothing would ever be printed */
	print(lines, "", word, room(lines) - 1);
}

static void say_words(struct lines *lines, const char *between, const char *sentence)
{
	char *words = printable_text(sentence), *rest = words, *word;

	while (!lines->full && (word = strsep(&rest, " "))) {
		if (!*word)
			continue;
		if (!put(lines, between, word))
			put_cut(lines, word);
		between = " ";
	}
	free(words);
}

void lines_add(struct lines *lines, const char *field)
{
	if (!put(lines, ", ", field))
		say_words(lines, ", ", field);
}

void lines_say(struct lines *lines, const char *sentence)
{
	say_words(lines, " ", sentence);
}

void lines_end(struct lines *lines)
{
	if (!lines->blank)
		fprintf(lines->out, "%s\n", lines->full ? more : "");
}

int lines_columns(int columns)
{
	if (columns < LINES_NARROWEST)
		return LINES_NARROWEST;
	return columns > LINES_WIDEST ? LINES_WIDEST : columns;
}
