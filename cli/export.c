#include <argp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "checker/holds/lane_trace.h"
#include "judging/trace_check.h"

enum { TO = 256, FORMAT, FAILED_CAS, SORT };
enum { JUDGE_SECONDS = 60 };

static const struct {
	const char *name;
	int (*write)(const struct trace *trace, FILE *out, struct error *err);
} exporters[] = {
	{"jepsen", trace_export_jepsen},
	{"jsonl", trace_export_jsonl},
};
static const char *const exporter_names[] = {"jepsen", "jsonl", NULL};

struct options {
	const char *file;
	const char *into;
	int to; /* an exporter; -1: not given */
	enum trace_format format;
	enum trace_failed_cas failed_cas;
	enum trace_sort sort;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'o':
		options->into = cli_take_text(state, "output", argument);
		return 0;
	case TO:
		options->to = cli_choose(state, "to", exporter_names, argument);
		return 0;
	case FORMAT:
		options->format = (enum trace_format)cli_choose(state, "format", trace_format_names,
								argument);
		return 0;
	case FAILED_CAS:
		options->failed_cas = (enum trace_failed_cas)cli_choose(
			state, "failed-cas", trace_failed_cas_names, argument);
		return 0;
	case SORT:
		options->sort = cli_choose_sort(state, argument);
		return 0;
	case ARGP_KEY_ARG:
		cli_take_only(state, "history", argument, &options->file);
		return 0;
	case ARGP_KEY_END:
		if (options->to < 0)
			argp_error(state, "--to says which format: jepsen, jsonl");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int write_file(const struct options *options, const struct trace *trace, struct error *err)
{
	struct file file;

	if (file_begin(&file, options->into, err))
		return -1;
	return file_end(&file, exporters[options->to].write(trace, file.out, err), err);
}

/* What a pipe or a file gets as it is, a terminal gets line by line, harmless. */
static int write_terminal(const struct options *options, const struct trace *trace,
			  struct error *err)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);
	int failed = exporters[options->to].write(trace, out, err);

	text_end(out, &text);
	for (char *rest = text, *line; !failed && (line = strsep(&rest, "\n")) && rest;)
		log_result("%s", line);
	return failed;
}

static int write_output(const struct options *options, const struct trace *trace, struct error *err)
{
	if (isatty(STDOUT_FILENO))
		return write_terminal(options, trace, err);
	if (exporters[options->to].write(trace, stdout, err))
		return -1;
	if (fflush(stdout) || ferror(stdout))
		return error_errno(err, EXIT_MACHINE_LACKS, "cannot write standard output");
	return 0;
}

/* The verdict of some traces rests on more than their operations; what these alone tell must be the
 * same. Where both of two traces are violations, the weaker one goes out. */
static int check_verdict(const struct options *options, struct trace *trace, struct error *err)
{
	const struct trace_check_request request = {.max_seconds = JUDGE_SECONDS};
	struct trace_check check = {.trace = *trace};

	if (!trace->doubt && !trace->weaker)
		return 0;
	int failed = trace_check_judge(&request, &check, err);

	*trace = check.trace;
	check.trace = (struct trace){0};
	trace_check_free(&check);
	if (failed)
		return -1;
	if (!check.summary.result.untold)
		return 0;
	return error_set(err, EXIT_BAD_USAGE, "%.300s cannot be exported with its verdict: %s",
			 options->file, check.summary.result.bound);
}

static int export_history(const struct options *options, struct error *err)
{
	char path[PATH_MAX] = "-", folder[PATH_MAX];
	struct trace_source source = {.path = path,
				      .format = options->format,
				      .failed_cas = options->failed_cas,
				      .sort = options->sort};
	struct trace trace;
	bool piped = options->file && strcmp(options->file, "-") == 0;

	if (!piped &&
	    cli_find_history(options->file, path, sizeof(path), folder, sizeof(folder), err))
		return -1;
	if (options->sort && cli_check_sortable(path, err))
		return -1;
	if (holds_import(&source, EXCLUSION_SERVICE, &trace, err))
		return -1;
	int failed = check_verdict(options, &trace, err)
			     ?: (options->into ? write_file(options, &trace, err)
					       : write_output(options, &trace, err));

	if (!failed && !trace.ops)
		log_line("the history holds no operation");
	if (!failed && trace.left_out)
		log_line("%" PRIu64 " failed operations, which tell nothing, were left out",
			 trace.left_out);
	trace_free(&trace);
	return failed;
}

int command_export(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"to", TO, "FORMAT", 0, "jepsen (EDN) or jsonl", 0},
		{"output", 'o', "FILE", 0, "write there (default: standard output)", 0},
		{"format", FORMAT, "FORMAT", 0, "of what is read (default: by its content)", 0},
		{"failed-cas", FAILED_CAS, "observes|nothing", 0, "as with check", 0},
		{"sort", SORT, "time", 0, "as with check", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "[RUN|HISTORY.DB|TRACE]",
		.doc = "Writes the operations of a history (default: runs/latest) in a format that "
		       "other checkers read. `fencepost check` reads it back to the same verdict."};
	struct options options = {.to = -1};
	struct error err = {0};

	cli_parse(&argp, argc, argv, &options);
	return export_history(&options, &err) ? cli_fail(&err) : EXIT_AS_EXPECTED;
}
