/*
 * Rounds: the same or changing campaigns run one after the other for what they find; for replay,
 * shrink and exploration.
 */
#ifndef CONDUCTOR_HUNT_ROUNDS_H
#define CONDUCTOR_HUNT_ROUNDS_H

#include "campaign/connection.h"
#include "judging/findings.h"
#include "conductor/run.h"

/* What is looked for: a definite violation of this name at this subject. */
struct quarry {
	enum violation_name name;
	char subject[48]; /* an arm's name, or "service" */
};

struct round {
	char run_dir[RUN_DIR_SIZE];
	struct findings findings;
};

struct round_request { /* as a run_request's */
	struct campaign *campaign;
	const char *runs_dir, *command, *among;
};

/* Runs the campaign quietly and opens what it left; close it with round_close. Fails with
 * EXIT_INTERRUPTED when it was interrupted. */
int round_run(const struct round_request *request, struct round *round, struct error *err);
void round_close(struct round *round);

/* How often the quarry was found, definitely. */
int64_t round_count(const struct round *round, const struct quarry *quarry);

/* A run that lies on disk, as what it was told to do: its resolved campaign, its violation `id` (0:
 * the first definite one) and the fault that covered that. */
struct past {
	struct findings findings;
	struct campaign *campaign; /* owned */
	const struct violation *violation;
	struct quarry quarry;
};

/* What the user says to it; 0 and NULL: nothing. */
struct past_choice {
	int64_t violation;
	const char *etcd;                   /* path, name or version; instead of its own */
	struct connection_words connection; /* with endpoints: that cluster instead of its own */
};

/* A history may be anybody's, and what it says is run: a program that it names by a path or an
 * uncommon name, and a cluster outside of the sandbox, are refused unless the user names them; a
 * flag of etcd with a path in it is refused. */
int past_open(const char *history, const struct past_choice *choice, struct past *past,
	      struct error *err);
void past_close(struct past *past);

#endif
