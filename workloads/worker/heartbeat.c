/*
 * Theory of operation. The mutex guards everything below it in the struct; it is never held over a
 * request. The main thread starts and stops attempts; each that begins with nothing moves
 * `generation`, and a renewal whose answer comes in a later generation is recorded but changes
 * nothing. An attempt that goes on with a kept lease takes the answers to what was asked before.
 *
 * Renewals are due heartbeat_ms, by the worker's own clock (pace.h), after the *sending* of the
 * last acknowledged one. A failed one is tried again retry_after_ms after its begin, or at once
 * when that is over (the client goes on to its next endpoint), with one exception: without a
 * retry_after_ms, when no endpoint took the request at all, asking again at once would be refused
 * in the same millisecond, so that all retries would be spent before anything can have changed;
 * then the next one is due heartbeat_ms after this one. So `retries` failures take about the same
 * time whether they are refused or never answered. With a renew_deadline_ms they are not counted:
 * the lease is lost so long after the begin of the first of them.
 *
 * Who gives up, and has a client that lets go, believes on until that has ended.
 */
#include "workloads/worker/heartbeat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "campaign/arm.h"

enum { HEARTBEAT_MAGIC = 0x68656172 };

struct heartbeat {
	uint32_t magic;
	struct heartbeat_config config;
	struct lock_client *client; /* the thread's */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool quit;
	uint64_t generation;
	bool running;     /* an attempt is under way, or what it has kept is renewed beyond it */
	bool resting;     /* the latter */
	bool holding;     /* its lock was acquired */
	int64_t lost_ns;  /* when the loss was learned; 0: it is not lost */
	int failures;     /* in a row */
	int64_t began_ns; /* of the last request, truly */
	int64_t until_ns; /* of those with a deadline: when it is lost, by the same clock as due */
	int64_t due_ns;   /* of the next renewal, by the worker's own clock */
	int64_t ends_ns;  /* the safe deadline, by the same */
	struct op_event op; /* what every event of this attempt carries, safe deadline included */
};

static void lock(struct heartbeat *heartbeat)
{
	CHECK(heartbeat->magic == HEARTBEAT_MAGIC);
	CHECK(pthread_mutex_lock(&heartbeat->lock) == 0);
}

static void unlock(struct heartbeat *heartbeat)
{
	CHECK(pthread_mutex_unlock(&heartbeat->lock) == 0);
}

/* With the lock held. */
static void record_loss(struct heartbeat *heartbeat, const char *why)
{
	struct op_event op = heartbeat->op;

	op.f = F_LOSE;
	op.endpoint = -1;
	text_copy(op.error, sizeof(op.error), why);
	journal_moment(heartbeat->config.journal, &op);
	atomic_store(&heartbeat->config.view->acquired_ns, 0);
	live_publish(heartbeat->config.live, heartbeat->config.view, LIVE_IDLE);
}

/* With the lock held. */
static void lose(struct heartbeat *heartbeat, const char *why)
{
	if (heartbeat->lost_ns)
		return;
	heartbeat->lost_ns = clock_now_ns();
	text_copy(heartbeat->op.error, sizeof(heartbeat->op.error), why);
	if (heartbeat->holding)
		record_loss(heartbeat, why);
}

static int64_t period_from_ns(const struct heartbeat *heartbeat, int64_t from_ns)
{
	return pace_show_ns(heartbeat->config.pace, from_ns) +
	       heartbeat->config.heartbeat_ms * NS_PER_MS;
}

/* When the renewal that follows one which failed is due. */
static int64_t again_ns(const struct heartbeat *heartbeat, bool unheard)
{
	const struct heartbeat_config *config = &heartbeat->config;
	int64_t now_ns = pace_show_ns(config->pace, clock_now_ns());
	int64_t spaced_ns = pace_show_ns(config->pace, heartbeat->began_ns) +
			    config->retry_after_ms * NS_PER_MS;

	if ((unheard || config->renew_deadline_ms) && config->retry_after_ms == 0)
		spaced_ns = period_from_ns(heartbeat, heartbeat->began_ns);
	if (config->renew_deadline_ms && spaced_ns > heartbeat->until_ns)
		spaced_ns = heartbeat->until_ns;
	return spaced_ns > now_ns ? spaced_ns : now_ns;
}

/* With the lock held: no other renewal is to be tried. */
static bool tried_enough(const struct heartbeat *heartbeat)
{
	const struct heartbeat_config *config = &heartbeat->config;

	if (config->never_notices)
		return false;
	if (config->renew_deadline_ms)
		return heartbeat->failures > 0 &&
		       pace_show_ns(config->pace, clock_now_ns()) >= heartbeat->until_ns;
	return heartbeat->failures > 0 && heartbeat->failures >= config->retries;
}

