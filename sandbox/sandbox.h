/*
 * The sandbox: new user, PID, mount and (mostly) network namespaces, without root.
 *
 * Theory of operation. The front (the process that the user started) forks the conductor, which is
 * PID 1 of the new PID namespace. Whatever the run starts, it starts below the conductor: when that
 * ends, by itself or by a SIGKILL, the kernel kills every process of the namespace, and with the
 * last of them go the network namespaces, the mounts and the packet filter, for nothing of these
 * has a name outside. The conductor dies with the front (parent-death signal and a pipe whose end
 * it watches, because the signal alone has a race at the start).
 * The conductor leads a session of its own, so that Ctrl-C reaches only the front. It starts with
 * default signal dispositions and nothing blocked; SIGHUP, SIGINT, SIGQUIT, SIGTERM and SIGABRT end
 * it with status 128 + number, although the kernel gives PID 1 no default actions.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "sandbox/remedy.h"

struct sandbox_config {
	bool network;               /* a network of its own; false for an existing cluster */
	int (*main)(void *context); /* the conductor; its result is the process's exit status */
	void *context;
};

/* Call it from the main thread: the parent-death signal comes when that ends.
 * Starts the conductor and returns its PID (as the caller sees it). As root without the right to
 * user namespaces, goes without that one. Failure: EXIT_MACHINE_LACKS with the remedy. */
int sandbox_start(const struct sandbox_config *config, pid_t *conductor, struct error *err);

/* The same, but the error leaves the remedy out, and *refused says of what it is (NOTHING: of
 * none). */
int sandbox_try(const struct sandbox_config *config, pid_t *conductor, enum refusal *refused,
		struct error *err);

/* Waits for its end; *status as from waitpid. */
void sandbox_wait(pid_t conductor, int *status);

#endif
