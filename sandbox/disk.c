/*
 * Theory of operation. Between fork and exec a member loads a seccomp filter that turns its fsync
 * and fdatasync into notifications (disk_filter.c), and sends the notifications' listener through a
 * channel of its own, a socket pair. One supervisor, a child of the conductor, receives and answers
 * them (disk_supervisor.c). Each start of a member has a new filter, listener and message; a
 * stopped member's held sync is taken back by the kernel, and made again when it is continued.
 *
 * What if the supervisor dies? When the last descriptor of a listener is closed, the kernel answers
 * ENOSYS, and etcd ends itself; while one is open and nobody answers, it hangs. So (1) the
 * supervisor only *peeks* at the message, which stays in the channel, and with it the listener,
 * as long as the conductor lives; (2) notifications are received into shared memory; (3) the
 * conductor starts a new supervisor (hosts_tend on SIGCHLD, hosts_tend_disks), which finds
 * listeners, held notifications and faults where they were. When the conductor dies, all do.
 *
 * A change of the faults is told by a count (`said`) and an eventfd; the supervisor acts on it and
 * repeats the count (`done`), for which the teller waits on a futex. After that, no sync is
 * answered as things were before.
 *
 * That a member may end is noted per incarnation (shared_host.excused), by the supervisor before
 * it answers the first EIO, and by whoever fills a disk before he does. It holds beyond the
 * healing, for a member takes a moment to end; but then it is started again at once.
 *
 * Limits: between a supervisor's death and the conductor's next hosts_tend syncs wait. A member
 * that ends for a reason of its own in an incarnation that a fault had bitten is not noticed.
 */
#include "sandbox/disk.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "base/shared.h"
#include "sandbox/disk_inside.h"
#include "sandbox/shared_lock.h"

enum { SUPERVISORS_MAX = 100, ANSWER_MS = 2000, END_MS = 1000 };

/* The supervisor as a process ----------------------------------------------------------------- */

static int start_supervisor(struct hosts *hosts, struct error *err)
{
	struct disk *disk = hosts->disk;

	if (disk->supervisors++ == SUPERVISORS_MAX)
		return error_set(err, EXIT_OUR_FAULT, "the disks' supervisor ended %d times",
				 SUPERVISORS_MAX);
	fflush(NULL); /* or what is buffered here is written there too */
	pid_t pid = fork();

	if (pid == 0)
		disk_supervise(hosts);
	if (pid < 0)
		return error_errno(err, EXIT_MACHINE_LACKS, "starting the disks' supervisor");
	disk->supervisor = pid;
	return 0;
}

int hosts_tend_disks(struct hosts *hosts, struct error *err)
{
	struct disk *disk = hosts->disk;

	if (!disk || disk->owner != getpid() || disk->supervisor == 0 ||
	    waitpid(disk->supervisor, NULL, WNOHANG) != disk->supervisor)
		return 0;
	disk->supervisor = 0;
	return start_supervisor(hosts, err);
}

static void stop_supervisor(struct disk *disk)
{
	if (disk->supervisor == 0)
		return;
	kill(disk->supervisor, SIGKILL);
	while (waitpid(disk->supervisor, NULL, 0) < 0 && errno == EINTR)
		continue;
	disk->supervisor = 0;
}

/* Opening and closing ------------------------------------------------------------------------- */

static struct disk_shared *share(int members, size_t *size)
{
	*size = sizeof(struct disk_shared) + (size_t)members * sizeof(struct wal_files);
	struct disk_shared *shared = shared_new(*size);
	shared_lock_init(&shared->lock);
	return shared;
}

static int open_channels(struct disk *disk, struct error *err)
{
	for (int i = 0; i < disk->members; i++)
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, disk->channel[i]))
			return error_errno(err, EXIT_MACHINE_LACKS, "channel of member %d", i);
	disk->changed_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (disk->changed_fd < 0)
		return error_errno(err, EXIT_OUR_FAULT, "eventfd");
	return 0;
}

int disk_open(struct hosts *hosts, struct error *err)
{
	struct disk *disk = calloc(1, sizeof(*disk));
	int members = hosts->members;

	CHECK(hosts->plan.wal);
	CHECK_MEMORY(disk);
	*disk = (struct disk){.members = members,
			      .changed_fd = -1,
			      .channel = calloc((size_t)members + 1, sizeof(*disk->channel)),
			      .owner = getpid()};
	CHECK_MEMORY(disk->channel);
	for (int i = 0; i < members; i++)
		disk->channel[i][0] = disk->channel[i][1] = -1;
	disk->shared = share(members, &disk->shared_size);
	hosts->disk = disk;
	if (seccomp_api_get() < 5)
		return error_set(err, EXIT_MACHINE_LACKS,
				 "disk faults need seccomp notifications: Linux 5.9 or later");
	if (disk_mount_all(hosts, err) || open_channels(disk, err))
		return -1;
	return start_supervisor(hosts, err);
}

