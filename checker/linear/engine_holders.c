/*
 * What the whole history tells of who holds: whose releases belong to whose acquires, which
 * releases may as well come at once, and until when somebody must have the lock alone. Why that
 * loses no order: checker/linear/ENGINE.md, rules 5 to 7.
 */
#include "checker/linear/engine_holders.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "checker/linear/keys.h"

void holders_number(const struct problem *problem, struct keys *keys)
{
	uint32_t low = UINT32_MAX, high = 0;

	for (uint32_t i = 0; i < problem->ops; i++) {
		low = problem->op[i].step.a < low ? problem->op[i].step.a : low;
		high = problem->op[i].step.a > high ? problem->op[i].step.a : high;
	}
	keys_open(keys, low, high, problem->ops);
}

/* Who takes and who gives back. Of locks with holders only. */
static void find_partners(struct problem *problem, struct keys *keys)
{
	uint32_t *give, *take[2]; /* by holder, and mode: class + 1 */

	ARRAY_NEW(problem->partner, problem->classes);
	memset(problem->partner, 0xff, problem->classes * sizeof *problem->partner);
	ARRAY_NEW(problem->sharer, problem->classes);
	memset(problem->sharer, 0xff, problem->classes * sizeof *problem->sharer);
	ARRAY_NEW(give, keys->count);
	ARRAY_NEW(take[TRACE_EXCLUSIVE], keys->count);
	ARRAY_NEW(take[TRACE_SHARED], keys->count);
	for (uint32_t i = 0; i < problem->ops; i++) {
		const struct engine_op *op = &problem->op[i];

		CHECK(op->class < problem->classes);
		if (op->step.kind == LOCK_GIVE)
			give[keys_number(keys, op->step.a)] = op->class + 1;
		if (op->step.kind == LOCK_TAKE)
			take[op->step.b][keys_number(keys, op->step.a)] = op->class + 1;
	}
	for (uint32_t i = 0; i < problem->ops; i++) {
		const struct engine_op *op = &problem->op[i];
		uint32_t holder = keys_number(keys, op->step.a);

		/* 0 becomes NO_OP */
		if (op->step.kind == LOCK_TAKE)
			problem->partner[op->class] = give[holder] - 1;
		if (op->step.kind != LOCK_GIVE)
			continue;
		problem->partner[op->class] = take[TRACE_EXCLUSIVE][holder] - 1;
		problem->sharer[op->class] = take[TRACE_SHARED][holder] - 1;
	}
	free(give);
	free(take[TRACE_EXCLUSIVE]);
	free(take[TRACE_SHARED]);
}

/* Of one holder, up to an event: how many of his operations are under way and will return; how many
 * were invoked. */
struct busy {
	uint32_t pending, invoked;
};

/* Releases during which their holder does nothing else, and nobody begins to look at the lock. */
static void find_eager(struct problem *problem, struct keys *keys)
{
	struct busy *busy;
	uint32_t *invoked, *looked, looks = 0; /* invoked, looked: at its invocation */

	ARRAY_NEW(busy, keys->count);
	ARRAY_NEW(invoked, problem->ops);
	ARRAY_NEW(looked, problem->ops);
	for (uint32_t i = 0; i < problem->events; i++) {
		uint32_t index = problem->event[i] >> 1;
		struct engine_op *op = &problem->op[index];
		bool returns = problem->event[i] & 1;
		struct busy *his = &busy[keys_number(keys, op->step.a)];

		if (op->observes) {
			looks += !returns;
		} else if (returns) {
			CHECK(his->pending > 0);
			his->pending--;
			op->eager &= invoked[index] == his->invoked && looked[index] == looks;
		} else {
			/* what does not return in this prefix: nobody knows what else comes */
			op->eager = op->step.kind == LOCK_GIVE && !op->open && his->pending == 0 &&
				    op->prefix != UINT32_MAX;
			his->pending += !op->open;
			invoked[index] = ++his->invoked;
			looked[index] = looks;
		}
	}
	free(busy);
	free(invoked);
	free(looked);
}

/* From the last event to the first: when will nobody hold? */
static void find_gaps(struct problem *problem, struct keys *keys)
{
	uint32_t *relief, soonest = UINT32_MAX;

	ARRAY_NEW(problem->soonest, problem->events + 1);
	problem->soonest[problem->events] = soonest;
	ARRAY_NEW(relief, keys->count);
	memset(relief, 0xff, keys->count * sizeof *relief);
	for (uint32_t i = problem->events; i-- > 0; problem->soonest[i] = soonest) {
		struct engine_op *op = &problem->op[problem->event[i] >> 1];
		uint32_t *his = &relief[keys_number(keys, op->step.a)];
		bool returns = problem->event[i] & 1;

		if (op->open)
			continue;
		if (op->step.kind == LOCK_GIVE && !returns && op->prefix < *his)
			*his = op->prefix;
		if (op->step.kind != LOCK_TAKE || op->step.b != TRACE_EXCLUSIVE)
			continue;
		if (returns)
			op->relief = *his;
		else if (op->prefix < soonest)
			soonest = op->prefix;
	}
	free(relief);
}

/* Does a failed try tell exclusive holds from shared ones? */
static bool sees_exclusion(const struct problem *problem)
{
	for (uint32_t i = 0; i < problem->ops; i++)
		if (problem->op[i].step.kind == LOCK_SAW_TAKEN &&
		    problem->op[i].step.b == TRACE_SHARED)
			return true;
	return false;
}

void holders_survey(struct problem *problem)
{
	struct keys keys;

	holders_number(problem, &keys);
	find_partners(problem, &keys);
	find_gaps(problem, &keys);
	if (!sees_exclusion(problem))
		find_eager(problem, &keys);
	keys_close(&keys);
}
