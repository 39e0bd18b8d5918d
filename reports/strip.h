/*
 * Rows of bars under one axis of time. The names stand beside the drawings, as text of the page: so
 * they are as large on a phone as elsewhere, and never upon one another, however the bars are
 * stretched. Each bar leads to where it is told.
 */
#ifndef REPORTS_STRIP_H
#define REPORTS_STRIP_H

#include <stdio.h>

#include "reports/canvas.h"

struct strip {
	struct canvas canvas;
	int begun;                 /* the cell in which the last bar of the row began; -1: none */
	struct strip_bar {         /* it, until the next one comes; private */
		const char *class; /* static */
		double from_s, until_s;
		int more; /* that began within the same cell and are no longer */
		char href[40], title[160];
	} bar;
};

/* `name` is read to those who do not see it. */
void strip_begin(struct strip *strip, FILE *out, double length_s, const char *name);
/* id NULL: nothing leads here. The note (NULL: none) stands below the name, or behind it. */
void strip_begin_row(struct strip *strip, const char *id, const char *name, const char *note);
/* By their begins. Of bars that begin at one place, to the eye, the longest is drawn, so that a
 * row has a few hundred at most. Copies the texts, cut where they are too long. */
void strip_add(struct strip *strip, const char *class, double from_s, double until_s,
	       const char *href, const char *title);
/* What follows is drawn over what was, and may begin anywhere. */
void strip_begin_layer(struct strip *strip);
void strip_end_row(struct strip *strip);
/* The axis; then it is over. */
void strip_end(struct strip *strip);

#endif
