#include "conductor/hunt/sweep_merge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "tuning/stated.h"

struct cell_told {
	struct cell_sums sums;
	char reason[512]; /* why there is nothing; empty: there was no run */
	bool broke;
	struct sweep_run *run; /* owned, as are its texts */
	size_t room;
};

/* Cells --------------------------------------------------------------------------------------- */

static struct lease lease_of_arm(const struct arm *arm)
{
	struct stated stated = {0};

	stated_take_arm(&stated, arm);
	return stated_lease(&stated);
}

static int judge_on_etcd(const struct cluster_options *cluster, const struct arm *cell,
			 struct error *err)
{
	int64_t least_ns = lease_least_ttl_ns(cluster->election_ms * NS_PER_MS,
					      cluster->heartbeat_ms * NS_PER_MS);

	if (cluster->endpoints)
		return 0;
	if (cell->ttl_s * NS_PER_S < least_ns)
		return error_set(err, EXIT_BAD_USAGE,
				 "etcd grants no TTL below %.0f s with an election time-out of %d "
				 "ms",
				 (double)least_ns / 1e9, cluster->election_ms);
	return cluster_judge_times(cluster, err);
}

int sweep_judge_cell(const struct sweep_plan *plan, int number, struct error *err)
{
	struct arm cell = grid_cell(&plan->grid, &plan->campaign->arm[0], number);
	struct cluster_options cluster = plan->campaign->cluster;

	cluster.election_ms = grid_election_ms(&plan->grid, number);
	return judge_on_etcd(&cluster, &cell, err) || arm_judge_times(&cell, err) ? -1 : 0;
}

char *sweep_cell_name(const struct sweep_plan *plan, int number)
{
	struct arm cell = grid_cell(&plan->grid, &plan->campaign->arm[0], number);

	if (plan->grid.axis[GRID_ELECTION].count == 1)
		return text_format("%s", cell.name);
	return text_format("%s, election %d ms", cell.name, grid_election_ms(&plan->grid, number));
}

/* That of a cluster of somebody's is not known. */
static int election_told(const struct sweep_plan *plan, int election_ms)
{
	return plan->campaign->cluster.endpoints ? 0 : election_ms;
}

static void begin_cells(const struct sweep_plan *plan, struct sweep_result *result)
{
	const struct arm *own = &plan->campaign->arm[0];

	result->cells = grid_cells(&plan->grid);
	CHECK(result->cells <= SWEEP_CELLS);
	ARRAY_NEW(result->cell, result->cells);
	ARRAY_NEW(result->told, result->cells);
	for (int i = 0; i < result->cells; i++) {
		struct arm arm = grid_cell(&plan->grid, own, i);
		struct sweep_cell *cell = &result->cell[i];
		struct error why = {0};

		cell->lease = lease_of_arm(&arm);
		cell->election_ms = election_told(plan, grid_election_ms(&plan->grid, i));
		cell->state = SWEEP_NOT_RUN;
		if (sweep_judge_cell(plan, i, &why) == 0)
			continue;
		cell->state = SWEEP_LEFT_OUT;
		text_copy(result->told[i].reason, sizeof(result->told[i].reason), why.text);
	}
}

/* -1: that is no cell of the grid. */
static int find_cell(const struct sweep_plan *plan, const struct campaign *campaign,
		     const struct arm *arm)
{
	for (int i = 0; i < grid_cells(&plan->grid); i++) {
		struct arm cell = grid_cell(&plan->grid, &plan->campaign->arm[0], i);

		if (cell.ttl_s == arm->ttl_s && cell.heartbeat_ms == arm->heartbeat_ms &&
		    cell.retries == arm->retries &&
		    grid_election_ms(&plan->grid, i) == campaign->cluster.election_ms)
			return i;
	}
	return -1;
}

static void end_cells(struct sweep_result *result)
{
	for (int i = 0; i < result->cells; i++) {
		struct sweep_cell *cell = &result->cell[i];
		struct cell_told *told = &result->told[i];

		if (told->sums.runs)
			cell_sums_tell(&told->sums, cell);
		else if (told->broke)
			cell->state = SWEEP_BROKEN;
		if (cell->state == SWEEP_NOT_RUN)
			text_copy(told->reason, sizeof(told->reason),
				  "no whole run of it is there");
		if (cell->state != SWEEP_MEASURED)
			cell->reason = told->reason;
		cell->run = told->run;
		sweep_reckon(cell);
		CHECK((cell->state == SWEEP_MEASURED) == (cell->runs > 0));
	}
}

/* Runs ---------------------------------------------------------------------------------------- */

/* The history's arm that is this one; -1: there is none, or it has other settings. */
static int find_arm(const struct history *history, const struct arm *arm)
{
	for (int i = 0; i < history->arms; i++) {
		const struct arm_row *row = &history->arm[i];

		if (strcmp(row->name, arm->name) == 0 && row->ttl_ms == arm->ttl_s * 1000 &&
		    row->heartbeat_ms == arm->heartbeat_ms && row->retries == arm->retries)
			return i;
	}
	return -1;
}

