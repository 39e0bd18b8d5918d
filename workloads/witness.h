/*
 * The witness: watches the lock keys on every member (a thread and a client each) and records each
 * change as each member tells it, with the lease that the key hangs on, or the holder that a record
 * (lease_record.h) names; and who leads, by each member's word. It makes the resources that lie in
 * the service, records their logs, and removes them at the end. It is never a target. After
 * a broken stream it resumes from the revision after the last one told, so that nothing is missed;
 * a compaction in between is a gap and breaks the run.
 */
#ifndef WORKLOADS_WITNESS_H
#define WORKLOADS_WITNESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "etcd/etcd.h"
#include "history/live.h"
#include "history/ring.h"

struct witness_lane {
	char lock[80]; /* the lock's name: its keys are LOCK/... */
	int lane;
	bool in_service; /* its resource: LOCK.value and LOCK.log (key_resource.h) */
};

struct witness_config {
	struct etcd_target service;
	const char *prefix; /* of all locks of this run */
	const struct witness_lane *lane;
	int lanes;
	struct ring *ring;
	struct live *live;  /* counts decisions on resources in the service */
	int resource_ttl_s; /* of the lease on which these hang: longer than the run, for nobody
			       renews it, and the keys of a run that is killed go with it */
	_Atomic int *ready; /* counts the members whose watch stands */
	_Atomic int *stop;
	_Atomic uint32_t *pulse; /* moved at each look at *stop; NULL: nobody looks */
	int64_t settle_ns;       /* after stop: at most this long to catch up on every member */
};

int witness_main(const struct witness_config *config, int process);

#endif
