/*
 * What was searched: the shortest illegal prefix, shrunk, and every way in which its legal orders
 * end. Why that convicts the whole: shrink.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "checker/linear/eras.h"
#include "checker/linear/explain_parts.h"
#include "checker/linear/models.h"
#include "checker/linear/lessen.h"
#include "checker/linear/lessen_units.h"

enum { SMALL = 64 }; /* operations whose orders are soon searched */
static const int64_t shrink_for_ns = 8 * NS_PER_S;

/* The prefix ---------------------------------------------------------------------------------- */

static void cut(const struct explaining *about, uint32_t events, struct excerpt *excerpt)
{
	CHECK(events > 0 && events <= about->object->events);
	excerpt_prefix(excerpt, about->object,
		       object_event_position(about->object, events - 1) + 1);
}

/* Without what is of no use in a prefix, so that the procedures that cover the whole cover it. */
static enum linear_verdict decide_prefix(const struct explaining *about, uint32_t events)
{
	struct excerpt excerpt;

	if (events == 0)
		return LINEARIZABLE;
	cut(about, events, &excerpt);
	units_trim(&excerpt, about->request->model);
	enum linear_verdict verdict = excerpt_decide(&excerpt, about->request);

	excerpt_free(&excerpt);
	return verdict;
}

/* Of an illegal prefix, events of the shortest one, or of one that is shorter: as far as the bounds
 * let it be decided. */
static uint32_t halve(const struct explaining *about, uint32_t illegal)
{
	uint32_t legal = 0;

	CHECK(illegal > 0); /* nothing is legal */
	while (illegal - legal > 1) {
		uint32_t middle = legal + (illegal - legal) / 2;

		if (decide_prefix(about, middle) == NOT_LINEARIZABLE)
			illegal = middle;
		else
			legal = middle;
	}
	return illegal;
}

/* Events of the shortest illegal prefix; 0: not found within the bounds. What the procedure says is
 * taken as a first guess only. */
static uint32_t find_prefix(const struct explaining *about)
{
	uint32_t illegal = about->result->certificate.prefix;

	if (decide_prefix(about, illegal) != NOT_LINEARIZABLE)
		illegal = about->object->events;
	else if (decide_prefix(about, illegal - 1) != NOT_LINEARIZABLE)
		return illegal;
	if (decide_prefix(about, illegal) != NOT_LINEARIZABLE)
		return 0;
	return halve(about, illegal);
}

static uint32_t stuck_of(const struct explaining *about, uint32_t prefix)
{
	CHECK(prefix > 0 && prefix <= about->object->events);
	return about->object->event[prefix - 1] >> 1;
}

/* Searched models ----------------------------------------------------------------------------- */

static void draw(const struct explaining *about, const struct excerpt *excerpt, uint32_t stuck)
{
	struct timeline_op *op = calloc(excerpt->ops + 1, sizeof(*op));

	CHECK_MEMORY(op);
	for (uint32_t i = 0; i < excerpt->ops; i++) {
		op[i].op = excerpt->op[i];
		op[i].open = !excerpt_is_mandatory(excerpt, i);
		op[i].culprit = excerpt->op[i] == stuck;
	}
	timeline_add(about, op, (int)excerpt->ops);
	free(op);
}

static void say_weakened(const struct explaining *about, const struct excerpt *excerpt)
{
	uint32_t weakened = 0;

	for (uint32_t i = 0; i < excerpt->ops; i++)
		weakened += !excerpt_is_mandatory(excerpt, i) &&
			    about->trace->op[excerpt->op[i]].outcome != TRACE_OPEN;
	if (weakened > 0)
		explanation_say(about->into,
				"The answer%s to %" PRIu32
				" of them %s not even needed: drawn as open.",
				weakened == 1 ? "" : "s", weakened, weakened == 1 ? "is" : "are");
}

/* In the terms of shrink.h. */
static const char *why_left_out(enum model model)
{
	if (units_cover(model))
		return "they only looked, or are whole holds, or have no answer and were used up "
		       "by such holds, or could do nothing for these";
	if (model_knows(model, TRACE_ACQUIRE))
		return "they only looked";
	return "they only looked, or set what none of these looks for, or what was overwritten "
	       "before any of these could look";
}

/* Shrunk from the events of an illegal prefix. */
struct culprits {
	struct excerpt excerpt;
	uint32_t prefix, before;           /* events; operations until then */
	uint32_t stuck;                    /* the last of them to return */
	uint32_t complete;                 /* events until that return */
	enum linear_verdict earlier, then; /* without that return, and with it */
};

/* Of a key-value store whose texts tell who wrote them, the operations that cannot stand together,
 * and what may have written what they saw; else all of the prefix. */
