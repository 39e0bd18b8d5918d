/* `fencepost predict`: what settings will do, by arithmetic alone. Nothing is run. */
#include <argp.h>
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/situation.h"
#include "reports/json_whole.h"
#include "tuning/calibrate.h"

enum { FROM = 0x300 };

struct options {
	struct situation_options situation;
	bool json;
	const char *campaign, *from;
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[CLI_SITUATION] = &options->situation;
		return 0;
	case FROM:
		options->from = cli_take_text(state, "from", argument);
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

/* What is asked, and where the answers go: `all` or, when that is NULL, the terminal. */
struct question {
	const struct options *options;
	const struct pause_profile *pauses; /* NULL: none */
	cJSON *all;
};

struct answer {
	const char *name;
	const struct situation *situation;
	const struct calibration *run; /* NULL: of no run */
	struct prediction prediction;
};

static void print_head(const char *name, const struct situation *situation,
		       const struct prediction *prediction)
{
	_cleanup_free_ char *head = text_format(
		"%s%sTTL %.4g s, heartbeat %.4g s, %d failed renewals give up; work %.4g .. %.4g "
		"s, rest "
		"%.4g s; workers %d, locks %d; one way %.4g ms; etcd's election time-out %.4g s, "
		"so that it grants no TTL below %.4g s",
		name, *name ? ": " : "", (double)situation->lease.ttl_ns / 1e9,
		(double)situation->lease.heartbeat_ns / 1e9, situation->lease.retries,
		situation->work_min_s, situation->work_max_s, situation->rest_s, situation->workers,
		situation->locks, situation->delay_s * 1e3, situation->election_s,
		prediction->value[PREDICT_LEAST_TTL]);

	escape_wrapped(stdout, "", 0, head);
}

static void print_figure(const struct answer *answer, int number)
{
	const struct prediction_row *row = &prediction_rows[number];
	const struct calibration *run = answer->run;

	if (run && !isnan(run->measured[number]))
		log_result("  %-16s %9.4g %-2s  %s; measured: %.4g of %" PRId64, row->word,
			   answer->prediction.value[number], row->unit, row->sentence,
			   run->measured[number], run->of[number]);
	else if (!isnan(answer->prediction.value[number]))
		log_result("  %-16s %9.4g %-2s  %s", row->word, answer->prediction.value[number],
			   row->unit, row->sentence);
}

static void print_answer(const struct answer *answer)
{
	const struct prediction *prediction = &answer->prediction;

	print_head(answer->name, answer->situation, prediction);
	for (int i = 0; i < PREDICTIONS_COUNT; i++)
		print_figure(answer, i);
	for (int i = 0; i < GUARDS_RIGHT && prediction->harm_is_known; i++)
		log_result("  %-16s %9.3g stale and %.3g late writes per pause of a holder",
			   guard_kinds[i].word, prediction->harm[i].stale,
			   prediction->harm[i].late);
}

static void add_number(cJSON *object, const char *key, double value)
{
	if (isnan(value))
		CHECK_MEMORY(cJSON_AddNullToObject(object, key));
	else
		CHECK_MEMORY(cJSON_AddNumberToObject(object, key, value));
}

static cJSON *describe(const struct answer *answer)
{
	const struct situation *situation = answer->situation;
	const struct prediction *prediction = &answer->prediction;
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "name", answer->name);
	add_number(object, "ttl_s", (double)situation->lease.ttl_ns / 1e9);
	add_number(object, "heartbeat_s", (double)situation->lease.heartbeat_ns / 1e9);
	cJSON_AddNumberToObject(object, "retries", situation->lease.retries);
	cJSON *figures = cJSON_AddObjectToObject(object, "figures");

	for (int i = 0; i < PREDICTIONS_COUNT; i++)
		add_number(figures, prediction_rows[i].word, prediction->value[i]);
	cJSON *measured = answer->run ? cJSON_AddObjectToObject(object, "measured") : NULL;

	for (int i = 0; i < PREDICTIONS_COUNT && measured; i++)
		add_number(measured, prediction_rows[i].word, answer->run->measured[i]);
	cJSON *of = answer->run ? cJSON_AddObjectToObject(object, "of") : NULL;

	for (int i = 0; i < PREDICTIONS_COUNT && of; i++)
		add_number(of, prediction_rows[i].word, (double)answer->run->of[i]);
	cJSON *guards = cJSON_AddObjectToObject(object, "per_pause");

	for (int i = 0; i < GUARDS_RIGHT && prediction->harm_is_known; i++) {
		cJSON *guard = cJSON_AddObjectToObject(guards, guard_kinds[i].word);

		add_number(guard, "stale", prediction->harm[i].stale);
		add_number(guard, "late", prediction->harm[i].late);
	}
	return object;
}

