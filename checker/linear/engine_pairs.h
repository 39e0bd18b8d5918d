/*
 * Locks whose state is their holders: the operations of two holders alone. Others can only bar
 * them, so two that have no order refute the whole history, and of two that is soon found out. What
 * a pair is: checker/linear/ENGINE.md, Pairs.
 */
#ifndef CHECKER_LINEAR_ENGINE_PAIRS_H
#define CHECKER_LINEAR_ENGINE_PAIRS_H

#include "checker/linear/engine.h"

/* Tries the holder whose operation this is, with each other one that did something before its
 * return, the latest first. The operation at whose return two are stuck, so that the history up to
 * there has no order; NO_OP: none was found, within the leash. *configurations: those explored are
 * added. The problem's model has holders. */
uint32_t pairs_refute(const struct problem *problem, uint32_t op, const struct search_leash *leash,
		      uint64_t *configurations);

#endif
