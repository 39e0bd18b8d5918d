/*
 * Taking a member out of etcd's cluster and putting it back.
 *
 * Theory of operation. Where a member stands is in shared memory, so that whoever heals, this
 * process or the conductor after its death, goes on where it was left: IN -> LEAVING (the removal
 * is asked for) -> OUT (etcd said that it is removed) -> IN (added again). A LEAVING one may be
 * removed or not; putting it back first finishes the removal.
 *
 * The host is wanted down before the removal is asked for, since a member that learns of its
 * removal ends itself, and the conductor must take that end for an expected one.
 *
 * What is not known, etcd is asked for: after an answer of unknown outcome the list of the members
 * tells. On 3.3 and 3.4 that list is the answering member's own and may be late, so that only news
 * count: a member that is missing, an id that was not there before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "cluster/cluster_inside.h"
#include "cluster/operation.h"
#include "sandbox/machine.h"

enum {
	LOOK_AGAIN_MS = 20,
	LIST_TIMEOUT_MS = 1000,
	CHANGE_TIMEOUT_MS = 3000,
	/* Of a request that the deadline cuts off nobody knows whether it was heeded: after
	 * refusals none is sent that has less than this for its answer. */
	LAST_ASKED_MS = 500,
	LISTED_MAX = 64,
	CODE_NOT_FOUND = 5,
	READMIT_LIMIT_MS = 10000,
};

static void print_peer_url(const struct cluster *cluster, int member, char *url)
{
	snprintf(url, ETCD_TEXT, "http://%s:%d", hosts_get(cluster->hosts, member)->address,
		 PEER_PORT);
}

/* Asks for the list. 1: this member is on it, with *id; 0: it is not; -1: no answer. */
static int look_up(const struct cluster *cluster, int member, struct etcd *client,
		   int64_t deadline_ns, uint64_t *id, int *listed)
{
	struct etcd_member list[LISTED_MAX];
	char url[ETCD_TEXT];
	struct etcd_reply reply = etcd_member_list(client, list, LISTED_MAX, listed,
						   clock_sooner_ns(deadline_ns, LIST_TIMEOUT_MS));

	print_peer_url(cluster, member, url);
	if (reply.outcome != ETCD_OK)
		return -1;
	for (int i = 0; i < *listed; i++) {
		if (strcmp(list[i].peer_url, url) == 0) {
			*id = list[i].id;
			return 1;
		}
	}
	return 0;
}

/* Out ----------------------------------------------------------------------------------------- */

enum leaving { LEAVING_DONE, LEAVING_REFUSED, LEAVING_UNKNOWN };

/* Asks until etcd says that it is removed. *why: what it said last. */
static enum leaving leave(const struct cluster *cluster, int member, struct etcd *client,
			  uint64_t id, int64_t deadline_ns, char *why)
{
	bool sure = true; /* that none of the requests was heeded */

	for (;;) {
		uint64_t found;
		int listed;
		struct etcd_reply reply = etcd_member_remove(
			client, id, clock_sooner_ns(deadline_ns, CHANGE_TIMEOUT_MS));

		if (reply.outcome == ETCD_OK ||
		    (reply.outcome == ETCD_FAIL && reply.code == CODE_NOT_FOUND))
			return LEAVING_DONE;
		sure = sure && reply.outcome == ETCD_FAIL;
		if (reply.http_status || !why[0]) /* etcd's word before that of the deadline */
			text_copy(why, ETCD_TEXT, reply.error);
		if (!sure && look_up(cluster, member, client, deadline_ns, &found, &listed) == 0)
			return LEAVING_DONE;
		if (sure && clock_left_ms(deadline_ns) < LAST_ASKED_MS)
			return LEAVING_REFUSED;
		if (clock_now_ns() >= deadline_ns)
			return LEAVING_UNKNOWN;
		/* Nobody tells when the others have been connected for long enough. */
		clock_sleep_until_ns(clock_sooner_ns(deadline_ns, LOOK_AGAIN_MS));
	}
}

/* True when its machine is seen gone; *pid: which process led it, 0: there was none. */
static bool end_process(struct cluster *cluster, int member, int64_t deadline_ns, pid_t *pid)
{
	/* While it is in the control block it is not reaped, so the pid is no other's. */
	struct machine machine = hosts_machine(cluster->hosts, member);

	*pid = machine.leader;
	return !*pid || machine_kill(&machine, deadline_ns, NULL, NULL);
}

