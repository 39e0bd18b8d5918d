/*
 * One lane for tests: a real etcd on loopback, a store, and workers as processes of their own.
 */
#ifndef UNIT_WORKLOADS_LANE_H
#define UNIT_WORKLOADS_LANE_H

#include "etcd/etcd.h"
#include "tests/support/etcd_fixture.h"
#include "tests/unit/workloads_rig.h"
#include "workloads/recipe_lock.h"
#include "workloads/worker/worker.h"

#define LANE_LOCK     "test/none/0"
#define LANE_RESOURCE "none/0"

enum { LANE_ID = 5, LANE_WORKERS = 2, LANE_PATIENCE_S = 20 };

struct lane_worker {
	pid_t pid; /* 0: does not run */
	int process;
	struct arm arm; /* the lane's when it started */
	struct worker_config config;
};

static struct lane {
	struct rig rig;
	struct etcd_fixture *etcd;
	const char *endpoint[1];
	struct lock_service service;
	char store_url[64];
	struct arm arm;
	struct store_resource resource;
	struct lane_worker worker[LANE_WORKERS];
} lane;

static inline struct live_worker *lane_view(int worker)
{
	return &area_live(lane.rig.area)->worker[worker];
}

static inline void lane_open(void)
{
	struct error err = {0};

	rig_open(&lane.rig);
	ck_assert_msg(etcd_fixture_start(&lane.etcd, "etcd", &err) == 0, "%s", err.text);
	lane.endpoint[0] = etcd_fixture_url(lane.etcd);
	lane.service.etcd = (struct etcd_target){lane.endpoint, 1, NULL};
	lane.arm = (struct arm){
		.name = "test",
		.guard = GUARD_NONE,
		.recipe = RECIPE_LOCK,
		.lanes = 1,
		.workers = LANE_WORKERS,
		.ttl_s = 2,
		.heartbeat_ms = 500,
		.retries = 3,
		.acquire_timeout_ms = 5000,
	};
}

static inline void lane_start_store(void)
{
	lane.resource =
		(struct store_resource){LANE_RESOURCE, LANE_ID, lane.arm.guard, STORE_HONEST};
	rig_start_store(&lane.rig, &lane.resource, 1);
	snprintf(lane.store_url, sizeof(lane.store_url), "http://127.0.0.1:%u", lane.rig.port);
}

/* Starts the store first when it does not run, with the arm's guard. */
static inline void lane_start_worker(int number)
{
	struct lane_worker *worker = &lane.worker[number];

	if (!lane.store_url[0])
		lane_start_store();
	atomic_store(&lane.rig.flags[RIG_STOP_WORKERS], 0);
	worker->process = number + 1;
	worker->arm = lane.arm;
	worker->config = (struct worker_config){
		.arm = &worker->arm,
		.lane = LANE_ID,
		.worker = number,
		.lock = LANE_LOCK,
		.resource = LANE_RESOURCE,
		.client = recipe_steps(lane.arm.recipe),
		.service = &lane.service,
		.store_url = lane.store_url,
		.seed = 42,
		.ring = area_ring(lane.rig.area, 1 + number),
		.live = area_live(lane.rig.area),
		.view = lane_view(number),
		.stop = &lane.rig.flags[RIG_STOP_WORKERS],
	};
	worker->pid = rig_fork(worker_main, &worker->config, worker->process);
}

static inline void lane_stop_workers(void)
{
	atomic_store(&lane.rig.flags[RIG_STOP_WORKERS], 1);
	for (int i = 0; i < LANE_WORKERS; i++) {
		if (lane.worker[i].pid)
			ck_assert_int_eq(rig_join(lane.worker[i].pid), 0);
		lane.worker[i].pid = 0;
	}
}

static inline void lane_close(void)
{
	lane_stop_workers();
	rig_close(&lane.rig);
	etcd_fixture_stop(lane.etcd);
}

static inline int lane_drain(int worker)
{
	return rig_drain(&lane.rig, 1 + worker);
}

static inline struct etcd *lane_open_etcd(void)
{
	struct etcd *etcd;
	struct error err = {0};

	ck_assert_msg(etcd_open(&etcd, &(struct etcd_target){lane.endpoint, 1, NULL}, 0, &err) == 0,
		      "%s", err.text);
	return etcd;
}

