/*
 * The axis. Gaps between neighbouring events are drawn to scale where the trace has times, but none
 * so small that it could not be seen, and all alike where it has none: the order, which is all that
 * a verdict depends on, is always legible.
 */
#include "checker/linear/explain_axis.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/invariant.h"
#include "base/text.h"

static const double first_at = 0.0, last_at = 0.94; /* beyond: what is not over */
static const double to_scale = 0.5;                 /* this share of the axis; the rest is even */

struct axis {
	struct instant *instant; /* ascending, each position once */
	double *at;
	int count;
};

static int by_position(const void *a, const void *b)
{
	const struct instant *one = a, *other = b;

	return array_order(one->position, other->position);
}

static int by_invocation(const void *a, const void *b)
{
	const struct timeline_op *one = a, *other = b;

	return array_order(one->op, other->op);
}

static void collect(struct axis *axis, struct instant instant)
{
	if (instant.position != TRACE_NEVER)
		axis->instant[axis->count++] = instant;
}

static void drop_doubles(struct axis *axis)
{
	int kept = 0;

	qsort(axis->instant, (size_t)axis->count, sizeof(*axis->instant), by_position);
	for (int i = 0; i < axis->count; i++)
		if (kept == 0 || axis->instant[i].position != axis->instant[kept - 1].position)
			axis->instant[kept++] = axis->instant[i];
	axis->count = kept;
}

/* A clock that goes back, as a source may have it, makes a gap of nothing. */
static double gap_after(const struct axis *axis, int i)
{
	double gap_ns = (double)(axis->instant[i + 1].ns - axis->instant[i].ns);

	return gap_ns > 0 ? gap_ns : 0;
}

static void scale(struct axis *axis)
{
	CHECK(axis->count > 0);
	int gaps = axis->count - 1;
	double all_ns = 0, even = gaps > 0 ? 1.0 / gaps : 0, at = first_at;

	for (int i = 0; i < gaps; i++)
		all_ns += gap_after(axis, i);
	for (int i = 0; i < gaps; i++) {
		double share =
			all_ns > 0 ? to_scale * gap_after(axis, i) / all_ns + (1 - to_scale) * even
				   : even;

		axis->at[i] = at;
		at += share * (last_at - first_at);
	}
	axis->at[gaps] = at;
	CHECK(at <= 1); /* what is not over reaches beyond */
}

static void lay_axis(struct axis *axis, const struct explaining *about,
		     const struct timeline_op *op, int ops)
{
	size_t room = 4 * (size_t)ops + 1;

	axis->instant = calloc(room, sizeof(*axis->instant));
	axis->at = calloc(room, sizeof(*axis->at));
	CHECK_MEMORY(axis->instant && axis->at);
	axis->count = 0;
	for (int i = 0; i < ops; i++) {
		collect(axis, instant_invoked(about->trace, op[i].op));
		if (!op[i].open)
			collect(axis, instant_returned(about->trace, op[i].op));
		if (op[i].holds) {
			collect(axis, op[i].held_from);
			collect(axis, op[i].held_until);
		}
	}
	CHECK((size_t)axis->count < room);
	drop_doubles(axis);
	scale(axis);
}

static double place_of(const struct axis *axis, struct instant instant)
{
	for (int i = 0; i < axis->count; i++)
		if (axis->instant[i].position == instant.position)
			return axis->at[i];
	return EXPLANATION_NOWHERE;
}

static void add_row(const struct explaining *about, const struct axis *axis,
		    const struct timeline_op *op)
{
	struct explanation_row *row = explanation_add_row(about->into);
	words text;

	row->op = op->op;
	row->line = about->trace->op[op->op].line;
	row->culprit = op->culprit;
	text_copy(row->who, sizeof(row->who), words_who(text, about, op->op));
	text_copy(row->what, sizeof(row->what), words_what(text, about, op->op));
	row->invoked = place_of(axis, instant_invoked(about->trace, op->op));
	if (!op->open)
		row->returned = place_of(axis, instant_returned(about->trace, op->op));
	CHECK(row->invoked >= 0 && (row->returned < 0 || row->returned > row->invoked));
	if (!op->holds)
		return;
	row->held_on = op->held_until.position == TRACE_NEVER;
	row->held_from = place_of(axis, op->held_from);
	row->held_until = row->held_on ? 1 : place_of(axis, op->held_until);
	CHECK(0 <= row->held_from && row->held_from <= row->held_until);
}

static void add_ticks(const struct explaining *about, const struct axis *axis)
{
	struct explanation *into = about->into;
	words text;

	free(into->tick);
	into->tick = calloc((size_t)axis->count + 1, sizeof(*into->tick));
	CHECK_MEMORY(into->tick);
	into->ticks = axis->count;
	for (int i = 0; i < axis->count; i++) {
		into->tick[i].at = axis->at[i];
		text_copy(into->tick[i].text, sizeof(into->tick[i].text),
			  words_at(text, about, axis->instant[i]));
	}
}

void timeline_add(const struct explaining *about, struct timeline_op *op, int ops)
{
	int shown = ops < TIMELINE_ROWS ? ops : TIMELINE_ROWS;
	struct axis axis;

	qsort(op, (size_t)ops, sizeof(*op), by_invocation);
	lay_axis(&axis, about, op, shown);
	for (int i = 0; i < shown; i++)
		add_row(about, &axis, &op[i]);
	add_ticks(about, &axis);
	free(axis.instant);
	free(axis.at);
	if (shown < ops)
		explanation_say(about->into,
				"The drawing shows the first %d of the certificate's %d "
				"operations.",
				shown, ops);
}
