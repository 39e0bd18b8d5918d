/*
 * The arithmetic of a lease: what follows from a TTL, a heartbeat and a number of retries alone.
 * Pure functions; tuning/README.md derives each of them and says what it leaves out.
 *
 * A lease begins anew with the *sending* of each renewal that is acknowledged; all lengths are
 * counted from there.
 */
#ifndef TUNING_LEASE_TIMES_H
#define TUNING_LEASE_TIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

struct lease {
	int64_t ttl_ns;       /* as granted, which may be more than was asked for; > 0 */
	int64_t heartbeat_ns; /* > 0 */
	int64_t patience_ns;  /* for which a renewal is waited for; > 0 */
	int64_t spacing_ns;   /* at the least from one renewal that fails to the next; 0: at once */
	int retries;          /* failed renewals in a row after which the holder gives up; > 0 */
};

/* Of a worker of ours, which waits for an answer as arm_renewal_patience_ms says. Heartbeat 0: it
 * never renews, and is as one who would when the lease is over. */
struct lease lease_of_worker(int ttl_ms, int heartbeat_ms, int retries);

/* With what is told of its renewals (`renew-timeout` and `retry-after` of an arm); 0: as it was. */
void lease_take_habits(struct lease *lease, int timeout_ms, int retry_after_ms);

/* From the sending of a renewal that fails to the sending of the next. */
int64_t lease_retry_period_ns(const struct lease *lease);

/* A holder that stands still for less surely keeps its lease, if its next renewal is answered at
 * once; 0 when none is sent in time. One that stands still for longer than the TTL surely loses
 * it. */
int64_t lease_outlives_pause_ns(const struct lease *lease);

enum { LEASE_ATTEMPTS_WANTED = 3 }; /* of the next: so that one may be lost, and another */

/* How many renewals, one failing after the other, are sent while the lease still lives and before
 * the holder gives up. */
int lease_attempts(const struct lease *lease);

/* etcd's leader looks for leases that are over at least this often (lessor.go,
 * expiredLeaseRetryInterval and the pause of runLoop). */
#define LEASE_EXPIRY_SCAN_NS (500 * NS_PER_MS)

/* When every packet is lost for no longer than this, the lease is surely kept. */
int64_t lease_outlives_cut_ns(const struct lease *lease);

/* When a holder whose renewals all stay unanswered gives up. */
int64_t lease_gives_up_ns(const struct lease *lease);

/* It does so while its lease surely lives. No margin, as when both come at once, is not enough. */
bool lease_gives_up_in_time(const struct lease *lease);

/* The longest heartbeat of whole 10 ms, and the greatest number of retries, all else as it is, with
 * which the holder would give up in time; 0: none does. A patience that is a worker's own follows
 * the heartbeat. */
int64_t lease_heartbeat_in_time_ns(const struct lease *lease);
int lease_retries_in_time(const struct lease *lease);

/* The shortest TTL of whole seconds that surely outlives a pause of that length. */
int64_t lease_ttl_for_pause_ns(const struct lease *lease, int64_t pause_ns);

/* After a holder's death: until its lock is free for another. */
struct failover {
	int64_t least_ns, most_ns;
	int64_t most_with_change_ns; /* when the leader changes meanwhile, once */
};

/* `election_ns`: the service's election time-out. etcd's numbers. */
struct failover lease_failover(const struct lease *lease, int64_t election_ns);

/* etcd's own election time-out, when nothing is told, and how many heartbeat intervals it has. */
enum { ETCD_ELECTION_MS = 1000, ETCD_INTERVALS = 10 };

/* The least TTL that an etcd with that election time-out grants. It counts its election time-out in
 * heartbeat intervals, and those in whole ones (server/etcdserver/server.go, minTTL); 0: that is
 * not told. */
int64_t lease_least_ttl_ns(int64_t election_ns, int64_t interval_ns);

#endif
