/*
 * Locks that several hold at once, each to be given back by him who took it. State: the interned
 * multiset of the holders, ascending; an exclusive hold of a read-write lock is the holder's number
 * with EXCLUSIVE set.
 */
#include <string.h>

#include "base/invariant.h"
#include "checker/linear/engine_step.h"

static const uint64_t EXCLUSIVE = UINT64_C(1) << 63;

static enum step_role make_held(const struct step_maker *maker, const struct trace_op *op,
				struct step *step)
{
	enum step_role role = step_make_lock(op, step);

	if (step->kind != LOCK_SAW_TAKEN)
		step->a = step_holder(maker, op);
	return role;
}

/* The mode is the taker's: he who gives back, gives what he has. */
static enum step_role make_rwlock(const struct step_maker *maker, const struct trace_op *op,
				  struct step *step)
{
	enum step_role role = make_held(maker, op, step);

	if (step->kind == LOCK_TAKE || step->kind == LOCK_SAW_TAKEN)
		step->b = op->mode;
	return role;
}

static const uint32_t *holders_of(const struct step_states *states, uint64_t state, size_t *count)
{
	const uint32_t *holders = intern_bytes(&states->texts, (uint32_t)state, count);

	*count /= sizeof *holders;
	return holders;
}

/* The first place with a holder not smaller than this one. */
static size_t place_of(const uint32_t *holders, size_t count, uint32_t holder)
{
	size_t at = 0;

	while (at < count && holders[at] < holder)
		at++;
	return at;
}

static bool holds(const struct step_states *states, uint64_t state, uint32_t holder)
{
	size_t count, at;
	const uint32_t *holders = holders_of(states, state, &count);

	at = place_of(holders, count, holder);
	return at < count && holders[at] == holder;
}

static uint64_t with(struct step_states *states, uint64_t state, uint32_t holder)
{
	size_t count;

	holders_of(states, state, &count);
	uint32_t *room = intern_room(&states->texts, (count + 1) * sizeof *room);

	if (!room)
		return 0;
	const uint32_t *holders = holders_of(states, state, &count);
	size_t at = place_of(holders, count, holder);

	memcpy(room, holders, at * sizeof *room);
	room[at] = holder;
	memcpy(room + at + 1, holders + at, (count - at) * sizeof *room);
	return intern_commit(&states->texts, (count + 1) * sizeof *room);
}

static uint64_t without(struct step_states *states, uint64_t state, uint32_t holder)
{
	size_t count;

	holders_of(states, state, &count);
	uint32_t *room = intern_room(&states->texts, count * sizeof *room);

	if (!room)
		return 0;
	const uint32_t *holders = holders_of(states, state, &count);
	size_t at = place_of(holders, count, holder);

	CHECK(at < count && holders[at] == holder);
	memcpy(room, holders, at * sizeof *room);
	memcpy(room + at, holders + at + 1, (count - at - 1) * sizeof *room);
	return intern_commit(&states->texts, (count - 1) * sizeof *room);
}

static bool take_owned_permit(struct step_states *states, uint64_t state, const struct step *step,
			      uint64_t *next)
{
	size_t count;

	holders_of(states, state, &count);
	*next = state;
	switch ((enum lock_step)step->kind) {
	case LOCK_TAKE:
		if (count >= states->limit)
			return false;
		*next = with(states, state, step->a);
		return true;
	case LOCK_GIVE:
		if (!holds(states, state, step->a))
			return false;
		*next = without(states, state, step->a);
		return true;
	case LOCK_SAW_TAKEN:
		return count >= states->limit;
	case LOCK_PROVES:
		return holds(states, state, step->a);
	}
	return false;
}

static bool take_exclusive(uint64_t state, const struct step *step, uint64_t *next)
{
	bool mine = state == (EXCLUSIVE | step->a);

	*next = state;
	switch ((enum lock_step)step->kind) {
	case LOCK_TAKE:
		return false;
	case LOCK_GIVE:
		*next = 0;
		return mine;
	case LOCK_SAW_TAKEN:
		return true;
	case LOCK_PROVES:
		return mine;
	}
	return false;
}

static bool take_rwlock(struct step_states *states, uint64_t state, const struct step *step,
			uint64_t *next)
{
	if (state & EXCLUSIVE)
		return take_exclusive(state, step, next);
	*next = state;
	switch ((enum lock_step)step->kind) {
	case LOCK_TAKE:
		if (step->b == TRACE_EXCLUSIVE)
			*next = EXCLUSIVE | step->a;
		else
			*next = with(states, state, step->a);
		return step->b == TRACE_SHARED || state == 0;
	case LOCK_GIVE:
		if (!holds(states, state, step->a))
			return false;
		*next = without(states, state, step->a);
		return true;
	case LOCK_SAW_TAKEN:
		return step->b == TRACE_EXCLUSIVE && state != 0;
	case LOCK_PROVES:
		return holds(states, state, step->a);
	}
	return false;
}

static uint32_t rwlock_holder(const struct step_states *states, uint64_t state, bool *exclusive)
{
	size_t count;

	*exclusive = state & EXCLUSIVE;
	if (*exclusive)
		return (uint32_t)state;
	const uint32_t *holders = holders_of(states, state, &count);

	return count > 0 ? holders[0] : 0;
}

const struct step_model step_owned_semaphore = {.make = make_held, .take = take_owned_permit};
const struct step_model step_rwlock = {
	.make = make_rwlock, .take = take_rwlock, .holder = rwlock_holder};
