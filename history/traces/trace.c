/*
 * The builder of traces. Operations are appended by invocation and events in their total order,
 * with their positions; an operation that is dropped later stays where it is, marked, until
 * trace_end closes the gaps in one pass, and tells the positions anew. Of a trace without any no
 * pass is made: to go through some million operations once more takes as long as to judge them.
 */
#include "history/traces/trace.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"
#include "base/text.h"
#include "history/traces/builder.h"
#include "history/traces/interner.h"
#include "history/traces/relay.h"

const char *const trace_function_names[] = {
#define X(name, text) text,
	TRACE_FUNCTIONS(X)
#undef X
		NULL};

const char *const trace_independent_names[] = {"auto", "yes", "no", NULL};

const char *const trace_failed_cas_names[] = {"format", "observes", "nothing", NULL};

const char *const trace_format_names[] = {
	"auto",    "jepsen",      "register-log", "kv-log",          "jsonl", "csv",
	"history", "history-txt", "jepsen-log",   "etcd-operations", NULL};

struct trace_text {
	struct interner *objects, *values;
};

struct trace_builder {
	struct trace trace;
	struct relay *relay; /* NULL; else trace.op holds only what is not yet told */
	uint32_t op_capacity, event_capacity;
	uint64_t dropped;          /* of trace.op, still in it */
	uint32_t releases_dropped; /* of these */
};

static void text_free(struct trace_text *text)
{
	if (!text)
		return;
	interner_close(text->objects);
	interner_close(text->values);
	free(text);
}

struct trace_builder *trace_begin(const char *format)
{
	struct trace_builder *builder = calloc(1, sizeof(*builder));
	CHECK_MEMORY(builder);
	struct trace *trace = &builder->trace;
	CHECK(text_copy(trace->format, sizeof(trace->format), format));
	trace->text = calloc(1, sizeof(*trace->text));
	CHECK_MEMORY(trace->text);
	trace->text->objects = interner_open();
	trace->text->values = interner_open();
	CHECK(trace_intern_value(builder, "nil") == TRACE_NIL);
	CHECK(trace_intern_value(builder, "\"\"") == TRACE_EMPTY);
	return builder;
}

uint32_t trace_intern_object(struct trace_builder *builder, const char *name)
{
	return interner_add(builder->trace.text->objects, name, strlen(name));
}

uint32_t trace_intern_value(struct trace_builder *builder, const char *edn)
{
	return interner_add(builder->trace.text->values, edn, strlen(edn));
}

/* No form of EDN, so that no value is equal to it. */
static const char any_value[] = "any value";

void trace_set_initial(struct trace_builder *builder, const char *edn)
{
	builder->trace.initial = trace_intern_value(builder, edn ? edn : any_value);
	builder->trace.initial_any = !edn;
	builder->trace.initial_told = true;
}

static void append_event(struct trace_builder *builder, uint32_t event)
{
	struct trace *trace = &builder->trace;
	if (builder->relay) {
		relay_add(builder->relay, trace, event);
		return;
	}
	struct trace_op *op = &trace->op[event >> 1];

	ARRAY_GROW(trace->event, trace->events, builder->event_capacity);
	*(event & 1 ? &op->returned : &op->invoked) = trace->events;
	trace->event[trace->events++] = event;
}

void builder_drop(struct trace_builder *builder, uint32_t handle)
{
	builder->trace.op[handle].outcome = TRACE_DROPPED;
	builder->dropped++;
	if (builder->relay)
		relay_resolve(builder->relay, &builder->trace, handle);
}

void builder_relay(struct trace_builder *builder, struct trace_listener *listener)
{
	CHECK(builder->trace.ops == 0 && !builder->relay);
	builder->relay = listener ? relay_open(listener) : NULL;
}

void builder_expect(struct trace_builder *builder, uint32_t ops)
{
	struct trace *trace = &builder->trace;

	if (trace->ops || builder->relay || !ops)
		return;
	CHECK(ops <= TRACE_OPS_MAX);
	free(trace->op);
	free(trace->event);
	ARRAY_ROOM(trace->op, ops);
	ARRAY_ROOM(trace->event, 2 * ops);
	builder->op_capacity = ops;
	builder->event_capacity = 2 * ops;
}

