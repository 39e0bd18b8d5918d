#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "conductor/findings.h"
#include "reports/report.h"

struct options {
	const char *run;
	bool json;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->run)
			argp_error(state, "one run at a time; what is '%s'?", argument);
		options->run = argument;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int check(const struct options *options, struct error *err)
{
	char path[PATH_MAX], folder[PATH_MAX];
	struct findings findings;
	int failed = 0;

	if (cli_find_history(options->run, path, sizeof(path), folder, sizeof(folder), err) ||
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

int command_check(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"json", 'j', 0, 0, "the result as JSON", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "[RUN|HISTORY.DB]",
		.doc = "Judges a recorded history (default: runs/latest). Needs nothing but the "
		       "file: "
		       "no etcd, no privileges. Stores the verdicts in the file when it may be "
		       "written. "
		       "Exits 0, 1 or 2 by what the campaign expected, 70 when the run is BROKEN."};
	struct options options = {0};
	struct error err = {0};

	argp_parse(&argp, argc, argv, 0, NULL, &options);
	int code = check(&options, &err);

	return err.code ? cli_fail(&err) : code;
}
