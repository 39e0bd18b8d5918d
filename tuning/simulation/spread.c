#include "tuning/simulation/spread.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"

enum { BINS = 65536 };

void spread_open(struct spread *spread, double expected_most_s)
{
	CHECK(expected_most_s > 0);
	*spread = (struct spread){.step_s = expected_most_s / BINS};
	ARRAY_NEW(spread->bin, BINS);
}

void spread_close(struct spread *spread)
{
	free(spread->bin);
	spread->bin = NULL;
}

void spread_add(struct spread *spread, double length_s)
{
	double bin = fmin(length_s / spread->step_s, BINS - 1);

	CHECK(length_s >= 0);
	if (!spread->count || length_s < spread->least_s)
		spread->least_s = length_s;
	if (length_s > spread->most_s)
		spread->most_s = length_s;
	spread->count++;
	spread->sum_s += length_s;
	spread->squares += length_s * length_s;
	spread->bin[(int)bin]++;
}

double spread_mean(const struct spread *spread)
{
	return spread->count ? spread->sum_s / (double)spread->count : NAN;
}

double spread_percentile(const struct spread *spread, double percent)
{
	double left = (double)spread->count * percent / 100;

	if (!spread->count)
		return NAN;
	for (int i = 0; i < BINS; i++) {
		left -= spread->bin[i];
		if (left <= 0)
			return fmin(spread->most_s, (i + 1) * spread->step_s);
	}
	return spread->most_s;
}