static void note_broken(struct cell_told *told, const char *why)
{
	told->broke = true;
	text_copy(told->reason, sizeof(told->reason), why);
}

static void note_run(struct cell_told *told, struct sweep_cell *cell,
		     const struct sweep_found *found, const char *arm)
{
	ARRAY_GROW(told->run, (size_t)cell->runs, told->room);
	told->run[cell->runs++] = (struct sweep_run){.folder = text_format("%s", found->folder),
						     .arm = text_format("%s", arm)};
}

static int add_arm(struct sweep_result *result, int number, const struct sweep_found *found,
		   const struct arm *arm, struct error *err)
{
	const struct findings *findings = &found->findings;
	struct cell_told *told = &result->told[number];
	int its = find_arm(&findings->history, arm);

	if (its < 0) {
		note_broken(told, "its run has no arm with these settings");
		return 0;
	}
	const struct judgement *judged = &findings->verdicts.judgement[its];

	if (judged->verdict == VERDICT_BROKEN) {
		note_broken(told, judged->why);
		return 0;
	}
	if (cell_sums_add(findings, its, &told->sums, err))
		return error_wrap(err, "%s", found->folder);
	note_run(told, &result->cell[number], found, arm->name);
	return 0;
}

/* Of several versions all. */
static void note_etcd(struct sweep_result *result, const struct history *history)
{
	const char *etcd = history_text(history, "etcd");
	size_t used = strlen(result->etcd);

	if (etcd && !strstr(result->etcd, etcd))
		snprintf(result->etcd + used, sizeof(result->etcd) - used, "%s%.20s",
			 used ? ", " : "", etcd);
}

static int add_found(const struct sweep_plan *plan, const struct campaign *campaign,
		     const struct sweep_found *found, struct sweep_result *result,
		     struct error *err)
{
	note_etcd(result, &found->findings.history);
	for (int i = 0; i < campaign->arms; i++) {
		int number = find_cell(plan, campaign, &campaign->arm[i]);

		if (number >= 0 && result->cell[number].state != SWEEP_LEFT_OUT &&
		    add_arm(result, number, found, &campaign->arm[i], err))
			return -1;
	}
	return 0;
}

static int add_unit(const struct sweep_plan *plan, const struct sweep_unit *unit,
		    struct sweep_result *result, struct error *err)
{
	_cleanup_free_ struct campaign *campaign = NULL;
	struct sweep_found found;

	ARRAY_NEW(campaign, 1);
	if (sweep_unit_load(plan, unit, campaign, err) ||
	    sweep_found_open(plan, unit, campaign->seed, &found, err))
		return -1;
	result->seed[unit->round - 1] = campaign->seed;
	int failed = found.folder ? add_found(plan, campaign, &found, result, err) : 0;

	sweep_found_close(&found);
	return failed;
}

static int add_round(const struct sweep_plan *plan, int round, int *units,
		     struct sweep_result *result, struct error *err)
{
	_cleanup_free_ struct sweep_unit *unit = NULL;

	if (sweep_units_list(plan, round, &unit, units, err))
		return -1;
	for (int i = 0; i < *units; i++) {
		log_progress("reading what came: %d of %d of round %d", i + 1, *units, round);
		if (add_unit(plan, &unit[i], result, err))
			return -1;
	}
	log_progress("%s", "");
	return 0;
}

static int add_rounds(const struct sweep_plan *plan, struct sweep_result *result, struct error *err)
{
	int units = 1;

	ARRAY_NEW(result->seed, SWEEP_ROUNDS_MOST);
	for (int round = 1; units > 0 && round <= SWEEP_ROUNDS_MOST; round++) {
		if (add_round(plan, round, &units, result, err))
			return -1;
		result->sweep.seeds += units > 0;
	}
	return 0;
}

/* What predict goes by ------------------------------------------------------------------------- */

/* The cell whose run tells how the lock was used: the user's own, else the first that was measured;
 * -1. */
static int telling_cell(const struct sweep_result *result, const struct lease *own, int election_ms)
{
	int first = -1;

	for (int i = result->cells - 1; i >= 0; i--) {
		const struct sweep_cell *cell = &result->cell[i];

		if (cell->state != SWEEP_MEASURED)
			continue;
		if (cell->lease.ttl_ns == own->ttl_ns &&
		    cell->lease.heartbeat_ns == own->heartbeat_ns &&
		    cell->lease.retries == own->retries && cell->election_ms == election_ms)
			return i;
		first = i;
	}
	return first;
}

/* Pauses that a holder meets in an hour of holding. */
static int reckon_pauses(const struct findings *findings, int arm, struct calibration *calibration,
			 struct error *err)
{
	struct cell_sums sums = {0};
	int failed = cell_sums_add(findings, arm, &sums, err);

