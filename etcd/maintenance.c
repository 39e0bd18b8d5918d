/* What operators do to a cluster that runs. */
#include <inttypes.h>
#include <stdio.h>

#include "base/invariant.h"
#include "etcd/client.h"

static void add_uint64(cJSON *object, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	CHECK_MEMORY(cJSON_AddStringToObject(object, name, text));
}

/* The path has been the same since 3.3; the answer has no header. */
struct etcd_reply etcd_move_leader(struct etcd *client, int endpoint, uint64_t member,
				   int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	add_uint64(request, "targetID", member);
	return client_call_one(client, endpoint, "maintenance/transfer-leadership", request,
			       deadline_ns, &answer);
}

struct etcd_reply etcd_compact(struct etcd *client, int64_t revision, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	json_add_int64(request, "revision", revision);
	return client_call(client, "kv/compaction", request, deadline_ns, &answer);
}

struct etcd_reply etcd_defragment(struct etcd *client, int endpoint, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;

	return client_call_one(client, endpoint, "maintenance/defragment", cJSON_CreateObject(),
			       deadline_ns, &answer);
}

struct etcd_reply etcd_member_remove(struct etcd *client, uint64_t id, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	add_uint64(request, "ID", id);
	return client_call(client, "cluster/member/remove", request, deadline_ns, &answer);
}

struct etcd_reply etcd_member_add(struct etcd *client, const char *peer_url,
				  struct etcd_member *added, int64_t deadline_ns)
{
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();
	cJSON *urls = cJSON_AddArrayToObject(request, "peerURLs");

	*added = (struct etcd_member){0};
	CHECK_MEMORY(cJSON_AddItemToArray(urls, cJSON_CreateString(peer_url)));
	struct etcd_reply reply =
		client_call(client, "cluster/member/add", request, deadline_ns, &answer);

	if (answer && !answer_read_added(answer, added))
		answer_malformed(&reply);
	return reply;
}
