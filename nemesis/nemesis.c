/*
 * The nemesis's loop.
 *
 * Theory of operation. One thread, one loop: entries of the schedule that are due become faults
 * that aim; faults whose length is over are healed; faults whose aim has come true are injected;
 * then it waits for the next instant, or, while something aims, for a change in the live view, so
 * that it acts within microseconds of a worker's step. An aim that stays unmet until the fault
 * would long be over is given up with a note: what never happened can be seen in the history.
 *
 * Being alone it needs no locks, and its record has one order. The price: what blocks delays a heal
 * that is due meanwhile. Blocking are cluster_leader (300 ms when a member is silent), a paused
 * process's stop (1 s), a killed one's end (1 s) and return (10 s), and what an operator does
 * (mostly milliseconds; a member that is removed or added may take 10 s); each fault's end is
 * stamped when it took effect, so the record tells the true length. What takes its time beside us
 * (packets, load, a slow process) is the work of other processes.
 *
 * When the load ends, or on stop, everything is healed in reverse order. Should this process die,
 * the conductor heals with cluster_heal_all, at once.
 */
#include "nemesis/faults.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/pulse.h"
#include "history/reader.h"

/* *stop wakes nobody: it is looked at this often. */
static const int64_t LOOK_EVERY_NS = 50 * NS_PER_MS;

static bool is_over(const struct nemesis *nemesis)
{
	return atomic_load(nemesis->config->stop) ||
	       clock_now_ns() >= nemesis->config->load_ends_ns;
}

/* From the schedule to aiming ----------------------------------------------------------------- */

static struct fault *add_fault(struct nemesis *nemesis, const struct scheduled *entry,
			       const struct nemesis_lane *lane, int64_t planned_ns)
{
	const struct nemesis_config *config = nemesis->config;

	CHECK(entry->block >= 0 && entry->block < config->blocks);
	const struct fault_block *block = &config->block[entry->block];

	if (nemesis->faults == FAULTS_MAX) {
		record_note(nemesis, NOTE_BREAKS,
			    "%s: more than %d faults at once; this one left out", block->name,
			    FAULTS_MAX);
		return NULL;
	}
	struct fault *fault = &nemesis->fault[nemesis->faults++];
	int64_t ttl_ns = lane ? lane->ttl_ns : config->lane[0].ttl_ns;

	*fault = (struct fault){
		.block = block,
		.verb = verb_of(block),
		.entry = entry,
		.lane = lane,
		.planned_ns = planned_ns,
		.host = -1,
		.pidfd = -1,
		.lacks = "never looked",
	};
	fault_count_lengths(fault, ttl_ns);
	if (block->follows)
		fault->planned_ns += fault->after_ns;
	fault->give_up_ns = fault->planned_ns + fault->length_ns + fault->after_ns + 2 * ttl_ns;
	CHECK(fault->give_up_ns > fault->planned_ns);
	return fault;
}

static bool names_lane(const struct scheduled *entry, int number)
{
	for (int i = 0; i < entry->lanes; i++)
		if (entry->lane[i] == number)
			return true;
	return entry->lanes == 0;
}

/* A kind that hits processes hits each member of a set by itself. */
static int faults_of(const struct nemesis *nemesis, const struct fault_block *block)
{
	int members = hosts_members(nemesis->config->hosts);

	if (!fault_traits(block->kind)->of_process)
		return 1;
	if (block->target == TARGET_MINORITY)
		return hosts_in_minority(nemesis);
	if (block->target == TARGET_MAJORITY)
		return members / 2 + 1;
	return block->target == TARGET_MEMBERS ? members : 1;
}

static void admit(struct nemesis *nemesis, const struct scheduled *entry, int64_t planned_ns)
{
	const struct nemesis_config *config = nemesis->config;
	const struct fault_block *block = &config->block[entry->block];

	if (!verb_is_possible(nemesis, block))
		return;
	if (fault_is_of_lanes(block)) {
		for (int i = 0; i < config->lanes; i++)
			if (names_lane(entry, config->lane[i].number))
				add_fault(nemesis, entry, &config->lane[i], planned_ns);
		return;
	}
	for (int nth = 0; nth < faults_of(nemesis, block); nth++) {
		struct fault *fault = add_fault(nemesis, entry, NULL, planned_ns);

		if (fault)
			fault->nth = nth;
	}
}

static void admit_due(struct nemesis *nemesis, int64_t now_ns)
{
	const struct nemesis_config *config = nemesis->config;

	for (; nemesis->next < config->schedule->count; nemesis->next++) {
		const struct scheduled *entry = &config->schedule->entry[nemesis->next];

		if (config->load_began_ns + entry->at_ns > now_ns)
			break;
		if (!config->block[entry->block].follows)
			admit(nemesis, entry, config->load_began_ns + entry->at_ns);
	}
}

/* One that hits what the leader hit, or whom its lane has now, comes with each of the leader's
 * faults; any other once in an occasion, with the first of them: a leader may hit many lanes at
 * once. */
