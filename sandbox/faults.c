/* All faults of a host together: how it starts under them, and their end, whoever made them. */
#include <signal.h>

#include "sandbox/hosts_inside.h"
#include "sandbox/machine.h"

int hosts_enter_faults(const struct hosts *hosts, int member, struct error *err)
{
	return skew_enter(hosts->shared->host[member].clock_offset_ns, err) ||
			       disk_enter(hosts, member, err)
		       ? -1
		       : 0;
}

int hosts_heal_all(struct hosts *hosts, struct error *err)
{
	struct error second = {0};
	bool failed = disk_heal_all(hosts, err) != 0; /* the rest is healed nonetheless */

	for (int i = 0; i < hosts->plan.count; i++) {
		pid_t pid = hosts_control(hosts, i)->pid;

		if (pid) {
			struct machine machine = hosts_machine(hosts, i);

			kill(-pid, SIGCONT);
			machine_signal(&machine, SIGCONT);
		}
		if (hosts->shared->host[i].held_down)
			hosts_want(hosts, i, WANTED_UP);
		hosts->shared->host[i].clock_offset_ns = 0;
	}
	if (hosts->plan.engine->heal && hosts->plan.engine->heal(hosts, failed ? &second : err))
		failed = true;
	return failed ? -1 : 0;
}
