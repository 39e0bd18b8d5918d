/*
 * The words of a sweep, and intervals of what it counts. Of a Poisson count by Garwood (1936): the
 * means with which so few, or so many, would come in 2.5 of 100 cases. Of a percentile by order
 * statistics: how many of n values lie below it is binomial, whatever their distribution.
 */
#include "reports/sweep_report.h"

#include <math.h>

#include "base/invariant.h"

const struct sweep_figure_row sweep_figure_rows[SWEEP_FIGURES_COUNT] = {
#define X(name, word, unit, sentence) {(word), (unit), (sentence)},
	SWEEP_FIGURES(X)
#undef X
};

const char *sweep_state_word(enum sweep_state state)
{
	static const char *const words[SWEEP_STATES_COUNT] = {
#define X(name, word) (word),
		SWEEP_STATES(X)
#undef X
	};

	CHECK(state < SWEEP_STATES_COUNT);
	return words[state];
}

enum { HALVINGS = 60 };

static const struct sweep_figure unknown = {NAN, NAN, NAN};

/* The probability of at most `count` where `mean` are expected; terms too small to tell are left.
 */
static double poisson_below(int64_t count, double mean)
{
	double term = exp((double)count * log(mean) - mean - lgamma((double)count + 1));
	double sum = 0;

	for (int64_t i = count; i >= 0; i--) {
		sum += term;
		if ((double)i < mean && term < 1e-17 * sum)
			break;
		term *= (double)i / mean;
	}
	return sum;
}

/* The mean with which at most `count` come with that probability; it falls as the mean grows. */
static double poisson_mean(int64_t count, double probability)
{
	double far = 10 + 6 * sqrt((double)count + 1); /* beyond it terms vanish */
	double low = fmax(0, (double)count - far), high = (double)count + far;

	CHECK(count >= 0 && probability > 0 && probability < 1);
	for (int i = 0; i < HALVINGS; i++) {
		double middle = (low + high) / 2;

		if (poisson_below(count, middle) > probability)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

/* `count` events, which came in so many occasions of a Poisson process, in so long a time. */
static struct sweep_figure rate_of(int64_t count, int64_t occasions, double time)
{
	CHECK(count >= 0 && occasions >= 0 && occasions <= count && time >= 0);
	if (time <= 0 || (count && !occasions))
		return unknown;
	double each = count ? (double)count / (double)occasions / time : 1 / time;
	struct sweep_figure rate = {
		.value = (double)count / time,
		.low = count ? each * poisson_mean(occasions - 1, 0.975) : 0,
		/* Of nothing the bound is one-sided, about 3, as of the checker's shares. */
		.high = each * poisson_mean(occasions, count ? 0.025 : 0.05),
	};

	CHECK(rate.low <= rate.value && rate.value <= rate.high);
	return rate;
}

/* The probability that just `k` of `n` lie below the percentile. */
static double binomial(int64_t k, int64_t n, double share)
{
	return exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) +
		   (double)k * log(share) + (double)(n - k) * log1p(-share));
}

/* The rank-th of all, from 1 on; NAN: nobody knows, or there is none. */
static double at_rank(const struct sweep_cell *cell, int64_t rank)
{
	return rank >= 1 && rank <= cell->failovers ? cell->failover_s[rank - 1] : NAN;
}

/* What this share of failovers do not exceed, by nearest rank. Those that were cut off are the
 * longest. */
static struct sweep_figure percentile_of(const struct sweep_cell *cell, double share)
{
	int64_t n = cell->failovers + cell->failovers_cut_off, low = 0, high = 0;
	double below = 0; /* the probability of at most `high` */

	CHECK(cell->failovers >= 0 && cell->failovers_cut_off >= 0 && share > 0 && share < 1);
	for (; high < n; high++) {
		below += binomial(high, n, share);
		if (below <= 0.025)
			low = high + 1;
		if (below >= 0.975)
			break;
	}
	/* Fewer than `low` lie below it in 2.5 of 100 cases at most, more than `high` likewise. */
	struct sweep_figure figure = {
		.value = at_rank(cell, (int64_t)ceil(share * (double)n)),
		.low = at_rank(cell, low),
		.high = at_rank(cell, high + 1),
	};

	CHECK(!(figure.low > figure.value) && !(figure.value > figure.high));
	return figure;
}

static struct sweep_figure stale_per_exposure(const struct sweep_cell *cell)
{
	if (cell->exposures == 0)
		return unknown;
	return (struct sweep_figure){
		.value = (double)cell->stale / (double)cell->exposures,
		.low = cell->stale_low,
		.high = cell->stale_high,
	};
}

void sweep_reckon(struct sweep_cell *cell)
{
	double held_h = cell->held_s / 3600;

	for (int i = 0; i < SWEEP_FIGURES_COUNT; i++)
		cell->figure[i] = unknown;
	if (cell->state != SWEEP_MEASURED)
		return;
	for (int64_t i = 1; i < cell->failovers; i++)
		CHECK(cell->failover_s[i - 1] <= cell->failover_s[i]);
	cell->figure[SWEEP_STALE] = stale_per_exposure(cell);
	cell->figure[SWEEP_HARM] = rate_of(cell->stale, cell->stale_occasions, held_h);
	cell->figure[SWEEP_LOST] = rate_of(cell->lost, cell->lost_occasions, held_h);
	cell->figure[SWEEP_FAILOVER_P50] = percentile_of(cell, 0.5);
	cell->figure[SWEEP_FAILOVER_P99] = percentile_of(cell, 0.99);
	cell->figure[SWEEP_RENEWALS] = rate_of(cell->renewals, cell->renewals, cell->measured_s);
}
