/*
 * Whole runs for tests, with real etcd members in a sandbox, or one against an etcd of the test's.
 * The campaign runs in a process of its own, so that it can be disturbed; what it left is asked by
 * SQL.
 */
#ifndef CONDUCTOR_RUN_RIG_H
#define CONDUCTOR_RUN_RIG_H

#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "conductor/run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/told.h"
#include "tests/unit/cluster_rig.h"

enum { WAIT_S = 60 };

static struct campaign campaign;
static struct told { /* in memory that the run's process shares */
	char run_dir[RUN_DIR_SIZE];
	struct error err;
} * told;
static pid_t runner;
static const char *runs_dir, *out_path, *log_path; /* what the run prints goes to the latter */

static inline const char *in_run_dir(const char *name)
{
	static char path[RUN_DIR_SIZE + 400];

	snprintf(path, sizeof(path), "%s/%s", told->run_dir, name);
	return path;
}

static inline void load_campaign(const char *text)
{
	struct error err = {0};

	ck_assert_msg(campaign_load_text(text, "test", &campaign, &err) == 0 &&
			      campaign_validate(&campaign, &err) == 0,
		      "%s", err.text);
}

/* In its own process. */
static inline void begin_run(const char *text, struct run_request request)
{
	runs_dir = scratch_file("some/runs");
	out_path = scratch_file("out");
	log_path = scratch_file("log");
	load_campaign(text);
	request.campaign = &campaign;
	request.runs_dir = runs_dir;
	request.command = "fencepost run test.conf";
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(told != MAP_FAILED);
	fflush(NULL);
	runner = fork();
	ck_assert_int_ge(runner, 0);
	if (runner)
		return;
	if (!freopen(out_path, "w", stdout) || !freopen(log_path, "w", stderr))
		_exit(99);
	setvbuf(stderr, NULL, _IONBF, 0); /* it may end by _exit */
	int code = (int)run_campaign_into(&request, told->run_dir, &told->err);

	fflush(NULL);
	_exit(code);
}

/* Its exit code; one that was killed has none. */
static inline int end_run(void)
{
	int status;

	ck_assert_int_eq(waitpid(runner, &status, 0), runner);
	ck_assert_msg(WIFEXITED(status), "wait status %#x", (unsigned)status);
	return WEXITSTATUS(status);
}

static inline const char *ask(const char *sql)
{
	const char *answer = told_by(in_run_dir("history.db"), sql);

	ck_assert_msg(answer != NULL, "cannot ask: %s", sql);
	return answer;
}

static inline int64_t number(const char *sql)
{
	return atoll(ask(sql));
}

/* Waits until the answer of a run that goes on is other than empty or 0. */
static inline void await(const char *sql)
{
	int64_t until_ns = clock_now_ns() + WAIT_S * NS_PER_S;
	const char *answer;

	while (!(answer = told_by(in_run_dir("history.db"), sql)) || atoll(answer) == 0) {
		ck_assert_msg(clock_now_ns() < until_ns, "in vain: %s", sql);
		ck_assert_msg(waitpid(runner, NULL, WNOHANG) == 0, "it ended before: %s: %s", sql,
			      told_in(log_path));
		clock_sleep_until_ns(clock_now_ns() + 50 * NS_PER_MS);
	}
}

static inline long status_number(int pid, const char *label, bool last)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	snprintf(text, sizeof(text), "%.4000s", told_in(path));
	char *line = strstr(text, label);

	if (!line)
		return -1;
	line++;
	line[strcspn(line, "\n")] = '\0';
	return atol((last ? strrchr(line, '\t') : strchr(line, '\t')) + 1);
}

static inline bool descends_from(int pid, int ancestor)
{
	while (pid > 1 && pid != ancestor)
		pid = (int)status_number(pid, "\nPPid:", false);
	return pid == ancestor;
}

/* The run's process on that host, as this test numbers it: the history has its number inside. */
static inline int pid_of(const char *name)
{
	char sql[200];
	DIR *proc = opendir("/proc");
	int found = 0;

	snprintf(sql, sizeof(sql),
		 "SELECT os_pid FROM process WHERE name = '%s' ORDER BY id DESC LIMIT 1", name);
	int64_t inside = number(sql);

	ck_assert_int_gt(inside, 0);
	for (struct dirent *entry; (entry = readdir(proc));) {
		int pid = atoi(entry->d_name);

		if (pid > 0 && pid != runner && status_number(pid, "\nNSpid:", true) == inside &&
		    descends_from(pid, runner))
			found = pid;
	}
	closedir(proc);
	ck_assert_msg(found, "no process of %s", name);
	return found;
}

/* For as long as anybody may need to disturb it. */
#define LONG                                                                                       \
	"seed = 7\nduration = '60s'\nsettle = '2s'\ncluster { members = 1 }\n"                     \
	"arm a { ttl = '1s'  heartbeat = '300ms'  lanes = 1  workers = 2  work = '20ms .. 60ms' "  \
	"}\n"

#define SHORT                                                                                      \
	"seed = 7\nduration = '4s'\nsettle = '2s'\ncluster { members = 1 }\n"                      \
	"arm a { ttl = '1s'  heartbeat = '300ms'  lanes = 1  workers = 2  work = '20ms .. 60ms' "  \
	"}\n"

/* Its row is written when it begins; whether it bit is known when it has ended. */
#define FAULT_IN_FORCE "SELECT count(*) FROM fault WHERE ended_ns IS NULL"
#define LOAD_RUNS      "SELECT count(*) > 9 FROM op WHERE outcome = 1"

static inline void expect_note(const char *topic, int breaks, const char *text)
{
	char sql[400];

	snprintf(sql, sizeof(sql),
		 "SELECT count(*) FROM note WHERE topic = '%s' AND breaks = %d AND instr(text, "
		 "'%s')",
		 topic, breaks, text);
	ck_assert_msg(number(sql) == 1, "no note %s in: %s", text,
		      ask("SELECT topic, breaks, text FROM note"));
}

static inline void expect_broken(void)
{
	ck_assert_str_eq(ask("SELECT DISTINCT verdict FROM verdict"), "BROKEN\n");
	ck_assert_int_gt(strlen(told_in(in_run_dir("report.html"))), 1000);
}

static inline void disturb(const char *name, int number_of_signal)
{
	ck_assert_int_eq(kill(pid_of(name), number_of_signal), 0);
}

#endif
