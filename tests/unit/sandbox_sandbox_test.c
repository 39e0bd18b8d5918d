/* The sandbox shows nothing of the machine, changes nothing of it, and does not outlive its front.
 */
#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/random.h"
#include "tests/support/suite.h"
#include "tests/unit/sandbox_rig.h"

/* Inside -------------------------------------------------------------------------------------- */

static int count_processes(void)
{
	DIR *proc = opendir("/proc");
	int count = 0;

	ck_assert_ptr_nonnull(proc);
	for (struct dirent *entry; (entry = readdir(proc));)
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	closedir(proc);
	return count;
}

START_INSIDE(conductor_is_root_alone_and_first_of_its_session)
{
	ck_assert_int_eq(getpid(), 1);
	ck_assert_int_eq(getsid(0), 1);
	ck_assert_int_eq((int)geteuid(), 0);
	ck_assert_int_eq(count_processes(), 1);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_msg(file != NULL, "%s", path);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void make_a_file(void)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/inside", rig_run_dir);
	write_file(path, "x");
}

START_TEST(files_made_inside_belong_to_the_user)
{
	char path[512];
	struct stat made;

	rig_run_inside(true, make_a_file);
	snprintf(path, sizeof(path), "%s/inside", rig_run_dir);
	ck_assert_int_eq(stat(path, &made), 0);
	ck_assert_uint_eq(made.st_uid, geteuid());
	ck_assert_uint_eq(made.st_gid, getegid());
}
END_TEST

static int return_7(void *context)
{
	(void)context;
	return 7;
}

static _Noreturn int abort_inside(void *context)
{
	(void)context;
	abort();
}

static _Noreturn int wait_for_a_signal(void *ready)
{
	ck_assert_int_eq(write(*(int *)ready, "r", 1), 1);
	for (;;)
		pause();
}

static int run(int (*body)(void *), void *context)
{
	struct sandbox_config config = {.main = body, .context = context};
	pid_t conductor;
	int status;

	ck_ok(sandbox_start(&config, &conductor, &err));
	sandbox_wait(conductor, &status);
	return status;
}

START_TEST(status_is_what_the_conductor_returned)
{
	int status = run(return_7, NULL);

	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 7);
}
END_TEST

START_TEST(abort_of_the_conductor_is_a_failure_though_pid_1_ignores_signals)
{
	int status = run(abort_inside, NULL);

	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 128 + SIGABRT);
}
END_TEST

START_TEST(conductor_starts_with_default_signals_and_ends_on_sigterm)
{
	int ends[2], status;
	char word;
	pid_t conductor;
	sigset_t all;

	ck_assert_int_eq(pipe(ends), 0);
	struct sandbox_config config = {.main = wait_for_a_signal, .context = &ends[1]};

	signal(SIGTERM, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	ck_ok(sandbox_start(&config, &conductor, &err));
	ck_assert_int_eq(read(ends[0], &word, 1), 1);
	kill(conductor, SIGTERM);
	sandbox_wait(conductor, &status);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 128 + SIGTERM);
}
END_TEST

/* Outside ------------------------------------------------------------------------------------- */

/* What a careless sandbox would change, as one text. */
static char *picture(void)
{
	static const char *const files[] = {"/proc/self/mountinfo", "/proc/self/net/dev_snmp6",
					    "/proc/sys/net/ipv6/conf/all/disable_ipv6"};
	static const char *const folders[] = {"/sys/class/net", "/run/netns", "/run"};
	static const char *const links[] = {"user", "net", "mnt", "pid", "pid_for_children"};
	char *text = NULL, line[512], target[256];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		FILE *file = fopen(files[i], "r");

		while (file && fgets(line, sizeof(line), file))
			fputs(line, out);
		if (file)
			fclose(file);
	}
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		DIR *folder = opendir(folders[i]);

		for (struct dirent *entry; folder && (entry = readdir(folder));)
			fprintf(out, "%s/%s\n", folders[i], entry->d_name);
		if (folder)
			closedir(folder);
	}
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		snprintf(line, sizeof(line), "/proc/self/ns/%s", links[i]);
		ssize_t length = readlink(line, target, sizeof(target) - 1);

		fprintf(out, "%.*s\n", (int)(length < 0 ? 0 : length), target);
	}
	int reaper = -1;

	prctl(PR_GET_CHILD_SUBREAPER, &reaper);
	fprintf(out, "subreaper %d\n", reaper);
	fclose(out);
	return text;
}

static void build_a_network(void)
{
	struct hosts *hosts = rig_open(0, 3, (struct hosts_plan){0});

	ck_assert_int_eq(access("/proc/sys/net/ipv4/conf/p4", F_OK), 0);
	hosts_close(hosts);
}

