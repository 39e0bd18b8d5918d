/*
 * Exploration: campaigns drawn at random from everything that can go wrong, round after round,
 * until something breaks that should not.
 *
 * Theory of operation. Each round is a run of its own: the arms and the cluster of the campaign,
 * with faults drawn from a stream of the seed. What a round injected is looked up in its history;
 * cells of (kind, moment) that no round has bitten in yet are drawn more often. It ends at the
 * first definite violation of a guarded arm or of the service, or when the time is over; the round
 * that found it is an ordinary run, to be replayed and shrunk.
 */
#ifndef CONDUCTOR_HUNT_EXPLORE_H
#define CONDUCTOR_HUNT_EXPLORE_H

#include "conductor/hunt/rounds.h"

struct explore_request {
	struct campaign *campaign; /* its faults are replaced */
	const char *runs_dir;
	const char *command;
	int64_t time_ns; /* no round begins after */
};

/* Runs the campaign as one round, which the caller closes; -1 on an error, which ends it all. */
typedef int explore_try(void *context, struct campaign *campaign, struct round *round,
			struct error *err);

/* The search, whatever runs its rounds; see explore_run. */
enum exit_code explore_campaign(const struct explore_request *request, explore_try *try_it,
				void *context, struct error *err);

/* Over real runs. EXIT_VIOLATION when something was found, EXIT_INCONCLUSIVE when the time ran out.
 */
enum exit_code explore_run(const struct explore_request *request, struct error *err);

/*
 * The same by other engines, as a sweep (sweep_folder.h): so many rounds, drawn before any has run,
 * so that none favours what no other has bitten in; a campaign each, and cells.txt.
 */
int explore_plan(const struct explore_request *request, const char *folder, int rounds,
		 struct error *err);
/* What came of them, told as explore_run does; its exit codes. */
enum exit_code explore_merge(const char *folder, struct error *err);

#endif
