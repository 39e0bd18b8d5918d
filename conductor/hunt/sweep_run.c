#include "conductor/hunt/sweep_run.h"

#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "campaign/duration.h"
#include "tuning/lease_times.h"

enum { BESIDE_LOAD_S = 15 /* start, heal, settle, seal, judge; until it was seen */ };

int sweep_cells_at_once(const struct arm *arm)
{
	int workers = arm->lanes * arm->workers, processors = 1;
	cpu_set_t set;

	CHECK(workers > 0);
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		processors = CPU_COUNT(&set);
	int carried = processors * SWEEP_WORKERS_PER_PROCESSOR;

	if (carried > WORKERS_MAX)
		carried = WORKERS_MAX;
	int cells = carried / workers;

	return cells < 1 ? 1 : cells < ARMS_MAX ? cells : ARMS_MAX;
}

/* Beginning ----------------------------------------------------------------------------------- */

static bool same_values(const struct grid *a, const struct grid *b)
{
	for (int axis = 0; axis < GRID_AXES_COUNT; axis++) {
		size_t size = (size_t)a->axis[axis].count * sizeof(a->axis[axis].value[0]);

		if (a->axis[axis].count != b->axis[axis].count ||
		    memcmp(a->axis[axis].value, b->axis[axis].value, size) != 0)
			return false;
	}
	return true;
}

static int refuse_folder(const struct sweep_plan *plan, const char *what, struct error *err)
{
	return error_set(err, EXIT_BAD_USAGE,
			 "%.300s holds another sweep, with another %s: take another folder, or go "
			 "on with that one by `fencepost tune -o %.100s`",
			 plan->folder, what, plan->folder);
}

/* The seed was drawn when it was begun. */
static int take_up(struct sweep_plan *plan, struct error *err)
{
	struct sweep_plan begun;

	if (sweep_folder_load(plan->folder, &begun, err))
		return -1;
	if (plan->campaign->seed == 0)
		plan->campaign->seed = begun.campaign->seed;
	_cleanup_free_ char *told = campaign_print(plan->campaign);
	_cleanup_free_ char *known = campaign_print(begun.campaign);
	bool same_campaign = strcmp(told, known) == 0;
	bool same_grid = same_values(&plan->grid, &begun.grid);

	sweep_plan_close(&begun);
	if (!same_campaign)
		return refuse_folder(plan, "campaign, arm, seed or duration", err);
	return same_grid ? 0
			 : refuse_folder(plan,
					 "TTL, heartbeat, number of retries or election time-out",
					 err);
}

/* If none is, `why` not the last. */
static bool any_is_possible(const struct sweep_plan *plan, struct error *why)
{
	for (int i = 0; i < grid_cells(&plan->grid); i++) {
		*why = (struct error){0};
		if (sweep_judge_cell(plan, i, why) == 0)
			return true;
	}
	return false;
}

int sweep_plan_begin(struct sweep_plan *plan, struct error *err)
{
	struct error why = {0};

	if (grid_complete(&plan->grid, plan->campaign, err))
		return -1;
	if (!any_is_possible(plan, &why))
		return error_set(err, EXIT_BAD_USAGE, "no combination can be: %.300s", why.text);
	if (sweep_folder_is_one(plan->folder) && take_up(plan, err))
		return -1;
	if (plan->campaign->seed == 0)
		plan->campaign->seed = random_draw_seed();
	return sweep_folder_save(plan, err);
}

/* Planning ------------------------------------------------------------------------------------ */

static uint64_t seed_of_round(const struct sweep_plan *plan, int round)
{
	struct random_stream stream = random_open(plan->campaign->seed, "tune");
	uint64_t seed = plan->campaign->seed;

	for (int i = 1; i < round; i++)
		seed = random_next(&stream) >> 11 | 1;
	return seed;
}

/* A lane is not stuck because its lease is long. */
static void let_settle(struct campaign *campaign)
{
	int election_ms = campaign->cluster.endpoints ? 1000 : campaign->cluster.election_ms;

	for (int i = 0; i < campaign->arms; i++) {
		const struct arm *arm = &campaign->arm[i];
		int64_t longest_ms = 2000LL * arm->ttl_s + 3 * election_ms + arm->work_max_ms;

		if (campaign->settle_ms < longest_ms)
			campaign->settle_ms = longest_ms < DAY_MS ? (int)longest_ms : DAY_MS;
	}
}

