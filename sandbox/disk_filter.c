/*
 * The filter and the way of its listener to the supervisor.
 *
 * fsync and fdatasync are all that etcd 3.3 - 3.5 makes things durable with (its WAL and snapshots
 * by fileutil.Fdatasync and Fsync, bbolt by fdatasync). sync_file_range is let be: etcd does not
 * call it, and it promises no durability (sync_file_range(2), "Warning"). Every other system call
 * is allowed as ever, of other architectures too.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/invariant.h"
#include "sandbox/disk_inside.h"

union passed { /* aligned as CMSG_* wants it */
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

static int load(scmp_filter_ctx filter)
{
	const int syncs[] = {SCMP_SYS(fsync), SCMP_SYS(fdatasync)};
	int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);

	for (size_t i = 0; !failed && i < sizeof(syncs) / sizeof(*syncs); i++)
		failed = seccomp_rule_add(filter, SCMP_ACT_NOTIFY, syncs[i], 0);
	return failed ? failed : seccomp_load(filter);
}

static int send_listener(int channel, int listener, int32_t incarnation)
{
	struct iovec words = {&incarnation, sizeof(incarnation)};
	union passed passed = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)),
					.cmsg_level = SOL_SOCKET,
					.cmsg_type = SCM_RIGHTS}};
	struct msghdr message = {.msg_iov = &words,
				 .msg_iovlen = 1,
				 .msg_control = &passed,
				 .msg_controllen = sizeof(passed)};

	memcpy(CMSG_DATA(&passed.head), &listener, sizeof(listener));
	return sendmsg(channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int disk_filter_load(int channel, int32_t incarnation, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	CHECK_MEMORY(filter);
	errno = -load(filter);
	if (errno)
		return error_errno(err, EXIT_MACHINE_LACKS, "seccomp filter");
	if (send_listener(channel, seccomp_notify_fd(filter), incarnation))
		return error_errno(err, EXIT_OUR_FAULT, "sending the seccomp listener");
	return 0; /* what is open is closed by the exec, what is allocated goes with it */
}

static int receive(int channel, int flags, int32_t *incarnation)
{
	struct iovec words = {incarnation, sizeof(*incarnation)};
	union passed passed;
	struct msghdr message = {.msg_iov = &words,
				 .msg_iovlen = 1,
				 .msg_control = &passed,
				 .msg_controllen = sizeof(passed)};
	int listener;

	if (recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC | flags) !=
		    (ssize_t)sizeof(*incarnation) ||
	    message.msg_controllen < CMSG_LEN(sizeof(int)))
		return -1;
	memcpy(&listener, CMSG_DATA(&passed.head), sizeof(listener));
	return listener;
}

int disk_listener_peek(int channel, int32_t *incarnation)
{
	return receive(channel, MSG_PEEK, incarnation);
}

void disk_listener_drop(int channel)
{
	int32_t incarnation = 0;
	_cleanup_close_ int listener = receive(channel, 0, &incarnation);

	(void)listener;
}
