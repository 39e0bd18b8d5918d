/*
 * pause: SIGSTOP ... SIGCONT, as a garbage collection, a VM's migration or a starved machine stops
 * all of a process at once: its heartbeat with its writes.
 *
 * It bit when every thread of the process was seen stopped when it began, and the process again
 * just before it was continued. A process that ended meanwhile did not come back from a pause as a
 * stale holder does: that is not bitten.
 *
 * Limit: children of the process are not stopped with it. Workers and members have none.
 */
#include "nemesis/fault.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>

#include "base/clock.h"
#include "base/process.h"

static const int64_t STATE_SHOWS_NS = 100 * NS_PER_MS;

/* A stop reaches each thread by itself; one that is in the middle of a system call on a disk stops
 * when that ends. */
static int count_threads(pid_t pid, int *stopped)
{
	char path[48];
	int threads = 0;

	*stopped = 0;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *tasks = opendir(path);

	if (!tasks)
		return 0;
	for (struct dirent *task; (task = readdir(tasks));) {
		int thread = atoi(task->d_name);

		threads += thread > 0;
		*stopped += thread > 0 && process_state(thread) == 'T';
	}
	closedir(tasks);
	return threads;
}

static bool prove_stopped(struct nemesis *nemesis, struct fault *fault)
{
	int64_t deadline_ns = clock_now_ns() + STATE_SHOWS_NS;
	int stopped, threads = count_threads(fault->pid, &stopped);

	while (stopped < threads && clock_now_ns() < deadline_ns) {
		clock_sleep_until_ns(clock_now_ns() + 100 * NS_PER_US);
		threads = count_threads(fault->pid, &stopped);
	}
	bool holds = threads > 0 && stopped == threads;

	record_proof(nemesis, fault, holds, stopped, "threads in state T in /proc",
		     "%d of %d threads of pid %d", stopped, threads, (int)fault->pid);
	return holds;
}

/* The process's state, for the record. */
static void prove_state(struct nemesis *nemesis, struct fault *fault, bool holds, const char *what)
{
	char state = process_state(fault->pid);

	if (state == 0 || state == 'Z')
		record_proof(nemesis, fault, holds, 0, what, "its process ended during the pause");
	else
		record_proof(nemesis, fault, holds, 0, what, "state %c", state);
}

static enum verb_result pause_inject(struct nemesis *nemesis, struct fault *fault,
				     struct error *err)
{
	if (pidfd_send_signal(fault->pidfd, SIGSTOP, NULL, 0)) {
		if (errno == ESRCH)
			return VERB_MISSED;
		error_errno(err, EXIT_OUR_FAULT, "stop pid %d", (int)fault->pid);
		return VERB_FAILED;
	}
	process_wait_state(fault->pid, 'T', clock_now_ns() + STATE_SHOWS_NS);
	aim_look(nemesis, fault); /* what it was at when it stopped stays as it is now */
	fault_begun(nemesis, fault);
	fault->bitten = prove_stopped(nemesis, fault);
	if (fault->slot)
		record_proof(nemesis, fault, aim_holds(nemesis, fault), fault->attempt,
			     "aim still true once stopped", "%s", fault->detail);
	return VERB_DONE;
}

static void pause_prove(struct nemesis *nemesis, struct fault *fault)
{
	bool stopped = process_state(fault->pid) == 'T';

	prove_state(nemesis, fault, stopped, "still in state T before SIGCONT");
	fault->bitten = fault->bitten && stopped;
}

/* Another pause of the same process goes on: it is that one's to continue it. */
static bool stays_stopped(struct nemesis *nemesis, const struct fault *fault)
{
	const struct fault *other = fault_at(nemesis, fault->host, 1u << FAULT_PAUSE, fault);

	return other && other->pid == fault->pid;
}

static int pause_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	if (stays_stopped(nemesis, fault)) {
		fault->ended_ns = clock_now_ns();
		record_proof(nemesis, fault, true, 0, "left to another pause", "pid %d",
			     (int)fault->pid);
		return 0;
	}
	if (pidfd_send_signal(fault->pidfd, SIGCONT, NULL, 0) && errno != ESRCH)
		return error_errno(err, EXIT_OUR_FAULT, "continue pid %d", (int)fault->pid);
	fault->ended_ns = clock_now_ns();

	/* One that is gone will not be seen running: no need to wait for it. */
	bool runs = !process_wait_state(fault->pid, 0, 0) &&
		    process_wait_state(fault->pid, 'R', fault->ended_ns + STATE_SHOWS_NS);

	prove_state(nemesis, fault, runs, "runs again after SIGCONT");
	if (!runs && process_state(fault->pid) == 'T')
		return error_set(err, EXIT_OUR_FAULT, "pid %d stays stopped after SIGCONT",
				 (int)fault->pid);
	return 0;
}

const struct verb verb_pause = {pause_inject, pause_prove, pause_heal, 0};
