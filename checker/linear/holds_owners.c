/*
 * T2, T3, T5 and T6 where the source names no attempts, but each owner does one thing after the
 * other: its operations are invoked after its previous one has returned, so only its last can be
 * open. Then each release ends the owner's youngest hold, as if it had named it; no hold is a mere
 * window, and one pass with a little memory per owner does.
 *
 * An owner that went on after an operation of unknown outcome is not covered: that operation may
 * act on any of its later holds (and deciding that is NP-complete).
 */
#include "checker/linear/holds_owners.h"

#include <stdlib.h>

#include "base/array.h"
#include "checker/linear/holds.h"
#include "checker/linear/models.h"

static struct core core_of(const struct owner *owner, uint32_t last, uint32_t release_by)
{
	return (struct core){.acquire_from = owner->acquire_from,
			     .first = owner->first,
			     .last = last,
			     .release_by = release_by,
			     .mode = owner->mode};
}

/* Certificates -------------------------------------------------------------------------------- */

/* The release that ends a hold of this depth, which still stands after event `at`. */
static uint32_t find_release(const struct owners *owners, uint32_t acquire, uint32_t depth,
			     uint32_t at)
{
	const struct linear_object *object = owners->object;

	for (uint32_t i = at + 1; i < object->events; i++) {
		uint32_t event = object->event[i];
		const struct trace_op *op = &owners->ops[event >> 1];

		if (op->owner != owners->ops[acquire].owner || op->outcome == TRACE_FAILED)
			continue;
		if (!(event & 1) && op->f == TRACE_RELEASE && --depth == 0)
			return event >> 1;
		depth += event & 1 && op_acquires(op);
	}
	return TRACE_NEVER;
}

static void add(struct owners *owners, uint32_t acquire, uint32_t depth, uint32_t at)
{
	certificate_add(&owners->certificate, acquire, find_release(owners, acquire, depth, at));
}

/* Those that stand at event `at`, as far as they bar an acquire of this mode. */
static void add_standing(struct owners *owners, enum trace_mode mode, uint32_t at)
{
	uint32_t position = owners->ops[owners->object->event[at] >> 1].returned;

	for (uint32_t i = 0; i < owners->keys.count; i++) {
		const struct owner *owner = &owners->owner[i];
		struct core core = core_of(owner, TRACE_NEVER, TRACE_NEVER);

		if (!owner->depth || !sweep_stands(&owners->sweep, &core, position))
			continue;
		if (owners->sweep.shares && mode == TRACE_SHARED && owner->mode == TRACE_SHARED)
			continue;
		add(owners, owner->acquire, owner->depth, at);
		if (owners->sweep.shares)
			return;
	}
}

/* The owner's acquires that no release has ended by event `at`, the youngest first. */
static void add_nested(struct owners *owners, uint32_t who, uint32_t at)
{
	uint32_t released = 0, wanted = owners->limit + 1;

	for (uint32_t i = at + 1; i-- > 0 && wanted;) {
		uint32_t event = owners->object->event[i];
		const struct trace_op *op = &owners->ops[event >> 1];

		if (!(event & 1) || op->owner != who || op->outcome != TRACE_OK)
			continue;
		if (op->f == TRACE_RELEASE) {
			released++;
		} else if (released) {
			released--;
		} else {
			certificate_add(&owners->certificate, event >> 1, TRACE_NEVER);
			wanted--;
		}
	}
}

/* True once, for the violation that is explained. */
static bool begin_certificate(struct owners *owners, uint32_t at)
{
	if (!owners->object || owners->certificate.stuck != TRACE_NEVER)
		return false;
	owners->certificate.stuck = owners->object->event[at] >> 1;
	owners->certificate.prefix = at + 1;
	return true;
}

/* The sweep ----------------------------------------------------------------------------------- */

static void conflict(struct owners *owners, const struct owner *next, bool fits, uint32_t at)
{
	uint32_t earlier = owners->tokens.of_greatest;

	CHECK(!fits || owners->tokens.kept > 0);
	if (begin_certificate(owners, at)) {
		if (fits)
			add(owners, earlier, 1,
			    object_find_event(owners->object, owners->ops[earlier].returned));
		else
			add_standing(owners, next->mode, at);
		add(owners, next->acquire, next->depth, at);
	}
	if (fits)
		tokens_forget_greatest(&owners->tokens);
	else
		tokens_forget_standing(&owners->tokens);
	sweep_violate(&owners->sweep, next->first);
}

