/*
 * Negative controls: each is the right recipe with one bug, and the checker must name that bug.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "workloads/recipe.h"

/* Whoever puts the key "has" the lock, whether or not it was there before. */
static struct etcd_reply put_without_compare(struct etcd *etcd, const char *lock, int64_t lease,
					     char *key, int64_t deadline_ns)
{
	snprintf(key, ETCD_TEXT, "%s/holder", lock);
	return etcd_put(etcd, key, "held", lease, deadline_ns);
}

const struct recipe_steps recipe_broken_put = {
	.planted = true,
	.renew = etcd_lease_keepalive,
	.gives_back = true,
	.acquire = put_without_compare,
	.token = recipe_lock_token,
	.release = etcd_unlock,
};

const struct recipe_steps recipe_broken_no_renew = {
	.planted = true,
	.gives_back = true,
	.acquire = etcd_lock,
	.token = recipe_lock_token,
	.release = etcd_unlock,
};

enum { GHOST_PATIENCE_MS = 300 };

/* Takes "no answer in time" for "acquired". The key is the one that etcd's mutex would have made.
 */
static struct etcd_reply lock_or_pretend(struct etcd *etcd, const char *lock, int64_t lease,
					 char *key, int64_t deadline_ns)
{
	int64_t patience_ns = clock_now_ns() + GHOST_PATIENCE_MS * NS_PER_MS;
	struct etcd_reply reply = etcd_lock(etcd, lock, lease, key,
					    patience_ns < deadline_ns ? patience_ns : deadline_ns);

	if (reply.outcome == ETCD_INFO) {
		reply.outcome = ETCD_OK;
		reply.error[0] = '\0';
		snprintf(key, ETCD_TEXT, "%s/%" PRIx64, lock, (uint64_t)lease);
	}
	return reply;
}

const struct recipe_steps recipe_broken_ghost = {
	.planted = true,
	.renew = etcd_lease_keepalive,
	.gives_back = true,
	.acquire = lock_or_pretend,
	.token = recipe_lock_token,
	.release = etcd_unlock,
};

/* Lease ids do not grow from holder to holder: they carry the granting member's prefix. */
static struct etcd_reply lease_as_token(struct etcd *etcd, const char *key, int64_t lease,
					int64_t *token, int64_t deadline_ns)
{
	struct etcd_reply reply = recipe_lock_token(etcd, key, lease, token, deadline_ns);

	if (*token)
		*token = lease;
	return reply;
}

const struct recipe_steps recipe_broken_token = {
	.planted = true,
	.renew = etcd_lease_keepalive,
	.gives_back = true,
	.acquire = etcd_lock,
	.token = lease_as_token,
	.release = etcd_unlock,
};

/* An hour outlives every run: the lock is never free again. */
const struct recipe_steps recipe_broken_forever = {
	.planted = true,
	.lease_ttl_s = 3600,
	.renew = etcd_lease_keepalive,
	.gives_back = false,
	.acquire = etcd_lock,
	.token = recipe_lock_token,
	.release = etcd_unlock,
};

/* Etcd orders by name, and the name of a lock's key is its lease's. */
static struct etcd_reply delete_the_first(struct etcd *etcd, const char *prefix,
					  int64_t deadline_ns)
{
	struct etcd_kv first = {.key = ""};
	int count = 0;
	struct etcd_reply reply = etcd_range(etcd, prefix, true, &first, 1, &count, deadline_ns);

	if (reply.outcome != ETCD_OK || !count)
		return reply;
	return etcd_unlock(etcd, first.key, deadline_ns);
}

/* Deletes the first key below the lock's name, as if that were always the holder's. */
static struct etcd_reply unlock_the_first(struct etcd *etcd, const char *key, int64_t deadline_ns)
{
	const char *slash = strrchr(key, '/');
	char prefix[ETCD_TEXT];

	snprintf(prefix, sizeof(prefix), "%.*s", slash ? (int)(slash - key) + 1 : 0, key);
	return delete_the_first(etcd, prefix, deadline_ns);
}

const struct recipe_steps recipe_broken_release = {
	.planted = true,
	.renew = etcd_lease_keepalive,
	.gives_back = true,
	.acquire = etcd_lock,
	.token = recipe_lock_token,
	.release = unlock_the_first,
};

/* Takes the key that it finds for one that a dead worker left, and clears it away. */
static struct etcd_reply clear_and_lock(struct etcd *etcd, const char *lock, int64_t lease,
					char *key, int64_t deadline_ns)
{
	char prefix[ETCD_TEXT];

	snprintf(prefix, sizeof(prefix), "%s/", lock);
	struct etcd_reply reply = delete_the_first(etcd, prefix, deadline_ns);

	return reply.outcome == ETCD_OK ? etcd_lock(etcd, lock, lease, key, deadline_ns) : reply;
}

const struct recipe_steps recipe_broken_steal = {
	.planted = true,
	.renew = etcd_lease_keepalive,
	.gives_back = true,
	.acquire = clear_and_lock,
	.token = recipe_lock_token,
	.release = etcd_unlock,
};

enum { SHORT_TTL_S = 1 };

/* The gateway answers the renewal of a lease that is gone with status 200 and no TTL. So that there
 * is one, the lease is asked for too short a time, whatever the arm says. */
static struct etcd_reply heed_only_the_status(struct etcd *etcd, int64_t lease,
					      struct etcd_lease *answer, int64_t deadline_ns)
{
	struct etcd_reply reply = etcd_lease_keepalive(etcd, lease, answer, deadline_ns);

	if (reply.outcome == ETCD_OK && !answer->ttl_s)
		answer->ttl_s = SHORT_TTL_S;
	return reply;
}

const struct recipe_steps recipe_broken_keepalive = {
	.planted = true,
	.lease_ttl_s = SHORT_TTL_S,
	.renew = heed_only_the_status,
	.gives_back = true,
	.acquire = etcd_lock,
	.token = recipe_lock_token,
	.release = etcd_unlock,
};

/* Takes the answer to a renewal for the word that there was none. */
static struct etcd_reply mistake_for_gone(struct etcd *etcd, int64_t lease,
					  struct etcd_lease *answer, int64_t deadline_ns)
{
	struct etcd_reply reply = etcd_lease_keepalive(etcd, lease, answer, deadline_ns);

	answer->ttl_s = 0;
	return reply;
}

const struct recipe_steps recipe_broken_gone = {
	.planted = true,
	.renew = mistake_for_gone,
	.gives_back = true,
	.acquire = etcd_lock,
	.token = recipe_lock_token,
	.release = etcd_unlock,
};

/* Asks the first member for what it happens to have: etcd's serializable read. */
static struct etcd_reply read_one_copy(struct etcd *etcd, const char *key, int64_t lease,
				       int64_t *token, int64_t deadline_ns)
{
	struct etcd_kv kv;
	int count = 0;
	struct etcd_reply reply = etcd_range_serializable(etcd, 0, key, &kv, &count, deadline_ns);

	(void)lease;
	*token = reply.outcome == ETCD_OK && count == 1 ? kv.create_revision : 0;
	return reply;
}

const struct recipe_steps recipe_broken_stale = {
	.planted = true,
	.renew = etcd_lease_keepalive,
	.gives_back = true,
	.acquire = etcd_lock,
	.token = read_one_copy,
	.release = etcd_unlock,
};
