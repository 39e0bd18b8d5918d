/* Companions that make load at the service: leases that are kept alive, and writes. */
#ifndef CLUSTER_LOAD_H
#define CLUSTER_LOAD_H

#include <stdatomic.h>
#include <stdint.h>

#include "sandbox/companion.h"

struct etcd_target;

struct load_counts { /* companion_counts */
	/* A lease that is gone is lost early when its last acknowledged grant or renewal was sent
	 * less than its TTL before the answer that said so: its time was not over, so somebody else
	 * ended it. Else it is lost late: no renewal came through. */
	_Atomic int64_t grants, renewals, lost_early, lost_late;
	_Atomic int64_t alive;           /* leases held now */
	_Atomic int64_t renewals_failed; /* and grants: not ok, whatever the outcome */
	_Atomic int64_t writes, writes_failed;
	_Atomic int64_t keys_left; /* known once stopped: 0: none; 1: the deletion was not
				      answered ok */
};

struct load_plan {                         /* borrowed until the start returns */
	const struct etcd_target *service; /* cluster_target */
	int leases; /* ballast, 0 .. LOAD_LEASES_MAX; each is kept alive at a third of its TTL */
	int ttl_s;
	int writes_per_s;   /* 0 .. LOAD_WRITES_MAX; what is missed during a stall is not made up */
	const char *prefix; /* of the keys that are written; not a lane's */
};

enum { LOAD_LEASES_DEFAULT = 200, LOAD_LEASES_MAX = 1000, LOAD_WRITES_MAX = 4000 };

/* Every lease is a client of its own (a thread and a connection), as so many programs would be; the
 * first endpoint goes round. At the end the keys are deleted, and the leases are left to expire:
 * nothing hangs on them, and revoking them would need the cluster just when a fault is healed. Ends
 * within 4 s, mostly at once. */
int load_start(struct companion **companion, const struct load_plan *plan, struct error *err);

#endif
