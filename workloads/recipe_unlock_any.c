/*
 * Planted: `unlock-any` is `key-txn` that gives back by the key's name alone ("just has to delete
 * the key"), whosever it is by then, also when its lock is known to be lost, as an unlock in
 * `finally` or `defer` does: DEL of a lock by SET NX on Redis, against which its documentation
 * warns.
 */
#include "workloads/recipe_key.h"

const struct lock_client_steps recipe_unlock_any = {
	RECIPE_KEY_STEPS,
	.release = key_delete_by_name,
	.gives_back_lost = true,
};
