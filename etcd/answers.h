/*
 * What etcd answers, from bytes to our structures. Pure: no connection, no clock, no memory of its
 * own, so that the fuzzer can feed it. All of it is untrusted: each function returns false (or
 * outcome info) for what is malformed or does not fit, and then what it filled in means nothing.
 * That includes numbers that cannot be (a negative revision, a TTL beyond ETCD_TTL_MAX_S): whatever
 * passes here can be reckoned with and recorded, and the record be read again.
 */
#ifndef ETCD_ANSWERS_H
#define ETCD_ANSWERS_H

#include "etcd/etcd.h"
#include "etcd/gateway_json.h"

/* Reads status and body (bytes[size] is NUL) into the reply: outcome, http_status, code, error, and
 * of the header revision, member and term. Returns the answer when the outcome is ok, else NULL; a
 * stream's {"result": ...} is unwrapped. The caller deletes it. */
cJSON *answer_read(int http_status, const char *bytes, size_t size, struct etcd_reply *reply);

/* Turns ok into info: the server did something, but we cannot tell what. Always false. */
bool answer_malformed(struct etcd_reply *reply);

bool answer_read_lease(const cJSON *answer, struct etcd_lease *lease);
bool answer_read_holdings(const cJSON *answer, struct etcd_lease_holdings *holdings);
bool answer_read_lease_ids(const cJSON *answer, int64_t *ids, int limit, int *count);
bool answer_read_kv(const cJSON *item, struct etcd_kv *kv);
bool answer_read_range(const cJSON *answer, struct etcd_kv *kvs, int limit, int *count);
bool answer_read_txn(const cJSON *answer, bool *succeeded, struct etcd_kv *found);
bool answer_read_lock(const cJSON *answer, char *key);
bool answer_read_leader(const cJSON *answer, struct etcd_leader *leader);
bool answer_read_status(const cJSON *answer, struct etcd_status *status);
bool answer_read_members(const cJSON *answer, struct etcd_member *members, int limit, int *count);
bool answer_read_added(const cJSON *answer, struct etcd_member *member);

/* One message of a watch. */
struct watch_message {
	bool created, canceled;
	int64_t compact_revision;
	char reason[ETCD_TEXT]; /* of a cancel */
	const cJSON *events;    /* borrowed from the answer; NULL: none */
};

bool answer_read_watch(const cJSON *answer, struct watch_message *message);
bool answer_read_event(const cJSON *item, struct etcd_watch_event *event);

#endif
