/* The recipes of locks that several may hold, on every etcd there is. */
#include <check.h>
#include <pthread.h>

#include "base/text.h"
#include "tests/unit/etcd_each.h"
#include "workloads/recipe_lock.h"

enum { PARTIES = 5, PATIENCE_MS = 30 * 1000, WAITS_MS = 300 };

#define LOCK "sharing/1"

static const char *endpoint[1];
static struct lock_service service = {.etcd = {endpoint, 1, NULL}};
static const struct arm two = {.permits = 2};
static struct lock_terms terms = {.service = &service, .lock = LOCK, .ttl_s = 60, .arm = &two};

static struct party {
	struct lock_client *client;
	struct lock_session session;
	const struct lock_client_steps *steps;
	pthread_t thread; /* of the acquire that waits */
	struct lock_answer answer;
} party[PARTIES];

static void open_parties(int fixture)
{
	struct error err = {0};

	endpoint[0] = etcd_fixture_url(etcd[fixture]);
	for (int i = 0; i < PARTIES; i++) {
		party[i] = (struct party){0};
		ck_assert_int_eq(lock_open(&party[i].client, &terms, &err), 0);
		ck_assert_int_eq(
			lock_open_session(party[i].client, &party[i].session, in_ms(PATIENCE_MS))
				.outcome,
			OUTCOME_OK);
	}
}

/* The keys go with the leases. */
static void close_parties(void)
{
	for (int i = 0; i < PARTIES; i++) {
		lock_close_session(party[i].client, &party[i].session, in_ms(PATIENCE_MS));
		lock_close(party[i].client);
	}
}

static struct party *wants(int number, const struct lock_client_steps *steps, enum mode mode)
{
	party[number].steps = steps;
	party[number].session.shared = mode == MODE_SHARED;
	return &party[number];
}

static struct lock_answer acquire_within(struct party *of, int ms)
{
	return of->steps->acquire(of->client, &of->session, in_ms(ms));
}

static void holds_by(int number, const struct lock_client_steps *steps, enum mode mode)
{
	struct lock_answer answer = acquire_within(wants(number, steps, mode), PATIENCE_MS);

	ck_assert_msg(answer.outcome == OUTCOME_OK, "%d: %s", number, answer.error);
	ck_assert_int_gt(party[number].session.token, 0);
	ck_assert(party[number].session.kept);
}

static void gives_back(int number)
{
	ck_assert_int_eq(
		party[number]
			.steps
			->release(party[number].client, &party[number].session, in_ms(PATIENCE_MS))
			.outcome,
		OUTCOME_OK);
}

static void *wait_for_lock(void *context)
{
	struct party *of = context;

	of->answer = acquire_within(of, PATIENCE_MS);
	return NULL;
}

static int count_keys(void)
{
	struct etcd_kv kv[8];
	int count;

	ck_ok(etcd_range(party[0].client->etcd, LOCK "/", true, kv, 8, &count, in_ms(PATIENCE_MS)));
	return count;
}

/* Goes on when it stands in the queue. */
static void begins_to_wait(int number, const struct lock_client_steps *steps, enum mode mode)
{
	int before = count_keys();
	int64_t until_ns = in_ms(PATIENCE_MS);

	ck_assert_int_eq(pthread_create(&party[number].thread, NULL, wait_for_lock,
					wants(number, steps, mode)),
			 0);
	while (count_keys() == before && clock_now_ns() < until_ns)
		clock_sleep_until_ns(in_ms(5));
	ck_assert_int_eq(count_keys(), before + 1);
}

static void gets_at_last(int number)
{
	ck_assert_int_eq(pthread_join(party[number].thread, NULL), 0);
	ck_assert_msg(party[number].answer.outcome == OUTCOME_OK, "%d: %s", number,
		      party[number].answer.error);
}

static void does_not_get(int number, const struct lock_client_steps *steps, enum mode mode)
{
	struct lock_answer answer = acquire_within(wants(number, steps, mode), WAITS_MS);

	ck_assert_int_eq(answer.outcome, OUTCOME_INFO);
	ck_assert(!party[number].session.kept);
	lock_close_session(party[number].client, &party[number].session, in_ms(PATIENCE_MS));
}

