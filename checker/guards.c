#include "checker/guards.h"

#include "base/word.h"

const struct guard_kind *guard_of_arm(const struct arm_row *arm, struct error *err)
{
	const struct guard_kind *guard = guard_find(arm->guard);

	if (!guard)
		error_set(err, EXIT_BAD_USAGE, "arm '%.40s' has the unknown guard '%.40s'%s",
			  arm->name, arm->guard, word_hint(arm->guard, guard_names).text);
	return guard;
}

unsigned int guard_counting(const struct guard_kind *guard, bool honest)
{
	return violations_that_blame(BLAMES_ARM) |
	       (guard->promises ? 0 : violations_that_blame(BLAMES_UNGUARDED)) |
	       (honest ? 0 : violations_that_blame(BLAMES_SERVICE));
}
