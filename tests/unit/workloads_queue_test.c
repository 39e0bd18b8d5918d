/* The recipes by a queue of keys, ours and the service's, against a real etcd. */
#include <check.h>

#include "tests/support/suite.h"
#include "tests/unit/workloads_parties.h"
#include "workloads/recipe_queue.h"

/* Whose key stands already. */
static void await_keys(int wanted)
{
	int64_t until_ns = in_ms(10 * 1000);

	while (count_keys(NULL) != wanted && clock_now_ns() < until_ns)
		clock_sleep_until_ns(in_ms(5));
	ck_assert_int_eq(count_keys(NULL), wanted);
}

static const struct lock_client_steps *const queues[] = {&recipe_queue, &recipe_election_queue};

START_TEST(queue_serves_who_came_first_and_token_is_the_place)
{
	const struct lock_client_steps *steps = queues[_i];

	struct lock_answer first = ck_ok(acquire(&party[0], steps));

	begin_to_wait(&party[1], steps);
	await_keys(2);
	begin_to_wait(&party[2], steps);
	await_keys(3);
	ck_ok(take(&party[0], steps->release));
	struct lock_answer second = ck_ok(end_of_wait(&party[1]));

	ck_assert_int_eq(count_keys(NULL), 2);
	ck_ok(take(&party[1], steps->release));
	struct lock_answer third = ck_ok(end_of_wait(&party[2]));

	ck_assert_int_lt(party[0].session.token, party[1].session.token);
	ck_assert_int_lt(party[1].session.token, party[2].session.token);
	/* Answered when it was first, not when it entered. */
	ck_assert_int_ge(first.order, party[0].session.token);
	ck_assert_int_gt(second.order, party[2].session.token);
	ck_assert_int_gt(third.order, second.order);
}
END_TEST

START_TEST(queue_keeps_one_lease_for_lock_after_lock)
{
	const struct lock_client_steps *steps = queues[_i];
	int64_t lease = 0, token = 0;

	for (int i = 0; i < 3; i++) {
		ck_ok(acquire(&party[0], steps));
		ck_assert(party[0].session.kept);
		ck_assert_int_gt(party[0].session.token, token);
		token = party[0].session.token;
		ck_assert(!lease || party[0].session.lease == lease);
		lease = party[0].session.lease;
		ck_ok(take(&party[0], steps->release));
		ck_assert(party[0].session.kept);
		ck_assert_int_eq(count_keys(NULL), 0);
	}
}
END_TEST

/* But by the recipe that does not look. */
START_TEST(who_lost_his_place_while_he_waited_is_refused)
{
	static const struct {
		const struct lock_client_steps *steps;
		const char *why;
	} cases[] = {
		{&recipe_queue, "the session has expired"},
		{&recipe_election_queue, "election: not leader"},
		{&recipe_trust_after_queue, NULL},
	};
	const struct lock_client_steps *steps = cases[_i].steps;

	ck_ok(acquire(&party[0], steps));
	begin_to_wait(&party[1], steps);
	await_keys(2);
	struct party other = party[1]; /* its client is asked by its own thread */

	other.client = party[2].client;
	end_lease(&other);
	ck_ok(take(&party[0], steps->release));
	struct lock_answer answer = end_of_wait(&party[1]);

	ck_assert_int_eq(count_keys(NULL), 0);
	if (cases[_i].why)
		ck_refused(answer, cases[_i].why);
	else
		ck_ok(answer);
	ck_assert_int_eq(party[1].session.kept, cases[_i].why == NULL);
}
END_TEST

START_TEST(who_is_not_first_in_time_does_not_keep_the_lease_that_his_key_hangs_on)
{
	ck_ok(acquire(&party[0], queues[_i]));
	ck_ok(take(&party[1], lock_open_session));
	struct lock_answer answer =
		queues[_i]->acquire(party[1].client, &party[1].session, in_ms(250));

	ck_assert_int_eq(answer.outcome, OUTCOME_INFO);
	ck_assert_str_eq(answer.error, "not first in time");
	ck_assert(!party[1].session.kept);
}
END_TEST

/* Nobody told him whom to wait for. */
START_TEST(who_gets_no_answer_asks_again_until_the_deadline)
{
	party[0].session.token = 5;
	etcd_fixture_kill(lane.etcd);
	struct lock_answer answer =
		queue_wait(party[0].client, &party[0].session, &queue_alone, in_ms(250));

	ck_assert_int_eq(answer.outcome, OUTCOME_INFO);
	ck_assert_str_eq(answer.error, "not first in time");
}
END_TEST

