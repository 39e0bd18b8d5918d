/* EDN, and what it shares with JSON, by itself: which texts are forms, where the first fault is,
 * and the one canonical text that equal values have. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "history/traces/edn.h"
#include "tests/support/suite.h"
#include "tests/unit/traces_scan_rig.h"

/* Forms --------------------------------------------------------------------------------------- */

static const char *const forms[] = {
	"nil",
	"a",
	":k",
	":a/b",
	"+",
	"-",
	"->x",
	"+a",
	"-a",
	"é",
	":é",
	/* numbers */
	"0",
	"7",
	"-7",
	"+7",
	"12N",
	"-12N",
	"1/3",
	"-1/3",
	"2.5",
	"2.",
	"2.5M",
	"7M",
	"1e9",
	"1E9",
	"1e+9",
	"1e-9",
	"1.5e3",
	"1.5e3M",
	"0x1f",
	"0X1F",
	"-0x1f",
	"0xaF09",
	"+0x1",
	/* characters */
	"\\a",
	"\\newline",
	"\\(",
	"\\\"",
	"\\;",
	"\\é",
	"\\u0041",
	"\\]",
	/* strings */
	"\"\"",
	"\"a b\"",
	"\"\\n\\t\\\"\\\\\\/\\b\\f\\r\"",
	"\"\\u00e9\"",
	"\"é\"",
	"\";[\"",
	/* collections */
	"[]",
	"()",
	"{}",
	"#{}",
	"[1 2]",
	"(1, 2)",
	"{:a 1}",
	"{:a [1 (2)]}",
	"#{1 2}",
	"[ 1 ; x\n]",
	"[#_ 1]",
	"[#_ #_ 1 2]",
	"[#_[1 2] 3]",
	"{#_ :a}",
	/* tags */
	"#inst \"2026\"",
	"#a/b [1]",
	"#a #b 1",
	"##NaN",
	"##Inf",
	"#\"a\\\"b\\d\"",
	"#\"é\"",
	"#object[java.lang.Object 0x1f \"x\"]",
};

START_TEST(what_is_edn_is_taken_whole)
{
	expect_taken(edn_form, forms[_i], strlen(forms[_i]));
}
END_TEST

static const struct fault_of_text faults[] = {
	{"", 0, "a form"},
	{"]", 0, "EDN"},
	{")", 0, "EDN"},
	{"}", 0, "EDN"},
	{"a\x01", 1, "EDN"},
	{"\x7f\xff", 1, "UTF-8"},
	{":", 0, "a keyword's name after :"},
	{": a", 0, "a keyword's name after :"},
	/* numbers */
	{"1a", 0, "a number"},
	{"-1a", 0, "a number"},
	{"+1a", 0, "a number"},
	{"1/", 0, "a number"},
	{"1/a", 0, "a number"},
	{"1/3x", 0, "a number"},
	{"1NN", 0, "a number"},
	{"1N2", 0, "a number"},
	{"1.5N", 0, "a number"},
	{"1MM", 0, "a number"},
	{"1.2.3", 0, "a number"},
	{"1e", 0, "a number"},
	{"1ex", 0, "a number"},
	{"0x", 0, "a number"},
	{"0xg", 0, "a number"},
	{"0x1g", 0, "a number"},
	{"1x1", 0, "a number"},
	/* characters */
	{"\\", 1, "a character after \\"},
	{"\\ ", 1, "a character after \\"},
	{"\\\n", 1, "a character after \\"},
	{"\\,", 1, "a character after \\"},
	/* strings */
	{"\"", 1, "the closing \" of a string"},
	{"\"a", 2, "the closing \" of a string"},
	{"\"a\\", 2, "an escape: "},
	{"\"a\\x\"", 2, "an escape: "},
	{"\"\\u12\"", 1, "an escape: "},
	{"\"\\u12g4\"", 1, "an escape: "},
	{"\"a\xff\"", 2, "UTF-8"},
	/* collections */
	{"[", 1, "a form or the closing ]"},
	{"(1", 2, "a form or the closing )"},
	{"{:a 1", 5, "a form or the closing }"},
	{"#{1", 3, "a form or the closing }"},
	{"[1)", 2, "a form or the closing ]"},
	{"(1]", 2, "a form or the closing )"},
	{"[1}", 2, "a form or the closing ]"},
	{"{:a}", 3, "the value of the last key"},
	{"{:a 1 :b}", 8, "the value of the last key"},
	{"[1 \"a]", 6, "the closing \" of a string"},
	{"[#_]", 3, "EDN"},
	/* tags */
	{"#", 1, "a set or a tag after #"},
	{"#a", 2, "a form"},
	{"#a ", 3, "a form"},
	{"# a", 1, "EDN"},
	{"##", 2, "EDN"},
	{"#\"a", 3, "the closing \" of a pattern"},
	{"#\"a\\\"", 5, "the closing \" of a pattern"},
	{"#\"\xff\"", 2, "UTF-8"},
};

