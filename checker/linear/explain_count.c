/*
 * Anonymous mutexes and semaphores: who gives back is not told, so holds cannot be told apart, but
 * they can be counted. Let K be the permits.
 *
 * From the beginning: when as many acquires have been answered as releases have been sent, and K
 * more, then each of these releases has taken effect, every permit is taken, and no other acquire
 * has taken effect. If from then on no release is sent and an acquire is answered nevertheless,
 * there was no permit for it. For a release too many the same holds with the parts exchanged.
 *
 * Within a stretch: acquires that were sent and answered within it took effect within it; releases
 * that were not under way in it did not. More than K acquires over the releases are too many,
 * whatever the state at its beginning.
 *
 * Each is sufficient, not necessary; what neither tells is explained as other models are.
 */
#include "checker/linear/explain_parts.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "checker/linear/models.h"

enum { FAILURES_TOLD = 3, COUNTERFACTUAL_EVENTS = 4000000 };

struct count {
	const struct explaining *about;
	const struct trace *trace;
	uint32_t stuck;        /* the operation that is one too many */
	uint32_t end;          /* position of its return */
	enum trace_function f; /* its function; ACQUIRE for a try */
	const char *same, *other;
	uint32_t limit; /* the surplus of its kind that is still possible from the beginning */
	uint32_t pivot; /* the operation at whose return the surplus was reached; TRACE_NEVER */
	uint64_t answered, sent; /* of its kind until then, and of the other kind */
};

static enum trace_function kind_of(const struct trace_op *op)
{
	return op->f == TRACE_TRY_ACQUIRE ? TRACE_ACQUIRE : (enum trace_function)op->f;
}

static bool counts(const struct trace_op *op)
{
	return op->outcome != TRACE_FAILED;
}

/* From the beginning -------------------------------------------------------------------------- */

static bool find_pivot(struct count *count)
{
	const struct linear_object *object = count->about->object;
	uint64_t answered = 0, sent = 0;

	count->pivot = TRACE_NEVER;
	for (uint32_t i = 0; i < object->events; i++) {
		uint32_t index = object->event[i] >> 1;
		const struct trace_op *op = &count->trace->op[index];
		bool is_return = object->event[i] & 1;

		if (!counts(op))
			continue;
		if (is_return && index == count->stuck)
			return answered + 1 > sent + count->limit;
		if (kind_of(op) == count->f && is_return) {
			if (++answered == sent + count->limit) {
				count->pivot = index;
				count->answered = answered;
				count->sent = sent;
			}
		} else if (kind_of(op) != count->f && !is_return) {
			sent++;
		}
	}
	return false;
}

/* The same by operations instead of events, as a second look. */
static bool recount(const struct count *count)
{
	const struct linear_object *object = count->about->object;
	uint64_t answered = 0, sent = 0;

	for (uint32_t i = 0; i < object->ops; i++) {
		const struct trace_op *op = &count->trace->op[object_op(object, i)];

		if (!counts(op))
			continue;
		answered += kind_of(op) == count->f && op->returned <= count->end;
		sent += kind_of(op) != count->f && op->invoked < count->end;
	}
	return answered == sent + count->limit + 1;
}

static bool is_in_gap(const struct count *count, const struct trace_op *failure)
{
	uint32_t begin =
		count->pivot == TRACE_NEVER ? 0 : count->trace->op[count->pivot].returned + 1;

	return failure->object == count->trace->op[count->stuck].object &&
	       failure->invoked >= begin && failure->invoked <= count->end;
}

static void say_failure(const struct count *count, const struct trace_op *failure,
			const char *whose)
{
	const struct explaining *about = count->about;
	struct instant sent = {failure->invoked, failure->invoked_ns, TRACE_NEVER};
	words at, error;

	explanation_say(about->into,
			"A release of process %" PRId32 "%s was sent at %s (line %" PRIu32
			"), but failed%s%s: a failed release did not happen.",
			failure->process, whose, words_at(at, about, sent), failure->line,
			failure->a ? " with " : "",
			failure->a ? words_value(error, count->trace, failure->a) : "");
}

