/*
 * A worker that goes through its attempts in the test's own thread, against a service of the test's
 * own (workloads_service.h), until that has told it to stop; and what it put into its ring.
 */
#ifndef UNIT_WORKLOADS_STEPS_H
#define UNIT_WORKLOADS_STEPS_H

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "tests/unit/workloads_service.h"
#include "workloads/recipe.h"
#include "workloads/worker/worker.h"

enum { RING = 1, PROCESS = 7, SEED = 42, TTL_S = 2, SLOT = 3 };

static struct rig rig;
static struct arm arm;
static struct worker_config config;
static struct lock_service lock_service;
static const char
	*last_path; /* with this question of the last attempt the worker is told to stop */
static uint32_t last_attempt;

static inline struct live_worker *view(void)
{
	return &area_live(rig.area)->worker[SLOT];
}

static inline void stop_in_time(const struct question *question)
{
	if (service_is(question, last_path) && question->attempt >= last_attempt)
		atomic_store(config.stop, 1);
}

static inline void setup(void)
{
	rig_open(&rig);
	service_open(view(), service_tell);
	service.heed = stop_in_time;
	last_path = "kv/lease/revoke";
	last_attempt = 1;
	arm = (struct arm){
		.id = 2,
		.guard = GUARD_TOKEN,
		.recipe = RECIPE_LOCK,
		.ttl_s = TTL_S,
		.heartbeat_ms = 3600000,
		.retries = 3,
		.acquire_timeout_ms = 20000,
	};
	lock_service.etcd = (struct etcd_target){service.endpoint, 2, NULL};
	config = (struct worker_config){
		.arm = &arm,
		.lane = 5,
		.lane_number = 4,
		.worker = 1,
		.host = 9,
		.lock = "run/token/4",
		.resource = "token/4",
		.client = &recipe_lock,
		.service = &lock_service,
		.first_endpoint = 1,
		.store_url = service.store_url,
		.seed = SEED,
		.ring = area_ring(rig.area, RING),
		.live = area_live(rig.area),
		.view = view(),
		.stop = &rig.flags[RIG_STOP_WORKERS],
	};
}

static inline void teardown(void)
{
	service_close();
	rig_close(&rig);
}

static inline void run(void)
{
	ck_assert_int_eq(worker_main(&config, PROCESS), EXIT_AS_EXPECTED);
	stand_in_agree(service.stand_in);
	rig_drain(&rig, RING);
}

/* The operation of that function, counted from 0, as it was invoked or as it returned. */
static inline const struct op_event *op(enum event_kind kind, enum function f, int nth)
{
	for (int i = 0; i < rig.events; i++)
		if (rig.event[i].kind == kind && rig.event[i].op.f == f && nth-- == 0)
			return &rig.event[i].op;
	ck_abort_msg("no such operation: %s", function_name(f));
}

static inline int64_t at_ns(const struct op_event *of)
{
	for (int i = 0; i < rig.events; i++)
		if (&rig.event[i].op == of)
			return rig.event[i].at_ns;
	return 0;
}

/* "lease-grant ok, acquire info": each operation but the renewals, with its outcome, in the order
 * of the returns. */
static inline const char *story(void)
{
	static char text[1024];
	FILE *out = fmemopen(text, sizeof(text), "w");

	text[0] = '\0';
	for (int i = 0; i < rig.events; i++) {
		const struct op_event *ended = &rig.event[i].op;

		if (rig.event[i].kind != EVENT_RETURN || ended->f == F_KEEPALIVE)
			continue;
		fprintf(out, "%s%s %s", ftell(out) ? ", " : "", function_name(ended->f),
			ended->outcome == OUTCOME_OK     ? "ok"
			: ended->outcome == OUTCOME_FAIL ? "fail"
							 : "info");
	}
	fclose(out);
	return text;
}

#define HEALTHY                                                                                    \
	"lease-grant ok, acquire ok, token ok, read ok, write ok, release ok, lease-revoke ok"

#endif
