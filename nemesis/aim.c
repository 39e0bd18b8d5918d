/*
 * Aiming: from "the holder of this lane, while somebody waits" to a process, as things stand now.
 *
 * Workers are found in the live view, where each publishes what it believes; the leader is asked
 * for at the cluster. The view is read without a lock and moves on while we act: so whoever acts on
 * an aim looks again afterwards (aim_look, aim_holds) and records what it hit in truth.
 *
 * Two rules limit what may be hit. One fault per host at a time, so that each effect has one cause
 * (a member may be cut while a worker is paused). And never more than a minority of the members:
 * without a majority etcd rightly stands still, nobody acquires anything, and the exposures that
 * the run is for do not come; a cluster of one has no majority to keep, so that one may be hit.
 */
#include "nemesis/fault.h"

#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "base/clock.h"

/* A hold this young has its read and its work still before it: what is hit now is hit before the
 * write. An older one will do only after a TTL of waiting for a young one. */
static const int64_t YOUNG_HOLD_NS = 50 * NS_PER_MS;
static const int64_t LEADER_EVERY_NS = 100 * NS_PER_MS;

static bool lacks(struct fault *fault, const char *what)
{
	fault->lacks = what;
	return false;
}

/* The slot's worker is running. The slot of a killed one keeps its last state for a while. */
static bool present(struct nemesis *nemesis, const struct live_worker *slot)
{
	struct cluster *cluster = nemesis->config->cluster;
	int process = atomic_load(&slot->process), host = atomic_load(&slot->host);

	if (process == 0 || atomic_load(&slot->state) == LIVE_ABSENT || host < 0 ||
	    host >= cluster_hosts(cluster))
		return false;
	const struct host_control *control = cluster_control(cluster, host);

	return atomic_load(&control->process) == process && atomic_load(&control->pid) != 0;
}

/* Walks over the running workers of a lane: the first slot from *at on, or NULL. */
static const struct live_worker *next_worker(struct nemesis *nemesis, int lane, int *at)
{
	const struct live *live = nemesis->config->live;
	int workers = atomic_load(&live->workers);

	while (*at < workers && *at < LIVE_WORKERS) {
		const struct live_worker *slot = &live->worker[(*at)++];

		if (atomic_load(&slot->lane) == lane && present(nemesis, slot))
			return slot;
	}
	return NULL;
}

static bool under_fault(const struct nemesis *nemesis, int host)
{
	for (int i = 0; i < nemesis->faults; i++)
		if (nemesis->fault[i].stage == STAGE_INJECTED && nemesis->fault[i].host == host)
			return true;
	return false;
}

/* Of those who believe that they hold, the one who acquired last: the others are stale. */
static const struct live_worker *find_holder(struct nemesis *nemesis, int lane)
{
	const struct live_worker *holder = NULL, *slot;

	for (int at = 0; (slot = next_worker(nemesis, lane, &at));)
		if (live_holds(slot) && (!holder || atomic_load(&slot->acquired_ns) >
							    atomic_load(&holder->acquired_ns)))
			holder = slot;
	return holder;
}

/* Only those who can take the lock over: a stopped waiter is no exposure. */
static int count_waiting(struct nemesis *nemesis, int lane, const struct live_worker *but)
{
	const struct live_worker *slot;
	int waiting = 0;

	for (int at = 0; (slot = next_worker(nemesis, lane, &at));)
		waiting += slot != but && atomic_load(&slot->state) == LIVE_WAITING &&
			   !under_fault(nemesis, atomic_load(&slot->host));
	return waiting;
}

static bool before_its_write(const struct live_worker *slot)
{
	int state = atomic_load(&slot->state);

	return state == LIVE_READING || state == LIVE_WORKING;
}

/* The holder holds, before its write, and somebody else waits. */
static bool contended(struct nemesis *nemesis, int lane)
{
	const struct live_worker *holder = find_holder(nemesis, lane);

	return holder && before_its_write(holder) && count_waiting(nemesis, lane, holder) > 0;
}

static bool moment_has_come(struct nemesis *nemesis, struct fault *fault)
{
	const struct nemesis_config *config = nemesis->config;

	switch (fault->block->moment) {
	case MOMENT_NOW:
		return true;
	case MOMENT_CONTENDED:
		if (fault->lane)
			return contended(nemesis, fault->lane->lane) ||
			       lacks(fault, "no holder before its write with somebody waiting");
		for (int i = 0; i < config->lanes; i++)
			if (contended(nemesis, config->lane[i].lane))
				return true;
		return lacks(fault, "no lane is contended");
	}
	return false;
}

static const struct live_worker *choose_holder(struct nemesis *nemesis, struct fault *fault)
{
	const struct live_worker *holder = find_holder(nemesis, fault->lane->lane);

	if (!holder) {
		lacks(fault, "nobody holds");
		return NULL;
	}
	if (under_fault(nemesis, atomic_load(&holder->host))) {
		lacks(fault, "the holder is under another fault");
		return NULL;
	}
	int64_t now_ns = clock_now_ns();

	if (fault->block->moment == MOMENT_CONTENDED &&
	    now_ns - atomic_load(&holder->acquired_ns) > YOUNG_HOLD_NS &&
	    now_ns < fault->planned_ns + fault->ttl_ns) {
		lacks(fault, "the hold is no longer young");
		return NULL;
	}
	return holder;
}

