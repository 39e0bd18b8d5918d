/*
 * The worker's steps against a service of the test's own: what it asks, in which order, what it
 * records and shows, and what it does when a step does not end well. It runs in the test's own
 * thread until the service has told it to stop, so that nothing here depends on time.
 */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/random.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_service.h"
#include "workloads/recipe.h"
#include "workloads/worker.h"

enum { RING = 1, PROCESS = 7, SEED = 42, TTL_S = 2, SLOT = 3 };

static struct rig rig;
static struct arm arm;
static struct worker_config config;
static const char
	*last_path; /* with this question of the last attempt the worker is told to stop */
static uint32_t last_attempt;

static struct live_worker *view(void)
{
	return &area_live(rig.area)->worker[SLOT];
}

static void stop_in_time(const struct question *question)
{
	if (service_is(question, last_path) && question->attempt >= last_attempt)
		atomic_store(config.stop, 1);
}

static void setup(void)
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
	config = (struct worker_config){
		.arm = &arm,
		.lane = 5,
		.lane_number = 4,
		.worker = 1,
		.host = 9,
		.lock = "run/token/4",
		.resource = "token/4",
		.endpoints = service.endpoint,
		.endpoint_count = 2,
		.first_endpoint = 1,
		.store_url = service.store_url,
		.seed = SEED,
		.ring = area_ring(rig.area, RING),
		.live = area_live(rig.area),
		.view = view(),
		.stop = &rig.flags[RIG_STOP_WORKERS],
	};
}

static void teardown(void)
{
	service_close();
	rig_close(&rig);
}

static void run(void)
{
	ck_assert_int_eq(worker_main(&config, PROCESS), EXIT_AS_EXPECTED);
	rig_drain(&rig, RING);
}

/* The operation of that function, counted from 0, as it was invoked or as it returned. */
static const struct op_event *op(enum event_kind kind, enum function f, int nth)
{
	for (int i = 0; i < rig.events; i++)
		if (rig.event[i].kind == kind && rig.event[i].op.f == f && nth-- == 0)
			return &rig.event[i].op;
	ck_abort_msg("no such operation: %s", function_name(f));
}

static int64_t at_ns(const struct op_event *of)
{
	for (int i = 0; i < rig.events; i++)
		if (&rig.event[i].op == of)
			return rig.event[i].at_ns;
	return 0;
}

/* "lease-grant ok, acquire info": each operation but the renewals, with its outcome, in the order
 * of the returns. */
static const char *story(void)
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

/* All is well --------------------------------------------------------------------------------- */

START_TEST(attempt_asks_for_each_thing_once_and_names_it)
{
	char key[64];

	run();
	ck_assert_str_eq(story(), HEALTHY);
	ck_assert_int_eq(service.questions, 7);
	snprintf(key, sizeof(key), "run/token/4/%x", SERVICE_LEASE);
	const cJSON *lock = service_asked("lock/lock", 0)->body;
	const cJSON *read = service_asked("store/read", 0)->body;
	const cJSON *write = service_asked("store/write", 0)->body;
	const struct op_event *writing = op(EVENT_INVOKE, F_WRITE, 0);

	ck_assert_int_eq(body_number(service_asked("lease/grant", 0)->body, "TTL"), TTL_S);
	ck_assert_str_eq(body_bytes(lock, "name"), "run/token/4");
	ck_assert_int_eq(body_number(lock, "lease"), SERVICE_LEASE);
	ck_assert_str_eq(body_bytes(service_asked("kv/range", 0)->body, "key"), key);
	ck_assert_str_eq(body_bytes(service_asked("lock/unlock", 0)->body, "key"), key);
	ck_assert_int_eq(body_number(service_asked("kv/lease/revoke", 0)->body, "ID"),
			 SERVICE_LEASE);
	ck_assert_str_eq(body_text(read, "resource"), "token/4");
	ck_assert_int_eq(body_number(read, "token"), SERVICE_TOKEN);
	ck_assert_int_eq(body_number(write, "token"), SERVICE_TOKEN);
	ck_assert_int_eq(body_number(read, "op"),
			 (int64_t)PROCESS << 32 | op(EVENT_INVOKE, F_READ, 0)->seq);
	ck_assert_int_eq(body_number(write, "op"), (int64_t)PROCESS << 32 | writing->seq);
	ck_assert_int_eq(body_number(write, "value"), writing->value);
	ck_assert_int_eq(writing->value, body_number(write, "op"));
}
END_TEST

