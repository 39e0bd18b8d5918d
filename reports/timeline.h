/* Draws a story, and lists it in words. */
#ifndef REPORTS_TIMELINE_H
#define REPORTS_TIMELINE_H

#include <stdio.h>

#include "reports/canvas.h"
#include "reports/story.h"

/* The drawing, an SVG; `number` is that of the story in the page, from 1. Nothing without holds. */
void timeline_draw(FILE *out, const struct story *story, int number);

/* The numbered sentences: what the numbers in the drawing stand for. */
void timeline_tell(FILE *out, const struct story *story);

/* Everything that is drawn, instant by instant, as a table. */
void timeline_list(FILE *out, const struct story *story);

/* Rows of a drawing, for other drawings too; each moves canvas->y below itself. */
/* A line for each fault, with its name; its shade reaches down to `bottom`. The shades are drawn
 * first, so that all else lies upon them. */
void timeline_faults(struct canvas *canvas, const struct story *story, double bottom);
void timeline_hold(struct canvas *canvas, const struct story *story, int hold);
void timeline_store(struct canvas *canvas, const struct story *story);
/* What belongs to none of the holds: a member's word on a key, an operation outside every attempt.
 */
void timeline_told(struct canvas *canvas, const struct story *story);
enum { TIMELINE_TOLD = 40 }; /* its height */
/* What timeline_faults, timeline_hold and timeline_store take, in all. */
double timeline_height(const struct story *story);

/* The pattern that rows refer to; once in each drawing. */
void timeline_pattern(const struct canvas *canvas);

#endif
