/* What rows become: attempts and grants (checker/holds/attempts.c, grants.c), read directly. */
#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "checker/holds/attempts.h"
#include "tests/support/suite.h"

enum { LEASE = 70, OTHER_LEASE = 71, ROWS = 16 };

/* One lane of one worker, in memory. */
static struct {
	struct arm_row arm;
	struct lane_row lane;
	struct process_row process;
	struct history history;
	struct op_row op[ROWS];
	struct key_row key[ROWS];
	struct lane_history rows;
	struct run run;
	struct lane_facts facts;
} scene;

static void setup(void)
{
	scene.arm = (struct arm_row){.name = "a", .model = "mutex", .permits = 1};
	scene.lane = (struct lane_row){.name = "a/0"};
	scene.process = (struct process_row){.id = 1, .name = "w", .ended_ns = NEVER_NS};
	scene.history = (struct history){.arm = &scene.arm,
					 .lane = &scene.lane,
					 .process = &scene.process,
					 .arms = 1,
					 .lanes = 1,
					 .processes = 1,
					 .sealed = true,
					 .healed_ns = NEVER_NS};
	scene.rows = (struct lane_history){.op = scene.op, .key = scene.key};
}

/* Of attempt 1; the answer comes a millisecond later. */
static struct op_row *did(enum function f, int64_t at_ms, enum outcome outcome)
{
	struct op_row *op = &scene.op[scene.rows.ops++];

	*op = (struct op_row){.id = scene.rows.ops,
			      .process = 1,
			      .f = f,
			      .outcome = outcome,
			      .attempt = 1,
			      .invoked_ns = at_ms * NS_PER_MS,
			      .returned_ns = (at_ms + 1) * NS_PER_MS,
			      .lease = LEASE};
	return op;
}

static void put(int64_t revision, int64_t create_revision)
{
	scene.key[scene.rows.keys++] = (struct key_row){.id = scene.rows.keys,
							.revision = revision,
							.create_revision = create_revision,
							.lease = LEASE,
							.seen_ns = revision * NS_PER_MS,
							.key = "k"};
}

static void went(int64_t revision)
{
	scene.key[scene.rows.keys++] = (struct key_row){.id = scene.rows.keys,
							.revision = revision,
							.seen_ns = revision * NS_PER_MS,
							.deleted = true,
							.key = "k"};
}

/* An attempt of that number to take key k, at that time and of that revision. */
static void got(int number, int64_t at_ms)
{
	struct op_row *op = did(F_ACQUIRE, at_ms, OUTCOME_OK);

	op->attempt = number;
	op->key = "k";
	op->revision = at_ms;
}

static void gave_back(int number, int64_t at_ms, enum outcome outcome)
{
	struct op_row *op = did(F_RELEASE, at_ms, outcome);

	op->attempt = number;
	op->key = "k";
	op->revision = outcome == OUTCOME_OK ? at_ms : 0;
}

/* Once a test, when all rows are told. */
static const struct lane_facts *facts(void)
{
	if (!scene.facts.run) {
		run_open(&scene.history, NEVER_NS, 0, &scene.run);
		facts_open(&scene.run, 0, &scene.rows, &scene.facts);
	}
	return &scene.facts;
}

static const struct attempt *attempt(void)
{
	ck_assert_int_eq(facts()->attempts, 1);
	return &facts()->attempt[0];
}

static void teardown(void)
{
	facts_close(&scene.facts);
	run_close(&scene.run);
}

/* Attempts ------------------------------------------------------------------------------------ */

START_TEST(key_of_an_attempt_is_the_one_that_its_acquire_was_given)
{
	did(F_TOKEN, 10, OUTCOME_FAIL)->key = "an-earlier-one";
	did(F_ACQUIRE, 20, OUTCOME_OK)->key = "its-own";
	did(F_RELEASE, 30, OUTCOME_OK)->key = "another";
	ck_assert_str_eq(attempt()->key, "its-own");
}
END_TEST

START_TEST(token_of_an_attempt_is_that_of_the_answer_that_was_ok)
{
	did(F_ACQUIRE, 10, OUTCOME_INFO)->token = 5;
	did(F_ACQUIRE, 20, OUTCOME_OK)->token = 17;
	did(F_WRITE, 30, OUTCOME_OK)->token = 99;
	ck_assert_int_eq(attempt()->token, 17);
}
END_TEST

