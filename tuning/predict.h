/*
 * What settings will do, before anything runs. Each figure is a row: its name, unit, words and
 * formula; tuning/README.md derives them. Seconds throughout.
 */
#ifndef TUNING_PREDICT_H
#define TUNING_PREDICT_H

#include "history/guard.h"
#include "tuning/lease_times.h"
#include "tuning/pauses.h"

struct situation {
	struct lease lease;
	double delay_s;                /* one way between client, service and resource */
	double election_s;             /* the service's election time-out */
	double interval_s;             /* its heartbeat interval; 0: not told */
	double work_min_s, work_max_s; /* between read and write, drawn evenly; > 0 */
	bool work_waits; /* what is left of it goes by in a pause; else it is still to do */
	bool heedless;   /* it writes although it has heard that its lock is lost */
	double check_s;  /* from a look at the deadline to the sending of the write */
	double rest_s; /* after a release, before the next attempt is on its way, on the average */
	/* Of a hold beside its work, from the asking for its release until the next one knows that
	 * it holds, and of an attempt before it can wait; 0: as many delays as our recipe needs. */
	double overhead_s, handover_s, opening_s;
	int workers; /* who contend for each lock */
	int locks;
	double cut_s; /* a cut of the holder from the service; 0: none is asked about */
	const struct pause_profile *pauses; /* of holders; NULL: none is asked about */
	double pauses_per_hour;             /* of each holder */
};

/* X(name in code, name, unit, what it is, formula). Symbols as in tuning/README.md. */
#define PREDICTIONS(X)                                                                             \
	X(OUTLIVES_PAUSE, "outlives-pause", "s", "a pause that is surely outlived", "T - h")       \
	X(OUTLIVES_CUT, "outlives-cut", "s", "a cut that is surely outlived", "(K - 1) p")         \
	X(GIVES_UP, "gives-up", "s", "a cut-off holder stops after", "h + (n - 1) p + q")          \
	X(LOSS_PER_PAUSE, "loss-per-pause", "", "the lock is lost, of pauses of its holder",       \
	  "1/h x integral of S over T - h .. T")                                                   \
	X(LOSSES_PER_HOUR, "losses-per-hour", "/h", "locks lost by pauses, of all locks",          \
	  "locks x pauses/h x loss-per-pause")                                                     \
	X(LOSS_PER_CUT, "loss-per-cut", "", "the lock is lost or given up, in such a cut",         \
	  "(C - (K - 1) p) / h, in 0 .. 1")                                                        \
	X(TWO_HOLD, "two-hold", "s", "and so long two hold it, on the average",                    \
	  "E max(0, min(G, a + C) - (T + U + 2 d))")                                               \
	X(FAILOVER_LEAST, "failover.least", "s", "failover: dead until the next holds it",         \
	  "T - h + 2 d")                                                                           \
	X(FAILOVER_MEAN, "failover.mean", "s", "failover: on the average", "T - h/2 + s/2 + 2 d")  \
	X(FAILOVER_P50, "failover.p50", "s", "failover: half are sooner", "T - h/2 + s/2 + 2 d")   \
	X(FAILOVER_P99, "failover.p99", "s", "failover: 99 of 100 are sooner",                     \
	  "of T - a + U + 2 d")                                                                    \
	X(FAILOVER_MOST, "failover.most", "s", "failover: at the latest", "T + s + 2 d")           \
	X(LEAST_TTL, "least-ttl", "s", "the least TTL that etcd grants",                           \
	  "3/2 e, in whole seconds")                                                               \
	X(NO_LEADER, "no-leader", "s",                                                             \
	  "etcd without a leader after it lost one, if no vote is split, at the most", "2 e")      \
	X(REFILL, "refill", "s", "so long a life the next leader gives to each lease", "T + e")    \
	X(CHANGE_LEAST, "change.least", "s", "with a change of leader meanwhile: at the soonest",  \
	  "T + 2 e + d")                                                                           \
	X(CHANGE_MEAN, "change.mean", "s", "with a change of leader: on the average",              \
	  "(T - h/2)/2 + T + 5/2 e + s/2 + d")                                                     \
	X(CHANGE_P50, "change.p50", "s", "with a change of leader: half are sooner",               \
	  "of u + L + T + e + U + d")                                                              \
	X(CHANGE_P99, "change.p99", "s", "with a change of leader: 99 of 100 are sooner",          \
	  "of u + L + T + e + U + d")                                                              \
	X(CHANGE_MOST, "change.most", "s", "with a change of leader: at the latest",               \
	  "2 T + 3 e + s + d")                                                                     \
	X(RENEWALS, "renewals", "/s", "renewals, of who holds or waits", "locks x Q / h")          \
	X(CYCLES, "cycles", "/s", "lock cycles of all locks", "locks x X")                         \
	X(PROPOSALS, "proposals", "/s", "what goes through its log", "4 x cycles")                 \
	X(WAIT, "wait", "s", "a worker waits for its lock, on the average", "R - H")

enum prediction_name {
#define X(name, word, unit, sentence, formula) PREDICT_##name,
	PREDICTIONS(X)
#undef X
		PREDICTIONS_COUNT
};

struct prediction_row {
	const char *word, *unit, *sentence, *formula;
};

extern const struct prediction_row prediction_rows[PREDICTIONS_COUNT];

/* Per pause of a holder, at any moment of its hold: writes that land after a later holder's, and
 * after a later holder began but before its write; an update is lost by either. */
struct predicted_harm {
	double stale, late;
};

struct prediction {
	double value[PREDICTIONS_COUNT];          /* NAN: was not asked about */
	bool harm_is_known;                       /* pauses were asked about */
	struct predicted_harm harm[GUARDS_RIGHT]; /* that the guard lets happen */
};

void predict(const struct situation *situation, struct prediction *prediction);

#endif
