#include "etcd/answers.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

/* Texts end up in logs, on terminals and in reports. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = ' ';
}

/* The first line, printable. */
static void set_error(struct etcd_reply *reply, const char *text)
{
	text_copy(reply->error, sizeof(reply->error), text);
	reply->error[strcspn(reply->error, "\r\n")] = '\0';
	if (reply->error[0] == '\0')
		text_copy(reply->error, sizeof(reply->error), "an error without a text");
	make_printable(reply->error);
}

static bool read_printable(const cJSON *object, const char *name, char *into, size_t size)
{
	bool read = json_read_text(object, name, into, size);

	make_printable(into);
	return read;
}

bool answer_malformed(struct etcd_reply *reply)
{
	reply->outcome = ETCD_INFO;
	set_error(reply, "the answer is malformed, or has a number or a text that cannot be");
	return false;
}

static void read_header(const cJSON *answer, struct etcd_reply *reply)
{
	const cJSON *header = cJSON_GetObjectItemCaseSensitive(answer, "header");

	if (!json_read_count(header, "revision", &reply->revision) ||
	    !json_read_uint64(header, "cluster_id", &reply->cluster_id) ||
	    !json_read_uint64(header, "member_id", &reply->member_id) ||
	    !json_read_uint64(header, "raft_term", &reply->raft_term))
		answer_malformed(reply);
}

/* The one number of the gateway that is a JSON number: gRPC's codes are 0 to 16. */
static int read_code(const cJSON *error)
{
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(error, "grpc_code");

	if (!code)
		code = cJSON_GetObjectItemCaseSensitive(error, "code");
	if (!cJSON_IsNumber(code) || !(code->valuedouble >= 0 && code->valuedouble <= 16))
		return -1;
	return (int)code->valuedouble;
}

/*
 * Errors have three forms: {"error":"text","code":5} in 3.3 and 3.4 (3.4 adds "message"),
 * {"code":5,"message":"text"} in 3.5, and in a stream {"error":{"grpc_code":5,"message":"text"}}.
 */
static void read_error(const cJSON *answer, struct etcd_reply *reply)
{
	const cJSON *error = cJSON_GetObjectItemCaseSensitive(answer, "error");
	const cJSON *from = cJSON_IsObject(error) ? error : answer;
	const char *message =
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(from, "message"));

	if (!message)
		message = cJSON_GetStringValue(error);
	reply->code = read_code(from);
	set_error(reply, message ? message : "");
	reply->outcome = etcd_outcome_of_answer(reply->http_status, reply->code, reply->error);
}

static bool only_blanks(const char *text, const char *end)
{
	while (text < end && isspace((unsigned char)*text))
		text++;
	return text == end;
}

cJSON *answer_read(int http_status, const char *bytes, size_t size, struct etcd_reply *reply)
{
	const char *end = bytes;
	_cleanup_json_ cJSON *whole = cJSON_ParseWithOpts(bytes, &end, false);
	cJSON *answer = whole;

	reply->http_status = http_status;
	reply->code = -1;
	if (http_status != 200 && !cJSON_IsObject(whole)) { /* no gateway's error: plain text */
		set_error(reply, bytes);
		reply->outcome = etcd_outcome_of_answer(http_status, -1, reply->error);
		return NULL;
	}
	if (!cJSON_IsObject(whole)) {
		answer_malformed(reply);
		return NULL;
	}
	if (http_status != 200 || cJSON_HasObjectItem(whole, "error")) {
		read_error(whole, reply);
		return NULL;
	}
	/* What follows the first message of a stream does not concern a call that wants one. */
	if (cJSON_HasObjectItem(whole, "result"))
		answer = cJSON_DetachItemFromObjectCaseSensitive(whole, "result");
	else if (!only_blanks(end, bytes + size))
		answer = NULL;
	reply->outcome = etcd_outcome_of_answer(http_status, -1, "");
	if (!cJSON_IsObject(answer))
		answer_malformed(reply);
	else
		read_header(answer, reply);
	if (answer == whole)
		whole = NULL;
	if (reply->outcome != ETCD_OK) {
		cJSON_Delete(answer);
		return NULL;
	}
	return answer;
}

