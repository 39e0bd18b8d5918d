/* What `fencepost lint` says of settings, as text and as JSON. */
#ifndef CLI_LINT_TEXT_H
#define CLI_LINT_TEXT_H

#include <cjson/cJSON.h>

#include "campaign/campaign.h"
#include "tuning/complaints.h"

/* Adds to `all`, or prints when that is NULL; `name` stands before it, "" does not. Returns the
 * number of complaints. */
int lint_say(const char *name, const struct stated *stated, cJSON *all);

/* What an arm says; of whatever else is told the others' fields are kept. */
void lint_take_arm(const struct campaign *campaign, const struct arm *arm, struct stated *stated);

/* One line to standard error: the gravest complaint about an arm that is to hold. Quiet about
 * those that are wrong on purpose, or expected to be UNSAFE, and where nothing is wrong. */
void lint_warn(const struct campaign *campaign);

#endif
