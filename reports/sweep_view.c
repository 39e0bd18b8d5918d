#include "reports/sweep_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"

/* Axes ---------------------------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	return array_order(*(const int64_t *)a, *(const int64_t *)b);
}

/* Sorts the values and drops those that are there twice. */
static void settle(struct sweep_axis *axis)
{
	int kept = 0;

	array_sort(axis->value, (size_t)axis->count, sizeof(*axis->value), by_value);
	for (int i = 0; i < axis->count; i++)
		if (kept == 0 || axis->value[kept - 1] != axis->value[i])
			axis->value[kept++] = axis->value[i];
	axis->count = kept;
}

static int place_on(const struct sweep_axis *axis, int64_t value)
{
	int place = 0;

	while (place < axis->count && axis->value[place] != value)
		place++;
	CHECK(place < axis->count);
	return place;
}

static void make_axes(struct sweep_view *view)
{
	const struct sweep *sweep = view->sweep;

	ARRAY_NEW(view->election.value, sweep->cells);
	ARRAY_NEW(view->ttl.value, sweep->cells);
	ARRAY_NEW(view->heartbeat.value, sweep->cells);
	ARRAY_NEW(view->retries.value, sweep->cells);
	for (int i = 0; i < sweep->cells; i++) {
		const struct lease *lease = &sweep->cell[i].lease;

		view->election.value[view->election.count++] = sweep->cell[i].election_ms;
		view->ttl.value[view->ttl.count++] = lease->ttl_ns;
		view->heartbeat.value[view->heartbeat.count++] = lease->heartbeat_ns;
		view->retries.value[view->retries.count++] = lease->retries;
	}
	settle(&view->election);
	settle(&view->ttl);
	settle(&view->heartbeat);
	settle(&view->retries);
}

int sweep_axis_nearest(const struct sweep_axis *axis, int64_t value)
{
	int last = axis->count - 1, nearest = 0;
	double far = INFINITY;

	CHECK(axis->count > 0);
	if (value < axis->value[0] || value > axis->value[last])
		return -1;
	for (int i = 0; i <= last; i++) {
		double away = fabs(log((double)value / (double)axis->value[i]));

		if (away < far) {
			far = away;
			nearest = i;
		}
	}
	return nearest;
}

/* What is predicted --------------------------------------------------------------------------- */

static void predict_cell(const struct sweep *sweep, struct seen_cell *seen)
{
	struct situation situation = sweep->situation;
	struct prediction said;

	situation.lease = seen->cell->lease;
	if (seen->cell->election_ms)
		situation.election_s = seen->cell->election_ms / 1e3;
	for (int i = 0; i < SWEEP_FIGURES_COUNT; i++)
		seen->predicted[i] = NAN;
	if (seen->cell->state == SWEEP_LEFT_OUT)
		return;
	predict(&situation, &said);
	seen->predicted[SWEEP_FAILOVER_P50] = said.value[PREDICT_FAILOVER_P50];
	seen->predicted[SWEEP_FAILOVER_P99] = said.value[PREDICT_FAILOVER_P99];
	seen->predicted[SWEEP_RENEWALS] = said.value[PREDICT_RENEWALS];
	if (!said.harm_is_known || sweep->guard->known_wrong)
		return;
	double per_hour = situation.pauses_per_hour, loss = said.value[PREDICT_LOSS_PER_PAUSE];
	CHECK(sweep->guard >= guard_kinds && sweep->guard < guard_kinds + GUARDS_COUNT);
	double stale = said.harm[sweep->guard - guard_kinds].stale;

	CHECK(loss >= 0 && loss <= 1 && stale >= 0);
	seen->predicted[SWEEP_LOST] = per_hour * loss;
	seen->predicted[SWEEP_HARM] = per_hour * stale;
	seen->predicted[SWEEP_STALE] = loss > 0 ? stale / loss : NAN;
}

/* Which is better ----------------------------------------------------------------------------- */

