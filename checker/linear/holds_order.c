/*
 * Holds that need an instant only, in the order of their tokens (T3, T2 with leases).
 *
 * What stands here is known to stand together without tokens: cores do not overlap, and each window
 * has an instant outside of them. Between two events there is room for any number of instants, so
 * windows are in nobody's way. Then the holds with tokens come in the order of these, and the order
 * is possible iff each finds its place when all before it took the earliest one: a core begins
 * before its first event, whoever came before has his instant until then, and its last event is
 * where the next can come. A hold without a token bars with its core only.
 */
#include "checker/linear/holds_order.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/invariant.h"

static int by_begin(const void *left, const void *right)
{
	const struct order_hold *a = left, *b = right;

	return array_order(a->first, b->first);
}

static int by_token(const void *left, const void *right)
{
	const struct order_hold *a = left, *b = right;

	return array_order(a->token, b->token) ?: array_order(a->first, b->first);
}

/* The core in whose midst the gap behind event `at` lies; NULL: none. */
static const struct order_hold *core_around(const struct order_hold *core, uint32_t cores,
					    uint32_t at)
{
	/* the last of these is the one that begins last by `at` */
	uint32_t begun = (uint32_t)ARRAY_BEFORE(cores, i, core[i].first <= at);

	return begun > 0 && at < core[begun - 1].last ? &core[begun - 1] : NULL;
}

static bool refuse(struct order_culprits *culprits, const struct order_hold *one,
		   const struct order_hold *between, const struct order_hold *other)
{
	CHECK(one->id != other->id);
	*culprits = (struct order_culprits){.hold = {one->id, other->id}, .holds = 2};
	if (between && between->id != other->id)
		culprits->hold[culprits->holds++] = between->id;
	return false;
}

/* `hold` in the order of tokens. */
static bool place(const struct order_hold *hold, uint32_t holds, const struct order_hold *core,
		  uint32_t cores, struct order_culprits *culprits)
{
	const struct order_hold *latest = NULL, *around = NULL; /* why nobody can come earlier */
	uint32_t now = 0;                                       /* the gap behind this event */

	for (uint32_t i = 0; i < holds; i++) {
		if (i > 0 && hold[i].token == hold[i - 1].token)
			return refuse(culprits, &hold[i - 1], NULL, &hold[i]);
		if (latest && now >= hold[i].first)
			return refuse(culprits, latest, around, &hold[i]);
		if (latest && !hold[i].core && hold[i].last <= now)
			continue;
		latest = &hold[i];
		around = hold[i].core ? NULL : core_around(core, cores, hold[i].last);
		now = around ? around->last : hold[i].last;
		CHECK(hold[i].core || now < hold[i].first);
	}
	return true;
}

bool order_fits(struct order_hold *hold, uint32_t holds, struct order_culprits *culprits)
{
	struct order_hold *core;
	uint32_t cores = 0, tokens = 0;

	ARRAY_NEW(core, holds);
	for (uint32_t i = 0; i < holds; i++) {
		if (hold[i].core)
			core[cores++] = hold[i];
		if (hold[i].has_token)
			hold[tokens++] = hold[i];
	}
	qsort(core, cores, sizeof(*core), by_begin);
	for (uint32_t i = 1; i < cores; i++)
		CHECK(core[i - 1].last < core[i].first); /* they are known not to overlap */
	qsort(hold, tokens, sizeof(*hold), by_token);
	bool fits = place(hold, tokens, core, cores, culprits);

	free(core);
	return fits;
}
