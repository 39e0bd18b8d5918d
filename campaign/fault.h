/*
 * What a campaign can say of faults: kinds (fault_kinds.h, a row each), targets, moments and the
 * rest, as one list of words each; and a block of it.
 */
#ifndef CAMPAIGN_FAULT_H
#define CAMPAIGN_FAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "history/event.h"

enum fault_kind {
#define FAULT_KIND(name, ...) FAULT_##name,
#include "campaign/fault_kinds.h"
	FAULT_KINDS_COUNT
};

/* What else a block names, each a list of words: X(name in code, word in campaigns, meaning), the
 * meaning for people (`fencepost help targets`). */
#define FAULT_TARGETS(X)                                                                           \
	X(HOLDER, "holder",                                                                        \
	  "the lane's worker that believes that it holds the lock; of several, who acquired last") \
	X(WAITER, "waiter", "one of the lane's workers that wait for the lock")                    \
	X(OLDEST_WAITER, "oldest-waiter", "of these, who has waited longest")                      \
	X(NEWEST_WAITER, "newest-waiter", "of these, who came last")                               \
	X(WORKER, "worker", "any of the lane's workers")                                           \
	X(ENDPOINT, "endpoint", "the member that the lane's holder talks to")                      \
	X(LEADER, "leader", "the member that leads when the fault comes")                          \
	X(FOLLOWER, "follower", "a random one that does not")                                      \
	X(MEMBER, "member", "a random one, drawn when the schedule was resolved")                  \
	X(EACH_MEMBER, "each-member", "one after the other, from occasion to occasion")            \
	X(MINORITY, "minority", "as many members as etcd bears the loss of")                       \
	X(MAJORITY, "majority", "one more than half of the members")                               \
	X(MEMBERS, "members", "all of them")                                                       \
	X(STORE, "store", "the protected resource")                                                \
	X(CLUSTER, "cluster", "no single host; need not be written")                               \
	X(SAME, "same", "what the fault hit that this one follows")                                \
	X(HOST, "host", "that host, by its name: members are m1, m2, ..., workers ARM-LANE-NUMBER")

#define FAULT_FROMS(X)                                                                             \
	X(CLUSTER, "cluster",                                                                      \
	  "all members. A worker still reaches the store: the classic stale writer")               \
	X(PEERS, "peers", "the other members; clients still reach this one. Of members only")      \
	X(CLIENTS, "clients", "all workers")                                                       \
	X(STORE, "store", "the store")                                                             \
	X(LEADER, "leader", "the member that leads")                                               \
	X(FOLLOWERS, "followers", "the members that do not")                                       \
	X(MINORITY, "minority",                                                                    \
	  "as many of the other members as etcd bears the loss of, from a drawn one on")           \
	X(MAJORITY, "majority", "more than half of the members, likewise")                         \
	X(ENDPOINT, "endpoint",                                                                    \
	  "the member that the target, or the lane's holder, talks to. Of targets of a lane")      \
	X(HOLDER, "holder", "the lane's holder. Of targets of a lane")                             \
	X(ALL, "all", "every other host but the witness")

#define FAULT_DIRECTIONS(X)                                                                        \
	X(BOTH, "both")                                                                            \
	X(OUT, "out") /* only what the target sends */                                             \
	X(IN, "in")   /* only what it is sent */

#define FAULT_MOMENTS(X)                                                                           \
	X(NOW, "now", "as soon as the target exists")                                              \
	X(CONTENDED, "contended",                                                                  \
	  "the holder is before its write, and somebody else of the lane waits who is under no "   \
	  "fault. For `target = holder` the hold must be young (50 ms); after one TTL of waiting " \
	  "for that, any age will do")                                                             \
	X(WAITED, "waited", "somebody of the lane waits")                                          \
	X(AFTER_GRANT, "after-grant", "within 30 ms of the holder's being told that it holds")     \
	X(AFTER_RENEWAL, "after-renewal",                                                          \
	  "within 30 ms of the answer to a renewal that was sent since the holder was told that "  \
	  "it holds, and acknowledged")                                                            \
	X(BEFORE_EXPIRY, "before-expiry", "the lease ends in `after` unless it is renewed before") \
	X(BETWEEN, "between", "the holder has read and not yet written")                           \
	X(ACQUIRING, "acquiring", "nobody holds, or the holder is releasing, and somebody waits")

