/*
 * A set that is refuted by one or two of its elements (T8, T8b). The operations that say so are
 * made a history of their own, in which only these elements are looked at: what a read saw else is
 * left out of its value. What has no order there has none as a whole (README.md). For elements that
 * nobody removes the operations are at most four; where an element was removed, its history is
 * explained as any searched one.
 */
#include "checker/linear/explain_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/text.h"
#include "checker/linear/set_elements.h"
#include "checker/linear/sets.h"

enum { TEXT_COLUMNS = 60, OPS_MAX = 4, ELEMENTS = 2 };

struct set_reason {
	struct explaining *about;
	const struct set_history *set;
	struct sets_culprits culprits;
	uint32_t elements; /* of culprits.element, that are looked at */
	uint32_t few[OPS_MAX];
	uint32_t ops, *op;  /* indices into the trace's, ascending */
	struct trace trace; /* these alone, of these elements alone */
	struct linear_object object;
	struct explaining own; /* of that trace */
};

static const char *element_text(const struct set_reason *reason, int i, size_t *length)
{
	return intern_bytes(&reason->set->texts, reason->culprits.element[i], length);
}

static const char *words_element(words text, const struct set_reason *reason, int i)
{
	size_t length;
	const char *element = element_text(reason, i, &length);
	bool cut = length > TEXT_COLUMNS;

	snprintf(text, WORDS_ROOM, "%.*s%s", cut ? TEXT_COLUMNS : (int)length, element,
		 cut ? "..." : "");
	return text;
}

static const char *words_read(words text, const struct set_reason *reason, uint32_t op)
{
	words who, line;

	snprintf(text, WORDS_ROOM, "read of %.24s (%.24s)", words_who(who, reason->about, op),
		 words_line(line, reason->about, op));
	return text;
}

/* A history of its own ------------------------------------------------------------------------ */

/* The value as text in EDN: of a read only what is looked at. */
static char *value_of(const struct set_reason *reason, const struct trace_op *op)
{
	const struct trace *whole = reason->about->trace;
	const char *separator = "";
	char *text = NULL;
	size_t size = 0;
	FILE *out = text_begin(&text, &size);

	if (op->f != TRACE_READ)
		fputs(trace_value_text(whole, op->a), out);
	else
		fputs("#{", out);
	for (uint32_t i = 0; op->f == TRACE_READ && i < reason->elements; i++) {
		size_t length;
		const char *element = element_text(reason, (int)i, &length);

		if (!set_elements_have(whole, op->a, element, length))
			continue;
		fprintf(out, "%s%.*s", separator, (int)length, element);
		separator = " ";
	}
	if (op->f == TRACE_READ)
		fputs("}", out);
	text_end(out, &text);
	return text;
}

struct reason_event {
	uint32_t position, op;
	bool is_return;
};

static int compare_events(const void *left, const void *right)
{
	const struct reason_event *one = left, *other = right;

	return array_order(one->position, other->position);
}

static uint32_t order_events(const struct set_reason *reason, struct reason_event *event)
{
	uint32_t events = 0;

	for (uint32_t i = 0; i < reason->ops; i++) {
		const struct trace_op *op = &reason->about->trace->op[reason->op[i]];

		event[events++] = (struct reason_event){op->invoked, i, false};
		if (op->returned != TRACE_NEVER)
			event[events++] = (struct reason_event){op->returned, i, true};
	}
	qsort(event, events, sizeof(*event), compare_events);
	return events;
}

static void build(struct set_reason *reason)
{
	const struct trace *whole = reason->about->trace;
	struct trace_builder *builder = trace_begin(whole->format);
	struct reason_event *event;
	uint32_t *handle;

	ARRAY_NEW(event, 2 * (size_t)reason->ops);
	ARRAY_NEW(handle, reason->ops);
	uint32_t events = order_events(reason, event);
	uint32_t object = trace_intern_object(
		builder, trace_object_name(whole, reason->about->object->object));

	for (uint32_t i = 0; i < events; i++) {
		struct trace_op op = whole->op[reason->op[event[i].op]];
		char *value = value_of(reason, &op);

		op.object = object;
		op.a = trace_intern_value(builder, value);
		op.b = TRACE_NIL;
		free(value);
		if (event[i].is_return)
			trace_return(builder, handle[event[i].op], (enum trace_outcome)op.outcome,
				     &op);
		else
			handle[event[i].op] = trace_invoke(builder, &op);
	}
	free(event);
	free(handle);
	trace_end(builder, &reason->trace);
}

