/* How long a fault may show itself after its end. */
#ifndef CHECKER_HOLDS_AFTERMATH_H
#define CHECKER_HOLDS_AFTERMATH_H

#include "checker/holds/run_facts.h"

/*
 * How long after its end a fault of that effect may still show itself.
 *
 * Stop, stall: the old leader finds the leases that it knew overdue within one scan, 0.5 s, and
 * asks the log to revoke them. What it asks while there is no leader that it knows waits as long as
 * the server lets a request wait, 5 s + 2 elections (etcd, server/config, ReqTimeout); and it asks
 * 16 at a time (etcd, server.go, maxPendingRevokes), so that of many leases the last go later. With
 * 340 leases and an election time-out of 0.5 s, losses were seen within 0.5 s of the end when a
 * leader was known at once, and else from 6.0 to 7.5 s after it: 2 s are allowed for the queue.
 *
 * Kill, clock, packets, operator: the next leader is elected within two elections and gives every
 * lease its whole life again; a TTL later the last promise of before is over.
 *
 * Revoke takes effect at once, and nothing remains of load.
 */
int64_t aftermath_ns(const struct run *run, enum fault_effect effect, int64_t ttl_ns);

#endif
