/*
 * Asking the members: do they serve, who leads, do they agree. All of it from the hub, which no cut
 * touches. A client is opened for each question; on one machine that costs under a millisecond, and
 * nothing is left that a fork could share.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "base/text.h"
#include "cluster/inside.h"
#include "cluster/operation.h"

enum {
	PUT_TIMEOUT_MS = 2000,
	PUT_TTL_S =
		10, /* of what a write leaves behind when we are killed before we take it back */
	CODE_NOT_FOUND = 5,
	LOOK_AGAIN_MS = 10,
	STATUS_TIMEOUT_MS = 300,
	MEMBERS_MAX = 64,
	AUDIT_KEYS_MAX = 8192,
};

static void note_member(struct cluster *cluster, int member, uint64_t id)
{
	if (id)
		cluster->shared->host[member].member_id = id;
}

/* Serving ------------------------------------------------------------------------------------- */

/* A member that ended will not come back by itself. */
static bool has_ended(struct cluster *cluster, int member)
{
	pid_t pid = cluster_control(cluster, member)->pid;

	return pid == 0 || process_wait_state(pid, 0, 0);
}

/* A put to a member that knows no leader yet is dropped, and answered only after seconds: so the
 * member is asked for its leader first. The key hangs on a lease (*lease, 0: none yet), as all
 * that we put. */
static struct etcd_reply try_put(struct etcd *client, const char *key, int64_t *lease,
				 int64_t deadline_ns)
{
	struct etcd_lease granted;
	struct etcd_status status = {0};
	struct etcd_reply reply =
		etcd_status(client, 0, &status, clock_sooner_ns(deadline_ns, STATUS_TIMEOUT_MS));

	if (reply.outcome != ETCD_OK)
		return reply;
	if (status.leader == 0) {
		reply.outcome = ETCD_FAIL;
		text_copy(reply.error, sizeof(reply.error), "it knows no leader");
		return reply;
	}
	if (*lease == 0) {
		reply = etcd_lease_grant(client, PUT_TTL_S, &granted,
					 clock_sooner_ns(deadline_ns, PUT_TIMEOUT_MS));
		if (reply.outcome != ETCD_OK)
			return reply;
		*lease = granted.id;
	}
	reply = etcd_put(client, key, "yes", *lease, clock_sooner_ns(deadline_ns, PUT_TIMEOUT_MS));
	if (reply.outcome == ETCD_FAIL && reply.code == CODE_NOT_FOUND) /* it expired meanwhile */
		*lease = 0;
	return reply;
}

static int try_until(struct cluster *cluster, int member, struct etcd *client, const char *key,
		     int64_t *lease, int64_t deadline_ns, struct error *err)
{
	const char *name = cluster_host(cluster, member)->name;
	char why[ETCD_TEXT] = "no answer at all"; /* from before the deadline cut an answer off */

	for (;;) {
		struct etcd_reply reply = try_put(client, key, lease, deadline_ns);

		if (reply.outcome == ETCD_OK) {
			note_member(cluster, member, reply.member_id);
			return 0;
		}
		if (has_ended(cluster, member))
			return error_set(err, EXIT_MACHINE_LACKS,
					 "member %s ended instead of serving; see %s/logs/%s.log",
					 name, cluster->plan.run_dir, name);
		if (clock_now_ns() >= deadline_ns)
			return error_set(err, EXIT_MACHINE_LACKS,
					 "member %s (%s) does not serve in time: %s", name,
					 cluster->endpoint[member], why);
		if (disk_tend(cluster, err)) /* without its supervisor it never will */
			return -1;
		text_copy(why, sizeof(why), reply.error);
		/* Nobody tells when a port opens. */
		clock_sleep_until_ns(clock_sooner_ns(deadline_ns, LOOK_AGAIN_MS));
	}
}

static int wait_member(struct cluster *cluster, int member, const char *prefix, int64_t deadline_ns,
		       struct error *err)
{
	_cleanup_free_ char *key = NULL;
	_cleanup_client_ struct etcd *client = member_client(cluster, member, err);
	int64_t lease = 0;

	if (!client)
		return -1;
	CHECK_MEMORY(asprintf(&key, "%sserving/%s", prefix, cluster_host(cluster, member)->name) >
		     0);
	int failed = try_until(cluster, member, client, key, &lease, deadline_ns, err);

	if (lease) /* and the key with it, whatever became of the put */
		etcd_lease_revoke(client, lease, clock_now_ns() + PUT_TIMEOUT_MS * NS_PER_MS);
	return failed;
}

int cluster_wait_serving(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
			 struct error *err)
{
	if (!cluster->plan.sandbox)
		return existing_wait_serving(cluster, prefix, deadline_ns, err);
	for (int i = 0; i < cluster->plan.members; i++)
		if (wait_member(cluster, i, prefix, deadline_ns, err))
			return -1;
	return 0;
}

/* Leader -------------------------------------------------------------------------------------- */

