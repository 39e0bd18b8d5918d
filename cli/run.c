#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/lint_text.h"
#include "cli/connection_options.h"
#include "conductor/hunt/explore.h"
#include "campaign/library.h"
#include "conductor/run.h"

enum { NO_FAULTS = 256, EXPLORE, FOR, THRESHOLD, PLAN, MERGE, ROUNDS };
enum { EXPLORE_MS = 10 * 60 * 1000, ROUND_MS = 20 * 1000, ROUNDS_MOST = 999 };

struct options {
	const char *campaign, *runs_dir;
	struct connection_words connection;
	struct overrides said;
	bool no_faults, json, explore;
	int explore_ms, rounds; /* 0: not given */
	const char *plan, *merge;
	struct threshold_list thresholds;
};

/* What would be left out in silence otherwise. */
static void refuse_contradictions(const struct options *options, struct argp_state *state)
{
	if (options->explore && options->no_faults)
		argp_error(state, "--explore draws faults, and --no-faults has none");
	if (options->explore && options->json)
		argp_error(state, "--explore has no result as JSON; each round's result.json has");
	if (options->explore && options->thresholds.count)
		argp_error(state, "--threshold asks of one run, and --explore makes many");
	if (options->explore_ms && !options->explore)
		argp_error(state, "--for goes with --explore; the length of a run is --duration");
	if ((options->plan || options->merge) && !options->explore)
		argp_error(state, "--plan and --merge go with --explore; of a sweep they are "
				  "`fencepost tune`'s");
	if (!options->plan != !options->rounds)
		argp_error(state, "--plan DIR and --rounds N go together: so many are drawn");
	if (options->plan && (options->merge || options->explore_ms))
		argp_error(state, "--plan runs nothing: without --for, and --merge comes later");
	if (options->merge && (options->campaign || options->explore_ms))
		argp_error(state, "--merge DIR reads what lies there, and takes no campaign");
	cli_refuse_etcd_of_others(state, &options->said, options->connection.endpoints);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[CLI_CONNECTION] = &options->connection;
		return 0;
	case 'o':
		options->runs_dir = cli_take_text(state, "output", argument);
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case NO_FAULTS:
		options->no_faults = true;
		return 0;
	case EXPLORE:
		options->explore = true;
		return 0;
	case FOR:
		options->explore_ms = cli_parse_time(state, "for", argument);
		return 0;
	case PLAN:
		options->plan = cli_take_text(state, "plan", argument);
		return 0;
	case MERGE:
		options->merge = cli_take_text(state, "merge", argument);
		return 0;
	case ROUNDS:
		options->rounds = (int)cli_parse_number(state, "rounds", argument);
		if (options->rounds > ROUNDS_MOST)
			argp_error(state, "--rounds %s: at most %d", argument, ROUNDS_MOST);
		return 0;
	case THRESHOLD:
		cli_add_threshold(state, &options->thresholds, argument);
		return 0;
	case ARGP_KEY_ARG:
		cli_take_only(state, "campaign", argument, &options->campaign);
		return 0;
	case ARGP_KEY_END:
		refuse_contradictions(options, state);
		return 0;
	default:
		return cli_take_override(key, argument, state, &options->said);
	}
}

/* The command line has the last word over the campaign file. */
static int apply(const struct options *options, struct campaign *campaign, struct error *err)
{
	if (cli_override(&options->said, options->campaign, campaign, err))
		return -1;
	if (options->explore && !options->said.duration_ms)
		campaign->duration_ms = ROUND_MS;
	if (options->no_faults || options->explore)
		campaign->blocks = 0;
	if (connection_settle(&options->connection, campaign, err))
		return -1;
	if (campaign->cluster.endpoints == 0 && getenv("ETCDCTL_ENDPOINTS"))
		log_line("the cluster is one of our own; that of ETCDCTL_ENDPOINTS is tested by "
			 "--endpoints env");
	return campaign_validate(campaign, err);
}

/* The command that repeats this run: what was said, without a seed; run.c adds the one used. */
static char *describe_command(const struct options *options)
{
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	fputs("fencepost run ", out);
	text_print_quoted(out, options->campaign);
	cli_print_option(out, "--etcd", options->said.etcd);
	cli_print_connection(out, &options->connection);
	if (options->said.duration_ms)
		fprintf(out, " --duration %dms", options->said.duration_ms);
	for (int i = 0; i < options->thresholds.count; i++)
		cli_print_option(out, "--threshold", options->thresholds.threshold[i].text);
	if (options->no_faults)
		fputs(" --no-faults", out);
	if (options->explore)
		fputs(" --explore", out);
	if (options->explore_ms)
		fprintf(out, " --for %dms", options->explore_ms);
	text_end(out, &text);
	return text;
}