static struct operation remove_it(struct cluster *cluster, int member, struct etcd *client,
				  int64_t deadline_ns)
{
	struct shared_member *shared = &cluster->member[member];
	const char *name = hosts_get(cluster->hosts, member)->name;
	char why[ETCD_TEXT] = "";
	uint64_t id = 0, found;
	int listed = 0;
	pid_t pid;

	while (look_up(cluster, member, client, deadline_ns, &id, &listed) != 1) {
		if (clock_now_ns() >= deadline_ns)
			return operation_void("no member tells the id of %s", name);
		clock_sleep_until_ns(clock_sooner_ns(deadline_ns, LOOK_AGAIN_MS));
	}
	shared->id = id;
	shared->membership = MEMBERSHIP_LEAVING;
	hosts_give_up(cluster->hosts, member); /* until it is in again */
	switch (leave(cluster, member, client, id, deadline_ns, why)) {
	case LEAVING_REFUSED:
		shared->membership = MEMBERSHIP_IN;
		hosts_unwant_down(cluster->hosts, member);
		return operation_void("%s was not removed: %s", name, why);
	case LEAVING_UNKNOWN:
		return operation_void("whether %s was removed is not known: %s", name, why);
	case LEAVING_DONE:
		break;
	}
	shared->membership = MEMBERSHIP_OUT;
	if (!end_process(cluster, member, deadline_ns, &pid))
		return operation_void("%s was removed, but its pid %d does not end", name, pid);
	hosts_delete_data(cluster->hosts, member);
	/* A late list may still hold it. */
	while (look_up(cluster, member, client, deadline_ns, &found, &listed) != 0 &&
	       clock_now_ns() < deadline_ns)
		clock_sleep_until_ns(clock_sooner_ns(deadline_ns, LOOK_AGAIN_MS));
	return operation_done(
		listed, "%s, id %" PRIx64 ", removed, %d members left; pid %d gone, data deleted",
		name, id, listed, pid);
}

struct operation cluster_remove_member(struct cluster *cluster, int member, int64_t deadline_ns)
{
	struct error err = {0};

	CHECK(member >= 0 && member < cluster->members);
	if (!cluster_is_ours(cluster))
		return operation_void("the members are not ours to remove");
	if (cluster->member[member].membership != MEMBERSHIP_IN)
		return operation_void("%s is out already", hosts_get(cluster->hosts, member)->name);
	_cleanup_client_ struct etcd *client = members_client(cluster, member, &err);

	if (!client)
		return operation_void("%s", err.text);
	return remove_it(cluster, member, client, deadline_ns);
}

/* In again ------------------------------------------------------------------------------------ */

/* Asks until the member is on the list under an id that is not the old one. */
static int add(const struct cluster *cluster, int member, struct etcd *client, uint64_t old_id,
	       int64_t deadline_ns, uint64_t *id, struct error *err)
{
	char url[ETCD_TEXT];

	print_peer_url(cluster, member, url);
	for (;;) {
		struct etcd_member added;
		int listed;
		struct etcd_reply reply = etcd_member_add(
			client, url, &added, clock_sooner_ns(deadline_ns, CHANGE_TIMEOUT_MS));

		*id = added.id;
		if (reply.outcome == ETCD_OK)
			return 0;
		/* Perhaps an earlier try came through after all. */
		if (look_up(cluster, member, client, deadline_ns, id, &listed) == 1 &&
		    *id != old_id)
			return 0;
		if (clock_now_ns() >= deadline_ns)
			return error_set(err, EXIT_OUR_FAULT, "%s could not be added again: %s",
					 hosts_get(cluster->hosts, member)->name, reply.error);
		clock_sleep_until_ns(clock_sooner_ns(deadline_ns, LOOK_AGAIN_MS));
	}
}

