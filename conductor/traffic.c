#include "conductor/traffic.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"

enum { LINKS_MAX = 8192 };

struct traffic {
	struct hosts *hosts;
	struct ring *ring;
	int64_t start_ns;
	int count, second;
	struct link_count now[LINKS_MAX];
	struct link_count *before; /* count x count */
};

struct traffic *traffic_open(struct hosts *hosts, int64_t start_ns, struct ring *ring)
{
	struct traffic *traffic = calloc(1, sizeof(*traffic));

	CHECK_MEMORY(traffic);
	*traffic = (struct traffic){
		.hosts = hosts, .ring = ring, .start_ns = start_ns, .count = hosts_count(hosts)};
	traffic->before =
		calloc((size_t)traffic->count * (size_t)traffic->count, sizeof(*traffic->before));
	CHECK_MEMORY(traffic->before);
	traffic->second = (int)((clock_now_ns() - start_ns) / NS_PER_S);
	return traffic;
}

void traffic_close(struct traffic *traffic)
{
	free(traffic->before);
	free(traffic);
}

static void push_difference(struct traffic *traffic, const struct link_count *now)
{
	struct link_count *before = &traffic->before[now->from * traffic->count + now->to];

	if (now->packets == before->packets && now->dropped == before->dropped)
		return;
	struct event event = {
		.kind = EVENT_LINK,
		.at_ns = clock_now_ns(),
		.link = {.second = traffic->second,
			 .from = now->from,
			 .to = now->to,
			 .packets = now->packets - before->packets,
			 .bytes = now->bytes - before->bytes,
			 .dropped = now->dropped - before->dropped},
	};

	ring_push(traffic->ring, &event);
	*before = *now;
}

void traffic_take(struct traffic *traffic, const struct link_count *now, int count)
{
	for (int i = 0; i < count; i++)
		if (now[i].from >= 0 && now[i].to >= 0)
			push_difference(traffic, &now[i]);
}

void traffic_sample(struct traffic *traffic)
{
	int second = (int)((clock_now_ns() - traffic->start_ns) / NS_PER_S);
	struct error ignored = {0};
	int count = 0;

	if (second == traffic->second || !(hosts_abilities(traffic->hosts) & CAN_CUT))
		return;
	/* Counters are for the reader's eye; a failure to read them must not end a run. */
	if (hosts_count_links(traffic->hosts, traffic->now, LINKS_MAX, &count, &ignored) == 0)
		traffic_take(traffic, traffic->now, count);
	traffic->second = second;
}
