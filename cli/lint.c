/* `fencepost lint`: are TTL, heartbeat and retries sound? Nothing is run. */
#include <argp.h>
#include <limits.h>
#include <stdlib.h>

#include "base/invariant.h"
#include "campaign/duration.h"
#include "campaign/library.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/lint_text.h"
#include "reports/json_whole.h"

enum { RETRIES_MOST = 1000 };

/* X(name in code, option, argument, field, help): lengths of time. */
#define LENGTHS(X)                                                                                 \
	X(TTL, "ttl", ttl_ms, "of the lease")                                                      \
	X(HEARTBEAT, "heartbeat", heartbeat_ms, "between two renewals; 0s: there are none")        \
	X(TIMEOUT, "timeout", timeout_ms,                                                          \
	  "for which a renewal is waited for (default: the heartbeat, at least 100ms)")            \
	X(RETRY_AFTER, "retry-after", retry_after_ms,                                              \
	  "from a renewal that fails to the next, at the least (default: 0s, at once)")            \
	X(STOP, "stop", stop_ms, "from knowing that the lease is lost to having stopped")          \
	X(WORK, "work", work_ms, "the longest work under the lock")                                \
	X(RENEW_DEADLINE, "renew-deadline", renew_deadline_ms,                                     \
	  "client-go's; --ttl is its LeaseDuration, --heartbeat its RetryPeriod")                  \
	X(LOOP_WAIT, "loop-wait", loop_wait_ms, "Patroni's, in place of --heartbeat")              \
	X(RETRY_TIMEOUT, "retry-timeout", retry_timeout_ms, "Patroni's, in place of --retries")    \
	X(ELECTION, "election", election_ms, "etcd's election time-out")                           \
	X(INTERVAL, "heartbeat-interval", interval_ms, "etcd's own, of its leader to the others")  \
	X(RTT, "rtt", rtt_ms, "a round trip between etcd's members")                               \
	X(FSYNC, "fsync", fsync_ms, "a sync of etcd's log, the 99th percentile")

enum {
	RETRIES = 0x100,
	DEADLINE,
	GUARD,
	RELEASE,
	PAUSES,
	PRESET,
#define X(name, ...) name,
	LENGTHS(X)
#undef X
};

struct options {
	const char *campaign, *pauses;
	const struct lock_preset *preset;
	uint64_t given; /* by option, from RETRIES on */
#define X(name, option, field, help) int field;
	LENGTHS(X)
#undef X
	int retries;
	enum lease_end ends;
	enum guard guard;
	bool json;
};

static bool is_given(const struct options *options, int key)
{
	return options->given >> (key - RETRIES) & 1;
}

/* In milliseconds. */
static int take_length(struct argp_state *state, int key, const char *option, const char *argument)
{
	int ms;

	if (!duration_parse_ms(argument, &ms) ||
	    (ms == 0 && key != HEARTBEAT && key != STOP && key != RETRY_AFTER))
		argp_error(state, "--%s %.40s: a length of time is wanted, such as 300ms or 2s",
			   option, argument);
	return ms;
}

static const struct lock_preset *take_preset(struct argp_state *state, const char *argument)
{
	return &lock_presets[cli_choose(state, "preset", lock_preset_names + 1, argument)];
}

