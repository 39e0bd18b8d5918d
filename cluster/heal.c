/* The end of every fault, whoever made it. */
#include <signal.h>

#include "base/clock.h"
#include "cluster/inside.h"
#include "cluster/machine.h"

enum { READMIT_LIMIT_MS = 10000 };

int cluster_heal_all(struct cluster *cluster, struct error *err)
{
	bool failed = disk_heal_all(cluster, err) != 0; /* the rest is healed nonetheless */

	for (int i = 0; i < cluster->plan.hosts; i++) {
		pid_t pid = cluster_control(cluster, i)->pid;

		if (pid) {
			struct machine machine = cluster_machine(cluster, i);

			kill(-pid, SIGCONT);
			machine_signal(&machine, SIGCONT);
		}
		if (cluster->shared->host[i].held_down &&
		    cluster->shared->host[i].membership == MEMBERSHIP_IN)
			cluster_want(cluster, i, WANTED_UP);
		cluster->shared->host[i].clock_offset_ns = 0;
	}
	if (!cluster->plan.sandbox)
		return failed ? -1 : 0;
	/* Each is tried, whatever becomes of the others; cuts first, or what treatments let go
	 * would be lost in them. */
	struct error second = {0};
	int cuts = cuts_remove_all(cluster, failed ? &second : err);
	int shapes = shapes_remove_all(cluster, failed || cuts ? &second : err);

	failed = failed || shapes || cuts;
	for (int i = 0; i < cluster->plan.members; i++)
		if (member_readmit(cluster, i, clock_now_ns() + READMIT_LIMIT_MS * NS_PER_MS,
				   failed ? &second : err))
			failed = true;
	return failed ? -1 : 0;
}
