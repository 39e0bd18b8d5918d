/*
 * T1 and T1b: anonymous mutexes and semaphores. What counting says against what is known by hand,
 * and against exhaustive search on random histories; its certificates; that it hands over what it
 * cannot decide.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/oracle/draw.h"
#include "tests/support/suite.h"

static struct small small;

static bool count(enum model model, int limit, const char *text, struct linear_result *result)
{
	*result = (struct linear_result){.verdict = LINEAR_UNKNOWN};
	small_read(&small, model, limit, false, text);
	return linear_counting(&small.object, model, limit, result);
}

static enum linear_verdict mutex(const char *text)
{
	struct linear_result result;

	ck_assert(count(MODEL_MUTEX, 1, text, &result));
	return result.verdict;
}

static enum linear_verdict semaphore(int permits, const char *text)
{
	struct linear_result result;

	return count(MODEL_SEMAPHORE, permits, text, &result) ? result.verdict : LINEAR_UNKNOWN;
}

START_TEST(mutex_rejects_two_holders)
{
	ck_assert_int_eq(mutex("a1[0 1] r1[2 3] a2[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(mutex("a1[0 1] a2[2 3] r1[4 5]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(mutex("r1[0 1]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(a_release_that_overlaps_the_acquire_lets_it_in)
{
	ck_assert_int_eq(mutex("a1[0 1] a2[2 5] r1[4 6]"), LINEARIZABLE);
	ck_assert_int_eq(mutex("a1[0 1] a2[2 5] r1[6 7]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(an_unknown_release_may_have_ended_a_hold_once)
{
	ck_assert_int_eq(mutex("a1[0 1] r1?[2 0] a2[3 4]"), LINEARIZABLE);
	ck_assert_int_eq(mutex("a1[0 1] r1?[2 0] a2[3 4] a3[5 6]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(mutex("a1[0 1] a2[3 4] r1?[5 0]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(an_unknown_acquire_may_stay_out_or_not)
{
	ck_assert_int_eq(mutex("a1?[0 0] a2[1 2]"), LINEARIZABLE);
	ck_assert_int_eq(mutex("a1?[0 0] r2[1 2]"), LINEARIZABLE);
	ck_assert_int_eq(mutex("a1?[0 0] r2[1 2] r3[3 4]"), NOT_LINEARIZABLE);
}
END_TEST

/* The first release pays for the one that the second acquire forced, though it was not the only
 * one pending then; one invoked later must not. */
START_TEST(what_was_placed_early_was_pending_then)
{
	ck_assert_int_eq(mutex("a1[0 1] r1[2 9] a2[3 4] r2[5 6] a3[7 8]"), LINEARIZABLE);
	ck_assert_int_eq(mutex("a1[0 1] r1[2 9] a2[3 4] r2[5 6] a3[7 8] r3[10 11] r4[12 13]"),
			 NOT_LINEARIZABLE);
}
END_TEST