START_TEST(session_whose_key_stands_already_is_refused)
{
	ck_ok(acquire(&party[0], queues[_i]));
	ck_refused(take(&party[0], queues[_i]->acquire), "a key of the session stands already");
	ck_assert(!party[0].session.kept);
}
END_TEST

START_TEST(leader_that_lost_its_key_does_not_resign_another)
{
	ck_ok(acquire(&party[0], &recipe_election_queue));
	end_lease(&party[0]);
	ck_ok(acquire(&party[1], &recipe_election_queue));
	ck_refused(take(&party[0], recipe_election_queue.release), "election: not leader");
	ck_assert(!party[0].session.kept);
	ck_assert_int_eq(count_keys(NULL), 1);
}
END_TEST

/* The election API ---------------------------------------------------------------------------- */

START_TEST(elected_leader_proclaims_and_resigns)
{
	struct etcd_kv kv;

	struct lock_answer answer = ck_ok(acquire(&party[0], &recipe_election));

	ck_assert_int_eq(count_keys(&kv), 1);
	ck_assert_str_eq(party[0].session.key, kv.key);
	ck_assert_int_eq(party[0].session.token, kv.create_revision);
	ck_assert_int_eq(answer.order, 0); /* not that of the entry */
	ck_ok(take(&party[0], recipe_election.token));
	ck_assert_int_eq(party[0].session.token, kv.create_revision);
	ck_ok(take(&party[0], recipe_election.release));
	ck_assert_int_eq(count_keys(NULL), 0);
}
END_TEST

START_TEST(leader_whose_key_is_gone_learns_it_when_it_proclaims)
{
	ck_ok(acquire(&party[0], &recipe_election));
	ck_assert(!take(&party[0], recipe_election.token).gone);
	ck_ok(take(&party[0], recipe_election.release));
	struct lock_answer answer = take(&party[0], recipe_election.token);

	ck_assert_int_eq(answer.outcome, OUTCOME_FAIL);
	ck_assert(answer.gone);
}
END_TEST

/* etcd takes the proclamation of any candidate whose key stands. */
START_TEST(leader_whom_the_election_does_not_name_learns_it)
{
	struct etcd_kv kv;

	ck_ok(acquire(&party[0], &recipe_election));
	struct lock_answer answer = ck_ok(take(&party[0], recipe_election.token));

	ck_assert_int_eq(count_keys(&kv), 1);
	ck_assert_int_ge(answer.order, kv.mod_revision);
	ck_ok(take(&party[1], lock_open_session));
	snprintf(party[1].session.key, KEY_SIZE, "lock/1/other");
	party[1].session.token = etcd_put(party[1].client->etcd, party[1].session.key, "",
					  party[1].session.lease, in_ms(5000))
					 .revision;
	answer = take(&party[1], recipe_election.token);
	ck_assert_int_eq(answer.outcome, OUTCOME_FAIL);
	ck_assert_str_eq(answer.error, "another one is named leader");
	ck_assert(answer.gone);
}
END_TEST

START_TEST(election_is_lost_by_who_comes_second)
{
	ck_ok(acquire(&party[0], &recipe_election));
	ck_ok(take(&party[1], lock_open_session));
	struct lock_answer answer =
		recipe_election.acquire(party[1].client, &party[1].session, in_ms(250));

	ck_assert_int_eq(answer.outcome, OUTCOME_INFO);
	ck_assert_int_eq(party[1].session.token, 0);
	ck_assert_str_eq(party[1].session.key, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: recipes by a queue");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, parties_open, parties_close);
	tcase_add_loop_test(tests, queue_serves_who_came_first_and_token_is_the_place, 0, 2);
	tcase_add_loop_test(tests, queue_keeps_one_lease_for_lock_after_lock, 0, 2);
	tcase_add_loop_test(tests, who_lost_his_place_while_he_waited_is_refused, 0, 3);
	tcase_add_loop_test(tests,
			    who_is_not_first_in_time_does_not_keep_the_lease_that_his_key_hangs_on,
			    0, 2);
	tcase_add_test(tests, who_gets_no_answer_asks_again_until_the_deadline);
	tcase_add_loop_test(tests, session_whose_key_stands_already_is_refused, 0, 2);
	tcase_add_test(tests, leader_that_lost_its_key_does_not_resign_another);
	tcase_add_test(tests, elected_leader_proclaims_and_resigns);
	tcase_add_test(tests, leader_whose_key_is_gone_learns_it_when_it_proclaims);
	tcase_add_test(tests, leader_whom_the_election_does_not_name_learns_it);
	tcase_add_test(tests, election_is_lost_by_who_comes_second);
	return suite_run(suite);
}
