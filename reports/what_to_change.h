/* What to change (tuning/advice.h), for the page and for result.json. */
#ifndef REPORTS_WHAT_TO_CHANGE_H
#define REPORTS_WHAT_TO_CHANGE_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/error.h"
#include "history/verdicts.h"

/* List items, <li>, for an <ol> of the caller's; *items: how many. All text is escaped.
 * Gain and price fold away where the screen is narrow. */
int what_to_change_write_html(const struct history *history, const struct verdicts *verdicts,
			      FILE *out, int *items, struct error *err);

/* The array "what_to_change" of objects {rule, brief, change, gain, price}. */
int what_to_change_add_json(const struct history *history, const struct verdicts *verdicts,
			    cJSON *root, struct error *err);

#endif
