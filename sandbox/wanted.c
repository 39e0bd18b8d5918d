/* Who wants a host up or down says it here; tend.c makes it so. One store and one eventfd write: no
 * locks. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/invariant.h"
#include "sandbox/hosts_inside.h"

void hosts_poke(struct hosts *hosts)
{
	eventfd_t one = 1;

	/* EAGAIN: the counter is full, so it is readable. */
	CHECK(write(hosts->wanted_fd, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN);
}

void hosts_want(struct hosts *hosts, int host, enum wanted wanted)
{
	struct host_control *control = hosts_control(hosts, host);
	struct shared_host *shared = &hosts->shared->host[host];

	if (wanted == WANTED_DOWN)
		shared->told_down = control->incarnation;
	shared->held_down = wanted == WANTED_DOWN;
	control->wanted = wanted;
	hosts_poke(hosts);
}

void hosts_give_up(struct hosts *hosts, int host)
{
	struct shared_host *shared = &hosts->shared->host[host];

	shared->told_down = shared->control.incarnation;
	shared->held_down = shared->ended_by_disk = false; /* or the conductor wants it up again */
	shared->control.wanted = WANTED_DOWN;
	hosts_poke(hosts);
}

void hosts_unwant_down(struct hosts *hosts, int host)
{
	hosts->shared->host[host].told_down = 0;
	hosts_want(hosts, host, WANTED_UP);
}

int hosts_wanted_fd(const struct hosts *hosts)
{
	return hosts->wanted_fd;
}
