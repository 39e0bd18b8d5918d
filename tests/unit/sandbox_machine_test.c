/*
 * A host's machine is all of its processes, however they came to be. The program on the host has
 * children of four kinds, each of which counts its rounds in shared memory.
 */
#include "tests/unit/sandbox_rig.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "sandbox/machine.h"
#include "tests/support/suite.h"

enum kind { LEADER, IN_GROUP, IN_SESSION, ORPHAN, IN_OTHER_NET, KINDS };
enum { FAMILY = 2, STRANGER = 3 };

static struct shared {
	_Atomic int rounds[KINDS], stranger;
	_Atomic pid_t pid[KINDS];
} * shared;

static _Noreturn void count_on(_Atomic int *rounds)
{
	for (;;) {
		atomic_fetch_add(rounds, 1);
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	}
}

static _Noreturn void live_as(enum kind kind)
{
	if (kind == IN_SESSION || kind == ORPHAN)
		setsid();
	if (kind == ORPHAN) {
		pid_t parent = getpid();

		if (fork())
			_exit(0); /* the child is PID 1's, as soon as this has ended */
		while (getppid() == parent)
			clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	}
	if (kind == IN_OTHER_NET && unshare(CLONE_NEWNET))
		_exit(1);
	shared->pid[kind] = getpid();
	count_on(&shared->rounds[kind]);
}

static int family_program(void *context, int process)
{
	(void)context, (void)process;
	signal(SIGCHLD, SIG_IGN);
	shared->pid[LEADER] = getpid();
	for (enum kind kind = IN_GROUP; kind < KINDS; kind++)
		if (fork() == 0)
			live_as(kind);
	count_on(&shared->rounds[LEADER]);
}

static int stranger_program(void *context, int process)
{
	(void)context, (void)process;
	count_on(&shared->stranger);
}

static struct hosts *open_family(void)
{
	struct hosts *hosts = rig_open(0, 2, (struct hosts_plan){0});

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	hosts_set_program(hosts, FAMILY, (struct program){family_program, NULL});
	hosts_set_program(hosts, STRANGER, (struct program){stranger_program, NULL});
	ck_ok(hosts_start(hosts, FAMILY, &err));
	ck_ok(hosts_start(hosts, STRANGER, &err));
	for (int kind = 0; kind < KINDS; kind++)
		for (int64_t until_ns = clock_now_ns() + 5 * NS_PER_S; !shared->rounds[kind];)
			ck_assert_int_lt(clock_now_ns(), until_ns);
	return hosts;
}

static int64_t in_ms(int ms)
{
	return clock_now_ns() + ms * NS_PER_MS;
}

/* How many of the kinds count on. */
static int count_moving(void)
{
	int before[KINDS], moving = 0;

	for (int kind = 0; kind < KINDS; kind++)
		before[kind] = shared->rounds[kind];
	clock_sleep_until_ns(in_ms(100));
	for (int kind = 0; kind < KINDS; kind++)
		moving += shared->rounds[kind] > before[kind];
	return moving;
}

START_INSIDE(stop_reaches_every_process_of_the_host_and_no_other)
{
	struct hosts *hosts = open_family();
	struct machine machine = hosts_machine(hosts, FAMILY);
	struct machine_look look = machine_look(&machine);

	ck_assert_int_eq(look.processes, KINDS);
	ck_assert(!machine_stands(&look));
	ck_assert_int_eq(count_moving(), KINDS);
	ck_assert(machine_stop(&machine, in_ms(2000), &look));
	ck_assert_int_eq(look.processes, KINDS);
	int strange = shared->stranger;

	ck_assert_int_eq(count_moving(), 0);
	ck_assert_int_gt(shared->stranger, strange);
	machine_signal(&machine, SIGCONT);
	ck_assert_int_eq(count_moving(), KINDS);
	hosts_close(hosts);
}

