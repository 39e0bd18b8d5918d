/*
 * A register whose values were written once each (T7): two values that it cannot have held one
 * after the other, or one that nobody had written. The operations that say so are at most six, and
 * are not linearizable by themselves: with a value goes all that was done with it, and what is left
 * of a legal order without these operations is legal.
 */
#include "checker/linear/explain_parts.h"

#include <stdlib.h>

#include "base/array.h"
#include "checker/linear/zones.h"

enum { OPS_MAX = 6 };

static uint32_t value_of(const struct explaining *about, const struct zone *zone)
{
	CHECK(zone->initial || zone->last != TRACE_NEVER);
	return zone->initial ? about->trace->initial : about->trace->op[zone->last].a;
}

static void add_op(struct excerpt *excerpt, uint32_t op)
{
	for (uint32_t i = 0; i < excerpt->ops; i++)
		if (excerpt->op[i] == op)
			return;
	if (op != TRACE_NEVER)
		excerpt_add(excerpt, op, OP_AS_IT_WAS);
}

static int by_index(const void *left, const void *right)
{
	return array_order(*(const uint32_t *)left, *(const uint32_t *)right);
}

static void gather(const struct explaining *about, const struct zones_culprits *culprits,
		   uint32_t until, struct excerpt *excerpt)
{
	excerpt_begin(excerpt, about->trace, OPS_MAX);
	excerpt->until = until;
	for (int i = 0; i < 2; i++) {
		add_op(excerpt, culprits->zone[i].first);
		add_op(excerpt, culprits->zone[i].last);
		if (culprits->fault != ZONES_UNWRITTEN) /* its own may come too late */
			add_op(excerpt, culprits->zone[i].write);
	}
	CHECK(excerpt->ops > 0 && excerpt->ops <= OPS_MAX);
	qsort(excerpt->op, excerpt->ops, sizeof(*excerpt->op), by_index);
}

/* "Until 0.400 s", or "From 0.200 s until 0.400 s". */
static void say_held(const struct explaining *about, const struct zone *zone)
{
	words value, first, last, since, until;

	CHECK(zone->last != TRACE_NEVER && (zone->initial || zone->write != TRACE_NEVER));
	words_value(value, about->trace, value_of(about, zone));
	words_op(last, about, zone->last);
	words_at(until, about, instant_invoked(about->trace, zone->last));
	if (zone->initial) {
		explanation_say(about->into,
				"It held %s from the beginning, and nobody wrote that again: so "
				"until %s at least, when the %s was sent, which saw it.",
				value, until, last);
		return;
	}
	words_op(first, about, zone->first);
	words_at(since, about, instant_returned(about->trace, zone->first));
	explanation_say(about->into,
			"Nobody but the write of %s (%s) writes %s. It was there by %s, when the "
			"%s was answered, and still at %s, when the %s was sent, which saw it.",
			words_who((words){0}, about, zone->write),
			words_line((words){0}, about, zone->write), value, since, first, until,
			last);
}

static void say_room(const struct explaining *about, const struct zone *zone)
{
	words value, op, since, until;

	CHECK(zone->first != TRACE_NEVER && zone->last != TRACE_NEVER);
	words_value(value, about->trace, value_of(about, zone));
	words_at(since, about, instant_invoked(about->trace, zone->last));
	words_at(until, about, instant_returned(about->trace, zone->first));
	if (zone->first == zone->write && zone->last == zone->write)
		explanation_say(about->into,
				"The %s was sent at %s and answered at %s: it took effect between, "
				"when the register held another value.",
				words_op(op, about, zone->write), since, until);
	else
		explanation_say(about->into,
				"It must have held %s at some instant between %s and %s, when the "
				"%s was sent and the %s was answered.",
				value, since, until, words_op(op, about, zone->last),
				words_op((words){0}, about, zone->first));
}

static void say_unwritten(const struct explaining *about, const struct zone *zone)
{
	words op, at, value;

	words_at(at, about, instant_returned(about->trace, zone->first));
	words_value(value, about->trace, value_of(about, zone));
	explanation_head(about->into, "The %s saw what nobody had begun to write.",
			 words_op(op, about, zone->first));
	explanation_say(
		about->into, "Until %s, when it was answered, no write of %s was sent%s.", at,
		value, about->trace->initial_any ? "" : ", and the register did not begin with it");
}

static void say(const struct explaining *about, const struct zones_culprits *culprits)
{
	const struct zone *zone = culprits->zone;
	words one, other;

	if (culprits->fault == ZONES_UNWRITTEN) {
		say_unwritten(about, &zone[0]);
		return;
	}
	words_value(one, about->trace, value_of(about, &zone[0]));
	words_value(other, about->trace, value_of(about, &zone[1]));
	if (culprits->fault == ZONES_BOTH_HELD)
		explanation_head(about->into, "The register certainly held %s and %s at one time.",
				 one, other);
	else
		explanation_head(about->into,
				 "The register certainly held %s all the while in which it must "
				 "have held %s.",
				 one, other);
	say_held(about, &zone[0]);
	if (culprits->fault == ZONES_BOTH_HELD)
		say_held(about, &zone[1]);
	else
		say_room(about, &zone[1]);
}

static void draw(const struct explaining *about, const struct excerpt *excerpt, uint32_t stuck)
{
	struct timeline_op op[OPS_MAX] = {{0}};

	for (uint32_t i = 0; i < excerpt->ops; i++)
		op[i] = (struct timeline_op){.op = excerpt->op[i],
					     .open = !excerpt_is_mandatory(excerpt, i),
					     .culprit = excerpt->op[i] == stuck};
	timeline_add(about, op, (int)excerpt->ops);
}

bool explain_zones(const struct explaining *about, uint32_t until, uint32_t stuck)
{
	struct zones_culprits culprits;
	struct explaining exact = *about;
	struct excerpt excerpt;
	uint32_t ops;

	if (about->request->model != MODEL_CAS_REGISTER ||
	    !zones_look(about->object, until, &culprits) || culprits.fault == ZONES_FIT)
		return false;
	gather(about, &culprits, until, &excerpt);
	/* Where nobody knows the first value, one that was written later may have been it. */
	bool told = !about->trace->initial_any ||
		    excerpt_exhaust(&excerpt, about->request, &ops) == NOT_LINEARIZABLE;

	if (told) {
		words_set_decimals(&exact, excerpt.op, excerpt.ops);
		say(&exact, &culprits);
		draw(&exact, &excerpt, stuck);
		explain_verify(&exact, &excerpt);
	}
	excerpt_free(&excerpt);
	return told;
}
