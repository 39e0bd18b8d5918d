#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "judging/findings.h"
#include "judging/trace_check.h"
#include "history/database.h"

enum {
	FILES_MAX = 1024,
	DEFAULT_SECONDS = 300, /* a search that has no answer by then is stopped */
	DEFAULT_MEMORY_MB = 2048,
	MEBIBYTE_BITS = 20,
};
enum {
	MAX_SECONDS = 256,
	MAX_MEMORY,
	MAX_CONFIGURATIONS,
	LIMIT,
	FORMAT,
	FAILED_CAS,
	INITIAL,
	SORT,
	INDEPENDENT,
	PREFIX,
	REUSE,
	HTML,
	VIOLATION,
	THRESHOLD
};

struct options {
	const char *file[FILES_MAX];
	int files;
	bool json;
	const char *html;
	struct threshold_list thresholds;
	long violation; /* of a run, to be explained; 0: not given */
	struct trace_check_request trace;
	struct trace_told *told; /* of each trace so far, for the page */
	int tolds;
	const char *bound;                /* the last one given, of those that a search has */
	int verdicts[LINEAR_UNKNOWN + 1]; /* of traces */
};

/* What a search may take. */
static error_t parse_bound(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case MAX_SECONDS:
		options->bound = "max-seconds";
		options->trace.max_seconds = (int)cli_parse_number(state, "max-seconds", argument);
		return 0;
	case MAX_MEMORY:
		options->bound = "max-memory";
		options->trace.bounds.bytes =
			(uint64_t)cli_parse_number(state, "max-memory", argument) << MEBIBYTE_BITS;
		return 0;
	case MAX_CONFIGURATIONS:
		options->bound = "max-configurations";
		options->trace.bounds.configurations =
			(uint64_t)cli_parse_number(state, "max-configurations", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* How a file of somebody else's is to be read. */
static error_t parse_reading(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case FORMAT:
		options->trace.format = (enum trace_format)cli_choose(state, "format",
								      trace_format_names, argument);
		return 0;
	case FAILED_CAS:
		options->trace.failed_cas = (enum trace_failed_cas)cli_choose(
			state, "failed-cas", trace_failed_cas_names, argument);
		return 0;
	case SORT:
		options->trace.sort = cli_choose_sort(state, argument);
		return 0;
	case INDEPENDENT:
		options->trace.independent = (enum trace_independent)cli_choose(
			state, "independent", trace_independent_names, argument);
		return 0;
	case PREFIX:
		options->trace.prefix = true;
		return 0;
	case REUSE:
		options->trace.reuse = true;
		return 0;
	case INITIAL:
		options->trace.initial = cli_take_text(state, "initial", argument);
		return 0;
	default:
		return parse_bound(key, argument, state);
	}
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
	case 'e':
		options->trace.explain = true;
		return 0;
	case HTML:
		options->html = cli_take_text(state, "html", argument);
		options->trace.explain = true;
		return 0;
	case VIOLATION:
		options->violation = cli_parse_number(state, "violation", argument);
		options->trace.explain = true;
		return 0;
	case THRESHOLD:
		cli_add_threshold(state, &options->thresholds, argument);
		return 0;
	case LIMIT:
		options->trace.limit = (int)cli_parse_number(state, "limit", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (options->files == FILES_MAX)
			argp_error(state, "more than %d files", FILES_MAX);
		options->file[options->files++] = argument;
		return 0;
	default:
		return parse_reading(key, argument, state);
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
	for (int i = 0; i < options->thresholds.count && !failed; i++)
		failed = thresholds_add(&findings.history, options->thresholds.threshold[i].text,
					err);
	if (failed) {
		findings_close(&findings);
		return err->code;
	}
	enum exit_code found = findings_exit_code(&findings);

	if (options->json)
		failed = findings_print_json(&findings, err);
	else
		failed = findings_print_summary(&findings, found, err);
	if (!failed && options->trace.explain && !options->json) {
		log_result("%s", "");
		failed = findings_print_story(&findings, 0, options->violation, err);
	}
	int code = (int)(failed ? err->code : found);

	findings_close(&findings);
	return code;
}

/* Room for what the page tells of one more file. */
static struct trace_told *add_told(struct options *options)
{
	CHECK(options->tolds < FILES_MAX);
	options->told =
		reallocarray(options->told, (size_t)options->tolds + 1, sizeof(*options->told));
	CHECK_MEMORY(options->told);
	return &options->told[options->tolds++];
}

static int check_trace(struct options *options, const char *file, struct error *err)
{
	struct trace_check_request request = options->trace;
	struct trace_check check;

	if (options->violation)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s is no run, and --violation names one of a run", file);
	if (options->thresholds.count)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s is no run, and --threshold %.60s asks for a figure of one",
				 file, options->thresholds.threshold[0].text);
	request.path = file;
	if (trace_check_run(&request, &check, err))
		return err->code;
	if (options->json)
		trace_check_print_json(&check, file, stdout);
	else
		trace_check_print(&check, file, stdout);
	fflush(stdout);
	int code = (int)trace_check_exit_code(&check);

	options->verdicts[check.summary.verdict]++;
	if (options->html)
		trace_check_tell(&check, file, add_told(options));
	trace_check_free(&check);
	return code;
}

/* A trace has only its model, and so has a run when one is named. `given`: by the user. */
static int find_whether_run(const struct options *options, const char *given, const char *path,
			    bool *is_run, struct error *err)
{
	struct stat found;

	*is_run = false;
	if (options->trace.model || options->trace.format != TRACE_AUTO)
		return 0;
	*is_run = !given || (stat(given, &found) == 0 && S_ISDIR(found.st_mode));
	return *is_run ? 0 : database_recognise(path, is_run, err);
}

/* Jepsen's store directory of a test; the best told of what is in it. */
static bool find_store(const char *folder, char *path, size_t size)
{
	static const char *const names[] = {"history.db", "history.edn", "history.txt",
					    "jepsen.log"};
	struct stat found;

	if (stat(folder, &found) || !S_ISDIR(found.st_mode))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (snprintf(path, size, "%s/%s", folder, names[i]) < (int)size &&
		    stat(path, &found) == 0)
			return i > 0;
	return false;
}

static int check_file(struct options *options, const char *file, struct error *err)
{
	char path[PATH_MAX], folder[PATH_MAX];
	bool is_run;

	if (file && find_store(file, path, sizeof(path)))
		return check_trace(options, path, err);
	if (file && strcmp(file, "-") == 0)
		return check_trace(options, file, err);
	if (cli_find_history(file, path, sizeof(path), folder, sizeof(folder), err) ||
	    find_whether_run(options, file, path, &is_run, err))
		return err->code;
	if (!is_run)
		return check_trace(options, path, err);
	if (options->html)
		return error_set(
			err, EXIT_BAD_USAGE,
			"%s is a run, which has its report.html (`fencepost report` writes it); "
			"as a trace it gets a page with --model",
			file ? file : "runs/latest");
	if (options->bound)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s is a run, which is judged without a search: --%s goes with "
				 "traces, or with --model",
				 file ? file : "runs/latest", options->bound);
	return check_run(options, file, err);
}