/* What was granted or renewed by a request that was sent then, for ttl_ns: for the worker to know,
 * and for all to see. */
static void publish(struct heartbeat *heartbeat, int64_t sent_ns, int64_t ttl_ns)
{
	struct live_worker *view = heartbeat->config.view;
	int64_t shown_ns = pace_show_ns(heartbeat->config.pace, sent_ns);

	if (shown_ns + ttl_ns > heartbeat->ends_ns)
		heartbeat->ends_ns = shown_ns + ttl_ns;
	atomic_store(&view->clock_ahead_ns, shown_ns - sent_ns);
	atomic_store(&view->believes_until_ns,
		     pace_await_ns(heartbeat->config.pace, shown_ns + ttl_ns));
	atomic_store(&view->granted_ns, ttl_ns);
	atomic_store(&view->renewed_ns, sent_ns);
	atomic_store(&view->answered_ns, clock_now_ns());
	live_touch(heartbeat->config.live);
}

/* With the lock held: until when a renewal that begins now is waited for. */
static int64_t answer_by_ns(struct heartbeat *heartbeat)
{
	const struct heartbeat_config *config = &heartbeat->config;
	int64_t now_ns = pace_show_ns(config->pace, heartbeat->began_ns);
	int patience_ms = config->renew_timeout_ms
				  ?: config->renew_deadline_ms
				  ?: arm_renewal_patience_ms(config->heartbeat_ms);
	int64_t until_ns = now_ns + patience_ms * NS_PER_MS;

	if (config->renew_deadline_ms && heartbeat->failures == 0)
		heartbeat->until_ns = now_ns + config->renew_deadline_ms * NS_PER_MS;
	if (config->renew_deadline_ms && until_ns > heartbeat->until_ns)
		until_ns = heartbeat->until_ns;
	return pace_await_ns(config->pace, until_ns);
}

/* Called and returns with the lock held; lets go of it while the request is under way. *asked: what
 * is recorded of it. */
static struct lock_answer ask(struct heartbeat *heartbeat, lock_step *step, struct op_event *asked)
{
	struct journal *journal = heartbeat->config.journal;
	struct op_event op = heartbeat->op;
	struct lock_session session = {.lease = op.lease};

	text_copy(session.key, sizeof(session.key), op.key);
	/* Before the worker can go on: a renewal of an attempt that is over begins in no later one.
	 */
	op.f = F_KEEPALIVE;
	journal_invoke(journal, &op);
	heartbeat->began_ns = clock_now_ns();
	int64_t until_ns = answer_by_ns(heartbeat);

	unlock(heartbeat);
	struct lock_answer answer = step(heartbeat->client, &session, until_ns);

	int64_t safe_ns = answer.sent_ns + answer.ttl_ms * NS_PER_MS;

	lock_answer_record(&answer, &op);
	if (answer.unbounded) { /* an ok without a TTL would say that the lease is gone */
		op.outcome = OUTCOME_INFO;
		text_copy(op.error, sizeof(op.error), "renewed, for nobody tells how long");
	}
	if (answer.ttl_ms && safe_ns > op.safe_until_ns)
		op.safe_until_ns = safe_ns;
	journal_return(journal, &op);
	lock(heartbeat);
	heartbeat->op.endpoint = op.endpoint;
	*asked = op;
	return answer;
}

/* With the lock held: what the answer to the renewal means for the attempt. */
static void take_answer(struct heartbeat *heartbeat, const struct lock_answer *answer,
			const struct op_event *op)
{
	heartbeat->op.safe_until_ns = op->safe_until_ns;
	if (answer->gone && !heartbeat->config.never_notices) {
		lose(heartbeat, "the lease is gone");
	} else if (answer->outcome == OUTCOME_OK) {
		heartbeat->failures = 0;
		heartbeat->due_ns = period_from_ns(heartbeat, answer->sent_ns);
		if (!answer->unbounded)
			publish(heartbeat, answer->sent_ns, answer->ttl_ms * NS_PER_MS);
	} else {
		heartbeat->failures++;
		heartbeat->due_ns = again_ns(heartbeat, answer->unheard);
	}
}

