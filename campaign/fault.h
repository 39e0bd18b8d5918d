/*
 * What a campaign can say of faults: kinds, targets, moments and the rest, as one list of words
 * each; a block of it; and what each kind has to do with (kinds.c).
 */
#ifndef CAMPAIGN_FAULT_H
#define CAMPAIGN_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "history/event.h"

/* X(name in code, name in campaigns); what each may be aimed at and is told: kinds.c. */
#define FAULT_KINDS(X)                                                                             \
	X(PAUSE, "pause")                 /* SIGSTOP ... SIGCONT */                                \
	X(SLOW, "slow")                   /* stopped and continued in turn, all the time */        \
	X(KILL, "kill")                   /* SIGKILL ... started again */                          \
	X(KILL_FOR_GOOD, "kill-for-good") /* SIGKILL, and never started again */                   \
	X(CUT, "cut")                     /* drop its packets, see `from` */                       \
	X(PARTITION, "partition")         /* drop packets between groups, see `shape` */           \
	X(LOSS, "loss")                   /* drop some of its packets */                           \
	X(DELAY, "delay")                                                                          \
	X(REORDER, "reorder")                                                                      \
	X(DUPLICATE, "duplicate")                                                                  \
	X(RATE, "rate")             /* limit its bandwidth */                                      \
	X(LATE, "late")             /* hold its packets back, then deliver them */                 \
	X(STALL, "stall")           /* a member's fsyncs do not return */                          \
	X(SLOW_SYNC, "slow-sync")   /* they take longer */                                         \
	X(SYNC_ERROR, "sync-error") /* they fail with EIO */                                       \
	X(DISK_FULL, "disk-full")                                                                  \
	X(POWER_LOSS, "power-loss")           /* SIGKILL, and what was not synced is lost */       \
	X(CLOCK, "clock")                     /* a worker's clock goes fast or slow, or jumps */   \
	X(SHIFTED_RESTART, "shifted-restart") /* a member restarts with another monotonic clock */ \
	X(MOVE_LEADER, "move-leader")                                                              \
	X(COMPACT, "compact")                                                                      \
	X(DEFRAGMENT, "defragment")                                                                \
	X(REPLACE_MEMBER, "replace-member") /* remove it, add it anew */                           \
	X(REVOKE, "revoke")                 /* an operator revokes the holder's lease */           \
	X(BALLAST, "ballast")               /* many more leases, kept alive */                     \
	X(WRITES, "writes")                 /* to other keys, all the time */

#define FAULT_TARGETS(X)                                                                           \
	X(HOLDER, "holder")                                                                        \
	X(WAITER, "waiter")                                                                        \
	X(OLDEST_WAITER, "oldest-waiter")                                                          \
	X(NEWEST_WAITER, "newest-waiter")                                                          \
	X(WORKER, "worker")     /* any of the lane */                                              \
	X(ENDPOINT, "endpoint") /* the member that the lane's holder talks to */                   \
	X(LEADER, "leader")                                                                        \
	X(FOLLOWER, "follower")       /* a random one */                                           \
	X(MEMBER, "member")           /* a random one */                                           \
	X(EACH_MEMBER, "each-member") /* one after the other */                                    \
	X(MINORITY, "minority")       /* of the members: as many as etcd bears the loss of */      \
	X(MAJORITY, "majority")                                                                    \
	X(MEMBERS, "members") /* all */                                                            \
	X(STORE, "store")                                                                          \
	X(CLUSTER, "cluster") /* no single host */                                                 \
	X(SAME, "same")       /* the target of the fault that this one follows */                  \
	X(HOST, "host")       /* by its name, which stands in `host` */

#define FAULT_FROMS(X)                                                                             \
	X(CLUSTER, "cluster") /* all members; the store stays in reach */                          \
	X(PEERS, "peers")     /* the other members only */                                         \
	X(CLIENTS, "clients") /* all workers */                                                    \
	X(STORE, "store")                                                                          \
	X(LEADER, "leader")                                                                        \
	X(FOLLOWERS, "followers") /* the members that do not lead */                               \
	X(MINORITY, "minority")   /* of the members, beside the target */                          \
	X(MAJORITY, "majority")                                                                    \
	X(ENDPOINT, "endpoint") /* the member that the target, or the lane's holder, talks to */   \
	X(HOLDER, "holder")                                                                        \
	X(ALL, "all") /* every other host but the witness */

#define FAULT_DIRECTIONS(X)                                                                        \
	X(BOTH, "both")                                                                            \
	X(OUT, "out") /* only what the target sends */                                             \
	X(IN, "in")   /* only what it is sent */

#define FAULT_MOMENTS(X)                                                                           \
	X(NOW, "now")                 /* as soon as the target exists */                           \
	X(CONTENDED, "contended")     /* when the holder is before its write and somebody waits */ \
	X(WAITED, "waited")           /* when somebody waits */                                    \
	X(AFTER_GRANT, "after-grant") /* right after the holder was told that it holds */          \
	X(AFTER_RENEWAL, "after-renewal") /* right after a renewal was acknowledged */             \
	X(BEFORE_EXPIRY, "before-expiry") /* when the lease is about to end unless renewed */      \
	X(BETWEEN, "between")             /* when the holder is between its read and its write */  \
	X(ACQUIRING, "acquiring") /* when the lock is free or being freed, and somebody waits */