const struct trace_op *builder_op(const struct trace_builder *builder, uint32_t handle)
{
	CHECK(handle < builder->trace.ops);
	const struct trace_op *op = &builder->trace.op[handle];

	return op->outcome == TRACE_DROPPED ? NULL : op;
}

uint32_t builder_count(const struct trace_builder *builder)
{
	return builder->relay ? 0 : builder->trace.ops;
}

struct trace_op *builder_change(struct trace_builder *builder, uint32_t handle)
{
	CHECK(handle < builder->trace.ops);
	return &builder->trace.op[handle];
}

const char *builder_value_text(const struct trace_builder *builder, uint32_t value)
{
	return interner_text(builder->trace.text->values, value);
}

bool builder_has_objects(const struct trace_builder *builder)
{
	const struct interner *objects = builder->trace.text->objects;

	return interner_count(objects) > 1 ||
	       (interner_count(objects) == 1 && *interner_text(objects, 0) != '\0');
}

uint32_t trace_invoke(struct trace_builder *builder, const struct trace_op *op)
{
	struct trace *trace = &builder->trace;
	if (interner_count(trace->text->objects) == 0)
		trace_intern_object(builder, ""); /* the source names no objects */
	CHECK(op->f < TRACE_FUNCTIONS_COUNT && op->mode <= TRACE_SHARED);
	CHECK(op->object < interner_count(trace->text->objects));
	CHECK(op->a < interner_count(trace->text->values));
	CHECK(op->b < interner_count(trace->text->values));
	CHECK(trace->ops < TRACE_OPS_MAX);
	uint32_t handle = builder->relay ? relay_place(builder->relay) : TRACE_NEVER;
	if (handle == TRACE_NEVER) {
		ARRAY_GROW(trace->op, trace->ops, builder->op_capacity);
		handle = trace->ops++;
	}
	trace->op[handle] = *op;
	trace->op[handle].has_token |= op->token != 0;
	trace->op[handle].returned = TRACE_NEVER;
	trace->op[handle].returned_ns = 0;
	trace->op[handle].outcome = TRACE_OPEN;
	append_event(builder, handle << 1);
	return handle;
}

static bool observes(enum trace_function f)
{
	return f == TRACE_TRY_ACQUIRE || f == TRACE_CAS;
}

void trace_return(struct trace_builder *builder, uint32_t handle, enum trace_outcome outcome,
		  const struct trace_op *op)
{
	CHECK(handle < builder->trace.ops);
	struct trace *trace = &builder->trace;
	struct trace_op *into = &trace->op[handle];
	CHECK(into->outcome == TRACE_OPEN);
	if (builder->relay && !relay_awaits(builder->relay, handle, outcome, op))
		return;
	if (op) {
		CHECK(op->a < interner_count(builder->trace.text->values));
		CHECK(op->b < interner_count(builder->trace.text->values));
		into->a = op->a ? op->a : into->a;
		into->b = op->b ? op->b : into->b;
		if (op->has_token || op->token) {
			into->token = op->token;
			into->has_token = true;
		}
		into->attempt = op->attempt ? op->attempt : into->attempt;
		into->returned_ns = outcome == TRACE_OPEN ? 0 : op->returned_ns;
	}
	bool told = outcome != TRACE_FAILED || observes(into->f);
	into->outcome = outcome;
	if (outcome != TRACE_OPEN && (told || !builder->relay))
		append_event(builder, handle << 1 | 1);
	builder->releases_dropped += !told && into->f == TRACE_RELEASE;
	if (!told)
		builder_drop(builder, handle);
	else if (builder->relay)
		relay_resolve(builder->relay, trace, handle);
}