/* Evaluates the condition at every change of the live view; false when it did not come in time. */
#define lane_await(condition)                                                                      \
	({                                                                                         \
		int64_t deadline_ns_ = clock_now_ns() + LANE_PATIENCE_S * NS_PER_S;                \
		struct live *live_ = area_live(lane.rig.area);                                     \
		uint32_t seen_ = atomic_load(&live_->generation);                                  \
		bool came_;                                                                        \
                                                                                                   \
		while (!(came_ = (condition)) && clock_now_ns() < deadline_ns_)                    \
			seen_ = live_wait(live_, seen_, clock_now_ns() + 10 * NS_PER_MS);          \
		came_;                                                                             \
	})

static inline void lane_await_decisions(int count)
{
	struct live *live = area_live(lane.rig.area);

	ck_assert(lane_await(atomic_load(&live->decisions_accepted) +
				     atomic_load(&live->decisions_refused) >=
			     count));
}

/* Waits until a worker is in the state; returns which one. */
static inline int lane_await_state(enum live_state state)
{
	int who = -1;

	ck_assert(lane_await((who = atomic_load(&lane_view(0)->state) == (int)state   ? 0
				    : atomic_load(&lane_view(1)->state) == (int)state ? 1
										      : -1) >= 0));
	return who;
}

static inline bool lane_await_both_hold(void)
{
	return lane_await(live_holds(lane_view(0)) && live_holds(lane_view(1)));
}

/* True when the worker came to its attempt of that number. */
static inline bool lane_await_attempt(int worker, uint32_t attempt)
{
	return lane_await(atomic_load(&lane_view(worker)->attempt) >= attempt);
}

/* True when the worker held and is through with it. It is counted before its state is shown. */
static inline bool lane_await_hold_of(int worker)
{
	struct live_worker *view = lane_view(worker);

	return lane_await(atomic_load(&view->acquisitions) >= 2 ||
			  (atomic_load(&view->acquisitions) == 1 &&
			   (atomic_load(&view->state) == LIVE_RELEASING ||
			    atomic_load(&view->state) == LIVE_IDLE)));
}

/* Reading a ring ------------------------------------------------------------------------------ */

/* The events of the attempt that are operations, in order; returns how many. */
static inline int lane_ops_of(uint32_t attempt, const struct event **into, int limit)
{
	int count = 0;

	for (int i = 0; i < lane.rig.events && count < limit; i++)
		if (lane.rig.event[i].op.attempt == attempt)
			into[count++] = &lane.rig.event[i];
	return count;
}

static inline const struct event *lane_find(uint32_t attempt, enum event_kind kind, enum function f)
{
	for (int i = 0; i < lane.rig.events; i++) {
		const struct event *event = &lane.rig.event[i];

		if (event->kind == (uint32_t)kind && event->op.attempt == attempt &&
		    event->op.f == f)
			return event;
	}
	return NULL;
}

static inline int lane_count_ops(enum event_kind kind, enum function f)
{
	int count = 0;

	for (int i = 0; i < lane.rig.events; i++)
		count += lane.rig.event[i].kind == (uint32_t)kind && lane.rig.event[i].op.f == f;
	return count;
}

static inline uint32_t lane_last_attempt(void)
{
	return lane.rig.events ? lane.rig.event[lane.rig.events - 1].op.attempt : 0;
}

/* Every invocation has its one return, with the same number, function and attempt, and numbers
 * count from 1. */
static inline void lane_assert_paired(void)
{
	const struct event *open[RIG_SLOTS] = {0};
	uint32_t seq = 0;

	for (int i = 0; i < lane.rig.events; i++) {
		const struct event *event = &lane.rig.event[i];

		if (i)
			ck_assert_int_ge(event->at_ns, event[-1].at_ns);
		ck_assert_uint_gt(event->op.attempt, 0);
		if (event->kind == EVENT_INVOKE) {
			ck_assert_uint_eq(event->op.seq, ++seq);
			open[seq] = event;
			continue;
		}
		ck_assert_uint_eq(event->kind, EVENT_RETURN);
		ck_assert_uint_le(event->op.seq, seq);
		ck_assert_ptr_nonnull(open[event->op.seq]);
		ck_assert_uint_eq(event->op.f, open[event->op.seq]->op.f);
		ck_assert_uint_eq(event->op.attempt, open[event->op.seq]->op.attempt);
		ck_assert(event->op.outcome == OUTCOME_OK || event->op.error[0]);
		open[event->op.seq] = NULL;
	}
	for (uint32_t i = 1; i <= seq; i++)
		ck_assert_msg(!open[i], "operation %u has no return", i);
}

#endif
