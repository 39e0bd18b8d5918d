/*
 * The nemesis: a process of its own that does what the schedule says, when an aim comes true, and
 * proves what it did. It learns who holds a lock only from the live view.
 */
#ifndef NEMESIS_NEMESIS_H
#define NEMESIS_NEMESIS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cluster/cluster.h"
#include "history/ring.h"

/* X(name in code, name in campaigns) */
#define FAULT_KINDS(X)                                                                             \
	X(PAUSE, "pause") /* SIGSTOP ... SIGCONT */                                                \
	X(CUT, "cut")     /* drop its packets, see `from` */                                       \
	X(KILL, "kill")   /* SIGKILL ... started again */

#define FAULT_TARGETS(X)                                                                           \
	X(HOLDER, "holder")                                                                        \
	X(WAITER, "waiter")                                                                        \
	X(WORKER, "worker") /* any of the lane */                                                  \
	X(LEADER, "leader")                                                                        \
	X(MEMBER, "member") /* a random one */

#define FAULT_FROMS(X)                                                                             \
	X(CLUSTER, "cluster") /* all members; the store stays in reach */                          \
	X(PEERS, "peers")     /* the other members only */                                         \
	X(ALL, "all")         /* every other host but the witness */

#define FAULT_MOMENTS(X)                                                                           \
	X(NOW, "now")             /* as soon as the target exists */                               \
	X(CONTENDED, "contended") /* when the holder holds and somebody of its lane waits */

enum fault_kind {
#define X(name, text) FAULT_##name,
	FAULT_KINDS(X)
#undef X
};
enum fault_target {
#define X(name, text) TARGET_##name,
	FAULT_TARGETS(X)
#undef X
};
enum fault_from {
#define X(name, text) FROM_##name,
	FAULT_FROMS(X)
#undef X
};
enum fault_moment {
#define X(name, text) MOMENT_##name,
	FAULT_MOMENTS(X)
#undef X
};

extern const char *const fault_kind_names[]; /* NULL-terminated, in the order of the enums */
extern const char *const fault_target_names[];
extern const char *const fault_from_names[];
extern const char *const fault_moment_names[];

struct span {             /* a length, drawn uniformly between two ends */
	bool in_ttl;      /* of the target's arm; of the first arm for a member */
	double low, high; /* seconds, or TTLs */
};

struct fault_block { /* as the campaign says it */
	char name[32];
	enum fault_kind kind;
	enum fault_target target;
	enum fault_from from; /* of a cut */
	enum fault_moment moment;
	struct span length;
	int first_ms;  /* after the load began */
	int every_ms;  /* 0: once */
	int jitter_ms; /* each occasion is moved by 0 .. jitter */
	int lanes;     /* for workers: how many lanes of every arm at each occasion; 0: all. At most
			  SCHEDULED_LANES */
};

enum { SCHEDULED_LANES = 32, SCHEDULE_MAX = 100000 };

/* One occasion of the resolved schedule. The same lane numbers are hit in every arm, so that arms
 * can be compared pair by pair. */
struct scheduled {
	int id; /* counts from 1, by at_ns */
	int block;
	int64_t at_ns; /* since the load began */
	double length; /* seconds, or TTLs, as the block's span says */
	int member;    /* of TARGET_MEMBER; -1 */
	int pick;      /* of TARGET_WORKER, TARGET_WAITER: the how-manieth, modulo how many */
	int lanes;     /* 0: all */
	int lane[SCHEDULED_LANES]; /* number within the arm */
};

struct schedule {
	int count;
	int left_out; /* occasions past SCHEDULE_MAX; nemesis_main notes them, and that breaks */
	struct scheduled *entry; /* owned */
};

struct nemesis_lane {
	int arm, number; /* number within the arm */
	int lane;        /* lane.id */
	int64_t ttl_ns;
};

struct nemesis_config { /* borrowed until nemesis_main returns */
	const struct fault_block *block;
	int blocks;
	const struct schedule *schedule;
	const struct nemesis_lane *lane;
	int lanes;
	struct cluster *cluster;
	struct ring *ring;
	struct live *live;
	int64_t load_began_ns; /* absolute */
	int64_t load_ends_ns;  /* no fault begins after; all are healed soon after */
	_Atomic int *stop;
};

/* Draws the whole schedule from the seed: block by block, each from its own stream. */
void schedule_resolve(const struct fault_block *blocks, int count, uint64_t seed,
		      int64_t duration_ns, int lanes_per_arm, int members,
		      struct schedule *schedule);
void schedule_free(struct schedule *schedule);

/* The entry as a JSON object, for schedule.plan; the caller frees. */
char *schedule_describe(const struct fault_block *blocks, const struct scheduled *entry);

/* Runs the schedule until the load ends or stop, heals everything, returns the exit status. */
int nemesis_main(const struct nemesis_config *config, int process);

#endif
