/*
 * How long failovers took (history/episodes.h): of all, of an arm, of a kind of fault. One that the
 * run's end cut off took longer than any other, nobody knows how long: a figure that falls on it is
 * not known. What was not measured, since for some time nobody wanted the lock, is only counted.
 */
#ifndef REPORTS_FAILOVER_TIMES_H
#define REPORTS_FAILOVER_TIMES_H

#include <stdio.h>

#include "history/verdicts.h"

struct failover_times {
	int64_t taken, unwanted, cut_off;        /* how many */
	double least_s, median_s, p99_s, most_s; /* by nearest rank; NAN: unknown, or none */
};

enum { ALL_ARMS = -1 };

struct failover_times failover_times(const struct verdicts *verdicts, int arm);

/* Those of one arm, by faults of one kind and target, in which the leader stayed or not. */
struct failover_group {
	const char *kind, *target; /* the history's */
	int arm;
	enum led led;
	struct failover_times times;
};

/* By kind, target, arm, led. The caller frees the array. */
struct failover_group *failover_groups(const struct verdicts *verdicts, int *count);

/* "Half of 590 failovers took 1.41 s, 99 of 100 no more than 8.02 s, the longest 8.24 s. 12 more
 * were not measured: for some time nobody wanted the lock. ..."; empty when there were none. The
 * caller frees. */
char *failover_sentence(const struct verdicts *verdicts);

/* "median 1.4 s, p99 8 s, of 590" for the terminal; NULL: that is not known. The caller frees. */
char *failover_brief(const struct verdicts *verdicts);

#endif
