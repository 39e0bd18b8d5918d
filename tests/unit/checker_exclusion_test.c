/* not-linearizable, and exclusion at both levels: what proves a hold, and what does not. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

static const struct exclusion *exclusion_of(struct story *story, enum exclusion_level level)
{
	return &story_judgement(story_judge(story, 1), 0)->exclusion[level];
}

/* The service contradicts itself, or not: filed under the service, once a lane. */
static void expect_service_level(struct story *story, bool failed)
{
	const struct verdicts *verdicts = story_judge(story, 1);
	const struct exclusion *exclusion =
		&story_judgement(verdicts, 0)->exclusion[EXCLUSION_SERVICE];

	ck_assert_int_eq(exclusion->violations > 0, failed); /* by its answers */
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_NOT_LINEARIZABLE),
			 failed);
	if (failed) {
		const struct violation *violation =
			story_violation(verdicts, VIOLATION_NOT_LINEARIZABLE);

		ck_assert(violation_cites(violation, "attempt", story_attempt(story, 0), "holder"));
		ck_assert(violation_cites(violation, "attempt", story_attempt(story, 1),
					  "later holder"));
	}
	story_end(story);
}

/* Worker 0 renews with success up to `sent_ms`; worker 1 is told at 1,450 ms that it holds. */
static struct story *renewed_until(double sent_ms)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 1400);
	story_get(story, b, 1450);
	story_renew(story, a, sent_ms, 2000);
	story_renew(story, b, 1600, 1610);
	return story;
}

START_TEST(not_linearizable_is_a_renewal_after_another_was_told_that_it_holds)
{
	expect_service_level(renewed_until(1450.001), true);
	expect_service_level(renewed_until(1450), false);
}
END_TEST

START_TEST(not_linearizable_is_not_proved_by_a_renewal_that_may_be_older_than_its_lock)
{
	/* Asked for before worker 0 was told that it holds: the lease lived, perhaps without lock.
	 */
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b = story_ask(story, 1, 110);

	story_get(story, b, 120);
	story_renew(story, b, 900, 910);
	story_renew(story, a, 500, 510);
	story_release(story, b, 1000, 1001);
	story_get(story, a, 1010);
	expect_service_level(story, false);
}
END_TEST

/* As renewed_until(1500), but the first request to end the hold goes out at `asked_ms`. */
static struct story *renewed_and_ended(double asked_ms)
{
	struct story *story = renewed_until(1500);

	story_try(story, 0, F_RELEASE, asked_ms, OUTCOME_INFO);
	return story;
}

START_TEST(not_linearizable_is_not_proved_by_a_renewal_beside_a_release)
{
	/* The release may have deleted the key of a lease that goes on. */
	expect_service_level(renewed_and_ended(1999.999), false);
	expect_service_level(renewed_and_ended(2000), true);
}
END_TEST

START_TEST(not_linearizable_is_not_proved_by_a_renewal_after_an_abandoned_acquire)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_not_get(story, a, 105, OUTCOME_INFO);
	story_get(story, a, 110);
	b = story_ask(story, 1, 1400);
	story_get(story, b, 1450);
	story_renew(story, a, 1500, 1510);
	story_renew(story, b, 1600, 1610);
	expect_service_level(story, false);
}
END_TEST

/* Worker 0 asks to end its hold at 1,500 ms and revokes its lease; worker 1 holds meanwhile. */
static struct story *revoked(enum outcome outcome)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 1000);
	story_get(story, b, 1010);
	story_renew(story, b, 1100, 1110);
	story_try(story, a, F_RELEASE, 1500, OUTCOME_OK);
	story_try(story, a, F_LEASE_REVOKE, 1502, outcome);
	return story;
}

START_TEST(not_linearizable_is_proved_by_a_lease_that_could_be_revoked)
{
	expect_service_level(revoked(OUTCOME_OK), true);
	expect_service_level(revoked(OUTCOME_FAIL), false); /* it was gone */
	expect_service_level(revoked(OUTCOME_INFO), false);
}
END_TEST

START_TEST(not_linearizable_is_proved_by_a_reading_of_the_key)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 1000);
	story_get(story, b, 1010);
	story_renew(story, b, 1100, 1110);
	story_learn_token(story, a, 1200, 11);
	expect_service_level(story, true);
}
END_TEST

/* Worker 1 is told that it holds at revision 12, worker 2 at 13; the witness saw worker 0's key go
 * before that or after it. */
