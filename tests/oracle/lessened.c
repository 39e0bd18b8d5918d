/*
 * Leaving out holds makes no legal history illegal, whichever are chosen; and what shrinking makes
 * of an illegal one is illegal.
 */
#include "base/clock.h"
#include "base/random.h"
#include "checker/linear/lessen.h"
#include "checker/linear/lessen_units.h"
#include "tests/oracle/compare.h"

enum { CHOICES = 4 };

/* Some units are kept, and of the observers those that come late enough. */
static bool stays_legal(const struct small *small, struct random_stream *random,
			struct complaint *complaint)
{
	const struct linear_request request = {.model = small->model, .limit = small->limit};
	struct excerpt excerpt, smaller;
	struct units units;
	int percent = (int)random_between(random, 0, 100);
	uint32_t events = small->trace.events, ops;
	enum linear_verdict verdict = LINEARIZABLE;

	excerpt_prefix(&excerpt, &small->object, TRACE_NEVER);
	if (units_open(&units, &excerpt, small->model)) {
		for (uint32_t i = 0; i < units.count; i++)
			units.unit[i].keep = random_between(random, 1, 100) <= percent;
		units_leave_out(&units, (uint32_t)random_between(random, 0, 2 * events), &smaller);
		verdict = excerpt_exhaust(&smaller, &request, &ops);
		excerpt_free(&smaller);
	}
	units_close(&units);
	excerpt_free(&excerpt);
	if (verdict == LINEARIZABLE)
		return true;
	return compare_fails(complaint, "less of it is not linearizable");
}

static bool stays_illegal(const struct small *small, struct complaint *complaint)
{
	const struct linear_request request = {.model = small->model, .limit = small->limit};
	enum linear_verdict verdict;
	struct excerpt excerpt;
	uint32_t ops;

	excerpt_prefix(&excerpt, &small->object, TRACE_NEVER);
	shrink(&excerpt, &request, CLOCK_NEVER);
	verdict = excerpt_exhaust(&excerpt, &request, &ops);
	excerpt_free(&excerpt);
	if (verdict == NOT_LINEARIZABLE)
		return true;
	return compare_fails(complaint, "what shrinking leaves is linearizable");
}

bool compare_lessened(const struct small *small, enum linear_verdict verdict, uint64_t seed,
		      struct complaint *complaint)
{
	struct random_stream random = random_open(seed, "lessened");

	if (verdict != LINEARIZABLE)
		return stays_illegal(small, complaint);
	for (int i = 0; i < CHOICES; i++)
		if (!stays_legal(small, &random, complaint))
			return false;
	return true;
}
