/* The loop, and what begins and ends it. */
#include "tuning/simulation/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "tuning/simulation/play.h"
#include "tuning/simulation/run_record.h"

const struct count_row count_rows[COUNTS_COUNT] = {
#define X(name, word, sentence) [COUNT_##name] = {(word), (sentence)},
	COUNTS(X)
#undef X
};

static const struct {
	step_function *take;
	bool of_worker;
} steps[] = {
#define X(name, whose) [STEP_##name] = {step_##name, (whose)},
	STEPS(X)
#undef X
};

/* The loop -------------------------------------------------------------------------------------- */

/* What a worker does itself it does when it stands still no more, and never when it is dead. */
static bool must_wait(struct lock *lock, const struct due *due)
{
	struct worker *worker = due->slot < SLOTS ? &lock->worker[due->owner] : NULL;
	struct slot *slot = play_slot(lock, due->slot, due->owner);

	if (!steps[slot->step].of_worker)
		return false;
	CHECK(worker);
	if (worker->dead)
		slot->busy = false;
	else if (worker->wakes_ns > lock->now_ns)
		play_schedule(lock, due->slot, due->owner, slot->step, worker->wakes_ns);
	else
		return false;
	return true;
}

static void step(struct lock *lock)
{
	int64_t next_ns = play_next_ns(lock);
	struct due due = lock->due ? lock->heap[0] : (struct due){.at_ns = CLOCK_NEVER};

	CHECK(next_ns < CLOCK_NEVER);
	lock->now_ns = next_ns;
	if (next_ns < due.at_ns) {
		faults_strike(lock, play_next_strike(lock));
		return;
	}
	play_pop(lock);
	if (must_wait(lock, &due))
		return;
	struct slot *slot = play_slot(lock, due.slot, due.owner);

	slot->busy = false;
	steps[slot->step].take(lock, due.owner, due.slot);
}

/* A lock ---------------------------------------------------------------------------------------- */

static int64_t ns(double seconds)
{
	return llround(seconds * 1e9);
}

static struct terms terms_of(const struct scenario *scenario)
{
	const struct situation *situation = &scenario->situation;
	const struct lease *lease = &situation->lease;
	struct terms terms = {
		.heartbeat = lease->heartbeat_ns,
		.patience = lease->patience_ns,
		.retry_period = lease_retry_period_ns(lease),
		.ttl = lease->ttl_ns,
		.retries = lease->retries,
		.delay = ns(situation->delay_s),
		.work_min = ns(situation->work_min_s),
		.work_max = ns(situation->work_max_s),
		.rest_max = ns(2 * situation->rest_s),
		.cut = ns(situation->cut_s),
		.length = scenario->length_ns,
		.per_hour = {situation->pauses ? situation->pauses_per_hour : 0,
			     situation->cut_s > 0 ? scenario->cuts_per_hour : 0,
			     scenario->deaths_per_hour},
		.workers = situation->workers,
		.waits = situation->work_waits,
		.heedless = situation->heedless,
		.plays_all = scenario->plays_all,
		.guard = &guard_kinds[scenario->guard],
		.pauses = situation->pauses,
	};

	if (terms.guard->looks_at_deadline)
		terms.check = ns(fmin(situation->check_s, situation->work_min_s));
	CHECK(terms.workers > 0 && terms.work_min > 0 && terms.retries > 0 && terms.ttl > 0);
	return terms;
}

