/*
 * What each guard promises; the checker holds every arm to its own.
 */
#ifndef CHECKER_GUARDS_H
#define CHECKER_GUARDS_H

#include <stdbool.h>

#include "base/error.h"
#include "history/reader.h"

struct promise {
	const char *guard;
	bool reads_carry, writes_carry; /* requests that must carry a token not smaller than seen */
	bool guards_writes;             /* refuses those of a stale holder, by whatever means */
	bool no_stale, no_late, no_lost;
};

/* The promise of the guard that the arm names; NULL, and an error, for an unknown one. */
const struct promise *guard_promise(const struct arm_row *arm, struct error *err);

/* True when the guard promises anything: then the arm is UNSAFE by a fence-breach only. */
bool promise_holds_anything(const struct promise *promise);

/* The names that make an arm UNSAFE, as bits 1 << violation_name. With a negative control for a
 * client, the client's own faults at the service count too. */
unsigned int promise_counting(const struct promise *promise, bool honest);

#endif
