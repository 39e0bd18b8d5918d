/*
 * A judge of locks that listens while a source is read, so that memory does not grow with it. It
 * proves that the history is linearizable, or is silent: then the whole trace is to be judged,
 * which also finds the reasons of a violation. It says nothing that linear_judge would not say.
 */
#ifndef LINEAR_STREAM_H
#define LINEAR_STREAM_H

#include "checker/linear/linear.h"
#include "checker/linear/models.h"

struct stream;

/* `model`: NULL to find the models, as models_guess does. The listener is the stream's until it is
 * closed. */
struct stream *stream_open(const enum model *model, int limit, struct trace_listener *listener);
void stream_close(struct stream *stream);

/* After the source's end: true when all of it is linearizable. `trace` has the counts and names of
 * what was told. *models (NULL when the model was given) and *seen are those of its objects; the
 * caller frees them. */
bool stream_finish(struct stream *stream, const struct trace *trace, struct linear_summary *summary,
		   enum model **models, struct seen **seen);

#endif
