/*
 * Lines for a terminal of so many columns, in which no figure is ever cut: what does not fit goes
 * to the next line, whole; only a word that is longer than a line is cut, and ends in "~".
 */
#ifndef REPORTS_LINES_H
#define REPORTS_LINES_H

#include <stdbool.h>
#include <stdio.h>

enum { LINES_NARROWEST = 20, LINES_WIDEST = 80 };

struct lines {
	FILE *out;
	int columns, indent, used;
	bool fresh; /* nothing on this line but its beginning */
	bool blank; /* which is not there yet: of the first line, begun without a head */
	int left;   /* lines that may still be begun */
	bool full;  /* there was more than fits into these */
};

/* Begins with `head`; the lines that follow begin in column `indent` (less on a narrow terminal).
 * At most `most` lines; without a head, and if nothing comes, there is none. */
void lines_begin(struct lines *lines, FILE *out, int columns, const char *head, int indent,
		 int most);

/* Text from outside may be in all of them. The next of several things, after a comma; and a
 * sentence. */
void lines_add(struct lines *lines, const char *field);
void lines_say(struct lines *lines, const char *sentence);

/* Of what a terminal has, what is filled: from LINES_NARROWEST to LINES_WIDEST. */
int lines_columns(int columns);

/* "..." at its end when there was more. */
void lines_end(struct lines *lines);

#endif