/* Would the history be legal if failed releases with this error were of unknown outcome? */
static bool is_legal_with(const struct count *count, const struct trace_op *like,
			  uint32_t *failures)
{
	const struct linear_object *object = count->about->object;
	const struct trace *trace = count->trace;
	struct trace_builder *builder = trace_begin(trace->format);
	uint32_t *handle = calloc(trace->ops + 1, sizeof(*handle)), next = 0;
	struct linear_result result = {0};
	struct trace other;

	CHECK_MEMORY(handle);
	*failures = 0;
	for (uint32_t i = 0; i < object->events; i++) {
		uint32_t index = object->event[i] >> 1, position;
		struct trace_op op = trace->op[index];
		bool is_return = object->event[i] & 1;

		position = is_return ? op.returned : op.invoked;
		for (; next < trace->failures && trace->failure[next].invoked <= position; next++) {
			struct trace_op failure = trace->failure[next];

			if (failure.a != like->a || failure.object != like->object)
				continue;
			failure.object = failure.a = failure.b = 0;
			trace_invoke(builder, &failure);
			++*failures;
		}
		op.object = op.a = op.b = 0;
		if (is_return)
			trace_return(builder, handle[index], trace->op[index].outcome, &op);
		else
			handle[index] = trace_invoke(builder, &op);
	}
	free(handle);
	trace_end(builder, &other);
	struct linear_object whole = {
		.trace = &other, .ops = other.ops, .events = other.events, .event = other.event};

	linear_decide(&whole, count->about->request->model, count->about->request->limit,
		      &count->about->request->bounds, &result);
	trace_free(&other);
	return result.verdict == LINEARIZABLE;
}

static void say_counterfactual(const struct count *count, const struct trace_op *failure)
{
	uint32_t failures;
	words error, releases;

	if (count->about->object->events > COUNTERFACTUAL_EVENTS ||
	    !is_legal_with(count, failure, &failures))
		return;
	words_value(error, count->trace, failure->a);
	explanation_say(count->about->into,
			"Nothing else is wrong with this history: if the %s that failed%s%s %s "
			"counted as of unknown outcome, it is linearizable.",
			words_plural(releases, failures, "release"), failure->a ? " with " : "",
			failure->a ? error : "", failures == 1 ? "is" : "are");
}

/* Failed releases between the pivot and the end: first the one of the process that seems to hold.
 */
static void say_failures(const struct count *count)
{
	const struct trace_op *first = NULL;
	uint32_t others = 0, told = 0;
	words more;

	for (uint32_t i = 0; i < count->trace->failures; i++) {
		const struct trace_op *failure = &count->trace->failure[i];

		if (!is_in_gap(count, failure))
			continue;
		others++;
		if (count->pivot != TRACE_NEVER && !first &&
		    failure->owner == count->trace->op[count->pivot].owner)
			first = failure;
	}
	if (first)
		say_failure(count, first, ", which had acquired it,");
	for (uint32_t i = 0; i < count->trace->failures && told < FAILURES_TOLD; i++) {
		const struct trace_op *failure = &count->trace->failure[i];

		if (failure == first || !is_in_gap(count, failure))
			continue;
		say_failure(count, failure, "");
		told++;
	}
	if (others > told + (first != NULL))
		explanation_say(
			count->about->into, "%s failed in that time.",
			words_plural(more, others - told - (first != NULL), "more release"));
	if (first)
		say_counterfactual(count, first);
}

static void say_acquire_too_many(const struct count *count)
{
	const struct explaining *about = count->about;
	const struct trace *trace = count->trace;
	struct instant from = instant_returned(trace, count->pivot);
	struct instant end = instant_returned(trace, count->stuck);
	bool mutex = about->request->limit == 1;
	words who, first, lock, at, then, op, acquires, releases;

	explanation_head(about->into,
			 "%s was certainly %s at %s, nothing can have freed %s until %s, and yet "
			 "an acquire of %s was answered then.",
			 mutex ? "The lock" : "Every permit", mutex ? "held" : "taken",
			 words_at(at, about, from), mutex ? "it" : "one",
			 words_at(then, about, end), words_who(who, about, count->stuck));
	explanation_say(
		about->into,
		"At %s, when the acquire of %s (%s) was answered, %s of %s had been answered "
		"and %s%s had been sent: even if every one of these took effect, %s.",
		at, words_who(first, about, count->pivot), words_line(op, about, count->pivot),
		words_plural(acquires, count->answered, "acquire"), words_lock(lock, about),
		words_plural(releases, count->sent, "release"),
		trace->failures ? " that did not fail" : "",
		mutex ? "the lock was held" : "all permits were taken");
	explanation_say(
		about->into,
		"Until %s, when the acquire of %s (%s) was answered, no further release was "
		"sent%s.",
		then, who, words_line(op, about, count->stuck),
		trace->failures ? " that did not fail" : "");
}

