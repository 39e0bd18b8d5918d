/*
 * The recipes' steps against a service of the test's own: what the right one asks, and that each
 * negative control has its one bug and no other.
 */
#include <check.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_service.h"
#include "workloads/recipe_lock.h"

enum { LEASE = 0x4711, SHORT_TTL_S = 1 };

static const struct arm plain_arm;
static struct lock_service endpoints;
static struct lock_terms terms;
static struct lock_client *client;
static struct lock_session session;

static int64_t soon_ns(void)
{
	return clock_now_ns() + 20 * NS_PER_S;
}

static void setup(void)
{
	struct error err = {0};

	service_open(NULL, service_tell);
	endpoints.etcd = (struct etcd_target){service.endpoint, 2, NULL};
	terms = (struct lock_terms){.service = &endpoints,
				    .lock = "run/a",
				    .ttl_s = 4,
				    .first_endpoint = 1,
				    .arm = &plain_arm};
	ck_assert_int_eq(lock_open(&client, &terms, &err), 0);
	session = (struct lock_session){.lease = LEASE, .key = "run/a/k", .token = -1};
}

static void teardown(void)
{
	lock_close(client);
	service_close();
}

static const cJSON *body_of(const char *path)
{
	const struct question *question = service_asked(path, 0);

	ck_assert_msg(question, "%s was not asked", path);
	return question->body;
}

static struct lock_answer take(lock_step *step)
{
	return step(client, &session, soon_ns());
}

/* The key is gone. */
static void answer_without_a_key(void)
{
	service_answers("kv/range", -1, service_says(200, "{" SERVICE_HEADER "}", 9));
}

/* The right one ------------------------------------------------------------------------------- */

START_TEST(answer_tells_what_the_service_said)
{
	service_answers("kv/lease/revoke", 1, (struct told)SERVICE_REFUSES);
	int64_t before_ns = clock_now_ns();
	struct lock_answer answer = take(lock_close_session);

	ck_assert_int_eq(answer.outcome, OUTCOME_OK);
	ck_assert_int_eq(answer.endpoint, 1);
	ck_assert_int_eq(answer.order, 22);
	ck_assert_int_ge(answer.sent_ns, before_ns);
	ck_assert_int_le(answer.sent_ns, clock_now_ns());
	ck_assert_int_eq(answer.ttl_ms, 0);
	ck_assert_str_eq(answer.error, "");
	ck_assert(!answer.gone && !answer.unheard);
	answer = take(lock_close_session);
	ck_assert_int_eq(answer.outcome, OUTCOME_FAIL);
	ck_assert_str_eq(answer.error, "no such thing");
	ck_assert(!answer.unheard);
}
END_TEST

/* Nobody listens at port 9; what may have been heard is another matter. */
START_TEST(request_that_no_member_took_is_unheard)
{
	static const char *const nobody[] = {"http://127.0.0.1:9"};
	struct lock_client *alone;
	struct error err = {0};

	service_answers("kv/lease/revoke", 0, (struct told)SERVICE_SILENT);
	ck_assert(!take(lock_close_session).unheard);
	endpoints.etcd = (struct etcd_target){nobody, 1, NULL};
	terms.first_endpoint = 0;
	ck_assert_int_eq(lock_open(&alone, &terms, &err), 0);
	struct lock_answer answer = lock_close_session(alone, &session, soon_ns());

	ck_assert_int_eq(answer.outcome, OUTCOME_FAIL);
	ck_assert(answer.unheard);
	lock_close(alone);
}
END_TEST

START_TEST(session_is_a_lease_as_long_as_the_terms_say)
{
	session.lease = 0;
	struct lock_answer answer = take(lock_open_session);

	ck_assert_int_eq(answer.outcome, OUTCOME_OK);
	ck_assert_int_eq(answer.ttl_ms, 4000);
	ck_assert_int_eq(session.lease, SERVICE_LEASE);
	ck_assert(!session.kept);
	ck_assert_int_eq(body_number(body_of("lease/grant"), "TTL"), 4);
}
END_TEST

