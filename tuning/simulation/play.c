#include "tuning/simulation/play.h"

#include "base/array.h"

/* The heap -------------------------------------------------------------------------------------- */

static bool comes_before(const struct due *a, const struct due *b)
{
	if (a->at_ns != b->at_ns)
		return a->at_ns < b->at_ns;
	if (a->worker != b->worker)
		return a->worker < b->worker;
	return a->slot != b->slot ? a->slot < b->slot : a->attempt < b->attempt;
}

static void heap_push(struct lock *lock, struct due due)
{
	ARRAY_GROW(lock->heap, lock->due, lock->heap_room);
	int at = lock->due++;

	for (; at && comes_before(&due, &lock->heap[(at - 1) / 2]); at = (at - 1) / 2)
		lock->heap[at] = lock->heap[(at - 1) / 2];
	lock->heap[at] = due;
}

void play_pop(struct lock *lock)
{
	struct due last = lock->heap[--lock->due];
	int at = 0;

	for (int child; (child = 2 * at + 1) < lock->due; at = child) {
		if (child + 1 < lock->due &&
		    comes_before(&lock->heap[child + 1], &lock->heap[child]))
			child++;
		if (!comes_before(&lock->heap[child], &last))
			break;
		lock->heap[at] = lock->heap[child];
	}
	lock->heap[at] = last;
}

struct slot *play_slot(struct lock *lock, int slot, int owner)
{
	CHECK(slot >= MAIN && slot <= LOCK);
	if (slot == LOCK)
		return &lock->slot;
	CHECK(owner >= 0 && owner < (slot == SESSION ? lock->sessions : lock->terms.workers));
	if (slot == SESSION)
		return &lock->session[owner].slot;
	struct worker *worker = &lock->worker[owner];

	return slot == MAIN   ? &worker->main.slot
	       : slot == BEAT ? &worker->beat.slot
			      : &worker->life;
}

void play_schedule(struct lock *lock, int slot, int owner, enum step step, int64_t at_ns)
{
	struct slot *own = play_slot(lock, slot, owner);

	own->stamp++;
	own->at_ns = at_ns;
	own->step = step;
	own->busy = true;
	struct due due = {at_ns, own->stamp, owner, slot, owner, 0};

	if (slot == SESSION) {
		due.worker = lock->session[owner].worker;
		due.attempt = lock->session[owner].attempt;
	}
	heap_push(lock, due);
}

/* What is next ---------------------------------------------------------------------------------- */

static bool is_outdated(struct lock *lock, const struct due *due)
{
	const struct slot *slot = play_slot(lock, due->slot, due->owner);

	return !slot->busy || slot->stamp != due->stamp;
}

enum strike play_next_strike(const struct lock *lock)
{
	enum strike next = 0;

	for (int i = 1; i < STRIKES; i++)
		if (lock->strike_ns[i] < lock->strike_ns[next])
			next = (enum strike)i;
	return next;
}

int64_t play_quiet_until_ns(const struct lock *lock)
{
	int64_t strike_ns = lock->strike_ns[play_next_strike(lock)];
	int64_t change_ns = service_next_change(lock->service, lock->now_ns);

	return strike_ns < change_ns ? strike_ns : change_ns;
}

int64_t play_next_ns(struct lock *lock)
{
	int64_t strike_ns = lock->strike_ns[play_next_strike(lock)];

	while (lock->due && is_outdated(lock, &lock->heap[0]))
		play_pop(lock);
	return lock->due && lock->heap[0].at_ns <= strike_ns ? lock->heap[0].at_ns : strike_ns;
}
