/* Who is started, who is restarted, whose end was expected, and that nobody is left. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "etcd/etcd.h"
#include "tests/support/suite.h"
#include "tests/unit/sandbox_rig.h"

enum { STORE, WITNESS, W, V }; /* hosts of a cluster without members, with two workers */

struct seen { /* what the watcher was told of W */
	int starts, ends, expected, status, process, incarnation;
};

static void on_started(void *context, int host, int pid, int process, int incarnation)
{
	struct seen *seen = context;

	if (host != W)
		return;
	ck_assert_int_gt(pid, 1);
	seen->starts++;
	seen->process = process;
	seen->incarnation = incarnation;
}

static void on_ended(void *context, int host, int process, int status, bool expected)
{
	struct seen *seen = context;

	if (host != W)
		return;
	ck_assert_int_eq(process, seen->process);
	seen->ends++;
	seen->expected += expected;
	seen->status = status;
}

/* Programs ------------------------------------------------------------------------------------ */

static int wait_for_ever(void *context, int process)
{
	(void)context;
	printf("process %d is here\n", process);
	fflush(stdout);
	for (;;)
		pause();
	return 0;
}

static int end_with_3(void *context, int process)
{
	(void)context;
	(void)process;
	return 3;
}

static int ignore_sigterm(void *context, int process)
{
	signal(SIGTERM, SIG_IGN);
	return wait_for_ever(context, process);
}

/* Leaves a child behind that holds the write end of the pipe. */
static int leave_a_child(void *pipe_end, int process)
{
	int ready[2];
	char word;

	ck_assert_int_eq(pipe(ready), 0);
	if (fork() == 0) {
		ck_assert_int_eq(write(ready[1], "r", 1), 1);
		return wait_for_ever(NULL, process);
	}
	ck_assert_int_eq(read(ready[0], &word, 1), 1);
	close(*(int *)pipe_end);
	return wait_for_ever(NULL, process);
}

/* The conductor's part ------------------------------------------------------------------------ */

static struct hosts *open_with(int (*main)(void *, int), void *context, struct seen *seen)
{
	struct hosts *hosts = rig_open(0, 2, (struct hosts_plan){0});

	hosts_set_program(hosts, W, (struct program){main, context});
	hosts_set_program(hosts, V, (struct program){wait_for_ever, NULL});
	hosts_set_watcher(hosts, (struct hosts_watcher){on_started, on_ended, seen});
	ck_ok(hosts_start(hosts, W, &err));
	return hosts;
}

static pid_t pid_of(struct hosts *hosts, int host)
{
	return hosts_control(hosts, host)->pid;
}

/* Tends whenever a child ends or somebody wants something, as the conductor does. */
static void tend_until(struct hosts *hosts, const int *counter, int wanted)
{
	int64_t deadline_ns = clock_now_ns() + 5 * NS_PER_S;

	while (*counter < wanted) {
		ck_assert_msg(clock_now_ns() < deadline_ns, "waited in vain");
		struct pollfd wish = {hosts_wanted_fd(hosts), POLLIN, 0};

		poll(&wish, 1, 5);
		ck_ok(hosts_tend(hosts, &err));
	}
}

static void await_gone(pid_t pid)
{
	ck_assert(process_wait_state(pid, 0, clock_now_ns() + NS_PER_S));
}

START_INSIDE(host_wanted_down_is_expected_to_end_and_starts_when_wanted_up)
{
	struct seen seen = {0};
	struct hosts *hosts = open_with(wait_for_ever, NULL, &seen);
	int first = seen.process;

	ck_assert_int_eq(hosts_control(hosts, W)->wanted, WANTED_UP);
	hosts_want(hosts, W, WANTED_DOWN);
	kill(pid_of(hosts, W), SIGKILL);
	tend_until(hosts, &seen.ends, 1);
	ck_assert_int_eq(seen.expected, 1);
	ck_assert_int_eq(WTERMSIG(seen.status), SIGKILL);
	ck_assert_int_eq(pid_of(hosts, W), 0);
	ck_ok(hosts_tend(hosts, &err));
	ck_assert_int_eq(seen.starts, 1);
	hosts_want(hosts, W, WANTED_UP);
	tend_until(hosts, &seen.starts, 2);
	ck_assert_int_eq(seen.incarnation, 2);
	ck_assert_int_ne(seen.process, first);
	ck_assert_int_ne(process_state(pid_of(hosts, W)), 0);
	hosts_close(hosts);
}