START_TEST(token_of_an_attempt_may_be_read_later)
{
	did(F_ACQUIRE, 10, OUTCOME_OK);
	did(F_TOKEN, 20, OUTCOME_INFO)->token = 5;
	did(F_TOKEN, 30, OUTCOME_OK)->token = 17;
	ck_assert_int_eq(attempt()->token, 17);
}
END_TEST

START_TEST(token_of_an_attempt_is_at_least_known_by_what_it_sent)
{
	did(F_ACQUIRE, 10, OUTCOME_OK);
	did(F_READ, 20, OUTCOME_INFO)->token = 17;
	ck_assert_int_eq(attempt()->token, 17);
}
END_TEST

/* A kill is stamped before it is done. */
START_TEST(belief_of_one_that_died_before_its_answer_has_no_length)
{
	did(F_ACQUIRE, 10, OUTCOME_OK);
	scene.process.ended_ns = 5 * NS_PER_MS;
	ck_assert_int_eq(attempt()->believed_from_ns, 11 * NS_PER_MS);
	ck_assert_int_eq(attempt()->believed_to_ns, 11 * NS_PER_MS);
}
END_TEST

/* A renewal of another lease keeps nobody safe. */
START_TEST(safe_part_ends_with_the_attempts_own_lease)
{
	did(F_LEASE_GRANT, 1, OUTCOME_OK)->ttl_ms = 50;
	did(F_ACQUIRE, 10, OUTCOME_OK);
	struct op_row *other = did(F_KEEPALIVE, 20, OUTCOME_OK);

	other->lease = OTHER_LEASE;
	other->ttl_ms = 500;
	ck_assert_int_eq(attempt()->spans, 1);
	ck_assert_int_eq(attempt()->safe[0].from_ns, 11 * NS_PER_MS);
	ck_assert_int_eq(attempt()->safe[0].to_ns, 51 * NS_PER_MS);
	ck_assert(attempt_lease_lives(attempt(), 51 * NS_PER_MS - 1));
	ck_assert(!attempt_lease_lives(attempt(), 51 * NS_PER_MS));
}
END_TEST

/* Grants -------------------------------------------------------------------------------------- */

/* A put of the same lease goes on with the key, unless it says that it made it. */
START_TEST(put_of_a_key_that_it_made_anew_begins_a_grant)
{
	put(11, 11);
	put(13, 11);
	put(15, 15);
	ck_assert_int_eq(facts()->grants, 2);
	ck_assert_int_eq(facts()->grant[0].order, 11);
	ck_assert_int_eq(facts()->grant[0].last_put, 13);
	ck_assert_int_eq(facts()->grant[0].removed_order, 15);
	ck_assert_int_eq(facts()->grant[1].order, 15);
	ck_assert_int_eq(facts()->grant[1].removed_order, STANDS);
}
END_TEST

/* When its lease was asked for, its key had not been put. */
START_TEST(a_key_tells_when_its_lease_was_asked_for)
{
	did(F_LEASE_GRANT, 1, OUTCOME_FAIL);
	did(F_LEASE_GRANT, 2, OUTCOME_OK)->lease = OTHER_LEASE;
	did(F_LEASE_GRANT, 3, OUTCOME_OK);
	did(F_LEASE_GRANT, 4, OUTCOME_OK);
	did(F_ACQUIRE, 10, OUTCOME_OK);
	put(11, 11);
	ck_assert_int_eq(facts()->told_invoked_ns, 3 * NS_PER_MS);
	ck_assert_int_eq(facts()->told_order, 11);
	ck_assert_int_eq(attempt()->order, 11);
}
END_TEST

START_TEST(a_lease_that_was_there_before_tells_nothing)
{
	did(F_ACQUIRE, 10, OUTCOME_OK);
	did(F_KEEPALIVE, 20, OUTCOME_OK)->ttl_ms = 50;
	put(11, 11);
	ck_assert_ptr_nonnull(attempt()->grant);
	ck_assert_int_eq(facts()->told_invoked_ns, 0);
}
END_TEST

/* On etcd an honest client's token is its key's create_revision; not where it is plainly the lease.
 */
