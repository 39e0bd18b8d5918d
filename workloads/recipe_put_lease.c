/*
 * Planted: `put-lease` puts a key with a lease and takes the put's success for the lock, as
 * tutorials do that end their `DistributedLock` with "Put(key, value, WithLease(lease))": nothing
 * compares, so everybody has it; nothing renews the lease, and it alone is given back.
 */
#include <stdio.h>

#include "workloads/recipe_lock.h"

static struct lock_answer put(struct lock_client *client, struct lock_session *session,
			      int64_t deadline_ns)
{
	snprintf(session->key, sizeof(session->key), "%s/lock", client->terms->lock);
	struct etcd_reply reply =
		etcd_put(client->etcd, session->key, "locked", session->lease, deadline_ns);

	return lock_answer_of(&reply);
}

const struct lock_client_steps recipe_put_lease = {
	RECIPE_LOCK_STEPS,
	.acquire = put,
	.renew = NULL,
	.release = NULL,
};