START_TEST(every_operation_carries_what_the_attempt_knows_by_then)
{
	static const struct {
		enum function f;
		int endpoint;
		int64_t revision;
		bool leased, locked, presents;
	} knows[] = {
		{F_LEASE_GRANT, 1, 10, false, false, false}, {F_ACQUIRE, 1, 20, true, false, false},
		{F_TOKEN, 1, 21, true, true, false},         {F_READ, -1, 0, true, true, true},
		{F_WRITE, -1, 0, true, true, true},          {F_RELEASE, 1, 22, true, true, false},
		{F_LEASE_REVOKE, 1, 22, true, true, false},
	};
	char key[64];

	run();
	snprintf(key, sizeof(key), "run/token/4/%x", SERVICE_LEASE);
	for (size_t i = 0; i < sizeof(knows) / sizeof(knows[0]); i++) {
		const struct op_event *invoked = op(EVENT_INVOKE, knows[i].f, 0);
		const struct op_event *ended = op(EVENT_RETURN, knows[i].f, 0);

		ck_assert_uint_eq(invoked->attempt, 1);
		ck_assert_int_eq(invoked->endpoint, knows[i].endpoint);
		ck_assert_int_eq(invoked->lease, knows[i].leased ? SERVICE_LEASE : 0);
		ck_assert_str_eq(invoked->key, knows[i].locked ? key : "");
		ck_assert_int_eq(invoked->token, knows[i].presents ? SERVICE_TOKEN : 0);
		ck_assert_int_eq(invoked->revision, 0);
		ck_assert_int_eq(ended->revision, knows[i].revision);
		ck_assert_int_eq(ended->endpoint, knows[i].endpoint);
		ck_assert_int_eq(ended->lease, SERVICE_LEASE);
		ck_assert_str_eq(ended->key, i ? key : "");
		ck_assert_str_eq(ended->error, "");
	}
	ck_assert_int_eq(op(EVENT_RETURN, F_TOKEN, 0)->token, SERVICE_TOKEN);
	ck_assert_int_eq(op(EVENT_RETURN, F_READ, 0)->version, SERVICE_VERSION);
	ck_assert_int_eq(op(EVENT_RETURN, F_READ, 0)->value, 77);
	ck_assert_int_eq(op(EVENT_INVOKE, F_WRITE, 0)->version, SERVICE_VERSION);
	ck_assert_int_eq(op(EVENT_RETURN, F_WRITE, 0)->version, SERVICE_VERSION + 1);
	ck_assert_int_eq(op(EVENT_RETURN, F_WRITE, 0)->value, op(EVENT_INVOKE, F_WRITE, 0)->value);
}
END_TEST

START_TEST(safe_deadline_is_recorded_from_the_grant_on)
{
	run();
	const struct op_event *asked = op(EVENT_INVOKE, F_LEASE_GRANT, 0);
	const struct op_event *granted = op(EVENT_RETURN, F_LEASE_GRANT, 0);
	int64_t safe_ns = granted->safe_until_ns;

	ck_assert_int_eq(asked->safe_until_ns, 0);
	ck_assert_int_eq(granted->ttl_ms, TTL_S * 1000);
	ck_assert_int_ge(safe_ns, at_ns(asked) + TTL_S * NS_PER_S);
	ck_assert_int_le(safe_ns, at_ns(granted) + TTL_S * NS_PER_S);
	for (int i = 2; i < rig.events; i++)
		ck_assert_int_eq(rig.event[i].op.safe_until_ns, safe_ns);
}
END_TEST

