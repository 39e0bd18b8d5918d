/*
 * Theory of operation. The conductor is PID 1 and the parent of every host's process. Each leads a
 * process group of its own. When the leader ends, all that is left of the host's machine
 * (machine.h) is killed, also what left the group, and orphans, which the kernel hands to PID 1,
 * are reaped. Children of the conductor that are of no host (the nemesis's of a test) are never
 * reaped here.
 *
 * Others say what they want by hosts_want, which needs no lock: one store and one eventfd write.
 * That an end was expected is remembered per incarnation, since "up" may be wanted again before the
 * conductor gets to see the end of the process that was told to go.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/process.h"
#include "sandbox/hosts_inside.h"
#include "sandbox/machine.h"

enum { GRACE_MS = 1000, STRAYS_MS = 1000 };

/* Starting ------------------------------------------------------------------------------------ */

static int open_log(const struct hosts *hosts, int host, struct error *err)
{
	_cleanup_free_ char *path = hosts_log_path(hosts, host);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);

	return fd >= 0 ? fd : error_errno(err, EXIT_MACHINE_LACKS, "log %s", path);
}

/* The life of a host's process; returns its exit status. */
static int live(struct hosts *hosts, int host, int process, int log)
{
	const struct program *program = &hosts->program[host];
	struct error err = {0};

	setpgid(0, 0);
	prctl(PR_SET_NAME, hosts_get(hosts, host)->name); /* for ps; a member's is its program's */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	process_reset_signals();
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(log, STDOUT_FILENO) < 0 ||
	    dup2(log, STDERR_FILENO) < 0)
		return EXIT_OUR_FAULT;
	close(nothing);
	close(log);
	if (hosts->plan.engine->enter && hosts->plan.engine->enter(hosts, host, &err)) {
		log_line("fencepost: %s", err.text);
		return err.code;
	}
	if (host >= hosts->members)
		disk_forget(hosts);
	return program->main(program->context, process);
}

int hosts_start(struct hosts *hosts, int host, struct error *err)
{
	struct host_control *control = hosts_control(hosts, host);
	int process = hosts_next_process(hosts);

	CHECK(control->pid == 0);
	CHECK(hosts->program[host].main);
	_cleanup_close_ int log = open_log(hosts, host, err);

	if (log < 0)
		return -1;
	control->process = process;
	control->incarnation++;
	if (disk_is_full(hosts, host))
		hosts->shared->host[host].excused = control->incarnation;
	fflush(NULL); /* or what is buffered here is written there too */
	pid_t pid = fork();

	if (pid == 0) {
		int status = live(hosts, host, process, log);

		fflush(NULL);
		_exit(status);
	}
	if (pid < 0)
		return error_errno(err, EXIT_MACHINE_LACKS, "starting %s",
				   hosts_get(hosts, host)->name);
	setpgid(pid, pid); /* both sides do, so that neither comes too late */
	control->pid = pid;
	hosts->shared->host[host].held_down = false;
	hosts->shared->host[host].ended_by_disk = false;
	control->wanted = WANTED_UP;
	if (hosts->watcher.started)
		hosts->watcher.started(hosts->watcher.context, host, pid, process,
				       control->incarnation);
	return 0;
}

void hosts_set_program(struct hosts *hosts, int host, struct program program)
{
	CHECK(host >= 0 && host < hosts->plan.count);
	hosts->program[host] = program;
}

void hosts_set_watcher(struct hosts *hosts, struct hosts_watcher watcher)
{
	hosts->watcher = watcher;
}

/* Ending -------------------------------------------------------------------------------------- */

static void note_end(struct hosts *hosts, int host, int status)
{
	struct host_control *control = hosts_control(hosts, host);
	struct shared_host *shared = &hosts->shared->host[host];
	bool excused = shared->excused == control->incarnation;
	bool expected = control->wanted == WANTED_DOWN ||
			shared->told_down == control->incarnation || excused;

	control->pid = 0;
	if (excused && control->wanted == WANTED_UP && disk_may_end(hosts, host)) {
		shared->ended_by_disk = true;
		control->wanted = WANTED_DOWN;
	}
	if (!expected)
		control->wanted = WANTED_DOWN;
	if (hosts->watcher.ended)
		hosts->watcher.ended(hosts->watcher.context, host, control->process, status,
				     expected);
}