START_INSIDE(end_is_expected_even_if_up_is_wanted_before_it_is_seen)
{
	struct seen seen = {0};
	struct hosts *hosts = open_with(wait_for_ever, NULL, &seen);

	hosts_want(hosts, W, WANTED_DOWN);
	kill(pid_of(hosts, W), SIGKILL);
	await_gone(pid_of(hosts, W));
	hosts_want(hosts, W, WANTED_UP);
	tend_until(hosts, &seen.starts, 2);
	ck_assert_int_eq(seen.expected, 1);
	hosts_close(hosts);
}

START_INSIDE(host_that_is_given_up_ends_as_expected_and_no_healing_starts_it)
{
	struct seen seen = {0};
	struct hosts *hosts = open_with(wait_for_ever, NULL, &seen);

	hosts_give_up(hosts, W);
	kill(pid_of(hosts, W), SIGKILL);
	tend_until(hosts, &seen.ends, 1);
	ck_assert_int_eq(seen.expected, 1);
	ck_ok(hosts_heal_all(hosts, &err));
	ck_ok(hosts_tend(hosts, &err));
	ck_assert_int_eq(seen.starts, 1);
	hosts_want(hosts, W, WANTED_UP);
	tend_until(hosts, &seen.starts, 2);
	hosts_close(hosts);
}

START_INSIDE(end_that_nobody_wanted_is_told_as_such_and_not_repeated)
{
	struct seen seen = {0};
	struct hosts *hosts = open_with(end_with_3, NULL, &seen);

	tend_until(hosts, &seen.ends, 1);
	ck_assert_int_eq(seen.expected, 0);
	ck_assert_int_eq(WEXITSTATUS(seen.status), 3);
	ck_assert_int_eq(hosts_control(hosts, W)->wanted, WANTED_DOWN);
	ck_ok(hosts_tend(hosts, &err));
	ck_ok(hosts_heal_all(hosts, &err)); /* heals faults; this was none */
	ck_ok(hosts_tend(hosts, &err));
	ck_assert_int_eq(seen.starts, 1);
	hosts_close(hosts);
}

START_INSIDE(heal_all_continues_the_stopped_and_brings_back_the_killed)
{
	struct seen seen = {0};
	struct hosts *hosts = open_with(wait_for_ever, NULL, &seen);
	int64_t soon_ns = clock_now_ns() + NS_PER_S;

	ck_ok(hosts_start(hosts, V, &err));
	kill(pid_of(hosts, V), SIGSTOP);
	ck_assert(process_wait_state(pid_of(hosts, V), 'T', soon_ns));
	hosts_want(hosts, W, WANTED_DOWN);
	kill(pid_of(hosts, W), SIGKILL);
	tend_until(hosts, &seen.ends, 1);
	ck_ok(hosts_heal_all(hosts, &err));
	ck_assert(process_wait_state(pid_of(hosts, V), 'R', soon_ns));
	tend_until(hosts, &seen.starts, 2);
	hosts_close(hosts);
}

START_INSIDE(what_a_process_leaves_behind_dies_with_it)
{
	struct seen seen = {0};
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	struct hosts *hosts = open_with(leave_a_child, &ends[1], &seen);
	struct pollfd end = {ends[0], POLLIN, 0};

	close(ends[1]);
	ck_assert_int_eq(poll(&end, 1, 50), 0);
	hosts_want(hosts, W, WANTED_DOWN);
	kill(pid_of(hosts, W), SIGKILL);
	tend_until(hosts, &seen.ends, 1);
	ck_assert_int_eq(poll(&end, 1, 1000), 1);
	ck_assert_int_eq(read(ends[0], &byte, 1), 0);
	hosts_close(hosts);
}

START_INSIDE(other_children_of_the_conductor_are_left_to_it)
{
	struct seen seen = {0};
	struct hosts *hosts = open_with(wait_for_ever, NULL, &seen);
	int status;
	pid_t other = fork();

	if (other == 0)
		_exit(9);
	await_gone(other);
	ck_ok(hosts_tend(hosts, &err));
	ck_assert_int_eq(waitpid(other, &status, 0), other);
	ck_assert_int_eq(WEXITSTATUS(status), 9);
	hosts_close(hosts);
}

START_INSIDE(close_ends_the_stopped_and_the_stubborn)
{
	struct seen seen = {0};
	struct hosts *hosts = open_with(ignore_sigterm, NULL, &seen);

	ck_ok(hosts_start(hosts, V, &err));
	kill(pid_of(hosts, V), SIGSTOP);
	hosts_close(hosts);
	errno = 0;
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
}

