#include "checker/linear/engine_space.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "checker/linear/engine_ahead.h"
#include "checker/linear/engine_lazy.h"
#include "checker/linear/engine_unseen.h"

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

	memset(config, 0, (config_counts(problem) + problem->count_words) * sizeof *config);
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

/* Of equal steps the one that returns first goes first; but one that is shaded is not in the way of
 * one that is not. */
static bool goes_first(const struct space *space, const uint64_t *config, uint32_t slot)
{
	bool shaded = unseen_is_shaded(space, config, slot);
	uint32_t before = slot;

	while ((before = space->earlier[before]) != NO_OP) {
		bool in = config_has(config, before);

		if (!in && (shaded || !unseen_is_shaded(space, config, before)))
			return false;
		if (in && space->problem->lost == 0)
			return true; /* and so are those that go before it */
	}
	return true;
}

static void copy_config(const struct space *space, uint64_t *child, const uint64_t *config)
{
	const struct problem *problem = space->problem;

	memcpy(child, config, (config_counts(problem) + problem->count_words) * sizeof *child);
}

/* Takes the step; false: it is not legal, or hopeless. */
static bool take(struct space *space, const uint64_t *config, const struct step *step,
		 uint64_t *next)
{
	const struct problem *problem = space->problem;

	if (problem->ahead && ahead_is_hopeless(space, config, step))
		return false;
	if (!problem->model->take(&space->states, config[CONFIG_STATE], step, next))
		return false;
	*next = unseen_state(space, *next);
	return true;
}

static bool take_pending(struct space *space, const uint64_t *config, uint32_t slot,
			 uint64_t *child, uint32_t *used)
{
	const struct problem *problem = space->problem;
	const struct step *step = &problem->op[space->in_slot[slot]].step;
	uint64_t next;

	if (!goes_first(space, config, slot) || !take(space, config, step, &next))
		return false;
	if (space->in_slot[slot] != space->frontier
		    ? !unseen_is_wanted(space, config, step, next)
		    : unseen_is_lost(problem, next) && unseen_is_shaded(space, config, slot))
		return false;
	copy_config(space, child, config);
	child[CONFIG_STATE] = next;
	child[CONFIG_MASK + slot / 64] |= UINT64_C(1) << slot % 64;
	unseen_shade(space, child, step);
	*used = space_settle(space, child);
	return true;
}

/* The frontier's operation, unseen. */
static bool take_shaded(struct space *space, const uint64_t *config, uint64_t *child,
			uint32_t *used)
{
	const struct engine_op *op = &space->problem->op[space->frontier];

	if (op->observes || !unseen_is_shaded(space, config, op->slot))
		return false;
	copy_config(space, child, config);
	child[CONFIG_MASK + op->slot / 64] |= UINT64_C(1) << op->slot % 64;
	unseen_shade(space, child, NULL);
	*used = 0;
	return true;
}

static bool take_open(struct space *space, const uint64_t *config, uint32_t open, uint64_t *child,
		      uint32_t *used)
{
	const struct problem *problem = space->problem;
	const struct open_class *class = &problem->open_class[open];
	bool shades = problem->ahead && problem->model->resets(&class->step);
	uint64_t next;

	if (!space_has_open(space, config, class->class) ||
	    space_waits(space, config, class->class) || !take(space, config, &class->step, &next) ||
	    (next == config[CONFIG_STATE] && !shades) || /* it may as well stay out */
	    !unseen_is_wanted(space, config, &class->step, next))
		return false;
	copy_config(space, child, config);
	child[CONFIG_STATE] = next;
	child[config_counts(problem) + class->word] += UINT64_C(1) << class->shift;
	unseen_shade(space, child, &class->step);
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

/* What space_next's iterator counts: the frontier's operation; the same, unseen; the pending ones,
 * by slot or, eldest first, by operation; the open classes. */
enum { FRONTIER, SHADED, PENDING };

static uint32_t opens_at(const struct space *space)
{
	return PENDING + (space->eldest_first ? space->problem->ops : space->problem->slots);
}

/* The next pending operation to be tried, in its slot; `slots` when none is left. */
static uint32_t next_pending(const struct space *space, const uint64_t *config, uint32_t *iterator)
{
	uint32_t from = *iterator - PENDING, slots = space->problem->slots;

	if (*iterator >= opens_at(space))
		return slots;
	uint32_t slot = space->eldest_first ? next_eldest(space, config, from)
					    : space_next_slot(space, config, from);

	*iterator = slot == slots         ? opens_at(space)
		    : space->eldest_first ? PENDING + 1 + space->in_slot[slot]
					  : PENDING + 1 + slot;
	return slot;
}

bool space_next(struct space *space, const uint64_t *config, uint32_t *iterator, uint64_t *child,
		uint32_t *used)
{
	const struct problem *problem = space->problem;
	const struct engine_op *frontier = &problem->op[space->frontier];
	bool frontier_first = !frontier->observes && !space->eldest_first;
	uint32_t slot, opens = opens_at(space);

	if (*iterator == FRONTIER) {
		*iterator = SHADED;
		if (frontier_first && take_pending(space, config, frontier->slot, child, used))
			return true;
	}
	if (*iterator == SHADED) {
		*iterator = PENDING;
		if (take_shaded(space, config, child, used))
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
