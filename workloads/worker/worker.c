/*
 * Theory of operation. The main thread goes through attempts: open a session, start renewing, take
 * the lock, learn the token, read, work, write, release, close the session, rest. What these are at
 * the service is the client's affair (lock_client.h); each step is recorded before and after
 * (journal.h) and shown in the live view. Before each step of the hold the worker looks whether it
 * *knows* that the lock is lost, and gives up without writing if so. What carries a token, and
 * whether it looks at its safe deadline before it writes, is the guard's (history/guard.h);
 * elsewhere the deadline is only recorded.
 *
 * The work is a plain sleep to an absolute deadline that nothing cuts short. A worker that is
 * stopped (SIGSTOP) meanwhile goes on when it is continued, and writes: mostly before its heartbeat
 * has had an answer that would tell it that it is late. That is what is being studied.
 */
#include "workloads/worker/worker.h"

#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "workloads/worker/heartbeat.h"
#include "workloads/worker/journal.h"
#include "workloads/worker/resource.h"

enum {
	REQUEST_TIMEOUT_MS = 3000,
	CLOSE_TRIES = 3,
	BACK_OFF_LEAST_MS = 10,
	BACK_OFF_MOST_MS = 100,
	BACK_OFF_DOUBLINGS = 3,
	STOP_LOOK_MS = 50,
};

struct worker {
	const struct worker_config *config;
	struct lock_client_steps steps; /* that its client takes */
	struct journal journal;
	struct pace pace;
	struct lock_terms terms;
	struct lock_client *client;
	struct heartbeat *heartbeat;
	struct resource_client *store;
	struct random_stream random, carelessness; /* the latter of the habit alone */
	struct random_stream modes; /* their own: arms whose locks nobody shares draw alike */
	uint32_t attempts;
	int unheard;                 /* attempts in a row that no member of the service took */
	int8_t endpoint;             /* of the service, that answered last */
	struct lock_session session; /* of the present attempt */
};

/* Drawn at the start of an attempt, all of it, however the attempt goes: so that the n-th attempts
 * of two arms draw alike. */
struct plan {
	int64_t work_ns, rest_ns, back_off_ns;
	int64_t goes_on_ns; /* after the loss was heard of */
};

/* Recording ----------------------------------------------------------------------------------- */

static int64_t request_deadline_ns(void)
{
	return clock_now_ns() + REQUEST_TIMEOUT_MS * NS_PER_MS;
}

static const struct guard_kind *guard_of(const struct worker *worker)
{
	return &guard_kinds[worker->config->arm->guard];
}

static int64_t carried(const struct worker *worker, bool write)
{
	const struct guard_kind *guard = guard_of(worker);

	if (!guard_carries(guard, write))
		return 0;
	return guard->carries_lease_id ? worker->session.lease : worker->session.token;
}

/* With all that is known of the attempt by now. */
static struct op_event new_op(struct worker *worker, enum function f)
{
	bool of_resource = f == F_READ || f == F_WRITE;
	bool of_store = of_resource && !guard_of(worker)->in_service;
	struct op_event op = {
		.f = (uint8_t)f,
		.mode = worker->session.shared ? MODE_SHARED : MODE_EXCLUSIVE,
		.endpoint = of_store ? -1 : worker->endpoint,
		.attempt = worker->attempts,
		.lease = worker->session.lease,
		.token = of_resource ? carried(worker, f == F_WRITE) : 0,
		.safe_until_ns = heartbeat_safe_until_ns(worker->heartbeat),
	};

	text_copy(op.key, sizeof(op.key), worker->session.key);
	return op;
}

static bool learns_token(enum function f)
{
	return f == F_ACQUIRE || f == F_TOKEN;
}

static bool has_habit(const struct worker *worker, enum habit habit)
{
	return worker->config->arm->habit == habit;
}

