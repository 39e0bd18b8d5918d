/*
 * The heartbeat: a thread with a lock client of its own that renews the lease of the attempt under
 * way, and knows what the worker may believe of it: the safe deadline, and whether it is lost.
 *
 * A lease is lost when a renewal's answer says that it is gone, or when `retries` renewals in a row
 * failed, or for `renew_deadline_ms` all did. That is recorded (LOSE) once in an attempt, and only
 * from heartbeat_hold until heartbeat_stop: who does not hold cannot lose.
 *
 * The thread lives as long as the process; attempts are started and stopped within it. All
 * functions are for the one main thread, but for two that say otherwise.
 */
#ifndef WORKLOADS_WORKER_HEARTBEAT_H
#define WORKLOADS_WORKER_HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "workloads/worker/journal.h"
#include "workloads/worker/lock_client.h"
#include "workloads/worker/pace.h"

struct heartbeat;

/* never_notices: whatever the answers say, it renews on, and nothing is lost. */
struct heartbeat_config { /* everything borrowed until heartbeat_close */
	struct journal *journal;
	struct live *live;
	struct live_worker *view;
	struct pace *pace;                      /* by which renewals come due and time out */
	const struct lock_client_steps *client; /* without a step to renew it watches over the
						   attempt all the same */
	const struct lock_terms *terms;
	struct lock_client *opened; /* the worker's, which serves both; NULL: it opens its own */
	int heartbeat_ms, retries;  /* heartbeat 0: nothing is renewed */
	int renew_timeout_ms;       /* 0: arm_renewal_patience_ms */
	int retry_after_ms;         /* at the least from one that fails to the next; 0: at once */
	int renew_deadline_ms;      /* from the first that fails until the loss, however many fail;
				       0: as `retries` says */
	bool never_notices;
};

int heartbeat_open(struct heartbeat **heartbeat, const struct heartbeat_config *config,
		   struct error *err);
/* Waits for a renewal under way, at most as long as that is waited for. */
void heartbeat_close(struct heartbeat *heartbeat);

/* An attempt begins, with nothing of the one before, which has been stopped. */
void heartbeat_begin(struct heartbeat *heartbeat, uint32_t attempt);

/* The attempt has been stopped, and what it had is kept: renews that beyond it, until the next
 * attempt goes on with it, or heartbeat_stop. What is lost meanwhile is recorded nowhere:
 * heartbeat_lost tells. */
void heartbeat_rest(struct heartbeat *heartbeat);

/* What the attempt that has been stopped had is taken for alive again: a careless habit. */
void heartbeat_forget_loss(struct heartbeat *heartbeat);

/* An attempt begins with what the one before had: renews that again, or still. */
void heartbeat_go_on(struct heartbeat *heartbeat, uint32_t attempt);

/* The attempt was granted something (0: without a lease), for so long as the answer tells, or for
 * nobody knows how long: renews it from now on. */
void heartbeat_start(struct heartbeat *heartbeat, int64_t lease, const struct lock_answer *grant);

/* The lock was acquired. When the lease is known to be lost by then, the loss is recorded now. */
void heartbeat_hold(struct heartbeat *heartbeat, const char *key);

/* The client renewed by itself, by a request that was sent then. In any thread. */
void heartbeat_renewed(struct heartbeat *heartbeat, int64_t sent_ns, int32_t ttl_ms);

/* The worker learned otherwise that it holds no more. In any thread. */
void heartbeat_lose(struct heartbeat *heartbeat, const char *why);
bool heartbeat_lost(struct heartbeat *heartbeat);
/* When that was; 0: it is not. */
int64_t heartbeat_lost_ns(struct heartbeat *heartbeat);

/* Send time of the last acknowledged grant or renewal + granted TTL, the latest of all in this
 * attempt; 0: nothing was granted yet. */
int64_t heartbeat_safe_until_ns(struct heartbeat *heartbeat);
/* Is that still to come, as the worker's own clock shows it? */
bool heartbeat_in_time(struct heartbeat *heartbeat);

/* Renews no more; a renewal under way ends by itself and is nothing to who begins anew. True when
 * the attempt's lease was lost before. */
bool heartbeat_stop(struct heartbeat *heartbeat);

#endif
