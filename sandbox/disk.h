/*
 * Faults of a member's disk, whose program is unmodified, and without root: only in a sandbox whose
 * plan asks for them (hosts_plan.disk_faults; CAN_FAULT_DISKS).
 *
 * Every fsync and fdatasync of a member then stops in a seccomp user notification, which one
 * supervisor process answers: at once with "go on", unless a fault says otherwise. The members'
 * data lies on a small tmpfs each. How it works and what it costs: disk.c, docs/faults.md.
 *
 * A fault is of one member and has an id. Any number (DISK_FAULTS_MAX in all) may be in force at
 * once and be healed in any order. For one sync: a stall wins over slow, slow over eio (it fails
 * late), eio over nothing.
 *
 * Everything here may be called by any process forked from the conductor.
 */
#ifndef SANDBOX_DISK_H
#define SANDBOX_DISK_H

#include <stdint.h>

#include "base/error.h"
#include "sandbox/hosts.h"

enum { DISK_FAULTS_MAX = 32, DISK_MB_DEFAULT = 512, DISK_MB_MIN = 192 };

enum disk_fault_kind {
	DISK_STALL,      /* syncs are held until it is healed, then go on */
	DISK_SLOW,       /* each sync is held for delay_ns */
	DISK_EIO,        /* each sync fails with EIO; it ends itself */
	DISK_FULL,       /* a ballast file takes what space is left; it may end itself */
	DISK_POWER_LOSS, /* SIGKILL, and what the WAL got since its last sync is lost; healing
			    starts the member again */
};

/* Which files a stall, slow or eio is of: its write-ahead log, or all. */
enum disk_scope { DISK_SCOPE_WAL, DISK_SCOPE_ALL };

struct disk_fault {
	int id; /* > 0, of no other fault in force */
	enum disk_fault_kind kind;
	int host; /* a member */
	enum disk_scope scope;
	int64_t delay_ns; /* of DISK_SLOW, > 0 */
};

struct disk_count {
	int64_t seen;            /* syncs that came while it was in force, or were held then */
	int64_t held;            /* of these, by this fault */
	int64_t failed;          /* of these, answered EIO */
	int64_t longest_hold_ns; /* by this fault, those that are held now too */
	int64_t ballast_bytes;
	int64_t lost_bytes; /* of the WAL */
};

/* Returns when it is in force: every sync that begins later meets it; the disk is full; the member
 * is dead and its WAL cut back. A member whose end an eio or a full disk brought about was expected
 * to end (watcher.ended), and stays down until the fault is healed. Errors: EXIT_BAD_USAGE for what
 * cannot be (an id in force, no member, too many), EXIT_OUR_FAULT when the supervisor does not
 * answer within 2 s. After an error the fault may be in force: heal it. */
int hosts_disk_inject(struct hosts *hosts, const struct disk_fault *fault, struct error *err);

/* Undoes it; fills the final counts (may be NULL). Returns when the held syncs have been let go,
 * unless another fault holds them. An eio that has bitten is waited for until the member has ended,
 * at most 1 s. Who ended starts again (hosts_tend). An id that is not in force is no error. */
int hosts_disk_heal(struct hosts *hosts, int id, struct disk_count *count, struct error *err);

/* As things stand. An id that is not in force counts 0. */
void hosts_disk_count(struct hosts *hosts, int id, struct disk_count *count);

#endif
