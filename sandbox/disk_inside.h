/*
 * The insides of disk faults, for the disk*.c files. Theory of operation: disk.c.
 *
 * struct disk is one process's own view, inherited by fork; struct disk_shared is one anonymous
 * mapping. Who writes what there: faults, whoever injects and heals, under the lock (counts:
 * the supervisor); notes and the members' files: the supervisor alone.
 */
#ifndef SANDBOX_DISK_INSIDE_H
#define SANDBOX_DISK_INSIDE_H

#include <pthread.h>
#include <seccomp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/disk.h"
#include "sandbox/hosts_inside.h"

enum {
	NOTES_MAX = 256, /* syncs held at once: of one member there are two or three */
	WAL_FILES = 64,  /* remembered of a member; etcd keeps five */
	NOTE_ROOM = 256, /* the kernel's struct seccomp_notif may grow */
};

struct fault_entry {
	_Atomic int32_t id;  /* 0: unused */
	_Atomic bool active; /* false while it is being made, or healed */
	struct disk_fault fault;
	int64_t began_ns;
	_Atomic int64_t seen, held, failed, longest_ns, ballast, lost;
};

enum note_state { NOTE_FREE, NOTE_RECEIVING, NOTE_HELD };

/* A notification. The kernel writes it right here, so that no sync is forgotten when the supervisor
 * is killed: the next one finds it and answers. */
struct note {
	_Atomic int32_t state; /* enum note_state */
	int32_t member, incarnation;
	int64_t arrived_ns;
	bool is_wal;               /* below MEMBER/wal/ */
	uint64_t inode;            /* 0: its position is not of interest */
	int64_t position;          /* of the descriptor: the WAL's end */
	uint32_t seen_by, held_by; /* bits: faults that have counted it so */
	union {
		struct seccomp_notif request;
		char room[NOTE_ROOM];
	};
};

struct wal_file {
	_Atomic uint64_t inode; /* 0: unused */
	_Atomic int64_t synced; /* all before this offset is on disk */
};

struct wal_files {
	struct wal_file file[WAL_FILES];
	uint32_t next; /* to be overwritten when all are in use */
};

struct disk_shared {
	pthread_mutex_t lock;        /* robust; of `fault` */
	_Atomic uint32_t said, done; /* `said` counts changes; `done`: of these, acted upon */
	struct fault_entry fault[DISK_FAULTS_MAX];
	struct note note[NOTES_MAX];
	struct wal_files member[]; /* of each */
};

struct disk {
	struct disk_shared *shared;
	size_t shared_size;
	int members;
	int changed_fd;    /* an eventfd: `said` was raised */
	int (*channel)[2]; /* owned, per member: [0] the supervisor's end, [1] the member's */
	pid_t owner;       /* the conductor */
	pid_t supervisor;  /* 0: none. Only the owner's is right */
	int supervisors;   /* started so far */
};

static inline bool disk_fault_is_of(const struct fault_entry *entry, int member)
{
	return entry->id && entry->active && entry->fault.host == member;
}

/* The supervisor's whole life. */
_Noreturn void disk_supervise(struct hosts *hosts);

/* In the member before its exec: loads the filter and sends the listener. */
int disk_filter_load(int channel, int32_t incarnation, struct error *err);

/* Looks at the listener that a member sent, oldest first, and leaves it in the channel: that keeps
 * it alive. Returns a descriptor to close, or -1; *incarnation is the sender's. */
int disk_listener_peek(int channel, int32_t *incarnation);
/* Takes that one out of the channel. */
void disk_listener_drop(int channel);

/* For the doctor: tried for real, inside a sandbox. `found` is filled on success. */
int disk_try_notification(char *found, size_t size, struct error *err);
int disk_try_space(char *found, size_t size, struct error *err);
int disk_try_clock(char *found, size_t size, struct error *err);

/* Mounts and unmounts the members' file systems. */
int disk_mount_all(const struct hosts *hosts, struct error *err);
void disk_unmount_all(const struct hosts *hosts);

/* Fills the member's file system; what is left of its ballast goes. */
int disk_fill(const struct hosts *hosts, struct fault_entry *entry, struct error *err);
void disk_unfill(const struct hosts *hosts, const struct fault_entry *entry);

/* Remembers that all before the position is on disk. */
void wal_note_sync(struct wal_files *files, uint64_t inode, int64_t position);
/* Kills the member and loses what it has not synced. */
int wal_lose_power(struct hosts *hosts, struct fault_entry *entry, struct error *err);

#endif
