/*
 * Faults as real systems have seen them. What was measured in seconds is given in TTLs of a lease
 * of 10 s, the usual order of magnitude, so that a preset means the same to a lock of any TTL; how
 * often it comes is ours.
 */
#include "campaign/fault.h"

#include <stddef.h>

#define TTL(a, b)                                                                                  \
	{                                                                                          \
		.in_ttl = true, .low = (a), .high = (b)                                            \
	}

const struct fault_preset fault_presets[] = {
	{
		.name = "gc-minor",
		.source = "young collections of a JVM: tenths of a second, all the time",
		.block = {.kind = FAULT_PAUSE, .target = TARGET_HOLDER, .length = TTL(0.02, 0.1)},
		.first = TTL(1, 1),
		.every = TTL(0.5, 0.5),
	},
	{
		.name = "gc-full",
		.source = "HBase: full collections of 8 - 10 s per GB of heap",
		.block = {.kind = FAULT_PAUSE,
			  .target = TARGET_HOLDER,
			  .moment = MOMENT_CONTENDED,
			  .length = TTL(1.2, 2.5)},
		.first = TTL(1, 1),
		.every = TTL(4, 4),
	},
	{
		.name = "writeback",
		.source = "a JVM that logs to a busy disk stands still for 4 - 15 s",
		.block = {.kind = FAULT_PAUSE, .target = TARGET_WORKER, .length = TTL(0.4, 1.5)},
		.first = TTL(1, 1),
		.every = TTL(3, 3),
	},
	{
		.name = "live-migration",
		.source = "cloud maintenance that keeps memory: mostly under 10 s",
		.block = {.kind = FAULT_PAUSE, .target = TARGET_WORKER, .length = TTL(0.1, 1)},
		.first = TTL(1, 1),
		.every = TTL(5, 5),
	},
	{
		.name = "azure-30",
		.source = "cloud maintenance that keeps memory: rarely as long as 30 s",
		.block = {.kind = FAULT_PAUSE,
			  .target = TARGET_HOLDER,
			  .moment = MOMENT_CONTENDED,
			  .length = TTL(3, 3)},
		.first = TTL(1, 1),
		.every = TTL(6, 6),
	},
	{
		.name = "net-90",
		.source = "GitHub 2012: packets frozen in a switch for about 90 s, then delivered",
		.block = {.kind = FAULT_LATE,
			  .target = TARGET_HOLDER,
			  .from = FROM_ALL,
			  .length = TTL(9, 9)},
		.first = TTL(1, 1),
		.every = TTL(12, 12),
	},
	{
		.name = "blip-43",
		.source =
			"GitHub 2018: a partition of 43 s, and a failover that took a day to mend",
		.block = {.kind = FAULT_CUT,
			  .target = TARGET_LEADER,
			  .from = FROM_ALL,
			  .length = TTL(4.3, 4.3)},
		.first = TTL(1, 1),
		.every = TTL(9, 9),
	},
	{
		.name = "one-way",
		.source =
			"Cloudflare 2020: a switch that forwarded in one direction only, for hours",
		.block = {.kind = FAULT_CUT,
			  .target = TARGET_MEMBER,
			  .from = FROM_PEERS,
			  .direction = DIRECTION_IN,
			  .length = TTL(5, 5)},
		.first = TTL(1, 1),
		.every = TTL(8, 8),
	},
	{
		.name = "disk-stall",
		.source =
			"etcd #15247: a leader whose log does not reach the disk; fsync stalls of "
			"2.9 - 4 s were measured in the field",
		.block = {.kind = FAULT_STALL,
			  .target = TARGET_LEADER,
			  .scope = SCOPE_WAL,
			  .length = TTL(2.4, 2.4)},
		.first = TTL(1, 1),
		.every = TTL(5, 5),
	},
	{
		.name = "leader-pause",
		.source =
			"a leader that is stopped for longer than the leases live, and comes back",
		.block = {.kind = FAULT_PAUSE, .target = TARGET_LEADER, .length = TTL(1.7, 1.7)},
		.first = TTL(1, 1),
		.every = TTL(4.5, 4.5),
	},
	{
		.name = "rolling",
		.source = "an upgrade: one member after the other is restarted",
		.block = {.kind = FAULT_KILL,
			  .target = TARGET_EACH_MEMBER,
			  .length = TTL(0.3, 0.5)},
		.first = TTL(1, 1),
		.every = TTL(2, 2),
	},
	{.name = NULL},
};
