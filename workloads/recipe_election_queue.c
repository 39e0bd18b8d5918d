/*
 * `election-queue`: leader election by client code, as Go's `concurrency.Election` (etcd,
 * client/v3/concurrency/election.go): the candidates' keys stand in a queue, the oldest leads. The
 * leader proclaims by a transaction that compares its key's create_revision, and resigns by another
 * one that deletes the key if it is still that.
 *
 * Otherwise than there, nobody leads before a first proclamation: Campaign does not look at the
 * candidate's key after its wait, and who trusts that is the recipe `trust-after-queue`.
 */
#include "base/text.h"
#include "workloads/recipe_queue.h"

/* Does that to the own key, if it still stands. */
static struct lock_answer act_as_leader(struct lock_client *client, struct lock_session *session,
					const struct etcd_op *act, int64_t deadline_ns)
{
	const struct etcd_compare own = {ETCD_CREATE_REVISION, session->key,
					 .number = session->token};
	const struct etcd_txn txn = {&own, 1, act, NULL, 1, 0};
	bool leads;
	struct etcd_reply reply = etcd_txn(client->etcd, &txn, &leads, NULL, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	if (answer.outcome == OUTCOME_OK && !leads) {
		answer.outcome = OUTCOME_FAIL;
		text_copy(answer.error, sizeof(answer.error), "election: not leader");
	}
	return answer;
}

static struct lock_answer campaign(struct lock_client *client, struct lock_session *session,
				   int64_t deadline_ns)
{
	const struct etcd_op proclaim = {ETCD_OP_PUT, session->key, "leads",
					 .lease = session->lease};
	bool first = false;
	struct lock_answer answer = queue_enter(client, session, &first, deadline_ns);

	if (answer.outcome == OUTCOME_OK && !first)
		answer = queue_wait(client, session, deadline_ns);
	if (answer.outcome == OUTCOME_OK)
		answer = act_as_leader(client, session, &proclaim, deadline_ns);
	return queue_keep(session, answer);
}

static struct lock_answer resign(struct lock_client *client, struct lock_session *session,
				 int64_t deadline_ns)
{
	const struct etcd_op drop = {.kind = ETCD_OP_DELETE, .key = session->key};

	return queue_keep(session, act_as_leader(client, session, &drop, deadline_ns));
}

const struct lock_client_steps recipe_election_queue = {
	RECIPE_QUEUE_STEPS,
	.acquire = campaign,
	.release = resign,
};