/* The next `count` cells that are wanted, from *next on, as one campaign. */
static void fill_unit(const struct sweep_plan *plan, const bool *wanted, int *next, int count,
		      struct campaign *campaign)
{
	const struct arm *own = &plan->campaign->arm[0];

	*campaign = *plan->campaign;
	campaign->cluster.election_ms = grid_election_ms(&plan->grid, *next);
	for (campaign->arms = 0; campaign->arms < count; ++*next) {
		CHECK(*next < grid_cells(&plan->grid));
		CHECK(grid_election_ms(&plan->grid, *next) == campaign->cluster.election_ms);
		if (!wanted[*next])
			continue;
		campaign->arm[campaign->arms] = grid_cell(&plan->grid, own, *next);
		campaign->arm[campaign->arms].id = campaign->arms;
		campaign->arms++;
	}
	let_settle(campaign);
}

/* The cells of one cluster, from `next` on, in as few campaigns as can be, and these as like as can
 * be. The round has *planned before them. */
static int plan_cluster(const struct sweep_plan *plan, int round, const bool *wanted, int next,
			int at_once, int *planned, struct error *err)
{
	_cleanup_free_ struct campaign *campaign = NULL;
	int cells = 0;

	for (int i = 0; i < grid_cells_of_cluster(&plan->grid); i++)
		cells += wanted[next + i];
	int units = (cells + at_once - 1) / at_once;

	ARRAY_NEW(campaign, 1);
	for (int unit = 0; unit < units; unit++) {
		fill_unit(plan, wanted, &next, (cells + unit) / units, campaign);
		campaign->seed = seed_of_round(plan, round);
		if (campaign_validate(campaign, err) ||
		    sweep_round_add(plan, round, ++*planned, campaign, err))
			return -1;
	}
	return 0;
}

static int plan_round(const struct sweep_plan *plan, int round, const bool *wanted, int at_once,
		      struct error *err)
{
	int each = grid_cells_of_cluster(&plan->grid), planned = 0;

	CHECK(at_once > 0);
	if (sweep_round_begin(plan, round, err))
		return -1;
	for (int first = 0; first < grid_cells(&plan->grid); first += each)
		if (plan_cluster(plan, round, wanted, first, at_once, &planned, err))
			return -1;
	CHECK(planned > 0);
	return sweep_round_end(plan, round, err);
}

static bool *all_possible(const struct sweep_plan *plan)
{
	bool *wanted;

	ARRAY_NEW(wanted, grid_cells(&plan->grid));
	for (int i = 0; i < grid_cells(&plan->grid); i++)
		wanted[i] = sweep_judge_cell(plan, i, &(struct error){0}) == 0;
	return wanted;
}

/* NULL, without an error: none. */
static bool *still_wide(const struct sweep_plan *plan, struct error *err)
{
	struct sweep_result result;
	bool *wanted, any = false;

	if (sweep_gather(plan, &result, err))
		return NULL;
	ARRAY_NEW(wanted, result.cells);
	for (int i = 0; i < result.cells; i++)
		any |= wanted[i] = sweep_cell_is_wide(plan, &result.cell[i]);
	sweep_result_free(&result);
	if (!any)
		free(take(wanted));
	return wanted;
}

/* 1: it is planned; 0: nothing more is wanted; -1: error. */
static int settle_round(const struct sweep_plan *plan, int round, int at_once, struct error *err)
{
	_cleanup_free_ struct sweep_unit *unit = NULL;
	int units;

	if (sweep_units_list(plan, round, &unit, &units, err))
		return -1;
	if (units)
		return 1;
	_cleanup_free_ bool *wanted =
		round > 1 && plan->until_width > 0 ? still_wide(plan, err) : all_possible(plan);

	if (!wanted)
		return err->code ? -1 : 0;
	return plan_round(plan, round, wanted, at_once, err) ? -1 : 1;
}