/* So that what is said of it is said of the whole: the events are numbered as there. */
static void open_reason(struct set_reason *reason)
{
	const struct trace *whole = reason->about->trace;
	uint32_t *number;

	build(reason);
	CHECK(reason->trace.ops == reason->ops);
	ARRAY_NEW(number, reason->ops);
	for (uint32_t i = 0; i < reason->ops; i++) {
		CHECK(reason->trace.op[i].f == whole->op[reason->op[i]].f);
		number[i] = i;
		reason->trace.op[i].invoked = whole->op[reason->op[i]].invoked;
		reason->trace.op[i].returned = whole->op[reason->op[i]].returned;
	}
	reason->trace.has_times = whole->has_times;
	reason->object = (struct linear_object){.trace = &reason->trace,
						.ops = reason->ops,
						.op = number,
						.events = reason->trace.events,
						.event = reason->trace.event};
	reason->own = *reason->about;
	reason->own.trace = &reason->trace;
	reason->own.object = &reason->object;
}

/* The rows that were added name operations of the whole. */
static void close_reason(struct set_reason *reason, int rows)
{
	struct explanation *into = reason->about->into;

	for (; rows < into->rows; rows++) {
		CHECK(into->row[rows].op < reason->ops);
		into->row[rows].op = reason->op[into->row[rows].op];
	}
	free((void *)(uintptr_t)reason->object.op);
	trace_free(&reason->trace);
}

/* Elements that nobody removes ---------------------------------------------------------------- */

static int compare_numbers(const void *left, const void *right)
{
	return array_order(*(const uint32_t *)left, *(const uint32_t *)right);
}

static void gather(struct set_reason *reason)
{
	const struct sets_culprits *culprits = &reason->culprits;

	reason->op = reason->few;
	for (int i = 0; i < ELEMENTS; i++) {
		if (culprits->read[i] != TRACE_NEVER)
			reason->few[reason->ops++] = culprits->read[i];
		if (culprits->add[i] != TRACE_NEVER)
			reason->few[reason->ops++] = culprits->add[i];
	}
	CHECK(reason->ops > 0 && reason->ops <= OPS_MAX);
	qsort(reason->few, reason->ops, sizeof(*reason->few), compare_numbers);
}

static void say_unadded(const struct set_reason *reason)
{
	const struct explaining *about = reason->about;
	uint32_t read = reason->culprits.read[0];
	words one, first, at;

	words_element(one, reason, 0);
	explanation_head(about->into, "The %s saw %s, which nobody had begun to add.",
			 words_read(first, reason, read), one);
	explanation_say(about->into,
			"Until %s, when it was answered, no add of %s was sent, and a set is empty "
			"at first.",
			words_at(at, about, instant_returned(about->trace, read)), one);
}

static void say_lost(const struct set_reason *reason)
{
	const struct explaining *about = reason->about;
	uint32_t read = reason->culprits.read[0], add = reason->culprits.add[0];
	words one, first, op, since, until;

	words_element(one, reason, 0);
	explanation_head(about->into, "The %s did not see %s, which had been added before.",
			 words_read(first, reason, read), one);
	explanation_say(about->into,
			"The %s was answered at %s, the read was sent at %s, and nobody removes "
			"%s.",
			words_op(op, about, add),
			words_at(since, about, instant_returned(about->trace, add)),
			words_at(until, about, instant_invoked(about->trace, read)), one);
}

static void say_back(const struct set_reason *reason)
{
	const struct explaining *about = reason->about;
	const uint32_t *read = reason->culprits.read;
	words one, first, second, since, until;

	words_element(one, reason, 0);
	explanation_head(about->into,
			 "One read saw %s and a later one did not, but nobody removes it.", one);
	explanation_say(about->into,
			"The %s saw it and was answered at %s; the %s was sent at %s and did not.",
			words_read(first, reason, read[0]),
			words_at(since, about, instant_returned(about->trace, read[0])),
			words_read(second, reason, read[1]),
			words_at(until, about, instant_invoked(about->trace, read[1])));
}

static void say_order(const struct set_reason *reason)
{
	const struct explaining *about = reason->about;
	const uint32_t *add = reason->culprits.add;
	words one, other, first, op, since, until;

	words_element(one, reason, 0);
	words_element(other, reason, 1);
	explanation_head(about->into, "The %s saw %s but not %s, which had been added before it.",
			 words_read(first, reason, reason->culprits.read[0]), one, other);
	explanation_say(about->into,
			"The %s was answered at %s, before an add of %s was first sent, at %s; and "
			"nobody removes %s.",
			words_op(op, about, add[1]),
			words_at(since, about, instant_returned(about->trace, add[1])), one,
			words_at(until, about, instant_invoked(about->trace, add[0])), other);
}

