#include "checker/linear/engine_unseen.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

enum { SIGHTS_MAX = 16 /* texts with one beginning that are looked at; of more, one may fit */ };

static int compare_texts(const struct intern *texts, uint32_t one, uint32_t other)
{
	size_t length, size;
	const char *a = intern_bytes(texts, one, &length);
	const char *b = intern_bytes(texts, other, &size);
	int order = memcmp(a, b, length < size ? length : size);

	return order ? order : (length > size) - (length < size);
}

/* By what they saw; of equals, the one that was invoked last first. */
static int compare_sights(const void *left, const void *right, void *context)
{
	const struct problem *problem = context;
	uint32_t one = *(const uint32_t *)left, other = *(const uint32_t *)right;
	int order =
		compare_texts(&problem->texts, problem->op[one].step.a, problem->op[other].step.a);

	return order ? order : (one < other) - (one > other);
}

void unseen_open(struct problem *problem)
{
	ARRAY_NEW(problem->sight, problem->ops);
	for (uint32_t i = 0; i < problem->ops; i++)
		if (problem->op[i].observes)
			problem->sight[problem->sights++] = i;
	qsort_r(problem->sight, problem->sights, sizeof(*problem->sight), compare_sights, problem);
	problem->shade_words = problem->mask_words;
	problem->lost = problem->model->lose(&problem->texts);
	CHECK(problem->lost > 0);
}

/* Does an observer that has not returned see a text that begins with that of the state, and behind
 * it somewhere has this piece? NULL: any. */
static bool may_be_seen(const struct space *space, uint64_t state, const struct step *piece)
{
	const struct problem *problem = space->problem;
	const struct intern *texts = &space->states.texts;
	size_t length, size, pieces = 0;
	const char *text = intern_bytes(texts, (uint32_t)state, &length);
	const char *wanted = piece ? intern_bytes(texts, piece->a, &pieces) : "";
	uint32_t at = (uint32_t)ARRAY_BEFORE(
		problem->sights, i,
		compare_texts(texts, problem->op[problem->sight[i]].step.a, (uint32_t)state) < 0);

	CHECK(space->frontier != NO_OP);
	for (uint32_t i = at; i < problem->sights; i++) {
		const struct engine_op *observer = &problem->op[problem->sight[i]];
		const char *seen = intern_bytes(texts, observer->step.a, &size);

		if (length > size || memcmp(text, seen, length) != 0)
			return false;
		if (i - at == SIGHTS_MAX)
			return true;
		if (observer->prefix >= problem->op[space->frontier].prefix &&
		    memmem(seen + length, size - length, wanted, pieces))
			return true;
	}
	return false;
}

bool unseen_is_lost(const struct problem *problem, uint64_t state)
{
	return problem->lost > 0 && state == problem->lost;
}

uint64_t unseen_state(const struct space *space, uint64_t state)
{
	uint32_t lost = space->problem->lost;

	return lost > 0 && !may_be_seen(space, state, NULL) ? lost : state;
}

bool unseen_is_shaded(const struct space *space, const uint64_t *config, uint32_t slot)
{
	const struct problem *problem = space->problem;

	return unseen_is_lost(problem, config[CONFIG_STATE]) ||
	       (problem->shade_words > 0 &&
		config[CONFIG_MASK + problem->mask_words + slot / 64] >> slot % 64 & 1);
}

/* Of a lost state no bit is set, since all is shaded there. */
void unseen_shade(const struct space *space, uint64_t *config, const struct step *step)
{
	const struct problem *problem = space->problem;
	bool lost = unseen_is_lost(problem, config[CONFIG_STATE]);
	bool resets = step && problem->shade_words > 0 && problem->model->resets(step);

	for (uint32_t i = 0; i < problem->shade_words; i++) {
		uint64_t *shaded = &config[CONFIG_MASK + problem->mask_words + i];

		*shaded = lost ? 0 : resets ? space->changing[i] : *shaded;
		*shaded &= ~config[CONFIG_MASK + i];
	}
}

bool unseen_is_wanted(const struct space *space, const uint64_t *config, const struct step *step,
		      uint64_t next)
{
	const struct problem *problem = space->problem;
	const struct engine_op *frontier = &problem->op[space->frontier];

	if (problem->lost == 0)
		return true;
	if (next == problem->lost)
		return false;
	for (uint32_t word = 0; word < problem->mask_words; word++) {
		uint64_t left = space->observing[word] & ~config[CONFIG_MASK + word];

		for (; left; left &= left - 1) {
			uint32_t slot = word * 64 + (uint32_t)__builtin_ctzll(left);

			if (problem->model->leads(&space->states, config[CONFIG_STATE], step,
						  &problem->op[space->in_slot[slot]].step))
				return true;
		}
	}
	return !frontier->observes && !problem->model->resets(&frontier->step) &&
	       may_be_seen(space, next, &frontier->step);
}
