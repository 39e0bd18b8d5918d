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
	[FAULT_PAUSE] = {PROCESSES | OF(STORE), USES_LENGTH, EFFECT_STOP, .of_process = true},
	[FAULT_SLOW] = {PROCESSES | OF(STORE), USES_LENGTH | USES_BY | USES_PERCENT, EFFECT_STOP,
			.of_process = true, .by = {.low = 0.1, .high = 0.1}, .percent = 80},
	[FAULT_KILL] = {PROCESSES, USES_LENGTH, EFFECT_KILL, .of_process = true},
	[FAULT_KILL_FOR_GOOD] = {WORKERS | ANYWAY, 0, EFFECT_KILL, .of_process = true},
	[FAULT_CUT] = {LINKS, TIMED_PACKETS, EFFECT_PACKETS},
	[FAULT_PARTITION] = {OF(CLUSTER), USES_SHAPE | USES_LENGTH, EFFECT_PACKETS},
	[FAULT_LOSS] = {LINKS, TIMED_PACKETS | USES_PERCENT, EFFECT_PACKETS, .percent = 20},
	[FAULT_DELAY] = {LINKS, TIMED_PACKETS | USES_BY, EFFECT_PACKETS,
			 .by = {.low = 0.05, .high = 0.1}},
	[FAULT_REORDER] = {LINKS, TIMED_PACKETS | USES_BY | USES_PERCENT, EFFECT_PACKETS,
			   .by = {.low = 0.005, .high = 0.02}, .percent = 25},
	[FAULT_DUPLICATE] = {LINKS, TIMED_PACKETS | USES_PERCENT, EFFECT_PACKETS, .percent = 25},
	[FAULT_RATE] = {LINKS, TIMED_PACKETS | USES_RATE, EFFECT_PACKETS, .rate = 64},
	[FAULT_LATE] = {LINKS, TIMED_PACKETS, EFFECT_PACKETS},
	[FAULT_STALL] = {MEMBER | ANYWAY, USES_LENGTH | USES_SCOPE, EFFECT_STALL,
			 .needs_disk = true},
	[FAULT_SLOW_SYNC] = {MEMBER | ANYWAY, USES_LENGTH | USES_SCOPE | USES_BY, EFFECT_STALL,
			     .needs_disk = true, .by = {.low = 0.2, .high = 0.2}},
	[FAULT_SYNC_ERROR] = {MEMBER | ANYWAY, USES_LENGTH | USES_SCOPE, EFFECT_STALL,
			      .needs_disk = true},
	[FAULT_DISK_FULL] = {MEMBER | ANYWAY, USES_LENGTH, EFFECT_STALL, .needs_disk = true},
	[FAULT_POWER_LOSS] = {MEMBER | ANYWAY, USES_LENGTH, EFFECT_KILL, .needs_disk = true},
	[FAULT_CLOCK] = {WORKERS | ANYWAY, USES_LENGTH | USES_BY | USES_BACK | USES_PERCENT,
			 EFFECT_CLOCK, .percent = 50},
	[FAULT_SHIFTED_RESTART] = {MEMBER | ANYWAY, USES_LENGTH | USES_BY | USES_BACK, EFFECT_CLOCK,
				   .of_process = true, .by = {.low = 3600, .high = 3600}},
	[FAULT_MOVE_LEADER] = {OF(CLUSTER), 0, EFFECT_OPERATOR},
	[FAULT_COMPACT] = {OF(CLUSTER), 0, EFFECT_OPERATOR},
	[FAULT_DEFRAGMENT] = {MEMBER | ANYWAY, 0, EFFECT_OPERATOR},
	[FAULT_REPLACE_MEMBER] = {MEMBER | ANYWAY, USES_LENGTH, EFFECT_OPERATOR},
	[FAULT_REVOKE] = {OF(HOLDER), 0, EFFECT_REVOKE},
	[FAULT_BALLAST] = {OF(CLUSTER), USES_LENGTH | USES_COUNT, EFFECT_LOAD, .count = 200},
	[FAULT_WRITES] = {OF(CLUSTER), USES_LENGTH | USES_RATE, EFFECT_LOAD, .rate = 10},
};

const struct fault_traits *fault_traits(enum fault_kind kind)
{
	return &traits[kind];
}

bool fault_is_of_lanes(const struct fault_block *block)
{
	return 1u << block->target & (WORKERS | OF(ENDPOINT));
}