/* Called and returns with the lock held. */
static void renew(struct heartbeat *heartbeat)
{
	uint64_t generation = heartbeat->generation;
	struct op_event op;
	struct lock_answer answer = ask(heartbeat, heartbeat->config.client->renew, &op);

	if (generation == heartbeat->generation)
		take_answer(heartbeat, &answer, &op);
}

/* Called and returns with the lock held. */
static void give_up(struct heartbeat *heartbeat)
{
	const struct heartbeat_config *config = &heartbeat->config;
	uint64_t generation = heartbeat->generation;
	char why[ERROR_SIZE];
	struct op_event op;

	CHECK(heartbeat->failures > 0);
	snprintf(why, sizeof(why), "%d renewals failed in a row", heartbeat->failures);
	if (config->client->let_go && heartbeat->holding) {
		heartbeat->failures = 0; /* as long as the renewals had */
		ask(heartbeat, config->client->let_go, &op);
	}
	if (heartbeat->running && generation == heartbeat->generation)
		lose(heartbeat, why);
}

/* With the lock held: false when the next renewal is due, else true after some waiting. */
static bool wait_until_due(struct heartbeat *heartbeat)
{
	int64_t now_ns = clock_now_ns(), look_ns = now_ns + PACE_LOOK_MS * NS_PER_MS;
	int64_t due_ns = pace_await_ns(heartbeat->config.pace, heartbeat->due_ns);

	if (now_ns >= due_ns)
		return false;
	if (due_ns > look_ns)
		due_ns = look_ns;
	struct timespec until = {.tv_sec = due_ns / NS_PER_S, .tv_nsec = due_ns % NS_PER_S};

	int ended = pthread_cond_timedwait(&heartbeat->changed, &heartbeat->lock, &until);

	CHECK(ended == 0 || ended == ETIMEDOUT);
	return true;
}

static void *beat(void *cls)
{
	struct heartbeat *heartbeat = cls;

	lock(heartbeat);
	while (!heartbeat->quit) {
		bool renews = heartbeat->running && !heartbeat->lost_ns &&
			      heartbeat->config.heartbeat_ms > 0 && heartbeat->config.client->renew;

		if (!renews)
			CHECK(pthread_cond_wait(&heartbeat->changed, &heartbeat->lock) == 0);
		else if (tried_enough(heartbeat))
			give_up(heartbeat);
		else if (!wait_until_due(heartbeat))
			renew(heartbeat);
	}
	unlock(heartbeat);
	return NULL;
}

int heartbeat_open(struct heartbeat **heartbeat, const struct heartbeat_config *config,
		   struct error *err)
{
	struct heartbeat *made = malloc(sizeof(*made));
	pthread_condattr_t monotonic;

	CHECK_MEMORY(made);
	*made = (struct heartbeat){
		.magic = HEARTBEAT_MAGIC,
		.config = *config,
		.lock = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP,
		.op.endpoint = (int8_t)config->terms->first_endpoint,
	};
	made->client = config->opened;
	if (!config->opened && config->client->open(&made->client, config->terms, err)) {
		free(made);
		return error_wrap(err, "heartbeat");
	}
	CHECK(pthread_condattr_init(&monotonic) == 0);
	CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
	CHECK(pthread_cond_init(&made->changed, &monotonic) == 0);
	CHECK(pthread_create(&made->thread, NULL, beat, made) == 0);
	*heartbeat = made;
	return 0;
}

void heartbeat_close(struct heartbeat *heartbeat)
{
	lock(heartbeat);
	heartbeat->quit = true;
	pthread_cond_signal(&heartbeat->changed);
	unlock(heartbeat);
	CHECK(pthread_join(heartbeat->thread, NULL) == 0);
	CHECK(pthread_cond_destroy(&heartbeat->changed) == 0);
	CHECK(pthread_mutex_destroy(&heartbeat->lock) == 0);
	if (!heartbeat->config.opened)
		heartbeat->config.client->close(heartbeat->client);
	heartbeat->magic = 0;
	free(heartbeat);
}

void heartbeat_begin(struct heartbeat *heartbeat, uint32_t attempt)
{
	lock(heartbeat);
	int8_t endpoint = heartbeat->op.endpoint;

	CHECK(!heartbeat->running);
	heartbeat->generation++;
	heartbeat->lost_ns = 0;
	heartbeat->failures = 0;
	heartbeat->op = (struct op_event){.endpoint = endpoint, .attempt = attempt};
	heartbeat->ends_ns = 0;
	unlock(heartbeat);
}

