/* What runs say of one cell of a sweep (reports/sweep_report.h): counted run by run, from the
 * histories and their verdicts alone. */
#ifndef JUDGING_CELL_SUMS_H
#define JUDGING_CELL_SUMS_H

#include "judging/findings.h"
#include "reports/sweep_report.h"

struct cell_sums {
	int runs;
	int64_t exposures, stale, stale_occasions, lost, lost_occasions, cut_off, renewals;
	double trials; /* as many independent ones as the exposures are worth */
	double held_s, measured_s;
	int64_t failovers;
	double *failover_s; /* owned */
	size_t room;        /* private */
};

/*
 * Adds what the run says of that arm, which must not be BROKEN. A hold is what a worker believed,
 * for as long as its key stood; lost is one that a fault ended (history/episodes.h). Renewals are
 * those sent under load. Each exposure counts for as much as the checker's interval by occasion
 * says.
 */
int cell_sums_add(const struct findings *findings, int arm, struct cell_sums *sums,
		  struct error *err);

/* As a measured cell; its failovers are the sums'. */
void cell_sums_tell(struct cell_sums *sums, struct sweep_cell *cell);
void cell_sums_free(struct cell_sums *sums);

#endif
