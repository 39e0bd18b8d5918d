/* Who wants a host up or down says it here; tend.c makes it so. One store and one eventfd write: no
 * locks. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/invariant.h"
#include "cluster/inside.h"

void cluster_poke(struct cluster *cluster)
{
	eventfd_t one = 1;

	/* EAGAIN: the counter is full, so it is readable. */
	CHECK(write(cluster->wanted_fd, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN);
}

void cluster_want(struct cluster *cluster, int host, enum wanted wanted)
{
	struct host_control *control = cluster_control(cluster, host);
	struct shared_host *shared = &cluster->shared->host[host];

	if (wanted == WANTED_DOWN)
		shared->told_down = control->incarnation;
	shared->held_down = wanted == WANTED_DOWN;
	control->wanted = wanted;
	cluster_poke(cluster);
}

void cluster_give_up(struct cluster *cluster, int host)
{
	CHECK(cluster_control(cluster, host)->wanted == WANTED_DOWN);
	cluster->shared->host[host].held_down = false;
}

void cluster_unwant_down(struct cluster *cluster, int host)
{
	cluster->shared->host[host].told_down = 0;
	cluster_want(cluster, host, WANTED_UP);
}

int cluster_wanted_fd(const struct cluster *cluster)
{
	return cluster->wanted_fd;
}
