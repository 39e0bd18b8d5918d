/*
 * What several runs have in common and what not, for compare's lines, JSON and page: the settings
 * that are not the same, the subjects (arms of one name, and the service) and, of each, what came
 * of it in a run against the first. A rate is called different only where the 95 % intervals do
 * not meet; that a violation is new or gone says what was seen, and is no such claim.
 */
#ifndef REPORTS_COMPARISON_H
#define REPORTS_COMPARISON_H

#include "history/reader.h"
#include "history/verdicts.h"
#include "reports/settings.h"

enum { COMPARE_RUNS = 20 };

struct compared {
	const char *path; /* all borrowed */
	const struct history *history;
	const struct verdicts *verdicts;
};

struct beside { /* the names are the settings' and the verdicts' */
	const struct compared *run;
	int runs;
	struct settings *settings; /* a run each */
	int changes, subjects;
	const char **changed; /* settings that are not the same in all runs, each once */
	const char **subject; /* each once, in the order of the first run that has it */
};

/* At least two runs, which must outlive it. The caller frees. */
void comparison_make(const struct compared *run, int runs, struct beside *comparison);
void comparison_free(struct beside *comparison);

/* What came of a subject in a run; NULL: it is not in it. */
const struct judgement *comparison_find(const struct compared *run, const char *subject);

/* Of the second against the first. */
enum rate_change {
	RATE_UNKNOWN, /* one of them has no rate, or they count other things */
	RATE_ALIKE,   /* no difference is shown: the intervals meet */
	RATE_LOWER,
	RATE_HIGHER,
};

enum rate_change compare_rates(const struct judgement *first, const struct judgement *second);
const char *compare_word(enum rate_change change); /* for JSON: "unknown", "none", ... */
const char *compare_sentence(enum rate_change change);

/* What is seen of a name in both: bit 0 in the first, bit 1 in the second. */
enum presence { GONE = 1, NEW = 2, UNCHANGED = 3 };

enum presence comparison_presence(const struct judgement *first, const struct judgement *second,
				  int name);

#endif
