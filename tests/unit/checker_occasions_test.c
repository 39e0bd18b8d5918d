/* Intervals with the occasion as the unit: by hand, and how often they hold the true rate where
 * trials of one occasion go wrong together. */
#include <check.h>
#include <math.h>
#include <stdio.h>

#include "base/random.h"
#include "checker/checker.h"
#include "checker/occasions.h"
#include "tests/support/suite.h"

static struct by_occasion reckon(struct occasions *occasions, int64_t alone)
{
	struct by_occasion by;

	occasions_reckon(occasions, alone, &by);
	occasions_close(occasions);
	return by;
}

static void add(struct occasions *occasions, int64_t schedule, int harmed, int unharmed)
{
	const struct fault_row fault = {.id = 1000 + schedule, .schedule = schedule};

	for (int i = 0; i < harmed + unharmed; i++)
		occasions_add(occasions, &fault, i, i < harmed);
}

static void expect_interval(double low, double high, double rate, double trials)
{
	double wanted_low, wanted_high;

	checker_interval_of(rate, trials, &wanted_low, &wanted_high);
	ck_assert_msg(fabs(low - wanted_low) < 1e-9 && fabs(high - wanted_high) < 1e-9,
		      "%.6f .. %.6f, not %.6f .. %.6f", low, high, wanted_low, wanted_high);
}

START_TEST(students_t_is_that_of_the_tables)
{
	ck_assert_double_eq_tol(checker_student(1), 12.7062, 1e-4);
	ck_assert_double_eq_tol(checker_student(9), 2.2622, 1e-4);
	ck_assert_double_eq_tol(checker_student(30), 2.0423, 1e-4);
	ck_assert_double_eq_tol(checker_student(1e6), 1.9600, 1e-4);
}
END_TEST

START_TEST(occasion_is_an_entry_of_the_schedule_else_a_fault_else_the_trial)
{
	const struct fault_row planned[] = {{.id = 1, .schedule = 7}, {.id = 2, .schedule = 7}},
			       unplanned[] = {{.id = 7}, {.id = 8}};
	struct occasions occasions = {0};

	for (int i = 0; i < 2; i++) {
		occasions_add(&occasions, &planned[i], i, i == 0);
		occasions_add(&occasions, &unplanned[i], i, false);
		occasions_add(&occasions, NULL, 7 + i, i == 0);
		occasions_add(&occasions, NULL, 7 + i, false); /* the same hold's */
	}
	struct by_occasion by = reckon(&occasions, 0);

	ck_assert_int_eq(by.occasions, 5);
	ck_assert_int_eq(by.harmed, 2);
	expect_interval(by.harmed_low, by.harmed_high, 0.4, 5);
}
END_TEST

START_TEST(where_all_of_an_occasion_agree_in_all_it_counts_for_one_trial)
{
	struct occasions none = {0}, all = {0};

	for (int i = 1; i <= 4; i++) {
		add(&none, i, 0, 10);
		add(&all, i, 10, 0);
	}
	struct by_occasion by = reckon(&none, 0);

	expect_interval(by.rate_low, by.rate_high, 0, 4);
	by = reckon(&all, 0);
	expect_interval(by.rate_low, by.rate_high, 1, 4);
}
END_TEST

START_TEST(trials_of_their_own_have_the_plain_interval_and_never_a_narrower_one)
{
	struct occasions single = {0}, even = {0};
	struct by_occasion by;

	for (int i = 1; i <= 20; i++) {
		add(&single, i, i % 4 == 0, i % 4 != 0);
		add(&even, i, 1, 3); /* alike in each: less than chance allows */
	}
	by = reckon(&single, 0);
	ck_assert_double_le(by.rate_low, 0.09); /* Clopper and Pearson's of 5 in 20 */
	ck_assert_double_ge(by.rate_low, 0.07);
	by = reckon(&even, 0);
	expect_interval(by.rate_low, by.rate_high, 0.25, 80);
}
END_TEST

/* 4 occasions of 10 went wrong with all their 5 trials: the residual is 6 * 2 ^ 2 + 4 * 3 ^ 2 = 60,
 * the variance 10 / 9 * 60 / 50 ^ 2, that of 50 independent ones 0.24 / 50. */
START_TEST(occasions_that_go_wrong_together_widen_the_interval)
{
	struct occasions occasions = {0};

	for (int i = 1; i <= 10; i++)
		add(&occasions, i, i <= 4 ? 5 : 0, i <= 4 ? 0 : 5);
	struct by_occasion by = reckon(&occasions, 0);
	double freedom = checker_student(49) / checker_student(9);

	expect_interval(by.rate_low, by.rate_high, 0.4,
			0.24 / (10.0 / 9 * 60 / 2500) * freedom * freedom);
	expect_interval(by.harmed_low, by.harmed_high, 0.4, 10);
}
END_TEST

