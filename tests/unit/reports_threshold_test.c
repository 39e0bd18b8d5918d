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
	tcase_add_test(tests, missed_is_a_violation_and_untold_is_inconclusive);
	tcase_add_test(tests, every_figure_has_a_name_of_its_own);
	tcase_add_test(tests, added_thresholds_are_asked_beside_the_recorded_ones);
	return suite_run(suite);
}
