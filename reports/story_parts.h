/* What the files of the story share: private to them. */
#ifndef REPORTS_STORY_PARTS_H
#define REPORTS_STORY_PARTS_H

#include "base/clock.h"
#include "reports/story.h"

/* The instant in the story's time. */
static inline double story_seconds(const struct story *story, int64_t at_ns)
{
	return ((double)at_ns - (double)story->zero_ns) / (double)NS_PER_S;
}

/* Finds the instants to tell: all that the evidence names, and of the others the weightiest. */
void story_find_points(struct story *story, const struct lane_history *lane);

/* Finds the requests whose packets are to be looked for; after the points. */
void story_find_messages(struct story *story, const struct lane_history *lane);

#endif
