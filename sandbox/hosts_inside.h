/*
 * The insides of hosts, for the files of this room.
 *
 * What several processes agree on is in `shared`, one anonymous mapping that forked processes
 * inherit. All else belongs to the conductor and is only read by the others.
 */
#ifndef SANDBOX_HOSTS_INSIDE_H
#define SANDBOX_HOSTS_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "sandbox/hosts.h"
#include "sandbox/network.h"
#include "sandbox/shape_inside.h"

struct shared_host {
	struct host_control control;
	_Atomic int32_t told_down;       /* the incarnation that hosts_want told to go down */
	_Atomic bool held_down;          /* wanted down by hosts_want, not yet up again */
	_Atomic int32_t excused;         /* the incarnation that a disk fault may have ended */
	_Atomic bool ended_by_disk;      /* it did, and it waits for the fault's healing */
	_Atomic int64_t clock_offset_ns; /* of the next start */
	ino_t net; /* the host's network namespace; 0: none of its own. Set once */
};

struct shared {
	_Atomic int32_t processes; /* ids given out */
	pthread_mutex_t cuts_lock; /* robust and shared between processes */
	_Atomic int cuts;          /* active; written under the lock, as is the list */
	struct cut cut[CUTS_MAX];
	struct shapes shapes;
	struct shared_host host[];
};

struct disk; /* disk_inside.h */

struct hosts {
	struct hosts_plan plan;
	int members;
	struct shared *shared;
	size_t shared_size;
	struct network network;  /* of the sandbox's engine */
	struct program *program; /* owned: per host */
	pid_t *ended_group; /* owned: per host, a group whose stragglers are still to be reaped */
	pid_t *stray;       /* owned: killed, and in no group that we know; to be reaped */
	int strays;
	struct hosts_watcher watcher;
	int wanted_fd;
	struct disk *disk; /* owned; NULL: no disk faults */
	int shape_fd;      /* an eventfd: wakes the engine of shape.h */
};

/* One side of a cut or a treatment: some hosts, and none whose packets are the hub's own, which
 * pass no chain. */
bool hosts_have_links(const struct hosts *hosts, const int16_t *side, int count);

/* Loads the empty filter into the hub's namespace. */
int cuts_prepare(struct hosts *hosts, struct error *err);

/* Makes every change of heal_all that concerns cuts. */
int cuts_remove_all(struct hosts *hosts, struct error *err);

/* The treatments of shape.h: their locks; their end by heal_all; the end of their process. */
void shapes_open(struct hosts *hosts);
int shapes_remove_all(struct hosts *hosts, struct error *err);
void shapes_close(struct hosts *hosts);

/* Ends and reaps every process on every host; the watcher is not told. */
void hosts_stop_all(struct hosts *hosts);

/* Has the conductor look at what is wanted. */
void hosts_poke(struct hosts *hosts);

/* The members' data. */
int data_prepare(const struct hosts *hosts, struct error *err);
void data_delete_all(const struct hosts *hosts);

/* Disks. Each does nothing without plan.disk_faults. */
int disk_open(struct hosts *hosts, struct error *err);
void disk_close(struct hosts *hosts);  /* the members must be gone */
void disk_forget(struct hosts *hosts); /* in a forked process that needs none of it */
int disk_heal_all(struct hosts *hosts, struct error *err);
/* In the member, last before its exec. */
int disk_enter(const struct hosts *hosts, int member, struct error *err);
/* A fault is in force that makes members end; a full disk does it to every start. */
bool disk_may_end(const struct hosts *hosts, int host);
bool disk_is_full(const struct hosts *hosts, int host);

/* Moves the calling process to clocks that are this far ahead. */
int skew_enter(int64_t offset_ns, struct error *err);

#endif
