/*
 * A run as a trace of what its workers believed, read operation by operation: nothing of it is in
 * memory but the trace, the attempt of each process that is being read, and the requests to the
 * store with what the others say of them.
 */
#ifndef HOLDS_STREAM_H
#define HOLDS_STREAM_H

#include "checker/holds/holes.h"
#include "history/traces/trace.h"

/*
 * Tells the builder what facts_tell would, of all lanes, at the client level, with the same numbers
 * for the attempts and in the same order. False: something is not as it should be (a hole, a row
 * that contradicts others); then the builder is spoilt, and the
 * lanes, each as a whole, tell what it is. With holes->history their sums are told there.
 */
bool stream_tell(const struct run *run, const struct trace_source *source, struct holes *holes,
		 struct trace_builder *builder, uint64_t *failed, uint64_t *ignored);

#endif
