#include <argp.h>
#include <limits.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "conductor/shrink.h"

enum { VIOLATION = 256, TRIES, KEEP, PROOF, INTO };

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct shrink_request *request = state->input;

	switch (key) {
	case VIOLATION:
		request->violation = cli_parse_number(state, "violation", argument);
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
		request->output = argument;
		return 0;
	case 'o':
		request->runs_dir = argument;
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

int command_shrink(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"violation", VIOLATION, "N", 0,
		 "the violation to keep (default: the first definite one)", 0},
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
		.args_doc = "[RUN|HISTORY.DB]",
		.doc = "Makes the campaign of a run (default: runs/latest) smaller for as long as "
		       "it shows one of its violations: fewer faults, arms, lanes and workers, "
		       "shorter faults. Each candidate is run, so it takes minutes. The result is "
		       "a campaign that anyone can run."};
	struct shrink_request request = {
		.runs_dir = "runs/shrink", .tries = 3, .keep = 2, .proof_runs = 10};
	char path[PATH_MAX], folder[PATH_MAX];
	struct error err = {0};

	argp_parse(&argp, argc, argv, 0, NULL, &request);
	if (cli_find_history(request.history, path, sizeof(path), folder, sizeof(folder), &err))
		return cli_fail(&err);
	request.history = path;
	int code = (int)shrink_run(&request, &err);

	return err.code ? cli_fail(&err) : code;
}
