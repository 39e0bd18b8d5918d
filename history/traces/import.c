#include <stdlib.h>
#include <string.h>

#include "history/traces/formats.h"
#include "history/traces/order.h"

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

static struct slice line_of(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));
	size_t length = (size_t)((newline ? newline : end) - at);

	return (struct slice){at, length - (length > 0 && at[length - 1] == '\r')};
}

/* A line of a log: it begins with a date, or with a level and a date in brackets. */
static bool is_dated(const char *at, const char *end)
{
	static const char form[] = "0000-00-00";
	static const char *const levels[] = {"INFO [", "WARN [", "DEBUG [", "ERROR ["};

	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		if (strncmp(at, levels[i], strlen(levels[i])) == 0)
			return true;
	for (size_t i = 0; form[i]; i++)
		if (at + i >= end ||
		    (form[i] == '0' ? at[i] < '0' || at[i] > '9' : at[i] != form[i]))
			return false;
	return true;
}

static bool is_json_array(const char *at, const char *end)
{
	const char *inside = *at == '[' ? skip_space(at + 1, end) : NULL;
	const char *key = inside && *inside == '{' ? skip_space(inside + 1, end) : NULL;

	return key && *key == '"';
}

/* One of etcd's robustness tests tells of a whole operation in a line. */
static bool is_operation(const char *at, const char *end)
{
	struct slice line = line_of(at, end);

	return memmem(line.at, line.length, "\"ClientId\"", 10) &&
	       memmem(line.at, line.length, "\"Input\"", 7) &&
	       memmem(line.at, line.length, "\"Call\"", 6);
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
	else if (is_json_array(at, input->end))
		return input_refuse(input, at,
				    "one JSON object a line, without an array around them (`jq -c "
				    "'.[]' FILE` writes it so)",
				    err);
	else if (*at && strchr("[(#;", *at))
		*format = TRACE_JEPSEN;
	else if (jepsen_log_is_event(line_of(at, input->end)))
		*format = TRACE_HISTORY_TXT;
	else if (is_dated(at, input->end))
		*format = TRACE_JEPSEN_LOG;
	else if (strncmp(at, "INFO", 4) == 0)
		*format = TRACE_REGISTER_LOG;
	else if (is_header(at, input->end))
		*format = TRACE_CSV;
	else
		return input_refuse(
			input, at,
			"a history: a map of EDN, an object of JSON, a CSV header "
			"with type and process, Jepsen's history.txt or log, or a history.db",
			err);
	return 0;
}

/* What cannot be told in the order of the source. */
static int refuse_listener(const struct trace_source *source, struct error *err)
{
	source->listener->stopped = "its operations are to be sorted";
	return error_set(err, EXIT_BAD_USAGE, "%.300s: %s", source->path,
			 source->listener->stopped);
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
	case TRACE_HISTORY_TXT:
		return import_history_txt(input, trace, err);
	case TRACE_JEPSEN_LOG:
		return import_jepsen_log(input, trace, err);
	case TRACE_ETCD_OPERATIONS:
		if (input->source->listener)
			return refuse_listener(input->source, err);
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

static int import_file(const struct trace_source *source, const char *path, struct shelf *shelf,
		       struct trace *trace, struct error *err)
{
	struct trace_source one = *source;
	enum trace_format format = source->format;
	struct input input;
	int result = 0;

	one.path = path;
	if (input_open(&input, &one, err))
		return -1;
	input.shelf = shelf;
	if (format == TRACE_AUTO)
		result = recognise(&input, &format, err);
	if (!result)
		result = import_text(format, &input, trace, err);
	input_close(&input);
	return result;
}

/* One file after the other onto the shelf, and from there in the order of times. */
static int import_sorted(const struct trace_source *source, struct trace *trace, struct error *err)
{
	const struct input input = {.source = source};
	struct shelf *shelf = shelf_open(source);
	char format[sizeof(trace->format)] = "";
	uint64_t ignored = 0;
	int result = 0;

	for (uint32_t i = 0; i <= source->more_paths && !result; i++) {
		shelf_next_source(shelf);
		result = import_file(source, i ? source->more_path[i - 1] : source->path, shelf,
				     trace, err);
		if (result)
			break;
		ignored += trace->ignored;
		memcpy(format, trace->format, sizeof(format));
		trace_free(trace);
	}
	if (!result) {
		struct teller *teller =
			teller_open(format, &syntax_edn, &input, FAILED_CAS_NOTHING);

		shelf_sort(shelf);
		result = teller_tell_shelf(teller, shelf, err);
		if (result)
			teller_close(teller);
		else
			result = teller_finish(teller, &input, trace, err);
		trace->ignored += ignored;
	}
	shelf_close(shelf);
	return result;
}

int trace_import(const struct trace_source *source, struct trace *trace, struct error *err)
{
	*trace = (struct trace){0};
	if (source->sort && source->listener)
		return refuse_listener(source, err);
	if (source->sort)
		return import_sorted(source, trace, err);
	return import_file(source, source->path, NULL, trace, err);
}