static void close_channels(struct disk *disk)
{
	for (int i = 0; disk->channel && i < disk->members; i++) {
		cleanup_close(&disk->channel[i][0]);
		cleanup_close(&disk->channel[i][1]);
	}
	free(disk->channel);
	disk->channel = NULL;
}

void disk_forget(struct hosts *hosts)
{
	if (hosts->disk)
		close_channels(hosts->disk);
}

void disk_close(struct hosts *hosts)
{
	struct disk *disk = hosts->disk;

	if (!disk)
		return;
	stop_supervisor(disk);
	close_channels(disk);
	cleanup_close(&disk->changed_fd);
	disk_unmount_all(hosts);
	munmap(disk->shared, disk->shared_size);
	free(disk);
	hosts->disk = NULL;
}

int disk_enter(const struct hosts *hosts, int member, struct error *err)
{
	if (!hosts->disk)
		return 0;
	return disk_filter_load(hosts->disk->channel[member][1],
				hosts->shared->host[member].control.incarnation, err);
}

/* Faults -------------------------------------------------------------------------------------- */

static struct fault_entry *find(struct disk *disk, int id)
{
	for (int i = 0; i < DISK_FAULTS_MAX; i++)
		if (disk->shared->fault[i].id == id)
			return &disk->shared->fault[i];
	return NULL;
}

/* Tells the supervisor and waits until it has acted. */
static int agree(struct hosts *hosts, struct error *err)
{
	struct disk *disk = hosts->disk;
	_Atomic uint32_t *done = &disk->shared->done;
	int64_t deadline_ns = clock_now_ns() + ANSWER_MS * NS_PER_MS;
	struct timespec deadline = {deadline_ns / NS_PER_S, deadline_ns % NS_PER_S};
	eventfd_t one = 1;

	if (hosts_tend_disks(hosts, err))
		return -1;
	uint32_t said = 1 + atomic_fetch_add(&disk->shared->said, 1), seen;

	CHECK(write(disk->changed_fd, &one, sizeof(one)) == sizeof(one) || errno == EAGAIN);
	while ((int32_t)((seen = atomic_load(done)) - said) < 0) {
		if (clock_now_ns() >= deadline_ns)
			return error_set(err, EXIT_OUR_FAULT,
					 "the disks' supervisor did not answer within %d ms",
					 ANSWER_MS);
		syscall(SYS_futex, done, FUTEX_WAIT_BITSET, seen, &deadline, NULL,
			FUTEX_BITSET_MATCH_ANY);
	}
	return 0;
}

static int check(struct hosts *hosts, const struct disk_fault *fault, struct error *err)
{
	if (!hosts->disk)
		return error_set(err, EXIT_BAD_USAGE,
				 "this cluster was opened without disk faults");
	if (fault->id <= 0 || fault->host < 0 || fault->host >= hosts->members)
		return error_set(err, EXIT_BAD_USAGE, "fault %d: host %d has no such disk",
				 fault->id, fault->host);
	if (fault->kind == DISK_SLOW && fault->delay_ns <= 0)
		return error_set(err, EXIT_BAD_USAGE, "fault %d: a slow disk needs a delay",
				 fault->id);
	return 0;
}

/* The entry is made before anything is done: whoever finds it can undo it. */
static struct fault_entry *enter(struct disk *disk, const struct disk_fault *fault,
				 struct error *err)
{
	if (shared_lock_take(&disk->shared->lock, "disks", err))
		return NULL;
	struct fault_entry *entry = find(disk, fault->id) ? NULL : find(disk, 0);

	if (entry) {
		entry->fault = *fault;
		entry->began_ns = clock_now_ns();
		entry->seen = entry->held = entry->failed = entry->longest_ns = 0;
		entry->ballast = entry->lost = 0;
		entry->id = fault->id;
		entry->active = true;
	} else {
		error_set(err, EXIT_BAD_USAGE,
			  "disk fault %d: that id is in force, or %d faults are", fault->id,
			  DISK_FAULTS_MAX);
	}
	shared_lock_give(&disk->shared->lock);
	return entry;
}