static void print_totals(const struct options *options)
{
	const int *verdicts = options->verdicts;
	int all = verdicts[LINEARIZABLE] + verdicts[NOT_LINEARIZABLE] + verdicts[LINEAR_UNKNOWN];

	if (all < 2 || options->json)
		return;
	log_result("%d traces: %d linearizable, %d not, %d unknown", all, verdicts[LINEARIZABLE],
		   verdicts[NOT_LINEARIZABLE], verdicts[LINEAR_UNKNOWN]);
}

/* All files as one trace. */
static int check_merged(struct options *options, struct error *err)
{
	static char store[FILES_MAX][PATH_MAX];

	for (int i = 0; i < options->files; i++)
		if (find_store(options->file[i], store[i], sizeof(store[i])))
			options->file[i] = store[i];
	for (int i = 0; i < options->files; i++)
		if (cli_check_sortable(options->file[i], err))
			return err->code;
	options->trace.more_path = options->file + 1;
	options->trace.more_paths = (uint32_t)options->files - 1;
	return check_trace(options, options->file[0], err);
}

/* Beside others, it is told, too. */
static int fail_file(struct options *options, const char *file, const struct error *err)
{
	if (options->html && options->files > 1)
		*add_told(options) = (struct trace_told){.name = text_format("%s", file),
							 .unread = text_format("%s", err->text)};
	return cli_fail(err);
}

/* Each has been judged by itself, and is not `argument` of an option. */
static bool is_file_of_many(const struct options *options, const char *argument)
{
	for (int f = 0; f < options->files && options->tolds > 1; f++)
		if (options->file[f] == argument)
			return true;
	return false;
}

/* What was typed, without the page's name and, of several, without the files. */
static void say_command(FILE *out, const struct options *options, int argc, char **argv)
{
	static const char html[] = "--html";

	fputs("fencepost check --explain", out);
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], html, strlen(html)) == 0) {
			i += argv[i][strlen(html)] == '\0'; /* its value is the next one */
			continue;
		}
		if (is_file_of_many(options, argv[i]))
			continue;
		fputc(' ', out);
		text_print_quoted(out, argv[i]);
	}
}

