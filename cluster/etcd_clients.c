/* Clients for questions to the members: from the hub, which no cut touches; a new one each time,
 * which on one machine costs under a millisecond, so that nothing is left that a fork could share.
 */
#include "base/process.h"
#include "cluster/cluster_inside.h"

struct etcd *member_client(const struct cluster *cluster, int member, struct error *err)
{
	const struct etcd_target one = {&cluster->target.endpoint[member], 1,
					cluster->target.access};
	struct etcd *client = NULL;

	return etcd_open(&client, &one, 0, err) ? NULL : client;
}

/* A stopped process would only cost its time-out. */
bool member_may_answer(struct cluster *cluster, int member)
{
	pid_t pid = hosts_control(cluster->hosts, member)->pid;

	if (!cluster_is_ours(cluster))
		return true;
	return pid && process_state(pid) != 'T' && !process_wait_state(pid, 0, 0);
}

struct etcd *members_client(struct cluster *cluster, int except, struct error *err)
{
	const char *endpoint[HOSTS_MAX];
	struct etcd *client = NULL;
	int count = 0;

	for (int silent = 0; silent <= 1; silent++)
		for (int i = 0; i < cluster->members; i++)
			if (i != except && cluster->member[i].membership == MEMBERSHIP_IN &&
			    member_may_answer(cluster, i) == !silent)
				endpoint[count++] = cluster->endpoint[i];
	if (count == 0) {
		error_set(err, EXIT_MACHINE_LACKS, "there is no other member to ask");
		return NULL;
	}
	const struct etcd_target some = {endpoint, count, cluster->target.access};

	return etcd_open(&client, &some, 0, err) ? NULL : client;
}

void member_note_id(struct cluster *cluster, int member, uint64_t id)
{
	if (id)
		cluster->member[member].id = id;
}
