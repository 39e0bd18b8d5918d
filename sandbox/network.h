/*
 * The sandbox's network: one bridge, the hub, and for each host a network namespace with one veth
 * to it; only hosts of role HOST_HUB live in the hub's own. The conductor holds the namespaces by
 * file descriptors; none has a name in a file system.
 */
#ifndef SANDBOX_NETWORK_H
#define SANDBOX_NETWORK_H

#include <sys/types.h>

#include "base/error.h"
#include "sandbox/host.h"

#define HUB_NAME    "hub"
#define HUB_ADDRESS "10.77.0.1"

enum { HUB_NUMBER = 0xffff }; /* the bridge itself, where a host's number is asked for */

struct network {
	int hub_fd;
	int hosts;
	int *host_fd; /* owned, as are the descriptors; -1: in the hub's */
};

/* Loopback up and IPv6 off in the network namespace of the calling thread, which must not be the
 * machine's own. */
int network_prepare(struct error *err);

/* Fills in the addresses of the plan's hosts; no more than 250 * 250 of one role. */
void network_assign(struct host *hosts, int count);

/* Builds the network; must be called inside the sandbox. The caller stays in the hub's namespace.
 */
int network_open(struct network *network, const struct host *hosts, int count, struct error *err);
void network_close(struct network *network);

/* The Ethernet address (6 bytes) of the host's end of its link: a function of its number. */
void network_hardware_address(int host, uint8_t *address);

/* Names the host's namespace, as stat(2) does that of /proc/PID/ns/net; 0: it has none of its own.
 */
ino_t network_identity(const struct network *network, int host);

/* Moves the calling thread to the namespace behind the descriptor. */
int network_enter_namespace(int fd, struct error *err);

/* Moves the calling thread to a host. */
int network_enter(const struct network *network, int host, struct error *err);

/* And back to the hub. */
int network_leave(const struct network *network, struct error *err);

#endif
