#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

/* Runs a shell's script; it finds the file's path as $0. */
static int run_script(const char *script, const char *file, int64_t within_ms, char **output,
		      struct error *err)
{
	char shell[] = "/bin/sh", option[] = "-c", text[512], path[512];
	char *argv[] = {shell, option, text, path, NULL};

	snprintf(text, sizeof(text), "%s", script);
	snprintf(path, sizeof(path), "%s", file);
	return process_run(argv, NULL, output, clock_now_ns() + within_ms * NS_PER_MS, err);
}

/* The process whose number a script wrote into the file; waits until it is there. */
static pid_t read_pid(const char *file)
{
	int64_t deadline_ns = clock_now_ns() + 10 * NS_PER_S;
	int pid = 0;

	while (pid == 0 && clock_now_ns() < deadline_ns) {
		FILE *in = fopen(file, "re");

		if (in && fscanf(in, "%d\n", &pid) != 1)
			pid = 0;
		if (in)
			fclose(in);
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	}
	ck_assert_int_gt(pid, 0);
	return pid;
}

/* A sleeper in a session of its own, two generations down: no group of ours, no child of ours. */
static const char hidden_sleeper[] =
	"(setsid sh -c 'trap \"\" TERM HUP; sleep 300 & echo $! >\"$0\"; wait' \"$0\" &) ; "
	"while ! [ -s \"$0\" ]; do sleep 0.01; done; ";

START_TEST(process_run_returns_what_the_program_printed)
{
	struct error err = {0};
	char *output = NULL;

	ck_assert_int_eq(run_script("echo one; echo two >&2", "", 10000, &output, &err), 0);
	ck_assert_str_eq(output, "one\n");
	free(output);
	ck_assert_int_eq(run_script("echo why >&2; exit 3", "", 10000, NULL, &err), -1);
	ck_assert_int_eq(err.code, EXIT_OUR_FAULT);
	ck_assert_msg(strstr(err.text, "why") != NULL, "%s", err.text);
}
END_TEST

START_TEST(process_run_fails_when_the_program_was_killed_or_is_not_there)
{
	struct error err = {0}, none = {0};
	char name[] = "no-such-program-anywhere";
	char *argv[] = {name, NULL};

	ck_assert_int_eq(run_script("kill -9 $$", "", 10000, NULL, &err), -1);
	ck_assert_int_eq(process_run(argv, NULL, NULL, clock_now_ns() + NS_PER_S, &none), -1);
	ck_assert_msg(strstr(none.text, "No such file") != NULL, "%s", none.text);
}
END_TEST

START_TEST(a_grandchild_that_hangs_does_not_outlive_a_program_that_hangs)
{
	const char *file = scratch_file("hung");
	char script[512];
	struct error err = {0};
	int64_t before_ns = clock_now_ns();

	snprintf(script, sizeof(script), "%ssleep 300", hidden_sleeper);
	ck_assert_int_eq(run_script(script, file, 1000, NULL, &err), -1);
	ck_assert_msg(strstr(err.text, "in time") != NULL, "%s", err.text);
	ck_assert_int_lt(clock_now_ns() - before_ns, 5 * NS_PER_S);
	ck_assert(process_wait_state(read_pid(file), 0, clock_now_ns()));
}
END_TEST

START_TEST(a_program_that_closes_its_outputs_and_hangs_is_ended_in_time)
{
	struct error err = {0};

	ck_assert_int_eq(run_script("exec >&- 2>&-; sleep 300", "", 500, NULL, &err), -1);
	ck_assert_msg(strstr(err.text, "in time") != NULL, "%s", err.text);
}
END_TEST

START_TEST(a_grandchild_that_holds_the_output_open_ends_with_the_program)
{
	const char *file = scratch_file("ended");
	char script[512], *output = NULL;
	struct error err = {0};
	int64_t before_ns = clock_now_ns();

	snprintf(script, sizeof(script), "%secho done", hidden_sleeper);
	ck_assert_msg(run_script(script, file, 20000, &output, &err) == 0, "%s", err.text);
	ck_assert_str_eq(output, "done\n");
	ck_assert_int_lt(clock_now_ns() - before_ns, 5 * NS_PER_S);
	ck_assert(process_wait_state(read_pid(file), 0, clock_now_ns()));
	free(output);
}
END_TEST

