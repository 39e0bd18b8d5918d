/*
 * Planted: `trust-after-queue` is `queue` without its last look: whoever finds nobody before him
 * has the lock, though his own key may have gone with its lease while he waited. Go's
 * `concurrency.Mutex` was that before 3.5.0 (etcd issue 11456), its `Election` still is.
 */
#include "workloads/recipe_queue.h"

static struct lock_answer enter_and_wait(struct lock_client *client, struct lock_session *session,
					 int64_t deadline_ns)
{
	bool first;

	return queue_keep(session, queue_come(client, session, &queue_alone, &first, deadline_ns));
}

const struct lock_client_steps recipe_trust_after_queue = {
	RECIPE_QUEUE_STEPS,
	.acquire = enter_and_wait,
};
