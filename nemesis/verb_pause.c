/*
 * pause: SIGSTOP ... SIGCONT, as a garbage collection, a VM's migration or a starved machine stops
 * all of a host at once: its heartbeat with its writes.
 *
 * It bit when every thread of every process of the host (sandbox/machine.h: a wrapper's child is
 * one of them) was seen stopped when it began, and again just before it was continued. One whose
 * process ended meanwhile did not come back from a pause as a stale holder does: that is not
 * bitten.
 *
 * Its stamps lie inside the stop: the begin comes after all was seen stopped, the end before the
 * first SIGCONT. So nothing that the process stamps can lie between them.
 */
#include "base/invariant.h"
#include "nemesis/faults.h"

#include <errno.h>
#include <signal.h>
#include <sys/pidfd.h>

#include "base/clock.h"
#include "base/process.h"

/* How long a stop is waited for: each thread stops when it gets to run, which on a machine that
 * others starve takes its time. Mostly it is a millisecond. */
static const int64_t STATE_SHOWS_NS = NS_PER_S;

/* The process's state, for the record. */
static void prove_state(struct nemesis *nemesis, struct fault *fault, bool holds, const char *what)
{
	char state = process_state(fault->pid);

	if (state == 0 || state == 'Z')
		record_proof(nemesis, fault, holds, 0, what, "its process ended during the pause");
	else
		record_proof(nemesis, fault, holds, 0, what, "state %c", state);
}

static enum verb_result pause_inject(struct nemesis *nemesis, struct fault *fault,
				     struct error *err)
{
	struct machine_look look;

	if (pidfd_send_signal(fault->pidfd, SIGSTOP, NULL, 0)) {
		if (errno == ESRCH)
			return VERB_MISSED;
		error_errno(err, EXIT_OUR_FAULT, "stop pid %d", (int)fault->pid);
		return VERB_FAILED;
	}
	fault->bitten = machine_stop(&fault->machine, clock_now_ns() + STATE_SHOWS_NS, &look);
	CHECK(look.stopped <= look.threads);
	aim_look(nemesis, fault); /* what it was at when it stopped stays as it is now */
	fault_begun(nemesis, fault);
	record_bite(nemesis, fault, fault->bitten, look.stopped,
		    "%d of %d threads, %d process%s led by pid %d", look.stopped, look.threads,
		    look.processes, look.processes == 1 ? "" : "es", (int)fault->pid);
	if (fault->slot)
		record_proof(nemesis, fault, aim_holds(nemesis, fault), fault->attempt,
			     "aim still true once stopped", "%s", fault->detail);
	return VERB_DONE;
}

static void pause_prove(struct nemesis *nemesis, struct fault *fault)
{
	struct machine_look look = machine_look(&fault->machine);
	bool stopped = process_state(fault->pid) == 'T' && machine_stands(&look);

	prove_state(nemesis, fault, stopped, "still in state T before SIGCONT");
	fault->bitten = fault->bitten && stopped;
}

/* Another pause of the same process goes on: it is that one's to continue it. */
static bool stays_stopped(struct nemesis *nemesis, const struct fault *fault)
{
	const struct fault *other = fault_at(nemesis, fault->host, HOLDS_STOPPED, fault);

	return other && other->pid == fault->pid;
}

static int pause_heal(struct nemesis *nemesis, struct fault *fault, struct error *err)
{
	if (stays_stopped(nemesis, fault)) {
		fault->ended_ns = clock_now_ns();
		record_proof(nemesis, fault, true, 0, "left to another pause", "pid %d",
			     (int)fault->pid);
		return 0;
	}
	fault->ended_ns = clock_now_ns();
	if (pidfd_send_signal(fault->pidfd, SIGCONT, NULL, 0) && errno != ESRCH)
		return error_errno(err, EXIT_OUR_FAULT, "continue pid %d", (int)fault->pid);
	machine_signal(&fault->machine, SIGCONT);

	/* One that is gone will not be seen running: no need to wait for it. */
	bool runs = !process_wait_state(fault->pid, 0, 0) &&
		    process_wait_state(fault->pid, 'R', fault->ended_ns + STATE_SHOWS_NS);

	prove_state(nemesis, fault, runs, "runs again after SIGCONT");
	if (!runs && process_state(fault->pid) == 'T')
		return error_set(err, EXIT_OUR_FAULT, "pid %d stays stopped after SIGCONT",
				 (int)fault->pid);
	return 0;
}

const struct verb verb_pause = {pause_inject, pause_prove, pause_heal, 0, NULL};
