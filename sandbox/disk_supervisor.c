/*
 * The supervisor: answers the members' syncs.
 *
 * Nothing that it must remember is its own: it may be killed between any two steps and another one
 * takes over (disk.c). A notification goes through a note in shared memory: FREE, RECEIVING (the
 * kernel writes it there), then answered and FREE again, or HELD until the faults or the clock let
 * it go. Whether to hold is decided anew, from nothing but the note, the faults and the clock, at
 * each change.
 *
 * A thread has one sync at a time. When one comes while another of the same thread is held, the
 * held one was taken back by a signal (SIGSTOP, or Go's preemption) and made again: the new note
 * goes on from the old one.
 *
 * A WAL file's position is noted *before* its sync is let go, or a power loss in between would
 * lose what etcd then acknowledged.
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/process.h"
#include "sandbox/disk_inside.h"

enum { PATH_SIZE = 4096 };

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS /* Linux 6.6 */
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

struct link {         /* to a member */
	int listener; /* -1: none yet */
	int32_t incarnation;
};

struct supervisor {
	struct hosts *hosts;
	struct disk *disk;
	struct disk_shared *shared;
	struct link *link;
	struct pollfd *poll; /* [0]: changed_fd; then for each member its listener or channel */
};

enum answer { LET_GO, HOLD, FAIL };

/* What a sync is of --------------------------------------------------------------------------- */

static int64_t read_position(pid_t thread, int fd)
{
	char path[64], line[80];
	long long position = 0;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)thread, fd);
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	if (file && fgets(line, sizeof(line), file) && sscanf(line, "pos: %lld", &position) == 1)
		return position;
	return 0;
}

/* A new log is written in a directory of the same name with ".tmp", which is then renamed. */
static void locate(const struct hosts *hosts, struct note *note)
{
	const char *wal = hosts->plan.wal;
	pid_t thread = (pid_t)note->request.pid;
	int fd = (int)note->request.data.args[0];
	char path[64], name[PATH_SIZE];
	struct stat status;

	note->is_wal = false;
	note->inode = 0;
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)thread, fd);
	ssize_t length = readlink(path, name, sizeof(name) - 1);

	if (length < 0)
		return;
	name[length] = '\0';
	const char *below = strstr(name, wal) ? strstr(name, wal) + strlen(wal) : "";

	note->is_wal = *below == '/';
	if ((note->is_wal || strncmp(below, ".tmp/", 5) == 0) && stat(path, &status) == 0 &&
	    S_ISREG(status.st_mode)) {
		note->inode = status.st_ino;
		note->position = read_position(thread, fd);
	}
}

/* Deciding ------------------------------------------------------------------------------------ */

static bool hits(const struct fault_entry *entry, const struct note *note)
{
	return disk_fault_is_of(entry, note->member) &&
	       (entry->fault.kind == DISK_STALL || entry->fault.kind == DISK_SLOW ||
		entry->fault.kind == DISK_EIO) &&
	       (entry->fault.scope == DISK_SCOPE_ALL || note->is_wal);
}

static void count_once(uint32_t *by, uint32_t bit, _Atomic int64_t *counter)
{
	if (!(*by & bit))
		++*counter;
	*by |= bit;
}

/* *due_ns is brought forward to the next moment at which the clock alone changes the answer. */
static enum answer judge(struct supervisor *s, struct note *note, int64_t now_ns, int64_t *due_ns)
{
	bool hold = false, fail = false;

	for (int i = 0; i < DISK_FAULTS_MAX; i++) {
		struct fault_entry *entry = &s->shared->fault[i];
		uint32_t bit = UINT32_C(1) << i;

		if (!hits(entry, note))
			continue;
		count_once(&note->seen_by, bit, &entry->seen);
		int64_t until_ns = entry->fault.kind == DISK_STALL ? CLOCK_NEVER
				   : entry->fault.kind == DISK_SLOW
					   ? note->arrived_ns + entry->fault.delay_ns
					   : 0;

		fail |= entry->fault.kind == DISK_EIO;
		if (now_ns >= until_ns)
			continue;
		hold = true;
		count_once(&note->held_by, bit, &entry->held);
		if (until_ns < *due_ns)
			*due_ns = until_ns;
	}
	return hold ? HOLD : fail ? FAIL : LET_GO;
}

/* Answering ----------------------------------------------------------------------------------- */

static void count_holds(struct supervisor *s, const struct note *note, int64_t now_ns)
{
	for (int i = 0; i < DISK_FAULTS_MAX; i++) {
		struct fault_entry *entry = &s->shared->fault[i];

		if (!(note->held_by & UINT32_C(1) << i))
			continue;
		int64_t since_ns =
			note->arrived_ns > entry->began_ns ? note->arrived_ns : entry->began_ns;

		if (now_ns - since_ns > entry->longest_ns)
			entry->longest_ns = now_ns - since_ns;
	}
}

