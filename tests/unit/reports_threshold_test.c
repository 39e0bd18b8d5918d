/* Thresholds: what is one, of whom, and whether it holds. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reports/run_outcome.h"
#include "reports/threshold.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static void refused(const char *text, const char *because)
{
	struct threshold threshold;
	struct error err = {0};

	ck_assert_msg(threshold_parse(text, &threshold, &err) == -1, "'%s' is taken", text);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, because) != NULL, "%s", err.text);
}

START_TEST(what_is_no_threshold_is_refused_with_the_reason)
{
	static const char *const none[] = {"",       "token",       "token.rate",   ".rate<1", "<1",
					   "rate<1", "token.<1=2=", "token.rate=1", "a.b!1"};

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		refused(none[i], i == 6 ? "no figure" : "none such as");
	refused("token.stale-writ==0", "did you mean 'stale-write'");
	refused(".failover.p99<5s", "none such as");
	refused("failover.p9<5s", "did you mean 'failover.p99'");
	refused("token.failover.p9<5s", "did you mean 'failover.p99'");
	refused("failover<5s", "none such as");
	refused("failover.p99<5", "not a time");
	refused("failover.count<5s", "not a whole number");
	refused("token.stale-write==0.5", "not a whole number");
	refused("token.stale-write==0s", "not a whole number");
	refused("token.stale-write==", "not a whole number");
	refused("token.stale-write==-1", "not a whole number");
	refused("token.rate<5s", "not a share");
	refused("token.rate<0x1", "not a share");
	refused("token.untaken<5", "not a time");
	refused("token.untaken<5h", "not a time");
	refused("an-arm-whose-name-is-longer-than-any-arm-that-there-can-be.rate<1", "no arm");
}
END_TEST

START_TEST(threshold_has_subject_figure_and_limit)
{
	struct threshold threshold;
	struct error err = {0};

	ck_assert_int_eq(threshold_parse("a.b.acquire-wait-p99<=1500ms", &threshold, &err), 0);
	ck_assert_str_eq(threshold.subject, "a.b");
	ck_assert_str_eq(threshold_figure(threshold.figure)->name, "acquire-wait-p99");
	ck_assert_int_eq(threshold.comparison, COMPARE_LE);
	ck_assert_double_eq_tol(threshold.limit, 1.5, 1e-9);
	ck_assert_int_eq(threshold_parse("a.rate>12.5%", &threshold, &err), 0);
	ck_assert_double_eq_tol(threshold.limit, 0.125, 1e-9);
	ck_assert_int_eq(threshold_parse("a.untaken<2min", &threshold, &err), 0);
	ck_assert_double_eq_tol(threshold.limit, 120, 1e-9);
	ck_assert_int_eq(
		threshold_check_subject(&threshold, (const char *const[]){"b", "a", NULL}, &err),
		0);
	ck_assert_int_eq(
		threshold_check_subject(&threshold, (const char *const[]){"ab", NULL}, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "did you mean 'ab'"));
}
END_TEST

START_TEST(failover_is_of_an_arm_or_of_all_and_may_be_an_arms_name)
{
	static const char *const texts[][3] = {
		{"failover.p99<5s", "", "failover.p99"},
		{"a.b.failover.max<5s", "a.b", "failover.max"},
		{"failover.failover.count>3", "failover", "failover.count"},
		{"failover.rate<0.5", "failover", "rate"},
		{"failovers.rate<0.5", "failovers", "rate"},
		{"my-failover.stuck==0", "my-failover", "stuck"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct threshold threshold;
		struct error err = {0};

		ck_assert_msg(threshold_parse(texts[i][0], &threshold, &err) == 0, "%s", err.text);
		ck_assert_str_eq(threshold.subject, texts[i][1]);
		ck_assert_str_eq(threshold_figure(threshold.figure)->name, texts[i][2]);
		const char *const arms[] = {texts[i][1], NULL};

		ck_assert_int_eq(threshold_check_subject(&threshold, arms, &err), 0);
	}
}
END_TEST

/* Arm 0 had failovers of 1 to 4 s, arm 1 one of 9 s and, if `cut_off`, one that the end cut off. */
static void expect_failover(const char *text, bool cut_off, enum met met, double value)
{
	const struct fault_row fault = {.kind = "pause", .target = "holder", .began_ns = 1000};
	struct failover_row row[] = {
		{0, 0, &fault, 1, 1000 + 3000000000, FAILOVER_TAKEN, LED_ON},
		{0, 0, &fault, 2, 1000 + 1000000000, FAILOVER_TAKEN, LED_ON},
		{0, 0, &fault, 3, NEVER_NS, FAILOVER_UNWANTED, LED_ON},
		{0, 0, &fault, 4, 1000 + 4000000000, FAILOVER_TAKEN, LED_ANEW},
		{0, 0, &fault, 5, 1000 + 2000000000, FAILOVER_TAKEN, LED_ON},
		{1, 1, &fault, 6, 1000 + 9000000000, FAILOVER_TAKEN, LED_ON},
		{1, 1, &fault, 7, NEVER_NS, FAILOVER_CUT_OFF, LED_ON},
	};
	struct judgement judged[] = {
		{.subject = "a"}, {.subject = "b", .arm = 1}, {.subject = "service", .arm = -1}};
	struct verdicts verdicts = {.judgements = 3,
				    .judgement = judged,
				    .failovers = cut_off ? 7 : 6,
				    .failover = row};
	struct text_row asked = {THRESHOLDS_KEY, text};
	struct history history = {.text = &asked, .texts = 1};
	int count;
	struct threshold_result *result = thresholds_judge(&history, &verdicts, &count);

	ck_assert_int_eq(count, 1);
	ck_assert_msg(result->met == met, "%s", text);
	ck_assert(isnan(value) ? isnan(result->value) : fabs(result->value - value) < 1e-6);
	free(result);
}

