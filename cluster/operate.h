/*
 * What operators do to a cluster that runs, as faults: move the leadership, compact, defragment,
 * take a member out and put it back, revoke a lease. Each does its work before it returns, and
 * brings the proof that it took effect. To be called by one process at a time (the nemesis); as all
 * others, these functions ask from the hub, which no cut touches.
 */
#ifndef CLUSTER_OPERATE_H
#define CLUSTER_OPERATE_H

#include "cluster/cluster.h"

struct operation {
	bool took_effect; /* and that was seen, not only answered */
	int64_t count;    /* what is told below; 0 when it did not */
	/* In words: what was seen, or why it did not take effect. What matters stands within the 95
	 * bytes that the history keeps. */
	char proof[240];
};

/* Gives the leadership to `to`, or (-1) to the next member that answers. Seen: another member leads
 * in a later term. Count: that term. Not when there is no leader, or `to` leads already. */
struct operation cluster_move_leader(struct cluster *cluster, int to, int64_t deadline_ns);

/* Forgets all revisions before the present one. Seen: a read of the one before is refused. Count:
 * the revision. Not when nothing was written since the last time. A watch that is to be resumed
 * from an earlier revision (the witness's, at a member that was removed) has a gap from now on. */
struct operation cluster_compact(struct cluster *cluster, int64_t deadline_ns);

/* Rewrites the member's database, during which it serves nothing. Seen: answered ok. Count: how
 * many microseconds that took; the words tell the size before and after. */
struct operation cluster_defragment(struct cluster *cluster, int member, int64_t deadline_ns);

/* Takes the member out of etcd's cluster, ends its process (expected) and deletes its data. Seen:
 * etcd answered ok or lists it no more, and the process is gone. Count: the members left. etcd
 * refuses while the others are not connected for 5 s; that is tried again until the deadline.
 * Sandbox only, and never the last one. When it did not take effect it may still do so later:
 * cluster_add_member brings it back in either case. */
struct operation cluster_remove_member(struct cluster *cluster, int member, int64_t deadline_ns);

/* Adds a removed member again, under a new id and with empty data, on its old address, and waits
 * until it serves: the conductor must tend meanwhile. Seen: it answers with that id, knows a leader
 * and serves a linearizable read. Count: milliseconds until then. True also for one that is in, so
 * who must not block for long calls it with a short deadline, again and again: what is done stays
 * done. (Under load a member of 3.5.16 took 3 to 8 s to catch up.) */
struct operation cluster_add_member(struct cluster *cluster, int member, int64_t deadline_ns);

/* Revokes the lease of the lock's holder: of the key with the smallest create_revision under
 * `lock`, a lock's name (a '/' at its end is added). Seen: the lease had time left, revoke answered
 * ok, and the key is gone. Count: its create_revision. Not when nobody holds the lock. */
struct operation cluster_revoke_holder(struct cluster *cluster, const char *lock,
				       int64_t deadline_ns);

#endif