START_TEST(semaphore_counts_permits)
{
	ck_assert_int_eq(semaphore(2, "a1[0 1] a2[2 3]"), LINEARIZABLE);
	ck_assert_int_eq(semaphore(2, "a1[0 1] a2[2 3] a3[4 5]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(semaphore(3, "a1[0 1] a2[2 3] a3[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(semaphore(3, "a1[0 1] r1[2 3] r2[4 5]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(a_failed_try_saw_the_mutex_held)
{
	ck_assert_int_eq(mutex("a1[0 1] t2![2 3]"), LINEARIZABLE);
	ck_assert_int_eq(mutex("t2![0 1] a1[2 3]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(mutex("a1[0 3] t2![1 2]"), LINEARIZABLE);
	ck_assert_int_eq(mutex("a1[0 1] r1[2 3] t2![4 5]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(mutex("a1[0 1] r1[2 4] t2![3 5]"), LINEARIZABLE);
	ck_assert_int_eq(mutex("a1?[0 0] t2![1 2]"), LINEARIZABLE);
}
END_TEST

/* Eager where it should have waited: the release goes first, and the permit that the try-acquire
 * saw taken never is. Four operations are enough. */
START_TEST(a_semaphore_with_observers_is_not_refuted_by_counting)
{
	const char *history = "a1[0 1] r2[2 5] a2[3 6] t3![4 7]";

	ck_assert_int_eq(semaphore(2, history), LINEAR_UNKNOWN);
	small_read(&small, MODEL_SEMAPHORE, 2, false, history);
	ck_assert_int_eq(linear_exhaust(&small.object, MODEL_SEMAPHORE, 2), LINEARIZABLE);
	/* but what it finds an order for is linearizable, and what fails without them is not */
	ck_assert_int_eq(semaphore(2, "a1[0 1] a2[2 3] t3![4 5]"), LINEARIZABLE);
	ck_assert_int_eq(semaphore(2, "a1[0 1] a2[2 3] t3![4 5] a4[6 7]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(the_certificate_is_two_acquires_without_a_release_between)
{
	struct linear_result result;

	ck_assert(count(MODEL_MUTEX, 1, "a1[0 1] r1[2 3] a2[4 5] a3[6 7] r2[8 9]", &result));
	ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.stuck, 3);
	ck_assert_int_eq(result.certificate.prefix, 8);
	ck_assert_int_eq(result.certificate.attempts, 2);
	ck_assert_int_eq(result.certificate.acquire[0], 2);
	ck_assert_int_eq(result.certificate.acquire[1], 3);
	ck_assert_uint_eq(result.certificate.release[0], TRACE_NEVER);
}
END_TEST

START_TEST(the_certificate_names_the_releases_that_do_not_suffice)
{
	struct linear_result result;

	ck_assert(count(MODEL_MUTEX, 1, "a1[0 3] r1?[2 0] a2[4 5] a3[6 7]", &result));
	ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 3);
	ck_assert_uint_eq(result.certificate.release[0], 1);
	ck_assert_uint_eq(result.certificate.release[1], TRACE_NEVER);
}
END_TEST

/* They looked, and took nothing. */
START_TEST(the_certificate_does_not_name_proofs_and_failures)
{
	struct linear_result result;

	ck_assert(count(MODEL_MUTEX, 1, "a1[0 1] p1[2 3] t3![4 5] a2[6 7] r1[8 9]", &result));
	ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 2);
	ck_assert_int_eq(result.certificate.acquire[0], 0);
	ck_assert_int_eq(result.certificate.acquire[1], 3);
	ck_assert_uint_eq(result.certificate.acquire[2], TRACE_NEVER);
	ck_assert_uint_eq(result.certificate.release[0], TRACE_NEVER);
	/* releases too many, and what was acquired meanwhile */
	ck_assert(count(MODEL_MUTEX, 1, "a1[0 9] p1?[1 0] r1[2 3] r2[4 5]", &result));
	ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
	ck_assert_int_eq(result.certificate.attempts, 2);
	ck_assert_int_eq(result.certificate.release[0], 2);
	ck_assert_int_eq(result.certificate.release[1], 3);
	ck_assert_int_eq(result.certificate.acquire[0], 0);
	ck_assert_uint_eq(result.certificate.acquire[1], TRACE_NEVER);
}
END_TEST

START_TEST(other_models_are_not_counted)
{
	struct linear_result result;

	ck_assert(!count(MODEL_OWNED_MUTEX, 1, "a1[0 1]", &result));
	ck_assert(!count(MODEL_OWNED_SEMAPHORE, 1, "a1[0 1]", &result));
}
END_TEST

/* Both verdicts must be among them, else it shows nothing. */
START_TEST(random_histories_agree_with_exhaustive_search)
{
	struct random_stream random = random_open(20261120, "counting");
	static const enum model models[] = {MODEL_MUTEX, MODEL_SEMAPHORE};
	int seen[2] = {0}, handed_over = 0;

	for (int i = 0; i < 20000; i++) {
		enum model model = models[i % 2];
		struct linear_result result;

		draw(model, &random, &small);
		if (!linear_counting(&small.object, model, small.limit, &result)) {
			ck_assert_int_eq(model, MODEL_SEMAPHORE);
			handed_over++;
			continue;
		}
		ck_assert_int_eq(result.verdict, linear_exhaust(&small.object, model, small.limit));
		seen[result.verdict]++;
	}
	ck_assert_int_gt(seen[LINEARIZABLE], 1000);
	ck_assert_int_gt(seen[NOT_LINEARIZABLE], 1000);
	ck_assert_int_lt(handed_over, 2000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("counting");
	TCase *tests = tcase_create("counting");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, mutex_rejects_two_holders);
	tcase_add_test(tests, a_release_that_overlaps_the_acquire_lets_it_in);
	tcase_add_test(tests, an_unknown_release_may_have_ended_a_hold_once);
	tcase_add_test(tests, an_unknown_acquire_may_stay_out_or_not);
	tcase_add_test(tests, what_was_placed_early_was_pending_then);
	tcase_add_test(tests, semaphore_counts_permits);
	tcase_add_test(tests, a_failed_try_saw_the_mutex_held);
	tcase_add_test(tests, a_semaphore_with_observers_is_not_refuted_by_counting);
	tcase_add_test(tests, the_certificate_is_two_acquires_without_a_release_between);
	tcase_add_test(tests, the_certificate_names_the_releases_that_do_not_suffice);
	tcase_add_test(tests, the_certificate_does_not_name_proofs_and_failures);
	tcase_add_test(tests, other_models_are_not_counted);
	tcase_add_test(tests, random_histories_agree_with_exhaustive_search);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
