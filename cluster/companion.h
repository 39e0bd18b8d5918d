/*
 * Companions: processes that make trouble or load beside the workers for as long as a fault lasts.
 *
 * A companion is a child of the caller, in the caller's network namespace (the nemesis's: the hub,
 * which reaches every member and which no cut touches). The start returns at once. It ends when it
 * is told to, and it is killed with its parent, so that none is left behind. What it did can be
 * read at any time. The caller must have one thread only.
 */
#ifndef CLUSTER_COMPANION_H
#define CLUSTER_COMPANION_H

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "cluster/machine.h"

struct etcd_target;

struct companion;

struct companion_counts {
	/* Of load. A lease that is gone is lost early when its last acknowledged grant or renewal
	 * was sent less than its TTL before the answer that said so: its time was not over, so
	 * somebody else ended it. Else it is lost late: no renewal came through. */
	int64_t grants, renewals, lost_early, lost_late;
	int64_t alive;           /* leases held now */
	int64_t renewals_failed; /* and grants: not ok, whatever the outcome */
	int64_t writes, writes_failed;
	int64_t keys_left; /* known once stopped: 0: none; 1: the deletion was not answered ok */
	/* Of slow: stops that were seen in /proc, and how often it was continued. */
	int64_t stops, continues;
};

struct load_plan {                         /* borrowed until the start returns */
	const struct etcd_target *service; /* cluster_service */
	int leases; /* ballast, 0 .. LOAD_LEASES_MAX; each is kept alive at a third of its TTL */
	int ttl_s;
	int writes_per_s;   /* 0 .. LOAD_WRITES_MAX; what is missed during a stall is not made up */
	const char *prefix; /* of the keys that are written; not a lane's */
};

enum { LOAD_LEASES_DEFAULT = 200, LOAD_LEASES_MAX = 1000, LOAD_WRITES_MAX = 4000 };

/* Every lease is a client of its own (a thread and a connection), as so many programs would be; the
 * first endpoint goes round. At the end the keys are deleted, and the leases are left to expire:
 * nothing hangs on them, and revoking them would need the cluster just when a fault is healed. */
int companion_start_load(struct companion **companion, const struct load_plan *plan,
			 struct error *err);

/* Stops a machine for stop_ms, lets it go for go_ms, and so on: a host that is slow, not silent.
 * However this ends - told, killed, with its parent - the machine is continued within
 * milliseconds: two processes watch each other, and each continues it when the other is gone.
 * Only both killed at once could leave it stopped. Ends by itself with the machine's leader, whose
 * descriptor `pidfd` is; it stays the caller's. */
int companion_start_slow(struct companion **companion, const struct machine *machine, int pidfd,
			 int stop_ms, int go_ms, struct error *err);

struct companion_counts companion_counts(const struct companion *companion);
pid_t companion_pid(const struct companion *companion);

/* Tells it to end, waits until the deadline and then kills it; frees. *counts (may be NULL): the
 * last ones. Fails when it had ended by a fault of its own, or had to be killed. A load ends within
 * 4 s, mostly at once; a slow one at once. */
int companion_stop(struct companion *companion, int64_t deadline_ns,
		   struct companion_counts *counts, struct error *err);

#endif
