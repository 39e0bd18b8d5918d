/* The schedule: every occasion of every fault, drawn from the seed before anything starts. */
#ifndef CAMPAIGN_SCHEDULE_H
#define CAMPAIGN_SCHEDULE_H

#include "campaign/fault.h"

enum { SCHEDULE_MAX = 100000 };

/* One occasion of the resolved schedule. The same lane numbers are hit in every arm, so that arms
 * can be compared pair by pair. */
struct scheduled {
	int id; /* counts from 1, by at_ns */
	int block;
	int occasion;  /* of its block, from 0 */
	int64_t at_ns; /* since the load began; of one that follows: when its leader is due */
	double length; /* seconds, or TTLs, as the block's span says */
	double after;
	double by;
	int member; /* a random one; of a set: the first */
	int pick;   /* of TARGET_WORKER, TARGET_WAITER: the how-manieth, modulo how many */
	int lanes;  /* 0: all */
	int lane[SCHEDULED_LANES]; /* number within the arm */
};

struct schedule {
	int count;
	int left_out; /* occasions past SCHEDULE_MAX; nemesis_main notes them, and that breaks */
	struct scheduled *entry; /* owned */
};

/* Draws the whole schedule from the seed: block by block, each from its own stream. */
void schedule_resolve(const struct fault_block *blocks, int count, uint64_t seed,
		      int64_t duration_ns, int lanes_per_arm, int members,
		      struct schedule *schedule);
void schedule_free(struct schedule *schedule);

/* The entry as a JSON object, for schedule.plan; the caller frees. */
char *schedule_describe(const struct fault_block *blocks, const struct scheduled *entry);

#endif
