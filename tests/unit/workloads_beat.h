/*
 * The heartbeat against a service of the test's own: each renewal waits until the test tells its
 * answer, and all stamps of sending are the test's. So nothing here depends on how fast the machine
 * is: what was sent an hour ago makes the next renewal due at once, what was sent just now makes it
 * due after the test.
 */
#ifndef UNIT_WORKLOADS_BEAT_H
#define UNIT_WORKLOADS_BEAT_H

#include <check.h>
#include <semaphore.h>

#include "tests/unit/workloads_rig.h"
#include "workloads/worker/heartbeat.h"

enum {
	RING = 1,
	PROCESS = 7,
	HEARTBEAT_MS = 60000,
	RETRIES = 3,
	PATIENCE_S = 15,
	LEASE = 4711,
	REVISION = 17
};

static struct rig rig;
static struct journal journal;
static struct pace pace;
static struct heartbeat *heartbeat;

static struct {
	sem_t asked, told;
	int64_t lease, deadline_ns; /* of the last question */
	char key[KEY_SIZE];
	struct lock_answer answer;
	int instances; /* that are open */
} service;

static inline struct live_worker *view(void)
{
	return &area_live(rig.area)->worker[0];
}

static inline int64_t long_ago_ns(void)
{
	return clock_now_ns() - 3600 * NS_PER_S;
}

/* The thread sanitizer does not know sem_clockwait. */
static inline bool await(sem_t *semaphore)
{
	int64_t until_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;

	while (sem_trywait(semaphore)) {
		if (clock_now_ns() > until_ns)
			return false;
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS / 5);
	}
	return true;
}

static inline struct lock_answer renew(struct lock_client *client, struct lock_session *session,
				       int64_t deadline_ns)
{
	ck_assert_ptr_null(client);
	service.lease = session->lease;
	snprintf(service.key, sizeof(service.key), "%s", session->key);
	service.deadline_ns = deadline_ns;
	sem_post(&service.asked);
	if (!await(&service.told))
		return (struct lock_answer){.outcome = OUTCOME_FAIL, .gone = true};
	return service.answer;
}

static inline int open_client(struct lock_client **client, const struct lock_terms *terms,
			      struct error *err)
{
	if (!terms->lock)
		return error_set(err, EXIT_BAD_USAGE, "no name");
	service.instances++;
	*client = NULL;
	return 0;
}

static inline void close_client(struct lock_client *client)
{
	ck_assert_ptr_null(client);
	service.instances--;
}

static int renew_timeout_ms, retry_after_ms, renew_deadline_ms; /* 0, unless a fixture says it */
static lock_step *let_go;
static bool never_notices;

static inline void open_with(int heartbeat_ms, lock_step *by)
{
	static const struct lock_terms terms = {.lock = "lock", .first_endpoint = 1};
	static struct lock_client_steps client;

	client = (struct lock_client_steps){
		.open = open_client, .close = close_client, .renew = by, .let_go = let_go};
	rig_open(&rig);
	struct heartbeat_config config = {.journal = &journal,
					  .live = area_live(rig.area),
					  .view = view(),
					  .pace = &pace,
					  .client = &client,
					  .terms = &terms,
					  .heartbeat_ms = heartbeat_ms,
					  .retries = RETRIES,
					  .renew_timeout_ms = renew_timeout_ms,
					  .retry_after_ms = retry_after_ms,
					  .renew_deadline_ms = renew_deadline_ms,
					  .never_notices = never_notices};
	struct error err = {0};

	journal_open(&journal, area_ring(rig.area, RING), PROCESS);
	pace_open(&pace, view());
	sem_init(&service.asked, 0, 0);
	sem_init(&service.told, 0, 0);
	ck_assert_msg(heartbeat_open(&heartbeat, &config, &err) == 0, "%s", err.text);
	ck_assert_int_eq(service.instances, 1);
}

static inline void setup(void)
{
	open_with(HEARTBEAT_MS, renew);
}

/* Afterwards the ring tells everything: the thread is through with the last answer. */
static inline void close_heartbeat(void)
{
	heartbeat_close(heartbeat);
	ck_assert_int_eq(service.instances, 0);
	rig_drain(&rig, RING);
}

static inline void teardown(void)
{
	rig_close(&rig);
}

static inline void start(uint32_t attempt, int64_t sent_ns)
{
	const struct lock_answer grant = {
		.outcome = OUTCOME_OK, .ttl_ms = 5000, .sent_ns = sent_ns};

	heartbeat_begin(heartbeat, attempt);
	heartbeat_start(heartbeat, LEASE + attempt, &grant);
}

static inline void tell(struct lock_answer answer)
{
	answer.order = REVISION;
	service.answer = answer;
	sem_post(&service.told);
}

static inline void tell_renewed(int64_t sent_ns, int32_t ttl_s)
{
	tell((struct lock_answer){OUTCOME_OK, .sent_ns = sent_ns, .ttl_ms = ttl_s * 1000});
}

static inline void tell_failed(void)
{
	tell((struct lock_answer){OUTCOME_INFO, .error = "timed out"});
}

static inline void tell_gone(void)
{
	tell((struct lock_answer){OUTCOME_OK, .sent_ns = clock_now_ns(), .gone = true});
}

static inline void assert_asked(void)
{
	ck_assert_msg(await(&service.asked), "no renewal");
}

static inline void await_loss(void)
{
	int64_t until_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;

	while (!heartbeat_lost(heartbeat) && clock_now_ns() < until_ns)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	ck_assert(heartbeat_lost(heartbeat));
}

/* So that it waits for what comes next; or asks, were it wrong, while the test looks. */
static inline void let_it_sleep(void)
{
	clock_sleep_until_ns(clock_now_ns() + 20 * NS_PER_MS);
}

static inline const struct event *find(enum event_kind kind, enum function f, int number)
{
	for (int i = 0; i < rig.events; i++)
		if (rig.event[i].kind == kind && rig.event[i].op.f == f && number-- == 0)
			return &rig.event[i];
	return NULL;
}

static inline void assert_lost_once(const char *why)
{
	const struct event *lose = find(EVENT_INVOKE, F_LOSE, 0);

	ck_assert_ptr_nonnull(lose);
	ck_assert_str_eq(lose->op.error, why);
	ck_assert_ptr_null(find(EVENT_INVOKE, F_LOSE, 1));
	ck_assert_int_eq(atomic_load(&view()->acquired_ns), 0);
	ck_assert_int_eq(atomic_load(&view()->state), LIVE_IDLE);
}

#endif
