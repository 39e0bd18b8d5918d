/*
 * Negative controls: each is the right recipe with one bug, and the checker must name that bug
 * (campaign/recipes.h says by which names).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "workloads/recipe_lock.h"

/* Whoever puts the key "has" the lock, whether or not it was there before. */
static struct lock_answer put_without_compare(struct lock_client *client,
					      struct lock_session *session, int64_t deadline_ns)
{
	snprintf(session->key, sizeof(session->key), "%s/holder", client->terms->lock);
	struct etcd_reply reply =
		etcd_put(client->etcd, session->key, "held", session->lease, deadline_ns);

	return lock_answer_of(&reply);
}

const struct lock_client_steps recipe_broken_put = {
	RECIPE_LOCK_STEPS,
	.acquire = put_without_compare,
};

const struct lock_client_steps recipe_broken_no_renew = {
	RECIPE_LOCK_STEPS,
	.renew = NULL,
};

enum { GHOST_PATIENCE_MS = 300 };

/* Takes "no answer in time" for "acquired". The key is the one that etcd's mutex would have made.
 */
static struct lock_answer lock_or_pretend(struct lock_client *client, struct lock_session *session,
					  int64_t deadline_ns)
{
	int64_t patience_ns = clock_now_ns() + GHOST_PATIENCE_MS * NS_PER_MS;
	struct lock_answer answer = lock_acquire(
		client, session, patience_ns < deadline_ns ? patience_ns : deadline_ns);

	if (answer.outcome == OUTCOME_INFO) {
		answer.outcome = OUTCOME_OK;
		answer.error[0] = '\0';
		snprintf(session->key, sizeof(session->key), "%s/%" PRIx64, client->terms->lock,
			 (uint64_t)session->lease);
	}
	return answer;
}

const struct lock_client_steps recipe_broken_ghost = {
	RECIPE_LOCK_STEPS,
	.acquire = lock_or_pretend,
};

/* Lease ids do not grow from holder to holder: they carry the granting member's prefix. */
static struct lock_answer lease_as_token(struct lock_client *client, struct lock_session *session,
					 int64_t deadline_ns)
{
	struct lock_answer answer = lock_token(client, session, deadline_ns);

	if (session->token)
		session->token = session->lease;
	return answer;
}

const struct lock_client_steps recipe_broken_token = {
	RECIPE_LOCK_STEPS,
	.token = lease_as_token,
};

/* An hour outlives every run: the lock is never free again. */
const struct lock_client_steps recipe_broken_forever = {
	RECIPE_LOCK_STEPS,
	.ttl_s = 3600,
	.release = NULL,
	.close_session = NULL,
};

/* Etcd orders by name, and the name of a lock's key is its lease's. */
static struct lock_answer delete_the_first(struct lock_client *client, const char *prefix,
					   int64_t deadline_ns)
{
	struct etcd_kv first = {.key = ""};
	int count = 0;
	struct etcd_reply reply =
		etcd_range(client->etcd, prefix, true, &first, 1, &count, deadline_ns);

	if (reply.outcome == ETCD_OK && count)
		reply = etcd_unlock(client->etcd, first.key, deadline_ns);
	return lock_answer_of(&reply);
}

/* Deletes the first key below the lock's name, as if that were always the holder's. */
static struct lock_answer unlock_the_first(struct lock_client *client, struct lock_session *session,
					   int64_t deadline_ns)
{
	const char *slash = strrchr(session->key, '/');
	char prefix[KEY_SIZE];

	snprintf(prefix, sizeof(prefix), "%.*s", slash ? (int)(slash - session->key) + 1 : 0,
		 session->key);
	return delete_the_first(client, prefix, deadline_ns);
}

const struct lock_client_steps recipe_broken_release = {
	RECIPE_LOCK_STEPS,
	.release = unlock_the_first,
};

/* Takes the key that it finds for one that a dead worker left, and clears it away. */
static struct lock_answer clear_and_lock(struct lock_client *client, struct lock_session *session,
					 int64_t deadline_ns)
{
	char prefix[ETCD_TEXT];

	snprintf(prefix, sizeof(prefix), "%s/", client->terms->lock);
	struct lock_answer answer = delete_the_first(client, prefix, deadline_ns);

	return answer.outcome == OUTCOME_OK ? lock_acquire(client, session, deadline_ns) : answer;
}

const struct lock_client_steps recipe_broken_steal = {
	RECIPE_LOCK_STEPS,
	.acquire = clear_and_lock,
};

enum { SHORT_TTL_S = 1 };

/* The gateway answers the renewal of a lease that is gone with status 200 and no TTL. So that there
 * is one, the lease is asked for too short a time, whatever the arm says. */
static struct lock_answer heed_only_the_status(struct lock_client *client,
					       struct lock_session *session, int64_t deadline_ns)
{
	struct lock_answer answer = lock_renew(client, session, deadline_ns);

	if (answer.outcome == OUTCOME_OK && answer.gone) {
		answer.gone = false;
		answer.ttl_ms = SHORT_TTL_S * 1000;
	}
	return answer;
}

const struct lock_client_steps recipe_broken_keepalive = {
	RECIPE_LOCK_STEPS,
	.ttl_s = SHORT_TTL_S,
	.renew = heed_only_the_status,
};

/* Takes the answer to a renewal for the word that there was none. */
static struct lock_answer mistake_for_gone(struct lock_client *client, struct lock_session *session,
					   int64_t deadline_ns)
{
	struct lock_answer answer = lock_renew(client, session, deadline_ns);

	if (answer.outcome == OUTCOME_OK) {
		answer.gone = true;
		answer.ttl_ms = 0;
	}
	return answer;
}

const struct lock_client_steps recipe_broken_gone = {
	RECIPE_LOCK_STEPS,
	.renew = mistake_for_gone,
};

/* Asks the first member for what it happens to have: etcd's serializable read. */
static struct lock_answer read_one_copy(struct lock_client *client, struct lock_session *session,
					int64_t deadline_ns)
{
	struct etcd_kv kv;
	int count = 0;
	struct etcd_reply reply =
		etcd_range_serializable(client->etcd, 0, session->key, &kv, &count, deadline_ns);

	return lock_token_of(&reply, &kv, count, session);
}

const struct lock_client_steps recipe_broken_stale = {
	RECIPE_LOCK_STEPS,
	.token = read_one_copy,
};
