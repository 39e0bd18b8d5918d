/* One step of shrinking: tried, and taken over if what is left is illegal still. */
#include "base/invariant.h"
#include "checker/linear/lessen_parts.h"

#include "base/clock.h"

bool shrink_is_over(const struct shrinker *shrinker)
{
	return clock_now_ns() >= shrinker->deadline_ns;
}

bool shrink_try(struct shrinker *shrinker, struct excerpt *smaller)
{
	bool better = excerpt_decide(smaller, &shrinker->request) == NOT_LINEARIZABLE;

	if (better) {
		struct excerpt old = *shrinker->excerpt;

		CHECK(smaller->ops <= old.ops);
		*shrinker->excerpt = *smaller;
		*smaller = old;
	}
	excerpt_free(smaller);
	return better;
}
