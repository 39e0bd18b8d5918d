/*
 * How much processor time and memory a verdict from a file takes, from the command to the printed
 * verdict: `fencepost check --model fenced-mutex FILE` from a history.db and from JSON lines, and
 * `fencepost check RUN` of a run as `fencepost run` leaves it, with a store and a witness; and of
 * that run the page, `fencepost report RUN`, how long it takes and how big it is.
 *
 *	check_command_bench [OPERATIONS [FILE]]	10,000,000, and all files, unless given
 *
 * The files are generated from a fixed seed into a directory under TMPDIR (about 3 GB at a time for
 * 10,000,000 operations); that is not measured. They are in the page cache when the command reads
 * them. One round each: the command runs for seconds. A verdict other than the planted one makes
 * the bench fail. Beside it stands where the time goes: importing and judging in one process.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "checker/holds/lane_trace.h"
#include "checker/linear/linear.h"
#include "history/traces/trace.h"
#include "tests/support/big_run.h"
#include "tests/support/scratch.h"
#include "tests/support/trace_generator.h"
#include "tests/support/trace_to_history.h"

enum { OPERATIONS = 10000000, SEED = 1, CLIENTS = 10, UNKNOWN_PERCENT = 1 };
/* Processor time for 10^6 operations, and memory; 0: no aim. Of files from 10^6 operations on: less
 * says more of the start than of the rest. */
struct aim {
	double cpu_s, mb;
};
static const struct aim aim_of_trace = {0.4, 0}, aim_of_run = {1.5, 300};
/* A page, whatever the length of its run up to 10^6 operations. */
static const double page_aim_s = 10, page_aim_mb = 5;

struct file {
	enum trace_format format;
	const char *name;
	bool violation;
	bool is_run; /* judged as one: `check RUN` */
};

static int failures;

static struct generator wish_of(const struct file *file, uint32_t operations)
{
	return (struct generator){.model = MODEL_FENCED_MUTEX,
				  .seed = SEED,
				  .operations = operations,
				  .clients = CLIENTS,
				  .limit = 1,
				  .unknown_percent = UNKNOWN_PERCENT,
				  .violation = file->violation};
}

static void must(int result, const struct error *err)
{
	if (result)
		fprintf(stderr, "check_command_bench: %s\n", err->text);
	CHECK(result == 0);
}

static void write_file(const struct file *file, const char *path, uint32_t operations)
{
	struct generator wish = wish_of(file, operations);
	struct error err = {0};
	struct trace trace;

	if (file->is_run) {
		big_run_write(path, operations);
		return;
	}
	CHECK(generate_trace(&wish, &trace));
	if (file->format == TRACE_HISTORY) {
		trace_to_history(&trace, path);
	} else {
		_cleanup_fclose_ FILE *out = fopen(path, "we");

		CHECK(out);
		must(trace_export_jsonl(&trace, out, &err), &err);
		CHECK(fflush(out) == 0);
	}
	trace_free(&trace);
}

static double seconds_of(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* The program beside this one: BUILD/bench/check_command_bench, BUILD/fencepost. */
static void find_fencepost(char *path, size_t size)
{
	char own[PATH_MAX - 16] = "";

	CHECK(readlink("/proc/self/exe", own, sizeof(own) - 1) > 0);
	snprintf(path, size, "%s/fencepost", dirname(dirname(own)));
}

static pid_t start(const char *command, const struct file *file, const char *path,
		   const char *output)
{
	pid_t child = fork();

	CHECK(child >= 0);
	if (child > 0)
		return child;
	char program[PATH_MAX];
	int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	find_fencepost(program, sizeof(program));
	if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0) {
		if (file->is_run)
			execl(program, program, command, dirname(strdupa(path)), (char *)NULL);
		else
			execl(program, program, command, "--model", model_names[MODEL_FENCED_MUTEX],
			      path, (char *)NULL);
	}
	fprintf(stderr, "check_command_bench: run %s: %s\n", program, strerror(errno));
	_exit(EXIT_OUR_FAULT);
}

static void print_first_line(const char *path)
{
	_cleanup_fclose_ FILE *output = fopen(path, "re");
	char line[512] = "";

	if (output && fgets(line, sizeof(line), output))
		line[strcspn(line, "\n")] = '\0';
	printf("    it printed: %s\n", line);
}

/* The arm of the run expects anything. */
static int wanted_exit(const struct file *file)
{
	if (file->is_run)
		return EXIT_AS_EXPECTED;
	return file->violation ? EXIT_VIOLATION : EXIT_AS_EXPECTED;
}

static void print_aim(const struct aim *aim, double cpu_s, double mb)
{
	printf("  aim %g s", aim->cpu_s);
	if (aim->mb > 0)
		printf(", %g MB", aim->mb);
	printf(" for 10^6: %s",
	       cpu_s <= aim->cpu_s && (aim->mb <= 0 || mb <= aim->mb) ? "met" : "MISSED");
}