static struct story *stood_by_revision(bool after)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b, c;

	story_get(story, a, 110);
	b = story_ask(story, 1, 1000);
	if (!after)
		story_expire(story, a, 1005);
	story_get(story, b, 1010);
	c = story_ask(story, 2, 1020);
	story_get(story, c, 1030);
	if (after)
		story_expire(story, a, 1040);
	return story;
}

START_TEST(not_linearizable_is_proved_by_the_revisions_that_the_witness_saw)
{
	expect_service_level(stood_by_revision(true), true);
	expect_service_level(stood_by_revision(false), false);
}
END_TEST

START_TEST(not_linearizable_is_not_proved_by_an_answer_at_the_revision_of_the_removal)
{
	/* Worker 0's release finds its key gone: its answer names the removal's revision. */
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b = story_ask(story, 1, 120);

	story_get(story, a, 121);
	story_expire(story, a, 2200);
	story_get(story, b, 2210);
	story_renew(story, b, 2300, 2310);
	story_acknowledge(story, a, F_RELEASE, 2400, 2410);
	expect_service_level(story, false);
}
END_TEST

/* Worker 0's lease expires at 2,200 ms, as is right; it stops believing at `lost_ms`. */
static struct story *believed_until(double lost_ms)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b = story_ask(story, 1, 120);

	story_get(story, a, 110);
	story_expire(story, a, 2200);
	story_get(story, b, 2210);
	story_lose(story, a, lost_ms);
	story_release(story, b, 2500, 2501);
	return story;
}

START_TEST(exclusion_at_client_level_fails_without_accusing_the_service)
{
	struct story *story = believed_until(2210.001);
	const struct verdicts *verdicts = story_judge(story, 1);
	const struct judgement *judgement = story_judgement(verdicts, 0);
	const struct exclusion *exclusion = &judgement->exclusion[EXCLUSION_CLIENT];

	ck_assert_int_eq(exclusion->verdict, EXCLUSION_FAILED);
	ck_assert_int_eq(exclusion->violations, 1);
	ck_assert_int_eq(exclusion->holds, 2);
	ck_assert_str_eq(exclusion->procedure, "T2");
	ck_assert_int_eq(judgement->exclusion[EXCLUSION_SERVICE].verdict, EXCLUSION_HELD);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_NOT_LINEARIZABLE), 0);
	ck_assert_int_eq(story_definite(verdicts, STORY_SERVICE, VIOLATION_NOT_LINEARIZABLE), 0);
	ck_assert_ptr_nonnull(strstr(judgement->why, "client level failed (1 disjoint pair), "
						     "service level held"));
	story_end(story);

	story = believed_until(2210);
	ck_assert_int_eq(exclusion_of(story, EXCLUSION_CLIENT)->verdict, EXCLUSION_HELD);
	story_end(story);
}
END_TEST

START_TEST(exclusion_of_a_lane_that_nobody_held_is_unknown)
{
	struct story *story = story_open("none", 0);

	story_not_get(story, story_ask(story, 0, 100), 200, OUTCOME_FAIL);
	ck_assert_int_eq(exclusion_of(story, EXCLUSION_CLIENT)->verdict, EXCLUSION_UNKNOWN);
	story_end(story);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: exclusion");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, not_linearizable_is_a_renewal_after_another_was_told_that_it_holds);
	tcase_add_test(tests,
		       not_linearizable_is_not_proved_by_a_renewal_that_may_be_older_than_its_lock);
	tcase_add_test(tests, not_linearizable_is_not_proved_by_a_renewal_beside_a_release);
	tcase_add_test(tests,
		       not_linearizable_is_not_proved_by_a_renewal_after_an_abandoned_acquire);
	tcase_add_test(tests, not_linearizable_is_proved_by_a_lease_that_could_be_revoked);
	tcase_add_test(tests, not_linearizable_is_proved_by_a_reading_of_the_key);
	tcase_add_test(tests, not_linearizable_is_proved_by_the_revisions_that_the_witness_saw);
	tcase_add_test(tests,
		       not_linearizable_is_not_proved_by_an_answer_at_the_revision_of_the_removal);
	tcase_add_test(tests, exclusion_at_client_level_fails_without_accusing_the_service);
	tcase_add_test(tests, exclusion_of_a_lane_that_nobody_held_is_unknown);
	return suite_run(suite);
}