START_TEST(live_view_shows_each_step_while_it_is_under_way)
{
	static const struct {
		const char *path;
		enum live_state state;
		bool holds;
	} steps[] = {
		{"lease/grant", LIVE_IDLE, false},   {"lock/lock", LIVE_WAITING, false},
		{"kv/range", LIVE_HOLDING, true},    {"store/read", LIVE_READING, true},
		{"store/write", LIVE_WRITING, true}, {"lock/unlock", LIVE_RELEASING, true},
	};
	int64_t before_ns = clock_now_ns();

	last_attempt = 2;
	run();
	for (int nth = 0; nth < 2; nth++)
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			const struct question *asked = service_asked(steps[i].path, nth);

			ck_assert_msg(asked->state == (int)steps[i].state, "%s: %d", asked->path,
				      asked->state);
			ck_assert_msg((asked->acquired_ns >= before_ns) == steps[i].holds, "%s",
				      asked->path);
			ck_assert_msg(steps[i].holds || !asked->acquired_ns, "%s", asked->path);
			ck_assert_int_eq(asked->acquisitions, nth + steps[i].holds);
			ck_assert_uint_eq(asked->attempt, 1 + (uint32_t)nth);
			ck_assert_int_eq(asked->endpoint, 1);
		}
	ck_assert_int_eq(atomic_load(&view()->acquired_ns), 0);
	ck_assert_int_eq(atomic_load(&view()->acquisitions), 2);
}
END_TEST

START_TEST(second_attempt_begins_with_nothing_of_the_first)
{
	last_attempt = 2;
	run();
	ck_assert_str_eq(story(), HEALTHY ", " HEALTHY);
	const struct op_event *again = op(EVENT_INVOKE, F_LEASE_GRANT, 1);

	ck_assert_uint_eq(again->attempt, 2);
	ck_assert_int_eq(again->lease, 0);
	ck_assert_int_eq(again->safe_until_ns, 0);
	ck_assert_str_eq(again->key, "");
	ck_assert_int_eq(op(EVENT_INVOKE, F_READ, 1)->lease, SERVICE_LEASE + 1);
	ck_assert_uint_eq(op(EVENT_RETURN, F_LEASE_REVOKE, 1)->seq, 14);
}
END_TEST

START_TEST(worker_without_a_guard_asks_for_no_token_and_presents_none)
{
	arm.guard = GUARD_NONE;
	run();
	ck_assert_str_eq(story(), "lease-grant ok, acquire ok, read ok, write ok, release ok, "
				  "lease-revoke ok");
	ck_assert_ptr_null(cJSON_GetObjectItem(service_asked("store/read", 0)->body, "token"));
	ck_assert_ptr_null(cJSON_GetObjectItem(service_asked("store/write", 0)->body, "token"));
	ck_assert_int_eq(op(EVENT_INVOKE, F_WRITE, 0)->token, 0);
}
END_TEST

/* A step does not end well -------------------------------------------------------------------- */

static const struct {
	const char *path;
	struct told told;
	const char *story;
} troubles[] = {
	{"lease/grant", SERVICE_REFUSES, "lease-grant fail"},
	{"lease/grant", SERVICE_SILENT, "lease-grant info"},
	/* The lease goes back whatever became of the lock: it may be queued. */
	{"lock/lock", SERVICE_REFUSES, "lease-grant ok, acquire fail, lease-revoke ok"},
	{"lock/lock", SERVICE_SILENT, "lease-grant ok, acquire info, lease-revoke ok"},
	{"kv/range", SERVICE_REFUSES,
	 "lease-grant ok, acquire ok, token fail, release ok, lease-revoke ok"},
	{"kv/range", SERVICE_SILENT,
	 "lease-grant ok, acquire ok, token info, release ok, lease-revoke ok"},
	/* The key is gone, and with it the lock: there is nothing to release. */
	{"kv/range",
	 {200, .text = "{\"header\":{\"revision\":\"9\"}}"},
	 "lease-grant ok, acquire ok, token fail, lose ok, lease-revoke ok"},
	{"store/read",
	 {500, .text = "{}"},
	 "lease-grant ok, acquire ok, token ok, read info, release ok, lease-revoke ok"},
	{"store/read",
	 {404, .text = "{}"},
	 "lease-grant ok, acquire ok, token ok, read fail, release ok, lease-revoke ok"},
	{"store/read",
	 {409, .text = "{\"error\":\"token 19 is smaller than 23\",\"greatest\":\"23\"}"},
	 "lease-grant ok, acquire ok, token ok, read fail, lose ok, lease-revoke ok"},
	{"store/write",
	 {409, .text = "{\"error\":\"token 19 is smaller than 23\",\"greatest\":\"23\"}"},
	 "lease-grant ok, acquire ok, token ok, read ok, write fail, lose ok, lease-revoke ok"},
	{"store/write",
	 {0},
	 "lease-grant ok, acquire ok, token ok, read ok, write info, release ok, lease-revoke ok"},
	{"lock/unlock", SERVICE_REFUSES,
	 "lease-grant ok, acquire ok, token ok, read ok, write ok, release fail, lease-revoke ok"},
	{"lock/unlock", SERVICE_SILENT,
	 "lease-grant ok, acquire ok, token ok, read ok, write ok, release info, lease-revoke ok"},
	{"kv/lease/revoke", SERVICE_REFUSES,
	 "lease-grant ok, acquire ok, token ok, read ok, write ok, release ok, lease-revoke fail"},
	/* Unknown whether it is gone: tried three times. */
	{"kv/lease/revoke", SERVICE_SILENT,
	 "lease-grant ok, acquire ok, token ok, read ok, write ok, release ok, lease-revoke info, "
	 "lease-revoke info, lease-revoke info"},
};

