/* What to change (tuning/advice.h), for the page and for result.json. */
#ifndef REPORTS_WHAT_TO_CHANGE_H
#define REPORTS_WHAT_TO_CHANGE_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "tuning/advice.h"

/* List items, <li>, for an <ol> of the caller's. All text is escaped. Gain and price fold away
 * where the screen is narrow. */
void what_to_change_write_html(FILE *out, const struct advice *advice);

/* The array "what_to_change" of objects {rule, brief, change, gain, price}. */
void what_to_change_add_json(const struct advice *advice, cJSON *root);

#endif
