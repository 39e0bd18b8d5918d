#include "history/traces/order.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"

int order_check(struct order *order, const struct fields *fields, int64_t slack_ns,
		const struct input *input, const char *where, struct error *err)
{
	int64_t time, index;
	bool timed = fields_integer(fields, FIELD_TIME, &time);
	bool indexed = fields_integer(fields, FIELD_INDEX, &index);

	if (indexed && order->has_index && index < order->index)
		return input_complain(input, fields->field[FIELD_INDEX].at, err,
				      "expected an index after %" PRId64 ", found %" PRId64
				      ": the events are not in their order",
				      order->index, index);
	if (timed && order->has_time && time < order->time) {
		if (!(indexed && order->has_index) && order->time - time > slack_ns)
			return input_complain(input, fields->field[FIELD_TIME].at, err,
					      "expected a time from %" PRId64 " on, found %" PRId64
					      ": the order of the lines is the order of events; "
					      "--sort time puts them in that of their times",
					      order->time, time);
		order->first_line = order->back++ ? order->first_line : input->line;
	}
	order->time = timed && (!order->has_time || time > order->time) ? time : order->time;
	order->index = indexed ? index : order->index;
	order->has_time |= timed;
	order->has_index |= indexed;
	(void)where;
	return 0;
}

/* The shelf ----------------------------------------------------------------------------------- */

struct shelf {
	const struct trace_source *given;
	struct trace_source *source; /* one for each file, for their names */
	uint32_t sources;
	struct shelved *event;
	uint32_t events, room;
};

struct shelf *shelf_open(const struct trace_source *source)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));

	CHECK_MEMORY(shelf);
	shelf->given = source;
	ARRAY_NEW(shelf->source, (size_t)source->more_paths + 1);
	return shelf;
}

void shelf_close(struct shelf *shelf)
{
	for (uint32_t i = 0; shelf && i < shelf->events; i++) {
		free(shelf->event[i].text);
		free(shelf->event[i].process);
	}
	if (shelf) {
		free(shelf->event);
		free(shelf->source);
	}
	free(shelf);
}

void shelf_next_source(struct shelf *shelf)
{
	uint32_t number = shelf->sources++;

	shelf->source[number] = *shelf->given;
	if (number > 0)
		shelf->source[number].path = shelf->given->more_path[number - 1];
}

/* Where the last field ends. */
static const char *end_of(const struct fields *fields, const char *where)
{
	const char *end = where;

	for (int i = 0; i < FIELDS_COUNT; i++) {
		struct slice field = fields->field[i];

		if (field.at && field.at + field.length > end)
			end = field.at + field.length;
	}
	return end;
}

int shelf_add(struct shelf *shelf, const struct fields *fields, const struct syntax *syntax,
	      bool cas_observes, const struct input *input, const char *where, struct error *err)
{
	size_t length = (size_t)(end_of(fields, where) - where);
	struct shelved event = {.line = input->line,
				.column = input->column + (uint64_t)(where - input->at),
				.source = shelf->sources - 1,
				.number = shelf->events,
				.cas_observes = cas_observes,
				.syntax = syntax,
				.length = length,
				.fields = *fields};
	struct buffer word = {0};

	if (!fields_integer(fields, FIELD_TIME, &event.time))
		return input_refuse(
			input, fields->field[FIELD_TIME].at ? fields->field[FIELD_TIME].at : where,
			"a time, by which the events are to be sorted", err);
	if (shelf->events == UINT32_MAX / 2)
		return input_complain(input, where, err, "expected fewer events");
	event.text = malloc(length + 1);
	CHECK_MEMORY(event.text);
	memcpy(event.text, where, length);
	event.text[length] = '\0';
	for (int i = 0; i < FIELDS_COUNT; i++)
		if (fields->field[i].at)
			event.fields.field[i].at = event.text + (fields->field[i].at - where);
	if (fields->field[FIELD_TYPE].at)
		syntax->add_name(&word, fields->field[FIELD_TYPE]);
	event.invokes = word.text && strcmp(word.text + (*word.text == ':'), "invoke") == 0;
	buffer_clear(&word);
	syntax->add_name(&word, fields->field[FIELD_PROCESS]);
	event.process = strdup(word.text);
	CHECK_MEMORY(event.process);
	buffer_free(&word);
	ARRAY_GROW(shelf->event, shelf->events, shelf->room);
	shelf->event[shelf->events++] = event;
	return 0;
}

static int by_process(const void *left, const void *right)
{
	const struct shelved *a = left, *b = right;

	return array_order(a->time, b->time)
	       ?: strcmp(a->process, b->process) ?: array_order(a->number, b->number);
}

static int by_turn(const void *left, const void *right)
{
	const struct shelved *a = left, *b = right;
	bool early = a->first && a->invokes, other = b->first && b->invokes;

	return array_order(a->time, b->time)
	       ?: array_order(other, early) ?: array_order(a->number, b->number);
}

void shelf_sort(struct shelf *shelf)
{
	struct shelved *event = shelf->event;

	if (!shelf->events)
		return;
	qsort(event, shelf->events, sizeof(*event), by_process);
	for (uint32_t i = 0; i < shelf->events; i++)
		event[i].first = i == 0 || event[i].time != event[i - 1].time ||
				 strcmp(event[i].process, event[i - 1].process) != 0;
	qsort(event, shelf->events, sizeof(*event), by_turn);
}

uint32_t shelf_count(const struct shelf *shelf)
{
	return shelf->events;
}

const struct shelved *shelf_at(const struct shelf *shelf, uint32_t number)
{
	return &shelf->event[number];
}

struct input shelf_input(const struct shelf *shelf, const struct shelved *event)
{
	return (struct input){.source = &shelf->source[event->source],
			      .fd = -1,
			      .at = event->text,
			      .end = event->text + event->length,
			      .finished = true,
			      .line = event->line,
			      .column = event->column};
}