START_TEST(nothing_outlives_a_caller_that_is_killed)
{
	const char *file = scratch_file("orphan");
	char script[512];
	struct error err = {0};
	int status;

	snprintf(script, sizeof(script), "%ssleep 300", hidden_sleeper);
	pid_t caller = fork();

	if (caller == 0) {
		run_script(script, file, 60000, NULL, &err);
		_exit(0);
	}
	pid_t sleeper = read_pid(file);

	ck_assert_int_ne(process_state(sleeper), 0);
	kill(caller, SIGKILL);
	ck_assert_int_eq(waitpid(caller, &status, 0), caller);
	ck_assert(process_wait_state(sleeper, 0, clock_now_ns() + 5 * NS_PER_S));
}
END_TEST

START_TEST(a_program_that_is_stopped_may_remove_what_it_had_begun)
{
	const char *file = scratch_file("begun");
	struct error err = {0};

	ck_assert_int_eq(run_script("trap 'rm \"$0\"; exit 1' TERM; echo 1 >\"$0\"; sleep 300",
				    file, 500, NULL, &err),
			 -1);
	ck_assert_int_ne(access(file, F_OK), 0);
}
END_TEST

/* And its keeper, which is in its group, goes on: what it left behind ends with it. */
START_TEST(a_program_may_signal_its_group)
{
	static const char *const names[] = {"INT", "TERM", "HUP"};

	for (int i = 0; i < 3; i++) {
		char script[512], *output = NULL;
		struct error err = {0};

		snprintf(script, sizeof(script), "%strap '' %s; kill -%s 0; echo done",
			 hidden_sleeper, names[i], names[i]);
		const char *file = scratch_file(names[i]);

		ck_assert_msg(run_script(script, file, 20000, &output, &err) == 0, "%s: %s",
			      names[i], err.text);
		ck_assert_str_eq(output, "done\n");
		ck_assert(process_wait_state(read_pid(file), 0, clock_now_ns()));
		free(output);
	}
}
END_TEST

START_TEST(a_program_has_its_descriptors_when_its_caller_has_none)
{
	char cat[] = "cat", *argv[] = {cat, NULL}, *output = NULL;
	struct error err = {0};

	for (int fd = 0; fd <= 2; fd++)
		close(fd);
	int failed = process_run(argv, "input", &output, clock_now_ns() + 20 * NS_PER_S, &err);

	for (int fd = 0; fd <= 2; fd++)
		ck_assert_int_eq(open("/dev/null", O_RDWR), fd); /* none was left open */
	ck_assert_msg(!failed, "%s", err.text);
	ck_assert_str_eq(output, "input");
	free(output);
}
END_TEST

/* Neither what its caller left open nor what its keeper needs. */
START_TEST(a_program_has_three_descriptors_and_no_more)
{
	char *output = NULL;
	struct error err = {0};

	ck_assert_int_eq(dup2(STDERR_FILENO, 20), 20);
	ck_assert_int_eq(run_script("for n in 3 4 5 6 7 8 9 10 11 12 20; do "
				    "[ -e /proc/$$/fd/$n ] && echo $n; done; echo none",
				    "", 20000, &output, &err),
			 0);
	ck_assert_str_eq(output, "none\n");
	free(output);
}
END_TEST

START_TEST(what_comes_byte_by_byte_is_read_to_the_end)
{
	char *output = NULL;
	struct error err = {0};

	ck_assert_int_eq(run_script("for c in a b c; do printf $c; sleep 0.02; done", "", 20000,
				    &output, &err),
			 0);
	ck_assert_str_eq(output, "abc");
	free(output);
	ck_assert_int_eq(run_script("for c in a b c; do printf $c >&2; sleep 0.02; done; exit 1",
				    "", 20000, NULL, &err),
			 -1);
	ck_assert_str_eq(err.text, "/bin/sh failed: abc");
}
END_TEST

