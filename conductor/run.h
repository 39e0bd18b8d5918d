/*
 * The front: what `fencepost run` does outside of the sandbox. Makes the run's directory and its
 * history, starts the conductor in the sandbox, waits, seals, judges, reports.
 */
#ifndef CONDUCTOR_RUN_H
#define CONDUCTOR_RUN_H

#include "campaign/campaign.h"

struct run_request {
	struct campaign *campaign; /* validated; the seed is drawn here when it is 0 */
	const char *runs_dir;      /* where runs lie: "runs" */
	const char *command;       /* repeats the run; %s of it is the seed */
	const char *thresholds;    /* recorded; a line each. NULL: none */
	bool json;                 /* result on standard output as JSON instead of the summary */
	bool quiet;                /* one round of many: no lines, no summary, no runs/latest */
	const char *among; /* of what: "batch 3 of 9, 4 min left", before the progress. NULL:
			      on a terminal alone there is one, of this run */
};

enum { RUN_DIR_SIZE = 200 };

/* Returns the exit code of the whole. Errors that end it early are in *err (code = exit code). */
enum exit_code run_campaign(const struct run_request *request, struct error *err);

/* The same, and which directory it made (RUN_DIR_SIZE bytes). */
enum exit_code run_campaign_into(const struct run_request *request, char *run_dir,
				 struct error *err);

#endif
