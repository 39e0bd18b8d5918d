/*
 * Theory of operation. The kernel keeps one table of neighbours (ARP) for all network namespaces,
 * with one limit (gc_thresh3, 1,024 as a rule, not ours to raise): some 180 workers, each learning
 * three members and a store and being learnt by them, fill it, and the others do not reach anybody.
 * Permanent entries do not count, and who will speak with whom is known: so each host is given them
 * before anything starts. They stay with the host's namespace, whatever is started in it.
 *
 * The bridge learnt its ports from the same ARP. Without it, it would flood what it does not know
 * to all ports, through the filter, where a counter of a cut that stands in nobody's way would see
 * it. So each port's address is told as well, and no port is flooded.
 *
 * Others than these still find one another by ARP.
 */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "sandbox/neighbours.h"

enum { ADDRESS_BYTES = 6, MESSAGE_ROOM = 64, ANSWER_ROOM = 8192 };

static bool speaks_first(enum host_role a, enum host_role b)
{
	switch (a) {
	case HOST_WORKER:
		return b == HOST_MEMBER || b == HOST_STORE;
	case HOST_MEMBER:
		return b == HOST_MEMBER;
	case HOST_WITNESS:
		return b == HOST_MEMBER;
	case HOST_HUB: /* the conductor waits for the store, and so did nobody else */
		return b == HOST_MEMBER || b == HOST_STORE;
	case HOST_STORE:
		return false;
	}
	CHECK(!"a role");
	return false;
}

static bool speak(enum host_role a, enum host_role b)
{
	return speaks_first(a, b) || speaks_first(b, a);
}

/* A batch of messages ------------------------------------------------------------------------- */

struct batch {
	struct mnl_socket *socket;
	char *buffer; /* owned */
	size_t used;
	struct nlmsghdr *last; /* NULL: none */
};

static void batch_close(struct batch *batch)
{
	free(batch->buffer);
	if (batch->socket)
		mnl_socket_close(batch->socket);
	*batch = (struct batch){0};
}

static int batch_open(struct batch *batch, int messages, struct error *err)
{
	*batch = (struct batch){
		.socket = mnl_socket_open(NETLINK_ROUTE),
		.buffer = calloc((size_t)messages + 1, MESSAGE_ROOM),
	};
	CHECK_MEMORY(batch->buffer);
	if (batch->socket && mnl_socket_bind(batch->socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return 0;
	batch_close(batch);
	return error_errno(err, EXIT_OUR_FAULT, "netlink socket");
}

/* `address` NULL: an entry of the bridge's table of ports. */
static void batch_add(struct batch *batch, unsigned int interface, const char *address,
		      const uint8_t *hardware)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(batch->buffer + batch->used);
	struct in_addr in;

	message->nlmsg_type = RTM_NEWNEIGH;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE;
	struct ndmsg *entry = mnl_nlmsg_put_extra_header(message, sizeof(*entry));

	entry->ndm_family = address ? AF_INET : AF_BRIDGE;
	entry->ndm_flags = address ? 0 : NTF_MASTER;
	entry->ndm_state = address ? NUD_PERMANENT : NUD_NOARP;
	entry->ndm_ifindex = (int)interface;
	if (address) {
		CHECK(inet_pton(AF_INET, address, &in) == 1);
		mnl_attr_put(message, NDA_DST, sizeof(in), &in);
	}
	mnl_attr_put(message, NDA_LLADDR, ADDRESS_BYTES, hardware);
	CHECK(message->nlmsg_len <= MESSAGE_ROOM);
	batch->last = message;
	batch->used += MNL_ALIGN(message->nlmsg_len);
}

/* The kernel answers each message that fails, and the last one, which asks for it: so the first
 * answer is that of the first failure, or the good word for all. */
static int batch_send(struct batch *batch, struct error *err)
{
	char answer[ANSWER_ROOM];

	if (!batch->last)
		return 0;
	batch->last->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(batch->socket, batch->buffer, batch->used) >= 0) {
		ssize_t got = mnl_socket_recvfrom(batch->socket, answer, sizeof(answer));

		if (got > 0 && mnl_cb_run(answer, (size_t)got, 0,
					  mnl_socket_get_portid(batch->socket), NULL, NULL) >= 0)
			return 0;
	}
	return error_errno(err, EXIT_MACHINE_LACKS, "permanent neighbours");
}

/* Whom each is told of ------------------------------------------------------------------------ */

static void add_peers(struct batch *batch, unsigned int interface, enum host_role role,
		      const struct host *hosts, int count, int but)
{
	uint8_t hardware[ADDRESS_BYTES];

	for (int i = 0; i < count; i++) {
		if (i == but || hosts[i].role == HOST_HUB || !speak(role, hosts[i].role))
			continue;
		network_hardware_address(i, hardware);
		batch_add(batch, interface, hosts[i].address, hardware);
	}
	if (role == HOST_HUB || !speak(role, HOST_HUB))
		return;
	network_hardware_address(HUB_NUMBER, hardware);
	batch_add(batch, interface, HUB_ADDRESS, hardware);
}

static void add_ports(struct batch *batch, const struct host *hosts, int count)
{
	uint8_t hardware[ADDRESS_BYTES];
	char port[IF_NAMESIZE];

	for (int i = 0; i < count; i++) {
		if (hosts[i].role == HOST_HUB)
			continue;
		snprintf(port, sizeof(port), "p%d", i);
		network_hardware_address(i, hardware);
		batch_add(batch, if_nametoindex(port), NULL, hardware);
	}
}

/* In the host's namespace. */
static int tell(const struct host *hosts, int count, int host, struct error *err)
{
	bool hub = host == HUB_NUMBER;
	struct batch batch;

	if (batch_open(&batch, 2 * count + 1, err))
		return -1;
	add_peers(&batch, if_nametoindex(hub ? HUB_NAME : "eth0"),
		  hub ? HOST_HUB : hosts[host].role, hosts, count, host);
	if (hub)
		add_ports(&batch, hosts, count);
	int result = batch_send(&batch, err);

	batch_close(&batch);
	return result ? error_wrap(err, "%s", hub ? "the hub" : hosts[host].name) : 0;
}

int neighbours_tell(const struct network *network, const struct host *hosts, struct error *err)
{
	for (int i = 0; i < network->hosts; i++)
		if (network->host_fd[i] >= 0 &&
		    (network_enter(network, i, err) || tell(hosts, network->hosts, i, err)))
			return -1;
	if (network_leave(network, err))
		return -1;
	return tell(hosts, network->hosts, HUB_NUMBER, err);
}
