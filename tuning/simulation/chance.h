/* Draws of the simulation. */
#ifndef TUNING_SIMULATION_CHANCE_H
#define TUNING_SIMULATION_CHANCE_H

#include <math.h>

#include "base/clock.h"
#include "base/random.h"

/* Even in [low, high], by a multiplication, which is quick; of a range of a day the one number is
 * more likely than the other by 5e-6 of it at most. */
static inline int64_t chance_between(struct random_stream *random, int64_t low, int64_t high)
{
	unsigned __int128 wide =
		(unsigned __int128)random_next(random) * (uint64_t)(high - low + 1);

	return low + (int64_t)(uint64_t)(wide >> 64);
}

/* In 0 .. 1, neither of them. */
static inline double chance_share(struct random_stream *random)
{
	return ((double)(random_next(random) >> 12) + 0.5) * 0x1p-52;
}

/* Of what comes so often an hour, at any time: the next time after that. CLOCK_NEVER, if never. */
static inline int64_t chance_after(struct random_stream *random, int64_t at_ns, double per_hour)
{
	double gap_ns = per_hour > 0 ? -log(chance_share(random)) / per_hour * 3600e9 : INFINITY;

	return gap_ns < 0x1p61 ? at_ns + (int64_t)gap_ns : CLOCK_NEVER;
}

#endif
