/*
 * `k8s-lease`: leader election as Kubernetes' components have it (client-go,
 * tools/leaderelection/leaderelection.go and resourcelock/leaselock.go), on a key of etcd, where
 * the API server keeps the Lease, too. One record says who leads, and for how long the others are
 * to wait (`ttl`: LeaseDuration). It hangs on no lease of etcd's: each candidate reads it every
 * `heartbeat` (RetryPeriod) and, when by its own clock it has not seen it change for that long,
 * writes itself into it, compared by mod_revision. The leader reads and writes it every
 * `heartbeat`, and stops when it could not for `renew-deadline` (RenewDeadline). That it reads
 * another one's name does not stop it: it tries on until then, as there. Giving back writes nobody.
 *
 * The token is the revision of the update that took the lead, and the safe deadline the sending of
 * the last update that was acknowledged + `ttl`: nobody saw that one before it was sent.
 *
 * `k8s-release`: with ReleaseOnCancel. Whoever has to stop first gives the record back, for which
 * it has another `renew-deadline`, and leads on until that is done.
 *
 * Otherwise than there, the periods are not jittered, and who has lost the lead comes again under
 * another name, as a process does that has ended and was started anew.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "workloads/lease_record.h"
#include "workloads/recipe_lock.h"
#include "workloads/worker/pace.h"

struct candidate {
	struct lock_client client; /* first: a lock_client is one */
	int64_t seen_revision;     /* of the record as it was seen last; 0: not yet */
	int64_t seen_ns;           /* when first so, by the candidate's own clock */
};

struct glance {                     /* at the record */
	struct lease_record record; /* holder 0: nobody leads */
	int64_t revision;           /* of the key; 0: there is none */
};

static int open_candidate(struct lock_client **client, const struct lock_terms *terms,
			  struct error *err)
{
	return lock_open_sized(sizeof(struct candidate), client, terms, err);
}

static int64_t own_clock_ns(const struct lock_client *client)
{
	struct pace *pace = client->terms->pace;

	return pace ? pace_show_ns(pace, clock_now_ns()) : clock_now_ns();
}

static void name_key(const struct lock_client *client, char key[KEY_SIZE])
{
	snprintf(key, KEY_SIZE, "%s/lease", client->terms->lock);
}

