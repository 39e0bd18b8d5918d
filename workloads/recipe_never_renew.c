/*
 * Planted: `never-renew` is `key-txn` by a client that leaves the renewing to its caller, who does
 * not: python-etcd3's `Lock` has a `refresh()` that nothing calls (etcd3/locks.py). Whatever takes
 * longer than the lease is done without the lock.
 */
#include "workloads/recipe_key.h"

const struct lock_client_steps recipe_never_renew = {
	RECIPE_KEY_STEPS,
	.renew = NULL,
};
