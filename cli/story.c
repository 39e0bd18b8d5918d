#include <argp.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/common.h"

enum { VIOLATION = 256 };

struct options {
	const char *run;
	int number;     /* 0: not given */
	long violation; /* so is this */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case VIOLATION:
		options->violation = cli_parse_number(state, "violation", argument);
		return 0;
	case ARGP_KEY_ARG:
		cli_take_story(state, argument, &options->run, &options->number);
		return 0;
	case ARGP_KEY_END:
		if (options->number && options->violation)
			argp_error(state, "N and --violation name two stories");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int tell(const struct options *options, struct error *err)
{
	struct findings findings;

	if (cli_open_findings(options->run, &findings, err))
		return -1;
	int failed = findings_print_story(&findings, options->number, options->violation, err);

	findings_close(&findings);
	return failed;
}

int command_story(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"violation", VIOLATION, "ID", 0, "the story of this one (table violation)", 0},
		{0},
	};
	struct argp argp = {.options = known,
			    .parser = parse,
			    .args_doc = "[RUN|HISTORY.DB [N]]",
			    .doc = "Tells why, as the page of the run (default: runs/latest) does: "
				   "the N-th of its "
				   "stories, drawn and in words; without N the first, and which "
				   "others there are."};
	struct options options = {0};
	struct error err = {0};

	cli_parse(&argp, argc, argv, &options);
	return tell(&options, &err) ? cli_fail(&err) : EXIT_AS_EXPECTED;
}
