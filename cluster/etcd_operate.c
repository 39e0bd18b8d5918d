/*
 * The operations that leave the membership as it is. All have one shape: look, act, look again. The
 * second look is the proof; an answer "ok" alone is not.
 */
#include "cluster/operate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "cluster/cluster_inside.h"
#include "cluster/operation.h"

enum {
	LOOK_AGAIN_MS = 5,
	REQUEST_TIMEOUT_MS = 2000,
	CODE_OUT_OF_RANGE = 11,
	/* All that may wait for one lock: every host, and one more to see that it was enough. */
	QUEUE_MAX = HOSTS_MAX + 1,
};

static const char *name_of(const struct cluster *cluster, int member)
{
	return hosts_get(cluster->hosts, member)->name;
}

/* Leader -------------------------------------------------------------------------------------- */

static bool is_candidate(struct cluster *cluster, int member)
{
	return cluster->member[member].membership == MEMBERSHIP_IN &&
	       member_may_answer(cluster, member);
}

/* The next one that can take over, or -1. */
static int find_successor(struct cluster *cluster, int leader)
{
	for (int i = 1; i < cluster->members; i++) {
		int member = (leader + i) % cluster->members;

		if (is_candidate(cluster, member))
			return member;
	}
	return -1;
}

/* Its id at etcd, asked for when nobody has seen it yet. */
static uint64_t id_of(struct cluster *cluster, int member, int64_t deadline_ns)
{
	struct error err = {0};
	struct etcd_status status = {0};

	if (cluster->member[member].id)
		return cluster->member[member].id;
	_cleanup_client_ struct etcd *client = member_client(cluster, member, &err);

	if (client)
		etcd_status(client, 0, &status, clock_sooner_ns(deadline_ns, REQUEST_TIMEOUT_MS));
	return status.member_id;
}

static int await_leader(struct cluster *cluster, int64_t deadline_ns, uint64_t *term)
{
	int leader;

	while ((leader = cluster_leader(cluster, term)) < 0 && clock_now_ns() < deadline_ns)
		clock_sleep_until_ns(clock_sooner_ns(deadline_ns, LOOK_AGAIN_MS));
	return leader;
}

struct operation cluster_move_leader(struct cluster *cluster, int to, int64_t deadline_ns)
{
	uint64_t term = 0, later_term = 0;
	int leader = await_leader(cluster, deadline_ns, &term), successor;
	struct error err = {0};

	CHECK(to < cluster->members);
	if (leader < 0)
		return operation_void("no member is known to lead");
	if (to == leader)
		return operation_void("%s leads already, in term %" PRIu64, name_of(cluster, to),
				      term);
	if (to < 0)
		to = find_successor(cluster, leader);
	uint64_t id = to < 0 ? 0 : id_of(cluster, to, deadline_ns);

	if (id == 0)
		return operation_void("there is nobody to succeed %s", name_of(cluster, leader));
	_cleanup_client_ struct etcd *client = member_client(cluster, leader, &err);

	if (!client)
		return operation_void("%s", err.text);
	struct etcd_reply reply = etcd_move_leader(client, 0, id, deadline_ns);

	/* An error may come after the fact, and an answer before all members know. */
	do
		successor = cluster_leader(cluster, &later_term);
	while ((successor < 0 || successor == leader || later_term <= term) &&
	       reply.outcome == ETCD_OK && clock_now_ns() < deadline_ns);
	if (successor < 0 || successor == leader || later_term <= term)
		return operation_void("%s still leads: %s", name_of(cluster, leader),
				      reply.outcome == ETCD_OK ? "answered ok" : reply.error);
	return operation_done((int64_t)later_term,
			      "%s led in term %" PRIu64 ", %s leads in term %" PRIu64
			      ", %s was asked for",
			      name_of(cluster, leader), term, name_of(cluster, successor),
			      later_term, name_of(cluster, to));
}

/* Compaction ---------------------------------------------------------------------------------- */

struct operation cluster_compact(struct cluster *cluster, int64_t deadline_ns)
{
	struct error err = {0};
	struct etcd_kv kv;
	int count;
	_cleanup_client_ struct etcd *client = members_client(cluster, -1, &err);

	if (!client)
		return operation_void("%s", err.text);
	/* Any read tells the present revision. */
	struct etcd_reply reply = etcd_range(client, "fencepost", false, &kv, 1, &count,
					     clock_sooner_ns(deadline_ns, REQUEST_TIMEOUT_MS));
	int64_t revision = reply.revision;

	if (reply.outcome != ETCD_OK)
		return operation_void("the present revision is not known: %s", reply.error);
	if (revision < 2)
		return operation_void("nothing was ever written");
	reply = etcd_compact(client, revision, deadline_ns);
	if (reply.outcome != ETCD_OK)
		return operation_void("compacting at revision %" PRId64 ": %s", revision,
				      reply.error);
	reply = etcd_range_at(client, "fencepost", revision - 1, &kv, &count,
			      clock_sooner_ns(deadline_ns, REQUEST_TIMEOUT_MS));
	if (reply.outcome != ETCD_FAIL || reply.code != CODE_OUT_OF_RANGE)
		return operation_void("compacted at revision %" PRId64
				      ", but a read before is not refused: %s",
				      revision, reply.outcome == ETCD_OK ? "ok" : reply.error);
	return operation_done(revision, "at revision %" PRId64 "; a read at %" PRId64 ": %s",
			      revision, revision - 1, reply.error);
}