static void cut_culprits(const struct explaining *about, uint32_t events, struct excerpt *excerpt)
{
	uint32_t until = object_event_position(about->object, events - 1) + 1;
	struct eras_culprits culprits;
	struct problem problem;
	bool *kept;

	cut(about, events, excerpt);
	if (about->request->model != MODEL_KV)
		return;
	if (problem_open(&problem, about->object, MODEL_KV, 1) &&
	    eras_look(&problem, until, &culprits) == ERAS_CLASH) {
		ARRAY_NEW(kept, problem.ops);
		eras_writers(&problem, until, &culprits, kept);
		excerpt->ops = 0;
		for (uint32_t i = 0; i < problem.ops; i++)
			if (kept[i])
				excerpt_add(excerpt, problem.op[i].source, OP_AS_IT_WAS);
		free(kept);
	}
	problem_close(&problem);
}

static void shrink_prefix(const struct explaining *about, uint32_t prefix,
			  struct culprits *culprits)
{
	uint32_t last = 0;

	cut_culprits(about, prefix, &culprits->excerpt);
	culprits->prefix = culprits->complete = prefix;
	culprits->before = culprits->excerpt.ops;
	culprits->stuck = stuck_of(about, prefix);
	shrink(&culprits->excerpt, about->request, clock_now_ns() + shrink_for_ns);
	CHECK(culprits->excerpt.ops <= culprits->before);
	for (uint32_t i = 0; i < culprits->excerpt.ops; i++) {
		uint32_t op = culprits->excerpt.op[i], returned = about->trace->op[op].returned;

		if (!excerpt_is_mandatory(&culprits->excerpt, i) || returned <= last)
			continue;
		last = returned;
		culprits->stuck = op;
		culprits->complete = object_find_event(about->object, last) + 1;
	}
}

/* Is what is left of a prefix really illegal? If nothing was left out, that is as hard to tell as
 * of the whole, and taken for a no. */
static bool is_refuted(const struct explaining *about, const struct culprits *culprits)
{
	return (culprits->excerpt.ops < culprits->before || culprits->before <= SMALL) &&
	       excerpt_decide(&culprits->excerpt, about->request) == NOT_LINEARIZABLE;
}

/* Events until all that is pending at the end of a prefix has returned, as far as it does. */
static uint32_t find_answers(const struct explaining *about, uint32_t prefix)
{
	uint32_t end = object_event_position(about->object, prefix - 1), last = end;

	for (uint32_t i = 0; i < about->object->ops; i++) {
		const struct trace_op *op = &about->trace->op[object_op(about->object, i)];

		if (op->invoked < end && op->returned != TRACE_NEVER && op->returned > last)
			last = op->returned;
	}
	return object_find_event(about->object, last) + 1;
}

/* A search knows the tokens that are still to be answered, and its prefix need not be illegal
 * without; but it is with these answers. Without its last event it is legal in any case. What was
 * searched is not searched again at that length. */
static void shrink_searched(const struct explaining *about, uint32_t prefix,
			    struct culprits *culprits)
{
	shrink_prefix(about, prefix, culprits);
	if (is_refuted(about, culprits))
		return;
	excerpt_free(&culprits->excerpt);
	shrink_prefix(about, find_answers(about, prefix), culprits);
}

/* Without the return that completes them. `legal`: so many events surely are. */
static enum linear_verdict decide_earlier(const struct explaining *about,
					  const struct culprits *culprits, uint32_t legal)
{
	uint32_t events = culprits->complete - 1;

	return events <= legal ? LINEARIZABLE : decide_prefix(about, events);
}

/* Of a lock that tells holders apart. */
static void find_culprits(const struct explaining *about, struct culprits *culprits)
{
	uint32_t prefix = about->result->certificate.prefix;
	bool searched = strstr(about->result->procedure, "-first");
	uint32_t legal = searched ? prefix - 1 : 0;

	if (searched)
		shrink_searched(about, prefix, culprits);
	else
		shrink_prefix(about, prefix, culprits);
	/* It need not be the earliest violation that was found. */
	while ((culprits->earlier = decide_earlier(about, culprits, legal)) == NOT_LINEARIZABLE) {
		prefix = culprits->complete - 1;
		if (!searched)
			prefix = halve(about, prefix);
		excerpt_free(&culprits->excerpt);
		shrink_prefix(about, prefix, culprits);
	}
	culprits->then = culprits->complete == culprits->prefix
				 ? NOT_LINEARIZABLE
				 : decide_prefix(about, culprits->complete);
}

