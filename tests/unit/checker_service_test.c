#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

/* early-expiry ------------------------------------------------------------------------------- */

/* Renewed by a request sent at 1,000 ms: alive until 3,000 ms at least. */
static const struct verdicts *ended_at(struct story *story, double seen_ms, enum function asked,
				       double asked_ms, enum outcome outcome)
{
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_renew(story, a, 1000, 1400);
	if (asked)
		story_try(story, a, asked, asked_ms, outcome);
	story_expire(story, a, seen_ms);
	story_lose(story, a, 5000);
	return story_judge(story, 1);
}

START_TEST(early_expiry_is_one_before_the_promised_end)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = ended_at(story, 2999.999, 0, 0, OUTCOME_OK);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_EARLY_EXPIRY), 1);
	ck_assert_int_eq(story_total(verdicts), 1);
	story_end(story);
	story = story_open("none", 0);
	ck_assert_int_eq(story_total(ended_at(story, 3000, 0, 0, OUTCOME_OK)), 0);
	story_end(story);
}
END_TEST

START_TEST(early_expiry_is_not_one_that_the_worker_may_have_asked_for)
{
	static const enum outcome outcomes[] = {OUTCOME_INFO, OUTCOME_OK, OUTCOME_FAIL};
	static const enum function asks[] = {F_RELEASE, F_LEASE_REVOKE};

	for (int i = 0; i < 3; i++)
		for (int j = 0; j < 2; j++) {
			struct story *story = story_open("none", 0);

			ck_assert_int_eq(
				story_total(ended_at(story, 2500, asks[j], 2500, outcomes[i])), 0);
			story_end(story);
			story = story_open("none", 0);
			ck_assert_int_eq(
				story_total(ended_at(story, 2500, asks[j], 2501, outcomes[i])), 1);
			story_end(story);
		}
}
END_TEST

/* Worker 1 waits, and renews at 500 ms; its key goes from the queue at 1000 ms, and it is told that
 * its lease is gone at `told_ms` (0: never). */
static int64_t lost_in_the_queue(double told_ms, double asked_ms)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_renew(story, b, 500, 501);
	if (asked_ms > 0 && asked_ms <= 1000)
		story_try(story, b, F_LEASE_REVOKE, asked_ms, OUTCOME_INFO);
	story_expire(story, b, 1000);
	if (asked_ms > 1000)
		story_try(story, b, F_LEASE_REVOKE, asked_ms,
			  told_ms > 0 && asked_ms > told_ms ? OUTCOME_FAIL : OUTCOME_OK);
	if (told_ms > 0)
		story_told_gone(story, b, told_ms - 1, told_ms);
	story_not_get(story, b, 3000, OUTCOME_FAIL);
	story_release(story, a, 3100, 3101);
	const struct verdicts *verdicts = story_judge(story, 1);
	int64_t found = story_definite(verdicts, STORY_SERVICE, VIOLATION_EARLY_EXPIRY);

	ck_assert_int_eq(story_total(verdicts), found);
	story_end(story);
	return found;
}

START_TEST(early_expiry_of_a_waiter_takes_the_services_own_word)
{
	ck_assert_int_eq(lost_in_the_queue(1200, 0), 1);
	ck_assert_int_eq(lost_in_the_queue(1200, 1201), 1);
	ck_assert_int_eq(lost_in_the_queue(2499.999, 0), 1);
	ck_assert_int_eq(lost_in_the_queue(2500, 0), 0); /* its time was over */
	ck_assert_int_eq(lost_in_the_queue(0, 0), 0);    /* the key alone may be given up */
	ck_assert_int_eq(lost_in_the_queue(1200, 990), 0);
	/* Seen on 3.5.30: the request was given up, and the worker itself ended the lease
	 * before it was told that it was gone. */
	ck_assert_int_eq(lost_in_the_queue(1200, 1100), 0);
}
END_TEST

/* Worker 0 holds, and renews at 500 ms; its key goes at 1000 ms, and worker 1 gets the lock. A
 * fault "revoke" lies over that: bitten with a proof about this key, or about another, or not
 * bitten. */
enum revoke { OF_THIS_KEY, OF_ANOTHER_KEY, NOT_BITTEN, OF_ANOTHER_LANE };

