/* Opening and closing hosts. */
#include "sandbox/hosts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/invariant.h"
#include "base/shared.h"
#include "base/text.h"
#include "sandbox/hosts_inside.h"
#include "sandbox/shared_lock.h"

static void share(struct hosts *hosts)
{
	hosts->shared_size =
		sizeof(struct shared) + (size_t)hosts->plan.count * sizeof(struct shared_host);
	hosts->shared = shared_new(hosts->shared_size);
	shared_lock_init(&hosts->shared->cuts_lock);
	shapes_open(hosts);
}

/* A host's name becomes a file's name. */
static int check_names(const struct hosts_plan *plan, struct error *err)
{
	for (int i = 0; i < plan->count; i++) {
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

static int build(struct hosts *hosts, struct error *err)
{
	_cleanup_free_ char *logs = text_format("%s/logs", hosts->plan.run_dir);

	hosts->wanted_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	hosts->shape_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (hosts->wanted_fd < 0 || hosts->shape_fd < 0)
		return error_errno(err, EXIT_OUR_FAULT, "eventfd");
	if (check_names(&hosts->plan, err))
		return -1;
	if (mkdir(logs, 0700) && errno != EEXIST)
		return error_errno(err, EXIT_MACHINE_LACKS, "directory %s", logs);
	return hosts->plan.engine->open(hosts, err);
}

int hosts_open(struct hosts **opened, const struct hosts_plan *plan, struct error *err)
{
	struct hosts *hosts = array_new(1, sizeof(*hosts));

	CHECK(plan->count <= HOSTS_MAX);
	*hosts = (struct hosts){
		.plan = *plan,
		.network = {-1, 0, NULL},
		.program = array_new((size_t)plan->count, sizeof(struct program)),
		.ended_group = array_new((size_t)plan->count, sizeof(pid_t)),
		.wanted_fd = -1,
		.shape_fd = -1,
	};
	for (int i = 0; i < plan->count; i++)
		hosts->members += plan->host[i].role == HOST_MEMBER;
	for (int i = 0; i < plan->count; i++)
		CHECK((plan->host[i].role == HOST_MEMBER) == (i < hosts->members));
	share(hosts);
	if (build(hosts, err)) {
		hosts_close(hosts);
		return error_wrap(err, "opening the cluster");
	}
	*opened = hosts;
	return 0;
}

void hosts_close(struct hosts *hosts)
{
	hosts_stop_all(hosts);
	if (hosts->plan.engine->close)
		hosts->plan.engine->close(hosts);
	free(hosts->program);
	free(hosts->ended_group);
	free(hosts->stray);
	cleanup_close(&hosts->wanted_fd);
	cleanup_close(&hosts->shape_fd);
	munmap(hosts->shared, hosts->shared_size);
	free(hosts);
}
