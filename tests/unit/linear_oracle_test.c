/*
 * The exhaustive search against histories whose verdict was found by hand, and then every procedure
 * against the exhaustive search: a short run of `make fuzz-oracle`.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/oracle/compare.h"
#include "tests/oracle/oracle.h"
#include "tests/support/suite.h"

struct known {
	enum model model;
	int limit;
	bool attempts;
	const char *history; /* as in tests/oracle/small.h */
	bool linearizable;
};

static const struct known locks[] = {
	{MODEL_MUTEX, 1, false, "a1[0 1] r1[2 3] a2[4 5]", true},
	{MODEL_MUTEX, 1, false, "a1[0 1] a2[2 3]", false},
	{MODEL_MUTEX, 1, false, "a1[0 1] a2[2 5] r1[4 6]", true},
	{MODEL_MUTEX, 1, false, "a1[0 1] a2[2 3] r1[4 5]", false},
	{MODEL_MUTEX, 1, false, "a1[0 1] r2[2 3] a3[4 5]", true},   /* anybody may release */
	{MODEL_MUTEX, 1, false, "a1[0 1] r1?[2 9] a2[3 4]", true},  /* the release took effect */
	{MODEL_MUTEX, 1, false, "a1[0 1] a2[2 3] r1?[4 9]", false}, /* it began too late */
	{MODEL_MUTEX, 1, false, "a1?[0 9] a2[1 2]", true},          /* the open one may stay out */
	{MODEL_MUTEX, 1, false, "a1?[0 9] r2[1 2]", true},          /* or not */
	{MODEL_MUTEX, 1, false, "r1[0 1]", false},
	{MODEL_MUTEX, 1, false, "t1![0 1]", false},
	{MODEL_MUTEX, 1, false, "t1![0 3] a2[1 2]", true},
	{MODEL_MUTEX, 1, false, "a1[0 1] p1[2 3]", true},
	{MODEL_MUTEX, 1, false, "a1[0 1] r1[2 3] p1[4 5]", false},
	{MODEL_OWNED_MUTEX, 1, false, "a1[0 1] r2[2 3]", false},
	{MODEL_OWNED_MUTEX, 1, false, "a1[0 1] r2?[2 9] a2[3 4]", false},
	{MODEL_OWNED_MUTEX, 1, true, "a1[0 3] r1[1 4] a2[2 5]", true},
	{MODEL_OWNED_MUTEX, 1, true, "a1?[0 9] r1[1 4] a2[2 5]", true},
	{MODEL_OWNED_MUTEX, 1, true, "a2[0 1] a1?[2 9] r1[3 4]", false}, /* a window in a core */
	{MODEL_REENTRANT_MUTEX, 2, false, "a1[0 1] a1[2 3] r1[4 5] r1[6 7] a2[8 9]", true},
	{MODEL_REENTRANT_MUTEX, 2, false, "a1[0 1] a1[2 3] r1[4 5] a2[8 9]", false},
	{MODEL_REENTRANT_MUTEX, 1, false, "a1[0 1] a1[2 3]", false},
	{MODEL_REENTRANT_MUTEX, 2, false, "a1[0 1] t1![2 3]", false},
	{MODEL_REENTRANT_MUTEX, 2, false, "a1[0 1] t2![2 3]", true},
	{MODEL_FENCED_MUTEX, 1, true, "a11[0 1] r1[2 3] a22[4 5]", true},
	{MODEL_FENCED_MUTEX, 1, true, "a12[0 1] r1[2 3] a22[4 5]", false},
	{MODEL_FENCED_MUTEX, 1, true, "a12[0 1] r1[2 3] a21[4 5]", false},
	{MODEL_FENCED_MUTEX, 1, true, "a12[0 1] r1[2 3] a2[4 5]", true}, /* no token, no claim */
	{MODEL_SEMAPHORE, 2, false, "a1[0 1] a2[2 3]", true},
	{MODEL_SEMAPHORE, 2, false, "a1[0 1] a2[2 3] a3[4 5]", false},
	{MODEL_SEMAPHORE, 2, false, "a1[0 1] t2![2 3]", false},
	{MODEL_OWNED_SEMAPHORE, 2, true, "a1[0 1] a2[2 3] r1[4 5] a3[6 7]", true},
	{MODEL_OWNED_SEMAPHORE, 2, true, "a1[0 1] a2[2 3] r3[4 5]", false},
	{MODEL_OWNED_SEMAPHORE, 2, true, "a1[0 1] a2[2 3] r1?[6 9] a3[4 5]", false},
	{MODEL_RWLOCK, 1, true, "s1[0 1] s2[2 3]", true},
	{MODEL_RWLOCK, 1, true, "s1[0 1] a2[2 3]", false},
	{MODEL_RWLOCK, 1, true, "a1[0 1] s2[2 3]", false},
	{MODEL_RWLOCK, 1, true, "s1[0 1] s2[2 3] r1[4 5] r2[6 7] a3[8 9]", true},
	{MODEL_LEASED_LOCK, 1, true, "a1[0 1] a2[2 3]", true}, /* the service ended the first */
	{MODEL_LEASED_LOCK, 1, true, "a1[0 1] a2[2 3] p1[4 5]", false},
	{MODEL_LEASED_LOCK, 1, true, "a1[0 1] p1[2 5] a2[3 4]", true},
	{MODEL_LEASED_LOCK, 1, true, "a1[0 1] r1[2 3] p1[4 5]", false},
	{MODEL_LEASED_LOCK, 1, true, "a1[0 1] a2[2 3] r1[4 5]", false},
	{MODEL_LEASED_LOCK, 1, true, "a1[0 1] a2[2 3] r1?[4 9]", true},
};

