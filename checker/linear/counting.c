/*
 * T1, T1b: anonymous mutexes and semaphores. Anybody may release, so operations of one kind differ
 * in their intervals only, and the state is a number.
 *
 * Lazy: an operation is placed at its return, if it was not placed before, and nothing is placed
 * earlier than something demands it. If at that moment it is not enabled, one pending operation of
 * the other kind goes in before it: the mandatory one that returns first, else an open one (which
 * never runs out of time). README.md proves that the
 * configuration so kept is as good as any other.
 *
 * Which pending operation went in early is left open; noted is only *when*, as a debt. Of those
 * that were pending then, the one that returns first pays: it finds at its return that it has been
 * placed. So no operation needs a mark, pending ones are only counted, and there are never more
 * debts than pending operations. Where debts are many, each return takes the earliest that it can
 * pay, as a later one leaves more choice.
 *
 * Observers (a failed try-acquire saw it full; a proof saw a hold) are met by any instant of their
 * interval at which the state was so; at their return, acquires are placed until it is. For one
 * permit that is exact. For more it is not: what was forced then may have been the wrong moment. A
 * history that passes is linearizable all the same, for an order was built; one that fails must
 * fail without its observers too, else it is not covered.
 */
#include "checker/linear/counting.h"

#include <string.h>

#include "base/array.h"
#include "checker/linear/models.h"

enum kind { ACQUIRES, RELEASES };

static void owe(struct side *side, uint32_t at)
{
	ARRAY_GROW(side->debt, side->debts, side->room);
	side->debt[side->debts++] = at;
}

/* Pays the earliest debt that was made while the operation was pending; false: there is none. */
static bool pay(struct side *side, uint32_t invoked)
{
	uint32_t at = (uint32_t)ARRAY_BEFORE(side->debts, i, side->debt[i] < invoked);

	if (at == side->debts)
		return false;
	side->debts--;
	memmove(&side->debt[at], &side->debt[at + 1], (side->debts - at) * sizeof(*side->debt));
	return true;
}

static enum kind kind_of(const struct trace_op *op)
{
	return op->f == TRACE_RELEASE ? RELEASES : ACQUIRES;
}

static void invoke(struct count *count, const struct trace_op *op)
{
	if (op->f == TRACE_PROOF || op->outcome == TRACE_FAILED)
		return;
	count->side[kind_of(op)].mandatory += op->outcome == TRACE_OK;
	count->side[kind_of(op)].open += op->outcome == TRACE_OPEN;
}

static void place(struct count *count, enum kind kind, uint32_t at)
{
	if (kind == ACQUIRES) {
		CHECK(count->inside < count->limit);
		count->inside++;
		return;
	}
	CHECK(count->inside > 0);
	if (count->inside == count->limit)
		count->full_until = at;
	if (--count->inside == 0)
		count->held_until = at;
}

/* Places one pending operation of the kind; false when there is none. */
static bool force(struct count *count, enum kind kind, uint32_t at)
{
	struct side *side = &count->side[kind];

	if (side->mandatory) {
		side->mandatory--;
		owe(side, at);
	} else if (side->open) {
		side->open--;
	} else {
		return false;
	}
	place(count, kind, at);
	return true;
}

static bool satisfy_observer(struct count *count, const struct trace_op *op)
{
	uint64_t wanted = op->f == TRACE_PROOF ? 1 : count->limit;
	uint32_t until = op->f == TRACE_PROOF ? count->held_until : count->full_until;

	count->observed = true;
	if (until > op->invoked)
		return true;
	while (count->inside < wanted) {
		count->guessed |= count->limit > 1;
		if (!force(count, ACQUIRES, op->returned))
			return false;
	}
	return true;
}

static bool complete(struct count *count, const struct trace_op *op)
{
	enum kind kind = kind_of(op);
	uint64_t blocked_at = kind == ACQUIRES ? count->limit : 0;

	if (pay(&count->side[kind], op->invoked))
		return true;
	CHECK(count->side[kind].mandatory > 0); /* what returns was pending, or had been placed */
	count->side[kind].mandatory--;
	if (count->inside == blocked_at &&
	    !force(count, kind == ACQUIRES ? RELEASES : ACQUIRES, op->returned))
		return false;
	place(count, kind, op->returned);
	return true;
}

/* Returns the place of the event at which nothing was left, or `events`. */
static uint32_t step_over(struct count *count, const struct trace_op *ops, const uint32_t *event,
			  uint32_t events)
{
	uint32_t at = 0;

	for (; at < events; at++) {
		const struct trace_op *op = &ops[event[at] >> 1];

		if (!(event[at] & 1))
			invoke(count, op);
		else if (op_observes(op) ? !count->deaf && !satisfy_observer(count, op)
					 : !complete(count, op))
			break;
	}
	return at;
}

bool count_step(struct count *count, const struct trace_op *op, bool returns)
{
	const uint32_t event = returns;

	return step_over(count, op, &event, 1) == 1;
}

void count_close(struct count *count)
{
	free(count->side[ACQUIRES].debt);
	free(count->side[RELEASES].debt);
}

