/*
 * Other programs while the kernel refuses: the test's own calls stand before libc's, and the one
 * that is told to fails. Whatever fails, the caller learns of it, and nothing is left behind.
 */
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "tests/support/descriptors.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum where { HERE, BELOW }; /* in this process, in one that it has forked */

/* The call that fails: the nth from now on, counted in each process for itself; EACH of them. */
enum { EACH = INT_MAX };

static struct {
	const char *name;
	enum where where;
	int nth, with;
	pid_t us;
} failing;

static bool fails(const char *name)
{
	if (!failing.name || strcmp(name, failing.name) ||
	    (getpid() == failing.us) != (failing.where == HERE))
		return false;
	if (failing.nth != EACH && failing.nth-- != 0)
		return false;
	errno = failing.with;
	return true;
}

#define REAL(name) ((__typeof__(&(name)))dlsym(RTLD_NEXT, #name))

int pipe2(int ends[2], int flags)
{
	return fails("pipe2") ? -1 : REAL(pipe2)(ends, flags);
}

pid_t fork(void)
{
	return fails("fork") ? -1 : REAL(fork)();
}

int pidfd_open(pid_t pid, unsigned int flags);

int pidfd_open(pid_t pid, unsigned int flags)
{
	return fails("pidfd_open") ? -1 : REAL(pidfd_open)(pid, flags);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	return fails("poll") ? -1 : REAL(poll)(fds, count, timeout_ms);
}

ssize_t read(int fd, void *into, size_t size)
{
	return fails("read") ? -1 : REAL(read)(fd, into, size);
}

ssize_t write(int fd, const void *from, size_t size)
{
	return fails("write") ? -1 : REAL(write)(fd, from, size);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	return fails("waitpid") ? -1 : REAL(waitpid)(pid, status, options);
}

int dup(int fd)
{
	return fails("dup") ? -1 : REAL(dup)(fd);
}

int dup2(int fd, int onto)
{
	return fails("dup2") ? -1 : REAL(dup2)(fd, onto);
}

int close_range(unsigned int from, unsigned int to, int flags)
{
	return fails("close_range") ? -1 : REAL(close_range)(from, to, flags);
}

int kill(pid_t pid, int number)
{
	return fails("kill") ? -1 : REAL(kill)(pid, number);
}

FILE *fopen(const char *path, const char *mode)
{
	return fails("fopen") ? NULL : REAL(fopen)(path, mode);
}

/* What is left -------------------------------------------------------------------------------- */

static int open_before;

static void setup(void)
{
	failing.us = getpid();
	signal(SIGPIPE, SIG_DFL);
	open_before = descriptors_count();
}

static void nothing_is_left(void)
{
	struct sigaction pipe_action;

	failing.name = NULL;
	ck_assert_int_eq(descriptors_count(), open_before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(sigaction(SIGPIPE, NULL, &pipe_action), 0);
	ck_assert_ptr_eq(pipe_action.sa_handler, SIG_DFL);
}

/* Runs a script with an input while that call fails; its output is freed with the next run's. */
static char *output;
static int64_t within_ms = 20000;

static int run_while(const char *name, enum where where, int nth, int with, const char *script,
		     struct error *err)
{
	char shell[] = "/bin/sh", option[] = "-c", *text = strdup(script);
	char *argv[] = {shell, option, text, NULL};

	free(output);
	output = NULL;
	*err = (struct error){0};
	failing.where = where;
	failing.nth = nth;
	failing.with = with;
	failing.name = name;
	int result =
		process_run(argv, "input\n", &output, clock_now_ns() + within_ms * NS_PER_MS, err);

	failing.name = NULL;
	free(text);
	return result;
}

/* The tests ----------------------------------------------------------------------------------- */

START_TEST(want_of_pipes_is_told)
{
	struct error err;
	pid_t another = fork(); /* whom nobody is to wait for */

	if (another == 0)
		for (;;)
			pause();
	for (int nth = 0; nth < 4; nth++) {
		ck_assert_int_eq(run_while("pipe2", HERE, nth, EMFILE, "cat", &err), -1);
		ck_assert_int_eq(err.code, EXIT_OUR_FAULT);
		ck_assert_str_eq(err.text, "pipes for /bin/sh: Too many open files");
		ck_assert_ptr_null(output);
		ck_assert_int_eq(descriptors_count(), open_before);
	}
	ck_assert_int_eq(run_while("pipe2", HERE, 4, EMFILE, "cat", &err), 0);
	ck_assert_str_eq(output, "input\n");
	kill(another, SIGKILL);
	ck_assert_int_eq(waitpid(another, NULL, 0), another);
}
END_TEST

START_TEST(want_of_processes_is_told)
{
	struct error err;

	ck_assert_int_eq(run_while("fork", HERE, 0, EAGAIN, "cat", &err), -1);
	ck_assert_int_eq(err.code, EXIT_OUR_FAULT);
	ck_assert_str_eq(err.text, "fork for /bin/sh: Resource temporarily unavailable");
	/* The keeper is there, and has nothing to keep. */
	ck_assert_int_eq(run_while("fork", BELOW, 0, EAGAIN, "cat", &err), -1);
	ck_assert_int_eq(err.code, EXIT_OUR_FAULT);
	ck_assert_str_eq(err.text, "/bin/sh failed: ");
}
END_TEST

START_TEST(keeper_without_its_descriptors_runs_nothing)
{
	static const struct {
		const char *name;
		int nth;
	} calls[] = {{"dup", 0},  {"dup2", 0}, {"dup2", 1},
		     {"dup2", 2}, {"dup2", 3}, {"close_range", 0}};
	struct error err;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		ck_assert_msg(run_while(calls[i].name, BELOW, calls[i].nth, EMFILE, "cat", &err) ==
				      -1,
			      "%s, %d", calls[i].name, calls[i].nth);
		ck_assert_str_eq(err.text, "/bin/sh failed: ");
	}
}
END_TEST

