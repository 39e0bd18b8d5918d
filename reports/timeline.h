/* A story drawn as inline SVG, and the same as a table for those who cannot or will not see it. */
#ifndef REPORTS_TIMELINE_H
#define REPORTS_TIMELINE_H

#include <stdio.h>

#include "reports/story.h"

/* `number` makes the ids of the drawing unique in the page. Stories without holds draw nothing. */
void timeline_draw(FILE *out, const struct story *story, int number);
void timeline_list(FILE *out, const struct story *story);

#endif
