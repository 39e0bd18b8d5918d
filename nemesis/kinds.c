/*
 * What each kind of fault may be aimed at, which options it takes, and what they are when nothing
 * is said. Campaigns are held to this table, and so is whoever draws faults at random.
 */
#include "nemesis/nemesis.h"

#define OF(name) (1u << TARGET_##name)

enum {
	ANYWAY = OF(SAME) | OF(HOST),
	WORKERS = OF(HOLDER) | OF(WAITER) | OF(OLDEST_WAITER) | OF(NEWEST_WAITER) | OF(WORKER),
	MEMBER = OF(ENDPOINT) | OF(LEADER) | OF(FOLLOWER) | OF(MEMBER) | OF(EACH_MEMBER),
	SETS = OF(MINORITY) | OF(MAJORITY) | OF(MEMBERS),
	PROCESSES = WORKERS | MEMBER | SETS | ANYWAY,
	LINKS = PROCESSES | OF(STORE),
	TIMED_PACKETS = USES_FROM | USES_LENGTH,
};

static const struct fault_traits traits[FAULT_KINDS_COUNT] = {
	[FAULT_PAUSE] = {PROCESSES | OF(STORE), USES_LENGTH, .of_process = true},
	[FAULT_SLOW] = {PROCESSES | OF(STORE), USES_LENGTH | USES_BY | USES_PERCENT,
			.of_process = true, .by = {.low = 0.1, .high = 0.1}, .percent = 80},
	[FAULT_KILL] = {PROCESSES, USES_LENGTH, .of_process = true},
	[FAULT_KILL_FOR_GOOD] = {WORKERS | ANYWAY, 0, .of_process = true},
	[FAULT_CUT] = {LINKS, TIMED_PACKETS},
	[FAULT_PARTITION] = {OF(CLUSTER), USES_SHAPE | USES_LENGTH},
	[FAULT_LOSS] = {LINKS, TIMED_PACKETS | USES_PERCENT, .percent = 20},
	[FAULT_DELAY] = {LINKS, TIMED_PACKETS | USES_BY, .by = {.low = 0.05, .high = 0.1}},
	[FAULT_REORDER] = {LINKS, TIMED_PACKETS | USES_BY | USES_PERCENT,
			   .by = {.low = 0.005, .high = 0.02}, .percent = 25},
	[FAULT_DUPLICATE] = {LINKS, TIMED_PACKETS | USES_PERCENT, .percent = 25},
	[FAULT_RATE] = {LINKS, TIMED_PACKETS | USES_RATE, .rate = 64},
	[FAULT_LATE] = {LINKS, TIMED_PACKETS},
	[FAULT_STALL] = {MEMBER | ANYWAY, USES_LENGTH | USES_SCOPE, .needs_disk = true},
	[FAULT_SLOW_SYNC] = {MEMBER | ANYWAY, USES_LENGTH | USES_SCOPE | USES_BY,
			     .needs_disk = true, .by = {.low = 0.2, .high = 0.2}},
	[FAULT_SYNC_ERROR] = {MEMBER | ANYWAY, USES_LENGTH | USES_SCOPE, .needs_disk = true},
	[FAULT_DISK_FULL] = {MEMBER | ANYWAY, USES_LENGTH, .needs_disk = true},
	[FAULT_POWER_LOSS] = {MEMBER | ANYWAY, USES_LENGTH, .needs_disk = true},
	[FAULT_CLOCK] = {WORKERS | ANYWAY, USES_LENGTH | USES_BY | USES_BACK | USES_PERCENT,
			 .percent = 50},
	[FAULT_SHIFTED_RESTART] = {MEMBER | ANYWAY, USES_LENGTH | USES_BY | USES_BACK,
				   .of_process = true, .by = {.low = 3600, .high = 3600}},
	[FAULT_MOVE_LEADER] = {OF(CLUSTER), 0},
	[FAULT_COMPACT] = {OF(CLUSTER), 0},
	[FAULT_DEFRAGMENT] = {MEMBER | ANYWAY, 0},
	[FAULT_REPLACE_MEMBER] = {MEMBER | ANYWAY, USES_LENGTH},
	[FAULT_REVOKE] = {OF(HOLDER), 0},
	[FAULT_BALLAST] = {OF(CLUSTER), USES_LENGTH | USES_COUNT, .count = 200},
	[FAULT_WRITES] = {OF(CLUSTER), USES_LENGTH | USES_RATE, .rate = 10},
};

const struct fault_traits *fault_traits(enum fault_kind kind)
{
	return &traits[kind];
}

bool fault_is_of_lanes(const struct fault_block *block)
{
	return 1u << block->target & (WORKERS | OF(ENDPOINT));
}