/* Of one whose removal was left unfinished. 1: it never left. */
static int finish_leaving(struct cluster *cluster, int member, struct etcd *client,
			  int64_t deadline_ns, struct error *err)
{
	struct shared_member *shared = &cluster->member[member];
	char why[ETCD_TEXT] = "";

	switch (leave(cluster, member, client, shared->id, deadline_ns, why)) {
	case LEAVING_DONE:
		shared->membership = MEMBERSHIP_OUT;
		return 0;
	case LEAVING_REFUSED: /* so it is on the list, as of every request */
		shared->membership = MEMBERSHIP_IN;
		hosts_unwant_down(cluster->hosts, member);
		return 1;
	case LEAVING_UNKNOWN:
		break;
	}
	return error_set(err, EXIT_OUR_FAULT, "whether %s was removed is not known: %s",
			 hosts_get(cluster->hosts, member)->name, why);
}

/* Makes a member that left a member again, with empty data, and wants it up; does not wait for
 * that. Nothing to do for one that is in. */
static int readmit(struct cluster *cluster, int member, int64_t deadline_ns, struct error *err)
{
	struct shared_member *shared = &cluster->member[member];
	uint64_t id;
	pid_t pid;

	if (shared->membership == MEMBERSHIP_IN)
		return 0;
	_cleanup_client_ struct etcd *client = members_client(cluster, member, err);

	if (!client)
		return -1;
	if (shared->membership == MEMBERSHIP_LEAVING) {
		int result = finish_leaving(cluster, member, client, deadline_ns, err);

		if (result)
			return result > 0 ? 0 : -1;
	}
	if (!end_process(cluster, member, deadline_ns, &pid))
		return error_set(err, EXIT_OUR_FAULT, "pid %d of %s does not end", pid,
				 hosts_get(cluster->hosts, member)->name);
	hosts_delete_data(cluster->hosts, member);
	if (add(cluster, member, client, shared->id, deadline_ns, &id, err))
		return -1;
	shared->id = id;
	shared->joins = true;
	shared->membership = MEMBERSHIP_IN;
	hosts_want(cluster->hosts, member, WANTED_UP);
	return 0;
}

int members_readmit_all(struct cluster *cluster, struct error *err)
{
	int failed = 0;

	for (int i = 0; i < cluster->members; i++) {
		int64_t deadline_ns = clock_now_ns() + READMIT_LIMIT_MS * NS_PER_MS;
		struct error another = {0};

		if (readmit(cluster, i, deadline_ns, failed ? &another : err))
			failed = -1;
	}
	return failed;
}

/* Whether it serves, under the id that it was given. */
static bool serves(struct cluster *cluster, int member, struct etcd *client, int64_t deadline_ns)
{
	struct etcd_status status;
	struct etcd_kv kv;
	int count;

	return etcd_status(client, 0, &status, clock_sooner_ns(deadline_ns, LIST_TIMEOUT_MS))
			       .outcome == ETCD_OK &&
	       status.leader != 0 && status.member_id == cluster->member[member].id &&
	       etcd_range(client, "fencepost", false, &kv, 1, &count,
			  clock_sooner_ns(deadline_ns, LIST_TIMEOUT_MS))
			       .outcome == ETCD_OK;
}

struct operation cluster_add_member(struct cluster *cluster, int member, int64_t deadline_ns)
{
	int64_t began_ns = clock_now_ns();
	struct error err = {0};

	CHECK(member >= 0 && member < cluster->members);
	const char *name = hosts_get(cluster->hosts, member)->name;
	uint64_t old_id = cluster->member[member].id;

	if (readmit(cluster, member, deadline_ns, &err))
		return operation_void("%s", err.text);
	_cleanup_client_ struct etcd *client = member_client(cluster, member, &err);

	if (!client)
		return operation_void("%s", err.text);
	/* Nobody tells when a port opens. */
	while (!serves(cluster, member, client, deadline_ns)) {
		if (clock_now_ns() >= deadline_ns)
			return operation_void("%s was added, but does not serve", name);
		clock_sleep_until_ns(clock_sooner_ns(deadline_ns, LOOK_AGAIN_MS));
	}
	int64_t took_ms = (clock_now_ns() - began_ns) / NS_PER_MS;

	return operation_done(took_ms,
			      "%s serves after %" PRId64 " ms: id %" PRIx64 " (was %" PRIx64
			      "), incarnation %d",
			      name, took_ms, cluster->member[member].id, old_id,
			      (int)hosts_control(cluster->hosts, member)->incarnation);
}