static uint32_t scan(const struct linear_object *object, struct count *count)
{
	uint32_t stuck = step_over(count, object->trace->op, object->event, object->events);

	count_close(count);
	return stuck;
}

/* The certificate ----------------------------------------------------------------------------- */

struct window {
	enum kind kind;    /* of the operation that was stuck */
	uint32_t from, to; /* positions, both included */
	uint64_t inner;    /* mandatory ones of that kind wholly within */
	uint64_t outer;    /* of the other kind, that can take place within */
};

static bool is_inner(const struct window *window, const struct trace_op *op)
{
	return op->outcome == TRACE_OK && op->f != TRACE_PROOF && kind_of(op) == window->kind &&
	       op->invoked >= window->from && op->returned <= window->to;
}

static bool is_outer(const struct window *window, const struct trace_op *op)
{
	return op->outcome != TRACE_FAILED && op->f != TRACE_PROOF && kind_of(op) != window->kind &&
	       op->invoked < window->to && op->returned > window->from;
}

/* Walks back from the stuck return to the nearest instant since when more of its kind must have
 * been placed than the other kind and the permits allow. */
static bool find_window(const struct linear_object *object, uint32_t stuck, uint64_t limit,
			struct window *window)
{
	const struct trace_op *ops = object->trace->op;
	const struct trace_op *last = &ops[object->event[stuck] >> 1];

	*window = (struct window){.kind = kind_of(last), .to = last->returned};
	for (uint32_t i = 0; i < stuck; i++) {
		const struct trace_op *op = &ops[object->event[i] >> 1];

		if (op->outcome == TRACE_FAILED || op->f == TRACE_PROOF ||
		    kind_of(op) == window->kind)
			continue;
		if (object->event[i] & 1)
			window->outer--;
		else
			window->outer++;
	}
	for (uint32_t i = stuck; i-- > 0;) {
		const struct trace_op *op = &ops[object->event[i] >> 1];
		/* before the first event it is known to be free */
		uint64_t slack = i == 0 && window->kind == RELEASES ? 0 : limit;

		window->from = object->event[i] & 1 ? op->returned : op->invoked;
		if (object->event[i] & 1)
			window->outer += op->outcome == TRACE_OK && op->f != TRACE_PROOF &&
					 kind_of(op) != window->kind;
		else
			window->inner += is_inner(window, op);
		CHECK(window->from <= window->to);
		if (window->inner > window->outer + slack)
			return true;
	}
	return false;
}

static void name_window(const struct linear_object *object, const struct window *window,
			struct certificate *certificate)
{
	uint32_t *inner = certificate->acquire, *outer = certificate->release;
	uint32_t inners = 0, outers = 0;

	if (window->kind == RELEASES) {
		inner = certificate->release;
		outer = certificate->acquire;
	}
	for (int i = 0; i < CERTIFICATE_MAX; i++)
		inner[i] = outer[i] = TRACE_NEVER;
	for (uint32_t i = 0; i < object->ops; i++) {
		uint32_t index = object_op(object, i);
		const struct trace_op *op = &object->trace->op[index];

		if (op->invoked >= window->to)
			break;
		CHECK(inners < CERTIFICATE_MAX && outers < CERTIFICATE_MAX);
		if (is_inner(window, op))
			inner[inners++] = index;
		else if (is_outer(window, op))
			outer[outers++] = index;
	}
	CHECK(inners == window->inner && outers == window->outer); /* what was counted is named */
	certificate->attempts = (int)inners;
}

static void certify(const struct linear_object *object, uint32_t stuck, uint64_t limit,
		    struct certificate *certificate)
{
	struct window window;

	CHECK(object->event[stuck] & 1); /* nothing gets stuck but at a return */
	*certificate =
		(struct certificate){.stuck = object->event[stuck] >> 1, .prefix = stuck + 1};
	if (op_observes(&object->trace->op[certificate->stuck]))
		return;
	if (find_window(object, stuck, limit, &window) && window.inner <= CERTIFICATE_MAX)
		name_window(object, &window, certificate);
}

bool linear_counting(const struct linear_object *object, enum model model, int limit,
		     struct linear_result *result)
{
	uint64_t permits = model == MODEL_MUTEX ? 1 : (uint64_t)limit;
	struct count count = {.limit = permits};

	if (model != MODEL_MUTEX && model != MODEL_SEMAPHORE)
		return false;
	CHECK(limit >= 1);
	uint32_t stuck = scan(object, &count);

	if (stuck < object->events && count.guessed) {
		count = (struct count){.limit = permits, .deaf = true};
		stuck = scan(object, &count);
		if (stuck == object->events)
			return false;
	}
	*result = (struct linear_result){.verdict = LINEARIZABLE,
					 .procedure = count.observed ? "T1b" : "T1",
					 .certificate = {.stuck = TRACE_NEVER}};
	if (stuck == object->events)
		return true;
	result->verdict = NOT_LINEARIZABLE;
	result->violations = 1;
	certify(object, stuck, permits, &result->certificate);
	return true;
}
