/* What the log does on a terminal, and what it does not elsewhere. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/log.h"
#include "tests/support/suite.h"

static int terminal, program, before;

static void setup(void)
{
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(terminal, 0);
	ck_assert(grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	setenv("TERM", "xterm", 1);
	program = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	before = dup(STDERR_FILENO);
	ck_assert_int_ge(program, 0);
}

static void set_columns(unsigned short columns)
{
	struct winsize size = {.ws_row = 24, .ws_col = columns};

	ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &size), 0);
}

/* All that came on the terminal, up to a mark that is put there here. */
static const char *shown(void)
{
	static const char mark[] = "<end>";
	static char text[1024];
	size_t used = 0;
	char *end;

	fflush(stderr);
	ck_assert_int_eq(write(program, mark, strlen(mark)), strlen(mark));
	while (!(end = strstr(text, mark))) {
		ssize_t got = read(terminal, text + used, sizeof(text) - 1 - used);

		ck_assert_int_gt(got, 0);
		used += (size_t)got;
		text[used] = '\0';
	}
	*end = '\0';
	return text;
}

/* The log on the terminal, and back. */
static void attach(void)
{
	fflush(stderr);
	dup2(program, STDERR_FILENO);
}

static void detach(void)
{
	dup2(before, STDERR_FILENO);
}

START_TEST(progress_is_rewritten_in_place_and_never_wraps)
{
	set_columns(6);
	attach();
	log_progress("%s", "abcde");
	log_progress("%s", "a bcdef");
	detach();
	ck_assert_str_eq(shown(), "\r\033[Kabcde\r\033[Ka");
}
END_TEST

/* What is shown of `line` on so many columns. */
static const char *shown_on(unsigned short columns, const char *line)
{
	set_columns(columns);
	attach();
	log_progress("%s", line);
	detach();
	return shown() + strlen("\r\033[K");
}

START_TEST(progress_leaves_out_whole_parts_and_never_a_digit)
{
	static const char line[] = "load 12 of 60 s | 12345 locks taken | 678 refused | 9 now";

	ck_assert_str_eq(shown_on(80, line), line);
	ck_assert_str_eq(shown_on(57, line), "load 12 of 60 s | 12345 locks taken | 678 refused");
	ck_assert_str_eq(shown_on(20, line), "load 12 of 60 s");
	ck_assert_str_eq(shown_on(12, line), "load 12 of");
	ck_assert_str_eq(shown_on(4, line), "");
	for (unsigned short columns = 1; columns <= 200; columns++) {
		const char *part = shown_on(columns, line);
		size_t length = strlen(part);

		ck_assert_uint_lt(length, columns > 1 ? columns : 2);
		ck_assert_int_eq(strncmp(part, line, length), 0);
		ck_assert_msg(!line[length] || !length || line[length] == ' ', "%s", part);
	}
}
END_TEST

START_TEST(terminal_of_unknown_width_has_eighty_columns)
{
	char line[82];

	memset(line, 'x', sizeof(line));
	snprintf(line + 79, sizeof(line) - 79, " y");
	ck_assert_int_eq(strlen(shown_on(0, line)), 79);
	memset(line, 'x', 80);
	ck_assert_str_eq(shown_on(0, line), "");
}
END_TEST

START_TEST(dumb_terminal_gets_no_escapes)
{
	setenv("TERM", "dumb", 1);
	attach();
	log_progress("%s", "abc");
	log_line("%s", "line");
	detach();
	ck_assert_str_eq(shown(), "line\r\n");
	unsetenv("NO_COLOR");
	ck_assert(!log_wants_color(program));
}
END_TEST

START_TEST(line_that_stays_clears_the_progress)
{
	attach();
	log_line("%s is %d", "x", 7);
	detach();
	ck_assert_str_eq(shown(), "\r\033[Kx is 7\r\n");
}
END_TEST

START_TEST(elsewhere_than_on_a_terminal_nothing_but_lines)
{
	char text[64] = "";
	FILE *file = tmpfile();

	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	log_progress("%s", "abc");
	log_line("%s", "line");
	detach();
	rewind(file);
	ck_assert_uint_eq(fread(text, 1, sizeof(text) - 1, file), 5);
	ck_assert_str_eq(text, "line\n");
	ck_assert(!log_wants_color(fileno(file)));
	fclose(file);
}
END_TEST

START_TEST(color_is_for_terminals_unless_somebody_says_no)
{
	unsetenv("NO_COLOR");
	ck_assert(log_wants_color(program));
	setenv("NO_COLOR", "", 1);
	ck_assert(log_wants_color(program));
	setenv("NO_COLOR", "1", 1);
	ck_assert(!log_wants_color(program));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base: terminal");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, progress_is_rewritten_in_place_and_never_wraps);
	tcase_add_test(tests, progress_leaves_out_whole_parts_and_never_a_digit);
	tcase_add_test(tests, dumb_terminal_gets_no_escapes);
	tcase_add_test(tests, terminal_of_unknown_width_has_eighty_columns);
	tcase_add_test(tests, line_that_stays_clears_the_progress);
	tcase_add_test(tests, elsewhere_than_on_a_terminal_nothing_but_lines);
	tcase_add_test(tests, color_is_for_terminals_unless_somebody_says_no);
	return suite_run(suite);
}
