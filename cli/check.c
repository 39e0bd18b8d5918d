#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "conductor/findings.h"
#include "conductor/trace_check.h"
#include "reports/report.h"

enum { FILES_MAX = 1024, MAX_SECONDS = 256, MAX_MEMORY, MAX_CONFIGURATIONS, LIMIT, FORMAT };

struct options {
	const char *file[FILES_MAX];
	int files;
	bool json;
	struct trace_check_request trace;
	long max_seconds;
};

static long parse_number(const char *option, const char *argument, struct argp_state *state)
{
	char *end;
	long number = strtol(argument, &end, 10);

	if (*end || end == argument || number < 1)
		argp_error(state, "--%s %s is no whole number from 1 on", option, argument);
	return number;
}

static enum trace_format parse_format(const char *argument, struct argp_state *state)
{
	const char *near = text_nearest(argument, trace_format_names);

	for (int i = 0; trace_format_names[i]; i++)
		if (strcmp(argument, trace_format_names[i]) == 0)
			return (enum trace_format)i;
	argp_error(state, "--format %s is unknown%s%s", argument, near ? "; did you mean " : "",
		   near ? near : "");
	return TRACE_AUTO;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 'm':
		options->trace.model = argument;
		return 0;
	case LIMIT:
		options->trace.limit = (int)parse_number("limit", argument, state);
		return 0;
	case FORMAT:
		options->trace.format = parse_format(argument, state);
		return 0;
	case MAX_SECONDS:
		options->max_seconds = parse_number("max-seconds", argument, state);
		return 0;
	case MAX_MEMORY:
		options->trace.bounds.bytes = (uint64_t)parse_number("max-memory", argument, state)
					      << 20;
		return 0;
	case MAX_CONFIGURATIONS:
		options->trace.bounds.configurations =
			(uint64_t)parse_number("max-configurations", argument, state);
		return 0;
	case ARGP_KEY_ARG:
		if (options->files == FILES_MAX)
			argp_error(state, "more than %d files", FILES_MAX);
		options->file[options->files++] = argument;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int check_run(const struct options *options, const char *file, struct error *err)
{
	char path[PATH_MAX], folder[PATH_MAX];
	struct findings findings;
	int failed = 0;

	if (cli_find_history(file, path, sizeof(path), folder, sizeof(folder), err) ||
	    findings_open(path, &findings, err))
		return err->code;
	if (options->json)
		failed = report_write_json(&findings.history, &findings.verdicts, stdout, err);
	else
		report_print_summary(&findings.history, &findings.verdicts,
				     log_wants_color(STDOUT_FILENO), stdout);
	int code = failed ? (int)err->code : (int)findings_exit_code(&findings);

	findings_close(&findings);
	return code;
}

static int check_trace(const struct options *options, const char *file, struct error *err)
{
	struct trace_check_request request = options->trace;
	struct trace_check check;

	request.path = file;
	if (options->max_seconds)
		request.bounds.deadline_ns = clock_now_ns() + options->max_seconds * NS_PER_S;
	if (trace_check_run(&request, &check, err))
		return err->code;
	if (options->json)
		trace_check_print_json(&check, file, stdout);
	else
		trace_check_print(&check, file, stdout);
	int code = trace_check_exit_code(&check);

	trace_check_free(&check);
	return code;
}

static bool is_run(const char *file)
{
	struct stat found;

	return !file || stat(file, &found) || S_ISDIR(found.st_mode) ||
	       trace_check_is_history(file);
}

/* Without --model a run is judged by its campaign; a trace has only its model. */
static int check_file(const struct options *options, const char *file, struct error *err)
{
	bool as_run = !options->trace.model && options->trace.format == TRACE_AUTO && is_run(file);

	return as_run ? check_run(options, file, err) : check_trace(options, file, err);
}

/* Malformed input and our own faults before violations, those before what is unknown. */
static int graver(int a, int b)
{
	static const int order[] = {EXIT_OUR_FAULT, EXIT_BAD_USAGE, EXIT_VIOLATION,
				    EXIT_INCONCLUSIVE};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return a > b ? a : b;
}

int command_check(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"json", 'j', 0, 0, "the result as JSON", 0},
		{"model", 'm', "MODEL", 0, "judge as a trace of this model", 0},
		{"limit", LIMIT, "N", 0, "permits of a semaphore, depth of a reentrant mutex", 0},
		{"format", FORMAT, "FORMAT", 0, "of the trace (default: by its content)", 0},
		{"max-seconds", MAX_SECONDS, "N", 0, "a search ends as unknown after this", 0},
		{"max-memory", MAX_MEMORY, "MB", 0, "or beyond this", 0},
		{"max-configurations", MAX_CONFIGURATIONS, "N", 0, "or after so many", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "[RUN|HISTORY.DB|TRACE...]",
		.doc = "Judges recorded histories. A run of ours (default: runs/latest) by what "
		       "its "
		       "campaign expected: exits 0, 1, 2, or 70 when it is BROKEN; the verdicts "
		       "are "
		       "stored in it when it may be written. Anybody's trace (Jepsen's EDN, "
		       "Porcupine's logs, our JSONL and CSV; docs/traces.md) by its model: exits 0 "
		       "when "
		       "it is linearizable, 1 when not, 2 when that is unknown. Needs nothing but "
		       "the "
		       "files: no etcd, no privileges."};
	struct options options = {.trace.limit = 1};
	int code = EXIT_AS_EXPECTED;

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	for (int i = 0; i < (options.files ? options.files : 1); i++) {
		struct error err = {0};
		int one = check_file(&options, options.files ? options.file[i] : NULL, &err);

		code = graver(code, err.code ? cli_fail(&err) : one);
	}
	return code;
}
