#include "reports/story_traffic.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "history/packets.h"
#include "reports/capture_facts.h"
#include "reports/story_wire.h"

/* 50 ms are a step of the drawing when so much is shown. */
static const double longest_s = STORY_TICKS * 0.05;

struct watch {
	struct story *story;
	uint32_t host;
	int64_t from_ns, until_ns; /* on the wall */
	double step_s;
};

struct watches {
	int count;
	struct watch *watch;
	int wires;
	struct wire *wire;
	int64_t start_wall_ns;
	int hosts;
	struct known {
		uint32_t address;
		bool store, member;
	} * known;
};

static bool has_gap(const struct capture_facts *facts, double from_s, double until_s)
{
	for (int i = 0; i < facts->gaps; i++)
		if (facts->gap_s[i][0] < until_s && facts->gap_s[i][1] > from_s)
			return true;
	return false;
}

static void begin(struct story_traffic *traffic)
{
	CHECK(!traffic->sent_s && !traffic->received_s);
	traffic->sent_s = calloc(STORY_TICKS, sizeof(double));
	traffic->received_s = calloc(STORY_TICKS, sizeof(double));
	CHECK_MEMORY(traffic->sent_s && traffic->received_s);
}

static void forget(struct story_traffic *traffic)
{
	free(traffic->sent_s);
	free(traffic->received_s);
	*traffic = (struct story_traffic){0};
}

static void add_watch(struct watches *watches, const struct history *history,
		      const struct capture_facts *facts, struct story *story)
{
	double zero_s = (double)story->zero_ns / (double)NS_PER_S;

	if (story->accused < 0 || story->until_s - story->from_s > longest_s ||
	    has_gap(facts, zero_s + story->from_s, zero_s + story->until_s))
		return;
	CHECK(story->accused < story->holds);
	struct watch watch = {
		.story = story,
		.host = wire_address_of_process(history, story->hold[story->accused].process),
		.from_ns = watches->start_wall_ns + story->zero_ns +
			   (int64_t)(story->from_s * (double)NS_PER_S),
		.until_ns = watches->start_wall_ns + story->zero_ns +
			    (int64_t)(story->until_s * (double)NS_PER_S),
		.step_s = (story->until_s - story->from_s) / STORY_TICKS,
	};

	CHECK(watch.step_s > 0);
	if (!watch.host)
		return;
	begin(&story->to_cluster);
	begin(&story->to_store);
	watches->watch[watches->count++] = watch;
}

/* One tick for each step of the drawing, where its first packet was. */
static void add_tick(double *ticks, int *count, double at_s, double step_s)
{
	if (*count < STORY_TICKS && (*count == 0 || at_s >= ticks[*count - 1] + step_s))
		ticks[(*count)++] = at_s;
}

static void see_packet(void *context, const struct captured_packet *packet)
{
	struct watches *watches = context;

	for (int i = 0; i < watches->wires; i++)
		wire_see(&watches->wire[i], packet);
	if (!packet->carried)
		return;
	for (int i = 0; i < watches->count; i++) {
		struct watch *watch = &watches->watch[i];
		bool sent = packet->source == watch->host;
		uint32_t other = sent ? packet->target : packet->source;

		if ((!sent && packet->target != watch->host) || packet->wall_ns < watch->from_ns ||
		    packet->wall_ns > watch->until_ns)
			continue;
		for (int h = 0; h < watches->hosts; h++) {
			const struct known *known = &watches->known[h];
			struct story_traffic *traffic =
				known->store ? &watch->story->to_store : &watch->story->to_cluster;
			double at_s = (double)(packet->wall_ns - watches->start_wall_ns -
					       watch->story->zero_ns) /
				      (double)NS_PER_S;

			if (known->address != other || !(known->store || known->member))
				continue;
			add_tick(sent ? traffic->sent_s : traffic->received_s,
				 sent ? &traffic->sent : &traffic->received, at_s, watch->step_s);
			break;
		}
	}
}

static void know_hosts(struct watches *watches, const struct history *history)
{
	watches->known = calloc((size_t)history->hosts + 1, sizeof(*watches->known));
	CHECK_MEMORY(watches->known);
	for (int i = 0; i < history->hosts; i++) {
		const struct host_row *host = &history->host[i];

		if (packets_address(host->address))
			watches->known[watches->hosts++] = (struct known){
				packets_address(host->address), strcmp(host->role, "store") == 0,
				strcmp(host->role, "member") == 0};
	}
}

/* The story's messages, unless packets of their time were given up. */
static void add_wire(struct watches *watches, const struct capture_facts *facts,
		     struct story *story)
{
	struct wire *wire = &watches->wire[watches->wires];

	story->capture = STORY_CAPTURE_MISSING;
	if (!wire_begin(wire, story, watches->start_wall_ns))
		return;
	double from_s = (double)(wire->from_ns - watches->start_wall_ns) / (double)NS_PER_S;
	double until_s = (double)(wire->until_ns - watches->start_wall_ns) / (double)NS_PER_S;

	if (has_gap(facts, from_s, until_s))
		story->capture = STORY_CAPTURE_GAP;
	else
		watches->wires++;
}

static void read_capture(struct watches *watches, const struct history *history)
{
	const char *slash = strrchr(history->path, '/');
	char *path = text_format("%.*scapture.pcap", slash ? (int)(slash + 1 - history->path) : 0,
				 history->path);

	know_hosts(watches, history);
	bool read = packets_see(path, see_packet, watches);

	for (int i = 0; i < watches->count && !read; i++) {
		forget(&watches->watch[i].story->to_cluster);
		forget(&watches->watch[i].story->to_store);
	}
	for (int i = 0; i < watches->wires && read; i++)
		watches->wire[i].story->capture = STORY_CAPTURE_READ;
	free(watches->known);
	free(path);
}

void traffic_read(const struct history *history, struct story *story, int stories)
{
	const char *start = history_text(history, "start_wall_ns");
	struct capture_facts facts;
	struct watches watches = {0};

	if (!start || !capture_read(history, &facts) || stories == 0)
		return;
	watches.start_wall_ns = strtoll(start, NULL, 10);
	if (watches.start_wall_ns <= 0 || watches.start_wall_ns > INT64_MAX / 2)
		return;
	watches.watch = calloc((size_t)stories, sizeof(*watches.watch));
	watches.wire = calloc((size_t)stories, sizeof(*watches.wire));
	CHECK_MEMORY(watches.watch && watches.wire);
	for (int i = 0; i < stories; i++) {
		add_watch(&watches, history, &facts, &story[i]);
		add_wire(&watches, &facts, &story[i]);
	}
	if (watches.count || watches.wires)
		read_capture(&watches, history);
	free(watches.watch);
	free(watches.wire);
}
