/*
 * What disk and clock faults need, tried as they do it: a child's fsync is answered by us, once
 * with an error and once with "go on"; a small file system is filled; a child's clock is moved.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/shared.h"
#include "sandbox/disk_inside.h"

enum { ANSWER_MS = 2000, AHEAD_S = 3600, MB = 1 << 20 };

/* The child's end: it tells what failed, in memory that both share, or ends with status 0. Takes
 * the telling. */
static int hear(pid_t child, struct error *telling, struct error *err)
{
	int status = -1;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		continue;
	if (telling->code)
		*err = *telling;
	else if (status)
		error_set(err, EXIT_OUR_FAULT, "its process ended with wait status %#x",
			  (unsigned)status);
	munmap(telling, sizeof(*telling));
	return status ? -1 : 0;
}

/* Notification -------------------------------------------------------------------------------- */

static int sync_twice(int channel, struct error *err)
{
	_cleanup_close_ int file = memfd_create("doctor", MFD_CLOEXEC);

	if (file < 0 || disk_filter_load(channel, 1, err))
		return -1;
	if (fsync(file) == 0 || errno != EIO)
		return error_set(err, EXIT_MACHINE_LACKS, "fsync was not answered for the kernel");
	if (fsync(file))
		return error_errno(err, EXIT_MACHINE_LACKS, "fsync that was to go on");
	return 0;
}

static bool is_ready(int fd, short *events)
{
	struct pollfd ready = {fd, POLLIN, 0};
	int count = poll(&ready, 1, ANSWER_MS);

	*events = ready.revents;
	return count > 0;
}

static int answer_two(int channel, struct error *err)
{
	int32_t incarnation = 0;
	short events;

	if (!is_ready(channel, &events))
		return error_set(err, EXIT_MACHINE_LACKS, "no listener came");
	_cleanup_close_ int listener = disk_listener_peek(channel, &incarnation);

	if (listener < 0)
		return error_set(err, EXIT_MACHINE_LACKS, "no listener came");
	for (int i = 0; i < 2; i++) {
		union {
			struct seccomp_notif request;
			struct seccomp_notif_resp answer;
			char room[NOTE_ROOM];
		} note = {.room = {0}}, back = {.room = {0}};

		if (!is_ready(listener, &events) || seccomp_notify_receive(listener, &note.request))
			return error_set(err, EXIT_MACHINE_LACKS, "no notification came");
		back.answer.id = note.request.id;
		back.answer.error = i == 0 ? -EIO : 0;
		back.answer.flags = i == 0 ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		if (seccomp_notify_respond(listener, &back.answer))
			return error_set(err, EXIT_MACHINE_LACKS,
					 "an answer was refused (\"go on\": Linux 5.5)");
	}
	return 0;
}

int disk_try_notification(char *found, size_t size, struct error *err)
{
	struct error *telling = shared_new(sizeof(*telling));
	int channel[2];

	if (seccomp_api_get() < 5 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel)) {
		munmap(telling, sizeof(*telling));
		return error_set(err, EXIT_MACHINE_LACKS, "the kernel offers no notifications");
	}
	pid_t child = fork();

	if (child == 0) {
		close(channel[0]);
		_exit(sync_twice(channel[1], telling) ? 1 : 0);
	}
	close(channel[1]);
	int failed = answer_two(channel[0], err);

	close(channel[0]);
	if (failed) /* it has the listener open itself, and may wait for ever */
		kill(child, SIGKILL);
	struct error told = {0};
	int ended_badly = hear(child, telling, &told);

	if (ended_badly && !failed)
		*err = told;
	if (ended_badly || failed)
		return -1;
	snprintf(found, size, "a child's fsync was failed, and another let go");
	return 0;
}

/* Space --------------------------------------------------------------------------------------- */

static int fill_one_megabyte(struct error *err)
{
	_cleanup_close_ int fd = open("/tmp/doctor", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || fallocate(fd, 0, 0, MB / 2))
		return error_errno(err, EXIT_MACHINE_LACKS, "half of 1 MB");
	if (fallocate(fd, 0, 0, 2 * MB) == 0 || errno != ENOSPC)
		return error_set(err, EXIT_MACHINE_LACKS, "1 MB does not get full");
	return 0;
}

int disk_try_space(char *found, size_t size, struct error *err)
{
	if (mount("doctor", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0700"))
		return error_errno(err, EXIT_MACHINE_LACKS, "mounting it");
	int failed = fill_one_megabyte(err);

	umount2("/tmp", MNT_DETACH);
	if (!failed)
		snprintf(found, size, "one of 1 MB was mounted, and got full");
	return failed;
}

/* Clock --------------------------------------------------------------------------------------- */

static int move_clock(struct error *err)
{
	int64_t before_ns = clock_now_ns();

	if (skew_enter(AHEAD_S * NS_PER_S, err))
		return -1;
	if (clock_now_ns() - before_ns < AHEAD_S * NS_PER_S)
		return error_set(err, EXIT_MACHINE_LACKS, "the clock did not move");
	return 0;
}

int disk_try_clock(char *found, size_t size, struct error *err)
{
	struct error *telling = shared_new(sizeof(*telling));
	pid_t child = fork();

	if (child == 0)
		_exit(move_clock(telling) ? 1 : 0);
	if (hear(child, telling, err))
		return -1;
	snprintf(found, size, "a child's clock was moved ahead by an hour");
	return 0;
}
