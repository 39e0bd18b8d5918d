/*
 * Theory of operation. A network namespace is made by unshare(2) in the conductor itself, kept by
 * a descriptor of /proc/thread-self/ns/net, and left again by setns(2). The bridge and the veth
 * pairs come from one `ip -batch`; it finds a namespace by the path of the conductor's descriptor.
 * The address inside is set with the old interface ioctls: an `ip` process per host would take
 * longer than all the rest together.
 *
 * IPv6 is off, so that a packet of a cut host can only be an IPv4 one; see cuts.c.
 */
#include "sandbox/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "base/text.h"
#include "sandbox/neighbours.h"

enum { IP_TIMEOUT_S = 30, LINK_TIMEOUT_S = 10, DESCRIPTORS_BESIDE = 256 };
static const int64_t LOOK_AGAIN_NS = 100 * NS_PER_US;

/* One interface of the current namespace ------------------------------------------------------ */

static int interface_up(int fd, const char *name)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &request))
		return -1;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

static int interface_set(int fd, unsigned long what, const char *name, const char *address)
{
	struct ifreq request = {0};
	struct sockaddr_in in = {.sin_family = AF_INET};

	CHECK(inet_pton(AF_INET, address, &in.sin_addr) == 1);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	memcpy(&request.ifr_addr, &in, sizeof(in));
	return ioctl(fd, what, &request);
}

static int interface_configure(const char *name, const char *address, struct error *err)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || interface_set(fd, SIOCSIFADDR, name, address) ||
	    interface_set(fd, SIOCSIFNETMASK, name, "255.255.0.0") || interface_up(fd, name))
		return error_errno(err, EXIT_MACHINE_LACKS, "address %s on %s", address, name);
	return 0;
}

int network_prepare(struct error *err)
{
	static const char *const switches[] = {"/proc/sys/net/ipv6/conf/all/disable_ipv6",
					       "/proc/sys/net/ipv6/conf/default/disable_ipv6"};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || interface_up(fd, "lo"))
		return error_errno(err, EXIT_MACHINE_LACKS, "loopback of the sandbox");
	for (size_t i = 0; i < sizeof(switches) / sizeof(*switches); i++) {
		_cleanup_close_ int off = open(switches[i], O_WRONLY | O_CLOEXEC);

		if (off < 0 && errno == ENOENT) /* a kernel without IPv6 */
			continue;
		if (off < 0 || write(off, "1", 1) != 1)
			return error_errno(err, EXIT_MACHINE_LACKS, "%s", switches[i]);
	}
	return 0;
}

/* Addresses ----------------------------------------------------------------------------------- */

void network_assign(struct host *hosts, int count)
{
	int members = 0, workers = 0, stores = 0, witnesses = 0;

	for (int i = 0; i < count; i++) {
		struct host *host = &hosts[i];
		size_t size = sizeof(host->address);

		switch (host->role) {
		case HOST_HUB:
			snprintf(host->address, size, HUB_ADDRESS);
			break;
		case HOST_STORE:
			CHECK(stores++ == 0);
			snprintf(host->address, size, "10.77.0.2");
			break;
		case HOST_WITNESS:
			CHECK(witnesses++ == 0);
			snprintf(host->address, size, "10.77.0.3");
			break;
		case HOST_MEMBER:
			snprintf(host->address, size, "10.77.1.%d", ++members);
			break;
		case HOST_WORKER:
			snprintf(host->address, size, "10.77.%d.%d", 2 + workers / 250,
				 1 + workers % 250);
			workers++;
			break;
		}
	}
}

/* Building ------------------------------------------------------------------------------------ */

static int current_namespace(struct error *err)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd >= 0 ? fd : error_errno(err, EXIT_OUR_FAULT, "this network namespace");
}

/* A soft limit of 1,024 descriptors is common, and would end at about 900 hosts. */
static int make_room(int hosts, struct error *err)
{
	rlim_t wanted = (rlim_t)hosts + DESCRIPTORS_BESIDE;
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	if (limit.rlim_cur >= wanted)
		return 0;
	limit.rlim_cur = wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		return error_errno(err, EXIT_MACHINE_LACKS,
				   "%d hosts need %d open files (ulimit -Hn)", hosts, (int)wanted);
	return 0;
}

static int make_namespaces(struct network *network, const struct host *hosts, struct error *err)
{
	for (int i = 0; i < network->hosts; i++) {
		if (hosts[i].role == HOST_HUB)
			continue;
		if (unshare(CLONE_NEWNET))
			return error_errno(err, EXIT_MACHINE_LACKS, "network namespace %d of %d",
					   i + 1, network->hosts);
		if (network_prepare(err))
			return -1;
		network->host_fd[i] = current_namespace(err);
		if (network->host_fd[i] < 0)
			return -1;
	}
	return 0;
}

static const char *print_hardware_address(int host, char text[18])
{
	uint8_t a[6];

	network_hardware_address(host, a);
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5]);
	return text;
}

