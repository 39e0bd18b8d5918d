/*
 * T2, T2 with leases, T3 and T5 where the source names the attempt of every acquire, release and
 * proof. One pass gathers what each attempt proved, one in the order of time sweeps.
 *
 * What touches an attempt while it certainly holds: its acquire, its proofs and its release, as far
 * as they answered. With `first` the earliest of their returns and `last` the latest of their
 * invocations (the acquire's too, if it did not answer), the attempt held from before first until
 * after last: a core, or where first comes after last, a window [last, first]. Where the service
 * cannot end a hold by itself, one without a confirmed release goes on until the earliest
 * invocation of one that may have happened, or for ever.
 */
#include <stdlib.h>

#include "base/array.h"
#include "checker/linear/holds.h"
#include "checker/linear/holds_parts.h"
#include "checker/linear/holds_order.h"
#include "checker/linear/models.h"

struct attempt {
	uint32_t acquire, release;  /* ops + 1; 0: none. The one that answered, else the earliest */
	uint32_t first, last;       /* last is whole when `first` has come */
	uint8_t acquired, released; /* how many answered */
	uint8_t acquires, releases; /* how many there are, at most 2 */
	bool proofs, mixed, core;   /* mixed: acquires in both modes */
	uint8_t mode;
};

struct named {
	const struct linear_object *object;
	const struct trace_op *ops;
	enum model model;
	struct keys keys;
	struct attempt *attempt;
	struct sweep sweep;
	struct tokens tokens;
	bool judges_tokens, windows_have_tokens;
	struct certificate certificate; /* of the first violation; stuck: TRACE_NEVER until then */
};

/* Gathering ----------------------------------------------------------------------------------- */

static void count_one(uint8_t *count)
{
	*count = (uint8_t)(*count + (*count < 2));
}

static void gather_one(struct named *named, uint32_t index)
{
	const struct trace_op *op = &named->ops[index];
	bool ok = op->outcome == TRACE_OK, acquires = op_acquires(op);

	if (op->outcome == TRACE_FAILED || (op->f == TRACE_PROOF && !ok))
		return;
	struct attempt *attempt = &named->attempt[keys_number(&named->keys, op->attempt)];

	if (acquires) {
		attempt->mixed |= attempt->acquires && op->mode != attempt->mode;
		if (attempt->acquires == 0 || (ok && !attempt->acquired)) {
			attempt->acquire = index + 1;
			attempt->mode = op->mode;
		}
		count_one(&attempt->acquires);
		attempt->acquired = (uint8_t)(attempt->acquired + (ok && attempt->acquired < 2));
	} else if (op->f == TRACE_RELEASE) {
		if (attempt->releases == 0 || (ok && !attempt->released))
			attempt->release = index + 1;
		count_one(&attempt->releases);
		attempt->released = (uint8_t)(attempt->released + (ok && attempt->released < 2));
	} else {
		attempt->proofs = true;
	}
	if (!ok)
		return;
	if (!attempt->first || op->returned < attempt->first)
		attempt->first = op->returned; /* never 0: an invocation comes before */
	if (op->invoked > attempt->last)
		attempt->last = op->invoked;
}

static void gather(struct named *named)
{
	const struct linear_object *object = named->object;
	uint32_t low = UINT32_MAX, high = 0;

	for (uint32_t i = 0; i < object->ops; i++) {
		const struct trace_op *op = &named->ops[object_op(object, i)];

		if (op->outcome == TRACE_FAILED)
			continue;
		low = op->attempt < low ? op->attempt : low;
		high = op->attempt > high ? op->attempt : high;
	}
	keys_open(&named->keys, low, high, object->ops);
	ARRAY_NEW(named->attempt, named->keys.count);
	for (uint32_t i = 0; i < object->ops; i++)
		gather_one(named, object_op(object, i));
}

/* Judging one attempt by itself --------------------------------------------------------------- */

/* More than one acquire may begin more than one hold. All but one are of no use only if none of
 * them can come after a release: then at most one is ever placed. */
