#include <string.h>

#include "base/text.h"
#include "etcd/client.h"

static cJSON *leader_request(const struct etcd_leader *leader)
{
	cJSON *request = cJSON_CreateObject();
	cJSON *item = cJSON_AddObjectToObject(request, "leader");

	json_add_bytes(item, "name", leader->name, strlen(leader->name));
	json_add_bytes(item, "key", leader->key, strlen(leader->key));
	json_add_int64(item, "rev", leader->revision);
	json_add_int64(item, "lease", leader->lease);
	return request;
}

struct etcd_reply etcd_campaign(struct etcd *client, const char *name, const char *value,
				int64_t lease, struct etcd_leader *leader, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	*leader = (struct etcd_leader){0};
	json_add_bytes(request, "name", name, strlen(name));
	json_add_bytes(request, "value", value, strlen(value));
	json_add_int64(request, "lease", lease);
	struct etcd_reply reply =
		client_call(client, "election/campaign", request, deadline_ns, &answer);

	if (answer && !(answer_read_leader(answer, leader) && leader->lease == lease &&
			strcmp(leader->name, name) == 0))
		answer_malformed(&reply);
	return reply;
}

struct etcd_reply etcd_proclaim(struct etcd *client, const struct etcd_leader *leader,
				const char *value, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = leader_request(leader);

	json_add_bytes(request, "value", value, strlen(value));
	return client_call(client, "election/proclaim", request, deadline_ns, &answer);
}

struct etcd_reply etcd_observe_leader(struct etcd *client, const char *name, struct etcd_kv *leader,
				      int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	*leader = (struct etcd_kv){0};
	json_add_bytes(request, "name", name, strlen(name));
	struct etcd_reply reply =
		client_call(client, "election/leader", request, deadline_ns, &answer);

	if (answer && !answer_read_kv(cJSON_GetObjectItemCaseSensitive(answer, "kv"), leader))
		answer_malformed(&reply);
	return reply;
}

struct etcd_reply etcd_resign(struct etcd *client, const struct etcd_leader *leader,
			      int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;

	return client_call(client, "election/resign", leader_request(leader), deadline_ns, &answer);
}
