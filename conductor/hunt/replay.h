/* The stored schedule of a run once more, several times: how often does its violation come back? */
#ifndef CONDUCTOR_HUNT_REPLAY_H
#define CONDUCTOR_HUNT_REPLAY_H

#include <stdbool.h>

#include "conductor/hunt/rounds.h"

struct replay_request {
	const char *history; /* of the run */
	struct past_choice choice;
	const char *runs_dir; /* where the new runs go */
	int times;
	bool json;
};

/* Runs the campaign once: how often the violation was found, -1 on an error, which ends it. */
typedef int64_t replay_try(void *context, struct campaign *campaign, struct error *err);

/* As often as is asked, whatever runs it; *times: in how many of them it came back. */
int replay_past(const struct replay_request *request, const struct past *past, replay_try *try_it,
		void *context, int *times, struct error *err);

/* An error when the run's schedule is another than that of the history at `past`: whatever it
 * shows, it is no replay. */
int replay_check_schedule(const struct history *history, const char *past, struct error *err);

/* Over real runs. Prints "k of n". 0 when it came back at least once, EXIT_INCONCLUSIVE when not.
 */
enum exit_code replay_run(const struct replay_request *request, struct error *err);

#endif
