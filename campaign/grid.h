/*
 * A grid of settings: every combination of some TTLs, heartbeats, retries and election time-outs of
 * etcd is a cell, which is the arm of a campaign, on the cluster of a campaign, with these in place
 * of their own.
 */
#ifndef CAMPAIGN_GRID_H
#define CAMPAIGN_GRID_H

#include "campaign/campaign.h"

/* X(name in code, section, option). In the order in which cells are counted, the last fastest: what
 * is the cluster's first, since one run has one. */
#define GRID_AXES(X)                                                                               \
	X(ELECTION, CLUSTER, "election")                                                           \
	X(RETRIES, ARM, "retries")                                                                 \
	X(TTL, ARM, "ttl")                                                                         \
	X(HEARTBEAT, ARM, "heartbeat")

enum grid_axis {
#define X(name, section, word) GRID_##name,
	GRID_AXES(X)
#undef X
		GRID_AXES_COUNT
};

extern const char *const grid_axis_names[]; /* NULL-terminated */

enum { GRID_VALUES = 64, GRID_CELLS = 400 };

struct grid {
	struct grid_values {
		int count;              /* 0: not told, and the campaign's own is the only one */
		int value[GRID_VALUES]; /* ascending, as the option's field counts it */
	} axis[GRID_AXES_COUNT];
};

/* "2,3,5s" as the values of an axis; a length of time without a unit is of seconds. Anything that
 * the option of a campaign could not be is an error that names it. */
int grid_take(struct grid *grid, enum grid_axis axis, const char *list, struct error *err);

/* As grid_take reads it back; the caller frees. */
char *grid_print(const struct grid *grid, enum grid_axis axis);

/* What nobody told is the campaign's own, of its first arm. Too many cells are an error. */
int grid_complete(struct grid *grid, const struct campaign *campaign, struct error *err);

int grid_cells(const struct grid *grid); /* of a completed one */

/* The cells from 0 on, so many, are of its first election time-out, the next of its second ... */
int grid_cells_of_cluster(const struct grid *grid);
int grid_election_ms(const struct grid *grid, int number);

/* The arm of cell `number`, from 0, made from `arm`; its name is that of the cell. */
struct arm grid_cell(const struct grid *grid, const struct arm *arm, int number);

/*
 * Leaves one arm in the campaign (NULL: its first), of which the cells will be made, and nothing
 * expected of it. Lengths of faults that are told in TTLs become those of this arm, in seconds: a
 * cell with a longer lease is to live through the same faults as the others.
 */
int grid_prepare(struct campaign *campaign, const char *arm, struct error *err);

#endif