static const struct verdicts *revoked(struct story *story, enum revoke revoke)
{
	struct maker *maker = story_maker(story);
	int other = maker_lane(maker, 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	int b = story_ask(story, 1, 120);

	story_renew(story, a, 500, 501);
	story_renew(story, b, 500, 501);
	int64_t fault = maker_fault(maker, .kind = "revoke", .target = "holder",
				    .lane = revoke == OF_ANOTHER_LANE ? other : 0, .began_ms = 990,
				    .ended_ms = 1001, .bitten = revoke != NOT_BITTEN);

	if (revoke != NOT_BITTEN)
		maker_proof(maker, fault, "key gone, created at revision",
			    revoke == OF_ANOTHER_KEY ? 999 : story_token(story, a));
	story_expire(story, a, 1000);
	story_get(story, b, 1010);
	story_renew(story, a, 1400, 1401);
	return story_judge(story, 1);
}

START_TEST(what_an_operator_revoked_is_no_fault_of_the_service)
{
	static const int64_t early[] = {0, 1, 0, 1}, safe[] = {0, 1, 0, 1};

	for (int i = 0; i < 4; i++) {
		struct story *story = story_open("none", 0);
		const struct verdicts *verdicts = revoked(story, (enum revoke)i);

		ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_EARLY_EXPIRY),
				 early[i]);
		ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_SAFE),
				 safe[i]);
		ck_assert_int_eq(story_possible(verdicts, STORY_SERVICE, VIOLATION_OVERLAP_SAFE),
				 i == NOT_BITTEN);
		story_end(story);
	}
}
END_TEST

START_TEST(early_expiry_counts_an_acknowledgement_that_came_after_the_end)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_expire(story, a,
		     2200); /* the grant was sent at 98 ms: alone that would be in order */
	story_renew(story, a, 1000, 2600);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_EARLY_EXPIRY), 1);
	story_end(story);
}
END_TEST

START_TEST(early_expiry_is_not_proved_by_a_renewal_that_was_sent_after_the_end)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	story_expire(story, a, 2200);
	story_renew(story, a, 2201, 2202);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_EARLY_EXPIRY), 0);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_DEAD_KEEPALIVE), 1);
	story_end(story);
}
END_TEST

START_TEST(early_expiry_after_an_abandoned_acquire_is_only_possible)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_not_get(story, a, 200, OUTCOME_INFO);
	story_get(story, a, 210);
	story_expire(story, a, 500);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_EARLY_EXPIRY), 0);
	ck_assert_int_eq(story_possible(verdicts, STORY_SERVICE, VIOLATION_EARLY_EXPIRY), 1);
	story_end(story);
}
END_TEST

START_TEST(early_expiry_names_the_fault_on_a_member)
{
	struct story *story = story_open("none", 0);

	maker_fault(story_maker(story), .target = "leader", .lane = -1, .host = 1, .began_ms = 900,
		    .ended_ms = 1500, .bitten = true);
	maker_fault(story_maker(story), .target = "leader", .lane = -1, .host = 2, .began_ms = 50,
		    .ended_ms = 80, .bitten = true);
	const struct violation *violation =
		story_violation(ended_at(story, 2500, 0, 0, OUTCOME_OK), VIOLATION_EARLY_EXPIRY);

	ck_assert(violation_cites(violation, "fault", 1, "cover"));
	ck_assert(!violation_cites(violation, "fault", 2, "cover"));
	story_end(story);
}
END_TEST

/* ghost-grant -------------------------------------------------------------------------------- */

/* Worker 1 waits behind worker 0 and its key dies in the queue; then it is told ok. */
static const struct verdicts *died_in_queue(struct story *story, bool died, bool predecessor_gone)
{
	int a = story_ask(story, 0, 100);

	story_get(story, a, 110);
	int b = story_ask(story, 1, 120);

	if (predecessor_gone)
		story_release(story, a, 2400, 2401);
	if (died)
		story_expire(story, b, 2500);
	if (!predecessor_gone)
		story_release(story, a, 2600, 2601);
	story_get(story, b, 2610);
	story_lose(story, b, 2700);
	return story_judge(story, 1);
}

START_TEST(ghost_grant_is_of_a_key_that_died_in_the_queue)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = died_in_queue(story, true, false);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_GHOST_GRANT), 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_GHOST_GRANT), 0);
	story_end(story);
	story = story_open("none", 0);
	ck_assert_int_eq(story_total(died_in_queue(story, false, false)), 0);
	story_end(story);
}
END_TEST

START_TEST(ghost_grant_is_of_a_key_that_died_before_the_answer)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = died_in_queue(story, true, true);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_GHOST_GRANT), 1);
	story_end(story);
}
END_TEST