static void say_apart(const struct set_reason *reason)
{
	const struct explaining *about = reason->about;
	words one, other, first, second;

	words_element(one, reason, 0);
	words_element(other, reason, 1);
	explanation_head(about->into,
			 "One read saw %s and not %s, another %s and not %s, but nobody removes "
			 "them.",
			 one, other, other, one);
	explanation_say(about->into,
			"The %s did not see %s, so %s was added first; the %s did not see %s, so "
			"%s was.",
			words_read(first, reason, reason->culprits.read[0]), other, one,
			words_read(second, reason, reason->culprits.read[1]), one, other);
}

static void say(const struct set_reason *reason)
{
	switch (reason->culprits.fault) {
	case SETS_UNADDED:
		say_unadded(reason);
		return;
	case SETS_LOST:
		say_lost(reason);
		return;
	case SETS_BACK:
		say_back(reason);
		return;
	case SETS_ORDER:
		say_order(reason);
		return;
	case SETS_APART:
		say_apart(reason);
		return;
	case SETS_FIT:
	case SETS_ELEMENT:
		break;
	}
	CHECK(!"a fault of elements that nobody removes");
}

static void draw(const struct set_reason *reason, const struct excerpt *excerpt)
{
	struct timeline_op op[OPS_MAX] = {{0}};

	CHECK(excerpt->ops <= OPS_MAX);
	for (uint32_t i = 0; i < excerpt->ops; i++)
		op[i] = (struct timeline_op){.op = excerpt->op[i],
					     .open = !excerpt_is_mandatory(excerpt, i),
					     .culprit = reason->op[i] == reason->culprits.stuck};
	timeline_add(&reason->own, op, (int)excerpt->ops);
}

static void explain_kept(struct set_reason *reason)
{
	struct explaining *about = reason->about;
	enum sets_fault fault = reason->culprits.fault;
	struct excerpt excerpt;

	reason->elements = fault == SETS_ORDER || fault == SETS_APART ? 2 : 1;
	gather(reason);
	words_set_decimals(about, reason->op, reason->ops);
	open_reason(reason);
	excerpt_prefix(&excerpt, &reason->object,
		       about->trace->op[reason->culprits.stuck].returned + 1);
	say(reason);
	if (reason->elements == ELEMENTS)
		explanation_say(about->into, "The drawing shows of what a read saw only %s and %s.",
				words_element((words){0}, reason, 0),
				words_element((words){0}, reason, 1));
	else
		explanation_say(about->into, "The drawing shows of what a read saw only %s.",
				words_element((words){0}, reason, 0));
	draw(reason, &excerpt);
	explain_verify(&reason->own, &excerpt);
	excerpt_free(&excerpt);
}

/* An element that was removed ------------------------------------------------------------------ */

static void explain_removed(struct set_reason *reason, const struct set_part *part)
{
	struct linear_result result = {0};
	words one;

	CHECK(part->ops > 0);
	reason->elements = 1;
	reason->ops = part->ops;
	reason->op = part->op;
	for (uint32_t i = part->ops; i-- > 0;)
		part->op[i] >>= 1;
	open_reason(reason);
	result.certificate.prefix = reason->object.events;
	reason->own.result = &result;
	explanation_say(reason->about->into,
			"This is what was done with %s alone: of what a read saw, only whether %s "
			"was there.",
			words_element(one, reason, 0), one);
	explain_prefix(&reason->own);
}

bool explain_sets(const struct explaining *about)
{
	struct explaining exact = *about;
	struct set_reason reason = {.about = &exact};
	int rows = about->into->rows;
	uint64_t configurations = 0;
	struct set_part part = {0};
	struct set_history set;
	bool told = false;

	if (about->request->model != MODEL_SET)
		return false;
	CHECK(set_history_open(&set, about->object));
	reason.set = &set;
	if (!sets_fit(&set, &reason.culprits)) {
		explain_kept(&reason);
		told = true;
	} else if (!set_parts_fit(&set, &about->request->bounds, &reason.culprits, &part,
				  &configurations)) {
		explain_removed(&reason, &part);
		told = true;
	}
	if (told)
		close_reason(&reason, rows);
	free(part.op);
	set_history_close(&set);
	return told;
}
