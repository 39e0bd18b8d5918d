/*
 * Single events behind the measures of a verdict: failovers, and the times in which nobody got a
 * lock; and what came of the occasions. Found by the checker, kept in the history, told by reports.
 */
#ifndef HISTORY_EPISODES_H
#define HISTORY_EPISODES_H

#include "history/reader.h"

struct verdicts;

/*
 * A hold that a bitten fault ended unasked. It is taken when somebody held that lock again; that
 * says how long a failover takes only if somebody tried all the time since the lease was gone.
 */
#define FAILOVER_ENDS(X)                                                                           \
	X(TAKEN, "taken")       /* at to_ns */                                                     \
	X(UNWANTED, "unwanted") /* for some of the time nobody tried: no failover is measured */   \
	X(CUT_OFF, "cut-off")   /* the run ended before anybody held it: longer than was seen */

enum failover_end {
#define X(name, text) FAILOVER_##name,
	FAILOVER_ENDS(X)
#undef X
		FAILOVER_ENDS_COUNT
};

enum led { LED_UNKNOWN = -1, LED_ON, LED_ANEW }; /* did the service's leader change meanwhile? */

struct failover_row {
	int arm, lane;
	const struct fault_row *fault; /* the history's; it began when the hold was believed */
	int64_t attempt;               /* whose hold it ended */
	int64_t to_ns;                 /* of a taken one; else NEVER_NS */
	enum failover_end end;
	enum led led; /* from the fault's begin until to_ns */
};

/* A time in which at every instant somebody of the lane tried and nobody acquired, whoever held it.
 * Of each arm those of at least half a TTL, and of these the longest. */
struct gap {
	int arm, lane;
	int64_t from_ns, to_ns;
};

/* Exposures (of a guarded arm: tests of its guard) of one occasion, that is one entry of the
 * schedule, may all go wrong for one reason. So the occasion is the unit. */
struct by_occasion {
	int64_t occasions, harmed;      /* that had any; that had one that went wrong */
	double harmed_low, harmed_high; /* 95 % interval of their share */
	double rate_low, rate_high;     /* of judgement.rate; NAN without any */
};

/* Steps of verdicts_store, verdicts_load, verdicts_free. The tables are made where they lack. */
int episodes_store(sqlite3 *db, const struct verdicts *verdicts, struct error *err);
int episodes_load(const struct history *history, struct verdicts *verdicts, struct error *err);
void episodes_free(struct verdicts *verdicts);

#endif
