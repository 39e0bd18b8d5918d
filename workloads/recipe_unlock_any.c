/*
 * Planted: `unlock-any` is `key-txn` that gives back by the key's name alone ("just has to delete
 * the key"), whosever it is by then: as DEL does to a lock by SET NX on Redis, against which its
 * documentation warns.
 */
#include "workloads/recipe_key.h"

const struct lock_client_steps recipe_unlock_any = {
	RECIPE_KEY_STEPS,
	.release = key_delete_by_name,
};
