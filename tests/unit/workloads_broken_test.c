/*
 * The recipes' steps against a service of the test's own: what the right one asks, and that each
 * negative control has its one bug and no other.
 */
#include <check.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_service.h"
#include "workloads/recipe.h"

enum { LEASE = 0x4711, SHORT_TTL_S = 1 };

static struct etcd *etcd;
static char key[ETCD_TEXT];
static int64_t token;
static struct etcd_lease answer;

static int64_t soon_ns(void)
{
	return clock_now_ns() + 20 * NS_PER_S;
}

static void setup(void)
{
	struct error err = {0};

	service_open(NULL, service_tell);
	ck_assert_int_eq(
		etcd_open(&etcd, &(struct etcd_target){service.endpoint, 2, NULL}, 1, &err), 0);
	text_copy(key, sizeof(key), "unset");
	token = -1;
	answer = (struct etcd_lease){.ttl_s = -1};
}

static void teardown(void)
{
	etcd_close(etcd);
	service_close();
}

static const cJSON *body_of(const char *path)
{
	const struct question *question = service_asked(path, 0);

	ck_assert_msg(question, "%s was not asked", path);
	return question->body;
}

static struct etcd_reply acquire(const struct recipe_steps *recipe)
{
	return recipe->acquire(etcd, "run/a", LEASE, key, soon_ns());
}

static struct etcd_reply learn_token(const struct recipe_steps *recipe)
{
	return recipe->token(etcd, "run/a/k", LEASE, &token, soon_ns());
}

static struct etcd_reply release(const struct recipe_steps *recipe, const char *held)
{
	return recipe->release(etcd, held, soon_ns());
}

/* The key is gone. */
static void answer_without_a_key(void)
{
	service_answers("kv/range", -1, service_says(200, "{" SERVICE_HEADER "}", 9));
}

/* The right one ------------------------------------------------------------------------------- */

static const struct recipe_steps *const token_readers[] = {&recipe_lock, &recipe_broken_stale};

START_TEST(token_is_the_create_revision_of_the_key)
{
	ck_assert_int_eq(learn_token(token_readers[_i]).outcome, ETCD_OK);
	ck_assert_int_eq(token, SERVICE_TOKEN);
	ck_assert_str_eq(body_bytes(body_of("kv/range"), "key"), "run/a/k");
	ck_assert_str_eq(body_text(body_of("kv/range"), "range_end"), "");
}
END_TEST

START_TEST(token_of_a_key_that_is_gone_is_none)
{
	answer_without_a_key();
	ck_assert_int_eq(learn_token(token_readers[_i]).outcome, ETCD_OK);
	ck_assert_int_eq(token, 0);
}
END_TEST

/* A client that cannot read one of the numbers does not take another for the token. */
START_TEST(token_that_was_not_answered_is_none)
{
	struct told malformed =
		service_says(200, "{\"kvs\":[{\"create_revision\":\"19\",\"lease\":\"x\"}]}");

	service_answers("kv/range", 0, malformed);
	ck_assert_int_eq(learn_token(token_readers[_i]).outcome, ETCD_INFO);
	ck_assert_int_eq(token, 0);
}
END_TEST

START_TEST(right_recipe_locks_and_unlocks_by_the_lock_api)
{
	ck_assert_int_eq(acquire(&recipe_lock).outcome, ETCD_OK);
	ck_assert_str_eq(key, "run/a/4711");
	ck_assert_int_eq(release(&recipe_lock, key).outcome, ETCD_OK);
	ck_assert_str_eq(body_bytes(body_of("lock/unlock"), "key"), "run/a/4711");
}
END_TEST

START_TEST(every_word_of_a_campaign_is_a_recipe_of_its_own)
{
	for (int i = 0; recipe_names[i]; i++) {
		const struct recipe_steps *recipe = recipe_find((enum recipe)i);

		ck_assert_ptr_nonnull(recipe);
		ck_assert_str_eq(recipe_name((enum recipe)i), recipe_names[i]);
		ck_assert_int_eq(recipe->planted, recipe != &recipe_lock);
		for (int j = 0; j < i; j++)
			ck_assert_ptr_ne(recipe, recipe_find((enum recipe)j));
	}
	ck_assert_str_eq(guard_names[GUARD_TOKEN], "token");
}
END_TEST

