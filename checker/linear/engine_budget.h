/* The bytes that one search may have, over all of its tables. */
#ifndef CHECKER_LINEAR_ENGINE_BUDGET_H
#define CHECKER_LINEAR_ENGINE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct budget {
	uint64_t used, limit; /* limit 0: none */
	bool refused;         /* something did not fit, or the machine had no more: results mean
				 nothing from then on */
};

/* realloc within the budget; NULL when it refuses, and the old memory stays as it was. */
static inline void *budget_resize(struct budget *budget, void *memory, uint64_t from, uint64_t to)
{
	uint64_t used = budget->used - from + to;
	void *resized = NULL;

	if (budget->limit == 0 || used <= budget->limit)
		resized = realloc(memory, to);
	if (resized)
		budget->used = used;
	else
		budget->refused = true;
	return resized;
}

#endif
