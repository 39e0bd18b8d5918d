/*
 * Reports: what the verdicts say, for people (HTML, terminal) and for programs (JSON). All are of
 * one model, which is whole unless said otherwise.
 */
#ifndef REPORTS_REPORT_H
#define REPORTS_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "reports/model.h"

/* Writes the self-contained page (atomically: a temporary file beside it, then renamed). *plots
 * says whether gnuplot drew; a page without plots says so and is complete otherwise. */
int report_write_html(const struct model *model, const char *path, bool *plots, struct error *err);

/* result.json; the shape is documented in docs/result.md. */
int report_write_json(const struct model *model, FILE *out, struct error *err);

struct summary_style {
	bool color;
	int columns;         /* of the terminal; less than 20 or more than 80 is taken as these */
	enum exit_code code; /* that the process ends with, which the last line explains */
};

/* The summary that, of a few arms, fits one screen; the model need not be whole. */
void report_print_summary(const struct model *model, const struct summary_style *style, FILE *out);

#endif
