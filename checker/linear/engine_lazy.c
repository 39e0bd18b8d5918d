#include "checker/linear/engine_lazy.h"

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

/* Could an exclusive hold begin and end now, if nobody held? */
static bool wants_to_be_alone(const struct space *space, const uint64_t *config)
{
	const struct problem *problem = space->problem;

	for (uint32_t slot = space_next_slot(space, config, 0); slot < problem->slots;
	     slot = space_next_slot(space, config, slot + 1)) {
		const struct engine_op *op = &problem->op[space->in_slot[slot]];
		uint32_t partner = problem->partner[op->class];

		if ((op->step.kind == LOCK_GIVE || op->step.b == TRACE_EXCLUSIVE) &&
		    is_left(space, config, partner))
			return true;
	}
	return false;
}

static struct lazy before_acquire(const struct space *space, const uint64_t *config, bool shared,
				  uint32_t holder, bool exclusive)
{
	if (!holder)
		return (struct lazy){.windows = true, .shared = !shared};
	if (!shared || exclusive || wants_to_be_alone(space, config))
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
		const struct step *step, uint32_t class, bool open)
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
	partner = space->problem->partner[class];
	if (open)
		return partner != NO_OP && space_waits(space, config, partner);
	return is_left(space, config, partner);
}
