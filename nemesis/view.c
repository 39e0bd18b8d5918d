/*
 * The live view as the nemesis sees it: what each worker publishes of what it believes, and no
 * more. It is read without a lock and moves on while we look; who acts on it looks again after.
 */
#include "base/invariant.h"
#include "base/clock.h"
#include "nemesis/faults.h"

/* A hold this young has its read and its work still before it: what is hit now is hit before the
 * write. An older one will do only after a TTL of waiting for a young one. */
static const int64_t YOUNG_HOLD_NS = 50 * NS_PER_MS;
/* "Right after" a grant or a renewal. */
static const int64_t FRESH_NS = 30 * NS_PER_MS;

_Static_assert((int)HOSTS_MAX <= (int)LIVE_WORKERS, "every worker is a host, and has a slot");

/* The slot's worker is running. The slot of a killed one keeps its last state for a while. */
static bool present(struct nemesis *nemesis, const struct live_worker *slot)
{
	int process = atomic_load(&slot->process);

	if (process == 0 || atomic_load(&slot->state) == LIVE_ABSENT)
		return false;
	const struct host_control *control =
		hosts_control(nemesis->config->hosts, atomic_load(&slot->host));

	return atomic_load(&control->process) == process && atomic_load(&control->pid) != 0;
}

/* Walks over the running workers of a lane: the first slot from *at on, or NULL. */
static const struct live_worker *next_worker(struct nemesis *nemesis, int lane, int *at)
{
	const struct live *live = nemesis->config->live;
	int workers = atomic_load(&live->workers);

	CHECK(workers <= LIVE_WORKERS);
	while (*at < workers) {
		const struct live_worker *slot = &live->worker[(*at)++];

		if (atomic_load(&slot->lane) == lane && present(nemesis, slot))
			return slot;
	}
	return NULL;
}

static bool is_free(const struct nemesis *nemesis, const struct live_worker *slot)
{
	return !fault_at(nemesis, atomic_load(&slot->host), UINT32_MAX, NULL);
}

const struct live_worker *view_holder(struct nemesis *nemesis, int lane)
{
	const struct live_worker *holder = NULL, *slot;

	for (int at = 0; (slot = next_worker(nemesis, lane, &at));)
		if (live_holds(slot) && (!holder || atomic_load(&slot->acquired_ns) >
							    atomic_load(&holder->acquired_ns)))
			holder = slot;
	return holder;
}

int view_count_waiting(struct nemesis *nemesis, int lane, const struct live_worker *but)
{
	const struct live_worker *slot;
	int waiting = 0;

	for (int at = 0; (slot = next_worker(nemesis, lane, &at));)
		waiting += slot != but && atomic_load(&slot->state) == LIVE_WAITING &&
			   is_free(nemesis, slot);
	return waiting;
}

int64_t view_granted_ns(struct nemesis *nemesis, const struct nemesis_lane *lane)
{
	const struct live_worker *slot;

	for (int at = 0; lane && (slot = next_worker(nemesis, lane->lane, &at));)
		if (atomic_load(&slot->granted_ns))
			return atomic_load(&slot->granted_ns);
	if (lane)
		return 0;
	for (int i = 0; i < nemesis->config->lanes && nemesis->config->lane[i].arm == 0; i++) {
		int64_t granted_ns = view_granted_ns(nemesis, &nemesis->config->lane[i]);

		if (granted_ns)
			return granted_ns;
	}
	return 0;
}

/* Of two that qualify, which one the target means; the pick decides where it means neither. */
static bool is_better(enum fault_target target, const struct live_worker *a,
		      const struct live_worker *b)
{
	int64_t a_ns = atomic_load(&a->since_ns), b_ns = atomic_load(&b->since_ns);

	return target == TARGET_OLDEST_WAITER ? a_ns < b_ns : a_ns > b_ns;
}

