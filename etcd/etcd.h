/*
 * The etcd client: etcd's API over its JSON gateway (prefix /v3beta, which 3.3 - 3.6 answer), with
 * libcurl and cJSON. Blocking calls with absolute deadlines, one request per call, connections kept
 * alive. Not thread-safe: a client per thread, opened in the process that uses it.
 *
 * Failover is visible. A call asks the current endpoint. When the request surely did not leave
 * (connection refused, no route), the next endpoints are asked within the same call while the
 * deadline lasts, and the outcome is fail when none took it; after any other transport failure the
 * call ends with outcome info. In both cases, and after an answer "unavailable" (gRPC code 14: the
 * member has no leader, or lost it), the *next* call starts at the next endpoint. The reply names
 * the endpoint that was asked last and how many were passed over. A request is never sent twice,
 * but for one that was refused for its token: that goes out again with a new one (etcd/auth.c).
 *
 * Keys and values are bytes in etcd; here they are C strings, since fencepost's hold text only.
 */
#ifndef ETCD_ETCD_H
#define ETCD_ETCD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "etcd/endpoint_order.h"
#include "etcd/outcome.h"

enum { ETCD_TEXT = 128, ETCD_VALUE_SIZE = 256 };

struct etcd; /* a client */

enum { ETCD_PATH = 256, ETCD_NAME = 64 };

/* How a cluster is entered. `password` is nobody's to print or to store. */
struct etcd_access {
	char cacert[ETCD_PATH]; /* file, PEM: who signs the servers' certificates; "": the system's
				   authorities do */
	char cert[ETCD_PATH], key[ETCD_PATH]; /* files, PEM, of our own certificate; "": none */
	char user[ETCD_NAME], password[ETCD_TEXT]; /* user "": none */
	struct etcd_session *session;              /* with a user */
};

/* The cluster that clients are opened for: one record that travels from the campaign to everybody
 * who speaks to etcd. All is borrowed. */
struct etcd_target {
	const char *const
		*endpoint; /* URLs: "http://10.77.1.1:2379", "https://etcd.example:2379" */
	int count;
	const struct etcd_access *access; /* NULL: nobody in particular */
};

/* The token that all clients of an access have in common, in memory that forked processes share: a
 * password takes etcd some 60 ms, on purpose, so that not each client gives it for itself. */
struct etcd_session *etcd_session_open(void);
void etcd_session_close(struct etcd_session *session); /* NULL is fine */

/* Copies the endpoints' URLs, borrows the access; starts at endpoint `first`. */
int etcd_open(struct etcd **client, const struct etcd_target *target, int first, struct error *err);

/* A new client fails over. */
void etcd_set_order(struct etcd *client, enum etcd_order order);
void etcd_close(struct etcd *client);

/* Why the text is no URL of an endpoint, with the remedy; NULL: it is one. */
const char *etcd_url_trouble(const char *url);

/* The URL as it may be shown: without a name and password in it, of which the rest is cut off. */
enum { ETCD_URL_SHOWN = 80 };
void etcd_url_show(const char *url, char shown[ETCD_URL_SHOWN]);

/* How a call ended; returned by every call. */
struct etcd_reply {
	enum etcd_outcome outcome;
	int endpoint;     /* asked last */
	int passed_over;  /* endpoints that refused the connection before it */
	int http_status;  /* 0: no answer */
	int transport;    /* CURLcode of no answer; 0: there was one, or no request */
	int code;         /* gRPC code of an error answer, -1: none */
	int64_t revision; /* header.revision; 0: none */
	uint64_t cluster_id, member_id, raft_term;
	int64_t sent_ns; /* just before the request left, to the endpoint; 0: it did not leave */
	char error[ETCD_TEXT]; /* empty when ok */
};

/* True when such a reply of that endpoint cannot get better by itself; `why` is then what is wrong
 * and what to do. What broke off without a word is asked about with the other protocol. */
enum { ETCD_ADVICE = 400 };
bool etcd_is_hopeless(struct etcd *client, const struct etcd_reply *reply, char why[ETCD_ADVICE],
		      int64_t deadline_ns);

/* In milliseconds it fits an int32_t, as it is recorded: 24 days. */
enum { ETCD_TTL_MAX_S = INT32_MAX / 1000 };

struct etcd_lease {
	int64_t id;
	int64_t ttl_s; /* as granted or left; 0 in a keepalive's answer: the lease is gone */
};

struct etcd_reply etcd_lease_grant(struct etcd *client, int64_t ttl_s, struct etcd_lease *lease,
				   int64_t deadline_ns);
/* ok with lease->ttl_s == 0: the server answered that the lease does not exist. */
struct etcd_reply etcd_lease_keepalive(struct etcd *client, int64_t id, struct etcd_lease *lease,
				       int64_t deadline_ns);
struct etcd_reply etcd_lease_revoke(struct etcd *client, int64_t id, int64_t deadline_ns);
/* lease->ttl_s is what is left, -1 when the lease does not exist. */
struct etcd_reply etcd_lease_timetolive(struct etcd *client, int64_t id, struct etcd_lease *lease,
					int64_t deadline_ns);

