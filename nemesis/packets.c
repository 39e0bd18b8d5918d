/*
 * Faults of links: loss, delay, reorder, duplicate, rate, late (cluster/shape.h).
 *
 * They bit when packets were really dropped, delayed, overtaken, copied or held, by the engine's
 * own count. `late` holds what is sent from the moment on and delivers it, in order, when it is
 * healed: a write that was sent before the lock passed on arrives after that.
 */
#include "cluster/shape.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "nemesis/fault.h"

static void say_what(const struct fault *fault, struct shape *shape)
{
	const struct fault_block *block = fault->block;

	switch ((int)block->kind) {
	case FAULT_LOSS:
		shape->loss_percent = block->percent;
		break;
	case FAULT_DELAY:
		shape->delay_ns = fault->by_ns;
		shape->jitter_ns = fault->by_ns / 4;
		break;
	case FAULT_REORDER: /* the one that is overtaken waits so long */
		shape->reorder_percent = block->percent;
		shape->delay_ns = fault->by_ns;
		break;
	case FAULT_DUPLICATE:
		shape->duplicate_percent = block->percent;
		break;
	case FAULT_RATE:
		shape->rate_kbit = block->rate;
		break;
	default:
		shape->hold = true;
	}
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
	if (cluster_shape(nemesis->config->cluster, &shape, err))
		return VERB_FAILED;
	fault_begun(nemesis, fault);
	return VERB_DONE;
}

/* How many packets met what this kind does; -1: the engine cannot tell. */
static int64_t hits(enum fault_kind kind, const struct shape_count *count)
{
	switch ((int)kind) {
	case FAULT_LOSS:
		return count->dropped;
	case FAULT_REORDER:
		return count->reordered;
	case FAULT_DUPLICATE:
		return count->duplicated;
	case FAULT_RATE:
		return count->delayed + count->dropped;
	case FAULT_LATE:
		return count->held;
	default:
		return count->delayed;
	}
}

static const char *what_hits(enum fault_kind kind)
{
	switch ((int)kind) {
	case FAULT_LOSS:
		return "packets lost";
	case FAULT_REORDER:
		return "packets overtaken";
	case FAULT_DUPLICATE:
		return "packets copied";
	case FAULT_RATE:
		return "packets slowed";
	case FAULT_LATE:
		return "packets held";
	default:
		return "packets delayed";
	}
}

/* When the treatment is taken away its counts are whole: what was held has been let go. */
static int packets_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct shape_count count;

	if (cluster_unshape(nemesis->config->cluster, fault->id, &count, err))
		return -1;
	fault->ended_ns = clock_now_ns();
	int64_t hit = hits(fault->block->kind, &count);

	fault->bitten = hit > 0;
	record_proof(nemesis, fault, fault->bitten, hit, what_hits(fault->block->kind),
		     "of %lld seen, from %s, %s; %.1f ms at most, %.1f on average",
		     (long long)count.seen, fault_from_names[fault->block->from],
		     fault_direction_names[fault->block->direction],
		     (double)count.longest_ns / NS_PER_MS, (double)count.mean_ns / NS_PER_MS);
	return 0;
}

const struct verb verb_packets = {packets_inject, NULL, packets_heal, CAN_CUT};
