/*
 * The sandbox's network: hosts know whom they speak with before the first packet.
 */
#include "tests/unit/sandbox_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/support/cut_dropped.h"
#include "tests/support/suite.h"

enum { MEMBERS = 3, STORE = MEMBERS, WITNESS, WORKER, WORKERS = 4, HOSTS = WORKER + WORKERS };
enum { PORT = 7000, FLAG_PERMANENT = 4 /* ATF_PERM, net/if_arp.h */ };

static struct shared {
	_Atomic int permanent[HOSTS], learnt[HOSTS], starts[HOSTS];
} * shared;

static struct hosts *hosts;

static void count_neighbours(int host)
{
	FILE *file = fopen("/proc/thread-self/net/arp", "re");
	int permanent = 0, learnt = 0;
	unsigned int flags;
	char line[256];

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %x", &flags) == 1) {
			permanent += (flags & FLAG_PERMANENT) != 0;
			learnt += !(flags & FLAG_PERMANENT);
		}
	fclose(file);
	shared->permanent[host] = permanent;
	shared->learnt[host] = learnt;
	shared->starts[host]++;
}

static int count_program(void *context, int process)
{
	(void)process;
	count_neighbours(*(const int *)context);
	pause();
	return 0;
}

static int send_program(void *context, int process)
{
	struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int out = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)process;
	ck_assert(inet_pton(AF_INET, hosts_address(hosts, STORE), &there.sin_addr) == 1);
	sendto(out, "x", 1, 0, (struct sockaddr *)&there, sizeof(there));
	count_neighbours(*(const int *)context);
	pause();
	return 0;
}

/* Nobody listens at the store. */
static int connect_program(void *context, int process)
{
	struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)process;
	ck_assert(inet_pton(AF_INET, hosts_address(hosts, STORE), &there.sin_addr) == 1);
	ck_assert_int_eq(connect(out, (struct sockaddr *)&there, sizeof(there)), -1);
	count_neighbours(*(const int *)context);
	pause();
	return 0;
}

static void open_network(int (*worker)(void *context, int process))
{
	static int number[HOSTS];

	hosts = rig_open(MEMBERS, WORKERS, (struct hosts_plan){0});
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	for (int host = STORE; host < HOSTS; host++) {
		number[host] = host;
		hosts_set_program(
			hosts, host,
			(struct program){host < WORKER ? count_program : worker, &number[host]});
	}
}

static void start(int host)
{
	int before = shared->starts[host];
	int64_t until_ns = clock_now_ns() + 5 * NS_PER_S;

	ck_ok(hosts_start(hosts, host, &err));
	while (shared->starts[host] == before)
		ck_assert_int_lt(clock_now_ns(), until_ns);
}

START_INSIDE(hosts_know_whom_they_speak_with_and_nobody_has_to_ask)
{
	open_network(send_program);
	start(STORE);
	start(WITNESS);
	start(WORKER);
	ck_assert_int_eq(shared->permanent[STORE], WORKERS + 1); /* and the hub */
	ck_assert_int_eq(shared->permanent[WITNESS], MEMBERS);
	ck_assert_int_eq(shared->permanent[WORKER], MEMBERS + 1); /* and the store */
	ck_assert_int_eq(shared->learnt[WORKER], 0);              /* though it has sent */
	hosts_close(hosts);
}

START_INSIDE(host_that_is_started_again_still_knows_them)
{
	open_network(count_program);
	start(WORKER);
	hosts_want(hosts, WORKER, WANTED_DOWN);
	kill(hosts_control(hosts, WORKER)->pid, SIGKILL);
	for (int64_t until_ns = clock_now_ns() + 3 * NS_PER_S; hosts_control(hosts, WORKER)->pid;) {
		ck_assert_int_lt(clock_now_ns(), until_ns);
		ck_ok(hosts_tend(hosts, &err));
	}
	shared->permanent[WORKER] = 0;
	start(WORKER);
	ck_assert_int_eq(shared->permanent[WORKER], MEMBERS + 1);
	hosts_close(hosts);
}

/* The bridge would flood what it does not know to every port, through every cut's rule. */
START_INSIDE(first_packet_of_a_host_passes_no_cut_but_its_own)
{
	struct cut cut = {.id = 1, .froms = 1, .tos = 1, .from = {WORKER}, .to = {WORKER + 1}};
	struct cut own = {.id = 2, .froms = 1, .tos = 1, .from = {WORKER + 2}, .to = {STORE}};
	int64_t packets;

	open_network(send_program);
	ck_ok(hosts_cut(hosts, &cut, &err));
	ck_ok(hosts_cut(hosts, &own, &err));
	start(WORKER);
	start(WORKER + 2);
	ck_ok(cut_dropped(hosts, 1, &packets, &err));
	ck_assert_int_eq(packets, 0);
	ck_ok(cut_dropped(hosts, 2, &packets, &err));
	ck_assert_int_eq(packets, 1);
	hosts_close(hosts);
}

START_INSIDE(connections_that_fail_are_counted_for_their_host)
{
	struct connection_count count;

	open_network(connect_program);
	start(WORKER);
	ck_ok(hosts_count_connections(hosts, WORKER, &count, &err));
	ck_assert_int_eq(count.opened, 1);
	ck_assert_int_eq(count.failed, 1);
	ck_ok(hosts_count_connections(hosts, WORKER + 1, &count, &err));
	ck_assert_int_eq(count.opened, 0);
	ck_assert_int_eq(count.failed, 0);
	hosts_close(hosts);
}

int main(void)
{
	Suite *suite = suite_create("sandbox: network");
	TCase *tests = tcase_create("network");

	rig_need_sandbox("sandbox_network_test");
	tcase_set_timeout(tests, 30);
	suite_add_tcase(suite, tests);
	tcase_add_test(tests, hosts_know_whom_they_speak_with_and_nobody_has_to_ask);
	tcase_add_test(tests, host_that_is_started_again_still_knows_them);
	tcase_add_test(tests, first_packet_of_a_host_passes_no_cut_but_its_own);
	tcase_add_test(tests, connections_that_fail_are_counted_for_their_host);
	return suite_run(suite);
}
