/* The frame of a companion: its start, its counts, its end. */
#include "sandbox/companion.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/shared.h"

enum { COMPANION_MAGIC = 0x636f6d70, WATCHED_MAX = 4 };

struct companion {
	uint32_t magic;
	pid_t pid;
	int pidfd, stop_fd;
	struct machine slowed; /* that must run in the end; leader 0: none */
	void *counts;          /* shared with it */
	size_t counts_size;
};

/* Starting ------------------------------------------------------------------------------------ */

static struct companion *prepare(const struct companion_job *job)
{
	struct companion *made = calloc(1, sizeof(*made));

	CHECK_MEMORY(made);
	*made = (struct companion){
		.magic = COMPANION_MAGIC,
		.pidfd = -1,
		.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.slowed = job->slowed,
		.counts = shared_new(job->counts_size),
		.counts_size = job->counts_size,
	};
	CHECK(made->stop_fd >= 0);
	return made;
}

/* Forks: 0 in the child, which is killed with the parent; else 1, or -1. */
static int split(struct companion *companion, struct error *err)
{
	pid_t parent = getpid();

	fflush(NULL);
	companion->pid = fork();
	if (companion->pid < 0)
		return error_errno(err, EXIT_MACHINE_LACKS, "starting a companion");
	if (companion->pid == 0) {
		/* The signal comes only for a death after this line. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
			_exit(EXIT_OUR_FAULT);
		signal(SIGPIPE, SIG_IGN);
		signal(SIGTERM, SIG_DFL);
		return 0;
	}
	companion->pidfd = pidfd_open(companion->pid, 0);
	CHECK(companion->pidfd >= 0);
	return 1;
}

int companion_start(struct companion **companion, const struct companion_job *job,
		    struct error *err)
{
	struct companion *made = prepare(job);
	int side = split(made, err);

	if (side == 0) {
		int status = job->live(job->plan, made->counts, made->stop_fd);

		fflush(NULL);
		_exit(status);
	}
	if (side < 0) {
		companion_close(made);
		return -1;
	}
	*companion = made;
	return 0;
}

/* Asking -------------------------------------------------------------------------------------- */

const void *companion_counts(const struct companion *companion)
{
	CHECK(companion->magic == COMPANION_MAGIC);
	return companion->counts;
}

pid_t companion_pid(const struct companion *companion)
{
	return companion->pid;
}

/* Ending -------------------------------------------------------------------------------------- */

int companion_stop(struct companion *companion, int64_t deadline_ns, struct error *err)
{
	eventfd_t one = 1;
	int status = 0, result = 0;

	CHECK(companion->magic == COMPANION_MAGIC);
	CHECK(write(companion->stop_fd, &one, sizeof(one)) == sizeof(one));
	if (!clock_await_readable(companion->pidfd, deadline_ns)) {
		kill(companion->pid, SIGKILL);
		result = error_set(err, EXIT_OUR_FAULT, "companion %d did not end in time",
				   (int)companion->pid);
	}
	while (waitpid(companion->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	/* Its guard does so, too; but by our return it shall have been done. */
	if (companion->slowed.leader)
		machine_signal(&companion->slowed, SIGCONT);
	if (result == 0 && status != 0)
		result = error_set(err, EXIT_OUR_FAULT, "companion %d ended with wait status %#x",
				   (int)companion->pid, (unsigned)status);
	return result;
}

void companion_close(struct companion *companion)
{
	CHECK(companion->magic == COMPANION_MAGIC);
	cleanup_close(&companion->pidfd);
	cleanup_close(&companion->stop_fd);
	munmap(companion->counts, companion->counts_size);
	companion->magic = 0;
	free(companion);
}

/* Waiting inside a companion ------------------------------------------------------------------- */

bool companion_wait(int stop_fd, const int *others, int count, int64_t until_ns)
{
	struct pollfd watched[1 + WATCHED_MAX] = {{stop_fd, POLLIN, 0}};

	CHECK(count <= WATCHED_MAX);
	for (int i = 0; i < count; i++)
		watched[1 + i] = (struct pollfd){others[i], POLLIN, 0};
	for (;;) {
		int64_t left_ns = until_ns - clock_now_ns();
		struct timespec left = {left_ns / NS_PER_S, left_ns % NS_PER_S};

		if (left_ns <= 0)
			left = (struct timespec){0};
		int ready = ppoll(watched, (nfds_t)(1 + count), &left, NULL);

		if (ready > 0)
			return true;
		CHECK(ready == 0 || errno == EINTR);
		if (ready == 0 && left_ns <= 0)
			return false;
	}
}
