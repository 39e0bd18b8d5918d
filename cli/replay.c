#include <argp.h>
#include <limits.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/common.h"
#include "cli/connection_options.h"
#include "conductor/hunt/replay.h"

enum { VIOLATION = 256 };

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct replay_request *request = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[CLI_CONNECTION] = &request->choice.connection;
		return 0;
	case VIOLATION:
		request->choice.violation = cli_parse_number(state, "violation", argument);
		return 0;
	case 'n':
		request->times = (int)cli_parse_number(state, "times", argument);
		return 0;
	case 'e':
		request->choice.etcd = cli_take_text(state, "etcd", argument);
		return 0;
	case 'o':
		request->runs_dir = cli_take_text(state, "output", argument);
		return 0;
	case 'j':
		request->json = true;
		return 0;
	case ARGP_KEY_ARG:
		cli_take_only(state, "run", argument, &request->history);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int command_replay(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"violation", VIOLATION, "N", 0,
		 "the violation that shall come back (default: the first definite one)", 0},
		{"times", 'n', "N", 0, "how often to try (default: 3)", 0},
		{"etcd", 'e', "PATH|NAME|VERSION", 0,
		 "another etcd than it ran on, or the path that it ran", 0},
		{"output", 'o', "DIR", 0, "where the new runs go (default: runs)", 0},
		{"json", 'j', 0, 0, "the result as JSON", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.children = cli_connection,
		.args_doc = "[RUN|HISTORY.DB]",
		.doc = "Runs the stored schedule of a run (default: runs/latest) again and says "
		       "how "
		       "often its violation came back: the same faults, aimed at the same moments "
		       "of the same roles. Exits 0 when it did at least once, 2 when not."};
	struct replay_request request = {.runs_dir = "runs", .times = 3};
	char path[PATH_MAX], folder[PATH_MAX];
	struct error err = {0};

	cli_parse(&argp, argc, argv, &request);
	if (cli_find_history(request.history, path, sizeof(path), folder, sizeof(folder), &err))
		return cli_fail(&err);
	request.history = path;
	int code = (int)replay_run(&request, &err);

	return err.code ? cli_fail(&err) : code;
}
