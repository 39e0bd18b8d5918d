/* etcd as a service. */
#include "base/clock.h"
#include "base/text.h"
#include "cluster/cluster_inside.h"

enum { VERSION_TIMEOUT_MS = 300 };

static int forget(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		  struct error *err)
{
	struct etcd *opened = NULL;
	int64_t deleted = 0;

	if (etcd_open(&opened, &cluster->target, 0, err))
		return -1;
	_cleanup_client_ struct etcd *client = opened;
	struct etcd_reply reply = etcd_delete(client, prefix, true, &deleted, deadline_ns);

	if (reply.outcome == ETCD_OK)
		return 0;
	return error_set(err, EXIT_MACHINE_LACKS, "the keys under %s may be left behind: %s",
			 prefix, reply.error);
}

static void ask_version(struct cluster *cluster, char *version, size_t size)
{
	char told[32] = "";

	for (int i = 0; i < cluster->members && !told[0]; i++) {
		struct error err = {0};
		_cleanup_client_ struct etcd *client = member_client(cluster, i, &err);

		if (client)
			etcd_version(client, 0, told,
				     clock_now_ns() + VERSION_TIMEOUT_MS * NS_PER_MS);
	}
	text_copy(version, size, told[0] ? told : "unknown");
}

const struct service service_etcd = {
	.wal = "/member/wal",
	.endpoint = member_endpoint,
	.become = member_become,
	.wait_serving = members_wait_serving,
	.leader = members_find_leader,
	.audit = members_audit,
	.forget = forget,
	.heal = members_readmit_all,
	.version = ask_version,
};
