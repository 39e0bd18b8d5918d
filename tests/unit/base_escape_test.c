/* Text from outside is harmless where the report shows it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "tests/support/suite.h"

static char *as_html(const char *text)
{
	char *html;
	size_t size;
	FILE *out = open_memstream(&html, &size);

	escape_html(out, text);
	fclose(out);
	return html;
}

static char *on_terminal(const char *text, int columns, int *used)
{
	char *shown;
	size_t size;
	FILE *out = open_memstream(&shown, &size);

	*used = escape_terminal(out, text, columns);
	fclose(out);
	return shown;
}

START_TEST(escape_html_leaves_no_markup_and_no_way_out_of_an_attribute)
{
	char *html = as_html("</script><img src=x onerror=\"alert('1')\">&amp;");

	ck_assert_str_eq(html, "&lt;/script&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)"
			       "&quot;&gt;&amp;amp;");
	free(html);
}
END_TEST

START_TEST(escape_html_keeps_letters_of_every_script)
{
	char *html = as_html("Zürich, 鍵, 🔒\n\tx");

	ck_assert_str_eq(html, "Zürich, 鍵, 🔒\n\tx");
	free(html);
}
END_TEST

/* Each of these is one malformed or unshowable thing (or a few) between two letters. */
START_TEST(escape_html_replaces_malformed_bytes_and_controls)
{
	static const char *const bad[] = {
		"a\xff"
		"b", /* no such byte */
		"a\xc0\xbc"
		"b", /* '<' in two bytes: overlong */
		"a\xe0\x80\xbc"
		"b", /* in three */
		"a\xed\xa0\x80"
		"b", /* a surrogate */
		"a\xf4\x90\x80\x80"
		"b", /* past the last code point */
		"a\xe2\x82"
		"b", /* cut short */
		"a\x1b"
		"b", /* escape */
		"a\x7f"
		"b",
		"a\xc2\x9b"
		"b", /* the escape sequence introducer in one character */
		"a\xe2\x80\xae"
		"b", /* right-to-left override */
		"a\xef\xbf\xbf"
		"b", /* noncharacter: no XML parser takes it */
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *html = as_html(bad[i]);
		size_t length = strlen(html);

		ck_assert_int_eq(html[0], 'a');
		ck_assert_int_eq(html[length - 1], 'b');
		ck_assert_msg((length - 2) % 3 == 0 && length > 2, "case %zu: %s", i, html);
		for (size_t at = 1; at < length - 1; at += 3)
			ck_assert_msg(memcmp(html + at, "\xef\xbf\xbd", 3) == 0, "case %zu", i);
		free(html);
	}
}
END_TEST

START_TEST(escape_html_stops_at_the_end_of_a_cut_sequence)
{
	char *html = as_html("a\xf0");

	ck_assert_str_eq(html, "a\xef\xbf\xbd");
	free(html);
}
END_TEST

START_TEST(escape_terminal_never_passes_its_columns_and_marks_what_it_cut)
{
	int used;
	char *shown = on_terminal("0123456789", 10, &used);

	ck_assert_str_eq(shown, "0123456789");
	ck_assert_int_eq(used, 10);
	free(shown);
	shown = on_terminal("0123456789x", 10, &used);
	ck_assert_str_eq(shown, "012345678~");
	ck_assert_int_eq(used, 10);
	free(shown);
	shown = on_terminal("鍵鍵鍵", 5, &used);
	ck_assert_str_eq(shown, "鍵鍵~");
	ck_assert_int_eq(used, 5);
	free(shown);
}
END_TEST

START_TEST(escape_terminal_lets_no_control_sequence_through)
{
	int used;
	char *shown = on_terminal("a\033[2Jb\r\nc", 40, &used);

	ck_assert_ptr_null(strpbrk(shown, "\033\r\n"));
	free(shown);
}
END_TEST

START_TEST(escape_utf8_is_valid_and_keeps_what_is)
{
	char *valid = escape_utf8("\"<\xff>\" ü");

	ck_assert_str_eq(valid, "\"<\xef\xbf\xbd>\" ü");
	ck_assert_ptr_null(escape_utf8(NULL));
	free(valid);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: escaping");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, escape_html_leaves_no_markup_and_no_way_out_of_an_attribute);
	tcase_add_test(tests, escape_html_keeps_letters_of_every_script);
	tcase_add_test(tests, escape_html_replaces_malformed_bytes_and_controls);
	tcase_add_test(tests, escape_html_stops_at_the_end_of_a_cut_sequence);
	tcase_add_test(tests, escape_terminal_never_passes_its_columns_and_marks_what_it_cut);
	tcase_add_test(tests, escape_terminal_lets_no_control_sequence_through);
	tcase_add_test(tests, escape_utf8_is_valid_and_keeps_what_is);
	return suite_run(suite);
}
