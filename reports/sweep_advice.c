/*
 * The advice is the first cell by rank: least harm, then the soonest failover, then the fewest
 * renewals. The user's own settings stay where nothing that anybody would change them for (harm,
 * lost locks, failover) is shown to be less there.
 */
#include "reports/sweep_advice.h"

#include <math.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"

static bool is_gain(const struct seen_cell *chosen, const struct seen_cell *point)
{
	for (int i = 0; i < SWEEP_RENEWALS; i++)
		if (sweep_compare(chosen, point, (enum sweep_figure_name)i) == SWEEP_LESS)
			return true;
	return false;
}

static const struct seen_cell *choose(const struct sweep_view *view)
{
	const struct seen_cell *point = view->point;

	if (!point || point->cell->state != SWEEP_MEASURED || !view->best)
		return view->best;
	return is_gain(view->best, point) ? view->best : point;
}

/* "0 /h (0 to 3.1)" */
static void say_figure(FILE *out, const struct seen_cell *seen, enum sweep_figure_name name)
{
	const struct sweep_figure *figure = &seen->cell->figure[name];
	char amount[SWEEP_WORDS], interval[SWEEP_WORDS];

	fprintf(out, "%s (%s)", sweep_amount(amount, name, figure->value),
		sweep_interval(interval, name, figure));
}

static bool both_known(const struct seen_cell *one, const struct seen_cell *other,
		       enum sweep_figure_name name)
{
	return !isnan(one->cell->figure[name].value) && !isnan(other->cell->figure[name].value);
}

/* All figures in which the chosen one is so, against the user's own; "" when there are none. */
static char *compare_all(const struct sweep_view *view, const struct seen_cell *chosen,
			 enum sweep_order order)
{
	char *text;
	size_t size;
	FILE *out = text_begin(&text, &size);
	int said = 0;

	for (int i = 0; i < SWEEP_FIGURES_COUNT; i++) {
		enum sweep_figure_name name = (enum sweep_figure_name)i;

		if (sweep_compare(chosen, view->point, name) != order ||
		    !both_known(chosen, view->point, name))
			continue;
		fprintf(out, "%s%s: ", said++ ? "; " : "", sweep_figure_rows[i].sentence);
		say_figure(out, chosen, name);
		fputs(order == SWEEP_UNTOLD ? " against " : " instead of ", out);
		say_figure(out, view->point, name);
	}
	fputs(said ? "." : "", out);
	text_end(out, &text);
	return text;
}

/* "stale writes per hour of holding, 0 /h instead of 32 /h": of the first figure that is so, and
 * the cards tell the others; NULL: of none. */
static char *say_first(const struct sweep_view *view, const struct seen_cell *chosen,
		       enum sweep_order order)
{
	static const enum sweep_figure_name names[SWEEP_FIGURES_COUNT] = {
		SWEEP_HARM,         SWEEP_STALE,        SWEEP_LOST,
		SWEEP_FAILOVER_P50, SWEEP_FAILOVER_P99, SWEEP_RENEWALS};
	const struct sweep_cell *here = chosen->cell, *there = view->point->cell;
	char now[SWEEP_WORDS], before[SWEEP_WORDS];

	for (int i = 0; i < SWEEP_FIGURES_COUNT; i++)
		if (sweep_compare(chosen, view->point, names[i]) == order)
			return text_format(
				"%s, %s instead of %s", sweep_figure_rows[names[i]].sentence,
				sweep_amount(now, names[i], here->figure[names[i]].value),
				sweep_amount(before, names[i], there->figure[names[i]].value));
	return NULL;
}

/* What was measured of the advised settings, where there is nothing to hold it to. */
static char *say_all(const struct seen_cell *chosen)
{
	char *text;
	size_t size;
	FILE *out = text_begin(&text, &size);
	int said = 0;

	for (int i = 0; i < SWEEP_FIGURES_COUNT; i++) {
		if (isnan(chosen->cell->figure[i].value))
			continue;
		fprintf(out, "%s%s: ", said++ ? "; " : "", sweep_figure_rows[i].sentence);
		say_figure(out, chosen, (enum sweep_figure_name)i);
	}
	fputc('.', out);
	text_end(out, &text);
	return text;
}

/* "1.75 s", and where the user's own have another "1.75 s instead of 0.75 s". */
static void say_length(FILE *out, const char *before, int64_t ns, int64_t own_ns)
{
	fprintf(out, "%s%.4g s", before, (double)ns / NS_PER_S);
	if (ns != own_ns)
		fprintf(out, " instead of %.4g s", (double)own_ns / NS_PER_S);
}

