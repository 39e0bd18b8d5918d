/*
 * etcd's lock API with a lease per attempt. The token is the lock key's create_revision, which the
 * lock's answer does not carry: reading the key gives it, and proves that the key is still there.
 */
#include "workloads/recipe_lock.h"

#include <stdlib.h>

#include "base/invariant.h"
#include "base/text.h"

enum { CODE_NOT_FOUND = 5 };

int lock_open_sized(size_t size, struct lock_client **client, const struct lock_terms *terms,
		    struct error *err)
{
	struct etcd *etcd;

	CHECK(size >= sizeof(**client));
	if (etcd_open(&etcd, &terms->service->etcd, terms->first_endpoint, err))
		return -1;
	etcd_set_order(etcd, terms->arm->endpoint_order);
	*client = calloc(1, size);
	CHECK_MEMORY(*client);
	**client = (struct lock_client){terms, etcd};
	return 0;
}

int lock_open(struct lock_client **client, const struct lock_terms *terms, struct error *err)
{
	return lock_open_sized(sizeof(**client), client, terms, err);
}

void lock_close(struct lock_client *client)
{
	etcd_close(client->etcd);
	free(client);
}

struct lock_answer lock_answer_of(const struct etcd_reply *reply)
{
	struct lock_answer answer = {
		.outcome = (enum outcome)reply->outcome,
		.endpoint = reply->endpoint,
		.order = reply->revision,
		.sent_ns = reply->sent_ns,
		.unheard = reply->outcome == ETCD_FAIL && reply->http_status == 0,
	};

	text_copy(answer.error, sizeof(answer.error), reply->error);
	return answer;
}

struct lock_answer lock_answer_turned(struct lock_answer answer, enum outcome outcome,
				      const char *why)
{
	answer.outcome = outcome;
	text_copy(answer.error, sizeof(answer.error), why);
	return answer;
}

