/* What is known of the violations that the service committed (tuning/known_bugs.h): each thing that
 * is to be said, once. */
#ifndef REPORTS_KNOWN_H
#define REPORTS_KNOWN_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "history/verdicts.h"

/* For the terminal: "ghost-grant (etcd #11456); divergence (not known to us)"; empty when the
 * service did nothing. The caller frees. */
char *known_brief(const struct history *history, const struct verdicts *verdicts);
/* <li> for a list of the caller's; returns how many. All text is escaped. */
int known_write_html(const struct history *history, const struct verdicts *verdicts, FILE *out);
/* The array "known" of objects {violations, stored, says}. */
void known_add_json(const struct history *history, const struct verdicts *verdicts, cJSON *service);

#endif