bool answer_read_lease(const cJSON *answer, struct etcd_lease *lease)
{
	return json_read_int64(answer, "ID", &lease->id) &&
	       json_read_int64(answer, "TTL", &lease->ttl_s) && lease->ttl_s >= -1 &&
	       lease->ttl_s <= ETCD_TTL_MAX_S;
}

/* Values are anybody's bytes, and whoever watches must not stop at them. */
static bool read_value(const cJSON *item, struct etcd_kv *kv)
{
	return json_read_bytes(item, "value", kv->value, sizeof(kv->value)) ||
	       cJSON_IsString(cJSON_GetObjectItemCaseSensitive(item, "value"));
}

bool answer_read_kv(const cJSON *item, struct etcd_kv *kv)
{
	return cJSON_IsObject(item) && json_read_bytes(item, "key", kv->key, sizeof(kv->key)) &&
	       read_value(item, kv) &&
	       json_read_count(item, "create_revision", &kv->create_revision) &&
	       json_read_count(item, "mod_revision", &kv->mod_revision) &&
	       json_read_count(item, "version", &kv->version) &&
	       json_read_int64(item, "lease", &kv->lease);
}

/* The list under the name into *list, NULL when it is absent; false when it is no list. */
static bool read_list(const cJSON *object, const char *name, const cJSON **list)
{
	*list = cJSON_GetObjectItemCaseSensitive(object, name);
	if (cJSON_IsNull(*list))
		*list = NULL;
	return !*list || cJSON_IsArray(*list);
}

bool answer_read_holdings(const cJSON *answer, struct etcd_lease_holdings *holdings)
{
	const cJSON *list, *item;

	holdings->keys = 0;
	if (!answer_read_lease(answer, &holdings->lease) ||
	    !json_read_count(answer, "grantedTTL", &holdings->granted_ttl_s) ||
	    !read_list(answer, "keys", &list))
		return false;
	cJSON_ArrayForEach (item, list) {
		if (holdings->keys < ETCD_LEASE_KEYS &&
		    !json_read_bytes_item(item, holdings->key[holdings->keys], ETCD_TEXT))
			return false;
		holdings->keys++;
	}
	return true;
}

bool answer_read_lease_ids(const cJSON *answer, int64_t *ids, int limit, int *count)
{
	const cJSON *list, *item;

	*count = 0;
	if (!read_list(answer, "leases", &list))
		return false;
	cJSON_ArrayForEach (item, list) {
		if (*count == limit)
			return true;
		if (!json_read_int64(item, "ID", &ids[*count]) || ids[*count] == 0)
			return false;
		(*count)++;
	}
	return true;
}

bool answer_read_range(const cJSON *answer, struct etcd_kv *kvs, int limit, int *count)
{
	const cJSON *list, *item;

	*count = 0;
	if (!read_list(answer, "kvs", &list))
		return false;
	cJSON_ArrayForEach (item, list) {
		if (*count == limit)
			return true;
		if (!answer_read_kv(item, &kvs[(*count)++]))
			return false;
	}
	return true;
}

bool answer_read_txn(const cJSON *answer, bool *succeeded, struct etcd_kv *found)
{
	const cJSON *list, *item;
	int count;

	if (!json_read_bool(answer, "succeeded", succeeded) ||
	    !read_list(answer, "responses", &list))
		return false;
	if (!found)
		return true;
	found->key[0] = '\0';
	cJSON_ArrayForEach (item, list) {
		const cJSON *range = cJSON_GetObjectItemCaseSensitive(item, "response_range");

		if (range)
			return answer_read_range(range, found, 1, &count);
	}
	return true;
}

bool answer_read_lock(const cJSON *answer, char *key)
{
	return json_read_bytes(answer, "key", key, ETCD_TEXT) && key[0] != '\0';
}

