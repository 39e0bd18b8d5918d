/*
 * Which fault stands behind a violation of the service. Found by what the fault does and whom it
 * hit, not by which was last; that it is named proves no cause.
 */
#ifndef CHECKER_HOLDS_BLAME_H
#define CHECKER_HOLDS_BLAME_H

#include "checker/holds/run_facts.h"

struct blame_question {
	int64_t from_ns, to_ns; /* of the violation, or of what led to it: from <= to */
	int process;            /* the worker that it happened to; 0: none */
	int member;             /* whose answer is the violation; NO_MEMBER */
	int64_t renewed_ns;     /* sending of the lease's last renewal; NEVER_NS */
	int renewed_by;         /* the member that acknowledged it; NO_MEMBER. For the sentence */
	int64_t lease_born_ns;  /* its grant was asked for then; 0: unknown */
	int64_t ttl_ns;         /* of the lease */
	bool of_waiter;         /* the worker waited: what hit it comes first */
	bool in_time;           /* the lease ended when it might, for want of renewals: then what
				 * lay over [from, to] itself comes first */
};

struct blame {
	const struct fault_row *fault; /* NULL: none */
	const struct fault_row *over;  /* of another kind of suspect, that came later; NULL */
};

/* Of the bitten faults whose reach meets [from, to] the one of the least rank is named; within a
 * rank the one that had ended last, before one that still lay over it. */
enum blame_rank {
	RANK_WAITERS = 1,     /* over a worker that waited, within [from, to] */
	RANK_ANSWERERS,       /* on the member whose answer it is */
	RANK_LEADERS_STOP,    /* stop, stall, kill or wrong clock of a member that led, when the
			       * fault began or at the lease's last renewal. Not a stop or a stall
			       * from before the lease was born: such a leader, when it wakes,
			       * does not know the lease */
	RANK_LEADERS_PACKETS, /* packets of a member that led; a fault of no single host, as a
			       * partition or a moved leader */
	RANK_OTHERS_STOP,     /* stop, stall, kill or wrong clock of another member, and those that
			       * are excused above */
	RANK_OTHERS_REST,     /* anything else on a member, but load */
	RANK_WORKERS,         /* over the worker, within [from, to] */
	RANK_NONE,            /* it lies over nobody here. Load on the members, within [from, to],
			       * is named where there is nothing else */
};

struct blame blame_find(const struct run *run, const struct blame_question *question);

#endif
