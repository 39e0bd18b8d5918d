#include "cli/situation.h"

#include <limits.h>

#include "campaign/library.h"
#include "cli/common.h"

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
	HEEDS,
	WORKERS,
	LOCKS,
	PAUSE,
	PER_HOUR,
	PRESET
};

const struct situation_options situation_standard = {
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
	struct situation_options *options = state->input;

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
	case HEEDS:
		options->heeds = true;
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
	case PER_HOUR:
		options->per_hour = cli_parse_number(state, "per-hour", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option known[] = {
#define X(name, option, standard, means) {option, LENGTH_KEY + LENGTH_##name, "TIME", 0, means, 0},
	LENGTHS(X)
#undef X
		{"retries", RETRIES, "N", 0,
		 "failed renewals in a row after which the holder gives up", 0},
	{"preset", PRESET, "NAME", 0,
	 "the times of a real system's lock (fencepost presets); what is given beside it replaces "
	 "it",
	 0},
	{"work", WORK, "TIME[..TIME]", 0, "between read and write (default: 1s)", 0},
	{"waiting", WAITING, 0, 0,
	 "the work waits for others, so that it goes on while its worker is stopped", 0},
	{"heeds", HEEDS, 0, 0,
	 "who has heard that its lock is lost writes no more (default: nobody is taken to look)",
	 0},
	{"workers", WORKERS, "N", 0, "who contend for each lock (default: 3)", 0},
	{"locks", LOCKS, "N", 0, "how many there are (default: 1)", 0},
	{"pause", PAUSE, "LENGTHS", 0,
	 "how long holders stand still: 2s, 1s..5s, lognormal:MEDIAN:P99, @FILE, or a name "
	 "of `fencepost help pauses`",
	 0},
	{"per-hour", PER_HOUR, "N", 0, "pauses of each holder (default: 1)", 0},
	{0},
};

static const struct argp situation_argp = {.options = known, .parser = parse};

const struct argp_child cli_situation[] = {{&situation_argp, 0, NULL, 0}, {0}};

bool situation_is_told(const struct situation_options *options)
{
	return options->ms[LENGTH_TTL] || options->ms[LENGTH_HEARTBEAT] || options->retries ||
	       options->preset;
}

bool situation_is_whole(const struct situation_options *options)
{
	return options->preset ||
	       (options->ms[LENGTH_TTL] && options->ms[LENGTH_HEARTBEAT] && options->retries);
}

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
static struct lease lease_of(const struct situation_options *options)
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

struct etcd_times situation_etcd(const struct situation_options *options,
				 const struct campaign *campaign)
{
	static const struct cluster_options unknown;
	const struct cluster_options *cluster =
		campaign && !campaign->cluster.endpoints ? &campaign->cluster : &unknown;
	int election_ms = given_or(options->ms[LENGTH_ELECTION],
				   given_or(cluster->election_ms, ETCD_ELECTION_MS));

	return (struct etcd_times){
		.election_ms = election_ms,
		.interval_ms = given_or(
			options->ms[LENGTH_INTERVAL],
			given_or(cluster->heartbeat_ms, election_ms / ETCD_INTERVALS ?: 1)),
	};
}

static void take_etcd(const struct etcd_times *etcd, struct situation *situation)
{
	int64_t least_ns =
		lease_least_ttl_ns(etcd->election_ms * NS_PER_MS, etcd->interval_ms * NS_PER_MS);

	situation->election_s = etcd->election_ms / 1e3;
	situation->interval_s = etcd->interval_ms / 1e3;
	if (situation->lease.ttl_ns < least_ns)
		situation->lease.ttl_ns = least_ns;
}

struct situation situation_of_options(const struct situation_options *options,
				      const struct pause_profile *pauses)
{
	struct etcd_times etcd = situation_etcd(options, NULL);
	struct situation situation = {
		.lease = lease_of(options),
		.delay_s = options->ms[LENGTH_DELAY] / 1e3,
		.work_min_s = options->work.low,
		.work_max_s = options->work.high,
		.work_waits = options->waiting,
		.heedless = !options->heeds,
		.check_s = options->ms[LENGTH_CHECK_TO_WRITE] / 1e3,
		.rest_s = options->ms[LENGTH_REST] / 1e3,
		.workers = (int)options->workers,
		.locks = (int)options->locks,
		.cut_s = options->ms[LENGTH_CUT] / 1e3,
		.pauses = pauses,
		.pauses_per_hour = (double)options->per_hour,
	};

	take_etcd(&etcd, &situation);
	return situation;
}

struct situation situation_of_arm(const struct situation_options *options,
				  const struct pause_profile *pauses,
				  const struct campaign *campaign, const struct arm *arm)
{
	struct situation situation = situation_of_options(options, pauses);
	struct etcd_times etcd = situation_etcd(options, campaign);

	situation.lease = lease_with(arm->ttl_s * 1000, arm->heartbeat_ms, arm->retries,
				     arm->renew_timeout_ms, arm->retry_after_ms);
	take_etcd(&etcd, &situation);
	situation.work_min_s = (arm->work_min_ms > 0 ? arm->work_min_ms : 1) / 1e3;
	situation.work_max_s = (arm->work_max_ms > 0 ? arm->work_max_ms : 1) / 1e3;
	situation.work_waits = true;
	situation.heedless = false;
	situation.rest_s = arm->rest_max_ms / 2e3;
	situation.workers = arm->workers;
	situation.locks = arm->lanes;
	return situation;
}

/* The arithmetic is of one holder and of who waits for it. */
static int refuse_shared(const struct campaign *campaign, struct error *err)
{
	for (int i = 0; i < campaign->arms; i++)
		if (recipe_sharing(campaign->arm[i].recipe) != SHARING_MUTEX)
			return error_set(err, EXIT_BAD_USAGE,
					 "arm %s: recipe = %s: what is reckoned here is a lock "
					 "that one worker holds at a time",
					 campaign->arm[i].name,
					 recipe_names[campaign->arm[i].recipe]);
	return 0;
}

int situation_load(const char *name, struct campaign *campaign, struct error *err)
{
	char path[PATH_MAX];

	return library_find(name, path, sizeof(path), err) || campaign_load(path, campaign, err) ||
			       campaign_validate(campaign, err) || refuse_shared(campaign, err)
		       ? -1
		       : 0;
}
