/*
 * `queue`: as Go's `concurrency.Mutex` does it (etcd, client/v3/concurrency/mutex.go, key.go,
 * session.go): a session keeps one lease, which serves lock after lock; each waiter's key is the
 * lock's name and the lease in hexadecimal; it waits for the deletion of the youngest key that is
 * older than its own, looks whether there is another one by then, and at last whether its own key
 * still stands (since 3.5.0, etcd issue 11456). Unlocking deletes the key.
 *
 * Otherwise than there, a waiter that gives up closes the session instead of deleting its key.
 */
#include "workloads/recipe_queue.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/invariant.h"

enum { PAUSE_MS = 50 }; /* after a member that did not answer, or a watch that broke */

struct lock_answer queue_keep(struct lock_session *session, struct lock_answer answer)
{
	session->kept = answer.outcome == OUTCOME_OK;
	return answer;
}

const struct queue_place queue_alone = {.part = "", .behind = "", .most = 1};

struct lock_answer queue_stand(struct lock_client *client, struct lock_session *session,
			       const char *part, bool *first, int64_t deadline_ns)
{
	char line[ETCD_TEXT];
	const struct etcd_compare absent = {ETCD_CREATE_REVISION, session->key, .number = 0};
	const struct etcd_op then[] = {
		{ETCD_OP_PUT, session->key, "", .lease = session->lease},
		{ETCD_OP_RANGE, line, .first_made = true},
	};
	const struct etcd_txn txn = {&absent, 1, then, NULL, 2, 0};
	struct etcd_kv oldest = {.key = ""};
	bool made;

	snprintf(session->key, sizeof(session->key), "%s/%s%" PRIx64, client->terms->lock, part,
		 (uint64_t)session->lease);
	snprintf(line, sizeof(line), "%s/", client->terms->lock);
	struct etcd_reply reply = etcd_txn(client->etcd, &txn, &made, &oldest, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	if (answer.outcome != OUTCOME_OK)
		return answer;
	if (!made)
		return lock_answer_turned(answer, OUTCOME_FAIL,
					  "a key of the session stands already");
	session->token = reply.revision;
	*first = oldest.create_revision == reply.revision;
	return answer;
}

/* Of one that may stand before it none but the last is watched, as there; of several, all are. */
struct lock_answer queue_wait(struct lock_client *client, const struct lock_session *session,
			      const struct queue_place *place, int64_t deadline_ns)
{
	char line[ETCD_TEXT];
	bool alone = place->most == 1;

	CHECK(place->most >= 1 && place->most <= QUEUE_MOST);
	snprintf(line, sizeof(line), "%s/%s", client->terms->lock, place->behind);
	for (;;) {
		struct etcd_kv older[QUEUE_MOST];
		int count;
		bool gone = false;
		struct etcd_reply reply =
			etcd_range_made_until(client->etcd, line, session->token - 1, older,
					      place->most, &count, deadline_ns);

		if (reply.outcome == ETCD_OK && count < place->most)
			return lock_answer_of(&reply);
		if (reply.outcome == ETCD_OK)
			etcd_await_deleted(client->etcd, reply.endpoint,
					   alone ? older[0].key : line, !alone, reply.revision + 1,
					   &gone, deadline_ns);
		if (clock_now_ns() >= deadline_ns)
			return lock_answer_turned(lock_answer_of(&reply), OUTCOME_INFO,
						  "not first in time");
		if (!gone)
			clock_sleep_until_ns(clock_now_ns() + PAUSE_MS * NS_PER_MS);
	}
}

struct lock_answer queue_come(struct lock_client *client, struct lock_session *session,
			      const struct queue_place *place, bool *first, int64_t deadline_ns)
{
	*first = false;
	struct lock_answer answer = queue_stand(client, session, place->part, first, deadline_ns);

	return answer.outcome == OUTCOME_OK && !*first
		       ? queue_wait(client, session, place, deadline_ns)
		       : answer;
}

static struct lock_answer look_at_own(struct lock_client *client, struct lock_session *session,
				      int64_t deadline_ns)
{
	struct lock_answer answer = lock_look_at_key(client, session, true, deadline_ns);

	return answer.gone ? lock_answer_turned(answer, OUTCOME_FAIL, "the session has expired")
			   : answer;
}

struct lock_answer queue_take(struct lock_client *client, struct lock_session *session,
			      const struct queue_place *place, int64_t deadline_ns)
{
	bool first;
	struct lock_answer answer = queue_come(client, session, place, &first, deadline_ns);

	if (answer.outcome == OUTCOME_OK && !first)
		answer = look_at_own(client, session, deadline_ns);
	return queue_keep(session, answer);
}

struct lock_answer queue_acquire(struct lock_client *client, struct lock_session *session,
				 int64_t deadline_ns)
{
	return queue_take(client, session, &queue_alone, deadline_ns);
}

struct lock_answer queue_release(struct lock_client *client, struct lock_session *session,
				 int64_t deadline_ns)
{
	int64_t deleted;
	struct etcd_reply reply =
		etcd_delete(client->etcd, session->key, false, &deleted, deadline_ns);

	return queue_keep(session, lock_answer_of(&reply));
}

const struct lock_client_steps recipe_queue = {RECIPE_QUEUE_STEPS};
