/* What a configuration can still put in. */
#include "checker/linear/engine_space.h"

#include "base/invariant.h"

bool space_waits(const struct space *space, const uint64_t *config, uint32_t class)
{
	for (uint32_t slot = space->last_of_class[class]; slot != NO_OP;
	     slot = space->earlier[slot])
		if (!config_has(config, slot))
			return true;
	return false;
}

static uint64_t opens_used(const struct problem *problem, const uint64_t *config,
			   const struct open_class *class)
{
	return config[config_counts(problem) + class->word] >> class->shift & class->ones;
}

bool space_has_open(const struct space *space, const uint64_t *config, uint32_t class)
{
	const struct problem *problem = space->problem;
	uint32_t open = problem->open_of_class[class];

	if (open == NO_OP)
		return false;
	uint64_t used = opens_used(problem, config, &problem->open_class[open]);

	CHECK(used <= space->available[open]); /* none is used before it is invoked */
	return used < space->available[open];
}

uint32_t space_next_slot(const struct space *space, const uint64_t *config, uint32_t slot)
{
	uint32_t word = slot / 64;
	uint64_t below = (UINT64_C(1) << slot % 64) - 1;

	for (; word < space->problem->mask_words; word++, below = 0) {
		uint64_t left = space->changing[word] & ~config[CONFIG_MASK + word] & ~below;

		if (left)
			return word * 64 + (uint32_t)__builtin_ctzll(left);
	}
	return space->problem->slots;
}
