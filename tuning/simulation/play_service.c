/*
 * Requests, on their way and there. A cut drops what the worker sends to the service and what that
 * answers, at the moment of sending; a request that was dropped is over when the worker's patience
 * is. One that finds no leader waits for it, but a renewal, which only a leader can take, is lost.
 */
#include "base/array.h"
#include "base/text.h"
#include "tuning/simulation/play.h"
#include "tuning/simulation/run_record.h"

#define REQUEST_PATIENCE_NS (3 * NS_PER_S) /* workloads/worker/worker.c, REQUEST_TIMEOUT_MS */

static struct asker *asker_of(struct lock *lock, int number, int slot)
{
	CHECK(slot == MAIN || slot == BEAT);
	return slot == MAIN ? &lock->worker[number].main : &lock->worker[number].beat;
}

static bool asks_store(enum function f)
{
	return f == F_READ || f == F_WRITE;
}

static int64_t deadline_ns(const struct lock *lock, const struct asker *asker)
{
	return asker->sent_ns +
	       (asker->f == F_KEEPALIVE ? lock->terms.patience : REQUEST_PATIENCE_NS);
}

/* It hears nothing, and gives up waiting. */
static void leave_unanswered(struct lock *lock, int number, int slot)
{
	struct asker *asker = asker_of(lock, number, slot);
	int64_t at_ns = deadline_ns(lock, asker);

	asker->reply = (struct reply){.outcome = OUTCOME_INFO, .error = "timed out"};
	play_schedule(lock, slot, number, STEP_answer, at_ns > lock->now_ns ? at_ns : lock->now_ns);
}

void service_ask(struct lock *lock, int number, int slot, enum function f)
{
	struct worker *worker = &lock->worker[number];
	struct asker *asker = asker_of(lock, number, slot);

	CHECK(!asker->slot.busy);
	asker->f = f;
	asker->sent_ns = lock->now_ns;
	asker->attempt = worker->attempt;
	if (lock->record)
		record_ask(lock->record, lock, number, slot);
	if (!asks_store(f) && lock->now_ns < worker->cut_until_ns)
		leave_unanswered(lock, number, slot);
	else
		play_schedule(lock, slot, number, STEP_arrive, lock->now_ns + lock->terms.delay);
}

/* The service, or the store, answers at that time, which is to come or now. */
static void answer_at(struct lock *lock, int number, int slot, int64_t at_ns)
{
	struct asker *asker = asker_of(lock, number, slot);
	int64_t back_ns = at_ns + lock->terms.delay;
	bool is_dropped = !asks_store(asker->f) && at_ns < lock->worker[number].cut_until_ns;
	bool is_late = asker->f == F_KEEPALIVE && back_ns > deadline_ns(lock, asker);

	if (is_dropped || is_late)
		leave_unanswered(lock, number, slot);
	else
		play_schedule(lock, slot, number, STEP_answer, back_ns);
}

/* Keys ------------------------------------------------------------------------------------------ */

static void put_key(struct lock *lock, int place)
{
	struct session *session = &lock->session[place];

	CHECK(session->id && !session->order);
	session->order = ++*lock->revision;
	if (lock->record)
		record_key(lock->record, lock, session, false);
}

static struct session *waiting_of(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];

	return worker->session >= 0 ? &lock->session[worker->session] : NULL;
}

/* Of the sessions whose keys stand, the first. */
void service_grant_next(struct lock *lock)
{
	int first = -1;

	if (lock->holder >= 0 || lock->occupied)
		return;
	for (int i = 0; i < lock->sessions; i++)
		if (lock->session[i].order &&
		    (first < 0 || lock->session[i].order < lock->session[first].order))
			first = i;
	if (first < 0)
		return;
	struct session *session = &lock->session[first];
	struct worker *worker = &lock->worker[session->worker];

	lock->holder = first;
	session->granted = true;
	/* Of a worker that died or gave up nobody waits for the answer. */
	if (worker->session != first || worker->attempt != session->attempt)
		return;
	worker->main.reply = (struct reply){.outcome = OUTCOME_OK, .revision = *lock->revision};
	answer_at(lock, session->worker, MAIN, lock->now_ns);
}

