/*
 * Hosts: everything that has an address, be it a member of a service, the store, the witness, a
 * worker. What a host is made of is its engine's (engines.h): a network namespace with one veth to
 * the hub bridge, or nothing but a process of this machine.
 *
 * Hosts are opened by the conductor, inside the sandbox if it is theirs. Processes forked from it
 * (the nemesis, the sampler) may call everything below but hosts_start, hosts_tend and hosts_close.
 * What must be agreed on between processes (wanted states, cuts) lives in shared memory.
 */
#ifndef SANDBOX_HOSTS_H
#define SANDBOX_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "sandbox/engines.h"
#include "sandbox/host.h"

struct hosts_plan {
	const struct engine *engine;
	const char *run_dir; /* logs in logs/, the members' disks in data/ */
	int count;           /* all but the hub */
	/* Borrowed. The members come first. Addresses are filled in by hosts_open, but one that
	 * somebody else's member has already stays. */
	struct host *host;
	bool disk_faults; /* members get what sandbox/disk.h needs, if the engine can */
	int disk_mb;      /* of each member's file system then; 0: DISK_MB_DEFAULT */
	const char *wal;  /* where below its data a member keeps its write-ahead log, then */
};

/* Makes the hosts and the control block. Takes what the plan borrows until close. */
int hosts_open(struct hosts **hosts, const struct hosts_plan *plan, struct error *err);

/* Ends every process that is left, deletes the members' data and frees; the kernel removes the
 * network with the sandbox. */
void hosts_close(struct hosts *hosts);

const struct host *hosts_get(const struct hosts *hosts, int host);
struct host_control *hosts_control(struct hosts *hosts, int host);

/* Hosts 0 .. hosts_count - 1 are those of the plan; of these 0 .. hosts_members - 1 the members. */
int hosts_count(const struct hosts *hosts);
int hosts_members(const struct hosts *hosts);

/* The address at which processes on other hosts reach this one ("10.77.0.2", or "127.0.0.1"). */
const char *hosts_address(const struct hosts *hosts, int host);

/* What can be done to them (enum host_ability). */
int hosts_abilities(const struct hosts *hosts);

/* Processes ----------------------------------------------------------------------------------- */

/* Sets what runs on a host. */
void hosts_set_program(struct hosts *hosts, int host, struct program program);

/* Starts the host's program now, on the host, with its output in run_dir/logs/NAME.log. Wanted
 * becomes up. */
int hosts_start(struct hosts *hosts, int host, struct error *err);

/* In a member's program, last before its exec: from here on its clocks and its disk are those that
 * faults say. */
int hosts_enter_faults(const struct hosts *hosts, int member, struct error *err);

struct hosts_watcher {
	/* pid inside the sandbox, process.id, how often it started */
	void (*started)(void *context, int host, int pid, int process, int incarnation);
	/* expected: it was wanted down, or it was told to stop, or a disk fault made it end */
	void (*ended)(void *context, int host, int process, int status, bool expected);
	void *context;
};

/* Who is told of starts and ends, from within hosts_start and hosts_tend. */
void hosts_set_watcher(struct hosts *hosts, struct hosts_watcher watcher);

/* The next process.id; ids are never used twice in a run. Also for processes off the hosts. */
int hosts_next_process(struct hosts *hosts);

/* Reaps what ended and starts what is wanted up; never blocks. A process that ended unexpectedly is
 * wanted down from then on. What a host's process leaves behind in its process group is killed and
 * reaped with it; children of the conductor that are of no host are left to it. The conductor calls
 * it on SIGCHLD and when hosts_wanted_fd is readable. */
int hosts_tend(struct hosts *hosts, struct error *err);

/* The part of that without which a member's syncs may wait for ever: starts the disks' supervisor
 * anew when it is gone. For who waits for a member and does not tend meanwhile; in other processes
 * than the conductor nothing. */
int hosts_tend_disks(struct hosts *hosts, struct error *err);

/* An eventfd, readable after hosts_want. hosts_tend empties it. */
int hosts_wanted_fd(const struct hosts *hosts);

/* Says that a host shall be up or down; the one who wants it down also kills it. */
void hosts_want(struct hosts *hosts, int host, enum wanted wanted);

/* Wants it down, too, but healing does not bring it up again: who wants it up, says so. */
void hosts_give_up(struct hosts *hosts, int host);

/* Takes back that a host was wanted down, of which nobody took notice: an end is no longer
 * expected. */
void hosts_unwant_down(struct hosts *hosts, int host);

/* Where the output of its programs goes; where a member's data lies, and `below` it ("", "/file").
 * The caller frees. */
char *hosts_log_path(const struct hosts *hosts, int host);
char *hosts_data_path(const struct hosts *hosts, int member, const char *below);

/* Deletes a member's data. It must not run. */
void hosts_delete_data(const struct hosts *hosts, int member);

/* Undoes everything that faults may have left, whoever made them: all cuts, all treatments of
 * shape.h, all stopped processes, all hosts that hosts_want holds down, all disk faults, all clock
 * offsets (as of the next start). For the end of a run and after a crash of the nemesis. */
int hosts_heal_all(struct hosts *hosts, struct error *err);

/* Cuts (CAN_CUT) ------------------------------------------------------------------------------ */

enum { CUTS_MAX = 256, CUT_HOSTS_MAX = HOSTS_MAX /* a member from all the others */ };

/* Packets from a host in `from` to a host in `to` are dropped, and the other way too when `both`.
 */
struct cut {
	int id; /* the fault's; 0: unused */
	bool both;
	int froms, tos;
	int16_t from[CUT_HOSTS_MAX], to[CUT_HOSTS_MAX];
};

/* Adds the cut, removes it: each is one atomic nftables transaction that leaves every other cut and
 * its counter as they are. */
int hosts_cut(struct hosts *hosts, const struct cut *cut, struct error *err);
int hosts_uncut(struct hosts *hosts, int id, struct error *err);

struct link_count {
	int from, to; /* hosts; -1: the hub itself */
	/* Since the hosts were opened; IPv4 only. What was dropped is not among the carried. */
	int64_t packets, bytes, dropped;
};

/* At most `limit` links that ever carried a packet. */
int hosts_count_links(struct hosts *hosts, struct link_count *counts, int limit, int *count,
		      struct error *err);

/* What one cut has dropped so far, link by link: `dropped` alone is filled in. A healed cut has no
 * count any more. Of two cuts that overlap each counts what it would have dropped alone. There are
 * never more links than CUT_LINKS_MAX. */
enum { CUT_LINKS_MAX = 65535 };
int hosts_cut_links(struct hosts *hosts, int id, struct link_count *counts, int limit, int *count,
		    struct error *err);

struct connection_count { /* of TCP, as the host's kernel counted since the hosts were opened */
	int64_t opened;   /* connections that the host asked for */
	int64_t failed;   /* of these and of those that it was asked for: refused, timed out */
	int64_t reset;    /* established ones that ended by a reset */
	int64_t retransmitted; /* segments */
};

/* In the conductor. Hosts of the hub have one count together. */
int hosts_count_connections(struct hosts *hosts, int host, struct connection_count *count,
			    struct error *err);

#endif
