/*
 * What no get sees of a key (checker/linear/ENGINE.md, rules 8 to 10): histories in which it must
 * be told apart after all, and long ones whose texts can have come about in many ways, which would
 * be out of reach if each order of it were tried.
 */
#include <check.h>

#include "base/random.h"
#include "tests/oracle/draw.h"
#include "tests/support/suite.h"
#include "tests/support/trace_generator.h"

static const struct linear_bounds unbounded;
static struct small small;
static struct linear_result result;

static enum linear_verdict searched(const char *text)
{
	small_read(&small, MODEL_KV, 1, false, text);
	ck_assert(linear_search(&small.object, MODEL_KV, 1, &unbounded, &result));
	ck_assert_int_eq(linear_exhaust(&small.object, MODEL_KV, 1), result.verdict);
	return result.verdict;
}

START_TEST(before_a_put_all_that_is_pending_may_have_happened)
{
	ck_assert_int_eq(searched("Aa[0 9] Aa[1 8] Pb[2 3] Gb[4 5] Gb[10 11]"), LINEARIZABLE);
	ck_assert_int_eq(searched("Aa[0 9] Aa[4 8] Pb[2 3] Gb[5 6] Gb[10 11]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(searched("Aa[0 9] Aa[4 8] Pb[2 3] Gb[5 6] Gba[10 11]"), LINEARIZABLE);
	ck_assert_int_eq(searched("Aa[3 9] Pb[0 1] Gb[10 11] Gba[12 13]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(searched("Pa[0 9] Pa[1 8] Pb[2 3] Gb[4 5] Gb[10 11]"), LINEARIZABLE);
	ck_assert_int_eq(searched("Pa[0 9] Pa[4 8] Pb[2 3] Gb[5 6] Gb[10 11]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(a_put_of_the_same_text_again_is_a_put)
{
	ck_assert_int_eq(searched("Pa[0 1] Pa?[2 12] Ab[3 6] Pb[5 7] Gab[8 9]"), LINEARIZABLE);
	ck_assert_int_eq(searched("Pa[0 1] Ab[3 6] Pb[5 7] Gab[8 9]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(searched("Pa[0 1] Pa[2 12] Ab[3 6] Pb[5 7] Gab[8 9]"), LINEARIZABLE);
}
END_TEST

/* The append that returns first went unseen; the other one is what was seen. */
START_TEST(of_equal_appends_a_later_one_may_be_the_one_that_was_seen)
{
	ck_assert_int_eq(searched("Aa[0 9] Pb[1 2] Aa[3 12] Gba[4 8] Gba[14 15]"), LINEARIZABLE);
	ck_assert_int_eq(searched("Aa[3 9] Pb[1 2] Aa[3 12] Gba[4 8] Gba[14 15]"),
			 NOT_LINEARIZABLE);
	ck_assert_int_eq(searched("Aa[0 9] Pb[1 2] Aa[3 12] Gba[4 8] Gbaa[14 15]"), LINEARIZABLE);
}
END_TEST

START_TEST(what_another_operation_needs_comes_before_it)
{
	ck_assert_int_eq(searched("Pa[0 9] Ab[1 3] Gab[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(searched("Pa?[0 9] Ab[1 8] Ac[2 3] Gabc[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(searched("Ga[0 4] Aa?[1 9] Pb[2 3] Gb[5 6]"), LINEARIZABLE);
	ck_assert_int_eq(searched("Ga[0 9] Pa?[1 9] Pb[2 3] Ac[4 5] Gbc[6 7]"), LINEARIZABLE);
	ck_assert_int_eq(searched("Ga[4 6] Pa?[1 9] Pb[2 3] Ac[5 7] Gbc[8 9]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(drawn_keys_are_as_the_exhaustive_search_says)
{
	struct random_stream random = random_open(1, "unseen");

	for (int i = 0; i < 40000; i++) {
		draw(MODEL_KV, &random, &small);
		ck_assert(linear_search(&small.object, MODEL_KV, 1, &unbounded, &result));
		ck_assert_int_eq(linear_exhaust(&small.object, MODEL_KV, 1), result.verdict);
	}
}
END_TEST

static const struct generator keys[] = {
	{.clients = 5, .unknown_percent = 8, .puts_percent = 6, .pieces = 3},
	{.clients = 10, .unknown_percent = 8, .puts_percent = 6, .pieces = 26},
	{.clients = 10, .unknown_percent = 8, .puts_percent = 30, .pieces = 26},
	{.clients = 20, .unknown_percent = 16, .puts_percent = 6, .pieces = 5},
	{.clients = 20, .unknown_percent = 8, .puts_percent = 30, .pieces = 26},
	{.clients = 40, .unknown_percent = 8, .puts_percent = 6, .pieces = 26},
};
enum { KEYS = sizeof(keys) / sizeof(*keys) };

START_TEST(a_key_to_which_the_same_is_written_again_and_again_is_decided)
{
	struct generator wish = keys[_i];
	struct linear_request request = {.model = MODEL_KV, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};
	struct trace trace;

	wish.model = MODEL_KV;
	wish.limit = 1;
	wish.operations = 1000;
	request.bounds.configurations = 60000;
	for (wish.seed = 1; wish.seed <= 4; wish.seed++) {
		ck_assert(generate_trace(&wish, &trace));
		ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
		ck_assert_msg(summary.verdict == LINEARIZABLE, "seed %lu: %s after %lu", wish.seed,
			      summary.result.bound, summary.result.configurations);
		ck_assert_str_ne(summary.result.procedure, "T9");
		trace_free(&trace);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: what no get sees");
	TCase *cases = tcase_create("all");

	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, before_a_put_all_that_is_pending_may_have_happened);
	tcase_add_test(cases, a_put_of_the_same_text_again_is_a_put);
	tcase_add_test(cases, of_equal_appends_a_later_one_may_be_the_one_that_was_seen);
	tcase_add_test(cases, what_another_operation_needs_comes_before_it);
	tcase_add_test(cases, drawn_keys_are_as_the_exhaustive_search_says);
	tcase_add_loop_test(cases, a_key_to_which_the_same_is_written_again_and_again_is_decided, 0,
			    KEYS);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
