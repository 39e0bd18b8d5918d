#include <argp.h>
#include <cjson/cJSON.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "base/word.h"
#include "cli/commands.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} commands[] = {
	{"doctor", command_doctor, "what this machine can and cannot do, with the remedies"},
	{"run", command_run, "run a campaign: cluster, workers, faults; judge and report it"},
	{"campaigns", command_campaigns, "the campaigns that came with it, for run"},
	{"check", command_check, "judge a history, ours or anybody's, on any machine"},
	{"replay", command_replay, "run a stored schedule again: does its violation come back?"},
	{"shrink", command_shrink, "the smallest campaign that still shows a violation"},
	{"export", command_export, "write a history's lock operations for other checkers"},
	{"report", command_report, "write report.html and result.json again"},
	{"version", command_version, "print the version"},
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* "0 as expected, 1 violation, ...". */
static void list_exit_codes(FILE *out)
{
	const char *words_of[EXIT_INTERRUPTED + 1] = {NULL};
	const char *between = "";

#define X(name, number, words) words_of[number] = words;
	EXIT_CODES(X)
#undef X
	for (int code = 0; code <= EXIT_INTERRUPTED; code++) {
		if (!words_of[code])
			continue;
		fprintf(out, "%s%d %s", between, code, words_of[code]);
		between = ", ";
	}
}

static void print_usage(FILE *out)
{
	_cleanup_free_ char *more = NULL;
	size_t size;
	FILE *text = text_begin(&more, &size);

	fputs("`fencepost COMMAND --help` tells more. Exit codes: ", text);
	list_exit_codes(text);
	fputc('.', text);
	text_end(text, &more);

	fputs("usage: fencepost COMMAND [OPTION...]\n\n"
	      "Tells whether a distributed lock is safe, by trying to break it.\n\n",
	      out);
	for (int i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].what);
	fputc('\n', out);
	escape_wrapped(out, "", 0, more);
}

static int unknown_command(const char *word)
{
	const char *names[COMMANDS + 1] = {NULL};

	for (int i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	log_line("fencepost: there is no command '%s'%s; see fencepost --help", word,
		 word_hint(word, names).text);
	return EXIT_BAD_USAGE;
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
	static char help[] = "--help";
	char name[64];

	cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = memory_for_json, .free_fn = free});
	argp_err_exit_status = EXIT_BAD_USAGE;
	/* Whoever started us may not care how its children end; we have to learn it of ours. */
	signal(SIGCHLD, SIG_DFL);
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_BAD_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 && argc == 3) { /* "help run" */
		argv[1] = argv[2];
		argv[2] = help;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_usage(stdout);
		return EXIT_AS_EXPECTED;
	}
	const char *word = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];

	for (int i = 0; i < COMMANDS; i++)
		if (strcmp(word, commands[i].name) == 0) {
			snprintf(name, sizeof(name), "fencepost %s", word);
			argv[1] = name;
			return commands[i].run(argc - 1, argv + 1);
		}
	return unknown_command(word);
}
