/* What each arm is held to: the promise of its guard. */
#ifndef CHECKER_GUARDS_H
#define CHECKER_GUARDS_H

#include <stdbool.h>

#include "base/error.h"
#include "history/guard.h"
#include "history/reader.h"

/* The guard that the arm names; NULL, and an error, for an unknown one. */
const struct guard_kind *guard_of_arm(const struct arm_row *arm, struct error *err);

/* The names that make an arm UNSAFE, as bits 1 << violation_name. With a negative control for a
 * client, the client's own faults at the service count too. */
unsigned int guard_counting(const struct guard_kind *guard, bool honest);

#endif
