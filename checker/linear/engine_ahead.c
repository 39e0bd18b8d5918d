#include "checker/linear/engine_ahead.h"

#include "base/array.h"
#include "checker/linear/engine_unseen.h"

enum { LOOKS = 4 /* observers to come that are looked at */ };

/* Lists where observers return, and where what sets the state anew is invoked. */
bool ahead_open(struct problem *problem)
{
	uint32_t sight = problem->events, reset = sight;

	if (!problem->model->leads)
		return false;
	unseen_open(problem);
	ARRAY_NEW(problem->ahead, problem->events + 1);
	for (uint32_t i = problem->events + 1; i-- > 0;) {
		const struct engine_op *op =
			i < problem->events ? &problem->op[problem->event[i] >> 1] : NULL;

		if (op && op->observes && problem->event[i] & 1)
			sight = i;
		if (op && !op->observes && !(problem->event[i] & 1) &&
		    problem->model->resets(&op->step))
			reset = i;
		CHECK(sight >= i && reset >= i);
		problem->ahead[i] = (struct ahead){.sight = sight, .reset = reset};
	}
	return true;
}

uint32_t ahead_sight(const struct problem *problem, uint32_t event)
{
	uint32_t sight = problem->ahead[event].sight;

	return sight < problem->events ? sight : problem->events;
}

static bool is_in(const struct space *space, const uint64_t *config, uint32_t index)
{
	uint32_t slot = space->problem->op[index].slot;

	return space->in_slot[slot] == index && space->observing[slot / 64] >> slot % 64 & 1 &&
	       config_has(config, slot);
}

/* Can something still set the state so that the observer, which returns at event `until`, sees what
 * it saw? */
static bool may_be_reset(const struct space *space, const uint64_t *config,
			 const struct step *observer, uint32_t until)
{
	const struct problem *problem = space->problem;

	for (uint32_t slot = space_next_slot(space, config, 0); slot < problem->slots;
	     slot = space_next_slot(space, config, slot + 1)) {
		const struct step *step = &problem->op[space->in_slot[slot]].step;

		if (problem->model->resets(step) &&
		    problem->model->leads(&space->states, 0, step, observer))
			return true;
	}
	for (uint32_t i = 0; i < problem->open_classes; i++) {
		const struct open_class *open = &problem->open_class[i];

		if (problem->model->resets(&open->step) &&
		    space_has_open(space, config, open->class) &&
		    problem->model->leads(&space->states, 0, &open->step, observer))
			return true;
	}
	for (uint32_t i = problem->ahead[space->position].reset; i < until;
	     i = problem->ahead[i + 1].reset)
		if (problem->model->leads(&space->states, 0,
					  &problem->op[problem->event[i] >> 1].step, observer))
			return true;
	return false;
}

bool ahead_is_hopeless(const struct space *space, const uint64_t *config, const struct step *step)
{
	const struct problem *problem = space->problem;
	uint32_t at = space->position;

	for (int looks = 0; looks < LOOKS; at++) {
		at = ahead_sight(problem, at);
		if (at == problem->events)
			return false;
		uint32_t observer = problem->event[at] >> 1;

		if (is_in(space, config, observer))
			continue;
		looks++;
		if (!problem->model->leads(&space->states, config[CONFIG_STATE], step,
					   &problem->op[observer].step) &&
		    !may_be_reset(space, config, &problem->op[observer].step, at))
			return true;
	}
	return false;
}
