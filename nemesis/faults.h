/*
 * Private to the room: a fault on its way from the schedule to its end, and the verbs that faults
 * are made of.
 *
 * One scheduled occasion becomes one fault for each arm and lane that it names; one fault of a
 * member; or, of a kind that hits processes, one for each member of a set. Each goes by itself:
 * aiming -> injected -> over. What happens on the way is recorded with the functions of record.c.
 */
#ifndef NEMESIS_FAULTS_H
#define NEMESIS_FAULTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/machine.h"
#include "nemesis/nemesis.h"

enum { FAULTS_MAX = 1024 }; /* aiming or injected at the same time */

enum fault_stage { STAGE_AIMING, STAGE_INJECTED, STAGE_OVER };

struct fault {
	enum fault_stage stage;
	const struct fault_block *block;
	const struct verb *verb; /* of the block's kind */
	const struct scheduled *entry;
	const struct nemesis_lane *lane; /* NULL: not of a lane */
	int nth;                         /* of a set's members, from 0 */
	int64_t planned_ns;              /* absolute, as all instants below */
	int64_t length_ns, after_ns, by_ns;
	int64_t ttl_ns;     /* that lengths were counted in, and patience is */
	int64_t give_up_ns; /* an aim that did not come true by then never will */
	int64_t look_ns;    /* asking the cluster for its leader: not before then */
	int64_t ripe_ns;    /* the moment came, and `after` is over then; 0: it did not come */
	const char *lacks;  /* why the aim is not met yet; static */

	/* The target, once aimed; of one that hits what another hit, from the start. */
	int host;                       /* the first, of several; -1: no single host */
	int process;                    /* of a worker; 0: no worker */
	const struct live_worker *slot; /* of a worker; NULL: no worker */
	uint32_t attempt;
	pid_t pid;
	int pidfd;              /* -1: none. Owned. A pid may be given out anew, this not */
	struct machine machine; /* what `pid` leads: all that is stopped, continued, killed */
	int incarnation;
	int leader; /* of TARGET_LEADER: who it was, and in which term */
	uint64_t term;
	char detail[80]; /* in words, as recorded */

	int64_t aimed_ns; /* when that was found so */

	/* The effect. */
	int id; /* 0: not injected yet */
	int64_t began_ns, heals_ns, ended_ns;
	bool bitten;
	void *effect; /* the verb's own; owned by it from inject to heal */
};

struct nemesis {
	const struct nemesis_config *config;
	int process;
	int next;     /* entry of the schedule */
	int injected; /* faults so far; the last id given */
	bool *came;   /* by entry of the schedule: one that follows and comes once was admitted */
	int faults;
	struct fault fault[FAULTS_MAX]; /* in the order in which they came to be aimed */
};

/* Verbs --------------------------------------------------------------------------------------- */

enum verb_result {
	VERB_DONE,
	VERB_MISSED, /* the target slipped away before anything took effect: aim again */
	VERB_FAILED, /* filled the error */
};

struct verb {
	/* Makes it so, calls fault_begun as soon as it took effect, and then records proofs. */
	enum verb_result (*inject)(struct nemesis *nemesis, struct fault *fault, struct error *err);
	/* The last look while it is in effect, just before the heal: records the proof and decides
	 * fault->bitten. NULL: the inject has decided. */
	void (*prove)(struct nemesis *nemesis, struct fault *fault);
	/* Undoes what this fault did, and only that, whatever other faults are in force; stamps
	 * fault->ended_ns, and proves that it is undone. */
	int (*heal)(struct nemesis *nemesis, struct fault *fault, struct error *err);
	/* What the cluster must be able to (enum host_ability), beside what the kind's traits
	 * and the target ask of it. */
	int needs;
	/* What the verbs of one file differ in, if anything; its own. */
	const void *own;
};

#define FAULT_KIND(name, word, made_by, ...) extern const struct verb verb_##made_by;
#include "campaign/fault_kinds.h"

