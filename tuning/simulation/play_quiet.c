/*
 * Whole cycles at once. While no fault of this lock and no change of leader comes, a worker's
 * attempt follows from the moment at which it begins and from what it draws: it asks 2 d later,
 * stands in line another d later, and when the lock is free, and its turn, all its steps take the
 * time that they take undisturbed. So it is enough to know when each begins; who stands in line
 * first is next. The draws are those that would have been made, from the same streams: this is no
 * approximation.
 *
 * The way back: everybody begins again at the moment that was found, in the past if he stands in
 * line, and the lock is taken by nobody until the moment at which it became free.
 */
#include "base/invariant.h"
#include "tuning/simulation/play.h"

enum {
	TO_LINE = 3,  /* ways from the begin of an attempt: grant, answer, acquire */
	TO_BEGIN = 4, /* from the sending of a release: its answer, revoke, its answer */
};

void quiet_plan(const struct terms *terms, struct worker *worker)
{
	if (worker->planned)
		return;
	worker->planned = true;
	worker->drawn.work_ns = chance_between(&worker->plan, terms->work_min, terms->work_max);
	worker->drawn.rest_ns = chance_between(&worker->plan, 0, terms->rest_max);
}

static bool is_open(const struct worker *worker)
{
	return worker->running || (worker->main.slot.busy && worker->main.f == F_LEASE_GRANT &&
				   worker->main.slot.step != STEP_begin);
}

/* When the attempt begins, or has begun, that is not yet granted; false: he is about something
 * else. */
static bool find_begin(const struct lock *lock, int number, bool releases, int64_t *begins_ns)
{
	const struct worker *worker = &lock->worker[number];
	const struct asker *asker = &worker->main;
	int64_t back_ns = worker->rest_ns + TO_BEGIN * lock->terms.delay;

	if (worker->disturbed || worker->dead || worker->paused || worker->believes ||
	    worker->cut_until_ns > lock->now_ns)
		return false;
	if (!releases && asker->slot.busy && asker->slot.step == STEP_begin)
		*begins_ns = asker->slot.at_ns;
	else if (asker->f == F_LEASE_GRANT || asker->f == F_ACQUIRE)
		*begins_ns = worker->begun_ns;
	else if (asker->f == F_RELEASE)
		*begins_ns = asker->sent_ns + back_ns;
	else if (asker->f == F_LEASE_REVOKE && worker->acquired && !worker->closings)
		*begins_ns = asker->sent_ns + back_ns - 2 * lock->terms.delay;
	else
		return false;
	return true;
}

static bool everybody_is_undisturbed(struct lock *lock, int releaser)
{
	for (int i = 0; i < lock->terms.workers; i++)
		if (!find_begin(lock, i, i == releaser, &lock->worker[i].begins_ns))
			return false;
	for (int i = 0; i < lock->sessions; i++)
		if (lock->session[i].id && lock->worker[lock->session[i].worker].session != i)
			return false;
	return true;
}

struct quiet { /* what comes of it */
	int64_t free_ns, cycles, renewals, waited_ns;
};

/* One cycle; false, and nothing has changed, when it would not end undisturbed. */
static bool play_cycle(struct lock *lock, int64_t until_ns, struct quiet *quiet)
{
	const struct terms *terms = &lock->terms;
	struct worker *next = lock->worker;
	int64_t delay = terms->delay;

	for (struct worker *other = next + 1; other < lock->worker + terms->workers; other++)
		if (other->begins_ns < next->begins_ns)
			next = other;
	if (next->begins_ns >= terms->length)
		return false;
	quiet_plan(terms, next);
	int64_t line_ns = next->begins_ns + TO_LINE * delay;
	int64_t granted_ns = line_ns > quiet->free_ns ? line_ns : quiet->free_ns;
	int ways = guard_needs_token(terms->guard) ? 7 : 5; /* answer, token, read, write */
	int64_t released_ns = granted_ns + ways * delay + next->drawn.work_ns;

	if (released_ns + TO_BEGIN * delay >= until_ns || granted_ns + delay >= terms->length)
		return false;
	int64_t lives_ns = released_ns - next->begins_ns - 1;

	if (lives_ns >= terms->heartbeat)
		quiet->renewals += lives_ns / terms->heartbeat;
	quiet->waited_ns += granted_ns - line_ns;
	quiet->free_ns = released_ns + delay;
	quiet->cycles++;
	next->planned = false;
	next->begins_ns = released_ns + TO_BEGIN * delay + next->drawn.rest_ns;
	return true;
}

/* What was counted of attempts that are counted anew. */
static void take_back(struct lock *lock)
{
	for (int i = 0; i < lock->terms.workers; i++)
		if (is_open(&lock->worker[i]))
			lock->played->count[COUNT_RENEWALS] -= lock->worker[i].renewals;
}

static void plan_anew(struct lock *lock, int64_t free_ns)
{
	lock->due = 0;
	lock->sessions = 0;
	for (int i = 0; i < lock->terms.workers; i++) {
		struct worker *worker = &lock->worker[i];

		worker->main.slot.busy = worker->beat.slot.busy = worker->life.busy = false;
		worker->running = false;
		worker->session = -1;
		worker->skipped_to_ns = worker->renewals = 0;
		play_schedule(lock, MAIN, i, STEP_begin, worker->begins_ns);
	}
	lock->occupied = true;
	play_schedule(lock, LOCK, 0, STEP_resume, free_ns);
}

static void account(struct lock *lock, const struct quiet *quiet)
{
	int64_t *count = lock->played->count;

	count[COUNT_HOLDS] += quiet->cycles;
	count[COUNT_WRITES] += quiet->cycles;
	count[COUNT_RENEWALS] += quiet->renewals;
	lock->played->waited_s += (double)quiet->waited_ns / 1e9;
	*lock->revision += 2 * quiet->cycles;
	lock->state.version += quiet->cycles;
	lock->order_read = lock->order_written = *lock->revision;
	if (guard_needs_token(lock->terms.guard))
		lock->state.greatest_token = *lock->revision;
}

/* Those in line have drawn already, and begin once more. */
static void set_planned(struct lock *lock, bool planned)
{
	for (int i = 0; i < lock->terms.workers; i++)
		if (is_open(&lock->worker[i]))
			lock->worker[i].planned = planned;
}

bool quiet_cycles(struct lock *lock, int releaser)
{
	const struct terms *terms = &lock->terms;
	struct quiet quiet = {.free_ns = lock->now_ns};
	int64_t until_ns = play_quiet_until_ns(lock);

	if (terms->plays_all || lock->holder >= 0 || lock->occupied || lock->believers ||
	    terms->heartbeat <= 2 * terms->delay ||
	    terms->heartbeat + 2 * terms->delay >= terms->ttl ||
	    lock->now_ns + TO_BEGIN * terms->delay >= until_ns ||
	    service_ready(lock->service, lock->now_ns) > lock->now_ns ||
	    !everybody_is_undisturbed(lock, releaser))
		return false;
	set_planned(lock, true);
	while (play_cycle(lock, until_ns, &quiet))
		;
	if (!quiet.cycles) {
		set_planned(lock, false);
		return false;
	}
	take_back(lock);
	account(lock, &quiet);
	plan_anew(lock, quiet.free_ns);
	return true;
}
