/*
 * The kinds of fault, a row each; the only place that names them all. Included by whoever wants a
 * list of them, with FAULT_KIND defined, which goes with this file:
 *
 *     FAULT_KIND(NAME, "its word", verb, "what it does", "what its proof counts", its traits)
 *
 * The verb is the nemesis's that makes it so: verb_VERB, in a file of nemesis/; without it nothing
 * links. What it does and its proof are for people: `fencepost help faults`, docs/faults.md; the
 * proof is also what the history calls it (proof.what). The traits: struct fault_traits.
 */
FAULT_KIND(PAUSE, "pause", pause,
	   "all processes of the host stop (SIGSTOP), and go on (SIGCONT) as if nothing had been",
	   "threads in state T in /proc", .targets = PROCESSES | OF(STORE), .uses = USES_LENGTH,
	   .effect = EFFECT_STOP, .of_process = true, .holds = HOLDS_STOPPED,
	   .excludes = HOLDS_BY_TURNS)
FAULT_KIND(SLOW, "slow", slow,
	   "they stop and go on by turns: of each period `by` they stand for `percent`",
	   "stops seen in /proc", .targets = PROCESSES | OF(STORE),
	   .uses = USES_LENGTH | USES_BY | USES_PERCENT, .effect = EFFECT_STOP, .of_process = true,
	   .holds = HOLDS_BY_TURNS, .excludes = HOLDS_BY_TURNS | HOLDS_STOPPED,
	   .by = {.low = 0.1, .high = 0.1}, .percent = 80)
FAULT_KIND(KILL, "kill", kill, "SIGKILL; started again after `length`", "gone after SIGKILL",
	   .targets = PROCESSES, .uses = USES_LENGTH, .effect = EFFECT_KILL, .of_process = true,
	   .holds = HOLDS_DOWN)
FAULT_KIND(KILL_FOR_GOOD, "kill-for-good", kill_for_good, "SIGKILL, and never started again",
	   "gone after SIGKILL", .targets = WORKERS | ANYWAY, .effect = EFFECT_KILL,
	   .of_process = true, .holds = HOLDS_DOWN)

/* Links: what follows acts on the packets between the target and the far side. */
FAULT_KIND(CUT, "cut", cut, "drops every packet", "packets dropped", .targets = LINKS,
	   .uses = TIMED_PACKETS, .effect = EFFECT_PACKETS)
FAULT_KIND(PARTITION, "partition", partition,
	   "drops every packet between groups of hosts, see `shape`", "packets dropped",
	   .targets = OF(CLUSTER), .uses = USES_SHAPE | USES_LENGTH, .effect = EFFECT_PACKETS)
FAULT_KIND(LOSS, "loss", loss, "drops `percent` of the packets", "packets lost", .targets = LINKS,
	   .uses = TIMED_PACKETS | USES_PERCENT, .effect = EFFECT_PACKETS, .percent = 20)
FAULT_KIND(DELAY, "delay", delay,
	   "each packet waits `by`, a quarter more or less; the order within a pair of hosts stays",
	   "packets delayed", .targets = LINKS, .uses = TIMED_PACKETS | USES_BY,
	   .effect = EFFECT_PACKETS, .by = {.low = 0.05, .high = 0.1})
FAULT_KIND(REORDER, "reorder", reorder,
	   "`percent` leave right behind a later one of their pair, after `by` at most",
	   "packets overtaken", .targets = LINKS, .uses = TIMED_PACKETS | USES_BY | USES_PERCENT,
	   .effect = EFFECT_PACKETS, .by = {.low = 0.005, .high = 0.02}, .percent = 25)
FAULT_KIND(DUPLICATE, "duplicate", duplicate, "`percent` are sent twice", "packets copied",
	   .targets = LINKS, .uses = TIMED_PACKETS | USES_PERCENT, .effect = EFFECT_PACKETS,
	   .percent = 25)
FAULT_KIND(
	RATE, "rate", rate,
	"each pair and direction gets `rate` kbit/s; a second's worth queues up, more is dropped",
	"packets slowed", .targets = LINKS, .uses = TIMED_PACKETS | USES_RATE,
	.effect = EFFECT_PACKETS, .rate = 64)
FAULT_KIND(LATE, "late", late, "keeps packets until the fault heals; then all arrive, in order",
	   "packets held", .targets = LINKS, .uses = TIMED_PACKETS, .effect = EFFECT_PACKETS)

