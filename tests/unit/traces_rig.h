/* Importing a text, for the tests of what each format tells. */
#ifndef TRACES_RIG_H
#define TRACES_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history/traces/trace.h"
#include "tests/support/scratch.h"

static inline const char *write_source(const char *text, size_t length)
{
	static const char *path;

	path = path ? path : scratch_file("source");
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(text, 1, length, out), length);
	ck_assert_int_eq(fclose(out), 0);
	return path;
}

static inline struct trace import_text_as(enum trace_format format,
					  enum trace_failed_cas failed_cas, const char *text)
{
	struct trace_source source = {.path = write_source(text, strlen(text)),
				      .format = format,
				      .failed_cas = failed_cas};
	struct trace trace;
	struct error err = {0};

	ck_assert_msg(trace_import(&source, &trace, &err) == 0, "%s\n%s", err.text, text);
	return trace;
}

static inline struct trace import_text(enum trace_format format, const char *text)
{
	return import_text_as(format, FAILED_CAS_AS_FORMAT, text);
}

/* The error must be of the user's input, begin with ":LINE:COLUMN: " behind the file's name, and
 * hold `says`. */
static inline void refuse_text(enum trace_format format, const char *text, const char *place,
			       const char *says)
{
	struct trace_source source = {.path = write_source(text, strlen(text)), .format = format};
	struct trace trace;
	struct error err = {0};

	ck_assert_msg(trace_import(&source, &trace, &err) == -1, "accepted: %s", text);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strncmp(err.text, source.path, strlen(source.path)) == 0, "%s", err.text);
	const char *rest = err.text + strlen(source.path);

	ck_assert_msg(strncmp(rest, place, strlen(place)) == 0 && rest[strlen(place)] == ' ',
		      "wanted place %s, got %s", place, err.text);
	ck_assert_msg(strstr(rest, says) != NULL, "wanted \"%s\", got %s", says, err.text);
	ck_assert_ptr_null(trace.op);
}

struct refusal {
	const char *text, *place, *says;
};

/* The events in their order: "3 acquire, 3 acquire ok, 4 read ?" and so on; ? is open. Freed by the
 * caller. */
static inline char *tell_trace(const struct trace *trace)
{
	static const char *const outcomes[] = {"ok", "?", "fail"};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (uint32_t i = 0; i < trace->events; i++) {
		const struct trace_op *op = &trace->op[trace->event[i] >> 1];
		bool returns = trace->event[i] & 1;
		bool open = op->outcome == TRACE_OPEN;

		ck_assert_uint_eq(returns ? op->returned : op->invoked, i);
		fprintf(out, "%s%d %s", i ? ", " : "", op->process, trace_function_names[op->f]);
		if (returns || open)
			fprintf(out, " %s", outcomes[op->outcome]);
		if (op->a && (returns || open))
			fprintf(out, " %s", trace_value_text(trace, op->a));
		if (op->f == TRACE_CAS && (returns || open))
			fprintf(out, " %s", trace_value_text(trace, op->b));
	}
	fclose(out);
	return text;
}

static inline void expect_events(const struct trace *trace, const char *expected)
{
	char *told = tell_trace(trace);

	ck_assert_str_eq(told, expected);
	free(told);
}

#endif
