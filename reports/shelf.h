/*
 * The runs of a folder, each of which is a directory with a history.db: as a list for a terminal,
 * as JSON, and as the page index.html in that folder. Nothing is judged here: a run that was never
 * checked is told as such.
 */
#ifndef REPORTS_SHELF_H
#define REPORTS_SHELF_H

#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/error.h"
#include "history/reader.h"
#include "history/verdicts.h"

/* The newest so many, by name; names begin with the time. */
enum { SHELF_RUNS = 500 };

/* Sees each run, oldest first. What cannot be read has no history, and the error says why. */
struct shelf_viewer {
	void (*see)(void *context, const char *name, const struct history *history,
		    const struct verdicts *verdicts, const struct error *trouble);
	void *context;
};

/* Fails when the folder cannot be read. *seen: how many runs; *left: older ones left out. */
int shelf_visit(const char *folder, const struct shelf_viewer *viewer, int *seen, int *left,
		struct error *err);

/* Two lines for each run, more where they do not fit, on so many columns. */
int shelf_print(const char *folder, int columns, FILE *out, struct error *err);
int shelf_print_json(const char *folder, FILE *out, struct error *err);

/* Writes folder/index.html, the newest run first; nothing when there are no runs. An index.html
 * that is not one of ours stays, and is an error. */
int shelf_write_index(const char *folder, struct error *err);

/* What list and compare both say of a run in JSON. */
cJSON *shelf_describe(const char *path, const struct history *history,
		      const struct verdicts *verdicts);
cJSON *shelf_describe_subject(const struct judgement *judged);

#endif
