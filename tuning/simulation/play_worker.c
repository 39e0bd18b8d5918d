/*
 * A worker, step by step as workloads/worker/worker.c and heartbeat.c. What it knows is only what
 * it was answered.
 */
#include "base/clock.h"
#include "base/invariant.h"
#include "campaign/duration.h"
#include "tuning/simulation/play.h"
#include "tuning/simulation/run_record.h"

enum { CLOSE_TRIES = 3, BACK_OFF_LEAST_MS = 10, BACK_OFF_MOST_MS = 100 };

/* Beliefs ----------------------------------------------------------------------------------------- */

void worker_believe(struct lock *lock, struct worker *worker)
{
	CHECK(!worker->believes && !worker->dead);
	worker->believes = true;
	worker->met = false;
	worker->believed_ns = lock->now_ns;
	if (++lock->believers == 2)
		lock->two_since_ns = lock->now_ns;
}

/* Of two who believed together, for longer than no time, the one who began later is counted, once.
 */
static void count_overlaps(struct lock *lock, struct worker *ended)
{
	for (int i = 0; i < lock->terms.workers && lock->believers > 1; i++) {
		struct worker *other = &lock->worker[i], *later = other;

		if (!other->believes || other == ended)
			continue;
		if (ended->believed_ns > other->believed_ns ||
		    (ended->believed_ns == other->believed_ns && ended > other))
			later = ended;
		if (later->met || later->believed_ns == lock->now_ns)
			continue;
		later->met = true;
		play_count(lock, COUNT_OVERLAPS);
	}
}

void worker_end_belief(struct lock *lock, struct worker *worker)
{
	if (!worker->believes)
		return;
	CHECK(lock->believers > 0);
	count_overlaps(lock, worker);
	worker->believes = false;
	if (--lock->believers == 1)
		lock->played->two_held_s += (double)(lock->now_ns - lock->two_since_ns) / 1e9;
}

static void lose(struct lock *lock, struct worker *worker, const char *why)
{
	if (worker->lost)
		return;
	worker->lost = true;
	worker->disturbed = true;
	if (!worker->holding)
		return;
	if (worker->cut)
		play_count(lock, COUNT_CUT_LOSSES);
	worker->cut = false;
	worker_end_belief(lock, worker);
	if (lock->record)
		record_loss(lock->record, lock, worker, why);
}

/* The heartbeat ----------------------------------------------------------------------------------- */

static void renew_when_due(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];

	if (worker->running && !worker->lost && !worker->beat.slot.busy)
		play_schedule(lock, BEAT, number, STEP_renew,
			      worker->due_ns > lock->now_ns ? worker->due_ns : lock->now_ns);
}

static void start_heartbeat(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];

	worker->running = true;
	worker->safe_until_ns = worker->main.sent_ns + lock->terms.ttl;
	worker->due_ns = worker->main.sent_ns + lock->terms.heartbeat;
	/* Of an earlier attempt, and not yet due. */
	if (worker->beat.slot.busy && worker->beat.slot.step == STEP_renew)
		worker->beat.slot.busy = false;
	renew_when_due(lock, number);
}

static void stop_heartbeat(struct lock *lock, struct worker *worker)
{
	int64_t ahead_ns = worker->skipped_to_ns - lock->now_ns;

	worker->running = false;
	worker->holding = false;
	if (ahead_ns > 0) { /* counted, and not sent any more */
		lock->played->count[COUNT_RENEWALS] -= ahead_ns / lock->terms.heartbeat;
		worker->renewals -= ahead_ns / lock->terms.heartbeat;
	}
	worker->skipped_to_ns = 0;
}

/*
 * All renewals that are sent and answered before anything can befall this lock, in one step. Nobody
 * asks meanwhile how old the lease is but those who ask whether it lives, and it does: each of them
 * comes in time, for the heartbeat and the way are shorter than the TTL.
 */
