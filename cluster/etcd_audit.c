/* Do the members agree? */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "cluster/cluster_inside.h"

enum { AUDIT_KEYS_MAX = 8192, AUDIT_PATIENCE_MS = 3000, AUDIT_PAUSE_MS = 100 };

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
	return hosts_get(audit->cluster->hosts, member)->name;
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
	const struct host_control *control = hosts_control(cluster->hosts, member);

	if (!cluster_is_ours(cluster))
		return !cluster->member[member].absent;
	return control->wanted == WANTED_UP || control->pid;
}

/* Every member is compared with the first that is asked. */
static enum audit_result audit_round(struct audit *audit, struct error *err)
{
	bool has_first = false;

	for (int i = 0; i < audit->cluster->members; i++) {
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

int members_audit(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
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