START_TEST(step_that_does_not_end_well_is_recorded_and_the_attempt_ends_as_it_must)
{
	service_answers(troubles[_i].path, -1, troubles[_i].told);
	last_path = troubles[_i].path;
	run();
	ck_assert_str_eq(story(), troubles[_i].story);
	for (int i = 0; i < rig.events; i++)
		if (rig.event[i].kind == EVENT_RETURN && rig.event[i].op.outcome != OUTCOME_OK)
			ck_assert_int_ne(rig.event[i].op.error[0], '\0');
	ck_assert_int_eq(atomic_load(&view()->acquired_ns), 0);
}
END_TEST

START_TEST(loss_is_recorded_in_the_words_of_whoever_told_of_it)
{
	static const struct {
		const char *path;
		struct told told;
		enum function f;
		const char *words;
	} cases[] = {
		{"kv/range", {200, .text = "{}"}, F_TOKEN, "the lock key is gone"},
		{"store/read", {409, .text = "{\"error\":\"too old\"}"}, F_READ, "too old"},
		{"store/write", {409, .text = "{\"error\":\"too old\"}"}, F_WRITE, "too old"},
	};

	service_answers(cases[_i].path, 0, cases[_i].told);
	run();
	ck_assert_int_eq(op(EVENT_RETURN, cases[_i].f, 0)->outcome, OUTCOME_FAIL);
	ck_assert_str_eq(op(EVENT_RETURN, cases[_i].f, 0)->error, cases[_i].words);
	ck_assert_str_eq(op(EVENT_INVOKE, F_LOSE, 0)->error, cases[_i].words);
	ck_assert_int_eq(op(EVENT_INVOKE, F_LOSE, 0)->lease, SERVICE_LEASE);
}
END_TEST

START_TEST(lock_key_that_is_too_long_is_no_hold_of_ours)
{
	char key[KEY_SIZE + 1];

	memset(key, 'k', sizeof(key));
	key[KEY_SIZE] = '\0';
	service_answers("lock/lock", 0, service_says(200, "{\"key\":\"%s\"}", told_bytes(key)));
	run();
	ck_assert_str_eq(story(), "lease-grant ok, acquire info, lease-revoke ok");
	ck_assert_str_eq(op(EVENT_RETURN, F_ACQUIRE, 0)->error, "the lock key is too long");
	ck_assert_str_eq(op(EVENT_RETURN, F_ACQUIRE, 0)->key, "");
	ck_assert_str_eq(op(EVENT_INVOKE, F_LEASE_REVOKE, 0)->key, "");
	ck_assert_int_eq(atomic_load(&view()->acquisitions), 0);
}
END_TEST

START_TEST(revoke_that_is_answered_is_not_asked_again)
{
	service_answers("kv/lease/revoke", 0, (struct told)SERVICE_SILENT);
	service_answers("kv/lease/revoke", 1, (struct told)SERVICE_REFUSES);
	run();
	ck_assert_int_eq(op(EVENT_RETURN, F_LEASE_REVOKE, 0)->outcome, OUTCOME_INFO);
	ck_assert_int_eq(op(EVENT_RETURN, F_LEASE_REVOKE, 1)->outcome, OUTCOME_FAIL);
	ck_assert_ptr_null(service_asked("kv/lease/revoke", 2));
}
END_TEST