START_TEST(failover_figures_are_by_nearest_rank_and_unknown_where_the_run_cut_one_off)
{
	expect_failover("failover.count==5", false, THRESHOLD_MET, 5);
	expect_failover("failover.p50<3s", false, THRESHOLD_MISSED, 3);
	expect_failover("failover.p99<5s", false, THRESHOLD_MISSED, 9);
	expect_failover("a.failover.p50<3s", false, THRESHOLD_MET, 2);
	expect_failover("a.failover.p99<5s", false, THRESHOLD_MET, 4);
	expect_failover("b.failover.max<=9s", false, THRESHOLD_MET, 9);
	expect_failover("b.failover.max<=9s", true, THRESHOLD_UNTOLD, (double)NAN);
	expect_failover("b.failover.p50<=9s", true, THRESHOLD_MET, 9);
	expect_failover("failover.p99<5s", true, THRESHOLD_UNTOLD, (double)NAN);
	expect_failover("failover.p50<5s", true, THRESHOLD_MET, 3);
	expect_failover("service.failover.p50<5s", false, THRESHOLD_UNTOLD, (double)NAN);
	expect_failover("c.failover.p50<5s", false, THRESHOLD_UNTOLD, (double)NAN);
}
END_TEST

/* The code of a run of arm `a`, of which every figure is `value`, that is asked this. */
static enum exit_code code_of(const char *threshold, double value, enum verdict verdict)
{
	struct judgement judged = {
		.subject = "a", .verdict = verdict, .rate = value, .exposures = (int64_t)value};
	struct verdicts verdicts = {.judgements = 1, .judgement = &judged};
	struct text_row row = {THRESHOLDS_KEY, threshold};
	struct arm_row arm = {.name = "a", .expect = "any"};
	struct history history = {.text = &row, .texts = 1, .arm = &arm, .arms = 1};

	judgement_measure_nothing(&judged);
	judged.measure[MEASURE_UNTAKEN] = (int64_t)(value * 1e9);
	judged.definite[VIOLATION_STUCK] = (int64_t)value;
	return outcome_exit_code(&history, &verdicts);
}

