/*
 * Jepsen's independent keys: values are tuples [key value], and each key is an object of its own.
 * A tuple looks like any other vector, unless it has a tag (#jepsen.independent/tuple); but nobody
 * asks a plain register for [3 nil], which is how such a key is read.
 */
#ifndef HISTORY_TRACES_INDEPENDENT_H
#define HISTORY_TRACES_INDEPENDENT_H

#include "history/traces/buffer.h"
#include "history/traces/input.h"
#include "history/traces/trace.h"

/* What was seen of tuples while a source was told. */
struct tuples {
	uint64_t tagged;
	uint64_t keyed, keyless; /* questions of reads and locks: [key nil], and others */
	bool asked;              /* some question is a pair, and stands in `b` */
};

/* Notes the question of a read or lock, as canonical EDN; returns whether it is [key nil]. */
bool tuples_note_question(struct tuples *tuples, const char *edn);
/* The canonical text of a tagged tuple without its tag, and notes that there was one; others as
 * they are. */
struct slice tuples_untag(struct tuples *tuples, struct slice edn);

/* Makes objects of keys, if the source says so or it is plain that they are. The question of a read
 * or lock, if it is a tuple, stands in `b`. *whole: the values look like tuples, and stay as they
 * are. */
int independent_split(struct trace_builder *builder, const struct tuples *tuples,
		      const struct input *input, bool *whole, struct error *err);

#endif