enum sweep_order sweep_compare(const struct seen_cell *first, const struct seen_cell *second,
			       enum sweep_figure_name name)
{
	const struct sweep_figure *a = &first->cell->figure[name];
	const struct sweep_figure *b = &second->cell->figure[name];

	CHECK(name < SWEEP_FIGURES_COUNT);
	/* An end that is not known is beyond any number. */
	if (isnan(a->value) || isnan(b->value))
		return SWEEP_UNTOLD;
	if (a->high < b->low)
		return SWEEP_LESS;
	if (b->high < a->low)
		return SWEEP_MORE;
	return SWEEP_UNTOLD;
}

/* What is not known comes last. */
static int by_number(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(a) - isnan(b);
	return (a > b) - (a < b);
}

static int by_settings(const struct sweep_cell *one, const struct sweep_cell *other)
{
	const struct lease *a = &one->lease, *b = &other->lease;

	return array_order(a->ttl_ns, b->ttl_ns) ?: array_order(a->heartbeat_ns, b->heartbeat_ns)
						 ?: a->retries - b->retries
						 ?: one->election_ms - other->election_ms;
}

struct sweep_cell sweep_own(const struct sweep *sweep)
{
	return (struct sweep_cell){.lease = sweep->situation.lease,
				   .election_ms = sweep->election_ms,
				   .state = SWEEP_NOT_RUN};
}

static int by_merit(const void *a, const void *b)
{
	static const enum sweep_figure_name order[] = {SWEEP_HARM, SWEEP_FAILOVER_P50,
						       SWEEP_RENEWALS};
	const struct sweep_cell *one = ((const struct seen_cell *)a)->cell;
	const struct sweep_cell *other = ((const struct seen_cell *)b)->cell;
	int differ = (one->state != SWEEP_MEASURED) - (other->state != SWEEP_MEASURED);

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && !differ; i++)
		differ = by_number(one->figure[order[i]].value, other->figure[order[i]].value);
	return differ ?: by_settings(one, other);
}

/* Shown to be better in one of them, and in none worse. */
static bool dominates(const struct seen_cell *one, const struct seen_cell *other)
{
	static const enum sweep_figure_name by[] = {SWEEP_HARM, SWEEP_FAILOVER_P50, SWEEP_RENEWALS};
	bool better = false;

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++) {
		double a = one->cell->figure[by[i]].value, b = other->cell->figure[by[i]].value;

		if (isnan(a) || isnan(b) || a > b)
			return false;
		better |= sweep_compare(one, other, by[i]) == SWEEP_LESS;
	}
	return better;
}

static void find_front(struct sweep_view *view)
{
	for (int i = 0; i < view->measured; i++) {
		struct seen_cell *seen = &view->cell[i];

		seen->front = true;
		for (int j = 0; j < view->measured; j++)
			seen->front &= !dominates(&view->cell[j], seen);
	}
	/* Of what dominates another, the last is dominated by none. */
	CHECK(view->measured == 0 || view->cell[0].front);
}

/* The whole ----------------------------------------------------------------------------------- */

static int index_of(const struct sweep_view *view, const struct sweep_place *place)
{
	/* Of what lies on no axis, -1. */
	CHECK(place->election >= 0 && place->retries >= 0 && place->heartbeat >= 0 &&
	      place->ttl >= 0);
	CHECK(place->election < view->election.count && place->retries < view->retries.count &&
	      place->heartbeat < view->heartbeat.count && place->ttl < view->ttl.count);
	int panel = place->election * view->retries.count + place->retries;

	return (panel * view->heartbeat.count + place->heartbeat) * view->ttl.count + place->ttl;
}

const struct seen_cell *sweep_view_at(const struct sweep_view *view,
				      const struct sweep_place *place)
{
	return view->at[index_of(view, place)];
}

