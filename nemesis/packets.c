/*
 * Faults of links: loss, delay, reorder, duplicate, rate, late (sandbox/shape.h).
 *
 * They bit when packets were really dropped, delayed, overtaken, copied or held, by the engine's
 * own count. `late` holds what is sent from the moment on and delivers it, in order, when it is
 * healed: a write that was sent before the lock passed on arrives after that.
 */
#include "sandbox/shape.h"

#include <stddef.h>

#include "base/clock.h"
#include "nemesis/fault.h"

/* What a kind does to packets is counted there. */
static const struct {
	const char *what;
	size_t count; /* offset in struct shape_count */
} hits[FAULT_KINDS_COUNT] = {
	[FAULT_LOSS] = {"packets lost", offsetof(struct shape_count, dropped)},
	[FAULT_DELAY] = {"packets delayed", offsetof(struct shape_count, delayed)},
	[FAULT_REORDER] = {"packets overtaken", offsetof(struct shape_count, reordered)},
	[FAULT_DUPLICATE] = {"packets copied", offsetof(struct shape_count, duplicated)},
	[FAULT_RATE] = {"packets slowed", offsetof(struct shape_count, delayed)},
	[FAULT_LATE] = {"packets held", offsetof(struct shape_count, held)},
};

static void say_what(const struct fault *fault, struct shape *shape)
{
	const struct fault_block *block = fault->block;

	if (block->kind == FAULT_LOSS)
		shape->loss_percent = block->percent;
	if (block->kind == FAULT_REORDER)
		shape->reorder_percent = block->percent;
	if (block->kind == FAULT_DUPLICATE)
		shape->duplicate_percent = block->percent;
	if (block->kind == FAULT_RATE)
		shape->rate_kbit = block->rate;
	if (block->kind == FAULT_DELAY)
		shape->jitter_ns = fault->by_ns / 4;
	if (block->kind == FAULT_DELAY || block->kind == FAULT_REORDER)
		shape->delay_ns = fault->by_ns; /* of the one that is overtaken */
	shape->hold = block->kind == FAULT_LATE;
}

static void name_ends(struct nemesis *nemesis, const struct fault *fault, struct shape *shape)
{
	bool in = fault->block->direction == DIRECTION_IN;

	shape->both = fault->block->direction == DIRECTION_BOTH;
	*(in ? &shape->tos : &shape->froms) =
		hosts_of_target(nemesis, fault, in ? shape->to : shape->from);
	*(in ? &shape->froms : &shape->tos) =
		hosts_of_far_side(nemesis, fault, in ? shape->from : shape->to);
}

static enum verb_result packets_inject(struct nemesis *nemesis, struct fault *fault,
				       struct error *err)
{
	struct shape shape = {.id = fault_next_id(nemesis), .seed = (uint64_t)fault->entry->id};

	name_ends(nemesis, fault, &shape);
	if (shape.froms == 0 || shape.tos == 0)
		return VERB_MISSED;
	say_what(fault, &shape);
	if (hosts_shape(nemesis->config->hosts, &shape, err))
		return VERB_FAILED;
	fault_begun(nemesis, fault);
	return VERB_DONE;
}

/* When the treatment is taken away its counts are whole: what was held has been let go. */
static int packets_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct shape_count count;

	if (hosts_unshape(nemesis->config->hosts, fault->id, &count, err))
		return -1;
	fault->ended_ns = clock_now_ns();
	int64_t hit = *(const int64_t *)((const char *)&count + hits[fault->block->kind].count);

	fault->bitten = hit > 0;
	record_proof(nemesis, fault, fault->bitten, hit, hits[fault->block->kind].what,
		     "of %lld seen, from %s, %s; %.1f ms at most, %.1f on average",
		     (long long)count.seen, fault_from_names[fault->block->from],
		     fault_direction_names[fault->block->direction],
		     (double)count.longest_ns / NS_PER_MS, (double)count.mean_ns / NS_PER_MS);
	return 0;
}

const struct verb verb_packets = {packets_inject, NULL, packets_heal, CAN_CUT};
