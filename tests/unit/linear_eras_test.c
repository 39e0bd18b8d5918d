/*
 * T9: keys whose texts tell who wrote them. By hand, against exhaustive search, and many
 * operations.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/random.h"
#include "checker/linear/eras.h"
#include "checker/linear/explain.h"
#include "checker/linear/explain_excerpt.h"
#include "tests/oracle/draw.h"
#include "tests/support/explained.h"
#include "tests/support/suite.h"
#include "tests/support/trace_generator.h"

static struct small small;
static struct linear_result result;

/* LINEAR_UNKNOWN: it is not covered. What is said must be so. */
static enum linear_verdict decide(const char *text)
{
	small_read(&small, MODEL_KV, 1, false, text);
	if (!linear_eras(&small.object, MODEL_KV, &result))
		return LINEAR_UNKNOWN;
	ck_assert_str_eq(result.procedure, "T9");
	ck_assert_int_eq(linear_exhaust(&small.object, MODEL_KV, 1), result.verdict);
	return result.verdict;
}

/* Not linearizable, by these many events, since the return of operation `stuck`. */
static void refuted(const char *text, uint32_t stuck, uint32_t events)
{
	ck_assert_int_eq(decide(text), NOT_LINEARIZABLE);
	ck_assert_uint_eq(result.certificate.stuck, stuck);
	ck_assert_uint_eq(result.certificate.prefix, events);
	ck_assert_uint_eq(result.violations, 1);
}

START_TEST(what_a_get_saw_was_written_by_then)
{
	refuted("Ga[0 1]", 0, 2);
	refuted("Ga[0 1] Aa[2 3]", 0, 2);
	refuted("Pa[0 9] Gab[1 2]", 1, 3);
	refuted("Pa[0 1] Ab[2 9] Gabb[3 4]", 2, 5);
	ck_assert_int_eq(decide("Gab[0 9] Ab?[1 9] Pa[2 3]"), LINEARIZABLE);
	ck_assert_int_eq(decide("G[0 1] Aa[2 3] Ga[4 5]"), LINEARIZABLE);
}
END_TEST

START_TEST(two_gets_tell_one_order)
{
	refuted("Aa[0 9] Ab[1 8] Gab[2 6] Gba[3 7]", 3, 6);
	refuted("Pa[0 9] Ab[1 9] Gab[2 3] Gb[4 5]", 3, 6);
	refuted("Pa[0 9] Ab[1 8] Ac[2 7] Gab[3 4] Gac[5 6]", 4, 7);
	ck_assert_int_eq(decide("Aa[0 9] Ab[1 8] Ac[2 7] Gac[3 4] Gacb[5 6]"), LINEARIZABLE);
}
END_TEST

START_TEST(within_an_era_what_was_seen_later_came_later)
{
	refuted("Aa[0 1] Gab[2 5] Ga[6 7] Ab[2 3]", 3, 8);
	refuted("Gab[0 3] Aa[4 7] Ab[1 2]", 0, 4);
	refuted("Aa?[4 9] Gab[0 7] Ab[1 2]", 0, 5);
	ck_assert_int_eq(decide("Gab[0 9] Aa[1 4] Ab[2 3]"), LINEARIZABLE);
}
END_TEST

