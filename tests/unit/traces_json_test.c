/* JSON by itself: which texts are values, where the first fault is, and the one canonical text, in
 * EDN, that equal values have. What it shares with EDN: traces_edn_test. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/traces/json.h"
#include "tests/support/suite.h"
#include "tests/unit/traces_scan_rig.h"

static const char *const values[] = {
	"null",
	"true",
	"false",
	"0",
	"-0",
	"7",
	"-7",
	"10",
	"1.5",
	"0.5",
	"-0.05",
	"1e9",
	"1E9",
	"1e+9",
	"1e-9",
	"1.5e10",
	"0e0",
	"\"\"",
	"\"a\"",
	"\" ~\"",
	"\"\\u0041\\n\"",
	"\"é\"",
	"\"'[]{}:,\"",
	"[]",
	"[ ]",
	"[1]",
	"[1,2]",
	"[ 1 , 2 ]",
	"[[],[]]",
	"{}",
	"{ }",
	"{\"a\":1}",
	"{ \"a\" : 1 , \"b\" : [] }",
	"[\t1\r\n,2]",
	"{\"\":{\"\":null}}",
};

START_TEST(what_is_json_is_taken_whole)
{
	expect_taken(json_value, values[_i], strlen(values[_i]));
}
END_TEST

/* Strings are read by eights: every byte that ends a plain piece, at every place of two of these,
 * before bytes that are not its business. */
START_TEST(what_a_string_is_does_not_hang_on_where_its_bytes_stand)
{
	for (int byte = 1; byte < 256; byte++)
		for (int before = 0; before <= 16; before++) {
			char text[64] = "\"";
			bool plain = byte >= ' ' && byte < 0x80 && byte != '"' && byte != '\\';

			memset(text + 1, 'a', (size_t)before);
			text[1 + before] = (char)byte;
			memcpy(text + 2 + before, "!~\"\"\\\"~\n\"\"\"", 12);
			struct scan scan = scan_text(text, true);
			struct slice taken;
			bool good = json_quoted(&scan, &taken);
			int end = byte == '"' ? before + 2 : before + 5;

			ck_assert_int_eq(good, plain || byte == '"');
			ck_assert_msg(scan.at - text == (good ? end : before + 1),
				      "byte %d after %d: at %d", byte, before,
				      (int)(scan.at - text));
		}
}
END_TEST

static const struct fault_of_text faults[] = {
	{"", 0, "a JSON value"},
	{"nul", 0, "a JSON value"},
	{"True", 0, "a JSON value"},
	{"+1", 0, "a JSON value"},
	{".5", 0, "a JSON value"},
	{"'a'", 0, "a JSON value"},
	{"]", 0, "a JSON value"},
	{"-", 1, "a digit"},
	{"-a", 1, "a digit"},
	{"1.", 2, "a digit"},
	{"1.e1", 2, "a digit"},
	{"1e", 2, "a digit"},
	{"1e+", 3, "a digit"},
	{"1e-x", 3, "a digit"},
	{"0./", 2, "a digit"},
	{"0.:", 2, "a digit"},
	{"\"", 1, "the closing \" of a string"},
	{"\"a", 2, "the closing \" of a string"},
	{"\"a\x1f\"", 2, "the rest of a string"},
	{"\"a\n\"", 2, "the rest of a string"},
	{"\"\\x\"", 1, "an escape: "},
	{"\"\xff\"", 1, "UTF-8"},
	{"[", 1, "a JSON value"},
	{"[1", 2, ", or ]"},
	{"[1 2]", 3, ", or ]"},
	{"[1}", 2, ", or ]"},
	{"[1,]", 3, "a JSON value"},
	{"[,]", 1, "a JSON value"},
	{"{", 1, "a string"},
	{"{1:2}", 1, "a string"},
	{"{\"a\"", 4, ":"},
	{"{\"a\" 1}", 5, ":"},
	{"{\"a\":", 5, "a JSON value"},
	{"{\"a\":}", 5, "a JSON value"},
	{"{\"a\":1", 6, ", or }"},
	{"{\"a\":1]", 6, ", or }"},
	{"{\"a\":1,}", 7, "a string"},
	{"{\"a\":1 \"b\":2}", 7, ", or }"},
	{"[[1]", 4, ", or ]"},
};

