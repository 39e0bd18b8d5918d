/*
 * The members' file systems: a tmpfs each, of a fixed size, mounted over the data directory in the
 * sandbox's own mount namespace, so that nobody outside sees it and it goes with the sandbox.
 *
 * Full is made by a ballast file, as a log that grew or a core dump makes it: all that statvfs says
 * is free is allocated at once, and what comes free meanwhile in pages, until the kernel says
 * ENOSPC. It is filled once: what etcd itself gives back later is its own again.
 *
 * Limit: MemAvailable is the machine's; a container's smaller memory limit is not seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "sandbox/disk_inside.h"

enum { CHUNK = 4096, ROUNDS_MAX = 1000 };

static int check_memory(int members, int disk_mb, struct error *err)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long long free_kb = -1;

	while (file && free_kb < 0 && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %lld", &free_kb) != 1)
			free_kb = -1;
	if (disk_mb < DISK_MB_MIN)
		return error_set(err, EXIT_BAD_USAGE, "a member's disk of %d MB: etcd needs %d",
				 disk_mb, DISK_MB_MIN);
	if (free_kb >= 0 && free_kb / 1024 < (long long)members * disk_mb)
		return error_set(err, EXIT_MACHINE_LACKS,
				 "disk faults keep the members' data in memory: %d x %d MB, and "
				 "%lld MB are free; take smaller disks or fewer members",
				 members, disk_mb, free_kb / 1024);
	return 0;
}

int disk_mount_all(const struct hosts *hosts, struct error *err)
{
	int disk_mb = hosts->plan.disk_mb ? hosts->plan.disk_mb : DISK_MB_DEFAULT;
	char options[64];

	if (check_memory(hosts->members, disk_mb, err))
		return -1;
	snprintf(options, sizeof(options), "size=%dm,mode=0700", disk_mb);
	for (int i = 0; i < hosts->members; i++) {
		_cleanup_free_ char *path = hosts_data_path(hosts, i, "");

		if ((mkdir(path, 0700) && errno != EEXIST) ||
		    mount("fencepost", path, "tmpfs", MS_NOSUID | MS_NODEV, options))
			return error_errno(err, EXIT_MACHINE_LACKS, "tmpfs on %s", path);
	}
	return 0;
}

void disk_unmount_all(const struct hosts *hosts)
{
	for (int i = 0; i < hosts->members; i++) {
		_cleanup_free_ char *path = hosts_data_path(hosts, i, "");

		umount2(path, MNT_DETACH); /* one that was never mounted: as good */
	}
}

/* Ballast ------------------------------------------------------------------------------------- */

static char *print_ballast(const struct hosts *hosts, const struct fault_entry *entry)
{
	char name[32];

	snprintf(name, sizeof(name), "/ballast-%d", (int)entry->fault.id);
	return hosts_data_path(hosts, entry->fault.host, name);
}

/* Allocates what is free; in one piece, or, when etcd was faster, with the next look. */
static int grow(int fd, off_t *size)
{
	struct statvfs space;

	if (fstatvfs(fd, &space))
		return -1;
	off_t left = (off_t)space.f_bavail * (off_t)space.f_frsize;

	if (left > CHUNK && fallocate(fd, 0, *size, left) == 0) {
		*size += left;
		return 0;
	}
	if (fallocate(fd, 0, *size, CHUNK))
		return -1;
	*size += CHUNK;
	return 0;
}

int disk_fill(const struct hosts *hosts, struct fault_entry *entry, struct error *err)
{
	_cleanup_free_ char *path = print_ballast(hosts, entry);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	off_t size = 0;

	if (fd < 0)
		return error_errno(err, EXIT_OUR_FAULT, "%s", path);
	for (int round = 0; round < ROUNDS_MAX; round++) {
		if (grow(fd, &size) == 0 || errno == EINTR)
			continue;
		entry->ballast = size;
		return errno == ENOSPC ? 0 : error_errno(err, EXIT_OUR_FAULT, "%s", path);
	}
	entry->ballast = size;
	return error_set(err, EXIT_OUR_FAULT, "%s: not full after %lld bytes", path,
			 (long long)size);
}

void disk_unfill(const struct hosts *hosts, const struct fault_entry *entry)
{
	_cleanup_free_ char *path = print_ballast(hosts, entry);

	CHECK(unlink(path) == 0 || errno == ENOENT);
}
