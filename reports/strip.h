/*
 * Rows of bars under one axis of time. The names stand beside the drawings, as text of the page: so
 * they are as large on a phone as elsewhere, and never upon one another, however the bars are
 * stretched. Each bar leads to where it is told.
 */
#ifndef REPORTS_STRIP_H
#define REPORTS_STRIP_H

#include <stdio.h>

#include "reports/canvas.h"

enum {
	STRIP_LONG = CANVAS_WIDTH - CANVAS_LEFT - CANVAS_RIGHT,
	STRIP_CELL = 3, /* of the canvas's units; bars that begin within one cannot be told apart */
	STRIP_CELLS = STRIP_LONG / STRIP_CELL + 1,
};

struct strip_bar {
	const char *class; /* static; NULL: none begins in this cell */
	double from_s, until_s;
	int more; /* that began within the same cell and are no longer */
	char href[40], title[160];
};

struct strip {
	struct canvas canvas;
	struct strip_bar bar[STRIP_CELLS]; /* private: of the layer, until it is over */
};

/* `name` is read to those who do not see it. */
void strip_begin(struct strip *strip, FILE *out, double length_s, const char *name);
/* id NULL: nothing leads here. The note (NULL: none) stands below the name, or behind it. */
void strip_begin_row(struct strip *strip, const char *id, const char *name, const char *note);
/* In any order. Of bars that begin at one place, to the eye, the longest is drawn, so that a row
 * has a few hundred at most. Copies the texts, cut where they are too long. */
void strip_add(struct strip *strip, const char *class, double from_s, double until_s,
	       const char *href, const char *title);
/* What follows is drawn over what was. */
void strip_begin_layer(struct strip *strip);
void strip_end_row(struct strip *strip);
/* The axis; then it is over. */
void strip_end(struct strip *strip);

#endif
