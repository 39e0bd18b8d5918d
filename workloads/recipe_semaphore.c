/*
 * `semaphore`: as many holders as there are permits: keys in the order of their making, of which
 * the first so many hold. The habit of Curator's `InterProcessSemaphoreV2` on ZooKeeper (whose
 * nodes count themselves), on etcd by create_revision. A waiter is told of every key that goes,
 * counts those before its own anew, and looks at its own at the end. A session is kept as `queue`
 * keeps it.
 */
#include "workloads/recipe_queue.h"

static struct lock_answer acquire_one_of(struct lock_client *client, struct lock_session *session,
					 int permits, int64_t deadline_ns)
{
	return queue_take(client, session, &(struct queue_place){"", "", permits}, deadline_ns);
}

static struct lock_answer acquire(struct lock_client *client, struct lock_session *session,
				  int64_t deadline_ns)
{
	return acquire_one_of(client, session, client->terms->arm->permits, deadline_ns);
}

/* Planted: `semaphore-extra` is `semaphore` that counts from 0 to the number of permits. */
static struct lock_answer acquire_extra(struct lock_client *client, struct lock_session *session,
					int64_t deadline_ns)
{
	return acquire_one_of(client, session, client->terms->arm->permits + 1, deadline_ns);
}

const struct lock_client_steps recipe_semaphore = {
	RECIPE_QUEUE_STEPS,
	.acquire = acquire,
};

const struct lock_client_steps recipe_semaphore_extra = {
	RECIPE_QUEUE_STEPS,
	.acquire = acquire_extra,
};
