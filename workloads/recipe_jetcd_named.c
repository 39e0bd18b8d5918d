/*
 * `jetcd-named`: a named lock over jetcd, as its users describe it ("EtcdNamedLocker"): grant a
 * lease, ask for the lock with a time-out; without an answer in time revoke the lease, wait, and
 * begin again; with the lock renew each `heartbeat`, and give it up after `retries` renewals that
 * failed; unlock by the key. `ttl`, `retries` and `heartbeat` are the arm's; there a failed renewal
 * is followed by the next one a heartbeat later (`retry-after`).
 *
 * A lease whose lock was given back, or lost, is revoked by nobody: it ends by itself.
 */
#include "workloads/recipe_lock.h"

static struct lock_answer lock_and_leave_the_lease(struct lock_client *client,
						   struct lock_session *session,
						   int64_t deadline_ns)
{
	struct lock_answer answer = lock_acquire(client, session, deadline_ns);

	session->left = answer.outcome == OUTCOME_OK;
	return answer;
}

const struct lock_client_steps recipe_jetcd_named = {
	RECIPE_LOCK_STEPS,
	.acquire = lock_and_leave_the_lease,
};
