/* For tests of shape.h: numbered UDP packets between the hosts of a sandbox. */
#ifndef TESTS_SANDBOX_SHAPE_RIG_H
#define TESTS_SANDBOX_SHAPE_RIG_H

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "sandbox/hosts_inside.h"
#include "tests/unit/sandbox_rig.h"

enum { STORE, WITNESS, A, B, C, HOSTS, PORT = 4000, ARRIVES_MS = 2000, SILENCE_MS = 40 };

/* A UDP socket on each host, all held by the conductor. */
struct net {
	struct hosts *hosts;
	int fd[HOSTS];
};

static inline struct sockaddr_in address_of(const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	ck_assert_int_eq(inet_pton(AF_INET, text, &address.sin_addr), 1);
	return address;
}

static inline int socket_on(struct hosts *hosts, int host, int kind)
{
	struct sockaddr_in here = address_of(hosts_address(hosts, host));

	ck_ok(network_enter(&hosts->network, host, &err));
	int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	ck_assert_int_eq(setns(hosts->network.hub_fd, 0), 0);
	return fd;
}

static inline void send_number(const struct net *net, int from, int to, int number)
{
	struct sockaddr_in there = address_of(hosts_address(net->hosts, to));

	ck_assert_int_eq(sendto(net->fd[from], &number, sizeof(number), 0,
				(struct sockaddr *)&there, sizeof(there)),
			 sizeof(number));
}

/* The next number that arrives, or -1. */
static inline int next_number(const struct net *net, int to, int within_ms)
{
	struct pollfd end = {net->fd[to], POLLIN, 0};
	int number;

	if (poll(&end, 1, within_ms) != 1)
		return -1;
	ck_assert_int_eq(recv(net->fd[to], &number, sizeof(number), 0), sizeof(number));
	return number;
}

static inline bool arrives(const struct net *net, int from, int to, int within_ms)
{
	send_number(net, from, to, 7);
	return next_number(net, to, within_ms) == 7;
}

/* How long one packet takes. */
static inline int64_t flight_ns(const struct net *net, int from, int to)
{
	int64_t began_ns = clock_now_ns();

	ck_assert(arrives(net, from, to, ARRIVES_MS));
	return clock_now_ns() - began_ns;
}

/* The fastest of some: a machine under load may be slow, but not fast. */
static inline int64_t fastest_ns(const struct net *net, int from, int to)
{
	int64_t fastest_ns = CLOCK_NEVER;

	for (int i = 0; i < 8; i++) {
		int64_t took_ns = flight_ns(net, from, to);

		fastest_ns = took_ns < fastest_ns ? took_ns : fastest_ns;
	}
	return fastest_ns;
}

#define ck_passes(net, from, to) ck_assert(arrives(net, from, to, ARRIVES_MS))

/* Neighbours know each other, so that no ARP stands in the way. */
static inline struct net open_net(void)
{
	struct net net = {.hosts = rig_open(0, 3, (struct hosts_plan){0})};

	for (int i = 0; i < HOSTS; i++)
		net.fd[i] = socket_on(net.hosts, i, SOCK_DGRAM);
	ck_passes(&net, A, B);
	ck_passes(&net, B, A);
	ck_passes(&net, A, C);
	return net;
}

static inline struct shape one_way(int id, int from, int to)
{
	return (struct shape){
		.id = id, .froms = 1, .tos = 1, .from = {from}, .to = {to}, .seed = 1};
}

static inline void apply(const struct net *net, struct shape shape)
{
	ck_ok(hosts_shape(net->hosts, &shape, &err));
}

static inline struct shape_count count_of(const struct net *net, int id)
{
	const struct shape_slot *slot = net->hosts->shared->shapes.slot;
	struct shape_count count;

	while (slot->state == SLOT_FREE || slot->shape.id != id)
		ck_assert(++slot < net->hosts->shared->shapes.slot + SHAPES_MAX);
	ck_ok(shape_count(net->hosts, slot, &count, &err));
	return count;
}

static inline struct shape_count away(const struct net *net, int id)
{
	struct shape_count last;

	ck_ok(hosts_unshape(net->hosts, id, &last, &err));
	return last;
}

static inline void need_queue(struct net *net, const char *test)
{
	enum shape_door *door = &net->hosts->shared->shapes.door;
	char against[256];
	struct error none = {0};
	const char *must_run = getenv("MUST_RUN");

	if (shape_open_door(door, against, sizeof(against), &none) == 0 && *door != DOOR_NETEM)
		return;
	printf("SKIP %s: %s\n", test, *none.text ? none.text : "netem alone");
	fflush(stdout);
	_exit(must_run && strcmp(must_run, "1") == 0);
}

/* A test inside, on a machine that has the queue. */
#define START_SHAPED(name)                                                                         \
	static void name##_shaped(struct net *net);                                                \
	START_INSIDE(name)                                                                         \
	{                                                                                          \
		struct net net = open_net();                                                       \
                                                                                                   \
		need_queue(&net, #name);                                                           \
		name##_shaped(&net);                                                               \
		hosts_close(net.hosts);                                                            \
	}                                                                                          \
	static void name##_shaped(struct net *net)

#endif
