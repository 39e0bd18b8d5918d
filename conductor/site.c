#include "conductor/site.h"

#include <stdatomic.h>

#include "base/cleanup.h"
#include "base/process.h"
#include "base/text.h"
#include "campaign/campaign.h"
#include "conductor/log_quote.h"

static int open_hosts(struct site *site, const struct plan *plan, struct error *err)
{
	const struct campaign *campaign = plan->campaign;
	struct hosts_plan wanted = {
		.engine = campaign->cluster.endpoints ? &engine_local : &engine_sandbox,
		.run_dir = plan->run_dir,
		.count = plan->hosts,
		.host = plan->host,
		.wal = service_etcd.wal,
	};

	for (int i = 0; i < campaign->blocks; i++)
		wanted.disk_faults |= fault_traits(campaign->block[i].kind)->needs_disk;
	for (int i = 0; i < campaign->cluster.endpoints; i++)
		text_copy(wanted.host[i].address, sizeof(wanted.host[i].address),
			  campaign->cluster.endpoint[i]);
	return hosts_open(&site->hosts, &wanted, err);
}

static void open_cluster(struct site *site, const struct plan *plan)
{
	const struct campaign *campaign = plan->campaign;
	struct cluster_plan wanted = {
		.service = &service_etcd,
		.hosts = site->hosts,
		.endpoints = campaign->cluster.endpoints ? site->endpoint : NULL,
		.access = &campaign->cluster.access,
		.etcd_path = plan->etcd_path,
		.heartbeat_ms = campaign->cluster.heartbeat_ms,
		.election_ms = campaign->cluster.election_ms,
		.etcd_flags = site->flag,
	};

	for (int i = 0; i < campaign->cluster.endpoints; i++)
		site->endpoint[i] = campaign->cluster.endpoint[i];
	for (int i = 0; i < campaign->cluster.flags; i++)
		site->flag[i] = campaign->cluster.flag[i];
	cluster_open(&site->cluster, &wanted);
}

int site_open(struct site *site, const struct plan *plan, struct error *err)
{
	if (open_hosts(site, plan, err))
		return -1;
	open_cluster(site, plan);
	return 0;
}

void site_close(struct site *site)
{
	cluster_close(site->cluster);
	hosts_close(site->hosts);
}

bool site_is_ours(const struct site *site)
{
	return hosts_abilities(site->hosts) & CAN_FAULT_MEMBERS;
}

void site_quote_member(const struct site *site)
{
	int members = site_is_ours(site) ? hosts_members(site->hosts) : 0, ended = 0;

	for (; ended < members; ended++) {
		int pid = atomic_load(&hosts_control(site->hosts, ended)->pid);

		if (pid == 0 || process_wait_state(pid, 0, 0))
			break;
	}
	if (ended == members && (!members || !site->flag[0]))
		return;
	_cleanup_free_ char *path = hosts_log_path(site->hosts, ended < members ? ended : 0);

	log_quote(path);
}
