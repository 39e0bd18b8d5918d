/*
 * Theory of operation. The main thread goes through attempts: grant a lease, start renewing, take
 * the lock, learn the token, read, work, write, unlock, revoke, rest. Each step is recorded before
 * and after (journal.h) and shown in the live view. Before each step of the hold the worker looks
 * whether it *knows* that the lock is lost, and gives up without writing if so. What carries a
 * token, and whether it looks at its safe deadline before it writes, is the guard's
 * (history/guard.h); elsewhere the deadline is only recorded.
 *
 * The work is a plain sleep to an absolute deadline that nothing cuts short. A worker that is
 * stopped (SIGSTOP) meanwhile goes on when it is continued, and writes: mostly before its heartbeat
 * has had an answer that would tell it that it is late. That is what is being studied.
 */
#include "workloads/worker.h"

#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "etcd/etcd.h"
#include "workloads/heartbeat.h"
#include "workloads/journal.h"
#include "workloads/recipe.h"
#include "workloads/resource.h"

enum {
	REQUEST_TIMEOUT_MS = 3000,
	REVOKE_TRIES = 3,
	BACK_OFF_LEAST_MS = 10,
	BACK_OFF_MOST_MS = 100,
	STOP_LOOK_MS = 50,
};

struct worker {
	const struct worker_config *config;
	const struct recipe_steps *recipe;
	struct journal journal;
	struct pace pace;
	struct heartbeat *heartbeat;
	struct etcd *etcd;
	struct resource_client *store;
	struct random_stream random;
	uint32_t attempts;
	int8_t endpoint;         /* of etcd, that answered last */
	int64_t token;           /* presented to the store; 0: none */
	struct op_event attempt; /* what every operation of the present attempt carries */
};

/* Drawn at the start of an attempt, all of it, however the attempt goes: so that the n-th attempts
 * of two arms draw alike. */
struct plan {
	int64_t work_ns, rest_ns, back_off_ns;
};

/* Recording ----------------------------------------------------------------------------------- */

static int64_t request_deadline_ns(void)
{
	return clock_now_ns() + REQUEST_TIMEOUT_MS * NS_PER_MS;
}

static int64_t safe_until_ns(struct worker *worker)
{
	return worker->attempt.lease ? heartbeat_safe_until_ns(worker->heartbeat) : 0;
}

static struct op_event new_op(struct worker *worker, enum function f)
{
	struct op_event op = worker->attempt;

	op.f = (uint8_t)f;
	op.endpoint = f == F_READ || f == F_WRITE ? -1 : worker->endpoint;
	op.safe_until_ns = safe_until_ns(worker);
	return op;
}

static void return_from_etcd(struct worker *worker, struct op_event *op,
			     const struct etcd_reply *reply)
{
	op->outcome = (uint8_t)reply->outcome;
	op->endpoint = (int8_t)reply->endpoint;
	op->revision = reply->revision;
	text_copy(op->error, sizeof(op->error), reply->error);
	op->safe_until_ns = safe_until_ns(worker);
	journal_return(&worker->journal, op);
	worker->endpoint = op->endpoint;
	atomic_store(&worker->config->view->endpoint, op->endpoint);
}

static void return_from_store(struct worker *worker, struct op_event *op,
			      const struct resource_reply *reply)
{
	op->outcome = (uint8_t)reply->outcome;
	op->version = reply->version;
	if (op->f == F_READ)
		op->value = reply->value;
	text_copy(op->error, sizeof(op->error), reply->error);
	op->safe_until_ns = safe_until_ns(worker);
	journal_return(&worker->journal, op);
}

static const struct guard_kind *guard_of(const struct worker *worker)
{
	return &guard_kinds[worker->config->arm->guard];
}

static void show(struct worker *worker, enum live_state state)
{
	live_publish(worker->config->live, worker->config->view, state);
}

static bool told_to_stop(const struct worker *worker)
{
	return atomic_load(worker->config->stop);
}

/* Steps --------------------------------------------------------------------------------------- */

static bool grant(struct worker *worker)
{
	int ttl_s = worker->recipe->lease_ttl_s;
	struct etcd_lease lease = {0};
	struct op_event op = new_op(worker, F_LEASE_GRANT);

	journal_invoke(&worker->journal, &op);
	struct etcd_reply reply =
		etcd_lease_grant(worker->etcd, ttl_s ? ttl_s : worker->config->arm->ttl_s, &lease,
				 request_deadline_ns());

	if (reply.outcome == ETCD_OK) {
		worker->attempt.lease = op.lease = lease.id;
		op.ttl_ms = (int32_t)(lease.ttl_s * 1000);
		heartbeat_start(worker->heartbeat, &op, reply.sent_ns);
	}
	return_from_etcd(worker, &op, &reply);
	return reply.outcome == ETCD_OK;
}