START_TEST(every_recipe_but_the_right_one_is_known_as_planted)
{
	struct arm arm = {.recipe = RECIPE_LOCK};

	ck_assert_uint_eq(arm_planted(&arm), 0);
	arm.store = STORE_IGNORES_TOKENS;
	ck_assert_uint_eq(arm_planted(&arm), PLANTED_STORE);
	arm.store = STORE_HONEST;
	for (int i = RECIPE_LOCK + 1; recipe_names[i]; i++) {
		arm.recipe = (enum recipe)i;
		ck_assert_msg(arm_planted(&arm) == PLANTED_CLIENT, "%s", recipe_names[i]);
	}
}
END_TEST

/* The broken ones ----------------------------------------------------------------------------- */

START_TEST(broken_put_puts_a_key_whether_or_not_it_is_there)
{
	ck_assert_int_eq(acquire(&recipe_broken_put).outcome, ETCD_OK);
	ck_assert_str_eq(key, "run/a/holder");
	ck_assert_int_eq(service.questions, 1);
	ck_assert_str_eq(body_bytes(body_of("kv/put"), "key"), "run/a/holder");
	ck_assert_int_eq(body_number(body_of("kv/put"), "lease"), LEASE);
}
END_TEST

START_TEST(broken_ghost_takes_no_answer_for_a_lock)
{
	service_answers("lock/lock", 0, (struct told)SERVICE_SILENT);
	struct etcd_reply reply = acquire(&recipe_broken_ghost);

	ck_assert_int_eq(reply.outcome, ETCD_OK);
	ck_assert_str_eq(reply.error, "");
	ck_assert_str_eq(key, "run/a/4711");
}
END_TEST

START_TEST(broken_ghost_waits_for_no_answer_to_the_end)
{
	static sem_t never;

	sem_init(&never, 0, 0);
	service_answers("lock/lock", 0, (struct told){.status = 0, .after = &never});
	/* As long as the test may take, were it not for its short patience. */
	ck_assert_int_eq(
		recipe_broken_ghost
			.acquire(etcd, "run/a", LEASE, key, clock_now_ns() + 3600 * NS_PER_S)
			.outcome,
		ETCD_OK);
	sem_post(&never);
}
END_TEST

START_TEST(broken_ghost_believes_an_answer)
{
	service_answers("lock/lock", 1, (struct told)SERVICE_REFUSES);
	ck_assert_int_eq(acquire(&recipe_broken_ghost).outcome, ETCD_OK);
	ck_assert_str_eq(key, "run/a/4711");
	ck_assert_int_eq(acquire(&recipe_broken_ghost).outcome, ETCD_FAIL);
	/* And asks nothing when no time is left. */
	recipe_broken_ghost.acquire(etcd, "run/a", LEASE, key, clock_now_ns() - NS_PER_S);
	ck_assert_ptr_null(service_asked("lock/lock", 2));
}
END_TEST

START_TEST(broken_token_is_the_lease_while_the_key_is_there)
{
	ck_assert_int_eq(learn_token(&recipe_broken_token).outcome, ETCD_OK);
	ck_assert_int_eq(token, LEASE);
	answer_without_a_key();
	learn_token(&recipe_broken_token);
	ck_assert_int_eq(token, 0);
}
END_TEST

START_TEST(broken_forever_asks_for_a_lease_that_outlives_the_run_and_keeps_it)
{
	ck_assert_int_eq(recipe_broken_forever.lease_ttl_s, 3600);
	ck_assert(!recipe_broken_forever.gives_back);
}
END_TEST

START_TEST(broken_release_unlocks_the_first_key_of_the_lock)
{
	service_answers("kv/range", 0,
			service_says(200, "{\"kvs\":[{\"key\":\"%s\"}]}", told_bytes("run/a/0")));
	ck_assert_int_eq(release(&recipe_broken_release, "run/a/4711").outcome, ETCD_OK);
	ck_assert_str_eq(body_bytes(body_of("kv/range"), "key"), "run/a/");
	ck_assert_str_eq(body_bytes(body_of("kv/range"), "range_end"), "run/a0");
	ck_assert_int_eq(body_number(body_of("kv/range"), "limit"), 1);
	ck_assert_str_eq(body_bytes(body_of("lock/unlock"), "key"), "run/a/0");
}
END_TEST

