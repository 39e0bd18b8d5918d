#include "reports/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/sort.h"
#include "history/guard.h"
#include "history/row.h"
#include "reports/query.h"

/* A month: what a file claims beyond that is a broken clock, and its plots may end there. */
enum { LENGTH_LIMIT_S = 30 * 86400 };

/* The reader has made sure that ids of arms and lanes count from 0 without a gap. */
static struct arm_model *find_arm(struct model *model, int64_t id)
{
	if (id < 0 || id >= model->arms)
		return NULL;
	CHECK(model->arm[id].row->id == id);
	return &model->arm[id];
}

/* Counts -------------------------------------------------------------------------------------- */

static void visit_acquisitions(sqlite3_stmt *row, void *context)
{
	struct model *model = context;
	struct arm_model *arm = find_arm(model, sqlite3_column_int64(row, 0));
	int64_t count = sqlite3_column_int64(row, 1);

	model->acquisitions += count;
	if (arm)
		arm->acquisitions = count;
}

static bool count_write(void *context, struct rows *rows)
{
	struct model *model = context;

	(void)rows_int(rows, INT64_MIN, INT64_MAX); /* for whoever refuses the row */
	const struct lane_row *lane =
		&model->history->lane[rows_int(rows, 0, model->history->lanes - 1)];
	bool accepted = rows_int(rows, INT64_MIN, INT64_MAX) != 0;

	CHECK(lane->arm >= 0 && lane->arm < model->arms);
	*(accepted ? &model->arm[lane->arm].applied : &model->arm[lane->arm].refused) += 1;
	return false;
}

static void count_people_and_faults(struct model *model)
{
	const struct history *history = model->history;

	for (int i = 0; i < history->processes; i++) {
		const struct process_row *process = &history->process[i];
		struct arm_model *arm = find_arm(model, process->arm);

		if (arm && process->worker >= 0 && process->incarnation == 1) {
			arm->workers++;
			model->workers++;
		}
	}
	for (int i = 0; i < history->faults; i++) {
		const struct fault_row *fault = &history->fault[i];
		struct arm_model *arm = find_arm(model, fault->arm);

		model->bitten += fault->bitten;
		if (arm) {
			arm->faults++;
			arm->bitten += fault->bitten;
			CHECK(arm->bitten <= arm->faults);
		}
	}
	CHECK(model->bitten <= history->faults);
}

static void visit_holds_hit(sqlite3_stmt *row, void *context)
{
	struct arm_model *arm = find_arm(context, sqlite3_column_int64(row, 0));

	if (arm)
		arm->holds_hit = sqlite3_column_int64(row, 1);
}

/* Slices -------------------------------------------------------------------------------------- */

/* Every acquisition by its latency, and its place among the slices of all arms. */
struct gathering {
	struct model *model;
	struct sort_item *latency; /* ns */
	int64_t *slice;
	int count, room;
};

static void visit_latency(sqlite3_stmt *row, void *context)
{
	struct gathering *seen = context;
	struct model *model = seen->model;
	const struct arm_model *arm = find_arm(model, sqlite3_column_int64(row, 0));
	int64_t slice = sqlite3_column_int64(row, 1);

	if (!arm || slice < 0 || slice >= model->slices)
		return;
	if (seen->count == seen->room) {
		seen->room = seen->room ? 2 * seen->room : 1024;
		seen->latency =
			reallocarray(seen->latency, (size_t)seen->room, sizeof(*seen->latency));
		seen->slice = reallocarray(seen->slice, (size_t)seen->room, sizeof(*seen->slice));
		CHECK_MEMORY(seen->latency && seen->slice);
	}
	seen->slice[seen->count] = (arm - model->arm) * model->slices + slice;
	seen->latency[seen->count] = (struct sort_item){.key = sqlite3_column_int64(row, 2),
							.place = (uint32_t)seen->count};
	seen->count++;
}

/* Nearest rank, in ms; `latency` of one slice, smallest first. */
static double quantile(const struct sort_item *by_slice, const struct sort_item *latency, int count,
		       double share)
{
	int rank = (int)ceil(share * count);

	CHECK(count > 0 && rank > 0 && rank <= count);
	return (double)latency[by_slice[rank - 1].place].key / 1e6;
}

