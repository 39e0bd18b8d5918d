/*
 * Sequential models as step functions: given a state and an operation, is it legal, and what is the
 * state after it? A state is 64 bits; what does not fit is interned, and its number is the state.
 *
 * Before a search, each operation of the trace becomes a step: what of it matters to the model and
 * nothing else. Equal steps are interchangeable, and the searches make use of that.
 */
#ifndef CHECKER_LINEAR_ENGINE_STEP_H
#define CHECKER_LINEAR_ENGINE_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "checker/linear/linear.h"
#include "checker/linear/engine_intern.h"

struct step {
	uint32_t kind, a, b; /* the model's own; all of it is what makes steps equal */
};

enum step_role {
	STEP_CHANGES,  /* may change the state */
	STEP_OBSERVES, /* never does, in any state */
	STEP_LEFT_OUT, /* tells nothing: an open read, a failed release */
	STEP_FOREIGN,  /* the model does not know such an operation */
};

/* What making steps needs to know of the whole object. */
struct step_maker {
	const struct trace *trace;
	bool by_attempt;      /* every operation tells its attempt: that is who holds */
	const int64_t *token; /* all tokens, ascending, each once */
	uint32_t tokens;
	struct intern *texts; /* steps may refer to these by number */
};

/* What steps are taken on. Each search has its own: taking steps interns. */
struct step_states {
	struct intern texts;
	uint32_t limit;
};

struct step_model {
	enum step_role (*make)(const struct step_maker *maker, const struct trace_op *op,
			       struct step *step);
	/* False when it is not legal. Once the texts' budget has refused, answers mean nothing. */
	bool (*take)(struct step_states *states, uint64_t state, const struct step *step,
		     uint64_t *next);
	/* What a trace's first value is as a state; NULL: the state is 0 at first. */
	uint64_t (*begin)(const struct step_maker *maker, uint32_t value);
	/* Somebody who holds, the same one in equal states; 0: nobody. *exclusive: and no other
	 * can. For locks whose state is their holders, whose exclusive holds stand alone and whose
	 * shared ones bar no other shared one; else NULL. */
	uint32_t (*holder)(const struct step_states *states, uint64_t state, bool *exclusive);
	/* Can the observer still see what it saw, once the step is taken, unless a step that resets
	 * comes between? Does a step reset, so that the state before it does not matter? And a
	 * state from which no observer can see what it saw, whatever is taken, until a step resets;
	 * not 0. All three or none, and then each step that changes is legal in any state. */
	bool (*leads)(const struct step_states *states, uint64_t state, const struct step *step,
		      const struct step *observer);
	bool (*resets)(const struct step *step);
	uint32_t (*lose)(struct intern *texts);
};

extern const struct step_model step_mutex, step_owned_mutex, step_reentrant_mutex,
	step_fenced_mutex, step_semaphore, step_owned_semaphore, step_rwlock, step_leased_lock,
	step_cas_register, step_kv, step_set;

/* The operations of all locks. `a` is who holds (from 1; 0 where the model does not ask); `b` is
 * the rank of the token (0: none), or the mode. */
enum lock_step {
	LOCK_TAKE,
	LOCK_GIVE,
	LOCK_SAW_TAKEN, /* a failed try */
	LOCK_PROVES,    /* of possession */
};

enum step_role step_make_lock(const struct trace_op *op, struct step *step);
uint32_t step_holder(const struct step_maker *maker, const struct trace_op *op);

#endif