START_TEST(first_fault_is_found_where_it_is)
{
	expect_fault(json_value, &faults[_i]);
}
END_TEST

START_TEST(value_ends_where_it_ends)
{
	static const struct {
		const char *text;
		size_t length;
	} begins[] = {{"1 2", 1},  {"01", 1},    {"-01", 2},        {"1,2", 1},
		      {"1e5e", 3}, {"1.5.5", 3}, {"truefalse", 4},  {"nullx", 4},
		      {"[]1", 2},  {"{}[]", 2},  {"\"a\"\"b\"", 3}, {"0x1", 1}};

	for (int i = 0; i < COUNT_OF(begins); i++)
		expect_taken(json_value, begins[i].text, begins[i].length);
}
END_TEST

static char *nested(char open, char close, int levels)
{
	char *text = calloc(1, 2 * (size_t)levels + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, open, (size_t)levels);
	memset(text + levels, close, (size_t)levels);
	return text;
}

START_TEST(nesting_ends_at_128_levels)
{
	for (int levels = SCAN_NESTING_MAX; levels <= SCAN_NESTING_MAX + 1; levels++) {
		char *text = nested('[', ']', levels);
		struct scan scan = scan_text(text, true);
		struct slice value;
		bool taken = json_value(&scan, &value);

		ck_assert_int_eq(taken, levels == SCAN_NESTING_MAX);
		if (!taken)
			ck_assert_str_eq(scan.expected, "at most 128 levels of nesting");
		free(text);
	}
}
END_TEST

static const struct {
	const char *text, *canonical, *name;
} texts[] = {
	{"null", "nil", "nil"},
	{"true", "true", "true"},
	{"false", "false", "false"},
	{"\"a\"", "\"a\"", "a"},
	{"\"\"", "\"\"", ""},
	{"\"\\u0061\\/\"", "\"a/\"", "a/"},
	{"\"\\\"\"", "\"\\\"\"", "\""},
	{"[]", "[]", "[]"},
	{"[1, \"b\" ,null]", "[1 \"b\" nil]", "[1 \"b\" nil]"},
	{"[[1],\t[2]\r\n]", "[[1] [2]]", "[[1] [2]]"},
	{"{}", "{}", "{}"},
	{"{\"b\":1 , \"a\": 2}", "{\"a\" 2 \"b\" 1}", "{\"a\" 2 \"b\" 1}"},
	{"{\"b\":{\"d\":1,\"c\":2}}", "{\"b\" {\"c\" 2 \"d\" 1}}", "{\"b\" {\"c\" 2 \"d\" 1}}"},
	/* what JSON cannot say */
	{"{\"edn\":\":a\"}", ":a", ":a"},
	{"{ \"edn\" : \"(1 2N)\" }", "[1 2]", "[1 2]"},
	{"[{\"edn\":\"#{2 1}\"}]", "[#{1 2}]", "[#{1 2}]"},
	{"{\"edn\":\"\\\"x\\\"\"}", "\"x\"", "\"x\""},
	{"{\"edn\":\"\"}", "{\"edn\" \"\"}", "{\"edn\" \"\"}"},
	{"{\"edn\":\"1 2\"}", "{\"edn\" \"1 2\"}", "{\"edn\" \"1 2\"}"},
	{"{\"edn\":\"]\"}", "{\"edn\" \"]\"}", "{\"edn\" \"]\"}"},
	{"{\"edn\":1}", "{\"edn\" 1}", "{\"edn\" 1}"},
	{"{\"edn\":\":a\",\"b\":1}", "{\"b\" 1 \"edn\" \":a\"}", "{\"b\" 1 \"edn\" \":a\"}"},
	{"{\"ed\":\":a\"}", "{\"ed\" \":a\"}", "{\"ed\" \":a\"}"},
	/* one number, one text */
	{"0", "0", "0"},
	{"-0", "0", "0"},
	{"0.000", "0", "0"},
	{"-0e5", "0", "0"},
	{"1", "1", "1"},
	{"-1", "-1", "-1"},
	{"1.0", "1", "1"},
	{"10e-1", "1", "1"},
	{"100", "100", "100"},
	{"1e2", "100", "100"},
	{"1E+2", "100", "100"},
	{"0.1e3", "100", "100"},
	{"1.50", "1.5", "1.5"},
	{"15e-1", "1.5", "1.5"},
	{"-150e-2", "-1.5", "-1.5"},
	{"0.5", "0.5", "0.5"},
	{"5e-1", "0.5", "0.5"},
	{"0.05", "0.05", "0.05"},
	{"-50e-3", "-0.05", "-0.05"},
	{"123.456", "123.456", "123.456"},
	{"123456e-3", "123.456", "123.456"},
	{"9223372036854775807", "9223372036854775807", "9223372036854775807"},
	/* 40 digits before the point are plain, as are 39 zeros behind it */
	{"1e39", "1000000000000000000000000000000000000000",
	 "1000000000000000000000000000000000000000"},
	{"1e40", "1e40", "1e40"},
	{"12e38", "1200000000000000000000000000000000000000",
	 "1200000000000000000000000000000000000000"},
	{"12e39", "12e39", "12e39"},
	{"1.2e40", "12e39", "12e39"},
	{"1e-40", "0.0000000000000000000000000000000000000001",
	 "0.0000000000000000000000000000000000000001"},
	{"1e-41", "1e-41", "1e-41"},
	{"-12e-60", "-12e-60", "-12e-60"},
	{"1e999999999999999", "1e999999999999999", "1e999999999999999"},
	{"10e999999999999999", "1e1000000000000000", "1e1000000000000000"},
	{"10e9999999999999999", "10e9999999999999999", "10e9999999999999999"},
};

