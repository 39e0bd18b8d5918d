/* Nothing but harmless lines reaches a terminal through the log. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process.h"

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
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base: printable text");
	TCase *tests = tcase_create("all");
	SRunner *runner = srunner_create(suite);

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, what_must_not_pass_is_replaced_visibly);
	tcase_add_test(tests, letters_of_every_script_pass);
	tcase_add_test(tests, text_is_one_line);
	tcase_add_test(tests, log_prints_one_harmless_line);
	tcase_add_test(tests, complaints_of_another_program_are_told_line_by_line);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