enum { ETCD_LEASE_KEYS = 16 };

struct etcd_lease_holdings {
	struct etcd_lease lease; /* ttl_s as of etcd_lease_timetolive: -1: does not exist */
	int64_t granted_ttl_s;
	int keys; /* all that hang on it; of them the first ETCD_LEASE_KEYS are told */
	char key[ETCD_LEASE_KEYS][ETCD_TEXT];
};

/* What is left of the lease, and the keys that go with it. A longer key is outcome info. */
struct etcd_reply etcd_lease_look(struct etcd *client, int64_t id,
				  struct etcd_lease_holdings *holdings, int64_t deadline_ns);
/* At most `limit` of the leases that the member that answers knows. *count is how many were filled
 * in. */
struct etcd_reply etcd_lease_list(struct etcd *client, int64_t *ids, int limit, int *count,
				  int64_t deadline_ns);

struct etcd_kv {
	char key[ETCD_TEXT], value[ETCD_VALUE_SIZE];
	int64_t create_revision, mod_revision, version, lease;
};

/* At most `limit` of the pairs with the prefix (or the one key when !prefix), by key. *count is how
 * many were filled in. A longer key is an error of the call, outcome info; a value that is longer,
 * or no text, is told as "". */
struct etcd_reply etcd_range(struct etcd *client, const char *key, bool prefix, struct etcd_kv *kvs,
			     int limit, int *count, int64_t deadline_ns);
/* The one key as it was at that revision; fail with code 11 when that is compacted or not yet. */
struct etcd_reply etcd_range_at(struct etcd *client, const char *key, int64_t revision,
				struct etcd_kv *kv, int *count, int64_t deadline_ns);
/* The one key as that member has it, which may be old: a serializable read. Without failover. */
struct etcd_reply etcd_range_serializable(struct etcd *client, int endpoint, const char *key,
					  struct etcd_kv *kv, int *count, int64_t deadline_ns);
/* Of the keys with the prefix those that were made last, at most `limit`, among those that were
 * made at revision `most` or before; the last one first. */
struct etcd_reply etcd_range_made_until(struct etcd *client, const char *prefix, int64_t most,
					struct etcd_kv *kvs, int limit, int *count,
					int64_t deadline_ns);
struct etcd_reply etcd_put(struct etcd *client, const char *key, const char *value, int64_t lease,
			   int64_t deadline_ns);
struct etcd_reply etcd_delete(struct etcd *client, const char *key, bool prefix, int64_t *deleted,
			      int64_t deadline_ns);

enum etcd_compare_target { ETCD_CREATE_REVISION, ETCD_MOD_REVISION, ETCD_VERSION, ETCD_VALUE };

struct etcd_compare { /* target of key == */
	enum etcd_compare_target target;
	const char *key;
	int64_t number;    /* for all but ETCD_VALUE */
	const char *value; /* for ETCD_VALUE */
};

enum etcd_op_kind { ETCD_OP_PUT, ETCD_OP_RANGE, ETCD_OP_DELETE };

struct etcd_op {
	enum etcd_op_kind kind;
	const char *key, *value;
	int64_t lease;
	bool first_made;  /* of a range: of the keys with this prefix, the one made first */
	bool keeps_lease; /* of a put: the key has the lease that it had; without the key the whole
			     call fails (code 3), and nothing is done. Source: etcd, rpc.proto,
			     PutRequest.ignore_lease, since 3.2 */
};

struct etcd_txn {
	const struct etcd_compare *compare;
	int compares;
	const struct etcd_op *then, *otherwise;
	int thens, otherwises;
};

/* *found (may be NULL) receives the first pair of the first range in the branch taken; key empty
 * when there was none. */
struct etcd_reply etcd_txn(struct etcd *client, const struct etcd_txn *txn, bool *succeeded,
			   struct etcd_kv *found, int64_t deadline_ns);

/* The lock API: waits in the server until acquired. On ok, `key` (ETCD_TEXT bytes) is the lock key.
 * After any other outcome a queued key may be left behind: lock again with the same lease, or
 * revoke it; never just go on renewing. */
struct etcd_reply etcd_lock(struct etcd *client, const char *name, int64_t lease, char *key,
			    int64_t deadline_ns);
struct etcd_reply etcd_unlock(struct etcd *client, const char *key, int64_t deadline_ns);

/* The election API: whoever campaigns stands in a queue of keys, as with the lock API. */
struct etcd_leader {
	char name[ETCD_TEXT], key[ETCD_TEXT]; /* of the election, of the candidate in it */
	int64_t revision;                     /* the key's create_revision */
	int64_t lease;
};

/* Waits in the server until elected, as etcd_lock does; and like that it may leave a key behind.
 * The reply's revision is that of the candidate's entry, not of its election; and, seen up to
 * 3.5.30, ok is no proof that the key still stood by then: Campaign does not look at it after the
 * wait (etcd, client/v3/concurrency/election.go). */