struct votes {
	int answers, kinds;
	struct vote {
		uint64_t leader, term;
		int count;
	} vote[MEMBERS_MAX];
};

/* A member's term is that of the last entry it applied, and so a little late: the greatest counts.
 */
static const struct vote *cast(struct votes *votes, const struct etcd_status *status)
{
	struct vote *vote = votes->vote;

	votes->answers++;
	while (vote < &votes->vote[votes->kinds] && vote->leader != status->leader)
		vote++;
	if (vote == &votes->vote[votes->kinds])
		votes->vote[votes->kinds++] = (struct vote){.leader = status->leader};
	if (vote->term < status->raft_term)
		vote->term = status->raft_term;
	vote->count++;
	return vote;
}

static bool ask_member(struct cluster *cluster, int member, struct etcd_status *status)
{
	struct error err = {0};
	_cleanup_client_ struct etcd *client = member_client(cluster, member, &err);

	if (!client)
		return false;
	struct etcd_reply reply =
		etcd_status(client, 0, status, clock_now_ns() + STATUS_TIMEOUT_MS * NS_PER_MS);

	if (reply.outcome != ETCD_OK)
		return false;
	note_member(cluster, member, status->member_id);
	return true;
}

/* One that was removed may be named until the others have elected; it leads no more. */
static int member_of_id(const struct cluster *cluster, uint64_t id)
{
	for (int i = 0; id && i < cluster->plan.members; i++)
		if (cluster->shared->host[i].member_id == id &&
		    cluster->shared->host[i].membership != MEMBERSHIP_OUT)
			return i;
	return -1;
}

/* Asks one member after the other and stops as soon as more than half of all agree: with all well
 * that is two short questions of three. A thread per member would gain something only when several
 * members hang without being stopped. */
int cluster_leader(struct cluster *cluster, uint64_t *term)
{
	struct votes votes = {0};
	const struct vote *best = NULL;

	CHECK(cluster->plan.members <= MEMBERS_MAX);
	for (int i = 0; i < cluster->plan.members; i++) {
		struct etcd_status status = {0};

		if (!member_may_answer(cluster, i) || !ask_member(cluster, i, &status))
			continue;
		const struct vote *vote = cast(&votes, &status);

		if (!best || vote->count > best->count)
			best = vote;
		if (best->count * 2 > cluster->plan.members)
			break;
	}
	if (!best || best->count * 2 <= votes.answers)
		return -1;
	int leader = member_of_id(cluster, best->leader);

	if (leader >= 0 && term)
		*term = best->term;
	return leader;
}

/* Audit --------------------------------------------------------------------------------------- */

enum { AUDIT_PATIENCE_MS = 3000, AUDIT_PAUSE_MS = 100 };

struct answer {
	int member, count;
	int64_t revision;
	struct etcd_kv *kv; /* AUDIT_KEYS_MAX */
};

struct audit {
	struct cluster *cluster;
	const char *prefix;
	int64_t deadline_ns;
	int64_t greatest; /* revision that was answered by anybody */
	struct answer first, other;
};

enum audit_result { AUDIT_AGREED, AUDIT_DIFFER, AUDIT_ONCE_MORE };

static const char *member_name(const struct audit *audit, int member)
{
	return cluster_host(audit->cluster, member)->name;
}

static enum audit_result read_member(struct audit *audit, int member, struct answer *answer,
				     struct error *err)
{
	int64_t patience_ns = clock_now_ns() + AUDIT_PATIENCE_MS * NS_PER_MS;
	_cleanup_client_ struct etcd *client = member_client(audit->cluster, member, err);

	if (!client)
		return AUDIT_ONCE_MORE;
	/* A linearizable read: the member answers from its own store, once that is up to date. */
	struct etcd_reply reply =
		etcd_range(client, audit->prefix, true, answer->kv, AUDIT_KEYS_MAX, &answer->count,
			   patience_ns < audit->deadline_ns ? patience_ns : audit->deadline_ns);

	answer->member = member;
	answer->revision = reply.revision;
	if (reply.outcome != ETCD_OK) {
		error_set(err, EXIT_OUR_FAULT, "member %s cannot be audited: %s",
			  member_name(audit, member), reply.error);
		return AUDIT_ONCE_MORE;
	}
	if (answer->count == AUDIT_KEYS_MAX) {
		error_set(err, EXIT_OUR_FAULT, "%d keys or more to audit under %s", AUDIT_KEYS_MAX,
			  audit->prefix);
		return AUDIT_ONCE_MORE;
	}
	/* Whoever answers less than what anybody was answered before, does not know what a majority
	 * has acknowledged; one that answers more only tells that somebody goes on writing. */
	if (answer->revision < audit->greatest) {
		error_set(err, EXIT_VIOLATION,
			  "members differ: %s answered a linearizable read at revision %" PRId64
			  ", after one had answered at %" PRId64,
			  member_name(audit, member), answer->revision, audit->greatest);
		return AUDIT_DIFFER;
	}
	audit->greatest = answer->revision;
	return AUDIT_AGREED;
}

