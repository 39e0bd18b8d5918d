/*
 * What the tables have mixed of all lanes: the witness's words and the store's decisions, either of
 * one lane, by their indexes, or, for whoever goes through all lanes, of all of them at once, in
 * the order of the tables; then with the operations, if they are to be viewed.
 */
#ifndef HISTORY_MIXED_H
#define HISTORY_MIXED_H

#include "history/reader.h"

/* Adds the keys and the decisions of the lane to what has none yet. */
int mixed_load_lane(const struct history *history, int lane, struct lane_history *into,
		    struct error *err);

struct mixed;

/* All lanes'; `viewer`: see history_foresee_lanes. */
int mixed_open(const struct history *history, const struct history_viewer *viewer,
	       struct mixed **mixed, struct error *err);
void mixed_close(struct mixed *mixed); /* NULL is fine */

/* Hands over all that was read of one lane; false: it was handed over. */
bool mixed_take_lane(struct mixed *mixed, int lane, struct lane_history *into);

#endif