START_TEST(harm_that_is_nobodys_is_an_occasion_of_its_own)
{
	struct occasions occasions = {0};
	struct by_occasion by = reckon(&occasions, 3);

	ck_assert_int_eq(by.occasions, 3);
	ck_assert_int_eq(by.harmed, 3);
	expect_interval(by.rate_low, by.rate_high, 1, 3);
	by = reckon(&occasions, 0);
	ck_assert_int_eq(by.occasions, 0);
	ck_assert(isnan(by.rate_low) && isnan(by.harmed_high));
}
END_TEST

/* Coverage ------------------------------------------------------------------------------------ */

enum { RUNS = 1000 };

static double uniform(struct random_stream *stream)
{
	return (double)(random_next(stream) >> 11) * 0x1p-53;
}

struct covered {
	double plain, by_occasion;
};

/* How often each interval holds the true rate when the trials of an occasion, 1 to 12, follow its
 * first one with the probability `together`, and else are drawn. */
static struct covered simulate(int occasions, double rate, double together)
{
	struct random_stream stream = random_open(20261130, "occasions");
	struct covered covered = {0};

	for (int run = 0; run < RUNS; run++) {
		struct occasions drawn = {0};
		int64_t trials = 0, events = 0;
		double low, high;

		for (int i = 1; i <= occasions; i++) {
			int size = (int)random_between(&stream, 1, 12), harmed = 0;
			bool first = uniform(&stream) < rate;

			for (int j = 0; j < size; j++)
				harmed += uniform(&stream) < together ? first
								      : uniform(&stream) < rate;
			add(&drawn, i, harmed, size - harmed);
			trials += size;
			events += harmed;
		}
		checker_interval(events, trials, &low, &high);
		covered.plain += low <= rate && rate <= high;
		struct by_occasion by = reckon(&drawn, 0);

		covered.by_occasion += by.rate_low <= rate && rate <= by.rate_high;
	}
	covered.plain /= RUNS;
	covered.by_occasion /= RUNS;
	return covered;
}

/* 1,000 runs tell 95 % within 1.4 % (two standard errors); the seed is fixed. With few harmed
 * occasions it is a little too narrow yet. */
START_TEST(interval_by_occasion_holds_the_true_rate_where_the_plain_one_does_not)
{
	static const struct {
		int occasions;
		double rate, together;
	} worlds[] = {{15, 0.3, 0.8}, {40, 0.3, 0.8}, {40, 0.1, 0.8},
		      {40, 0.3, 0.4}, {100, 0.6, 1},  {8, 0.5, 0.9}};

	for (size_t i = 0; i < sizeof(worlds) / sizeof(*worlds); i++) {
		struct covered covered =
			simulate(worlds[i].occasions, worlds[i].rate, worlds[i].together);

		printf("%d occasions, rate %g, together %g: plain %.3f, by occasion %.3f\n",
		       worlds[i].occasions, worlds[i].rate, worlds[i].together, covered.plain,
		       covered.by_occasion);
		fflush(stdout);
		ck_assert_double_ge(covered.by_occasion, 0.92);
		ck_assert_double_lt(covered.plain, 0.9);
	}
}
END_TEST

START_TEST(independent_trials_are_held_by_both)
{
	struct covered covered = simulate(40, 0.3, 0);

	printf("independent: plain %.3f, by occasion %.3f\n", covered.plain, covered.by_occasion);
	ck_assert_double_ge(covered.plain, 0.94);
	ck_assert_double_ge(covered.by_occasion, covered.plain);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: occasions");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60); /* it reckons some ten thousand intervals */
	tcase_add_test(tests, students_t_is_that_of_the_tables);
	tcase_add_test(tests, occasion_is_an_entry_of_the_schedule_else_a_fault_else_the_trial);
	tcase_add_test(tests, where_all_of_an_occasion_agree_in_all_it_counts_for_one_trial);
	tcase_add_test(tests, trials_of_their_own_have_the_plain_interval_and_never_a_narrower_one);
	tcase_add_test(tests, occasions_that_go_wrong_together_widen_the_interval);
	tcase_add_test(tests, harm_that_is_nobodys_is_an_occasion_of_its_own);
	tcase_add_test(tests,
		       interval_by_occasion_holds_the_true_rate_where_the_plain_one_does_not);
	tcase_add_test(tests, independent_trials_are_held_by_both);
	return suite_run(suite);
}
