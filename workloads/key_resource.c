#include "workloads/key_resource.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/invariant.h"
#include "base/text.h"
#include "workloads/recipe_lock.h"
#include "workloads/rule/guard_rule.h"

void key_entry_print(const struct key_entry *entry, char text[KEY_ENTRY_SIZE])
{
	CHECK(snprintf(text, KEY_ENTRY_SIZE, "%" PRId64 " %s %s %" PRId64 " %" PRId64, entry->op,
		       entry->write ? "write" : "read", entry->accepted ? "accepted" : "refused",
		       entry->token, entry->value) < KEY_ENTRY_SIZE);
}

/* It is printed again and compared: there is one way to write an entry. */
bool key_entry_parse(const char *text, struct key_entry *entry)
{
	char f[8], ended[12], again[KEY_ENTRY_SIZE];

	*entry = (struct key_entry){0};
	if (strlen(text) >= KEY_ENTRY_SIZE ||
	    sscanf(text, "%" SCNd64 " %7s %11s %" SCNd64 " %" SCNd64, &entry->op, f, ended,
		   &entry->token, &entry->value) != 5)
		return false;
	entry->write = strcmp(f, "write") == 0;
	entry->accepted = strcmp(ended, "accepted") == 0;
	key_entry_print(entry, again);
	return strcmp(text, again) == 0 && entry->op > 0 && entry->token >= 0;
}

struct keys {
	char value[ETCD_TEXT], log[ETCD_TEXT];
};

static struct keys keys_of(const char *lock)
{
	struct keys keys;

	CHECK(snprintf(keys.value, ETCD_TEXT, "%s" KEY_RESOURCE_VALUE, lock) < ETCD_TEXT);
	CHECK(snprintf(keys.log, ETCD_TEXT, "%s" KEY_RESOURCE_LOG, lock) < ETCD_TEXT);
	return keys;
}

struct etcd_reply key_resource_make(struct etcd *etcd, const char *lock, int64_t lease,
				    int64_t deadline_ns)
{
	const struct keys keys = keys_of(lock);
	const struct etcd_op put[] = {{ETCD_OP_PUT, keys.value, "0", .lease = lease},
				      {ETCD_OP_PUT, keys.log, "", .lease = lease}};
	const struct etcd_txn txn = {NULL, 0, put, NULL, 2, 0};
	bool done;

	return etcd_txn(etcd, &txn, &done, NULL, deadline_ns);
}

/* The making of the keys was the first write of each, and is none of the resource's. */
static bool read_value(const struct etcd_kv *kv, struct resource_reply *reply)
{
	int used = 0;

	reply->version = kv->version - 1;
	return sscanf(kv->value, "%" SCNd64 "%n", &reply->value, &used) == 1 && !kv->value[used] &&
	       reply->version >= 0;
}

static struct resource_reply reply_of(const struct etcd_reply *told, bool stands,
				      const struct etcd_kv *kv)
{
	struct resource_reply reply = {
		.outcome = (enum outcome)told->outcome,
		.revision = told->revision,
		.endpoint = told->endpoint,
	};
	const char *error = told->error;

	if (reply.outcome == OUTCOME_OK && !stands) {
		reply.outcome = OUTCOME_FAIL;
		reply.refused = true;
		error = GUARD_KEY_GONE;
	} else if (reply.outcome == OUTCOME_OK && !read_value(kv, &reply)) {
		reply.outcome = OUTCOME_INFO;
		error = "the resource is not what we made";
	}
	text_copy(reply.error, sizeof(reply.error), error);
	return reply;
}

struct resource_reply key_resource_use(struct lock_client *client,
				       const struct lock_session *session,
				       const struct resource_use *use, int64_t deadline_ns)
{
	const struct keys keys = keys_of(client->terms->lock);
	const struct etcd_compare own = {ETCD_CREATE_REVISION, session->key,
					 .number = session->token};
	struct key_entry entry = {use->op, session->token, use->value, use->write, true};
	char value[24], accepted[KEY_ENTRY_SIZE], refused[KEY_ENTRY_SIZE];
	struct etcd_kv kv = {.key = ""};
	bool stands;

	if (!session->key[0] || session->token <= 0) /* 0 would ask for a key that is not there */
		return (struct resource_reply){.outcome = OUTCOME_FAIL,
					       .endpoint = -1,
					       .error = "it has no lock key to ask for"};
	key_entry_print(&entry, accepted);
	entry.accepted = false;
	key_entry_print(&entry, refused);
	snprintf(value, sizeof(value), "%" PRId64, use->value);
	const struct etcd_op then[] = {
		{ETCD_OP_PUT, keys.value, value, .keeps_lease = true}, /* of a write */
		{ETCD_OP_PUT, keys.log, accepted, .keeps_lease = true},
		{.kind = ETCD_OP_RANGE, .key = keys.value},
	};
	const struct etcd_op otherwise = {ETCD_OP_PUT, keys.log, refused, .keeps_lease = true};
	const struct etcd_txn txn = {
		.compare = &own,
		.compares = !use->unguarded,
		.then = use->write ? then : then + 1,
		.thens = use->write ? 3 : 2,
		.otherwise = &otherwise,
		.otherwises = 1,
	};
	struct etcd_reply reply = etcd_txn(client->etcd, &txn, &stands, &kv, deadline_ns);

	return reply_of(&reply, stands, &kv);
}