/* The verb of the block's kind. */
const struct verb *verb_of(const struct fault_block *block);
/* False: this cluster is not able to what the block's faults need. */
bool verb_is_possible(const struct nemesis *nemesis, const struct fault_block *block);

/* A fault that is in force at the host, holds some of this (bits of enum fault_hold; UINT32_MAX:
 * whatever it holds, or nothing), and is not `but`; or NULL. */
const struct fault *fault_at(const struct nemesis *nemesis, int host, uint32_t holds,
			     const struct fault *but);

/* The live view (view.c): what an observer sees of a lane. ------------------------------------ */

/* Of those who believe that they hold, the one who acquired last: the others are stale. */
const struct live_worker *view_holder(struct nemesis *nemesis, int lane);

/* The pick-th of those that run, qualify and are under no fault; `overlap`: or are. */
const struct live_worker *view_worker(struct nemesis *nemesis, int lane, enum fault_target target,
				      int pick, bool overlap);

/* The TTL that the service last granted in this lane (NULL: in any lane of the first arm); 0: it
 * has not been told yet. */
int64_t view_granted_ns(struct nemesis *nemesis, const struct nemesis_lane *lane);

/* Waiting workers that can take the lock over: a stopped waiter is no exposure. */
int view_count_waiting(struct nemesis *nemesis, int lane, const struct live_worker *but);

/* The moment of the block, in this lane; false: *lacks says why not. For moments that depend on
 * time, *look_ns says when it comes if nothing changes. */
bool view_moment(struct nemesis *nemesis, const struct fault *fault,
		 const struct nemesis_lane *lane, const char **lacks, int64_t *look_ns);

/* Aim ----------------------------------------------------------------------------------------- */

/* Looks for the fault's target as things stand. True: the target's fields are filled. False:
 * fault->lacks says why not. May ask the cluster for its leader, which takes up to 300 ms. */
bool aim_find(struct nemesis *nemesis, struct fault *fault);

/* Looks at the target anew: its attempt, and the words for the record. */
void aim_look(struct nemesis *nemesis, struct fault *fault);

/* True while the target still is what the fault wanted it to be. */
bool aim_holds(struct nemesis *nemesis, const struct fault *fault);

/* As many members as etcd bears the loss of; of a cluster of one, that one. */
int hosts_in_minority(const struct nemesis *nemesis);

/* Hosts of a link's ends, for those that treat packets; each at most CUT_HOSTS_MAX. */
int hosts_of_target(struct nemesis *nemesis, const struct fault *fault, int16_t *hosts);
/* 0: there is nobody on the far side now. */
int hosts_of_far_side(struct nemesis *nemesis, const struct fault *fault, int16_t *hosts);

/* The fault's lengths, of which those in TTLs are so many of these. */
void fault_count_lengths(struct fault *fault, int64_t ttl_ns);

/* Records ------------------------------------------------------------------------------------- */

/* It took effect just now: gives the id, stamps, records FAULT_BEGIN. */
void fault_begun(struct nemesis *nemesis, struct fault *fault);
/* It is undone, at fault->ended_ns: records FAULT_END. */
void fault_ended(struct nemesis *nemesis, struct fault *fault);
/* What the next fault_begun will give; a cut's name at the packet filter. */
int fault_next_id(const struct nemesis *nemesis);

/* Whether it bit, by its kind's proof (fault_traits), and how often. */
void record_bite(struct nemesis *nemesis, struct fault *fault, bool bitten, int64_t count,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* What else shows something of it. */
void record_proof(struct nemesis *nemesis, const struct fault *fault, bool holds, int64_t count,
		  const char *what, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* What the fault's cut of that id has dropped so far, link by link; returns their sum. */
int64_t record_dropped(struct nemesis *nemesis, const struct fault *fault, int cut);
void record_note(struct nemesis *nemesis, enum note_weight weight, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
