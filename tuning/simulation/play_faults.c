/* What befalls a holder, each as often as its hour has it, at any time: a moment at which nobody
 * holds is passed over, and so a long hold is hit more often. */
#include <stdio.h>

#include "base/invariant.h"
#include "tuning/simulation/play.h"
#include "tuning/simulation/record.h"

#define RESTART_NS NS_PER_S

static void draw_next(struct lock *lock, enum strike strike)
{
	int64_t next_ns =
		chance_after(&lock->chance[strike], lock->now_ns, lock->terms.per_hour[strike]);

	lock->strike_ns[strike] = next_ns < lock->terms.length ? next_ns : CLOCK_NEVER;
}

void faults_open(struct lock *lock, uint64_t seed)
{
	static const char *const names[STRIKES] = {"pause", "cut", "death"};
	char actor[64];

	for (int i = 0; i < STRIKES; i++) {
		snprintf(actor, sizeof(actor), "%s/%d", names[i], lock->number);
		lock->chance[i] = random_open(seed, actor);
		draw_next(lock, (enum strike)i);
	}
}

/* Who believes, and has the service's word; -1: nobody. */
static int find_holder(const struct lock *lock)
{
	if (lock->holder < 0)
		return -1;
	const struct session *session = &lock->session[lock->holder];
	const struct worker *worker = &lock->worker[session->worker];
	bool is_its = worker->session == lock->holder && worker->believes && !worker->dead;

	return is_its ? session->worker : -1;
}

static void strike_pause(struct lock *lock, int number, double length_s)
{
	struct worker *worker = &lock->worker[number];
	const struct slot *slot = &worker->main.slot;
	bool works = slot->busy && (slot->step == STEP_look || slot->step == STEP_write);
	int64_t length_ns = (int64_t)(length_s * 1e9);

	worker->wakes_ns = lock->now_ns + length_ns;
	worker->paused = worker->disturbed = true;
	play_count(lock, COUNT_PAUSES);
	if (works && !lock->terms.waits)
		play_schedule(lock, MAIN, number, slot->step, slot->at_ns + length_ns);
	play_schedule(lock, LIFE, number, STEP_wake, worker->wakes_ns);
	if (lock->record)
		record_fault(lock->record, lock, number, STRIKE_PAUSE, length_ns);
}

static void strike_cut(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];

	worker->cut_until_ns = lock->now_ns + lock->terms.cut;
	worker->cut = worker->disturbed = true;
	play_count(lock, COUNT_CUTS);
	if (lock->record)
		record_fault(lock->record, lock, number, STRIKE_CUT, lock->terms.cut);
}

static void strike_death(struct lock *lock, int number)
{
	struct worker *worker = &lock->worker[number];

	worker_end_belief(lock, worker);
	worker->dead = worker->disturbed = true;
	worker->running = worker->holding = false;
	worker->skipped_to_ns = 0;
	/* What is under way arrives. */
	worker->main.slot.busy &= worker->main.slot.step == STEP_arrive;
	worker->beat.slot.busy &= worker->beat.slot.step == STEP_arrive;
	lock->died_ns = lock->now_ns;
	play_count(lock, COUNT_DEATHS);
	play_schedule(lock, LIFE, number, STEP_restart, lock->now_ns + RESTART_NS);
	if (lock->record)
		record_fault(lock->record, lock, number, STRIKE_DEATH, RESTART_NS);
}

void faults_strike(struct lock *lock, enum strike strike)
{
	int number = find_holder(lock);
	struct worker *worker = number >= 0 ? &lock->worker[number] : NULL;
	double length_s = 0;

	if (strike == STRIKE_PAUSE) /* drawn in any case: the next ones do not depend on this */
		length_s = pauses_exceeded(lock->terms.pauses,
					   chance_share(&lock->chance[STRIKE_PAUSE]));
	draw_next(lock, strike);
	if (!worker || worker->wakes_ns > lock->now_ns || worker->cut_until_ns > lock->now_ns)
		return;
	switch (strike) {
	case STRIKE_PAUSE:
		strike_pause(lock, number, length_s);
		return;
	case STRIKE_CUT:
		strike_cut(lock, number);
		return;
	case STRIKE_DEATH:
		strike_death(lock, number);
		return;
	case STRIKES:
		break;
	}
	CHECK(!"no fault");
}

/* What it would send now is too late. */
void step_wake(struct lock *lock, int number, int slot)
{
	(void)slot;
	struct worker *worker = &lock->worker[number];
	struct session *session = worker->session >= 0 ? &lock->session[worker->session] : NULL;
	int64_t arrives_ns = lock->now_ns + lock->terms.delay;

	if (!worker->paused || worker->dead)
		return;
	if (!session || service_lease_end(lock->service, &session->lease, arrives_ns) <= arrives_ns)
		play_count(lock, COUNT_PAUSE_LOSSES);
	worker->paused = false;
}

/* As another process, once what the dead one had sent has arrived. */
void step_restart(struct lock *lock, int number, int slot)
{
	struct worker *worker = &lock->worker[number];

	CHECK(worker->dead);
	if (worker->main.slot.busy || worker->beat.slot.busy) {
		play_schedule(lock, slot, number, STEP_restart, lock->now_ns + NS_PER_MS);
		return;
	}
	worker->dead = false;
	worker->wakes_ns = worker->cut_until_ns = 0;
	worker->session = -1;
	if (lock->record)
		record_restart(lock->record, lock, number);
	play_schedule(lock, MAIN, number, STEP_begin, lock->now_ns);
}
