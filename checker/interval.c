/*
 * Clopper & Pearson 1934: the ends are quantiles of beta distributions. The regularised incomplete
 * beta function by its continued fraction (Abramowitz & Stegun 26.5.8, evaluated as Lentz does),
 * inverted by bisection: 60 halvings leave less than a double can tell. Student's t is a beta
 * distribution in disguise.
 */
#include <math.h>

#include "base/invariant.h"
#include "checker/checker.h"

/* The fraction converges within about sqrt(max(a, b)) steps; counts up to 10^9 need fewer. */
enum { FRACTION_STEPS = 100000, HALVINGS = 60 };

/* Keeps Lentz's quotients away from zero. */
static double nonzero(double x)
{
	return fabs(x) < 1e-300 ? 1e-300 : x;
}

static double beta_fraction(double a, double b, double x)
{
	CHECK(a > 0 && b > 0);
	double c = 1, d = 1 / nonzero(1 - (a + b) * x / (a + 1)), result = d;
	int m = 1;

	for (; m <= FRACTION_STEPS; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

		d = 1 / nonzero(1 + even * d);
		c = nonzero(1 + even / c);
		result *= d * c;
		d = 1 / nonzero(1 + odd * d);
		c = nonzero(1 + odd / c);
		result *= d * c;
		if (fabs(d * c - 1) < 1e-14)
			break;
	}
	CHECK(m <= FRACTION_STEPS); /* what did not converge is no interval */
	return result;
}

/* I_x(a, b): how much of a beta(a, b) distribution lies below x. */
static double beta_below(double a, double b, double x)
{
	if (x <= 0 || x >= 1)
		return x >= 1;
	double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));

	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

static double beta_quantile(double p, double a, double b)
{
	double low = 0, high = 1;

	for (int i = 0; i < HALVINGS; i++) {
		double middle = (low + high) / 2;

		if (beta_below(a, b, middle) < p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

void checker_interval_of(double rate, double trials, double *low, double *high)
{
	double events = rate * trials;

	CHECK(0 <= rate && rate <= 1 && trials > 0);
	*low = rate > 0 ? beta_quantile(0.025, events, trials - events + 1) : 0;
	if (rate <= 0)
		*high = 1 - pow(0.05, 1 / trials);
	else
		*high = rate < 1 ? beta_quantile(0.975, events + 1, trials - events) : 1;
	/* It holds the rate that it is the interval of. */
	CHECK(0 <= *low && *low <= rate && rate <= *high && *high <= 1);
}

void checker_interval(int64_t events, int64_t trials, double *low, double *high)
{
	CHECK(events >= 0 && events <= trials);
	if (trials)
		checker_interval_of((double)events / (double)trials, (double)trials, low, high);
	else
		*low = *high = NAN;
}

/* t * t / (freedom + t * t) is distributed as beta(1/2, freedom/2). */
double checker_student(double freedom)
{
	CHECK(freedom > 0);
	double below = beta_quantile(0.05, freedom / 2, 0.5);

	return sqrt(freedom * (1 - below) / below);
}
