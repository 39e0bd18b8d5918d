/* Do the members serve? */
#include "base/clock.h"
#include "base/process.h"
#include "base/text.h"
#include "cluster/etcd_probe.h"

enum { LOOK_AGAIN_MS = 10 };

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

static int try_until(struct cluster *cluster, int member, struct probe *probe, int64_t deadline_ns,
		     struct error *err)
{
	char why[ETCD_TEXT] = "no answer at all"; /* from before the deadline cut an answer off */

	for (;;) {
		struct etcd_reply reply = probe_write(probe, deadline_ns);

		if (reply.outcome == ETCD_OK) {
			member_note_id(cluster, member, reply.member_id);
			return 0;
		}
		if (has_ended(cluster, member))
			return tell_log(cluster, member, err);
		if (clock_now_ns() >= deadline_ns)
			return error_set(err, EXIT_MACHINE_LACKS,
					 "member %s (%s) does not serve in time: %s",
					 hosts_get(cluster->hosts, member)->name,
					 cluster->endpoint[member], why);
		/* Without the disks' supervisor it never will. */
		if (hosts_tend_disks(cluster->hosts, err))
			return -1;
		text_copy(why, sizeof(why), reply.error);
		/* Nobody tells when a port opens. */
		clock_sleep_until_ns(clock_sooner_ns(deadline_ns, LOOK_AGAIN_MS));
	}
}

static int wait_member(struct cluster *cluster, int member, const char *prefix, int64_t deadline_ns,
		       struct error *err)
{
	struct probe probe;

	if (probe_open(&probe, cluster, member, prefix, err))
		return -1;
	int failed = try_until(cluster, member, &probe, deadline_ns, err);

	probe_close(&probe);
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