/* As what sleeps in the kernel cannot be. */
START_TEST(what_cannot_be_killed_is_left_to_the_kernel)
{
	struct error err;

	ck_assert_int_eq(
		run_while("kill", BELOW, EACH, EPERM, "sleep 60 <&- >&- 2>&- & echo $!", &err), 0);
	pid_t left = (pid_t)atoi(output);

	ck_assert_int_ne(process_state(left), 0);
	kill(left, SIGKILL);
	ck_assert(process_wait_state(left, 0, clock_now_ns() + 10 * NS_PER_S));
}
END_TEST

/* As of a kernel without CONFIG_PROC_CHILDREN: of what the program started nobody knows. */
START_TEST(program_is_killed_even_where_no_children_are_listed)
{
	const char *file = scratch_file("pid");
	char script[600];
	struct error err;
	int pid = 0;

	within_ms = 300;
	snprintf(script, sizeof(script), "echo $$ >'%s'; trap '' TERM; exec sleep 300", file);
	ck_assert_int_eq(run_while("fopen", BELOW, EACH, ENOENT, script, &err), -1);
	within_ms = 20000;
	FILE *in = fopen(file, "re");

	ck_assert(in && fscanf(in, "%d", &pid) == 1);
	fclose(in);
	ck_assert(process_wait_state((pid_t)pid, 0, clock_now_ns()));
}
END_TEST

/* Then nobody can tell when it ends: it is not waited for. */
START_TEST(program_that_cannot_be_watched_is_ended)
{
	struct error err;

	ck_assert_int_eq(run_while("pidfd_open", BELOW, 0, ENOSYS, "sleep 300", &err), -1);
	ck_assert_str_eq(err.text, "/bin/sh failed: ");
	ck_assert_int_eq(run_while("pidfd_open", HERE, 0, ENOSYS, "cat", &err), -1);
	ck_assert_str_eq(err.text, "/bin/sh did not end in time");
}
END_TEST

START_TEST(interruptions_change_nothing)
{
	static const struct {
		const char *name;
		enum where where;
		int with;
	} interrupted[] = {
		{"poll", HERE, EINTR},    {"poll", BELOW, EINTR}, {"read", HERE, EINTR},
		{"read", HERE, EAGAIN},   {"write", HERE, EINTR}, {"write", HERE, EAGAIN},
		{"waitpid", HERE, EINTR},
	};
	struct error err;

	for (size_t i = 0; i < sizeof(interrupted) / sizeof(interrupted[0]); i++)
		for (int nth = 0; nth < 2; nth++) {
			ck_assert_msg(run_while(interrupted[i].name, interrupted[i].where, nth,
						interrupted[i].with, "cat; echo more; sleep 0.02",
						&err) == 0,
				      "%s, %d: %s", interrupted[i].name, nth, err.text);
			ck_assert_str_eq(output, "input\nmore\n");
		}
}
END_TEST

/* As where somebody else has waited for it. */
START_TEST(program_of_whose_end_nobody_tells_has_failed)
{
	struct error err;

	ck_assert_int_eq(run_while("waitpid", HERE, EACH, ECHILD, "cat", &err), -1);
	ck_assert_int_eq(err.code, EXIT_OUR_FAULT);
	ck_assert_str_eq(err.text, "/bin/sh failed: ");
	ck_assert_ptr_null(output);
	ck_assert_int_gt(waitpid(-1, NULL, 0), 0);
}
END_TEST

START_TEST(waiting_goes_on_after_an_interruption_and_ends_with_an_error)
{
	int64_t soon_ns = clock_now_ns() + 20 * NS_PER_S;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	failing.where = HERE;
	failing.nth = 0;
	failing.with = EINTR;
	failing.name = "poll";
	ck_assert(clock_await_readable(ends[0], soon_ns));
	failing.nth = EACH;
	failing.with = ENOMEM;
	ck_assert(!clock_await_readable(ends[0], soon_ns));
	failing.name = NULL;
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(conversation_that_fails_ends_the_program)
{
	struct error err;

	ck_assert_int_eq(run_while("poll", HERE, 0, ENOMEM, "sleep 300", &err), -1);
	ck_assert_int_eq(err.code, EXIT_OUR_FAULT);
	ck_assert_str_eq(err.text, "/bin/sh Cannot allocate memory");
	/* Half of an output is none. */
	ck_assert_int_eq(run_while("read", HERE, 1, EIO, "echo one; sleep 0.05; echo two", &err),
			 -1);
	ck_assert_str_eq(err.text, "/bin/sh Input/output error");
	ck_assert_int_eq(run_while("read", HERE, EACH, EIO, "echo why >&2; exit 1", &err), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base: processes while the kernel refuses");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, nothing_is_left);
	tcase_add_test(tests, want_of_pipes_is_told);
	tcase_add_test(tests, want_of_processes_is_told);
	tcase_add_test(tests, keeper_without_its_descriptors_runs_nothing);
	tcase_add_test(tests, what_cannot_be_killed_is_left_to_the_kernel);
	tcase_add_test(tests, program_is_killed_even_where_no_children_are_listed);
	tcase_add_test(tests, program_that_cannot_be_watched_is_ended);
	tcase_add_test(tests, interruptions_change_nothing);
	tcase_add_test(tests, program_of_whose_end_nobody_tells_has_failed);
	tcase_add_test(tests, waiting_goes_on_after_an_interruption_and_ends_with_an_error);
	tcase_add_test(tests, conversation_that_fails_ends_the_program);
	return suite_run(suite);
}