static void lock_open(struct lock *lock, const struct scenario *scenario, int number,
		      const struct lock_service *service, struct played *played, int64_t *revision)
{
	*lock = (struct lock){
		.terms = terms_of(scenario),
		.service = service,
		.played = played,
		.revision = revision,
		.number = number,
		.holder = -1,
		.resource = {.guard = scenario->guard},
	};
	ARRAY_NEW(lock->worker, lock->terms.workers);
	faults_open(lock, scenario->seed);
	for (int i = 0; i < lock->terms.workers; i++) {
		struct worker *worker = &lock->worker[i];
		char actor[64];

		/* As workloads/worker/worker.c has it: the n-th attempts of all scenarios draw
		 * alike. */
		snprintf(actor, sizeof(actor), "worker/%d/%d", number, i);
		worker->plan = random_open(scenario->seed, actor);
		snprintf(actor, sizeof(actor), "back-off/%d/%d", number, i);
		worker->back_off = random_open(scenario->seed, actor);
		worker->session = -1;
		play_schedule(lock, MAIN, i, STEP_begin,
			      chance_between(&worker->back_off, 0, lock->terms.rest_max));
	}
}

static void lock_close(struct lock *lock)
{
	free(lock->worker);
	free(lock->session);
	free(lock->heap);
}

/* All of them ----------------------------------------------------------------------------------- */

static void played_open(struct played *played, const struct scenario *scenario)
{
	const struct situation *situation = &scenario->situation;
	double ttl_s = (double)situation->lease.ttl_ns / 1e9;

	*played = (struct played){0};
	spread_open(&played->failover, 2 * (ttl_s + 1));
	spread_open(&played->failover_change, 3 * (ttl_s + 1 + 2 * situation->election_s));
}

void played_close(struct played *played)
{
	spread_close(&played->failover);
	spread_close(&played->failover_change);
}

void simulate(const struct scenario *scenario, struct played *played)
{
	struct lock_service service;
	int64_t revision = 0;

	service_open(&service, scenario->seed, ns(scenario->situation.election_s),
		     scenario->changes_per_hour, scenario->length_ns);
	played_open(played, scenario);
	played->count[COUNT_CHANGES] = service.changes;
	for (int i = 0; i < scenario->situation.locks; i++) {
		struct lock lock;

		lock_open(&lock, scenario, i, &service, played, &revision);
		while (play_next_ns(&lock) < CLOCK_NEVER)
			step(&lock);
		CHECK(!lock.believers || lock.terms.per_hour[STRIKE_DEATH] > 0);
		lock_close(&lock);
	}
	service_close(&service);
}

/* The events of all locks come in the order of their time: whichever lock is next. */
static void play_together(struct lock *lock, int locks)
{
	for (;;) {
		struct lock *next = &lock[0];

		for (int i = 1; i < locks; i++)
			if (play_next_ns(&lock[i]) < play_next_ns(next))
				next = &lock[i];
		if (play_next_ns(next) == CLOCK_NEVER)
			return;
		step(next);
	}
}

void simulate_recorded(const struct scenario *scenario, int scenarios, struct record *record,
		       struct played *played)
{
	struct lock_service service;
	struct lock *lock;
	int64_t revision = 0;
	int locks = 0;

	for (int i = 0; i < scenarios; i++)
		locks += scenario[i].situation.locks;
	ARRAY_NEW(lock, locks);
	locks = 0;
	service_open(&service, scenario->seed, ns(scenario->situation.election_s),
		     scenario->changes_per_hour, scenario->length_ns);
	for (int i = 0; i < scenarios; i++) {
		CHECK(scenario[i].seed == scenario->seed &&
		      scenario[i].length_ns == scenario->length_ns);
		played_open(&played[i], &scenario[i]);
		played[i].count[COUNT_CHANGES] = service.changes;
		for (int number = 0; number < scenario[i].situation.locks; number++, locks++) {
			lock_open(&lock[locks], &scenario[i], number, &service, &played[i],
				  &revision);
			lock[locks].record = record;
			lock[locks].resource.lane = locks;
			lock[locks].terms.plays_all = true;
			record_add_lane(record, i, lock[locks].terms.workers);
		}
	}
	record_begin(record, &service);
	play_together(lock, locks);
	for (int i = 0; i < locks; i++)
		lock_close(&lock[i]);
	free(lock);
	service_close(&service);
}