START_TEST(sandbox_leaves_the_machine_as_it_was)
{
	char *before = picture();

	rig_run_inside(true, build_a_network);
	char *after = picture();

	size_t same = 0;

	while (before[same] && before[same] == after[same])
		same++;
	ck_assert_msg(before[same] == after[same], "\"%.60s\" became \"%.60s\"", before + same,
		      after + same);
	ck_assert_ptr_nonnull(strstr(before, "/sys/class/net/lo")); /* it sees something */
	errno = 0;
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	free(before);
	free(after);
}
END_TEST

/* Death --------------------------------------------------------------------------------------- */

/* A conductor with a child and a grandchild in another session: all hold the pipe's write end. */
static _Noreturn int breed(void *context)
{
	(void)context;
	if (fork() == 0) {
		if (fork() == 0)
			setsid();
		for (;;)
			pause();
	}
	for (;;)
		pause();
}

static bool all_gone(int fd, int within_ms)
{
	struct pollfd end = {fd, POLLIN, 0};
	char word;

	return poll(&end, 1, within_ms) == 1 && read(fd, &word, 1) == 0;
}

static _Noreturn void front_main(void)
{
	struct sandbox_config config = {.network = true, .main = breed};
	struct error err = {0};
	pid_t conductor;
	int status;

	if (sandbox_start(&config, &conductor, &err) == 0)
		sandbox_wait(conductor, &status);
	_exit(0);
}

START_TEST(nothing_survives_a_sigkill_of_the_front)
{
	struct random_stream moments = random_open(11, "moments");

	for (int i = 0; i < 60; i++) {
		int ends[2];

		ck_assert_int_eq(pipe(ends), 0);
		pid_t front = fork();

		if (front == 0)
			front_main();
		close(ends[1]);
		/* Half of them within the birth, which takes about 3 ms, half after it. */
		int64_t latest_us = i % 2 ? 4000 : 40000;

		clock_sleep_until_ns(clock_now_ns() +
				     random_between(&moments, 0, latest_us) * NS_PER_US);
		ck_assert_int_eq(kill(front, SIGKILL), 0);
		ck_assert_int_eq(waitpid(front, NULL, 0), front);
		ck_assert_msg(all_gone(ends[0], 3000), "try %d: somebody is still there", i);
		close(ends[0]);
	}
}
END_TEST

START_TEST(nothing_survives_a_sigkill_of_the_conductor)
{
	struct sandbox_config config = {.main = breed};
	pid_t conductor;
	int ends[2], status;

	ck_assert_int_eq(pipe(ends), 0);
	ck_ok(sandbox_start(&config, &conductor, &err));
	close(ends[1]);
	ck_assert(!all_gone(ends[0], 30));
	kill(conductor, SIGKILL);
	sandbox_wait(conductor, &status);
	ck_assert(all_gone(ends[0], 0));
}
END_TEST

/* Refusals ------------------------------------------------------------------------------------ */

/* A machine that allows no user namespaces, as a sandbox in which the limit is set to zero. */
static void start_without_right(void)
{
	struct sandbox_config config = {.main = rig_idle};
	struct error err = {0};
	pid_t conductor;

	if (!rig_owns_users("refused_sandbox_says_what_to_do"))
		return;
	write_file("/proc/sys/user/max_user_namespaces", "0");
	write_file("/proc/sys/user/max_pid_namespaces", "0");
	ck_assert_int_eq(sandbox_start(&config, &conductor, &err), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_msg(strstr(err.text, strerror(ENOSPC)) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, "user.max_user_namespaces=") != NULL, "%s", err.text);
}

static void start_without_user_namespaces(void)
{
	struct sandbox_config config = {.main = return_7};
	struct error err = {0};
	pid_t conductor;
	int status;

	if (!rig_owns_users("root_goes_without_user_namespaces"))
		return;
	write_file("/proc/sys/user/max_user_namespaces", "0");
	ck_assert_int_eq(sandbox_start(&config, &conductor, &err), 0);
	sandbox_wait(conductor, &status);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
}

START_TEST(refused_sandbox_says_what_to_do)
{
	rig_run_inside(false, start_without_right);
}
END_TEST

START_TEST(root_goes_without_user_namespaces)
{
	rig_run_inside(false, start_without_user_namespaces);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sandbox: sandbox");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("sandbox_sandbox_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, conductor_is_root_alone_and_first_of_its_session);
	tcase_add_test(tests, files_made_inside_belong_to_the_user);
	tcase_add_test(tests, status_is_what_the_conductor_returned);
	tcase_add_test(tests, abort_of_the_conductor_is_a_failure_though_pid_1_ignores_signals);
	tcase_add_test(tests, conductor_starts_with_default_signals_and_ends_on_sigterm);
	tcase_add_test(tests, sandbox_leaves_the_machine_as_it_was);
	tcase_add_test(tests, nothing_survives_a_sigkill_of_the_front);
	tcase_add_test(tests, nothing_survives_a_sigkill_of_the_conductor);
	tcase_add_test(tests, refused_sandbox_says_what_to_do);
	tcase_add_test(tests, root_goes_without_user_namespaces);
	return suite_run(suite);
}