#define FAULT_SHAPES(X)                                                                            \
	X(HALVES, "halves")             /* every host in one of two halves, drawn */               \
	X(MINORITY, "minority")         /* of the members, from the other members */               \
	X(BRIDGE, "bridge")             /* two halves of the members, and one that sees both */    \
	X(RING, "ring")                 /* each member hears a majority, no two the same */        \
	X(LEADER_ALONE, "leader-alone") /* from everybody */                                       \
	X(PEERS, "peers")               /* each member from each other; clients reach all */       \
	X(CLIENTS, "clients")           /* all clients from all members */

#define FAULT_SCOPES(X)                                                                            \
	X(WAL, "wal") /* the write-ahead log only */                                               \
	X(ALL, "all")

#define X(name, text) FAULT_##name,
enum fault_kind { FAULT_KINDS(X) FAULT_KINDS_COUNT };
#undef X
#define X(name, text) TARGET_##name,
enum fault_target { FAULT_TARGETS(X) FAULT_TARGETS_COUNT };
#undef X
#define X(name, text) FROM_##name,
enum fault_from { FAULT_FROMS(X) FAULT_FROMS_COUNT };
#undef X
#define X(name, text) DIRECTION_##name,
enum fault_direction { FAULT_DIRECTIONS(X) FAULT_DIRECTIONS_COUNT };
#undef X
#define X(name, text) MOMENT_##name,
enum fault_moment { FAULT_MOMENTS(X) FAULT_MOMENTS_COUNT };
#undef X
#define X(name, text) SHAPE_##name,
enum fault_shape { FAULT_SHAPES(X) FAULT_SHAPES_COUNT };
#undef X
#define X(name, text) SCOPE_##name,
enum fault_scope { FAULT_SCOPES(X) FAULT_SCOPES_COUNT };
#undef X

extern const char *const fault_kind_names[]; /* NULL-terminated, in the order of the enums */
extern const char *const fault_target_names[];
extern const char *const fault_from_names[];
extern const char *const fault_direction_names[];
extern const char *const fault_moment_names[];
extern const char *const fault_shape_names[];
extern const char *const fault_scope_names[];
extern const char *const fault_since_names[]; /* "end", "begin": with_begin */

struct span {             /* a length, drawn uniformly between two ends */
	bool in_ttl;      /* of the target's arm; of the first arm for a member */
	double low, high; /* seconds, or TTLs */
};

enum { SCHEDULED_LANES = 32 };

struct fault_block { /* as the campaign says it */
	char name[32];
	enum fault_kind kind;
	enum fault_target target;
	char host[32];        /* of TARGET_HOST: its name */
	enum fault_from from; /* of those that treat packets: the far side */
	enum fault_direction direction;
	enum fault_shape shape; /* of a partition */
	enum fault_scope scope; /* of a disk's */
	enum fault_moment moment;
	struct span after; /* the moment; for before-expiry: this long before it */
	struct span length;
	struct span by; /* how much: a delay, a duty cycle's period, a clock's offset */
	bool back;      /* of a clock: it is set back, not ahead */
	double percent; /* of packets, of time stopped; a clock's speed, 100 is true */
	int rate;       /* kbit/s, or writes per second */
	int count;      /* of ballast: leases */
	int first_ms;   /* after the load began */
	int every_ms;   /* 0: once */
	int jitter_ms;  /* each occasion is moved by 0 .. jitter */
	int lanes; /* for workers: how many lanes of every arm at each occasion; 0: all. At most
		      SCHEDULED_LANES */
	int named_lanes; /* these lanes, always */
	int lane[SCHEDULED_LANES];
	int follows;     /* index of an earlier block + 1: comes when one of its faults ends, or
			    begins; 0: by the clock */
	bool with_begin; /* of one that follows: begins when that one begins */
	bool overlap;    /* may hit a host that is under another fault */
};

/* What a kind has to do with: which targets it takes and which options mean something to it. */
enum fault_use {
	USES_FROM = 1,
	USES_SHAPE = 2,
	USES_SCOPE = 4,
	USES_BY = 8,
	USES_PERCENT = 16,
	USES_RATE = 32,
	USES_COUNT = 64,
	USES_BACK = 256,
	USES_LENGTH = 128, /* else it is over as soon as it is done */
};

struct fault_traits {
	uint32_t targets; /* bits 1 << enum fault_target */
	uint32_t uses;    /* enum fault_use */
	enum fault_effect effect;
	bool of_process; /* one process each: several targets are several faults */
	bool needs_disk; /* members must be started under the disk's supervisor */
	double percent;  /* the default */
	int rate, count;
	struct span by;
};

const struct fault_traits *fault_traits(enum fault_kind kind);

/* A fault from the record of real systems, in the words of a fault block. */
struct fault_preset {
	const char *name, *source, *says;
};

extern const struct fault_preset fault_presets[]; /* ends with a NULL name */
extern const char *const fault_preset_names[];    /* "none" first, ends with NULL */

/* True for a block whose faults come lane by lane. */
bool fault_is_of_lanes(const struct fault_block *block);

#endif