START_TEST(readers_share_and_a_writer_waits_for_all_of_them)
{
	open_parties(_i);
	holds_by(0, &recipe_rwlock, MODE_SHARED);
	holds_by(1, &recipe_rwlock, MODE_SHARED);
	ck_assert_int_gt(party[1].session.token, party[0].session.token);
	begins_to_wait(2, &recipe_rwlock, MODE_EXCLUSIVE);
	/* No reader passes the writer that waits. */
	begins_to_wait(3, &recipe_rwlock, MODE_SHARED);
	gives_back(1);
	does_not_get(4, &recipe_rwlock, MODE_SHARED);
	gives_back(0);
	gets_at_last(2);
	ck_assert_int_eq(count_keys(), 2);
	gives_back(2);
	gets_at_last(3);
	ck_assert_int_gt(party[3].session.token, party[2].session.token);
	close_parties();
}
END_TEST

START_TEST(a_reader_waits_for_a_writer_unless_it_rushes)
{
	open_parties(_i);
	holds_by(0, &recipe_rwlock, MODE_EXCLUSIVE);
	does_not_get(1, &recipe_rwlock, MODE_SHARED);
	does_not_get(2, &recipe_rwlock, MODE_EXCLUSIVE);
	does_not_get(4, &recipe_rwlock_rush, MODE_EXCLUSIVE);
	holds_by(3, &recipe_rwlock_rush, MODE_SHARED);
	close_parties();
}
END_TEST

START_TEST(a_semaphore_lets_in_as_many_as_it_has_permits_unless_it_counts_wrong)
{
	open_parties(_i);
	holds_by(0, &recipe_semaphore, MODE_SHARED);
	holds_by(1, &recipe_semaphore, MODE_SHARED);
	does_not_get(2, &recipe_semaphore, MODE_SHARED);
	begins_to_wait(3, &recipe_semaphore, MODE_SHARED);
	gives_back(1); /* whichever goes */
	gets_at_last(3);
	holds_by(1, &recipe_semaphore_extra, MODE_SHARED);
	does_not_get(4, &recipe_semaphore_extra, MODE_SHARED);
	close_parties();
}
END_TEST

/* Its lease ended while it stood in the queue. */
START_TEST(who_lost_his_place_while_he_waited_is_refused)
{
	static const struct {
		const struct lock_client_steps *steps;
		enum mode mode;
	} waits[] = {{&recipe_rwlock, MODE_SHARED}, {&recipe_semaphore, MODE_SHARED}};
	struct error err = {0};

	for (size_t i = 0; i < sizeof(waits) / sizeof(*waits); i++) {
		struct lock_client *other;

		open_parties(_i);
		ck_assert_int_eq(lock_open(&other, &terms, &err), 0);
		holds_by(0, waits[i].steps, i ? MODE_SHARED : MODE_EXCLUSIVE);
		if (i)
			holds_by(1, waits[i].steps, MODE_SHARED);
		begins_to_wait(2, waits[i].steps, waits[i].mode);
		struct lock_session its = party[2].session;

		lock_close_session(other, &its, in_ms(PATIENCE_MS));
		gives_back(0);
		ck_assert_int_eq(pthread_join(party[2].thread, NULL), 0);
		ck_assert_int_eq(party[2].answer.outcome, OUTCOME_FAIL);
		ck_assert_str_eq(party[2].answer.error, "the session has expired");
		lock_close(other);
		close_parties();
	}
}
END_TEST

int main(void)
{
	int count = etcd_fixture_start_each("workloads_sharing_test", etcd);
	Suite *suite = suite_create("workloads: recipes of locks that several may hold");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, readers_share_and_a_writer_waits_for_all_of_them, 0, count);
	tcase_add_loop_test(tests, a_reader_waits_for_a_writer_unless_it_rushes, 0, count);
	tcase_add_loop_test(tests,
			    a_semaphore_lets_in_as_many_as_it_has_permits_unless_it_counts_wrong, 0,
			    count);
	tcase_add_loop_test(tests, who_lost_his_place_while_he_waited_is_refused, 0, count);
	return run_on_each(suite, count);
}