START_TEST(lock_is_asked_for_no_longer_than_the_arm_says)
{
	static sem_t revoked;

	sem_init(&revoked, 0, 0);
	arm.acquire_timeout_ms = 30;
	service_answers("lock/lock", 0, (struct told){.status = 0, .after = &revoked});
	run();
	sem_post(&revoked);
	ck_assert_str_eq(story(), "lease-grant ok, acquire info, lease-revoke ok");
	ck_assert_int_ge(at_ns(op(EVENT_RETURN, F_ACQUIRE, 0)),
			 at_ns(op(EVENT_INVOKE, F_ACQUIRE, 0)) + 30 * NS_PER_MS - NS_PER_MS);
}
END_TEST

START_TEST(worker_goes_on_to_the_next_member_and_shows_which_it_asks)
{
	service_answers("lease/grant", 0, (struct told)SERVICE_LEADERLESS);
	last_attempt = 2;
	run();
	ck_assert_int_eq(service_asked("lease/grant", 0)->member, 1);
	ck_assert_int_eq(op(EVENT_RETURN, F_LEASE_GRANT, 0)->endpoint, 1);
	ck_assert_int_eq(op(EVENT_INVOKE, F_LEASE_GRANT, 1)->endpoint, 1);
	ck_assert_int_eq(service_asked("lease/grant", 1)->member, 0);
	ck_assert_int_eq(op(EVENT_RETURN, F_LEASE_GRANT, 1)->endpoint, 0);
	ck_assert_int_eq(op(EVENT_INVOKE, F_ACQUIRE, 0)->endpoint, 0);
	ck_assert_int_eq(service_asked("lock/lock", 0)->endpoint, 0);
}
END_TEST

/* The heartbeat says that the lease is lost --------------------------------------------------- */

static sem_t reached, lost;

static const char *loses_at;

static void tell_of_the_loss(const struct question *question)
{
	if (service_is(question, loses_at))
		sem_post(&reached);
	stop_in_time(question);
}

/* Posts `lost` when the worker's hold is over in the live view. */
static void *await_loss(void *cls)
{
	struct live *live = area_live(rig.area);
	uint32_t seen = atomic_load(&live->generation);

	(void)cls;
	while (!atomic_load(&view()->acquired_ns))
		seen = live_wait(live, seen, clock_now_ns() + NS_PER_MS);
	while (atomic_load(&view()->acquired_ns))
		seen = live_wait(live, seen, clock_now_ns() + NS_PER_MS);
	sem_post(&lost);
	return NULL;
}

START_TEST(worker_that_knows_of_its_loss_goes_no_further)
{
	static const struct {
		const char *path, *story;
		enum guard guard;
	} cases[] = {
		{"kv/range", "lease-grant ok, acquire ok, lose ok, token ok, lease-revoke ok",
		 GUARD_TOKEN},
		{"store/read",
		 "lease-grant ok, acquire ok, token ok, lose ok, read ok, lease-revoke ok",
		 GUARD_TOKEN},
		{"store/read", "lease-grant ok, acquire ok, lose ok, read ok, lease-revoke ok",
		 GUARD_NONE},
		{"store/write",
		 "lease-grant ok, acquire ok, token ok, read ok, lose ok, write ok, "
		 "lease-revoke ok",
		 GUARD_TOKEN},
	};
	struct told gone = service_says(200, "{\"result\":{\"ID\":\"%d\"}}", SERVICE_LEASE);
	struct question any = {.body = cJSON_Parse("{\"value\":\"1\",\"key\":\"a2V5\"}")};
	pthread_t thread;

	sem_init(&reached, 0, 0);
	sem_init(&lost, 0, 0);
	arm.guard = cases[_i].guard;
	arm.heartbeat_ms = 1;
	loses_at = cases[_i].path;
	service.heed = tell_of_the_loss;
	gone.after = &reached;
	service_answers("lease/keepalive", -1, gone);
	snprintf(any.path, sizeof(any.path), "%s", loses_at);
	struct told late = service_healthy(&any);

	late.after = &lost;
	service_answers(loses_at, -1, late);
	ck_assert_int_eq(pthread_create(&thread, NULL, await_loss, NULL), 0);
	run();
	pthread_join(thread, NULL);
	cJSON_Delete(any.body);
	ck_assert_str_eq(story(), cases[_i].story);
	ck_assert_str_eq(op(EVENT_INVOKE, F_LOSE, 0)->error, "the lease is gone");
}
END_TEST

