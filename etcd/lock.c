#include <string.h>

#include "etcd/client.h"

struct etcd_reply etcd_lock(struct etcd *client, const char *name, int64_t lease, char *key,
			    int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	key[0] = '\0';
	json_add_bytes(request, "name", name, strlen(name));
	json_add_int64(request, "lease", lease);
	struct etcd_reply reply = client_call(client, "lock/lock", request, deadline_ns, &answer);

	if (answer && !answer_read_lock(answer, key))
		answer_malformed(&reply);
	return reply;
}

struct etcd_reply etcd_unlock(struct etcd *client, const char *key, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	json_add_bytes(request, "key", key, strlen(key));
	return client_call(client, "lock/unlock", request, deadline_ns, &answer);
}
