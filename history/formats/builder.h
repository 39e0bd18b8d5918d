/* The inside of a trace's builder, for importers. */
#ifndef HISTORY_FORMATS_BUILDER_H
#define HISTORY_FORMATS_BUILDER_H

#include "history/trace.h"

/* Leaves out an operation that failed and tells nothing. */
void builder_drop(struct trace_builder *builder, uint32_t handle);

#endif