START_TEST(first_fault_is_found_where_it_is)
{
	expect_fault(edn_form, &faults[_i]);
}
END_TEST

START_TEST(form_ends_where_the_next_one_begins)
{
	static const struct {
		const char *text;
		size_t length;
	} begins[] = {
		{"a b", 1},    {"1,2", 1},    {"a;x", 1},    {"a[", 1},    {"a(", 1},
		{"a\"b\"", 1}, {"[1]2", 3},   {"\"a\"b", 3}, {"{}{}", 2},  {":a}", 2},
		{"\\a b", 2},  {"\\(a", 3},   {"\\a]", 2},   {"#{1}2", 4}, {"1\t2", 1},
		{"1\r\n", 1},  {"#a 1 2", 4}, {"nil\f", 3},  {"x\v", 1},   {"##NaN 1", 5},
		{"#\"\"1", 3},
	};

	for (int i = 0; i < COUNT_OF(begins); i++)
		expect_taken(edn_form, begins[i].text, begins[i].length);
}
END_TEST

/* Of a text that may go on, whatever ends at its end may go on, too. */
START_TEST(beginning_of_a_longer_text_runs_out)
{
	static const char *const open[] = {"a",    ":",       "1",    "1e", "\\",   "\\a",
					   "\"",   "\"a",     "\"\\", "[",  "[1",   "{:a",
					   "#",    "#a",      "#a ",  "##", "#\"a", "\"\xc3",
					   "\xc3", "\"\\u00", "[; x", "#_", "[#_",  "(1 "};
	static const char *const closed[] = {"[]",     "\"a\"", "#{}",  "{:a 1}",
					     "#\"a\"", "a ",    "\\a ", "1,"};

	for (int i = 0; i < COUNT_OF(open); i++) {
		struct scan scan = scan_text(open[i], false);
		struct slice form;
		bool taken = edn_space(&scan) && edn_form(&scan, &form);

		ck_assert_msg(!taken && scan_ran_out(&scan), "%s", open[i]);
	}
	for (int i = 0; i < COUNT_OF(closed); i++) {
		struct scan scan = scan_text(closed[i], false);
		struct slice form;

		ck_assert_msg(edn_form(&scan, &form), "%s: %s", closed[i], scan.expected);
	}
}
END_TEST

START_TEST(space_is_white_space_commas_comments_and_what_is_discarded)
{
	static const struct {
		const char *text;
		int length;
	} spaces[] = {
		{"", 0},     {"a", 0},      {" \t\n\v\f\r,a", 7}, {"; x\na", 4},
		{"; x", 3},  {"#_ 1 a", 5}, {"#_#_ 1 2 a", 9},    {"#_(1 2) ; x\n ,a", 14},
		{"#{1}", 0}, {"#", 0},      {"#a 1", 0},          {"a_b 1", 0},
	};

	for (int i = 0; i < COUNT_OF(spaces); i++) {
		struct scan scan = scan_text(spaces[i].text, true);

		ck_assert(edn_space(&scan));
		ck_assert_msg(scan.at - spaces[i].text == spaces[i].length, "\"%s\": %d",
			      spaces[i].text, (int)(scan.at - spaces[i].text));
	}
	struct scan unfinished = scan_text("; x", false);

	ck_assert(!edn_space(&unfinished) && scan_ran_out(&unfinished));
	struct scan nothing = scan_text("#_ ]", true);

	ck_assert(!edn_space(&nothing));
}
END_TEST

static char *repeated(const char *part, int times, const char *rest)
{
	char *text = calloc(1, strlen(part) * (size_t)times + strlen(rest) + 1);

	ck_assert_ptr_nonnull(text);
	for (int i = 0; i < times; i++)
		memcpy(text + (size_t)i * strlen(part), part, strlen(part));
	memcpy(text + strlen(part) * (size_t)times, rest, strlen(rest));
	return text;
}

