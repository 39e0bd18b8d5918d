/* Several runs beside one another: on a terminal, as JSON, as a page. */
#ifndef REPORTS_COMPARE_H
#define REPORTS_COMPARE_H

#include <stdio.h>

#include "base/error.h"
#include "reports/comparison.h"

enum { COMPARE_SETTINGS = 40 /* shown to people, of those that changed */ };

/* On so many columns. */
void compare_print(const struct beside *compared, int columns, FILE *out);
int compare_print_json(const struct beside *compared, FILE *out, struct error *err);

/* compare_page.c: one file, as inert as the page of a run. */
int compare_write_page(const struct beside *compared, const char *path, struct error *err);

#endif
