/*
 * The insides of a cluster, for the files of this room.
 *
 * What several processes agree on is in `shared`, one anonymous mapping that forked processes
 * inherit. All else belongs to the conductor and is only read by the others.
 */
#ifndef CLUSTER_INSIDE_H
#define CLUSTER_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "cluster/cluster.h"
#include "cluster/network.h"
#include "cluster/shape_inside.h"
#include "etcd/etcd.h"

enum { CLIENT_PORT = 2379, PEER_PORT = 2380 };

/* Of a member in etcd's own cluster. */
enum membership {
	MEMBERSHIP_IN,
	MEMBERSHIP_LEAVING, /* its removal was asked for, and may or may not be done */
	MEMBERSHIP_OUT,     /* it is removed; what is left of its data is worth nothing */
};

struct shared_host {
	struct host_control control;
	_Atomic int32_t told_down;       /* the incarnation that cluster_want told to go down */
	_Atomic bool held_down;          /* wanted down by cluster_want, not yet up again */
	_Atomic int32_t excused;         /* the incarnation that a disk fault may have ended */
	_Atomic bool ended_by_disk;      /* it did, and it waits for the fault's healing */
	_Atomic int64_t clock_offset_ns; /* of the next start */
	_Atomic uint64_t member_id;      /* etcd's; 0: not seen yet */
	_Atomic int32_t membership;      /* enum membership */
	_Atomic bool joins;              /* was added to a cluster that exists */
	_Atomic bool absent; /* of an existing cluster: it did not serve when all were asked last */
	char absent_why[ETCD_TEXT];
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

struct cluster {
	struct cluster_plan plan; /* host: owned copy; strings: borrowed */
	struct shared *shared;
	size_t shared_size;
	struct network network;     /* sandbox only */
	char **endpoint;            /* owned: client URLs of the members */
	struct etcd_access access;  /* an owned copy, with a session when there is a user */
	struct etcd_target service; /* of these two */
	struct program *program;    /* owned: per host */
	pid_t *ended_group; /* owned: per host, a group whose stragglers are still to be reaped */
	pid_t *stray;       /* owned: killed, and in no group that we know; to be reaped */
	int strays;
	struct cluster_watcher watcher;
	int wanted_fd;
	struct disk *disk; /* owned; NULL: no disk faults */
	int shape_fd;      /* an eventfd: wakes the engine of shape.h */
};

/* Becomes etcd on the member: the environment of a started host is there. Returns the errno of a
 * failed exec as an exit status. */
int member_exec(const struct cluster *cluster, int host);

/* cluster_wait_serving of an existing cluster. */
int existing_wait_serving(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
			  struct error *err);
/* Takes back a cluster_want down that nobody acted upon: an end is no longer expected. */
void cluster_unwant_down(struct cluster *cluster, int host);

/* True when asking the member is worth its time-out: it runs, and is not stopped. */
bool member_may_answer(struct cluster *cluster, int member);

/* A client of all members that are in, without `except` (-1: with all); those that may answer come
 * first. NULL with the error filled when there is none. */
struct etcd *members_client(struct cluster *cluster, int except, struct error *err);

/* Makes a member that left a member again, with empty data, and wants it up; does not wait for
 * that. Nothing to do for one that is in. */
int member_readmit(struct cluster *cluster, int member, int64_t deadline_ns, struct error *err);

/* Deletes the data of a member that does not run, or of all (-1). */
void members_delete_data(const struct cluster *cluster, int member);

/* Loads the empty filter into the hub's namespace. */
int cuts_prepare(struct cluster *cluster, struct error *err);

/* Makes every change of heal_all that concerns cuts. */
int cuts_remove_all(struct cluster *cluster, struct error *err);

/* The treatments of shape.h: their locks; their end by heal_all; the end of their process. */
void shapes_open(struct cluster *cluster);
int shapes_remove_all(struct cluster *cluster, struct error *err);
void shapes_close(struct cluster *cluster);

/* Ends and reaps every process on every host; the watcher is not told. */
void cluster_stop_all(struct cluster *cluster);

/* Has the conductor look at what is wanted. */
void cluster_poke(struct cluster *cluster);

/* Disks. Each does nothing without plan.disk_faults. */
int disk_open(struct cluster *cluster, struct error *err);
void disk_close(struct cluster *cluster);  /* the members must be gone */
void disk_forget(struct cluster *cluster); /* in a forked process that needs none of it */
/* Starts the supervisor anew when it is gone; in other processes than the conductor nothing. */
int disk_tend(struct cluster *cluster, struct error *err);
int disk_heal_all(struct cluster *cluster, struct error *err);
/* In the member, last before its exec. */
int disk_enter(const struct cluster *cluster, int member, struct error *err);
/* A fault is in force that makes members end; a full disk does it to every start. */
bool disk_may_end(const struct cluster *cluster, int host);
bool disk_is_full(const struct cluster *cluster, int host);

/* Moves the calling process to clocks that are this far ahead. */
int skew_enter(int64_t offset_ns, struct error *err);

#endif
