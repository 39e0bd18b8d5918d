/*
 * What the parts of the page of a sweep share: its axes, its cells by place and by rank, what is
 * predicted of them, which can be told from which, and what is advised.
 */
#ifndef REPORTS_SWEEP_VIEW_H
#define REPORTS_SWEEP_VIEW_H

#include "reports/sweep_report.h"

struct sweep_place { /* on the axes */
	int election, retries, heartbeat, ttl;
};

struct seen_cell {
	const struct sweep_cell *cell;
	double predicted[SWEEP_FIGURES_COUNT]; /* in base units; NAN: nothing is */
	struct sweep_place place;
	int rank;   /* from 1 on; of those not measured, too */
	bool front; /* no other is shown to be better in all */
};

struct sweep_axis {
	int count;
	int64_t *value; /* ascending: ns, ms of an election, or a number of retries */
};

struct sweep_view {
	const struct sweep *sweep;
	struct sweep_axis election, retries, heartbeat, ttl;
	struct seen_cell *cell;      /* the sweep's, by rank: harm, failover, renewals, then
					settings; what is not measured stands last */
	const struct seen_cell **at; /* by place; NULL: no such cell */
	int cells, measured;
	const struct seen_cell *point; /* the user's own settings; NULL: not among the cells */
	const struct seen_cell *best;  /* the first by rank; NULL: nothing is measured */
};

/* The caller frees with sweep_view_free. */
void sweep_view_make(const struct sweep *sweep, struct sweep_view *view);
void sweep_view_free(struct sweep_view *view);

/* NULL: no such cell was swept. */
const struct seen_cell *sweep_view_at(const struct sweep_view *view,
				      const struct sweep_place *place);

/* The place on an axis that is nearest, by ratio; -1: it lies outside, by more than half a step. */
int sweep_axis_nearest(const struct sweep_axis *axis, int64_t value);

enum sweep_order {
	SWEEP_UNTOLD /* the intervals meet, or one is unknown */,
	SWEEP_LESS,
	SWEEP_MORE
};

/* Of the first against the second. Less is better. */
enum sweep_order sweep_compare(const struct seen_cell *first, const struct seen_cell *second,
			       enum sweep_figure_name name);

/* "TTL 5 s, heartbeat 1 s and 3 retries", and of a sweep of several election time-outs that, too;
 * the caller frees. */
char *sweep_settings(const struct sweep_view *view, const struct sweep_cell *cell);
/* The user's own as a cell, nothing of it measured. */
struct sweep_cell sweep_own(const struct sweep *sweep);

enum { SWEEP_WORDS = 64 };

/* In the figure's unit: "12.3", with its unit "12.3 s"; "?" for NAN. `text` has SWEEP_WORDS bytes.
 */
const char *sweep_number(char *text, enum sweep_figure_name name, double value);
const char *sweep_amount(char *text, enum sweep_figure_name name, double value);
/* "1.2 to 3.4", or "1.2 and more" where the upper end is not known; "?". */
const char *sweep_interval(char *text, enum sweep_figure_name name,
			   const struct sweep_figure *figure);

#endif