START_INSIDE(stop_is_not_believed_while_one_process_runs)
{
	struct hosts *hosts = open_family();
	struct machine machine = hosts_machine(hosts, FAMILY);
	struct machine_look look;

	ck_assert(machine_stop(&machine, in_ms(2000), NULL));
	kill(shared->pid[IN_SESSION], SIGCONT);
	ck_assert(process_wait_state(shared->pid[IN_SESSION], 'R', in_ms(1000)));
	look = machine_look(&machine);
	ck_assert_int_eq(look.threads, KINDS);
	ck_assert_int_eq(look.stopped, KINDS - 1);
	ck_assert(!machine_stands(&look));
	hosts_close(hosts);
}

START_INSIDE(kill_leaves_no_process_of_the_host)
{
	struct hosts *hosts = open_family();
	struct machine machine = hosts_machine(hosts, FAMILY);
	int strange;

	ck_assert(machine_stop(&machine, in_ms(2000), NULL)); /* a stopped one dies, too */
	hosts_want(hosts, FAMILY, WANTED_DOWN);
	ck_assert(machine_kill(&machine, in_ms(2000), NULL, NULL));
	for (int kind = 0; kind < KINDS; kind++)
		ck_assert(process_wait_state(shared->pid[kind], 0, 0));
	ck_assert_int_eq(machine_look(&machine).processes, 0);
	strange = shared->stranger;
	ck_assert_int_eq(count_moving(), 0);
	ck_assert_int_gt(shared->stranger, strange);
	hosts_close(hosts);
}

/* Of the group stragglers are known anyway; here those beyond it. */
START_INSIDE(end_of_the_started_process_is_the_end_of_the_host)
{
	struct hosts *hosts = open_family();

	hosts_want(hosts, FAMILY, WANTED_DOWN);
	kill(shared->pid[LEADER], SIGKILL);
	for (int64_t until_ns = in_ms(3000); hosts_control(hosts, FAMILY)->pid;) {
		ck_assert_int_lt(clock_now_ns(), until_ns);
		ck_ok(hosts_tend(hosts, &err));
	}
	for (int64_t until_ns = in_ms(3000);;) {
		int there = 0;

		ck_ok(hosts_tend(hosts, &err));
		for (int kind = IN_GROUP; kind < KINDS; kind++)
			there += kill(shared->pid[kind], 0) == 0; /* a zombie is there, too */
		if (!there)
			break;
		ck_assert_msg(clock_now_ns() < until_ns, "%d are left", there);
	}
	hosts_close(hosts);
}

START_INSIDE(healing_continues_every_process)
{
	struct hosts *hosts = open_family();
	struct machine machine = hosts_machine(hosts, FAMILY);

	ck_assert(machine_stop(&machine, in_ms(2000), NULL));
	ck_ok(hosts_heal_all(hosts, &err));
	ck_assert_int_eq(count_moving(), KINDS);
	hosts_close(hosts);
}

START_INSIDE(without_a_namespace_the_group_is_the_machine)
{
	struct hosts *hosts = open_family();
	struct machine machine = {.leader = hosts_control(hosts, FAMILY)->pid};
	struct machine_look look;

	ck_assert(machine_stop(&machine, in_ms(2000), &look));
	ck_assert_int_eq(look.processes, 3); /* leader, its child, the one in another namespace */
	ck_assert_int_eq(count_moving(), KINDS - 3);
	hosts_close(hosts);
}

int main(void)
{
	Suite *suite = suite_create("sandbox: machine");
	TCase *tests = tcase_create("machine");

	rig_need_sandbox("sandbox_machine_test");
	tcase_set_timeout(tests, 30);
	suite_add_tcase(suite, tests);
	tcase_add_test(tests, stop_reaches_every_process_of_the_host_and_no_other);
	tcase_add_test(tests, stop_is_not_believed_while_one_process_runs);
	tcase_add_test(tests, kill_leaves_no_process_of_the_host);
	tcase_add_test(tests, end_of_the_started_process_is_the_end_of_the_host);
	tcase_add_test(tests, healing_continues_every_process);
	tcase_add_test(tests, without_a_namespace_the_group_is_the_machine);
	return suite_run(suite);
}
