#include "cli/common.h"
#include "history/database.h"

#include <ctype.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/invariant.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/text.h"
#include "base/word.h"
#include "campaign/duration.h"

enum { SHORTEST_MS = 1000, HELP_COLUMNS = 80, HELP_COLUMNS_MIN = 30 };

int cli_fail(const struct error *err)
{
	log_line("fencepost: %s", err->text);
	return err->code;
}

static error_t parse_help(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	if (key != 'h')
		return ARGP_ERR_UNKNOWN;
	argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
	return 0;
}

/* argp asks no terminal how wide it is, but this word of its user. */
static void fit_help(void)
{
	int columns = log_columns(STDOUT_FILENO);
	char format[64];

	if (columns >= HELP_COLUMNS)
		return;
	if (columns < HELP_COLUMNS_MIN)
		columns = HELP_COLUMNS_MIN;
	snprintf(format, sizeof(format), "opt-doc-col=%d,rmargin=%d", columns < 60 ? 8 : 29,
		 columns - 1);
	setenv("ARGP_HELP_FMT", format, 0);
}

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	static const struct argp_option known[] = {{NULL, 'h', 0, 0, "Give this help list", -1},
						   {0}};
	static const struct argp help = {.options = known, .parser = parse_help};
	const struct argp_child children[] = {{&help, 0, NULL, 0},
					      argp->children ? argp->children[0]
							     : (struct argp_child){0},
					      {0}};
	struct argp with_help = *argp;

	with_help.children = children;
	fit_help();
	CHECK_MEMORY(argp_parse(&with_help, argc, argv, 0, NULL, input) != ENOMEM);
}

const char *cli_take_text(struct argp_state *state, const char *option, const char *argument)
{
	if (*argument == '\0')
		argp_error(state, "--%s is empty", option);
	return argument;
}

int cli_parse_time(struct argp_state *state, const char *option, const char *argument)
{
	int ms = 0;

	if (!duration_parse_ms(argument, &ms))
		argp_error(state, "--%s %s is no length of time such as 30s or 10min", option,
			   argument);
	if (ms < SHORTEST_MS)
		argp_error(state, "--%s %s is less than a second", option, argument);
	return ms;
}

long cli_parse_number(struct argp_state *state, const char *option, const char *argument)
{
	char *end;

	errno = 0;
	long number = strtol(argument, &end, 10);

	if (*end || !isdigit((unsigned char)*argument) || number < 1 || number > INT_MAX || errno)
		argp_error(state, "--%s %s is no whole number from 1 to %d", option, argument,
			   INT_MAX);
	return number;
}

uint64_t cli_parse_seed(struct argp_state *state, const char *argument)
{
	char *end;

	errno = 0;
	uint64_t seed = strtoull(argument, &end, 10);

	if (errno || *end || !isdigit((unsigned char)*argument) || seed == 0)
		argp_error(state, "--seed %s is no whole number from 1 to 2^64 - 1", argument);
	return seed;
}