static bool is_by(const struct excerpt *excerpt, enum model model, uint32_t op)
{
	const struct trace_op *ops = excerpt->trace->op;
	bool by_attempt = excerpt->by_attempt && model != MODEL_REENTRANT_MUTEX;

	for (uint32_t i = 0; i < excerpt->ops; i++)
		if (by_attempt ? ops[excerpt->op[i]].attempt == ops[op].attempt
			       : ops[excerpt->op[i]].owner == ops[op].owner)
			return true;
	return false;
}

/* Of those that are left: what a reader who looks for a way out will find in the file. */
static void say_used_up(const struct explaining *about, const struct excerpt *whole,
			const struct excerpt *excerpt)
{
	uint32_t sent = 0, shown = 0;
	words releases, drawn = "none";

	for (uint32_t i = 0, at = 0; i < whole->ops; i++) {
		uint32_t op = whole->op[i];
		bool is_shown = at < excerpt->ops && excerpt->op[at] == op;

		at += is_shown;
		if (about->trace->op[op].f != TRACE_RELEASE || excerpt_is_mandatory(whole, i) ||
		    !is_by(excerpt, about->request->model, op))
			continue;
		sent++;
		shown += is_shown;
	}
	if (sent == shown)
		return;
	words_plural(releases, sent, "release");
	if (shown > 0)
		snprintf(drawn, sizeof(drawn), "%" PRIu32, shown);
	explanation_say(about->into,
			"Those who are shown had sent %s without an answer by then, of which %s %s "
			"drawn: the others were used up by holds that are left out, or have "
			"nothing to end, or one that is drawn serves as well.",
			releases, drawn, shown > 1 ? "are" : "is");
}

static void say_when(const struct explaining *about, const struct culprits *culprits)
{
	words at, until;
	uint32_t last = stuck_of(about, culprits->prefix);

	words_at(at, about, instant_returned(about->trace, culprits->stuck));
	words_at(until, about, instant_returned(about->trace, last));
	if (culprits->then == NOT_LINEARIZABLE && culprits->earlier == LINEARIZABLE)
		explanation_say(about->into,
				"There is a legal order until just before the answer to it came, "
				"at %s; with that answer there is none.",
				at);
	else if (culprits->earlier == LINEARIZABLE)
		explanation_say(about->into,
				"There is a legal order until just before the answer to it came, "
				"at %s; with that answer and what followed until %s there is none.",
				at, until);
	else
		explanation_say(about->into,
				"The answer to it came at %s; with what was answered until %s "
				"there is no legal order.",
				at, until);
}

static void say_left_out(const struct explaining *about, const struct excerpt *whole,
			 const struct excerpt *excerpt)
{
	enum model model = about->request->model;

	CHECK(excerpt->ops <= whole->ops);
	if (excerpt->ops == whole->ops)
		return;
	explanation_say(about->into,
			"Of the %" PRIu32 " operations until then, %" PRIu32
			" %s enough. The others are left out, which makes no legal history "
			"illegal: %s.",
			whole->ops, excerpt->ops, excerpt->ops == 1 ? "is" : "are",
			why_left_out(model));
	if (units_cover(model))
		say_used_up(about, whole, excerpt);
}

static void explain_culprits(struct explaining *about, struct culprits *culprits)
{
	struct excerpt whole, *excerpt = &culprits->excerpt;
	words op;

	cut(about, culprits->prefix, &whole);
	explanation_head(about->into, "With the %s, no legal order is left.",
			 words_op(op, about, culprits->stuck));
	explain_states(about, &whole, culprits->stuck);
	words_set_decimals(about, excerpt->op, excerpt->ops);
	say_when(about, culprits);
	say_left_out(about, &whole, excerpt);
	excerpt_free(&whole);
	say_weakened(about, excerpt);
	explain_orders(about, excerpt);
	draw(about, excerpt, culprits->stuck);
	enum explanation_proof proof = about->into->proof;

	explain_verify(about, excerpt);
	if (proof == EXPLANATION_REFUTED)
		about->into->proof = proof;
	excerpt_free(excerpt);
}

static void explain_searched(struct explaining *about, uint32_t prefix)
{
	struct culprits culprits;

	shrink_prefix(about, prefix, &culprits);
	culprits.stuck = stuck_of(about, prefix);
	culprits.complete = prefix;
	culprits.earlier = LINEARIZABLE;
	culprits.then = NOT_LINEARIZABLE;
	explain_culprits(about, &culprits);
}

/* Choosing ------------------------------------------------------------------------------------ */

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

void explain_lock(struct explaining *about)
{
	struct culprits culprits;

	find_culprits(about, &culprits);
	explain_culprits(about, &culprits);
}