static int take_retries(struct argp_state *state, const char *argument)
{
	long retries = cli_parse_number(state, "retries", argument);

	if (retries > RETRIES_MOST)
		argp_error(state, "--retries %.40s: at most %d", argument, RETRIES_MOST);
	return (int)retries;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct options *options = state->input;

	if (key >= RETRIES && key <= FSYNC)
		options->given |= UINT64_C(1) << (key - RETRIES);
	switch (key) {
#define X(name, option, field, help)                                                               \
	case name:                                                                                 \
		options->field = take_length(state, key, option, argument);                        \
		return 0;
		LENGTHS(X)
#undef X
	case RETRIES:
		options->retries = take_retries(state, argument);
		return 0;
	case DEADLINE:
		options->ends =
			(enum lease_end)cli_choose(state, "deadline", lease_end_words, argument);
		return 0;
	case GUARD:
		options->guard = (enum guard)cli_choose(state, "guard", guard_names, argument);
		return 0;
	case RELEASE:
		return 0;
	case PAUSES:
		options->pauses = cli_take_text(state, "pause", argument);
		return 0;
	case PRESET:
		options->preset = take_preset(state, argument);
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

/* Patroni tries each of two steps of a renewal for a retry_timeout. */
static void take_loop(const struct options *options, struct stated *stated)
{
	stated->heartbeat_ms = options->loop_wait_ms;
	stated->timeout_ms = options->retry_timeout_ms;
	stated->retries = 2;
	stated->retry_after_ms = 0;
	stated->renew_deadline_ms = 0;
	stated->loops = true;
}

/* client-go tries once each RetryPeriod, for a RenewDeadline. */
static void take_renew_deadline(const struct options *options, struct stated *stated)
{
	int period_ms = stated->heartbeat_ms;

	stated->not_etcd = true;
	if (!is_given(options, TIMEOUT))
		stated->timeout_ms = period_ms;
	if (!is_given(options, RETRY_AFTER))
		stated->retry_after_ms = period_ms;
	if (!is_given(options, RETRIES) && period_ms > 0)
		stated->retries = stated->renew_deadline_ms / period_ms ?: 1;
}

/* What is given by itself replaces what a preset says. */
static struct stated state(const struct options *options)
{
	struct stated stated =
		options->preset ? stated_of_preset(options->preset) : (struct stated){0};
	struct {
		int key, *into, ms;
	} lengths[] = {
		{TTL, &stated.ttl_ms, options->ttl_ms},
		{HEARTBEAT, &stated.heartbeat_ms, options->heartbeat_ms},
		{RETRIES, &stated.retries, options->retries},
		{TIMEOUT, &stated.timeout_ms, options->timeout_ms},
		{RETRY_AFTER, &stated.retry_after_ms, options->retry_after_ms},
		{STOP, &stated.stop_ms, options->stop_ms},
		{WORK, &stated.work_ms, options->work_ms},
		{RENEW_DEADLINE, &stated.renew_deadline_ms, options->renew_deadline_ms},
		{ELECTION, &stated.election_ms, options->election_ms},
		{INTERVAL, &stated.interval_ms, options->interval_ms},
		{RTT, &stated.rtt_ms, options->rtt_ms},
		{FSYNC, &stated.fsync_ms, options->fsync_ms},
	};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if (is_given(options, lengths[i].key))
			*lengths[i].into = lengths[i].ms;
	if (is_given(options, DEADLINE))
		stated.ends = options->ends;
	if (is_given(options, GUARD))
		stated.guard = &guard_kinds[options->guard];
	stated.releases |= is_given(options, RELEASE);
	if (is_given(options, LOOP_WAIT))
		take_loop(options, &stated);
	if (is_given(options, RENEW_DEADLINE))
		take_renew_deadline(options, &stated);
	if (!stated.retries && is_given(options, HEARTBEAT) && stated.heartbeat_ms == 0)
		stated.retries = 1; /* of renewals that are not there */
	return stated;
}

static int judge_campaign(const struct options *options, const struct stated *around, cJSON *all,
			  int *complaints, struct error *err)
{
	struct campaign *campaign = calloc(1, sizeof(*campaign));
	char path[PATH_MAX];

	CHECK_MEMORY(campaign);
	int failed = library_find(options->campaign, path, sizeof(path), err) ||
		     campaign_load(path, campaign, err) || campaign_validate(campaign, err);

	for (int i = 0; i < campaign->arms && !failed; i++) {
		struct stated stated = *around;

		lint_take_arm(campaign, &campaign->arm[i], &stated);
		*complaints += lint_say(campaign->arm[i].name, &stated, all);
	}
	free(campaign);
	return failed ? -1 : 0;
}

/* Beside a campaign only what that does not say. */
static bool is_around(const struct options *options)
{
	static const int around[] = {STOP, RTT, FSYNC, PAUSES, DEADLINE};
	uint64_t allowed = 0;

	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++)
		allowed |= UINT64_C(1) << (around[i] - RETRIES);
	return (options->given & ~allowed) == 0;
}

static bool is_whole(const struct options *options, const struct stated *stated)
{
	bool renews = options->preset || is_given(options, HEARTBEAT) ||
		      (is_given(options, LOOP_WAIT) && is_given(options, RETRY_TIMEOUT));

	return stated->ttl_ms && stated->retries && renews;
}

static int judge(const struct options *options, const struct stated *stated, cJSON *all,
		 int *complaints, struct error *err)
{
	if (options->campaign && !is_around(options))
		return error_set(err, EXIT_BAD_USAGE,
				 "a campaign says its own settings: give %.200s or --ttl, "
				 "--heartbeat and --retries",
				 options->campaign);
	if (options->campaign)
		return judge_campaign(options, stated, all, complaints, err);
	if (!is_whole(options, stated))
		return error_set(err, EXIT_BAD_USAGE,
				 "--ttl, --heartbeat and --retries are wanted, or --preset, or a "
				 "campaign");
	*complaints += lint_say(options->preset ? options->preset->name : "", stated, all);
	return 0;
}

static int lint(const struct options *options, cJSON *all, int *complaints, struct error *err)
{
	struct stated stated = state(options);
	struct pause_profile pauses;

	if (!options->pauses)
		return judge(options, &stated, all, complaints, err);
	if (pauses_parse(options->pauses, &pauses, err))
		return -1;
	stated.pauses = &pauses;
	int failed = judge(options, &stated, all, complaints, err);

	pauses_free(&pauses);
	return failed;
}

int command_lint(int argc, char **argv)
{
	static const struct argp_option known[] = {
		{"preset", PRESET, "NAME", 0,
		 "the times of a real system's lock (fencepost presets); what is given beside it "
		 "replaces them",
		 0},
#define X(name, option, field, help) {option, name, "TIME", 0, help, 0},
		LENGTHS(X)
#undef X
			{"retries", RETRIES, "N", 0,
			 "failed renewals in a row after which the holder gives up", 0},
		{"deadline", DEADLINE, "HOW", 0,
		 "how the holder finds out that its lease is over: failures, sending, receipt, "
		 "wall-clock, never",
		 0},
		{"guard", GUARD, "GUARD", 0, "at the resource (fencepost help guards)", 0},
		{"release-on-cancel", RELEASE, 0, 0, "client-go's ReleaseOnCancel", 0},
		{"pause", PAUSES, "PROFILE", 0,
		 "of the holder: a length, a range 1s..3s, lognormal:MEDIAN:P99, a name, @FILE", 0},
		{"json", 'j', 0, 0, "the findings as JSON", 0},
		{0},
	};
	struct argp argp = {
		.options = known,
		.parser = parse,
		.args_doc = "[CAMPAIGN]",
		.doc = "Judges settings of a lock without running anything: those of each arm of a "
		       "campaign, of a preset, or --ttl, --heartbeat and --retries. Says what they "
		       "outlive and what failover they cost, what is wrong and why (fencepost help "
		       "lint-rules), when two hold at once, the smallest change that mends it and "
		       "its price. Ends with 1 when something is wrong."};
	struct options options = {0};
	struct error err = {0};
	int complaints = 0;

	cli_parse(&argp, argc, argv, &options);
	cJSON *all = options.json ? cJSON_CreateArray() : NULL;

	if (lint(&options, all, &complaints, &err)) {
		cJSON_Delete(all);
		return cli_fail(&err);
	}
	if (all && json_print_whole(all, stdout, &err))
		return cli_fail(&err);
	return complaints ? EXIT_VIOLATION : EXIT_AS_EXPECTED;
}