static bool skip_renewals(struct lock *lock, int number)
{
	const struct terms *terms = &lock->terms;
	struct worker *worker = &lock->worker[number];
	struct session *session = worker->session >= 0 ? &lock->session[worker->session] : NULL;
	int64_t until_ns = play_quiet_until_ns(lock) - 2 * terms->delay, now_ns = lock->now_ns;

	if (until_ns > now_ns + DAY_S * NS_PER_S)
		until_ns = now_ns + DAY_S * NS_PER_S;
	int64_t times = (until_ns - now_ns) / terms->heartbeat;

	if (terms->plays_all || times < 2 || !session || worker->disturbed || worker->failures ||
	    now_ns < worker->cut_until_ns ||
	    now_ns + terms->delay >=
		    service_lease_end(lock->service, &session->lease, now_ns + terms->delay) ||
	    terms->heartbeat + 2 * terms->delay >= terms->ttl ||
	    service_ready(lock->service, now_ns) > now_ns)
		return false;
	int64_t last_ns = now_ns + (times - 1) * terms->heartbeat;

	session->lease.renewed_ns = last_ns + terms->delay;
	worker->safe_until_ns = last_ns + terms->ttl;
	worker->due_ns = worker->skipped_to_ns = last_ns + terms->heartbeat;
	worker->renewals += times;
	lock->played->count[COUNT_RENEWALS] += times;
	renew_when_due(lock, number);
	return true;
}

void step_renew(struct lock *lock, int number, int slot)
{
	struct worker *worker = &lock->worker[number];

	if (!worker->running || worker->lost)
		return;
	worker->skipped_to_ns = 0;
	if (lock->now_ns != worker->due_ns)
		worker->disturbed = true;
	if (skip_renewals(lock, number))
		return;
	worker->renewals++;
	play_count(lock, COUNT_RENEWALS);
	service_ask(lock, number, slot, F_KEEPALIVE);
}

static void take_renewal(struct lock *lock, int number)
{
	const struct terms *terms = &lock->terms;
	struct worker *worker = &lock->worker[number];
	const struct reply *reply = &worker->beat.reply;

	if (worker->beat.attempt != worker->attempt || !worker->running) {
		renew_when_due(lock, number);
		return;
	}
	if (reply->gone) {
		lose(lock, worker, "the lease is gone");
	} else if (reply->outcome == OUTCOME_OK) {
		worker->failures = 0;
		worker->due_ns = worker->beat.sent_ns + terms->heartbeat;
		if (worker->beat.sent_ns + terms->ttl > worker->safe_until_ns)
			worker->safe_until_ns = worker->beat.sent_ns + terms->ttl;
	} else if (++worker->failures >= terms->retries) {
		lose(lock, worker, "its renewals failed in a row");
	} else {
		worker->disturbed = true;
		worker->due_ns = worker->beat.sent_ns + terms->retry_period;
	}
	renew_when_due(lock, number);
}

/* Attempts ---------------------------------------------------------------------------------------- */

void step_begin(struct lock *lock, int number, int slot)
{
	struct worker *worker = &lock->worker[number];

	if (lock->now_ns >= lock->terms.length)
		return;
	quiet_plan(&lock->terms, worker);
	worker->planned = false;
	worker->work_ns = worker->drawn.work_ns;
	worker->rest_ns = worker->drawn.rest_ns;
	worker->attempt++;
	worker->begun_ns = lock->now_ns;
	worker->session = -1;
	worker->lease = worker->order = worker->token = worker->version = 0;
	worker->safe_until_ns = 0;
	worker->failures = worker->closings = 0;
	worker->lost = worker->acquired = worker->disturbed = false;
	worker->paused = worker->cut = false;
	worker->renewals = 0;
	service_ask(lock, number, slot, F_LEASE_GRANT);
}

static void rest(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];
	int64_t rest_ns = worker->rest_ns;

	if (!worker->acquired)
		rest_ns = chance_between(&worker->back_off, BACK_OFF_LEAST_MS * NS_PER_MS,
					 BACK_OFF_MOST_MS * NS_PER_MS);
	play_schedule(lock, MAIN, number, STEP_begin, lock->now_ns + rest_ns);
}

static void end_attempt(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];
	bool lost = worker->lost;

	stop_heartbeat(lock, worker);
	worker_end_belief(lock, worker);
	service_ask(lock, number, MAIN, worker->acquired && !lost ? F_RELEASE : F_LEASE_REVOKE);
}

static void tell_failover(struct lock *lock)
{
	double length_s = (double)(lock->now_ns - lock->died_ns) / 1e9;
	bool changed = service_changes(lock->service, lock->now_ns) >
		       service_changes(lock->service, lock->died_ns);

	spread_add(changed ? &lock->played->failover_change : &lock->played->failover, length_s);
	lock->died_ns = 0;
}

