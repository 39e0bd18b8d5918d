/*
 * T2, T3 and T5 by name, event by event. Not leased locks: of those, a hold may
 * end without a release (stream_leased.h).
 */
#ifndef CHECKER_LINEAR_STREAM_NAMED_H
#define CHECKER_LINEAR_STREAM_NAMED_H

#include "checker/linear/holds_parts.h"

struct hold; /* an attempt that is not over */

struct named_stream {
	bool judges_tokens;
	struct sweep sweep;
	struct tokens tokens;
	/* A core that seems to have ended, as long as no other one came: its attempt may yet show
	 * that it went on. Then the sweep is as if it did. */
	uint32_t ending; /* attempt; 0: none */
	struct sweep standing;
};

void named_begin(struct named_stream *named, enum model model, int limit);
/* The next event. `holds` are those of all objects, at first NULL. False when what was seen is not
 * covered, or not linearizable. No attempt comes again after its release has returned. */
bool named_step(struct named_stream *named, struct hold **holds, const struct trace_op *op,
		bool returns);
/* At the end; false: as above. */
bool named_finish(struct named_stream *named);
void named_free(struct hold **holds);

#endif