static void place_cell(struct sweep_view *view, struct seen_cell *seen)
{
	const struct lease *lease = &seen->cell->lease;
	struct sweep_cell own = sweep_own(view->sweep);

	seen->place = (struct sweep_place){
		.election = place_on(&view->election, seen->cell->election_ms),
		.retries = place_on(&view->retries, lease->retries),
		.heartbeat = place_on(&view->heartbeat, lease->heartbeat_ns),
		.ttl = place_on(&view->ttl, lease->ttl_ns),
	};
	const struct seen_cell **at = &view->at[index_of(view, &seen->place)];

	CHECK(!*at); /* each once */
	*at = seen;
	if (by_settings(seen->cell, &own) == 0)
		view->point = seen;
}

void sweep_view_make(const struct sweep *sweep, struct sweep_view *view)
{
	CHECK(sweep->cells >= 1 && sweep->cells <= SWEEP_CELLS);
	*view = (struct sweep_view){.sweep = sweep, .cells = sweep->cells};
	make_axes(view);
	ARRAY_NEW(view->cell, view->cells);
	ARRAY_NEW(view->at, view->election.count * view->retries.count * view->heartbeat.count *
				    view->ttl.count);
	for (int i = 0; i < view->cells; i++) {
		view->cell[i].cell = &sweep->cell[i];
		CHECK(sweep->cell[i].state == SWEEP_MEASURED || sweep->cell[i].reason);
		predict_cell(sweep, &view->cell[i]);
		view->measured += sweep->cell[i].state == SWEEP_MEASURED;
	}
	array_sort(view->cell, (size_t)view->cells, sizeof(*view->cell), by_merit);
	for (int i = 0; i < view->cells; i++) {
		view->cell[i].rank = i + 1;
		CHECK((view->cell[i].cell->state == SWEEP_MEASURED) == (i < view->measured));
		place_cell(view, &view->cell[i]);
	}
	find_front(view);
	view->best = view->measured ? &view->cell[0] : NULL;
}

void sweep_view_free(struct sweep_view *view)
{
	free(view->election.value);
	free(view->ttl.value);
	free(view->heartbeat.value);
	free(view->retries.value);
	free(view->cell);
	free(view->at);
}

/* In words ------------------------------------------------------------------------------------ */

char *sweep_settings(const struct sweep_view *view, const struct sweep_cell *cell)
{
	const struct lease *lease = &cell->lease;
	_cleanup_free_ char *election = view->election.count == 1
						? text_format("%s", "")
						: text_format(" with an election time-out of %g s",
							      cell->election_ms / 1e3);

	return text_format("TTL %g s, heartbeat %g s and %d retr%s%s",
			   (double)lease->ttl_ns / NS_PER_S, (double)lease->heartbeat_ns / NS_PER_S,
			   lease->retries, lease->retries == 1 ? "y" : "ies", election);
}

const char *sweep_number(char *text, enum sweep_figure_name name, double value)
{
	if (name == SWEEP_STALE)
		value *= 1000;
	if (isnan(value))
		snprintf(text, SWEEP_WORDS, "?");
	else
		snprintf(text, SWEEP_WORDS, value < 999.5 ? "%.3g" : "%.0f", value);
	return text;
}

const char *sweep_amount(char *text, enum sweep_figure_name name, double value)
{
	size_t length = strlen(sweep_number(text, name, value));

	CHECK(name < SWEEP_FIGURES_COUNT);
	snprintf(text + length, SWEEP_WORDS - length, " %s", sweep_figure_rows[name].unit);
	return text;
}

const char *sweep_interval(char *text, enum sweep_figure_name name,
			   const struct sweep_figure *figure)
{
	char low[SWEEP_WORDS], high[SWEEP_WORDS];

	sweep_number(low, name, figure->low);
	sweep_number(high, name, figure->high);
	if (isnan(figure->low) && isnan(figure->high))
		snprintf(text, SWEEP_WORDS, "?");
	else if (isnan(figure->high))
		snprintf(text, SWEEP_WORDS, "%.20s and more", low);
	else if (isnan(figure->low))
		snprintf(text, SWEEP_WORDS, "up to %.20s", high);
	else
		snprintf(text, SWEEP_WORDS, "%.20s to %.20s", low, high);
	return text;
}
