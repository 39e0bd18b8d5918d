/* Judging a file while it is read, where memory would else grow with it. */
#ifndef JUDGING_TRACE_STREAM_H
#define JUDGING_TRACE_STREAM_H

#include "checker/linear/models.h"
#include "judging/trace_check.h"

/* Is it a file that can be read again, and so large that the memory matters? */
bool trace_stream_applies(const struct trace_check_request *request);

/* Fills trace, summary and models of `check`, whose `asked` is set, and *seen (the caller's to
 * free): 1; 0: it has to be judged as a whole, and *check is as before; -1: the file is malformed.
 */
int trace_stream_run(const struct trace_check_request *request, const struct trace_source *source,
		     struct trace_check *check, struct seen **seen, struct error *err);

#endif
