#include "checker/linear/explain_slice.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/invariant.h"
#include "checker/linear/models.h"

enum { EXHAUST_OPS = 24 }; /* the most that linear_exhaust takes */

void slice_begin(struct slice *slice, const struct trace *trace, uint32_t capacity)
{
	*slice = (struct slice){
		.trace = trace, .until = TRACE_NEVER, .by_attempt = trace->has_attempts};
	slice->op = calloc(capacity + 1, sizeof(*slice->op));
	slice->open = calloc(capacity + 1, sizeof(*slice->open));
	CHECK_MEMORY(slice->op && slice->open);
}

void slice_begin_like(struct slice *slice, const struct slice *like)
{
	slice_begin(slice, like->trace, like->ops);
	slice->from = like->from;
	slice->until = like->until;
	slice->by_attempt = like->by_attempt;
}

void slice_add(struct slice *slice, uint32_t op, bool open)
{
	slice->op[slice->ops] = op;
	slice->open[slice->ops++] = open;
}

void slice_free(struct slice *slice)
{
	free(slice->op);
	free(slice->open);
	*slice = (struct slice){0};
}

void slice_prefix(struct slice *slice, const struct linear_object *object, uint32_t until)
{
	slice_begin(slice, object->trace, object->ops);
	slice->until = until;
	slice->by_attempt = object_names_attempts(object);
	for (uint32_t i = 0; i < object->ops; i++) {
		uint32_t op = object_op(object, i);

		if (object->trace->op[op].invoked < until)
			slice_add(slice, op, false);
	}
}

bool slice_is_mandatory(const struct slice *slice, uint32_t index)
{
	const struct trace_op *op = &slice->trace->op[slice->op[index]];

	return !slice->open[index] && op->outcome != TRACE_OPEN && op->returned < slice->until;
}

/* Without its answer it demands nothing and does nothing; that it will be refused is known. */
static bool is_idle(const struct slice *slice, uint32_t index)
{
	const struct trace_op *op = &slice->trace->op[slice->op[index]];

	return !slice_is_mandatory(slice, index) &&
	       (op->f == TRACE_READ || op->f == TRACE_GET || op->f == TRACE_PROOF ||
		op->outcome == TRACE_FAILED);
}

struct slice_event {
	uint32_t position, index;
	bool is_return;
};

static int by_position(const void *a, const void *b)
{
	const struct slice_event *one = a, *other = b;

	return array_order(one->position, other->position)
		       ?: array_order(one->is_return, other->is_return)
			       ?: array_order(one->index, other->index);
}

static uint32_t order_events(const struct slice *slice, struct slice_event *event)
{
	uint32_t events = 0;

	for (uint32_t i = 0; i < slice->ops; i++) {
		const struct trace_op *op = &slice->trace->op[slice->op[i]];
		uint32_t invoked = op->invoked > slice->from ? op->invoked : slice->from;

		if (is_idle(slice, i))
			continue;
		event[events++] = (struct slice_event){invoked, i, false};
		if (slice_is_mandatory(slice, i))
			event[events++] = (struct slice_event){op->returned, i, true};
	}
	qsort(event, events, sizeof(*event), by_position);
	return events;
}

/* The operation as the new trace knows it. An answer that has not come has told nothing. */
static struct trace_op translate(const struct slice *slice, uint32_t index,
				 struct trace_builder *builder, uint32_t object)
{
	const struct trace *trace = slice->trace;
	struct trace_op op = trace->op[slice->op[index]];

	op.object = object;
	op.a = trace_intern_value(builder, trace_value_text(trace, op.a));
	op.b = trace_intern_value(builder, trace_value_text(trace, op.b));
	if (!slice_is_mandatory(slice, index) && op.outcome != TRACE_OPEN)
		op.token = op.has_token = 0;
	return op;
}

void slice_build(const struct slice *slice, struct trace *into, uint32_t *map)
{
	struct trace_builder *builder = trace_begin(slice->trace->format);
	struct slice_event *event = calloc(2 * (size_t)slice->ops + 1, sizeof(*event));
	uint32_t *handle = calloc(slice->ops + 1, sizeof(*handle)), invoked = 0;

	CHECK_MEMORY(event && handle);
	uint32_t events = order_events(slice, event);

	if (slice->trace->initial_told)
		trace_set_initial(builder,
				  slice->trace->initial_any
					  ? NULL
					  : trace_value_text(slice->trace, slice->trace->initial));

	for (uint32_t i = 0; i < events; i++) {
		uint32_t index = event[i].index;
		const struct trace_op *original = &slice->trace->op[slice->op[index]];
		uint32_t object = trace_intern_object(
			builder, trace_object_name(slice->trace, original->object));
		struct trace_op op = translate(slice, index, builder, object);

		if (event[i].is_return) {
			trace_return(builder, handle[index], original->outcome, &op);
			continue;
		}
		handle[index] = trace_invoke(builder, &op);
		if (map)
			map[invoked++] = slice->op[index];
	}
	free(event);
	free(handle);
	trace_end(builder, into);
	into->shows_tokens = slice->trace->shows_tokens;
	into->has_attempts = slice->by_attempt; /* whatever those that are left tell */
}

static struct linear_object whole(const struct trace *trace)
{
	return (struct linear_object){
		.trace = trace, .ops = trace->ops, .events = trace->events, .event = trace->event};
}

enum linear_verdict slice_decide(const struct slice *slice, const struct linear_request *request)
{
	struct linear_result result = {0};
	struct trace trace;

	slice_build(slice, &trace, NULL);
	struct linear_object object = whole(&trace);

	linear_decide(&object, request->model, request->limit, &request->bounds, &result);
	trace_free(&trace);
	return result.verdict;
}

enum linear_verdict slice_exhaust(const struct slice *slice, const struct linear_request *request,
				  uint32_t *ops)
{
	enum linear_verdict verdict = LINEAR_UNKNOWN;
	struct trace trace;

	slice_build(slice, &trace, NULL);
	struct linear_object object = whole(&trace);

	*ops = trace.ops;
	if (trace.ops <= EXHAUST_OPS)
		verdict = linear_exhaust(&object, request->model, request->limit);
	trace_free(&trace);
	return verdict;
}