/* Beginning and end --------------------------------------------------------------------------- */

START_TEST(worker_introduces_itself_whatever_its_slot_held)
{
	struct live_worker *slot = view();

	memset(slot, 0x55, sizeof(*slot));
	atomic_store(&slot->clock_rate_ppm, 0);
	atomic_store(&slot->clock_offset_ns, 0);
	atomic_store(config.stop, 1);
	run();
	ck_assert_int_eq(rig.events, 0);
	ck_assert_int_eq(service.questions, 0);
	ck_assert_int_eq(atomic_load(&slot->arm), 2);
	ck_assert_int_eq(atomic_load(&slot->lane), 5);
	ck_assert_int_eq(atomic_load(&slot->worker), 1);
	ck_assert_int_eq(atomic_load(&slot->host), 9);
	ck_assert_int_eq(atomic_load(&slot->endpoint), 1);
	ck_assert_uint_eq(atomic_load(&slot->attempt), 0);
	ck_assert_int_eq(atomic_load(&slot->acquired_ns), 0);
	ck_assert_int_eq(atomic_load(&slot->renewed_ns), 0);
	ck_assert_int_eq(atomic_load(&slot->clock_ahead_ns), 0);
	ck_assert_int_eq(atomic_load(&slot->believes_until_ns), 0);
	/* And is gone again. */
	ck_assert_int_eq(atomic_load(&slot->process), 0);
	ck_assert_int_eq(atomic_load(&slot->state), LIVE_ABSENT);
}
END_TEST

static void look_who_asks(const struct question *question)
{
	ck_assert_int_eq(atomic_load(&view()->process), PROCESS);
	stop_in_time(question);
}

START_TEST(slot_is_the_process_while_it_runs)
{
	service.heed = look_who_asks;
	run();
	ck_assert_int_eq(service.questions, 7);
	ck_assert_int_eq(atomic_load(&view()->process), 0);
}
END_TEST

START_TEST(worker_that_acquires_while_the_run_ends_gives_back_at_once)
{
	last_path = "lock/lock";
	run();
	ck_assert_str_eq(story(), "lease-grant ok, acquire ok, release ok, lease-revoke ok");
}
END_TEST

START_TEST(worker_survives_a_connection_that_was_closed_when_it_writes)
{
	struct sigaction action;

	signal(SIGPIPE, SIG_DFL);
	run();
	ck_assert_int_eq(sigaction(SIGPIPE, NULL, &action), 0);
	ck_assert_ptr_eq(action.sa_handler, SIG_IGN);
}
END_TEST

START_TEST(worker_that_cannot_begin_says_so_by_its_status)
{
	static const char *const bad[] = {"ftp://127.0.0.1"};
	static char long_url[400] = "http://";

	memset(long_url + strlen(long_url), 'x', 300);
	if (_i == 0)
		config.store_url = long_url;
	else
		config.endpoints = bad, config.endpoint_count = 1, config.first_endpoint = 0;
	ck_assert_int_eq(worker_main(&config, PROCESS), EXIT_BAD_USAGE);
	ck_assert_int_eq(atomic_load(&view()->process), 0);
}
END_TEST

/* What is drawn ------------------------------------------------------------------------------- */

START_TEST(attempts_draw_from_the_stream_of_the_lanes_number_and_the_workers)
{
	enum { ATTEMPTS = 6 };
	struct random_stream random = random_open(SEED, "worker/4/1");

	arm.work_min_ms = 1;
	arm.work_max_ms = 25;
	arm.rest_max_ms = 20;
	last_attempt = ATTEMPTS;
	/* The third does not get its lock: it rests for the back-off. */
	service_answers("lock/lock", 2, (struct told)SERVICE_REFUSES);
	run();
	for (int i = 0, held = 0; i < ATTEMPTS; i++) {
		int64_t work_ns = random_between(&random, NS_PER_MS, 25 * NS_PER_MS);
		int64_t rest_ns = random_between(&random, 0, 20 * NS_PER_MS);
		int64_t back_off_ns = random_between(&random, 10 * NS_PER_MS, 100 * NS_PER_MS);
		int64_t over_ns = at_ns(op(EVENT_RETURN, F_LEASE_REVOKE, i));

		if (i != 2) {
			ck_assert_int_ge(at_ns(op(EVENT_INVOKE, F_WRITE, held)) -
						 at_ns(op(EVENT_RETURN, F_READ, held)),
					 work_ns);
			held++;
		}
		if (i + 1 < ATTEMPTS)
			ck_assert_int_ge(at_ns(op(EVENT_INVOKE, F_LEASE_GRANT, i + 1)) - over_ns,
					 i == 2 ? back_off_ns : rest_ns);
	}
}
END_TEST

