/*
 * Looking ahead: texts grow by appends only, so what gets will see tells which orders of appends
 * are hopeless long before a get returns. What that does to the shortest illegal prefix, and why it
 * loses no order: checker/linear/ENGINE.md.
 */
#ifndef CHECKER_LINEAR_ENGINE_AHEAD_H
#define CHECKER_LINEAR_ENGINE_AHEAD_H

#include "checker/linear/engine_space.h"

/* The searches of this problem look ahead from now on. False: its model does not. */
bool ahead_open(struct problem *problem);
/* The first return of an observer at `event` or later; problem->events, which may be set to less
 * than there are: none. */
uint32_t ahead_sight(const struct problem *problem, uint32_t event);

/* True when after this step some observer can no longer see what it saw. */
bool ahead_is_hopeless(const struct space *space, const uint64_t *config, const struct step *step);

#endif
