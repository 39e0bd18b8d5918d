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
#include "tests/unit/cluster_rig.h"

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

static struct cluster *open_with(int (*main)(void *, int), void *context, struct seen *seen)
{
	struct cluster *cluster = rig_open(0, 2, (struct cluster_plan){.sandbox = true});

	cluster_set_program(cluster, W, (struct program){main, context});
	cluster_set_program(cluster, V, (struct program){wait_for_ever, NULL});
	cluster_set_watcher(cluster, (struct cluster_watcher){on_started, on_ended, seen});
	ck_ok(cluster_start(cluster, W, &err));
	return cluster;
}

static pid_t pid_of(struct cluster *cluster, int host)
{
	return cluster_control(cluster, host)->pid;
}

/* Tends whenever a child ends or somebody wants something, as the conductor does. */
static void tend_until(struct cluster *cluster, const int *counter, int wanted)
{
	int64_t deadline_ns = clock_now_ns() + 5 * NS_PER_S;

	while (*counter < wanted) {
		ck_assert_msg(clock_now_ns() < deadline_ns, "waited in vain");
		struct pollfd wish = {cluster_wanted_fd(cluster), POLLIN, 0};

		poll(&wish, 1, 5);
		ck_ok(cluster_tend(cluster, &err));
	}
}

static void await_gone(pid_t pid)
{
	ck_assert(process_wait_state(pid, 0, clock_now_ns() + NS_PER_S));
}

START_INSIDE(host_wanted_down_is_expected_to_end_and_starts_when_wanted_up)
{
	struct seen seen = {0};
	struct cluster *cluster = open_with(wait_for_ever, NULL, &seen);
	int first = seen.process;

	ck_assert_int_eq(cluster_control(cluster, W)->wanted, WANTED_UP);
	cluster_want(cluster, W, WANTED_DOWN);
	kill(pid_of(cluster, W), SIGKILL);
	tend_until(cluster, &seen.ends, 1);
	ck_assert_int_eq(seen.expected, 1);
	ck_assert_int_eq(WTERMSIG(seen.status), SIGKILL);
	ck_assert_int_eq(pid_of(cluster, W), 0);
	ck_ok(cluster_tend(cluster, &err));
	ck_assert_int_eq(seen.starts, 1);
	cluster_want(cluster, W, WANTED_UP);
	tend_until(cluster, &seen.starts, 2);
	ck_assert_int_eq(seen.incarnation, 2);
	ck_assert_int_ne(seen.process, first);
	ck_assert_int_ne(process_state(pid_of(cluster, W)), 0);
	cluster_close(cluster);
}

START_INSIDE(end_is_expected_even_if_up_is_wanted_before_it_is_seen)
{
	struct seen seen = {0};
	struct cluster *cluster = open_with(wait_for_ever, NULL, &seen);

	cluster_want(cluster, W, WANTED_DOWN);
	kill(pid_of(cluster, W), SIGKILL);
	await_gone(pid_of(cluster, W));
	cluster_want(cluster, W, WANTED_UP);
	tend_until(cluster, &seen.starts, 2);
	ck_assert_int_eq(seen.expected, 1);
	cluster_close(cluster);
}

START_INSIDE(end_that_nobody_wanted_is_told_as_such_and_not_repeated)
{
	struct seen seen = {0};
	struct cluster *cluster = open_with(end_with_3, NULL, &seen);

	tend_until(cluster, &seen.ends, 1);
	ck_assert_int_eq(seen.expected, 0);
	ck_assert_int_eq(WEXITSTATUS(seen.status), 3);
	ck_assert_int_eq(cluster_control(cluster, W)->wanted, WANTED_DOWN);
	ck_ok(cluster_tend(cluster, &err));
	ck_ok(cluster_heal_all(cluster, &err)); /* heals faults; this was none */
	ck_ok(cluster_tend(cluster, &err));
	ck_assert_int_eq(seen.starts, 1);
	cluster_close(cluster);
}

START_INSIDE(heal_all_continues_the_stopped_and_brings_back_the_killed)
{
	struct seen seen = {0};
	struct cluster *cluster = open_with(wait_for_ever, NULL, &seen);
	int64_t soon_ns = clock_now_ns() + NS_PER_S;

	ck_ok(cluster_start(cluster, V, &err));
	kill(pid_of(cluster, V), SIGSTOP);
	ck_assert(process_wait_state(pid_of(cluster, V), 'T', soon_ns));
	cluster_want(cluster, W, WANTED_DOWN);
	kill(pid_of(cluster, W), SIGKILL);
	tend_until(cluster, &seen.ends, 1);
	ck_ok(cluster_heal_all(cluster, &err));
	ck_assert(process_wait_state(pid_of(cluster, V), 'R', soon_ns));
	tend_until(cluster, &seen.starts, 2);
	cluster_close(cluster);
}

