/*
 * Which holds of a lock are tried without (shrink_units.h says which may be).
 *
 * A violation is complete with the last event of the shortest illegal prefix, and mostly the last
 * few holds are enough. So these are tried first, alone: some, then eight times as many, and so on.
 * That costs what they cost, not what the history does. What conflicts with them from far may be a
 * token: so the hold with the greatest one of all before is tried with them, and all that have one
 * of theirs.
 */
#include "base/array.h"
#include "base/clock.h"
#include "checker/linear/models.h"
#include "checker/linear/lessen_parts.h"
#include "checker/linear/lessen_units.h"

enum { WINDOW_FIRST = 8, WINDOW_GROWS = 8 };

static const struct trace_op *op_of(const struct units *units, uint32_t unit)
{
	return &units->excerpt->trace->op[units->excerpt->op[units->unit[unit].op]];
}

static uint32_t count_open(const struct excerpt *excerpt)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < excerpt->ops; i++)
		count += excerpt->open[i];
	return count;
}

/* If it is taken over, the units are those of an excerpt that is no more. */
static bool try_units(struct shrinker *shrinker, struct units *units, uint32_t observers_from)
{
	const struct excerpt *excerpt = shrinker->excerpt;
	struct excerpt smaller;

	CHECK(units->excerpt == excerpt);
	units_leave_out(units, observers_from, &smaller);
	if (smaller.ops < excerpt->ops || count_open(&smaller) > count_open(excerpt))
		return shrink_try(shrinker, &smaller);
	excerpt_free(&smaller);
	return false;
}

/* Windows ------------------------------------------------------------------------------------- */

static bool has_token(const struct units *units, uint32_t unit)
{
	return op_acquires(op_of(units, unit)) && op_of(units, unit)->has_token;
}

struct by_token {
	int64_t token;
	uint32_t unit;
};

static int compare_tokens(const void *left, const void *right)
{
	const struct by_token *a = left, *b = right;

	return array_order(a->token, b->token) ?: array_order(a->unit, b->unit);
}

static uint32_t list_tokens(const struct units *units, struct by_token *list)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < units->count; i++)
		if (has_token(units, i))
			list[count++] = (struct by_token){op_of(units, i)->token, i};
	qsort(list, count, sizeof(*list), compare_tokens);
	return count;
}

/* All holds with the token of one in the window, and of those before it the greatest token. */
static void keep_rivals(struct units *units, uint32_t begin, const struct by_token *list,
			uint32_t count)
{
	uint32_t greatest = TRACE_NEVER;

	for (uint32_t i = 0; i < count; i++) {
		bool is_before = list[i].unit < begin;

		if (is_before)
			greatest = list[i].unit;
		/* of equal tokens those in the window stand last */
		if (is_before && i + 1 < count && list[i + 1].token == list[i].token)
			units->unit[list[i].unit].keep = list[i + 1].unit >= begin;
	}
	if (greatest != TRACE_NEVER)
		units->unit[greatest].keep = true;
}

static bool try_window(struct shrinker *shrinker, struct units *units, uint32_t last, bool observed)
{
	uint32_t begin = units->count > last ? units->count - last : 0;
	struct by_token *list;

	CHECK(units->count == 0 || begin < units->count); /* a window is never empty */
	for (uint32_t i = 0; i < units->count; i++)
		units->unit[i].keep = i >= begin;
	ARRAY_NEW(list, units->count);
	keep_rivals(units, begin, list, list_tokens(units, list));
	free(list);
	uint32_t from = units->count > 0 ? op_of(units, begin)->invoked : 0;

	return try_units(shrinker, units, observed ? from : TRACE_NEVER);
}

void shrink_to_end(struct shrinker *shrinker)
{
	struct units units;
	bool found = false;

	if (units_open(&units, shrinker->excerpt, shrinker->request.model)) {
		for (int observed = 0; observed < 2 && !found; observed++)
			for (uint64_t last = WINDOW_FIRST;
			     !found && last < WINDOW_GROWS * (uint64_t)units.count &&
			     !shrink_is_over(shrinker);
			     last *= WINDOW_GROWS)
				found = try_window(shrinker, &units,
						   last > units.count ? units.count
								      : (uint32_t)last,
						   observed);
	}
	units_close(&units);
}

/* One by one ---------------------------------------------------------------------------------- */

static bool try_block(struct shrinker *shrinker, struct units *units, uint32_t begin, uint32_t end)
{
	for (uint32_t i = 0; i < units->count; i++)
		units->unit[i].keep = i < begin || i >= end;
	if (!try_units(shrinker, units, 0))
		return false;
	units_close(units);
	CHECK(units_open(units, shrinker->excerpt, shrinker->request.model));
	return true;
}

/* The earlier ones first: an open release is taken to be used up where it was sent. */
static bool pass_blocks(struct shrinker *shrinker, struct units *units)
{
	bool progress = false;

	for (uint32_t block = (units->count + 1) / 2; block > 0; block /= 2)
		for (uint32_t begin = 0; begin < units->count && !shrink_is_over(shrinker);)
			if (try_block(shrinker, units, begin, begin + block))
				progress = true;
			else
				begin += block;
	return progress;
}

static bool try_holder(struct shrinker *shrinker, struct units *units, uint32_t holder)
{
	uint32_t of_holder = 0;

	for (uint32_t i = 0; i < units->count; i++) {
		bool is_his = units->holder[units->unit[i].op] == holder;

		units->unit[i].keep = !is_his;
		of_holder += is_his;
	}
	return of_holder > 1 && try_units(shrinker, units, 0); /* one alone has been tried */
}

static bool pass_holders(struct shrinker *shrinker, struct units *units)
{
	for (uint32_t holder = 0; holder < units->keys.count && !shrink_is_over(shrinker); holder++)
		if (try_holder(shrinker, units, holder))
			return true;
	return false;
}

bool shrink_holds(struct shrinker *shrinker)
{
	struct units units;
	bool progress = false;

	if (units_open(&units, shrinker->excerpt, shrinker->request.model)) {
		progress = pass_blocks(shrinker, &units);
		progress |= pass_holders(shrinker, &units);
	}
	units_close(&units);
	return progress;
}
