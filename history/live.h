/*
 * The live view: what the workers believe right now, for those who watch while the run goes on (the
 * nemesis aiming, the progress line). Each worker publishes its own slot; nobody else writes it,
 * but for its clock, which is the nemesis's to set. It is no record: the history is. A reader may
 * see two fields from two moments, so an aim that it takes must be proved afterwards.
 *
 * Readers wait for a change with live_wait (a futex in the shared mapping), not by polling.
 */
#ifndef HISTORY_LIVE_H
#define HISTORY_LIVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum live_state {
	LIVE_ABSENT, /* no worker, or it ended */
	LIVE_IDLE,
	LIVE_WAITING, /* acquire is under way */
	LIVE_HOLDING, /* acquired; between the steps below */
	LIVE_READING,
	LIVE_WORKING, /* between read and write */
	LIVE_WRITING,
	LIVE_RELEASING,
};

struct live_worker {
	_Atomic int32_t process;           /* process.id; 0: no worker uses this slot */
	_Atomic int32_t arm, lane, worker; /* lane is lane.id, unique in the run */
	_Atomic int32_t host;              /* host.id */
	_Atomic int32_t endpoint;          /* index of the member it talks to */
	_Atomic int32_t state;             /* enum live_state */
	_Atomic uint32_t attempt;
	_Atomic int32_t shared;       /* 1: the attempt shares the lock with others */
	_Atomic int64_t since_ns;     /* of the state */
	_Atomic int64_t acquired_ns;  /* when the hold began, for those who hold */
	_Atomic int64_t renewed_ns;   /* last acknowledged renewal was sent then */
	_Atomic int64_t answered_ns;  /* and its acknowledgement was here */
	_Atomic int64_t granted_ns;   /* the TTL that it was answered; 0: none yet */
	_Atomic int64_t acquisitions; /* so far, over all incarnations */

	/* Its clock (workloads/worker/pace.h). The first two are the nemesis's to write, 0: true;
	 * what runs on the host next has the same clock. The others are the worker's, as of the
	 * last grant or renewal that was acknowledged: by how much the clock was ahead of the truth
	 * when that was sent, and when, truly, it will show that the lease is over. The record's
	 * safe_until_ns stays the true one, which is what the service has promised. */
	_Atomic int32_t clock_rate_ppm;
	_Atomic int64_t clock_offset_ns;
	_Atomic int64_t clock_ahead_ns, believes_until_ns;
};

enum { LIVE_WORKERS = 4096 };

struct live {
	_Atomic uint32_t generation; /* moves with every published change; the futex word */
	_Atomic uint32_t waiters;
	_Atomic int32_t workers;   /* slots in use: 0 .. workers - 1 */
	_Atomic int64_t decisions; /* numbered so far, by the store and the witness */
	_Atomic int64_t decisions_refused, decisions_accepted;
	_Atomic int32_t faults_active, faults_bitten, faults_ended; /* by the nemesis */
	_Atomic int64_t recorded; /* events drained, by the recorder */
	struct live_worker worker[LIVE_WORKERS];
};

/* Publishes a new state of the worker and wakes the waiters. */
void live_publish(struct live *live, struct live_worker *worker, enum live_state state);

/* Wakes the waiters: something that is no state has changed. */
void live_touch(struct live *live);

/* True when the worker believes that it holds its lock. */
bool live_holds(const struct live_worker *worker);

/* Waits until the generation differs from `seen` or the deadline passes; returns the generation. */
uint32_t live_wait(struct live *live, uint32_t seen, int64_t deadline_ns);

#endif