const struct live_worker *view_worker(struct nemesis *nemesis, int lane, enum fault_target target,
				      int pick, bool overlap)
{
	const struct live_worker *found[LIVE_WORKERS], *best = NULL, *slot;
	bool waiting = target != TARGET_WORKER;
	int count = 0;

	for (int at = 0; (slot = next_worker(nemesis, lane, &at));) {
		if ((!overlap && !is_free(nemesis, slot)) ||
		    (waiting && atomic_load(&slot->state) != LIVE_WAITING))
			continue;
		CHECK(count < LIVE_WORKERS);
		found[count++] = slot;
		if (!best || is_better(target, slot, best))
			best = slot;
	}
	if (target == TARGET_OLDEST_WAITER || target == TARGET_NEWEST_WAITER)
		return best;
	return count ? found[pick % count] : NULL;
}

/* Moments ------------------------------------------------------------------------------------- */

static bool before_its_write(const struct live_worker *slot)
{
	int state = atomic_load(&slot->state);

	return state == LIVE_READING || state == LIVE_WORKING;
}

static bool is_contended(struct nemesis *nemesis, const struct fault *fault,
			 const struct live_worker *holder, int lane, const char **lacks)
{
	int64_t now_ns = clock_now_ns();

	*lacks = "no holder before its write with somebody waiting";
	if (!holder || !before_its_write(holder) || !view_count_waiting(nemesis, lane, holder))
		return false;
	*lacks = "the hold is no longer young";
	return fault->block->target != TARGET_HOLDER || fault->stage == STAGE_INJECTED ||
	       now_ns - atomic_load(&holder->acquired_ns) <= YOUNG_HOLD_NS ||
	       now_ns >= fault->planned_ns + fault->ttl_ns;
}

static bool is_fresh(int64_t then_ns)
{
	return clock_now_ns() - then_ns <= FRESH_NS;
}

/* The lease ends a TTL after the last renewal that was acknowledged, unless one is before that. */
static bool is_about_to_expire(const struct fault *fault, const struct live_worker *holder,
			       int64_t *look_ns)
{
	*look_ns = atomic_load(&holder->renewed_ns) + fault->ttl_ns - fault->after_ns;
	return clock_now_ns() >= *look_ns;
}

bool view_moment(struct nemesis *nemesis, const struct fault *fault, const struct nemesis_lane *at,
		 const char **lacks, int64_t *look_ns)
{
	const struct live_worker *holder = view_holder(nemesis, at->lane);

	*lacks = "nobody holds";
	switch (fault->block->moment) {
	case MOMENT_NOW:
		return true;
	case MOMENT_CONTENDED:
		return is_contended(nemesis, fault, holder, at->lane, lacks);
	case MOMENT_WAITED:
		*lacks = "nobody waits";
		return view_count_waiting(nemesis, at->lane, NULL) > 0;
	case MOMENT_AFTER_GRANT:
		*lacks = "no hold has just begun";
		return holder && is_fresh(atomic_load(&holder->acquired_ns));
	case MOMENT_AFTER_RENEWAL:
		*lacks = "no renewal was just acknowledged";
		return holder && is_fresh(atomic_load(&holder->answered_ns)) &&
		       atomic_load(&holder->renewed_ns) > atomic_load(&holder->acquired_ns);
	case MOMENT_BEFORE_EXPIRY:
		*lacks = holder ? "the lease is renewed in time" : *lacks;
		return holder && is_about_to_expire(fault, holder, look_ns);
	case MOMENT_BETWEEN:
		*lacks = "no holder is between its read and its write";
		return holder && atomic_load(&holder->state) == LIVE_WORKING;
	case MOMENT_ACQUIRING:
		*lacks = "the lock is not about to pass on";
		return (!holder || atomic_load(&holder->state) == LIVE_RELEASING) &&
		       view_count_waiting(nemesis, at->lane, holder) > 0;
	case FAULT_MOMENTS_COUNT:
		break;
	}
	return false;
}