static bool is_ambiguous(const struct named *named, const struct attempt *attempt)
{
	if (attempt->acquires < 2)
		return false;
	if (attempt->acquired > 1 || attempt->proofs || attempt->mixed || attempt->releases > 1 ||
	    named->model == MODEL_LEASED_LOCK || (named->judges_tokens && !attempt->acquired))
		return true;
	return attempt->acquired && attempt->release &&
	       named->ops[attempt->release - 1].invoked < named->ops[attempt->acquire - 1].returned;
}

/* The attempt cannot even stand alone. */
static bool is_impossible(const struct named *named, const struct attempt *attempt)
{
	return !attempt->acquire || attempt->released > 1 ||
	       named->ops[attempt->acquire - 1].invoked > attempt->first ||
	       (attempt->released && named->ops[attempt->release - 1].returned < attempt->last);
}

/* `last` as it is in the end. */
static uint32_t last_of(const struct named *named, const struct attempt *attempt)
{
	uint32_t last = attempt->last, acquired = named->ops[attempt->acquire - 1].invoked;

	last = acquired > last ? acquired : last;
	if (attempt->released || named->model == MODEL_LEASED_LOCK)
		return last;
	if (!attempt->release)
		return TRACE_NEVER;
	uint32_t released = named->ops[attempt->release - 1].invoked;

	return released > last ? released : last;
}

static struct core core_of(const struct named *named, const struct attempt *attempt)
{
	CHECK(attempt->acquire > 0); /* one without is impossible */
	return (struct core){
		.acquire_from = named->ops[attempt->acquire - 1].invoked,
		.first = attempt->first,
		.last = attempt->last,
		.release_by =
			attempt->released ? named->ops[attempt->release - 1].returned : TRACE_NEVER,
		.mode = (enum trace_mode)attempt->mode,
	};
}

/* Certificates -------------------------------------------------------------------------------- */

static struct attempt *attempt_of(struct named *named, uint32_t op)
{
	return &named->attempt[keys_number(&named->keys, named->ops[op].attempt)];
}

static void add(struct named *named, const struct attempt *attempt)
{
	certificate_add(&named->certificate, attempt->acquire - 1, attempt->release - 1);
}

/* Those that stand at `at`: all of them, or for a read-write lock one that says it all. */
static void add_standing(struct named *named, enum trace_mode mode, uint32_t at)
{
	const struct attempt *longest = NULL;

	for (uint32_t i = 0; i < named->keys.count; i++) {
		const struct attempt *attempt = &named->attempt[i];

		if (!attempt->core)
			continue;
		struct core core = core_of(named, attempt);

		if (!sweep_stands(&named->sweep, &core, at))
			continue;
		if (!named->sweep.shares)
			add(named, attempt);
		else if ((mode == TRACE_EXCLUSIVE || core.mode == TRACE_EXCLUSIVE) &&
			 (!longest || attempt->last > longest->last))
			longest = attempt;
	}
	if (longest)
		add(named, longest);
}

/* Shared holds that hand over to each other from before `from` until after `to`, so that an
 * exclusive one finds no instant between: the latest first, each reaching back the furthest. */
static void add_chain(struct named *named, uint32_t from, uint32_t to)
{
	while (to > from && named->certificate.attempts >= 0) {
		const struct attempt *furthest = NULL;

		for (uint32_t i = 0; i < named->keys.count; i++) {
			const struct attempt *attempt = &named->attempt[i];

			if (!attempt->core)
				continue;
			struct core core = core_of(named, attempt);

			if (sweep_stands(&named->sweep, &core, to) &&
			    (!furthest || core.first < furthest->first))
				furthest = attempt;
		}
		CHECK(furthest);
		add(named, furthest);
		to = furthest->first;
	}
}

/* Where an attempt that stands at `at` is known to do so: at once where nothing may have ended it
 * yet, else at the first return of what touched it later. */
static uint32_t shown_at(const struct named *named, const struct attempt *attempt, uint32_t at)
{
	const struct linear_object *object = named->object;
	uint32_t identity = named->ops[attempt->acquire - 1].attempt;

	if (named->model != MODEL_LEASED_LOCK &&
	    (!attempt->release ||
	     (attempt->releases == 1 && named->ops[attempt->release - 1].invoked > at)))
		return at;
	for (uint32_t i = object_find_event(object, at) + 1; i < object->events; i++) {
		const struct trace_op *op = &named->ops[object->event[i] >> 1];

		if (object->event[i] & 1 && op->outcome == TRACE_OK && op->attempt == identity &&
		    op->invoked > at)
			return op->returned;
	}
	return at;
}

