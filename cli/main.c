#include <argp.h>
#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/invariant.h"
#include "cli/commands.h"
#include "cli/help.h"

static int command_help(int argc, char **argv);

static const struct command commands[] = {
	{"doctor", command_doctor, "what this machine can and cannot do, with the remedies"},
	{"run", command_run, "run a campaign: cluster, workers, faults; judge and report it"},
	{"campaigns", command_campaigns, "the campaigns that came with it, for run"},
	{"adapter-test", command_adapter_test, "tries a client of yours"},
	{"check", command_check, "judge a history, ours or anybody's, on any machine"},
	{"replay", command_replay, "run a stored schedule again: does its violation come back?"},
	{"shrink", command_shrink, "the smallest campaign that still shows a violation"},
	{"export", command_export, "write a history's lock operations for other checkers"},
	{"story", command_story, "why: one story of a run, drawn and in words"},
	{"bug", command_bug, "a folder for a bug report upstream, of one story"},
	{"list", command_list, "the runs of a folder, and their verdicts"},
	{"compare", command_compare, "runs with one another: settings, rates, violations"},
	{"lint", command_lint, "are TTL, heartbeat and retries sound? Runs nothing"},
	{"predict", command_predict, "what settings will do, by arithmetic. Runs nothing"},
	{"simulate", command_simulate,
	 "what settings come to in many hours, played by a clock of its own"},
	{"tune", command_tune, "a sweep: which TTL, heartbeat and retries? Measured on a cluster"},
	{"presets", command_presets, "how real systems keep their locks, and what lint says of it"},
	{"report", command_report, "write report.html and result.json again"},
	{"version", command_version, "print the version"},
	{"help", command_help, "this; a command's options; or the table of a topic"},
	{0},
};

static int command_help(int argc, char **argv)
{
	return help_command(argc, argv, commands);
}

/* cJSON takes memory that is not there for a text that is no JSON. */
static void *memory_for_json(size_t size)
{
	void *memory = malloc(size);

	CHECK_MEMORY(memory);
	return memory;
}

int main(int argc, char **argv)
{
	char name[64];

	cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = memory_for_json, .free_fn = free});
	argp_err_exit_status = EXIT_BAD_USAGE;
	/* Whoever started us may not care how its children end; we have to learn it of ours. */
	signal(SIGCHLD, SIG_DFL);
	if (argc < 2) {
		help_print_usage(stderr, commands);
		return EXIT_BAD_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		help_print_usage(stdout, commands);
		return EXIT_AS_EXPECTED;
	}
	const char *word = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
	const struct command *command = help_find(commands, word);

	if (!command)
		return help_refuse(commands, word);
	snprintf(name, sizeof(name), "fencepost %s", word);
	argv[1] = name;
	return command->run(argc - 1, argv + 1);
}