/* Multicast snooping and the forward delay would only hold up the first packets. What the hub has
 * to know it is told (neighbours.c); what it does not know it floods to nobody. */
static char *print_links(const struct network *network)
{
	char *text = NULL, address[18];
	size_t size;
	FILE *out = text_begin(&text, &size);

	fprintf(out,
		"link add " HUB_NAME " address %s type bridge forward_delay 0 stp_state 0 "
		"mcast_snooping 0\n"
		"addr add " HUB_ADDRESS "/16 dev " HUB_NAME "\n"
		"link set " HUB_NAME " up\n",
		print_hardware_address(HUB_NUMBER, address));
	for (int i = 0; i < network->hosts; i++)
		if (network->host_fd[i] >= 0)
			fprintf(out,
				"link add p%d type veth peer name eth0 address %s "
				"netns /proc/%d/fd/%d\n"
				"link set p%d master " HUB_NAME " up\n"
				"link set p%d type bridge_slave flood off\n",
				i, print_hardware_address(i, address), (int)getpid(),
				network->host_fd[i], i, i);
	text_end(out, &text);
	return text;
}

static int make_links(const struct network *network, struct error *err)
{
	_cleanup_free_ char *text = print_links(network);
	char path[PATH_MAX];
	char batch[] = "-batch", standard_input[] = "-";
	char *const argv[] = {path, batch, standard_input, NULL};

	if (process_find_program("ip", path, sizeof(path)))
		return error_set(err, EXIT_MACHINE_LACKS,
				 "the program `ip` is missing: install iproute2 (Fedora: iproute)");
	if (process_run(argv, text, NULL, clock_now_ns() + IP_TIMEOUT_S * NS_PER_S, err)) {
		err->code = EXIT_MACHINE_LACKS;
		return error_wrap(err, "bridge and veth pairs");
	}
	return 0;
}

static int configure_hosts(const struct network *network, const struct host *hosts,
			   struct error *err)
{
	for (int i = 0; i < network->hosts; i++)
		if (network->host_fd[i] >= 0 &&
		    (network_enter_namespace(network->host_fd[i], err) ||
		     interface_configure("eth0", hosts[i].address, err)))
			return -1;
	return 0;
}

/* The kernel tells of a link that came up in its own time; until then its queue drops what is sent,
 * an ARP question too, which is asked again after a second only. */
static int await_link(int socket_fd, const char *name, int64_t deadline_ns, struct error *err)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	do {
		if (ioctl(socket_fd, SIOCGIFFLAGS, &request))
			return error_errno(err, EXIT_OUR_FAULT, "state of %s", name);
		if (request.ifr_flags & IFF_RUNNING)
			return 0;
		clock_sleep_until_ns(clock_now_ns() + LOOK_AGAIN_NS);
	} while (clock_now_ns() < deadline_ns);
	return error_set(err, EXIT_OUR_FAULT, "%s does not come up", name);
}

/* In the network namespace of the calling thread. */
static int await_link_here(const char *name, struct error *err)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_errno(err, EXIT_OUR_FAULT, "socket");
	return await_link(fd, name, clock_now_ns() + LINK_TIMEOUT_S * NS_PER_S, err);
}

static int await_links(const struct network *network, struct error *err)
{
	char port[16];

	for (int i = 0; i < network->hosts; i++) {
		if (network->host_fd[i] < 0)
			continue;
		snprintf(port, sizeof(port), "p%d", i);
		if (network_enter_namespace(network->host_fd[i], err) ||
		    await_link_here("eth0", err) || network_enter_namespace(network->hub_fd, err) ||
		    await_link_here(port, err))
			return -1;
	}
	return 0;
}

static int build(struct network *network, const struct host *hosts, struct error *err)
{
	if (make_room(network->hosts, err))
		return -1;
	network->hub_fd = current_namespace(err);
	if (network->hub_fd < 0)
		return -1;
	if (make_namespaces(network, hosts, err) || network_enter_namespace(network->hub_fd, err) ||
	    make_links(network, err) || configure_hosts(network, hosts, err) ||
	    neighbours_tell(network, hosts, err))
		return -1;
	return await_links(network, err);
}

int network_open(struct network *network, const struct host *hosts, int count, struct error *err)
{
	CHECK(getpid() == 1); /* only the conductor: never on the machine's own network */
	CHECK(count >= 0 && count <= HOSTS_MAX);
	*network = (struct network){-1, count, calloc((size_t)count + 1, sizeof(int))};
	CHECK_MEMORY(network->host_fd);
	for (int i = 0; i < count; i++)
		network->host_fd[i] = -1;
	if (build(network, hosts, err) == 0)
		return 0;
	if (network->hub_fd >= 0)
		setns(network->hub_fd, CLONE_NEWNET);
	network_close(network);
	return error_wrap(err, "network of the sandbox");
}

void network_close(struct network *network)
{
	for (int i = 0; i < network->hosts; i++)
		cleanup_close(&network->host_fd[i]);
	cleanup_close(&network->hub_fd);
	free(network->host_fd);
	*network = (struct network){-1, 0, NULL};
}
