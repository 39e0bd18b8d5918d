/*
 * Operations that do not come by time, replayed in the order of time. A history.db has them process
 * by process.
 */
#ifndef HISTORY_TRACES_RECORDING_H
#define HISTORY_TRACES_RECORDING_H

#include "history/traces/trace.h"

/* Finished operations in any order: outcome, times and all else set, but for positions. */
struct recording {
	struct trace_op *op; /* owned */
	uint32_t count, capacity;
};

uint32_t recording_add(struct recording *recording, const struct trace_op *op); /* its index */

/* Operations that come by invoked_ns, finished as those of a recording, are told to the builder,
 * their answers between them; at equal times invocations come first. */
struct replay;
struct replay *replay_open(struct trace_builder *builder);
void replay_invoke(struct replay *replay, const struct trace_op *op);
void replay_close(struct replay *replay); /* the last answers */

/* Invokes and returns them in the builder, by time; at equal times invocations come first. Frees
 * the recording as it goes, so that an operation is in memory about once. */
void recording_replay(struct recording *recording, struct trace_builder *builder);
void recording_free(struct recording *recording);

#endif
