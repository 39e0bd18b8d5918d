/* Numbers and names in words, the same on the page and on the terminal. */
#ifndef REPORTS_WORDS_H
#define REPORTS_WORDS_H

#include <stdint.h>

#include "history/verdicts.h"

enum { WORDS_SIZE = 96 };

/* Each fills `text` (WORDS_SIZE bytes) and returns it, so that it can stand among arguments. */
const char *words_percent(char *text, double share); /* "17.1 %" */
/* What its verdict rests on: "74 of 81 exposures", or "0 of 212 tests of its guard". */
const char *words_trials(char *text, const struct judgement *judged);
const char *words_rate(char *text, const struct judgement *judged);  /* "17.1 % (7.2 to 32 %)" */
const char *words_interval(char *text, double low, double high);     /* "7.2 to 32 %" */
const char *words_seconds(char *text, double s);                     /* "0.0312 s", "1170 s" */
const char *words_count(char *text, int64_t count, const char *one); /* "1 write", "2 writes" */

/* What never happened of a cell, for a list: "late after-renewal (2 planned)", "cut now (3
 * injected, none proved)". The caller frees. */
char *words_never(const struct coverage_cell *cell);

#endif
