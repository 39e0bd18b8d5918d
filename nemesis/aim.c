/*
 * Aiming: from "the holder of this lane, while somebody waits" to a process, or to hosts, as things
 * stand now. The leader is asked for at the cluster; workers are found in the live view.
 *
 * Two rules limit what may be hit, unless a block says `overlap`. One fault per host at a time, so
 * that each effect has one cause (a member may be cut while a worker is paused). And never more
 * than a minority of the members, unless the target is a greater set: without a majority etcd
 * rightly stands still, nobody acquires anything, and the exposures that the run is for do not
 * come; a cluster of one has no majority to keep, so that one may be hit.
 */
#include "base/invariant.h"
#include "nemesis/faults.h"

#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>

#include "base/cleanup.h"
#include "base/clock.h"

static const int64_t LEADER_EVERY_NS = 100 * NS_PER_MS;

static bool lacks(struct fault *fault, const char *what)
{
	fault->lacks = what;
	return false;
}

/* Moments ------------------------------------------------------------------------------------- */

static bool moment_has_come(struct nemesis *nemesis, struct fault *fault)
{
	const struct nemesis_config *config = nemesis->config;

	if (fault->block->moment == MOMENT_NOW)
		return true;
	if (fault->lane)
		return view_moment(nemesis, fault, fault->lane, &fault->lacks, &fault->look_ns);
	for (int i = 0; i < config->lanes; i++)
		if (view_moment(nemesis, fault, &config->lane[i], &fault->lacks, &fault->look_ns))
			return true;
	return false;
}

/* The moment came for this target; it is hit `after` that, unless it has gone on to another attempt
 * meanwhile. */
static bool is_ripe(struct fault *fault)
{
	const struct live_worker *slot = fault->slot;
	int64_t now_ns = clock_now_ns();

	if (fault->after_ns == 0 || fault->block->moment == MOMENT_BEFORE_EXPIRY ||
	    fault->block->follows)
		return true;
	if (fault->ripe_ns == 0 || (slot && atomic_load(&slot->attempt) != fault->attempt)) {
		fault->ripe_ns = now_ns + fault->after_ns;
		fault->attempt = slot ? atomic_load(&slot->attempt) : 0;
	}
	return now_ns >= fault->ripe_ns || lacks(fault, "the moment has come, `after` is not over");
}

/* Between the moment and `after` only the target has to stay what it was. */
static bool still_ripens(struct fault *fault)
{
	const struct live_worker *slot = fault->slot;

	if (slot && (atomic_load(&slot->attempt) != fault->attempt ||
		     (fault->block->target == TARGET_HOLDER && !live_holds(slot))))
		fault->ripe_ns = 0;
	return fault->ripe_ns != 0;
}

/* Workers ------------------------------------------------------------------------------------- */

static bool take_worker(struct fault *fault, const struct live_worker *slot, const char *none)
{
	if (!slot)
		return lacks(fault, none);
	CHECK(fault->stage == STAGE_AIMING);
	fault->slot = slot;
	fault->host = atomic_load(&slot->host);
	fault->process = atomic_load(&slot->process);
	return true;
}

static const struct live_worker *pick_worker(struct nemesis *nemesis, const struct fault *fault)
{
	return view_worker(nemesis, fault->lane->lane, fault->block->target, fault->entry->pick,
			   fault->block->overlap);
}

/* Of a host that was named: it may be a worker's. */
static void take_slot_of_host(struct nemesis *nemesis, struct fault *fault)
{
	struct live *live = nemesis->config->live;
	int workers = atomic_load(&live->workers);

	for (int i = 0; i < workers; i++)
		if (atomic_load(&live->worker[i].host) == fault->host &&
		    hosts_get(nemesis->config->hosts, fault->host)->role == HOST_WORKER)
			take_worker(fault, &live->worker[i], "");
}

static bool take_host(struct nemesis *nemesis, struct fault *fault)
{
	struct hosts *hosts = nemesis->config->hosts;

	for (int host = 0; host < hosts_count(hosts); host++)
		if (strcmp(hosts_get(hosts, host)->name, fault->block->host) == 0)
			fault->host = host;
	if (fault->host < 0)
		return lacks(fault, "there is no host of that name");
	take_slot_of_host(nemesis, fault);
	return true;
}

