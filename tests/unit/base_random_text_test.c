#include <check.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/text.h"

START_TEST(random_stream_repeats_with_its_seed_and_name)
{
	struct random_stream a = random_open(7, "worker/none/0/1");
	struct random_stream b = random_open(7, "worker/none/0/1");
	struct random_stream other = random_open(7, "worker/none/0/2");
	int same = 0;

	for (int i = 0; i < 100; i++) {
		uint64_t drawn = random_next(&a);

		ck_assert_uint_eq(drawn, random_next(&b));
		same += drawn == random_next(&other);
	}
	ck_assert_int_eq(same, 0);
}
END_TEST

START_TEST(random_between_reaches_both_ends_and_no_further)
{
	struct random_stream stream = random_open(1, "ends");
	int seen[4] = {0};

	for (int i = 0; i < 1000; i++) {
		int64_t drawn = random_between(&stream, -1, 2);

		ck_assert_int_ge(drawn, -1);
		ck_assert_int_le(drawn, 2);
		seen[drawn + 1]++;
	}
	for (int i = 0; i < 4; i++)
		ck_assert_int_gt(seen[i], 150);
}
END_TEST

START_TEST(text_nearest_finds_a_misspelt_word_and_refuses_a_guess)
{
	const char *const known[] = {"pause", "cut", "kill", NULL};

	ck_assert_str_eq(text_nearest("puase", known), "pause");
	ck_assert_str_eq(text_nearest("cutt", known), "cut");
	ck_assert_ptr_null(text_nearest("zzzzzzzz", known));
}
END_TEST

START_TEST(text_print_quoted_survives_a_shell)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	text_print_quoted(out, "runs/a-1.conf");
	fputc(' ', out);
	text_print_quoted(out, "it's $HOME");
	fputc(' ', out);
	text_print_quoted(out, "");
	fclose(out);
	ck_assert_str_eq(text, "runs/a-1.conf 'it'\\''s $HOME' ''");
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base: random, text");
	TCase *tests = tcase_create("all");
	SRunner *runner = srunner_create(suite);

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, random_stream_repeats_with_its_seed_and_name);
	tcase_add_test(tests, random_between_reaches_both_ends_and_no_further);
	tcase_add_test(tests, text_nearest_finds_a_misspelt_word_and_refuses_a_guess);
	tcase_add_test(tests, text_print_quoted_survives_a_shell);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
