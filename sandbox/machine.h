/*
 * A host's machine: all processes of a host, not only the one that was started. A wrapper's child
 * is of it, also one that left its process group or session, or whose parent is gone.
 *
 * Known by the host's network namespace, which what is started there inherits and nobody leaves by
 * accident, and by the process group that the started process leads; by that alone where hosts have
 * no namespace of their own (an existing cluster, the hub). Looking walks through /proc of the
 * sandbox. One thread at a time.
 */
#ifndef SANDBOX_MACHINE_H
#define SANDBOX_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sandbox/hosts.h"

struct machine {
	pid_t leader; /* that was started, and is not reaped; else -1, which needs `net` */
	ino_t net;    /* the network namespace; 0: known by the group alone */
};

struct machine_look { /* zombies left out */
	int processes, threads, stopped /* of the threads */;
};

/* As of the process that runs on the host now (leader 0: none). */
struct machine hosts_machine(struct hosts *hosts, int host);

struct machine_look machine_look(const struct machine *machine);

/* True when there is something, and all of it stands still. */
static inline bool machine_stands(const struct machine_look *look)
{
	return look->threads > 0 && look->stopped == look->threads;
}

/* Sends the signal to every process. A stop or a kill may miss one that is born meanwhile; a
 * SIGCONT cannot miss one that stands still. */
void machine_signal(const struct machine *machine, int number);

/* Stops every process and waits until all their threads are seen stopped and nothing new came.
 * False when that did not come by the deadline; *look (may be NULL): what was seen last. */
bool machine_stop(const struct machine *machine, int64_t deadline_ns, struct machine_look *look);

/* Kills every process and waits until none is left, and with it the last write. Calls `killed` (may
 * be NULL) for each. False when the deadline came first. */
bool machine_kill(const struct machine *machine, int64_t deadline_ns,
		  void (*killed)(void *context, pid_t pid), void *context);

#endif