/* The pick-th of those that qualify and are under no fault. */
static const struct live_worker *choose_worker(struct nemesis *nemesis, struct fault *fault,
					       bool waiting)
{
	const struct live_worker *free_slot[256], *slot;
	int count = 0;

	for (int at = 0; count < 256 && (slot = next_worker(nemesis, fault->lane->lane, &at));)
		if (!under_fault(nemesis, atomic_load(&slot->host)) &&
		    (!waiting || atomic_load(&slot->state) == LIVE_WAITING))
			free_slot[count++] = slot;
	if (count)
		return free_slot[fault->entry->pick % count];
	lacks(fault, waiting ? "nobody waits who is not under a fault" : "no worker runs free");
	return NULL;
}

static bool take_worker(struct fault *fault, const struct live_worker *slot)
{
	if (!slot)
		return false;
	fault->slot = slot;
	fault->host = atomic_load(&slot->host);
	fault->process = atomic_load(&slot->process);
	return true;
}

static bool may_fault_a_member(const struct nemesis *nemesis)
{
	int members = cluster_members(nemesis->config->cluster), faulted = 0;
	int allowed = members == 1 ? 1 : (members - 1) / 2;

	for (int i = 0; i < nemesis->faults; i++)
		faulted += nemesis->fault[i].stage == STAGE_INJECTED && !nemesis->fault[i].lane;
	return faulted < allowed;
}

static bool take_member(struct nemesis *nemesis, struct fault *fault)
{
	int64_t now_ns = clock_now_ns();

	if (!may_fault_a_member(nemesis))
		return lacks(fault, "a minority of the members is under faults already");
	if (fault->block->target == TARGET_MEMBER) {
		fault->host = fault->entry->member;
		return true;
	}
	if (now_ns < fault->look_ns)
		return false; /* lacks what it lacked when asked last */
	fault->look_ns = now_ns + LEADER_EVERY_NS;
	fault->leader = cluster_leader(nemesis->config->cluster, &fault->term);
	if (fault->leader < 0)
		return lacks(fault, "the members know no leader");
	fault->host = fault->leader;
	return true;
}

/* A handle on the very process that was found: its pid may end and be given out anew. */
static bool take_process(struct nemesis *nemesis, struct fault *fault)
{
	struct host_control *control = cluster_control(nemesis->config->cluster, fault->host);

	fault->pid = atomic_load(&control->pid);
	fault->incarnation = atomic_load(&control->incarnation);
	fault->pidfd = fault->pid ? pidfd_open(fault->pid, 0) : -1;
	if (fault->pidfd >= 0 && atomic_load(&control->pid) == fault->pid &&
	    (!fault->process || atomic_load(&control->process) == fault->process))
		return true;
	if (fault->pidfd >= 0)
		close(fault->pidfd);
	fault->pidfd = -1;
	return lacks(fault, "the target's process does not run");
}

static bool take_target(struct nemesis *nemesis, struct fault *fault)
{
	switch (fault->block->target) {
	case TARGET_HOLDER:
		return take_worker(fault, choose_holder(nemesis, fault));
	case TARGET_WAITER:
		return take_worker(fault, choose_worker(nemesis, fault, true));
	case TARGET_WORKER:
		return take_worker(fault, choose_worker(nemesis, fault, false));
	case TARGET_LEADER:
	case TARGET_MEMBER:
		return take_member(nemesis, fault);
	}
	return false;
}

bool aim_find(struct nemesis *nemesis, struct fault *fault)
{
	if (!moment_has_come(nemesis, fault) || !take_target(nemesis, fault))
		return false;
	if (under_fault(nemesis, fault->host))
		return lacks(fault, "the target is under another fault");
	if (!take_process(nemesis, fault))
		return false;
	aim_look(nemesis, fault);
	return true;
}

static const char *state_word(int state)
{
	static const char *const words[] = {"absent",  "idle",    "waiting", "holding",
					    "reading", "working", "writing", "releasing"};

	return state >= LIVE_ABSENT && state <= LIVE_RELEASING ? words[state] : "?";
}

static void look_at_worker(struct nemesis *nemesis, struct fault *fault)
{
	const struct live_worker *slot = fault->slot;
	bool holds = live_holds(slot);
	int64_t since_ns = atomic_load(holds ? &slot->acquired_ns : &slot->since_ns);

	fault->attempt = atomic_load(&slot->attempt);
	snprintf(fault->detail, sizeof(fault->detail), "%s, %s, %s for %.1f ms, %d waiting",
		 cluster_host(nemesis->config->cluster, fault->host)->name,
		 state_word(atomic_load(&slot->state)), holds ? "holder" : "so",
		 (double)(clock_now_ns() - since_ns) / NS_PER_MS,
		 count_waiting(nemesis, fault->lane->lane, slot));
}

void aim_look(struct nemesis *nemesis, struct fault *fault)
{
	const char *name = cluster_host(nemesis->config->cluster, fault->host)->name;

	if (fault->slot)
		look_at_worker(nemesis, fault);
	else if (fault->block->target == TARGET_LEADER)
		snprintf(fault->detail, sizeof(fault->detail), "%s, leader in term %llu", name,
			 (unsigned long long)fault->term);
	else
		snprintf(fault->detail, sizeof(fault->detail), "%s", name);
}

bool aim_holds(struct nemesis *nemesis, const struct fault *fault)
{
	int lane = fault->lane ? fault->lane->lane : -1;

	switch (fault->block->target) {
	case TARGET_HOLDER:
		return find_holder(nemesis, lane) == fault->slot &&
		       (fault->block->moment == MOMENT_NOW || contended(nemesis, lane));
	case TARGET_WAITER:
		return atomic_load(&fault->slot->state) == LIVE_WAITING;
	case TARGET_WORKER:
	case TARGET_LEADER:
	case TARGET_MEMBER:
		return true;
	}
	return false;
}
