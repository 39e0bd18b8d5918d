/* For tests of real etcd members in the sandbox (sandbox_rig.h). */
#ifndef TESTS_CLUSTER_RIG_H
#define TESTS_CLUSTER_RIG_H

#include "cluster/cluster.h"
#include "tests/unit/sandbox_rig.h"

/* Of the cluster. */
static struct hosts *rig_hosts;

/* On hosts as of rig_open; members that are ours in the sandbox, others' where we are ourselves. */
static inline struct cluster *rig_cluster_on(struct hosts *hosts, struct cluster_plan plan)
{
	struct cluster *cluster;

	rig_hosts = plan.hosts = hosts;
	plan.service = &service_etcd;
	cluster_open(&cluster, &plan);
	return cluster;
}

static inline struct cluster *rig_cluster(int members, int workers, struct cluster_plan plan)
{
	struct hosts_plan place = {.engine = plan.endpoints ? &engine_local : &engine_sandbox};

	return rig_cluster_on(rig_open(members, workers, place), plan);
}

static inline void rig_close(struct cluster *cluster)
{
	cluster_close(cluster);
	hosts_close(rig_hosts);
}

#endif
