#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "base/word.h"
#include "tests/support/suite.h"

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

/* A campaign's seed must draw the same in every version and on every machine. The numbers are those
 * of the generators' authors (prng.di.unimi.it), as other implementations give them. */
START_TEST(random_stream_is_the_one_that_is_named)
{
	static const uint64_t drawn[] = {11520,
					 0,
					 1509978240,
					 1215971899390074240,
					 1216172134540287360,
					 607988272756665600,
					 16172922978634559625u,
					 8476171486693032832,
					 10595114339597558777u,
					 2904607092377533576};
	static const uint64_t splitmix[] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4,
					    0x06c45d188009454f, 0xf88bb8a8724c81ec};
	struct random_stream stream = {{1, 2, 3, 4}};

	for (size_t i = 0; i < sizeof(drawn) / sizeof(*drawn); i++)
		ck_assert_uint_eq(random_next(&stream), drawn[i]);
	stream = random_open(0x85944171f73967e8, "foobar"); /* by which FNV-1a leaves 0 */
	for (int i = 0; i < 4; i++)
		ck_assert_uint_eq(stream.state[i], splitmix[i]);
}
END_TEST

/* A stream whose next number is this one: random_next backwards. */
static struct random_stream about_to_draw(uint64_t number)
{
	uint64_t rotated = number * 0x8e38e38e38e38e39; /* 9 times that is 1 */

	return (struct random_stream){
		{1, (rotated >> 7 | rotated << 57) * 0xcccccccccccccccd, 3, 4}};
}

START_TEST(random_between_favours_nobody)
{
	/* Of 0 to 2^64 - 1 the last is one too many for three. */
	struct random_stream last = about_to_draw(UINT64_MAX), fits = about_to_draw(UINT64_MAX - 1);
	struct random_stream second = about_to_draw(UINT64_MAX), whole = about_to_draw(5);

	random_next(&second);
	ck_assert_int_eq(random_between(&last, 0, 2), (int64_t)(random_next(&second) % 3));
	ck_assert_mem_eq(&last, &second, sizeof(last));
	ck_assert_int_eq(random_between(&fits, 0, 2), 2);
	ck_assert_int_eq(random_between(&whole, INT64_MIN, INT64_MAX), 5);
	ck_assert_int_eq(random_between(&whole, 7, 7), 7);
}
END_TEST

START_TEST(random_draw_seed_uses_53_bits)
{
	uint64_t any = 0;

	for (int i = 0; i < 200; i++) {
		uint64_t seed = random_draw_seed();

		ck_assert_uint_ne(seed, 0);
		any |= seed;
	}
	ck_assert_uint_eq(any, (UINT64_C(1) << 53) - 1);
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

START_TEST(word_nearest_finds_a_misspelt_word_and_refuses_a_guess)
{
	const char *const known[] = {"pause", "cut", "kill", NULL};

	ck_assert_str_eq(word_nearest("puase", known), "pause");
	ck_assert_str_eq(word_nearest("cutt", known), "cut");
	ck_assert_ptr_null(word_nearest("zzzzzzzz", known));
}
END_TEST

START_TEST(word_nearest_is_near)
{
	static const char *const three[] = {"abxyz", NULL}, *const four[] = {"awxyz", NULL};
	static const char *const equal[] = {"cat", "bat", NULL}, *const better[] = {"cot", "car",
										    "rat", NULL};
	char longest[66], other[66];
	const char *const known[] = {other, NULL};

	/* Each letter that is missing, or one too many, counts as one that is wrong. */
	ck_assert_str_eq(word_nearest("ab", (const char *const[]){"abcd", NULL}), "abcd");
	ck_assert_ptr_null(word_nearest("ab", (const char *const[]){"abcde", NULL}));
	ck_assert_str_eq(word_nearest("abcd", (const char *const[]){"a", NULL}), "a");
	ck_assert_ptr_null(word_nearest("abcde", (const char *const[]){"a", NULL}));
	ck_assert_str_eq(word_nearest("abcde", three), "abxyz");
	ck_assert_ptr_null(word_nearest("abcde", four));
	ck_assert_str_eq(word_nearest("hat", equal), "cat");
	ck_assert_str_eq(word_nearest("rat", better), "rat");
	for (size_t length = 62; length <= 64; length++) {
		memset(longest, 'a', length);
		longest[length] = '\0';
		memcpy(other, longest, sizeof(other));
		other[0] = 'b';
		ck_assert_ptr_eq(word_nearest(longest, known), length <= 63 ? other : NULL);
		other[length - 1] = '\0'; /* one shorter */
		ck_assert_ptr_eq(word_nearest(longest, known), length <= 63 ? other : NULL);
		ck_assert_ptr_eq(word_nearest(other, (const char *const[]){longest, NULL}),
				 length <= 63 ? longest : NULL);
	}
}
END_TEST

START_TEST(text_copy_says_what_it_cut)
{
	char into[4];

	ck_assert(text_copy(into, sizeof(into), "abc"));
	ck_assert_str_eq(into, "abc");
	ck_assert(!text_copy(into, sizeof(into), "wxyz"));
	ck_assert_str_eq(into, "wxy");
	ck_assert(!text_copy(into, 1, "a"));
	ck_assert_str_eq(into, "");
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

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, random_stream_repeats_with_its_seed_and_name);
	tcase_add_test(tests, random_stream_is_the_one_that_is_named);
	tcase_add_test(tests, random_between_favours_nobody);
	tcase_add_test(tests, random_draw_seed_uses_53_bits);
	tcase_add_test(tests, random_between_reaches_both_ends_and_no_further);
	tcase_add_test(tests, word_nearest_finds_a_misspelt_word_and_refuses_a_guess);
	tcase_add_test(tests, word_nearest_is_near);
	tcase_add_test(tests, text_copy_says_what_it_cut);
	tcase_add_test(tests, text_print_quoted_survives_a_shell);
	return suite_run(suite);
}