static void begin_hold(struct owners *owners, struct owner *owner, const struct trace_op *op,
		       uint32_t index, uint32_t at)
{
	struct owner next = {.acquire = index,
			     .acquire_from = op->invoked,
			     .first = op->returned,
			     .depth = owner->depth + 1,
			     .mode = (enum trace_mode)op->mode};
	CHECK(op->outcome == TRACE_OK && op_acquires(op));
	struct core core = core_of(&next, TRACE_NEVER, TRACE_NEVER);
	bool fits = sweep_begin(&owners->sweep, &core), grows = true;

	if (fits && owners->judges_tokens)
		grows = tokens_grow(&owners->tokens, op, index);
	if (!fits || !grows)
		conflict(owners, &next, fits, at);
	*owner = next;
}

/* Released what it did not hold. */
static void release_astray(struct owners *owners, struct owner *owner, uint32_t index, uint32_t at)
{
	owner->astray = false;
	owners->sweep.violations++;
	if (!begin_certificate(owners, at))
		return;
	if (owner->first)
		certificate_add(&owners->certificate, owner->acquire, owner->release);
	certificate_add(&owners->certificate, TRACE_NEVER, index);
}

static void complete(struct owners *owners, struct owner *owner, const struct trace_op *op,
		     uint32_t index, uint32_t at)
{
	CHECK(owner->busy);
	owner->busy = false;
	if (op->f == TRACE_RELEASE) {
		if (owner->astray)
			release_astray(owners, owner, index, at);
		return;
	}
	if (owner->depth == 0 || owners->model != MODEL_REENTRANT_MUTEX) {
		begin_hold(owners, owner, op, index, at);
		return;
	}
	if (++owner->depth <= owners->limit)
		return;
	if (begin_certificate(owners, at))
		add_nested(owners, op->owner, at);
	sweep_violate(&owners->sweep, op->returned);
}

/* False when the history is not covered. */
static bool invoke(struct owners *owners, struct owner *owner, const struct trace_op *op,
		   uint32_t index)
{
	bool once = owners->model == MODEL_OWNED_SEMAPHORE || owners->model == MODEL_RWLOCK;

	if (owner->busy || (once && owner->depth && op_acquires(op)))
		return false;
	owner->busy = true;
	if (op->f != TRACE_RELEASE)
		return true;
	owner->astray = owner->depth == 0;
	if (owner->depth && --owner->depth == 0) {
		struct core core = core_of(owner, op->invoked, op->returned);

		CHECK(owner->first < op->invoked);
		owner->release = index;
		sweep_end(&owners->sweep, &core);
	}
	return true;
}

static void observe(struct owners *owners, const struct trace_op *op, bool returns)
{
	/* what a reentrant try-acquire saw depends on whose it was */
	if (owners->model == MODEL_REENTRANT_MUTEX)
		owners->sweep.undecided = true;
	else if (returns)
		sweep_observe(&owners->sweep, op);
}

bool owners_step(struct owners *owners, struct owner *owner, const struct trace_op *op,
		 uint32_t index, uint32_t at, bool returns)
{
	if (op->outcome == TRACE_FAILED) {
		observe(owners, op, returns);
		return true;
	}
	if (op->f == TRACE_PROOF)
		return false;
	if (!returns)
		return invoke(owners, owner, op, index);
	complete(owners, owner, op, index, at);
	return true;
}

/* False when the history is not covered from some event on. */
static bool sweep_events(struct owners *owners)
{
	const struct linear_object *object = owners->object;

	for (uint32_t i = 0; i < object->events; i++) {
		uint32_t index = object->event[i] >> 1;
		const struct trace_op *op = &owners->ops[index];
		struct owner *owner = &owners->owner[keys_number(&owners->keys, op->owner)];

		if (!owners_step(owners, owner, op, index, i, object->event[i] & 1))
			return false;
	}
	sweep_finish(&owners->sweep);
	return !owners->sweep.undecided;
}

void owners_begin(struct owners *owners, enum model model, int limit, bool judges_tokens)
{
	*owners = (struct owners){.model = model,
				  .limit = (uint32_t)limit,
				  .judges_tokens = judges_tokens,
				  .certificate = {.stuck = TRACE_NEVER}};
	sweep_open(&owners->sweep, model, limit);
}

bool attempts_by_owner(const struct linear_object *object, enum model model, int limit,
		       struct linear_result *result)
{
	struct owners owners;

	if (model == MODEL_LEASED_LOCK)
		return false;
	owners_begin(&owners, model, limit, model_judges_tokens(model, object->trace));
	owners.object = object;
	owners.ops = object->trace->op;
	owners_open(object, &owners.keys);
	ARRAY_NEW(owners.owner, owners.keys.count);
	bool covered = sweep_events(&owners);

	keys_close(&owners.keys);
	free(owners.owner);
	if (!owners.sweep.violations)
		return covered;
	/* what was covered is a beginning of the history, and that is enough to refute it */
	result->verdict = NOT_LINEARIZABLE;
	result->violations = owners.sweep.violations;
	result->certificate = owners.certificate;
	return true;
}
