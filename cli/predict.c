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
#include "base/clock.h"
#include "base/escape.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/text.h"
#include "campaign/campaign.h"
#include "campaign/duration.h"
#include "campaign/library.h"
#include "campaign/lock_presets.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "reports/json_whole.h"
#include "tuning/calibrate.h"

/* Lengths of time: X(name in code, option, default in ms; 0: none, what it is). */
#define LENGTHS(X)                                                                                 \
	X(TTL, "ttl", 0, "of the lease")                                                           \
	X(HEARTBEAT, "heartbeat", 0, "between two renewals")                                       \
	X(TIMEOUT, "timeout", 0, "for which a renewal is waited for (default: the heartbeat)")     \
	X(RETRY_AFTER, "retry-after", 0, "at least, from a renewal that fails to the next")        \
	X(ELECTION, "election", 1000, "etcd's election time-out (default: 1s)")                    \
	X(DELAY, "delay", 1, "of a packet, one way (default: 1ms)")                                \
	X(REST, "rest", 1000, "from a release to the next attempt, on the average (default: 1s)")  \
	X(CHECK_TO_WRITE, "check-to-write", 1,                                                     \
	  "from a look at the deadline to the write that follows (default: 1ms)")                  \
	X(CUT, "cut", 0, "a cut of the holder from the service that is asked about")

enum length {
#define X(name, option, standard, means) LENGTH_##name,
	LENGTHS(X)
#undef X
		LENGTHS_COUNT
};

static const char *const length_options[] = {
#define X(name, option, standard, means) (option),
	LENGTHS(X)
#undef X
};

enum {
	LENGTH_KEY = 0x100,
	RETRIES = LENGTH_KEY + LENGTHS_COUNT,
	WORK,
	WAITING,
	WORKERS,
	LOCKS,
	PAUSE,
	PER_HOUR,
	FROM,
	PRESET
};

struct options {
	int ms[LENGTHS_COUNT];
	long retries, workers, locks, per_hour;
	struct span work;
	bool waiting, json;
	const char *pause, *campaign, *from;
	const struct lock_preset *preset; /* NULL: none */
};