static void admit_follower(struct nemesis *nemesis, const struct fault *leader, int at,
			   int64_t since_ns)
{
	const struct scheduled *entry = &nemesis->config->schedule->entry[at];
	const struct fault_block *block = &nemesis->config->block[entry->block];
	bool same = block->target == TARGET_SAME;

	if (!same && !(leader->lane && fault_is_of_lanes(block) && !block->named_lanes)) {
		if (!nemesis->came[at])
			admit(nemesis, entry, since_ns);
		nemesis->came[at] = true;
		return;
	}
	struct fault *fault = add_fault(nemesis, entry, leader->lane, since_ns);

	if (fault && same) {
		fault->host = leader->host;
		fault->slot = leader->slot;
	}
}

/* The fault has just begun, or ended: those that follow it are due. */
static void admit_followers(struct nemesis *nemesis, const struct fault *leader, bool began)
{
	const struct nemesis_config *config = nemesis->config;

	for (int i = 0; i < config->schedule->count; i++) {
		const struct scheduled *entry = &config->schedule->entry[i];
		const struct fault_block *block = &config->block[entry->block];

		if (block->follows - 1 == leader->entry->block && block->with_begin == began &&
		    entry->occasion == leader->entry->occasion && verb_is_possible(nemesis, block))
			admit_follower(nemesis, leader, i,
				       began ? leader->began_ns : leader->ended_ns);
	}
}

/* Injecting ----------------------------------------------------------------------------------- */

static void let_go(struct fault *fault)
{
	cleanup_close(&fault->pidfd);
	fault->pidfd = -1;
}

static void give_up(struct nemesis *nemesis, struct fault *fault)
{
	record_note(nemesis, NOTE_TELLS, "aim not met: %s, occasion %d, lane %d: %s",
		    fault->block->name, fault->entry->id, fault->lane ? fault->lane->lane : -1,
		    fault->lacks);
	CHECK(fault->stage == STAGE_AIMING); /* one that is injected has to be healed */
	fault->stage = STAGE_OVER;
}

static void try_inject(struct nemesis *nemesis, struct fault *fault)
{
	struct error err = {0};

	pulse_beat(nemesis->config->pulse);
	if (clock_now_ns() >= fault->give_up_ns) {
		give_up(nemesis, fault);
		return;
	}
	if (fault->block->follows && clock_now_ns() < fault->planned_ns)
		return;
	if (!aim_find(nemesis, fault))
		return;
	fault->aimed_ns = clock_now_ns();
	switch (fault->verb->inject(nemesis, fault, &err)) {
	case VERB_DONE:
		CHECK(fault->stage == STAGE_INJECTED && fault->began_ns >= fault->aimed_ns);
		admit_followers(nemesis, fault, true);
		break;
	case VERB_MISSED:
		CHECK(fault->stage == STAGE_AIMING); /* nothing was done that would need a heal */
		fault->lacks = "the target slipped away";
		let_go(fault);
		break;
	case VERB_FAILED:
		record_note(nemesis, NOTE_BREAKS, "%s at %s: %s", fault->block->name, fault->detail,
			    err.text);
		fault->stage = STAGE_OVER;
		break;
	}
}

static void inject_aimed(struct nemesis *nemesis)
{
	for (int i = 0; i < nemesis->faults && !is_over(nemesis); i++)
		if (nemesis->fault[i].stage == STAGE_AIMING)
			try_inject(nemesis, &nemesis->fault[i]);
}

/* Healing ------------------------------------------------------------------------------------- */

static void prove_leader_changed(struct nemesis *nemesis, const struct fault *fault)
{
	struct cluster *cluster = nemesis->config->cluster;
	uint64_t term = 0;
	int leader = cluster_leader(cluster, &term);

	CHECK(fault->leader >= 0); /* who led when it was aimed */
	if (leader < 0)
		record_proof(nemesis, fault, false, 0, "leader changed",
			     "no leader known right after the heal");
	else
		record_proof(nemesis, fault, leader != fault->leader || term != fault->term,
			     (int64_t)term, "leader changed", "%s in term %llu, %s in term %llu",
			     hosts_get(nemesis->config->hosts, fault->leader)->name,
			     (unsigned long long)fault->term,
			     hosts_get(nemesis->config->hosts, leader)->name,
			     (unsigned long long)term);
}

/* A fault that cannot be healed has no recorded end; it is tried once more when everything is. */
static void heal(struct nemesis *nemesis, struct fault *fault)
{
	struct error err = {0};

	CHECK(fault->stage == STAGE_INJECTED);
	pulse_beat(nemesis->config->pulse);
	if (fault->verb->prove && fault->heals_ns != CLOCK_NEVER)
		fault->verb->prove(nemesis, fault);
	if (fault->verb->heal(nemesis, fault, &err)) {
		record_note(nemesis, NOTE_BREAKS, "fault %d cannot be healed: %s", fault->id,
			    err.text);
		fault->heals_ns = CLOCK_NEVER;
		return;
	}
	fault_ended(nemesis, fault);
	if (fault->block->target == TARGET_LEADER)
		prove_leader_changed(nemesis, fault);
	if (!is_over(nemesis))
		admit_followers(nemesis, fault, false);
}

