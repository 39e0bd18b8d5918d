/*
 * Entering an existing cluster, whose endpoints are somebody's words: which of them serve, which
 * are down, and which never can.
 *
 * Theory of operation. All endpoints are asked in turn, round after round. One that answers what
 * cannot get better ends it at once, with the reason. One that is silent for some seconds, while
 * others serve, is a member that is down, as clusters have them: the run goes on without it. When
 * all are silent for that long, nobody is there. One that answers, but has no leader yet, may take
 * as long as the caller has.
 *
 * What serves has shown all that a run needs: that our keys can be written and read, under a lease.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "cluster/etcd_probe.h"

enum { SILENCE_MS = 3000, LOOK_AGAIN_MS = 50 };

struct entrance { /* to one member */
	struct probe probe;
	bool serves;
	uint64_t member_id, cluster_id;
	char why[ETCD_TEXT];
};

struct entering {
	struct cluster *cluster;
	const char *prefix;
	int64_t deadline_ns;
	struct entrance *entrance; /* one per member */
};

/* What was written can be read. */
static struct etcd_reply try_read(const struct entering *entering, struct entrance *entrance)
{
	struct etcd_kv kv;
	int count;
	struct etcd_reply reply =
		etcd_range(entrance->probe.client, entering->prefix, true, &kv, 1, &count,
			   clock_sooner_ns(entering->deadline_ns, PROBE_ANSWER_MS));

	entrance->member_id = reply.member_id;
	entrance->cluster_id = reply.cluster_id;
	return reply;
}

static int try_member(const struct entering *entering, int member, struct error *err)
{
	struct entrance *entrance = &entering->entrance[member];
	char hopeless[ETCD_ADVICE];
	struct etcd_reply reply = probe_write(&entrance->probe, entering->deadline_ns);

	if (reply.outcome == ETCD_OK)
		reply = try_read(entering, entrance);
	entrance->serves = reply.outcome == ETCD_OK;
	text_copy(entrance->why, sizeof(entrance->why), reply.error);
	if (!etcd_is_hopeless(entrance->probe.client, &reply, hopeless, entering->deadline_ns))
		return 0;
	return error_set(err, EXIT_MACHINE_LACKS, "%s: %s",
			 entering->cluster->target.endpoint[member], hopeless);
}

/* What was put through the one is read through the other. Their ids do not tell: two etcds that
 * know nothing of each other have the same ones, if both were started with the defaults. */
static bool share_keys(const struct entering *entering, int put, int asked)
{
	const struct probe *first = &entering->entrance[put].probe;
	struct etcd_kv kv;
	int count;
	/* Once more, for its lease may have ended since. */
	struct etcd_reply reply = etcd_put(first->client, first->key, "yes", first->lease,
					   clock_sooner_ns(entering->deadline_ns, PROBE_ANSWER_MS));

	if (reply.outcome != ETCD_OK)
		return true; /* as far as we know */
	reply = etcd_range(entering->entrance[asked].probe.client, first->key, false, &kv, 1,
			   &count, clock_sooner_ns(entering->deadline_ns, PROBE_ANSWER_MS));
	return reply.outcome != ETCD_OK || count > 0;
}

/* What its owner cannot have meant. */
static int compare_members(const struct entering *entering, int a, int b, struct error *err)
{
	const char *const *url = entering->cluster->target.endpoint;
	const struct entrance *first = &entering->entrance[a], *second = &entering->entrance[b];

	if (!first->serves || !second->serves)
		return 0;
	if (first->cluster_id != second->cluster_id || !share_keys(entering, a, b))
		return error_set(err, EXIT_BAD_USAGE,
				 "%s and %s are not of one cluster: what is put through the one is "
				 "not in the other; a run is against one",
				 url[a], url[b]);
	if (first->member_id == second->member_id)
		return error_set(err, EXIT_BAD_USAGE,
				 "%s and %s are the same member (%" PRIx64
				 "): name each member once, by its own URL",
				 url[a], url[b], first->member_id);
	return 0;
}

static int compare_all(const struct entering *entering, struct error *err)
{
	for (int i = 0; i < entering->cluster->members; i++)
		for (int j = 0; j < i; j++)
			if (compare_members(entering, j, i, err))
				return -1;
	return 0;
}

static int fail_to_enter(const struct entering *entering, bool answered, struct error *err)
{
	struct cluster *cluster = entering->cluster;
	int shown = 0;

	while (answered && !entering->entrance[shown].probe.answered)
		shown++;
	return error_set(err, EXIT_MACHINE_LACKS, "%s of %d endpoint%s: %s: %s",
			 answered ? "no member serves" : "nobody answers", cluster->members,
			 cluster->members > 1 ? "s" : "", cluster->target.endpoint[shown],
			 entering->entrance[shown].why);
}

static int try_all(const struct entering *entering, struct error *err)
{
	int64_t patience_ns = clock_sooner_ns(entering->deadline_ns, SILENCE_MS);
	int members = entering->cluster->members;

	for (;;) {
		int serving = 0;
		bool answered = false;

		for (int i = 0; i < members; i++) {
			if (!entering->entrance[i].serves && try_member(entering, i, err))
				return -1;
			serving += entering->entrance[i].serves;
			answered |= entering->entrance[i].probe.answered;
		}
		if (serving == members || (serving && clock_now_ns() >= patience_ns))
			return compare_all(entering, err);
		if (clock_now_ns() >= (answered ? entering->deadline_ns : patience_ns))
			return fail_to_enter(entering, answered, err);
		/* Nobody tells when a port opens. */
		clock_sleep_until_ns(clock_sooner_ns(entering->deadline_ns, LOOK_AGAIN_MS));
	}
}

static void note_member(struct cluster *cluster, int member, const struct entrance *entrance)
{
	struct shared_member *shared = &cluster->member[member];

	shared->absent = !entrance->serves;
	memcpy(shared->absent_why, entrance->why, sizeof(shared->absent_why));
	member_note_id(cluster, member, entrance->member_id);
}

int members_enter(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
		  struct error *err)
{
	int members = cluster->members, opened = 0;
	struct entering entering = {
		.cluster = cluster, .prefix = prefix, .deadline_ns = deadline_ns};

	ARRAY_NEW(entering.entrance, members);
	while (opened < members &&
	       probe_open(&entering.entrance[opened].probe, cluster, opened, prefix, err) == 0)
		opened++;
	int failed = opened < members || try_all(&entering, err) ? -1 : 0;

	for (int i = 0; i < opened; i++) {
		probe_close(&entering.entrance[i].probe);
		if (!failed)
			note_member(cluster, i, &entering.entrance[i]);
	}
	free(entering.entrance);
	return failed;
}