START_TEST(ghost_grant_of_a_broken_client_is_its_own)
{
	/* It calls an acquire that timed out acquired, and gives its queued key back. */
	struct story *story = story_open("none", PLANTED_CLIENT);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	story_get_unnamed(story, b, 420);
	story_release(story, b, 500, 501);
	story_release(story, a, 600, 601);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_GHOST_GRANT), 1);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_GHOST_GRANT), 0);
	ck_assert_int_eq(story_judgement(verdicts, 0)->verdict, VERDICT_UNSAFE);
	story_end(story);
}
END_TEST

/* The key of worker 1 is never told; `after`: what the witness tells that is surely later. */
enum after { NOTHING, A_REVISION, A_LATER_LEASE };

static int64_t never_made(enum after after)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b, c;

	story_get(story, a, 110);
	story_release(story, a, 115, 116);
	b = story_ask_in_vain(story, 1, 120);
	if (after != A_LATER_LEASE)
		story_pass_revisions(story, 1);
	if (after == A_LATER_LEASE)
		story_get_unnamed(story, b, 130);
	else
		story_get(story, b, 130);
	story_lose(story, b, 140);
	if (after != NOTHING) {
		c = story_ask(story, 2, 150);
		story_get(story, c, 160);
	}
	int64_t ghosts =
		story_definite(story_judge(story, 1), STORY_SERVICE, VIOLATION_GHOST_GRANT);

	story_end(story);
	return ghosts;
}

START_TEST(ghost_grant_is_of_a_key_never_made_when_the_witness_told_later_things)
{
	ck_assert_int_eq(never_made(NOTHING), 0);
	ck_assert_int_eq(never_made(A_REVISION), 1);
	ck_assert_int_eq(never_made(A_LATER_LEASE), 1);
}
END_TEST

START_TEST(ghost_grant_is_not_a_key_that_was_deleted_and_made_again)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	story_expire(story, a, 105); /* the first acquire was cancelled */
	story_not_get(story, a, 106, OUTCOME_FAIL);
	story_pass_revisions(story, 1);
	for (int member = 0; member < 2; member++)
		maker_key(story_maker(story), .lane = 0, .member = member, .revision = 13,
			  .create_revision = 13, .lease = 7000000, .key = "lock/6acfc0",
			  .seen_ms = 110 + member);
	story_get(story, a, 115);
	ck_assert_int_eq(story_total(story_judge(story, 1)), 0);
	story_end(story);
}
END_TEST

/* One key for all, as `key-txn` has it: of the holder's own making the witness told nothing. */
START_TEST(ghost_grant_is_not_of_another_ones_key_of_that_name)
{
	struct story *story = story_open("none", 0);
	struct maker *maker = story_maker(story);

	maker_key(maker, .lane = 0, .revision = 8, .create_revision = 8, .lease = 9,
		  .key = "lock/holder", .seen_ms = 50);
	maker_key(maker, .lane = 0, .revision = 10, .deleted = true, .key = "lock/holder",
		  .seen_ms = 101);
	maker_op(maker, .lane = 0, .worker = 0, .attempt = 1, .f = F_ACQUIRE, .outcome = OUTCOME_OK,
		 .invoked_ms = 100, .returned_ms = 103, .lease = 7, .key = "lock/holder",
		 .revision = 12);
	ck_assert_int_eq(
		story_definite(story_judge(story, 1), STORY_SERVICE, VIOLATION_GHOST_GRANT), 0);
	story_end(story);
}
END_TEST

START_TEST(ghost_grant_is_not_one_behind_a_key_that_was_made_again_later)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 101);
	story_expire(story, a, 2500);
	b = story_ask(story, 1, 2600);
	story_get(story, b, 2601);
	story_release(story, b, 2610, 2611);
	story_pass_revisions(story, 1);
	maker_key(story_maker(story), .lane = 0, .revision = 15, .create_revision = 15,
		  .lease = 7000000, .key = "lock/6acfc0", .seen_ms = 2620);
	story_lose(story, a, 2650);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_GHOST_GRANT), 0);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), 1);
	story_end(story);
}
END_TEST