/* Members ------------------------------------------------------------------------------------- */

static bool is_member(const struct nemesis *nemesis, int host)
{
	return host >= 0 && host < hosts_members(nemesis->config->hosts);
}

static bool is_faulted(const struct nemesis *nemesis, int host)
{
	return fault_at(nemesis, host, UINT32_MAX, NULL);
}

/* Of a fault whose host is a member. */
static bool spares_a_majority(const struct nemesis *nemesis, const struct fault *fault)
{
	int members = hosts_members(nemesis->config->hosts), faulted = 0;

	if (fault->block->overlap || fault->block->target == TARGET_MAJORITY ||
	    fault->block->target == TARGET_MEMBERS || fault->block->target == TARGET_SAME)
		return true;
	for (int i = 0; i < members; i++)
		faulted += is_faulted(nemesis, i);
	return faulted < hosts_in_minority(nemesis) || is_faulted(nemesis, fault->host);
}

static bool take_leader(struct nemesis *nemesis, struct fault *fault)
{
	int64_t now_ns = clock_now_ns();

	if (now_ns < fault->look_ns)
		return false; /* lacks what it lacked when asked last */
	fault->look_ns = now_ns + LEADER_EVERY_NS;
	fault->leader = cluster_leader(nemesis->config->cluster, &fault->term);
	if (fault->leader < 0)
		return lacks(fault, "the members know no leader");
	CHECK(is_member(nemesis, fault->leader));
	fault->host = fault->leader;
	return true;
}

static bool take_follower(struct nemesis *nemesis, struct fault *fault)
{
	int members = hosts_members(nemesis->config->hosts);

	if (members < 2)
		return lacks(fault, "a cluster of one has no follower");
	if (!take_leader(nemesis, fault))
		return false;
	fault->host = fault->entry->member % members;
	if (fault->host == fault->leader)
		fault->host = (fault->host + 1) % members;
	CHECK(fault->host != fault->leader);
	return true;
}

static bool take_endpoint(struct nemesis *nemesis, struct fault *fault)
{
	const struct live_worker *holder = view_holder(nemesis, fault->lane->lane);
	int member = holder ? atomic_load(&holder->endpoint) : -1;

	if (!is_member(nemesis, member))
		return lacks(fault, holder ? "the holder talks to no member" : "nobody holds");
	fault->host = member;
	return true;
}

/* Targets ------------------------------------------------------------------------------------- */

static bool take_target(struct nemesis *nemesis, struct fault *fault)
{
	const struct fault_block *block = fault->block;
	int members = hosts_members(nemesis->config->hosts);

	CHECK(members > 0);
	switch (block->target) {
	case TARGET_HOLDER:
		return take_worker(fault, view_holder(nemesis, fault->lane->lane), "nobody holds");
	case TARGET_WAITER:
	case TARGET_OLDEST_WAITER:
	case TARGET_NEWEST_WAITER:
		return take_worker(fault, pick_worker(nemesis, fault),
				   "nobody waits who is not under a fault");
	case TARGET_WORKER:
		return take_worker(fault, pick_worker(nemesis, fault), "no worker runs free");
	case TARGET_ENDPOINT:
		return take_endpoint(nemesis, fault);
	case TARGET_LEADER:
		return take_leader(nemesis, fault);
	case TARGET_FOLLOWER:
		return take_follower(nemesis, fault);
	case TARGET_EACH_MEMBER:
		fault->host = fault->entry->occasion % members;
		return true;
	case TARGET_MEMBER:
	case TARGET_MINORITY:
	case TARGET_MAJORITY:
	case TARGET_MEMBERS:
		fault->host = (fault->entry->member + fault->nth) % members;
		return true;
	case TARGET_STORE:
		for (int i = 0; i < hosts_count(nemesis->config->hosts); i++)
			if (hosts_get(nemesis->config->hosts, i)->role == HOST_STORE)
				fault->host = i;
		return true;
	case TARGET_SAME: /* a worker may have been started anew since */
		return !fault->slot || take_worker(fault, fault->slot, "");
	case TARGET_CLUSTER:
		return true;
	case TARGET_HOST:
		return take_host(nemesis, fault);
	case FAULT_TARGETS_COUNT:
		break;
	}
	return false;
}