START_TEST(without_the_witness_holders_stand_in_the_order_of_honest_tokens)
{
	did(F_ACQUIRE, 10, OUTCOME_OK)->token = 17;
	ck_assert_int_eq(attempt()->order, 17);
}
END_TEST

START_TEST(a_lease_that_is_sent_as_a_token_orders_nobody)
{
	did(F_ACQUIRE, 10, OUTCOME_OK)->token = LEASE;
	ck_assert_int_eq(attempt()->token, LEASE);
	ck_assert_int_eq(attempt()->order, 0);
}
END_TEST

START_TEST(tokens_of_a_client_that_is_wrong_on_purpose_order_nobody)
{
	scene.arm.planted = PLANTED_CLIENT;
	did(F_ACQUIRE, 10, OUTCOME_OK)->token = 17;
	ck_assert_int_eq(attempt()->order, 0);
	ck_assert(!facts()->honest);
}
END_TEST

START_TEST(tokens_of_an_adapter_order_its_holders_where_the_witness_knows_none)
{
	scene.arm.planted = FOREIGN_CLIENT;
	did(F_ACQUIRE, 10, OUTCOME_OK)->token = 17;
	ck_assert_int_eq(attempt()->order, 17);
	ck_assert(!facts()->honest);
}
END_TEST

START_TEST(acquire_that_grants_begins_the_safe_part)
{
	did(F_ACQUIRE, 10, OUTCOME_OK)->ttl_ms = 50;
	ck_assert_int_eq(attempt()->spans, 1);
	ck_assert_int_eq(attempt()->safe[0].to_ns, 60 * NS_PER_MS);
}
END_TEST

START_TEST(the_witness_comes_before_tokens)
{
	did(F_ACQUIRE, 10, OUTCOME_OK)->token = 17;
	put(11, 11);
	ck_assert_int_eq(attempt()->order, 11);
}
END_TEST

/* Looked up --------------------------------------------------------------------------------- */

/* Operations of three processes; of the second one some are missing, and their ids. */
START_TEST(operations_are_found_whatever_is_missing)
{
	static const int64_t there[] = {1, 2, 3, 5, 8, 9}, missing[] = {0, 4, 6, 7, 10, 100};

	for (int64_t process = 1; process <= 3; process++)
		for (size_t i = 0; i < (process == 2 ? 6 : 3); i++)
			did(F_READ, 100 - (int64_t)i, OUTCOME_OK)->id = process << 32 | there[i];
	for (int64_t process = 0; process <= 4; process++) {
		for (size_t i = 0; i < 6; i++) {
			const struct op_row *found = facts_op(facts(), process << 32 | there[i]);
			bool is_there = process == 2 || (process % 2 == 1 && i < 3);

			ck_assert_int_eq(found != NULL, is_there);
			if (found)
				ck_assert_int_eq(found->id, process << 32 | there[i]);
		}
		for (size_t i = 0; i < 6; i++)
			ck_assert_ptr_null(facts_op(facts(), process << 32 | missing[i]));
	}
}
END_TEST

START_TEST(attempts_are_found_by_number_and_by_operation)
{
	did(F_ACQUIRE, 10, OUTCOME_OK)->attempt = 3;
	did(F_ACQUIRE, 20, OUTCOME_OK)->attempt = 7;
	did(F_LOSE, 30, OUTCOME_OK)->attempt = 3;
	did(F_READ, 40, OUTCOME_OK)->attempt = 0;
	ck_assert_int_eq(facts()->attempts, 2);
	ck_assert_int_eq(facts_attempt(facts(), 3)->ops, 2);
	ck_assert_int_eq(facts_attempt(facts(), 7)->ops, 1);
	ck_assert_ptr_null(facts_attempt(facts(), 5));
	ck_assert_int_eq(facts_attempt_of_op(facts(), 3)->id, 3);
	ck_assert_ptr_null(facts_attempt_of_op(facts(), 4));
	ck_assert_ptr_null(facts_attempt_of_op(facts(), 5));
}
END_TEST

START_TEST(a_label_names_token_or_else_revision)
{
	struct attempt attempt = {.name = "w-1", .how = ""};

	ck_assert_str_eq(attempt_label(&attempt).text, "w-1");
	attempt.order = 12;
	ck_assert_str_eq(attempt_label(&attempt).text, "w-1 (revision 12)");
	attempt.token = 7;
	ck_assert_str_eq(attempt_label(&attempt).text, "w-1 (token 7)");
	attempt.how = " for reading";
	ck_assert_str_eq(attempt_label(&attempt).text, "w-1 for reading (token 7)");
}
END_TEST