static void take_work(struct argp_state *state, const char *argument, struct span *work)
{
	if (!duration_parse_span(argument, work) || work->in_ttl || work->low <= 0)
		argp_error(state,
			   "--work %.40s: a length of time or a range is wanted, such as 2s "
			   "or 1s..5s",
			   argument);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	if (key >= LENGTH_KEY && key < LENGTH_KEY + LENGTHS_COUNT) {
		int *ms = &options->ms[key - LENGTH_KEY];

		if (!duration_parse_ms(argument, ms) || *ms <= 0)
			argp_error(state,
				   "--%s %.40s: a length of time is wanted, such as 300ms or 2s",
				   length_options[key - LENGTH_KEY], argument);
		return 0;
	}
	switch (key) {
	case RETRIES:
		options->retries = cli_parse_number(state, "retries", argument);
		return 0;
	case WORK:
		take_work(state, argument, &options->work);
		return 0;
	case WAITING:
		options->waiting = true;
		return 0;
	case WORKERS:
		options->workers = cli_parse_number(state, "workers", argument);
		return 0;
	case LOCKS:
		options->locks = cli_parse_number(state, "locks", argument);
		return 0;
	case PAUSE:
		options->pause = cli_take_text(state, "pause", argument);
		return 0;
	case PRESET:
		options->preset =
			&lock_presets[cli_choose(state, "preset", lock_preset_names + 1, argument)];
		return 0;
	case FROM:
		options->from = cli_take_text(state, "from", argument);
		return 0;
	case PER_HOUR:
		options->per_hour = cli_parse_number(state, "per-hour", argument);
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

/* What never renews has its first renewal due when its lease is over. */
static struct lease lease_with(int ttl_ms, int heartbeat_ms, int retries, int timeout_ms,
			       int retry_after_ms)
{
	struct lease lease = lease_of_worker(ttl_ms, heartbeat_ms ? heartbeat_ms : ttl_ms, retries);

	lease_take_habits(&lease, timeout_ms, retry_after_ms);
	return lease;
}

static int given_or(int given, int otherwise)
{
	return given ? given : otherwise;
}

/* What is given by itself replaces what a preset says. */
static struct lease lease_of(const struct options *options)
{
	static const struct lock_preset none;
	const struct lock_preset *preset = options->preset ? options->preset : &none;
	const int *ms = options->ms;

	return lease_with(given_or(ms[LENGTH_TTL], preset->ttl_s * 1000),
			  given_or(ms[LENGTH_HEARTBEAT], preset->heartbeat_ms),
			  given_or((int)options->retries, preset->retries),
			  given_or(ms[LENGTH_TIMEOUT], preset->renew_timeout_ms),
			  given_or(ms[LENGTH_RETRY_AFTER], preset->retry_after_ms));
}

/* All but the lease, which the caller fills. */
static struct situation situation_of(const struct question *question)
{
	const struct options *options = question->options;

	return (struct situation){
		.delay_s = options->ms[LENGTH_DELAY] / 1e3,
		.election_s = options->ms[LENGTH_ELECTION] / 1e3,
		.work_min_s = options->work.low,
		.work_max_s = options->work.high,
		.work_waits = options->waiting,
		.check_s = options->ms[LENGTH_CHECK_TO_WRITE] / 1e3,
		.rest_s = options->ms[LENGTH_REST] / 1e3,
		.workers = (int)options->workers,
		.locks = (int)options->locks,
		.cut_s = options->ms[LENGTH_CUT] / 1e3,
		.pauses = question->pauses,
		.pauses_per_hour = (double)options->per_hour,
	};
}

struct answer {
	const char *name;
	const struct situation *situation;
	const struct calibration *run; /* NULL: of no run */
	struct prediction prediction;
};

static void print_head(const char *name, const struct situation *situation)
{
	_cleanup_free_ char *head = text_format(
		"%s%sTTL %.4g s, heartbeat %.4g s, %d failed renewals give up; work %.4g .. %.4g "
		"s, rest "
		"%.4g s; workers %d, locks %d; one way %.4g ms, election time-out %.4g s",
		name, *name ? ": " : "", (double)situation->lease.ttl_ns / 1e9,
		(double)situation->lease.heartbeat_ns / 1e9, situation->lease.retries,
		situation->work_min_s, situation->work_max_s, situation->rest_s, situation->workers,
		situation->locks, situation->delay_s * 1e3, situation->election_s);

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

	print_head(answer->name, answer->situation);
	for (int i = 0; i < PREDICTIONS_COUNT; i++)
		print_figure(answer, i);
	for (int i = 0; i < GUARDS_COUNT && prediction->harm_is_known; i++)
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
	cJSON *guards = cJSON_AddObjectToObject(object, "per_pause");

	for (int i = 0; i < GUARDS_COUNT && prediction->harm_is_known; i++) {
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

/* Our workers wait for their work to be over. */
static struct situation situation_of_arm(const struct question *question,
					 const struct campaign *campaign, const struct arm *arm)
{
	struct situation situation = situation_of(question);

	situation.lease = lease_with(arm->ttl_s * 1000, arm->heartbeat_ms, arm->retries,
				     arm->renew_timeout_ms, arm->retry_after_ms);
	situation.election_s = campaign->cluster.election_ms / 1e3;
	situation.work_min_s = (arm->work_min_ms > 0 ? arm->work_min_ms : 1) / 1e3;
	situation.work_max_s = (arm->work_max_ms > 0 ? arm->work_max_ms : 1) / 1e3;
	situation.work_waits = true;
	situation.rest_s = arm->rest_max_ms / 2e3;
	situation.workers = arm->workers;
	situation.locks = arm->lanes;
	return situation;
}

static int answer_campaign(const struct question *question, struct error *err)
{
	_cleanup_free_ struct campaign *campaign = calloc(1, sizeof(*campaign));
	char path[PATH_MAX];

	CHECK_MEMORY(campaign);
	if (library_find(question->options->campaign, path, sizeof(path), err) ||
	    campaign_load(path, campaign, err) || campaign_validate(campaign, err))
		return -1;
	for (int i = 0; i < campaign->arms; i++) {
		struct situation situation =
			situation_of_arm(question, campaign, &campaign->arm[i]);

		answer(question, campaign->arm[i].name, &situation, NULL);
	}
	return 0;
}

static int answer_arms_of_run(const struct question *question, const struct history *history,
			      struct error *err)
{
	for (int arm = 0; arm < history->arms; arm++) {
		struct calibration run;

		if (calibrate(history, arm, &run, err))
			return -1;
		if (question->pauses)
			run.situation.pauses = question->pauses;
		run.situation.pauses_per_hour = (double)question->options->per_hour;
		run.situation.cut_s = question->options->ms[LENGTH_CUT] / 1e3;
		answer(question, history->arm[arm].name, &run.situation, &run);
		calibration_free(&run);
	}
	return 0;
}

static int answer_run(const struct question *question, struct error *err)
{
	char path[PATH_MAX], folder[PATH_MAX];
	struct history history;

	if (cli_find_history(question->options->from, path, sizeof(path), folder, sizeof(folder),
			     err) ||
	    history_open(path, &history, err))
		return -1;
	int failed = answer_arms_of_run(question, &history, err);

	history_close(&history);
	return failed;
}

static int answer_all(const struct question *question, struct error *err)
{
	const struct options *options = question->options;
	bool whole = options->preset ||
		     (options->ms[LENGTH_TTL] && options->ms[LENGTH_HEARTBEAT] && options->retries);
	bool part = options->preset || options->ms[LENGTH_TTL] || options->ms[LENGTH_HEARTBEAT] ||
		    options->retries;

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
	if (!whole)
		return error_set(err, EXIT_BAD_USAGE,
				 "--ttl, --heartbeat and --retries are wanted, or --preset, or a "
				 "campaign");
	struct situation situation = situation_of(question);

	situation.lease = lease_of(options);
	answer(question, options->preset ? options->preset->name : "", &situation, NULL);
	return 0;
}

static int run(const struct options *options, struct error *err)
{
	struct pause_profile pauses = {0};
	struct question question = {.options = options};

	if (options->pause && pauses_parse(options->pause, &pauses, err))
		return -1;
	question.pauses = options->pause ? &pauses : NULL;
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
#define X(name, option, standard, means) {option, LENGTH_KEY + LENGTH_##name, "TIME", 0, means, 0},
		LENGTHS(X)
#undef X
			{"retries", RETRIES, "N", 0,
			 "failed renewals in a row after which the holder gives up", 0},
		{"work", WORK, "TIME[..TIME]", 0, "between read and write (default: 1s)", 0},
		{"waiting", WAITING, 0, 0,
		 "the work waits for others, so that it goes on while its worker is stopped", 0},
		{"workers", WORKERS, "N", 0, "who contend for each lock (default: 3)", 0},
		{"locks", LOCKS, "N", 0, "how many there are (default: 1)", 0},
		{"pause", PAUSE, "LENGTHS", 0,
		 "how long holders stand still: 2s, 1s..5s, lognormal:MEDIAN:P99, @FILE, or a name "
		 "of `fencepost help pauses`",
		 0},
		{"per-hour", PER_HOUR, "N", 0, "pauses of each holder (default: 1)", 0},
		{"preset", PRESET, "NAME", 0,
		 "the times of a real system's lock (fencepost presets); what is given beside it "
		 "replaces it",
		 0},
		{"from", FROM, "RUN", 0,
		 "on the times of a recorded run, and what was measured in it beside", 0},
		{"json", 'j', 0, 0, "the figures as JSON", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "[CAMPAIGN]",
		.doc = "Says what settings of a lock will do, or those of each arm of a campaign: "
		       "what "
		       "they outlive, how often pauses cost the lock, which writes go wrong behind "
		       "each guard, how long failover takes, what the service is asked for. Runs "
		       "nothing. `fencepost help predictions` lists the figures with their "
		       "formulas."};
	struct options options = {
		.ms =
			{
#define X(name, option, standard, means) [LENGTH_##name] = (standard),
				LENGTHS(X)
#undef X
			},
		.workers = 3,
		.locks = 1,
		.per_hour = 1,
		.work = {.low = 1, .high = 1},
	};
	struct error err = {0};

	cli_parse(&argp, argc, argv, &options);
	return run(&options, &err) ? cli_fail(&err) : EXIT_AS_EXPECTED;
}
