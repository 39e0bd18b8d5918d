/*
 * `try-lock`: one try to make the key, and no waiting: who is refused comes again after a moment,
 * with the same lease, which is kept until a request of unknown outcome. It reads before it tries,
 * so that what is refused costs the service no proposal. The habit of jobs that run
 * on whichever node gets the lock (etcd's `concurrency.Mutex.TryLock`, since 3.4; cron's and
 * ShedLock's); the lock that polls.
 */
#include "workloads/recipe_key.h"

static struct lock_answer try_once(struct lock_client *client, struct lock_session *session,
				   int64_t deadline_ns)
{
	struct etcd_reply reply;
	struct lock_answer answer = key_look(client, &reply, deadline_ns);

	if (answer.outcome == OUTCOME_OK)
		answer = key_make(client, session, &reply, deadline_ns);
	/* Not a lease that the service does not know, nor one that a key may hang on. */
	session->kept = reply.outcome == ETCD_OK || answer.unheard;
	return answer;
}

static struct lock_answer give_back(struct lock_client *client, struct lock_session *session,
				    int64_t deadline_ns)
{
	struct lock_answer answer = key_delete_own(client, session, deadline_ns);

	session->kept = answer.outcome == OUTCOME_OK;
	return answer;
}

const struct lock_client_steps recipe_try_lock = {
	RECIPE_KEY_STEPS,
	.acquire = try_once,
	.release = give_back,
};