/* Sorted by latency first: within a slice that order stays. */
static void fill_slices(struct gathering *seen)
{
	const struct model *model = seen->model;
	struct sort_item *by_slice;

	ARRAY_NEW(by_slice, seen->count);
	sort_items(seen->latency, (size_t)seen->count);
	for (int i = 0; i < seen->count; i++)
		by_slice[i] = (struct sort_item){seen->slice[seen->latency[i].place], (uint32_t)i};
	sort_items(by_slice, (size_t)seen->count);
	for (int begin = 0, end = 0; begin < seen->count; begin = end) {
		int64_t place = by_slice[begin].key;

		CHECK(place >= 0 && place / model->slices < model->arms);
		struct time_slice *slice =
			&model->arm[place / model->slices].slice[place % model->slices];

		while (end < seen->count && by_slice[end].key == place)
			end++;
		CHECK(slice->acquired == 0); /* each place comes once, or the sort is broken */
		slice->acquired = end - begin;
		slice->median_ms = quantile(&by_slice[begin], seen->latency, slice->acquired, 0.5);
		slice->p99_ms = quantile(&by_slice[begin], seen->latency, slice->acquired, 0.99);
		slice->longest_ms = quantile(&by_slice[begin], seen->latency, slice->acquired, 1);
		CHECK(slice->median_ms <= slice->p99_ms && slice->p99_ms <= slice->longest_ms);
	}
	free(by_slice);
}

static int gather_latencies(struct model *model, struct error *err)
{
	struct gathering seen = {.model = model};
	char sql[256];

	snprintf(sql, sizeof(sql),
		 "SELECT arm, returned_ns / %lld, returned_ns - invoked_ns FROM op "
		 "WHERE f = %d AND outcome = %d AND returned_ns >= invoked_ns",
		 (long long)(model->slice_s * NS_PER_S), F_ACQUIRE, OUTCOME_OK);
	int failed = query_rows(model->history, sql, visit_latency, &seen, err);

	if (!failed)
		fill_slices(&seen);
	free(seen.latency);
	free(seen.slice);
	return failed;
}

static void visit_vain(sqlite3_stmt *row, void *context)
{
	struct model *model = context;
	struct arm_model *arm = find_arm(model, sqlite3_column_int64(row, 0));
	bool failed = sqlite3_column_int64(row, 1) == OUTCOME_FAIL;
	int64_t slice = sqlite3_column_int64(row, 2);
	double longest_ms = (double)sqlite3_column_int64(row, 4) / 1e6;

	if (!arm)
		return;
	*(failed ? &arm->refusals : &arm->in_doubt) += sqlite3_column_int64(row, 3);
	if (slice < 0 || slice >= model->slices)
		return;
	if (failed)
		arm->slice[slice].failed_ms = longest_ms;
	else
		arm->slice[slice].in_doubt_ms = longest_ms;
}

/* Acquires in vain. What was never answered is counted, and is in no slice. */
static int gather_vain(struct model *model, struct error *err)
{
	char sql[320];

	snprintf(sql, sizeof(sql),
		 "SELECT arm, outcome, coalesce(returned_ns / %lld, -1), count(*), "
		 "max(returned_ns - invoked_ns) FROM op WHERE f = %d AND outcome IN (%d, %d) AND "
		 "(returned_ns IS NULL OR returned_ns >= invoked_ns) GROUP BY 1, 2, 3",
		 (long long)(model->slice_s * NS_PER_S), F_ACQUIRE, OUTCOME_FAIL, OUTCOME_INFO);
	return query_rows(model->history, sql, visit_vain, model, err);
}

static void visit_margin(sqlite3_stmt *row, void *context)
{
	struct model *model = context;
	struct arm_model *arm = find_arm(model, sqlite3_column_int64(row, 0));
	int64_t slice = sqlite3_column_int64(row, 1);

	if (!arm)
		return;
	arm->renewals += sqlite3_column_int64(row, 3);
	arm->late_renewals += sqlite3_column_int64(row, 4);
	if (slice >= 0 && slice < model->slices)
		arm->slice[slice].margin_s = (double)sqlite3_column_int64(row, 2) / 1e9;
}

