#include "checker/linear/engine_pairs.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "checker/linear/engine_holders.h"

enum { PAIR_TURN = 20000 /* configurations: such as are refuted at all need some hundreds */ };

struct pairs {
	const struct problem *problem;
	struct keys keys;
	uint32_t of;          /* the holder that all pairs have */
	bool *seen;           /* by holder */
	uint32_t *op, *event; /* of the pair, in the trace's numbers */
};

static uint32_t holder_of(struct pairs *pairs, uint32_t op)
{
	return keys_number(&pairs->keys, pairs->problem->op[op].step.a);
}

/* What the two of them did. Observers stay out: they may have seen somebody else. */
static struct linear_object take_out(struct pairs *pairs, uint32_t other)
{
	const struct problem *problem = pairs->problem;
	struct linear_object pair = *problem->object;

	pair.op = pairs->op;
	pair.event = pairs->event;
	pair.ops = pair.events = 0;
	for (uint32_t i = 0; i < problem->events; i++) {
		uint32_t index = problem->event[i] >> 1, holder = holder_of(pairs, index);
		const struct engine_op *op = &problem->op[index];

		if (op->observes || (holder != pairs->of && holder != other))
			continue;
		if (!(problem->event[i] & 1))
			pairs->op[pair.ops++] = op->source;
		pairs->event[pair.events++] = op->source << 1 | (problem->event[i] & 1);
	}
	CHECK(pair.ops <= pair.events && pair.events <= problem->events);
	return pair;
}

/* The operation of the trace at whose return the two are stuck; NO_OP. */
static uint32_t refute(const struct problem *problem, const struct linear_object *pair,
		       struct search_leash *leash, uint64_t *configurations)
{
	struct problem two;
	uint32_t stuck = NO_OP;

	CHECK(problem_open(&two, pair, problem->kind, (int)problem->limit));
	struct depth *depth = depth_open(&two, leash);
	const struct search *search = depth_search(depth);

	if (depth_run(depth) == SEARCH_NO) {
		CHECK(search->stuck < two.ops);
		stuck = two.op[search->stuck].source;
	}
	*configurations += search->configurations;
	depth_close(depth);
	problem_close(&two);
	return stuck;
}

static uint32_t refute_any(struct pairs *pairs, uint32_t op, const struct search_leash *leash,
			   uint64_t *configurations)
{
	const struct problem *problem = pairs->problem;
	struct search_leash turn = *leash;
	uint64_t begun = *configurations;
	uint32_t at = problem->events, stuck = NO_OP;

	do
		CHECK(at > 0); /* it returns */
	while (problem->event[--at] != (op << 1 | 1));
	while (stuck == NO_OP && at > 0) {
		uint32_t other = holder_of(pairs, problem->event[--at] >> 1);
		uint64_t used = *configurations - begun;

		if (pairs->seen[other])
			continue;
		pairs->seen[other] = true;
		if ((leash->configurations > 0 && used >= leash->configurations) ||
		    (leash->deadline_ns > 0 && clock_now_ns() >= leash->deadline_ns))
			break;
		turn.configurations = PAIR_TURN;
		if (leash->configurations > 0 && leash->configurations - used < PAIR_TURN)
			turn.configurations = leash->configurations - used;
		const struct linear_object pair = take_out(pairs, other);

		stuck = refute(problem, &pair, &turn, configurations);
	}
	return stuck;
}

uint32_t pairs_refute(const struct problem *problem, uint32_t op, const struct search_leash *leash,
		      uint64_t *configurations)
{
	struct pairs pairs = {.problem = problem};

	holders_number(problem, &pairs.keys);
	ARRAY_NEW(pairs.seen, pairs.keys.count);
	ARRAY_NEW(pairs.op, problem->ops);
	ARRAY_NEW(pairs.event, problem->events);
	pairs.of = holder_of(&pairs, op);
	pairs.seen[pairs.of] = true;
	uint32_t source = refute_any(&pairs, op, leash, configurations), stuck = NO_OP;

	for (uint32_t i = 0; source != NO_OP && stuck == NO_OP; i++) {
		CHECK(i < problem->ops);
		if (problem->op[i].source == source)
			stuck = i;
	}
	keys_close(&pairs.keys);
	free(pairs.seen);
	free(pairs.op);
	free(pairs.event);
	return stuck;
}
