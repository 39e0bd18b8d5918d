/*
 * A lock's life, played: what etcd and our workers do (workloads/worker), event by event on a clock
 * of its own, under pauses and cuts of holders, deaths and changes of leader. The same seed, the
 * same run, to the nanosecond. README.md tells the model.
 */
#ifndef TUNING_SIMULATION_SIMULATE_H
#define TUNING_SIMULATION_SIMULATE_H

#include "tuning/predict.h"
#include "tuning/simulation/spread.h"

struct scenario {
	struct situation situation; /* pauses NULL: none; cut_s 0: none */
	enum guard guard;
	double cuts_per_hour, deaths_per_hour; /* of each holder */
	double changes_per_hour;               /* of the service's leader */
	int64_t length_ns; /* nothing begins later, and nobody is struck; what began is ended */
	uint64_t seed;
	bool plays_all; /* every renewal, every cycle: it comes to the same, and takes longer */
};

/* What is counted: X(name in code, name in words, what it is). */
#define COUNTS(X)                                                                                  \
	X(HOLDS, "holds", "acquires that were answered ok")                                        \
	X(RENEWALS, "renewals", "renewals that were sent")                                         \
	X(WRITES, "writes", "writes that the store applied")                                       \
	X(REFUSED, "refused", "requests that the guard refused")                                   \
	X(LOST, "lost", "holders whose lease ended without their asking")                          \
	X(PAUSES, "pauses", "pauses of a holder")                                                  \
	X(PAUSE_LOSSES, "lost-to-pauses", "of these, its lease was over when it woke")             \
	X(CUTS, "cuts", "cuts of a holder from the service")                                       \
	X(CUT_LOSSES, "lost-to-cuts", "of these, the lock was lost or given up")                   \
	X(DEATHS, "deaths", "holders that died")                                                   \
	X(CHANGES, "changes", "changes of the leader")                                             \
	X(OVERLAPS, "overlap", "holds that began while another worker believed that it held")      \
	X(STALE_WRITES, "stale-write", "writes after a later holder's write")                      \
	X(LATE_WRITES, "late-write", "writes after a later holder's read")                         \
	X(LOST_UPDATES, "lost-update", "writes over what the writer had never read")

enum count {
#define X(name, word, sentence) COUNT_##name,
	COUNTS(X)
#undef X
		COUNTS_COUNT
};

struct count_row {
	const char *word, *sentence;
};

extern const struct count_row count_rows[COUNTS_COUNT];

struct played {
	int64_t count[COUNTS_COUNT];
	double waited_s;        /* for the lock, all acquires together */
	double two_held_s;      /* two or more believed that they held a lock; of all locks */
	struct spread failover; /* a holder's death until the next holds, if one waited */
	struct spread failover_change; /* the same, the leader changed meanwhile */
};

struct record;

/* All locks of the scenario, one after the other. The caller frees with played_close. */
void simulate(const struct scenario *scenario, struct played *played);
void played_close(struct played *played);

/* All locks of all scenarios side by side, on one service, each event into the record (record.h).
 * They have the same length, seed and election time-out. `played`: one each, each to be closed. */
void simulate_recorded(const struct scenario *scenario, int scenarios, struct record *record,
		       struct played *played);

#endif