/* Where a window is known to begin so late: when what was invoked there has returned. */
static uint32_t window_shown_at(const struct named *named, const struct attempt *attempt)
{
	const struct trace *trace = named->object->trace;
	const struct trace_op *op = &trace->op[trace->event[attempt->last] >> 1];

	return op->outcome == TRACE_OK && op->returned > attempt->first ? op->returned
									: attempt->first;
}

static bool is_first(const struct named *named)
{
	return named->certificate.stuck == TRACE_NEVER;
}

/* Ends the certificate of a conflict that `last` met at `at`, with those added before. */
static void close_certificate(struct named *named, const struct attempt *last, uint32_t at)
{
	struct certificate *certificate = &named->certificate;
	uint32_t shown = last->core ? shown_at(named, last, at) : window_shown_at(named, last);

	for (int i = 0; i < certificate->attempts; i++) {
		const struct attempt *other = attempt_of(named, certificate->acquire[i]);
		uint32_t spans = other->last > at ? at : other->first;
		uint32_t other_shown = shown_at(named, other, spans);

		shown = other_shown > shown ? other_shown : shown;
	}
	add(named, last);
	CHECK(named->object->trace->event[shown] & 1); /* only an answer shows anything */
	certificate->stuck = named->object->trace->event[shown] >> 1;
}

/* The certificate of an attempt that cannot stand alone: all that answered of it. One without an
 * acquire and a release is told by its first proof, in the release's place. */
static void certify_impossible(struct named *named, const struct attempt *attempt,
			       const struct trace_op *first)
{
	const struct linear_object *object = named->object;
	uint32_t shown = 0;

	if (attempt->acquire || attempt->release)
		add(named, attempt);
	else
		certificate_add(&named->certificate, TRACE_NEVER, (uint32_t)(first - named->ops));
	for (uint32_t i = 0; i < object->ops; i++) {
		uint32_t index = object_op(object, i);
		const struct trace_op *op = &named->ops[index];

		if (op->attempt != first->attempt || op->outcome != TRACE_OK)
			continue;
		shown = op->returned > shown ? op->returned : shown;
		if (op->f == TRACE_RELEASE && index != attempt->release - 1)
			certificate_add(&named->certificate, TRACE_NEVER, index);
	}
	CHECK(shown > 0); /* the first that answered, at least */
	named->certificate.stuck = object->trace->event[shown] >> 1;
}

/* The sweep ----------------------------------------------------------------------------------- */

static void begin_core(struct named *named, struct attempt *attempt)
{
	struct core core = core_of(named, attempt);
	const struct trace_op *acquire = &named->ops[attempt->acquire - 1];
	bool fits = sweep_begin(&named->sweep, &core), grows = true;

	if (fits && named->judges_tokens)
		grows = tokens_grow(&named->tokens, acquire, attempt->acquire - 1);
	if (fits && grows) {
		attempt->core = true;
		return;
	}
	if (is_first(named)) {
		if (!fits)
			add_standing(named, core.mode, core.first);
		else
			add(named, attempt_of(named, named->tokens.of_greatest));
		attempt->core = true;
		close_certificate(named, attempt, core.first);
	}
	if (fits)
		tokens_forget_greatest(&named->tokens);
	else
		tokens_forget_standing(&named->tokens);
	sweep_violate(&named->sweep, core.first);
}

static void end_window(struct named *named, struct attempt *attempt)
{
	enum trace_mode mode = (enum trace_mode)attempt->mode;

	named->windows_have_tokens |= named->ops[attempt->acquire - 1].has_token;
	if (sweep_window(&named->sweep, attempt->last, mode))
		return;
	if (is_first(named)) {
		if (named->sweep.shares && mode == TRACE_EXCLUSIVE)
			add_chain(named, attempt->last, attempt->first);
		else
			add_standing(named, mode, attempt->first);
		close_certificate(named, attempt, attempt->first);
	}
	tokens_forget_standing(&named->tokens);
	sweep_violate(&named->sweep, attempt->first);
}