static void heal_due(struct nemesis *nemesis)
{
	for (int i = 0; i < nemesis->faults; i++) {
		struct fault *fault = &nemesis->fault[i];

		if (fault->stage == STAGE_INJECTED && fault->heals_ns <= clock_now_ns())
			heal(nemesis, fault);
	}
}

static struct fault *newest_injected_before(struct nemesis *nemesis, int id)
{
	struct fault *newest = NULL;

	for (int i = 0; i < nemesis->faults; i++) {
		struct fault *fault = &nemesis->fault[i];

		if (fault->stage == STAGE_INJECTED && fault->id < id &&
		    (!newest || fault->id > newest->id))
			newest = fault;
	}
	return newest;
}

static void heal_everything(struct nemesis *nemesis)
{
	struct fault *fault;

	for (int id = INT_MAX; (fault = newest_injected_before(nemesis, id)); id = fault->id)
		heal(nemesis, fault);
}

/* The loop ------------------------------------------------------------------------------------ */

static void forget_over(struct nemesis *nemesis)
{
	int kept = 0;

	for (int i = 0; i < nemesis->faults; i++) {
		if (nemesis->fault[i].stage == STAGE_OVER)
			let_go(&nemesis->fault[i]);
		else
			nemesis->fault[kept++] = nemesis->fault[i];
	}
	nemesis->faults = kept;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When an aim has to be looked at although nothing changed. */
static int64_t looks_at_ns(const struct fault *fault)
{
	int64_t now_ns = clock_now_ns(), at_ns = fault->give_up_ns;

	if (fault->ripe_ns)
		at_ns = earlier(at_ns, fault->ripe_ns);
	if (fault->look_ns > now_ns)
		at_ns = earlier(at_ns, fault->look_ns);
	if (fault->block->follows && fault->planned_ns > now_ns)
		at_ns = earlier(at_ns, fault->planned_ns);
	return at_ns;
}

static void wait_for_more(struct nemesis *nemesis, uint32_t seen)
{
	const struct nemesis_config *config = nemesis->config;
	int64_t until_ns = earlier(clock_now_ns() + LOOK_EVERY_NS, config->load_ends_ns);
	bool aiming = false;

	if (nemesis->next < config->schedule->count)
		until_ns = earlier(until_ns, config->load_began_ns +
						     config->schedule->entry[nemesis->next].at_ns);
	for (int i = 0; i < nemesis->faults; i++) {
		const struct fault *fault = &nemesis->fault[i];

		aiming |= fault->stage == STAGE_AIMING;
		until_ns = earlier(until_ns, fault->stage == STAGE_AIMING ? looks_at_ns(fault)
									  : fault->heals_ns);
	}
	if (aiming)
		live_wait(config->live, seen, until_ns);
	else
		clock_sleep_until_ns(until_ns);
}

static void note_what_cannot_be(struct nemesis *nemesis)
{
	const struct nemesis_config *config = nemesis->config;

	for (int i = 0; i < config->blocks; i++)
		if (!verb_is_possible(nemesis, &config->block[i]))
			record_note(nemesis, NOTE_TELLS, "%s" NOTE_IMPOSSIBLE,
				    config->block[i].name);
	if (config->schedule->left_out)
		record_note(nemesis, NOTE_BREAKS, "%d occasions past the first %d left out",
			    config->schedule->left_out, SCHEDULE_MAX);
}

static void note_what_never_came(struct nemesis *nemesis)
{
	int left = nemesis->config->schedule->count - nemesis->next;

	CHECK(left >= 0);
	for (int i = 0; i < nemesis->faults; i++)
		if (nemesis->fault[i].stage == STAGE_AIMING)
			give_up(nemesis, &nemesis->fault[i]);
	if (left)
		record_note(nemesis, NOTE_TELLS, "stopped before %d of %d occasions", left,
			    nemesis->config->schedule->count);
}

int nemesis_main(const struct nemesis_config *config, int process)
{
	struct nemesis *nemesis = calloc(1, sizeof(*nemesis));

	CHECK_MEMORY(nemesis);
	CHECK(config->lanes > 0 || config->schedule->count == 0);
	/* It is told by *stop, and then it heals: a signal that ends it would leave faults behind.
	 */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	nemesis->config = config;
	nemesis->process = process;
	nemesis->came = calloc((size_t)config->schedule->count + 1, sizeof(*nemesis->came));
	CHECK_MEMORY(nemesis->came);
	note_what_cannot_be(nemesis);
	while (!is_over(nemesis)) {
		uint32_t seen = atomic_load(&config->live->generation);

		pulse_beat(config->pulse);
		admit_due(nemesis, clock_now_ns());
		heal_due(nemesis);
		inject_aimed(nemesis);
		forget_over(nemesis);
		wait_for_more(nemesis, seen);
	}
	heal_everything(nemesis);
	note_what_never_came(nemesis);
	for (int i = 0; i < nemesis->faults; i++)
		let_go(&nemesis->fault[i]);
	free(nemesis->came);
	free(nemesis);
	return EXIT_AS_EXPECTED;
}
