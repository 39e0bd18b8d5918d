#include "cli/common.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"

int cli_fail(const struct error *err)
{
	log_line("fencepost: %s", err->text);
	return err->code;
}

long cli_parse_number(struct argp_state *state, const char *option, const char *argument)
{
	char *end;

	errno = 0;
	long number = strtol(argument, &end, 10);

	if (*end || end == argument || number < 1 || number > INT_MAX || errno)
		argp_error(state, "--%s %s is no whole number from 1 to %d", option, argument,
			   INT_MAX);
	return number;
}

int cli_choose(struct argp_state *state, const char *option, const char *const *known,
	       const char *word)
{
	char all[256] = "";

	for (int i = 0; known[i]; i++) {
		size_t used = strlen(all);

		if (strcmp(word, known[i]) == 0)
			return i;
		snprintf(all + used, sizeof(all) - used, "%s%s", i ? ", " : "", known[i]);
	}
	const char *near = text_nearest(word, known);

	argp_error(state, "--%s %s is unknown%s%s%s; known: %s", option, word,
		   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "", all);
	return 0;
}

void cli_take_only(struct argp_state *state, const char *what, const char *argument,
		   const char **taken)
{
	if (*taken)
		argp_error(state, "one %s at a time; what is '%s'?", what, argument);
	*taken = argument;
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
		return 0;
	}
	if (!text_copy(path, path_size, place) || !text_copy(folder, folder_size, place))
		return error_set(err, EXIT_BAD_USAGE, "the path %.60s... is too long", place);
	const char *parent = dirname(folder); /* within folder, or a static "." */

	memmove(folder, parent, strlen(parent) + 1);
	return 0;
}
