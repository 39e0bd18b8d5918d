/*
 * Thresholds: "token.stale-write==0", what somebody asked of a figure of a run. Those that a run
 * was given are recorded in it (run.thresholds, one a line) and looked at whenever it is judged;
 * `check --threshold` adds others for once.
 */
#ifndef REPORTS_THRESHOLD_H
#define REPORTS_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "history/reader.h"
#include "history/verdicts.h"

#define THRESHOLDS_KEY "thresholds" /* of the table run */

enum comparison { COMPARE_LE, COMPARE_GE, COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_GT };
enum figure_unit { FIGURE_COUNT, FIGURE_SHARE, FIGURE_TIME /* in seconds */ };

struct threshold {
	char text[160];   /* as it was given */
	char subject[48]; /* an arm's name, or "service"; of a failover also "", all arms */
	int figure;       /* index of what threshold_figure tells of */
	enum comparison comparison;
	double limit;
};

struct figure {
	const char *name, *sentence;
	enum figure_unit unit;
};

/* All figures that there are, in the order of their index; NULL behind the last. The texts are
 * static, the rest lives until the next call. */
const struct figure *threshold_figure(int index);

/* EXIT_BAD_USAGE, with the nearest known word: it is no threshold, or about an unknown figure. */
int threshold_parse(const char *text, struct threshold *threshold, struct error *err);

/* Is its subject one of these (NULL-terminated), or the service? */
int threshold_check_subject(const struct threshold *threshold, const char *const *arms,
			    struct error *err);

/* Missed, met, or not to be told: there is no such figure (no exposures, no such arm, BROKEN). */
enum met { THRESHOLD_MET, THRESHOLD_MISSED, THRESHOLD_UNTOLD };

struct threshold_result {
	struct threshold threshold;
	enum met met;
	double value; /* NAN: untold */
};

/* What the run was asked for, against what was found. The caller frees the array. */
struct threshold_result *thresholds_judge(const struct history *history,
					  const struct verdicts *verdicts, int *count);

/* Adds to what the run was asked for, in memory: the file stays as it is. An arm that the run does
 * not have is EXIT_BAD_USAGE. */
int thresholds_add(struct history *history, const char *text, struct error *err);

/* "0", "12.5 %", "5.2 s"; the figure's value in words; of none "unknown". */
const char *threshold_value(const struct threshold_result *result, char *text, size_t size);
const char *threshold_met_word(enum met met); /* "met", "MISSED", "unknown" */

#endif
