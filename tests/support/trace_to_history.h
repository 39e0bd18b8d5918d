/*
 * A generated trace as a sealed history.db, as a run of one lane leaves it: inserted in bulk, in
 * the order of the invocations, with the schema, the indexes and the journal mode of the history
 * room.
 */
#ifndef TESTS_TRACE_TO_HISTORY_H
#define TESTS_TRACE_TO_HISTORY_H

#include "history/traces/trace.h"

/* Of owned lock operations (acquire, release) only; owner i becomes worker i. The file must not
 * exist. Anything that goes wrong aborts. */
void trace_to_history(const struct trace *trace, const char *path);

#endif
