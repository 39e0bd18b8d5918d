/* A companion that makes a host slow, not silent. */
#ifndef SANDBOX_SLOW_H
#define SANDBOX_SLOW_H

#include <stdatomic.h>

#include "sandbox/companion.h"

struct slow_plan {
	struct machine machine;
	int pidfd; /* of its leader; stays the caller's */
	int stop_ms, go_ms;
};

struct slow_counts {           /* companion_counts */
	_Atomic int64_t stops; /* that were seen in /proc */
	_Atomic int64_t continues;
};

/* Stops the machine for stop_ms, lets it go for go_ms, and so on. However this ends - told, killed,
 * with its parent - the machine is continued within milliseconds: two processes watch each other,
 * and each continues it when the other is gone. Only both killed at once could leave it stopped.
 * Ends by itself with the machine's leader; told to, at once. */
int slow_start(struct companion **companion, const struct slow_plan *plan, struct error *err);

#endif
