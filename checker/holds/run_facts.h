/*
 * What the checks need to know of the whole run: who the processes were and when they ended, which
 * faults bit, and when the run ended. Built once, borrowed by every lane.
 */
#ifndef CHECKER_HOLDS_RUN_FACTS_H
#define CHECKER_HOLDS_RUN_FACTS_H

#include "checker/holds/acknowledged.h"
#include "checker/holds/leaders.h"
#include "history/reader.h"

struct actor { /* one process */
	int id;
	const char *name;
	int64_t ended_ns; /* not later than it can have acted; NEVER_NS */
};

struct bite {       /* a bitten fault, in an order that finds it (covers.c); private */
	int victim; /* process.id, or the members */
	const struct fault_row *fault, *longest;
};

struct run_suspect { /* a bitten fault that is no load; private to blame.c */
	const struct fault_row *fault;
	int64_t latest_end_ns; /* of all up to it */
};

enum { RUN_MEMBERS = -1 }; /* instead of a process: the service's members, one or all */

struct run {
	const struct history *history; /* borrowed */
	int64_t ended_ns;              /* NEVER_NS: the file does not say */
	int64_t settle_ns;             /* 0: the file does not say */
	int64_t election_ns;           /* the service's election time-out, or etcd's default */
	int actors, bites, suspects;
	struct actor *actor; /* by id */
	struct bite *bite;
	struct run_suspect *suspect; /* by began_ns */
	struct leaders leaders;
	struct acknowledged acknowledged; /* nothing, until acknowledged_open */
};

void run_open(const struct history *history, int64_t ended_ns, int64_t settle_ns, struct run *run);
void run_close(struct run *run);

/* NULL when the history has no such process. */
const struct actor *run_actor(const struct run *run, int process);

#endif