void heartbeat_go_on(struct heartbeat *heartbeat, uint32_t attempt)
{
	lock(heartbeat);
	CHECK(!heartbeat->running || heartbeat->resting);
	if (!heartbeat->resting)
		heartbeat->failures = 0;
	heartbeat->running = true;
	heartbeat->resting = false;
	heartbeat->op.attempt = attempt;
	heartbeat->op.key[0] = '\0';
	pthread_cond_signal(&heartbeat->changed);
	unlock(heartbeat);
}

void heartbeat_forget_loss(struct heartbeat *heartbeat)
{
	lock(heartbeat);
	CHECK(!heartbeat->running);
	heartbeat->lost_ns = 0;
	unlock(heartbeat);
}

void heartbeat_rest(struct heartbeat *heartbeat)
{
	lock(heartbeat);
	CHECK(!heartbeat->running && !heartbeat->holding);
	heartbeat->running = true;
	heartbeat->resting = true;
	heartbeat->failures = 0;
	pthread_cond_signal(&heartbeat->changed);
	unlock(heartbeat);
}

void heartbeat_start(struct heartbeat *heartbeat, int64_t lease, const struct lock_answer *grant)
{
	int64_t ttl_ns = grant->ttl_ms * NS_PER_MS;

	lock(heartbeat);
	CHECK(!heartbeat->running);
	heartbeat->running = true;
	heartbeat->due_ns = period_from_ns(heartbeat, grant->sent_ns);
	heartbeat->op.lease = lease;
	if (!grant->unbounded && grant->sent_ns + ttl_ns > heartbeat->op.safe_until_ns)
		heartbeat->op.safe_until_ns = grant->sent_ns + ttl_ns;
	if (!grant->unbounded)
		publish(heartbeat, grant->sent_ns, ttl_ns);
	pthread_cond_signal(&heartbeat->changed);
	unlock(heartbeat);
}

void heartbeat_hold(struct heartbeat *heartbeat, const char *key)
{
	lock(heartbeat);
	heartbeat->holding = true;
	text_copy(heartbeat->op.key, sizeof(heartbeat->op.key), key);
	if (heartbeat->lost_ns)
		record_loss(heartbeat, heartbeat->op.error);
	unlock(heartbeat);
}

/* It is recorded as one that was asked and answered now, for what is left of its time: the record
 * is in the order of its stamps, and so it ends no later than was promised. */
void heartbeat_renewed(struct heartbeat *heartbeat, int64_t sent_ns, int32_t ttl_ms)
{
	int64_t ends_ns = sent_ns + ttl_ms * NS_PER_MS;

	lock(heartbeat);
	int64_t left_ms = (ends_ns - clock_now_ns()) / NS_PER_MS;

	if (!heartbeat->lost_ns && left_ms > 0) { /* it may come before the worker has its answer */
		struct op_event op;

		publish(heartbeat, sent_ns, ttl_ms * NS_PER_MS);
		if (ends_ns > heartbeat->op.safe_until_ns)
			heartbeat->op.safe_until_ns = ends_ns;
		op = heartbeat->op;
		op.f = F_KEEPALIVE;
		op.endpoint = -1;
		op.ttl_ms = (int32_t)left_ms;
		journal_moment(heartbeat->config.journal, &op);
	}
	unlock(heartbeat);
}

void heartbeat_lose(struct heartbeat *heartbeat, const char *why)
{
	lock(heartbeat);
	lose(heartbeat, why);
	unlock(heartbeat);
}

bool heartbeat_lost(struct heartbeat *heartbeat)
{
	return heartbeat_lost_ns(heartbeat) != 0;
}

int64_t heartbeat_lost_ns(struct heartbeat *heartbeat)
{
	lock(heartbeat);
	int64_t lost_ns = heartbeat->lost_ns;

	unlock(heartbeat);
	return lost_ns;
}

int64_t heartbeat_safe_until_ns(struct heartbeat *heartbeat)
{
	lock(heartbeat);
	int64_t safe_until_ns = heartbeat->op.safe_until_ns;

	unlock(heartbeat);
	return safe_until_ns;
}

bool heartbeat_in_time(struct heartbeat *heartbeat)
{
	lock(heartbeat);
	bool in_time = pace_show_ns(heartbeat->config.pace, clock_now_ns()) < heartbeat->ends_ns;

	unlock(heartbeat);
	return in_time;
}

bool heartbeat_stop(struct heartbeat *heartbeat)
{
	lock(heartbeat);
	bool lost = heartbeat->lost_ns != 0;

	heartbeat->running = false;
	heartbeat->resting = false;
	heartbeat->holding = false;
	unlock(heartbeat);
	return lost;
}
