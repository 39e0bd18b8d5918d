/*
 * `key-txn`: one key for the lock, made by a transaction that fails when it is there, with a lease;
 * who finds it waits until it is told of the deletion, and tries again. Giving back deletes it, if
 * it is still the one that was made. The habit of whoever builds a lock of etcd's own parts; and,
 * but for the renewals, of python-etcd3's `Lock` (etcd3/locks.py), which has a UUID as the value
 * where we compare the create_revision.
 *
 * All who wait are told at once, and one of them gets it: nobody stands in a queue.
 */
#include "workloads/recipe_key.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"

enum { PAUSE_MS = 50 }; /* after a watch that broke */

static void name_key(const struct lock_client *client, char key[KEY_SIZE])
{
	snprintf(key, KEY_SIZE, "%s/holder", client->terms->lock);
}

static struct lock_answer refuse(struct lock_answer answer)
{
	return lock_answer_turned(answer, OUTCOME_FAIL, "somebody has it");
}

struct lock_answer key_look(struct lock_client *client, struct etcd_reply *reply,
			    int64_t deadline_ns)
{
	char key[KEY_SIZE];
	struct etcd_kv kv;
	int count;

	name_key(client, key);
	*reply = etcd_range(client->etcd, key, false, &kv, 1, &count, deadline_ns);
	struct lock_answer answer = lock_answer_of(reply);

	return answer.outcome == OUTCOME_OK && count ? refuse(answer) : answer;
}

struct lock_answer key_make(struct lock_client *client, struct lock_session *session,
			    struct etcd_reply *reply, int64_t deadline_ns)
{
	char value[32];
	const struct etcd_compare absent = {ETCD_CREATE_REVISION, session->key, .number = 0};
	const struct etcd_op put = {ETCD_OP_PUT, session->key, value, .lease = session->lease};
	const struct etcd_txn txn = {&absent, 1, &put, NULL, 1, 0};
	bool made;

	name_key(client, session->key);
	snprintf(value, sizeof(value), "%" PRIx64, (uint64_t)session->lease);
	*reply = etcd_txn(client->etcd, &txn, &made, NULL, deadline_ns);
	struct lock_answer answer = lock_answer_of(reply);

	if (answer.outcome == OUTCOME_OK && made) {
		session->token = reply->revision;
		return answer;
	}
	session->key[0] = '\0';
	return answer.outcome == OUTCOME_OK ? refuse(answer) : answer;
}

struct lock_answer key_acquire(struct lock_client *client, struct lock_session *session,
			       int64_t deadline_ns)
{
	char key[KEY_SIZE];

	name_key(client, key);
	for (;;) {
		struct etcd_reply reply;
		struct lock_answer answer = key_make(client, session, &reply, deadline_ns);
		bool somebody_has_it = answer.outcome == OUTCOME_FAIL && reply.outcome == ETCD_OK,
		     gone;

		if (!somebody_has_it || clock_now_ns() >= deadline_ns)
			return answer;
		etcd_await_deleted(client->etcd, reply.endpoint, key, false, reply.revision + 1,
				   &gone, deadline_ns);
		if (clock_now_ns() >= deadline_ns)
			return answer;
		if (!gone)
			clock_sleep_until_ns(clock_now_ns() + PAUSE_MS * NS_PER_MS);
	}
}

struct lock_answer key_delete_own(struct lock_client *client, struct lock_session *session,
				  int64_t deadline_ns)
{
	const struct etcd_op drop = {.kind = ETCD_OP_DELETE, .key = session->key};

	return lock_if_own(client, session, &drop, "the key is no longer ours", deadline_ns);
}

struct lock_answer key_delete_by_name(struct lock_client *client, struct lock_session *session,
				      int64_t deadline_ns)
{
	int64_t deleted;
	struct etcd_reply reply =
		etcd_delete(client->etcd, session->key, false, &deleted, deadline_ns);

	return lock_answer_of(&reply);
}

const struct lock_client_steps recipe_key_txn = {RECIPE_KEY_STEPS};