/* Every status that a process can end with, before and after the load began. */
START_TEST(only_four_codes_of_a_child_come_through_as_ours)
{
	for (int code = 0; code < 256; code++) {
		enum exit_code early = process_exit_code(code << 8, 0);
		enum exit_code late = process_exit_code(code << 8, 1);

		ck_assert_int_eq(early,
				 code == 0 || code == 64 || code == 69 || code == 130 ? code : 70);
		ck_assert_int_eq(late, code == 0 || code == 130 ? code : 70);
	}
	for (int number = 1; number < 65; number++)
		for (int dumped = 0; dumped <= 0x80; dumped += 0x80) {
			ck_assert_int_eq(process_exit_code(number | dumped, 0), 70);
			ck_assert_int_eq(process_exit_code(number | dumped, 1), 70);
		}
}
END_TEST

START_TEST(a_program_gets_its_input_to_the_end)
{
	enum { MUCH = 300000 }; /* more than a pipe holds */
	char cat[] = "cat", *argv[] = {cat, NULL}, *input = malloc(MUCH + 1), *output = NULL;
	struct error err = {0};

	memset(input, 'x', MUCH);
	input[MUCH] = '\0';
	ck_assert_int_eq(process_run(argv, input, &output, clock_now_ns() + 20 * NS_PER_S, &err),
			 0);
	ck_assert(strcmp(output, input) == 0);
	free(output);
	ck_assert_int_eq(process_run(argv, NULL, &output, clock_now_ns() + 20 * NS_PER_S, &err), 0);
	ck_assert_str_eq(output, "");
	free(output);
	free(input);
	/* Nobody wants the one, and nobody reads the other. */
	ck_assert_int_eq(run_script("echo one; exec <&-; sleep 0.1", "", 20000, NULL, &err), 0);
}
END_TEST

START_TEST(what_a_program_prints_has_a_limit)
{
	struct error err = {0};
	char *output = NULL;

	ck_assert_msg(run_script("head -c 67108864 /dev/zero", "", 30000, &output, &err) == 0, "%s",
		      err.text);
	free(output);
	ck_assert_int_eq(run_script("head -c 67108865 /dev/zero", "", 30000, NULL, &err), -1);
	ck_assert_msg(strstr(err.text, "64 MiB") != NULL, "%s", err.text);
}
END_TEST