/* `run`: NULL, if of none. */
static void answer(const struct question *question, const char *name,
		   const struct situation *situation, const struct calibration *run)
{
	struct answer answer = {.name = name, .situation = situation, .run = run};

	predict(situation, &answer.prediction);
	if (question->all)
		cJSON_AddItemToArray(question->all, describe(&answer));
	else
		print_answer(&answer);
}

static int answer_campaign(const struct question *question, struct error *err)
{
	_cleanup_free_ struct campaign *campaign = calloc(1, sizeof(*campaign));

	CHECK_MEMORY(campaign);
	if (situation_load(question->options->campaign, campaign, err))
		return -1;
	for (int i = 0; i < campaign->arms; i++) {
		struct situation situation =
			situation_of_arm(&question->options->situation, question->pauses, campaign,
					 &campaign->arm[i]);

		answer(question, campaign->arm[i].name, &situation, NULL);
	}
	return 0;
}

static int answer_arms_of_run(const struct question *question, const struct findings *findings,
			      struct error *err)
{
	const struct history *history = &findings->history;

	for (int arm = 0; arm < history->arms; arm++) {
		struct calibration run;

		if (arm_sharing(&history->arm[arm]) != SHARING_MUTEX) {
			log_line("arm %s: several may hold its lock; that is not predicted",
				 history->arm[arm].name);
			continue;
		}
		if (calibrate(history, &findings->verdicts, arm, &run, err))
			return -1;
		if (question->pauses)
			run.situation.pauses = question->pauses;
		run.situation.pauses_per_hour = (double)question->options->situation.per_hour;
		run.situation.cut_s = question->options->situation.ms[LENGTH_CUT] / 1e3;
		answer(question, history->arm[arm].name, &run.situation, &run);
		calibration_free(&run);
	}
	return 0;
}

static int answer_run(const struct question *question, struct error *err)
{
	struct findings findings;

	if (cli_open_findings(question->options->from, &findings, err))
		return -1;
	int failed = answer_arms_of_run(question, &findings, err);

	findings_close(&findings);
	return failed;
}

static int answer_all(const struct question *question, struct error *err)
{
	const struct options *options = question->options;
	bool part = situation_is_told(&options->situation);

	if (options->from && (options->campaign || part))
		return error_set(err, EXIT_BAD_USAGE,
				 "a run says its own settings: give --from alone, or none");
	if (options->from)
		return answer_run(question, err);
	if (options->campaign && part)
		return error_set(err, EXIT_BAD_USAGE,
				 "a campaign says its own settings: give %.200s or --ttl, "
				 "--heartbeat and --retries",
				 options->campaign);
	if (options->campaign)
		return answer_campaign(question, err);
	if (!situation_is_whole(&options->situation))
		return error_set(err, EXIT_BAD_USAGE,
				 "--ttl, --heartbeat and --retries are wanted, or --preset, or a "
				 "campaign");
	struct situation situation = situation_of_options(&options->situation, question->pauses);

	const struct lock_preset *preset = options->situation.preset;

	answer(question, preset ? preset->name : "", &situation, NULL);
	return 0;
}

static int run(const struct options *options, struct error *err)
{
	struct pause_profile pauses = {0};
	struct question question = {.options = options};

	const char *pause = options->situation.pause;

	if (pause && pauses_parse(pause, &pauses, err))
		return -1;
	question.pauses = pause ? &pauses : NULL;
	question.all = options->json ? cJSON_CreateArray() : NULL;
	int failed = answer_all(&question, err);

	if (!failed && question.all)
		failed = json_print_whole(question.all, stdout, err);
	else
		cJSON_Delete(question.all);
	pauses_free(&pauses);
	return failed;
}

int command_predict(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"from", FROM, "RUN", 0,
		 "on the times of a recorded run, and what was measured in it beside", 0},
		{"json", 'j', 0, 0, "the figures as JSON", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.children = cli_situation,
		.args_doc = "[CAMPAIGN]",
		.doc = "Says what settings of a lock will do, or those of each arm of a campaign: "
		       "what "
		       "they outlive, how often pauses cost the lock, which writes go wrong behind "
		       "each guard, how long failover takes, what the service is asked for. Runs "
		       "nothing. `fencepost help predictions` lists the figures with their "
		       "formulas."};
	struct options options = {.situation = situation_standard};
	struct error err = {0};

	cli_parse(&argp, argc, argv, &options);
	return run(&options, &err) ? cli_fail(&err) : EXIT_AS_EXPECTED;
}
