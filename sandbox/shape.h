/*
 * Treatments of packets between hosts of the sandbox: loss, delay, another order, copies, a slow
 * link, and a hold that keeps packets that were sent from arriving until it is taken away.
 *
 * Each treatment is known by its id, made and removed by itself, in any order. Several that meet at
 * one pair of hosts act one after the other, like links in a chain, the oldest first; removing one
 * moves what it kept to the next and leaves the others as they are. A cut (hosts.h) stands behind
 * the last of them: what leaves a treatment during a cut is lost there.
 *
 * Only IPv4 is treated, not ARP, and nothing that a process on the hub sends or receives.
 */
#ifndef SANDBOX_SHAPE_H
#define SANDBOX_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "sandbox/hosts.h"

enum { SHAPES_MAX = 64 }; /* in force at once */

/* Packets from a host in `from` to a host in `to`, and the other way too when `both`. What is zero
 * is not done; at least one thing must be. Rates and orders are those of each pair and direction by
 * itself. */
struct shape {
	int id; /* the fault's; > 0 */
	bool both;
	int froms, tos;
	int16_t from[CUT_HOSTS_MAX], to[CUT_HOSTS_MAX];
	double loss_percent, duplicate_percent, reorder_percent; /* 0 .. 100 */
	int64_t delay_ns; /* each packet waits delay - jitter .. delay + jitter, drawn uniformly, */
	int64_t jitter_ns; /* <= delay; and never overtakes its pair's earlier ones by that */
	int rate_kbit;     /* 1,000 bit/s, of frames without their checksums; up to 1 s queues up */
	bool hold;         /* kept until hosts_unshape, then delivered in order */
	uint64_t seed;     /* of what is drawn; the stream is "shape/ID" */
};

/* What it did so far; -1: this machine's engine cannot tell: netem does not measure, nor hold. A
 * packet is what the hub sees: TCP between veths passes up to 64 KiB in one. */
struct shape_count {
	int64_t seen;    /* packets that came to the treatment */
	int64_t dropped; /* on purpose (loss, no room on the slow link) */
	int64_t delayed; /* kept and then let go, for whatever reason; held ones too, once let go */
	int64_t reordered;  /* really overtaken by a later one of their pair */
	int64_t duplicated; /* copies that were sent */
	int64_t held;       /* by `hold`, ever */
	int64_t kept;       /* in it at this moment */
	int64_t missed;     /* passed untreated (see hosts_shape), or still on their way to it */
	int64_t longest_ns, mean_ns; /* over `delayed`: from seen to handed back; 0 when none */
};

/*
 * Puts the treatment in force: packets that reach the hub after the return are treated. Fails,
 * changing nothing, when the machine has no engine or the engine cannot do this
 * (EXIT_MACHINE_LACKS), and when SHAPES_MAX are in force. Takes some milliseconds, the first time
 * some tens; never waits for packets.
 *
 * The packets are kept by a process of its own, which the first treatment starts and hosts_close
 * ends; it outlives its parent, so that heal_all can still deliver what a crashed nemesis held
 * back. Should it die, the packets that it kept are lost and all later ones pass untreated
 * (`missed`). They also pass untreated while 16,384 packets are kept.
 */
int hosts_shape(struct hosts *hosts, const struct shape *shape, struct error *err);

/* Removes the treatment and lets go what it kept. *last (may be NULL): its counts at the very end,
 * with what has been let go. No error, and zeros, when there is none of that id. */
int hosts_unshape(struct hosts *hosts, int id, struct shape_count *last, struct error *err);

/* For the doctor, inside a sandbox whose network is thrown away: finds the engine, and says into
 * `found` which it is and why. Fails with EXIT_MACHINE_LACKS and the remedy when there is none. */
int shape_examine(char *found, size_t size, struct error *err);

#endif
