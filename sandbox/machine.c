/*
 * Theory of operation. All is one walk through /proc (visit). A stop is a walk that stops whoever
 * runs, again and again, until two walks after one another found nobody running: a process that is
 * seen stopped does nothing more, so what the second walk does not find nobody can have made.
 *
 * A pid that was read may be another's at the next moment: signals go through a descriptor, which
 * is taken before the process is looked at once more.
 */
#include "sandbox/machine.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "sandbox/hosts_inside.h"

static const int64_t LOOK_AGAIN_NS = 100 * NS_PER_US;

struct machine hosts_machine(struct hosts *hosts, int host)
{
	return (struct machine){.leader = hosts_control(hosts, host)->pid,
				.net = hosts->shared->host[host].net};
}

/* Looking ------------------------------------------------------------------------------------- */

static void close_directory(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static ino_t network_of(pid_t pid)
{
	struct stat status;
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return stat(path, &status) ? 0 : status.st_ino;
}

static bool is_part(const struct machine *machine, pid_t pid)
{
	if (pid == machine->leader)
		return true;
	return getpgid(pid) == machine->leader || (machine->net && network_of(pid) == machine->net);
}

static bool is_gone(char state)
{
	return state == 0 || state == 'Z' || state == 'X';
}

/* A stop reaches each thread by itself; one that is in the middle of a system call on a disk stops
 * when that ends. */
static struct machine_look look_at_process(pid_t pid)
{
	struct machine_look look = {0};
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	_cleanup_(close_directory)
	DIR *tasks = opendir(path);

	for (struct dirent *task; tasks && (task = readdir(tasks));) {
		int thread = atoi(task->d_name);
		char state = thread > 0 ? process_state(thread) : 0;

		look.threads += !is_gone(state);
		look.stopped += state == 'T';
	}
	look.processes = look.threads > 0;
	return look;
}

static void visit(const struct machine *machine,
		  void (*each)(void *context, const struct machine *machine, pid_t pid),
		  void *context)
{
	_cleanup_(close_directory)
	DIR *proc = opendir("/proc");

	CHECK(proc && (machine->leader > 0 || machine->net));
	for (struct dirent *entry; (entry = readdir(proc));) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && is_part(machine, pid))
			each(context, machine, pid);
	}
}

static void add_look(void *context, const struct machine *machine, pid_t pid)
{
	struct machine_look *sum = context, look = look_at_process(pid);

	(void)machine;
	sum->processes += look.processes;
	sum->threads += look.threads;
	sum->stopped += look.stopped;
}

struct machine_look machine_look(const struct machine *machine)
{
	struct machine_look look = {0};

	visit(machine, add_look, &look);
	return look;
}

/* Signals ------------------------------------------------------------------------------------- */

/* Of a process that is still of the machine; -1. */
static int open_part(const struct machine *machine, pid_t pid)
{
	int fd = pidfd_open(pid, 0);

	if (fd >= 0 && is_part(machine, pid))
		return fd;
	cleanup_close(&fd);
	return -1;
}

static void send_to_part(void *context, const struct machine *machine, pid_t pid)
{
	_cleanup_close_ int fd = open_part(machine, pid);

	if (fd >= 0)
		pidfd_send_signal(fd, *(const int *)context, NULL, 0);
}

void machine_signal(const struct machine *machine, int number)
{
	visit(machine, send_to_part, &number);
}

static void stop_part(void *context, const struct machine *machine, pid_t pid)
{
	struct machine_look *sum = context, before = *sum;
	int number = SIGSTOP;

	add_look(sum, machine, pid);
	if (sum->stopped - before.stopped < sum->threads - before.threads)
		send_to_part(&number, machine, pid);
}

bool machine_stop(const struct machine *machine, int64_t deadline_ns, struct machine_look *look)
{
	struct machine_look seen;
	int still = 0;

	for (;;) {
		seen = (struct machine_look){0};
		visit(machine, stop_part, &seen);
		still = machine_stands(&seen) ? still + 1 : 0;
		if (still == 2 || clock_now_ns() >= deadline_ns)
			break;
		if (!still)
			clock_sleep_until_ns(clock_now_ns() + LOOK_AGAIN_NS);
	}
	if (look)
		*look = seen;
	return still == 2;
}

struct kill {
	int64_t deadline_ns;
	void (*killed)(void *context, pid_t pid);
	void *context;
	int found;
	bool late;
};

static void kill_part(void *context, const struct machine *machine, pid_t pid)
{
	struct kill *kill = context;
	_cleanup_close_ int fd = open_part(machine, pid);

	/* Readable: it has ended, with all its threads. The state in /proc may be Z while others
	 * still write. */
	if (fd < 0 || clock_await_readable(fd, 0) || pidfd_send_signal(fd, SIGKILL, NULL, 0))
		return;
	kill->found++;
	if (!clock_await_readable(fd, kill->deadline_ns))
		kill->late = true;
	if (kill->killed)
		kill->killed(kill->context, pid);
}

bool machine_kill(const struct machine *machine, int64_t deadline_ns,
		  void (*killed)(void *context, pid_t pid), void *context)
{
	struct kill kill = {.deadline_ns = deadline_ns, .killed = killed, .context = context};

	do {
		kill.found = 0;
		visit(machine, kill_part, &kill);
	} while (kill.found && !kill.late && clock_now_ns() < deadline_ns);
	return !kill.found && !kill.late;
}
