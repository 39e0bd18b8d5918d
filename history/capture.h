/*
 * Packet capture at the hub, with libpcap, bounded on the disk.
 *
 * Theory of operation. The packets go into parts, files beside the final one (PATH.1, PATH.2, ...),
 * of which at most CAPTURE_PARTS exist: when one more is needed, one is given up, whole. First goes
 * the oldest of those in which no fault was under way, with what surrounds
 * it; then the oldest of all. A quarter of the parts, the newest, always stays. What was given up
 * is counted and its time noted. At the end, also after a crash, the parts are joined into PATH.
 *
 * Limits: a violation is known only afterwards, so it is the faults that are surrounded, and what
 * was last; times of gaps are exact to about 0.1 s.
 */
#ifndef HISTORY_CAPTURE_H
#define HISTORY_CAPTURE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"
#include "history/live.h"

enum { CAPTURE_PARTS = 32, CAPTURE_NEWEST = CAPTURE_PARTS / 4 };

struct capture_config {
	const char *interface;       /* "hub" */
	const char *path;            /* capture.pcap in the run's directory */
	int snap_bytes;              /* kept of each packet */
	int64_t limit_bytes;         /* of all parts together */
	const struct live *live;     /* tells of faults; NULL: there are none */
	int64_t before_ns, after_ns; /* what surrounds a fault */
	_Atomic int *stop;
};

struct capture_gap {
	int first_part, last_part;
	int64_t from_ns, to_ns; /* CLOCK_MONOTONIC */
};

/* In memory that outlives the capturing process, for capture_join; begins as zeros. kept + dropped
 * is what was seen. */
struct capture_result {
	int parts; /* begun so far */
	int64_t kept, kept_bytes, dropped, dropped_bytes, missed_by_kernel;
	int gaps;                                  /* by time */
	struct capture_gap gap[CAPTURE_PARTS + 1]; /* between two of them a part was kept */
};

/* Captures until told to stop. Fails at once, with EXIT_MACHINE_LACKS, without the right to. */
int capture_run(const struct capture_config *config, struct capture_result *result,
		struct error *err);

/* Joins the parts that are there into the file at `path`, and removes them. What a killed capture
 * did not write to its end is left out, so kept is counted anew. Without parts it makes no file. */
int capture_join(const char *path, struct capture_result *result, struct error *err);

#endif
