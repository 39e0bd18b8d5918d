/* The engine whose hosts are network namespaces around one hub. */
#include "sandbox/hosts_inside.h"

static int open_sandbox(struct hosts *hosts, struct error *err)
{
	const struct hosts_plan *plan = &hosts->plan;

	network_assign(plan->host, plan->count);
	if (data_prepare(hosts, err) ||
	    network_open(&hosts->network, plan->host, plan->count, err) || cuts_prepare(hosts, err))
		return -1;
	for (int i = 0; i < plan->count; i++)
		hosts->shared->host[i].net = network_identity(&hosts->network, i);
	return plan->disk_faults ? disk_open(hosts, err) : 0;
}

static void close_sandbox(struct hosts *hosts)
{
	shapes_close(hosts);
	disk_close(hosts);
	data_delete_all(hosts);
	network_close(&hosts->network);
}

static int enter_host(struct hosts *hosts, int host, struct error *err)
{
	if (network_enter(&hosts->network, host, err))
		return -1;
	/* Or every host would hold up the namespaces of all the others. */
	network_close(&hosts->network);
	return 0;
}

/* Each is tried, whatever becomes of the other; cuts first, or what treatments let go would be lost
 * in them. */
static int heal_network(struct hosts *hosts, struct error *err)
{
	struct error second = {0};
	int cuts = cuts_remove_all(hosts, err);
	int shapes = shapes_remove_all(hosts, cuts ? &second : err);

	return cuts || shapes ? -1 : 0;
}

const struct engine engine_sandbox = {
	.abilities = CAN_CUT | CAN_FAULT_MEMBERS | CAN_FAULT_DISKS,
	.open = open_sandbox,
	.close = close_sandbox,
	.enter = enter_host,
	.heal = heal_network,
};
