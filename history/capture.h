/*
 * Packet capture at the hub, with libpcap, into a file bounded in size.
 */
#ifndef HISTORY_CAPTURE_H
#define HISTORY_CAPTURE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/error.h"

struct capture_config {
	const char *interface; /* "hub" */
	const char *path;      /* capture.pcap in the run's directory */
	int snap_bytes;        /* kept of each packet */
	int64_t limit_bytes;   /* of the file; packets past it are counted, not kept */
	_Atomic int *stop;
};

struct capture_result {
	int64_t kept, past_limit, missed_by_kernel;
};

/* Captures until told to stop. Fails at once, with EXIT_MACHINE_LACKS, without the right to. */
int capture_run(const struct capture_config *config, struct capture_result *result,
		struct error *err);

#endif
