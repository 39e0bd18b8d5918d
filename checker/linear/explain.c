#include "checker/linear/explain.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "checker/linear/explain_parts.h"
#include "checker/linear/models.h"
#include "checker/linear/shrink.h"

static const int64_t search_for_ns = 20 * NS_PER_S, shrink_for_ns = 3 * NS_PER_S;

void explain_verify(const struct explaining *about, const struct slice *slice)
{
	uint32_t ops;

	switch (slice_exhaust(slice, about->request, &ops)) {
	case NOT_LINEARIZABLE:
		about->into->proof = EXPLANATION_VERIFIED;
		break;
	case LINEARIZABLE:
		about->into->proof = EXPLANATION_REFUTED;
		break;
	case LINEAR_UNKNOWN:
		about->into->proof = EXPLANATION_UNVERIFIED;
		break;
	}
	about->into->proof_ops = ops;
}

/* The prefix ---------------------------------------------------------------------------------- */

static bool is_illegal(const struct explaining *about, uint32_t events)
{
	struct slice slice;

	slice_prefix(&slice, about->object, object_event_position(about->object, events - 1) + 1);
	bool illegal = slice_decide(&slice, about->request) == NOT_LINEARIZABLE;

	slice_free(&slice);
	return illegal;
}

/* Events of the shortest illegal prefix; 0: not found within the bounds. What the procedure says is
 * taken as a first guess only. */
static uint32_t find_prefix(const struct explaining *about)
{
	uint32_t legal = 0, illegal = about->result->certificate.prefix;

	if (illegal == 0 || illegal > about->object->events || !is_illegal(about, illegal))
		illegal = about->object->events;
	else if (!is_illegal(about, illegal - 1))
		return illegal;
	if (illegal == 0 || !is_illegal(about, illegal))
		return 0;
	while (illegal - legal > 1) {
		uint32_t middle = legal + (illegal - legal) / 2;

		if (is_illegal(about, middle))
			illegal = middle;
		else
			legal = middle;
	}
	return illegal;
}

static uint32_t stuck_of(const struct explaining *about, uint32_t prefix)
{
	return about->object->event[prefix - 1] >> 1;
}

/* Searched models ----------------------------------------------------------------------------- */

static void draw(const struct explaining *about, const struct slice *slice, uint32_t stuck)
{
	struct timeline_op *op = calloc(slice->ops + 1, sizeof(*op));

	CHECK(op);
	for (uint32_t i = 0; i < slice->ops; i++) {
		op[i].op = slice->op[i];
		op[i].open = !slice_is_mandatory(slice, i);
		op[i].culprit = slice->op[i] == stuck;
	}
	timeline_add(about, op, (int)slice->ops);
	free(op);
}

static void say_weakened(const struct explaining *about, const struct slice *slice)
{
	uint32_t weakened = 0;

	for (uint32_t i = 0; i < slice->ops; i++)
		weakened += !slice_is_mandatory(slice, i) &&
			    about->trace->op[slice->op[i]].outcome != TRACE_OPEN;
	if (weakened > 0)
		explanation_say(about->into,
				"The answer%s to %" PRIu32
				" of them %s not even needed: drawn as open.",
				weakened == 1 ? "" : "s", weakened, weakened == 1 ? "is" : "are");
}

/* In the terms of shrink.h. */
static const char *why_left_out(enum model model)
{
	if (model_knows(model, TRACE_ACQUIRE))
		return "they only looked, or are whole holds of others";
	return "they only looked, or set what none of these looks for, or what was overwritten "
	       "before any of these could look";
}

static void explain_searched(struct explaining *about, uint32_t prefix)
{
	uint32_t stuck = stuck_of(about, prefix), before;
	uint32_t end = object_event_position(about->object, prefix - 1);
	words op, at;
	struct slice slice;

	slice_prefix(&slice, about->object, end + 1);
	before = slice.ops;
	explanation_head(about->into, "With the %s, no legal order is left.",
			 words_op(op, about, stuck));
	explain_states(about, &slice, stuck);
	shrink(&slice, about->request, clock_now_ns() + shrink_for_ns);
	words_set_decimals(about, slice.op, slice.ops);
	explanation_say(about->into,
			"There is a legal order until just before the answer to it came, at %s; "
			"with that answer there is none.",
			words_at(at, about, instant_returned(about->trace, stuck)));
	if (slice.ops < before)
		explanation_say(
			about->into,
			"Of the %" PRIu32 " operations until then, %" PRIu32
			" are enough. The others are left out, which makes no legal history "
			"illegal: %s.",
			before, slice.ops, why_left_out(about->request->model));
	say_weakened(about, &slice);
	explain_orders(about, &slice);
	draw(about, &slice, stuck);
	enum explanation_proof proof = about->into->proof;

	explain_verify(about, &slice);
	if (proof == EXPLANATION_REFUTED)
		about->into->proof = proof;
	slice_free(&slice);
}

/* Choosing ------------------------------------------------------------------------------------ */

static void say_how_many(const struct explaining *about, const struct linear_summary *summary)
{
	uint64_t violations = about->result->violations;

	if (violations > 1)
		explanation_say(about->into,
				"There are %" PRIu64 " such violations of this lock that share no "
				"operation; this is the one that is proved first.",
				violations);
	if (summary->not_linearizable > 1)
		explanation_say(about->into,
				"%" PRIu32 " of %" PRIu32
				" objects are not linearizable; this is the violation that is "
				"proved first.",
				summary->not_linearizable, summary->objects);
}

void explain_prefix(struct explaining *about)
{
	uint32_t prefix = find_prefix(about);

	if (prefix == 0) {
		explanation_head(about->into, "No order of the %" PRIu32 " operations is legal.",
				 about->object->ops);
		explanation_say(about->into, "Which of them are to blame could not be found within "
					     "the bounds.");
		about->into->proof = EXPLANATION_UNVERIFIED;
		about->into->proof_ops = about->object->ops;
		return;
	}
	uint32_t end = object_event_position(about->object, prefix - 1);

	if (!explain_count(about, stuck_of(about, prefix)) &&
	    !explain_zones(about, end + 1, stuck_of(about, prefix)))
		explain_searched(about, prefix);
}

static void explain_object(struct explaining *about)
{
	if (!explain_holds(about) && !explain_sets(about))
		explain_prefix(about);
}

void explain_summary(const struct trace *trace, const struct linear_request *request,
		     const struct linear_summary *summary, struct explanation *explanation)
{
	struct linear_object object;
	struct linear_request own = *request; /* the bounds of judging may be used up by now */
	struct explaining about = {
		.trace = trace,
		.request = &own,
		.object = &object,
		.result = &summary->result,
		.into = explanation,
		.decimals = 3,
	};

	CHECK(summary->verdict == NOT_LINEARIZABLE);
	own.bounds.deadline_ns = clock_now_ns() + search_for_ns;
	own.progress = NULL;
	*explanation = (struct explanation){0};
	linear_split(trace, summary->worst, &object);
	explain_object(&about);
	say_how_many(&about, summary);
	linear_split_free(&object);
}
