/* Which verb makes which kind of fault, and whether it can be used here. */
#include "nemesis/fault.h"

#include <string.h>

static const struct verb *const verbs[FAULT_KINDS_COUNT] = {
	[FAULT_PAUSE] = &verb_pause,
	[FAULT_SLOW] = &verb_slow,
	[FAULT_KILL] = &verb_kill,
	[FAULT_KILL_FOR_GOOD] = &verb_kill_for_good,
	[FAULT_CUT] = &verb_cut,
	[FAULT_PARTITION] = &verb_partition,
	[FAULT_LOSS] = &verb_packets,
	[FAULT_DELAY] = &verb_packets,
	[FAULT_REORDER] = &verb_packets,
	[FAULT_DUPLICATE] = &verb_packets,
	[FAULT_RATE] = &verb_packets,
	[FAULT_LATE] = &verb_packets,
	[FAULT_STALL] = &verb_disk,
	[FAULT_SLOW_SYNC] = &verb_disk,
	[FAULT_SYNC_ERROR] = &verb_disk,
	[FAULT_DISK_FULL] = &verb_disk,
	[FAULT_POWER_LOSS] = &verb_disk,
	[FAULT_CLOCK] = &verb_clock,
	[FAULT_SHIFTED_RESTART] = &verb_shifted,
	[FAULT_MOVE_LEADER] = &verb_operator,
	[FAULT_COMPACT] = &verb_operator,
	[FAULT_DEFRAGMENT] = &verb_operator,
	[FAULT_REPLACE_MEMBER] = &verb_replace,
	[FAULT_REVOKE] = &verb_operator,
	[FAULT_BALLAST] = &verb_load,
	[FAULT_WRITES] = &verb_load,
};

const struct verb *fault_verb(const struct fault *fault)
{
	return verbs[fault->block->kind];
}

/* By whom it hits, or, of one that hits the same, whom the first of the chain hits. */
static bool may_hit_members(const struct nemesis *nemesis, const struct fault_block *block)
{
	while (block->target == TARGET_SAME && block->follows)
		block = &nemesis->config->block[block->follows - 1];
	if (block->target == TARGET_HOST) /* only a worker's name has one */
		return strchr(block->host, '-') == NULL;
	return !fault_is_of_lanes(block) || block->target == TARGET_ENDPOINT;
}

bool verb_is_possible(const struct nemesis *nemesis, const struct fault_block *block)
{
	int abilities = hosts_abilities(nemesis->config->hosts);
	int needs = verbs[block->kind]->needs;

	if (may_hit_members(nemesis, block) && block->target != TARGET_CLUSTER)
		needs |= CAN_FAULT_MEMBERS;
	return (abilities & needs) == needs;
}
