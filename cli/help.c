#include "cli/help.h"

#include <argp.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "base/word.h"
#include "cli/common.h"
#include "cli/topics.h"

enum { NAMES_MAX = 64 };

/* "0 as expected, 1 violation, ...". */
static void list_exit_codes(FILE *out)
{
	for (int code = 0; code <= EXIT_INTERRUPTED; code++)
		if (exit_code_words(code))
			fprintf(out, "%s%d %s", code ? ", " : "", code,
				exit_code_words(code)->meaning);
}

static void print_named(FILE *out, const char *before, const char *name, int indent,
			const char *sentence)
{
	_cleanup_free_ char *head = text_format("%s%s  ", before, name);

	escape_wrapped(out, head, indent, sentence);
}

void help_print_usage(FILE *out, const struct command *commands)
{
	_cleanup_free_ char *more = NULL;
	size_t size;
	FILE *text = text_begin(&more, &size);

	fputs("`fencepost COMMAND --help` tells more. Exit codes: ", text);
	list_exit_codes(text);
	fputc('.', text);
	text_end(text, &more);

	fputs("usage: fencepost COMMAND [OPTION...]\n\n", out);
	escape_wrapped(out, "", 0,
		       "Tells whether a distributed lock is safe, by trying to break it.");
	fputc('\n', out);
	for (const struct command *command = commands; command->name; command++)
		print_named(out, "  ", command->name, 13, command->what);
	fputc('\n', out);
	escape_wrapped(out, "", 0, "`fencepost help TOPIC` lists, for TOPIC:");
	fputc('\n', out);
	for (const struct help_topic *topic = help_topics; topic->name; topic++)
		print_named(out, "    ", topic->name, 22, topic->sentence);
	fputc('\n', out);
	escape_wrapped(out, "", 0, more);
}

const struct command *help_find(const struct command *commands, const char *name)
{
	for (; commands->name; commands++)
		if (strcmp(commands->name, name) == 0)
			return commands;
	return NULL;
}

static int refuse(const char *what, const char *word, const char *const *names)
{
	log_line("fencepost: there is no %s '%s'%s; see fencepost --help", what, word,
		 word_hint(word, names).text);
	return EXIT_BAD_USAGE;
}

static int name_commands(const struct command *commands, const char **names)
{
	int count = 0;

	for (; commands[count].name; count++)
		names[count] = commands[count].name;
	return count;
}

int help_refuse(const struct command *commands, const char *word)
{
	const char *names[NAMES_MAX] = {NULL};

	name_commands(commands, names);
	return refuse("command", word, names);
}

static int refuse_topic(const struct command *commands, const char *word)
{
	const char *names[NAMES_MAX] = {NULL};
	int count = name_commands(commands, names);

	for (int i = 0; help_topics[i].name; i++)
		names[count++] = help_topics[i].name;
	CHECK(count < NAMES_MAX);
	return refuse("command or topic", word, names);
}

struct request {
	const char *word;
	bool markdown;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case 'm':
		request->markdown = true;
		return 0;
	case ARGP_KEY_ARG:
		cli_take_only(state, "topic", argument, &request->word);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* NULL: it is none, or no word at all. */
static const struct help_topic *find_topic(const char *word)
{
	for (const struct help_topic *topic = help_topics; word && topic->name; topic++)
		if (strcmp(topic->name, word) == 0)
			return topic;
	return NULL;
}

static int tell_command(const struct command *command)
{
	char name[64], help[] = "--help";

	snprintf(name, sizeof(name), "fencepost %s", command->name);
	return command->run(2, (char *[]){name, help, NULL});
}

int help_command(int argc, char **argv, const struct command *commands)
{
	static const struct argp_option options[] = {
		{"markdown", 'm', 0, 0, "The table as it stands in the documents", 0}, {0}};
	const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "[COMMAND|TOPIC]",
		.doc = "Tells what there is: of all, of a command, or the table of a topic, as "
		       "the program itself goes by it."};
	struct request request = {0};

	cli_parse(&argp, argc, argv, &request);
	const struct command *command = request.word ? help_find(commands, request.word) : NULL;
	const struct help_topic *topic = find_topic(request.word);

	if (request.word && !command && !topic)
		return refuse_topic(commands, request.word);
	if (request.markdown && !topic) {
		log_line("fencepost help: --markdown is an option of tables: name a topic");
		return EXIT_BAD_USAGE;
	}
	if (command)
		return tell_command(command);
	if (topic)
		topic->tell(&(struct table){.out = stdout, .markdown = request.markdown});
	else
		help_print_usage(stdout, commands);
	return EXIT_AS_EXPECTED;
}