error_t cli_take_override(int key, const char *argument, struct argp_state *state,
			  struct overrides *said)
{
	switch (key) {
	case 's':
		said->seed = cli_parse_seed(state, argument);
		return 0;
	case 'd':
		said->duration_ms = cli_parse_time(state, "duration", argument);
		return 0;
	case 'e':
		said->etcd = cli_take_text(state, "etcd", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void cli_refuse_etcd_of_others(struct argp_state *state, const struct overrides *said,
			       const char *endpoints)
{
	if (endpoints && said->etcd)
		argp_error(state, "--etcd means nothing to a cluster that runs already "
				  "(--endpoints)");
}

int cli_override(const struct overrides *said, const char *name, struct campaign *campaign,
		 struct error *err)
{
	if (said->seed)
		campaign->seed = said->seed;
	if (said->duration_ms)
		campaign->duration_ms = said->duration_ms;
	if (said->etcd && campaign->cluster.endpoints)
		return error_set(err, EXIT_BAD_USAGE,
				 "--etcd means nothing to a cluster that runs already (endpoints "
				 "in %s:%d)",
				 name, campaign->place.cluster);
	if (said->etcd &&
	    !text_copy(campaign->cluster.etcd, sizeof(campaign->cluster.etcd), said->etcd))
		return error_set(err, EXIT_BAD_USAGE, "--etcd is too long");
	return 0;
}

int cli_choose(struct argp_state *state, const char *option, const char *const *known,
	       const char *word)
{
	int index = word_index(word, known);
	char all[256];

	if (index < 0)
		argp_error(state, "--%s %s is unknown%s; known: %s", option, word,
			   word_hint(word, known).text, word_list(all, sizeof(all), known));
	return index;
}

void cli_add_threshold(struct argp_state *state, struct threshold_list *list, const char *argument)
{
	struct error err = {0};

	if (list->count == THRESHOLDS_MAX)
		argp_error(state, "more than %d thresholds", THRESHOLDS_MAX);
	if (threshold_parse(argument, &list->threshold[list->count], &err))
		argp_error(state, "%s", err.text);
	list->count++;
}

void cli_take_only(struct argp_state *state, const char *what, const char *argument,
		   const char **taken)
{
	if (*taken) /* perhaps all the files of somebody's folder */
		argp_error(state, "one %s at a time; what is '%s'?", what,
			   printable_text(argument));
	*taken = argument;
}

void cli_take_story(struct argp_state *state, const char *argument, const char **run, int *number)
{
	if (state->arg_num == 0)
		*run = argument;
	else if (state->arg_num > 1)
		argp_error(state, "one story at a time");
	else if (argument[strspn(argument, "0123456789")])
		argp_error(state, "'%s' is no number of a story", printable_text(argument));
	else
		*number = (int)cli_parse_number(state, "N", argument);
}

int cli_find_history(const char *argument, char *path, size_t path_size, char *folder,
		     size_t folder_size, struct error *err)
{
	const char *place = argument ? argument : "runs/latest";
	struct stat found;

	if (stat(place, &found))
		return error_errno(err, EXIT_BAD_USAGE, "%s%s", place,
				   argument ? "" : " (no run here yet? `make chaos` makes one)");
	if (S_ISDIR(found.st_mode)) {
		text_copy(folder, folder_size, place);
		if (snprintf(path, path_size, "%s/history.db", place) >= (int)path_size)
			return error_set(err, EXIT_BAD_USAGE, "the path %.60s... is too long",
					 place);
		if (stat(path, &found))
			return error_errno(err, EXIT_BAD_USAGE, "%s is no run's directory (%s)",
					   place, path);
		return 0;
	}
	if (!text_copy(path, path_size, place) || !text_copy(folder, folder_size, place))
		return error_set(err, EXIT_BAD_USAGE, "the path %.60s... is too long", place);
	const char *parent = dirname(folder); /* within folder, or a static "." */

	memmove(folder, parent, strlen(parent) + 1);
	return 0;
}

int cli_open_findings(const char *argument, struct findings *findings, struct error *err)
{
	char path[PATH_MAX], folder[PATH_MAX];

	if (cli_find_history(argument, path, sizeof(path), folder, sizeof(folder), err))
		return -1;
	return findings_reopen(path, findings, err);
}

enum trace_sort cli_choose_sort(struct argp_state *state, const char *word)
{
	cli_choose(state, "sort", (const char *const[]){"time", NULL}, word);
	return SORT_TIME;
}

int cli_check_sortable(const char *path, struct error *err)
{
	bool is_history;

	if (strcmp(path, "-") == 0)
		return 0;
	if (database_recognise(path, &is_history, err))
		return -1;
	if (!is_history)
		return 0;
	return error_set(
		err, EXIT_BAD_USAGE,
		"%s is a run, which is in its order: --sort goes with the traces of others", path);
}
