/*
 * kill: SIGKILL to the host's whole machine (sandbox/machine.h) ... started again. The host is
 * first wanted down, so that the conductor, who owns the processes, neither takes the end for a
 * crash nor starts it at once; the heal wants it up, and the conductor starts it (hosts_tend).
 * That a member serves again is proved by the conductor at the end of the run.
 *
 * kill-for-good: the same without the way back.
 */
#include "base/invariant.h"
#include "nemesis/faults.h"

#include <errno.h>
#include <signal.h>
#include <sys/pidfd.h>

#include "base/clock.h"
#include "base/process.h"

static const int64_t GONE_WITHIN_NS = 1 * NS_PER_S;
/* The conductor starts it at once: on a machine that others starve, after seconds. */
static const int64_t BACK_WITHIN_NS = 10 * NS_PER_S;
static const int64_t LOOK_EVERY_NS = 1 * NS_PER_MS;

static enum verb_result kill_inject(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	struct hosts *hosts = nemesis->config->hosts;

	/* Of one that ended by itself the conductor must hear as a crash. */
	if (process_wait_state(fault->pid, 0, 0))
		return VERB_MISSED;
	hosts_want(hosts, fault->host, WANTED_DOWN);
	if (pidfd_send_signal(fault->pidfd, SIGKILL, NULL, 0)) {
		int why = errno;

		hosts_want(hosts, fault->host, WANTED_UP);
		if (why == ESRCH)
			return VERB_MISSED;
		errno = why;
		error_errno(err, EXIT_OUR_FAULT, "kill pid %d", (int)fault->pid);
		return VERB_FAILED;
	}
	bool gone = machine_kill(&fault->machine, clock_now_ns() + GONE_WITHIN_NS, NULL, NULL);

	fault_begun(nemesis, fault);
	fault->bitten = gone;
	record_proof(nemesis, fault, gone, SIGKILL, fault_traits(FAULT_KILL)->proof,
		     "pid %d, incarnation %d", (int)fault->pid, fault->incarnation);
	return VERB_DONE;
}

static bool is_back(const struct host_control *control, const struct fault *fault)
{
	return atomic_load(&control->incarnation) > fault->incarnation &&
	       atomic_load(&control->pid) != 0;
}

static int kill_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	if (fault_at(nemesis, fault->host, HOLDS_DOWN, fault)) {
		fault->ended_ns = clock_now_ns();
		record_proof(nemesis, fault, true, 0, "left to another fault", "it stays down");
		return 0;
	}
	struct hosts *hosts = nemesis->config->hosts;
	const struct host_control *control = hosts_control(hosts, fault->host);
	int64_t deadline_ns = clock_now_ns() + BACK_WITHIN_NS;

	hosts_want(hosts, fault->host, WANTED_UP);
	/* The control block is plain shared memory: nothing there wakes us. */
	while (!is_back(control, fault) && clock_now_ns() < deadline_ns)
		clock_sleep_until_ns(clock_now_ns() + LOOK_EVERY_NS);
	fault->ended_ns = clock_now_ns();

	bool back = is_back(control, fault);
	int incarnation = atomic_load(&control->incarnation);

	CHECK(incarnation >= fault->incarnation);
	record_proof(nemesis, fault, back && incarnation == fault->incarnation + 1, incarnation,
		     "started again", "pid %d, incarnation %d", (int)atomic_load(&control->pid),
		     incarnation);
	if (!back)
		return error_set(err, EXIT_OUR_FAULT, "%s was not started again within %d s",
				 hosts_get(hosts, fault->host)->name,
				 (int)(BACK_WITHIN_NS / NS_PER_S));
	return 0;
}

const struct verb verb_kill = {kill_inject, NULL, kill_heal, 0, NULL};

/* For good: nobody wants it up again, neither this fault nor the end of the run. */
static int forget_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	(void)err;
	hosts_give_up(nemesis->config->hosts, fault->host);
	fault->ended_ns = clock_now_ns();
	return 0;
}

const struct verb verb_kill_for_good = {kill_inject, NULL, forget_heal, 0, NULL};
