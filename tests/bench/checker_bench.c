/*
 * How long a verdict takes, and how much memory, beside the number of operations.
 *
 *	checker_bench [LARGEST]	operations of the largest history, 10,000,000 unless given
 *
 * Each measurement is a process of its own, so that its memory is its own. Its history is generated
 * from a fixed seed (tests/support/trace_generator.h), so its verdict is known before: a verdict
 * other than the planted one makes the bench fail. In the tables the time is that of linear_judge
 * alone, from a trace in memory to the verdict; generating and importing are excluded. The times of
 * `fencepost check` are those of the whole command.
 *
 * The register logs are recordings of others; REGISTER_LOGS names their directory.
 */
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "checker/linear/linear.h"
#include "history/traces/trace.h"
#include "tests/support/public_histories.h"
#include "tests/support/trace_generator.h"

enum {
	LARGEST = 10000000,
	SEED = 1,
	ROUNDS_LEAST = 5,
	ROUNDS_MOST = 101,
	FRESH_MOST = 200000, /* operations of a history that is judged but once */
	KEPT = 256,          /* measurements that ratios are made of */
	KEY_LARGEST = 10000,
	SET_LARGEST = 100000, /* operations; its hundred reads see half as many elements each */
};
static const int64_t rounds_ns = NS_PER_S / 2; /* of a measurement, together */

/* What a measuring process leaves for its parent. */
struct measured {
	struct generator wish;
	struct linear_summary summary;
	char procedure[24];
	uint32_t operations, unknown;
	int rounds;
	double ms;     /* on the wall's clock, the median */
	double cpu_ms; /* of the processor, the least: what others' load changes least */
	double trace_mb, check_mb; /* resident: before the check; the most during it, beyond that */
};

static struct measured kept[KEPT];
static int keeps, failures;

/* Measuring ----------------------------------------------------------------------------------- */

static int compare_ms(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double median(double *ms, int count)
{
	qsort(ms, (size_t)count, sizeof(*ms), compare_ms);
	return ms[count / 2];
}

/* A line of /proc/self/status, in MB. */
static double status_mb(const char *field)
{
	_cleanup_fclose_ FILE *status = fopen("/proc/self/status", "re");
	char line[128];
	long kb = -1;

	CHECK(status);
	while (kb < 0 && fgets(line, sizeof(line), status))
		if (strncmp(line, field, strlen(field)) == 0)
			kb = strtol(line + strlen(field) + 1, NULL, 10);
	CHECK(kb >= 0);
	return (double)kb * 1024 / 1e6;
}

/* From here on VmHWM is the peak (proc(5), clear_refs). */
static void forget_peak(void)
{
	_cleanup_close_ int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0 && write(fd, "5", 1) == 1);
}

struct duration {
	double wall_ms, cpu_ms; /* far apart: the machine had other things to do */
};

