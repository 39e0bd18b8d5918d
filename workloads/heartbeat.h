/*
 * The heartbeat: a thread with an etcd client of its own that renews the lease of the attempt under
 * way, and knows what the worker may believe of it: the safe deadline, and whether it is lost.
 *
 * A lease is lost when a renewal's answer says that it is gone, or when `retries` renewals in a row
 * failed. That is recorded (LOSE) once in an attempt, and only from heartbeat_hold until
 * heartbeat_stop: who does not hold cannot lose.
 *
 * The thread lives as long as the process; attempts are started and stopped within it. All
 * functions are for the one main thread.
 */
#ifndef WORKLOADS_HEARTBEAT_H
#define WORKLOADS_HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "etcd/etcd.h"
#include "workloads/journal.h"
#include "workloads/pace.h"
#include "workloads/recipe.h"

struct heartbeat;

struct heartbeat_config { /* everything borrowed until heartbeat_close */
	struct journal *journal;
	struct live *live;
	struct live_worker *view;
	struct pace *pace; /* by which renewals come due and time out */
	struct etcd_target service;
	int first_endpoint;
	int heartbeat_ms, retries;
	recipe_renew *renew; /* NULL: watches over the attempt, but never renews */
};

int heartbeat_open(struct heartbeat **heartbeat, const struct heartbeat_config *config,
		   struct error *err);
/* Waits for a renewal under way: at most heartbeat_ms, at least 100 ms. */
void heartbeat_close(struct heartbeat *heartbeat);

/* A lease was granted, by a request sent at `sent_ns`: renews it from now on. `grant` tells
 * attempt, lease and granted TTL. The attempt before has been stopped. */
void heartbeat_start(struct heartbeat *heartbeat, const struct op_event *grant, int64_t sent_ns);

/* The lock was acquired. When the lease is known to be lost by then, the loss is recorded now. */
void heartbeat_hold(struct heartbeat *heartbeat, const char *key);

/* The worker learned otherwise that it holds no more. */
void heartbeat_lose(struct heartbeat *heartbeat, const char *why);
bool heartbeat_lost(struct heartbeat *heartbeat);

/* Send time of the last acknowledged grant or renewal + granted TTL, the latest of all. */
int64_t heartbeat_safe_until_ns(struct heartbeat *heartbeat);
/* Is that still to come, as the worker's own clock shows it? */
bool heartbeat_in_time(struct heartbeat *heartbeat);

/* Renews no more; a renewal under way ends by itself and changes nothing. True when the attempt's
 * lease was lost before. */
bool heartbeat_stop(struct heartbeat *heartbeat);

#endif
