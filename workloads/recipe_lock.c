/*
 * etcd's lock API with a lease per attempt. The token is the lock key's create_revision, which the
 * lock's answer does not carry: reading the key gives it, and proves that the key is still there.
 */
#include "workloads/recipe.h"

struct etcd_reply recipe_lock_token(struct etcd *etcd, const char *key, int64_t lease,
				    int64_t *token, int64_t deadline_ns)
{
	struct etcd_kv kv;
	int count = 0;
	struct etcd_reply reply = etcd_range(etcd, key, false, &kv, 1, &count, deadline_ns);

	(void)lease; /* it is part of the key's name */
	*token = reply.outcome == ETCD_OK && count == 1 ? kv.create_revision : 0;
	return reply;
}

const struct recipe_steps recipe_lock = {
	.renew = etcd_lease_keepalive,
	.gives_back = true,
	.acquire = etcd_lock,
	.token = recipe_lock_token,
	.release = etcd_unlock,
};
