/* Private to the room: what a companion's process shares with its parent. */
#ifndef CLUSTER_COMPANION_INSIDE_H
#define CLUSTER_COMPANION_INSIDE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cluster/companion.h"

struct companion_shared { /* counts as of struct companion_counts */
	_Atomic int64_t grants, renewals, lost_early, lost_late, alive, renewals_failed;
	_Atomic int64_t writes, writes_failed, keys_left;
	_Atomic int64_t stops, continues;
};

/* In the companion: sleeps until the instant. True at once when it is told to end, or another of
 * the descriptors (`others`, may be none) becomes readable. */
bool companion_wait(int stop_fd, const int *others, int count, int64_t until_ns);

/* The lives of companions; each returns its exit status. */
int load_live(const struct load_plan *plan, struct companion_shared *shared, int stop_fd);
int slow_live(const struct machine *machine, int pidfd, int stop_ms, int go_ms,
	      struct companion_shared *shared, int stop_fd);

#endif
