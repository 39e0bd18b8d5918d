/*
 * What each kind of fault may be aimed at, which options it takes, and what they are when nothing
 * is said. Campaigns are held to this table, and so is whoever draws faults at random.
 */
#include "campaign/fault.h"

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
	[FAULT_PAUSE] = {.targets = PROCESSES | OF(STORE),
			 .uses = USES_LENGTH,
			 .effect = EFFECT_STOP,
			 .of_process = true},
	[FAULT_SLOW] = {.targets = PROCESSES | OF(STORE),
			.uses = USES_LENGTH | USES_BY | USES_PERCENT,
			.effect = EFFECT_STOP,
			.of_process = true,
			.by = {.low = 0.1, .high = 0.1},
			.percent = 80},
	[FAULT_KILL] = {.targets = PROCESSES,
			.uses = USES_LENGTH,
			.effect = EFFECT_KILL,
			.of_process = true},
	[FAULT_KILL_FOR_GOOD] = {.targets = WORKERS | ANYWAY,
				 .uses = 0,
				 .effect = EFFECT_KILL,
				 .of_process = true},
	[FAULT_CUT] = {.targets = LINKS, .uses = TIMED_PACKETS, .effect = EFFECT_PACKETS},
	[FAULT_PARTITION] = {.targets = OF(CLUSTER),
			     .uses = USES_SHAPE | USES_LENGTH,
			     .effect = EFFECT_PACKETS},
	[FAULT_LOSS] = {.targets = LINKS,
			.uses = TIMED_PACKETS | USES_PERCENT,
			.effect = EFFECT_PACKETS,
			.percent = 20},
	[FAULT_DELAY] = {.targets = LINKS,
			 .uses = TIMED_PACKETS | USES_BY,
			 .effect = EFFECT_PACKETS,
			 .by = {.low = 0.05, .high = 0.1}},
	[FAULT_REORDER] = {.targets = LINKS,
			   .uses = TIMED_PACKETS | USES_BY | USES_PERCENT,
			   .effect = EFFECT_PACKETS,
			   .by = {.low = 0.005, .high = 0.02},
			   .percent = 25},
	[FAULT_DUPLICATE] = {.targets = LINKS,
			     .uses = TIMED_PACKETS | USES_PERCENT,
			     .effect = EFFECT_PACKETS,
			     .percent = 25},
	[FAULT_RATE] = {.targets = LINKS,
			.uses = TIMED_PACKETS | USES_RATE,
			.effect = EFFECT_PACKETS,
			.rate = 64},
	[FAULT_LATE] = {.targets = LINKS, .uses = TIMED_PACKETS, .effect = EFFECT_PACKETS},
	[FAULT_STALL] = {.targets = MEMBER | ANYWAY,
			 .uses = USES_LENGTH | USES_SCOPE,
			 .effect = EFFECT_STALL,
			 .needs_disk = true},
	[FAULT_SLOW_SYNC] = {.targets = MEMBER | ANYWAY,
			     .uses = USES_LENGTH | USES_SCOPE | USES_BY,
			     .effect = EFFECT_STALL,
			     .needs_disk = true,
			     .by = {.low = 0.2, .high = 0.2}},
	[FAULT_SYNC_ERROR] = {.targets = MEMBER | ANYWAY,
			      .uses = USES_LENGTH | USES_SCOPE,
			      .effect = EFFECT_STALL,
			      .needs_disk = true},
	[FAULT_DISK_FULL] = {.targets = MEMBER | ANYWAY,
			     .uses = USES_LENGTH,
			     .effect = EFFECT_STALL,
			     .needs_disk = true},
	[FAULT_POWER_LOSS] = {.targets = MEMBER | ANYWAY,
			      .uses = USES_LENGTH,
			      .effect = EFFECT_KILL,
			      .needs_disk = true},
	[FAULT_CLOCK] = {.targets = WORKERS | ANYWAY,
			 .uses = USES_LENGTH | USES_BY | USES_BACK | USES_PERCENT,
			 .effect = EFFECT_CLOCK,
			 .percent = 50},
	[FAULT_SHIFTED_RESTART] = {.targets = MEMBER | ANYWAY,
				   .uses = USES_LENGTH | USES_BY | USES_BACK,
				   .effect = EFFECT_CLOCK,
				   .of_process = true,
				   .by = {.low = 3600, .high = 3600}},
	[FAULT_MOVE_LEADER] = {.targets = OF(CLUSTER), .uses = 0, .effect = EFFECT_OPERATOR},
	[FAULT_COMPACT] = {.targets = OF(CLUSTER), .uses = 0, .effect = EFFECT_OPERATOR},
	[FAULT_DEFRAGMENT] = {.targets = MEMBER | ANYWAY, .uses = 0, .effect = EFFECT_OPERATOR},
	[FAULT_REPLACE_MEMBER] = {.targets = MEMBER | ANYWAY,
				  .uses = USES_LENGTH,
				  .effect = EFFECT_OPERATOR},
	[FAULT_REVOKE] = {.targets = OF(HOLDER), .uses = 0, .effect = EFFECT_REVOKE},
	[FAULT_BALLAST] = {.targets = OF(CLUSTER),
			   .uses = USES_LENGTH | USES_COUNT,
			   .effect = EFFECT_LOAD,
			   .count = 200},
	[FAULT_WRITES] = {.targets = OF(CLUSTER),
			  .uses = USES_LENGTH | USES_RATE,
			  .effect = EFFECT_LOAD,
			  .rate = 10},
};

const struct fault_traits *fault_traits(enum fault_kind kind)
{
	return &traits[kind];
}

bool fault_is_of_lanes(const struct fault_block *block)
{
	return 1u << block->target & (WORKERS | OF(ENDPOINT));
}
