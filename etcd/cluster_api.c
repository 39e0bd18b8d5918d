#include <stdio.h>

#include "etcd/client.h"

struct etcd_reply etcd_status(struct etcd *client, int endpoint, struct etcd_status *status,
			      int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	struct etcd_reply reply = client_call_one(client, endpoint, "maintenance/status",
						  cJSON_CreateObject(), deadline_ns, &answer);

	*status = (struct etcd_status){0};
	if (answer && !answer_read_status(answer, status))
		answer_malformed(&reply);
	return reply;
}

/* No path of the gateway's, and the answer has no header. */
struct etcd_reply etcd_version(struct etcd *client, int endpoint, char version[32],
			       int64_t deadline_ns)
{
	char url[ETCD_TEXT + 64];
	struct etcd_reply reply;

	snprintf(url, sizeof(url), "%s/version", client->endpoint[endpoint]);
	struct http_result result = http_post(&client->http, url, NULL, deadline_ns);
	_cleanup_json_ cJSON *answer = client_read(&client->http, &result, endpoint, &reply);

	version[0] = '\0';
	if (answer && (!json_read_text(answer, "etcdserver", version, 32) || !version[0]))
		answer_malformed(&reply);
	return reply;
}

struct etcd_reply etcd_member_list(struct etcd *client, struct etcd_member *members, int limit,
				   int *count, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	struct etcd_reply reply = client_call(client, "cluster/member/list", cJSON_CreateObject(),
					      deadline_ns, &answer);

	*count = 0;
	if (answer && !answer_read_members(answer, members, limit, count))
		answer_malformed(&reply);
	return reply;
}
