/* Engines: places where hosts are made, and what each can do. */
#ifndef SANDBOX_ENGINES_H
#define SANDBOX_ENGINES_H

#include "base/error.h"

struct hosts;

/* What can be done to hosts. */
enum host_ability { CAN_CUT = 1, CAN_FAULT_MEMBERS = 2, CAN_FAULT_DISKS = 4 };

struct engine {
	int abilities;       /* CAN_FAULT_DISKS: if the plan asks for it */
	const char *address; /* at which every host is reached; NULL: each at its own */

	/* Makes the hosts and gives them addresses; after a failure close is called. */
	int (*open)(struct hosts *hosts, struct error *err);
	/* What follows may be NULL: there is nothing to do. */
	void (*close)(struct hosts *hosts); /* of hosts whose processes are gone */
	/* Moves the calling process, which lives for this host alone, to it. */
	int (*enter)(struct hosts *hosts, int host, struct error *err);
	/* Undoes every fault between hosts. */
	int (*heal)(struct hosts *hosts, struct error *err);
};

/* Network namespaces around one hub; the conductor runs in a sandbox with a network (sandbox.h). */
extern const struct engine engine_sandbox;

/* Processes of this machine, in its network: for a service that somebody else runs. */
extern const struct engine engine_local;

#endif