/* As the history keeps them; NULL: there are none. The caller frees. */
static char *list_thresholds(const struct options *options)
{
	char *text = NULL;
	size_t size;

	if (!options->thresholds.count)
		return NULL;
	FILE *out = text_begin(&text, &size);

	for (int i = 0; i < options->thresholds.count; i++)
		fprintf(out, "%s\n", options->thresholds.threshold[i].text);
	text_end(out, &text);
	return text;
}

static int check_thresholds(const struct options *options, const struct campaign *campaign,
			    struct error *err)
{
	const char *arms[ARMS_MAX + 1] = {0};

	for (int i = 0; i < campaign->arms; i++)
		arms[i] = campaign->arm[i].name;
	for (int i = 0; i < options->thresholds.count; i++)
		if (threshold_check_subject(&options->thresholds.threshold[i], arms, err))
			return -1;
	return 0;
}

static enum exit_code explore(const struct options *options, struct campaign *campaign,
			      const char *command, struct error *err)
{
	int ms = options->explore_ms ? options->explore_ms : EXPLORE_MS;
	struct explore_request request = {campaign, options->runs_dir, command, ms * NS_PER_MS};

	if (!options->plan)
		return explore_run(&request, err);
	if (explore_plan(&request, options->plan, options->rounds, err))
		return err->code;
	log_result("%s/cells.txt has a command a line; when they have run:", options->plan);
	log_result("fencepost run --explore --merge %s", options->plan);
	return EXIT_AS_EXPECTED;
}

static enum exit_code run(const struct options *options, struct campaign *campaign,
			  struct error *err)
{
	char path[PATH_MAX];
	_cleanup_free_ char *command = describe_command(options);
	_cleanup_free_ char *thresholds = list_thresholds(options);
	struct run_request request = {
		.campaign = campaign,
		.runs_dir = options->runs_dir,
		.command = command,
		.thresholds = thresholds,
		.json = options->json,
	};

	if (library_find(options->campaign, path, sizeof(path), err) ||
	    campaign_load(path, campaign, err) || apply(options, campaign, err) ||
	    check_thresholds(options, campaign, err))
		return err->code;
	lint_warn(campaign);
	if (options->explore)
		return explore(options, campaign, command, err);
	return run_campaign(&request, err);
}

int command_run(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"seed", 's', "N", 0,
		 "the seed of every random choice (default: the campaign's, or a "
		 "new one)",
		 0},
		{"duration", 'd', "TIME", 0, "how long the load lasts: 30s, 2min", 0},
		{"etcd", 'e', "PATH|NAME|VERSION", 0, "the etcd under test", 0},
		{"no-faults", NO_FAULTS, 0, 0, "the same load without any fault", 0},
		{"explore", EXPLORE, 0, 0,
		 "draw the faults at random, round after round (20s each), until a guarded arm or "
		 "etcd itself breaks a promise",
		 0},
		{"for", FOR, "TIME", 0, "how long to explore (default: 10min)", 0},
		{"plan", PLAN, "DIR", 0,
		 "with --explore: run nothing, write --rounds campaigns and DIR/cells.txt, a "
		 "command a "
		 "line",
		 0},
		{"rounds", ROUNDS, "N", 0, "how many are planned", 0},
		{"merge", MERGE, "DIR", 0, "with --explore: what came of them", 0},
		{"threshold", THRESHOLD, "ARM.FIGURE<N", 0,
		 "exit 1 unless it holds, as token.stale-write==0 (again and again; help "
		 "thresholds)",
		 0},
		{"output", 'o', "DIR", 0, "where runs lie (default: runs)", 0},
		{"json", 'j', 0, 0, "print the result as JSON", 0},
		{0},
	};
	struct argp argp = {.options = known,
			    .parser = parse,
			    .children = cli_connection,
			    .args_doc = "[CAMPAIGN]",
			    .doc = "Runs a campaign, a file or one that `fencepost campaigns` "
				   "lists (default: campaigns/default.conf): a real etcd "
				   "cluster and its "
				   "clients in a rootless sandbox, under faults; records, judges "
				   "and reports it. "
				   "The first Ctrl-C heals, seals and reports what there is; the "
				   "second ends at once."};
	struct options options = {.runs_dir = "runs"};
	struct campaign *campaign = calloc(1, sizeof(*campaign));
	struct error err = {0};

	CHECK_MEMORY(campaign);
	cli_parse(&argp, argc, argv, &options);
	if (!options.campaign)
		options.campaign = "campaigns/default.conf";
	int code =
		options.merge ? explore_merge(options.merge, &err) : run(&options, campaign, &err);

	free(campaign);
	return err.code ? cli_fail(&err) : code;
}