static int64_t cpu_now_ns(void)
{
	struct timespec now;

	CHECK(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static struct duration judge(const struct trace *trace, enum model model, int limit,
			     struct linear_summary *summary)
{
	const struct linear_request request = {.model = model, .limit = limit};
	struct error err = {0};
	int64_t began_cpu_ns = cpu_now_ns(), began_ns = clock_now_ns();
	int failed = linear_judge(trace, &request, summary, &err);
	int64_t ended_ns = clock_now_ns(), ended_cpu_ns = cpu_now_ns();

	if (failed)
		fprintf(stderr, "checker_bench: %s\n", err.text);
	CHECK(!failed);
	return (struct duration){(double)(ended_ns - began_ns) / NS_PER_MS,
				 (double)(ended_cpu_ns - began_cpu_ns) / NS_PER_MS};
}

static enum linear_verdict planted_verdict(const struct generator *wish)
{
	return wish->violation ? NOT_LINEARIZABLE : LINEARIZABLE;
}

static void look_at(struct measured *measured, const struct trace *trace)
{
	measured->operations = trace->ops;
	measured->unknown = 0;
	for (uint32_t i = 0; i < trace->ops; i++)
		measured->unknown += trace->op[i].outcome == TRACE_OPEN;
	measured->trace_mb = status_mb("VmRSS");
}

/*
 * Short histories are many, each judged once: a processor that sees one again and again learns its
 * branches by heart. Of a long one it forgets the beginning until the next round.
 */
static void generate_next(struct generator *wish, struct trace *trace)
{
	if (trace->ops > FRESH_MOST)
		return;
	do {
		trace_free(trace);
		wish->seed++;
	} while (!generate_trace(wish, trace));
}

static void measure_judging(struct measured *measured)
{
	struct generator wish = measured->wish;
	double wall_ms[ROUNDS_MOST];
	int64_t end_ns = clock_now_ns() + rounds_ns;
	struct trace trace = {0};

	do {
		generate_next(&wish, &trace);
		if (measured->rounds == 0) {
			look_at(measured, &trace);
			forget_peak();
		}
		struct duration took = judge(&trace, wish.model, wish.limit, &measured->summary);

		if (measured->rounds == 0) {
			measured->check_mb = status_mb("VmHWM") - measured->trace_mb;
			measured->cpu_ms = took.cpu_ms;
		}
		measured->cpu_ms = fmin(measured->cpu_ms, took.cpu_ms);
		wall_ms[measured->rounds++] = took.wall_ms;
	} while (measured->summary.verdict == planted_verdict(&wish) &&
		 measured->rounds < ROUNDS_MOST &&
		 (measured->rounds < ROUNDS_LEAST || clock_now_ns() < end_ns));
	measured->ms = median(wall_ms, measured->rounds);
	snprintf(measured->procedure, sizeof(measured->procedure), "%s",
		 measured->summary.result.procedure);
}

static void must_end_well(pid_t child)
{
	int status;

	CHECK(child > 0 && waitpid(child, &status, 0) == child);
	if (status != 0) {
		printf("FAILED: the measuring process ended with status %#x\n", (unsigned)status);
		failures++;
	}
}

static const char *verdict_text(enum linear_verdict verdict)
{
	switch (verdict) {
	case LINEARIZABLE:
		return "linearizable";
	case NOT_LINEARIZABLE:
		return "not linearizable";
	case LINEAR_UNKNOWN:
		return "unknown";
	}
	CHECK(!"a verdict");
}

static double ns_per_op(const struct measured *measured)
{
	return measured->cpu_ms * 1e6 / measured->operations;
}

static void print_heading(void)
{
	printf("%-16s %10s %7s %8s %-9s %-16s %-9s %10s %10s %6s %9s %9s\n", "model", "operations",
	       "clients", "unknown", "violation", "verdict", "procedure", "ms", "cpu ms", "ns/op",
	       "trace MB", "check MB");
}

static void print_measured(const struct measured *measured, double aim_ms)
{
	const struct generator *wish = &measured->wish;
	bool right = measured->summary.verdict == planted_verdict(wish);

	printf("%-16s %10" PRIu32 " %7d %6.2f %% %-9s %-16s %-9s %10.4f %10.4f %6.1f %9.1f %9.1f",
	       model_names[wish->model], measured->operations, wish->clients,
	       100.0 * measured->unknown / measured->operations, wish->violation ? "yes" : "no",
	       verdict_text(measured->summary.verdict), measured->procedure, measured->ms,
	       measured->cpu_ms, ns_per_op(measured), measured->trace_mb, measured->check_mb);
	if (aim_ms > 0)
		printf("  aim %g ms: %s", aim_ms, measured->ms <= aim_ms ? "met" : "MISSED");
	printf("%s\n", right ? "" : "  FAILED: not what was planted");
	failures += !right;
}

static void measure(const struct generator *wish, double aim_ms)
{
	struct measured *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(shared != MAP_FAILED && keeps < KEPT);
	shared->wish = *wish;
	fflush(stdout);
	pid_t child = fork();

	if (child == 0) {
		measure_judging(shared);
		_exit(EXIT_SUCCESS);
	}
	int failures_before = failures;

	must_end_well(child);
	if (failures == failures_before) {
		kept[keeps++] = *shared;
		print_measured(shared, aim_ms);
	}
	munmap(shared, sizeof(*shared));
}

/* Tables -------------------------------------------------------------------------------------- */

static double aim_of(const struct generator *wish)
{
	if (wish->model != MODEL_MUTEX)
		return 0;
	return wish->operations == 100000 ? 2 : wish->operations == 10000000 ? 300 : 0;
}

static void bench_sizes(enum model model, uint32_t largest)
{
	static const int unknown[] = {0, 1, 5};

	for (uint32_t operations = 1000; operations <= largest; operations *= 10)
		for (int violation = 0; violation <= 1; violation++)
			for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
				/* The longest take seconds to generate: half of them will do. */
				if (operations > 1000000 && violation != (unknown[i] == 1))
					continue;
				const struct generator wish = {.model = model,
							       .seed = SEED,
							       .operations = operations,
							       .clients = 10,
							       .limit = 1,
							       .unknown_percent = unknown[i],
							       .violation = violation};

				measure(&wish, aim_of(&wish));
			}
}

static void bench_clients(enum model model, int limit, uint32_t operations)
{
	static const int clients[] = {5, 20, 50};

	for (size_t i = 0; i < sizeof(clients) / sizeof(*clients); i++)
		for (int violation = 0; violation <= 1; violation++) {
			const struct generator wish = {.model = model,
						       .seed = SEED,
						       .operations = operations,
						       .clients = clients[i],
						       .limit = limit,
						       .unknown_percent = 1,
						       .violation = violation};

			measure(&wish, 0);
		}
}

static void bench_sets(void)
{
	for (uint32_t operations = 1000; operations <= SET_LARGEST; operations *= 10)
		for (int kind = 0; kind < 4; kind++) {
			const struct generator wish = {.model = MODEL_SET,
						       .seed = SEED,
						       .operations = operations,
						       .clients = 10,
						       .limit = 1,
						       .unknown_percent = 1,
						       .removes = kind >= 2,
						       .violation = kind % 2};

			measure(&wish, 0);
		}
}

/* A key to which clients append, now and then put in the place of all. */
static void bench_keys(void)
{
	for (uint32_t operations = 1000; operations <= KEY_LARGEST; operations *= 10)
		for (int kind = 0; kind < 4; kind++) {
			const struct generator wish = {.model = MODEL_KV,
						       .seed = SEED,
						       .operations = operations,
						       .clients = 10,
						       .limit = 1,
						       .unknown_percent = 8,
						       .puts_percent = kind < 2 ? 2 : 20,
						       .violation = kind % 2};

			measure(&wish, 0);
		}
	/* The same pieces again and again: searched. */
	const struct generator again = {.model = MODEL_KV,
					.seed = SEED,
					.operations = 1000,
					.clients = 10,
					.limit = 1,
					.unknown_percent = 8,
					.puts_percent = 6,
					.pieces = 26};

	measure(&again, 0);
}

/* Owners that go on after what had no answer, which may have acted on any later hold: searched. */
static void bench_nameless(uint32_t operations)
{
	static const int clients[] = {5, 20, 50}, unknown[] = {2, 10};

	for (int which = 0; which < 12; which++) {
		const struct generator wish = {.model = MODEL_RWLOCK,
					       .seed = SEED,
					       .operations = operations,
					       .clients = clients[which / 4],
					       .limit = 1,
					       .unknown_percent = unknown[which / 2 % 2],
					       .nameless = true,
					       .violation = which % 2};

		measure(&wish, 1000);
	}
}

/* Ratios -------------------------------------------------------------------------------------- */

static const struct measured *find(enum model model, uint32_t operations, int unknown_percent,
				   bool violation)
{
	for (int i = 0; i < keeps; i++) {
		const struct generator *wish = &kept[i].wish;

		if (wish->model == model && wish->operations == operations && wish->clients == 10 &&
		    wish->unknown_percent == unknown_percent && wish->violation == violation)
			return &kept[i];
	}
	return NULL;
}

static void print_ratios(enum model model, uint32_t largest)
{
	for (int violation = 0; violation <= 1; violation++) {
		const struct measured *small = find(model, 10000, 0, violation);
		const struct measured *large = find(model, largest, 0, violation);
		const struct measured *doubtful = find(model, largest, 5, violation);

		if (!small || !large || !doubtful)
			continue;
		printf("%s, violation %s: time per operation at %" PRIu32
		       " against 10000 operations %.2f; 5 %% unknown against none %.2f\n",
		       model_names[model], violation ? "yes" : "no", largest,
		       ns_per_op(large) / ns_per_op(small), ns_per_op(doubtful) / ns_per_op(large));
	}
}

/* Register logs ------------------------------------------------------------------------------- */

struct log {
	const char *path;
	struct trace trace;
	bool is_known; /* its verdict */
	enum linear_verdict known;
};

/* What VERDICTS.tsv beside the directory says of the log; false when it says nothing. */
static bool find_verdict(const char *log, enum linear_verdict *verdict)
{
	char path[PATH_MAX], line[256];
	const char *file = strrchr(log, '/') + 1;
	bool found = false;

	snprintf(path, sizeof(path), "%.*s/../VERDICTS.tsv", (int)(file - 1 - log), log);
	_cleanup_fclose_ FILE *verdicts = fopen(path, "re");

	while (verdicts && !found && fgets(line, sizeof(line), verdicts)) {
		const char *name = strstr(line, file);

		found = name && name[strlen(file)] == '\t';
		*verdict = strstr(line, "\tnot-linearizable") ? NOT_LINEARIZABLE : LINEARIZABLE;
	}
	return found;
}

/* Empty ones, as the public collection has one, are passed over. */
static int import_logs(const glob_t *files, struct log *log)
{
	struct error err = {0};
	int logs = 0;

	for (size_t i = 0; i < files->gl_pathc; i++) {
		const struct trace_source source = {.path = files->gl_pathv[i],
						    .format = TRACE_REGISTER_LOG};
		struct stat status;

		if (stat(source.path, &status) < 0 || status.st_size == 0)
			continue;
		if (trace_import(&source, &log[logs].trace, &err)) {
			printf("FAILED: %s\n", err.text);
			failures++;
			err = (struct error){0};
			continue;
		}
		log[logs].path = source.path;
		log[logs].is_known = find_verdict(source.path, &log[logs].known);
		logs++;
	}
	return logs;
}

static bool is_right(const struct log *log, enum linear_verdict verdict)
{
	return log->is_known ? verdict == log->known : verdict != LINEAR_UNKNOWN;
}

/* All logs once; the sum of the times of their checks, and the longest. */
static double judge_logs(const struct log *log, int logs, double *longest_ms)
{
	double sum_ms = 0;

	*longest_ms = 0;
	for (int i = 0; i < logs; i++) {
		struct linear_summary summary;
		double ms = judge(&log[i].trace, MODEL_CAS_REGISTER, 1, &summary).wall_ms;

		sum_ms += ms;
		if (ms > *longest_ms)
			*longest_ms = ms;
		if (!is_right(&log[i], summary.verdict)) {
			printf("FAILED: %s is said to be %s\n", log[i].path,
			       verdict_text(summary.verdict));
			failures++;
		}
	}
	return sum_ms;
}

static void bench_imported_logs(struct log *log, int logs, const char *directory)
{
	double sum_ms[ROUNDS_MOST], longest_ms[ROUNDS_MOST];
	int failures_before = failures, known = 0;

	for (int round = 0; round < ROUNDS_MOST && failures == failures_before; round++)
		sum_ms[round] = judge_logs(log, logs, &longest_ms[round]);
	for (int i = 0; i < logs; i++)
		known += log[i].is_known;
	if (failures == failures_before)
		printf("register logs: %d of %s, the verdicts of %d known: sum of the checks "
		       "%.3f ms, the longest %.3f ms (medians of %d rounds)  aim ~0.5 ms for 52\n",
		       logs, directory, known, median(sum_ms, ROUNDS_MOST),
		       median(longest_ms, ROUNDS_MOST), ROUNDS_MOST);
}

static void bench_logs(const char *directory)
{
	_cleanup_free_ char *pattern = NULL;
	glob_t files;

	CHECK(asprintf(&pattern, "%s/*.log", directory) > 0);
	if (glob(pattern, 0, NULL, &files) != 0) {
		printf("SKIP register logs: no %s (REGISTER_LOGS names their directory)\n",
		       pattern);
		failures += getenv("MUST_RUN") != NULL;
		return;
	}
	_cleanup_free_ struct log *log = calloc(files.gl_pathc, sizeof(*log));

	CHECK(log);
	int logs = import_logs(&files, log);

	if (logs > 0)
		bench_imported_logs(log, logs, directory);
	for (int i = 0; i < logs; i++)
		trace_free(&log[i].trace);
	globfree(&files);
}

int main(int argc, char **argv)
{
	static const enum model sized[] = {MODEL_MUTEX, MODEL_OWNED_MUTEX, MODEL_FENCED_MUTEX,
					   MODEL_CAS_REGISTER};
	const char *directory = getenv("REGISTER_LOGS");
	long largest = argc > 1 ? strtol(argv[1], NULL, 10) : LARGEST;

	CHECK(largest >= 1000 && largest <= INT32_MAX);
	print_heading();
	for (size_t i = 0; i < sizeof(sized) / sizeof(*sized); i++)
		bench_sizes(sized[i], (uint32_t)largest);
	for (size_t i = 0; i < sizeof(sized) / sizeof(*sized); i++)
		bench_clients(sized[i], 1, 100000);
	bench_clients(MODEL_RWLOCK, 1, 100000);
	bench_clients(MODEL_SEMAPHORE, 3, 100000);
	bench_clients(MODEL_OWNED_SEMAPHORE, 3, 100000);
	bench_sets();
	bench_keys();
	bench_nameless(10000);
	for (size_t i = 0; i < sizeof(sized) / sizeof(*sized); i++)
		print_ratios(sized[i], (uint32_t)largest);
	char logs[64];

	snprintf(logs, sizeof(logs), "%s/jepsen-etcd", public_histories());
	bench_logs(directory ? directory : logs);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
