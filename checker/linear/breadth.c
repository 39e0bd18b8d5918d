/*
 * Breadth first, just in time (Lowe 2017): from return to return, with all configurations that can
 * still be. Operations are put in only when a return x must be passed, in sequences that end with
 * x. When none is left, the history up to that return is the shortest illegal prefix.
 *
 * Within a layer, configurations are expanded in the order of their *rank*, the number of open
 * operations they have used. One that dominates another has a smaller rank, so when a configuration
 * comes up, all that could dominate it are known.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "checker/linear/engine.h"

struct breadth {
	struct search search;
	bool in_layer;
	uint32_t *next;  /* by entry: the queue of its rank */
	uint32_t *ranks; /* by entry */
	uint32_t capacity;
	uint32_t *queue; /* by rank: its last entry; MEMO_NONE */
	uint32_t rank;   /* that is being expanded */
};

/* The queue's room follows the memo's. */
static bool follow_capacity(struct breadth *breadth)
{
	struct search *search = &breadth->search;
	size_t from = breadth->capacity * sizeof *breadth->next;
	size_t to = search->memo.capacity * sizeof *breadth->next;

	if (from == to)
		return true;
	uint32_t *next = budget_resize(&search->budget, breadth->next, from, to);

	if (!next)
		return false;
	breadth->next = next;

	uint32_t *ranks = budget_resize(&search->budget, breadth->ranks, from, to);

	if (!ranks)
		return false;
	breadth->ranks = ranks;
	breadth->capacity = search->memo.capacity;
	return true;
}

struct breadth *breadth_open(const struct problem *problem, const struct search_leash *leash)
{
	struct breadth *breadth;

	ARRAY_NEW(breadth, 1);
	search_open(&breadth->search, problem, leash);
	ARRAY_NEW(breadth->queue, problem->open_ops + 1);
	memset(breadth->queue, 0xff, (problem->open_ops + 1) * sizeof *breadth->queue);

	uint64_t *first = memo_room(&breadth->search.memo);

	if (!first || !follow_capacity(breadth))
		return breadth; /* the budget says so when it is run */
	space_begin(&breadth->search.space, first);
	breadth->ranks[memo_commit(&breadth->search.memo)] = 0;
	return breadth;
}

struct search *breadth_search(struct breadth *breadth)
{
	return &breadth->search;
}

void breadth_close(struct breadth *breadth)
{
	search_close(&breadth->search);
	free(breadth->next);
	free(breadth->ranks);
	free(breadth->queue);
	free(breadth);
}

static void push(struct breadth *breadth, uint32_t entry)
{
	uint32_t rank = breadth->ranks[entry];

	breadth->next[entry] = breadth->queue[rank];
	breadth->queue[rank] = entry;
}

/* The next one to be expanded; MEMO_NONE: all of the layer is. */
static uint32_t pop(struct breadth *breadth)
{
	for (; breadth->rank <= breadth->search.problem->open_ops; breadth->rank++) {
		uint32_t *queue = &breadth->queue[breadth->rank];

		while (*queue != MEMO_NONE) {
			uint32_t entry = *queue;

			*queue = breadth->next[entry];
			if (!memo_dominated(&breadth->search.memo, entry))
				return entry;
		}
	}
	return MEMO_NONE;
}

/* The frontier is at a return. True when some configuration lacks its operation. */
static bool begin_layer(struct breadth *breadth, uint32_t slot)
{
	struct memo *memo = &breadth->search.memo;
	uint32_t entries = memo->entries;
	bool lacks = false;

	for (uint32_t i = 0; i < entries; i++) {
		uint64_t *config = memo_config(memo, i);

		breadth->ranks[i] += space_settle(&breadth->search.space, config);
		CHECK(breadth->ranks[i] <= breadth->search.problem->open_ops);
		lacks |= !config_has(config, slot);
	}
	if (!lacks)
		return false;
	memo_restart(memo, 0);
	breadth->rank = 0;
	for (uint32_t i = 0; i < entries; i++) {
		uint32_t entry = memo->entries;

		if (entry != i)
			memcpy(memo_config(memo, entry), memo_config(memo, i),
			       memo->words * sizeof *memo->config);
		if (memo_commit(memo) == MEMO_NONE)
			continue; /* it has become what another one is */
		breadth->ranks[entry] = breadth->ranks[i];
		if (!config_has(memo_config(memo, entry), slot))
			push(breadth, entry);
	}
	return true;
}

static bool expand(struct breadth *breadth, uint32_t entry, uint32_t slot, enum search_end *end)
{
	struct search *search = &breadth->search;
	struct memo *memo = &search->memo;
	uint32_t iterator = 0;
	uint64_t *child;
	uint32_t used;

	while ((child = memo_room(memo)) && follow_capacity(breadth) &&
	       space_next(&search->space, memo_config(memo, entry), &iterator, child, &used)) {
		uint32_t added = memo_commit(memo);

		if (added == MEMO_NONE)
			continue;
		search->configurations++;
		breadth->ranks[added] = breadth->ranks[entry] + used;
		if (!config_has(memo_config(memo, added), slot))
			push(breadth, added);
	}
	return search_may_go_on(search, end);
}

/* Keeps what has the operation, which returns now, and is not dominated. */
static void end_layer(struct breadth *breadth, uint32_t slot)
{
	struct memo *memo = &breadth->search.memo;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < memo->entries; i++)
		breadth->next[i] =
			config_has(memo_config(memo, i), slot) && !memo_dominated(memo, i);
	for (uint32_t i = 0; i < memo->entries; i++) {
		if (!breadth->next[i])
			continue;
		if (kept != i)
			memcpy(memo_config(memo, kept), memo_config(memo, i),
			       memo->words * sizeof *memo->config);
		breadth->ranks[kept++] = breadth->ranks[i];
	}
	CHECK(kept <= memo->entries);
	memo_restart(memo, kept);
}

/* Passes the frontier's return; false: *end says why not. */
static bool pass(struct breadth *breadth, enum search_end *end)
{
	struct search *search = &breadth->search;
	struct memo *memo = &search->memo;
	uint32_t op = search->space.frontier, slot = search->problem->op[op].slot;

	CHECK(!search->problem->op[op].open && slot < search->problem->slots);
	uint32_t entry;

	if (!breadth->in_layer)
		breadth->in_layer = begin_layer(breadth, slot);
	if (breadth->in_layer) {
		if (!search_may_go_on(search, end))
			return false;
		while ((entry = pop(breadth)) != MEMO_NONE)
			if (!expand(breadth, entry, slot, end))
				return false;
		end_layer(breadth, slot);
		breadth->in_layer = false;
	}
	if (memo->entries == 0) {
		search->stuck = op;
		*end = SEARCH_NO;
		return false;
	}
	for (uint32_t i = 0; i < memo->entries; i++)
		config_drop(memo_config(memo, i), slot);
	return true;
}

enum search_end breadth_run(struct breadth *breadth)
{
	struct search *search = &breadth->search;
	enum search_end end;

	while (search_may_go_on(search, &end)) {
		if (!breadth->in_layer && !space_advance(&search->space)) {
			CHECK(search->memo.entries > 0); /* some order came to the end */
			return SEARCH_YES;
		}
		if (!pass(breadth, &end))
			break;
		space_retire(&search->space);
	}
	return end;
}
