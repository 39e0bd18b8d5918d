/* Do the members serve? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "base/text.h"
#include "cluster/inside.h"

enum {
	PUT_TIMEOUT_MS = 2000,
	PUT_TTL_S =
		10, /* of what a write leaves behind when we are killed before we take it back */
	CODE_NOT_FOUND = 5,
	LOOK_AGAIN_MS = 10,
	STATUS_TIMEOUT_MS = 300,
};

/* A member that ended will not come back by itself. */
static bool has_ended(struct cluster *cluster, int member)
{
	pid_t pid = hosts_control(cluster->hosts, member)->pid;

	return pid == 0 || process_wait_state(pid, 0, 0);
}

static int tell_log(const struct cluster *cluster, int member, struct error *err)
{
	_cleanup_free_ char *path = hosts_log_path(cluster->hosts, member);

	return error_set(err, EXIT_MACHINE_LACKS, "member %s ended instead of serving; see %s",
			 hosts_get(cluster->hosts, member)->name, path);
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
	const char *name = hosts_get(cluster->hosts, member)->name;
	char why[ETCD_TEXT] = "no answer at all"; /* from before the deadline cut an answer off */

	for (;;) {
		struct etcd_reply reply = try_put(client, key, lease, deadline_ns);

		if (reply.outcome == ETCD_OK) {
			member_note_id(cluster, member, reply.member_id);
			return 0;
		}
		if (has_ended(cluster, member))
			return tell_log(cluster, member, err);
		if (clock_now_ns() >= deadline_ns)
			return error_set(err, EXIT_MACHINE_LACKS,
					 "member %s (%s) does not serve in time: %s", name,
					 cluster->endpoint[member], why);
		if (hosts_tend_disks(cluster->hosts,
				     err)) /* without its supervisor it never will */
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
	CHECK_MEMORY(asprintf(&key, "%sserving/%s", prefix,
			      hosts_get(cluster->hosts, member)->name) > 0);
	int failed = try_until(cluster, member, client, key, &lease, deadline_ns, err);

	if (lease) /* and the key with it, whatever became of the put */
		etcd_lease_revoke(client, lease, clock_now_ns() + PUT_TIMEOUT_MS * NS_PER_MS);
	return failed;
}

int members_wait_serving(struct cluster *cluster, const char *prefix, int64_t deadline_ns,
			 struct error *err)
{
	if (!cluster_is_ours(cluster))
		return members_enter(cluster, prefix, deadline_ns, err);
	for (int i = 0; i < cluster->members; i++)
		if (wait_member(cluster, i, prefix, deadline_ns, err))
			return -1;
	return 0;
}
