/* What the files of the story share: private to them. */
#ifndef REPORTS_STORY_PARTS_H
#define REPORTS_STORY_PARTS_H

#include "reports/story.h"

/* The instant in the story's time. */
double story_seconds(const struct story *story, int64_t at_ns);

/* Finds the instants to tell: all that the evidence names, and of the others the weightiest. */
void story_find_points(struct story *story, const struct lane_history *lane);

#endif
