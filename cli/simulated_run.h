/* A simulated run as a history.db, which check, report and story take as any other. */
#ifndef CLI_SIMULATED_RUN_H
#define CLI_SIMULATED_RUN_H

#include "campaign/campaign.h"
#include "tuning/simulation/simulate.h"

/* Plays the campaign's arms, a scenario each, of one length and seed, into a new file at `path`.
 * `played`: one each; unless it fails each to be closed. */
int simulated_run(const char *path, const struct campaign *campaign,
		  const struct scenario *scenario, const char *command, struct played *played,
		  struct error *err);

#endif
