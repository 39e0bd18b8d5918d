/*
 * A sweep as a folder, which is all that there is of it between two calls, or two machines:
 *
 *	campaign.conf     what the cells are made of: one arm, the faults, the seed
 *	sweep.txt         the values of each axis, and when it is done
 *	cells/1/001.conf  the campaigns of round 1; each has one cell or several as its arms
 *	cells.txt         one command a line: each runs one of these, into
 *	runs/1/001/       where its run lies, or several
 *	index.html, tune.json
 *
 * What was measured stands in the runs' histories alone.
 */
#ifndef CONDUCTOR_HUNT_SWEEP_FOLDER_H
#define CONDUCTOR_HUNT_SWEEP_FOLDER_H

#include "campaign/grid.h"
#include "judging/findings.h"

enum { SWEEP_ROUNDS_MOST = 1000 };

struct sweep_plan {
	const char *folder;        /* borrowed */
	struct campaign *campaign; /* of one arm; owned */
	struct grid grid;          /* completed */
	int rounds;                /* at most */
	double until_width;        /* 0: not asked */
};

/* Takes what stands in the folder. */
int sweep_folder_load(const char *folder, struct sweep_plan *plan, struct error *err);
bool sweep_folder_is_one(const char *folder);
/* Makes the folder, if it is not there, and writes the plan into it. */
int sweep_folder_save(const struct sweep_plan *plan, struct error *err);
void sweep_plan_close(struct sweep_plan *plan);

/* The text of sweep.txt into the plan; `name` is what errors call it. */
int sweep_read_axes(const char *text, const char *name, struct sweep_plan *plan, struct error *err);

/* A campaign of a round, and its run. */
struct sweep_unit {
	int round;     /* from 1 */
	char name[64]; /* "001" */
};

/* Those of a round by name; none: the round was not planned yet. The caller frees the array. */
int sweep_units_list(const struct sweep_plan *plan, int round, struct sweep_unit **unit, int *units,
		     struct error *err);
/* Its campaign, validated. */
int sweep_unit_load(const struct sweep_plan *plan, const struct sweep_unit *unit,
		    struct campaign *campaign, struct error *err);

/* Plans a round: its campaigns, numbered from 1, and at the end all of them are there, and in
 * cells.txt; before that none. */
int sweep_round_begin(const struct sweep_plan *plan, int round, struct error *err);
int sweep_round_add(const struct sweep_plan *plan, int round, int number,
		    const struct campaign *campaign, struct error *err);
int sweep_round_end(const struct sweep_plan *plan, int round, struct error *err);

/* Where its runs lie. The caller frees. */
char *sweep_runs_dir(const struct sweep_plan *plan, const struct sweep_unit *unit);

/* Its run that is whole: sealed, not interrupted, of that seed. */
struct sweep_found {
	struct findings findings;
	char *folder; /* of the run, as seen from the sweep's; NULL: there is none, nothing to close
		       */
	char *path;   /* private */
};

/* Of several the first that is not BROKEN as a whole, else the last. */
int sweep_found_open(const struct sweep_plan *plan, const struct sweep_unit *unit, uint64_t seed,
		     struct sweep_found *found, struct error *err);
void sweep_found_close(struct sweep_found *found);

/* Whether the run as a whole is BROKEN: a note says so. */
bool sweep_run_broke(const struct history *history);

#endif