START_INSIDE(what_a_process_leaves_behind_dies_with_it)
{
	struct seen seen = {0};
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	struct cluster *cluster = open_with(leave_a_child, &ends[1], &seen);
	struct pollfd end = {ends[0], POLLIN, 0};

	close(ends[1]);
	ck_assert_int_eq(poll(&end, 1, 50), 0);
	cluster_want(cluster, W, WANTED_DOWN);
	kill(pid_of(cluster, W), SIGKILL);
	tend_until(cluster, &seen.ends, 1);
	ck_assert_int_eq(poll(&end, 1, 1000), 1);
	ck_assert_int_eq(read(ends[0], &byte, 1), 0);
	cluster_close(cluster);
}

START_INSIDE(other_children_of_the_conductor_are_left_to_it)
{
	struct seen seen = {0};
	struct cluster *cluster = open_with(wait_for_ever, NULL, &seen);
	int status;
	pid_t other = fork();

	if (other == 0)
		_exit(9);
	await_gone(other);
	ck_ok(cluster_tend(cluster, &err));
	ck_assert_int_eq(waitpid(other, &status, 0), other);
	ck_assert_int_eq(WEXITSTATUS(status), 9);
	cluster_close(cluster);
}

START_INSIDE(close_ends_the_stopped_and_the_stubborn)
{
	struct seen seen = {0};
	struct cluster *cluster = open_with(ignore_sigterm, NULL, &seen);

	ck_ok(cluster_start(cluster, V, &err));
	kill(pid_of(cluster, V), SIGSTOP);
	cluster_close(cluster);
	errno = 0;
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
}

START_INSIDE(process_ids_are_given_once_whoever_asks)
{
	struct seen seen = {0};
	struct cluster *cluster = open_with(wait_for_ever, NULL, &seen);
	int first = cluster_next_process(cluster), status;
	pid_t child = fork();

	ck_assert_int_gt(first, seen.process);
	if (child == 0)
		_exit(cluster_next_process(cluster));
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), first + 1);
	ck_assert_int_eq(cluster_next_process(cluster), first + 2);
	cluster_close(cluster);
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
	struct cluster *cluster = open_with(wait_for_ever, NULL, &seen);
	int64_t deadline_ns = clock_now_ns() + NS_PER_S;

	while (!log_says("process 1 is here"))
		ck_assert_int_lt(clock_now_ns(), deadline_ns);
	cluster_close(cluster);
}

/* Without a sandbox's network ----------------------------------------------------------------- */

static void use_an_existing_cluster(void)
{
	const char *const endpoints[] = {"http://192.0.2.1:2379"};
	struct cluster_plan plan = {.sandbox = false, .endpoints = endpoints};
	struct cluster *cluster = rig_open(1, 1, plan);

	ck_assert_int_eq(cluster_abilities(cluster), 0);
	ck_assert_str_eq(cluster_service(cluster)->endpoint[0], endpoints[0]);
	ck_assert_str_eq(cluster_host(cluster, 0)->address, endpoints[0]);
	ck_assert_str_eq(cluster_address(cluster, 1), "127.0.0.1");
	cluster_set_program(cluster, 3, (struct program){wait_for_ever, NULL});
	ck_ok(cluster_start(cluster, 3, &err));
	kill(pid_of(cluster, 3), SIGSTOP);
	ck_assert(process_wait_state(pid_of(cluster, 3), 'T', clock_now_ns() + NS_PER_S));
	ck_ok(cluster_heal_all(cluster, &err));
	ck_assert(process_wait_state(pid_of(cluster, 3), 'R', clock_now_ns() + NS_PER_S));
	cluster_close(cluster);
}

START_TEST(existing_cluster_runs_local_processes_and_cannot_be_cut)
{
	rig_run_inside(false, use_an_existing_cluster);
}
END_TEST

static void refuse(const char *first, const char *second)
{
	struct host host[2] = {{.id = 0, .role = HOST_WORKER}, {.id = 1, .role = HOST_WORKER}};
	struct cluster_plan plan = {.run_dir = rig_run_dir, .hosts = 2, .host = host};
	struct error refusal = {0};
	struct cluster *cluster;

	snprintf(host[0].name, sizeof(host[0].name), "%s", first);
	snprintf(host[1].name, sizeof(host[1].name), "%s", second);
	ck_assert_int_eq(cluster_open(&cluster, &plan, &refusal), -1);
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
	Suite *suite = suite_create("cluster: processes");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("cluster_processes_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, host_wanted_down_is_expected_to_end_and_starts_when_wanted_up);
	tcase_add_test(tests, end_is_expected_even_if_up_is_wanted_before_it_is_seen);
	tcase_add_test(tests, end_that_nobody_wanted_is_told_as_such_and_not_repeated);
	tcase_add_test(tests, heal_all_continues_the_stopped_and_brings_back_the_killed);
	tcase_add_test(tests, what_a_process_leaves_behind_dies_with_it);
	tcase_add_test(tests, other_children_of_the_conductor_are_left_to_it);
	tcase_add_test(tests, close_ends_the_stopped_and_the_stubborn);
	tcase_add_test(tests, process_ids_are_given_once_whoever_asks);
	tcase_add_test(tests, output_goes_to_the_log_of_the_host);
	tcase_add_test(tests, existing_cluster_runs_local_processes_and_cannot_be_cut);
	tcase_add_test(tests, name_that_cannot_be_a_file_or_is_taken_is_refused);
	return suite_run(suite);
}
