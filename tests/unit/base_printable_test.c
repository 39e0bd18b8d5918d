/* Nothing but harmless lines reaches a terminal through the log. */
#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process.h"
#include "tests/support/suite.h"

/* Each is one malformed or dangerous thing (or a few) between two letters. */
static const char *const hostile[] = {
	"a\033[2Jb",          /* clears the screen */
	"a\033]0;title\007b", /* sets the title */
	"a\xc2\x9b"
	"2Jb", /* the same in one character of Latin-1 */
	"a\x9b"
	"2Jb", /* in one byte */
	"a\rb",
	"a\bb",
	"a\x7f"
	"b",
	"a\xe2\x80\xae"
	"b", /* right to left */
	"a\xe2\x81\xa6"
	"b", /* isolate */
	"a\xd8\x9c"
	"b", /* Arabic letter mark */
	"a\xff"
	"b",
	"a\xe2\x82", /* cut short */
	"a\xed\xa0\x80"
	"b",
};

enum { HOSTILE = sizeof(hostile) / sizeof(hostile[0]) };

/* No control character, no C1, no mark of direction, in whatever bytes. */
static void ck_harmless(const char *line)
{
	for (const char *c = line; *c; c++)
		ck_assert_msg((unsigned char)*c >= 0x20 && *c != 0x7f, "%s", line);
	ck_assert_ptr_null(strstr(line, "\xc2\x9b"));
	ck_assert_ptr_null(strstr(line, "\xe2\x80\xae"));
	ck_assert_ptr_null(strstr(line, "\xe2\x81\xa6"));
	ck_assert_ptr_null(strstr(line, "\xd8\x9c"));
	ck_assert_ptr_null(strchr(line, '\xff'));
}

START_TEST(what_must_not_pass_is_replaced_visibly)
{
	for (int i = 0; i < HOSTILE; i++) {
		char *line = printable_text(hostile[i]);

		ck_harmless(line);
		ck_assert_msg(strstr(line, "\xef\xbf\xbd") != NULL, "case %d: %s", i, line);
		ck_assert_int_eq(line[0], 'a');
		free(line);
	}
}
END_TEST

START_TEST(letters_of_every_script_pass)
{
	char *line = printable_text("Zürich, 鍵, 🔒");

	ck_assert_str_eq(line, "Zürich, 鍵, 🔒");
	free(line);
}
END_TEST

/* UTF-8 by the table of RFC 3629, of a length that may be too long for the point. */
static void encode(uint32_t point, int more, char *into)
{
	static const unsigned char lead[] = {0, 0xC0, 0xE0, 0xF0};

	for (int i = more; i > 0; i--, point >>= 6)
		into[i] = (char)(0x80 | (point & 0x3F));
	into[0] = (char)(lead[more] | point);
	into[more + 1] = '\0';
}

static int shortest(uint32_t point)
{
	return point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
}

/* As printable.h tells it. */
static bool may_pass(uint32_t point)
{
	static const struct {
		uint32_t from, to;
	} refused[] = {
		{0x00, 0x08},     {0x0B, 0x1F},           {0x7F, 0x9F},     {0x61C, 0x61C},
		{0x200E, 0x200F}, {0x2028, 0x202E},       {0x2066, 0x2069}, {0xD800, 0xDFFF},
		{0xFEFF, 0xFEFF}, {0x110000, UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (point >= refused[i].from && point <= refused[i].to)
			return false;
	return (point & 0xFFFF) < 0xFFFE;
}

START_TEST(each_code_point_passes_or_is_replaced)
{
	for (uint32_t point = 1; point < 0x140000; point++) {
		char text[5], *put = NULL;
		const char *at = text;
		size_t size;

		encode(point, shortest(point), text);
		uint32_t next = printable_next(&at);

		if (next != (may_pass(point) ? point : 0xFFFD) || (next == point && *at))
			ck_abort_msg("U+%04X became U+%04X", point, next);
		if (next != point)
			continue;
		FILE *out = open_memstream(&put, &size);

		printable_put(out, point);
		fclose(out);
		if (strcmp(put, text) != 0)
			ck_abort_msg("U+%04X was put otherwise", point);
		free(put);
	}
}
END_TEST

START_TEST(more_bytes_than_needed_are_replaced)
{
	for (uint32_t point = 1; point < 0x10000; point++)
		for (int more = shortest(point) + 1; more <= 3; more++) {
			char text[5];
			const char *at = text;

			encode(point, more, text);
			if (printable_next(&at) != 0xFFFD)
				ck_abort_msg("U+%04X in %d bytes", point, more + 1);
		}
}
END_TEST

START_TEST(byte_that_begins_no_character_is_replaced_alone)
{
	for (int lead = 0x80; lead <= 0xFF; lead++) {
		const char text[] = {(char)lead, '\x81', '\x81', '\x81', 'b', '\0'};
		const char *at = text;

		if (lead >= 0xC2 && lead <= 0xF4)
			continue;
		ck_assert_uint_eq(printable_next(&at), 0xFFFD);
		ck_assert_ptr_eq(at, text + 1);
	}
}
END_TEST

/* What follows it is not swallowed. */
START_TEST(character_that_is_cut_short_is_replaced_alone)
{
	static const char *const cut[] = {"\xc3", "\xe2\x82", "\xf0\x9f\x94", "\xe2", "\xf0"};

	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		char text[8];
		const char *at = text;

		snprintf(text, sizeof(text), "%sb", cut[i]);
		ck_assert_uint_eq(printable_next(&at), 0xFFFD);
		ck_assert_uint_eq(printable_next(&at), 'b');
		ck_assert_uint_eq(printable_next(&at), 0);
	}
}
END_TEST

static void ck_columns(const char *text, int columns, const char *expected, int used)
{
	char *line = NULL;
	size_t size;
	FILE *out = open_memstream(&line, &size);

	ck_assert_int_eq(printable_print(out, text, columns), used);
	fclose(out);
	ck_assert_str_eq(line, expected);
	free(line);
}

START_TEST(what_is_too_wide_is_cut_and_says_so)
{
	ck_columns(NULL, 3, "", 0);
	ck_columns("abc", 4, "abc", 3);
	ck_columns("abc", 3, "abc", 3);
	ck_columns("abc", 2, "a~", 2);
	ck_columns("abc", 1, "~", 1);
	ck_columns("abc", 0, "", 0);
	ck_columns("鍵鍵", 4, "鍵鍵", 4);
	ck_columns("鍵鍵", 3, "鍵~", 3);
	ck_columns("鍵鍵", 2, "~", 1);
	ck_columns("鍵a", 2, "~", 1); /* what is narrow does not slip past what is wide */
	ck_columns("a\tb\nc", 5, "a b c", 5);
	ck_columns("\u10ff\ufffd", 2, "\u10ff\ufffd", 2);
	ck_columns("\u1100", 2, "\u1100", 2);
	ck_columns("\u1100", 1, "~", 1);
}
END_TEST

START_TEST(text_is_one_line)
{
	char *line = printable_text("SAFE\nnone  UNSAFE\tx");

	ck_assert_str_eq(line, "SAFE none  UNSAFE x");
	free(line);
}
END_TEST

/* Runs `say` with both outputs in a file; what was written. */
static char *said(void (*say)(const char *text), const char *text)
{
	FILE *file = tmpfile();
	static char all[1024];

	ck_assert_ptr_nonnull(file);
	fflush(NULL);
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);

	dup2(fileno(file), STDOUT_FILENO);
	dup2(fileno(file), STDERR_FILENO);
	say(text);
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	rewind(file);
	memset(all, 0, sizeof(all));
	ck_assert_uint_gt(fread(all, 1, sizeof(all) - 1, file), 0);
	fclose(file);
	return all;
}

