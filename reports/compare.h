/*
 * Several runs beside one another: what was asked for differently, and what came of it, subject by
 * subject (arms of one name, and the service), each run against the first. A rate is called
 * different only where the 95 % intervals do not meet; that a violation is new or gone says what
 * was seen, and is no such claim.
 */
#ifndef REPORTS_COMPARE_H
#define REPORTS_COMPARE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "history/reader.h"
#include "history/verdicts.h"

enum { COMPARE_RUNS = 20 };

struct compared {
	const char *path; /* all borrowed */
	const struct history *history;
	const struct verdicts *verdicts;
};

/* Of the second against the first. */
enum rate_change {
	RATE_UNKNOWN, /* one of them has no rate, or they count other things */
	RATE_ALIKE,   /* no difference is shown: the intervals meet */
	RATE_LOWER,
	RATE_HIGHER,
};

enum rate_change compare_rates(const struct judgement *first, const struct judgement *second);
const char *compare_word(enum rate_change change); /* for JSON: "unknown", "none", ... */

/* On so many columns; at least two runs. */
void compare_print(const struct compared *run, int runs, int columns, FILE *out);
int compare_print_json(const struct compared *run, int runs, FILE *out, struct error *err);

#endif