static bool acquire(struct worker *worker)
{
	const struct worker_config *config = worker->config;
	struct op_event op = new_op(worker, F_ACQUIRE);
	char key[ETCD_TEXT] = "";

	show(worker, LIVE_WAITING);
	journal_invoke(&worker->journal, &op);
	struct etcd_reply reply = worker->recipe->acquire(
		worker->etcd, config->lock, op.lease, key,
		clock_now_ns() + config->arm->acquire_timeout_ms * NS_PER_MS);

	if (reply.outcome == ETCD_OK && !text_copy(op.key, sizeof(op.key), key)) {
		/* Not a key of ours; the lease is revoked, and with it whatever this is. */
		reply.outcome = ETCD_INFO;
		text_copy(reply.error, sizeof(reply.error), "the lock key is too long");
		op.key[0] = '\0';
	}
	text_copy(worker->attempt.key, sizeof(worker->attempt.key), op.key);
	return_from_etcd(worker, &op, &reply);
	if (reply.outcome != ETCD_OK)
		return false;
	atomic_store(&config->view->acquired_ns, clock_now_ns());
	atomic_fetch_add(&config->view->acquisitions, 1);
	show(worker, LIVE_HOLDING);
	heartbeat_hold(worker->heartbeat, key);
	return true;
}

static bool learn_token(struct worker *worker)
{
	struct op_event op = new_op(worker, F_TOKEN);

	journal_invoke(&worker->journal, &op);
	struct etcd_reply reply = worker->recipe->token(worker->etcd, op.key, op.lease, &op.token,
							request_deadline_ns());
	bool gone = reply.outcome == ETCD_OK && op.token == 0;

	if (gone) {
		reply.outcome = ETCD_FAIL;
		text_copy(reply.error, sizeof(reply.error), "the lock key is gone");
	}
	return_from_etcd(worker, &op, &reply);
	if (gone)
		heartbeat_lose(worker->heartbeat, "the lock key is gone");
	worker->token = op.token;
	return reply.outcome == ETCD_OK;
}

static void heed_refusal(struct worker *worker, const struct resource_reply *reply)
{
	if (reply->refused)
		heartbeat_lose(worker->heartbeat, reply->error);
}

static bool read_resource(struct worker *worker, int64_t *version)
{
	struct op_event op = new_op(worker, F_READ);

	show(worker, LIVE_READING);
	op.token = guard_carries(guard_of(worker), false) ? worker->token : 0;
	int64_t id = journal_invoke(&worker->journal, &op);
	struct resource_reply reply =
		resource_read(worker->store, op.token, id, request_deadline_ns());

	return_from_store(worker, &op, &reply);
	heed_refusal(worker, &reply);
	*version = reply.version;
	return reply.outcome == OUTCOME_OK;
}

static void write_resource(struct worker *worker, int64_t base_version)
{
	struct op_event op = new_op(worker, F_WRITE);

	show(worker, LIVE_WRITING);
	op.token = guard_carries(guard_of(worker), true) ? worker->token : 0;
	op.version = base_version;
	int64_t id = journal_invoke(&worker->journal, &op);
	struct resource_reply reply =
		resource_write(worker->store, op.token, id, op.value, request_deadline_ns());

	return_from_store(worker, &op, &reply);
	heed_refusal(worker, &reply);
}

static void release(struct worker *worker)
{
	struct op_event op = new_op(worker, F_RELEASE);

	show(worker, LIVE_RELEASING);
	journal_invoke(&worker->journal, &op);
	struct etcd_reply reply =
		worker->recipe->release(worker->etcd, op.key, request_deadline_ns());

	return_from_etcd(worker, &op, &reply);
}

/* Frees whatever the attempt may have left: the lock when its release is unknown, a queued key when
 * the acquire is. Never just go on renewing (etcd/etcd.h, etcd_lock). */
static void revoke_lease(struct worker *worker)
{
	struct etcd_reply reply;
	int tries = 0;

	do {
		struct op_event op = new_op(worker, F_LEASE_REVOKE);

		journal_invoke(&worker->journal, &op);
		reply = etcd_lease_revoke(worker->etcd, op.lease, request_deadline_ns());
		return_from_etcd(worker, &op, &reply);
	} while (reply.outcome == ETCD_INFO && ++tries < REVOKE_TRIES);
}

/* Attempts ------------------------------------------------------------------------------------ */

static bool may_go_on(struct worker *worker)
{
	return !heartbeat_lost(worker->heartbeat);
}

/* A stop between this and the writing is seen by nobody: so it promises nothing. */
static bool in_time(struct worker *worker)
{
	if (!guard_of(worker)->looks_at_deadline || heartbeat_in_time(worker->heartbeat))
		return true;
	heartbeat_lose(worker->heartbeat, "the safe deadline is over");
	return false;
}

static void hold(struct worker *worker, const struct plan *plan)
{
	int64_t version;

	/* Acquired while the run ends: give it back at once, so that the waiting drain quickly. */
	if (told_to_stop(worker))
		return;
	if (guard_needs_token(guard_of(worker)) && !(may_go_on(worker) && learn_token(worker)))
		return;
	if (!may_go_on(worker) || !read_resource(worker, &version))
		return;
	show(worker, LIVE_WORKING);
	clock_sleep_until_ns(clock_now_ns() + plan->work_ns);
	if (may_go_on(worker) && in_time(worker))
		write_resource(worker, version);
}

