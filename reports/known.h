/* What is known of the violations that the service committed (tuning/known_bugs.h): each name once
 * for each thing that is to be said of it. */
#ifndef REPORTS_KNOWN_H
#define REPORTS_KNOWN_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "history/verdicts.h"

struct known_line {
	enum violation_name name;
	int64_t violations; /* of those that are stored */
	char *sentence;     /* "known: etcd #11456, ..."; owned */
};

/* By name; *lines is NULL when there are none. The caller frees with known_free. */
int known_list(const struct history *history, const struct verdicts *verdicts,
	       struct known_line **lines);
void known_free(struct known_line *lines, int count);

/* "ghost-grant: known: etcd #11456, ...", wrapped for a terminal. */
void known_print(const struct history *history, const struct verdicts *verdicts, FILE *out);
/* <li> for a list of the caller's; returns how many. All text is escaped. */
int known_write_html(const struct history *history, const struct verdicts *verdicts, FILE *out);
/* The array "known" of objects {violation, stored, says}. */
void known_add_json(const struct history *history, const struct verdicts *verdicts, cJSON *service);

#endif
