#include <argp.h>
#include <limits.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "judging/findings.h"

struct options {
	const char *run;
	const char *into;
	const char *junit, *markdown; /* with either, these are all that is written */
};

enum { JUNIT = 256, MARKDOWN };

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'o':
		options->into = cli_take_text(state, "output", argument);
		return 0;
	case JUNIT:
		options->junit = cli_take_text(state, "junit", argument);
		return 0;
	case MARKDOWN:
		options->markdown = cli_take_text(state, "markdown", argument);
		return 0;
	case ARGP_KEY_END:
		if (options->into && (options->junit || options->markdown))
			argp_error(state,
				   "--output is of the page and result.json, and --junit and "
				   "--markdown name files of their own");
		return 0;
	case ARGP_KEY_ARG:
		cli_take_only(state, "run", argument, &options->run);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int write_short(const struct options *options, struct findings *findings, struct error *err)
{
	if (options->junit && findings_write_junit(findings, options->junit, err))
		return -1;
	return options->markdown ? findings_write_markdown(findings, options->markdown, err) : 0;
}

static int report(const struct options *options, struct error *err)
{
	char path[PATH_MAX], folder[PATH_MAX];
	struct findings findings;

	if (cli_find_history(options->run, path, sizeof(path), folder, sizeof(folder), err) ||
	    findings_reopen(path, &findings, err))
		return -1;
	const char *into = options->into ? options->into : folder;
	bool is_short = options->junit || options->markdown;
	int failed = is_short ? write_short(options, &findings, err)
			      : findings_write_reports(&findings, into, err);

	findings_close(&findings);
	if (!failed && !is_short)
		log_result("report  %s/report.html", into);
	return failed;
}

int command_report(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"output", 'o', "DIR", 0, "write into DIR (default: beside the history)", 0},
		{"junit", JUNIT, "FILE", 0, "write JUnit's XML instead", 0},
		{"markdown", MARKDOWN, "FILE", 0, "write a summary in Markdown instead", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "[RUN|HISTORY.DB]",
		.doc = "Writes report.html and result.json of a run (default: runs/latest) "
		       "from the verdicts in its history."};
	struct options options = {0};
	struct error err = {0};

	cli_parse(&argp, argc, argv, &options);
	return report(&options, &err) ? cli_fail(&err) : EXIT_AS_EXPECTED;
}