/* One key for many holds ---------------------------------------------------------------------- */

/* The last release may have been on its way for long, the others are through. */
START_TEST(release_is_of_the_hold_that_stood_then)
{
	static const enum outcome of_the_first[] = {OUTCOME_OK, OUTCOME_FAIL, OUTCOME_INFO};

	got(1, 10);
	put(10, 10);
	gave_back(1, 20, of_the_first[_i]);
	went(20);
	got(2, 30);
	put(30, 30);
	went(50);
	ck_assert_int_eq(facts()->attempts, 2);
	ck_assert_int_eq(facts()->attempt[0].given_up_ns, 20 * NS_PER_MS);
	ck_assert_int_eq(facts()->attempt[1].given_up_ns,
			 of_the_first[_i] == OUTCOME_INFO ? 20 * NS_PER_MS : NEVER_NS);
}
END_TEST

START_TEST(release_of_the_second_hold_is_no_end_of_the_first)
{
	got(1, 10);
	put(10, 10);
	gave_back(1, 20, OUTCOME_OK);
	went(20);
	got(2, 30);
	put(30, 30);
	gave_back(2, 40, OUTCOME_OK);
	went(40);
	got(3, 50);
	put(50, 50);
	ck_assert_int_eq(facts()->attempt[0].given_up_ns, 20 * NS_PER_MS);
	ck_assert_int_eq(facts()->attempt[1].given_up_ns, 40 * NS_PER_MS);
	ck_assert_int_eq(facts()->attempt[2].given_up_ns, NEVER_NS);
}
END_TEST

/* Though it has the same lease. */
START_TEST(key_that_went_before_the_attempt_began_is_not_its_own)
{
	got(1, 10);
	put(10, 10);
	gave_back(1, 20, OUTCOME_OK);
	went(20);
	got(2, 30 + 10 * _i);
	if (_i)
		put(35, 35);
	ck_assert_int_eq(facts()->attempt[0].grant->order, 10);
	if (_i)
		ck_assert_int_eq(facts()->attempt[1].grant->order, 35);
	else
		ck_assert_ptr_null(facts()->attempt[1].grant);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: facts");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, key_of_an_attempt_is_the_one_that_its_acquire_was_given);
	tcase_add_test(tests, token_of_an_attempt_is_that_of_the_answer_that_was_ok);
	tcase_add_test(tests, token_of_an_attempt_may_be_read_later);
	tcase_add_test(tests, token_of_an_attempt_is_at_least_known_by_what_it_sent);
	tcase_add_test(tests, belief_of_one_that_died_before_its_answer_has_no_length);
	tcase_add_test(tests, safe_part_ends_with_the_attempts_own_lease);
	tcase_add_test(tests, put_of_a_key_that_it_made_anew_begins_a_grant);
	tcase_add_test(tests, a_key_tells_when_its_lease_was_asked_for);
	tcase_add_test(tests, a_lease_that_was_there_before_tells_nothing);
	tcase_add_test(tests, operations_are_found_whatever_is_missing);
	tcase_add_test(tests, attempts_are_found_by_number_and_by_operation);
	tcase_add_test(tests, without_the_witness_holders_stand_in_the_order_of_honest_tokens);
	tcase_add_test(tests, a_lease_that_is_sent_as_a_token_orders_nobody);
	tcase_add_test(tests, tokens_of_a_client_that_is_wrong_on_purpose_order_nobody);
	tcase_add_test(tests, tokens_of_an_adapter_order_its_holders_where_the_witness_knows_none);
	tcase_add_test(tests, acquire_that_grants_begins_the_safe_part);
	tcase_add_test(tests, the_witness_comes_before_tokens);
	tcase_add_test(tests, a_label_names_token_or_else_revision);
	tcase_add_loop_test(tests, release_is_of_the_hold_that_stood_then, 0, 3);
	tcase_add_test(tests, release_of_the_second_hold_is_no_end_of_the_first);
	tcase_add_loop_test(tests, key_that_went_before_the_attempt_began_is_not_its_own, 0, 2);
	return suite_run(suite);
}
