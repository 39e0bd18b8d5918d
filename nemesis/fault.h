/*
 * Private to the room: a fault on its way from the schedule to its end, and the verbs that faults
 * are made of.
 *
 * One scheduled occasion becomes one fault for each arm and lane that it names (or one fault of a
 * member). Each goes by itself: aiming -> injected -> over. What happens on the way is recorded
 * with the functions of record.c.
 */
#ifndef NEMESIS_FAULT_H
#define NEMESIS_FAULT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "nemesis/nemesis.h"

enum { FAULTS_MAX = 1024 }; /* aiming or injected at the same time */

enum fault_stage { STAGE_AIMING, STAGE_INJECTED, STAGE_OVER };

struct fault {
	enum fault_stage stage;
	const struct fault_block *block;
	const struct scheduled *entry;
	const struct nemesis_lane *lane; /* NULL: of a member */
	int64_t planned_ns;              /* absolute, as all instants below */
	int64_t length_ns;
	int64_t ttl_ns;     /* that the length was counted in, and patience is */
	int64_t give_up_ns; /* an aim that did not come true by then never will */
	int64_t look_ns;    /* asking the cluster for its leader: not before then */
	const char *lacks;  /* why the aim is not met yet; static */

	/* The target, once aimed. */
	int host;
	int process;                    /* of a worker; 0: a member */
	const struct live_worker *slot; /* of a worker; NULL: a member */
	uint32_t attempt;
	pid_t pid;
	int pidfd; /* -1: none. Owned. A pid may be given out anew, this not */
	int incarnation;
	int leader; /* of TARGET_LEADER: who it was, and in which term */
	uint64_t term;
	char detail[80]; /* in words, as recorded */

	/* The effect. */
	int id; /* 0: not injected yet */
	int64_t began_ns, heals_ns, ended_ns;
	bool bitten;
};

struct nemesis {
	const struct nemesis_config *config;
	int process;
	int next;     /* entry of the schedule */
	int injected; /* faults so far; the last id given */
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
	/* Undoes it, stamps fault->ended_ns, and proves that it is undone. */
	int (*heal)(struct nemesis *nemesis, struct fault *fault, struct error *err);
};

extern const struct verb verb_pause, verb_cut, verb_kill;

/* Aim ----------------------------------------------------------------------------------------- */

/* Looks for the fault's target as things stand. True: the target's fields are filled. False:
 * fault->lacks says why not. May ask the cluster for its leader, which takes up to 300 ms. */
bool aim_find(struct nemesis *nemesis, struct fault *fault);

/* Looks at the target anew: its attempt, and the words for the record. */
void aim_look(struct nemesis *nemesis, struct fault *fault);

/* True while the target still is what the fault wanted it to be. */
bool aim_holds(struct nemesis *nemesis, const struct fault *fault);

/* Records ------------------------------------------------------------------------------------- */

/* It took effect just now: gives the id, stamps, records FAULT_BEGIN. */
void fault_begun(struct nemesis *nemesis, struct fault *fault);
/* It is undone, at fault->ended_ns: records FAULT_END. */
void fault_ended(struct nemesis *nemesis, struct fault *fault);
/* What the next fault_begun will give; a cut's name at the packet filter. */
int fault_next_id(const struct nemesis *nemesis);

void record_proof(struct nemesis *nemesis, const struct fault *fault, bool holds, int64_t count,
		  const char *what, const char *format, ...) __attribute__((format(printf, 6, 7)));
void record_note(struct nemesis *nemesis, bool breaks, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
