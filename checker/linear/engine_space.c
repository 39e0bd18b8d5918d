#include "checker/linear/engine_space.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "checker/linear/engine_ahead.h"
#include "checker/linear/engine_lazy.h"

void space_open(struct space *space, const struct problem *problem, struct budget *budget)
{
	*space = (struct space){
		.problem = problem, .states.limit = problem->limit, .frontier = NO_OP};
	intern_copy(&space->states.texts, &problem->texts, budget);
	ARRAY_NEW(space->in_slot, problem->slots);
	ARRAY_NEW(space->changing, problem->mask_words);
	ARRAY_NEW(space->observing, problem->mask_words);
	ARRAY_NEW(space->eager, problem->mask_words);
	ARRAY_NEW(space->earlier, problem->slots);
	ARRAY_NEW(space->later, problem->slots);
	ARRAY_NEW(space->last_of_class, problem->classes);
	memset(space->last_of_class, 0xff, problem->classes * sizeof *space->last_of_class);
	ARRAY_NEW(space->available, problem->open_classes);
}

void space_close(struct space *space)
{
	intern_close(&space->states.texts);
	free(space->in_slot);
	free(space->changing);
	free(space->observing);
	free(space->eager);
	free(space->earlier);
	free(space->later);
	free(space->last_of_class);
	free(space->available);
}

void space_begin(const struct space *space, uint64_t *config)
{
	const struct problem *problem = space->problem;

	memset(config, 0,
	       (CONFIG_MASK + problem->mask_words + problem->count_words) * sizeof *config);
	config[CONFIG_STATE] = problem->initial;
}

/* Files a pending operation among those of its class, by return. */
static void file(struct space *space, const struct engine_op *op)
{
	const struct engine_op *all = space->problem->op;
	uint32_t before = space->last_of_class[op->class], after = NO_OP;

	while (before != NO_OP && all[space->in_slot[before]].prefix > op->prefix) {
		after = before;
		before = space->earlier[before];
	}
	space->earlier[op->slot] = before;
	space->later[op->slot] = after;
	if (before != NO_OP)
		space->later[before] = op->slot;
	if (after != NO_OP)
		space->earlier[after] = op->slot;
	else
		space->last_of_class[op->class] = op->slot;
}

static void unfile(struct space *space, const struct engine_op *op)
{
	uint32_t before = space->earlier[op->slot], after = space->later[op->slot];

	if (before != NO_OP)
		space->later[before] = after;
	if (after != NO_OP)
		space->earlier[after] = before;
	else
		space->last_of_class[op->class] = before;
}

/* An operation becomes pending: by its invocation, or by taking back its return. */
static void enter(struct space *space, uint32_t index)
{
	const struct problem *problem = space->problem;
	const struct engine_op *op = &problem->op[index];

	if (op->open) {
		space->available[problem->open_of_class[op->class]]++;
		return;
	}
	uint64_t bit = UINT64_C(1) << op->slot % 64;

	space->in_slot[op->slot] = index;
	if (op->observes) {
		space->observing[op->slot / 64] |= bit;
	} else {
		space->changing[op->slot / 64] |= bit;
		space->eager[op->slot / 64] |= op->eager ? bit : 0;
		file(space, op);
	}
}

/* It is pending no more: by its return, or by taking back its invocation. */
static void leave(struct space *space, uint32_t index)
{
	const struct problem *problem = space->problem;
	const struct engine_op *op = &problem->op[index];

	if (op->open) {
		CHECK(space->available[problem->open_of_class[op->class]] > 0);
		space->available[problem->open_of_class[op->class]]--;
		return;
	}
	uint64_t bit = UINT64_C(1) << op->slot % 64;

	if (op->observes) {
		space->observing[op->slot / 64] &= ~bit;
	} else {
		space->changing[op->slot / 64] &= ~bit;
		space->eager[op->slot / 64] &= ~bit;
		unfile(space, op);
	}
}

bool space_advance(struct space *space)
{
	const struct problem *problem = space->problem;

	for (; space->position < problem->events; space->position++) {
		uint32_t event = problem->event[space->position];

		if (event & 1) {
			space->frontier = event >> 1;
			return true;
		}
		enter(space, event >> 1);
	}
	space->frontier = NO_OP;
	return false;
}

void space_retire(struct space *space)
{
	CHECK(space->frontier != NO_OP);
	leave(space, space->frontier);
	space->position++;
}

void space_rewind(struct space *space, uint32_t position)
{
	const uint32_t *event = space->problem->event;

	CHECK(position <= space->position);
	while (space->position > position) {
		space->position--;
		if (event[space->position] & 1)
			enter(space, event[space->position] >> 1);
		else
			leave(space, event[space->position] >> 1);
	}
	CHECK(event[position] & 1); /* the frontier is a return */
	space->frontier = event[position] >> 1;
}

/* False when some observer does not fit. */
static bool observe(struct space *space, uint64_t *config)
{
	const struct problem *problem = space->problem;
	bool all = true;

	for (uint32_t word = 0; word < problem->mask_words; word++) {
		uint64_t left = space->observing[word] & ~config[CONFIG_MASK + word];

		for (; left; left &= left - 1) {
			uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(left);
			const struct engine_op *op = &problem->op[space->in_slot[slot]];
			uint64_t same;

			if (problem->model->take(&space->states, config[CONFIG_STATE], &op->step,
						 &same))
				config[CONFIG_MASK + word] |= left & -left;
			else
				all = false;
		}
	}
	return all;
}

