/*
 * Resolving the schedule: from fault blocks and a seed to every occasion of the run, before it
 * starts. Each block draws from a stream of its own, so that one more block does not shift what the
 * others draw; and it draws the same things in the same order at each occasion, whether its kind
 * needs them or not, so that another target does not shift its times.
 */
#include "campaign/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/random.h"

static void append(struct schedule *schedule, int *room, const struct scheduled *entry)
{
	ARRAY_GROW(schedule->entry, schedule->count, *room);
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

	CHECK_MEMORY(deck);
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

static void name_lanes(const struct fault_block *block, struct scheduled *entry)
{
	entry->lanes = block->named_lanes;
	for (int i = 0; i < block->named_lanes; i++)
		entry->lane[i] = block->lane[i];
}

static struct scheduled draw(struct random_stream *stream, const struct fault_block *block,
			     int lanes_per_arm, int members)
{
	struct scheduled entry = {0};

	entry.at_ns = random_between(stream, 0, block->jitter_ms * NS_PER_MS);
	entry.length = draw_length(stream, &block->length);
	entry.member = (int)random_between(stream, 0, members > 0 ? members - 1 : 0);
	/* Nobody knows yet how many workers there will be to pick from: it is taken modulo them. */
	entry.pick = (int)random_between(stream, 0, 999);
	entry.after = draw_length(stream, &block->after);
	entry.by = draw_length(stream, &block->by);
	if (block->named_lanes)
		name_lanes(block, &entry);
	else if (fault_is_of_lanes(block))
		draw_lanes(stream, block->lanes, lanes_per_arm, &entry);
	return entry;
}

static int by_time(const void *left, const void *right)
{
	const struct scheduled *a = left, *b = right;

	return array_order(a->at_ns, b->at_ns) ?: array_order(a->id, b->id);
}

struct drawing {
	const struct fault_block *blocks;
	int64_t duration_ns;
	int lanes_per_arm, members, room;
	struct schedule *schedule;
};

static void draw_one(struct drawing *drawing, struct random_stream *stream, int block, int occasion,
		     int64_t at_ns)
{
	struct schedule *schedule = drawing->schedule;
	struct scheduled entry =
		draw(stream, &drawing->blocks[block], drawing->lanes_per_arm, drawing->members);

	entry.block = block;
	entry.occasion = occasion;
	entry.at_ns += at_ns;
	entry.id = schedule->count; /* as drawn, until all are sorted */
	if (entry.at_ns >= drawing->duration_ns)
		return;
	if (schedule->count == SCHEDULE_MAX)
		schedule->left_out++;
	else
		append(schedule, &drawing->room, &entry);
}

static void draw_by_the_clock(struct drawing *drawing, struct random_stream *stream, int number)
{
	const struct fault_block *block = &drawing->blocks[number];
	int64_t every_ns = block->every_ms * NS_PER_MS;
	int occasion = 0;

	for (int64_t at_ns = block->first_ms * NS_PER_MS; at_ns < drawing->duration_ns;
	     at_ns += every_ns) {
		draw_one(drawing, stream, number, occasion++, at_ns);
		if (every_ns == 0)
			break;
	}
}

/* One for each occasion of the block that it follows, which stands before it. */
static void draw_following(struct drawing *drawing, struct random_stream *stream, int number)
{
	int count = drawing->schedule->count, followed = drawing->blocks[number].follows - 1;

	CHECK(followed < number);
	for (int i = 0; i < count; i++) {
		struct scheduled entry = drawing->schedule->entry[i];

		if (entry.block == followed)
			draw_one(drawing, stream, number, entry.occasion, entry.at_ns);
	}
}

void schedule_resolve(const struct fault_block *blocks, int count, uint64_t seed,
		      int64_t duration_ns, int lanes_per_arm, int members,
		      struct schedule *schedule)
{
	*schedule = (struct schedule){0};
	struct drawing drawing = {blocks, duration_ns, lanes_per_arm, members, 0, schedule};

	for (int i = 0; i < count; i++) {
		char actor[64];

		snprintf(actor, sizeof(actor), "nemesis/%s", blocks[i].name);
		struct random_stream stream = random_open(seed, actor);

		if (blocks[i].follows)
			draw_following(&drawing, &stream, i);
		else
			draw_by_the_clock(&drawing, &stream, i);
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
