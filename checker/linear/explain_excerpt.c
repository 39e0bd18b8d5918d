#include "checker/linear/explain_excerpt.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/invariant.h"
#include "checker/linear/models.h"

enum { EXHAUST_OPS = 24 }; /* the most that linear_exhaust takes */

void excerpt_begin(struct excerpt *excerpt, const struct trace *trace, uint32_t capacity)
{
	*excerpt = (struct excerpt){.trace = trace,
				    .until = TRACE_NEVER,
				    .by_attempt = trace->has_attempts,
				    .capacity = capacity};
	excerpt->op = calloc(capacity + 1, sizeof(*excerpt->op));
	excerpt->open = calloc(capacity + 1, sizeof(*excerpt->open));
	CHECK_MEMORY(excerpt->op && excerpt->open);
}

void excerpt_begin_like(struct excerpt *excerpt, const struct excerpt *like)
{
	excerpt_begin(excerpt, like->trace, like->ops);
	excerpt->from = like->from;
	excerpt->until = like->until;
	excerpt->by_attempt = like->by_attempt;
}

void excerpt_add(struct excerpt *excerpt, uint32_t op, enum strength strength)
{
	CHECK(excerpt->ops < excerpt->capacity && op < excerpt->trace->ops);
	excerpt->op[excerpt->ops] = op;
	excerpt->open[excerpt->ops++] = strength == OP_WEAKENED;
}

void excerpt_free(struct excerpt *excerpt)
{
	free(excerpt->op);
	free(excerpt->open);
	*excerpt = (struct excerpt){0};
}

void excerpt_prefix(struct excerpt *excerpt, const struct linear_object *object, uint32_t until)
{
	excerpt_begin(excerpt, object->trace, object->ops);
	excerpt->until = until;
	excerpt->by_attempt = object_names_attempts(object);
	for (uint32_t i = 0; i < object->ops; i++) {
		uint32_t op = object_op(object, i);

		if (object->trace->op[op].invoked < until)
			excerpt_add(excerpt, op, OP_AS_IT_WAS);
	}
}

bool excerpt_is_mandatory(const struct excerpt *excerpt, uint32_t index)
{
	CHECK(index < excerpt->ops);
	const struct trace_op *op = &excerpt->trace->op[excerpt->op[index]];

	return !excerpt->open[index] && op->outcome != TRACE_OPEN && op->returned < excerpt->until;
}

/* Without its answer it demands nothing and does nothing; that it will be refused is known. */
static bool is_idle(const struct excerpt *excerpt, uint32_t index)
{
	const struct trace_op *op = &excerpt->trace->op[excerpt->op[index]];

	return !excerpt_is_mandatory(excerpt, index) &&
	       (op->f == TRACE_READ || op->f == TRACE_GET || op->f == TRACE_PROOF ||
		op->outcome == TRACE_FAILED);
}

struct excerpt_event {
	uint32_t position, index;
	bool is_return;
};

static int by_position(const void *a, const void *b)
{
	const struct excerpt_event *one = a, *other = b;

	return array_order(one->position, other->position)
		       ?: array_order(one->is_return, other->is_return)
			       ?: array_order(one->index, other->index);
}

static uint32_t order_events(const struct excerpt *excerpt, struct excerpt_event *event)
{
	uint32_t events = 0;

	for (uint32_t i = 0; i < excerpt->ops; i++) {
		const struct trace_op *op = &excerpt->trace->op[excerpt->op[i]];
		uint32_t invoked = op->invoked > excerpt->from ? op->invoked : excerpt->from;

		if (is_idle(excerpt, i))
			continue;
		event[events++] = (struct excerpt_event){invoked, i, false};
		CHECK(!excerpt_is_mandatory(excerpt, i) || op->returned >= invoked);
		if (excerpt_is_mandatory(excerpt, i))
			event[events++] = (struct excerpt_event){op->returned, i, true};
	}
	qsort(event, events, sizeof(*event), by_position);
	return events;
}

/* The operation as the new trace knows it. An answer that has not come has told nothing. */
static struct trace_op translate(const struct excerpt *excerpt, uint32_t index,
				 struct trace_builder *builder, uint32_t object)
{
	const struct trace *trace = excerpt->trace;
	struct trace_op op = trace->op[excerpt->op[index]];

	op.object = object;
	op.a = trace_intern_value(builder, trace_value_text(trace, op.a));
	op.b = trace_intern_value(builder, trace_value_text(trace, op.b));
	if (!excerpt_is_mandatory(excerpt, index) && op.outcome != TRACE_OPEN)
		op.token = op.has_token = 0;
	return op;
}

void excerpt_build(const struct excerpt *excerpt, struct trace *into, uint32_t *map)
{
	struct trace_builder *builder = trace_begin(excerpt->trace->format);
	struct excerpt_event *event = calloc(2 * (size_t)excerpt->ops + 1, sizeof(*event));
	uint32_t *handle = calloc(excerpt->ops + 1, sizeof(*handle)), invoked = 0;

	CHECK_MEMORY(event && handle);
	uint32_t events = order_events(excerpt, event);

	if (excerpt->trace->initial_told)
		trace_set_initial(builder, excerpt->trace->initial_any
						   ? NULL
						   : trace_value_text(excerpt->trace,
								      excerpt->trace->initial));

	for (uint32_t i = 0; i < events; i++) {
		uint32_t index = event[i].index;
		const struct trace_op *original = &excerpt->trace->op[excerpt->op[index]];
		uint32_t object = trace_intern_object(
			builder, trace_object_name(excerpt->trace, original->object));
		struct trace_op op = translate(excerpt, index, builder, object);

		if (event[i].is_return) {
			trace_return(builder, handle[index], original->outcome, &op);
			continue;
		}
		handle[index] = trace_invoke(builder, &op);
		if (map)
			map[invoked++] = excerpt->op[index];
	}
	free(event);
	free(handle);
	trace_end(builder, into);
	CHECK(into->ops <= excerpt->ops && into->events <= events); /* what failed is left out */
	into->shows_tokens = excerpt->trace->shows_tokens;
	into->has_attempts = excerpt->by_attempt; /* whatever those that are left tell */
}

static struct linear_object whole(const struct trace *trace)
{
	return (struct linear_object){
		.trace = trace, .ops = trace->ops, .events = trace->events, .event = trace->event};
}

enum linear_verdict excerpt_decide(const struct excerpt *excerpt,
				   const struct linear_request *request)
{
	struct linear_result result = {0};
	struct trace trace;

	excerpt_build(excerpt, &trace, NULL);
	struct linear_object object = whole(&trace);

	linear_decide(&object, request->model, request->limit, &request->bounds, &result);
	trace_free(&trace);
	return result.verdict;
}

enum linear_verdict excerpt_exhaust(const struct excerpt *excerpt,
				    const struct linear_request *request, uint32_t *ops)
{
	enum linear_verdict verdict = LINEAR_UNKNOWN;
	struct trace trace;

	excerpt_build(excerpt, &trace, NULL);
	struct linear_object object = whole(&trace);

	*ops = trace.ops;
	if (trace.ops <= EXHAUST_OPS)
		verdict = linear_exhaust(&object, request->model, request->limit);
	trace_free(&trace);
	return verdict;
}
