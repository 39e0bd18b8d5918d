/* Texts under construction, and texts that are kept once: what every format leans on. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/traces/buffer.h"
#include "history/traces/interner.h"
#include "tests/support/suite.h"

#define COUNT_OF(array) (int)(sizeof(array) / sizeof(*(array)))

static struct slice slice(const char *text)
{
	return (struct slice){text, strlen(text)};
}

/* The inside of a literal, what it stands for, and its one form as an EDN string. */
static const struct {
	const char *inside, *plain, *edn;
} literals[] = {
	{"", "", "\"\""},
	{"a b", "a b", "\"a b\""},
	{"\\\"\\\\\\/", "\"\\/", "\"\\\"\\\\/\""},
	{"\\b\\f\\n\\r\\t", "\b\f\n\r\t", "\"\\u0008\\u000c\\n\\r\\t\""},
	{"a\\nb", "a\nb", "\"a\\nb\""},
	{"\\u0041\\u007f", "A\x7f", "\"A\x7f\""},
	{"\\u0080\\u07ff", "\xc2\x80\xdf\xbf", "\"\xc2\x80\xdf\xbf\""},
	{"\\u0800\\uffff", "\xe0\xa0\x80\xef\xbf\xbf", "\"\xe0\xa0\x80\xef\xbf\xbf\""},
	{"\\ud7ff\\ue000", "\xed\x9f\xbf\xee\x80\x80", "\"\xed\x9f\xbf\xee\x80\x80\""},
	{"\\ud800\\udc00", "\xf0\x90\x80\x80", "\"\xf0\x90\x80\x80\""},
	{"\\uDBFF\\uDFFF!", "\xf4\x8f\xbf\xbf!", "\"\xf4\x8f\xbf\xbf!\""},
	{"\\ud83d\\ude00", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
	{"\xc3\xa9\\u00e9", "\xc3\xa9\xc3\xa9", "\"\xc3\xa9\xc3\xa9\""},
	/* what has no UTF-8 */
	{"\\u0000", "\\u0000", "\"\\u0000\""},
	{"\\ud83d", "\\ud83d", "\"\\ud83d\""},
	{"\\ud83dx", "\\ud83dx", "\"\\ud83dx\""},
	{"\\ud83d\\n", "\\ud83d\n", "\"\\ud83d\\n\""},
	{"\\ud83d\\nabcdef", "\\ud83d\nabcdef", "\"\\ud83d\\nabcdef\""},
	{"\\ud83d-u1234", "\\ud83d-u1234", "\"\\ud83d-u1234\""},
	{"\\uDE00", "\\ude00", "\"\\ude00\""},
	{"\\ude00\\ud83d", "\\ude00\\ud83d", "\"\\ude00\\ud83d\""},
	{"\\ud83d\\u0041", "\\ud83dA", "\"\\ud83dA\""},
	{"\\ud83d\\ue000", "\\ud83d\xee\x80\x80", "\"\\ud83d\xee\x80\x80\""},
	{"\\ud83d\\udbff", "\\ud83d\\udbff", "\"\\ud83d\\udbff\""},
	{"\\udc00\\udc00", "\\udc00\\udc00", "\"\\udc00\\udc00\""},
	{"\\ud7ff\\udc00", "\xed\x9f\xbf\\udc00", "\"\xed\x9f\xbf\\udc00\""},
	{"\\u001f\\u0020", "\x1f ", "\"\\u001f \""},
};

START_TEST(literal_stands_for_its_characters)
{
	struct buffer plain = {0}, edn = {0};

	buffer_add_unescaped(&plain, slice(literals[_i].inside));
	ck_assert_str_eq(plain.text, literals[_i].plain);
	buffer_add_edn_string(&edn, slice(literals[_i].inside));
	ck_assert_str_eq(edn.text, literals[_i].edn);
	ck_assert_uint_eq(edn.length, strlen(edn.text));
	buffer_free(&plain);
	buffer_free(&edn);
	ck_assert_ptr_null(edn.text);
	ck_assert_uint_eq(edn.length, 0);
}
END_TEST

START_TEST(plain_text_is_quoted_as_it_is)
{
	struct buffer buffer = {0};

	buffer_add_quoted(&buffer, slice("a\\n\"\n\x01\xc3\xa9"));
	ck_assert_str_eq(buffer.text, "\"a\\\\n\\\"\\n\\u0001\xc3\xa9\"");
	buffer_free(&buffer);
}
END_TEST

START_TEST(buffer_is_a_text_at_any_length_and_can_be_filled_again)
{
	struct buffer buffer = {0};

	buffer_clear(&buffer);
	ck_assert_str_eq(buffer.text, "");
	for (int round = 0; round < 2; round++) {
		for (size_t length = 1; length <= 3000; length++) {
			buffer_add_char(&buffer, (char)('a' + length % 26));
			ck_assert_uint_eq(buffer.length, length);
			ck_assert_uint_eq(strlen(buffer.text), length);
			ck_assert_uint_gt(buffer.capacity, length);
		}
		for (size_t i = 0; i < 3000; i++)
			ck_assert_int_eq(buffer.text[i], 'a' + (int)((i + 1) % 26));
		buffer_clear(&buffer);
		ck_assert_uint_eq(buffer.length, 0);
		ck_assert_str_eq(buffer.text, "");
	}
	buffer_add(&buffer, "xyz", 2);
	ck_assert_str_eq(buffer.text, "xy");
	buffer_free(&buffer);
}
END_TEST

/* Parts without a space between, and the order that their bytes give them. */
START_TEST(parts_are_put_into_the_order_of_their_bytes)
{
	static const struct {
		const char *parts[5], *sorted;
	} cases[] = {
		{{NULL}, "x"},
		{{"b", NULL}, "xb"},
		{{"b", "a", NULL}, "xa b"},
		{{"ab", "a", "", "b", NULL}, "x a ab b"},
		{{"\xc3\xa9", "z", "a", NULL}, "xa z \xc3\xa9"},
		{{"aa", "a", "aa", NULL}, "xa aa aa"},
	};

	for (int i = 0; i < COUNT_OF(cases); i++) {
		struct buffer buffer = {0};
		size_t ends[5], count = 0;

		buffer_add_char(&buffer, 'x');
		for (; cases[i].parts[count]; count++) {
			buffer_add(&buffer, cases[i].parts[count], strlen(cases[i].parts[count]));
			ends[count] = buffer.length;
		}
		buffer_sort(&buffer, 1, ends, count);
		ck_assert_str_eq(buffer.text, cases[i].sorted);
		ck_assert_uint_eq(buffer.length, strlen(cases[i].sorted));
		buffer_free(&buffer);
	}
}
END_TEST

START_TEST(equal_texts_have_one_number)
{
	static char longest[70000], long_one[65536];
	struct interner *interner = interner_open();
	enum { TEXTS = 20000 };
	char text[32];

	memset(longest, 'l', sizeof(longest) - 1);
	memset(long_one, 'm', sizeof(long_one) - 1);
	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < TEXTS; i++) {
			int length = snprintf(text, sizeof(text), "text %u", i);

			ck_assert_uint_eq(interner_add(interner, text, (size_t)length), i);
			if (round == 0)
				ck_assert_uint_eq(interner_count(interner), i + 1);
		}
		ck_assert_uint_eq(interner_add(interner, "", 0), TEXTS);
		ck_assert_uint_eq(interner_add(interner, longest, sizeof(longest) - 1), TEXTS + 1);
		ck_assert_uint_eq(interner_add(interner, long_one, sizeof(long_one) - 1),
				  TEXTS + 2);
		ck_assert_uint_eq(interner_add(interner, "text 12 and more", 7), 12);
		ck_assert_uint_eq(interner_add(interner, "text 1999999", 8), 199);
		ck_assert_uint_eq(interner_count(interner), TEXTS + 3);
	}
	interner_seal(interner);
	for (uint32_t i = 0; i < TEXTS; i++) {
		snprintf(text, sizeof(text), "text %u", i);
		ck_assert_str_eq(interner_text(interner, i), text);
	}
	ck_assert_str_eq(interner_text(interner, TEXTS), "");
	ck_assert_str_eq(interner_text(interner, TEXTS + 1), longest);
	ck_assert_str_eq(interner_text(interner, TEXTS + 2), long_one);
	interner_close(interner);
	interner_close(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: formats: texts");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, literal_stands_for_its_characters, 0, COUNT_OF(literals));
	tcase_add_test(tests, plain_text_is_quoted_as_it_is);
	tcase_add_test(tests, buffer_is_a_text_at_any_length_and_can_be_filled_again);
	tcase_add_test(tests, parts_are_put_into_the_order_of_their_bytes);
	tcase_add_test(tests, equal_texts_have_one_number);
	return suite_run(suite);
}
