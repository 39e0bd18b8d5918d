#include <stdlib.h>
#include <string.h>

#include "history/formats/formats.h"

static const char sqlite_magic[] = "SQLite format 3"; /* and a NUL */

/* The first byte that is not white space; NULL when there is none. */
static const char *skip_space(const char *at, const char *end)
{
	while (at < end && *at && strchr(" \t\r\n,", *at))
		at++;
	return at < end ? at : NULL;
}

/* An object of JSON begins with a string, a map of EDN with a keyword, mostly. */
static enum trace_format object_or_map(const char *at, const char *end)
{
	const char *inside = skip_space(at + 1, end);

	return inside && (*inside == '"' || *inside == '}') ? TRACE_JSONL : TRACE_JEPSEN;
}

/* One of etcd's robustness tests tells of a whole operation in a line. */
static bool is_operation(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	size_t length = (size_t)((newline ? newline : end) - at);

	return memmem(at, length, "\"ClientId\"", 10) && memmem(at, length, "\"Input\"", 7) &&
	       memmem(at, length, "\"Call\"", 6);
}

static bool is_header(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	size_t length = (size_t)((newline ? newline : end) - at);

	return memmem(at, length, "type", 4) && memmem(at, length, "process", 7) &&
	       memchr(at, ',', length);
}

/* By content, never by name. */
static int recognise(const struct input *input, enum trace_format *format, struct error *err)
{
	const char *at = skip_space(input->at, input->end);

	if (!at)
		*format = TRACE_JEPSEN; /* nothing happened */
	else if ((size_t)(input->end - at) >= sizeof(sqlite_magic) &&
		 memcmp(at, sqlite_magic, sizeof(sqlite_magic)) == 0)
		*format = TRACE_HISTORY;
	else if (*at == '{' && is_operation(at, input->end))
		*format = TRACE_ETCD_OPERATIONS;
	else if (*at == '{')
		*format = object_or_map(at, input->end);
	else if (*at && strchr("[(#;", *at))
		*format = TRACE_JEPSEN;
	else if (strncmp(at, "INFO", 4) == 0)
		*format = TRACE_REGISTER_LOG;
	else if (is_header(at, input->end))
		*format = TRACE_CSV;
	else
		return input_refuse(input, at,
				    "a history: a map of EDN, an object of JSON, a CSV header "
				    "with type and process, INFO, or a history.db",
				    err);
	return 0;
}

static int import_text(enum trace_format format, struct input *input, struct trace *trace,
		       struct error *err)
{
	switch (format) {
	case TRACE_JEPSEN:
		return import_jepsen(input, trace, err);
	case TRACE_REGISTER_LOG:
		return import_register_log(input, trace, err);
	case TRACE_KV_LOG:
		return import_kv_log(input, trace, err);
	case TRACE_JSONL:
		return import_jsonl(input, trace, err);
	case TRACE_CSV:
		return import_csv(input, trace, err);
	case TRACE_ETCD_OPERATIONS:
		return import_etcd_operations(input, trace, err);
	case TRACE_HISTORY:
		return error_set(
			err, EXIT_BAD_USAGE,
			"%.300s: a history.db is read from a file only, that is not packed",
			input->source->path);
	case TRACE_AUTO:
		break;
	}
	return error_set(err, EXIT_OUR_FAULT, "%.300s: no text format", input->source->path);
}

int trace_import(const struct trace_source *source, struct trace *trace, struct error *err)
{
	enum trace_format format = source->format;
	struct input input;
	int result = 0;

	*trace = (struct trace){0};
	if (input_open(&input, source, err))
		return -1;
	if (format == TRACE_AUTO)
		result = recognise(&input, &format, err);
	if (!result)
		result = import_text(format, &input, trace, err);
	input_close(&input);
	return result;
}
