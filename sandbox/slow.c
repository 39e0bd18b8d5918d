/*
 * slow: SIGSTOP and SIGCONT by turns.
 *
 * Theory of operation. The driver stops and continues. Its child, the guard, reads from a pipe that
 * only the driver can write to, and nobody does: the read returns when the driver has ended,
 * however that came, and then the guard continues the process and ends. No stop can follow, for its
 * sender is dead. The driver in turn sees the guard's end by a descriptor and gives up. The guard
 * leads a process group of its own: what kills all of the nemesis's group must not kill both.
 */
#include "sandbox/slow.h"

#include <errno.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/invariant.h"

static const int64_t STATE_SHOWS_NS = 20 * NS_PER_MS;

struct slow {
	const struct machine *machine;
	int pidfd, stop_fd;
	struct slow_counts *counts;
	pid_t guard;
	int guard_fd, lifeline; /* the end of the pipe that must stay open */
};

static _Noreturn void guard(const struct machine *machine, int driver)
{
	char byte;

	setpgid(0, 0);
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	while (read(driver, &byte, 1) < 0 && errno == EINTR)
		continue;
	machine_signal(machine, SIGCONT);
	_exit(EXIT_AS_EXPECTED);
}

static void start_guard(struct slow *slow)
{
	int lifeline[2];

	CHECK(pipe(lifeline) == 0);
	slow->guard = fork();
	CHECK(slow->guard >= 0);
	if (slow->guard == 0) {
		close(lifeline[1]);
		guard(slow->machine, lifeline[0]);
	}
	close(lifeline[0]);
	setpgid(slow->guard, slow->guard); /* both sides do, so that neither comes too late */
	slow->lifeline = lifeline[1];
	slow->guard_fd = pidfd_open(slow->guard, 0);
	CHECK(slow->guard_fd >= 0);
}

/* False when it is time to end. */
static bool wait_until(const struct slow *slow, int64_t until_ns)
{
	return !companion_wait(slow->stop_fd, (const int[]){slow->guard_fd, slow->pidfd}, 2,
			       until_ns);
}

static bool is_gone(const struct slow *slow)
{
	return clock_await_readable(slow->pidfd, 0);
}

static void turn_about(const struct slow *slow, int64_t stop_ns, int64_t go_ns)
{
	bool goes_on = true;

	while (goes_on && !is_gone(slow)) {
		int64_t began_ns = clock_now_ns();

		if (machine_stop(slow->machine, began_ns + STATE_SHOWS_NS, NULL))
			atomic_fetch_add(&slow->counts->stops, 1);
		goes_on = wait_until(slow, began_ns + stop_ns);
		machine_signal(slow->machine, SIGCONT);
		if (is_gone(slow))
			return;
		atomic_fetch_add(&slow->counts->continues, 1);
		goes_on = goes_on && wait_until(slow, began_ns + stop_ns + go_ns);
	}
}

static int live(const void *context, void *counts, int stop_fd)
{
	const struct slow_plan *plan = context;
	struct slow slow = {.machine = &plan->machine,
			    .pidfd = plan->pidfd,
			    .stop_fd = stop_fd,
			    .counts = counts};
	int status = 0;

	start_guard(&slow);
	turn_about(&slow, plan->stop_ms * NS_PER_MS, plan->go_ms * NS_PER_MS);
	close(slow.lifeline);
	while (waitpid(slow.guard, &status, 0) < 0 && errno == EINTR)
		continue;
	return status == 0 ? EXIT_AS_EXPECTED : EXIT_OUR_FAULT;
}

int slow_start(struct companion **companion, const struct slow_plan *plan, struct error *err)
{
	const struct companion_job job = {.live = live,
					  .plan = plan,
					  .counts_size = sizeof(struct slow_counts),
					  .slowed = plan->machine};

	CHECK(plan->machine.leader > 0 && plan->pidfd >= 0 && plan->stop_ms > 0 && plan->go_ms > 0);
	return companion_start(companion, &job, err);
}
