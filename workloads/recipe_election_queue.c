/*
 * `election-queue`: leader election by client code, as Go's `concurrency.Election` (etcd,
 * client/v3/concurrency/election.go): the candidates' keys stand in a queue, the oldest leads. The
 * leader proclaims by a transaction that compares its key's create_revision, and resigns by another
 * one that deletes the key if it is still that.
 *
 * Otherwise than there, nobody leads before a first proclamation: Campaign does not look at the
 * candidate's key after its wait, and who trusts that is the recipe `trust-after-queue`.
 */
#include "workloads/recipe_queue.h"

static const char not_leader[] = "election: not leader";

static struct lock_answer campaign(struct lock_client *client, struct lock_session *session,
				   int64_t deadline_ns)
{
	const struct etcd_op proclaim = {ETCD_OP_PUT, session->key, "leads",
					 .lease = session->lease};
	bool first;
	struct lock_answer answer = queue_come(client, session, &queue_alone, &first, deadline_ns);

	if (answer.outcome == OUTCOME_OK)
		answer = lock_if_own(client, session, &proclaim, not_leader, deadline_ns);
	return queue_keep(session, answer);
}

static struct lock_answer resign(struct lock_client *client, struct lock_session *session,
				 int64_t deadline_ns)
{
	const struct etcd_op drop = {.kind = ETCD_OP_DELETE, .key = session->key};

	return queue_keep(session, lock_if_own(client, session, &drop, not_leader, deadline_ns));
}

const struct lock_client_steps recipe_election_queue = {
	RECIPE_QUEUE_STEPS,
	.acquire = campaign,
	.release = resign,
};