/* Takes a step of the client's, and records it. */
static struct lock_answer take(struct worker *worker, enum function f, lock_step *step,
			       int64_t deadline_ns)
{
	struct lock_session *session = &worker->session;
	struct op_event op = new_op(worker, f);

	journal_invoke(&worker->journal, &op);
	int64_t invoked_ns = clock_now_ns(); /* or a little before */
	struct lock_answer answer = step(worker->client, session, deadline_ns);

	if (f == F_ACQUIRE && answer.outcome != OUTCOME_OK &&
	    has_habit(worker, HABIT_ENTERS_ANYWAY)) {
		answer.outcome = OUTCOME_OK;
		answer.error[0] = '\0';
	}
	if (answer.ttl_ms || answer.unbounded)
		heartbeat_start(worker->heartbeat, session->lease, &answer);
	lock_answer_record(&answer, &op);
	if (f == F_ACQUIRE && answer.ttl_ms) /* what grants may come at the end of a long wait */
		op.ttl_ms += (int32_t)((answer.sent_ns - invoked_ns) / NS_PER_MS);
	op.lease = session->lease;
	op.token = learns_token(f) ? session->token : 0;
	text_copy(op.key, sizeof(op.key), session->key);
	op.safe_until_ns = heartbeat_safe_until_ns(worker->heartbeat);
	journal_return(&worker->journal, &op);
	worker->endpoint = op.endpoint;
	atomic_store(&worker->config->view->endpoint, op.endpoint);
	return answer;
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

static bool is_granted(struct worker *worker, struct lock_answer answer)
{
	worker->unheard = answer.unheard ? worker->unheard + 1 : 0;
	return answer.outcome == OUTCOME_OK;
}

static bool open_session(struct worker *worker)
{
	if (worker->session.kept) {
		worker->session.key[0] = '\0';
		worker->session.token = 0;
		worker->session.kept = !has_habit(worker, HABIT_KEEPS_LEASE);
		heartbeat_go_on(worker->heartbeat, worker->attempts);
		return true;
	}
	heartbeat_begin(worker->heartbeat, worker->attempts);
	return !worker->steps.open_session ||
	       is_granted(worker, take(worker, F_LEASE_GRANT, worker->steps.open_session,
				       request_deadline_ns()));
}

static bool acquire(struct worker *worker)
{
	const struct worker_config *config = worker->config;

	show(worker, LIVE_WAITING);
	if (!is_granted(worker, take(worker, F_ACQUIRE, worker->steps.acquire,
				     clock_now_ns() + config->arm->acquire_timeout_ms * NS_PER_MS)))
		return false;
	atomic_store(&config->view->acquired_ns, clock_now_ns());
	atomic_fetch_add(&config->view->acquisitions, 1);
	show(worker, LIVE_HOLDING);
	heartbeat_hold(worker->heartbeat, worker->session.key);
	return true;
}

static bool learn_token(struct worker *worker)
{
	if (!worker->steps.token)
		return true;
	struct lock_answer answer =
		take(worker, F_TOKEN, worker->steps.token, request_deadline_ns());

	if (answer.gone)
		heartbeat_lose(worker->heartbeat, answer.error);
	return answer.outcome == OUTCOME_OK;
}

static struct resource_reply ask_service(struct worker *worker, const struct op_event *op,
					 int64_t id, int64_t deadline_ns)
{
	return worker->steps.use(
		worker->client, &worker->session,
		&(struct resource_use){
			.write = op->f == F_WRITE,
			.unguarded = worker->config->arm->store == STORE_IGNORES_TOKENS,
			.op = id,
			.value = op->value,
		},
		deadline_ns);
}

static struct resource_reply ask_resource(struct worker *worker, const struct op_event *op,
					  int64_t id)
{
	const struct lock_client_steps *steps = &worker->steps;
	int64_t deadline_ns = request_deadline_ns();

	if (guard_of(worker)->in_service)
		return ask_service(worker, op, id, deadline_ns);
	if (op->mode == MODE_SHARED) {
		CHECK(op->f == F_READ && !steps->read); /* who shares the lock does not write */
		return resource_read_shared(worker->store, op->token, id, deadline_ns);
	}
	if (op->f == F_READ)
		return steps->read ? steps->read(worker->client, op->token, id, deadline_ns)
				   : resource_read(worker->store, op->token, id, deadline_ns);
	int64_t base = guard_of(worker)->writes_carry_base ? op->version : -1;

	return steps->write
		       ? steps->write(worker->client, op->token, id, op->value, base, deadline_ns)
		       : resource_write(worker->store, op->token, id, op->value, base, deadline_ns);
}

/* Reads the resource, or writes it on the base of *version; then *version is the one it has. Who
 * shares the lock reads. */
static bool use_resource(struct worker *worker, enum function f, int64_t *version)
{
	struct op_event op = new_op(worker, f);

	show(worker, f == F_READ ? LIVE_READING : LIVE_WRITING);
	op.version = *version;
	int64_t id = journal_invoke(&worker->journal, &op);
	struct resource_reply reply = ask_resource(worker, &op, id);

	op.outcome = (uint8_t)reply.outcome;
	if (guard_of(worker)->in_service) {
		op.revision = reply.revision;
		op.endpoint = worker->endpoint = (int8_t)reply.endpoint;
	}
	op.version = *version = reply.version;
	if (f == F_READ)
		op.value = reply.value;
	text_copy(op.error, sizeof(op.error), reply.error);
	op.safe_until_ns = heartbeat_safe_until_ns(worker->heartbeat);
	journal_return(&worker->journal, &op);
	if (reply.refused && guard_needs_token(guard_of(worker))) /* else it may well hold */
		heartbeat_lose(worker->heartbeat, reply.error);
	return reply.outcome == OUTCOME_OK;
}

static void close_session(struct worker *worker)
{
	int tries = 0;

	while (worker->steps.close_session && !worker->session.left &&
	       take(worker, F_LEASE_REVOKE, worker->steps.close_session, request_deadline_ns())
			       .outcome == OUTCOME_INFO &&
	       ++tries < CLOSE_TRIES)
		;
	worker->session = (struct lock_session){0};
}

/* In the attempt that had it last, for the record's sake: the next one may have another. */
static void give_kept_up(struct worker *worker)
{
	heartbeat_stop(worker->heartbeat);
	close_session(worker);
}

/* Attempts ------------------------------------------------------------------------------------ */

static bool may_go_on(struct worker *worker, const struct plan *plan)
{
	char why[ERROR_SIZE];

	if (worker->steps.lost && worker->steps.lost(worker->client, why))
		heartbeat_lose(worker->heartbeat, why);
	int64_t lost_ns = heartbeat_lost_ns(worker->heartbeat);

	return !lost_ns || clock_now_ns() < lost_ns + plan->goes_on_ns;
}

/* A stop between this and the writing is seen by nobody: so it promises nothing. */
static bool in_time(struct worker *worker)
{
	if (!guard_of(worker)->looks_at_deadline || heartbeat_in_time(worker->heartbeat))
		return true;
	heartbeat_lose(worker->heartbeat, "the safe deadline is over");
	return false;
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

/* What is true of the instant at which the service answered: not of the writing. */
static bool still_there(struct worker *worker)
{
	if (worker->config->arm->look == LOOK_NONE)
		return true;
	struct lock_answer answer = take(worker, F_LOOK, worker->steps.look, request_deadline_ns());

	if (answer.gone)
		heartbeat_lose(worker->heartbeat, answer.error);
	return answer.outcome == OUTCOME_OK;
}

static bool learns_token_first(const struct guard_kind *guard)
{
	return guard_needs_token(guard) && !guard->carries_lease_id;
}

static void hold(struct worker *worker, const struct plan *plan)
{
	int64_t version = 0;

	/* Acquired while the run ends: give it back at once, so that the waiting drain quickly. */
	if (told_to_stop(worker))
		return;
	if (learns_token_first(guard_of(worker)) &&
	    !(may_go_on(worker, plan) && learn_token(worker)))
		return;
	if (!may_go_on(worker, plan) || !use_resource(worker, F_READ, &version))
		return;
	show(worker, LIVE_WORKING);
	if (has_habit(worker, HABIT_HANGS))
		rest(worker, CLOCK_NEVER / 2);
	else
		clock_sleep_until_ns(clock_now_ns() + plan->work_ns);
	if (!may_go_on(worker, plan) || !in_time(worker) || !still_there(worker))
		return;
	if (!worker->session.shared)
		use_resource(worker, F_WRITE, &version);
	else
		use_resource(worker, F_READ, &(int64_t){0}); /* again, to the end of its hold */
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
	plan.goes_on_ns =
		has_habit(worker, HABIT_GOES_ON)
			? random_between(&worker->carelessness, 0, 2 * arm->ttl_s * NS_PER_S)
			: 0;
	return plan;
}

static void give_back(struct worker *worker)
{
	bool again = has_habit(worker, HABIT_UNLOCKS_AGAIN);
	lock_step *step = again ? worker->steps.release_by_name : NULL;
	int tries = 0;

	show(worker, LIVE_RELEASING);
	while (take(worker, F_RELEASE, step ?: worker->steps.release, request_deadline_ns())
			       .outcome == OUTCOME_INFO &&
	       again && ++tries < CLOSE_TRIES)
		;
}

/* What is lost is given up, lease and all. */
static void end_session(struct worker *worker, bool acquired, bool lost)
{
	if (acquired && lost && has_habit(worker, HABIT_KEEPS_LEASE)) {
		heartbeat_forget_loss(worker->heartbeat);
		worker->session.kept = true;
		lost = false;
	}
	if (lost || !worker->session.kept)
		close_session(worker);
	else
		heartbeat_rest(worker->heartbeat);
}

/* Drawn for each attempt, as the rest of the plan is. */
static bool draw_shared(struct worker *worker)
{
	const struct arm *arm = worker->config->arm;

	return recipe_sharing(arm->recipe) == SHARING_SEMAPHORE ||
	       random_between(&worker->modes, 0, 99) < arm->readers;
}

/* A service of which no member takes a request is asked ever less often, for a while. */
static int64_t back_off_ns(const struct worker *worker, const struct plan *plan)
{
	int doublings = worker->unheard > 0 ? worker->unheard - 1 : 0;

	return plan->back_off_ns << (doublings < BACK_OFF_DOUBLINGS ? doublings
								    : BACK_OFF_DOUBLINGS);
}

/* Returns how long to rest before the next attempt. */
static int64_t run_attempt(struct worker *worker)
{
	struct plan plan = draw_plan(worker);
	bool acquired, lost;

	if (worker->session.kept && heartbeat_lost(worker->heartbeat))
		give_kept_up(worker);
	atomic_store(&worker->config->view->attempt, ++worker->attempts);
	worker->session.shared = draw_shared(worker);
	atomic_store(&worker->config->view->shared, worker->session.shared);
	if (!open_session(worker))
		return back_off_ns(worker, &plan);
	acquired = acquire(worker);
	if (acquired)
		hold(worker, &plan);
	lost = heartbeat_stop(worker->heartbeat);
	if (acquired && (!lost || worker->steps.gives_back_lost) && worker->steps.release)
		give_back(worker);
	end_session(worker, acquired, lost);
	atomic_store(&worker->config->view->acquired_ns, 0);
	show(worker, LIVE_IDLE);
	return acquired ? plan.rest_ns : back_off_ns(worker, &plan);
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
		.client = &worker->steps,
		.terms = &worker->terms,
		.heartbeat_ms = config->arm->heartbeat_ms,
		.retries = config->arm->retries,
		.renew_timeout_ms = config->arm->renew_timeout_ms,
		.retry_after_ms = config->arm->retry_after_ms,
		.renew_deadline_ms = config->arm->renew_deadline_ms,
		.never_notices = config->arm->habit == HABIT_NEVER_NOTICES,
	};

	if (config->client->open(&worker->client, &worker->terms, err) ||
	    resource_open(&worker->store, config->store_url, config->resource, err))
		return -1;
	if (worker->steps.settle)
		worker->steps.settle(worker->client, &worker->steps);
	if (worker->steps.serves_both)
		heartbeat.opened = worker->client;
	return heartbeat_open(&worker->heartbeat, &heartbeat, err);
}

/* What the client tells unasked --------------------------------------------------------------- */

static void hear_lost(void *context, const char *why)
{
	struct worker *worker = context;

	heartbeat_lose(worker->heartbeat, why);
}

static void hear_renewed(void *context, int64_t sent_ns, int32_t ttl_ms)
{
	struct worker *worker = context;

	heartbeat_renewed(worker->heartbeat, sent_ns, ttl_ms);
}

static void hear_note(void *context, enum note_weight weight, const char *text)
{
	struct worker *worker = context;

	journal_note(&worker->journal, weight, "client", "%s", text);
}

static void hear_named(void *context, const char *name, const char *version)
{
	const struct worker *worker = context;

	if (worker->config->card)
		client_card_fill(worker->config->card, name, version);
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
	atomic_store(&view->shared, 0);
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
		.steps = *config->client,
		.terms = {.service = config->service,
			  .lock = config->lock,
			  .ttl_s = config->client->ttl_s ?: config->arm->ttl_s,
			  .first_endpoint = config->first_endpoint,
			  .arm = config->arm,
			  .pace = &worker.pace,
			  .worker = config->name,
			  .hearer = {&worker, hear_lost, hear_renewed, hear_note, hear_named}},
		.endpoint = (int8_t)config->first_endpoint,
	};
	struct error err = {0};
	char actor[64];

	signal(SIGPIPE, SIG_IGN);
	snprintf(actor, sizeof(actor), "worker/%d/%d", config->lane_number, config->worker);
	worker.random = random_open(config->seed, actor);
	snprintf(actor, sizeof(actor), "carelessness/%d/%d", config->lane_number, config->worker);
	worker.carelessness = random_open(config->seed, actor);
	snprintf(actor, sizeof(actor), "modes/%d/%d", config->lane_number, config->worker);
	worker.modes = random_open(config->seed, actor);
	journal_open(&worker.journal, config->ring, process);
	pace_open(&worker.pace, config->view);
	CHECK(worker.steps.use || !guard_of(&worker)->in_service);
	CHECK(worker.steps.look || !config->arm->look);
	if (open_clients(&worker, &err)) {
		log_line("worker: %s", err.text);
		return err.code;
	}
	introduce(&worker, process);
	while (!told_to_stop(&worker))
		rest(&worker, run_attempt(&worker));
	if (worker.session.kept)
		give_kept_up(&worker);
	heartbeat_close(worker.heartbeat);
	resource_close(worker.store);
	config->client->close(worker.client);
	atomic_store(&config->view->process, 0);
	live_publish(config->live, config->view, LIVE_ABSENT);
	return EXIT_AS_EXPECTED;
}
