/* One step of shrinking: tried, and taken over if what is left is illegal still. */
#include "checker/linear/lessen_parts.h"

#include "base/clock.h"

bool shrink_is_over(const struct shrinker *shrinker)
{
	return clock_now_ns() >= shrinker->deadline_ns;
}

bool shrink_try(struct shrinker *shrinker, struct slice *smaller)
{
	bool better = slice_decide(smaller, &shrinker->request) == NOT_LINEARIZABLE;

	if (better) {
		struct slice old = *shrinker->slice;

		*shrinker->slice = *smaller;
		*smaller = old;
	}
	slice_free(smaller);
	return better;
}
