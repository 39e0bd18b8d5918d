/*
 * Resolving the schedule: from fault blocks and a seed to every occasion of the run, before it
 * starts. Each block draws from a stream of its own, so that one more block does not shift what the
 * others draw; and it draws the same things in the same order at each occasion, whether its kind
 * needs them or not, so that another target does not shift its times.
 */
#include "nemesis/nemesis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/random.h"

static void append(struct schedule *schedule, int *room, const struct scheduled *entry)
{
	if (schedule->count == *room) {
		*room = *room ? 2 * *room : 64;
		schedule->entry = reallocarray(schedule->entry, (size_t)*room, sizeof(*entry));
		CHECK(schedule->entry);
	}
	schedule->entry[schedule->count++] = *entry;
}

/* Lanes without repetition: the front of a partial Fisher-Yates shuffle, in ascending order. */
static void draw_lanes(struct random_stream *stream, int wanted, int lanes_per_arm,
		       struct scheduled *entry)
{
	if (wanted == 0 || wanted >= lanes_per_arm)
		return; /* all */
	CHECK(wanted <= SCHEDULED_LANES);
	int *deck = calloc((size_t)lanes_per_arm, sizeof(*deck));

	CHECK(deck);
	for (int i = 0; i < lanes_per_arm; i++)
		deck[i] = i;
	for (int i = 0; i < wanted; i++) {
		int64_t j = random_between(stream, i, lanes_per_arm - 1);
		int drawn = deck[j];

		deck[j] = deck[i];
		int at = i;
		for (; at > 0 && entry->lane[at - 1] > drawn; at--)
			entry->lane[at] = entry->lane[at - 1];
		entry->lane[at] = drawn;
	}
	entry->lanes = wanted;
	free(deck);
}

/* In thousandths of the unit: what is printed is what was drawn. */
static double draw_length(struct random_stream *stream, const struct span *span)
{
	int64_t low = llround(span->low * 1000), high = llround(span->high * 1000);

	CHECK(low <= high);
	return (double)random_between(stream, low, high) / 1000;
}

static struct scheduled draw(struct random_stream *stream, const struct fault_block *block,
			     int lanes_per_arm, int members)
{
	struct scheduled entry = {.member = -1};

	entry.at_ns = random_between(stream, 0, block->jitter_ms * NS_PER_MS);
	entry.length = draw_length(stream, &block->length);
	int member = (int)random_between(stream, 0, members > 0 ? members - 1 : 0);
	/* Nobody knows yet how many workers there will be to pick from: it is taken modulo them. */
	entry.pick = (int)random_between(stream, 0, 999);

	if (block->target == TARGET_MEMBER)
		entry.member = member;
	if (block->target != TARGET_MEMBER && block->target != TARGET_LEADER)
		draw_lanes(stream, block->lanes, lanes_per_arm, &entry);
	return entry;
}

static int by_time(const void *left, const void *right)
{
	const struct scheduled *a = left, *b = right;

	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns ? -1 : 1;
	return a->id < b->id ? -1 : a->id > b->id; /* as drawn */
}

void schedule_resolve(const struct fault_block *blocks, int count, uint64_t seed,
		      int64_t duration_ns, int lanes_per_arm, int members,
		      struct schedule *schedule)
{
	int room = 0;

	*schedule = (struct schedule){0};
	for (int i = 0; i < count; i++) {
		const struct fault_block *block = &blocks[i];
		int64_t every_ns = block->every_ms * NS_PER_MS;
		char actor[64];

		snprintf(actor, sizeof(actor), "nemesis/%s", block->name);
		struct random_stream stream = random_open(seed, actor);

		for (int64_t at_ns = block->first_ms * NS_PER_MS; at_ns < duration_ns;
		     at_ns += every_ns) {
			struct scheduled entry = draw(&stream, block, lanes_per_arm, members);

			entry.block = i;
			entry.at_ns += at_ns;
			entry.id = schedule->count + 1;
			if (entry.at_ns < duration_ns && schedule->count == SCHEDULE_MAX)
				schedule->left_out++;
			else if (entry.at_ns < duration_ns)
				append(schedule, &room, &entry);
			if (every_ns == 0)
				break;
		}
	}
	if (schedule->count)
		qsort(schedule->entry, (size_t)schedule->count, sizeof(*schedule->entry), by_time);
	for (int i = 0; i < schedule->count; i++)
		schedule->entry[i].id = i + 1;
}

void schedule_free(struct schedule *schedule)
{
	free(schedule->entry);
	*schedule = (struct schedule){0};
}
