/* T2 with leases by name, event by event. */
#ifndef CHECKER_LINEAR_STREAM_LEASED_H
#define CHECKER_LINEAR_STREAM_LEASED_H

#include "checker/linear/linear.h"

struct lease; /* an attempt whose release has not returned */

struct leased_stream {
	int64_t token; /* the greatest one of those that were met, if there is any */
	bool has_token;
	uint32_t met_at;              /* when one with a token was met last */
	uint32_t latest[2], whose[2]; /* the latest instants at which attempts were seen to hold:
					 of two attempts, the later one first */
};

/* As named_step and named_free, of stream_named.h. */
bool leased_step(struct leased_stream *leased, struct lease **leases, const struct trace_op *op,
		 bool returns);
void leased_free(struct lease **leases);

#endif
