#include "base/invariant.h"
#include "etcd/client.h"

struct etcd_reply etcd_lease_grant(struct etcd *client, int64_t ttl_s, struct etcd_lease *lease,
				   int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	*lease = (struct etcd_lease){0};
	json_add_int64(request, "TTL", ttl_s);
	struct etcd_reply reply = client_call(client, "lease/grant", request, deadline_ns, &answer);

	if (answer && (!answer_read_lease(answer, lease) || lease->id == 0 || lease->ttl_s <= 0))
		answer_malformed(&reply);
	return reply;
}

/* Asks about one lease; the answer must be about that one. */
static struct etcd_reply ask_about(struct etcd *client, const char *path, int64_t id,
				   struct etcd_lease *lease, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	*lease = (struct etcd_lease){0};
	json_add_int64(request, "ID", id);
	struct etcd_reply reply = client_call(client, path, request, deadline_ns, &answer);

	if (answer && (!answer_read_lease(answer, lease) || lease->id != id))
		answer_malformed(&reply);
	return reply;
}

struct etcd_reply etcd_lease_keepalive(struct etcd *client, int64_t id, struct etcd_lease *lease,
				       int64_t deadline_ns)
{
	struct etcd_reply reply = ask_about(client, "lease/keepalive", id, lease, deadline_ns);

	if (reply.outcome == ETCD_OK && lease->ttl_s < 0) /* which only timetolive may answer */
		answer_malformed(&reply);
	return reply;
}

struct etcd_reply etcd_lease_timetolive(struct etcd *client, int64_t id, struct etcd_lease *lease,
					int64_t deadline_ns)
{
	return ask_about(client, "kv/lease/timetolive", id, lease, deadline_ns);
}

struct etcd_reply etcd_lease_revoke(struct etcd *client, int64_t id, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	json_add_int64(request, "ID", id);
	return client_call(client, "kv/lease/revoke", request, deadline_ns, &answer);
}

struct etcd_reply etcd_lease_look(struct etcd *client, int64_t id,
				  struct etcd_lease_holdings *holdings, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	*holdings = (struct etcd_lease_holdings){0};
	json_add_int64(request, "ID", id);
	CHECK_MEMORY(cJSON_AddTrueToObject(request, "keys"));
	struct etcd_reply reply =
		client_call(client, "kv/lease/timetolive", request, deadline_ns, &answer);

	if (answer && (!answer_read_holdings(answer, holdings) || holdings->lease.id != id))
		answer_malformed(&reply);
	return reply;
}

struct etcd_reply etcd_lease_list(struct etcd *client, int64_t *ids, int limit, int *count,
				  int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	struct etcd_reply reply =
		client_call(client, "kv/lease/leases", cJSON_CreateObject(), deadline_ns, &answer);

	*count = 0;
	if (answer && !answer_read_lease_ids(answer, ids, limit, count))
		answer_malformed(&reply);
	return reply;
}
