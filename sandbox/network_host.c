/* One host of the network: its address, its namespace, and the way in and out. */
#include "sandbox/network.h"

#include <sched.h>
#include <string.h>
#include <sys/stat.h>

#include "base/invariant.h"

int network_enter_namespace(int fd, struct error *err)
{
	if (setns(fd, CLONE_NEWNET))
		return error_errno(err, EXIT_OUR_FAULT, "entering a network namespace");
	return 0;
}

/* Locally administered, and no multicast. */
void network_hardware_address(int host, uint8_t *address)
{
	const uint8_t bytes[] = {0x02, 0x4d, 0, 0, (uint8_t)(host >> 8), (uint8_t)host};

	memcpy(address, bytes, sizeof(bytes));
}

ino_t network_identity(const struct network *network, int host)
{
	struct stat status;

	CHECK(host >= 0 && host < network->hosts);
	if (network->host_fd[host] < 0)
		return 0;
	CHECK(fstat(network->host_fd[host], &status) == 0);
	return status.st_ino;
}

int network_enter(const struct network *network, int host, struct error *err)
{
	CHECK(host >= 0 && host < network->hosts);
	int fd = network->host_fd[host];

	return fd < 0 ? 0 : network_enter_namespace(fd, err);
}

int network_leave(const struct network *network, struct error *err)
{
	return network_enter_namespace(network->hub_fd, err);
}
