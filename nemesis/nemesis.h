/*
 * The nemesis: a process of its own that does what the schedule says, when an aim comes true, and
 * proves what it did. It learns who holds a lock only from the live view.
 */
#ifndef NEMESIS_NEMESIS_H
#define NEMESIS_NEMESIS_H

#include <stdatomic.h>
#include <stdint.h>

#include "campaign/schedule.h"
#include "cluster/cluster.h"
#include "history/ring.h"

struct nemesis_lane {
	int arm, number;  /* number within the arm */
	int lane;         /* lane.id */
	const char *lock; /* its name in the service */
	int64_t ttl_ns;
};

struct nemesis_config { /* borrowed until nemesis_main returns */
	const struct fault_block *block;
	int blocks;
	const struct schedule *schedule;
	const struct nemesis_lane *lane;
	int lanes;
	const char *prefix; /* of the run's keys in the service; ends with a slash */
	struct hosts *hosts;
	struct cluster *cluster;
	struct ring *ring;
	struct live *live;
	int64_t load_began_ns; /* absolute */
	int64_t load_ends_ns;  /* no fault begins after; all are healed soon after */
	_Atomic int *stop;
	_Atomic uint32_t *pulse; /* moved at each look at *stop; NULL: nobody looks */
};

/* Runs the schedule until the load ends or stop, heals everything, returns the exit status. */
int nemesis_main(const struct nemesis_config *config, int process);

#endif