START_TEST(broken_release_unlocks_nothing_when_it_finds_nothing)
{
	answer_without_a_key();
	struct etcd_reply reply = release(&recipe_broken_release, "run/a/4711");

	ck_assert_int_eq(reply.outcome, ETCD_OK);
	ck_assert_int_eq(reply.revision, 9);
	service.instead[0].told = (struct told)SERVICE_REFUSES;
	stand_in_agree(service.stand_in);
	ck_assert_int_eq(release(&recipe_broken_release, "run/a/4711").outcome, ETCD_FAIL);
	ck_assert_ptr_null(service_asked("lock/unlock", 0));
	/* The first of all, then: a lock key of ours has a slash. */
	release(&recipe_broken_release, "k");
	ck_assert_str_eq(body_text(service_asked("kv/range", 2)->body, "key"), "AA==");
}
END_TEST

START_TEST(broken_steal_deletes_what_it_finds_and_locks)
{
	service_answers("kv/range", 0,
			service_says(200, "{\"kvs\":[{\"key\":\"%s\"}]}", told_bytes("run/a/0")));
	ck_assert_int_eq(acquire(&recipe_broken_steal).outcome, ETCD_OK);
	ck_assert_str_eq(body_bytes(body_of("kv/range"), "key"), "run/a/");
	ck_assert_str_eq(body_bytes(body_of("lock/unlock"), "key"), "run/a/0");
	ck_assert_str_eq(body_bytes(body_of("lock/lock"), "name"), "run/a");
	ck_assert_str_eq(key, "run/a/4711");
}
END_TEST

START_TEST(broken_steal_does_not_lock_what_it_could_not_look_at)
{
	service_answers("kv/range", -1, (struct told)SERVICE_REFUSES);
	ck_assert_int_eq(acquire(&recipe_broken_steal).outcome, ETCD_FAIL);
	ck_assert_ptr_null(service_asked("lock/lock", 0));
}
END_TEST

START_TEST(broken_keepalive_takes_every_good_status_for_a_renewal)
{
	const struct recipe_steps *recipe = &recipe_broken_keepalive;

	service_answers("lease/keepalive", 1,
			service_says(200, "{\"result\":{\"ID\":\"%d\"}}", LEASE));
	service_answers("lease/keepalive", 2, (struct told)SERVICE_REFUSES);
	ck_assert_int_eq(recipe->renew(etcd, LEASE, &answer, soon_ns()).outcome, ETCD_OK);
	ck_assert_int_eq(answer.ttl_s, 2);
	ck_assert_int_eq(recipe->renew(etcd, LEASE, &answer, soon_ns()).outcome, ETCD_OK);
	ck_assert_int_eq(answer.ttl_s, SHORT_TTL_S);
	ck_assert_int_eq(recipe->renew(etcd, LEASE, &answer, soon_ns()).outcome, ETCD_FAIL);
	ck_assert_int_eq(answer.ttl_s, 0);
	ck_assert_int_eq(recipe->lease_ttl_s, SHORT_TTL_S);
}
END_TEST

START_TEST(broken_gone_takes_every_answer_for_gone)
{
	struct etcd_reply reply = recipe_broken_gone.renew(etcd, LEASE, &answer, soon_ns());

	ck_assert_int_eq(reply.outcome, ETCD_OK);
	ck_assert_int_eq(answer.ttl_s, 0);
	ck_assert_int_eq(body_number(body_of("lease/keepalive"), "ID"), LEASE);
}
END_TEST

START_TEST(broken_stale_asks_the_first_member_for_its_own_copy)
{
	learn_token(&recipe_broken_stale);
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
	tcase_add_loop_test(tests, token_is_the_create_revision_of_the_key, 0, 2);
	tcase_add_loop_test(tests, token_of_a_key_that_is_gone_is_none, 0, 2);
	tcase_add_loop_test(tests, token_that_was_not_answered_is_none, 0, 2);
	tcase_add_test(tests, right_recipe_locks_and_unlocks_by_the_lock_api);
	tcase_add_test(tests, every_word_of_a_campaign_is_a_recipe_of_its_own);
	tcase_add_test(tests, every_recipe_but_the_right_one_is_known_as_planted);
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
