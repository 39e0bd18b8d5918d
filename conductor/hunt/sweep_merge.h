/* What came of a sweep, out of its folder: the cells, and from them the page and tune.json. */
#ifndef CONDUCTOR_HUNT_SWEEP_MERGE_H
#define CONDUCTOR_HUNT_SWEEP_MERGE_H

#include "conductor/hunt/sweep_folder.h"
#include "judging/cell_sums.h"
#include "reports/sweep_report.h"
#include "tuning/calibrate.h"

/* Points into itself: not to be copied. */
struct sweep_result {
	struct sweep sweep; /* of what is below */
	int cells;
	struct sweep_cell *cell; /* as the grid counts them */
	struct cell_told *told;  /* private: of each, what it points to */
	uint64_t *seed;          /* of the rounds */
	char etcd[64];
	struct calibration calibration; /* of the user's own cell, or the first that has one */
	bool calibrated;
};

/* What was measured in each cell, with nothing to predict on. Judges each history that was not.
 * Nothing is missing that makes it fail: a cell says so itself. The caller frees. */
int sweep_gather(const struct sweep_plan *plan, struct sweep_result *result, struct error *err);

/* The same, and what `predict` goes by: `situation`, borrowed, until a run tells better. The caller
 * frees. */
int sweep_merge(const struct sweep_plan *plan, const struct situation *situation,
		struct sweep_result *result, struct error *err);
void sweep_result_free(struct sweep_result *result);

/* An error says why nothing can be measured with that cell: no campaign can have it, or etcd would
 * grant another TTL. */
int sweep_judge_cell(const struct sweep_plan *plan, int number, struct error *err);

/* "t2h500r3", and of a sweep of several election time-outs that, too. The caller frees. */
char *sweep_cell_name(const struct sweep_plan *plan, int number);

/* Whether more exposures are wanted for that cell. */
bool sweep_cell_is_wide(const struct sweep_plan *plan, const struct sweep_cell *cell);

/* DIR/index.html and DIR/tune.json. */
int sweep_result_write(const struct sweep_plan *plan, const struct sweep_result *result,
		       struct error *err);

#endif