START_TEST(why_a_program_failed_is_told_in_one_line)
{
	struct error err = {0};

	static const struct {
		const char *script, *why;
	} cases[] = {
		{"echo why >&2; echo so >&2; exit 1", "why so"},
		{"printf 'why\\nx' >&2; exit 1", "why x"},
		{"printf 'why\\nx\\n' >&2; exit 1", "why x"},
		{"printf '\\n\\nwhy\\n\\n' >&2; exit 1", "  why "},
		{"echo >&2; exit 1", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		err = (struct error){0};
		ck_assert_int_eq(run_script(cases[i].script, "", 10000, NULL, &err), -1);
		ck_assert_int_eq(strncmp(err.text, "/bin/sh failed: ", 16), 0);
		ck_assert_str_eq(err.text + 16, cases[i].why);
	}
}
END_TEST

/* Whatever its caller ignores or blocks. */
START_TEST(a_program_begins_with_the_signals_as_usual)
{
	const char *const names[] = {"PIPE", "INT", "TERM", "HUP"};
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	for (int i = 0; i < 4; i++) {
		char script[64];
		struct error err = {0};

		snprintf(script, sizeof(script), "kill -%s $$; echo alive", names[i]);
		ck_assert_msg(run_script(script, "", 10000, NULL, &err) == -1, "%s", names[i]);
	}
	sigprocmask(SIG_UNBLOCK, &all, NULL);
}
END_TEST

START_TEST(a_program_is_found_by_its_path_or_its_name)
{
	char folder[512], program[600], plain[600], places[700], found[600];

	snprintf(folder, sizeof(folder), "%s", scratch_file("bin"));
	snprintf(program, sizeof(program), "%s/fencepost-x", folder);
	snprintf(plain, sizeof(plain), "%s/fencepost-y", folder);
	ck_assert_int_eq(mkdir(folder, 0755), 0);
	ck_assert_int_ge(close(open(program, O_CREAT | O_WRONLY, 0755)), 0);
	ck_assert_int_ge(close(open(plain, O_CREAT | O_WRONLY, 0644)), 0);
	size_t fits = strlen(program) + 1;

	ck_assert_int_eq(process_find_program(program, found, fits), 0);
	ck_assert_str_eq(found, program);
	ck_assert_int_eq(process_find_program(program, found, fits - 1), -1);
	ck_assert_int_eq(process_find_program(plain, found, sizeof(found)), -1);
	ck_assert_int_eq(process_find_program(folder, found, sizeof(found)), -1);
	snprintf(places, sizeof(places), "/nowhere:%s", folder);
	ck_assert_int_eq(setenv("PATH", places, 1), 0);
	ck_assert_int_eq(process_find_program("fencepost-x", found, fits), 0);
	ck_assert_str_eq(found, program);
	ck_assert_int_eq(process_find_program("fencepost-x", found, fits - 1), -1);
	ck_assert_int_eq(process_find_program("fencepost-y", found, sizeof(found)), -1);
	/* A part of it may be the path of another. */
	snprintf(plain, sizeof(plain), "%s/fencepost-x2", folder);
	ck_assert_int_ge(close(open(plain, O_CREAT | O_WRONLY, 0755)), 0);
	ck_assert_int_eq(process_find_program(plain, found, fits), -1);
	ck_assert_int_eq(process_find_program("fencepost-x2", found, fits), -1);
	ck_assert_int_eq(process_find_program("sh", found, sizeof(found)), -1);
	ck_assert_int_eq(unsetenv("PATH"), 0);
	ck_assert_int_eq(process_find_program("sh", found, sizeof(found)), 0);
}
END_TEST

START_TEST(the_state_of_a_process_is_told)
{
	int64_t soon_ns = clock_now_ns() + 10 * NS_PER_S;
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_NAME, "a)\n) T (b");
		for (;;)
			pause();
	}
	ck_assert(process_wait_state(child, 'S', soon_ns));
	ck_assert(process_wait_state(child, 'R', 0));
	ck_assert(!process_wait_state(child, 'T', clock_now_ns() + NS_PER_MS));
	ck_assert(!process_wait_state(child, 0, 0));
	kill(child, SIGSTOP);
	ck_assert(process_wait_state(child, 'T', soon_ns));
	ck_assert_int_eq(process_state(child), 'T');
	ck_assert(!process_wait_state(child, 'R', 0));
	kill(child, SIGKILL);
	ck_assert(process_wait_state(child, 0, soon_ns));
	ck_assert_int_eq(process_state(child), 'Z');
	ck_assert(!process_wait_state(child, 'R', 0));
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_int_eq(process_state(child), 0);
	ck_assert(process_wait_state(child, 0, 0));
	ck_assert(!process_wait_state(child, 'R', 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base: processes");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, process_run_returns_what_the_program_printed);
	tcase_add_test(tests, process_run_fails_when_the_program_was_killed_or_is_not_there);
	tcase_add_test(tests, a_grandchild_that_hangs_does_not_outlive_a_program_that_hangs);
	tcase_add_test(tests, a_grandchild_that_holds_the_output_open_ends_with_the_program);
	tcase_add_test(tests, a_program_that_is_stopped_may_remove_what_it_had_begun);
	tcase_add_test(tests, a_program_that_closes_its_outputs_and_hangs_is_ended_in_time);
	tcase_add_test(tests, nothing_outlives_a_caller_that_is_killed);
	tcase_add_test(tests, only_four_codes_of_a_child_come_through_as_ours);
	tcase_add_test(tests, a_program_gets_its_input_to_the_end);
	tcase_add_test(tests, what_a_program_prints_has_a_limit);
	tcase_add_test(tests, why_a_program_failed_is_told_in_one_line);
	tcase_add_test(tests, a_program_begins_with_the_signals_as_usual);
	tcase_add_test(tests, a_program_may_signal_its_group);
	tcase_add_test(tests, a_program_has_its_descriptors_when_its_caller_has_none);
	tcase_add_test(tests, a_program_has_three_descriptors_and_no_more);
	tcase_add_test(tests, what_comes_byte_by_byte_is_read_to_the_end);
	tcase_add_test(tests, a_program_is_found_by_its_path_or_its_name);
	tcase_add_test(tests, the_state_of_a_process_is_told);
	return suite_run(suite);
}
