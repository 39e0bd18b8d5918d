/*
 * Intervals of what a sweep counts. Of a Poisson count by Garwood (1936): the means with which so
 * few, or so many, would come in 2.5 of 100 cases. Of a percentile by order statistics: how many of
 * n values lie below it is binomial, whatever their distribution.
 */
#include "reports/sweep.h"

#include <math.h>

#include "base/invariant.h"

enum { HALVINGS = 60 };

/* The probability of at most `count` where `mean` are expected. */
static double poisson_below(int64_t count, double mean)
{
	double sum = 0;

	for (int64_t i = 0; i <= count; i++)
		sum += exp((double)i * log(mean) - mean - lgamma((double)i + 1));
	return sum;
}

/* The mean with which at most `count` come with that probability; it falls as the mean grows. */
static double poisson_mean(int64_t count, double probability)
{
	double low = 0, high = (double)count + 10 + 6 * sqrt((double)count + 1);

	for (int i = 0; i < HALVINGS; i++) {
		double middle = (low + high) / 2;

		if (poisson_below(count, middle) > probability)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

struct sweep_figure sweep_rate(int64_t count, double time)
{
	CHECK(count >= 0 && time >= 0);
	if (time <= 0)
		return (struct sweep_figure){NAN, NAN, NAN};
	struct sweep_figure rate = {
		.value = (double)count / time,
		.low = count ? poisson_mean(count - 1, 0.975) / time : 0,
		/* Of nothing the bound is one-sided, about 3, as of the checker's shares. */
		.high = poisson_mean(count, count ? 0.025 : 0.05) / time,
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
static double at_rank(const double *ascending_s, int64_t count, int64_t rank)
{
	return rank >= 1 && rank <= count ? ascending_s[rank - 1] : NAN;
}

struct sweep_figure sweep_percentile(const double *ascending_s, int64_t count, int64_t cut_off,
				     double share)
{
	int64_t n = count + cut_off, low = 0, high = 0;
	double below = 0; /* the probability of at most `high` */

	CHECK(count >= 0 && cut_off >= 0 && share > 0 && share < 1);
	for (; high < n; high++) {
		below += binomial(high, n, share);
		if (below <= 0.025)
			low = high + 1;
		if (below >= 0.975)
			break;
	}
	/* Fewer than `low` lie below it in 2.5 of 100 cases at most, more than `high` likewise. */
	return (struct sweep_figure){
		.value = at_rank(ascending_s, count, (int64_t)ceil(share * (double)n)),
		.low = at_rank(ascending_s, count, low),
		.high = at_rank(ascending_s, count, high + 1),
	};
}
