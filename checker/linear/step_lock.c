/*
 * Locks whose state is a number: how many hold, or who does.
 */
#include <stdlib.h>

#include "base/invariant.h"
#include "checker/linear/engine_step.h"

enum step_role step_make_lock(const struct trace_op *op, struct step *step)
{
	bool failed = op->outcome == TRACE_FAILED;

	*step = (struct step){0};
	switch ((enum trace_function)op->f) {
	case TRACE_TRY_ACQUIRE:
		step->kind = failed ? LOCK_SAW_TAKEN : LOCK_TAKE;
		return failed ? STEP_OBSERVES : STEP_CHANGES;
	case TRACE_ACQUIRE:
		step->kind = LOCK_TAKE;
		return STEP_CHANGES;
	case TRACE_RELEASE:
		step->kind = LOCK_GIVE;
		return STEP_CHANGES;
	case TRACE_PROOF:
		step->kind = LOCK_PROVES;
		return op->outcome == TRACE_OK ? STEP_OBSERVES : STEP_LEFT_OUT;
	case TRACE_READ:
	case TRACE_WRITE:
	case TRACE_CAS:
	case TRACE_GET:
	case TRACE_PUT:
	case TRACE_APPEND:
	case TRACE_ADD:
	case TRACE_REMOVE:
	case TRACE_FUNCTIONS_COUNT:
		break;
	}
	return STEP_FOREIGN;
}

uint32_t step_holder(const struct step_maker *maker, const struct trace_op *op)
{
	return maker->by_attempt ? op->attempt : op->owner + 1;
}

/* Nobody asks who it was. */
static enum step_role make_anonymous(const struct step_maker *maker, const struct trace_op *op,
				     struct step *step)
{
	(void)maker;
	return step_make_lock(op, step);
}

static enum step_role make_owned(const struct step_maker *maker, const struct trace_op *op,
				 struct step *step)
{
	enum step_role role = step_make_lock(op, step);

	if (step->kind != LOCK_SAW_TAKEN)
		step->a = step_holder(maker, op);
	return role;
}

/* Holds are counted per owner, whatever attempts they are; a failed try saw *another* holder, or
 * its own deepest hold. */
static enum step_role make_reentrant(const struct step_maker *maker, const struct trace_op *op,
				     struct step *step)
{
	enum step_role role = step_make_lock(op, step);

	(void)maker;
	step->a = op->owner + 1;
	return role;
}

static int compare_tokens(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static enum step_role make_fenced(const struct step_maker *maker, const struct trace_op *op,
				  struct step *step)
{
	enum step_role role = make_owned(maker, op, step);

	if (step->kind == LOCK_TAKE && op->has_token && maker->tokens) {
		const int64_t *found = bsearch(&op->token, maker->token, maker->tokens,
					       sizeof *maker->token, compare_tokens);

		CHECK(found); /* all tokens of the object are there */
		step->b = (uint32_t)(found - maker->token) + 1;
	}
	return role;
}

static bool take_permit(struct step_states *states, uint64_t held, const struct step *step,
			uint64_t *next)
{
	*next = held;
	switch ((enum lock_step)step->kind) {
	case LOCK_TAKE:
		*next = held + 1;
		return held < states->limit;
	case LOCK_GIVE:
		*next = held - 1;
		return held > 0;
	case LOCK_SAW_TAKEN:
		return held == states->limit;
	case LOCK_PROVES:
		return held > 0;
	}
	return false;
}

/* State: who holds; 0 nobody. */
static bool take_owned(struct step_states *states, uint64_t holder, const struct step *step,
		       uint64_t *next)
{
	(void)states;
	*next = holder;
	switch ((enum lock_step)step->kind) {
	case LOCK_TAKE:
		*next = step->a;
		return holder == 0;
	case LOCK_GIVE:
		*next = 0;
		return holder == step->a;
	case LOCK_SAW_TAKEN:
		return holder != 0;
	case LOCK_PROVES:
		return holder == step->a;
	}
	return false;
}

static uint32_t owned_holder(const struct step_states *states, uint64_t holder, bool *exclusive)
{
	(void)states;
	*exclusive = true;
	return (uint32_t)holder;
}

/*
 * As owned, but the service may end a hold at any instant. An end of a hold helps only him who
 * takes the lock next, and can be put right before that: so the lock may be taken from anybody, and
 * he who lost it so can prove, or give back, nothing any more.
 */
static bool take_from_anybody(struct step_states *states, uint64_t holder, const struct step *step,
			      uint64_t *next)
{
	if (step->kind != LOCK_TAKE)
		return take_owned(states, holder, step, next);
	*next = step->a;
	return true;
}

/* State: who holds, and above it the rank of the greatest token given yet. */
static bool take_with_token(uint64_t state, const struct step *step, uint64_t *next)
{
	uint64_t greatest = state >> 32;

	if (step->kind == LOCK_TAKE && step->b != 0) {
		if (step->b <= greatest)
			return false;
		greatest = step->b;
	}
	*next |= greatest << 32;
	return true;
}

static bool take_fenced(struct step_states *states, uint64_t state, const struct step *step,
			uint64_t *next)
{
	return take_owned(states, state & UINT32_MAX, step, next) &&
	       take_with_token(state, step, next);
}

static bool take_leased(struct step_states *states, uint64_t state, const struct step *step,
			uint64_t *next)
{
	return take_from_anybody(states, state & UINT32_MAX, step, next) &&
	       take_with_token(state, step, next);
}

/* State: who holds, and above it how often. */
static bool take_reentrant(struct step_states *states, uint64_t state, const struct step *step,
			   uint64_t *next)
{
	uint64_t one = UINT64_C(1) << 32, depth = state >> 32;
	bool mine = (state & UINT32_MAX) == step->a;

	*next = state;
	switch ((enum lock_step)step->kind) {
	case LOCK_TAKE:
		*next = state == 0 ? one | step->a : state + one;
		return state == 0 || (mine && depth < states->limit);
	case LOCK_GIVE:
		*next = depth == 1 ? 0 : state - one;
		return mine;
	case LOCK_SAW_TAKEN:
		return state != 0 && (!mine || depth == states->limit);
	case LOCK_PROVES:
		return mine;
	}
	return false;
}

const struct step_model step_mutex = {.make = make_anonymous, .take = take_permit};
const struct step_model step_semaphore = {.make = make_anonymous, .take = take_permit};
const struct step_model step_owned_mutex = {
	.make = make_owned, .take = take_owned, .holder = owned_holder};
const struct step_model step_leased_lock = {.make = make_fenced, .take = take_leased};
const struct step_model step_fenced_mutex = {.make = make_fenced, .take = take_fenced};
const struct step_model step_reentrant_mutex = {.make = make_reentrant, .take = take_reentrant};
