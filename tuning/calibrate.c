#include "tuning/calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "campaign/fault.h"
#include "tuning/matter.h"

struct lengths { /* in ns */
	int64_t *at;
	size_t count, room;
};

static void add_length(struct lengths *lengths, int64_t length_ns)
{
	ARRAY_GROW(lengths->at, lengths->count, lengths->room);
	lengths->at[lengths->count++] = length_ns;
}

static int by_length(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

static double percentile_s(struct lengths *lengths, int percent)
{
	CHECK(lengths->count > 0);
	array_sort(lengths->at, lengths->count, sizeof(*lengths->at), by_length);
	return (double)lengths->at[(lengths->count - 1) * (size_t)percent / 100] / NS_PER_S;
}

static double mean_s(const struct lengths *lengths)
{
	double sum = 0;

	for (size_t i = 0; i < lengths->count; i++)
		sum += (double)lengths->at[i] / NS_PER_S / (double)lengths->count;
	return sum;
}

struct gathering {
	const struct history *history;
	int arm;
	struct standstills stood;
	struct lengths reads, works, holds, handovers, rests, waits, kept, lost;
	int64_t renewals;
};

/* Reading a lane --------------------------------------------------------------------------------- */

static const struct standstill *standstill_of(const struct gathering *gathering, int64_t attempt)
{
	for (int i = 0; i < gathering->stood.count; i++)
		if (gathering->stood.at[i].attempt == attempt)
			return &gathering->stood.at[i];
	return NULL;
}

static bool is_ok(const struct op_row *op)
{
	return op->outcome == OUTCOME_OK && op->returned_ns != NEVER_NS;
}

/* One process's attempt, as far as its operations were read. */
struct progress {
	int64_t attempt, acquired_ns, read_ns, work_ns, released_ns;
	bool paused;
};

static void begin_attempt(struct gathering *gathering, struct progress *at, const struct op_row *op)
{
	int64_t released_ns = at->paused ? 0 : at->released_ns;

	*at = (struct progress){.attempt = op->attempt,
				.paused = standstill_of(gathering, op->attempt) != NULL,
				.released_ns = released_ns};
}

static void follow_ok(struct gathering *gathering, struct progress *at, const struct op_row *op)
{
	if (op->f == F_READ) {
		add_length(&gathering->reads, op->returned_ns - op->invoked_ns);
		at->read_ns = op->returned_ns;
	} else if (op->f == F_WRITE && at->read_ns) {
		at->work_ns = op->invoked_ns - at->read_ns;
		add_length(&gathering->works, at->work_ns);
	} else if (op->f == F_ACQUIRE) {
		add_length(&gathering->waits, op->returned_ns - op->invoked_ns);
		if (at->released_ns)
			add_length(&gathering->rests, op->invoked_ns - at->released_ns);
		at->acquired_ns = op->returned_ns;
	} else if (op->f == F_RELEASE && at->work_ns && at->acquired_ns) {
		add_length(&gathering->holds, op->invoked_ns - at->acquired_ns - at->work_ns);
		at->released_ns = op->invoked_ns;
	}
}

static void follow_op(struct gathering *gathering, struct progress *at, const struct op_row *op)
{
	if (op->attempt != at->attempt)
		begin_attempt(gathering, at, op);
	if (!at->paused && is_ok(op))
		follow_ok(gathering, at, op);
}

/* From a release to the next one's knowing, for who waited then. */
static void read_handovers(struct gathering *gathering, const struct lane_history *rows)
{
	int64_t *released;
	int count = 0;

	ARRAY_ROOM(released, rows->ops);
	for (int i = 0; i < rows->ops; i++)
		if (rows->op[i].f == F_RELEASE && is_ok(&rows->op[i]))
			released[count++] = rows->op[i].invoked_ns; /* ascending, as the rows are */
	for (int i = 0; i < rows->ops; i++) {
		const struct op_row *op = &rows->op[i];
		int low = 0, high = count;

		if (op->f != F_ACQUIRE || !is_ok(op) || standstill_of(gathering, op->attempt))
			continue;
		while (low < high) {
			int middle = low + (high - low) / 2;

			if (released[middle] < op->returned_ns)
				low = middle + 1;
			else
				high = middle;
		}
		if (low > 0 && released[low - 1] > op->invoked_ns)
			add_length(&gathering->handovers, op->returned_ns - released[low - 1]);
	}
	free(released);
}

/* The first renewal of the attempt that was sent after the pause, and answered, says what came of
 * it. */
static void tell_end(struct gathering *gathering, const struct lane_history *rows,
		     const struct standstill *stood)
{
	int64_t length_ns = stood->to_ns - stood->from_ns;

	for (int i = 0; i < rows->ops; i++) {
		const struct op_row *op = &rows->op[i];

		if (op->attempt != stood->attempt || op->f != F_KEEPALIVE || !is_ok(op) ||
		    op->invoked_ns < stood->to_ns)
			continue; /* what was sent before the pause tells nothing */
		add_length(op->ttl_ms ? &gathering->kept : &gathering->lost, length_ns);
		return;
	}
}

/* A fault of the service, or another of the same worker; before the pause, too, since a change of
 * the leader gives every lease its whole life again. */
static bool disturbs(const struct fault_row *fault, const struct standstill *stood, int64_t ttl_ns)
{
	bool of_service = fault->lane < 0;
	bool of_worker = fault->attempt == stood->attempt && !fault_is_standstill(fault);
	int64_t ended_ns = fault->ended_ns == NEVER_NS ? INT64_MAX : fault->ended_ns;

	return fault->bitten && fault->effect != EFFECT_LOAD && (of_service || of_worker) &&
	       fault->began_ns < stood->to_ns && ended_ns > stood->from_ns - 2 * ttl_ns;
}

static bool is_alone(const struct gathering *gathering, const struct standstill *stood,
		     int64_t ttl_ns)
{
	for (int i = 0; i < gathering->history->faults; i++)
		if (disturbs(&gathering->history->fault[i], stood, ttl_ns))
			return false;
	return true;
}

/* Its place among the processes, which stand by id; -1: there is none. */
static int place_of(const struct history *history, int process)
{
	int low = 0, high = history->processes - 1;

	while (low <= high) {
		int middle = low + (high - low) / 2, id = history->process[middle].id;

		if (id == process)
			return middle;
		if (id < process)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

static void read_lane(struct gathering *gathering, const struct lane_history *rows, int lane,
		      const struct lease *lease)
{
	struct progress *progress;

	read_handovers(gathering, rows);
	ARRAY_NEW(progress, gathering->history->processes);
	for (int i = 0; i < rows->ops; i++) {
		const struct op_row *op = &rows->op[i];

		int place = place_of(gathering->history, op->process);

		/* Answered or not: what the service is asked for. */
		gathering->renewals += op->f == F_KEEPALIVE;
		if (op->attempt && op->f != F_KEEPALIVE && place >= 0)
			follow_op(gathering, &progress[place], op);
	}
	for (int i = 0; i < gathering->stood.count; i++) {
		const struct standstill *stood = &gathering->stood.at[i];

		if (stood->lane == lane && stood->to_ns - stood->from_ns >= lease->heartbeat_ns &&
		    is_alone(gathering, stood, lease->ttl_ns))
			tell_end(gathering, rows, stood);
	}
	free(progress);
}

static int read_lanes(struct gathering *gathering, const struct lease *lease, int *lanes,
		      struct error *err)
{
	const struct history *history = gathering->history;

	for (int lane = 0; lane < history->lanes; lane++) {
		struct lane_history rows;

		if (history->lane[lane].arm != gathering->arm)
			continue;
		if (history_load_lane(history, history->lane[lane].id, &rows, err))
			return -1;
		read_lane(gathering, &rows, history->lane[lane].id, lease);
		history_free_lane(&rows);
		++*lanes;
	}
	return 0;
}

/* Telling ---------------------------------------------------------------------------------------- */

static int count_workers(const struct history *history, int arm)
{
	int most = 0;

	for (int i = 0; i < history->processes; i++)
		if (history->process[i].arm == arm && history->process[i].worker >= most)
			most = history->process[i].worker + 1;
	return most;
}

static double load_s(const struct history *history)
{
	int64_t began_ns = history_number(history, "load_began_ns", 0);

	return history->healed_ns != NEVER_NS && history->healed_ns > began_ns
		       ? (double)(history->healed_ns - began_ns) / NS_PER_S
		       : 0;
}

static void tell(struct calibration *calibration, enum prediction_name name, double value,
		 int64_t of)
{
	calibration->measured[name] = value;
	calibration->of[name] = of;
}

static void tell_pauses(struct gathering *gathering, struct calibration *calibration)
{
	size_t kept = gathering->kept.count, lost = gathering->lost.count;
	double *length_s;

	if (kept + lost == 0)
		return;
	ARRAY_ROOM(length_s, kept + lost);
	for (size_t i = 0; i < kept + lost; i++)
		length_s[i] =
			(double)(i < kept ? gathering->kept.at[i] : gathering->lost.at[i - kept]) /
			NS_PER_S;
	pauses_measured(length_s, kept + lost, &calibration->pauses);
	free(length_s);
	calibration->situation.pauses = &calibration->pauses;
	tell(calibration, PREDICT_LOSS_PER_PAUSE, (double)lost / (double)(kept + lost),
	     (int64_t)(kept + lost));
}

static bool is_told_by(const struct failover_row *failover, int arm, enum led led)
{
	return failover->arm == arm && failover->led == led && failover->end == FAILOVER_TAKEN &&
	       failover->fault->lane >= 0;
}

static void tell_failovers(const struct verdicts *verdicts, int arm, enum led led,
			   struct calibration *calibration)
{
	bool anew = led == LED_ANEW;
	struct lengths took = {0};

	for (int i = 0; i < verdicts->failovers; i++) {
		const struct failover_row *failover = &verdicts->failover[i];

		if (is_told_by(failover, arm, led))
			add_length(&took, failover->to_ns - failover->fault->began_ns);
	}
	if (took.count) {
		tell(calibration, anew ? PREDICT_CHANGE_P50 : PREDICT_FAILOVER_P50,
		     percentile_s(&took, 50), (int64_t)took.count);
		tell(calibration, anew ? PREDICT_CHANGE_MEAN : PREDICT_FAILOVER_MEAN, mean_s(&took),
		     (int64_t)took.count);
	}
	free(took.at);
}

static void tell_load(struct gathering *gathering, struct calibration *calibration)
{
	double seconds = load_s(gathering->history);
	int64_t cycles = (int64_t)gathering->waits.count;

	if (cycles)
		tell(calibration, PREDICT_WAIT, mean_s(&gathering->waits), cycles);
	if (cycles && seconds > 0)
		tell(calibration, PREDICT_CYCLES, (double)cycles / seconds, cycles);
	if (gathering->renewals && seconds > 0)
		tell(calibration, PREDICT_RENEWALS, (double)gathering->renewals / seconds,
		     gathering->renewals);
}

/* What the run was, as far as it tells; false: it has no work in it to predict on. */
static bool tell_situation(struct gathering *gathering, struct calibration *calibration)
{
	struct situation *situation = &calibration->situation;

	if (!gathering->reads.count || !gathering->works.count)
		return false;
	situation->delay_s = percentile_s(&gathering->reads, 50) / 2;
	situation->work_min_s = fmax(1e-6, percentile_s(&gathering->works, 5));
	situation->work_max_s = fmax(situation->work_min_s, percentile_s(&gathering->works, 95));
	situation->work_waits = true;
	/* All that lies between two waits is rest, as it was measured. */
	situation->rest_s = gathering->rests.count ? mean_s(&gathering->rests) : 0;
	situation->opening_s = 1e-9;
	situation->overhead_s = gathering->holds.count ? mean_s(&gathering->holds) : 0;
	situation->handover_s = gathering->handovers.count ? mean_s(&gathering->handovers) : 0;
	situation->check_s = situation->delay_s;
	situation->workers = count_workers(gathering->history, gathering->arm);
	return situation->workers > 0;
}

static void free_gathering(struct gathering *gathering)
{
	standstills_free(&gathering->stood);
	free(gathering->reads.at);
	free(gathering->works.at);
	free(gathering->holds.at);
	free(gathering->handovers.at);
	free(gathering->rests.at);
	free(gathering->waits.at);
	free(gathering->kept.at);
	free(gathering->lost.at);
}

static int gather(struct gathering *gathering, struct calibration *calibration, struct error *err)
{
	const struct history *history = gathering->history;
	struct situation *situation = &calibration->situation;

	if (matter_lease(history, &history->arm[gathering->arm], &situation->lease, err))
		return -1;
	standstills_gather(history, gathering->arm, situation->lease.patience_ns,
			   &gathering->stood);
	situation->election_s = (double)(history->election_ms ?: ETCD_ELECTION_MS) / 1e3;
	return read_lanes(gathering, &situation->lease, &situation->locks, err);
}

int calibrate(const struct history *history, const struct verdicts *verdicts, int arm,
	      struct calibration *calibration, struct error *err)
{
	struct gathering gathering = {.history = history, .arm = arm};

	CHECK(arm >= 0 && arm < history->arms);
	memset(calibration, 0, sizeof(*calibration));
	for (int i = 0; i < PREDICTIONS_COUNT; i++)
		calibration->measured[i] = NAN;
	if (arm_sharing(&history->arm[arm]) != SHARING_MUTEX)
		return error_set(err, EXIT_BAD_USAGE,
				 "arm %.60s: several may hold its lock, and a prediction is of one "
				 "holder",
				 history->arm[arm].name);
	int failed = gather(&gathering, calibration, err);

	if (!failed && !tell_situation(&gathering, calibration))
		failed = error_set(err, EXIT_BAD_USAGE,
				   "arm %.60s: no read and write in it, which a prediction needs",
				   history->arm[arm].name);
	if (!failed) {
		tell_pauses(&gathering, calibration);
		tell_load(&gathering, calibration);
		tell_failovers(verdicts, arm, LED_ON, calibration);
		tell_failovers(verdicts, arm, LED_ANEW, calibration);
	}
	free_gathering(&gathering);
	if (failed)
		calibration_free(calibration);
	return failed;
}

void calibration_free(struct calibration *calibration)
{
	pauses_free(&calibration->pauses);
}
