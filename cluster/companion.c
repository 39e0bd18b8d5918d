/* The frame of a companion: its start, its counts, its end. */
#include "cluster/companion.h"

#include <errno.h>
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
#include "cluster/companion_inside.h"
#include "etcd/etcd.h"

enum { COMPANION_MAGIC = 0x636f6d70 };

struct companion {
	uint32_t magic;
	pid_t pid;
	int pidfd, stop_fd;
	struct machine slowed; /* that must run in the end; leader 0: none */
	struct companion_shared *shared;
};

/* Starting ------------------------------------------------------------------------------------ */

static void let_go(struct companion *companion)
{
	cleanup_close(&companion->pidfd);
	cleanup_close(&companion->stop_fd);
	if (companion->shared)
		munmap(companion->shared, sizeof(*companion->shared));
	companion->magic = 0;
	free(companion);
}

static struct companion *prepare(struct machine slowed)
{
	struct companion *made = calloc(1, sizeof(*made));

	CHECK_MEMORY(made);
	*made = (struct companion){
		.magic = COMPANION_MAGIC,
		.pidfd = -1,
		.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.slowed = slowed,
		.shared = mmap(NULL, sizeof(*made->shared), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	};
	CHECK(made->stop_fd >= 0);
	CHECK_MEMORY(made->shared != MAP_FAILED);
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

static _Noreturn void end(int status)
{
	fflush(NULL);
	_exit(status);
}

int companion_start_load(struct companion **companion, const struct load_plan *plan,
			 struct error *err)
{
	struct companion *made = prepare((struct machine){0});

	CHECK(plan->leases >= 0 && plan->leases <= LOAD_LEASES_MAX && plan->writes_per_s >= 0 &&
	      plan->writes_per_s <= LOAD_WRITES_MAX && plan->service->count > 0);
	CHECK(plan->leases == 0 || plan->ttl_s > 0);
	CHECK(plan->writes_per_s == 0 || plan->prefix[0]);
	int side = split(made, err);

	if (side == 0)
		end(load_live(plan, made->shared, made->stop_fd));
	if (side < 0) {
		let_go(made);
		return -1;
	}
	*companion = made;
	return 0;
}

int companion_start_slow(struct companion **companion, const struct machine *machine, int pidfd,
			 int stop_ms, int go_ms, struct error *err)
{
	struct companion *made = prepare(*machine);

	CHECK(machine->leader > 0 && pidfd >= 0 && stop_ms > 0 && go_ms > 0);
	int side = split(made, err);

	if (side == 0)
		end(slow_live(machine, pidfd, stop_ms, go_ms, made->shared, made->stop_fd));
	if (side < 0) {
		let_go(made);
		return -1;
	}
	*companion = made;
	return 0;
}

/* Asking -------------------------------------------------------------------------------------- */

struct companion_counts companion_counts(const struct companion *companion)
{
	struct companion_shared *shared = companion->shared;

	CHECK(companion->magic == COMPANION_MAGIC);
	return (struct companion_counts){
		.grants = atomic_load(&shared->grants),
		.renewals = atomic_load(&shared->renewals),
		.lost_early = atomic_load(&shared->lost_early),
		.lost_late = atomic_load(&shared->lost_late),
		.alive = atomic_load(&shared->alive),
		.renewals_failed = atomic_load(&shared->renewals_failed),
		.writes = atomic_load(&shared->writes),
		.writes_failed = atomic_load(&shared->writes_failed),
		.keys_left = atomic_load(&shared->keys_left),
		.stops = atomic_load(&shared->stops),
		.continues = atomic_load(&shared->continues),
	};
}

pid_t companion_pid(const struct companion *companion)
{
	return companion->pid;
}

/* Ending -------------------------------------------------------------------------------------- */

int companion_stop(struct companion *companion, int64_t deadline_ns,
		   struct companion_counts *counts, struct error *err)
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
	if (counts)
		*counts = companion_counts(companion);
	if (result == 0 && status != 0)
		result = error_set(err, EXIT_OUR_FAULT, "companion %d ended with wait status %#x",
				   (int)companion->pid, (unsigned)status);
	let_go(companion);
	return result;
}
