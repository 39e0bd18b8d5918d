/*
 * Depth first, with a memo (Wing & Gong 1993; Lowe 2017; Horn & Kroening 2015). As soon as the
 * frontier's operation is in, its return is passed, and the next is the frontier; configurations of
 * all layers stand in one memo. The deepest frontier that was reached and never passed is where the
 * shortest illegal prefix ends.
 */
#include <stdlib.h>

#include "base/array.h"
#include "checker/linear/engine.h"

struct frame {
	uint32_t entry, iterator;
};

struct depth {
	struct search search;
	struct frame *frame; /* the path from the begin */
	uint32_t frames, capacity;
	uint32_t deepest; /* position of the deepest frontier */
	bool begun;
};

struct depth *depth_open(const struct problem *problem, const struct search_leash *leash)
{
	struct depth *depth;

	ARRAY_NEW(depth, 1);
	search_open(&depth->search, problem, leash);
	return depth;
}

struct search *depth_search(struct depth *depth)
{
	return &depth->search;
}

void depth_close(struct depth *depth)
{
	search_close(&depth->search);
	free(depth->frame);
	free(depth);
}

static bool push(struct depth *depth, uint32_t entry)
{
	if (depth->frames == depth->capacity) {
		uint32_t capacity = depth->capacity ? depth->capacity * 2 : 64;
		struct frame *frame =
			budget_resize(&depth->search.budget, depth->frame,
				      depth->capacity * sizeof *frame, capacity * sizeof *frame);

		if (!frame)
			return false;
		depth->frame = frame;
		depth->capacity = capacity;
	}
	depth->frame[depth->frames++] = (struct frame){.entry = entry};
	return true;
}

/* Passes every return whose operation is in; false: the history has no more returns. */
static bool settle(struct search *search, uint64_t *config)
{
	struct space *space = &search->space;

	while (space_advance(space)) {
		uint32_t slot = search->problem->op[space->frontier].slot;

		space_settle(space, config);
		if (!config_has(config, slot)) {
			config[CONFIG_LAYER] = space->position;
			return true;
		}
		config_drop(config, slot);
		space_retire(space);
	}
	return false;
}

/* Goes on from the configuration that stands in the memo's room. */
static bool arrive(struct depth *depth, uint64_t *config, enum search_end *end)
{
	struct search *search = &depth->search;

	if (!settle(search, config)) {
		*end = search->budget.refused ? SEARCH_BEYOND_BYTES : SEARCH_YES;
		return false;
	}
	CHECK(search->space.frontier != NO_OP);
	uint32_t entry = memo_commit(&search->memo);

	if (entry == MEMO_NONE)
		return true;
	search->configurations++;
	if (search->space.position > depth->deepest) {
		depth->deepest = search->space.position;
		search->stuck = search->space.frontier;
	}
	if (!push(depth, entry)) {
		*end = SEARCH_BEYOND_BYTES;
		return false;
	}
	return true;
}

static bool begin(struct depth *depth, enum search_end *end)
{
	uint64_t *first = memo_room(&depth->search.memo);

	if (!first) {
		*end = SEARCH_BEYOND_BYTES;
		return false;
	}
	CHECK(depth->frames == 0 && depth->search.space.position == 0);
	space_begin(&depth->search.space, first);
	depth->begun = true;
	return arrive(depth, first, end);
}

enum search_end depth_run(struct depth *depth)
{
	struct search *search = &depth->search;
	struct memo *memo = &search->memo;
	enum search_end end;

	if (!depth->begun && !begin(depth, &end))
		return end;
	while (search_may_go_on(search, &end)) {
		if (depth->frames == 0) {
			CHECK(search->stuck != NO_OP); /* some return was never passed */
			return SEARCH_NO;
		}
		struct frame *frame = &depth->frame[depth->frames - 1];
		uint64_t *child = memo_room(memo);
		uint32_t used;

		if (!child)
			return SEARCH_BEYOND_BYTES;
		const uint64_t *config = memo_config(memo, frame->entry);

		space_rewind(&search->space, (uint32_t)config[CONFIG_LAYER]);
		if (!space_next(&search->space, config, &frame->iterator, child, &used))
			depth->frames--;
		else if (!arrive(depth, child, &end))
			return end;
	}
	return end;
}