START_TEST(nesting_ends_at_128_levels)
{
	static const char *const opens[] = {"[", "(", "#a "};

	for (int i = 0; i < COUNT_OF(opens); i++)
		for (int levels = SCAN_NESTING_MAX; levels <= SCAN_NESTING_MAX + 1; levels++) {
			char *open = repeated(opens[i], levels, i == 2 ? "1" : "");
			char *close = repeated(i == 0 ? "]" : ")", i == 2 ? 0 : levels, "");
			char *text = repeated(open, 1, close);
			struct scan scan = scan_text(text, true);
			struct slice form;
			bool taken = edn_form(&scan, &form);

			ck_assert_msg(taken == (levels == SCAN_NESTING_MAX), "%d %s", levels,
				      opens[i]);
			if (!taken)
				ck_assert_str_eq(scan.expected, "at most 128 levels of nesting");
			free(open);
			free(close);
			free(text);
		}
	char *discards = repeated("#_", SCAN_NESTING_MAX + 2, "1");
	struct scan scan = scan_text(discards, true);

	ck_assert(!edn_space(&scan));
	free(discards);
	struct slice form;
	struct scan inner = scan_text("[1]", true);

	ck_assert(edn_form_within(&inner, &form, SCAN_NESTING_MAX - 1));
	inner = scan_text("[1]", true);
	ck_assert(!edn_form_within(&inner, &form, SCAN_NESTING_MAX));
	inner = scan_text("1", true);
	ck_assert(edn_form_within(&inner, &form, SCAN_NESTING_MAX));
}
END_TEST

/* Canonical texts --------------------------------------------------------------------------------- */

static const struct {
	const char *text, *canonical, *name;
} values[] = {
	{"nil", "nil", "nil"},
	{":a", ":a", ":a"},
	{"+7", "7", "7"},
	{"12N", "12", "12"},
	{"+12N", "12", "12"},
	{"-12N", "-12", "-12"},
	{"-0", "0", "0"},
	{"+0", "0", "0"},
	{"-0N", "0", "0"},
	{"0", "0", "0"},
	{"+", "+", "+"},
	{"-N", "-N", "-N"},
	{"N", "N", "N"},
	{"+aN", "+aN", "+aN"},
	{"2.50", "2.50", "2.50"},
	{"1/3", "1/3", "1/3"},
	{"\\a", "\\a", "\\a"},
	{"\"a\"", "\"a\"", "a"},
	{"\"\"", "\"\"", ""},
	{"\"a\\u0062\\/\"", "\"ab/\"", "ab/"},
	{"\"\\\"\\\\\"", "\"\\\"\\\\\"", "\"\\"},
	{"[]", "[]", "[]"},
	{"( 1,2 ;x\n 3)", "[1 2 3]", "[1 2 3]"},
	{"[(1)[2 #_ 3]]", "[[1] [2]]", "[[1] [2]]"},
	{"{}", "{}", "{}"},
	{"{:b 1, :a 2}", "{:a 2 :b 1}", "{:a 2 :b 1}"},
	{"{:a {:d 1 :c 2}}", "{:a {:c 2 :d 1}}", "{:a {:c 2 :d 1}}"},
	{"{:ab 1 :a 2}", "{:a 2 :ab 1}", "{:a 2 :ab 1}"},
	{"#{}", "#{}", "#{}"},
	{"#{ 3 1 2N}", "#{1 2 3}", "#{1 2 3}"},
	{"#inst   \"2026\"", "#inst \"2026\"", "#inst \"2026\""},
	{"#a [+1]", "#a [1]", "#a [1]"},
	{"##NaN", "##NaN", "##NaN"},
	{"#\"a\\d\"", "#\"a\\d\"", "#\"a\\d\""},
};

START_TEST(equal_values_have_equal_texts)
{
	struct slice form = {values[_i].text, strlen(values[_i].text)};
	struct buffer canonical = {0}, name = {0};

	expect_taken(edn_form, form.at, form.length);
	edn_add_canonical(&canonical, form);
	ck_assert_str_eq(canonical.text, values[_i].canonical);
	ck_assert_uint_eq(canonical.length, strlen(canonical.text));
	edn_add_name(&name, form);
	ck_assert_str_eq(name.text ? name.text : "", values[_i].name);
	buffer_free(&canonical);
	buffer_free(&name);
}
END_TEST

/* Parts ------------------------------------------------------------------------------------------- */

static struct slice slice(const char *text)
{
	return (struct slice){text, strlen(text)};
}

