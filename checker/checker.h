/*
 * The checker: a history in, verdicts out. No sockets, no processes, no clocks.
 */
#ifndef CHECKER_CHECKER_H
#define CHECKER_CHECKER_H

#include "base/error.h"
#include "history/reader.h"
#include "history/verdicts.h"

struct checker_config {
	int min_exposures;   /* a SAFE needs at least this many; 30 leaves a rate of at most 10 % */
	int violations_kept; /* at most this many stored per name and subject; all are counted */
	bool in_parts; /* made by hand, of what matters only: not asked for holes. For tests */
	void (*progress)(void *context, int lanes_done, int lanes); /* NULL: none */
	void *context;
};

/* Judges the whole history. The caller frees with verdicts_free. */
int checker_judge(struct history *history, const struct checker_config *config,
		  struct verdicts *verdicts, struct error *err);

/* Two-sided 95 % interval of a rate, `events` in `trials` (Clopper & Pearson 1934); for no event
 * the upper end is the one-sided bound, about 3 / trials. NAN for no trials. */
void checker_interval(int64_t events, int64_t trials, double *low, double *high);
/* The same of a rate in `trials` > 0, which need not be a whole number. */
void checker_interval_of(double rate, double trials, double *low, double *high);

/* Student's t with that many degrees of freedom (> 0): 5 % lie farther from 0. */
double checker_student(double freedom);

#endif
