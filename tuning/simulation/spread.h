/* How lengths of time are spread: their number, mean and ends exactly, percentiles to a part in
 * 65,536 of the greatest that is expected. */
#ifndef TUNING_SIMULATION_SPREAD_H
#define TUNING_SIMULATION_SPREAD_H

#include <stdint.h>

struct spread {
	int64_t count;
	double sum_s, squares, least_s, most_s;
	double step_s;
	uint32_t *bin; /* owned */
};

void spread_open(struct spread *spread, double expected_most_s);
void spread_close(struct spread *spread);
void spread_add(struct spread *spread, double length_s);

/* NAN without any. */
double spread_mean(const struct spread *spread);
/* So many of a hundred are not longer; 0 < percent < 100. */
double spread_percentile(const struct spread *spread, double percent);

#endif
