/* The settings of a lock on the command line, as `predict` and `simulate` take them. */
#ifndef CLI_SITUATION_H
#define CLI_SITUATION_H

#include <argp.h>

#include "campaign/campaign.h"
#include "campaign/duration.h"
#include "campaign/lock_presets.h"
#include "tuning/predict.h"

/* Lengths of time: X(name in code, option, default in ms; 0: none, what it is). */
#define LENGTHS(X)                                                                                 \
	X(TTL, "ttl", 0, "of the lease")                                                           \
	X(HEARTBEAT, "heartbeat", 0, "between two renewals")                                       \
	X(TIMEOUT, "timeout", 0, "for which a renewal is waited for (default: the heartbeat)")     \
	X(RETRY_AFTER, "retry-after", 0, "at least, from a renewal that fails to the next")        \
	X(ELECTION, "election", 0, "etcd's election time-out (default: the campaign's; 1s)")       \
	X(INTERVAL, "heartbeat-interval", 0,                                                       \
	  "etcd's own (default: the campaign's; a tenth of its election time-out)")                \
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

struct situation_options {
	int ms[LENGTHS_COUNT];
	long retries, workers, locks, per_hour;
	struct span work;
	bool waiting, heeds;
	const char *pause;                /* NULL: none */
	const struct lock_preset *preset; /* NULL: none */
};

extern const struct situation_options situation_standard;

/* For a subcommand's argp.children; its parser sets state->child_inputs[CLI_SITUATION] to a
 * struct situation_options at ARGP_KEY_INIT. cli_parse puts its own --help before it. */
enum { CLI_SITUATION = 1 };
extern const struct argp_child cli_situation[];

/* Are --ttl, --heartbeat, --retries or --preset given? And enough of them? */
bool situation_is_told(const struct situation_options *options);
bool situation_is_whole(const struct situation_options *options);

/* etcd's own times: what is told, else the campaign's (NULL: there is none; of a cluster that runs
 * already they are not known), else as etcd itself has them. */
struct etcd_times {
	int election_ms, interval_ms;
};
struct etcd_times situation_etcd(const struct situation_options *options,
				 const struct campaign *campaign);

/* Its TTL is as etcd would grant it. `pauses`: NULL, or borrowed. */
struct situation situation_of_options(const struct situation_options *options,
				      const struct pause_profile *pauses);
/* The arm's own; of the options what a campaign does not say. Our workers wait for their
 * work, and write no more once they have heard of a loss. */
struct situation situation_of_arm(const struct situation_options *options,
				  const struct pause_profile *pauses,
				  const struct campaign *campaign, const struct arm *arm);

/* By a file's name or one of those that came with it. One with a lock that several may hold is
 * refused. */
int situation_load(const char *name, struct campaign *campaign, struct error *err);

#endif