/* What was only read has surely not been done: never info. */
static struct lock_answer read_record(struct lock_client *client, struct glance *look,
				      int64_t deadline_ns)
{
	char key[KEY_SIZE];
	struct etcd_kv kv;
	int count;

	*look = (struct glance){0};
	name_key(client, key);
	struct etcd_reply reply = etcd_range(client->etcd, key, false, &kv, 1, &count, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	if (answer.outcome == OUTCOME_INFO)
		answer.outcome = OUTCOME_FAIL;
	if (answer.outcome != OUTCOME_OK || count == 0)
		return answer;
	look->revision = kv.mod_revision;
	return lease_record_parse(kv.value, &look->record)
		       ? answer
		       : lock_answer_turned(answer, OUTCOME_FAIL, "the record is not one");
}

/* Writes the record, if it is still the one that was looked at. */
static struct lock_answer write_record(struct lock_client *client, const struct glance *look,
				       const struct lease_record *record, int64_t deadline_ns)
{
	char key[KEY_SIZE], text[LEASE_RECORD_SIZE];
	const struct etcd_compare same = {ETCD_MOD_REVISION, key, .number = look->revision};
	const struct etcd_op put = {ETCD_OP_PUT, key, text, .lease = 0};
	const struct etcd_txn txn = {&same, 1, &put, NULL, 1, 0};
	bool written;

	name_key(client, key);
	lease_record_print(record, text);
	struct etcd_reply reply = etcd_txn(client->etcd, &txn, &written, NULL, deadline_ns);
	struct lock_answer answer = lock_answer_of(&reply);

	return answer.outcome == OUTCOME_OK && !written
		       ? lock_answer_turned(answer, OUTCOME_FAIL, "the record has changed")
		       : answer;
}

/* Writes `holder` into the record, for the terms' time. */
static struct lock_answer hold_record(struct lock_client *client, const struct glance *look,
				      int64_t holder, int64_t deadline_ns)
{
	struct lease_record record = look->record;

	lease_record_stamp(record.renewed);
	record.duration_s = client->terms->ttl_s;
	if (holder != look->record.holder) {
		memcpy(record.acquired, record.renewed, sizeof(record.acquired));
		record.holder = holder;
		record.transitions++;
	}
	struct lock_answer answer = write_record(client, look, &record, deadline_ns);

	if (answer.outcome == OUTCOME_OK)
		answer.ttl_ms = client->terms->ttl_s * 1000;
	return answer;
}

/* As long as the record says, since this candidate saw it change. */
static bool is_over(struct candidate *candidate, const struct glance *look)
{
	int64_t now_ns = own_clock_ns(&candidate->client);

	if (look->revision != candidate->seen_revision) {
		candidate->seen_revision = look->revision;
		candidate->seen_ns = now_ns;
	}
	return now_ns - candidate->seen_ns >= look->record.duration_s * NS_PER_S;
}

static struct lock_answer try_to_lead(struct lock_client *client, struct lock_session *session,
				      int64_t deadline_ns)
{
	struct candidate *candidate = (struct candidate *)client;
	struct glance look;
	struct lock_answer answer = read_record(client, &look, deadline_ns);

	if (answer.outcome != OUTCOME_OK)
		return answer;
	bool over = is_over(candidate, &look);

	if (look.record.holder && look.record.holder != session->lease && !over)
		return lock_answer_turned(answer, OUTCOME_FAIL, "another one leads");
	return hold_record(client, &look, session->lease, deadline_ns);
}

/* An update of unknown outcome makes the whole so, unless it is seen to lead. */
static struct lock_answer campaign(struct lock_client *client, struct lock_session *session,
				   int64_t deadline_ns)
{
	bool in_doubt = false;

	session->lease =
		(int64_t)random_draw_seed(); /* a name that nobody else has, now or later */
	for (;;) {
		struct lock_answer answer = try_to_lead(client, session, deadline_ns);
		int64_t again_ns = clock_now_ns() + client->terms->arm->heartbeat_ms * NS_PER_MS;

		in_doubt |= answer.outcome == OUTCOME_INFO;
		if (answer.outcome == OUTCOME_OK) {
			session->token = answer.order;
			name_key(client, session->key);
			return answer;
		}
		if (again_ns >= deadline_ns)
			return in_doubt ? lock_answer_turned(answer, OUTCOME_INFO,
							     "not elected in time")
					: answer;
		clock_sleep_until_ns(again_ns);
	}
}

/* The record, if it says that the session leads; else fail. */
static struct lock_answer read_own(struct lock_client *client, const struct lock_session *session,
				   struct glance *look, int64_t deadline_ns)
{
	struct lock_answer answer = read_record(client, look, deadline_ns);

	return answer.outcome == OUTCOME_OK && look->record.holder != session->lease
		       ? lock_answer_turned(answer, OUTCOME_FAIL, "leads no more")
		       : answer;
}

static struct lock_answer renew(struct lock_client *client, struct lock_session *session,
				int64_t deadline_ns)
{
	struct glance look;
	struct lock_answer answer = read_own(client, session, &look, deadline_ns);

	return answer.outcome == OUTCOME_OK
		       ? hold_record(client, &look, session->lease, deadline_ns)
		       : answer;
}

/* Its own renewal may still come between. */
static struct lock_answer release(struct lock_client *client, struct lock_session *session,
				  int64_t deadline_ns)
{
	for (;;) {
		struct glance look;
		struct lock_answer answer = read_own(client, session, &look, deadline_ns);

		if (answer.outcome != OUTCOME_OK)
			return answer;
		look.record.holder = 0;
		look.record.duration_s = 1;
		lease_record_stamp(look.record.renewed);
		answer = write_record(client, &look, &look.record, deadline_ns);
		if (answer.outcome != OUTCOME_FAIL || answer.unheard ||
		    clock_now_ns() >= deadline_ns)
			return answer;
	}
}

static struct lock_answer let_go(struct lock_client *client, struct lock_session *session,
				 int64_t deadline_ns)
{
	struct lock_answer answer = release(client, session, deadline_ns);

	answer.gone = answer.outcome == OUTCOME_OK;
	return answer;
}

#define CANDIDATE_STEPS                                                                            \
	.open = open_candidate, .close = lock_close, .acquire = campaign, .renew = renew,          \
	.release = release

const struct lock_client_steps recipe_k8s_lease = {CANDIDATE_STEPS};
const struct lock_client_steps recipe_k8s_release = {CANDIDATE_STEPS, .let_go = let_go};