static void say_line(const char *text)
{
	log_line("fencepost: %s", text);
}

static void say_result(const char *text)
{
	log_result("%s: none", text);
}

static void ck_one_harmless_line(char *all)
{
	char *end = strchr(all, '\n');

	ck_assert_ptr_nonnull(end);
	ck_assert_str_eq(end, "\n");
	*end = '\0';
	ck_harmless(all);
}

START_TEST(log_prints_one_harmless_line)
{
	for (int i = 0; i < HOSTILE; i++) {
		ck_one_harmless_line(said(say_line, hostile[i]));
		ck_one_harmless_line(said(say_result, hostile[i]));
	}
	ck_one_harmless_line(said(say_line, "x\nfencepost: all is SAFE"));
}
END_TEST

static void run_complaining(const char *script)
{
	char shell[] = "/bin/sh", option[] = "-c";
	char *text = strdup(script);
	char *argv[] = {shell, option, text, NULL}, *output = NULL;
	struct error err = {0};

	ck_assert_int_eq(process_run_aloud(argv, &output, clock_now_ns() + 10 * NS_PER_S, &err), 0);
	ck_assert_str_eq(output, "path\n");
	free(output);
	free(text);
}

START_TEST(complaints_of_another_program_are_told_line_by_line)
{
	ck_assert_str_eq(said(run_complaining,
			      "printf 'one\\ntwo' >&2; sleep 0.1; printf ' more\\033[2J\\nthree' "
			      ">&2; echo path"),
			 "one\ntwo more\xef\xbf\xbd[2J\nthree\n");
	ck_assert_str_eq(said(run_complaining,
			      "printf a >&2; sleep 0.05; printf b >&2; sleep 0.05; "
			      "printf '\n\nc' >&2; echo path"),
			 "ab\nc\n");
}
END_TEST

/* Of a line that does not end, no more is kept than that. */
START_TEST(long_complaint_is_told_in_pieces)
{
	const char *all = said(run_complaining, "printf '%0700d' 7 >&2; echo path");

	ck_assert_uint_eq(strcspn(all, "\n"), 512);
	ck_assert_uint_eq(strcspn(all + 513, "\n"), 700 - 512);
	ck_assert_uint_eq(strlen(all), 702);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base: printable text");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60); /* a million code points */
	tcase_add_test(tests, what_must_not_pass_is_replaced_visibly);
	tcase_add_test(tests, letters_of_every_script_pass);
	tcase_add_test(tests, each_code_point_passes_or_is_replaced);
	tcase_add_test(tests, byte_that_begins_no_character_is_replaced_alone);
	tcase_add_test(tests, character_that_is_cut_short_is_replaced_alone);
	tcase_add_test(tests, more_bytes_than_needed_are_replaced);
	tcase_add_test(tests, what_is_too_wide_is_cut_and_says_so);
	tcase_add_test(tests, text_is_one_line);
	tcase_add_test(tests, log_prints_one_harmless_line);
	tcase_add_test(tests, complaints_of_another_program_are_told_line_by_line);
	tcase_add_test(tests, long_complaint_is_told_in_pieces);
	return suite_run(suite);
}