START_INSIDE(process_ids_are_given_once_whoever_asks)
{
	struct seen seen = {0};
	struct hosts *hosts = open_with(wait_for_ever, NULL, &seen);
	int first = hosts_next_process(hosts), status;
	pid_t child = fork();

	ck_assert_int_gt(first, seen.process);
	if (child == 0)
		_exit(hosts_next_process(hosts));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), first + 1);
	ck_assert_int_eq(hosts_next_process(hosts), first + 2);
	hosts_close(hosts);
}

static bool log_says(const char *text)
{
	char path[512], line[128] = "";

	snprintf(path, sizeof(path), "%s/logs/worker2.log", rig_run_dir);
	FILE *file = fopen(path, "r");

	if (!file)
		return false;
	bool said = fgets(line, sizeof(line), file) && strstr(line, text);

	fclose(file);
	return said;
}

START_INSIDE(output_goes_to_the_log_of_the_host)
{
	struct seen seen = {0};
	struct hosts *hosts = open_with(wait_for_ever, NULL, &seen);
	int64_t deadline_ns = clock_now_ns() + NS_PER_S;

	while (!log_says("process 1 is here"))
		ck_assert_int_lt(clock_now_ns(), deadline_ns);
	hosts_close(hosts);
}

/* Without a sandbox's network ----------------------------------------------------------------- */

static void use_local_hosts(void)
{
	struct hosts *hosts = rig_open(1, 1, (struct hosts_plan){.engine = &engine_local});

	ck_assert_int_eq(hosts_abilities(hosts), 0);
	ck_assert_str_eq(hosts_get(hosts, 0)->address, ""); /* somebody else's to say */
	ck_assert_str_eq(hosts_get(hosts, 1)->address, "local");
	ck_assert_str_eq(hosts_address(hosts, 1), "127.0.0.1");
	hosts_set_program(hosts, 3, (struct program){wait_for_ever, NULL});
	ck_ok(hosts_start(hosts, 3, &err));
	kill(pid_of(hosts, 3), SIGSTOP);
	ck_assert(process_wait_state(pid_of(hosts, 3), 'T', clock_now_ns() + NS_PER_S));
	ck_ok(hosts_heal_all(hosts, &err));
	ck_assert(process_wait_state(pid_of(hosts, 3), 'R', clock_now_ns() + NS_PER_S));
	hosts_close(hosts);
}

START_TEST(local_engine_runs_processes_and_cannot_cut)
{
	rig_run_inside(false, use_local_hosts);
}
END_TEST

static void refuse(const char *first, const char *second)
{
	struct host host[2] = {{.id = 0, .role = HOST_WORKER}, {.id = 1, .role = HOST_WORKER}};
	struct hosts_plan plan = {
		.engine = &engine_local, .run_dir = rig_run_dir, .count = 2, .host = host};
	struct error refusal = {0};
	struct hosts *hosts;

	snprintf(host[0].name, sizeof(host[0].name), "%s", first);
	snprintf(host[1].name, sizeof(host[1].name), "%s", second);
	ck_assert_int_eq(hosts_open(&hosts, &plan, &refusal), -1);
	ck_assert_int_eq(refusal.code, EXIT_BAD_USAGE);
}

START_INSIDE(name_that_cannot_be_a_file_or_is_taken_is_refused)
{
	refuse("a", "../b");
	refuse("a", "");
	refuse("a", "..");
	refuse("a", "a");
}

int main(void)
{
	Suite *suite = suite_create("sandbox: processes");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("sandbox_processes_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, host_that_is_given_up_ends_as_expected_and_no_healing_starts_it);
	tcase_add_test(tests, host_wanted_down_is_expected_to_end_and_starts_when_wanted_up);
	tcase_add_test(tests, end_is_expected_even_if_up_is_wanted_before_it_is_seen);
	tcase_add_test(tests, end_that_nobody_wanted_is_told_as_such_and_not_repeated);
	tcase_add_test(tests, heal_all_continues_the_stopped_and_brings_back_the_killed);
	tcase_add_test(tests, what_a_process_leaves_behind_dies_with_it);
	tcase_add_test(tests, other_children_of_the_conductor_are_left_to_it);
	tcase_add_test(tests, close_ends_the_stopped_and_the_stubborn);
	tcase_add_test(tests, process_ids_are_given_once_whoever_asks);
	tcase_add_test(tests, output_goes_to_the_log_of_the_host);
	tcase_add_test(tests, local_engine_runs_processes_and_cannot_cut);
	tcase_add_test(tests, name_that_cannot_be_a_file_or_is_taken_is_refused);
	return suite_run(suite);
}