static void say_release_too_many(const struct count *count)
{
	const struct explaining *about = count->about;
	struct instant end = instant_returned(count->trace, count->stuck);
	words who, first, lock, at, then, line, acquires, releases;

	words_at(then, about, end);
	words_who(who, about, count->stuck);
	words_lock(lock, about);
	if (count->pivot == TRACE_NEVER) {
		explanation_head(about->into,
				 "Nobody had asked for %s, and yet a release of %s was answered at "
				 "%s.",
				 lock, who, then);
		explanation_say(about->into,
				"Until %s, when the release of %s (%s) was answered, no acquire "
				"was sent.",
				then, who, words_line(line, about, count->stuck));
		return;
	}
	struct instant from = instant_returned(count->trace, count->pivot);

	explanation_head(about->into,
			 "The lock was certainly free at %s, nobody asked for it until %s, and yet "
			 "a release of %s was answered then.",
			 words_at(at, about, from), then, who);
	explanation_say(
		about->into,
		"At %s, when the release of %s (%s) was answered, %s of %s had been answered "
		"and %s had been sent: even if every one of these took effect, nobody held "
		"it any more.",
		at, words_who(first, about, count->pivot), words_line(line, about, count->pivot),
		words_plural(releases, count->answered, "release"), lock,
		words_plural(acquires, count->sent, "acquire"));
	explanation_say(
		about->into,
		"Until %s, when the release of %s (%s) was answered, no further acquire was "
		"sent.",
		then, who, words_line(line, about, count->stuck));
}

/* The permits that were taken at the pivot stand for all that came before it: so many acquires had
 * been answered by then at least. */
static void collect_holders(const struct count *count, struct excerpt *excerpt)
{
	const struct linear_object *object = count->about->object;
	uint32_t pivot_end = count->trace->op[count->pivot].returned, taken = 1;

	for (uint32_t i = object->ops; taken < count->limit;) {
		CHECK(i > 0); /* so many had been answered */
		uint32_t index = object_op(object, --i);
		const struct trace_op *op = &count->trace->op[index];

		if (index == count->pivot || op->returned >= pivot_end || !counts(op) ||
		    kind_of(op) != TRACE_ACQUIRE)
			continue;
		excerpt_add(excerpt, index, OP_AS_IT_WAS);
		taken++;
	}
	excerpt_add(excerpt, count->pivot, OP_AS_IT_WAS);
}

static void draw(const struct count *count, const struct excerpt *excerpt, uint32_t ops)
{
	struct timeline_op *op = calloc(ops + 1, sizeof(*op));

	CHECK_MEMORY(op);
	CHECK(ops <= excerpt->ops);
	for (uint32_t i = 0; i < ops; i++) {
		op[i].op = excerpt->op[i];
		op[i].culprit = excerpt->op[i] == count->stuck;
		op[i].holds = excerpt->op[i] == count->pivot && count->f == TRACE_ACQUIRE;
		if (op[i].holds) {
			op[i].held_from = instant_returned(count->trace, count->pivot);
			op[i].held_until = instant_returned(count->trace, count->stuck);
		}
	}
	timeline_add(count->about, op, (int)ops);
	free(op);
}

static bool explain_from_begin(const struct count *count)
{
	struct explaining exact = *count->about;
	struct count told = *count;
	struct excerpt excerpt;
	bool acquire = count->f == TRACE_ACQUIRE;

	if (!find_pivot(&told) || (acquire && told.pivot == TRACE_NEVER))
		return false;
	CHECK(told.pivot == TRACE_NEVER || told.answered == told.sent + count->limit);
	excerpt_begin(&excerpt, count->trace, count->limit + 2);
	if (acquire)
		collect_holders(&told, &excerpt);
	excerpt_add(&excerpt, count->stuck, OP_AS_IT_WAS);
	words_set_decimals(&exact, excerpt.op, excerpt.ops);
	told.about = &exact;
	if (acquire)
		say_acquire_too_many(&told);
	else
		say_release_too_many(&told);
	say_failures(&told);
	if (!acquire && told.pivot != TRACE_NEVER)
		excerpt_add(&excerpt, told.pivot, OP_AS_IT_WAS);
	draw(&told, &excerpt, excerpt.ops);
	explain_verify(&exact, &excerpt);
	if (!recount(&told))
		exact.into->proof = EXPLANATION_REFUTED;
	excerpt_free(&excerpt);
	return true;
}

/* Within a stretch ---------------------------------------------------------------------------- */

/* The shortest stretch up to the end that holds more than `permits` operations of the kind over
 * those of the other kind that can fall into it. Position of its begin, or TRACE_NEVER. */