bool answer_read_leader(const cJSON *answer, struct etcd_leader *leader)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(answer, "leader");

	return cJSON_IsObject(item) &&
	       json_read_bytes(item, "name", leader->name, sizeof(leader->name)) &&
	       json_read_bytes(item, "key", leader->key, sizeof(leader->key)) && leader->key[0] &&
	       json_read_count(item, "rev", &leader->revision) && leader->revision > 0 &&
	       json_read_int64(item, "lease", &leader->lease);
}

bool answer_read_status(const cJSON *answer, struct etcd_status *status)
{
	const cJSON *header = cJSON_GetObjectItemCaseSensitive(answer, "header");

	return read_printable(answer, "version", status->version, sizeof(status->version)) &&
	       json_read_uint64(answer, "leader", &status->leader) &&
	       json_read_uint64(header, "member_id", &status->member_id) &&
	       json_read_uint64(answer, "raftTerm", &status->raft_term) &&
	       json_read_uint64(answer, "raftIndex", &status->raft_index) &&
	       json_read_count(answer, "dbSize", &status->db_size) &&
	       json_read_count(answer, "dbSizeInUse", &status->db_in_use);
}

/* The first of a list of URLs; "" when there is none: a member that was added but never started. */
static bool read_first_url(const cJSON *item, const char *name, char *url)
{
	const cJSON *list, *first;

	url[0] = '\0';
	if (!read_list(item, name, &list))
		return false;
	first = cJSON_GetArrayItem(list, 0);
	return !first || (cJSON_IsString(first) && text_copy(url, ETCD_TEXT, first->valuestring));
}

static bool read_member(const cJSON *item, struct etcd_member *member)
{
	return json_read_uint64(item, "ID", &member->id) && member->id != 0 &&
	       read_printable(item, "name", member->name, sizeof(member->name)) &&
	       read_first_url(item, "peerURLs", member->peer_url) &&
	       read_first_url(item, "clientURLs", member->client_url);
}

bool answer_read_added(const cJSON *answer, struct etcd_member *member)
{
	return read_member(cJSON_GetObjectItemCaseSensitive(answer, "member"), member);
}

bool answer_read_members(const cJSON *answer, struct etcd_member *members, int limit, int *count)
{
	const cJSON *list, *item;

	*count = 0;
	if (!read_list(answer, "members", &list))
		return false;
	cJSON_ArrayForEach (item, list) {
		if (*count == limit)
			return true;
		if (!read_member(item, &members[(*count)++]))
			return false;
	}
	return true;
}

bool answer_read_watch(const cJSON *answer, struct watch_message *message)
{
	return json_read_bool(answer, "created", &message->created) &&
	       json_read_bool(answer, "canceled", &message->canceled) &&
	       json_read_count(answer, "compact_revision", &message->compact_revision) &&
	       read_printable(answer, "cancel_reason", message->reason, sizeof(message->reason)) &&
	       read_list(answer, "events", &message->events);
}

bool answer_read_event(const cJSON *item, struct etcd_watch_event *event)
{
	const cJSON *previous = cJSON_GetObjectItemCaseSensitive(item, "prev_kv");
	struct etcd_kv old = {0};
	char type[16];

	if (!json_read_text(item, "type", type, sizeof(type)) ||
	    (type[0] && strcmp(type, "PUT") && strcmp(type, "DELETE")) ||
	    !answer_read_kv(cJSON_GetObjectItemCaseSensitive(item, "kv"), &event->kv) ||
	    (previous && !answer_read_kv(previous, &old)))
		return false;
	event->deleted = strcmp(type, "DELETE") == 0;
	if (event->kv.mod_revision == 0 || (!event->deleted && event->kv.create_revision == 0))
		return false;
	if (event->deleted) {
		event->kv.create_revision = old.create_revision;
		event->kv.lease = old.lease;
	}
	return true;
}