static bool somebody_waits(const struct lock *lock)
{
	for (int i = 0; i < lock->sessions; i++)
		if (lock->session[i].order && !lock->session[i].granted)
			return true;
	return false;
}

static void remove_key(struct lock *lock, int place)
{
	struct session *session = &lock->session[place];

	CHECK(session->order);
	++*lock->revision;
	if (lock->record)
		record_key(lock->record, lock, session, true);
	session->order = 0;
	if (lock->holder == place) {
		lock->holder = -1;
		if (!somebody_waits(lock))
			lock->died_ns = 0;
	}
}

/* Leases ---------------------------------------------------------------------------------------- */

static int new_session(struct lock *lock, int number)
{
	int place = 0;

	while (place < lock->sessions && lock->session[place].id)
		place++;
	if (place == lock->sessions) {
		ARRAY_GROW(lock->session, lock->sessions, lock->session_room);
		lock->session[lock->sessions++] = (struct session){0};
	}
	struct session *session = &lock->session[place];
	struct slot slot = session->slot;

	*session = (struct session){
		.slot = slot,
		.lease = {lock->now_ns, lock->terms.ttl},
		.id = lock->record ? record_new_lease(lock->record) : 1,
		.worker = number,
		.attempt = lock->worker[number].attempt,
	};
	play_schedule(lock, SESSION, place, STEP_over,
		      service_lease_gone(lock->service, &session->lease));
	return place;
}

static void end_session(struct lock *lock, int place)
{
	struct session *session = &lock->session[place];
	struct worker *owner = &lock->worker[session->worker];

	if (session->order)
		remove_key(lock, place);
	session->id = 0;
	session->slot.busy = false;
	if (owner->session == place)
		owner->session = -1;
	service_grant_next(lock);
}

void step_over(struct lock *lock, int place, int slot)
{
	(void)slot;
	struct session *session = &lock->session[place];
	int64_t gone_ns = service_lease_gone(lock->service, &session->lease);
	struct worker *owner = &lock->worker[session->worker];
	int number = session->worker;

	CHECK(session->id);
	if (gone_ns > lock->now_ns) {
		play_schedule(lock, SESSION, place, STEP_over, gone_ns);
		return;
	}
	bool is_its = owner->session == place && owner->attempt == session->attempt;
	bool waits = is_its && session->order && !session->granted;

	if (is_its && owner->believes)
		play_count(lock, COUNT_LOST);
	end_session(lock, place);
	if (waits && !owner->dead) {
		owner->main.reply = (struct reply){.outcome = OUTCOME_FAIL,
						   .error = "mutex: session is expired"};
		answer_at(lock, number, MAIN, lock->now_ns);
	}
}

/* One that arrives too late, but before the lease is found to be over, hears of it when it is. */
static void renew(struct lock *lock, int number)
{
	struct asker *asker = &lock->worker[number].beat;
	struct session *session = waiting_of(lock, number);
	int64_t at_ns = lock->now_ns;

	asker->reply =
		(struct reply){.outcome = OUTCOME_OK, .gone = true, .revision = *lock->revision};
	if (session && asker->attempt == session->attempt) {
		if (at_ns < service_lease_end(lock->service, &session->lease, at_ns)) {
			session->lease.renewed_ns = at_ns;
			asker->reply.gone = false;
			asker->reply.ttl_ms = (int32_t)(lock->terms.ttl / NS_PER_MS);
		} else {
			at_ns = service_lease_gone(lock->service, &session->lease);
		}
	}
	answer_at(lock, number, BEAT, at_ns);
}

/* The store ------------------------------------------------------------------------------------- */

/* What it truly is, whatever anybody could have known: by the order of the keys. */
static void judge(struct lock *lock, const struct worker *worker,
		  const struct decision_event *decision)
{
	if (!decision->accepted) {
		play_count(lock, COUNT_REFUSED);
		return;
	}
	if (decision->f == F_WRITE) {
		play_count(lock, COUNT_WRITES);
		if (worker->order < lock->order_written)
			play_count(lock, COUNT_STALE_WRITES);
		else if (worker->order < lock->order_read)
			play_count(lock, COUNT_LATE_WRITES);
		if (worker->version != decision->version_before)
			play_count(lock, COUNT_LOST_UPDATES);
	}
	int64_t *front = decision->f == F_WRITE ? &lock->order_written : &lock->order_read;

	if (worker->order > *front)
		*front = worker->order;
}

