/*
 * Feeds answers to the readers of etcd/answers.h, as a broken or hostile server might give them.
 * The first byte chooses the HTTP status, the rest is the body. Beside the sanitizers, what must
 * hold whatever comes: an answer is returned only with ok, every other outcome has a reason, and
 * every text that was read ends within its array.
 */
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "etcd/answers.h"

enum { LIMIT = 4 };

static void check_kv(const struct etcd_kv *kv)
{
	CHECK(memchr(kv->key, '\0', sizeof(kv->key)) && memchr(kv->value, '\0', sizeof(kv->value)));
	CHECK(kv->create_revision >= 0 && kv->mod_revision >= 0 && kv->version >= 0);
}

static void read_of_operators(const cJSON *answer)
{
	struct etcd_lease_holdings holdings;
	struct etcd_member member = {0};
	struct etcd_leader leader;
	int64_t ids[LIMIT];
	int count;

	if (answer_read_holdings(answer, &holdings)) {
		CHECK(holdings.keys >= 0);
		for (int i = 0; i < holdings.keys && i < ETCD_LEASE_KEYS; i++)
			CHECK(memchr(holdings.key[i], '\0', ETCD_TEXT));
	}
	if (answer_read_lease_ids(answer, ids, LIMIT, &count)) {
		CHECK(count >= 0 && count <= LIMIT);
		for (int i = 0; i < count; i++)
			CHECK(ids[i] != 0);
	}
	if (answer_read_leader(answer, &leader))
		CHECK(leader.key[0] && leader.revision > 0 &&
		      memchr(leader.key, '\0', sizeof(leader.key)) &&
		      memchr(leader.name, '\0', sizeof(leader.name)));
	if (answer_read_added(answer, &member))
		CHECK(member.id != 0 && memchr(member.name, '\0', sizeof(member.name)) &&
		      memchr(member.peer_url, '\0', sizeof(member.peer_url)));
}

static void read_everything(const cJSON *answer)
{
	struct etcd_kv kvs[LIMIT] = {0}, found = {0};
	struct etcd_member members[LIMIT] = {0};
	struct watch_message message = {0};
	struct etcd_status status;
	struct etcd_lease lease;
	char key[ETCD_TEXT];
	bool succeeded;
	int count;
	const cJSON *item;

	read_of_operators(answer);
	if (answer_read_lease(answer, &lease))
		CHECK(lease.ttl_s >= -1 && lease.ttl_s <= ETCD_TTL_MAX_S);
	answer_read_status(answer, &status);
	if (answer_read_range(answer, kvs, LIMIT, &count)) {
		CHECK(count >= 0 && count <= LIMIT);
		for (int i = 0; i < count; i++)
			check_kv(&kvs[i]);
	}
	if (answer_read_txn(answer, &succeeded, &found))
		check_kv(&found);
	if (answer_read_lock(answer, key))
		CHECK(key[0] && memchr(key, '\0', sizeof(key)));
	if (answer_read_members(answer, members, LIMIT, &count))
		CHECK(count >= 0 && count <= LIMIT);
	if (!answer_read_watch(answer, &message))
		return;
	cJSON_ArrayForEach (item, message.events) {
		struct etcd_watch_event event = {0};

		if (answer_read_event(item, &event))
			check_kv(&event.kv);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const int statuses[] = {200, 400, 404, 500, 503};
	struct etcd_reply reply = {0};
	cJSON *answer;
	char *body;

	if (size == 0)
		return 0;
	body = malloc(size); /* one for the status less, one for the NUL more */
	CHECK(body);
	memcpy(body, data + 1, size - 1);
	body[size - 1] = '\0';
	answer = answer_read(statuses[data[0] % 5], body, size - 1, &reply);
	CHECK((answer != NULL) == (reply.outcome == ETCD_OK));
	CHECK((reply.outcome == ETCD_OK) == (reply.error[0] == '\0'));
	if (answer)
		read_everything(answer);
	cJSON_Delete(answer);
	free(body);
	return 0;
}