START_TEST(pair_is_a_vector_or_list_of_two)
{
	struct slice first, second;

	ck_assert(edn_pair(slice("[1 (2)]"), &first, &second));
	ck_assert(slice_is(first, "1") && slice_is(second, "(2)"));
	ck_assert(edn_pair(slice("(:a, \"b\")"), &first, &second));
	ck_assert(slice_is(first, ":a") && slice_is(second, "\"b\""));
	ck_assert(!edn_pair(slice("[1]"), &first, &second));
	ck_assert(!edn_pair(slice("[]"), &first, &second));
	ck_assert(!edn_pair(slice("[1 2 3]"), &first, &second));
	ck_assert(!edn_pair(slice("{1 2}"), &first, &second));
	ck_assert(!edn_pair(slice("#{1 2}"), &first, &second));
	ck_assert(!edn_pair(slice("12"), &first, &second));
}
END_TEST

START_TEST(value_is_found_by_its_keys_name)
{
	static const char map[] = "{1 2, [a] 3, :ab 4, b 5, \"c\" 6, :a 7, :d {:e 8}, ;x\n f 9}";
	struct slice value;

	ck_assert(edn_find(slice(map), "a", &value) && slice_is(value, "7"));
	ck_assert(edn_find(slice(map), "ab", &value) && slice_is(value, "4"));
	ck_assert(edn_find(slice(map), "c", &value) && slice_is(value, "6"));
	ck_assert(edn_find(slice(map), "d", &value) && slice_is(value, "{:e 8}"));
	ck_assert(!edn_find(slice(map), "b", &value)); /* a symbol */
	ck_assert(!edn_find(slice(map), "e", &value));
	ck_assert(!edn_find(slice(map), "", &value));
	ck_assert(!edn_find(slice("[:a 1]"), "a", &value));
	ck_assert(!edn_find(slice("{}"), "a", &value));
}
END_TEST

START_TEST(tag_is_passed_with_the_space_behind_it)
{
	static const struct {
		const char *text;
		int at;
	} tags[] = {{"#a/b  [1]", 6}, {"#a[1]", 2},  {"a", 0},     {"#{1}", 0},
		    {"#_ 1", 0},      {"#\"a\"", 0}, {"##NaN", 0}, {"", 0}};

	for (int i = 0; i < COUNT_OF(tags); i++) {
		struct scan scan = scan_text(tags[i].text, true);

		ck_assert(edn_tag(&scan));
		ck_assert_msg(scan.at - tags[i].text == tags[i].at, "%s", tags[i].text);
	}
	struct scan scan = scan_text("# a", true);

	ck_assert(!edn_tag(&scan));
	ck_assert_int_eq(*scan.at, ' ');
}
END_TEST

START_TEST(form_of_a_line_is_taken_with_the_blanks_behind_it)
{
	struct scan scan = scan_text(":invoke \t :read", true);
	struct slice form;

	ck_assert(edn_form_of_line(&scan, "a type", &form) && slice_is(form, ":invoke"));
	ck_assert_int_eq(*scan.at, ':');
	ck_assert(edn_form_of_line(&scan, "a function", &form) && slice_is(form, ":read"));
	ck_assert(!edn_form_of_line(&scan, "a value", &form));
	ck_assert_str_eq(scan.expected, "a value");
	scan = scan_text("]", true);
	ck_assert(!edn_form_of_line(&scan, "a value", &form));
	ck_assert_str_eq(scan.expected, "EDN");
}
END_TEST

/* Shared with JSON -------------------------------------------------------------------------------- */