static const struct known data[] = {
	{MODEL_CAS_REGISTER, 1, false, "R0[0 1] W1[2 3] R1[4 5]", true},
	{MODEL_CAS_REGISTER, 1, false, "W1[0 1] W2[2 3] R1[4 5]", false},
	{MODEL_CAS_REGISTER, 1, false, "W1[0 3] W2[1 4] R1[5 6]", true},
	{MODEL_CAS_REGISTER, 1, false, "W1[0 3] W2[1 4] R1[5 6] R2[7 8]", false},
	{MODEL_CAS_REGISTER, 1, false, "W1[0 1] C12[2 3] R2[4 5]", true},
	{MODEL_CAS_REGISTER, 1, false, "W1[0 1] C21[2 3]", false},
	{MODEL_CAS_REGISTER, 1, false, "W1[0 1] C12![2 3]", false}, /* it saw another value */
	{MODEL_CAS_REGISTER, 1, false, "W1[0 1] C21![2 3]", true},
	{MODEL_CAS_REGISTER, 1, false, "W1?[0 9] R1[1 2] R0[3 4]", false},
	{MODEL_CAS_REGISTER, 1, false, "W1?[0 9] R0[1 2] R1[3 4]", true}, /* it took its time */
	{MODEL_KV, 1, false, "G[0 1] Pa[2 3] Ab[4 5] Gab[6 7]", true},
	{MODEL_KV, 1, false, "Pa[0 1] Ab[2 3] Gb[4 5]", false},
	{MODEL_KV, 1, false, "Aa[0 3] Ab[1 4] Gba[5 6]", true},
	{MODEL_KV, 1, false, "Aa[0 1] Ab[2 3] Gba[5 6]", false},
	{MODEL_SET, 1, false, "+1[0 1] +2[2 3] S12[4 5]", true},
	{MODEL_SET, 1, false, "+1[0 1] +2[2 3] S1[4 5]", false},
	{MODEL_SET, 1, false, "+1[0 1] -1[2 3] S[4 5]", true},
	{MODEL_SET, 1, false, "S[0 1] S3[2 3]", false},
};

static void judge_known(const struct known *known)
{
	struct small small;

	small_read(&small, known->model, known->limit, known->attempts, known->history);
	ck_assert_msg(linear_exhaust(&small.object, known->model, known->limit) ==
			      (known->linearizable ? LINEARIZABLE : NOT_LINEARIZABLE),
		      "%s: %s", model_names[known->model], known->history);
}

START_TEST(exhaustive_search_judges_locks_as_we_do)
{
	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++)
		judge_known(&locks[i]);
}
END_TEST

START_TEST(exhaustive_search_judges_data_as_we_do)
{
	for (size_t i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		judge_known(&data[i]);
}
END_TEST

START_TEST(exhaustive_search_does_not_guess)
{
	struct small small;

	small_read(&small, MODEL_MUTEX, 1, false, "R1[0 1]");
	ck_assert_int_eq(linear_exhaust(&small.object, MODEL_MUTEX, 1), LINEAR_UNKNOWN);
}
END_TEST

/* Object 0 is too much for the bound, object 1 is not. */
START_TEST(unknown_is_never_sold_as_pass)
{
	struct linear_request request = {
		.model = MODEL_CAS_REGISTER, .limit = 1, .bounds.configurations = 2};
	struct linear_summary summary;
	struct error err;
	struct small small;

	small_read(&small, MODEL_CAS_REGISTER, 1, false,
		   "W1[0 5] W2[1 6] W1[2 7] R1[8 9] R2[10 11] R0[12 13]");
	small.part[5].op.object = 1;
	small_build(&small);
	ck_assert_int_eq(linear_judge(&small.trace, &request, &summary, &err), 0);
	ck_assert_uint_eq(summary.objects, 2);
	ck_assert_uint_eq(summary.unknown, 1);
	ck_assert_int_eq(summary.verdict, LINEAR_UNKNOWN);
	ck_assert_uint_eq(summary.worst, 0);
	ck_assert_str_ne(summary.result.bound, "");
}
END_TEST

/* A linearizable history, said not to be. */
START_TEST(oracle_notices_a_procedure_that_errs)
{
	struct small small;
	struct complaint complaint;
	struct tally tally = {0};
	struct linear_result wrong = {.verdict = NOT_LINEARIZABLE,
				      .procedure = "wrong",
				      .violations = 1,
				      .certificate = {.stuck = 1, .prefix = 4}};

	small_read(&small, MODEL_SEMAPHORE, 2, false, "a1[0 1] a2[2 3]");
	ck_assert(compare(&small, true, 1, &tally, &complaint));
	ck_assert(!compare_certificate(&small, &wrong, "wrong", &tally, &complaint));
	ck_assert(!compare_changed(&small, NOT_LINEARIZABLE, 1, &tally, &complaint));
}
END_TEST

START_TEST(procedures_agree_with_exhaustive_search)
{
	const char *drawn = getenv("ORACLE_HISTORIES"), *seed = getenv("ORACLE_SEED");
	struct oracle_plan plan = {
		.seed = seed ? strtoull(seed, NULL, 10) : 20261120,
		.drawn = drawn ? strtoull(drawn, NULL, 10) : 110000,
		.stride = 97,
		.processes = 2,
	};

	ck_assert_uint_eq(oracle_run(&plan, stdout), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: linear: oracle");
	TCase *cases = tcase_create("all");

	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, exhaustive_search_judges_locks_as_we_do);
	tcase_add_test(cases, exhaustive_search_judges_data_as_we_do);
	tcase_add_test(cases, exhaustive_search_does_not_guess);
	tcase_add_test(cases, unknown_is_never_sold_as_pass);
	tcase_add_test(cases, oracle_notices_a_procedure_that_errs);
	tcase_add_test(cases, procedures_agree_with_exhaustive_search);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
