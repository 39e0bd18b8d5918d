#include "checker/linear/split.h"

#include "base/array.h"
#include "checker/linear/models.h"

static struct linear_object whole_trace(const struct trace *trace)
{
	return (struct linear_object){
		.trace = trace, .ops = trace->ops, .events = trace->events, .event = trace->event};
}

static bool names_attempts(const struct linear_object *object)
{
	bool acquires = false;

	CHECK(object->op); /* of the whole trace its own word is asked */
	for (uint32_t i = 0; i < object->ops; i++) {
		const struct trace_op *op = &object->trace->op[object->op[i]];

		if (model_knows(MODEL_MUTEX, (enum trace_function)op->f) &&
		    op->outcome != TRACE_FAILED && op->attempt == 0)
			return false;
		acquires |= op_acquires(op);
	}
	return acquires;
}

/* Lays the objects out one behind the other in split->op and split->event. */
static void place_objects(struct split *split, const struct trace *trace)
{
	size_t ops = 0, events = 0;

	for (uint32_t i = 0; i < trace->events; i++) {
		struct linear_object *object =
			&split->object[trace->op[trace->event[i] >> 1].object];

		object->events++;
		object->ops += !(trace->event[i] & 1);
	}
	for (uint32_t i = 0; i < split->objects; i++) {
		struct linear_object *object = &split->object[i];

		object->trace = trace;
		object->object = i;
		object->op = split->op + ops;
		object->event = split->event + events;
		ops += object->ops;
		events += object->events;
		object->ops = object->events = 0;
	}
	CHECK(ops == trace->ops && events == trace->events);
}

void split_open(struct split *split, const struct trace *trace)
{
	*split = (struct split){.objects = trace->objects};
	ARRAY_NEW(split->object, split->objects);
	if (split->objects == 1) {
		split->object[0] = whole_trace(trace);
		return;
	}
	ARRAY_NEW(split->op, trace->ops);
	ARRAY_NEW(split->event, trace->events);
	place_objects(split, trace);
	for (uint32_t i = 0; i < trace->events; i++) {
		uint32_t event = trace->event[i];
		struct linear_object *object = &split->object[trace->op[event >> 1].object];

		split->event[object->event - split->event + object->events++] = event;
		if (!(event & 1))
			split->op[object->op - split->op + object->ops++] = event >> 1;
	}
	for (uint32_t i = 0; i < split->objects; i++)
		split->object[i].names_attempts = names_attempts(&split->object[i]);
}

void split_close(struct split *split)
{
	free(split->object);
	free(split->op);
	free(split->event);
	*split = (struct split){0};
}

void linear_split(const struct trace *trace, uint32_t object, struct linear_object *into)
{
	uint32_t *ops, *events;

	CHECK(object < trace->objects);
	if (trace->objects == 1) {
		*into = whole_trace(trace);
		return;
	}
	*into = (struct linear_object){.trace = trace, .object = object};
	for (uint32_t i = 0; i < trace->ops; i++)
		into->ops += trace->op[i].object == object;
	ARRAY_NEW(ops, into->ops);
	ARRAY_NEW(events, 2 * (size_t)into->ops);
	for (uint32_t i = 0, op = 0; i < trace->events; i++) {
		uint32_t event = trace->event[i];

		if (trace->op[event >> 1].object != object)
			continue;
		events[into->events++] = event;
		if (!(event & 1))
			ops[op++] = event >> 1;
	}
	CHECK(into->events <= 2 * (size_t)into->ops);
	into->op = ops;
	into->event = events;
	into->names_attempts = names_attempts(into);
}

void linear_split_free(struct linear_object *object)
{
	if (object->op) {
		free((void *)(uintptr_t)object->op);
		free((void *)(uintptr_t)object->event);
	}
	*object = (struct linear_object){0};
}

uint32_t object_find_op(const struct linear_object *object, uint32_t index)
{
	return object->op ? (uint32_t)ARRAY_BEFORE(object->ops, i, object->op[i] < index) : index;
}
