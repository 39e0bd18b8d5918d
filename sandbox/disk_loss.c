/*
 * Power loss: SIGKILL keeps what was written, for it is in the kernel; a machine that lost its
 * power keeps only what was synced. So after the kill everything behind the last completed sync of
 * each WAL file becomes zeros, which is what etcd finds behind the end of a file that it has
 * preallocated (wal.go; decoder.go takes a record of length 0 for the end).
 *
 * The supervisor notes the descriptor's position at each sync that it lets go; the WAL is only ever
 * appended to, so that this is its end. A file that it never saw synced is left as it is.
 *
 * Limits: the WAL alone loses; the database and the snapshots keep what was written to them. Here
 * a sync is durable, and what was not synced is lost as a whole, cleanly between two records: real
 * disks reorder and tear.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "sandbox/disk_inside.h"
#include "sandbox/machine.h"

enum { GONE_MS = 2000, BLOCK = 65536 };

void wal_note_sync(struct wal_files *files, uint64_t inode, int64_t position)
{
	struct wal_file *file = NULL;

	for (int i = 0; i < WAL_FILES && !file; i++)
		if (files->file[i].inode == inode)
			file = &files->file[i];
	if (!file) {
		file = &files->file[files->next++ % WAL_FILES];
		file->synced = position;
		file->inode = inode;
	}
	/* A sync is of the whole file, wherever this descriptor stands. */
	if (position > file->synced)
		file->synced = position;
}

/* -1: nobody knows. */
static int64_t find_synced(const struct wal_files *files, uint64_t inode)
{
	for (int i = 0; i < WAL_FILES; i++)
		if (files->file[i].inode == inode)
			return files->file[i].synced;
	return -1;
}

/* Losing -------------------------------------------------------------------------------------- */

/* Makes the bytes from `from` on zeros; returns how many of them, up to the last one that was not
 * zero already, or -1. */
static int64_t zero_tail(int fd, off_t from, off_t size)
{
	static const char zeros[BLOCK];
	char block[BLOCK];
	int64_t lost = 0;

	for (off_t at = from; at < size; at += BLOCK) {
		ssize_t got = pread(fd, block, sizeof(block), at);

		if (got < 0)
			return -1;
		while (got > 0 && block[got - 1] == 0)
			got--;
		if (got == 0)
			continue;
		if (pwrite(fd, zeros, (size_t)got, at) != got)
			return -1;
		lost = at - from + got;
	}
	return lost;
}

static int lose_file(int directory, const char *name, struct wal_files *files,
		     struct fault_entry *entry, struct error *err)
{
	_cleanup_close_ int fd = openat(directory, name, O_RDWR | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		return error_errno(err, EXIT_OUR_FAULT, "WAL file %s", name);
	int64_t synced = find_synced(files, status.st_ino);
	int64_t lost = synced < 0 ? 0 : zero_tail(fd, synced, status.st_size);

	if (lost < 0)
		return error_errno(err, EXIT_OUR_FAULT, "zeros in WAL file %s", name);
	entry->lost += lost;
	return 0;
}

static int lose_all(struct hosts *hosts, struct fault_entry *entry, struct error *err)
{
	int member = entry->fault.host, failed = 0;
	_cleanup_free_ char *path = hosts_data_path(hosts, member, hosts->plan.wal);

	DIR *directory = opendir(path);

	if (!directory) /* it did not live long enough to make one */
		return errno == ENOENT ? 0 : error_errno(err, EXIT_OUR_FAULT, "%s", path);
	for (const struct dirent *file; !failed && (file = readdir(directory));) {
		size_t length = strlen(file->d_name);

		if (length > 4 && strcmp(file->d_name + length - 4, ".wal") == 0)
			failed = lose_file(dirfd(directory), file->d_name,
					   &hosts->disk->shared->member[member], entry, err);
	}
	closedir(directory);
	return failed;
}

/* Killing ------------------------------------------------------------------------------------- */

static int kill_all_of(const struct machine *machine, struct error *err)
{
	if (machine_kill(machine, clock_now_ns() + GONE_MS * NS_PER_MS, NULL, NULL))
		return 0;
	return error_set(err, EXIT_OUR_FAULT, "pid %d is there %d ms after SIGKILL",
			 (int)machine->leader, GONE_MS);
}

int wal_lose_power(struct hosts *hosts, struct fault_entry *entry, struct error *err)
{
	int host = entry->fault.host;
	struct machine machine = hosts_machine(hosts, host);

	if (machine.leader == 0)
		return error_set(err, EXIT_OUR_FAULT, "%s does not run: it has no power to lose",
				 hosts_get(hosts, host)->name);
	hosts_want(hosts, host, WANTED_DOWN);
	return kill_all_of(&machine, err) || lose_all(hosts, entry, err) ? -1 : 0;
}
