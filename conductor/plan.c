#include "conductor/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "cluster/load.h"

enum { HUB_HOSTS = 3 };

static int workers_of(const struct campaign *campaign)
{
	int workers = 0;

	for (int i = 0; i < campaign->arms; i++)
		workers += campaign->arm[i].lanes * campaign->arm[i].workers;
	return workers;
}

static int lanes_of(const struct campaign *campaign)
{
	int lanes = 0;

	for (int i = 0; i < campaign->arms; i++)
		lanes += campaign->arm[i].lanes;
	return lanes;
}

static int add_host(struct plan *plan, enum host_role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int add_host(struct plan *plan, enum host_role role, const char *format, ...)
{
	struct host *host = &plan->host[plan->hosts];
	va_list args;

	host->id = plan->hosts;
	host->role = role;
	va_start(args, format);
	CHECK(vsnprintf(host->name, sizeof(host->name), format, args) < (int)sizeof(host->name));
	va_end(args);
	return plan->hosts++;
}

_Static_assert((int)WORKERS_MAX + 16 <= (int)HOSTS_MAX, "each worker is a host");
_Static_assert((int)FLAGS_MAX <= (int)ETCD_FLAGS_MAX, "members take all flags");
_Static_assert((int)BALLAST_MAX <= (int)LOAD_LEASES_MAX, "so many leases can be held");
_Static_assert((int)WRITES_MAX <= (int)LOAD_WRITES_MAX, "so many writes can be made");

static void add_lane(struct plan *plan, const struct arm *arm, int number)
{
	int id = plan->lanes++;
	struct plan_lane *lane = &plan->lane[id];

	lane->arm = arm->id;
	lane->number = number;
	snprintf(lane->name, sizeof(lane->name), "%s/%d", arm->name, number);
	CHECK(snprintf(lane->lock, sizeof(lane->lock), "%s%.40s", plan->prefix, lane->name) <
	      (int)sizeof(lane->lock));
	for (int i = 0; i < arm->workers; i++)
		plan->worker[plan->workers++] = (struct plan_worker){
			.arm = arm->id,
			.lane = id,
			.number = i,
			.host = add_host(plan, HOST_WORKER, "%s-%d-%d", arm->name, number, i),
		};
}

static void name_everything(struct plan *plan)
{
	const struct campaign *campaign = plan->campaign;

	for (int i = 0; i < campaign->cluster.members; i++)
		add_host(plan, HOST_MEMBER, "m%d", i + 1);
	plan->store = add_host(plan, HOST_STORE, "store");
	plan->witness = add_host(plan, HOST_WITNESS, "witness");
	for (int i = 0; i < campaign->arms; i++)
		for (int number = 0; number < campaign->arm[i].lanes; number++)
			add_lane(plan, &campaign->arm[i], number);
	plan->recorder = add_host(plan, HOST_HUB, "recorder");
	plan->capture = add_host(plan, HOST_HUB, "capture");
	plan->nemesis = add_host(plan, HOST_HUB, "nemesis");
}

static void resolve_schedule(struct plan *plan)
{
	const struct campaign *campaign = plan->campaign;
	int most_lanes = 0;

	for (int i = 0; i < campaign->arms; i++)
		if (campaign->arm[i].lanes > most_lanes)
			most_lanes = campaign->arm[i].lanes;
	schedule_resolve(campaign->block, campaign->blocks, campaign->seed,
			 campaign->duration_ms * NS_PER_MS, most_lanes, campaign->cluster.members,
			 &plan->schedule);
}

int plan_open(struct plan *plan, const struct campaign *campaign, const char *run_dir,
	      struct error *err)
{
	int workers = workers_of(campaign), lanes = lanes_of(campaign);
	int hosts = campaign->cluster.members + 2 + workers + HUB_HOSTS;

	memset(plan, 0, sizeof(*plan));
	plan->campaign = campaign;
	plan->start_ns = clock_now_ns();
	/* The clock of this machine and the seed: two runs on one cluster do not share a prefix. */
	snprintf(plan->prefix, sizeof(plan->prefix), "%s%llx-%llx/",
		 campaign->cluster.prefix[0] ? campaign->cluster.prefix : PREFIX_DEFAULT,
		 (unsigned long long)campaign->seed & 0xffffffff,
		 (unsigned long long)plan->start_ns / 1000 & 0xffffffff);
	if (!text_copy(plan->run_dir, sizeof(plan->run_dir), run_dir))
		return error_set(err, EXIT_BAD_USAGE, "the path %.60s... is too long", run_dir);
	snprintf(plan->history, sizeof(plan->history), "%s/history.db", plan->run_dir);
	plan->host = calloc((size_t)hosts, sizeof(*plan->host));
	plan->lane = calloc((size_t)lanes, sizeof(*plan->lane));
	plan->worker = calloc((size_t)workers, sizeof(*plan->worker));
	CHECK_MEMORY(plan->host && plan->lane && plan->worker);
	name_everything(plan);
	CHECK(plan->hosts == hosts && plan->lanes == lanes && plan->workers == workers);
	resolve_schedule(plan);
	return 0;
}

void plan_close(struct plan *plan)
{
	schedule_free(&plan->schedule);
	free(plan->host);
	free(plan->lane);
	free(plan->worker);
}

int plan_rings(const struct plan *plan)
{
	return 1 + plan->hosts - plan->campaign->cluster.members;
}

int plan_ring_of(const struct plan *plan, int host)
{
	CHECK(host >= plan->campaign->cluster.members && host < plan->hosts);
	return 1 + host - plan->campaign->cluster.members;
}
