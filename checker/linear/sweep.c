#include "checker/linear/sweep.h"

#include "base/invariant.h"

void sweep_open(struct sweep *sweep, enum model model, int limit)
{
	bool permits = model == MODEL_OWNED_SEMAPHORE;

	*sweep = (struct sweep){.shares = model == MODEL_RWLOCK,
				.limit = permits ? (uint32_t)limit : 1,
				.observed_by = TRACE_NEVER};
}

static bool is_taken(const struct sweep *sweep, enum trace_mode mode)
{
	if (!sweep->shares)
		return sweep->inside >= sweep->limit;
	return mode == TRACE_SHARED ? sweep->exclusive > 0 : sweep->inside > 0;
}

static void change(struct sweep *sweep, uint32_t at, uint32_t inside, uint32_t exclusive)
{
	bool before[2] = {is_taken(sweep, TRACE_EXCLUSIVE), is_taken(sweep, TRACE_SHARED)};

	CHECK(exclusive <= inside);
	sweep->inside = inside;
	sweep->exclusive = exclusive;
	for (int mode = TRACE_EXCLUSIVE; mode <= TRACE_SHARED; mode++) {
		bool after = is_taken(sweep, (enum trace_mode)mode);

		if (after && !before[mode])
			sweep->taken_since[mode] = at;
		if (!after && before[mode])
			sweep->taken_until[mode] = at;
	}
}

/* The gap before a core of a mutex is over: `back_to` is how far the core can stretch. */
static void close_gap(struct sweep *sweep, uint32_t back_to)
{
	if (sweep->observed_by != TRACE_NEVER && sweep->observed_by < back_to)
		sweep->undecided = true;
	if (sweep->windows && sweep->stretched[1])
		sweep->undecided = true;
	sweep->stretched[0] = sweep->stretched[1];
	sweep->stretched[1] = sweep->windows = false;
	sweep->observed_by = TRACE_NEVER;
	sweep->stretch_to = 0;
}

bool sweep_begin(struct sweep *sweep, const struct core *core)
{
	uint32_t exclusive = core->mode == TRACE_EXCLUSIVE;

	if (is_taken(sweep, core->mode))
		return false;
	change(sweep, core->first, sweep->inside + 1, sweep->exclusive + exclusive);
	close_gap(sweep, core->acquire_from);
	return true;
}

void sweep_end(struct sweep *sweep, const struct core *core)
{
	uint32_t exclusive = core->mode == TRACE_EXCLUSIVE;

	if (core->first <= sweep->dealt_with)
		return;
	CHECK(sweep->inside > 0 && sweep->exclusive >= exclusive);
	change(sweep, core->last, sweep->inside - 1, sweep->exclusive - exclusive);
	sweep->stretch_to = core->release_by;
}

bool sweep_window(struct sweep *sweep, uint32_t from, enum trace_mode mode)
{
	if (!is_taken(sweep, mode)) {
		sweep->windows = true;
		return true;
	}
	if (sweep->taken_since[mode] < from)
		return false;
	if (sweep->stretched[0]) /* its instant is before the core that stands */
		sweep->undecided = true;
	return true;
}

void sweep_observe(struct sweep *sweep, const struct trace_op *op)
{
	if (is_taken(sweep, op->mode) || sweep->taken_until[op->mode] > op->invoked)
		return;
	if (sweep->shares || sweep->limit > 1) {
		sweep->undecided = true;
		return;
	}
	sweep->stretched[1] = true;
	if (op->invoked >= sweep->stretch_to && op->returned < sweep->observed_by)
		sweep->observed_by = op->returned;
}

void sweep_violate(struct sweep *sweep, uint32_t at)
{
	sweep->violations++;
	change(sweep, at, 0, 0);
	sweep->dealt_with = at;
}

void sweep_finish(struct sweep *sweep)
{
	close_gap(sweep, TRACE_NEVER);
}