#define FAULT_SHAPES(X)                                                                            \
	X(HALVES, "halves",                                                                        \
	  "every host is in one of two halves, members as evenly as they go; drawn")               \
	X(MINORITY, "minority", "a minority of the members and the others; workers reach all")     \
	X(BRIDGE, "bridge", "two groups of members; one member hears both")                        \
	X(RING, "ring",                                                                            \
	  "each member hears itself and the next up to a majority, no two the same: one "          \
	  "direction each")                                                                        \
	X(LEADER_ALONE, "leader-alone", "the leader and everybody")                                \
	X(PEERS, "peers", "each member and each other; workers reach all")                         \
	X(CLIENTS, "clients", "all workers and all members")

#define FAULT_SCOPES(X)                                                                            \
	X(WAL, "wal") /* the write-ahead log only */                                               \
	X(ALL, "all")

#define X(name, ...) TARGET_##name,
enum fault_target { FAULT_TARGETS(X) FAULT_TARGETS_COUNT };
#undef X
#define X(name, ...) FROM_##name,
enum fault_from { FAULT_FROMS(X) FAULT_FROMS_COUNT };
#undef X
#define X(name, ...) DIRECTION_##name,
enum fault_direction { FAULT_DIRECTIONS(X) FAULT_DIRECTIONS_COUNT };
#undef X
#define X(name, ...) MOMENT_##name,
enum fault_moment { FAULT_MOMENTS(X) FAULT_MOMENTS_COUNT };
#undef X
#define X(name, ...) SHAPE_##name,
enum fault_shape { FAULT_SHAPES(X) FAULT_SHAPES_COUNT };
#undef X
#define X(name, ...) SCOPE_##name,
enum fault_scope { FAULT_SCOPES(X) FAULT_SCOPES_COUNT };
#undef X

extern const char *const fault_kind_names[]; /* NULL-terminated, in the order of the enums */
extern const char *const fault_target_names[];
extern const char *const fault_from_names[];
extern const char *const fault_direction_names[];
extern const char *const fault_moment_names[];
extern const char *const fault_shape_names[];
extern const char *const fault_scope_names[];
extern const char *const fault_target_meanings[];
extern const char *const fault_from_meanings[];
extern const char *const fault_moment_meanings[];
extern const char *const fault_shape_meanings[];
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

/* What a fault has of its host while it is in force. */
enum fault_hold {
	HOLDS_DOWN = 1,     /* its process does not run */
	HOLDS_STOPPED = 2,  /* it stands still */
	HOLDS_BY_TURNS = 4, /* it is stopped and continued */
	HOLDS_CLOCK = 8,
};

struct fault_traits { /* a row of campaign/fault_kinds.h */
	const char *word;
	const char *does;  /* for people */
	const char *proof; /* what the count of its proof counts; proof.what in the history */
	uint32_t targets;  /* bits 1 << enum fault_target */
	uint32_t uses;     /* enum fault_use */
	enum fault_effect effect;
	bool of_process;   /* one process each: several targets are several faults */
	bool needs_disk;   /* members must be started under the disk's supervisor */
	bool needs_three;  /* members at least */
	bool of_speed;     /* its percent are a speed: 100 are true, and `by` may be nothing */
	uint32_t holds;    /* enum fault_hold */
	uint32_t excludes; /* what a fault holds beside which this one cannot be at one host */
	double percent;    /* the default */
	int rate, count;
	struct span by;
};

const struct fault_traits *fault_traits(enum fault_kind kind);

/* Prints "workers, `store`": what the kind may be aimed at, by groups; nothing when at no single
 * host. */
void fault_list_targets(FILE *out, enum fault_kind kind);

/* A fault from the record of real systems, in the words of a fault block. */
struct fault_preset {
	const char *name, *source, *says;
};

extern const struct fault_preset fault_presets[]; /* ends with a NULL name */
extern const char *const fault_preset_names[];    /* "none" first, ends with NULL */

/* True for a block whose faults come lane by lane. */
bool fault_is_of_lanes(const struct fault_block *block);

#endif