static void decide(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];
	struct asker *asker = &worker->main;
	const struct session *session = waiting_of(lock, number);
	bool write = asker->f == F_WRITE, stands = session && session->attempt == asker->attempt;
	struct store_request request = {
		.write = write,
		.token = guard_carries(lock->terms.guard, write) ? worker->token : 0,
		.op = asker->op,
		.value = write ? asker->op : 0,
		.base = lock->terms.guard->writes_carry_base ? worker->version : NO_VERSION,
		.key_gone = lock->terms.guard->in_service && !stands,
	};
	struct decision_event decision;

	store_decide(&lock->resource, &lock->state, &request, &decision);
	decision.lane = lock->resource.lane;
	decision.arrived_ns = lock->now_ns;
	judge(lock, worker, &decision);
	text_copy(worker->refusal, sizeof(worker->refusal), decision.reason);
	asker->reply = (struct reply){
		.outcome = decision.accepted ? OUTCOME_OK : OUTCOME_FAIL,
		.version = decision.accepted ? decision.version_after : 0,
		.value = decision.value,
		.error = decision.accepted ? NULL : worker->refusal,
	};
	if (lock->record)
		record_decision(lock->record, lock, &decision);
	answer_at(lock, number, MAIN, lock->now_ns);
}

/* Arrivals -------------------------------------------------------------------------------------- */

/* Whether the request was answered at once. */
static bool serve(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];
	struct asker *asker = &worker->main;
	struct session *session = waiting_of(lock, number);
	struct reply *reply = &asker->reply;

	*reply = (struct reply){.outcome = OUTCOME_OK};
	switch (asker->f) {
	case F_LEASE_GRANT:
		worker->session = new_session(lock, number);
		worker->lease = lock->session[worker->session].id;
		reply->ttl_ms = (int32_t)(lock->terms.ttl / NS_PER_MS);
		break;
	case F_ACQUIRE:
		if (!session) {
			*reply = (struct reply){.outcome = OUTCOME_FAIL,
						.error = "requested lease not found"};
			return true;
		}
		put_key(lock, worker->session);
		worker->order = session->order;
		service_grant_next(lock);
		return false;
	case F_TOKEN:
		reply->token = session ? session->order : 0;
		if (!reply->token)
			*reply = (struct reply){.outcome = OUTCOME_FAIL,
						.gone = true,
						.error = "the lock key is gone"};
		break;
	case F_RELEASE:
		if (session && session->order)
			remove_key(lock, worker->session);
		if (quiet_cycles(lock, number))
			return false;
		service_grant_next(lock);
		break;
	case F_LEASE_REVOKE:
		if (session)
			end_session(lock, worker->session);
		else
			*reply = (struct reply){.outcome = OUTCOME_FAIL,
						.error = "requested lease not found"};
		break;
	case F_KEEPALIVE:
	case F_READ:
	case F_WRITE:
	case F_LOSE:
	case F_LOOK:
		CHECK(!"asked elsewhere");
	}
	if (reply->outcome == OUTCOME_OK)
		reply->revision = *lock->revision;
	return true;
}

void step_arrive(struct lock *lock, int number, int slot)
{
	enum function f = asker_of(lock, number, slot)->f;
	int64_t ready_ns =
		asks_store(f) ? lock->now_ns : service_ready(lock->service, lock->now_ns);

	if (ready_ns > lock->now_ns)
		lock->worker[number].disturbed = true;
	if (asks_store(f)) {
		decide(lock, number);
	} else if (f == F_KEEPALIVE) {
		if (ready_ns > lock->now_ns)
			leave_unanswered(lock, number, slot);
		else
			renew(lock, number);
	} else if (ready_ns > lock->now_ns) {
		play_schedule(lock, slot, number, STEP_arrive, ready_ns);
	} else if (serve(lock, number)) {
		answer_at(lock, number, slot, lock->now_ns);
	}
}

void step_resume(struct lock *lock, int number, int slot)
{
	(void)number;
	(void)slot;
	lock->occupied = false;
	service_grant_next(lock);
}
