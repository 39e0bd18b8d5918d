/*
 * What two tables have mixed of all lanes: the witness's words and the store's decisions. Either of
 * one lane, by their indexes; or, for whoever goes through all lanes, of all of them at once, in
 * the order of the tables.
 */
#ifndef HISTORY_MIXED_H
#define HISTORY_MIXED_H

#include "history/reader.h"

/* Adds the keys and the decisions of the lane to what has none yet. */
int mixed_load_lane(const struct history *history, int lane, struct lane_history *into,
		    struct error *err);

struct mixed;

/* All lanes'. */
int mixed_open(const struct history *history, struct mixed **mixed, struct error *err);
void mixed_close(struct mixed *mixed); /* NULL is fine */

/* Hands over the keys, the decisions and the arena of one lane; false: they were handed over. */
bool mixed_take_lane(struct mixed *mixed, int lane, struct lane_history *into);

#endif
