/*
 * Hosts: where processes run, and the control block through which those who watch them agree on
 * what should be running. The block lives in shared memory: the conductor owns and starts the
 * processes, the nemesis only says what it wants and sends signals.
 */
#ifndef SANDBOX_HOST_H
#define SANDBOX_HOST_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

enum host_role { HOST_HUB, HOST_MEMBER, HOST_STORE, HOST_WITNESS, HOST_WORKER };

const char *host_role_name(enum host_role role);

enum { HOST_NAME_SIZE = 32, HOSTS_MAX = 900 /* a Linux bridge takes 1023 ports */ };

struct host {
	int id; /* index in the plan */
	enum host_role role;
	char name[HOST_NAME_SIZE]; /* "m1", "store", "none-0-2" */
	char address[64];          /* "10.77.1.1"; of somebody else's member its URL; or "local" */
};

/* What runs on a host: called in the host's own process, which ends with what it returns. */
struct program {
	int (*main)(void *context, int process); /* process: process.id of this start */
	void *context;
};

enum wanted { WANTED_DOWN, WANTED_UP };

struct host_control {                /* in shared memory, one per host */
	_Atomic int32_t wanted;      /* enum wanted */
	_Atomic int32_t pid;         /* inside the sandbox; 0: not running */
	_Atomic int32_t process;     /* process.id of the running start */
	_Atomic int32_t incarnation; /* starts so far */
};

#endif