/* Acquired while the run ends: it gives it back at once. */
static void take_lock(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];
	bool ends = lock->now_ns >= lock->terms.length;

	worker->acquired = true;
	play_count(lock, COUNT_HOLDS);
	lock->played->waited_s +=
		(double)(lock->now_ns - worker->main.sent_ns - 2 * lock->terms.delay) / 1e9;
	if (lock->died_ns)
		tell_failover(lock);
	worker->holding = true;
	if (worker->lost && lock->record)
		record_loss(lock->record, lock, worker, "lost while it waited");
	if (worker->lost || ends) {
		end_attempt(lock, number);
		return;
	}
	worker_believe(lock, worker);
	service_ask(lock, number, MAIN, guard_needs_token(lock->terms.guard) ? F_TOKEN : F_READ);
}

static void take_token(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];

	worker->token = worker->main.reply.token;
	if (worker->main.reply.gone)
		lose(lock, worker, worker->main.reply.error);
	if (worker->lost || worker->main.reply.outcome != OUTCOME_OK)
		end_attempt(lock, number);
	else
		service_ask(lock, number, MAIN, F_READ);
}

static void take_reading(struct lock *lock, int number)
{
	const struct terms *terms = &lock->terms;
	struct worker *worker = &lock->worker[number];
	int64_t done_ns = lock->now_ns + worker->work_ns;

	if (worker->main.reply.outcome != OUTCOME_OK) {
		lose(lock, worker, worker->main.reply.error);
		end_attempt(lock, number);
		return;
	}
	worker->version = worker->main.reply.version;
	if (terms->guard->looks_at_deadline)
		play_schedule(lock, MAIN, number, STEP_look, done_ns - terms->check);
	else
		play_schedule(lock, MAIN, number, STEP_write, done_ns);
}

/* A stop between this and the writing is seen by nobody. */
void step_look(struct lock *lock, int number, int slot)
{
	struct worker *worker = &lock->worker[number];

	if (!worker->lost && lock->now_ns >= worker->safe_until_ns)
		lose(lock, worker, "the safe deadline is over");
	if (worker->lost && !(lock->terms.heedless && lock->now_ns < worker->safe_until_ns))
		end_attempt(lock, number);
	else
		play_schedule(lock, slot, number, STEP_write, lock->now_ns + lock->terms.check);
}

void step_write(struct lock *lock, int number, int slot)
{
	struct worker *worker = &lock->worker[number];

	if (worker->lost && !lock->terms.guard->looks_at_deadline && !lock->terms.heedless)
		end_attempt(lock, number);
	else
		service_ask(lock, number, slot, F_WRITE);
}

void step_answer(struct lock *lock, int number, int slot)
{
	struct worker *worker = &lock->worker[number];
	struct asker *asker = slot == MAIN ? &worker->main : &worker->beat;
	bool ok = asker->reply.outcome == OUTCOME_OK;

	CHECK(!worker->dead);
	if (lock->record)
		record_answer(lock->record, lock, number, slot);
	switch (asker->f) {
	case F_KEEPALIVE:
		take_renewal(lock, number);
		return;
	case F_LEASE_GRANT:
		if (!ok) {
			rest(lock, number);
			return;
		}
		start_heartbeat(lock, number);
		service_ask(lock, number, MAIN, F_ACQUIRE);
		return;
	case F_ACQUIRE:
		if (ok)
			take_lock(lock, number);
		else
			end_attempt(lock, number);
		return;
	case F_TOKEN:
		take_token(lock, number);
		return;
	case F_READ:
		take_reading(lock, number);
		return;
	case F_WRITE:
		if (asker->reply.outcome == OUTCOME_FAIL && guard_needs_token(lock->terms.guard))
			lose(lock, worker, asker->reply.error);
		end_attempt(lock, number);
		return;
	case F_RELEASE:
		service_ask(lock, number, MAIN, F_LEASE_REVOKE);
		return;
	case F_LEASE_REVOKE:
		if (asker->reply.outcome == OUTCOME_INFO && ++worker->closings < CLOSE_TRIES)
			service_ask(lock, number, MAIN, F_LEASE_REVOKE);
		else
			rest(lock, number);
		return;
	case F_LOSE:
	case F_LOOK:
		break;
	}
	CHECK(!"no request");
}
