/*
 * How legal orders come to an end, when there are many of them: what is told of them
 * (checker/linear/explain_orders.c, explain_state.c), of keys to which many append. (Of few and of
 * long ones linear_told.txt tells.)
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "checker/linear/explain.h"
#include "tests/support/explained.h"
#include "tests/support/suite.h"

static struct trace_builder *builder;
static struct trace trace;
static struct explanation explanation;

static uint32_t ask(enum trace_function f, const char *text)
{
	struct trace_op op = {.f = (uint8_t)f, .process = 1};

	op.a = trace_intern_value(builder, text);
	return trace_invoke(builder, &op);
}

static void answer(uint32_t handle, const char *text)
{
	struct trace_op op = {.a = trace_intern_value(builder, text)};

	trace_return(builder, handle, TRACE_OK, &op);
}

static void did(enum trace_function f, const char *text)
{
	answer(ask(f, text), text);
}

static void begin(void)
{
	builder = trace_begin("test");
	trace_intern_object(builder, "k");
}

static void explain(void)
{
	trace_end(builder, &trace);
	explain_refuted(&trace, MODEL_KV, &explanation);
}

static void teardown(void)
{
	explanation_free(&explanation);
	trace_free(&trace);
}

static int told(const char *part)
{
	int times = 0;

	for (int i = 0; i < explanation.sentences; i++)
		times += strstr(explanation.sentence[i], part) != NULL;
	return times;
}

/* So many append at once, and a get sees what they cannot have made: n! orders. */
static void append_at_once(int appenders)
{
	char all[16] = "\"", one[4] = "\"?\"";
	uint32_t handle[5];

	begin();
	for (int i = 0; i < appenders; i++) {
		one[1] = (char)('a' + i);
		handle[i] = ask(TRACE_APPEND, one);
		all[1 + i] = all[1 + appenders + i] = one[1];
	}
	all[1 + 2 * appenders] = '"';
	for (int i = 0; i < appenders; i++) {
		one[1] = (char)('a' + i);
		answer(handle[i], one);
	}
	did(TRACE_GET, all);
	explain();
}

START_TEST(six_ends_are_told_each)
{
	append_at_once(3);
	ck_assert_int_eq(told("comes to a stop, in 6 ways:"), 1);
	ck_assert_int_eq(told("does not fit."), 6);
	ck_assert_int_eq(told("not listed here"), 0);
	ck_assert_int_eq(told("(line 0)"), 0);
}
END_TEST

START_TEST(of_more_ends_six_are_told)
{
	append_at_once(4);
	ck_assert_int_eq(told("comes to a stop, in 24 ways:"), 1);
	ck_assert_int_eq(told("does not fit."), 6);
	ck_assert_int_eq(told("The others are not listed here."), 1);
}
END_TEST

START_TEST(of_too_many_ends_none_is_told)
{
	append_at_once(5);
	ck_assert_int_eq(told("Their legal orders come to a stop in too many ways to list."), 1);
	ck_assert_int_eq(told("does not fit."), 0);
	ck_assert_ptr_null(strstr(explanation.headline, "by then"));
}
END_TEST

/* A key holds so many letters, and the get saw one more. */
static void hold(int letters)
{
	char text[80] = "\"";

	begin();
	for (int i = 0; i < letters; i++)
		text[1 + i] = (char)('A' + i);
	text[1 + letters] = '"';
	did(TRACE_PUT, text);
	text[1 + letters] = '!';
	text[2 + letters] = '"';
	did(TRACE_GET, text);
	explain();
}

START_TEST(the_middle_of_a_long_text_is_left_out)
{
	hold(44);
	ck_assert_ptr_nonnull(strstr(explanation.headline,
				     "by then, the key holds "
				     "\"ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijkl\"."));
	teardown();
	hold(45);
	ck_assert_ptr_nonnull(strstr(explanation.headline,
				     "by then, the key holds \"ABCDEFGHIJKLMNOPQRSTUV ... "
				     "XYZ[\\]^_`abcdefghijklm\"."));
}
END_TEST

/* In how many states the get would be: at most four are named in the headline. */
START_TEST(a_headline_names_four_states_at_most)
{
	begin();
	uint32_t one = ask(TRACE_PUT, "\"a\""), other = ask(TRACE_PUT, "\"b\"");

	answer(one, "\"a\"");
	answer(other, "\"b\"");
	did(TRACE_GET, "\"ab\"");
	explain();
	ck_assert_ptr_nonnull(strstr(explanation.headline, "fits in no legal order: by then, the "
							   "key holds \"b\", or the key holds "
							   "\"a\"."));
	teardown();
	begin();
	uint32_t handle[5];
	char text[4] = "\"?\"";

	for (int i = 0; i < 5; i++) {
		text[1] = (char)('a' + i);
		handle[i] = ask(TRACE_PUT, text);
	}
	for (int i = 0; i < 5; i++) {
		text[1] = (char)('a' + i);
		answer(handle[i], text);
	}
	did(TRACE_GET, "\"abcde\"");
	explain();
	ck_assert_ptr_null(strstr(explanation.headline, "by then"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: linear: ends of orders");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, six_ends_are_told_each);
	tcase_add_test(tests, of_more_ends_six_are_told);
	tcase_add_test(tests, of_too_many_ends_none_is_told);
	tcase_add_test(tests, the_middle_of_a_long_text_is_left_out);
	tcase_add_test(tests, a_headline_names_four_states_at_most);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
