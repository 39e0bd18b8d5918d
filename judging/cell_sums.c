#include "judging/cell_sums.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "checker/checker.h"
#include "checker/holds/attempts.h"

/* Holding ------------------------------------------------------------------------------------- */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A killed holder's lease outlives it; so does a paused one's belief its lease. Neither holds. */
static int64_t held_ns(const struct attempt *attempt, int64_t ended_ns)
{
	int64_t to_ns = least(attempt->believed_to_ns, ended_ns);

	if (!attempt->acquire)
		return 0;
	if (attempt->grant)
		to_ns = least(to_ns, attempt->grant->removed_seen_ns);
	return to_ns > attempt->believed_from_ns ? to_ns - attempt->believed_from_ns : 0;
}

struct load { /* of the run: while the workers worked and faults came */
	int64_t from_ns, to_ns;
};

static struct load load_of(const struct history *history)
{
	return (struct load){history_number(history, "load_began_ns", NEVER_NS),
			     history->healed_ns};
}

static double load_s(const struct load *load)
{
	return load->to_ns != NEVER_NS && load->to_ns > load->from_ns
		       ? (double)(load->to_ns - load->from_ns) / 1e9
		       : 0;
}

static void count_renewals(const struct lane_history *rows, const struct load *load,
			   struct cell_sums *sums)
{
	for (int i = 0; i < rows->ops; i++)
		sums->renewals += rows->op[i].f == F_KEEPALIVE &&
				  rows->op[i].invoked_ns >= load->from_ns &&
				  rows->op[i].invoked_ns < load->to_ns;
}

static int add_lane(const struct run *run, int lane, struct cell_sums *sums, struct error *err)
{
	struct load load = load_of(run->history);
	struct lane_history rows;
	struct lane_facts facts;

	if (history_load_lane(run->history, lane, &rows, err))
		return -1;
	facts_open(run, lane, &rows, &facts);
	for (int i = 0; i < facts.attempts; i++)
		sums->held_s += (double)held_ns(&facts.attempt[i], run->ended_ns) / 1e9;
	count_renewals(&rows, &load, sums);
	facts_close(&facts);
	history_free_lane(&rows);
	return 0;
}

static int add_lanes(const struct history *history, int arm, struct cell_sums *sums,
		     struct error *err)
{
	int failed = 0;
	struct run run;

	run_open(history, history_number(history, "ended_ns", NEVER_NS), 0, &run);
	for (int lane = 0; lane < history->lanes && !failed; lane++)
		if (history->lane[lane].arm == arm)
			failed = add_lane(&run, lane, sums, err);
	run_close(&run);
	return failed;
}

/* Failovers ----------------------------------------------------------------------------------- */

static int by_number(const void *left, const void *right)
{
	return array_order(*(const int64_t *)left, *(const int64_t *)right);
}

static void add_failover(const struct failover_row *failover, struct cell_sums *sums)
{
	sums->lost++;
	sums->cut_off += failover->end == FAILOVER_CUT_OFF;
	if (failover->end != FAILOVER_TAKEN)
		return;
	ARRAY_GROW(sums->failover_s, (size_t)sums->failovers, sums->room);
	sums->failover_s[sums->failovers++] =
		(double)(failover->to_ns - failover->fault->began_ns) / 1e9;
}

/* What came from no entry of the schedule came by itself. */
static int64_t occasion_of(const struct fault_row *fault)
{
	return fault->schedule ? fault->schedule : -fault->id;
}

static void add_failovers(const struct verdicts *verdicts, int arm, struct cell_sums *sums)
{
	int64_t *occasion;
	int count = 0;

	ARRAY_NEW(occasion, verdicts->failovers);
	for (int i = 0; i < verdicts->failovers; i++) {
		if (verdicts->failover[i].arm != arm)
			continue;
		add_failover(&verdicts->failover[i], sums);
		occasion[count++] = occasion_of(verdicts->failover[i].fault);
	}
	array_sort(occasion, (size_t)count, sizeof(*occasion), by_number);
	for (int i = 0; i < count; i++)
		sums->lost_occasions += i == 0 || occasion[i] != occasion[i - 1];
	free(occasion);
}

/* Exposures ----------------------------------------------------------------------------------- */

/* The checker says how wide its interval is with each exposure as a trial, and with the occasion as
 * the unit; an interval's width goes as the root of the trials, and of what never happened, or
 * always, as the trials. */
static double independent_trials(const struct judgement *judged)
{
	const struct by_occasion *by = &judged->by_occasion;
	double exposures = (double)judged->exposures;

	if (isnan(by->rate_low) || isnan(judged->rate) || exposures <= 0)
		return exposures;
	if (judged->rate <= 0 || judged->rate >= 1)
		return fmin(exposures, (double)by->occasions);
	double wider = (by->rate_high - by->rate_low) / (judged->rate_high - judged->rate_low);

	return exposures / fmax(1, wider * wider);
}

static void add_exposures(const struct judgement *judged, struct cell_sums *sums)
{
	int64_t stale = judged->definite[VIOLATION_STALE_WRITE];
	bool known = judged->by_occasion.harmed > 0;

	sums->exposures += judged->exposures;
	sums->trials += independent_trials(judged);
	sums->stale += stale;
	sums->stale_occasions += known ? least(stale, judged->by_occasion.harmed) : stale;
}

int cell_sums_add(const struct findings *findings, int arm, struct cell_sums *sums,
		  struct error *err)
{
	const struct history *history = &findings->history;
	const struct verdicts *verdicts = &findings->verdicts;

	CHECK(arm >= 0 && arm < history->arms && arm < verdicts->judgements - 1);
	CHECK(verdicts->judgement[arm].verdict != VERDICT_BROKEN);
	struct load load = load_of(history);

	if (add_lanes(history, arm, sums, err))
		return -1;
	sums->runs++;
	sums->measured_s += load_s(&load);
	add_failovers(verdicts, arm, sums);
	add_exposures(&verdicts->judgement[arm], sums);
	CHECK(sums->lost >= sums->failovers + sums->cut_off);
	CHECK(sums->lost_occasions <= sums->lost && sums->trials <= (double)sums->exposures);
	return 0;
}

static int by_length(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

void cell_sums_tell(struct cell_sums *sums, struct sweep_cell *cell)
{
	double stale = fmin((double)sums->stale, (double)sums->exposures);

	CHECK(sums->runs > 0);
	array_sort(sums->failover_s, (size_t)sums->failovers, sizeof(*sums->failover_s), by_length);
	cell->state = SWEEP_MEASURED;
	cell->exposures = sums->exposures;
	cell->stale = sums->stale;
	cell->stale_occasions = sums->stale_occasions;
	cell->lost = sums->lost;
	cell->lost_occasions = sums->lost_occasions;
	cell->held_s = sums->held_s;
	cell->failover_s = sums->failover_s;
	cell->failovers = sums->failovers;
	cell->failovers_cut_off = sums->cut_off;
	cell->renewals = sums->renewals;
	cell->measured_s = sums->measured_s;
	cell->stale_low = cell->stale_high = (double)NAN;
	if (sums->exposures)
		checker_interval_of(stale / (double)sums->exposures, sums->trials, &cell->stale_low,
				    &cell->stale_high);
	sweep_reckon(cell);
}

void cell_sums_free(struct cell_sums *sums)
{
	free(sums->failover_s);
	*sums = (struct cell_sums){0};
}
