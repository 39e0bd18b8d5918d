/* What the worker does, records and shows when a step does not end well, or its lease is lost. */
#include "tests/support/suite.h"
#include "tests/unit/workloads_steps.h"

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

/* For our record, or even for the client. */
START_TEST(lock_key_that_is_too_long_is_no_hold_of_ours)
{
	static const struct {
		size_t length;
		const char *words;
	} cases[] = {
		{KEY_SIZE, "the lock key is too long"},
		{ETCD_TEXT, "the answer is malformed, or has a number or a text that cannot "},
	};
	size_t length = cases[_i].length;
	char key[2 * ETCD_TEXT];

	memset(key, 'k', length);
	key[length] = '\0';
	service_answers("lock/lock", 0, service_says(200, "{\"key\":\"%s\"}", told_bytes(key)));
	run();
	ck_assert_str_eq(story(), "lease-grant ok, acquire info, lease-revoke ok");
	ck_assert_str_eq(op(EVENT_RETURN, F_ACQUIRE, 0)->error, cases[_i].words);
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

static sem_t reached, asked, lost;

static const char *loses_at;

static void tell_of_the_loss(const struct question *question)
{
	if (service_is(question, loses_at)) {
		sem_post(&reached);
		sem_post(&asked);
	}
	stop_in_time(question);
}

/* Posts `lost` when the worker's hold, which stands when that is asked, is over in the live view.
 */
static void *await_loss(void *cls)
{
	struct live *live = area_live(rig.area);

	(void)cls;
	sem_wait(&asked);
	uint32_t seen = atomic_load(&live->generation);

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
		enum habit habit;
	} cases[] = {
		{"kv/range", "lease-grant ok, acquire ok, lose ok, token ok, lease-revoke ok",
		 GUARD_TOKEN, HABIT_NONE},
		{"store/read",
		 "lease-grant ok, acquire ok, token ok, lose ok, read ok, lease-revoke ok",
		 GUARD_TOKEN, HABIT_NONE},
		{"store/read", "lease-grant ok, acquire ok, lose ok, read ok, lease-revoke ok",
		 GUARD_NONE, HABIT_NONE},
		/* For a while that is drawn, here of two hours. */
		{"store/read",
		 "lease-grant ok, acquire ok, lose ok, read ok, write ok, lease-revoke ok",
		 GUARD_NONE, HABIT_GOES_ON},
		{"store/write",
		 "lease-grant ok, acquire ok, token ok, read ok, lose ok, write ok, "
		 "lease-revoke ok",
		 GUARD_TOKEN, HABIT_NONE},
	};
	struct told gone = service_says(200, "{\"result\":{\"ID\":\"%d\"}}", SERVICE_LEASE);
	struct question any = {.body = cJSON_Parse("{\"value\":\"1\",\"key\":\"a2V5\"}")};
	pthread_t thread;

	sem_init(&reached, 0, 0);
	sem_init(&asked, 0, 0);
	sem_init(&lost, 0, 0);
	arm.guard = cases[_i].guard;
	arm.habit = cases[_i].habit;
	if (arm.habit)
		arm.ttl_s = 3600;
	arm.heartbeat_ms = 1;
	arm.retries = 64; /* each waits for 100 ms at least, until the step is reached */
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

static void *let_it_be_taken(void *cls)
{
	(void)cls;
	clock_sleep_until_ns(clock_now_ns() + 200 * NS_PER_MS);
	sem_post(&lost);
	return NULL;
}

static pthread_t taker;

static void answer_the_lock_later(const struct question *question)
{
	if (service_is(question, "lease/keepalive"))
		ck_assert_int_eq(pthread_create(&taker, NULL, let_it_be_taken, NULL), 0);
	stop_in_time(question);
}

/* It waited for longer than its lease lived. Nothing shows when the heartbeat has taken its answer:
 * it has a fifth of a second for it. */
START_TEST(worker_that_lost_its_lease_while_it_waited_begins_nothing)
{
	struct question any = {
		.path = "lock/lock",
		.body = cJSON_Parse("{\"name\":\"cnVuL3Rva2VuLzQ=\",\"lease\":\"7000\"}")};
	struct told acquired = service_healthy(&any);

	cJSON_Delete(any.body);
	sem_init(&lost, 0, 0);
	arm.heartbeat_ms = 1;
	service.heed = answer_the_lock_later;
	acquired.after = &lost;
	service_answers("lock/lock", 0, acquired);
	service_answers("lease/keepalive", 0,
			service_says(200, "{\"result\":{\"ID\":\"%d\"}}", SERVICE_LEASE));
	run();
	pthread_join(taker, NULL);
	ck_assert_str_eq(story(), "lease-grant ok, acquire ok, lose ok, lease-revoke ok");
	ck_assert_str_eq(op(EVENT_INVOKE, F_LOSE, 0)->key, "run/token/4/1b58");
}
END_TEST

#define THERE(lease)                                                                               \
	"{\"kvs\":[{\"key\":\"cnVuL3Rva2VuLzQvMWI1OA==\",\"create_revision\":\"30\","              \
	"\"mod_revision\":\"30\",\"version\":\"1\",\"lease\":\"" lease "\"}]}"

#define LOOK_IS_GONE "the lock is no longer there"

static const struct {
	enum look look;
	struct told told;
	const char *rest, *words;
} looks[] = {
	{LOOK_RANGE, {200, .text = THERE("7000")}, "look ok, write ok, release ok", ""},
	{LOOK_RANGE, {200, .text = THERE("7001")}, "look fail, lose ok", LOOK_IS_GONE},
	{LOOK_RANGE, {200, .text = "{}"}, "look fail, lose ok", LOOK_IS_GONE},
	{LOOK_RANGE, SERVICE_REFUSES, "look fail, release ok", NULL},
	{LOOK_RANGE, SERVICE_SILENT, "look info, release ok", NULL},
	{LOOK_SERIALIZABLE, {200, .text = THERE("7000")}, "look ok, write ok, release ok", ""},
	{LOOK_SERIALIZABLE, {200, .text = "{}"}, "look fail, lose ok", LOOK_IS_GONE},
	{LOOK_TIMETOLIVE,
	 {200, .text = "{\"ID\":\"7000\",\"TTL\":\"1\",\"grantedTTL\":\"2\"}"},
	 "look ok, write ok, release ok",
	 ""},
	/* Less than a second. */
	{LOOK_TIMETOLIVE,
	 {200, .text = "{\"ID\":\"7000\",\"grantedTTL\":\"2\"}"},
	 "look ok, write ok, release ok",
	 ""},
	{LOOK_TIMETOLIVE,
	 {200, .text = "{\"ID\":\"7000\",\"TTL\":\"-1\"}"},
	 "look fail, lose ok",
	 LOOK_IS_GONE},
};

START_TEST(worker_that_looks_writes_only_when_it_is_told_that_the_lock_is_there)
{
	bool by_lease = looks[_i].look == LOOK_TIMETOLIVE;
	const char *path = by_lease ? "kv/lease/timetolive" : "kv/range";
	char wanted[160];

	arm.guard = GUARD_NONE;
	arm.look = looks[_i].look;
	service_answers(path, 0, looks[_i].told);
	run();
	snprintf(wanted, sizeof(wanted), "lease-grant ok, acquire ok, read ok, %s, lease-revoke ok",
		 looks[_i].rest);
	ck_assert_str_eq(story(), wanted);
	if (looks[_i].words)
		ck_assert_str_eq(op(EVENT_RETURN, F_LOOK, 0)->error, looks[_i].words);
	const struct op_event *look = op(EVENT_RETURN, F_LOOK, 0);
	const cJSON *question = service_asked(path, 0)->body;

	ck_assert_int_eq(look->lease, SERVICE_LEASE);
	/* Only what is left of a lease, and not beyond the second that was told. */
	ck_assert(by_lease && look->outcome == OUTCOME_OK ? look->ttl_ms % 1000 == 999
							  : look->ttl_ms == 0);
	ck_assert_int_eq(cJSON_IsTrue(cJSON_GetObjectItem(question, "serializable")),
			 looks[_i].look == LOOK_SERIALIZABLE);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
	Suite *suite = suite_create("workloads: steps that go amiss");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 20);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests,
			    step_that_does_not_end_well_is_recorded_and_the_attempt_ends_as_it_must,
			    0, COUNT(troubles));
	tcase_add_loop_test(tests, loss_is_recorded_in_the_words_of_whoever_told_of_it, 0, 3);
	tcase_add_loop_test(tests, lock_key_that_is_too_long_is_no_hold_of_ours, 0, 2);
	tcase_add_test(tests, revoke_that_is_answered_is_not_asked_again);
	tcase_add_test(tests, lock_is_asked_for_no_longer_than_the_arm_says);
	tcase_add_test(tests, worker_goes_on_to_the_next_member_and_shows_which_it_asks);
	tcase_add_loop_test(tests, worker_that_knows_of_its_loss_goes_no_further, 0, 5);
	tcase_add_test(tests, worker_that_lost_its_lease_while_it_waited_begins_nothing);
	tcase_add_loop_test(tests,
			    worker_that_looks_writes_only_when_it_is_told_that_the_lock_is_there, 0,
			    COUNT(looks));
	return suite_run(suite);
}