	if (!failed && sums.held_s > 0)
		calibration->situation.pauses_per_hour =
			(double)calibration->of[PREDICT_LOSS_PER_PAUSE] / (sums.held_s / 3600);
	cell_sums_free(&sums);
	return failed;
}

/* A run without reads and writes tells nothing of use: no failure. */
static int calibrate_on(const struct findings *findings, const char *arm,
			struct sweep_result *result, struct error *err)
{
	struct calibration *calibration = &result->calibration;
	const struct history *history = &findings->history;
	struct error nothing = {0};
	int its = 0;

	while (its < history->arms && strcmp(history->arm[its].name, arm) != 0)
		its++;
	if (its == history->arms ||
	    calibrate(history, &findings->verdicts, its, calibration, &nothing))
		return 0;
	result->calibrated = true;
	return reckon_pauses(findings, its, calibration, err);
}

static int tell_situation(const struct sweep_plan *plan, const struct situation *situation,
			  struct sweep_result *result, struct error *err)
{
	struct lease own = lease_of_arm(&plan->campaign->arm[0]);
	int number = telling_cell(result, &own, result->sweep.election_ms), failed = 0;

	if (number >= 0) {
		const struct sweep_run *run = &result->cell[number].run[0];
		_cleanup_free_ char *path =
			text_format("%s/%s/history.db", plan->folder, run->folder);
		struct findings findings;

		if (findings_reopen(path, &findings, err))
			return -1;
		failed = calibrate_on(&findings, run->arm, result, err);
		findings_close(&findings);
	}
	result->sweep.situation = result->calibrated ? result->calibration.situation : *situation;
	result->sweep.situation.lease = own;
	if (result->sweep.election_ms)
		result->sweep.situation.election_s = result->sweep.election_ms / 1e3;
	return failed;
}

/* The whole ----------------------------------------------------------------------------------- */

int sweep_gather(const struct sweep_plan *plan, struct sweep_result *result, struct error *err)
{
	const struct arm *own = &plan->campaign->arm[0];

	memset(result, 0, sizeof(*result));
	begin_cells(plan, result);
	int failed = add_rounds(plan, result, err);

	end_cells(result);
	if (failed) {
		sweep_result_free(result);
		return -1;
	}
	result->sweep.campaign = plan->campaign->name;
	result->sweep.arm = own->name;
	result->sweep.guard = &guard_kinds[own->guard];
	result->sweep.etcd = *result->etcd ? result->etcd : NULL;
	result->sweep.duration_s = plan->campaign->duration_ms / 1e3;
	result->sweep.seed = result->seed;
	result->sweep.until_width = plan->until_width;
	result->sweep.cell = result->cell;
	result->sweep.cells = result->cells;
	result->sweep.election_ms = election_told(plan, plan->campaign->cluster.election_ms);
	return 0;
}

int sweep_merge(const struct sweep_plan *plan, const struct situation *situation,
		struct sweep_result *result, struct error *err)
{
	if (sweep_gather(plan, result, err))
		return -1;
	if (tell_situation(plan, situation, result, err) == 0)
		return 0;
	sweep_result_free(result);
	return -1;
}

static void free_told(struct cell_told *told, int runs)
{
	for (int i = 0; i < runs; i++) {
		free((void *)(uintptr_t)told->run[i].folder);
		free((void *)(uintptr_t)told->run[i].arm);
	}
	free(told->run);
	cell_sums_free(&told->sums);
}

void sweep_result_free(struct sweep_result *result)
{
	for (int i = 0; i < result->cells; i++)
		free_told(&result->told[i], result->cell[i].runs);
	if (result->calibrated)
		calibration_free(&result->calibration);
	free(result->told);
	free(result->cell);
	free(result->seed);
}

bool sweep_cell_is_wide(const struct sweep_plan *plan, const struct sweep_cell *cell)
{
	const struct sweep_figure *stale = &cell->figure[SWEEP_STALE];

	return cell->state != SWEEP_LEFT_OUT && !(stale->high - stale->low <= plan->until_width);
}

static int write_one(const struct sweep_plan *plan, const char *name, const struct sweep *sweep,
		     int (*write)(const struct sweep *sweep, FILE *out, struct error *err),
		     struct error *err)
{
	_cleanup_free_ char *path = text_format("%s/%s", plan->folder, name);
	struct file file;

	if (file_begin(&file, path, err))
		return -1;
	return file_end(&file, write(sweep, file.out, err), err);
}

int sweep_result_write(const struct sweep_plan *plan, const struct sweep_result *result,
		       struct error *err)
{
	return write_one(plan, "tune.json", &result->sweep, report_write_sweep_json, err) ||
			       write_one(plan, "index.html", &result->sweep, report_write_sweep,
					 err)
		       ? -1
		       : 0;
}
