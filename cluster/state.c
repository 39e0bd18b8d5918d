/* What can be asked of a cluster without touching it. */
#include "cluster/cluster.h"

#include "base/invariant.h"
#include "cluster/inside.h"

const char *host_role_name(enum host_role role)
{
	switch (role) {
	case HOST_HUB:
		return "hub";
	case HOST_MEMBER:
		return "member";
	case HOST_STORE:
		return "store";
	case HOST_WITNESS:
		return "witness";
	case HOST_WORKER:
		return "worker";
	}
	CHECK(!"a role");
	return NULL;
}

const struct host *cluster_host(const struct cluster *cluster, int host)
{
	CHECK(host >= 0 && host < cluster->plan.hosts);
	return &cluster->plan.host[host];
}

struct host_control *cluster_control(struct cluster *cluster, int host)
{
	CHECK(host >= 0 && host < cluster->plan.hosts);
	return &cluster->shared->host[host].control;
}

const struct etcd_target *cluster_service(const struct cluster *cluster)
{
	return &cluster->service;
}

int cluster_members(const struct cluster *cluster)
{
	return cluster->plan.members;
}

int cluster_hosts(const struct cluster *cluster)
{
	return cluster->plan.hosts;
}

const char *cluster_address(const struct cluster *cluster, int host)
{
	return cluster->plan.sandbox ? cluster_host(cluster, host)->address : "127.0.0.1";
}

int cluster_abilities(const struct cluster *cluster)
{
	if (!cluster->plan.sandbox)
		return 0;
	return CAN_CUT | CAN_FAULT_MEMBERS | (cluster->disk ? CAN_FAULT_DISKS : 0);
}

int cluster_next_process(struct cluster *cluster)
{
	return 1 + atomic_fetch_add(&cluster->shared->processes, 1);
}
