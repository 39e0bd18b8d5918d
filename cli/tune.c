/* `fencepost tune`: a sweep over TTL, heartbeat, retries and election time-out on real clusters. */
#include <argp.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/connection_options.h"
#include "cli/situation.h"
#include "conductor/hunt/sweep_run.h"

enum { TTL = 0x400, HEARTBEAT, RETRIES, ELECTION, ARM, UNTIL_WIDTH, ROUNDS, AT_ONCE, PLAN, MERGE };
enum { ROUNDS_UNTIL_WIDTH = 10 };

struct options {
	const char *campaign, *arm, *folder, *plan, *merge;
	const char *values[GRID_AXES_COUNT]; /* as they were given; NULL */
	struct connection_words connection;
	struct overrides said;
	int rounds, at_once; /* 0: not given */
	double until_width;  /* 0: not given */
	bool json;
};

/* Options ------------------------------------------------------------------------------------- */

static double parse_width(struct argp_state *state, const char *argument)
{
	char *end;
	double width = strtod(argument, &end);

	if (end == argument || *end || !(width > 0 && width < 1))
		argp_error(state, "--until-width %s is no number between 0 and 1, such as 0.05",
			   argument);
	return width;
}

static bool is_swept(const struct options *options)
{
	for (int axis = 0; axis < GRID_AXES_COUNT; axis++)
		if (options->values[axis])
			return true;
	return false;
}