struct lock_answer lock_if_own(struct lock_client *client, const struct lock_session *session,
			       const struct etcd_op *act, const char *why, int64_t deadline_ns)
{
	const struct etcd_compare own = {ETCD_CREATE_REVISION, session->key,
					 .number = session->token};
	const struct etcd_txn txn = {&own, 1, act, NULL, 1, 0};
	bool still;
	struct etcd_reply reply = etcd_txn(client->etcd, &txn, &still, NULL, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	return answer.outcome == OUTCOME_OK && !still
		       ? lock_answer_turned(answer, OUTCOME_FAIL, why)
		       : answer;
}

struct lock_answer lock_open_session(struct lock_client *client, struct lock_session *session,
				     int64_t deadline_ns)
{
	struct etcd_lease lease;
	struct etcd_reply reply =
		etcd_lease_grant(client->etcd, client->terms->ttl_s, &lease, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	if (answer.outcome == OUTCOME_OK) {
		session->lease = lease.id;
		answer.ttl_ms = (int32_t)(lease.ttl_s * 1000);
	}
	return answer;
}

struct lock_answer lock_acquire(struct lock_client *client, struct lock_session *session,
				int64_t deadline_ns)
{
	char key[ETCD_TEXT];
	struct etcd_reply reply =
		etcd_lock(client->etcd, client->terms->lock, session->lease, key, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	if (!text_copy(session->key, sizeof(session->key), key)) {
		/* Not a key of ours; the lease is revoked, and with it whatever this is. */
		session->key[0] = '\0';
		answer = lock_answer_turned(answer, OUTCOME_INFO, "the lock key is too long");
	}
	return answer;
}

struct lock_answer lock_token_of(const struct etcd_reply *reply, const struct etcd_kv *kv,
				 int count, struct lock_session *session)
{
	struct lock_answer answer = lock_answer_of(reply);

	session->token = answer.outcome == OUTCOME_OK && count == 1 ? kv->create_revision : 0;
	if (answer.outcome == OUTCOME_OK && !session->token) {
		answer = lock_answer_turned(answer, OUTCOME_FAIL, "the lock key is gone");
		answer.gone = true;
	}
	return answer;
}

struct lock_answer lock_token(struct lock_client *client, struct lock_session *session,
			      int64_t deadline_ns)
{
	struct etcd_kv kv;
	int count = 0;
	struct etcd_reply reply =
		etcd_range(client->etcd, session->key, false, &kv, 1, &count, deadline_ns);

	return lock_token_of(&reply, &kv, count, session);
}

static struct lock_answer there_or_gone(struct lock_answer answer, bool there)
{
	if (answer.outcome != OUTCOME_OK || there)
		return answer;
	answer.gone = true;
	return lock_answer_turned(answer, OUTCOME_FAIL, "the lock is no longer there");
}

/* Whose lease it hangs on tells whose it is; where one lease serves many holds, the token does. */
struct lock_answer lock_look_at_key(struct lock_client *client, const struct lock_session *session,
				    bool linearizable, int64_t deadline_ns)
{
	struct etcd_kv kv;
	int count = 0;
	struct etcd_reply reply =
		linearizable
			? etcd_range(client->etcd, session->key, false, &kv, 1, &count, deadline_ns)
			: etcd_range_serializable(client->etcd, client->terms->first_endpoint,
						  session->key, &kv, &count, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	if (!linearizable) /* nothing is promised of it */
		answer.order = 0;
	return there_or_gone(answer,
			     count == 1 && kv.lease == session->lease &&
				     (!session->token || kv.create_revision == session->token));
}

/* The answer is the leader's, but the revision in it is what the member that was asked happens to
 * have applied: no place in the order. */
static struct lock_answer look_at_lease(struct lock_client *client,
					const struct lock_session *session, int64_t deadline_ns)
{
	struct etcd_lease lease = {0};
	struct etcd_reply reply =
		etcd_lease_timetolive(client->etcd, session->lease, &lease, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	bool lives = lease.ttl_s >= 0;

	answer.order = 0;
	if (answer.outcome == OUTCOME_OK && lives) /* it is told in seconds, rounded down */
		answer.left_ms = (int32_t)(lease.ttl_s * 1000 + 999);
	return there_or_gone(answer, lives);
}

struct lock_answer lock_look(struct lock_client *client, struct lock_session *session,
			     int64_t deadline_ns)
{
	if (client->terms->arm->look == LOOK_TIMETOLIVE)
		return look_at_lease(client, session, deadline_ns);
	return lock_look_at_key(client, session, client->terms->arm->look == LOOK_RANGE,
				deadline_ns);
}

/* That it is gone is said by an answer without a TTL, or by a refusal. */
struct lock_answer lock_renew(struct lock_client *client, struct lock_session *session,
			      int64_t deadline_ns)
{
	struct etcd_lease left;
	struct etcd_reply reply =
		etcd_lease_keepalive(client->etcd, session->lease, &left, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	if (answer.outcome == OUTCOME_OK)
		answer.ttl_ms = (int32_t)(left.ttl_s * 1000);
	answer.gone = answer.outcome == OUTCOME_OK
			      ? left.ttl_s == 0
			      : answer.outcome == OUTCOME_FAIL && reply.code == CODE_NOT_FOUND;
	return answer;
}

struct lock_answer lock_release(struct lock_client *client, struct lock_session *session,
				int64_t deadline_ns)
{
	struct etcd_reply reply = etcd_unlock(client->etcd, session->key, deadline_ns);

	return lock_answer_of(&reply);
}

/* The lock too, when its release is unknown, and a queued key, when the acquire is. Never just go
 * on renewing (etcd/etcd.h, etcd_lock). */
struct lock_answer lock_close_session(struct lock_client *client, struct lock_session *session,
				      int64_t deadline_ns)
{
	struct etcd_reply reply = etcd_lease_revoke(client->etcd, session->lease, deadline_ns);

	return lock_answer_of(&reply);
}

const struct lock_client_steps recipe_lock = {RECIPE_LOCK_STEPS};
