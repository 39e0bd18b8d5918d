/*
 * Means and percentiles that have no short closed form are taken over a lattice: points that fill
 * the unit cube evenly and are the same each time, so that the same question has the same answer.
 */
#include "tuning/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/invariant.h"

enum { POINTS = 20000, STEPS = 2000, PROPOSALS_PER_CYCLE = 4 /* grant, put, delete, revoke */ };

const struct prediction_row prediction_rows[PREDICTIONS_COUNT] = {
#define X(name, word, unit, sentence, formula)                                                     \
	[PREDICT_##name] = {(word), (unit), (sentence), (formula)},
	PREDICTIONS(X)
#undef X
};

static const double scan_s = (double)LEASE_EXPIRY_SCAN_NS / (double)NS_PER_S;

static double seconds(int64_t ns)
{
	return (double)ns / (double)NS_PER_S;
}

struct times { /* of the lease, as the formulas call them */
	double t, h, g;
};

static struct times times_of(const struct situation *situation)
{
	const struct lease *lease = &situation->lease;

	return (struct times){.t = seconds(lease->ttl_ns),
			      .h = seconds(lease->heartbeat_ns),
			      .g = seconds(lease_gives_up_ns(lease))};
}

/* Where a fault finds everybody: each in 0 .. 1, of its own range. */
struct draw {
	double age, scan, pause, work, next_work;
};

/* Roberts' R-sequence of five dimensions: multiples of the powers of 1/x, x^6 = x + 1, modulo 1. */
static struct draw draw_point(int point)
{
	static const double step[] = {0.8812714616335696, 0.7766393890897682, 0.6844301295853426,
				      0.6031687406857282, 0.5315553977157913};
	double at[5];

	for (int i = 0; i < 5; i++) {
		double whole;

		at[i] = modf(0.5 + step[i] * (point + 1), &whole);
	}
	return (struct draw){at[0], at[1], at[2], at[3], at[4]};
}

static double within(double low, double high, double share)
{
	return low + share * (high - low);
}

/* A pause ---------------------------------------------------------------------------------------- */

/* By the middle rule; S falls, so it errs by less than one step. */
static double loss_per_pause(const struct situation *situation)
{
	struct times at = times_of(situation);
	double sum = 0;

	if (at.h >= at.t)
		return 1;
	for (int i = 0; i < STEPS; i++)
		sum += pauses_longer(situation->pauses, at.t - at.h + at.h * (i + 0.5) / STEPS);
	return sum / STEPS;
}

struct meeting { /* of one that was paused, and the next one, from the last renewal on */
	double pause, woken, next, next_work, window;
};

struct windows { /* of the moments within a hold at which a pause begins: those that do harm */
	double stale, late;
};

/* Of 0 .. window, where a pause may find what was still to do before the write: the part that puts
 * the write `after` the waking, or later. */
static double part_after(const struct situation *situation, double after, double pause,
			 double window)
{
	if (after < 0)
		return window;
	return fmax(0, window - after - (situation->work_waits ? pause : 0));
}

/* The holder wakes `woken` after its last renewal, the next one holds from `next` on and writes
 * after `next_work`. */
static struct windows harm_windows(const struct situation *situation, const struct meeting *meeting)
{
	double to_late = meeting->next - situation->delay_s - meeting->woken;
	double to_stale =
		meeting->next + 2 * situation->delay_s + meeting->next_work - meeting->woken;
	struct windows harm;

	harm.stale = part_after(situation, to_stale, meeting->pause, meeting->window);
	harm.late = part_after(situation, to_late, meeting->pause, meeting->window) - harm.stale;
	return harm;
}

static double told_or(double told, double otherwise)
{
	return told > 0 ? told : otherwise;
}

/* Read and write are answered, and the release has arrived. */
static double hold_s(const struct situation *situation)
{
	return (situation->work_min_s + situation->work_max_s) / 2 +
	       told_or(situation->overhead_s, 5 * situation->delay_s);
}

/* A heartbeat that runs beside the work asks at the waking, and hears of the loss as soon as that
 * is found. What would be written later than that is not. */
static double heeded_window(const struct situation *situation, const struct meeting *meeting,
			    double work)
{
	double found = fmax(meeting->woken, meeting->next - 2 * situation->delay_s);
	double heard = found + 2 * situation->delay_s - meeting->woken;

	if (situation->heedless)
		return work;
	return fmin(work, (situation->work_waits ? meeting->pause : 0) + heard);
}

/* Of pauses long enough to end a lease at all, the mean; `looks`: the holder at its deadline. */
static struct windows mean_windows(const struct situation *situation, double share, bool looks)
{
	struct times at = times_of(situation);
	struct windows sum = {0};

	for (int point = 0; point < POINTS; point++) {
		struct draw draw = draw_point(point);
		double shortest = situation->work_min_s, longest = situation->work_max_s;
		double work = within(shortest, longest, draw.work);
		struct meeting meeting = {
			.pause = pauses_exceeded(situation->pauses, share * fmax(draw.pause, 1e-9)),
			.next = at.t + scan_s * draw.scan + 2 * situation->delay_s,
			.next_work = within(shortest, longest, draw.next_work),
		};

		meeting.woken = at.h * draw.age + meeting.pause;
		meeting.window = looks ? fmin(work, situation->check_s)
				       : heeded_window(situation, &meeting, work);
		if (meeting.woken <= at.t)
			continue; /* its renewal is in time */
		struct windows harm = harm_windows(situation, &meeting);

		sum.stale += harm.stale / POINTS;
		sum.late += harm.late / POINTS;
	}
	return sum;
}

static void predict_harm(const struct situation *situation, struct prediction *prediction)
{
	struct times at = times_of(situation);
	double share = pauses_longer(situation->pauses, fmax(0, at.t - at.h) * (1 - 1e-12));

	prediction->harm_is_known = true;
	for (int i = 0; i < GUARDS_RIGHT && share > 0; i++) {
		const struct guard_kind *guard = &guard_kinds[i];
		struct windows harm = mean_windows(situation, share, guard->looks_at_deadline);
		struct predicted_harm *lets = &prediction->harm[i];

		/* A stale writer read what the later holder has replaced by then. */
		if (!(guard->promises & NO_STALE_WRITE) && !guard->writes_carry_base)
			lets->stale = share * harm.stale / hold_s(situation);
		if (!(guard->promises & NO_LATE_WRITE))
			lets->late = share * harm.late / hold_s(situation);
	}
}

static void predict_pauses(const struct situation *situation, struct prediction *prediction)
{
	double loss = loss_per_pause(situation);

	prediction->value[PREDICT_LOSS_PER_PAUSE] = loss;
	prediction->value[PREDICT_LOSSES_PER_HOUR] =
		situation->locks * situation->pauses_per_hour * loss;
	predict_harm(situation, prediction);
}

/* A cut ------------------------------------------------------------------------------------------ */

static double two_hold(const struct situation *situation)
{
	struct times at = times_of(situation);
	double sum = 0;

	for (int point = 0; point < POINTS; point++) {
		struct draw draw = draw_point(point);
		double believes = fmin(at.g, at.h * draw.age + situation->cut_s);
		double next = at.t + scan_s * draw.scan + 2 * situation->delay_s;

		sum += fmax(0, believes - next);
	}
	return sum / POINTS;
}

static void predict_cut(const struct situation *situation, struct prediction *prediction)
{
	struct times at = times_of(situation);
	double beyond = situation->cut_s - seconds(lease_outlives_cut_ns(&situation->lease));

	prediction->value[PREDICT_LOSS_PER_CUT] = fmin(1, fmax(0, beyond / at.h));
	prediction->value[PREDICT_TWO_HOLD] = two_hold(situation);
}

/* A death ---------------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

typedef double waiting_f(const struct situation *situation, const struct draw *draw);

/* Of what `of` makes of each point. */
static void find_percentiles(const struct situation *situation, waiting_f *of, double *p50,
			     double *p99)
{
	double *value;

	ARRAY_ROOM(value, POINTS);
	for (int point = 0; point < POINTS; point++) {
		struct draw draw = draw_point(point);

		value[point] = of(situation, &draw);
	}
	array_sort(value, POINTS, sizeof(*value), by_size);
	*p50 = value[POINTS / 2];
	*p99 = value[POINTS / 100 * 99];
	free(value);
}

static double left_of_lease(const struct situation *situation, const struct draw *draw)
{
	struct times at = times_of(situation);

	return at.t - fmin(at.t, at.h) * draw->age;
}

static double failover_without_change(const struct situation *situation, const struct draw *draw)
{
	return left_of_lease(situation, draw) + scan_s * draw->scan + 2 * situation->delay_s;
}

/* The leader goes while the dead one's lease lives; the next takes over after one to two election
 * time-outs, and gives the lease its whole life and one time-out more. */
static double failover_with_change(const struct situation *situation, const struct draw *draw)
{
	return draw->pause * left_of_lease(situation, draw) +
	       situation->election_s * (1 + draw->work) + times_of(situation).t +
	       situation->election_s + scan_s * draw->scan + situation->delay_s;
}

static void predict_failover(const struct situation *situation, struct prediction *prediction)
{
	struct times at = times_of(situation);
	double h = fmin(at.t, at.h), d = situation->delay_s, e = situation->election_s;
	double *value = prediction->value;

	value[PREDICT_FAILOVER_LEAST] = at.t - h + 2 * d;
	value[PREDICT_FAILOVER_MEAN] = at.t - h / 2 + scan_s / 2 + 2 * d;
	find_percentiles(situation, failover_without_change, &value[PREDICT_FAILOVER_P50],
			 &value[PREDICT_FAILOVER_P99]);
	value[PREDICT_FAILOVER_MOST] = at.t + scan_s + 2 * d;
	value[PREDICT_LEAST_TTL] = seconds(lease_least_ttl_ns(
		llround(e * NS_PER_S), llround(situation->interval_s * NS_PER_S)));
	value[PREDICT_NO_LEADER] = 2 * e;
	value[PREDICT_REFILL] = at.t + e;
	value[PREDICT_CHANGE_LEAST] = at.t + 2 * e + d;
	value[PREDICT_CHANGE_MEAN] = (at.t - h / 2) / 2 + at.t + 2.5 * e + scan_s / 2 + d;
	find_percentiles(situation, failover_with_change, &value[PREDICT_CHANGE_P50],
			 &value[PREDICT_CHANGE_P99]);
	value[PREDICT_CHANGE_MOST] = 2 * at.t + 3 * e + scan_s + d;
}

/* The queue before a lock ------------------------------------------------------------------------ */

/* Mean value analysis of one server and its customers, exact for holds and rests that are
 * exponential (Reiser and Lavenberg 1980); holds that vary less wait less. */
static void predict_queue(const struct situation *situation, struct prediction *prediction)
{
	double hold = hold_s(situation) + told_or(situation->handover_s, situation->delay_s);
	double rest = situation->rest_s + told_or(situation->opening_s, 4 * situation->delay_s);
	double queue = 0, response = hold, throughput = 0;

	for (int k = 1; k <= situation->workers; k++) {
		response = hold * (1 + queue);
		throughput = k / (response + rest);
		queue = throughput * response;
	}
	prediction->value[PREDICT_WAIT] = response - hold;
	prediction->value[PREDICT_CYCLES] = situation->locks * throughput;
	prediction->value[PREDICT_PROPOSALS] =
		PROPOSALS_PER_CYCLE * prediction->value[PREDICT_CYCLES];
	prediction->value[PREDICT_RENEWALS] = situation->locks * queue / times_of(situation).h;
}

void predict(const struct situation *situation, struct prediction *prediction)
{
	const struct lease *lease = &situation->lease;

	CHECK(situation->workers > 0 && situation->locks > 0);
	CHECK(situation->work_min_s > 0 && situation->work_max_s >= situation->work_min_s);
	memset(prediction, 0, sizeof(*prediction));
	for (int i = 0; i < PREDICTIONS_COUNT; i++)
		prediction->value[i] = NAN;
	prediction->value[PREDICT_OUTLIVES_PAUSE] = seconds(lease_outlives_pause_ns(lease));
	prediction->value[PREDICT_OUTLIVES_CUT] = seconds(lease_outlives_cut_ns(lease));
	prediction->value[PREDICT_GIVES_UP] = seconds(lease_gives_up_ns(lease));
	if (situation->pauses)
		predict_pauses(situation, prediction);
	if (situation->cut_s > 0)
		predict_cut(situation, prediction);
	predict_failover(situation, prediction);
	predict_queue(situation, prediction);
}