/* This process must be small: what it has resident at the fork counts as the child's peak. */
static void bench_command(const struct file *file, const char *path, uint32_t operations)
{
	const char *output = scratch_file("output");
	int status;
	int64_t began_ns = clock_now_ns();
	pid_t child = start("check", file, path, output);
	struct rusage usage;

	CHECK(wait4(child, &status, 0, &usage) == child);
	double took_s = (double)(clock_now_ns() - began_ns) / NS_PER_S;
	double cpu_s = seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
	double peak_mb = (double)usage.ru_maxrss * 1024 / 1e6, millions = operations / 1e6;
	bool right = WIFEXITED(status) && WEXITSTATUS(status) == wanted_exit(file);

	printf("  check %s: %.2f s (%.2f s user, %.2f s system), peak %.0f MB; for 10^6 operations "
	       "%.2f s of processor time, %.0f MB",
	       file->name, took_s, seconds_of(&usage.ru_utime), seconds_of(&usage.ru_stime),
	       peak_mb, cpu_s / millions, peak_mb / millions);
	if (millions >= 1)
		print_aim(file->is_run ? &aim_of_run : &aim_of_trace, cpu_s / millions,
			  peak_mb / millions);
	if (!right)
		printf("  FAILED: status %#x, not exit %d", (unsigned)status, wanted_exit(file));
	printf("\n");
	print_first_line(output);
	failures += !right;
}

static void bench_page(const struct file *file, const char *path, uint32_t operations)
{
	_cleanup_free_ char *page = text_format("%s/report.html", dirname(strdupa(path)));
	int64_t began_ns = clock_now_ns();
	pid_t child = start("report", file, path, scratch_file("output"));
	struct rusage usage;
	struct stat written;
	int status;

	CHECK(wait4(child, &status, 0, &usage) == child);
	double took_s = (double)(clock_now_ns() - began_ns) / NS_PER_S;
	double cpu_s = seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime);
	bool right = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_AS_EXPECTED &&
		     stat(page, &written) == 0;

	failures += !right;
	if (!right) {
		printf("  report %s: FAILED: status %#x\n", file->name, (unsigned)status);
		return;
	}
	double mb = (double)written.st_size / 1e6;

	printf("  report %s: %.2f s, of them %.2f s of processor time, a page of %.2f MB",
	       file->name, took_s, cpu_s, mb);
	if (operations <= 1000000)
		printf("  aim %g s of processor time, %g MB: %s", page_aim_s, page_aim_mb,
		       cpu_s <= page_aim_s && mb <= page_aim_mb ? "met" : "MISSED");
	printf("\n");
}

static void split_time(const struct file *file, const char *path)
{
	const struct trace_source source = {.path = path, .format = file->format, .in_parts = true};
	const struct linear_request request = {.model = MODEL_FENCED_MUTEX, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};
	struct trace trace;
	int64_t began_ns = clock_now_ns();

	must(holds_import(&source, EXCLUSION_CLIENT, &trace, &err), &err);
	int64_t imported_ns = clock_now_ns();

	must(linear_judge(&trace, &request, &summary, &err), &err);
	int64_t judged_ns = clock_now_ns();

	printf("    of it: import %.2f s, judging %.2f s; %" PRIu32 " operations\n",
	       (double)(imported_ns - began_ns) / NS_PER_S,
	       (double)(judged_ns - imported_ns) / NS_PER_S, trace.ops);
	CHECK(summary.verdict == (file->violation ? NOT_LINEARIZABLE : LINEARIZABLE));
	trace_free(&trace);
}

static void must_end_well(pid_t child)
{
	int status;

	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	failures += status != 0;
	if (status)
		printf("  FAILED: a process of the bench ended with status %#x\n",
		       (unsigned)status);
}

static void bench_file(const struct file *file, uint32_t operations)
{
	const char *path = scratch_file(file->name);
	struct stat status;
	int failures_before = failures;

	if (file->is_run)
		CHECK(mkdir(dirname(strdupa(path)), 0700) == 0);
	fflush(stdout);
	pid_t child = fork();

	if (child == 0) {
		write_file(file, path, operations);
		_exit(EXIT_SUCCESS);
	}
	must_end_well(child);
	if (failures != failures_before)
		return;
	CHECK(stat(path, &status) == 0);
	if (file->is_run)
		printf("%s: %" PRIu32 " operations, 16 lanes of 4 workers, %.0f MB\n", file->name,
		       operations, (double)status.st_size / 1e6);
	else
		printf("%s: %" PRIu32
		       " operations, %d clients, %d %% unknown, violation %s, %.0f MB\n",
		       file->name, operations, CLIENTS, UNKNOWN_PERCENT,
		       file->violation ? "yes" : "no", (double)status.st_size / 1e6);
	fflush(stdout);
	bench_command(file, path, operations);
	fflush(stdout);
	if (file->is_run) {
		bench_page(file, path, operations);
		unlink(path);
		return;
	}
	child = fork();
	if (child == 0) {
		split_time(file, path);
		fflush(stdout);
		_exit(EXIT_SUCCESS);
	}
	must_end_well(child);
	unlink(path);
}

int main(int argc, char **argv)
{
	static const struct file files[] = {
		{TRACE_HISTORY, "sound.db", false, false},
		{TRACE_HISTORY, "broken.db", true, false},
		{TRACE_JSONL, "sound.jsonl", false, false},
		{TRACE_JSONL, "broken.jsonl", true, false},
		{TRACE_HISTORY, "run/history.db", false, true},
	};
	long operations = argc > 1 ? strtol(argv[1], NULL, 10) : OPERATIONS;

	CHECK(operations >= 1000 && operations <= INT32_MAX);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (argc <= 2 || strcmp(argv[2], files[i].name) == 0)
			bench_file(&files[i], (uint32_t)operations);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