START_TEST(nothing_is_concluded_when_several_keys_may_be_the_attempts)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_expire(story, a, 105);
	story_pass_revisions(story, 1);
	for (int member = 0; member < 2; member++)
		maker_key(story_maker(story), .lane = 0, .member = member, .revision = 13,
			  .create_revision = 13, .lease = 7000000, .key = "lock/6acfc0",
			  .seen_ms = 110 + member);
	story_get_unnamed(story, a, 115);
	for (int member = 0; member < 2; member++)
		maker_key(story_maker(story), .lane = 0, .member = member, .revision = 14,
			  .deleted = true, .key = "lock/6acfc0", .seen_ms = 500 + member);
	story_pass_revisions(story, 2);
	story_lose(story, a, 516);
	b = story_ask(story, 1, 520);
	story_not_get(story, b, 530, OUTCOME_FAIL);
	ck_assert_int_eq(story_total(story_judge(story, 1)), 0);
	story_end(story);
}
END_TEST

/* token-regression ---------------------------------------------------------------------------- */

/* Worker 0 is told ok at 110 ms; worker 1 asks at `asked_ms`. */
static const struct verdicts *tokens(struct story *story, double asked_ms, int64_t first,
				     int64_t second)
{
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	story_learn_token(story, a, 110.2, first);
	b = story_ask(story, 1, asked_ms);
	story_release(story, a, 200, 201);
	story_get(story, b, 210);
	story_learn_token(story, b, 211, second);
	story_release(story, b, 220, 221);
	return story_judge(story, 1);
}

START_TEST(token_regression_needs_an_answer_before_the_asking)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = tokens(story, 110.001, 30, 20);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_TOKEN_REGRESSION), 1);
	ck_assert_int_eq(story_total(verdicts), 1);
	story_end(story);
	story = story_open("none", 0);
	ck_assert_int_eq(story_total(tokens(story, 110, 30, 20)), 0);
	story_end(story);
	story = story_open("none", 0);
	ck_assert_int_eq(story_total(tokens(story, 150, 20, 30)), 0);
	story_end(story);
}
END_TEST

START_TEST(token_regression_is_one_token_given_twice)
{
	struct story *story = story_open("none", 0);
	const struct verdicts *verdicts = tokens(story, 150, 20, 20);

	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_TOKEN_REGRESSION), 1);
	story_end(story);
}
END_TEST

START_TEST(token_regression_of_a_broken_client_is_its_own)
{
	struct story *story = story_open("token", PLANTED_CLIENT);
	const struct verdicts *verdicts = tokens(story, 150, 7000001, 7000000);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_TOKEN_REGRESSION), 1);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_TOKEN_REGRESSION), 0);
	ck_assert_int_eq(story_judgement(verdicts, 0)->verdict, VERDICT_UNSAFE);
	story_end(story);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: service");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, early_expiry_is_one_before_the_promised_end);
	tcase_add_test(tests, early_expiry_is_not_one_that_the_worker_may_have_asked_for);
	tcase_add_test(tests, early_expiry_of_a_waiter_takes_the_services_own_word);
	tcase_add_test(tests, what_an_operator_revoked_is_no_fault_of_the_service);
	tcase_add_test(tests, early_expiry_counts_an_acknowledgement_that_came_after_the_end);
	tcase_add_test(tests, early_expiry_is_not_proved_by_a_renewal_that_was_sent_after_the_end);
	tcase_add_test(tests, early_expiry_after_an_abandoned_acquire_is_only_possible);
	tcase_add_test(tests, early_expiry_names_the_fault_on_a_member);
	tcase_add_test(tests, ghost_grant_is_of_a_key_that_died_in_the_queue);
	tcase_add_test(tests, ghost_grant_is_of_a_key_that_died_before_the_answer);
	tcase_add_test(tests, ghost_grant_of_a_broken_client_is_its_own);
	tcase_add_test(tests,
		       ghost_grant_is_of_a_key_never_made_when_the_witness_told_later_things);
	tcase_add_test(tests, ghost_grant_is_not_a_key_that_was_deleted_and_made_again);
	tcase_add_test(tests, ghost_grant_is_not_of_another_ones_key_of_that_name);
	tcase_add_test(tests, ghost_grant_is_not_one_behind_a_key_that_was_made_again_later);
	tcase_add_test(tests, nothing_is_concluded_when_several_keys_may_be_the_attempts);
	tcase_add_test(tests, token_regression_needs_an_answer_before_the_asking);
	tcase_add_test(tests, token_regression_is_one_token_given_twice);
	tcase_add_test(tests, token_regression_of_a_broken_client_is_its_own);
	return suite_run(suite);
}
