/* Names of attempts that are forgotten, and those that must not be. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "history/formats/names.h"
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

int main(void)
{
	Suite *suite = suite_create("history: names of attempts");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, name_is_kept_while_an_operation_has_it);
	tcase_add_test(tests, name_of_what_failed_alone_is_free_again);
	tcase_add_test(tests, name_of_a_hold_that_is_over_comes_not_again);
	return suite_run(suite);
}