/* By the worker's own safe deadline when it sent the renewal. */
static int gather_margins(struct model *model, struct error *err)
{
	char sql[384];

	snprintf(sql, sizeof(sql),
		 "SELECT arm, returned_ns / %lld, min(safe_until_ns - returned_ns), count(*), "
		 "sum(safe_until_ns < returned_ns) FROM op WHERE f = %d AND outcome = %d AND "
		 "ttl_ms > 0 AND safe_until_ns > 0 AND returned_ns >= invoked_ns GROUP BY 1, 2",
		 (long long)(model->slice_s * NS_PER_S), F_KEEPALIVE, OUTCOME_OK);
	return query_rows(model->history, sql, visit_margin, model, err);
}

/* A fault that never ended lasts until the end of the run. */
static void mark_faults(struct model *model)
{
	const struct history *history = model->history;

	for (int f = 0; f < history->faults; f++) {
		const struct fault_row *fault = &history->fault[f];
		int64_t slice_ns = model->slice_s * NS_PER_S;

		CHECK(slice_ns > 0 && fault->began_ns <= fault->ended_ns);
		int64_t first = fault->began_ns / slice_ns, last = fault->ended_ns / slice_ns;

		for (int a = 0; a < model->arms; a++) {
			struct arm_model *arm = &model->arm[a];

			if (fault->arm >= 0 && fault->arm != arm->row->id)
				continue;
			for (int64_t s = first < 0 ? 0 : first; s <= last && s < model->slices; s++)
				arm->slice[s].faults++;
		}
	}
}

static void visit_length(sqlite3_stmt *row, void *context)
{
	*(int64_t *)context = sqlite3_column_int64(row, 0);
}

static int build_slices(struct model *model, struct error *err)
{
	if (query_rows(model->history, "SELECT max(returned_ns) FROM op", visit_length,
		       &model->length_ns, err))
		return -1;
	int64_t length_s = model->length_ns > 0 ? model->length_ns / NS_PER_S + 1 : 0;

	if (length_s > LENGTH_LIMIT_S)
		length_s = LENGTH_LIMIT_S;
	model->slice_s = (int)(length_s / MODEL_SLICES) + 1;
	model->slices = (int)(length_s / model->slice_s) + (length_s % model->slice_s != 0);
	CHECK(model->slices <= MODEL_SLICES);
	CHECK((int64_t)model->slices * model->slice_s >= length_s); /* no second is left out */
	for (int i = 0; i < model->arms; i++) {
		model->arm[i].slice = calloc((size_t)model->slices + 1, sizeof(struct time_slice));
		CHECK_MEMORY(model->arm[i].slice);
		for (int s = 0; s < model->slices; s++)
			model->arm[i].slice[s] = (struct time_slice){
				.failed_ms = NAN, .in_doubt_ms = NAN, .margin_s = NAN};
	}
	mark_faults(model);
	return gather_latencies(model, err) || gather_vain(model, err) || gather_margins(model, err)
		       ? -1
		       : 0;
}

/* The whole ----------------------------------------------------------------------------------- */

static void attach_verdicts(struct model *model)
{
	for (int i = 0; i < model->verdicts->judgements; i++) {
		const struct judgement *judged = &model->verdicts->judgement[i];
		struct arm_model *arm = find_arm(model, judged->arm);

		if (arm)
			arm->judged = judged;
		else if (judged->arm < 0)
			model->service = judged;
	}
}

static int count_all(struct model *model, struct error *err)
{
	/* ?1: F_WRITE */
	static const struct bulk writes = {"decision", "id, lane, accepted", "f = ?1", count_write};

	if (rows_take_all(model->history->db, NULL, &writes, F_WRITE, model, err))
		return -1;
	count_people_and_faults(model);
	return query_rows(model->history,
			  "SELECT arm, count(DISTINCT attempt) FROM fault "
			  "WHERE bitten = 1 AND attempt IS NOT NULL GROUP BY arm",
			  visit_holds_hit, model, err);
}

