/*
 * Planted: `lease-zero` calls the lock API without a lease, as calls by curl do: the server grants
 * one of 60 s for it (etcd, v3lock/lock.go, concurrency.NewSession), which nobody renews and nobody
 * can revoke, for the answer does not name it. What a worker holds when it dies is lost to all for
 * a minute.
 */
#include "workloads/recipe_lock.h"

const struct lock_client_steps recipe_lease_zero = {
	RECIPE_LOCK_STEPS,
	.open_session = NULL,
	.renew = NULL,
	.close_session = NULL,
};
