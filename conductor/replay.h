/* The stored schedule of a run once more, several times: how often does its violation come back? */
#ifndef CONDUCTOR_REPLAY_H
#define CONDUCTOR_REPLAY_H

#include <stdbool.h>

#include "conductor/rounds.h"

struct replay_request {
	const char *history; /* of the run */
	struct past_choice choice;
	const char *runs_dir; /* where the new runs go */
	int times;
	bool json;
};

/* Prints "k of n". 0 when it came back at least once, EXIT_INCONCLUSIVE when not. */
enum exit_code replay_run(const struct replay_request *request, struct error *err);

#endif
