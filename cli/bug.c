#include <argp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "campaign/campaign.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "judging/findings.h"
#include "reports/bug_folder.h"

struct options {
	const char *run, *folder, *shrunk;
	int number;
};

enum { SHRUNK = 256 };

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'o':
		options->folder = cli_take_text(state, "output", argument);
		return 0;
	case SHRUNK:
		options->shrunk = cli_take_text(state, "shrunk", argument);
		return 0;
	case ARGP_KEY_ARG:
		cli_take_story(state, argument, &options->run, &options->number);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The text of a campaign of that name; NULL, and no error: none is wanted. The caller frees. */
static char *read_shrunk(const char *path, struct error *err)
{
	struct campaign *campaign = calloc(1, sizeof(*campaign));
	char *text = NULL;

	CHECK_MEMORY(campaign);
	if (path && campaign_load(path, campaign, err) == 0)
		text = campaign_print(campaign);
	free(campaign);
	return text;
}

static int write_bug(const struct options *options, struct error *err)
{
	char path[PATH_MAX], folder[PATH_MAX];
	struct findings findings;
	int64_t packets = 0;

	if (cli_find_history(options->run, path, sizeof(path), folder, sizeof(folder), err))
		return -1;
	_cleanup_free_ char *shrunk = read_shrunk(options->shrunk, err);

	if (err->code || findings_reopen(path, &findings, err))
		return -1;
	int number = options->number ? options->number : 1;
	_cleanup_free_ char *own =
		text_format("bug-%" PRIu64 "-%d", (uint64_t)findings.history.seed, number);
	_cleanup_free_ char *capture = text_format("%s/capture.pcap", folder);
	struct bug_request request = {options->folder ? options->folder : own, capture, shrunk,
				      number};
	int failed = bug_write(&findings.history, &findings.verdicts, &request, &packets, err);

	findings_close(&findings);
	if (!failed)
		log_result("bug  %s/report.md (%" PRId64 " packets)", request.folder, packets);
	return failed;
}

int command_bug(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"output", 'o', "DIR", 0, "the folder, a new one (default: bug-SEED-N)", 0},
		{"shrunk", SHRUNK, "CAMPAIGN", 0,
		 "put this in instead of the run's campaign: what `fencepost shrink` made of it",
		 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "[RUN|HISTORY.DB [N]]",
		.doc = "Makes a folder for a bug report upstream of the N-th story (default: the "
		       "first) "
		       "of a run (default: runs/latest): the story as Markdown, the campaign, the "
		       "rows "
		       "that prove it, the packets of that time, versions, and the command."};
	struct options options = {0};
	struct error err = {0};

	cli_parse(&argp, argc, argv, &options);
	return write_bug(&options, &err) ? cli_fail(&err) : EXIT_AS_EXPECTED;
}
