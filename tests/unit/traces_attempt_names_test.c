/* Names of attempts as small numbers, against a list of all names that came before. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "history/traces/attempt_names.h"
#include "tests/support/suite.h"

enum { ROUNDS = 4000, OBJECTS = 3 };

struct seen {
	uint32_t object;
	char name[24];
} seen[ROUNDS];

static uint32_t find(int *count, uint32_t object, const char *name)
{
	for (int i = 0; i < *count; i++)
		if (seen[i].object == object && strcmp(seen[i].name, name) == 0)
			return (uint32_t)i + 1;
	seen[*count].object = object;
	snprintf(seen[*count].name, sizeof(seen->name), "%s", name);
	return (uint32_t)++ * count;
}

/* Near, around the greatest that the array may have room for, far, negative. */
static int64_t draw_number(struct random_stream *random, int count)
{
	switch (random_between(random, 0, 4)) {
	case 0:
		return 4096 + 4 * count + random_between(random, -3, 3);
	case 1:
		return random_between(random, -3, INT64_MAX / 2);
	case 2:
		return random_between(random, -20, 20);
	default:
		return random_between(random, count, count + 20);
	}
}

START_TEST(attempts_are_numbered_as_their_names_appear)
{
	struct random_stream random = random_open((uint64_t)_i, "attempts");
	struct attempts *attempts = attempts_open();
	struct buffer name = {0};
	int count = 0;

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t object = (uint32_t)random_between(&random, 0, _i % OBJECTS);
		bool quoted = random_between(&random, 0, 3) == 0;
		int64_t number = draw_number(&random, count);
		char text[24];

		snprintf(text, sizeof(text), "%s%" PRId64,
			 quoted && random_between(&random, 0, 1) ? "0" : "", number);
		uint32_t wanted = find(&count, object, text);
		uint32_t got = quoted ? attempts_of_text(attempts, object,
							 (struct slice){text, strlen(text)})
				      : attempts_of_number(attempts, object, number);

		ck_assert_msg(got == wanted, "%s at %u: %u, not %u", text, object, got, wanted);
		ck_assert_uint_eq(attempts_count(attempts), (uint32_t)count);
		buffer_clear(&name);
		attempts_add_name(attempts, got, &name);
		ck_assert_str_eq(name.text, text);
	}
	buffer_free(&name);
	attempts_close(attempts);
}
END_TEST

START_TEST(a_number_is_the_name_that_is_written_so_and_no_other)
{
	static const char *const others[] = {"",    "0x7", "07", "+7", "7 ",
					     "7.0", "x",   "-7", " 7", "9223372036854775808"};
	struct attempts *attempts = attempts_open();
	uint32_t seven = attempts_of_number(attempts, 0, 7);
	uint32_t greatest = attempts_of_number(attempts, 0, INT64_MAX);
	char text[24];

	ck_assert_uint_eq(attempts_of_text(attempts, 0, (struct slice){"7", 1}), seven);
	snprintf(text, sizeof(text), "%" PRId64, INT64_MAX);
	ck_assert_uint_eq(attempts_of_text(attempts, 0, (struct slice){text, strlen(text)}),
			  greatest);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		ck_assert_uint_eq(
			attempts_of_text(attempts, 0, (struct slice){others[i], strlen(others[i])}),
			3 + i);
	ck_assert_uint_eq(attempts_of_number(attempts, 1, 7), 3 + sizeof(others) / sizeof(*others));
	attempts_close(attempts);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: names of attempts");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, attempts_are_numbered_as_their_names_appear, 0, 6);
	tcase_add_test(tests, a_number_is_the_name_that_is_written_so_and_no_other);
	return suite_run(suite);
}