/* What hits it is of stalls that are over, and of eio. */
static void count_failure(struct supervisor *s, const struct note *note)
{
	for (int i = 0; i < DISK_FAULTS_MAX; i++)
		if (hits(&s->shared->fault[i], note) && s->shared->fault[i].fault.kind == DISK_EIO)
			s->shared->fault[i].failed++;
}

/* False: nobody waits for that answer any more. */
static bool respond(const struct supervisor *s, const struct note *note, bool fail)
{
	union {
		struct seccomp_notif_resp answer;
		char room[NOTE_ROOM];
	} response = {.answer = {.id = note->request.id,
				 .error = fail ? -EIO : 0,
				 .flags = fail ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE}};

	return seccomp_notify_respond(s->link[note->member].listener, &response.answer) == 0;
}

static void let_off(struct supervisor *s, struct note *note, bool fail, int64_t now_ns)
{
	if (fail) /* before it can end of it */
		s->hosts->shared->host[note->member].excused = note->incarnation;
	else if (note->inode)
		wal_note_sync(&s->shared->member[note->member], note->inode, note->position);
	count_holds(s, note, now_ns);
	if (respond(s, note, fail) && fail)
		count_failure(s, note);
	note->state = NOTE_FREE;
}

static bool belongs(const struct supervisor *s, const struct note *note)
{
	const struct link *link = &s->link[note->member];

	return link->listener >= 0 && link->incarnation == note->incarnation;
}

/* A healed fault takes its part of the hold when it is healed; its entry may be used anew. */
static void forget_healed(struct supervisor *s, struct note *note, int64_t now_ns)
{
	struct note healed = *note;
	uint32_t inactive = 0;

	for (int i = 0; i < DISK_FAULTS_MAX; i++)
		if (!s->shared->fault[i].active)
			inactive |= UINT32_C(1) << i;
	healed.held_by &= inactive;
	count_holds(s, &healed, now_ns);
	note->held_by &= ~inactive;
	note->seen_by &= ~inactive;
}

/* All that is held, as things are now. Returns when to look again. */
static int64_t review(struct supervisor *s)
{
	int64_t now_ns = clock_now_ns(), due_ns = CLOCK_NEVER;

	for (int i = 0; i < NOTES_MAX; i++) {
		struct note *note = &s->shared->note[i];

		if (note->state != NOTE_HELD)
			continue;
		if (!belongs(s, note)) {
			note->state = NOTE_FREE;
			continue;
		}
		enum answer answer = judge(s, note, now_ns, &due_ns);

		if (answer == HOLD)
			forget_healed(s, note, now_ns);
		else
			let_off(s, note, answer == FAIL, now_ns);
	}
	return due_ns;
}

/* Receiving ----------------------------------------------------------------------------------- */

/* The last free note is kept free: with one, everything can still be let go. */
static struct note *free_note(struct supervisor *s, bool *last)
{
	struct note *found = NULL;

	*last = true;
	for (int i = 0; i < NOTES_MAX; i++) {
		if (s->shared->note[i].state != NOTE_FREE)
			continue;
		if (found) {
			*last = false;
			break;
		}
		found = &s->shared->note[i];
	}
	CHECK(found);
	return found;
}

static void succeed_earlier(struct supervisor *s, struct note *note)
{
	for (int i = 0; i < NOTES_MAX; i++) {
		struct note *earlier = &s->shared->note[i];

		if (earlier == note || earlier->state != NOTE_HELD ||
		    earlier->member != note->member || earlier->incarnation != note->incarnation ||
		    earlier->request.pid != note->request.pid)
			continue;
		note->arrived_ns = earlier->arrived_ns;
		note->seen_by = earlier->seen_by;
		note->held_by = earlier->held_by;
		earlier->state = NOTE_FREE;
	}
}

static void arrived(struct supervisor *s, struct note *note, bool last)
{
	int64_t due_ns = CLOCK_NEVER, now_ns = clock_now_ns();

	note->arrived_ns = now_ns;
	note->seen_by = note->held_by = 0;
	succeed_earlier(s, note);
	locate(s->hosts, note);
	/* Else a thread that is gone may have lent its number to another one. */
	if (seccomp_notify_id_valid(s->link[note->member].listener, note->request.id)) {
		note->state = NOTE_FREE;
		return;
	}
	enum answer answer = judge(s, note, now_ns, &due_ns);

	if (answer == HOLD && !last)
		note->state = NOTE_HELD;
	else
		let_off(s, note, answer == FAIL, now_ns);
}

