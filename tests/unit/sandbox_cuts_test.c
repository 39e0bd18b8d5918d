/* Real packets between hosts of a sandbox, and the cuts that stop them. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "sandbox/hosts_inside.h"
#include "tests/support/cut_dropped.h"
#include "tests/support/suite.h"
#include "tests/unit/sandbox_rig.h"

enum { STORE, WITNESS, A, B, C, HOSTS, PORT = 4000, ARRIVES_MS = 1000, SILENCE_MS = 40 };

/* A UDP socket on each host, all held by the conductor. */
struct net {
	struct hosts *hosts;
	int fd[HOSTS];
};

static struct sockaddr_in address_of(const char *text)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	ck_assert_int_eq(inet_pton(AF_INET, text, &address.sin_addr), 1);
	return address;
}

static int socket_on(struct hosts *hosts, int host, int kind)
{
	struct sockaddr_in here = address_of(hosts_address(hosts, host));

	ck_ok(network_enter(&hosts->network, host, &err));
	int fd = socket(AF_INET, kind | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	ck_assert_int_eq(setns(hosts->network.hub_fd, 0), 0);
	return fd;
}

static struct net open_net(void)
{
	struct net net = {.hosts = rig_open(0, 3, (struct hosts_plan){0})};

	for (int i = 0; i < HOSTS; i++)
		net.fd[i] = socket_on(net.hosts, i, SOCK_DGRAM);
	return net;
}

static void send_one(const struct net *net, int from, int to)
{
	struct sockaddr_in there = address_of(hosts_address(net->hosts, to));

	ck_assert_int_eq(sendto(net->fd[from], "x", 1, 0, (struct sockaddr *)&there, sizeof(there)),
			 1);
}

static bool arrives(const struct net *net, int from, int to, int within_ms)
{
	struct pollfd end = {net->fd[to], POLLIN, 0};
	char byte;

	send_one(net, from, to);
	if (poll(&end, 1, within_ms) != 1)
		return false;
	return recv(net->fd[to], &byte, 1, 0) == 1;
}

#define ck_passes(net, from, to) ck_assert(arrives(net, from, to, ARRIVES_MS))
#define ck_stops(net, from, to)  ck_assert(!arrives(net, from, to, SILENCE_MS))

static int64_t dropped(const struct net *net, int id)
{
	int64_t packets = -1;

	ck_ok(cut_dropped(net->hosts, id, &packets, &err));
	return packets;
}

static struct cut cut_between(int id, int from, int to, bool both)
{
	return (struct cut){
		.id = id, .both = both, .froms = 1, .tos = 1, .from = {from}, .to = {to}};
}

static void apply(const struct net *net, struct cut cut)
{
	ck_ok(hosts_cut(net->hosts, &cut, &err));
}

START_INSIDE(hosts_have_their_addresses_and_reach_each_other)
{
	struct net net = open_net();

	ck_assert_str_eq(hosts_address(net.hosts, STORE), "10.77.0.2");
	ck_assert_str_eq(hosts_address(net.hosts, C), "10.77.2.3");
	for (int from = 0; from < HOSTS; from++)
		for (int to = 0; to < HOSTS; to++)
			ck_passes(&net, from, to);
	hosts_close(net.hosts);
}

START_INSIDE(cut_drops_its_direction_only_and_counts_each_packet)
{
	struct net net = open_net();

	ck_passes(&net, A, B);
	apply(&net, cut_between(7, A, B, false));
	ck_assert_int_eq(dropped(&net, 7), 0);
	for (int i = 1; i <= 3; i++) {
		ck_stops(&net, A, B);
		ck_assert_int_eq(dropped(&net, 7), i);
	}
	ck_passes(&net, B, A);
	ck_passes(&net, A, C);
	ck_passes(&net, C, B);
	ck_assert_int_eq(dropped(&net, 7), 3);
	ck_ok(hosts_uncut(net.hosts, 7, &err));
	ck_passes(&net, A, B);
	hosts_close(net.hosts);
}

START_INSIDE(cut_of_groups_drops_both_ways)
{
	struct net net = open_net();
	struct cut cut = {
		.id = 1, .both = true, .froms = 2, .tos = 2, .from = {A, B}, .to = {C, STORE}};

	apply(&net, cut);
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++) {
			ck_stops(&net, cut.from[i], cut.to[j]);
			ck_stops(&net, cut.to[j], cut.from[i]);
		}
	ck_passes(&net, A, B);
	ck_passes(&net, C, STORE);
	ck_passes(&net, A, WITNESS);
	ck_assert_int_eq(dropped(&net, 1), 8);
	hosts_close(net.hosts);
}