static bool is_allowed(struct nemesis *nemesis, struct fault *fault)
{
	if (fault->host < 0)
		return true;
	if (is_member(nemesis, fault->host) && !spares_a_majority(nemesis, fault))
		return lacks(fault, "a minority of the members is under faults already");
	/* Two of these at one host would undo each other's work, whatever the campaign says. */
	if (fault_at(nemesis, fault->host, fault_traits(fault->block->kind)->excludes, fault))
		return lacks(fault, "another fault does the same to the target");
	if (!fault->block->overlap && fault->block->target != TARGET_SAME &&
	    fault_at(nemesis, fault->host, UINT32_MAX, fault))
		return lacks(fault, fault->block->target == TARGET_HOLDER
					    ? "the holder is under another fault"
					    : "the target is under another fault");
	return true;
}

/* A handle on the very process that was found: its pid may end and be given out anew. */
static bool take_process(struct nemesis *nemesis, struct fault *fault)
{
	struct host_control *control = hosts_control(nemesis->config->hosts, fault->host);

	fault->pid = atomic_load(&control->pid);
	fault->incarnation = atomic_load(&control->incarnation);
	fault->machine = hosts_machine(nemesis->config->hosts, fault->host);
	CHECK(fault->pid != 1); /* the namespace itself */
	fault->pidfd = fault->pid ? pidfd_open(fault->pid, 0) : -1;
	if (fault->pidfd != -1 && fault->machine.leader == fault->pid &&
	    atomic_load(&control->pid) == fault->pid &&
	    (!fault->process || atomic_load(&control->process) == fault->process))
		return true;
	cleanup_close(&fault->pidfd);
	fault->pidfd = -1;
	return lacks(fault, "the target's process does not run");
}

/* etcd may grant another TTL than was asked for; what lasts for TTLs lasts for those. */
static void heed_granted_ttl(struct nemesis *nemesis, struct fault *fault)
{
	int64_t granted_ns = view_granted_ns(nemesis, fault->lane);

	if (granted_ns)
		fault_count_lengths(fault, granted_ns);
}

bool aim_find(struct nemesis *nemesis, struct fault *fault)
{
	heed_granted_ttl(nemesis, fault);
	if (!still_ripens(fault) &&
	    (!moment_has_come(nemesis, fault) || !take_target(nemesis, fault)))
		return false;
	if (!is_allowed(nemesis, fault) || !is_ripe(fault))
		return false;
	if (fault_traits(fault->block->kind)->of_process && !take_process(nemesis, fault))
		return false;
	aim_look(nemesis, fault);
	return true;
}

/* Words --------------------------------------------------------------------------------------- */

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
		 hosts_get(nemesis->config->hosts, fault->host)->name,
		 state_word(atomic_load(&slot->state)), holds ? "holder" : "so",
		 (double)(clock_now_ns() - since_ns) / NS_PER_MS,
		 view_count_waiting(nemesis, atomic_load(&slot->lane), slot));
}

void aim_look(struct nemesis *nemesis, struct fault *fault)
{
	if (fault->host < 0) {
		snprintf(fault->detail, sizeof(fault->detail), "%s",
			 fault_target_names[fault->block->target]);
		return;
	}
	const char *name = hosts_get(nemesis->config->hosts, fault->host)->name;

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
	int64_t look_ns;
	const char *why;

	switch (fault->block->target) {
	case TARGET_HOLDER:
		return view_holder(nemesis, fault->lane->lane) == fault->slot &&
		       (fault->block->moment != MOMENT_CONTENDED ||
			view_moment(nemesis, fault, fault->lane, &why, &look_ns));
	case TARGET_WAITER:
	case TARGET_OLDEST_WAITER:
	case TARGET_NEWEST_WAITER:
		return atomic_load(&fault->slot->state) == LIVE_WAITING;
	case TARGET_WORKER:
	case TARGET_ENDPOINT:
	case TARGET_LEADER:
	case TARGET_FOLLOWER:
	case TARGET_MEMBER:
	case TARGET_EACH_MEMBER:
	case TARGET_MINORITY:
	case TARGET_MAJORITY:
	case TARGET_MEMBERS:
	case TARGET_STORE:
	case TARGET_CLUSTER:
	case TARGET_SAME:
	case TARGET_HOST:
	case FAULT_TARGETS_COUNT:
		break;
	}
	return true;
}