int sweep_plan_rounds(const struct sweep_plan *plan, int at_once, struct error *err)
{
	for (int round = 1; round <= (plan->until_width > 0 ? 1 : plan->rounds); round++)
		if (settle_round(plan, round, at_once, err) < 0)
			return -1;
	return 0;
}

/* Running ------------------------------------------------------------------------------------- */

struct progress {                    /* of one round */
	int round, units, done, ran; /* done: with those that were there; ran: in this call */
	int64_t took_ns;             /* those that ran */
};

static char *time_left(const struct sweep_plan *plan, const struct progress *progress)
{
	double each_s = progress->ran ? (double)progress->took_ns / 1e9 / progress->ran
				      : plan->campaign->duration_ms / 1e3 + BESIDE_LOAD_S;
	double left_s = each_s * (progress->units - progress->done);

	return left_s < 120 ? text_format("%.0f s left", left_s)
			    : text_format("%.0f min left", left_s / 60);
}

static char *describe_place(const struct sweep_plan *plan, const struct progress *progress)
{
	_cleanup_free_ char *left = time_left(plan, progress);
	const char *most = plan->until_width > 0 ? "at most " : "";

	if (plan->rounds == 1)
		return text_format("run %d of %d, %s", progress->done + 1, progress->units, left);
	return text_format("run %d of %d of round %d of %s%d, %s in it", progress->done + 1,
			   progress->units, progress->round, most, plan->rounds, left);
}

/* 1: there is a whole run of it, or of a BROKEN one none better; 0; -1: error. */
static int is_done(const struct sweep_plan *plan, const struct sweep_unit *unit, uint64_t seed,
		   struct error *err)
{
	struct sweep_found found;

	if (sweep_found_open(plan, unit, seed, &found, err))
		return -1;
	bool done = found.folder && !sweep_run_broke(&found.findings.history);

	sweep_found_close(&found);
	return done;
}

static int run_unit(const struct sweep_plan *plan, const struct sweep_unit *unit,
		    struct campaign *campaign, const struct progress *progress, sweep_try *try_it,
		    void *context, struct error *err)
{
	_cleanup_free_ char *among = describe_place(plan, progress);
	_cleanup_free_ char *runs = sweep_runs_dir(plan, unit);
	_cleanup_free_ char *command = text_format("fencepost run %s/cells/%d/%s.conf",
						   plan->folder, unit->round, unit->name);

	log_line("%s: %s%s", among, campaign->arm[0].name, campaign->arms > 1 ? " and others" : "");
	return try_it(context, &(struct round_request){campaign, runs, command, among}, err);
}

static int run_round(const struct sweep_plan *plan, int round, sweep_try *try_it, void *context,
		     struct error *err)
{
	_cleanup_free_ struct sweep_unit *unit = NULL;
	_cleanup_free_ struct campaign *campaign = NULL;
	struct progress progress = {.round = round};

	if (sweep_units_list(plan, round, &unit, &progress.units, err))
		return -1;
	ARRAY_NEW(campaign, 1);
	for (; progress.done < progress.units; progress.done++) {
		const struct sweep_unit *next = &unit[progress.done];
		int64_t began_ns = clock_now_ns();

		if (sweep_unit_load(plan, next, campaign, err))
			return -1;
		int done = is_done(plan, next, campaign->seed, err);

		if (done < 0)
			return -1;
		if (done)
			continue;
		if (run_unit(plan, next, campaign, &progress, try_it, context, err))
			return -1;
		progress.ran++;
		progress.took_ns += clock_now_ns() - began_ns;
	}
	return 0;
}

int sweep_run_rounds(const struct sweep_plan *plan, int at_once, sweep_try *try_it, void *context,
		     struct error *err)
{
	for (int round = 1; round <= plan->rounds; round++) {
		int planned = settle_round(plan, round, at_once, err);

		if (planned <= 0)
			return planned;
		if (run_round(plan, round, try_it, context, err))
			return -1;
	}
	return 0;
}

int sweep_try_run(void *cluster, const struct round_request *request, struct error *err)
{
	struct round round;

	request->campaign->cluster = *(const struct cluster_options *)cluster;
	if (round_run(request, &round, err))
		return -1;
	round_close(&round);
	return 0;
}
