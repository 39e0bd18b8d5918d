#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "reports/shelf.h"

struct options {
	const char *folder;
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
		cli_take_only(state, "folder of runs", argument, &options->folder);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Where runs were made there is `latest`; elsewhere an index.html would be left in somebody's
 * folder. */
static bool is_ours(const char *folder)
{
	_cleanup_free_ char *latest = NULL;
	struct stat found;

	CHECK_MEMORY(asprintf(&latest, "%s/latest", folder) > 0);
	return lstat(latest, &found) == 0 && S_ISLNK(found.st_mode) && access(folder, W_OK) == 0;
}

int command_list(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"json", 'j', 0, 0, "the list as JSON", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "[DIR]",
		.doc = "Lists the runs of a folder (default: runs), the newest last: when, which "
		       "campaign and etcd, the verdict of each arm, its exposures and rate. Writes "
		       "DIR/index.html, the same as a page, where DIR is one that runs were made "
		       "in."};
	struct options options = {0};
	struct error err = {0}, unwritten = {0};

	cli_parse(&argp, argc, argv, &options);
	const char *folder = options.folder ? options.folder : "runs";
	int failed = options.json ? shelf_print_json(folder, stdout, &err)
				  : shelf_print(folder, log_columns(STDOUT_FILENO), stdout, &err);

	if (failed)
		return cli_fail(&err);
	if (is_ours(folder) && shelf_write_index(folder, &unwritten))
		log_line("no index: %s", unwritten.text);
	return EXIT_AS_EXPECTED;
}
