/* For tests of aiming: a cluster that is only a plan: hosts with control blocks, all of them "run"
 * by this very process, and a live view that the tests fill in by hand. */
#ifndef TESTS_NEMESIS_RIG_H
#define TESTS_NEMESIS_RIG_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "nemesis/fault.h"
#include "tests/support/scratch.h"

enum { MEMBERS = 3, STORE = 3, WITNESS = 4, FIRST_WORKER = 5, WORKERS = 6, HOSTS = 11 };

static struct host host[HOSTS];
static struct cluster *cluster;
static struct area *area;
static struct live *live;
static struct nemesis nemesis;
static struct nemesis_config config;
static struct fault_block block;
static struct scheduled entry;
static const struct nemesis_lane lanes[] = {
	{.lane = 0, .ttl_ns = 2 * NS_PER_S},
	{.number = 1, .lane = 1, .ttl_ns = 2 * NS_PER_S},
};
static _Atomic int stop; /* zero: nobody stops it */

static inline void open_cluster(void)
{
	static const enum host_role special[] = {HOST_MEMBER, HOST_MEMBER, HOST_MEMBER, HOST_STORE,
						 HOST_WITNESS};
	/* Nobody listens on port 9 (discard): no member will ever answer. */
	static const char *const endpoints[MEMBERS] = {"http://127.0.0.1:9", "http://127.0.0.1:9",
						       "http://127.0.0.1:9"};
	struct cluster_plan plan = {.run_dir = scratch_file("."),
				    .members = MEMBERS,
				    .hosts = HOSTS,
				    .host = host,
				    .endpoints = endpoints};
	struct error err = {0};

	for (int i = 0; i < HOSTS; i++) {
		host[i] = (struct host){.id = i, .role = HOST_WORKER};
		if (i < FIRST_WORKER)
			host[i].role = special[i];
		snprintf(host[i].name, sizeof(host[i].name), "host-%d", i);
	}
	ck_assert_msg(cluster_open(&cluster, &plan, &err) == 0, "%s", err.text);
	for (int i = 0; i < HOSTS; i++) {
		struct host_control *control = cluster_control(cluster, i);

		atomic_store(&control->pid, getpid());
		atomic_store(&control->process, 100 + i);
		atomic_store(&control->incarnation, 1);
	}
}

static inline void set_up(void)
{
	struct error err = {0};

	open_cluster();
	ck_assert_int_eq(area_open(&area, 1, 256, &err), 0);
	live = area_live(area);
	atomic_store(&live->workers, WORKERS);
	for (int i = 0; i < WORKERS; i++) { /* three in each lane, idle */
		struct live_worker *slot = &live->worker[i];

		atomic_store(&slot->process, 100 + FIRST_WORKER + i);
		atomic_store(&slot->lane, i / 3);
		atomic_store(&slot->worker, i % 3);
		atomic_store(&slot->host, FIRST_WORKER + i);
		live_publish(live, slot, LIVE_IDLE);
	}
	block = (struct fault_block){.name = "block", .length = {.low = 1, .high = 1}};
	entry = (struct scheduled){.id = 1};
	config = (struct nemesis_config){.block = &block,
					 .blocks = 1,
					 .lane = lanes,
					 .lanes = 2,
					 .cluster = cluster,
					 .ring = area_ring(area, 0),
					 .live = live,
					 .stop = &stop};
	memset(&nemesis, 0, sizeof(nemesis));
	nemesis.config = &config;
}

static inline void tear_down(void)
{
	for (int i = 0; i < HOSTS; i++) /* the close must not end this process */
		atomic_store(&cluster_control(cluster, i)->pid, 0);
	cluster_close(cluster);
	area_close(area);
}

/* The worker holds since `age_ms` ago. */
static inline void holds(int worker, enum live_state state, int age_ms)
{
	atomic_store(&live->worker[worker].acquired_ns, clock_now_ns() - age_ms * NS_PER_MS);
	live_publish(live, &live->worker[worker], state);
}

static inline void waits(int worker)
{
	live_publish(live, &live->worker[worker], LIVE_WAITING);
}

/* Aims a fault at the target in lane 0; the host that it found, or -1. */
static inline int aim(enum fault_target target, enum fault_moment moment)
{
	static struct fault fault;

	block.target = target;
	block.moment = moment;
	fault = (struct fault){.block = &block,
			       .entry = &entry,
			       .planned_ns = clock_now_ns(),
			       .ttl_ns = lanes[0].ttl_ns,
			       .host = -1,
			       .pidfd = -1};
	if (target != TARGET_LEADER && target != TARGET_MEMBER)
		fault.lane = &lanes[0];
	bool found = aim_find(&nemesis, &fault);

	if (fault.pidfd >= 0)
		close(fault.pidfd);
	if (!found)
		ck_assert_ptr_nonnull(fault.lacks);
	return found ? fault.host : -1;
}

static inline void put_under_fault(int host_id, bool member)
{
	nemesis.fault[nemesis.faults++] = (struct fault){.stage = STAGE_INJECTED,
							 .block = &block,
							 .host = host_id,
							 .lane = member ? NULL : &lanes[0]};
}

#endif
