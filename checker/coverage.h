/*
 * The table of fault x moment: what was planned, what happened of it, and what came of that. A cell
 * that never happened tested nothing, however many faults there were in others.
 */
#ifndef CHECKER_COVERAGE_H
#define CHECKER_COVERAGE_H

#include "history/verdicts.h"

struct place; /* of a fault in the table; private */

struct coverage {
	int cells, places;
	struct coverage_cell *cell; /* by kind, moment */
	struct place *place;        /* by fault.id */
};

/* Counts what was planned, injected and bitten. The texts stay the history's. */
void coverage_open(const struct history *history, struct coverage *coverage);
void coverage_close(struct coverage *coverage);

/* An exposure with this fault behind it; NULL: with none, not counted. */
void coverage_count_exposure(struct coverage *coverage, const struct fault_row *fault);

/* A definite violation: goes to the first fault that it cites, if any. */
void coverage_count_violation(struct coverage *coverage, const struct violation *violation);

#endif