/* The earliest return of what touched the attempt: now it is known whether it is a core. */
static void meet(struct named *named, struct attempt *attempt, const struct trace_op *first)
{
	if (is_ambiguous(named, attempt)) {
		named->sweep.undecided = true;
	} else if (is_impossible(named, attempt)) {
		if (is_first(named))
			certify_impossible(named, attempt, first);
		named->sweep.violations++;
	} else {
		attempt->last = last_of(named, attempt);
		if (attempt->first < attempt->last)
			begin_core(named, attempt);
		else
			end_window(named, attempt);
	}
}

static void sweep_events(struct named *named)
{
	const struct linear_object *object = named->object;

	for (uint32_t i = 0; i < object->events; i++) {
		const struct trace_op *op = &named->ops[object->event[i] >> 1];

		if (op->outcome == TRACE_FAILED) {
			if (object->event[i] & 1)
				sweep_observe(&named->sweep, op);
			continue;
		}
		struct attempt *attempt = &named->attempt[keys_number(&named->keys, op->attempt)];

		if (object->event[i] & 1) {
			if (op->returned == attempt->first)
				meet(named, attempt, op);
		} else if (attempt->core && op->invoked == attempt->last) {
			struct core core = core_of(named, attempt);

			sweep_end(&named->sweep, &core);
		}
	}
	sweep_finish(&named->sweep);
}

/* Tokens ------------------------------------------------------------------------------------- */

static uint32_t gather_holds(const struct named *named, struct order_hold *hold)
{
	uint32_t holds = 0;

	for (uint32_t i = 0; i < named->keys.count; i++) {
		const struct attempt *attempt = &named->attempt[i];

		if (!attempt->first)
			continue;
		CHECK(attempt->acquire > 0);
		const struct trace_op *acquire = &named->ops[attempt->acquire - 1];

		if (attempt->core || acquire->has_token)
			hold[holds++] = (struct order_hold){.token = acquire->token,
							    .has_token = acquire->has_token,
							    .core = attempt->core,
							    .first = attempt->first,
							    .last = attempt->last,
							    .id = attempt->acquire - 1};
	}
	return holds;
}

/* All that was answered of these attempts. */
static void certify_order(struct named *named, const struct order_culprits *culprits)
{
	const struct linear_object *object = named->object;
	uint32_t shown = 0;

	for (int i = 0; i < culprits->holds; i++)
		add(named, attempt_of(named, culprits->hold[i]));
	for (uint32_t i = 0; i < object->ops; i++) {
		const struct trace_op *op = &named->ops[object_op(object, i)];
		bool blamed = false;

		for (int j = 0; j < culprits->holds; j++)
			blamed |= op->attempt == named->ops[culprits->hold[j]].attempt;
		if (blamed && op->outcome == TRACE_OK && op->returned > shown)
			shown = op->returned;
	}
	CHECK(shown > 0);
	named->certificate.stuck = object->trace->event[shown] >> 1;
}

/* Where all stand, and some for an instant only: do they in the order of tokens, too? */
static void order_by_tokens(struct named *named)
{
	struct order_culprits culprits;
	struct order_hold *hold;

	ARRAY_NEW(hold, named->keys.count);
	if (!order_fits(hold, gather_holds(named, hold), &culprits)) {
		certify_order(named, &culprits);
		named->sweep.violations = 1;
	}
	free(hold);
}

bool attempts_by_name(const struct linear_object *object, enum model model, int limit,
		      struct linear_result *result)
{
	struct named named = {.object = object,
			      .ops = object->trace->op,
			      .model = model,
			      .judges_tokens = model_judges_tokens(model, object->trace),
			      .certificate = {.stuck = TRACE_NEVER}};

	sweep_open(&named.sweep, model, limit);
	gather(&named);
	sweep_events(&named);
	if (named.judges_tokens && named.windows_have_tokens && !named.sweep.violations &&
	    !named.sweep.undecided)
		order_by_tokens(&named);
	keys_close(&named.keys);
	free(named.attempt);
	if (!named.sweep.violations)
		return !named.sweep.undecided;
	result->verdict = NOT_LINEARIZABLE;
	result->violations = named.sweep.violations;
	result->certificate = named.certificate;
	result->certificate.prefix =
		object_find_event(object, named.ops[named.certificate.stuck].returned) + 1;
	return true;
}
