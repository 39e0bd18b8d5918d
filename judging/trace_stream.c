#include "judging/trace_stream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "checker/linear/stream.h"
#include "history/database.h"
#include "history/traces/packed.h"

/* From here on, the whole trace would take more than a gigabyte of memory: more than ten million
 * operations of 200 to 300 bytes each. Less is read once only, whatever the verdict. */
enum { LARGE_MB = 3000, PACKED_MB = 250, MEGABYTE = 1000000 };

bool trace_stream_applies(const struct trace_check_request *request)
{
	struct error unread = {0}; /* whoever reads it says so */
	struct stat file;
	bool is_history;

	if (request->stream == STREAM_NEVER || request->sort || request->initial ||
	    request->independent == INDEPENDENT_YES || request->format == TRACE_HISTORY ||
	    request->format == TRACE_ETCD_OPERATIONS)
		return false;
	if (strcmp(request->path, "-") == 0 || stat(request->path, &file) ||
	    !S_ISREG(file.st_mode) || database_recognise(request->path, &is_history, &unread) ||
	    is_history)
		return false;
	return request->stream == STREAM_ALWAYS ||
	       file.st_size >= MEGABYTE * (off_t)(packed_is(request->path) ? PACKED_MB : LARGE_MB);
}

int trace_stream_run(const struct trace_check_request *request, const struct trace_source *source,
		     struct trace_check *check, struct seen **seen, struct error *err)
{
	struct trace_source told = *source;
	struct trace_listener listener;
	struct stream *stream = stream_open(request->model ? &check->asked.model : NULL,
					    check->asked.limit, &listener);
	int result = -1;

	told.listener = &listener;
	if (!trace_import(&told, &check->trace, err))
		result =
			stream_finish(stream, &check->trace, &check->summary, &check->models, seen);
	stream_close(stream);
	if (result < 1)
		trace_free(&check->trace);
	if (listener.stopped) {
		*err = (struct error){0};
		check->summary = (struct linear_summary){0};
		result = 0;
	}
	return result;
}