/* What is kept of failed releases: where they stood among the events that stay. */
static void keep_failures(struct trace *trace, uint32_t releases)
{
	uint32_t events = 0;
	trace->failure = calloc(releases, sizeof(*trace->failure));
	CHECK_MEMORY(trace->failure);
	for (uint32_t i = 0; i < trace->events; i++) {
		struct trace_op *op = &trace->op[trace->event[i] >> 1];
		events += op->outcome != TRACE_DROPPED;
		if (op->outcome != TRACE_DROPPED || op->f != TRACE_RELEASE)
			continue;
		if (!(trace->event[i] & 1)) {
			op->invoked = events;
			continue;
		}
		op->returned = events;
		trace->failure[trace->failures] = *op;
		trace->failure[trace->failures++].outcome = TRACE_FAILED;
	}
}

/* Closes the gaps. `invoked` serves as the operation's new index meanwhile. */
static void drop_failed(struct trace *trace)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < trace->ops; i++)
		if (trace->op[i].outcome != TRACE_DROPPED)
			trace->op[i].invoked = kept++;
	uint32_t events = 0;
	for (uint32_t i = 0; i < trace->events; i++) {
		uint32_t event = trace->event[i];
		const struct trace_op *op = &trace->op[event >> 1];
		if (op->outcome != TRACE_DROPPED)
			trace->event[events++] = op->invoked << 1 | (event & 1);
	}
	kept = 0;
	for (uint32_t i = 0; i < trace->ops; i++)
		if (trace->op[i].outcome != TRACE_DROPPED)
			trace->op[kept++] = trace->op[i];
	trace->left_out += trace->ops - kept;
	trace->ops = kept;
	trace->events = events;
	for (uint32_t i = 0; i < events; i++) {
		struct trace_op *op = &trace->op[trace->event[i] >> 1];
		*(trace->event[i] & 1 ? &op->returned : &op->invoked) = i;
	}
}

/* What the source told. An identity is of use only when releases and proofs name theirs too. */
static void take_stock(struct trace *trace)
{
	struct stock stock = {0};
	for (uint32_t i = 0; i < trace->ops; i++)
		stock_add(&stock, trace, &trace->op[i]);
	for (uint32_t i = 0; i < trace->failures; i++)
		stock_add(&stock, trace, &trace->failure[i]);
	trace->has_attempts = stock.acquires && !stock.nameless;
}

static void *shrink(void *array, uint32_t count, size_t size)
{
	if (count == 0) {
		free(array);
		return NULL;
	}
	void *smaller = realloc(array, count * size);
	return smaller ? smaller : array;
}

/* Of a trace that was told as it came, its counts are left. */
static void end_relay(struct trace_builder *builder, struct trace *trace)
{
	relay_close(builder->relay, trace);
	trace->left_out = builder->dropped;
	free(trace->op);
	trace->op = NULL;
}

static void end_whole(struct trace_builder *builder, struct trace *trace)
{
	if (builder->releases_dropped)
		keep_failures(trace, builder->releases_dropped);
	if (builder->dropped)
		drop_failed(trace);
	take_stock(trace);
	trace->op = shrink(trace->op, trace->ops, sizeof(*trace->op));
	trace->event = shrink(trace->event, trace->events, sizeof(*trace->event));
}

void trace_end(struct trace_builder *builder, struct trace *trace)
{
	*trace = builder->trace;
	(builder->relay ? end_relay : end_whole)(builder, trace);
	free(builder);
	trace->objects = interner_count(trace->text->objects);
	trace->values = interner_count(trace->text->values);
	interner_seal(trace->text->objects);
	interner_seal(trace->text->values);
}

void trace_free(struct trace *trace)
{
	free(trace->op);
	free(trace->event);
	free(trace->failure);
	free(trace->remark);
	free(trace->doubt);
	if (trace->weaker)
		trace_free(trace->weaker);
	free(trace->weaker);
	text_free(trace->text);
	*trace = (struct trace){0};
}

const char *trace_object_name(const struct trace *trace, uint32_t object)
{
	return interner_text(trace->text->objects, object);
}

const char *trace_value_text(const struct trace *trace, uint32_t value)
{
	return interner_text(trace->text->values, value);
}
