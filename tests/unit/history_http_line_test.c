/* The first line of what a packet carries, whoever sent it. */
#include <check.h>
#include <string.h>

#include "history/http_line.h"
#include "tests/support/suite.h"

static bool read_text(const char *text, struct http_line *line)
{
	return http_line_read((const uint8_t *)text, strlen(text), line);
}

START_TEST(a_request_says_what_it_asks_for)
{
	struct http_line line;

	ck_assert(read_text("POST /v3beta/lock/lock HTTP/1.1\r\nHost: m1\r\n", &line));
	ck_assert_str_eq(line.path, "/v3beta/lock/lock");
	ck_assert_int_eq(line.status, 0);
	ck_assert(read_text("GET /health HTTP/1.1\r\n", &line));
	ck_assert_str_eq(line.path, "/health");
	ck_assert(read_text("POST /v3beta/lo", &line)); /* the capture kept no more */
	ck_assert_str_eq(line.path, "/v3beta/lo");
}
END_TEST

START_TEST(an_answer_says_its_status)
{
	struct http_line line;

	ck_assert(read_text("HTTP/1.1 200 OK\r\n", &line));
	ck_assert_int_eq(line.status, 200);
	ck_assert(read_text("HTTP/1.0 503", &line));
	ck_assert_int_eq(line.status, 503);
}
END_TEST

START_TEST(what_is_no_first_line_is_none)
{
	static const char *const others[] = {
		"",
		"POST",
		"POST ",
		"POST x HTTP/1.1\r\n",
		"POST /a\r\n",
		"BREW /pot HTTP/1.1",
		"HTTP/1.1",
		"HTTP/1.1 ",
		"HTTP/1.1 20",
		"HTTP/1.1 2x0 OK",
		"HTTP/1.1 099 OK",
		"HTTP/1.10200",
		"POST /a\x1b[2J b",
		"0\r\n\r\n",
		"PRI * HTTP/2.0\r\n",
		"\x16\x03\x01\x02",
	};
	struct http_line line;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ck_assert_msg(!read_text(others[i], &line), "%zu is taken for one", i);
}
END_TEST

START_TEST(a_path_without_end_is_cut)
{
	struct http_line line;
	char text[4096];

	memset(text, 'a', sizeof(text));
	memcpy(text, "POST /", 6);
	ck_assert(http_line_read((const uint8_t *)text, sizeof(text), &line));
	ck_assert_uint_eq(strlen(line.path), HTTP_PATH_SIZE - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: first lines of HTTP");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_request_says_what_it_asks_for);
	tcase_add_test(tests, an_answer_says_its_status);
	tcase_add_test(tests, what_is_no_first_line_is_none);
	tcase_add_test(tests, a_path_without_end_is_cut);
	return suite_run(suite);
}
