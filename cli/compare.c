#include <argp.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "reports/compare.h"

struct options {
	const char *run[COMPARE_RUNS];
	int runs;
	bool json;
	const char *html;
};

enum { HTML = 256 };

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case HTML:
		options->html = cli_take_text(state, "html", argument);
		return 0;
	case ARGP_KEY_ARG:
		if (options->runs == COMPARE_RUNS)
			argp_error(state, "more than %d runs", COMPARE_RUNS);
		options->run[options->runs++] = argument;
		return 0;
	case ARGP_KEY_END:
		if (options->runs < 2)
			argp_error(state, "two runs or more are compared");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int report(const struct options *options, const struct compared *run, int runs,
		  struct error *err)
{
	struct beside compared;
	int failed = 0;

	comparison_make(run, runs, &compared);
	if (options->html)
		failed = compare_write_page(&compared, options->html, err);
	if (!failed && options->json)
		failed = compare_print_json(&compared, stdout, err);
	else if (!failed)
		compare_print(&compared, log_columns(STDOUT_FILENO), stdout);
	comparison_free(&compared);
	return failed;
}

static int compare(const struct options *options, struct error *err)
{
	struct findings findings[COMPARE_RUNS];
	struct compared compared[COMPARE_RUNS];
	int opened = 0, failed = 0;

	while (opened < options->runs && !failed) {
		failed = cli_open_findings(options->run[opened], &findings[opened], err);
		if (failed)
			break;
		compared[opened] =
			(struct compared){options->run[opened], &findings[opened].history,
					  &findings[opened].verdicts};
		opened++;
	}
	if (!failed)
		failed = report(options, compared, opened, err);
	while (opened > 0)
		findings_close(&findings[--opened]);
	return failed;
}

int command_compare(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"html", HTML, "FILE", 0, "write the comparison as a page, too", 0},
		{"json", 'j', 0, 0, "the comparison as JSON", 0},
		{0},
	};
	struct argp argp = {.options = known,
			    .parser = parse,
			    .args_doc = "RUN RUN...",
			    .doc = "Compares runs with the first of them: settings that changed, "
				   "verdicts, rates with "
				   "their intervals, violations that are new, gone, or in both. A "
				   "rate is called "
				   "higher or lower only where the 95 % intervals do not meet."};
	struct options options = {0};
	struct error err = {0};

	cli_parse(&argp, argc, argv, &options);
	return compare(&options, &err) ? cli_fail(&err) : EXIT_AS_EXPECTED;
}