START_TEST(an_era_ends_with_the_next_put)
{
	refuted("Pa[0 1] Ga[2 3] Pb[4 5] Ga[6 7]", 3, 8);
	refuted("Pa[0 1] Pb[2 3] Gb[4 5] Aa[6 7] Gba[8 9] Gb[10 11]", 5, 12);
	refuted("G[0 1] Pa[2 3] G[4 5]", 2, 6);
	refuted("Pa[0 9] Pb[1 8] Ga[2 3] Gb[4 5] Ga[6 7]", 4, 8);
	refuted("Pa[0 1] Ga[2 3] Pb[4 5] Gc[8 9] Ga[6 7]", 3, 8);
	ck_assert_int_eq(decide("Pa[0 9] Pb[1 8] Ga[2 3] Gb[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(decide("Pa[0 1] Pb[2 9] Ac[3 8] Gbc[4 7] Ga[5 6]"), LINEARIZABLE);
}
END_TEST

START_TEST(what_nobody_saw_spoils_the_text)
{
	refuted("Pa[0 1] Ac[2 3] Ga[4 5]", 2, 6);
	refuted("Pa[0 1] Pc[2 3] Ga[4 5]", 2, 6);
	ck_assert_int_eq(decide("Pa[0 1] Ac[2 5] Ga[3 4]"), LINEARIZABLE);
	ck_assert_int_eq(decide("Pa[0 1] Ac?[2 3] Ga[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(decide("Pa[0 1] Ac[2 3] Pb[2 3] Gb[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(decide("Pa[0 1] A[2 3] Ga[4 5] A[6 7] Ga[8 9]"), LINEARIZABLE);
}
END_TEST

/* Its last get may have been sent before it. */
START_TEST(what_was_seen_takes_effect_though_it_has_no_answer)
{
	refuted("Pa[0 1] Gab[2 9] Pc[3 4] Gc[5 6] Ab?[7 10]", 1, 9);
	refuted("Gab[0 9] Pa[1 2] Pc[3 4] Gc[5 6] Ab?[7 10]", 0, 9);
	ck_assert_int_eq(decide("Gab[0 9] Pa[1 8] Pc[3 4] Gc[5 6] Ab?[7 10]"), LINEARIZABLE);
}
END_TEST

START_TEST(a_text_that_came_about_in_several_ways_is_not_covered)
{
	ck_assert_int_eq(decide("Pa[0 1] Pa[2 3] Ga[4 5]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(decide("Aa[0 1] Aa?[2 3] Ga[4 5]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(decide("Aa[0 1] Pa[2 3] Ga[4 5]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(decide("Aa[0 1] Ab[2 3] Aab[4 5] Gab[6 7]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(decide("P[0 1] G[2 3]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(decide("Pa[0 1] Pa[2 3] Pb[4 5] Gb[6 7]"), LINEARIZABLE);
}
END_TEST

START_TEST(every_reason_is_explained_and_verified)
{
	struct random_stream random = random_open(11, "eras");
	int explained = 0;

	for (int i = 0; i < 4000; i++) {
		struct explanation explanation;

		draw(MODEL_KV, &random, &small);
		if (!linear_eras(&small.object, MODEL_KV, &result) ||
		    result.verdict != NOT_LINEARIZABLE)
			continue;
		result = explain_refuted(&small.trace, MODEL_KV, &explanation);
		explanation_free(&explanation);
		explained++;
	}
	ck_assert_int_gt(explained, 300);
}
END_TEST

/* Any gets, and what may have written what they saw. */
START_TEST(without_what_no_get_that_is_left_can_have_seen_no_legal_history_becomes_illegal)
{
	struct random_stream random = random_open(12, "eras");
	int smaller = 0;

	for (int i = 0; i < 20000; i++) {
		struct eras_culprits culprits = {0};
		struct problem problem;
		struct excerpt excerpt;
		bool kept[SMALL_OPS] = {false};
		struct linear_request request = {.model = MODEL_KV, .limit = 1};
		uint32_t ops;

		draw(MODEL_KV, &random, &small);
		if (linear_exhaust(&small.object, MODEL_KV, 1) != LINEARIZABLE)
			continue;
		ck_assert(problem_open(&problem, &small.object, MODEL_KV, 1));
		for (uint32_t op = 0; op < problem.ops && culprits.ops < ERAS_CULPRITS; op++)
			if (random_between(&random, 0, 2) == 0)
				culprits.op[culprits.ops++] = op;
		eras_writers(&problem, TRACE_NEVER, &culprits, kept);
		excerpt_begin(&excerpt, &small.trace, problem.ops);
		excerpt.until = TRACE_NEVER;
		for (uint32_t op = 0; op < problem.ops; op++)
			if (kept[op])
				excerpt_add(&excerpt, problem.op[op].source, OP_AS_IT_WAS);
		ck_assert_int_eq(excerpt_exhaust(&excerpt, &request, &ops), LINEARIZABLE);
		smaller += excerpt.ops < problem.ops;
		excerpt_free(&excerpt);
		problem_close(&problem);
	}
	ck_assert_int_gt(smaller, 3000);
}
END_TEST

static const int puts_percents[] = {0, 1, 10, 60};

START_TEST(a_long_history_with_puts_is_decided_without_a_search)
{
	struct generator wish = {.model = MODEL_KV,
				 .seed = 7,
				 .operations = 3000,
				 .clients = 20,
				 .limit = 1,
				 .unknown_percent = 8,
				 .puts_percent = puts_percents[_i / 2],
				 .violation = _i % 2};
	struct linear_request request = {.model = MODEL_KV, .limit = 1};
	struct linear_summary summary;
	struct explanation explanation;
	struct error err = {0};
	struct trace trace;

	ck_assert(generate_trace(&wish, &trace));
	ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
	ck_assert_int_eq(summary.verdict, wish.violation ? NOT_LINEARIZABLE : LINEARIZABLE);
	ck_assert_str_eq(summary.result.procedure, "T9");
	ck_assert_uint_eq(summary.result.configurations, 0);
	if (wish.violation && wish.puts_percent > 10) {
		result = explain_refuted(&trace, MODEL_KV, &explanation);
		explanation_free(&explanation);
	}
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: linear: eras");
	TCase *cases = tcase_create("all");

	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, what_a_get_saw_was_written_by_then);
	tcase_add_test(cases, two_gets_tell_one_order);
	tcase_add_test(cases, within_an_era_what_was_seen_later_came_later);
	tcase_add_test(cases, an_era_ends_with_the_next_put);
	tcase_add_test(cases, what_nobody_saw_spoils_the_text);
	tcase_add_test(cases, what_was_seen_takes_effect_though_it_has_no_answer);
	tcase_add_test(cases, a_text_that_came_about_in_several_ways_is_not_covered);
	tcase_add_test(cases, every_reason_is_explained_and_verified);
	tcase_add_test(
		cases,
		without_what_no_get_that_is_left_can_have_seen_no_legal_history_becomes_illegal);
	tcase_add_loop_test(cases, a_long_history_with_puts_is_decided_without_a_search, 0, 8);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
