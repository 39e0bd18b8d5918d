/*
 * Private to this room: one lock while it is played. Theory of operation.
 *
 * Everybody has few things to do at a time, so each owns slots: a worker its main thread, its
 * heartbeat and its life, a session its end. A slot has one event to come, which stands in the
 * lock's heap; what is due anew outdates the one before it (`stamp`). A request is two events: its
 * arrival, which befalls the service or the store, whatever has become of the worker, and its
 * answer, which a worker that stands still takes when it wakes and a dead one never.
 *
 * Two things are skipped, and come to the same (tests/unit/simulation_quiet_test.c compares). Where
 * no fault of this lock and no change of leader comes before t, all renewals of a worker before t
 * are one step (play_worker.c); and while nobody has been disturbed, a whole cycle is a few sums
 * (play_quiet.c).
 */
#ifndef TUNING_SIMULATION_PLAY_H
#define TUNING_SIMULATION_PLAY_H

#include "history/event.h"
#include "tuning/simulation/chance.h"
#include "tuning/simulation/lock_service.h"
#include "tuning/simulation/simulate.h"
#include "workloads/rule/store_rule.h"

/* X(name, whose: a worker's own step waits while it stands still, and is not taken when it is
 * dead) */
#define STEPS(X)                                                                                   \
	X(arrive, false) /* a request, at the service or the store */                              \
	X(answer, true)  /* and what came of it, at the worker */                                  \
	X(begin, true)   /* an attempt */                                                          \
	X(look, true)    /* at the deadline, with some of the work left */                         \
	X(write, true)   /* the work is done */                                                    \
	X(renew, true)                                                                             \
	X(over, false)    /* a session's lease may be */                                           \
	X(wake, false)    /* from a pause */                                                       \
	X(restart, false) /* after a death */                                                      \
	X(resume, false)  /* play_quiet.c has come to here: the lock is free */

enum step {
#define X(name, whose) STEP_##name,
	STEPS(X)
#undef X
};

struct slot {
	uint32_t stamp;
	int64_t at_ns; /* of what is due, if `busy` */
	enum step step;
	bool busy;
};

struct reply {
	enum outcome outcome;
	bool gone;
	int32_t ttl_ms;
	int64_t revision, token, version, value;
	const char *error;
};

/* A thread of a worker, which has one request under way at most. */
struct asker {
	struct slot slot;
	enum function f;
	int64_t sent_ns;
	uint32_t attempt; /* that it was sent in */
	int64_t op;       /* its identity, in a record */
	struct reply reply;
};

struct session { /* a lease, and the key with it */
	struct slot slot;
	struct granted_lease lease;
	int64_t id;    /* of the lease; 0: the place is free */
	int64_t order; /* of its key; 0: none stands */
	int worker;
	uint32_t attempt;
	bool granted; /* its acquire is answered */
};

enum { MAIN, BEAT, LIFE, SLOTS, SESSION = SLOTS, LOCK };

struct worker {
	struct random_stream plan, back_off;
	struct asker main, beat;
	struct slot life;
	int64_t work_ns, rest_ns; /* of the attempt */
	struct {
		int64_t work_ns, rest_ns;
	} drawn; /* of the next one, if `planned`; else of this one */
	bool planned;
	uint32_t attempt;
	int64_t begun_ns,
		begins_ns; /* the attempt; for play_quiet.c, one that nobody has disturbed */
	int session;       /* its place; -1: none */
	int64_t lease, order, token; /* of the attempt; 0: none yet */
	int64_t version;             /* of what it read */
	int64_t safe_until_ns, due_ns /* of the next renewal */;
	int64_t skipped_to_ns; /* renewals before it are counted already */
	int64_t renewals;      /* of the attempt, so far */
	int failures, closings;
	bool running, holding, acquired, lost;
	bool believes, met;  /* that it holds; while an earlier one still did */
	int64_t believed_ns; /* since when */
	bool disturbed;      /* the attempt is not as play_quiet.c would have it */
	bool dead;
	int64_t wakes_ns, cut_until_ns;
	bool paused, cut;         /* the attempt was struck */
	char refusal[ERROR_SIZE]; /* the store's last */
};

struct due {
	int64_t at_ns;
	uint32_t stamp;
	int owner, slot;
	/* Whose it is, and of which attempt: of what is due at one instant the first one's comes
	 * first. */
	int worker;
	uint32_t attempt;
};

enum strike { STRIKE_PAUSE, STRIKE_CUT, STRIKE_DEATH, STRIKES };

struct terms { /* of the scenario, in ns */
	int64_t heartbeat, patience, retry_period, ttl;
	int64_t delay, work_min, work_max, rest_max, check, cut, length;
	double per_hour[STRIKES];
	int retries, workers;
	bool waits, heedless, plays_all;
	const struct guard_kind *guard;
	const struct pause_profile *pauses;
};

struct lock {
	struct terms terms;
	const struct lock_service *service;
	struct played *played;
	struct record *record; /* NULL */
	int number;            /* in the record */
	int64_t now_ns;
	int64_t *revision; /* the service's; of several locks when they are recorded */
	struct worker *worker;
	struct session *session;
	int sessions, session_room;
	struct due *heap;
	int due, heap_room;
	struct slot slot; /* of its own: resume */
	int holder;    /* session whose key is granted; -1: none, or play_quiet.c's until resume */
	bool occupied; /* until resume */
	/* The resource */
	struct store_resource resource;
	struct store_state state;
	int64_t order_written, order_read; /* the greatest */
	/* Faults */
	struct random_stream chance[STRIKES];
	int64_t strike_ns[STRIKES];
	int64_t died_ns; /* its holder, and nobody has acquired since; 0 */
	int believers;
	int64_t two_since_ns;
};

/* play.c: what is due, and when */
struct slot *play_slot(struct lock *lock, int slot, int owner);
enum strike play_next_strike(const struct lock *lock);
void play_pop(struct lock *lock); /* the first of the heap */
/* When the next thing happens; CLOCK_NEVER: nothing any more. */
int64_t play_next_ns(struct lock *lock);
/* `owner`: the worker's number, the session's place; of LOCK nobody's. */
void play_schedule(struct lock *lock, int slot, int owner, enum step step, int64_t at_ns);
/* Nothing befalls this lock until then, but what it does itself. */
int64_t play_quiet_until_ns(const struct lock *lock);
static inline void play_count(struct lock *lock, enum count count)
{
	lock->played->count[count]++;
}

/* play_worker.c: each a step, of the worker `number` */
typedef void step_function(struct lock *lock, int number, int slot);
step_function step_answer, step_begin, step_look, step_write, step_renew;
void worker_believe(struct lock *lock, struct worker *worker);
void worker_end_belief(struct lock *lock, struct worker *worker);

/* play_service.c: of the service and the store; `number` is the worker's, or the session's place */
step_function step_arrive, step_over, step_resume;
/* Sends a request: of the slot's f, which must be idle. */
void service_ask(struct lock *lock, int number, int slot, enum function f);
void service_grant_next(struct lock *lock);

/* play_faults.c */
void faults_open(struct lock *lock, uint64_t seed);
void faults_strike(struct lock *lock, enum strike strike);
step_function step_wake, step_restart;

/* play_quiet.c: the worker's release has arrived, and freed the lock. Plays as many cycles as
 * nothing disturbs; true when there were any: then all has been planned anew. */
bool quiet_cycles(struct lock *lock, int releaser);
/* Draws what the worker will do in its next attempt, unless that is drawn already. */
void quiet_plan(const struct terms *terms, struct worker *worker);

#endif
