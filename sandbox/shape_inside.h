/* Private to the room: what the files of shape.h share, and what their processes do. */
#ifndef SANDBOX_SHAPE_INSIDE_H
#define SANDBOX_SHAPE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "sandbox/shape.h"

enum { SHAPE_MARK = 2, SHAPE_QUEUE = 0, SHAPE_ACK_MS = 2000 };

/* How packets come to the engine. */
enum shape_door {
	DOOR_NOT_TRIED,
	DOOR_BRIDGE, /* nft's queue statement in the bridge family */
	DOOR_IP, /* br_netfilter shows bridged packets to the IP family; xtables' NFQUEUE there */
	DOOR_NETEM, /* no engine of ours: classes of the ports' queueing disciplines */
};

/* A slot's life; the one who changes the state to a capitalised one is in brackets:
 * FREE -> NEW [shaper] -> ACTIVE [engine] -> LEAVING [shaper] -> GONE [engine] -> FREE [shaper] */
enum shape_state { SLOT_FREE, SLOT_NEW, SLOT_ACTIVE, SLOT_LEAVING, SLOT_GONE };

struct shape_slot {
	_Atomic uint32_t state; /* a futex */
	uint64_t serial;        /* by age */
	struct shape shape;
	uint8_t sides[HOSTS_MAX]; /* SIDE_FROM | SIDE_TO */
	/* Written by the engine, but for base_dropped. */
	_Atomic int64_t offered, seen, dropped, delayed, reordered, duplicated, held, kept;
	_Atomic int64_t longest_ns, total_ns;
	int64_t base_dropped; /* of netem: what its pairs had dropped before */
};

enum { SIDE_FROM = 1, SIDE_TO = 2 };

struct shapes {
	pthread_mutex_t lock; /* robust and shared: of the shapers; the engine needs none */
	pthread_mutex_t life; /* robust and shared: the engine holds it as long as it lives */
	_Atomic int32_t pid;  /* of the engine; 0: none */
	enum shape_door door;
	uint64_t serials;
	bool port_has_classes[HOSTS_MAX]; /* of netem */
	struct shape_slot slot[SHAPES_MAX];
};

static inline bool shape_takes(const struct shape_slot *slot, int from, int to)
{
	return (slot->sides[from] & SIDE_FROM && slot->sides[to] & SIDE_TO) ||
	       (slot->shape.both && slot->sides[from] & SIDE_TO && slot->sides[to] & SIDE_FROM);
}

/* Is the treatment in force, as far as rules and classes go? */
static inline bool shape_is_in_force(const struct shape_slot *slot)
{
	return slot->state == SLOT_NEW || slot->state == SLOT_ACTIVE;
}

/* What the slot's treatment did so far; under the lock, or nobody else may shape. */
int shape_count(struct hosts *hosts, const struct shape_slot *slot, struct shape_count *count,
		struct error *err);

/* shape_rules.c: nftables ---------------------------------------------------------------------- */

/* Finds the door and loads the empty filter for it into the current network namespace. Leaves the
 * reasons against the doors that are shut in `against` (one line). */
int shape_open_door(enum shape_door *door, char *against, size_t size, struct error *err);

/* Makes the kernel's rules those of the slots in force; the counters of `left` (may be NULL) go. */
int shape_load_rules(const struct shapes *shapes, int hosts, const struct shape_slot *left,
		     struct error *err);

/* The text of that transaction; returns how many rules the chain then has. */
int shape_print_rules(FILE *out, const struct shapes *shapes, int hosts,
		      const struct shape_slot *left);

/* Packets that the slot's rules have matched. */
int shape_count_matched(const struct shape_slot *slot, int64_t *packets, struct error *err);

/* shape_netem.c: tc ---------------------------------------------------------------------------- */

/* Fails unless the kernel has the disciplines, by its own words. */
int netem_try(struct error *err);

/* What netem cannot do. */
int netem_check(const struct shape *shape, struct error *err);

/* Brings the classes of the slot's pairs in line with all the slots in force. */
int netem_apply(struct shapes *shapes, int hosts, const struct shape_slot *slot, struct error *err);

/* The text for `tc -batch` of that. */
void netem_print(FILE *out, const struct shapes *shapes, int hosts, const struct shape_slot *slot);

/* Drops of the slot's pairs, since they have classes. */
int netem_count_dropped(const struct shapes *shapes, int hosts, const struct shape_slot *slot,
			int64_t *packets, struct error *err);

/* From the answer of `tc -s -j qdisc show dev PORT`: what packets from the host had dropped. */
int netem_parse_dropped(const char *json, int from, int64_t *packets, struct error *err);

/* shape_queue.c: the engine's process ---------------------------------------------------------- */

/* Lives until it is killed. Writes to `ready_fd` one byte 0 when it treats packets, or the text of
 * an error, and closes it. */
void shape_queue_run(struct hosts *hosts, int ready_fd) __attribute__((noreturn));

/* Binds the queue and lets go of it; fails unless the kernel has it. */
int shape_queue_try(struct error *err);

#endif
