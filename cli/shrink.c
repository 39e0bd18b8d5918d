#include <argp.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/connection_options.h"
#include "conductor/hunt/shrink.h"

enum { VIOLATION = 256, TRIES, KEEP, PROOF, INTO };

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct shrink_request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[CLI_CONNECTION] = &request->choice.connection;
		return 0;
	case VIOLATION:
		request->choice.violation = cli_parse_number(state, "violation", argument);
		return 0;
	case 'e':
		request->choice.etcd = cli_take_text(state, "etcd", argument);
		return 0;
	case TRIES:
		request->tries = (int)cli_parse_number(state, "tries", argument);
		return 0;
	case KEEP:
		request->keep = (int)cli_parse_number(state, "keep", argument);
		return 0;
	case PROOF:
		request->proof_runs = (int)cli_parse_number(state, "proof-runs", argument);
		return 0;
	case INTO:
		request->output = cli_take_text(state, "into", argument);
		return 0;
	case 'o':
		request->runs_dir = cli_take_text(state, "output", argument);
		return 0;
	case ARGP_KEY_ARG:
		cli_take_only(state, "run", argument, &request->history);
		return 0;
	case ARGP_KEY_END:
		if (request->keep > request->tries)
			argp_error(state, "--keep %d is more than --tries %d", request->keep,
				   request->tries);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Known before the minutes that it takes. */
static int check_output(const char *path, struct error *err)
{
	_cleanup_free_ char *folder = strdup(path);
	struct stat found;

	CHECK_MEMORY(folder);
	if (stat(path, &found) == 0 && S_ISDIR(found.st_mode))
		return error_set(err, EXIT_BAD_USAGE, "--into %s is a directory", path);
	if (access(dirname(folder), W_OK | X_OK))
		return error_errno(err, EXIT_BAD_USAGE, "--into %s cannot be written", path);
	return 0;
}

int command_shrink(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"violation", VIOLATION, "N", 0,
		 "the violation to keep (default: the first definite one)", 0},
		{"etcd", 'e', "PATH|NAME|VERSION", 0,
		 "another etcd than it ran on, or the path that it ran", 0},
		{"tries", TRIES, "M", 0, "runs of each candidate (default: 3)", 0},
		{"keep", KEEP, "K", 0, "how many of them must show it (default: 2)", 0},
		{"proof-runs", PROOF, "N", 0, "runs of what is left (default: 10)", 0},
		{"into", INTO, "FILE", 0, "the campaign (default: standard output)", 0},
		{"output", 'o', "DIR", 0, "where the runs go (default: runs/shrink)", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.children = cli_connection,
		.args_doc = "[RUN|HISTORY.DB]",
		.doc = "Makes the campaign of a run (default: runs/latest) smaller for as long as "
		       "it shows one of its violations: fewer faults, arms, lanes and workers, "
		       "shorter faults. Each candidate is run, so it takes minutes. The result is "
		       "a campaign that anyone can run."};
	struct shrink_request request = {
		.runs_dir = "runs/shrink", .tries = 3, .keep = 2, .proof_runs = 10};
	char path[PATH_MAX], folder[PATH_MAX];
	struct error err = {0};

	cli_parse(&argp, argc, argv, &request);
	if (request.output && check_output(request.output, &err))
		return cli_fail(&err);
	if (cli_find_history(request.history, path, sizeof(path), folder, sizeof(folder), &err))
		return cli_fail(&err);
	request.history = path;
	int code = (int)shrink_run(&request, &err);

	return err.code ? cli_fail(&err) : code;
}