static int write_page(const struct options *options, int argc, char **argv, struct error *err)
{
	_cleanup_free_ char *command = TEXT_SAID(say_command, options, argc, argv);

	for (int i = 0; i < options->tolds; i++)
		if (!options->told[i].unread)
			return trace_write_page(options->html, command, options->told,
						options->tolds, err);
	return 0; /* there is nothing but errors, which were told */
}

static int check_all(struct options *options)
{
	enum exit_code code = EXIT_AS_EXPECTED;
	struct error err = {0};

	if (trace_check_validate(&options->trace, &err))
		return cli_fail(&err);
	if (options->trace.sort && options->files) {
		int merged = check_merged(options, &err);

		return err.code ? cli_fail(&err) : merged;
	}
	for (int i = 0; i < (options->files ? options->files : 1); i++) {
		err = (struct error){0};
		int one = check_file(options, options->files ? options->file[i] : NULL, &err);

		code = exit_code_graver(code, err.code ? fail_file(options, options->file[i], &err)
						       : one);
	}
	print_totals(options);
	return code;
}

static const char about[] =
	"Judges recorded histories. Needs nothing but the files: no etcd, no privileges.\n\n"
	"A run of ours (default: runs/latest) is judged by what its campaign expected: exits 0, 1, "
	"2, or 70 when it is BROKEN; the verdicts are stored in it when it may be written. With "
	"--model its lock operations are judged as a trace.\n\n"
	"Anybody's trace (Jepsen's EDN, logs of Porcupine and of etcd's robustness tests, our "
	"JSONL "
	"and CSV, all also packed by gzip or zstd; docs/traces.md) is judged by its model: exits 0 "
	"when it is linearizable, 1 when not, 2 when that is unknown, "
	"64 when it is malformed; of several files the gravest counts.";

int command_check(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"json", 'j', 0, 0, "the result as JSON, a line for each trace", 0},
		{"explain", 'e', 0, 0,
		 "say why: of a trace, why it is not linearizable; of a run, its first story", 0},
		{"violation", VIOLATION, "ID", 0, "explain this one of a run (table violation)", 0},
		{"html", HTML, "FILE", 0, "write verdict and reasons as a page, of all files", 0},
		{"threshold", THRESHOLD, "ARM.FIGURE<N", 0,
		 "exit 1 unless it holds of the run (again and again; help thresholds)", 0},
		{"model", 'm', "MODEL", 0, "judge as a trace of this model", 0},
		{"limit", LIMIT, "N", 0, "permits of a semaphore, depth of a reentrant mutex", 0},
		{"format", FORMAT, "FORMAT", 0, "of the trace (default: by its content)", 0},
		{"failed-cas", FAILED_CAS, "observes|nothing", 0,
		 "a failed cas saw another value, or tells nothing (default: as recorders of the "
		 "format mean it; docs/traces.md)",
		 0},
		{"sort", SORT, "time", 0,
		 "put a trace's events in the order of their times; several files are merged", 0},
		{"independent", INDEPENDENT, "yes|no", 0,
		 "values [key value] are those of objects (default: if that is plain)", 0},
		{"prefix", PREFIX, 0, 0,
		 "a trace may be torn at its end: a last line that is not whole is passed over", 0},
		{"reuse", REUSE, 0, 0, "a process may go on after info, in Jepsen's formats too",
		 0},
		{"initial", INITIAL, "VALUE|any", 0,
		 "what registers and keys hold at first (default: nil, the empty string)", 0},
		{"max-seconds", MAX_SECONDS, "N", 0,
		 "a search ends as unknown after this (default: 300)", 0},
		{"max-memory", MAX_MEMORY, "MB", 0, "or beyond this (default: 2048)", 0},
		{"max-configurations", MAX_CONFIGURATIONS, "N", 0, "or after so many", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "[RUN|HISTORY.DB|TRACE...]",
		.doc = about,
	};
	struct options options = {
		.trace.max_seconds = DEFAULT_SECONDS,
		.trace.bounds.bytes = (uint64_t)DEFAULT_MEMORY_MB << MEBIBYTE_BITS,
	};

	cli_parse(&argp, argc, argv, &options);
	array_keep_freed();
	int code = check_all(&options);
	struct error err = {0};

	if (write_page(&options, argc, argv, &err))
		code = (int)exit_code_graver(code, cli_fail(&err));
	for (int i = 0; i < options.tolds; i++)
		trace_told_free(&options.told[i]);
	free(options.told);
	return code;
}
