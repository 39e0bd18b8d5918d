#include "cluster/etcd_probe.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"

enum {
	LEASE_TTL_S = 10, /* of what is left behind when we are killed before we take it back */
	CODE_NOT_FOUND = 5,
	CODE_DENIED = 7,
};

int probe_open(struct probe *probe, const struct cluster *cluster, int member, const char *prefix,
	       struct error *err)
{
	*probe = (struct probe){.client = member_client(cluster, member, err)};
	if (!probe->client)
		return -1;
	probe->key = text_format("%sserving/%s", prefix, hosts_get(cluster->hosts, member)->name);
	return 0;
}

static struct etcd_reply refuse(struct etcd_reply reply, const char *why)
{
	reply.outcome = ETCD_INFO;
	text_copy(reply.error, sizeof(reply.error), why);
	return reply;
}

static struct etcd_reply try_status(struct probe *probe, int64_t deadline_ns)
{
	struct etcd_status status = {0};
	struct etcd_reply reply = etcd_status(probe->client, 0, &status,
					      clock_sooner_ns(deadline_ns, PROBE_ANSWER_MS));

	probe->answered |= reply.http_status != 0;
	if (reply.code == CODE_DENIED) /* this is for root, perhaps, and the rest for us */
		return (struct etcd_reply){.outcome = ETCD_OK};
	if (reply.outcome != ETCD_OK)
		return reply;
	if (reply.member_id == 0)
		return refuse(reply, "the answer is malformed: it names no member");
	return status.leader ? reply : refuse(reply, "it knows no leader");
}

static struct etcd_reply try_lease(struct probe *probe, int64_t deadline_ns)
{
	struct etcd_lease granted;
	struct etcd_reply reply = {.outcome = ETCD_OK};

	if (probe->lease)
		return reply;
	reply = etcd_lease_grant(probe->client, LEASE_TTL_S, &granted,
				 clock_sooner_ns(deadline_ns, PROBE_ANSWER_MS));
	if (reply.outcome == ETCD_OK)
		probe->lease = granted.id;
	return reply;
}

static struct etcd_reply try_put(struct probe *probe, int64_t deadline_ns)
{
	struct etcd_reply reply = etcd_put(probe->client, probe->key, "yes", probe->lease,
					   clock_sooner_ns(deadline_ns, PROBE_ANSWER_MS));

	if (reply.outcome == ETCD_FAIL && reply.code == CODE_NOT_FOUND) /* it expired meanwhile */
		probe->lease = 0;
	return reply;
}

struct etcd_reply probe_write(struct probe *probe, int64_t deadline_ns)
{
	struct etcd_reply reply = try_status(probe, deadline_ns);

	if (reply.outcome == ETCD_OK)
		reply = try_lease(probe, deadline_ns);
	if (reply.outcome == ETCD_OK)
		reply = try_put(probe, deadline_ns);
	probe->answered |= reply.http_status != 0;
	return reply;
}

void probe_close(struct probe *probe)
{
	if (probe->lease) /* and the key with it, whatever became of the put */
		etcd_lease_revoke(probe->client, probe->lease,
				  clock_now_ns() + PROBE_ANSWER_MS * NS_PER_MS);
	etcd_close(probe->client);
	free(probe->key);
}
