/* Opening and closing a cluster, and what can be asked of it without touching it. */
#include "cluster/cluster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/text.h"
#include "cluster/inside.h"

/* Opening ------------------------------------------------------------------------------------- */

static void *many(int count, size_t size)
{
	void *memory = calloc((size_t)count + 1, size);

	CHECK_MEMORY(memory);
	return memory;
}

static void share(struct cluster *cluster)
{
	pthread_mutexattr_t kind;

	cluster->shared_size =
		sizeof(struct shared) + (size_t)cluster->plan.hosts * sizeof(struct shared_host);
	cluster->shared = mmap(NULL, cluster->shared_size, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK_MEMORY(cluster->shared != MAP_FAILED);
	CHECK(pthread_mutexattr_init(&kind) == 0);
	CHECK(pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED) == 0);
	CHECK(pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST) == 0);
	CHECK(pthread_mutex_init(&cluster->shared->cuts_lock, &kind) == 0);
	pthread_mutexattr_destroy(&kind);
	shapes_open(cluster);
}

/* A host's name becomes a file's name. */
static int check_names(const struct cluster_plan *plan, struct error *err)
{
	for (int i = 0; i < plan->hosts; i++) {
		const char *name = plan->host[i].name;

		if (*name == '\0' || *name == '.' || strchr(name, '/'))
			return error_set(err, EXIT_BAD_USAGE, "\"%s\" cannot be the name of a host",
					 name);
		for (int j = 0; j < i; j++)
			if (strcmp(name, plan->host[j].name) == 0)
				return error_set(err, EXIT_BAD_USAGE, "two hosts are named \"%s\"",
						 name);
	}
	return 0;
}

static int make_directory(const char *run_dir, const char *name, struct error *err)
{
	_cleanup_free_ char *path = NULL;

	CHECK_MEMORY(asprintf(&path, "%s/%s", run_dir, name) > 0);
	if (mkdir(path, 0700) && errno != EEXIST)
		return error_errno(err, EXIT_MACHINE_LACKS, "directory %s", path);
	return 0;
}

static void name_endpoints(struct cluster *cluster)
{
	const struct cluster_plan *plan = &cluster->plan;

	for (int i = 0; i < plan->members; i++)
		if (plan->sandbox)
			CHECK_MEMORY(asprintf(&cluster->endpoint[i], "http://%s:%d",
					      plan->host[i].address, CLIENT_PORT) > 0);
		else
			CHECK_MEMORY((cluster->endpoint[i] = strdup(plan->endpoints[i])));
}

/* Before any fork: the session is for all. */
static void enter(struct cluster *cluster)
{
	cluster->service = (struct etcd_target){(const char *const *)cluster->endpoint,
						cluster->plan.members, NULL};
	if (!cluster->plan.access)
		return;
	cluster->access = *cluster->plan.access;
	if (cluster->access.user[0])
		cluster->access.session = etcd_session_open();
	cluster->service.access = &cluster->access;
}

static void address_locally(const struct cluster_plan *plan)
{
	for (int i = 0; i < plan->hosts; i++)
		text_copy(plan->host[i].address, sizeof(plan->host[i].address),
			  i < plan->members ? plan->endpoints[i] : "local");
}

static int build(struct cluster *cluster, struct error *err)
{
	const struct cluster_plan *plan = &cluster->plan;

	cluster->wanted_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	cluster->shape_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (cluster->wanted_fd < 0 || cluster->shape_fd < 0)
		return error_errno(err, EXIT_OUR_FAULT, "eventfd");
	if (check_names(plan, err) || make_directory(plan->run_dir, "logs", err))
		return -1;
	if (!plan->sandbox) {
		address_locally(plan);
		name_endpoints(cluster);
		return 0;
	}
	network_assign(plan->host, plan->hosts);
	name_endpoints(cluster);
	if (make_directory(plan->run_dir, "data", err) ||
	    network_open(&cluster->network, plan->host, plan->hosts, err) ||
	    cuts_prepare(cluster, err))
		return -1;
	for (int i = 0; i < plan->hosts; i++)
		cluster->shared->host[i].net = network_identity(&cluster->network, i);
	return plan->disk_faults ? disk_open(cluster, err) : 0;
}

int cluster_open(struct cluster **opened, const struct cluster_plan *plan, struct error *err)
{
	struct cluster *cluster = many(1, sizeof(*cluster));

	CHECK(plan->members <= plan->hosts && plan->hosts <= HOSTS_MAX);
	for (int i = 0; i < plan->hosts; i++)
		CHECK((plan->host[i].role == HOST_MEMBER) == (i < plan->members));
	*cluster = (struct cluster){
		.plan = *plan,
		.network = {-1, 0, NULL},
		.endpoint = many(plan->members, sizeof(char *)),
		.program = many(plan->hosts, sizeof(struct program)),
		.ended_group = many(plan->hosts, sizeof(pid_t)),
		.wanted_fd = -1,
		.shape_fd = -1,
	};
	share(cluster);
	enter(cluster);
	if (build(cluster, err)) {
		cluster_close(cluster);
		return error_wrap(err, "opening the cluster");
	}
	*opened = cluster;
	return 0;
}

/* Closing ------------------------------------------------------------------------------------- */

void cluster_close(struct cluster *cluster)
{
	cluster_stop_all(cluster);
	shapes_close(cluster);
	disk_close(cluster);
	if (cluster->plan.sandbox)
		members_delete_data(cluster, -1);
	if (cluster->network.host_fd)
		network_close(&cluster->network);
	for (int i = 0; i < cluster->plan.members; i++)
		free(cluster->endpoint[i]);
	free(cluster->endpoint);
	etcd_session_close(cluster->access.session);
	explicit_bzero(&cluster->access, sizeof(cluster->access));
	free(cluster->program);
	free(cluster->ended_group);
	free(cluster->stray);
	cleanup_close(&cluster->wanted_fd);
	cleanup_close(&cluster->shape_fd);
	munmap(cluster->shared, cluster->shared_size);
	free(cluster);
}

/* Asking -------------------------------------------------------------------------------------- */
