/*
 * `rwlock`: readers together, or one writer, as etcd's own `recipe.RWMutex` does it (etcd,
 * client/v3/experimental/recipes/rwmutex.go): readers' and writers' keys are two parts of one
 * queue, in the order of their making; a reader waits for the last writer's key before its own, a
 * writer for the last key before its own, whoever's that is. So who came first is served first, and
 * no reader passes a writer that waits.
 *
 * Otherwise than there, each looks at its own key after the wait: RWMutex trusts that it still
 * stands, as `trust-after-queue` does. And the session is closed by a waiter that gives up.
 */
#include "workloads/recipe_queue.h"

static const char readers[] = "read/", writers[] = "write/";

static struct lock_answer acquire(struct lock_client *client, struct lock_session *session,
				  int64_t deadline_ns)
{
	static const struct queue_place reader = {readers, writers, 1}, writer = {writers, "", 1};

	return queue_take(client, session, session->shared ? &reader : &writer, deadline_ns);
}

/* Planted: `rwlock-rush` is `rwlock` whose readers wait for nobody. */
static struct lock_answer rush(struct lock_client *client, struct lock_session *session,
			       int64_t deadline_ns)
{
	bool first;

	return session->shared ? queue_keep(session, queue_stand(client, session, readers, &first,
								 deadline_ns))
			       : acquire(client, session, deadline_ns);
}

const struct lock_client_steps recipe_rwlock = {
	RECIPE_QUEUE_STEPS,
	.acquire = acquire,
};

const struct lock_client_steps recipe_rwlock_rush = {
	RECIPE_QUEUE_STEPS,
	.acquire = rush,
};