START_TEST(equal_values_have_equal_texts)
{
	struct slice value = {texts[_i].text, strlen(texts[_i].text)};
	struct buffer canonical = {0}, name = {0};

	json_add_canonical(&canonical, value);
	ck_assert_str_eq(canonical.text, texts[_i].canonical);
	json_add_name(&name, value);
	ck_assert_str_eq(name.text ? name.text : "", texts[_i].name);
	buffer_free(&canonical);
	buffer_free(&name);
}
END_TEST

/* In an object as many levels deep as there may be, one level less of EDN has room. */
START_TEST(edn_within_json_counts_the_levels_around_it)
{
	for (int levels = SCAN_NESTING_MAX - 1; levels <= SCAN_NESTING_MAX; levels++) {
		char *edn = nested('(', ')', levels);
		char text[2 * SCAN_NESTING_MAX + 32];
		struct buffer out = {0};
		int length = snprintf(text, sizeof(text), "[{\"edn\":\"%s\"}]", edn);

		json_add_canonical(&out, (struct slice){text, (size_t)length});
		ck_assert_msg((out.text[1] == '[') == (levels == SCAN_NESTING_MAX - 1), "%s",
			      out.text);
		free(edn);
		buffer_free(&out);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: formats: JSON");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, what_is_json_is_taken_whole, 0, COUNT_OF(values));
	tcase_add_test(tests, what_a_string_is_does_not_hang_on_where_its_bytes_stand);
	tcase_add_loop_test(tests, first_fault_is_found_where_it_is, 0, COUNT_OF(faults));
	tcase_add_loop_test(tests, equal_values_have_equal_texts, 0, COUNT_OF(texts));
	tcase_add_test(tests, value_ends_where_it_ends);
	tcase_add_test(tests, nesting_ends_at_128_levels);
	tcase_add_test(tests, edn_within_json_counts_the_levels_around_it);
	return suite_run(suite);
}
