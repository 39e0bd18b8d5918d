/*
 * Sweeps: a lock measured with many TTLs, heartbeats and retries. Three steps on one folder
 * (sweep_folder.h): plan writes the campaigns, run runs those that have no whole run yet, merge
 * reads what came, from wherever, and writes index.html and tune.json. Each can be repeated.
 *
 * Theory of operation. A cell is the campaign's arm with its own TTL, heartbeat and retries. Cells
 * run side by side as the arms of one campaign, as many as the machine carries; all campaigns of a
 * round have one seed, so all cells live through the same faults. With `until_width` there are
 * rounds, each with a seed of its own, of those cells whose interval of stale writes per exposure
 * is still wider.
 */
#ifndef CONDUCTOR_HUNT_SWEEP_RUN_H
#define CONDUCTOR_HUNT_SWEEP_RUN_H

#include "conductor/hunt/rounds.h"
#include "conductor/hunt/sweep_folder.h"
#include "conductor/hunt/sweep_merge.h"

/* So many workers a processor carries, of a lock as busy as the default campaign's (which has 128
 * on two), before they wait for it more than for the lock. */
enum { SWEEP_WORKERS_PER_PROCESSOR = 64 };

/* How many cells of that arm run side by side on this machine. */
int sweep_cells_at_once(const struct arm *arm);

/* Completes the grid, and takes up what lies in the plan's folder: a seed that is 0 becomes its
 * own, or a new one. An error when it is another sweep's. Saves the plan. */
int sweep_plan_begin(struct sweep_plan *plan, struct error *err);

/* Plans round 1, or with neither width nor results to wait for all rounds, `at_once` cells a
 * campaign. */
int sweep_plan_rounds(const struct sweep_plan *plan, int at_once, struct error *err);

/* Runs one campaign into that folder, `among` says which of how many; -1 on an error, which ends
 * it all. */
typedef int sweep_try(void *context, const struct round_request *request, struct error *err);

/* Runs what has no whole run, round after round, until each cell is narrow enough or the rounds are
 * used up. */
int sweep_run_rounds(const struct sweep_plan *plan, int at_once, sweep_try *try_it, void *context,
		     struct error *err);

/* A real run; the context is what the cluster of each campaign is to be (struct cluster_options),
 * settled. */
int sweep_try_run(void *cluster, const struct round_request *request, struct error *err);

#endif
