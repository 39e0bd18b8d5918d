/*
 * Short reports for others: JUnit's XML for CI systems, Markdown for a comment or a wiki. Texts
 * from outside are inert in both.
 */
#ifndef REPORTS_SHORT_REPORTS_H
#define REPORTS_SHORT_REPORTS_H

#include <stdio.h>

#include "base/error.h"
#include "reports/model.h"

/* A test case for each arm, the service, and each threshold: what is not as expected is a failure,
 * INCONCLUSIVE (and a figure that is not there) skipped, BROKEN an error. */
int report_write_junit(const struct model *model, FILE *out, struct error *err);

enum { MARKDOWN_LINES = 60 };

/* At most MARKDOWN_LINES lines; arms and thresholds that find no room are counted. */
int report_write_markdown(const struct model *model, FILE *out, struct error *err);

#endif