/* What would be left out in silence otherwise. */
static void refuse_contradictions(const struct options *options, struct argp_state *state)
{
	bool begins = options->campaign || is_swept(options) || options->arm ||
		      options->said.seed || options->said.duration_ms || options->said.etcd;

	if (options->merge && (begins || options->plan || options->folder || options->rounds ||
			       options->at_once || options->until_width > 0))
		argp_error(state, "--merge DIR reads what lies there, and takes --json alone");
	if (options->plan && options->folder)
		argp_error(state, "--plan DIR says the folder: without -o");
	if (options->plan && options->until_width > 0)
		argp_error(state, "--plan cannot know when a cell is --until-width: say --rounds, "
				  "merge, and look");
	if (options->plan && options->json)
		argp_error(state, "--plan has no result as JSON; --merge has");
	if (!options->merge && is_swept(options) != (options->campaign != NULL))
		argp_error(state, options->campaign
					  ? "which values? --ttl 2,3,5,8, --heartbeat 0.5,1,2, "
					    "--retries 1,3, --election 0.5,1, at least one of "
					    "them"
					  : "of which campaign? `fencepost campaigns` lists them");
	if (!options->campaign && begins)
		argp_error(state, "without a campaign it goes on with the sweep in -o DIR, which "
				  "has its own");
	cli_refuse_etcd_of_others(state, &options->said, options->connection.endpoints);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[CLI_CONNECTION] = &options->connection;
		return 0;
	case TTL:
		options->values[GRID_TTL] = argument;
		return 0;
	case HEARTBEAT:
		options->values[GRID_HEARTBEAT] = argument;
		return 0;
	case RETRIES:
		options->values[GRID_RETRIES] = argument;
		return 0;
	case ELECTION:
		options->values[GRID_ELECTION] = argument;
		return 0;
	case ARM:
		options->arm = cli_take_text(state, "arm", argument);
		return 0;
	case UNTIL_WIDTH:
		options->until_width = parse_width(state, argument);
		return 0;
	case ROUNDS:
		options->rounds = (int)cli_parse_number(state, "rounds", argument);
		if (options->rounds > SWEEP_ROUNDS_MOST)
			argp_error(state, "--rounds %s: at most %d", argument, SWEEP_ROUNDS_MOST);
		return 0;
	case AT_ONCE:
		options->at_once = (int)cli_parse_number(state, "at-once", argument);
		if (options->at_once > ARMS_MAX)
			argp_error(state, "--at-once %s: at most %d", argument, ARMS_MAX);
		return 0;
	case PLAN:
		options->plan = cli_take_text(state, "plan", argument);
		return 0;
	case MERGE:
		options->merge = cli_take_text(state, "merge", argument);
		return 0;
	case 'o':
		options->folder = cli_take_text(state, "output", argument);
		return 0;
	case 'j':
		options->json = true;
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

/* The plan ------------------------------------------------------------------------------------ */

static int make_plan(const struct options *options, struct sweep_plan *plan, struct error *err)
{
	if (situation_load(options->campaign, plan->campaign, err) ||
	    cli_override(&options->said, options->campaign, plan->campaign, err) ||
	    connection_settle(&options->connection, plan->campaign, err) ||
	    grid_prepare(plan->campaign, options->arm, err))
		return -1;
	if (options->values[GRID_ELECTION] && plan->campaign->cluster.endpoints)
		return error_set(err, EXIT_BAD_USAGE,
				 "--election is of clusters of our own, and this one runs already");
	for (int axis = 0; axis < GRID_AXES_COUNT; axis++)
		if (options->values[axis] &&
		    grid_take(&plan->grid, (enum grid_axis)axis, options->values[axis], err))
			return -1;
	return 0;
}

static int open_plan(const struct options *options, const char *folder, struct sweep_plan *plan,
		     struct error *err)
{
	int failed;

	if (options->campaign) {
		*plan = (struct sweep_plan){.folder = folder,
					    .campaign = calloc(1, sizeof(*plan->campaign))};
		CHECK_MEMORY(plan->campaign);
		failed = make_plan(options, plan, err);
	} else {
		if (sweep_folder_load(folder, plan, err))
			return -1;
		failed = connection_settle(&options->connection, plan->campaign, err);
	}
	if (options->campaign || options->until_width > 0)
		plan->until_width = options->until_width;
	if (options->rounds)
		plan->rounds = options->rounds;
	else if (options->campaign || plan->rounds == 1)
		plan->rounds = plan->until_width > 0 ? ROUNDS_UNTIL_WIDTH : 1;
	if (!failed)
		failed = sweep_plan_begin(plan, err);
	if (failed)
		sweep_plan_close(plan);
	return failed;
}

static void name_left_out(const struct sweep_plan *plan)
{
	for (int i = 0; i < grid_cells(&plan->grid); i++) {
		_cleanup_free_ char *name = sweep_cell_name(plan, i);
		struct error why = {0};

		if (sweep_judge_cell(plan, i, &why))
			log_line("left out: %s: %s", name, why.text);
	}
}

/* The result ---------------------------------------------------------------------------------- */

struct count {
	int measured, broken, not_run, left_out, wide;
};

static struct count count_cells(const struct sweep_plan *plan, const struct sweep_result *result)
{
	struct count count = {0};

	for (int i = 0; i < result->cells; i++) {
		const struct sweep_cell *cell = &result->cell[i];
		_cleanup_free_ char *name = sweep_cell_name(plan, i);

		count.measured += cell->state == SWEEP_MEASURED;
		count.broken += cell->state == SWEEP_BROKEN;
		count.not_run += cell->state == SWEEP_NOT_RUN;
		count.left_out += cell->state == SWEEP_LEFT_OUT;
		count.wide += plan->until_width > 0 && sweep_cell_is_wide(plan, cell);
		if (cell->state == SWEEP_BROKEN || cell->state == SWEEP_NOT_RUN)
			log_line("%s: %s: %s", sweep_state_word(cell->state), name, cell->reason);
	}
	return count;
}

static int print_result(const struct options *options, const struct sweep_plan *plan,
			const struct sweep_result *result, const struct count *count,
			struct error *err)
{
	if (options->json)
		return report_write_sweep_json(&result->sweep, stdout, err);
	log_result("%d cells: %d measured, %d broken, %d not run, %d left out", result->cells,
		   count->measured, count->broken, count->not_run, count->left_out);
	if (count->wide)
		log_result("%d of them with an interval of stale writes wider than %.3g: more "
			   "--rounds narrow it",
			   count->wide, plan->until_width);
	log_result("page    %s/index.html", plan->folder);
	return 0;
}

/* EXIT_INCONCLUSIVE where a cell that can be says nothing, or not enough. */
static int merge(const struct options *options, const struct sweep_plan *plan, struct error *err)
{
	struct situation situation = situation_of_arm(&situation_standard, NULL, plan->campaign,
						      &plan->campaign->arm[0]);
	struct sweep_result result;

	if (sweep_merge(plan, &situation, &result, err))
		return -1;
	struct count count = count_cells(plan, &result);
	int failed = sweep_result_write(plan, &result, err) ||
		     print_result(options, plan, &result, &count, err);

	sweep_result_free(&result);
	if (failed)
		return -1;
	return count.broken || count.not_run || count.wide ? EXIT_INCONCLUSIVE : EXIT_AS_EXPECTED;
}

static int plan_only(const struct options *options, const struct sweep_plan *plan,
		     struct error *err)
{
	if (sweep_plan_rounds(plan, options->at_once ? options->at_once : 1, err))
		return -1;
	log_result("%s/cells.txt has a command a line; when they have run:", plan->folder);
	log_result("fencepost tune --merge %s", plan->folder);
	return EXIT_AS_EXPECTED;
}

/* Whatever ends it, there is a page of what came until then. */
static int run_all(const struct options *options, const struct sweep_plan *plan, struct error *err)
{
	int at_once =
		options->at_once ? options->at_once : sweep_cells_at_once(&plan->campaign->arm[0]);
	struct cluster_options cluster = plan->campaign->cluster;
	struct error ended = {0};

	if (sweep_run_rounds(plan, at_once, sweep_try_run, &cluster, &ended) &&
	    ended.code != EXIT_INTERRUPTED) {
		*err = ended;
		return -1;
	}
	int code = merge(options, plan, err);

	if (code < 0 || !ended.code)
		return code;
	log_line("interrupted; `fencepost tune -o %s` goes on", plan->folder);
	return EXIT_INTERRUPTED;
}

static int run(const struct options *options, struct error *err)
{
	const char *folder = options->merge    ? options->merge
			     : options->plan   ? options->plan
			     : options->folder ? options->folder
					       : "runs/tune";
	struct sweep_plan plan;
	int code;

	if (options->merge ? sweep_folder_load(folder, &plan, err)
			   : open_plan(options, folder, &plan, err))
		return -1;
	if (options->merge) {
		code = merge(options, &plan, err);
	} else {
		name_left_out(&plan);
		code = (options->plan ? plan_only : run_all)(options, &plan, err);
	}
	sweep_plan_close(&plan);
	return code;
}

int command_tune(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"ttl", TTL, "T,T...", 0, "TTLs; without a unit seconds are meant", 0},
		{"heartbeat", HEARTBEAT, "H,H...", 0, "times between two renewals, likewise", 0},
		{"retries", RETRIES, "N,N...", 0,
		 "failed renewals in a row after which the holder gives up", 0},
		{"election", ELECTION, "E,E...", 0,
		 "etcd's election time-outs, likewise; of each there is a cluster of its own", 0},
		{"arm", ARM, "NAME", 0, "the arm that cells are made of (default: the first)", 0},
		{"duration", 'd', "TIME", 0, "the load of each run (default: the campaign's)", 0},
		{"seed", 's', "N", 0,
		 "the seed of every random choice (default: the campaign's, or a new one)", 0},
		{"until-width", UNTIL_WIDTH, "W", 0,
		 "repeat each cell with further seeds until its interval of stale writes per "
		 "exposure is as narrow, such as 0.05",
		 0},
		{"rounds", ROUNDS, "N", 0,
		 "runs of each cell (default: 1; with --until-width: at most 10)", 0},
		{"at-once", AT_ONCE, "N", 0,
		 "cells side by side in one run (default: as many as 64 workers a processor; with "
		 "--plan: 1)",
		 0},
		{"plan", PLAN, "DIR", 0,
		 "run nothing: write a campaign a cell, and DIR/cells.txt, a command a line", 0},
		{"merge", MERGE, "DIR", 0, "the page of what came of them", 0},
		{"etcd", 'e', "PATH|NAME|VERSION", 0, "the etcd under test", 0},
		{"output", 'o', "DIR", 0, "where the sweep lies (default: runs/tune)", 0},
		{"json", 'j', 0, 0, "print the result as JSON", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.children = cli_connection,
		.args_doc = "[CAMPAIGN]",
		.doc = "Measures a lock with every combination of some TTLs, heartbeats and "
		       "retries, and etcd with some election time-outs: cells of a sweep, which "
		       "run "
		       "side by side as arms under the same faults. DIR/index.html says what to "
		       "change, what it gains and what it "
		       "costs; DIR/tune.json has the figures. Interrupted, it goes on by "
		       "`fencepost tune -o DIR`. What no values are given of is the campaign's "
		       "own."};
	struct options options = {0};
	struct error err = {0};

	cli_parse(&argp, argc, argv, &options);
	int code = run(&options, &err);

	return code < 0 ? cli_fail(&err) : code;
}
