/* What the steps of shrinking share. Private to shrink*.c. */
#ifndef CHECKER_LINEAR_LESSEN_PARTS_H
#define CHECKER_LINEAR_LESSEN_PARTS_H

#include "checker/linear/explain_excerpt.h"

struct shrinker {
	struct excerpt *excerpt;
	struct linear_request request;
	int64_t deadline_ns;
	uint32_t *pinned, pins; /* operations that must stay, for others were left out for them */
};

bool shrink_is_over(const struct shrinker *shrinker);
/* Takes `smaller` over when it is illegal too; frees the one that is not kept. */
bool shrink_try(struct shrinker *shrinker, struct excerpt *smaller);

/* Locks that tell holders apart, of any size: down to holds near the end of the history and those
 * whose tokens are in their way, if these are enough. */
void shrink_to_end(struct shrinker *shrinker);
/* Leaves out holds, in blocks and one at a time, and whole holders. True: something went. */
bool shrink_holds(struct shrinker *shrinker);

#endif