struct etcd_reply etcd_campaign(struct etcd *client, const char *name, const char *value,
				int64_t lease, struct etcd_leader *leader, int64_t deadline_ns);
/* Puts a new value, if the leader's key still stands; else fail, "election: not leader". */
struct etcd_reply etcd_proclaim(struct etcd *client, const struct etcd_leader *leader,
				const char *value, int64_t deadline_ns);
/* Who leads: the oldest candidate's key as it stands, read linearizably; fail, "election: no
 * leader": nobody does. */
struct etcd_reply etcd_observe_leader(struct etcd *client, const char *name, struct etcd_kv *leader,
				      int64_t deadline_ns);
/* ok also when the key had gone before: then nothing is done. */
struct etcd_reply etcd_resign(struct etcd *client, const struct etcd_leader *leader,
			      int64_t deadline_ns);

struct etcd_status {
	char version[32];
	uint64_t leader, member_id, raft_term, raft_index;
	int64_t db_size;   /* of the file */
	int64_t db_in_use; /* of that; 0: 3.3 does not tell */
};

/* Of one endpoint, without failover. With authentication on, 3.5.30 tells it to root alone (code
 * 7).
 */
struct etcd_reply etcd_status(struct etcd *client, int endpoint, struct etcd_status *status,
			      int64_t deadline_ns);

/* What one endpoint says its version is ("3.5.16"); "" when not ok. Everybody is told. */
struct etcd_reply etcd_version(struct etcd *client, int endpoint, char version[32],
			       int64_t deadline_ns);

struct etcd_member {
	uint64_t id;
	char name[64], peer_url[ETCD_TEXT], client_url[ETCD_TEXT];
};

struct etcd_reply etcd_member_list(struct etcd *client, struct etcd_member *members, int limit,
				   int *count, int64_t deadline_ns);

/* Operating ----------------------------------------------------------------------------------- */

/* Gives the leadership to another member and waits until that leads. Only the leader does it, so it
 * is asked without failover. fail: `endpoint` does not lead (code 9), the member is unknown to it
 * (code 9; 3.3 does not answer at all), or the gateway has no such path (HTTP 404: 3.2 and before).
 * ok also when the member led already. Source: etcd, rpc.proto, Maintenance.MoveLeader. */
struct etcd_reply etcd_move_leader(struct etcd *client, int endpoint, uint64_t member,
				   int64_t deadline_ns);

/* Forgets what was before the revision. fail with code 11 when that was done before, or the
 * revision is still to come. */
struct etcd_reply etcd_compact(struct etcd *client, int64_t revision, int64_t deadline_ns);

/* Rewrites the member's database; it serves nothing meanwhile. No failover. */
struct etcd_reply etcd_defragment(struct etcd *client, int endpoint, int64_t deadline_ns);

/* Changes of the membership. A member refuses them (fail, code 14 "unhealthy cluster"; or code 2
 * "not enough started members") while it has not been connected to enough others for 5 s. A change
 * sent right after another one may be dropped and come to outcome info after 7 s: raft takes one at
 * a time (3.4.23 was seen to). fail with code 5: no such member; with code 9: the URL is there.
 * A removed member's process ends itself. The added one has no name until it has started. */
struct etcd_reply etcd_member_remove(struct etcd *client, uint64_t id, int64_t deadline_ns);
struct etcd_reply etcd_member_add(struct etcd *client, const char *peer_url,
				  struct etcd_member *added, int64_t deadline_ns);

/* Watching ------------------------------------------------------------------------------------ */

struct etcd_watch_event {
	bool deleted;
	struct etcd_kv kv; /* of a delete: key, mod_revision (the deletion's) and, from the previous
			      pair (prev_kv), create_revision and lease; 0 when it was compacted */
};

struct etcd_watch_config {
	int endpoint; /* no failover: a watch is of one member */
	const char *prefix;
	bool one_key;          /* that very key, and no other that begins so */
	int64_t from_revision; /* 0: from now */
	/* Called for each event, after each message (progress), and about every 100 ms; returns
	 * false to end the watch. `event` is NULL when there is none. `revision`: all changes up to
	 * it were told, 0: unknown. With from_revision 0 the first that is not 0 says that the
	 * watch stands. */
	bool (*tell)(void *context, const struct etcd_watch_event *event, int64_t revision);
	void *context;
};

/* Watches until tell says so (ok), or the stream breaks (info) or could not be asked for (fail), or
 * the server cancels it (fail; *compact_revision > 0 when the wanted revision was compacted). The
 * reply's revision is the last one that tell was given. */
struct etcd_reply etcd_watch(struct etcd *client, const struct etcd_watch_config *config,
			     int64_t *compact_revision);

/* Waits at that member until it tells that the key, or any with the prefix, was deleted at
 * `from_revision` or later, or for the deadline, which is looked at each 100 ms: ok in both cases.
 * Else the watch ended, and the key is to be asked for again, maybe of another member. */
struct etcd_reply etcd_await_deleted(struct etcd *client, int endpoint, const char *key,
				     bool prefix, int64_t from_revision, bool *deleted,
				     int64_t deadline_ns);

#endif