START_TEST(missed_is_a_violation_and_untold_is_inconclusive)
{
	static const struct {
		const char *sign;
		bool below, at, above;
	} signs[] = {{"<", true, false, false},  {"<=", true, true, false},
		     {"==", false, true, false}, {"!=", true, false, true},
		     {">=", false, true, true},  {">", false, false, true}};

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		static const char *const figures[] = {"rate", "exposures", "untaken", "stuck",
						      "violations"};

		for (size_t j = 0; j < sizeof(figures) / sizeof(*figures); j++) {
			char text[64];

			snprintf(text, sizeof(text), "a.%s%s7%s\n", figures[j], signs[i].sign,
				 j == 2 ? "s" : "");
			ck_assert_int_eq(code_of(text, 6, VERDICT_SAFE), !signs[i].below);
			ck_assert_int_eq(code_of(text, 7, VERDICT_SAFE), !signs[i].at);
			ck_assert_int_eq(code_of(text, 8, VERDICT_SAFE), !signs[i].above);
		}
	}
	ck_assert_int_eq(code_of("a.exposures>3\na.exposures>5\n", 4, VERDICT_SAFE), 1);
	ck_assert_int_eq(code_of("a.rate<1", (double)NAN, VERDICT_SAFE), 2);
	ck_assert_int_eq(code_of("a.guard-tests<1", 0, VERDICT_SAFE), 2);
	ck_assert_int_eq(code_of("b.rate<1", 0, VERDICT_SAFE), 2);
	ck_assert_int_eq(code_of("what is this", 0, VERDICT_SAFE), 2);
	ck_assert_int_eq(code_of("a.exposures<1", 0, VERDICT_BROKEN), 70);
}
END_TEST

START_TEST(every_figure_has_a_name_of_its_own)
{
	for (int i = 0; threshold_figure(i); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s", threshold_figure(i)->name);
		ck_assert(*threshold_figure(i)->sentence);
		for (int j = i + 1; threshold_figure(j); j++)
			ck_assert_str_ne(threshold_figure(j)->name, name);
	}
}
END_TEST

START_TEST(added_thresholds_are_asked_beside_the_recorded_ones)
{
	struct maker *maker = maker_open(scratch_file("asked.db"));
	struct history history;
	struct verdicts none = {0};
	struct error err = {0};
	int count;

	maker_arm(maker, .guard = "token");
	maker_close(maker, true);
	ck_assert_int_eq(history_open(scratch_file("asked.db"), &history, &err), 0);
	ck_assert_int_eq(thresholds_add(&history, "token.rate<1", &err), 0);
	ck_assert_int_eq(thresholds_add(&history, "service.stuck==0", &err), 0);
	ck_assert_str_eq(history_text(&history, THRESHOLDS_KEY), "token.rate<1\nservice.stuck==0");
	free(thresholds_judge(&history, &none, &count));
	ck_assert_int_eq(count, 2);
	ck_assert_int_eq(thresholds_add(&history, "tokn.rate<1", &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	history_close(&history);
	ck_assert_int_eq(history_open(scratch_file("asked.db"), &history, &(struct error){0}), 0);
	ck_assert_ptr_null(history_text(&history, THRESHOLDS_KEY)); /* the file is as it was */
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: thresholds");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, what_is_no_threshold_is_refused_with_the_reason);
	tcase_add_test(tests, threshold_has_subject_figure_and_limit);
	tcase_add_test(tests, failover_is_of_an_arm_or_of_all_and_may_be_an_arms_name);
	tcase_add_test(tests,
		       failover_figures_are_by_nearest_rank_and_unknown_where_the_run_cut_one_off);
	tcase_add_test(tests, missed_is_a_violation_and_untold_is_inconclusive);
	tcase_add_test(tests, every_figure_has_a_name_of_its_own);
	tcase_add_test(tests, added_thresholds_are_asked_beside_the_recorded_ones);
	return suite_run(suite);
}
