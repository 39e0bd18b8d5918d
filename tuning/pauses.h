/*
 * How long holders stand still: a distribution of lengths and how often they come. What is
 * published of real systems mostly is a range; the share within it is then taken to be even.
 */
#ifndef TUNING_PAUSES_H
#define TUNING_PAUSES_H

#include <stddef.h>

#include "base/error.h"

enum pause_shape { PAUSE_RANGE, PAUSE_LOG_NORMAL, PAUSE_MEASURED };

struct pause_profile {
	enum pause_shape shape;
	double least_s, most_s;    /* of a range; equal for a single length */
	double median_s, spread;   /* log-normal: exp(N(ln median, spread^2)), spread > 0 */
	double *measured_s;        /* ascending, > 0; owned */
	size_t count, room;        /* of those, at least 1 */
	const char *name, *source; /* of a known one, else NULL */
};

/*
 * What is meant by a word of the command line: a length ("1.5s"), a range ("1s..3s"), the median
 * and the 99th percentile of a log-normal ("lognormal:200ms:8s"), a known profile's name, or
 * "@FILE" with one length in seconds a line ("#" begins a comment). The caller frees with
 * pauses_free. Fails with EXIT_BAD_USAGE, or EXIT_BAD_INPUT that names the file's line.
 */
int pauses_parse(const char *word, struct pause_profile *profile, struct error *err);

/* Copies. At least one; each > 0. */
void pauses_measured(const double *length_s, size_t count, struct pause_profile *profile);

void pauses_free(struct pause_profile *profile);

/* The share of pauses that are longer: 1 at 0, falling to 0. */
double pauses_longer(const struct pause_profile *profile, double than_s);

/* The length that this share of pauses exceeds; 0 < share < 1. */
double pauses_exceeded(const struct pause_profile *profile, double share);

/* A known profile; NULL at the end of the table. */
struct known_pauses {
	const char *name, *word, *source; /* `word` as pauses_parse takes it */
};

const struct known_pauses *pauses_known(int row);

#endif
