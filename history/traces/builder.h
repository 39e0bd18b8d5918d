/* The inside of a trace's builder, for importers. */
#ifndef HISTORY_TRACES_BUILDER_H
#define HISTORY_TRACES_BUILDER_H

#include "history/traces/trace.h"

/* Instead of an outcome, while a trace is built: left out in the end. */
enum { TRACE_DROPPED = UINT8_MAX };

/* What a trace's summary needs to know of its operations. */
struct stock {
	bool acquires, nameless; /* nameless: some operation of a lock names no attempt */
};
void stock_add(struct stock *stock, struct trace *trace, const struct trace_op *op);

/* From the first operation on, tells the events instead of keeping them. NULL: keeps them. */
void builder_relay(struct trace_builder *builder, struct trace_listener *listener);

/* So many operations will be invoked, or some more: room for them is made at once. Before the
 * first. */
void builder_expect(struct trace_builder *builder, uint32_t ops);

/* Leaves out an operation that failed and tells nothing. */
void builder_drop(struct trace_builder *builder, uint32_t handle);

/* NULL: it was left out. Borrowed until the next invocation. */
const struct trace_op *builder_op(const struct trace_builder *builder, uint32_t handle);

/* For what is known at the end only, dropped operations included; none where they are told as they
 * come. */
uint32_t builder_count(const struct trace_builder *builder);
struct trace_op *builder_change(struct trace_builder *builder, uint32_t handle);
/* Borrowed until the next value is interned. */
const char *builder_value_text(const struct trace_builder *builder, uint32_t value);
/* Did the source name an object? */
bool builder_has_objects(const struct trace_builder *builder);

#endif