static int count_acquisitions(struct model *model, struct error *err)
{
	char acquired[128];

	snprintf(acquired, sizeof(acquired),
		 "SELECT arm, count(*) FROM op WHERE f = %d AND outcome = %d GROUP BY arm",
		 F_ACQUIRE, OUTCOME_OK);
	return query_rows(model->history, acquired, visit_acquisitions, model, err);
}

int model_build(const struct history *history, const struct verdicts *verdicts, bool whole,
		struct model *model, struct error *err)
{
	*model = (struct model){.history = history, .verdicts = verdicts, .arms = history->arms};
	model->arm = calloc((size_t)history->arms + 1, sizeof(*model->arm));
	CHECK_MEMORY(model->arm);
	for (int i = 0; i < history->arms; i++) {
		model->arm[i].row = &history->arm[i];
		model->arm[i].failover = failover_times(verdicts, i);
	}
	attach_verdicts(model);
	model->gravest = incident_gravest(verdicts);
	if (count_all(model, err) || advice_give(history, verdicts, &model->advice, err) ||
	    (whole && (count_acquisitions(model, err) || build_slices(model, err) ||
		       incidents_find(history, verdicts, INCIDENTS_MAX, &model->incidents, err)))) {
		model_free(model);
		return -1;
	}
	CHECK(!whole || !model->gravest ||
	      model->incidents.incident[0].told[0] == model->gravest); /* as all reports have it */
	return 0;
}

void model_free(struct model *model)
{
	for (int i = 0; i < model->arms; i++)
		free(model->arm[i].slice);
	free(model->arm);
	incidents_free(&model->incidents);
	advice_free(&model->advice);
	*model = (struct model){0};
}

const char *model_arm_name(const struct model *model, int arm)
{
	CHECK(arm < model->arms); /* one that is not there would pass for the service */
	return arm >= 0 ? model->arm[arm].row->name : "service";
}

/* UNSAFE first, what could not be told next, SAFE last. */
static int rank_of(const struct arm_model *arm)
{
	if (!arm->judged)
		return 3;
	switch (arm->judged->verdict) {
	case VERDICT_UNSAFE:
		return 0;
	case VERDICT_BROKEN:
		return 1;
	case VERDICT_INCONCLUSIVE:
		return 2;
	case VERDICT_SAFE:
		return 4;
	}
	return 3;
}

static bool is_worse(const struct arm_model *one, const struct arm_model *other)
{
	int rank = rank_of(one), other_rank = rank_of(other);
	double rate = one->judged && !isnan(one->judged->rate) ? one->judged->rate : -1;
	double other_rate = other->judged && !isnan(other->judged->rate) ? other->judged->rate : -1;

	if (rank != other_rank)
		return rank < other_rank;
	return rate > other_rate || (rate == other_rate && one->row->id < other->row->id);
}

/* By insertion: there are at most some hundred arms. */
void model_order_arms(const struct model *model, int *order, int limit)
{
	int count = 0;

	for (int i = 0; i < model->arms; i++) {
		int at = count < limit ? count++ : limit;

		for (; at > 0 && is_worse(&model->arm[i], &model->arm[order[at - 1]]); at--)
			if (at < limit)
				order[at] = order[at - 1];
		if (at < limit)
			order[at] = i;
	}
	CHECK(count == (model->arms < limit ? model->arms : limit));
	for (int i = 1; i < count; i++)
		CHECK(!is_worse(&model->arm[order[i]], &model->arm[order[i - 1]]));
}

const char *model_lane_name(const struct model *model, int lane)
{
	return lane >= 0 && lane < model->history->lanes ? model->history->lane[lane].name : "-";
}

int model_never_happened(const struct model *model)
{
	int cells = 0;

	for (int i = 0; i < model->verdicts->cells; i++)
		cells += coverage_never(&model->verdicts->cell[i]) != NEVER_NOTHING;
	return cells;
}

uint32_t model_harm(void)
{
	return NO_HARM | 1u << VIOLATION_FENCE_BREACH;
}

int64_t model_violations(const struct judgement *judged)
{
	int64_t sum = 0;

	for (int name = 0; judged && name < VIOLATION_NAMES_COUNT; name++)
		sum += judged->definite[name] + judged->possible[name];
	return sum;
}
