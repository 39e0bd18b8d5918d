/*
 * As attempts_named.c, without the future. What that gathers of an attempt is known here when it is
 * needed: whether it has a core shows at the first return of what touched it, since by then a mere
 * window's release has been invoked. Only where a core ends may show later: an open release ends
 * it, unless the attempt is seen to hold again; nothing else may have come between.
 */
#include "checker/linear/stream_named.h"

#include "base/array.h"
#include "base/hash_table.h"
#include "checker/linear/models.h"

enum { HOLDS_MAX = 1 << 20 };

enum stage { PENDING /* nothing that touched it has returned */, CORE, ENDED, WINDOW };

struct hold {
	uint32_t attempt;
	uint32_t acquire_from, first;
	uint32_t last;          /* the latest invocation of what touched it */
	uint32_t release_by;    /* of a release that answered; TRACE_NEVER */
	bool acquired;          /* an acquire was invoked */
	bool released;          /* a release was that answers */
	uint32_t open_released; /* position of the first one that does not; TRACE_NEVER */
	enum stage stage;
	enum trace_mode mode;
	bool has_token;
	int64_t token;
	UT_hash_handle hh;
};

void named_begin(struct named_stream *named, enum model model, int limit)
{
	*named = (struct named_stream){.judges_tokens = model == MODEL_FENCED_MUTEX};
	sweep_open(&named->sweep, model, limit);
}

static struct hold *find_hold(struct hold *const *holds, uint32_t attempt)
{
	struct hold *hold;

	HASH_FIND(hh, *holds, &attempt, sizeof(attempt), hold);
	return hold;
}

static struct hold *add_hold(struct hold **holds, uint32_t attempt)
{
	struct hold *hold;

	if (HASH_COUNT(*holds) == HOLDS_MAX)
		return NULL;
	ARRAY_NEW(hold, 1);
	hold->attempt = attempt;
	hold->release_by = hold->open_released = TRACE_NEVER;
	HASH_ADD(hh, *holds, attempt, sizeof(hold->attempt), hold);
	return hold;
}

static struct core core_of(const struct hold *hold, uint32_t last)
{
	return (struct core){.acquire_from = hold->acquire_from,
			     .first = hold->first,
			     .last = last,
			     .release_by = hold->release_by,
			     .mode = hold->mode};
}

/* The core ends at `last`, as far as is known. */
static void let_end(struct named_stream *named, struct hold *hold, uint32_t last)
{
	struct core core = core_of(hold, last);

	CHECK(hold->stage == CORE || hold->stage == ENDED);
	hold->stage = ENDED;
	named->ending = hold->attempt;
	named->standing = named->sweep;
	sweep_end(&named->sweep, &core);
}

/* It did not, but does now. */
static void let_end_later(struct named_stream *named, struct hold *hold, uint32_t last)
{
	named->sweep = named->standing;
	let_end(named, hold, last);
}

/* Notes what the operation tells of its attempt; false: it tells too much. */
static bool note(struct hold *hold, const struct trace_op *op)
{
	bool ok = op->outcome == TRACE_OK;

	if (op_acquires(op)) {
		if (hold->acquired)
			return false;
		hold->acquired = true;
		hold->acquire_from = op->invoked;
		hold->mode = (enum trace_mode)op->mode;
		hold->has_token = op->has_token;
		hold->token = op->token;
	} else if (op->f == TRACE_RELEASE && !ok) {
		if (hold->open_released == TRACE_NEVER)
			hold->open_released = op->invoked;
	} else if (op->f == TRACE_RELEASE) {
		if (hold->released)
			return false;
		hold->released = true;
		hold->release_by = op->returned;
	}
	if (ok || op_acquires(op))
		hold->last = op->invoked;
	return true;
}

static bool invoke(struct named_stream *named, struct hold **holds, const struct trace_op *op)
{
	struct hold *hold = find_hold(holds, op->attempt);
	bool ok = op->outcome == TRACE_OK;

	if (!hold)
		hold = add_hold(holds, op->attempt);
	if (!hold || !note(hold, op))
		return false;
	if (hold->stage == PENDING)
		return true;
	if (hold->stage == CORE) {
		if (op->f == TRACE_RELEASE)
			let_end(named, hold, op->invoked);
		return true;
	}
	if (!ok) /* a release that comes too late to matter */
		return true;
	if (named->ending != hold->attempt)
		return false; /* a window, or a core that another followed */
	let_end_later(named, hold, op->invoked);
	return true;
}

/* Whoever held before has ended. */
static bool begin_core(struct named_stream *named, const struct hold *hold)
{
	struct trace_op acquire = {.has_token = hold->has_token, .token = hold->token};
	struct core core = core_of(hold, TRACE_NEVER);

	named->ending = 0;
	return sweep_begin(&named->sweep, &core) &&
	       (!named->judges_tokens || tokens_grow(&named->tokens, &acquire, 0));
}

/* The order of windows with tokens is not known before the end. */
static bool end_window(struct named_stream *named, const struct hold *hold)
{
	uint32_t last = hold->last;

	if (named->judges_tokens && hold->has_token)
		return false;
	if (!hold->released && hold->open_released > last)
		last = hold->open_released;
	if (named->ending && !sweep_window(&named->standing, last, hold->mode))
		named->ending = 0; /* it has ended, or this cannot be */
	return sweep_window(&named->sweep, last, hold->mode);
}

static void observe(struct named_stream *named, const struct trace_op *op)
{
	if (named->ending)
		sweep_observe(&named->standing, op);
	sweep_observe(&named->sweep, op);
}

/* The earliest return of what touched the attempt. */
static bool meet(struct named_stream *named, struct hold *hold, uint32_t first)
{
	bool core = !hold->released && hold->open_released == TRACE_NEVER;

	CHECK(hold->stage == PENDING);
	if (!hold->acquired)
		return false;
	hold->first = first;
	hold->stage = core ? CORE : WINDOW;
	return core ? begin_core(named, hold) : end_window(named, hold);
}

static bool complete(struct named_stream *named, struct hold **holds, const struct trace_op *op)
{
	struct hold *hold = find_hold(holds, op->attempt);

	if (!hold) /* its release has returned */
		return true;
	if (hold->stage == PENDING && !meet(named, hold, op->returned))
		return false;
	if (op->f != TRACE_RELEASE)
		return true;
	HASH_DEL(*holds, hold);
	free(hold);
	return true;
}

bool named_step(struct named_stream *named, struct hold **holds, const struct trace_op *op,
		bool returns)
{
	bool good = true;

	if (op->outcome != TRACE_FAILED)
		good = (returns ? complete : invoke)(named, holds, op);
	else if (returns)
		observe(named, op);
	return good && (named->ending || !named->sweep.undecided);
}

bool named_finish(struct named_stream *named)
{
	sweep_finish(&named->sweep);
	return !named->sweep.undecided;
}

void named_free(struct hold **holds)
{
	struct hold *hold, *next;

	HASH_ITER (hh, *holds, hold, next) {
		HASH_DEL(*holds, hold);
		free(hold);
	}
}
