/*
 * The cluster under test and everything around it that has an address: etcd members, store,
 * witness, workers. In the sandbox each is a network namespace with one veth to the hub bridge; in
 * an existing cluster the members are somebody else's and our own processes are local.
 *
 * A cluster is opened inside the sandbox, by the conductor. Processes forked from the conductor
 * (the nemesis, the sampler) may call everything below but cluster_start, cluster_tend and
 * cluster_close. What must be agreed on between processes (wanted states, cuts) lives in shared
 * memory.
 */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cluster/host.h"

struct cluster;
struct etcd_access; /* etcd/etcd.h */
struct etcd_target;

enum { ETCD_FLAGS_MAX = 16 };

struct cluster_plan {
	bool sandbox;                  /* false: an existing cluster, by its endpoints */
	const char *etcd_path;         /* of the sandbox's members */
	int heartbeat_ms, election_ms; /* etcd's own */
	const char *const *etcd_flags; /* at most ETCD_FLAGS_MAX more words for each member's
					  command line, then NULL; NULL: none */
	const char *run_dir;           /* logs in logs/, members' data in data/ */
	int members;       /* hosts 0 .. members - 1 are the members (or the endpoints) */
	int hosts;         /* all but the hub */
	struct host *host; /* borrowed; addresses are filled in by cluster_open */
	const char *const *endpoints;     /* of an existing cluster: `members` URLs */
	const struct etcd_access *access; /* and how it is entered; NULL: as anybody. Without a
					     session: that is the cluster's */
	bool disk_faults;                 /* sandbox only: members get what cluster/disk.h needs */
	int disk_mb; /* of each member's file system then; 0: DISK_MB_DEFAULT */
};

/* Builds the network (or nothing) and the control block. Takes what the plan borrows until close.
 */
int cluster_open(struct cluster **cluster, const struct cluster_plan *plan, struct error *err);

/* Ends every process that is left and frees; the kernel removes the network with the sandbox. */
void cluster_close(struct cluster *cluster);

const struct host *cluster_host(const struct cluster *cluster, int host);
struct host_control *cluster_control(struct cluster *cluster, int host);

/* Client URLs of the members, `members` of them, and how they are entered: what everybody who
 * speaks to etcd opens his client with. Owned by the cluster. */
const struct etcd_target *cluster_service(const struct cluster *cluster);
int cluster_members(const struct cluster *cluster);

/* Hosts in the plan: 0 .. cluster_hosts - 1 are the ids that the functions here take. */
int cluster_hosts(const struct cluster *cluster);

/* The address at which processes on other hosts reach this one ("10.77.0.2", or "127.0.0.1"). */
const char *cluster_address(const struct cluster *cluster, int host);

/* What can be done to it. */
enum cluster_ability { CAN_CUT = 1, CAN_FAULT_MEMBERS = 2, CAN_FAULT_DISKS = 4 };
int cluster_abilities(const struct cluster *cluster);

/* Processes ----------------------------------------------------------------------------------- */

/* Sets what runs on a host that is no member. */
void cluster_set_program(struct cluster *cluster, int host, struct program program);

/* Starts the host's process now: etcd on a member, else its program, in the host's network
 * namespace, with its output in run_dir/logs/NAME.log. Wanted becomes up. */
int cluster_start(struct cluster *cluster, int host, struct error *err);

struct cluster_watcher {
	/* pid inside the sandbox, process.id, how often it started */
	void (*started)(void *context, int host, int pid, int process, int incarnation);
	/* expected: it was wanted down, or it was told to stop, or a disk fault made it end */
	void (*ended)(void *context, int host, int process, int status, bool expected);
	void *context;
};

/* Who is told of starts and ends, from within cluster_start and cluster_tend. */
void cluster_set_watcher(struct cluster *cluster, struct cluster_watcher watcher);

/* The next process.id; ids are never used twice in a run. Also for processes off the hosts. */
int cluster_next_process(struct cluster *cluster);