START_INSIDE(healing_one_of_two_overlapping_cuts_leaves_the_other)
{
	struct net net = open_net();

	ck_passes(&net, A, B);
	apply(&net, cut_between(1, A, B, true));
	ck_stops(&net, A, B);
	apply(&net, cut_between(2, A, B, false));
	ck_stops(&net, A, B);
	ck_assert_int_eq(dropped(&net, 1), 2); /* the change left the counter as it was */
	ck_assert_int_eq(dropped(&net, 2), 1); /* and both count what either would drop */
	ck_ok(hosts_uncut(net.hosts, 1, &err));
	ck_stops(&net, A, B);
	ck_passes(&net, B, A);
	ck_assert_int_eq(dropped(&net, 2), 2);
	ck_ok(hosts_uncut(net.hosts, 2, &err));
	ck_passes(&net, A, B);
	ck_ok(hosts_uncut(net.hosts, 2, &err)); /* healed already: nothing to do */
	hosts_close(net.hosts);
}

START_INSIDE(healed_cut_takes_its_counter_along)
{
	struct net net = open_net();
	struct error gone = {0};
	int64_t packets;

	apply(&net, cut_between(1, A, B, true));
	ck_stops(&net, A, B);
	ck_ok(hosts_uncut(net.hosts, 1, &err));
	ck_assert_int_eq(cut_dropped(net.hosts, 1, &packets, &gone), -1);
	apply(&net, cut_between(1, A, B, true));
	ck_assert_int_eq(dropped(&net, 1), 0);
	hosts_close(net.hosts);
}

/* The first packet to C makes A ask everybody by ARP, B as well. */
START_INSIDE(cut_that_stood_in_nobodys_way_counts_nothing)
{
	struct net net = open_net();

	apply(&net, cut_between(3, A, B, true));
	ck_passes(&net, A, C);
	ck_assert_int_eq(dropped(&net, 3), 0);
	hosts_close(net.hosts);
}

START_INSIDE(connection_survives_a_cut_and_delivers_after_it)
{
	struct net net = open_net();
	struct sockaddr_in there = address_of(hosts_address(net.hosts, B));
	int server = socket_on(net.hosts, B, SOCK_STREAM);
	int client = socket_on(net.hosts, A, SOCK_STREAM);

	ck_assert_int_eq(listen(server, 1), 0);
	ck_assert_int_eq(connect(client, (struct sockaddr *)&there, sizeof(there)), 0);
	struct pollfd accepted = {accept(server, NULL, NULL), POLLIN, 0};

	apply(&net, cut_between(1, A, B, true));
	ck_assert_int_eq(send(client, "x", 1, 0), 1);
	ck_assert_int_eq(poll(&accepted, 1, 100), 0);
	ck_assert_int_gt(dropped(&net, 1), 0);
	ck_ok(hosts_uncut(net.hosts, 1, &err));
	ck_assert_int_eq(poll(&accepted, 1, 5000), 1);
	hosts_close(net.hosts);
}

/* What another process did -------------------------------------------------------------------- */

static void in_child(struct net *net, void (*body)(struct net *net))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		body(net);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

static void cut_and_die(struct net *net)
{
	apply(net, cut_between(1, A, B, true));
	apply(net, cut_between(2, A, C, true));
}

static void die_with_the_lock(struct net *net)
{
	struct cut cut = cut_between(9, B, C, true);
	struct shared *shared = net->hosts->shared;

	ck_assert_int_eq(pthread_mutex_lock(&shared->cuts_lock), 0);
	shared->cut[shared->cuts++] = cut; /* on the list, and not loaded */
}

START_INSIDE(heal_all_undoes_the_cuts_of_a_process_that_died)
{
	struct net net = open_net();

	in_child(&net, cut_and_die);
	ck_stops(&net, A, B);
	ck_assert_int_eq(dropped(&net, 1), 1); /* seen from here, too */
	in_child(&net, die_with_the_lock);
	ck_ok(hosts_heal_all(net.hosts, &err));
	ck_passes(&net, A, B);
	ck_passes(&net, A, C);
	apply(&net, cut_between(1, A, B, true));
	ck_assert_int_eq(dropped(&net, 1), 0);
	ck_stops(&net, A, B);
	hosts_close(net.hosts);
}

START_INSIDE(one_cut_too_many_is_refused_and_changes_nothing)
{
	struct net net = open_net();
	struct error refusal = {0};
	struct cut cut = cut_between(CUTS_MAX + 1, A, C, true);

	for (int id = 1; id <= 3; id++)
		apply(&net, cut_between(id, A, B, true));
	net.hosts->shared->cuts = CUTS_MAX;
	ck_assert_int_eq(hosts_cut(net.hosts, &cut, &refusal), -1);
	ck_assert_ptr_nonnull(strstr(refusal.text, "more than"));
	net.hosts->shared->cuts = 3;
	ck_passes(&net, A, C);
	hosts_close(net.hosts);
}

/* Links --------------------------------------------------------------------------------------- */

static const struct link_count *link_between(const struct link_count *counts, int count, int from,
					     int to)
{
	for (int i = 0; i < count; i++)
		if (counts[i].from == from && counts[i].to == to)
			return &counts[i];
	return NULL;
}

