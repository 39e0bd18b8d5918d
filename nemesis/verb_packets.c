/*
 * Faults of links: loss, delay, reorder, duplicate, rate, late (sandbox/shape.h).
 *
 * They bit when packets were really dropped, delayed, overtaken, copied or held, by the engine's
 * own count. `late` holds what is sent from the moment on and delivers it, in order, when it is
 * healed: a write that was sent before the lock passed on arrives after that.
 */
#include "base/invariant.h"
#include "sandbox/shape.h"

#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "nemesis/faults.h"

struct treatment {
	size_t count;     /* of its proof: where in struct shape_count */
	size_t percent;   /* where in struct shape these go, if the kind has any */
	int jitter_parts; /* `by` is more or less by one of so many parts; 0: it is exact */
	bool hold;
};

static const struct treatment *treatment_of(const struct fault *fault)
{
	return fault->verb->own;
}

/* Of what the kind takes. */
static void say_what(const struct fault *fault, struct shape *shape)
{
	const struct treatment *treatment = treatment_of(fault);
	uint32_t uses = fault_traits(fault->block->kind)->uses;

	if (uses & USES_PERCENT)
		memcpy((char *)shape + treatment->percent, &fault->block->percent,
		       sizeof(fault->block->percent));
	if (uses & USES_RATE)
		shape->rate_kbit = fault->block->rate;
	if (uses & USES_BY)
		shape->delay_ns = fault->by_ns; /* of a reordered one: of the overtaken */
	if (treatment->jitter_parts)
		shape->jitter_ns = fault->by_ns / treatment->jitter_parts;
	shape->hold = treatment->hold;
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
	CHECK(fault->id == shape.id); /* by which it is counted, and taken away */
	return VERB_DONE;
}

/* When the treatment is taken away its counts are whole: what was held has been let go. */
static int packets_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct shape_count count;

	if (hosts_unshape(nemesis->config->hosts, fault->id, &count, err))
		return -1;
	fault->ended_ns = clock_now_ns();
	CHECK(treatment_of(fault)->count <= sizeof(count) - sizeof(int64_t));
	int64_t hit = *(const int64_t *)((const char *)&count + treatment_of(fault)->count);

	record_bite(nemesis, fault, hit > 0, hit,
		    "of %lld seen, from %s, %s; %.1f ms at most, %.1f on average",
		    (long long)count.seen, fault_from_names[fault->block->from],
		    fault_direction_names[fault->block->direction],
		    (double)count.longest_ns / NS_PER_MS, (double)count.mean_ns / NS_PER_MS);
	return 0;
}

#define VERB(counted, ...)                                                                         \
	{                                                                                          \
		packets_inject, NULL, packets_heal, CAN_CUT, &(const struct treatment)             \
		{                                                                                  \
			offsetof(struct shape_count, counted), __VA_ARGS__                         \
		}                                                                                  \
	}
#define PERCENT(of) .percent = offsetof(struct shape, of)

const struct verb verb_loss = VERB(dropped, PERCENT(loss_percent));
const struct verb verb_delay = VERB(delayed, .jitter_parts = 4);
const struct verb verb_reorder = VERB(reordered, PERCENT(reorder_percent));
const struct verb verb_duplicate = VERB(duplicated, PERCENT(duplicate_percent));
const struct verb verb_rate = VERB(delayed, .hold = false);
const struct verb verb_late = VERB(held, .hold = true);
