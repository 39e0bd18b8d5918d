/* `fencepost simulate`: what settings do in many hours, played on a clock of its own. */
#include <argp.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/simulated_run.h"
#include "cli/situation.h"
#include "reports/json_whole.h"

enum { GUARD_OPTION = 0x300, HOURS, SEED, CUTS, DEATHS, CHANGES, HISTORY };
enum { HOURS_MOST = 1000000, OFTEN_MOST = 100000 };

struct options {
	struct situation_options situation;
	double hours, cuts, deaths, changes;
	uint64_t seed;
	int guard; /* -1: each */
	bool json;
	const char *campaign, *history;
};

static double take_number(struct argp_state *state, const char *option, const char *argument,
			  double most)
{
	char *end;
	double number = strtod(argument, &end);

	if (end == argument || *end || !(number >= 0 && number <= most))
		argp_error(state, "--%s %.40s: a number from 0 to %.0f is wanted", option, argument,
			   most);
	return number;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[CLI_SITUATION] = &options->situation;
		return 0;
	case GUARD_OPTION:
		options->guard = cli_choose(state, "guard", guard_names, argument);
		return 0;
	case HOURS:
		options->hours = take_number(state, "hours", argument, HOURS_MOST);
		return 0;
	case SEED:
		options->seed = (uint64_t)cli_parse_number(state, "seed", argument);
		return 0;
	case CUTS:
		options->cuts = take_number(state, "cuts", argument, OFTEN_MOST);
		return 0;
	case DEATHS:
		options->deaths = take_number(state, "deaths", argument, OFTEN_MOST);
		return 0;
	case CHANGES:
		options->changes = take_number(state, "changes", argument, OFTEN_MOST);
		return 0;
	case HISTORY:
		options->history = cli_take_text(state, "history", argument);
		return 0;
	case 'j':
		options->json = true;
		return 0;
	case ARGP_KEY_ARG:
		cli_take_only(state, "campaign", argument, &options->campaign);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The campaign ------------------------------------------------------------------------------------ */

/* Settings as a campaign's text, an arm for each guard: so what it cannot say is refused in its
 * words, and a recorded run has one. */
static char *describe_arms(const struct options *options)
{
	const struct situation_options *told = &options->situation;
	char *arms = text_format("%s", "");

	for (int i = 0; i < GUARDS_RIGHT; i++) {
		_cleanup_free_ char *before = arms;

		if (options->guard >= 0 && i != options->guard) {
			arms = take(before);
			continue;
		}
		arms = text_format(
			"%sarm %s { guard = %s ttl = \"%dms\" heartbeat = \"%dms\" retries = %ld "
			"renew-timeout = \"%dms\" retry-after = \"%dms\" lanes = %ld workers = %ld "
			"work = \"%.0fms .. %.0fms\" rest = \"%dms\" }\n",
			before, guard_names[i], guard_names[i], told->ms[LENGTH_TTL],
			told->ms[LENGTH_HEARTBEAT], told->retries, told->ms[LENGTH_TIMEOUT],
			told->ms[LENGTH_RETRY_AFTER], told->locks, told->workers,
			told->work.low * 1e3, told->work.high * 1e3, 2 * told->ms[LENGTH_REST]);
	}
	return arms;
}

static int make_campaign(const struct options *options, struct campaign *campaign,
			 struct error *err)
{
	_cleanup_free_ char *arms = describe_arms(options);
	struct etcd_times etcd = situation_etcd(&options->situation, NULL);
	_cleanup_free_ char *text = text_format(
		"name = simulated\nseed = %" PRIu64 "\nduration = \"%.0fms\"\n"
		"cluster { election = \"%dms\" heartbeat = \"%dms\" }\n%s",
		options->seed, options->hours * 3600e3, etcd.election_ms, etcd.interval_ms, arms);

	return campaign_load_text(text, "what is to be recorded", campaign, err) ||
			       campaign_validate(campaign, err)
		       ? -1
		       : 0;
}

static int refuse_planted(const struct campaign *campaign, struct error *err)
{
	for (int i = 0; i < campaign->arms; i++)
		if (arm_planted(&campaign->arm[i]) || !campaign->arm[i].heartbeat_ms ||
		    campaign->arm[i].look || campaign->arm[i].endpoint_order)
			return error_set(
				err, EXIT_BAD_USAGE,
				"arm %s: only the recipe lock, with a heartbeat, failover and "
				"without a look, and an honest store are simulated",
				campaign->arm[i].name);
	return 0;
}

/* Scenarios --------------------------------------------------------------------------------------- */

struct scenarios {
	int count;
	struct scenario *scenario; /* owned */
	const char **name;         /* owned; the names are not */
};

static void scenarios_add(struct scenarios *scenarios, const struct options *options,
			  const char *name, const struct situation *situation, enum guard guard)
{
	scenarios->name[scenarios->count] = name;
	scenarios->scenario[scenarios->count++] = (struct scenario){
		.situation = *situation,
		.guard = guard,
		.cuts_per_hour = options->cuts,
		.deaths_per_hour = options->deaths,
		.changes_per_hour = options->changes,
		.length_ns = llround(options->hours * 3600e9),
		.seed = options->seed,
	};
}

static void list_scenarios(const struct options *options, const struct pause_profile *pauses,
			   const struct campaign *campaign, struct scenarios *scenarios)
{
	int room = campaign->arms > GUARDS_RIGHT ? campaign->arms : GUARDS_RIGHT;

	*scenarios = (struct scenarios){0};
	scenarios->scenario = calloc((size_t)room, sizeof(*scenarios->scenario));
	scenarios->name = calloc((size_t)room, sizeof(*scenarios->name));
	CHECK_MEMORY(scenarios->scenario && scenarios->name);
	for (int i = 0; options->campaign && i < campaign->arms; i++) {
		const struct arm *arm = &campaign->arm[i];
		struct situation situation =
			situation_of_arm(&options->situation, pauses, campaign, arm);

		scenarios_add(scenarios, options, arm->name, &situation, arm->guard);
	}
	for (int i = 0; !options->campaign && i < GUARDS_RIGHT; i++) {
		struct situation situation = situation_of_options(&options->situation, pauses);

		if (options->guard < 0 || options->guard == i)
			scenarios_add(scenarios, options, guard_names[i], &situation,
				      (enum guard)i);
	}
}

/* Answers ----------------------------------------------------------------------------------------- */

struct told {
	const char *word, *unit, *sentence;
	double value; /* NAN: none */
};

enum { FIGURES = 12 };

static void list_figures(const struct scenario *scenario, const struct played *played,
			 struct told figure[FIGURES])
{
	double hours = (double)scenario->length_ns / 3600e9 * scenario->situation.locks;
	const struct spread *plain = &played->failover, *change = &played->failover_change;
	double holds = (double)played->count[COUNT_HOLDS];
	const struct told all[FIGURES] = {
		{"lost-per-hour", "/h", "locks whose lease ended, of one lock",
		 hours > 0 ? (double)played->count[COUNT_LOST] / hours : NAN},
		{"two-held", "s", "in which two believed that they held, of all locks",
		 played->two_held_s},
		{"wait", "s", "a worker waited for its lock, on the average",
		 holds > 0 ? played->waited_s / holds : NAN},
		{"failover.least", "s", "a holder's death until the next one held it",
		 plain->count ? plain->least_s : NAN},
		{"failover.mean", "s", "on the average", spread_mean(plain)},
		{"failover.p50", "s", "half of them were sooner", spread_percentile(plain, 50)},
		{"failover.p99", "s", "99 of 100 were sooner", spread_percentile(plain, 99)},
		{"failover.most", "s", "at the latest", plain->count ? plain->most_s : NAN},
		{"change.least", "s", "the same, when the leader changed meanwhile",
		 change->count ? change->least_s : NAN},
		{"change.mean", "s", "on the average", spread_mean(change)},
		{"change.p99", "s", "99 of 100 were sooner", spread_percentile(change, 99)},
		{"change.most", "s", "at the latest", change->count ? change->most_s : NAN},
	};

	memcpy(figure, all, sizeof(all));
}

static void print_played(const char *name, const struct scenario *scenario,
			 const struct played *played)
{
	struct told figure[FIGURES];

	list_figures(scenario, played, figure);
	log_result("%s: guard %s, %d locks for %.6g h each", name, guard_names[scenario->guard],
		   scenario->situation.locks, (double)scenario->length_ns / 3600e9);
	for (int i = 0; i < COUNTS_COUNT; i++)
		log_result("  %-15s %12" PRId64 "  %s", count_rows[i].word, played->count[i],
			   count_rows[i].sentence);
	for (int i = 0; i < FIGURES; i++)
		if (!isnan(figure[i].value))
			log_result("  %-15s %12.5g %-2s %s", figure[i].word, figure[i].value,
				   figure[i].unit, figure[i].sentence);
}

static cJSON *describe_played(const char *name, const struct scenario *scenario,
			      const struct played *played)
{
	cJSON *object = cJSON_CreateObject();
	struct told figure[FIGURES];

	list_figures(scenario, played, figure);
	json_add_text(object, "name", name);
	json_add_text(object, "guard", guard_names[scenario->guard]);
	json_add_unsigned(object, "seed", scenario->seed);
	cJSON_AddItemToObject(object, "hours", json_real((double)scenario->length_ns / 3600e9));
	json_add_whole(object, "locks", scenario->situation.locks);
	cJSON *counts = cJSON_AddObjectToObject(object, "counts");

	for (int i = 0; i < COUNTS_COUNT; i++)
		json_add_whole(counts, count_rows[i].word, played->count[i]);
	cJSON *figures = cJSON_AddObjectToObject(object, "figures");

	for (int i = 0; i < FIGURES; i++)
		cJSON_AddItemToObject(figures, figure[i].word, json_real(figure[i].value));
	return object;
}

static int tell(const struct options *options, const struct scenarios *scenarios,
		const struct played *played, struct error *err)
{
	cJSON *all = options->json ? cJSON_CreateArray() : NULL;

	for (int i = 0; i < scenarios->count; i++)
		if (all)
			cJSON_AddItemToArray(all,
					     describe_played(scenarios->name[i],
							     &scenarios->scenario[i], &played[i]));
		else
			print_played(scenarios->name[i], &scenarios->scenario[i], &played[i]);
	return all ? json_print_whole(all, stdout, err) : 0;
}

static int play(const struct options *options, const struct campaign *campaign,
		const struct scenarios *scenarios, struct error *err)
{
	_cleanup_free_ struct played *played = calloc((size_t)scenarios->count, sizeof(*played));
	int failed = 0;

	CHECK_MEMORY(played);
	if (options->history)
		failed = simulated_run(options->history, campaign, scenarios->scenario,
				       "fencepost simulate", played, err);
	else
		for (int i = 0; i < scenarios->count; i++)
			simulate(&scenarios->scenario[i], &played[i]);
	if (failed)
		return -1;
	failed = tell(options, scenarios, played, err);
	for (int i = 0; i < scenarios->count; i++)
		played_close(&played[i]);
	return failed;
}

static int load(const struct options *options, struct campaign *campaign, struct error *err)
{
	if (options->campaign && situation_is_told(&options->situation))
		return error_set(err, EXIT_BAD_USAGE,
				 "a campaign says its own settings: give %.200s or --ttl, "
				 "--heartbeat and --retries",
				 options->campaign);
	if (!options->campaign && !situation_is_whole(&options->situation))
		return error_set(
			err, EXIT_BAD_USAGE,
			"--ttl, --heartbeat and --retries are wanted, or --preset, or a campaign");
	if (options->campaign) {
		if (situation_load(options->campaign, campaign, err))
			return -1;
		campaign->seed = options->seed;
		campaign->blocks = 0; /* it has its own faults */
		campaign->duration_ms = (int)(options->hours * 3600e3);
		return refuse_planted(campaign, err);
	}
	return options->history ? make_campaign(options, campaign, err) : 0;
}

static int run(const struct options *options, struct error *err)
{
	_cleanup_free_ struct campaign *campaign = calloc(1, sizeof(*campaign));
	const char *pause = options->situation.pause;
	struct pause_profile pauses = {0};
	struct scenarios scenarios;

	CHECK_MEMORY(campaign);
	if (options->guard >= GUARDS_RIGHT)
		return error_set(err, EXIT_BAD_USAGE,
				 "guard = %s is known to be wrong: what it lets through hangs on "
				 "the lease ids that a service gives, so it is run, not simulated",
				 guard_names[options->guard]);
	if (options->history && options->hours > 24)
		return error_set(err, EXIT_BAD_USAGE, "at most 24 hours are recorded");
	if (load(options, campaign, err) || (pause && pauses_parse(pause, &pauses, err)))
		return -1;
	list_scenarios(options, pause ? &pauses : NULL, campaign, &scenarios);
	int failed = play(options, campaign, &scenarios, err);

	free(scenarios.scenario);
	free(scenarios.name);
	pauses_free(&pauses);
	return failed;
}

int command_simulate(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"guard", GUARD_OPTION, "GUARD", 0, "of the resource (default: each, one by one)",
		 0},
		{"hours", HOURS, "N", 0, "that each lock is played for (default: 1000)", 0},
		{"seed", SEED, "N", 0, "every draw comes from it (default: 1)", 0},
		{"cuts", CUTS, "N", 0, "cuts of each holder, an hour (default: 1, with --cut)", 0},
		{"deaths", DEATHS, "N", 0, "deaths of each holder, an hour (default: 1)", 0},
		{"changes", CHANGES, "N", 0, "changes of leader, an hour (default: 0)", 0},
		{"history", HISTORY, "FILE", 0,
		 "write the run as a history, for check, report and story", 0},
		{"json", 'j', 0, 0, "the counts as JSON", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.children = cli_situation,
		.args_doc = "[CAMPAIGN]",
		.doc = "Plays what settings of a lock, or those of each arm of a campaign, come to "
		       "in many hours, event by event on a clock of its own: workers, leases, "
		       "renewals, pauses, cuts and deaths of holders, changes of leader. Starts "
		       "nothing. The faults of a campaign are not played: --pause, --cut, "
		       "--deaths and --changes say what happens."};
	struct options options = {.situation = situation_standard,
				  .hours = 1000,
				  .cuts = 1,
				  .deaths = 1,
				  .seed = 1,
				  .guard = -1};
	struct error err = {0};

	cli_parse(&argp, argc, argv, &options);
	return run(&options, &err) ? cli_fail(&err) : EXIT_AS_EXPECTED;
}
