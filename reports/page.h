/* The sections of the page, in the order in which they stand. Each writes HTML to `out`. */
#ifndef REPORTS_PAGE_H
#define REPORTS_PAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "reports/model.h"

/* How many stand in the lists, each with an id of its own: "fault-7", "violation-7". */
enum { FAULTS_LISTED = 200, VIOLATIONS_LISTED = 60 };

/* page_answer.c. The first screen, and its parts that stand elsewhere, too: the word of a verdict
 * with its sign, a rate with its interval on a line from 0 to 100 %. */
int page_answer(FILE *out, const struct model *model, struct error *err);
void page_verdict(FILE *out, enum verdict verdict);
void page_interval(FILE *out, const struct judgement *judged);

/* page_overview.c: all of the run on one line; the faults as they stand in the list. */
void page_overview(FILE *out, const struct model *model);

/* page_compare.c */
void page_compare(FILE *out, const struct model *model);

/* page_failover.c */
void page_thresholds(FILE *out, const struct model *model);
void page_failover(FILE *out, const struct model *model);

/* page_predicted.c: nothing when no variant has work to predict on. */
int page_predicted(FILE *out, const struct model *model, struct error *err);

/* page_verdicts.c */
void page_what_happened(FILE *out, const struct model *model);
void page_limits(FILE *out);
void page_repeat(FILE *out, const struct model *model);
void page_coverage(FILE *out, const struct model *model);

/* page_stories.c */
int page_stories(FILE *out, const struct model *model, struct error *err);
void page_violations(FILE *out, const struct model *model);

/* page_run.c */
void page_faults(FILE *out, const struct model *model);
void page_campaign(FILE *out, const struct model *model);

/* page_environment.c */
int page_environment(FILE *out, const struct model *model, struct error *err);
void page_notes(FILE *out, const struct model *model);

/* page_gaps.c: of the first so many arms. */
void page_gaps(FILE *out, const struct model *model, int arms);

/* plots.c. False when gnuplot is missing or failed: the section then says why, and is otherwise
 * empty. */
bool page_plots(FILE *out, const struct model *model);

/* style.c */
extern const char page_style[];

#endif
