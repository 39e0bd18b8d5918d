/*
 * Theory of operation. unshare(CLONE_NEWTIME) makes a time namespace for *children*; its offsets
 * can be written as long as it is empty (time_namespaces(7)). The member is not to fork, so it
 * enters the namespace itself, by setns(2) with its own "time_for_children": an exec alone would do
 * so only since Linux 6.3. From then on its clock is the shifted one: only the exec may follow.
 *
 * Offsets are relative to the machine's clocks, not to ours; so ours, if we have any, are added.
 */
#include "sandbox/skew.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "sandbox/hosts_inside.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

static const int64_t CENTURY_NS = INT64_C(36525) * 24 * 3600 * NS_PER_S;

int hosts_set_clock_offset(struct hosts *hosts, int host, int64_t offset_ns, struct error *err)
{
	if (!(hosts_abilities(hosts) & CAN_FAULT_MEMBERS) || host < 0 || host >= hosts->members)
		return error_set(err, EXIT_BAD_USAGE, "host %d has no clock of its own", host);
	/* BOOTTIME is never behind MONOTONIC. */
	if (offset_ns < -clock_now_ns() || offset_ns > CENTURY_NS)
		return error_set(err, EXIT_BAD_USAGE,
				 "a clock that is %.3f s ahead: from %.3f s behind (this machine's "
				 "uptime) to a century ahead is possible",
				 (double)offset_ns / 1e9, (double)clock_now_ns() / 1e9);
	hosts->shared->host[host].clock_offset_ns = offset_ns;
	return 0;
}

/* One line is "monotonic   SECONDS   NANOSECONDS". */
static int read_offset(const char *path, int64_t *offset_ns, struct error *err)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	int64_t s, ns;

	if (!file)
		return error_errno(err, EXIT_MACHINE_LACKS, "%s", path);
	if (fscanf(file, "monotonic %" SCNd64 " %" SCNd64, &s, &ns) != 2)
		return error_set(err, EXIT_MACHINE_LACKS, "%s says nothing of CLOCK_MONOTONIC",
				 path);
	*offset_ns = s * NS_PER_S + ns;
	return 0;
}

int hosts_read_clock_offset(struct hosts *hosts, int host, int64_t *offset_ns, struct error *err)
{
	pid_t pid = hosts_control(hosts, host)->pid;
	int64_t theirs_ns = 0, ours_ns = 0;
	char path[64];

	if (pid == 0)
		return error_set(err, EXIT_OUR_FAULT, "%s does not run",
				 hosts_get(hosts, host)->name);
	snprintf(path, sizeof(path), "/proc/%d/timens_offsets", (int)pid);
	if (read_offset(path, &theirs_ns, err) ||
	    read_offset("/proc/self/timens_offsets", &ours_ns, err))
		return -1;
	*offset_ns = theirs_ns - ours_ns;
	return 0;
}

static int write_offsets(int64_t offset_ns, struct error *err)
{
	/* Seconds and nanoseconds, of which these are never negative. */
	int64_t ns = (offset_ns % NS_PER_S + NS_PER_S) % NS_PER_S, s = (offset_ns - ns) / NS_PER_S;
	_cleanup_close_ int fd = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);

	if (fd < 0 ||
	    dprintf(fd, "monotonic %" PRId64 " %" PRId64 "\nboottime %" PRId64 " %" PRId64 "\n", s,
		    ns, s, ns) < 0)
		return error_errno(err, EXIT_MACHINE_LACKS, "clock offset of %.3f s",
				   (double)offset_ns / 1e9);
	return 0;
}

int skew_enter(int64_t offset_ns, struct error *err)
{
	int64_t ours_ns = 0;

	if (offset_ns == 0)
		return 0;
	if (unshare(CLONE_NEWTIME))
		return error_errno(err, EXIT_MACHINE_LACKS, "time namespace");
	if (read_offset("/proc/self/timens_offsets", &ours_ns, err) ||
	    write_offsets(ours_ns + offset_ns, err))
		return -1;
	_cleanup_close_ int inside = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);

	if (inside < 0 || setns(inside, CLONE_NEWTIME))
		return error_errno(err, EXIT_MACHINE_LACKS, "entering the time namespace");
	return 0;
}
