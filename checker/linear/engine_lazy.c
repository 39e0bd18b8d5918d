#include "checker/linear/engine_lazy.h"

#include "base/invariant.h"

/* Can somebody still take a step of this class, answered or not? */
static bool is_left(const struct space *space, const uint64_t *config, uint32_t class)
{
	return class != NO_OP &&
	       (space_waits(space, config, class) || space_has_open(space, config, class));
}

static bool sees_something_else(const struct space *space, const uint64_t *config)
{
	for (uint32_t word = 0; word < space->problem->mask_words; word++)
		if (space->observing[word] & ~config[CONFIG_MASK + word])
			return true;
	return false;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Nobody holds at some instant after the frontier's operation and before this. */
static uint32_t find_gap(const struct space *space, const uint64_t *config)
{
	const struct problem *problem = space->problem;
	uint32_t gap = problem->soonest[space->position];

	for (uint32_t slot = space_next_slot(space, config, 0); slot < problem->slots;
	     slot = space_next_slot(space, config, slot + 1)) {
		const struct engine_op *op = &problem->op[space->in_slot[slot]];
		bool alone = op->step.kind == LOCK_TAKE && op->step.b == TRACE_EXCLUSIVE;

		if (alone)
			gap = least(gap, space->in_slot[slot] == space->frontier ? op->relief
										 : op->prefix);
	}
	return gap;
}

/* Could an exclusive hold begin and end now, if nobody held, and not as well later? */
static bool wants_to_be_alone(const struct space *space, const uint64_t *config, uint32_t until)
{
	const struct problem *problem = space->problem;

	for (uint32_t slot = space_next_slot(space, config, 0); slot < problem->slots;
	     slot = space_next_slot(space, config, slot + 1)) {
		const struct engine_op *op = &problem->op[space->in_slot[slot]];
		uint32_t partner = problem->partner[op->class];

		if (op->step.kind != LOCK_GIVE && op->step.b != TRACE_EXCLUSIVE)
			continue;
		if (partner != NO_OP &&
		    (space_waits(space, config, partner) ||
		     (op->prefix <= until && space_has_open(space, config, partner))))
			return true;
	}
	return false;
}

static struct lazy before_acquire(const struct space *space, const uint64_t *config, bool shared,
				  uint32_t holder, bool exclusive)
{
	uint32_t until;

	if (holder && (!shared || exclusive))
		return (struct lazy){.give = holder};
	until = find_gap(space, config);
	if (!holder)
		return (struct lazy){.windows = true, .shared = !shared, .until = until};
	if (wants_to_be_alone(space, config, until))
		return (struct lazy){.give = holder};
	return (struct lazy){0};
}

struct lazy lazy_look(struct space *space, const uint64_t *config)
{
	const struct problem *problem = space->problem;
	const struct engine_op *frontier = &problem->op[space->frontier];
	const struct step *step = &frontier->step;
	uint64_t state = config[CONFIG_STATE], next;
	bool exclusive;

	CHECK(space->frontier != NO_OP);
	if (!problem->model->holder || sees_something_else(space, config))
		return (struct lazy){.all = true};
	uint32_t holder = problem->model->holder(&space->states, state, &exclusive);

	if (step->kind == LOCK_TAKE)
		return before_acquire(space, config, step->b == TRACE_SHARED, holder, exclusive);
	if (problem->model->take(&space->states, state, step, &next))
		return (struct lazy){0};
	if (holder && exclusive)
		return (struct lazy){.give = holder};
	bool alone = holder && is_left(space, config, problem->partner[frontier->class]);

	return (struct lazy){.take = step->a, .give = alone ? holder : 0};
}

bool lazy_tries(const struct lazy *lazy, const struct space *space, const uint64_t *config,
		const struct step *step, uint32_t class, const struct engine_op *op)
{
	uint32_t partner;

	if (lazy->all)
		return true;
	if (step->kind == LOCK_GIVE)
		return step->a == lazy->give;
	if (step->a == lazy->take)
		return true;
	if (!lazy->windows || (step->b == TRACE_SHARED && !lazy->shared))
		return false;
	CHECK(space->problem->partner); /* of models with holders; of others all is tried */
	partner = space->problem->partner[class];
	if (partner == NO_OP)
		return false;
	return space_waits(space, config, partner) ||
	       (op && op->prefix <= lazy->until && space_has_open(space, config, partner));
}

/* An open acquire of this class comes, and its holder's release follows at once. */
static bool back(struct space *space, uint64_t *config, uint32_t class)
{
	const struct problem *problem = space->problem;
	const struct open_class *open = &problem->open_class[problem->open_of_class[class]];
	uint64_t held;

	CHECK(problem->open_of_class[class] != NO_OP);
	if (!problem->model->take(&space->states, config[CONFIG_STATE], &open->step, &held))
		return false;
	config[config_counts(problem) + open->word] += UINT64_C(1) << open->shift;
	return true;
}

/* The release comes, if it can. An exclusive acquire is of less use than a shared one, so it is
 * used up first. */
static bool hurry(struct space *space, uint64_t *config, const struct engine_op *op, uint32_t *used)
{
	const struct problem *problem = space->problem;
	uint32_t acquire = problem->partner[op->class];
	uint64_t next;

	if (problem->model->take(&space->states, config[CONFIG_STATE], &op->step, &next)) {
		config[CONFIG_STATE] = next;
		return true;
	}
	if (acquire == NO_OP || !space_has_open(space, config, acquire))
		acquire = problem->sharer[op->class];
	if (acquire == NO_OP || !space_has_open(space, config, acquire) ||
	    !back(space, config, acquire))
		return false;
	++*used;
	return true;
}

bool lazy_hurry(struct space *space, uint64_t *config, uint32_t *used)
{
	const struct problem *problem = space->problem;
	bool any = false;

	for (uint32_t word = 0; word < problem->mask_words; word++) {
		uint64_t left = space->eager[word] & ~config[CONFIG_MASK + word];

		for (; left; left &= left - 1) {
			uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(left);

			if (!hurry(space, config, &problem->op[space->in_slot[slot]], used))
				continue;
			config[CONFIG_MASK + word] |= left & -left;
			any = true;
		}
	}
	return any;
}