START_TEST(lease_that_was_not_granted_is_none)
{
	service_answers("lease/grant", 0, service_says(200, "{\"ID\":\"17\",\"TTL\":\"x\"}"));
	session.lease = 0;
	struct lock_answer answer = take(lock_open_session);

	ck_assert_int_eq(answer.outcome, OUTCOME_INFO);
	ck_assert_int_eq(answer.ttl_ms, 0);
	ck_assert_int_eq(session.lease, 0);
}
END_TEST

START_TEST(renewal_grants_what_its_answer_says)
{
	struct lock_answer answer = take(lock_renew);

	ck_assert_int_eq(answer.outcome, OUTCOME_OK);
	ck_assert_int_eq(answer.ttl_ms, 2000);
	ck_assert(!answer.gone);
	ck_assert_int_eq(body_number(body_of("lease/keepalive"), "ID"), LEASE);
}
END_TEST

/* Only the service's word that it knows no such lease says so: as an answer without a TTL, or as a
 * refusal for want of it. */
START_TEST(lease_is_gone_when_the_service_knows_it_not_and_for_nothing_else)
{
	static const struct {
		struct told told;
		enum outcome outcome;
		bool gone;
	} cases[] = {
		{{200, .text = "{\"result\":{\"ID\":\"18193\"}}"}, OUTCOME_OK, true},
		{SERVICE_REFUSES, OUTCOME_FAIL, true},
		{{400, .text = "{\"error\":\"e\",\"code\":3}"}, OUTCOME_FAIL, false},
		{{503, .text = "{\"error\":\"e\",\"code\":14}"}, OUTCOME_INFO, false},
		{{200, .text = "{\"result\":{\"ID\":\"1\",\"TTL\":\"9\"}}"}, OUTCOME_INFO, false},
		{SERVICE_SILENT, OUTCOME_INFO, false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		service.instead[0] = (struct instead){"lease/keepalive", -1, cases[i].told};
		stand_in_agree(service.stand_in);
		struct lock_answer answer = take(lock_renew);

		ck_assert_int_eq(answer.outcome, cases[i].outcome);
		ck_assert_int_eq(answer.gone, cases[i].gone);
		ck_assert_int_eq(answer.ttl_ms, 0);
	}
}
END_TEST

static const struct lock_client_steps *const token_readers[] = {&recipe_lock, &recipe_broken_stale};

START_TEST(token_is_the_create_revision_of_the_key)
{
	struct lock_answer answer = take(token_readers[_i]->token);

	ck_assert_int_eq(answer.outcome, OUTCOME_OK);
	ck_assert(!answer.gone);
	ck_assert_int_eq(session.token, SERVICE_TOKEN);
	ck_assert_str_eq(body_bytes(body_of("kv/range"), "key"), "run/a/k");
	ck_assert_str_eq(body_text(body_of("kv/range"), "range_end"), "");
}
END_TEST

START_TEST(token_of_a_key_that_is_gone_is_none)
{
	answer_without_a_key();
	struct lock_answer answer = take(token_readers[_i]->token);

	ck_assert_int_eq(answer.outcome, OUTCOME_FAIL);
	ck_assert(answer.gone);
	ck_assert_str_eq(answer.error, "the lock key is gone");
	ck_assert_int_eq(session.token, 0);
}
END_TEST

/* A client that cannot read one of the numbers does not take another for the token. */
START_TEST(token_that_was_not_answered_is_none)
{
	struct told malformed =
		service_says(200, "{\"kvs\":[{\"create_revision\":\"19\",\"lease\":\"x\"}]}");

	service_answers("kv/range", 0, malformed);
	struct lock_answer answer = take(token_readers[_i]->token);

	ck_assert_int_eq(answer.outcome, OUTCOME_INFO);
	ck_assert(!answer.gone);
	ck_assert_int_eq(session.token, 0);
}
END_TEST

START_TEST(right_recipe_locks_and_unlocks_by_the_lock_api)
{
	ck_assert_int_eq(take(recipe_lock.acquire).outcome, OUTCOME_OK);
	ck_assert_str_eq(session.key, "run/a/4711");
	ck_assert_int_eq(take(recipe_lock.release).outcome, OUTCOME_OK);
	ck_assert_str_eq(body_bytes(body_of("lock/unlock"), "key"), "run/a/4711");
}
END_TEST

/* The table of the recipes -------------------------------------------------------------------- */

START_TEST(every_word_of_a_campaign_is_a_recipe_of_its_own)
{
	for (int i = 0; recipe_names[i]; i++) {
		const struct lock_client_steps *steps = recipe_steps((enum recipe)i);

		ck_assert_ptr_nonnull(steps->open);
		ck_assert_ptr_nonnull(steps->close);
		ck_assert_ptr_nonnull(steps->acquire);
		ck_assert_str_eq(recipe_facts((enum recipe)i)->word, recipe_names[i]);
		for (int j = 0; j < i; j++)
			ck_assert_ptr_ne(steps, recipe_steps((enum recipe)j));
	}
	ck_assert_ptr_eq(recipe_steps(RECIPE_LOCK), &recipe_lock);
}
END_TEST

/* A broken one is the right one, but for what it states. */
START_TEST(broken_recipe_has_a_step_of_its_own_and_the_others_of_the_right_one)
{
	for (int i = 0; recipe_names[i]; i++) {
		if (strncmp(recipe_names[i], "broken-", 7) != 0)
			continue;
		const struct lock_client_steps *steps = recipe_steps((enum recipe)i);
		int same = (steps->open_session == lock_open_session) +
			   (steps->acquire == lock_acquire) + (steps->token == lock_token) +
			   (steps->renew == lock_renew) + (steps->release == lock_release) +
			   (steps->close_session == lock_close_session);

		ck_assert_msg(same < 6 && same >= 4, "%s: %d", recipe_names[i], same);
		ck_assert(!steps->lost && !steps->read && !steps->write);
	}
}
END_TEST

/* The broken ones ----------------------------------------------------------------------------- */

START_TEST(broken_put_puts_a_key_whether_or_not_it_is_there)
{
	ck_assert_int_eq(take(recipe_broken_put.acquire).outcome, OUTCOME_OK);
	ck_assert_str_eq(session.key, "run/a/holder");
	ck_assert_int_eq(service.questions, 1);
	ck_assert_str_eq(body_bytes(body_of("kv/put"), "key"), "run/a/holder");
	ck_assert_int_eq(body_number(body_of("kv/put"), "lease"), LEASE);
}
END_TEST

START_TEST(broken_ghost_takes_no_answer_for_a_lock)
{
	service_answers("lock/lock", 0, (struct told)SERVICE_SILENT);
	struct lock_answer answer = take(recipe_broken_ghost.acquire);

	ck_assert_int_eq(answer.outcome, OUTCOME_OK);
	ck_assert_str_eq(answer.error, "");
	ck_assert_str_eq(session.key, "run/a/4711");
}
END_TEST

START_TEST(broken_ghost_waits_for_no_answer_to_the_end)
{
	static sem_t never;

	sem_init(&never, 0, 0);
	service_answers("lock/lock", 0, (struct told){.status = 0, .after = &never});
	/* As long as the test may take, were it not for its short patience. */
	ck_assert_int_eq(
		recipe_broken_ghost.acquire(client, &session, clock_now_ns() + 3600 * NS_PER_S)
			.outcome,
		OUTCOME_OK);
	sem_post(&never);
}
END_TEST

START_TEST(broken_ghost_believes_an_answer)
{
	service_answers("lock/lock", 1, (struct told)SERVICE_REFUSES);
	ck_assert_int_eq(take(recipe_broken_ghost.acquire).outcome, OUTCOME_OK);
	ck_assert_str_eq(session.key, "run/a/4711");
	ck_assert_int_eq(take(recipe_broken_ghost.acquire).outcome, OUTCOME_FAIL);
	/* And asks nothing when no time is left. */
	recipe_broken_ghost.acquire(client, &session, clock_now_ns() - NS_PER_S);
	ck_assert_ptr_null(service_asked("lock/lock", 2));
}
END_TEST

START_TEST(broken_token_is_the_lease_while_the_key_is_there)
{
	ck_assert_int_eq(take(recipe_broken_token.token).outcome, OUTCOME_OK);
	ck_assert_int_eq(session.token, LEASE);
	answer_without_a_key();
	take(recipe_broken_token.token);
	ck_assert_int_eq(session.token, 0);
}
END_TEST

START_TEST(broken_forever_asks_for_a_lease_that_outlives_the_run_and_keeps_it)
{
	ck_assert_int_eq(recipe_broken_forever.ttl_s, 3600);
	ck_assert_ptr_null(recipe_broken_forever.release);
	ck_assert_ptr_null(recipe_broken_forever.close_session);
}
END_TEST

START_TEST(broken_release_unlocks_the_first_key_of_the_lock)
{
	service_answers("kv/range", 0,
			service_says(200, "{\"kvs\":[{\"key\":\"%s\"}]}", told_bytes("run/a/0")));
	ck_assert_int_eq(take(recipe_broken_release.release).outcome, OUTCOME_OK);
	ck_assert_str_eq(body_bytes(body_of("kv/range"), "key"), "run/a/");
	ck_assert_str_eq(body_bytes(body_of("kv/range"), "range_end"), "run/a0");
	ck_assert_int_eq(body_number(body_of("kv/range"), "limit"), 1);
	ck_assert_str_eq(body_bytes(body_of("lock/unlock"), "key"), "run/a/0");
}
END_TEST

START_TEST(broken_release_unlocks_nothing_when_it_finds_nothing)
{
	answer_without_a_key();
	struct lock_answer answer = take(recipe_broken_release.release);

	ck_assert_int_eq(answer.outcome, OUTCOME_OK);
	ck_assert_int_eq(answer.order, 9);
	service.instead[0].told = (struct told)SERVICE_REFUSES;
	stand_in_agree(service.stand_in);
	ck_assert_int_eq(take(recipe_broken_release.release).outcome, OUTCOME_FAIL);
	ck_assert_ptr_null(service_asked("lock/unlock", 0));
	/* The first of all, then: a lock key of ours has a slash. */
	text_copy(session.key, sizeof(session.key), "k");
	take(recipe_broken_release.release);
	ck_assert_str_eq(body_text(service_asked("kv/range", 2)->body, "key"), "AA==");
}
END_TEST

START_TEST(broken_steal_deletes_what_it_finds_and_locks)
{
	service_answers("kv/range", 0,
			service_says(200, "{\"kvs\":[{\"key\":\"%s\"}]}", told_bytes("run/a/0")));
	ck_assert_int_eq(take(recipe_broken_steal.acquire).outcome, OUTCOME_OK);
	ck_assert_str_eq(body_bytes(body_of("kv/range"), "key"), "run/a/");
	ck_assert_str_eq(body_bytes(body_of("lock/unlock"), "key"), "run/a/0");
	ck_assert_str_eq(body_bytes(body_of("lock/lock"), "name"), "run/a");
	ck_assert_str_eq(session.key, "run/a/4711");
}
END_TEST

START_TEST(broken_steal_does_not_lock_what_it_could_not_look_at)
{
	service_answers("kv/range", -1, (struct told)SERVICE_REFUSES);
	ck_assert_int_eq(take(recipe_broken_steal.acquire).outcome, OUTCOME_FAIL);
	ck_assert_ptr_null(service_asked("lock/lock", 0));
}
END_TEST

START_TEST(broken_keepalive_takes_every_good_status_for_a_renewal)
{
	lock_step *renew = recipe_broken_keepalive.renew;

	service_answers("lease/keepalive", 1,
			service_says(200, "{\"result\":{\"ID\":\"%d\"}}", LEASE));
	service_answers("lease/keepalive", 2, (struct told)SERVICE_REFUSES);
	ck_assert_int_eq(take(renew).ttl_ms, 2000);
	struct lock_answer answer = take(renew);

	ck_assert_int_eq(answer.outcome, OUTCOME_OK);
	ck_assert_int_eq(answer.ttl_ms, SHORT_TTL_S * 1000);
	ck_assert(!answer.gone);
	answer = take(renew);
	ck_assert_int_eq(answer.outcome, OUTCOME_FAIL);
	ck_assert_int_eq(answer.ttl_ms, 0);
	ck_assert(answer.gone);
	ck_assert_int_eq(recipe_broken_keepalive.ttl_s, SHORT_TTL_S);
}
END_TEST

START_TEST(broken_gone_takes_every_answer_for_gone)
{
	struct lock_answer answer = take(recipe_broken_gone.renew);

	ck_assert_int_eq(answer.outcome, OUTCOME_OK);
	ck_assert_int_eq(answer.ttl_ms, 0);
	ck_assert(answer.gone);
	ck_assert_int_eq(body_number(body_of("lease/keepalive"), "ID"), LEASE);
	service_answers("lease/keepalive", 1, (struct told)SERVICE_SILENT);
	ck_assert(!take(recipe_broken_gone.renew).gone);
}
END_TEST

START_TEST(broken_stale_asks_the_first_member_for_its_own_copy)
{
	take(recipe_broken_stale.token);
	ck_assert_int_eq(service_asked("kv/range", 0)->member, 0);
	ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(body_of("kv/range"), "serializable")));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: right and broken recipes");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 20);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, answer_tells_what_the_service_said);
	tcase_add_test(tests, request_that_no_member_took_is_unheard);
	tcase_add_test(tests, session_is_a_lease_as_long_as_the_terms_say);
	tcase_add_test(tests, lease_that_was_not_granted_is_none);
	tcase_add_test(tests, renewal_grants_what_its_answer_says);
	tcase_add_test(tests, lease_is_gone_when_the_service_knows_it_not_and_for_nothing_else);
	tcase_add_loop_test(tests, token_is_the_create_revision_of_the_key, 0, 2);
	tcase_add_loop_test(tests, token_of_a_key_that_is_gone_is_none, 0, 2);
	tcase_add_loop_test(tests, token_that_was_not_answered_is_none, 0, 2);
	tcase_add_test(tests, right_recipe_locks_and_unlocks_by_the_lock_api);
	tcase_add_test(tests, every_word_of_a_campaign_is_a_recipe_of_its_own);
	tcase_add_test(tests, broken_recipe_has_a_step_of_its_own_and_the_others_of_the_right_one);
	tcase_add_test(tests, broken_put_puts_a_key_whether_or_not_it_is_there);
	tcase_add_test(tests, broken_ghost_takes_no_answer_for_a_lock);
	tcase_add_test(tests, broken_ghost_waits_for_no_answer_to_the_end);
	tcase_add_test(tests, broken_ghost_believes_an_answer);
	tcase_add_test(tests, broken_token_is_the_lease_while_the_key_is_there);
	tcase_add_test(tests, broken_forever_asks_for_a_lease_that_outlives_the_run_and_keeps_it);
	tcase_add_test(tests, broken_release_unlocks_the_first_key_of_the_lock);
	tcase_add_test(tests, broken_release_unlocks_nothing_when_it_finds_nothing);
	tcase_add_test(tests, broken_steal_deletes_what_it_finds_and_locks);
	tcase_add_test(tests, broken_steal_does_not_lock_what_it_could_not_look_at);
	tcase_add_test(tests, broken_keepalive_takes_every_good_status_for_a_renewal);
	tcase_add_test(tests, broken_gone_takes_every_answer_for_gone);
	tcase_add_test(tests, broken_stale_asks_the_first_member_for_its_own_copy);
	return suite_run(suite);
}
