/*
 * What the drawings are made with: rows below one another that share one axis of time, and texts
 * that know how much room they take, so that none is put upon another. Which font a browser takes
 * is not known; widths are those of DejaVu Sans, which is among the widest.
 */
#ifndef REPORTS_CANVAS_H
#define REPORTS_CANVAS_H

#include <stdbool.h>
#include <stdio.h>

enum {
	CANVAS_WIDTH = 960,
	CANVAS_LEFT = 176, /* of the axis; names of rows stand before it */
	CANVAS_RIGHT = 18,
	CANVAS_AXIS = 34,
	CANVAS_LABELS = 128, /* in one band of labels */
};

enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

struct canvas {
	FILE *out;
	double from_s, until_s; /* from_s < until_s */
	int number;             /* of the drawing in the page: for ids */
	double y;               /* top of the next row */
};

/* Where the instant lies; what is outside lies on the edge. */
double canvas_x(const struct canvas *canvas, double at_s);
bool canvas_shows(const struct canvas *canvas, double at_s);

/* A bar from one instant to another, never so short that it cannot be seen; none where either is
 * unknown (NAN) or nothing of it is shown. False: there is none. */
bool canvas_bar(const struct canvas *canvas, const char *class, double from_s, double until_s,
		double y, double height);
void canvas_line(const struct canvas *canvas, const char *class, double x1, double y1, double x2,
		 double y2);

/* Classes of text and their sizes: "row" 14 px bold, "name" 13 px, "guilty" 13 px bold, "small" and
 * "mark" 12 px, "number" 11 px bold. */
double canvas_text_width(const char *class, const char *text);
/* All texts of a drawing go through here; escaped. */
void canvas_text(const struct canvas *canvas, const char *class, double x, double y,
		 enum anchor anchor, const char *text);
/* The same, cut to a width, with "..." at its end. */
void canvas_text_within(const struct canvas *canvas, const char *class, double x, double y,
			double width, const char *text);

/* A row's name on the left, and what stands below it (NULL: nothing). */
void canvas_row_name(const struct canvas *canvas, double y, const char *name, const char *under);

/*
 * A band of labels in one line, each over its place as nearly as may be and none upon another.
 * Those that must stand push the others aside or away. After label_place x is the middle of each;
 * one without room, and not needed, has `shown` false.
 */
struct label_band {
	int labels;
	struct band_label {
		double wanted_x, x, width;
		bool needed, shown;
		int what; /* the caller's */
	} label[CANVAS_LABELS];
};

void label_add(struct label_band *band, double x, double width, bool needed, int what);
void label_place(struct label_band *band);

/* 1, 2 or 5 times a power of ten, so that at most so many fit into the span, which is > 0. */
double canvas_round_step(double span, int most);

/* The axis, labelled in round steps; it is the last row. */
void canvas_axis(struct canvas *canvas);

#endif