START_INSIDE(links_count_what_they_carried_and_what_was_dropped)
{
	struct net net = open_net();
	struct link_count counts[64];
	struct error refusal = {0};
	int count;
	struct sockaddr_in store = address_of(hosts_address(net.hosts, STORE));
	int hub = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (int i = 0; i < 4; i++)
		ck_passes(&net, A, B);
	apply(&net, cut_between(1, A, B, false));
	for (int i = 0; i < 3; i++)
		ck_stops(&net, A, B);
	ck_passes(&net, B, A);
	ck_assert_int_eq(sendto(hub, "x", 1, 0, (struct sockaddr *)&store, sizeof(store)), 1);
	ck_ok(hosts_count_links(net.hosts, counts, 64, &count, &err));
	ck_assert_int_eq(count, 3);
	const struct link_count *there = link_between(counts, count, A, B);
	const struct link_count *back = link_between(counts, count, B, A);
	const struct link_count *to_store = link_between(counts, count, -1, STORE);

	ck_assert(there && back && to_store);
	ck_assert_int_eq(there->packets, 4);
	ck_assert_int_eq(there->bytes, 4 * (20 + 8 + 1)); /* IP, UDP and our byte */
	ck_assert_int_eq(there->dropped, 3);
	ck_assert_int_eq(back->packets, 1);
	ck_assert_int_eq(back->dropped, 0);
	ck_assert_int_eq(to_store->packets, 1);
	ck_assert_int_eq(hosts_count_links(net.hosts, counts, 2, &count, &refusal), -1);
	ck_assert_ptr_nonnull(strstr(refusal.text, "more than 2 links"));
	hosts_close(net.hosts);
}

/* So that what a fault did is told of that fault alone, whatever another one does meanwhile. */
START_INSIDE(each_cut_counts_its_own_links)
{
	struct net net = open_net();
	struct link_count counts[4];
	struct error gone = {0};
	int count;

	apply(&net, cut_between(1, A, B, true));
	apply(&net, cut_between(2, A, C, false));
	for (int i = 0; i < 3; i++)
		ck_stops(&net, A, B);
	ck_stops(&net, B, A);
	ck_stops(&net, A, C);
	ck_passes(&net, C, A);
	ck_ok(hosts_cut_links(net.hosts, 1, counts, 4, &count, &err));
	ck_assert_int_eq(count, 2);
	const struct link_count *there = link_between(counts, count, A, B);
	const struct link_count *back = link_between(counts, count, B, A);

	ck_assert(there && back);
	ck_assert_int_eq(there->dropped, 3);
	ck_assert_int_eq(back->dropped, 1);
	ck_assert_int_eq(dropped(&net, 1), 4);
	ck_ok(hosts_cut_links(net.hosts, 2, counts, 4, &count, &err));
	ck_assert_int_eq(count, 1);
	ck_assert(link_between(counts, count, A, C));
	ck_ok(hosts_uncut(net.hosts, 1, &err));
	ck_assert_int_eq(hosts_cut_links(net.hosts, 1, counts, 4, &count, &gone), -1);
	ck_assert_int_eq(dropped(&net, 2), 1);
	hosts_close(net.hosts);
}

/* Measures ------------------------------------------------------------------------------------ */

START_INSIDE(forty_hosts_are_up_in_a_second)
{
	int64_t began_ns = clock_now_ns();
	struct hosts *hosts = rig_open(0, 38, (struct hosts_plan){0});
	int64_t opened_ns = clock_now_ns();
	struct net net = {.hosts = hosts};

	for (int id = 1; id <= 10; id++)
		apply(&net, cut_between(id, A, B + id, true));
	int64_t cut_ns = clock_now_ns();

	printf("  40 hosts opened in %.0f ms, a cut takes %.1f ms\n",
	       (double)(opened_ns - began_ns) / NS_PER_MS,
	       (double)(cut_ns - opened_ns) / 10 / NS_PER_MS);
	fflush(stdout);
	hosts_close(hosts);
	ck_assert_int_lt(opened_ns - began_ns, NS_PER_S);
}

int main(void)
{
	Suite *suite = suite_create("sandbox: cuts");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("sandbox_cuts_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, hosts_have_their_addresses_and_reach_each_other);
	tcase_add_test(tests, cut_drops_its_direction_only_and_counts_each_packet);
	tcase_add_test(tests, cut_of_groups_drops_both_ways);
	tcase_add_test(tests, healing_one_of_two_overlapping_cuts_leaves_the_other);
	tcase_add_test(tests, healed_cut_takes_its_counter_along);
	tcase_add_test(tests, cut_that_stood_in_nobodys_way_counts_nothing);
	tcase_add_test(tests, connection_survives_a_cut_and_delivers_after_it);
	tcase_add_test(tests, heal_all_undoes_the_cuts_of_a_process_that_died);
	tcase_add_test(tests, one_cut_too_many_is_refused_and_changes_nothing);
	tcase_add_test(tests, links_count_what_they_carried_and_what_was_dropped);
	tcase_add_test(tests, each_cut_counts_its_own_links);
	tcase_add_test(tests, forty_hosts_are_up_in_a_second);
	return suite_run(suite);
}