static struct plan draw_plan(struct worker *worker)
{
	const struct arm *arm = worker->config->arm;
	struct random_stream *random = &worker->random;
	struct plan plan;

	plan.work_ns =
		random_between(random, arm->work_min_ms * NS_PER_MS, arm->work_max_ms * NS_PER_MS);
	plan.rest_ns = random_between(random, 0, arm->rest_max_ms * NS_PER_MS);
	plan.back_off_ns =
		random_between(random, BACK_OFF_LEAST_MS * NS_PER_MS, BACK_OFF_MOST_MS * NS_PER_MS);
	return plan;
}

/* Returns how long to rest before the next attempt. */
static int64_t run_attempt(struct worker *worker)
{
	struct plan plan = draw_plan(worker);
	bool acquired, lost;

	worker->attempt = (struct op_event){.attempt = ++worker->attempts};
	atomic_store(&worker->config->view->attempt, worker->attempts);
	if (!grant(worker))
		return plan.back_off_ns;
	acquired = acquire(worker);
	if (acquired)
		hold(worker, &plan);
	lost = heartbeat_stop(worker->heartbeat);
	if (acquired && !lost && worker->recipe->gives_back)
		release(worker);
	if (worker->recipe->gives_back)
		revoke_lease(worker);
	atomic_store(&worker->config->view->acquired_ns, 0);
	show(worker, LIVE_IDLE);
	return acquired ? plan.rest_ns : plan.back_off_ns;
}

/* A flag in shared memory wakes nobody, so a long rest looks at it every STOP_LOOK_MS. */
static void rest(const struct worker *worker, int64_t length_ns)
{
	int64_t until_ns = clock_now_ns() + length_ns;

	for (int64_t now_ns; (now_ns = clock_now_ns()) < until_ns && !told_to_stop(worker);) {
		int64_t look_ns = now_ns + STOP_LOOK_MS * NS_PER_MS;

		clock_sleep_until_ns(look_ns < until_ns ? look_ns : until_ns);
	}
}

/* Process ------------------------------------------------------------------------------------- */

static int open_clients(struct worker *worker, struct error *err)
{
	const struct worker_config *config = worker->config;
	struct heartbeat_config heartbeat = {
		.journal = &worker->journal,
		.live = config->live,
		.view = config->view,
		.pace = &worker->pace,
		.service = config->service,
		.first_endpoint = config->first_endpoint,
		.heartbeat_ms = config->arm->heartbeat_ms,
		.retries = config->arm->retries,
		.renew = worker->recipe->renew,
	};

	if (etcd_open(&worker->etcd, &config->service, config->first_endpoint, err) ||
	    resource_open(&worker->store, config->store_url, config->resource, err))
		return -1;
	return heartbeat_open(&worker->heartbeat, &heartbeat, err);
}

static void introduce(const struct worker *worker, int process)
{
	const struct worker_config *config = worker->config;
	struct live_worker *view = config->view;

	atomic_store(&view->process, process);
	atomic_store(&view->arm, config->arm->id);
	atomic_store(&view->lane, config->lane);
	atomic_store(&view->worker, config->worker);
	atomic_store(&view->host, config->host);
	atomic_store(&view->endpoint, config->first_endpoint);
	atomic_store(&view->attempt, 0);
	atomic_store(&view->acquired_ns, 0);
	atomic_store(&view->renewed_ns, 0);
	atomic_store(&view->answered_ns, 0);
	atomic_store(&view->clock_ahead_ns, 0);
	atomic_store(&view->believes_until_ns, 0);
	live_publish(config->live, view, LIVE_IDLE);
}

int worker_main(const struct worker_config *config, int process)
{
	struct worker worker = {
		.config = config,
		.recipe = recipe_find(config->arm->recipe),
		.endpoint = (int8_t)config->first_endpoint,
	};
	struct error err = {0};
	char actor[64];

	signal(SIGPIPE, SIG_IGN);
	snprintf(actor, sizeof(actor), "worker/%d/%d", config->lane_number, config->worker);
	worker.random = random_open(config->seed, actor);
	journal_open(&worker.journal, config->ring, process);
	pace_open(&worker.pace, config->view);
	if (open_clients(&worker, &err)) {
		log_line("worker: %s", err.text);
		return err.code;
	}
	introduce(&worker, process);
	while (!told_to_stop(&worker))
		rest(&worker, run_attempt(&worker));
	heartbeat_close(worker.heartbeat);
	resource_close(worker.store);
	etcd_close(worker.etcd);
	atomic_store(&config->view->process, 0);
	live_publish(config->live, config->view, LIVE_ABSENT);
	return EXIT_AS_EXPECTED;
}