int hosts_disk_inject(struct hosts *hosts, const struct disk_fault *fault, struct error *err)
{
	if (check(hosts, fault, err))
		return -1;
	struct fault_entry *entry = enter(hosts->disk, fault, err);

	if (!entry)
		return -1;
	switch (fault->kind) {
	case DISK_STALL:
	case DISK_SLOW:
	case DISK_EIO:
		return agree(hosts, err);
	case DISK_FULL:
		hosts->shared->host[fault->host].excused =
			hosts_control(hosts, fault->host)->incarnation;
		return disk_fill(hosts, entry, err);
	case DISK_POWER_LOSS:
		return wal_lose_power(hosts, entry, err);
	}
	CHECK(!"a kind");
	return -1;
}

/* The longest hold of those that still are held. */
static int64_t held_now_ns(const struct disk_shared *shared, const struct fault_entry *entry)
{
	uint32_t bit = UINT32_C(1) << (entry - shared->fault);
	int64_t now_ns = clock_now_ns(), longest_ns = 0;

	for (int i = 0; i < NOTES_MAX; i++) {
		const struct note *note = &shared->note[i];

		if (note->state != NOTE_HELD || !(note->held_by & bit))
			continue;
		int64_t since_ns =
			note->arrived_ns > entry->began_ns ? note->arrived_ns : entry->began_ns;

		if (now_ns - since_ns > longest_ns)
			longest_ns = now_ns - since_ns;
	}
	return longest_ns;
}

static void read_count(struct disk *disk, const struct fault_entry *entry, struct disk_count *count)
{
	int64_t held_ns = held_now_ns(disk->shared, entry);

	*count = (struct disk_count){entry->seen,       entry->held,    entry->failed,
				     entry->longest_ns, entry->ballast, entry->lost};
	if (held_ns > count->longest_hold_ns)
		count->longest_hold_ns = held_ns;
}

void hosts_disk_count(struct hosts *hosts, int id, struct disk_count *count)
{
	const struct fault_entry *entry = hosts->disk && id ? find(hosts->disk, id) : NULL;

	*count = (struct disk_count){0};
	if (entry)
		read_count(hosts->disk, entry, count);
}

/* Told of an I/O error it ends itself after a moment. */
static void await_end(struct hosts *hosts, int host)
{
	const struct host_control *control = hosts_control(hosts, host);
	pid_t pid = control->pid;

	if (pid && control->incarnation == hosts->shared->host[host].excused)
		process_wait_state(pid, 0, clock_now_ns() + END_MS * NS_PER_MS);
}

static int heal(struct hosts *hosts, struct fault_entry *entry, struct disk_count *count,
		struct error *err)
{
	/* Until it has ended, it is held back from starting again in the midst of the fault. */
	if (entry->fault.kind == DISK_EIO && entry->failed)
		await_end(hosts, entry->fault.host);
	if (entry->fault.kind == DISK_FULL)
		disk_unfill(hosts, entry);
	entry->active = false;
	if (agree(hosts, err))
		return -1;
	if (count)
		read_count(hosts->disk, entry, count);
	if (entry->fault.kind == DISK_POWER_LOSS)
		hosts_want(hosts, entry->fault.host, WANTED_UP);
	entry->id = 0;
	hosts_poke(hosts); /* who ended by it may start */
	return 0;
}

int hosts_disk_heal(struct hosts *hosts, int id, struct disk_count *count, struct error *err)
{
	struct fault_entry *entry = hosts->disk && id ? find(hosts->disk, id) : NULL;

	if (count)
		*count = (struct disk_count){0};
	if (!entry)
		return 0;
	return heal(hosts, entry, count, err) ? error_wrap(err, "healing disk fault %d", id) : 0;
}

int disk_heal_all(struct hosts *hosts, struct error *err)
{
	int failed = 0;

	for (int i = 0; hosts->disk && i < DISK_FAULTS_MAX; i++) {
		struct error another = {0};

		if (hosts_disk_heal(hosts, hosts->disk->shared->fault[i].id, NULL,
				    failed ? &another : err))
			failed = -1;
	}
	return failed;
}

/* Questions of tend.c -------------------------------------------------------------------------- */

static bool suffers(const struct hosts *hosts, int host, enum disk_fault_kind kind)
{
	for (int i = 0; hosts->disk && i < DISK_FAULTS_MAX; i++)
		if (disk_fault_is_of(&hosts->disk->shared->fault[i], host) &&
		    hosts->disk->shared->fault[i].fault.kind == kind)
			return true;
	return false;
}

bool disk_may_end(const struct hosts *hosts, int host)
{
	return suffers(hosts, host, DISK_EIO) || suffers(hosts, host, DISK_FULL);
}

bool disk_is_full(const struct hosts *hosts, int host)
{
	return suffers(hosts, host, DISK_FULL);
}
