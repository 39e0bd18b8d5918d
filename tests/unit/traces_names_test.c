/* Names of attempts that are forgotten, and those that must not be. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/traces/names.h"
#include "tests/support/suite.h"

static struct names *names;

static void setup(void)
{
	names = names_open();
}

static void teardown(void)
{
	names_close(names);
}

static uint32_t find(const char *text)
{
	return names_find(names, text, strlen(text));
}

START_TEST(name_is_kept_while_an_operation_has_it)
{
	uint32_t number = find("a-1");

	ck_assert(names_use(names, number, TRACE_ACQUIRE));
	ck_assert(names_use(names, number, TRACE_RELEASE));
	names_end(names, number, TRACE_ACQUIRE, TRACE_OK);
	names_end(names, number, TRACE_RELEASE, TRACE_FAILED); /* the hold goes on */
	ck_assert(names_has(names, number));
	ck_assert_uint_eq(find("a-1"), number);
	ck_assert(!names_use(names, number, TRACE_TRY_ACQUIRE)); /* its second hold */
}
END_TEST

START_TEST(name_of_what_failed_alone_is_free_again)
{
	uint32_t number = find("a-1");

	ck_assert(names_use(names, number, TRACE_ACQUIRE));
	names_end(names, number, TRACE_ACQUIRE, TRACE_FAILED);
	ck_assert(!names_has(names, number));
	number = find("a-1");
	ck_assert_uint_ne(number, 0);
	ck_assert(names_use(names, number, TRACE_ACQUIRE));
}
END_TEST

/* With a number at its end it is forgotten, without one it is kept; either way it is known. */
START_TEST(name_of_a_hold_that_is_over_comes_not_again)
{
	static const char *const texts[] = {"a-1", "plain"};

	for (int i = 0; i < 2; i++) {
		uint32_t number = find(texts[i]);

		ck_assert(names_use(names, number, TRACE_ACQUIRE));
		ck_assert(names_use(names, number, TRACE_RELEASE));
		ck_assert(names_use(names, number, TRACE_PROOF));
		names_end(names, number, TRACE_ACQUIRE, TRACE_OK);
		names_end(names, number, TRACE_RELEASE, TRACE_OK);
		ck_assert(!names_has(names, number));
		ck_assert_uint_eq(find(texts[i]), 0);
		names_end(names, number, TRACE_PROOF, TRACE_FAILED);
		ck_assert_uint_eq(find(texts[i]), 0);
	}
	ck_assert_uint_ne(find("a-2"), 0);
}
END_TEST

static uint32_t find_number(int number)
{
	char text[24];

	snprintf(text, sizeof(text), "a-%d", number);
	return find(text);
}

static void hold_and_give_back(int number)
{
	uint32_t name = find_number(number);

	ck_assert_msg(name && names_use(names, name, TRACE_ACQUIRE) &&
			      names_use(names, name, TRACE_RELEASE),
		      "number %d", number);
	names_end(names, name, TRACE_ACQUIRE, TRACE_OK);
	names_end(names, name, TRACE_RELEASE, TRACE_OK);
}

/* One by one, or with some left out that come later: 4,096 before the greatest are told apart. */
START_TEST(numbers_that_were_left_out_are_new_when_they_come)
{
	enum { WINDOW = 4096 };

	for (int number = 1; number <= 2 * WINDOW; number++) {
		hold_and_give_back(number);
		ck_assert_uint_eq(find_number(number), 0);
	}
	for (int left_out = 1; left_out <= 5; left_out++) {
		int greatest = 2 * WINDOW + 10 * left_out;

		hold_and_give_back(greatest);
		for (int number = greatest - left_out; number < greatest; number++)
			hold_and_give_back(number);
		for (int number = greatest - left_out; number <= greatest; number++)
			ck_assert_uint_eq(find_number(number), 0);
	}
	for (int number = 2 * WINDOW + 1; number < 2 * WINDOW + 9; number++)
		hold_and_give_back(number);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: names of attempts");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, name_is_kept_while_an_operation_has_it);
	tcase_add_test(tests, name_of_what_failed_alone_is_free_again);
	tcase_add_test(tests, name_of_a_hold_that_is_over_comes_not_again);
	tcase_add_test(tests, numbers_that_were_left_out_are_new_when_they_come);
	return suite_run(suite);
}
