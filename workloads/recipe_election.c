/*
 * `election`: etcd's election API (v3election, over the gateway), with a lease per attempt: who is
 * elected leads, proclaims before it works (and looks whom the election names), and resigns. The
 * token is the leader key's create_revision (`leader.rev`), which the answer carries.
 *
 * The answer to a campaign names the revision at which the candidate entered, not that at which it
 * was elected: it is no place in the order of holders, and is not recorded as one.
 */
#include <string.h>

#include "base/text.h"
#include "workloads/recipe_lock.h"

static struct etcd_leader leader_of(const struct lock_client *client,
				    const struct lock_session *session)
{
	struct etcd_leader leader = {.revision = session->token, .lease = session->lease};

	text_copy(leader.name, sizeof(leader.name), client->terms->lock);
	text_copy(leader.key, sizeof(leader.key), session->key);
	return leader;
}

static struct lock_answer campaign(struct lock_client *client, struct lock_session *session,
				   int64_t deadline_ns)
{
	struct etcd_leader leader;
	struct etcd_reply reply = etcd_campaign(client->etcd, client->terms->lock, "elected",
						session->lease, &leader, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	answer.order = 0;
	session->token = leader.revision;
	if (!text_copy(session->key, sizeof(session->key), leader.key)) {
		session->key[0] = '\0';
		answer = lock_answer_turned(answer, OUTCOME_INFO, "the leader's key is too long");
	}
	return answer;
}

static struct lock_answer proclaim(struct lock_client *client, struct lock_session *session,
				   int64_t deadline_ns)
{
	const struct etcd_leader leader = leader_of(client, session);
	struct etcd_reply reply = etcd_proclaim(client->etcd, &leader, "leads", deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	answer.gone = answer.outcome == OUTCOME_FAIL && strstr(reply.error, "not leader");
	return answer;
}

/* Proclaims, and looks whom the election names then: a linearizable answer, of which the record has
 * the revision. One that is older than what anybody had been told (an old leader is named after a
 * new one had been) is `stale-read`. */
static struct lock_answer observe(struct lock_client *client, struct lock_session *session,
				  int64_t deadline_ns)
{
	struct lock_answer proclaimed = proclaim(client, session, deadline_ns);
	struct etcd_kv leader;

	if (proclaimed.outcome != OUTCOME_OK)
		return proclaimed;
	struct etcd_reply reply =
		etcd_observe_leader(client->etcd, client->terms->lock, &leader, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	if (answer.outcome == OUTCOME_OK && strcmp(leader.key, session->key) != 0) {
		answer = lock_answer_turned(answer, OUTCOME_FAIL, "another one is named leader");
		answer.gone = true;
	}
	return answer;
}

static struct lock_answer resign(struct lock_client *client, struct lock_session *session,
				 int64_t deadline_ns)
{
	const struct etcd_leader leader = leader_of(client, session);
	struct etcd_reply reply = etcd_resign(client->etcd, &leader, deadline_ns);

	return lock_answer_of(&reply);
}

const struct lock_client_steps recipe_election = {
	RECIPE_LOCK_STEPS,
	.acquire = campaign,
	.token = observe,
	.release = resign,
};
