/*
 * What no observer sees. Between two puts of a key-value store much takes effect whose text nobody
 * ever asks for, and any order of it is as good as any other. So texts that nobody will see are
 * one state, *lost*; and what was pending when a put took effect stands in its *shade*: it may have
 * taken effect right before, unseen. Why that loses no order: checker/linear/ENGINE.md, rules 8 to
 * 10. For the problems that look ahead (engine_ahead.h); of others nothing is lost or shaded, and
 * all is wanted.
 */
#ifndef CHECKER_LINEAR_ENGINE_UNSEEN_H
#define CHECKER_LINEAR_ENGINE_UNSEEN_H

#include "checker/linear/engine_space.h"

/* Part of ahead_open. */
void unseen_open(struct problem *problem);

/* The state itself, or the lost one that stands for it. */
uint64_t unseen_state(const struct space *space, uint64_t state);
bool unseen_is_lost(const struct problem *problem, uint64_t state);

/* May the pending operation in this slot, which changes, take effect now without any change? */
bool unseen_is_shaded(const struct space *space, const uint64_t *config, uint32_t slot);
/* Notes in a configuration that a step has led to what is shaded now. NULL: a step in the shade. */
void unseen_shade(const struct space *space, uint64_t *config, const struct step *step);

/* Is a step other than the frontier's, after which the state is `next`, of use to anybody before
 * the frontier's operation is in? */
bool unseen_is_wanted(const struct space *space, const uint64_t *config, const struct step *step,
		      uint64_t next);

#endif
