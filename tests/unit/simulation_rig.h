/* Settings of a lock, drawn: for the tests of the simulation. */
#ifndef TESTS_SIMULATION_RIG_H
#define TESTS_SIMULATION_RIG_H

#include "tuning/simulation/chance.h"
#include "tuning/simulation/simulate.h"

static struct random_stream rig_stream;

static inline int64_t any(int64_t low, int64_t high)
{
	return chance_between(&rig_stream, low, high);
}

/* From quiet to hardly a moment's rest. */
static inline struct scenario any_scenario(const struct pause_profile *pauses)
{
	static const double often[] = {0, 0, 1, 30, 600};
	int64_t work_ms = any(1, 3000), heartbeat_ms = any(20, 2000);
	struct scenario scenario = {
		.situation =
			{
				.lease = lease_of_worker((int)any(1, 10) * 1000, (int)heartbeat_ms,
							 (int)any(1, 4)),
				.delay_s = (double)any(1, 5000) / 1e6,
				.election_s = 1,
				.work_min_s = (double)work_ms / 1e3,
				.work_max_s = (double)any(work_ms, 2 * work_ms) / 1e3,
				.work_waits = any(0, 1),
				.check_s = 0.001,
				.rest_s = (double)any(0, 2000) / 1e3,
				.workers = (int)any(1, 5),
				.locks = 2,
				.cut_s = (double)any(100, 9000) / 1e3,
				.pauses = pauses,
				.pauses_per_hour = often[any(0, 4)],
			},
		.guard = (enum guard)any(0, GUARDS_RIGHT - 1),
		.cuts_per_hour = often[any(0, 4)],
		.deaths_per_hour = often[any(0, 4)],
		.changes_per_hour = often[any(0, 3)],
		.length_ns = 3600 * NS_PER_S,
		.seed = (uint64_t)any(1, 1000000),
	};

	return scenario;
}

#endif
