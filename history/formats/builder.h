/* The inside of a trace's builder, for importers whose operations do not come by time. */
#ifndef HISTORY_FORMATS_BUILDER_H
#define HISTORY_FORMATS_BUILDER_H

#include "history/trace.h"

struct trace_builder {
	struct trace trace;
	uint32_t op_capacity, event_capacity;
	uint64_t dropped;          /* of trace.op, still in it */
	uint32_t releases_dropped; /* of these */
};

/* Leaves out an operation that failed and tells nothing. */
void builder_drop(struct trace_builder *builder, uint32_t handle);

/* Adds a finished operation without its events: outcome, times and all else as in `op`; open: no
 * returned_ns. Returns its index until builder_order. */
uint32_t builder_add(struct trace_builder *builder, const struct trace_op *op);

/* Puts the operations and their events into the order of their times; then trace_end. */
void builder_order(struct trace_builder *builder);

#endif
