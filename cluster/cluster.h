/*
 * A cluster: the members of a service, on hosts of sandbox/. They are ours, started and stopped
 * with their hosts; or, of an existing cluster, somebody else's, known by their endpoints.
 *
 * What a service is and does is its own (service.h). A cluster is opened by the conductor; whoever
 * was forked from it may call everything below but cluster_close.
 */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cluster/service.h"
#include "sandbox/hosts.h"

struct etcd_access; /* etcd/etcd.h */
struct etcd_target;

enum { ETCD_FLAGS_MAX = 16 };

struct cluster_plan {
	const struct service *service;
	struct hosts *hosts;              /* whose members are the service's */
	const char *const *endpoints;     /* of an existing cluster: a URL of each; else NULL */
	const struct etcd_access *access; /* how it is entered; NULL: as anybody. Without a session:
					     that is the cluster's */

	/* Of members that are ours. */
	const char *etcd_path;
	int heartbeat_ms, election_ms; /* etcd's own */
	const char *const *etcd_flags; /* at most ETCD_FLAGS_MAX more words for each member's
					  command line, then NULL; NULL: none */
};

/* Says what runs on the members; starts nothing. Takes what the plan borrows until close. */
void cluster_open(struct cluster **cluster, const struct cluster_plan *plan);

/* Frees. Members that run, run until their hosts are closed. */
void cluster_close(struct cluster *cluster);

/* Client URLs of the members, one for each, and how they are entered: what everybody who speaks to
 * etcd opens his client with. Owned by the cluster. */
const struct etcd_target *cluster_target(const struct cluster *cluster);

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

/* hosts_heal_all, and all members that were removed are members again (cluster/operate.h). Blocks
 * only for a removed member, at most 10 s. */
int cluster_heal_all(struct cluster *cluster, struct error *err);

#endif