/* Reaps what ended and starts what is wanted up; never blocks. A process that ended unexpectedly is
 * wanted down from then on. What a host's process leaves behind in its process group is killed and
 * reaped with it; children of the conductor that are of no host are left to it. The conductor calls
 * it on SIGCHLD and when cluster_wanted_fd is readable. */
int cluster_tend(struct cluster *cluster, struct error *err);

/* An eventfd, readable after cluster_want. cluster_tend empties it. */
int cluster_wanted_fd(const struct cluster *cluster);

/* Says that a host shall be up or down; the one who wants it down also kills it. */
void cluster_want(struct cluster *cluster, int host, enum wanted wanted);

/* A host that is wanted down stays down, also when everything is healed. */
void cluster_give_up(struct cluster *cluster, int host);

/* Service ------------------------------------------------------------------------------------- */

/* Waits until a write through every member succeeded. `prefix`: where it may write. Of an existing
 * cluster members may be down, as long as one serves; what cannot get better (a wrong URL,
 * certificate, password) fails at once, as do endpoints that are not the members of one cluster. */
int cluster_wait_serving(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
			 struct error *err);

/* True when that member of an existing cluster was down then; `why` is owned by the cluster. */
bool cluster_is_absent(const struct cluster *cluster, int member, const char **why);

/* The member that is leader now by the word of a majority of the members that answer within
 * 300 ms, or -1; *term (may be NULL) is its term. */
int cluster_leader(struct cluster *cluster, uint64_t *term);

/* Asks every member that is meant to be up for the keys under the prefix, again until the deadline.
 * Fails with EXIT_VIOLATION and what differs when two members answer differently at one revision,
 * or one with an older revision than was answered before; with another code when it cannot be told.
 */
int cluster_audit(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		  struct error *err);

/* Deletes every key under the prefix; for an existing cluster, which is left as it was found. */
int cluster_forget(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		   struct error *err);

/* What the first member that answers says its version is; "unknown" when none does in time. */
void cluster_version(struct cluster *cluster, char *version, size_t size);

/* Cuts (sandbox only) ------------------------------------------------------------------------- */

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
int cluster_cut(struct cluster *cluster, const struct cut *cut, struct error *err);
int cluster_uncut(struct cluster *cluster, int id, struct error *err);

/* Undoes everything that faults may have left, whoever made them: all cuts, all treatments of
 * shape.h, all stopped processes, all hosts that cluster_want holds down, all disk faults, all
 * clock offsets (as of the next start), all members that were removed (cluster/operate.h). Blocks
 * only for a removed member, at most 10 s. For the end of a run and after a crash of the nemesis.
 */
int cluster_heal_all(struct cluster *cluster, struct error *err);

struct link_count {
	int from, to; /* hosts; -1: the hub itself */
	/* Since the cluster was opened; IPv4 only. What was dropped is not among the carried. */
	int64_t packets, bytes, dropped;
};

/* At most `limit` links that ever carried a packet. */
int cluster_count_links(struct cluster *cluster, struct link_count *counts, int limit, int *count,
			struct error *err);

/* What one cut has dropped so far, link by link: `dropped` alone is filled in. A healed cut has no
 * count any more. Of two cuts that overlap each counts what it would have dropped alone. There are
 * never more links than CUT_LINKS_MAX. */
enum { CUT_LINKS_MAX = 65535 };
int cluster_cut_links(struct cluster *cluster, int id, struct link_count *counts, int limit,
		      int *count, struct error *err);

struct connection_count { /* of TCP, as the host's kernel counted since the cluster was opened */
	int64_t opened;   /* connections that the host asked for */
	int64_t failed;   /* of these and of those that it was asked for: refused, timed out */
	int64_t reset;    /* established ones that ended by a reset */
	int64_t retransmitted; /* segments */
};

/* Sandbox only; in the conductor. Hosts of the hub have one count together. */
int cluster_count_connections(struct cluster *cluster, int host, struct connection_count *count,
			      struct error *err);

#endif