static void receive(struct supervisor *s, int member)
{
	bool last;
	struct note *note = free_note(s, &last);

	memset(note->room, 0, sizeof(note->room)); /* the kernel insists */
	note->member = member;
	note->incarnation = s->link[member].incarnation;
	note->state = NOTE_RECEIVING;
	if (seccomp_notify_receive(s->link[member].listener, &note->request) == 0)
		arrived(s, note, last);
	else
		note->state = NOTE_FREE; /* taken back meanwhile */
}

/* Members coming and going -------------------------------------------------------------------- */

static bool is_deserted(int listener)
{
	struct pollfd end = {listener, POLLIN, 0};

	return poll(&end, 1, 0) > 0 && (end.revents & POLLHUP);
}

/* The member's present listener, if it has sent one. */
static void adopt(struct supervisor *s, int member)
{
	struct link *link = &s->link[member];

	for (;;) {
		link->listener =
			disk_listener_peek(s->disk->channel[member][0], &link->incarnation);
		if (link->listener < 0)
			return;
		if (!is_deserted(link->listener)) {
			/* Asking thread and answerer take turns on one processor: cheaper. An older
			 * kernel refuses, and does without. */
			ioctl(link->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
			      SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
			return;
		}
		disk_listener_drop(s->disk->channel[member][0]);
		close(link->listener);
	}
}

static void attend_member(struct supervisor *s, int member, short events)
{
	struct link *link = &s->link[member];

	if (link->listener < 0) {
		adopt(s, member);
	} else if (events & POLLIN) {
		receive(s, member);
	} else if (events & (POLLHUP | POLLERR)) {
		close(link->listener);
		link->listener = -1;
		disk_listener_drop(s->disk->channel[member][0]);
		adopt(s, member);
	}
}

/* Starting and going on ----------------------------------------------------------------------- */

static void take_over(struct supervisor *s)
{
	for (int i = 0; i < s->disk->members; i++)
		adopt(s, i);
	for (int i = 0; i < NOTES_MAX; i++) {
		struct note *note = &s->shared->note[i];

		if (note->state != NOTE_RECEIVING)
			continue;
		if (note->request.id && belongs(s, note))
			arrived(s, note, false);
		else
			note->state = NOTE_FREE;
	}
}

static void wait_for_news(struct supervisor *s, int64_t due_ns)
{
	int64_t left_ns = due_ns == CLOCK_NEVER ? 0 : due_ns - clock_now_ns();
	struct timespec left = {0};

	if (left_ns > 0)
		left = (struct timespec){left_ns / NS_PER_S, left_ns % NS_PER_S};
	for (int i = 0; i < s->disk->members; i++)
		s->poll[1 + i] = (struct pollfd){s->link[i].listener >= 0 ? s->link[i].listener
									  : s->disk->channel[i][0],
						 POLLIN, 0};
	s->poll[0] = (struct pollfd){s->disk->changed_fd, POLLIN, 0};
	int ready = ppoll(s->poll, 1 + (nfds_t)s->disk->members,
			  due_ns == CLOCK_NEVER ? NULL : &left, NULL);

	CHECK(ready >= 0 || errno == EINTR);
	for (int i = 0; ready > 0 && i < s->disk->members; i++)
		if (s->poll[1 + i].revents)
			attend_member(s, i, s->poll[1 + i].revents);
}

static void settle(struct hosts *hosts)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "disk-supervisor");
	process_reset_signals();
	network_close(&hosts->network);
	/* libseccomp asks the kernel here what it can do, which its other calls rely on. */
	CHECK(seccomp_api_get() >= 5);
}

_Noreturn void disk_supervise(struct hosts *hosts)
{
	struct supervisor s = {hosts, hosts->disk, hosts->disk->shared,
			       calloc((size_t)hosts->disk->members + 1, sizeof(struct link)),
			       calloc((size_t)hosts->disk->members + 1, sizeof(struct pollfd))};
	eventfd_t changes;

	CHECK_MEMORY(s.link && s.poll);
	settle(hosts);
	take_over(&s);
	for (;;) {
		uint32_t said = s.shared->said;
		int64_t due_ns = review(&s);

		if (s.shared->done != said) {
			s.shared->done = said;
			syscall(SYS_futex, &s.shared->done, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
		}
		wait_for_news(&s, due_ns);
		/* Emptied after the wait, before `said` is read: none is missed. */
		if (read(s.disk->changed_fd, &changes, sizeof(changes)) < 0)
			CHECK(errno == EAGAIN || errno == EINTR);
	}
}
