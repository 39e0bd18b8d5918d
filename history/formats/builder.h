/* The inside of a trace's builder, for importers. */
#ifndef HISTORY_FORMATS_BUILDER_H
#define HISTORY_FORMATS_BUILDER_H

#include "history/trace.h"

/* Leaves out an operation that failed and tells nothing. */
void builder_drop(struct trace_builder *builder, uint32_t handle);

/* NULL: it was left out. Borrowed until the next invocation. */
const struct trace_op *builder_op(const struct trace_builder *builder, uint32_t handle);

#endif
