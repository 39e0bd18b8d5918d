/*
 * Events on their way from a builder to a listener. Each waits until the outcome of its operation
 * is known, and all behind it with it, so that they are told in order; what waits is bounded. The
 * operations stand in the builder's array, at places that are used again.
 */
#ifndef HISTORY_TRACES_RELAY_H
#define HISTORY_TRACES_RELAY_H

#include "history/traces/trace.h"

struct relay;

struct relay *relay_open(struct trace_listener *listener);
/* Tells the rest: what has no answer by now is open. Counts in `trace`. */
void relay_close(struct relay *relay, struct trace *trace);

/* A place for one more operation; TRACE_NEVER: at the array's end. */
uint32_t relay_place(struct relay *relay);
/* As in struct trace: place << 1 | is return. */
void relay_add(struct relay *relay, struct trace *trace, uint32_t event);
/* False: the operation was told as open already. Then its answer must not say anything else, or
 * the listener is stopped. */
bool relay_awaits(struct relay *relay, uint32_t place, enum trace_outcome outcome,
		  const struct trace_op *answer);
/* Its outcome is final; it may be TRACE_DROPPED. */
void relay_resolve(struct relay *relay, struct trace *trace, uint32_t place);

#endif
