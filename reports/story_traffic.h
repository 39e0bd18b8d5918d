/* The packets of stories, from the capture beside the history. */
#ifndef REPORTS_STORY_TRAFFIC_H
#define REPORTS_STORY_TRAFFIC_H

#include "reports/story.h"

/*
 * Fills in what the stories' first accused holders sent and were sent, and the packets of their
 * messages (story_wire.h), in one pass over the capture. Of the former nothing, where there is no
 * capture, where it has a gap in the time shown, or where so much time is shown that a step of the
 * drawing would be longer than 50 ms.
 */
void traffic_read(const struct history *history, struct story *story, int stories);

#endif