/* Of many rests one at least is not lengthened much by the machine. */
START_TEST(short_rest_is_not_lengthened_by_looking_for_the_end)
{
	enum { ATTEMPTS = 20 };
	int64_t shortest_ns = INT64_MAX;

	arm.rest_max_ms = 1;
	last_attempt = ATTEMPTS;
	run();
	for (int i = 0; i + 1 < ATTEMPTS; i++) {
		int64_t rest_ns = at_ns(op(EVENT_INVOKE, F_LEASE_GRANT, i + 1)) -
				  at_ns(op(EVENT_RETURN, F_LEASE_REVOKE, i));

		if (rest_ns < shortest_ns)
			shortest_ns = rest_ns;
	}
	ck_assert_int_lt(shortest_ns, 40 * NS_PER_MS);
}
END_TEST

static void *stop_while_it_rests(void *cls)
{
	struct live *live = area_live(rig.area);
	uint32_t seen = atomic_load(&live->generation);

	(void)cls;
	while (!(atomic_load(&view()->acquisitions) && atomic_load(&view()->state) == LIVE_IDLE))
		seen = live_wait(live, seen, clock_now_ns() + NS_PER_MS);
	clock_sleep_until_ns(clock_now_ns() + 5 * NS_PER_MS);
	atomic_store(config.stop, 1);
	return NULL;
}

START_TEST(rest_of_hours_ends_when_the_run_does)
{
	pthread_t thread;

	arm.rest_max_ms = INT32_MAX;
	last_attempt = UINT32_MAX;
	ck_assert_int_eq(pthread_create(&thread, NULL, stop_while_it_rests, NULL), 0);
	run();
	pthread_join(thread, NULL);
	ck_assert_str_eq(story(), HEALTHY);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
	Suite *suite = suite_create("workloads: steps");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, attempt_asks_for_each_thing_once_and_names_it);
	tcase_add_test(tests, every_operation_carries_what_the_attempt_knows_by_then);
	tcase_add_test(tests, safe_deadline_is_recorded_from_the_grant_on);
	tcase_add_test(tests, live_view_shows_each_step_while_it_is_under_way);
	tcase_add_test(tests, second_attempt_begins_with_nothing_of_the_first);
	tcase_add_test(tests, worker_without_a_guard_asks_for_no_token_and_presents_none);
	tcase_add_loop_test(tests,
			    step_that_does_not_end_well_is_recorded_and_the_attempt_ends_as_it_must,
			    0, COUNT(troubles));
	tcase_add_loop_test(tests, loss_is_recorded_in_the_words_of_whoever_told_of_it, 0, 3);
	tcase_add_test(tests, lock_key_that_is_too_long_is_no_hold_of_ours);
	tcase_add_test(tests, revoke_that_is_answered_is_not_asked_again);
	tcase_add_test(tests, lock_is_asked_for_no_longer_than_the_arm_says);
	tcase_add_test(tests, worker_goes_on_to_the_next_member_and_shows_which_it_asks);
	tcase_add_loop_test(tests, worker_that_knows_of_its_loss_goes_no_further, 0, 4);
	tcase_add_test(tests, worker_introduces_itself_whatever_its_slot_held);
	tcase_add_test(tests, slot_is_the_process_while_it_runs);
	tcase_add_test(tests, worker_that_acquires_while_the_run_ends_gives_back_at_once);
	tcase_add_test(tests, worker_survives_a_connection_that_was_closed_when_it_writes);
	tcase_add_loop_test(tests, worker_that_cannot_begin_says_so_by_its_status, 0, 2);
	tcase_add_test(tests, attempts_draw_from_the_stream_of_the_lanes_number_and_the_workers);
	tcase_add_test(tests, short_rest_is_not_lengthened_by_looking_for_the_end);
	tcase_add_test(tests, rest_of_hours_ends_when_the_run_does);
	return suite_run(suite);
}
