/* The state of a sequential model in words. */
#ifndef CHECKER_LINEAR_EXPLAIN_STATE_H
#define CHECKER_LINEAR_EXPLAIN_STATE_H

#include "checker/linear/engine_problem.h"
#include "checker/linear/explain_words.h"

struct state_source {
	const struct problem *problem;
	const struct trace *trace; /* that the problem was made of */
	const uint32_t *map;       /* from its operations to about->trace's */
	const struct step_states *states;
};

/* "the register holds 3"; the caller frees. */
char *state_in_words(const struct explaining *about, const struct state_source *source,
		     uint64_t state);

#endif
