/* Opening and closing a cluster; what only its service can do is the service's. */
#include "cluster/cluster.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/array.h"
#include "base/invariant.h"
#include "base/shared.h"
#include "base/text.h"
#include "cluster/cluster_inside.h"

static size_t size_of_shared(const struct cluster *cluster)
{
	return (size_t)(cluster->members + 1) * sizeof(*cluster->member);
}

static void name_endpoints(struct cluster *cluster)
{
	const struct cluster_plan *plan = &cluster->plan;

	for (int i = 0; i < cluster->members; i++)
		cluster->endpoint[i] =
			cluster_is_ours(cluster)
				? plan->service->endpoint(hosts_get(cluster->hosts, i))
				: text_format("%s", plan->endpoints[i]);
	cluster->target = (struct etcd_target){(const char *const *)cluster->endpoint,
					       cluster->members, NULL};
}

/* Before any fork: the session is for all. */
static void prepare_access(struct cluster *cluster)
{
	if (!cluster->plan.access)
		return;
	cluster->access = *cluster->plan.access;
	if (cluster->access.user[0])
		cluster->access.session = etcd_session_open();
	cluster->target.access = &cluster->access;
}

static int become_member(void *context, int process)
{
	const struct start *start = context;

	(void)process;
	return start->cluster->plan.service->become(start->cluster, start->member);
}

static void set_programs(struct cluster *cluster)
{
	for (int i = 0; i < cluster->members; i++) {
		cluster->start[i] = (struct start){cluster, i};
		hosts_set_program(cluster->hosts, i,
				  (struct program){become_member, &cluster->start[i]});
	}
}

void cluster_open(struct cluster **opened, const struct cluster_plan *plan)
{
	struct cluster *cluster = array_new(1, sizeof(*cluster));
	int members = hosts_members(plan->hosts);

	*cluster = (struct cluster){
		.plan = *plan,
		.hosts = plan->hosts,
		.members = members,
		.start = array_new((size_t)members, sizeof(struct start)),
		.endpoint = array_new((size_t)members, sizeof(char *)),
	};
	cluster->member = shared_new(size_of_shared(cluster));
	name_endpoints(cluster);
	prepare_access(cluster);
	if (cluster_is_ours(cluster))
		set_programs(cluster);
	*opened = cluster;
}

void cluster_close(struct cluster *cluster)
{
	for (int i = 0; i < cluster->members; i++)
		free(cluster->endpoint[i]);
	free(cluster->endpoint);
	free(cluster->start);
	etcd_session_close(cluster->access.session);
	explicit_bzero(&cluster->access, sizeof(cluster->access));
	munmap(cluster->member, size_of_shared(cluster));
	free(cluster);
}

const struct etcd_target *cluster_target(const struct cluster *cluster)
{
	return &cluster->target;
}

bool cluster_is_absent(const struct cluster *cluster, int member, const char **why)
{
	CHECK(member >= 0 && member < cluster->members);
	*why = cluster->member[member].absent_why;
	return cluster->member[member].absent;
}

/* The service's ------------------------------------------------------------------------------- */

int cluster_wait_serving(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
			 struct error *err)
{
	return cluster->plan.service->wait_serving(cluster, prefix, deadline_ns, err);
}

int cluster_leader(struct cluster *cluster, uint64_t *term)
{
	return cluster->plan.service->leader(cluster, term);
}

int cluster_audit(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		  struct error *err)
{
	return cluster->plan.service->audit(cluster, prefix, deadline_ns, err);
}

int cluster_forget(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		   struct error *err)
{
	return cluster->plan.service->forget(cluster, prefix, deadline_ns, err);
}

void cluster_version(struct cluster *cluster, char *version, size_t size)
{
	cluster->plan.service->version(cluster, version, size);
}

int cluster_heal_all(struct cluster *cluster, struct error *err)
{
	struct error second = {0};
	int failed = hosts_heal_all(cluster->hosts, err);

	if (cluster->plan.service->heal(cluster, failed ? &second : err))
		failed = -1;
	return failed;
}