/* A member's disk. */
FAULT_KIND(STALL, "stall", stall, "syncs are held until the fault heals", "syncs held",
	   .targets = MEMBER | ANYWAY, .uses = USES_LENGTH | USES_SCOPE, .effect = EFFECT_STALL,
	   .needs_disk = true)
FAULT_KIND(SLOW_SYNC, "slow-sync", slow_sync, "each sync is held for `by`", "syncs held",
	   .targets = MEMBER | ANYWAY, .uses = USES_LENGTH | USES_SCOPE | USES_BY,
	   .effect = EFFECT_STALL, .needs_disk = true, .by = {.low = 0.2, .high = 0.2})
FAULT_KIND(SYNC_ERROR, "sync-error", sync_error, "syncs fail with EIO, and etcd ends itself",
	   "syncs failed", .targets = MEMBER | ANYWAY, .uses = USES_LENGTH | USES_SCOPE,
	   .effect = EFFECT_STALL, .needs_disk = true)
FAULT_KIND(DISK_FULL, "disk-full", disk_full, "a file takes all space that is left",
	   "bytes of ballast", .targets = MEMBER | ANYWAY, .uses = USES_LENGTH,
	   .effect = EFFECT_STALL, .needs_disk = true)
FAULT_KIND(POWER_LOSS, "power-loss", power_loss,
	   "SIGKILL, and what the write-ahead log was given since its last completed sync is lost",
	   "bytes of the WAL lost", .targets = MEMBER | ANYWAY, .uses = USES_LENGTH,
	   .effect = EFFECT_KILL, .needs_disk = true, .holds = HOLDS_DOWN)

/* Clocks. */
FAULT_KIND(CLOCK, "clock", clock,
	   "a worker's own clock goes at `percent` of the true speed, and is set ahead, or `back`, "
	   "by `by`",
	   "microseconds that it moved ahead", .targets = WORKERS | ANYWAY,
	   .uses = USES_LENGTH | USES_BY | USES_BACK | USES_PERCENT, .effect = EFFECT_CLOCK,
	   .of_speed = true, .holds = HOLDS_CLOCK, .excludes = HOLDS_CLOCK, .percent = 50)
FAULT_KIND(SHIFTED_RESTART, "shifted-restart", shifted,
	   "SIGKILL, and the next start has a monotonic clock that is `by` ahead, or `back`",
	   "seconds ahead of ours", .targets = MEMBER | ANYWAY,
	   .uses = USES_LENGTH | USES_BY | USES_BACK, .effect = EFFECT_CLOCK, .of_process = true,
	   .holds = HOLDS_DOWN, .by = {.low = 3600, .high = 3600})

/* Operators and neighbours. */
FAULT_KIND(MOVE_LEADER, "move-leader", move_leader,
	   "gives the leadership to another member; leases are refilled as at every change",
	   "term of the new leader", .targets = OF(CLUSTER), .effect = EFFECT_OPERATOR)
FAULT_KIND(COMPACT, "compact", compact, "forgets every revision before the present one",
	   "compacted at revision", .targets = OF(CLUSTER), .effect = EFFECT_OPERATOR)
FAULT_KIND(DEFRAGMENT, "defragment", defragment,
	   "rewrites a member's database; it serves nothing meanwhile",
	   "microseconds to defragment", .targets = MEMBER | ANYWAY, .effect = EFFECT_OPERATOR)
FAULT_KIND(REPLACE_MEMBER, "replace-member", replace,
	   "removes the member, kills it, deletes its data; at the heal it is added anew, empty, "
	   "under another id",
	   "members left", .targets = MEMBER | ANYWAY, .uses = USES_LENGTH,
	   .effect = EFFECT_OPERATOR, .needs_three = true, .holds = HOLDS_DOWN)
FAULT_KIND(REVOKE, "revoke", revoke, "an operator revokes the lease of the lane's holder",
	   "key gone, created at revision", .targets = OF(HOLDER), .effect = EFFECT_REVOKE)
FAULT_KIND(BALLAST, "ballast", ballast,
	   "`count` more leases, each kept alive at a third of its TTL", "renewals acknowledged",
	   .targets = OF(CLUSTER), .uses = USES_LENGTH | USES_COUNT, .effect = EFFECT_LOAD,
	   .count = 200)
FAULT_KIND(WRITES, "writes", writes, "`rate` writes per second to keys beside the lanes",
	   "writes acknowledged", .targets = OF(CLUSTER), .uses = USES_LENGTH | USES_RATE,
	   .effect = EFFECT_LOAD, .rate = 10)

#undef FAULT_KIND