/* Defragmentation ----------------------------------------------------------------------------- */

/* "102400 bytes, 40960 in use"; 3.3 does not tell the second. */
static void print_size(char *text, size_t size, const struct etcd_status *status)
{
	int length = snprintf(text, size, "%" PRId64 " bytes", status->db_size);

	if (status->db_in_use)
		snprintf(text + length, size - (size_t)length, ", %" PRId64 " in use",
			 status->db_in_use);
}

struct operation cluster_defragment(struct cluster *cluster, int member, int64_t deadline_ns)
{
	struct error err = {0};
	struct etcd_status before, after;
	char small[64], large[64];
	_cleanup_client_ struct etcd *client = member_client(cluster, member, &err);

	if (!client)
		return operation_void("%s", err.text);
	etcd_status(client, 0, &before, clock_sooner_ns(deadline_ns, REQUEST_TIMEOUT_MS));
	int64_t began_ns = clock_now_ns();
	struct etcd_reply reply = etcd_defragment(client, 0, deadline_ns);
	int64_t took_us = (clock_now_ns() - began_ns) / NS_PER_US;

	if (reply.outcome != ETCD_OK)
		return operation_void("%s was not seen to defragment: %s", name_of(cluster, member),
				      reply.error);
	etcd_status(client, 0, &after, clock_sooner_ns(deadline_ns, REQUEST_TIMEOUT_MS));
	print_size(large, sizeof(large), &before);
	print_size(small, sizeof(small), &after);
	return operation_done(took_us, "%s answered ok after %" PRId64 " us; before: %s; after: %s",
			      name_of(cluster, member), took_us, large, small);
}

/* The holder's lease -------------------------------------------------------------------------- */

/* The first in the queue; NULL with the reason when there is none. */
static const struct etcd_kv *find_holder(struct etcd *client, const char *prefix,
					 struct etcd_kv *queue, int64_t deadline_ns, char *why)
{
	const struct etcd_kv *holder = NULL;
	int count;
	struct etcd_reply reply = etcd_range(client, prefix, true, queue, QUEUE_MAX, &count,
					     clock_sooner_ns(deadline_ns, REQUEST_TIMEOUT_MS));

	for (int i = 0; reply.outcome == ETCD_OK && i < count; i++)
		if (!holder || queue[i].create_revision < holder->create_revision)
			holder = &queue[i];
	if (holder && count < QUEUE_MAX && holder->lease)
		return holder;
	text_copy(why, ETCD_TEXT,
		  reply.outcome != ETCD_OK ? reply.error
		  : !holder                ? "nobody holds it"
		  : holder->lease          ? "more are waiting than there are hosts"
					   : "its key has no lease");
	return NULL;
}

static struct operation revoke_of(struct etcd *client, const struct etcd_kv *holder,
				  int64_t deadline_ns)
{
	struct etcd_lease_holdings holdings;
	struct etcd_kv found = {0};
	int count;
	struct etcd_reply reply = etcd_lease_look(client, holder->lease, &holdings,
						  clock_sooner_ns(deadline_ns, REQUEST_TIMEOUT_MS));

	if (reply.outcome != ETCD_OK || holdings.lease.ttl_s < 0)
		return operation_void("lease %" PRIx64 " of %s is not there: %s", holder->lease,
				      holder->key, reply.error);
	reply = etcd_lease_revoke(client, holder->lease, deadline_ns);
	if (reply.outcome != ETCD_OK)
		return operation_void("revoking lease %" PRIx64 " of %s: %s", holder->lease,
				      holder->key, reply.error);
	reply = etcd_range(client, holder->key, false, &found, 1, &count,
			   clock_sooner_ns(deadline_ns, REQUEST_TIMEOUT_MS));
	if (reply.outcome != ETCD_OK ||
	    (count > 0 && found.create_revision == holder->create_revision))
		return operation_void("lease %" PRIx64 " was revoked, but %s is not seen gone: %s",
				      holder->lease, holder->key, reply.error);
	return operation_done(holder->create_revision,
			      "lease %" PRIx64 " had %" PRId64 " of %" PRId64
			      " s and %d keys; gone: %s",
			      holder->lease, holdings.lease.ttl_s, holdings.granted_ttl_s,
			      holdings.keys, holder->key);
}

struct operation cluster_revoke_holder(struct cluster *cluster, const char *lock,
				       int64_t deadline_ns)
{
	size_t length = strlen(lock);
	struct error err = {0};
	char prefix[ETCD_TEXT], why[ETCD_TEXT];
	_cleanup_free_ struct etcd_kv *queue = calloc(QUEUE_MAX, sizeof(*queue));
	_cleanup_client_ struct etcd *client = members_client(cluster, -1, &err);

	CHECK(queue && length > 0 && length + 2 <= sizeof(prefix));
	if (!client)
		return operation_void("%s", err.text);
	snprintf(prefix, sizeof(prefix), "%s%s", lock, lock[length - 1] == '/' ? "" : "/");
	const struct etcd_kv *holder = find_holder(client, prefix, queue, deadline_ns, why);

	if (!holder)
		return operation_void("%s: %s", prefix, why);
	return revoke_of(client, holder, deadline_ns);
}