static bool same_pair(const struct etcd_kv *a, const struct etcd_kv *b)
{
	return strcmp(a->key, b->key) == 0 && strcmp(a->value, b->value) == 0 &&
	       a->create_revision == b->create_revision && a->mod_revision == b->mod_revision &&
	       a->version == b->version && a->lease == b->lease;
}

static enum audit_result compare(const struct audit *audit, struct error *err)
{
	const struct answer *first = &audit->first, *other = &audit->other;
	const char *names[] = {member_name(audit, first->member),
			       member_name(audit, other->member)};
	int shorter = first->count < other->count ? first->count : other->count;

	for (int i = 0; i < shorter; i++) {
		const struct etcd_kv *a = &first->kv[i], *b = &other->kv[i];

		if (same_pair(a, b))
			continue;
		error_set(err, EXIT_VIOLATION,
			  "members differ at revision %" PRId64 ": %s has %s = \"%s\" "
			  "(modified at %" PRId64 "), %s has %s = \"%s\" (%" PRId64 ")",
			  first->revision, names[0], a->key, a->value, a->mod_revision, names[1],
			  b->key, b->value, b->mod_revision);
		return AUDIT_DIFFER;
	}
	if (first->count == other->count)
		return AUDIT_AGREED;
	error_set(err, EXIT_VIOLATION,
		  "members differ at revision %" PRId64 ": %s has %d keys, %s has %d",
		  first->revision, names[0], first->count, names[1], other->count);
	return AUDIT_DIFFER;
}

/* A member that is down for good answers nobody: it is not asked. */
static bool is_asked(struct cluster *cluster, int member)
{
	const struct host_control *control = cluster_control(cluster, member);

	if (!cluster->plan.sandbox)
		return !cluster->shared->host[member].absent;
	return control->wanted == WANTED_UP || control->pid;
}

/* Every member is compared with the first that is asked. */
static enum audit_result audit_round(struct audit *audit, struct error *err)
{
	bool has_first = false;

	for (int i = 0; i < audit->cluster->plan.members; i++) {
		if (!is_asked(audit->cluster, i))
			continue;
		struct answer *answer = has_first ? &audit->other : &audit->first;
		enum audit_result result = read_member(audit, i, answer, err);

		if (result == AUDIT_AGREED && has_first &&
		    answer->revision > audit->first.revision) {
			error_set(
				err, EXIT_OUR_FAULT,
				"somebody goes on writing, so that no two members answered at one "
				"revision");
			result = AUDIT_ONCE_MORE;
		}
		if (result == AUDIT_AGREED && has_first)
			result = compare(audit, err);
		if (result != AUDIT_AGREED)
			return result;
		has_first = true;
	}
	return AUDIT_AGREED;
}

int cluster_audit(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		  struct error *err)
{
	_cleanup_free_ struct etcd_kv *kv = calloc(2 * AUDIT_KEYS_MAX, sizeof(*kv));
	struct audit audit = {.cluster = cluster,
			      .prefix = prefix,
			      .deadline_ns = deadline_ns,
			      .first.kv = kv,
			      .other.kv = kv + AUDIT_KEYS_MAX};

	CHECK(kv);
	for (;;) {
		struct error trouble = {0};
		enum audit_result result = audit_round(&audit, &trouble);

		if (result == AUDIT_AGREED)
			return 0;
		if (result == AUDIT_DIFFER || clock_now_ns() >= deadline_ns)
			return error_set(err, trouble.code, "%s", trouble.text);
		clock_sleep_until_ns(clock_now_ns() + AUDIT_PAUSE_MS * NS_PER_MS);
	}
}

/* Leaving an existing cluster ----------------------------------------------------------------- */

int cluster_forget(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		   struct error *err)
{
	struct etcd *opened = NULL;
	int64_t deleted = 0;

	if (etcd_open(&opened, &cluster->service, 0, err))
		return -1;
	_cleanup_client_ struct etcd *client = opened;
	struct etcd_reply reply = etcd_delete(client, prefix, true, &deleted, deadline_ns);

	if (reply.outcome == ETCD_OK)
		return 0;
	return error_set(err, EXIT_MACHINE_LACKS, "the keys under %s may be left behind: %s",
			 prefix, reply.error);
}

void cluster_version(struct cluster *cluster, char *version, size_t size)
{
	char told[32] = "";

	for (int i = 0; i < cluster->plan.members && !told[0]; i++) {
		struct error err = {0};
		_cleanup_client_ struct etcd *client = member_client(cluster, i, &err);

		if (client)
			etcd_version(client, 0, told,
				     clock_now_ns() + STATUS_TIMEOUT_MS * NS_PER_MS);
	}
	text_copy(version, size, told[0] ? told : "unknown");
}