START_TEST(integers_are_those_of_64_bits)
{
	static const struct {
		const char *text;
		int64_t value;
	} integers[] = {
		{"0", 0},
		{"-0", 0},
		{"+5", 5},
		{"-5", -5},
		{"007", 7},
		{"999999999999999999", 999999999999999999},
		{"-999999999999999999", -999999999999999999},
		{"1000000000000000000", 1000000000000000000},
		{"9223372036854775807", INT64_MAX},
		{"+9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
		{"-9223372036854775807", -INT64_MAX},
		{"00000000000000000000000001", 1},
	};
	static const char *const none[] = {"",
					   "-",
					   "+",
					   "--1",
					   "1 ",
					   " 1",
					   "1.0",
					   "1e3",
					   "a",
					   "1a",
					   "12345678901234567890123",
					   "9223372036854775808",
					   "-9223372036854775809",
					   "9223372036854775810",
					   "18446744073709551616",
					   "92233720368547758070",
					   "999999999999999999a",
					   "9999999999999999999",
					   "1/",
					   "1:",
					   "999999999999999999/",
					   "999999999999999999:"};
	int64_t value;

	for (int i = 0; i < COUNT_OF(integers); i++) {
		ck_assert_msg(slice_integer(slice(integers[i].text), &value), "%s",
			      integers[i].text);
		ck_assert_int_eq(value, integers[i].value);
	}
	for (int i = 0; i < COUNT_OF(none); i++)
		ck_assert_msg(!slice_integer(slice(none[i]), &value), "%s", none[i]);
}
END_TEST

/* The least and the greatest of each length; what has a shorter form, is a surrogate or too great.
 */
START_TEST(utf8_is_what_rfc_3629_says)
{
	static const char *const good[] = {"\xc2\x80",         "\xdf\xbf",         "\xe0\xa0\x80",
					   "\xed\x9f\xbf",     "\xee\x80\x80",     "\xef\xbf\xbf",
					   "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xe1\x80\x80"};
	static const char *const bad[] = {"\x80",
					  "\xbf",
					  "\xc0\x80",
					  "\xc1\xbf",
					  "\xe0\x9f\xbf",
					  "\xed\xa0\x80",
					  "\xed\xbf\xbf",
					  "\xc2",
					  "\xc2z",
					  "\xe1\x80",
					  "\xe1\x80z",
					  "\xff",
					  "\xf0\x8f\xbf\xbf",
					  "\xf4\x90\x80\x80",
					  "\xf8\x88\x80\x80",
					  "\xc2\xc0",
					  "\xe1\x80\xc0",
					  "\xf1\x80\x80"};

	for (int i = 0; i < COUNT_OF(good); i++) {
		struct scan scan = scan_text(good[i], true);

		ck_assert_msg(scan_utf8(&scan) && scan.at == scan.end, "%d", i);
	}
	for (int i = 0; i < COUNT_OF(bad); i++) {
		struct scan scan = scan_text(bad[i], true);

		ck_assert_msg(!scan_utf8(&scan) && scan.at == bad[i], "%d", i);
		ck_assert_str_eq(scan.expected, "UTF-8");
	}
	struct scan cut = scan_text("\xe1\x80", false), wrong = scan_text("\xe1z", false);

	ck_assert(!scan_utf8(&cut) && scan_ran_out(&cut));
	ck_assert(!scan_utf8(&wrong) && !scan_ran_out(&wrong));
}
END_TEST

START_TEST(escapes_are_those_of_json)
{
	static const char *const good[] = {"\\\"", "\\\\", "\\/", "\\b",     "\\f",
					   "\\n",  "\\r",  "\\t", "\\u09af", "\\uAFaf"};
	static const char *const bad[] = {"\\",      "\\a",     "\\x",     "\\u",     "\\u1",
					  "\\u123",  "\\u123g", "\\U1234", "\\ ",     "\\u/000",
					  "\\u:000", "\\u@000", "\\uG000", "\\u`000", "\\'"};

	for (int i = 0; i < COUNT_OF(good); i++) {
		struct scan scan = scan_text(good[i], true);

		ck_assert_msg(scan_escape(&scan) && scan.at == scan.end, "%s", good[i]);
	}
	for (int i = 0; i < COUNT_OF(bad); i++) {
		struct scan scan = scan_text(bad[i], true);

		ck_assert_msg(!scan_escape(&scan) && scan.at == bad[i], "%s", bad[i]);
	}
	struct scan cut = scan_text("\\u12", false), longer = scan_text("\\u12345", true);

	ck_assert(!scan_escape(&cut) && scan_ran_out(&cut));
	ck_assert(scan_escape(&longer) && *longer.at == '5');
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: formats: EDN");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, what_is_edn_is_taken_whole, 0, COUNT_OF(forms));
	tcase_add_loop_test(tests, first_fault_is_found_where_it_is, 0, COUNT_OF(faults));
	tcase_add_loop_test(tests, equal_values_have_equal_texts, 0, COUNT_OF(values));
	tcase_add_test(tests, form_ends_where_the_next_one_begins);
	tcase_add_test(tests, beginning_of_a_longer_text_runs_out);
	tcase_add_test(tests, space_is_white_space_commas_comments_and_what_is_discarded);
	tcase_add_test(tests, nesting_ends_at_128_levels);
	tcase_add_test(tests, pair_is_a_vector_or_list_of_two);
	tcase_add_test(tests, value_is_found_by_its_keys_name);
	tcase_add_test(tests, tag_is_passed_with_the_space_behind_it);
	tcase_add_test(tests, form_of_a_line_is_taken_with_the_blanks_behind_it);
	tcase_add_test(tests, integers_are_those_of_64_bits);
	tcase_add_test(tests, utf8_is_what_rfc_3629_says);
	tcase_add_test(tests, escapes_are_those_of_json);
	return suite_run(suite);
}
