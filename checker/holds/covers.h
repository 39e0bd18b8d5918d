/* Which fault lay over somebody. */
#ifndef CHECKER_HOLDS_COVERS_H
#define CHECKER_HOLDS_COVERS_H

#include "checker/holds/run_facts.h"

/*
 * A bitten fault on the process (or on any member, or on all of them) that lay over some part of
 * [from, to]; of several the one that ended last. NULL. Load that was put on the members, which may
 * last for the whole run, is named only where there is no other fault.
 */
const struct fault_row *run_cover(const struct run *run, int process, int64_t from_ns,
				  int64_t to_ns);

/* A fault that only makes the members work: no occasion for them to break a promise. */
bool run_is_load(const struct fault_row *fault);

/* The same of the members, or one that had ended shortly before: by at most what a stop of a member
 * leads to later (blame.h). */
const struct fault_row *run_members_cover(const struct run *run, int64_t from_ns, int64_t to_ns);

/* A step of run_open: fills in its bites. */
void covers_open(struct run *run);

#endif
