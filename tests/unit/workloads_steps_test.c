/*
 * The worker's steps: what it asks, in which order, what it records and shows, what it draws, and
 * how it begins and ends.
 */
#include "base/random.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_steps.h"

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

/* It reads when it has the lock, and once more at the end of its hold. */
START_TEST(who_shares_the_lock_says_so_and_writes_nothing)
{
	arm.recipe = RECIPE_SEMAPHORE;
	run();
	ck_assert_str_eq(story(), "lease-grant ok, acquire ok, token ok, read ok, read ok, "
				  "release ok, lease-revoke ok");
	ck_assert_int_eq(op(EVENT_INVOKE, F_ACQUIRE, 0)->mode, MODE_SHARED);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(op(EVENT_INVOKE, F_READ, i)->mode, MODE_SHARED);
		ck_assert(cJSON_IsTrue(
			cJSON_GetObjectItem(service_asked("store/read", i)->body, "shared")));
	}
}
END_TEST

START_TEST(readers_are_drawn_by_the_seed)
{
	enum { ATTEMPTS = 40 };
	int readers = 0;

	arm.recipe = RECIPE_RWLOCK;
	arm.readers = 50;
	last_attempt = ATTEMPTS;
	run();
	for (int i = 0; i < ATTEMPTS; i++)
		readers += op(EVENT_INVOKE, F_ACQUIRE, i)->mode == MODE_SHARED;
	ck_assert_int_eq(readers, 25); /* of this seed, lane and worker */
	ck_assert_int_eq(op(EVENT_INVOKE, F_ACQUIRE, 0)->mode, op(EVENT_INVOKE, F_READ, 0)->mode);
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
		ck_assert_int_eq(ended->token,
				 knows[i].presents || knows[i].f == F_TOKEN ? SERVICE_TOKEN : 0);
		ck_assert_str_eq(ended->key, i ? key : "");
		ck_assert_str_eq(ended->error, "");
	}
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
		lock_service.etcd = (struct etcd_target){bad, 1, NULL}, config.first_endpoint = 0;
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
	arm.rest_max_ms = 160;
	last_attempt = ATTEMPTS;
	/* The third does not get its lock: it rests for the back-off. */
	service_answers("lock/lock", 2, (struct told)SERVICE_REFUSES);
	run();
	for (int i = 0, held = 0; i < ATTEMPTS; i++) {
		int64_t work_ns = random_between(&random, NS_PER_MS, 25 * NS_PER_MS);
		int64_t rest_ns = random_between(&random, 0, 160 * NS_PER_MS);
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

/* A service that is gone ---------------------------------------------------------------------- */

enum { VAIN_ATTEMPTS = 7 };

static void *stop_after_vain_attempts(void *cls)
{
	(void)cls;
	while (atomic_load(&view()->attempt) < VAIN_ATTEMPTS)
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	atomic_store(config.stop, 1);
	return NULL;
}

/* Whom nobody hears asks after twice as long each time, up to eight times. */
START_TEST(service_that_is_gone_is_asked_ever_less_often)
{
	static const char *const nobody[] = {"http://127.0.0.1:1"};
	struct random_stream random = random_open(SEED, "worker/4/1");
	pthread_t thread;

	lock_service.etcd = (struct etcd_target){nobody, 1, NULL};
	config.first_endpoint = 0;
	ck_assert_int_eq(pthread_create(&thread, NULL, stop_after_vain_attempts, NULL), 0);
	run();
	pthread_join(thread, NULL);
	for (int i = 0; i + 1 < VAIN_ATTEMPTS; i++) {
		random_between(&random, 0, 0); /* its work, its rest */
		random_between(&random, 0, 0);
		int64_t back_off_ns = random_between(&random, 10 * NS_PER_MS, 100 * NS_PER_MS);

		ck_assert_int_eq(op(EVENT_RETURN, F_LEASE_GRANT, i)->outcome, OUTCOME_FAIL);
		ck_assert_int_ge(at_ns(op(EVENT_INVOKE, F_LEASE_GRANT, i + 1)) -
					 at_ns(op(EVENT_RETURN, F_LEASE_GRANT, i)),
				 back_off_ns << (i < 3 ? i : 3));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: steps");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 20);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, attempt_asks_for_each_thing_once_and_names_it);
	tcase_add_test(tests, who_shares_the_lock_says_so_and_writes_nothing);
	tcase_add_test(tests, readers_are_drawn_by_the_seed);
	tcase_add_test(tests, every_operation_carries_what_the_attempt_knows_by_then);
	tcase_add_test(tests, safe_deadline_is_recorded_from_the_grant_on);
	tcase_add_test(tests, live_view_shows_each_step_while_it_is_under_way);
	tcase_add_test(tests, second_attempt_begins_with_nothing_of_the_first);
	tcase_add_test(tests, worker_without_a_guard_asks_for_no_token_and_presents_none);
	tcase_add_test(tests, worker_introduces_itself_whatever_its_slot_held);
	tcase_add_test(tests, slot_is_the_process_while_it_runs);
	tcase_add_test(tests, worker_that_acquires_while_the_run_ends_gives_back_at_once);
	tcase_add_test(tests, worker_survives_a_connection_that_was_closed_when_it_writes);
	tcase_add_loop_test(tests, worker_that_cannot_begin_says_so_by_its_status, 0, 2);
	tcase_add_test(tests, attempts_draw_from_the_stream_of_the_lanes_number_and_the_workers);
	tcase_add_test(tests, short_rest_is_not_lengthened_by_looking_for_the_end);
	tcase_add_test(tests, rest_of_hours_ends_when_the_run_does);
	tcase_add_test(tests, service_that_is_gone_is_asked_ever_less_often);
	return suite_run(suite);
}
