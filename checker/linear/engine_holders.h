/*
 * Locks whose state is their holders: what the searches know of them before they begin.
 */
#ifndef LINEAR_ENGINE_HOLDERS_H
#define LINEAR_ENGINE_HOLDERS_H

#include "checker/linear/engine_problem.h"
#include "checker/linear/keys.h"

/* Fills what the problem says of partners, of releases and of gaps between holds, once its events
 * stand. */
void holders_survey(struct problem *problem);
/* Numbers for the holders, which are the steps' `a`; closed with keys_close. */
void holders_number(const struct problem *problem, struct keys *keys);

#endif