/* What no run is needed for. */
static char *say_follows(const struct sweep *sweep, const struct sweep_cell *cell)
{
	struct sweep_cell user = sweep_own(sweep);
	const struct lease *lease = &cell->lease, *own = &user.lease;
	struct failover failover = lease_failover(lease, cell->election_ms * NS_PER_MS);
	struct failover owns = lease_failover(own, user.election_ms * NS_PER_MS);
	char *text;
	size_t size;
	FILE *out = text_begin(&text, &size);

	say_length(out, "They surely outlive pauses of ", lease_outlives_pause_ns(lease),
		   lease_outlives_pause_ns(own));
	say_length(out, " and cuts of ", lease_outlives_cut_ns(lease), lease_outlives_cut_ns(own));
	say_length(out, "; a holder that gets no answer gives up after ", lease_gives_up_ns(lease),
		   lease_gives_up_ns(own));
	say_length(out, "; failover takes at the most ", failover.most_ns, owns.most_ns);
	if (cell->election_ms)
		say_length(out, ", and when etcd's leader changes meanwhile ",
			   failover.most_with_change_ns, owns.most_with_change_ns);
	fputc('.', out);
	text_end(out, &text);
	return text;
}

static void say_nothing(const struct sweep_view *view, struct sweep_advice *advice)
{
	advice->headline = text_format("Nothing was measured in this sweep.");
	advice->data =
		text_format("None of %d cells tells anything; the table says why.", view->cells);
}

static void say_alone(const struct sweep_view *view, struct sweep_advice *advice)
{
	struct sweep_cell cell = sweep_own(view->sweep);
	_cleanup_free_ char *settings = sweep_settings(view, advice->chosen->cell);
	_cleanup_free_ char *own = sweep_settings(view, &cell);

	advice->headline = text_format("Set %s.", settings);
	advice->data = text_format("Of %d settings measured they did the least harm, and of those "
				   "that did as little theirs was the soonest failover. Your own, "
				   "%s, were not measured: what a change gains is not known.",
				   view->measured, own);
	advice->gains = say_all(advice->chosen);
}

static void say_keep(const struct sweep_view *view, struct sweep_advice *advice)
{
	_cleanup_free_ char *settings = sweep_settings(view, view->point->cell);

	advice->headline = text_format("Keep %s.", settings);
	advice->data = text_format(
		"Of %d settings measured, those with the least harm are not shown to be "
		"better than your own: where two intervals meet, what differs may be chance.",
		view->measured);
	advice->gains = say_all(advice->chosen);
}

static void say_change(const struct sweep_view *view, struct sweep_advice *advice)
{
	const struct seen_cell *chosen = advice->chosen;
	_cleanup_free_ char *settings = sweep_settings(view, chosen->cell);
	_cleanup_free_ char *own = sweep_settings(view, view->point->cell);

	_cleanup_free_ char *gain = say_first(view, chosen, SWEEP_LESS);
	_cleanup_free_ char *cost = say_first(view, chosen, SWEEP_MORE);

	CHECK(gain);
	advice->gains = compare_all(view, chosen, SWEEP_LESS);
	advice->costs = compare_all(view, chosen, SWEEP_MORE);
	advice->untold = compare_all(view, chosen, SWEEP_UNTOLD);
	advice->headline = text_format("Set %s.", settings);
	advice->data = text_format("Instead of your %s. Gain: %s. Cost: %s.", own, gain,
				   cost ? cost : "nothing that could be shown");
}

/* As `fencepost lint` would judge them. */
static void complain(const struct sweep *sweep, const struct sweep_cell *cell,
		     struct complaints *complaints)
{
	struct stated stated = stated_of_lease(&cell->lease);

	stated.work_ms = (int)(sweep->situation.work_max_s * 1e3);
	stated.election_ms = cell->election_ms ?: (int)(sweep->situation.election_s * 1e3);
	stated.guard = sweep->guard;
	stated.pauses = sweep->situation.pauses;
	complaints_make(&stated, complaints);
}

void sweep_advice_make(const struct sweep_view *view, struct sweep_advice *advice)
{
	*advice = (struct sweep_advice){.chosen = choose(view)};
	CHECK(!advice->chosen || advice->chosen->cell->state == SWEEP_MEASURED);
	if (!advice->chosen)
		say_nothing(view, advice);
	else if (advice->chosen == view->point)
		say_keep(view, advice);
	else if (!view->point || view->point->cell->state != SWEEP_MEASURED)
		say_alone(view, advice);
	else
		say_change(view, advice);
	if (!advice->chosen)
		return;
	advice->follows = say_follows(view->sweep, advice->chosen->cell);
	complain(view->sweep, advice->chosen->cell, &advice->complaints);
}

void sweep_advice_free(struct sweep_advice *advice)
{
	free(advice->headline);
	free(advice->data);
	free(advice->gains);
	free(advice->costs);
	free(advice->untold);
	free(advice->follows);
	complaints_free(&advice->complaints);
}
