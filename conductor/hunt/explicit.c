#include "conductor/hunt/explicit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"

enum { LEAST_DURATION_MS = 3000, AFTER_MS = 3000 };

static int most_lanes(const struct campaign *campaign)
{
	int most = 0;

	for (int i = 0; i < campaign->arms; i++)
		if (campaign->arm[i].lanes > most)
			most = campaign->arm[i].lanes;
	return most;
}

static void resolve_again(const struct campaign *campaign, struct schedule *schedule)
{
	schedule_resolve(campaign->block, campaign->blocks, campaign->seed,
			 campaign->duration_ms * NS_PER_MS, most_lanes(campaign),
			 campaign->cluster.members, schedule);
}

static struct span exactly(const struct span *of, double length)
{
	return (struct span){.in_ttl = of->in_ttl, .low = length, .high = length};
}

/* Where the leader goes, not where its own draw says. */
static bool takes_its_leaders_lane(const struct campaign *campaign, const struct fault_block *block)
{
	return block->follows && !block->named_lanes &&
	       fault_is_of_lanes(&campaign->block[block->follows - 1]);
}

/* What was drawn becomes what is said. */
static void say_drawn(const struct campaign *campaign, const struct scheduled *entry,
		      struct fault_block *block)
{
	int members = campaign->cluster.members;

	block->first_ms = (int)(entry->at_ns / NS_PER_MS);
	block->every_ms = block->jitter_ms = 0;
	block->length = exactly(&block->length, entry->length);
	block->after = exactly(&block->after, entry->after);
	block->by = exactly(&block->by, entry->by);
	block->lanes = 0;
	if (!takes_its_leaders_lane(campaign, block)) {
		block->named_lanes = entry->lanes;
		memcpy(block->lane, entry->lane, sizeof(block->lane));
	}
	if (block->target != TARGET_MEMBER && block->target != TARGET_EACH_MEMBER)
		return;
	snprintf(block->host, sizeof(block->host), "m%d",
		 (block->target == TARGET_MEMBER ? entry->member : entry->occasion) % members + 1);
	block->target = TARGET_HOST;
}

/* Did the occasion become a fault before the violation was complete? */
static bool took_place(const struct past *past, int64_t occasion)
{
	const struct history *history = &past->findings.history;

	for (int i = 0; i < history->faults; i++)
		if (history->fault[i].schedule == occasion &&
		    history->fault[i].began_ns <= past->violation->at_ns)
			return true;
	return false;
}

/* The block made from the occasion that the follower's leader is; 0: it did not take place. */
static int find_leader(const struct campaign *into, const struct schedule *schedule,
		       const struct campaign *from, const struct scheduled *follower)
{
	int followed = from->block[follower->block].follows - 1;

	for (int i = 0; i < schedule->count; i++) {
		char name[32];

		if (schedule->entry[i].block != followed ||
		    schedule->entry[i].occasion != follower->occasion)
			continue;
		snprintf(name, sizeof(name), "f%d", schedule->entry[i].id);
		for (int k = 0; k < into->blocks; k++)
			if (strcmp(into->block[k].name, name) == 0)
				return k + 1;
	}
	return 0;
}

static int add_block(const struct past *past, const struct schedule *schedule,
		     const struct scheduled *entry, struct campaign *into, struct error *err)
{
	const struct campaign *from = past->campaign;
	struct fault_block block = from->block[entry->block];

	if (!took_place(past, entry->id))
		return 0;
	if (into->blocks == FAULT_BLOCKS_MAX)
		return error_set(err, EXIT_BAD_USAGE, "more than %d faults came before it",
				 FAULT_BLOCKS_MAX);
	say_drawn(from, entry, &block);
	snprintf(block.name, sizeof(block.name), "f%d", entry->id);
	if (block.follows)
		block.follows = find_leader(into, schedule, from, entry);
	if (from->block[entry->block].follows && !block.follows)
		return 0;
	into->block[into->blocks++] = block;
	return 0;
}

/* Leaders first: what follows must stand behind. */
static int add_blocks(const struct past *past, const struct schedule *schedule,
		      struct campaign *into, struct error *err)
{
	for (int follows = 0; follows < 2; follows++)
		for (int i = 0; i < schedule->count; i++) {
			const struct scheduled *entry = &schedule->entry[i];
			bool does = past->campaign->block[entry->block].follows != 0;

			if (does == (follows == 1) && add_block(past, schedule, entry, into, err))
				return -1;
		}
	return 0;
}

static int load_ms(const struct past *past)
{
	return (int)(history_number(&past->findings.history, "load_began_ns", 0) / NS_PER_MS);
}

int explicit_campaign(const struct past *past, struct campaign *into, struct error *err)
{
	int at_ms = (int)(past->violation->at_ns / NS_PER_MS) - load_ms(past);
	struct schedule schedule = {0};

	*into = *past->campaign;
	into->blocks = 0;
	memset(into->block, 0, sizeof(into->block));
	for (int i = 0; i < into->arms; i++)
		into->arm[i].expect = EXPECT_ANY;
	into->service_expect = EXPECT_ANY;
	resolve_again(past->campaign, &schedule);
	int failed = add_blocks(past, &schedule, into, err);

	schedule_free(&schedule);
	into->duration_ms =
		at_ms + AFTER_MS > LEAST_DURATION_MS ? at_ms + AFTER_MS : LEAST_DURATION_MS;
	return failed;
}

void explicit_place(const struct past *past, int *arm, int *lane)
{
	const struct history *history = &past->findings.history;
	int id = past->violation->lane;

	*arm = *lane = -1;
	if (id < 0)
		return;
	*arm = history->lane[id].arm;
	*lane = 0;
	for (int i = 0; i < id; i++)
		*lane += history->lane[i].arm == *arm;
}

int explicit_block_of(const struct past *past, const struct campaign *campaign, int64_t fault)
{
	const struct fault_row *row = history_fault(&past->findings.history, fault);
	char name[32] = "";

	if (row)
		snprintf(name, sizeof(name), "f%" PRId64, row->schedule);
	for (int i = 0; i < campaign->blocks; i++)
		if (strcmp(campaign->block[i].name, name) == 0)
			return i;
	return -1;
}
