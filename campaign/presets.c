/*
 * Faults as real systems have seen them. What was measured in seconds is given in TTLs of a lease
 * of 10 s, the usual order of magnitude, so that a preset means the same to a lock of any TTL; how
 * often it comes is ours.
 */
#include "campaign/fault.h"

#include <stddef.h>

#define PAUSE "do = pause first = '1 ttl' "

/* X(name, source, the block in words) */
#define PRESETS(X)                                                                                 \
	X("gc-minor", "young collections of a JVM: tenths of a second, all the time",              \
	  PAUSE "target = holder length = '0.02 .. 0.1 ttl' every = '0.5 ttl'")                    \
	X("gc-full", "HBase: full collections of 8 - 10 s per GB of heap",                         \
	  PAUSE "target = holder when = contended length = '1.2 .. 2.5 ttl' every = '4 ttl'")      \
	X("writeback", "a JVM that logs to a busy disk stands still for 4 - 15 s",                 \
	  PAUSE "target = worker length = '0.4 .. 1.5 ttl' every = '3 ttl'")                       \
	X("live-migration", "cloud maintenance that keeps memory: mostly under 10 s",              \
	  PAUSE "target = worker length = '0.1 .. 1 ttl' every = '5 ttl'")                         \
	X("azure-30", "cloud maintenance that keeps memory: rarely as long as 30 s",               \
	  PAUSE "target = holder when = contended length = '3 ttl' every = '6 ttl'")               \
	X("net-90", "GitHub 2012: packets frozen in a switch for about 90 s, then delivered",      \
	  "do = late target = holder length = '9 ttl' first = '1 ttl' every = '12 ttl'")           \
	X("blip-43", "GitHub 2018: a partition of 43 s, and a failover that took a day to mend",   \
	  "do = cut target = leader length = '4.3 ttl' first = '1 ttl' every = '9 ttl'")           \
	X("one-way", "Cloudflare 2020: a switch that forwarded in one direction only, for hours",  \
	  "do = cut target = member from = peers direction = in length = '5 ttl' "                 \
	  "first = '1 ttl' every = '8 ttl'")                                                       \
	X("disk-stall",                                                                            \
	  "etcd #15247: a leader whose log does not reach the disk; fsync stalls of 2.9 - 4 s "    \
	  "were measured in the field",                                                            \
	  "do = stall target = leader scope = wal length = '2.4 ttl' first = '1 ttl' "             \
	  "every = '5 ttl'")                                                                       \
	X("leader-pause",                                                                          \
	  "a leader that is stopped for longer than the leases live, and comes back",              \
	  PAUSE "target = leader length = '1.7 ttl' every = '4.5 ttl'")                            \
	X("rolling", "an upgrade: one member after the other is restarted",                        \
	  "do = kill target = each-member length = '0.3 .. 0.5 ttl' first = '1 ttl' "              \
	  "every = '2 ttl'")

#define ROW(name, source, says)  {name, source, says},
#define NAME(name, source, says) name,
const struct fault_preset fault_presets[] = {PRESETS(ROW){NULL, NULL, NULL}};
const char *const fault_preset_names[] = {"none", PRESETS(NAME) NULL};
