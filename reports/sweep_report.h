/*
 * A sweep: one lock, measured with many TTLs, heartbeats and retries, and with several election
 * time-outs of etcd. A cell is one of their combinations, measured as an arm of one run or of
 * several. The page says what to change, draws each figure over TTL and heartbeat with what
 * `predict` says of it, and lists all cells. A difference is claimed only where two 95 % intervals
 * do not meet.
 *
 * All texts are borrowed, and may come from outside.
 */
#ifndef REPORTS_SWEEP_REPORT_H
#define REPORTS_SWEEP_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "history/guard.h"
#include "tuning/predict.h"

/* X(name in code, name in words, unit, what it is). Less is better, of each. */
#define SWEEP_FIGURES(X)                                                                           \
	X(STALE, "stale-per-exposure", "of 1,000", "stale writes per 1,000 exposures")             \
	X(HARM, "stale-per-hour", "/h", "stale writes per hour of holding")                        \
	X(LOST, "lost-per-hour", "/h", "lost locks per hour of holding")                           \
	X(FAILOVER_P50, "failover.p50", "s", "failover, half are sooner")                          \
	X(FAILOVER_P99, "failover.p99", "s", "failover, 99 of 100 are sooner")                     \
	X(RENEWALS, "renewals", "/s", "renewals per second")

enum sweep_figure_name {
#define X(name, ...) SWEEP_##name,
	SWEEP_FIGURES(X)
#undef X
		SWEEP_FIGURES_COUNT
};

struct sweep_figure_row {
	const char *word, *unit, *sentence;
};

extern const struct sweep_figure_row sweep_figure_rows[SWEEP_FIGURES_COUNT];

/* In base units: a share (0 .. 1, or more where one exposure brings several), 1/h, s, s, 1/s. */
struct sweep_figure {
	double value, low, high; /* low .. high: 95 %; NAN: not known */
};

#define SWEEP_STATES(X)                                                                            \
	X(MEASURED, "measured")                                                                    \
	X(NOT_RUN, "not run")   /* or nothing came back of it yet */                               \
	X(BROKEN, "broken")     /* it ran, and its runs say nothing */                             \
	X(LEFT_OUT, "left out") /* it cannot be: heartbeat >= TTL, say */

enum sweep_state {
#define X(name, word) SWEEP_##name,
	SWEEP_STATES(X)
#undef X
		SWEEP_STATES_COUNT
};

const char *sweep_state_word(enum sweep_state state);

struct sweep_run {
	const char *folder; /* as seen from the page: "runs/batch-3"; its report.html is linked */
	const char *arm;    /* of the cell in that run */
};

struct sweep_cell {
	struct lease lease; /* TTL as granted */
	int election_ms;    /* etcd's; 0: not told */
	enum sweep_state state;
	const char *reason; /* of what is not measured; else NULL */

	/* What was counted in all its runs; 0 of what is not measured. Events of one occasion, that
	 * is one entry of a run's schedule, may all come for one reason: so an interval of events
	 * per hour is as wide as that of so many occasions. */
	int64_t exposures;
	int64_t stale, stale_occasions; /* definite stale writes, and the occasions they came in */
	double stale_low, stale_high;   /* the checker's interval of `stale` per exposure; NAN */
	int64_t lost, lost_occasions;   /* locks that were lost unasked while held */
	double held_s;                  /* for so long they were held, all together */
	const double *failover_s;       /* that were measured, ascending */
	int64_t failovers, failovers_cut_off;            /* so many; and longer than was seen */
	int64_t renewals;                                /* sent */
	double measured_s;                               /* in so long a time */
	struct sweep_figure figure[SWEEP_FIGURES_COUNT]; /* sweep_reckon fills them in */

	const struct sweep_run *run;
	int runs;
};

/* The figures of a cell, from what was counted; NAN where it is not measured. */
void sweep_reckon(struct sweep_cell *cell);

enum { SWEEP_CELLS = 400 };

struct sweep {
	const char *campaign, *arm; /* names, of which the cells were made */
	const struct guard_kind *guard;
	const char *etcd;  /* version; NULL: not known */
	double duration_s; /* of a run */
	const uint64_t *seed;
	int seeds;
	double until_width; /* of the interval of stale writes per exposure; 0: none was asked */
	/* The user's own: its lease is the point on the maps, all else is the same in each cell,
	 * and what `predict` goes by. */
	struct situation situation;
	int election_ms;               /* the user's own, too; 0: not told */
	const struct sweep_cell *cell; /* in any order, each lease and election once */
	int cells;                     /* 1 .. SWEEP_CELLS */
};

/* The same sweep gives the same bytes. */
int report_write_sweep(const struct sweep *sweep, FILE *out, struct error *err);

/* tune.json; the shape is documented in docs/result.md. */
int report_write_sweep_json(const struct sweep *sweep, FILE *out, struct error *err);

#endif