static uint32_t find_stretch(const struct count *count, uint64_t *inside, uint64_t *may)
{
	const struct linear_object *object = count->about->object;
	uint32_t begin = object->events;
	int permits = count->about->request->limit;

	*inside = *may = 0;
	for (uint32_t i = 0; i < object->ops; i++) {
		const struct trace_op *op = &count->trace->op[object_op(object, i)];

		*may += counts(op) && kind_of(op) != count->f && op->invoked < count->end &&
			op->returned > count->end;
	}
	while (begin-- > 0) {
		const struct trace_op *op = &count->trace->op[object->event[begin] >> 1];
		bool is_return = object->event[begin] & 1;

		if (!counts(op) || (is_return ? op->returned : op->invoked) > count->end)
			continue;
		*may += is_return && kind_of(op) != count->f;
		*inside += !is_return && kind_of(op) == count->f && op->returned <= count->end;
		if (*inside > *may + (uint64_t)permits)
			return op->invoked;
	}
	return TRACE_NEVER;
}

/* All that can act within the stretch, how many these are is returned; and K earlier operations
 * that may have acted, for the state at its beginning is not known. */
static uint32_t collect_stretch(const struct count *count, struct excerpt *excerpt, uint32_t begin)
{
	const struct linear_object *object = count->about->object;
	uint32_t before = 0, *early = calloc(object->ops + 1, sizeof(*early));

	CHECK_MEMORY(early);
	excerpt_begin(excerpt, count->trace, object->ops);
	excerpt->from = begin;
	excerpt->until = count->end + 1;
	for (uint32_t i = 0; i < object->ops; i++) {
		uint32_t index = object_op(object, i);
		const struct trace_op *op = &count->trace->op[index];

		if (!counts(op) || op->invoked > count->end)
			continue;
		if (op->returned >= begin)
			excerpt_add(excerpt, index, op->invoked < begin);
		else if (kind_of(op) == TRACE_ACQUIRE)
			early[before++] = index;
	}
	uint32_t within = excerpt->ops;

	for (int k = 0; k < count->about->request->limit && before > 0; k++)
		excerpt_add(excerpt, early[--before], OP_WEAKENED);
	free(early);
	return within;
}

static bool explain_within(const struct count *count)
{
	const struct explaining *about = count->about;
	uint64_t inside, may;
	uint32_t begin = find_stretch(count, &inside, &may);
	struct explaining exact = *about;
	struct count told = *count;
	struct excerpt excerpt;
	words from, until, kinds, others, who;

	if (begin == TRACE_NEVER)
		return false;
	CHECK(begin < count->end && inside > may + (uint64_t)about->request->limit);
	uint32_t shown = collect_stretch(count, &excerpt, begin);

	words_set_decimals(&exact, excerpt.op, excerpt.ops);
	told.about = &exact;
	uint32_t first = count->trace->event[begin] >> 1;

	words_at(from, &exact, instant_invoked(count->trace, first));
	words_at(until, &exact, instant_returned(count->trace, count->stuck));
	explanation_head(exact.into,
			 "Between %s and %s there were %s and %s: %d more than the model allows.",
			 from, until, words_plural(kinds, inside, count->same),
			 words_plural(others, may, count->other),
			 (int)(inside - may) - about->request->limit);
	explanation_say(exact.into,
			"Within that stretch %" PRIu64 " %ss were both sent and answered, the last "
			"one by %s; whenever they took effect, it was within it.",
			inside, count->same, words_who(who, &exact, count->stuck));
	if (may == 0)
		explanation_say(exact.into, "No %s was under way in that time.", count->other);
	else
		explanation_say(exact.into,
				"Only %s can have taken effect in that time: all others were "
				"answered before it, or sent after it.",
				words_plural(others, may, count->other));
	draw(&told, &excerpt, shown);
	explain_verify(&exact, &excerpt);
	excerpt_free(&excerpt);
	return true;
}

bool explain_count(const struct explaining *about, uint32_t stuck)
{
	CHECK(stuck < about->trace->ops);
	const struct trace_op *op = &about->trace->op[stuck];
	struct count count = {.about = about,
			      .trace = about->trace,
			      .stuck = stuck,
			      .end = op->returned,
			      .f = kind_of(op),
			      .pivot = TRACE_NEVER};

	if ((about->request->model != MODEL_MUTEX && about->request->model != MODEL_SEMAPHORE) ||
	    op->returned == TRACE_NEVER || !counts(op))
		return false;
	count.limit = count.f == TRACE_ACQUIRE ? (uint32_t)about->request->limit : 0;
	count.same = count.f == TRACE_ACQUIRE ? "acquire" : "release";
	count.other = count.f == TRACE_ACQUIRE ? "release" : "acquire";
	return explain_from_begin(&count) || explain_within(&count);
}
