/* Private to conductor/: the hub's packet counters, second by second, into the history. */
#ifndef CONDUCTOR_TRAFFIC_H
#define CONDUCTOR_TRAFFIC_H

#include "sandbox/hosts.h"
#include "history/ring.h"

struct traffic;

struct traffic *traffic_open(struct hosts *hosts, int64_t start_ns, struct ring *ring);
void traffic_close(struct traffic *traffic);

/* Pushes what changed since the last sample once a second of the run is over; else does nothing. */
void traffic_sample(struct traffic *traffic);

/* The half of it that pushes: what `count` links have carried by now, against what they had. */
void traffic_take(struct traffic *traffic, const struct link_count *now, int count);

#endif