uint32_t space_settle(struct space *space, uint64_t *config)
{
	uint32_t used = 0;

	while (observe(space, config) && lazy_hurry(space, config, &used))
		;
	return used;
}

static bool take_pending(struct space *space, const uint64_t *config, uint32_t slot,
			 uint64_t *child, uint32_t *used)
{
	const struct problem *problem = space->problem;
	const struct engine_op *op = &problem->op[space->in_slot[slot]];
	uint32_t before = space->earlier[slot];
	uint64_t next;

	/* Of equal steps the one that returns first goes first. */
	if (before != NO_OP && !config_has(config, before))
		return false;
	if (problem->ahead && ahead_is_hopeless(space, config, &op->step))
		return false;
	if (!problem->model->take(&space->states, config[CONFIG_STATE], &op->step, &next))
		return false;
	memcpy(child, config,
	       (CONFIG_MASK + problem->mask_words + problem->count_words) * sizeof *child);
	child[CONFIG_STATE] = next;
	child[CONFIG_MASK + slot / 64] |= UINT64_C(1) << slot % 64;
	*used = space_settle(space, child);
	return true;
}

static bool take_open(struct space *space, const uint64_t *config, uint32_t open, uint64_t *child,
		      uint32_t *used)
{
	const struct problem *problem = space->problem;
	const struct open_class *class = &problem->open_class[open];
	uint32_t word = CONFIG_MASK + problem->mask_words + class->word;
	uint64_t next;

	if (!space_has_open(space, config, class->class) ||
	    space_waits(space, config, class->class) ||
	    (problem->ahead && ahead_is_hopeless(space, config, &class->step)) ||
	    !problem->model->take(&space->states, config[CONFIG_STATE], &class->step, &next) ||
	    next == config[CONFIG_STATE]) /* it may as well stay out */
		return false;
	memcpy(child, config,
	       (CONFIG_MASK + problem->mask_words + problem->count_words) * sizeof *child);
	child[CONFIG_STATE] = next;
	child[word] += UINT64_C(1) << class->shift;
	*used = 1 + space_settle(space, child);
	return true;
}

/* The slot of the operation that changes and is not in, and was invoked the next after `op`;
 * `slots` when there is none. */
static uint32_t next_eldest(const struct space *space, const uint64_t *config, uint32_t op)
{
	uint32_t slots = space->problem->slots, eldest = slots;

	for (uint32_t slot = space_next_slot(space, config, 0); slot < slots;
	     slot = space_next_slot(space, config, slot + 1))
		if (space->in_slot[slot] >= op &&
		    (eldest == slots || space->in_slot[slot] < space->in_slot[eldest]))
			eldest = slot;
	return eldest;
}

/* The next pending operation to be tried, in its slot; `slots` when none is left. The iterator
 * stands for the next slot, or for the next operation. */
static uint32_t next_pending(const struct space *space, const uint64_t *config, uint32_t *iterator)
{
	const struct problem *problem = space->problem;
	uint32_t most = space->eldest_first ? problem->ops : problem->slots;
	uint32_t slot = problem->slots;

	if (*iterator <= most) {
		slot = space->eldest_first ? next_eldest(space, config, *iterator - 1)
					   : space_next_slot(space, config, *iterator - 1);
		*iterator = 2 + (slot == problem->slots ? most
				 : space->eldest_first  ? space->in_slot[slot]
							: slot);
	}
	if (slot == problem->slots && *iterator <= most + 1)
		*iterator = most + 2;
	return slot;
}

/* The iterator counts: the frontier's operation; the pending ones; the open classes. */
bool space_next(struct space *space, const uint64_t *config, uint32_t *iterator, uint64_t *child,
		uint32_t *used)
{
	const struct problem *problem = space->problem;
	const struct engine_op *frontier = &problem->op[space->frontier];
	bool frontier_first = !frontier->observes && !space->eldest_first;
	uint32_t slot, opens = 2 + (space->eldest_first ? problem->ops : problem->slots);

	if (*iterator == 0) {
		*iterator = 1;
		if (frontier_first && take_pending(space, config, frontier->slot, child, used))
			return true;
	}
	struct lazy lazy = lazy_look(space, config);

	if (lazy_tries_none(&lazy) && !space->eldest_first)
		return false;
	while ((slot = next_pending(space, config, iterator)) < problem->slots) {
		const struct engine_op *op = &problem->op[space->in_slot[slot]];
		bool tried = op == frontier
				     ? !frontier_first
				     : lazy_tries(&lazy, space, config, &op->step, op->class, op);

		if (tried && take_pending(space, config, slot, child, used))
			return true;
	}
	while (*iterator - opens < problem->open_classes) {
		uint32_t open = (*iterator)++ - opens;
		const struct open_class *class = &problem->open_class[open];

		if (lazy_tries(&lazy, space, config, &class->step, class->class, NULL) &&
		    take_open(space, config, open, child, used))
			return true;
	}
	return false;
}
