/* The insides of a cluster, for the files of this room. */
#ifndef CLUSTER_CLUSTER_INSIDE_H
#define CLUSTER_CLUSTER_INSIDE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "cluster/cluster.h"
#include "etcd/etcd.h"

enum { PEER_PORT = 2380 };

/* Of a member in etcd's own cluster. */
enum membership {
	MEMBERSHIP_IN,
	MEMBERSHIP_LEAVING, /* its removal was asked for, and may or may not be done */
	MEMBERSHIP_OUT,     /* it is removed; what is left of its data is worth nothing */
};

/* What several processes agree on of a member. */
struct shared_member {
	_Atomic uint64_t id;        /* etcd's; 0: not seen yet */
	_Atomic int32_t membership; /* enum membership */
	_Atomic bool joins;         /* was added to a cluster that exists */
	_Atomic bool absent; /* of an existing cluster: it did not serve when all were asked last */
	char absent_why[ETCD_TEXT];
};

struct start { /* what a member's program is told */
	const struct cluster *cluster;
	int member;
};

struct cluster {
	struct cluster_plan plan; /* borrowed */
	struct hosts *hosts;      /* the plan's */
	int members;
	struct shared_member
		*member;           /* owned: one anonymous mapping, which forked processes share */
	struct start *start;       /* owned: of each member */
	char **endpoint;           /* owned: client URLs of the members */
	struct etcd_access access; /* an owned copy, with a session when there is a user */
	struct etcd_target target; /* of these two */
};

static inline bool cluster_is_ours(const struct cluster *cluster)
{
	return !cluster->plan.endpoints;
}

/* What etcd is as a service, and what its files want of one another ---------------------------- */

char *member_endpoint(const struct host *host);
int member_become(const struct cluster *cluster, int member);
int members_wait_serving(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
			 struct error *err);
/* The same of an existing cluster. */
int members_enter(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		  struct error *err);
int members_find_leader(struct cluster *cluster, uint64_t *term);
int members_audit(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		  struct error *err);
int members_readmit_all(struct cluster *cluster, struct error *err);

/* True when asking the member is worth its time-out: it runs, and is not stopped. */
bool member_may_answer(struct cluster *cluster, int member);

/* Remembers the id under which the member answered; 0: it told none. */
void member_note_id(struct cluster *cluster, int member, uint64_t id);

/* A client of one member; NULL with the error filled. */
struct etcd *member_client(const struct cluster *cluster, int member, struct error *err);

/* A client of all members that are in, without `except` (-1: with all); those that may answer come
 * first. NULL with the error filled when there is none. */
struct etcd *members_client(struct cluster *cluster, int except, struct error *err);

static inline void close_client(struct etcd **client)
{
	etcd_close(*client);
}

#define _cleanup_client_ _cleanup_(close_client)

#endif