/* Reaps what has ended of a group. True when its leader did, with *status. */
static bool reap_group(pid_t group, int options, int *status)
{
	bool leader_ended = false;
	int ended_status;

	for (;;) {
		pid_t pid = waitpid(-group, &ended_status, options);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid <= 0)
			return leader_ended;
		if (pid == group) {
			leader_ended = true;
			*status = ended_status;
		}
	}
}

static void note_stray(void *context, pid_t pid)
{
	struct hosts *hosts = context;

	hosts->stray = reallocarray(hosts->stray, (size_t)hosts->strays + 1, sizeof(pid_t));
	CHECK_MEMORY(hosts->stray);
	hosts->stray[hosts->strays++] = pid;
}

/* Of one that is not our child (yet) we hear again, or it was its parent's to reap. */
static void reap_strays(struct hosts *hosts)
{
	int left = 0;

	for (int i = 0; i < hosts->strays; i++)
		if (waitpid(hosts->stray[i], NULL, WNOHANG) == 0 ||
		    (errno == ECHILD && kill(hosts->stray[i], 0) == 0))
			hosts->stray[left++] = hosts->stray[i];
	hosts->strays = left;
}

/* What the leader left behind, wherever it went. */
static void end_machine(struct hosts *hosts, int host, pid_t group)
{
	struct machine machine = {.leader = -1, .net = hosts->shared->host[host].net};

	kill(-group, SIGKILL);
	if (machine.net)
		machine_kill(&machine, clock_now_ns() + STRAYS_MS * NS_PER_MS, note_stray, hosts);
}

static void tend_host(struct hosts *hosts, int host)
{
	pid_t pid = hosts_control(hosts, host)->pid;
	int status;

	if (hosts->ended_group[host])
		reap_group(hosts->ended_group[host], WNOHANG, &status);
	if (pid == 0 || !reap_group(pid, WNOHANG, &status))
		return;
	end_machine(hosts, host, pid);
	hosts->ended_group[host] = pid;
	note_end(hosts, host, status);
}

/* A member that a disk fault ended was only waiting for its healing. */
static void release_ended_by_disk(struct hosts *hosts, int host)
{
	struct shared_host *shared = &hosts->shared->host[host];

	if (shared->ended_by_disk && !shared->held_down && !disk_may_end(hosts, host)) {
		shared->ended_by_disk = false;
		shared->control.wanted = WANTED_UP;
	}
}

int hosts_tend(struct hosts *hosts, struct error *err)
{
	eventfd_t wishes;

	/* Emptied first: a wish that comes while we look makes it readable again. */
	if (read(hosts->wanted_fd, &wishes, sizeof(wishes)) < 0)
		CHECK(errno == EAGAIN || errno == EINTR);
	if (hosts_tend_disks(hosts, err))
		return -1;
	for (int i = 0; i < hosts->plan.count; i++) {
		tend_host(hosts, i);
		release_ended_by_disk(hosts, i);
	}
	reap_strays(hosts);
	for (int i = 0; i < hosts->plan.count; i++) {
		const struct host_control *control = hosts_control(hosts, i);

		if (control->wanted == WANTED_UP && control->pid == 0 && hosts_start(hosts, i, err))
			return -1;
	}
	return 0;
}

/* All ---------------------------------------------------------------------------------- */

static bool ends_until(pid_t pid, int64_t deadline_ns)
{
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return clock_await_readable(fd, deadline_ns);
}

static void signal_all(struct hosts *hosts, int number)
{
	for (int i = 0; i < hosts->plan.count; i++)
		if (hosts_control(hosts, i)->pid)
			kill(-hosts_control(hosts, i)->pid, number);
}

void hosts_stop_all(struct hosts *hosts)
{
	int64_t deadline_ns = clock_now_ns() + GRACE_MS * NS_PER_MS;
	int status;

	signal_all(hosts, SIGTERM);
	signal_all(hosts, SIGCONT);
	for (int i = 0; i < hosts->plan.count; i++)
		if (hosts_control(hosts, i)->pid &&
		    !ends_until(hosts_control(hosts, i)->pid, deadline_ns))
			break;
	signal_all(hosts, SIGKILL);
	for (int i = 0; i < hosts->plan.count; i++) {
		struct host_control *control = hosts_control(hosts, i);

		if (control->pid)
			reap_group(control->pid, 0, &status);
		control->wanted = WANTED_DOWN;
		control->pid = 0;
	}
}
