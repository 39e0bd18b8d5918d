/*
 * The packet that did it: a story's requests and answers between the workers, the members that they
 * asked and the store, in the order of time. Only what the capture shows is a row; what it meant is
 * told by the rows of the history. Drawn on the page and on a terminal from the same data.
 */
#ifndef REPORTS_DIAGRAM_H
#define REPORTS_DIAGRAM_H

#include <stdio.h>

#include "reports/story.h"

enum {
	DIAGRAM_ACTORS = STORY_HOLDS + STORY_MESSAGES + 1,
	/* each request, sent again, and its answer, sent again; a fault's begin and end */
	DIAGRAM_ROWS = 4 * STORY_MESSAGES + 2,
};

struct diagram {
	int actors; /* a column each; called A, B, C ... */
	struct diagram_actor {
		char name[96];
		int hold, member; /* an index; -1: it is none. Neither: the store */
	} actor[DIAGRAM_ACTORS];
	int rows;
	struct diagram_row {
		double at_s;
		int from, to; /* actors; -1: no message, but a fault that begins or ends */
		int message;  /* of the story; -1 */
		bool lost;    /* no sign that it arrived */
		bool is_proof;
		int under_fault; /* the actor that is under the guilty fault here; -1: none */
		char text[160];
	} row[DIAGRAM_ROWS];
};

/* Nothing is in it when no packet of the story was read. */
void diagram_build(const struct story *story, struct diagram *diagram);

/* Why it is empty: one sentence; NULL: it is not. */
const char *diagram_why_empty(const struct story *story, const struct diagram *diagram);

/* "none-0-1, the holder"; the caller frees. */
char *diagram_describe_actor(const struct story *story, const struct diagram_actor *actor);

/* diagram_page.c: HTML. Of a story without holds, nothing. */
void diagram_write(FILE *out, const struct story *story);

/* diagram_text.c: lines of so many columns. `boxes`: the terminal can show box drawing. */
void diagram_print(FILE *out, const struct story *story, int columns, bool boxes);

#endif
