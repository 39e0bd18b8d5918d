/* A line that an adapter says: what is one, and why another one is none. Bytes come from outside.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "workloads/adapter_line.h"

static struct adapter_line line;
static char complaint[ADAPTER_COMPLAINT];

static bool parses(const char *text)
{
	complaint[0] = '\0';
	return adapter_line_parse(text, strlen(text), &line, complaint);
}

START_TEST(answer_to_init_says_what_it_is)
{
	ck_assert(parses("{\"id\":1,\"outcome\":\"ok\",\"fencepost\":1,\"name\":\"mine\","
			 "\"version\":\"2.0\",\"tokens\":\"create_revision\",\"renews\":true,"
			 "\"tells_losses\":true}"));
	ck_assert_int_eq(line.event, ADAPTER_ANSWER);
	ck_assert_int_eq(line.id, 1);
	ck_assert_int_eq(line.outcome, OUTCOME_OK);
	ck_assert_int_eq(line.protocol, 1);
	ck_assert_str_eq(line.name, "mine");
	ck_assert_str_eq(line.version, "2.0");
	ck_assert_int_eq(line.tokens, ADAPTER_TOKEN_CREATE_REVISION);
	ck_assert(line.renews && line.tells_losses);
}
END_TEST

START_TEST(answer_to_acquire_keeps_all_64_bits)
{
	ck_assert(parses(" {\"id\": 2147483647, \"outcome\": \"ok\", \"token\": "
			 "\"9223372036854775807\", \"lease\": \"7587871099840692238\", "
			 "\"key\": \"l/0/held\", \"valid_ms\": 86400000, \"sent_ns\": \"1\"}\r"));
	ck_assert_int_eq(line.token, INT64_MAX);
	ck_assert_int_eq(line.lease, INT64_C(7587871099840692238));
	ck_assert_str_eq(line.key, "l/0/held");
	ck_assert_int_eq(line.valid_ms, 86400000);
	ck_assert_int_eq(line.sent_ns, 1);
}
END_TEST

START_TEST(what_is_not_told_is_nothing)
{
	ck_assert(parses("{\"id\":3,\"outcome\":\"info\"}"));
	ck_assert_int_eq(line.outcome, OUTCOME_INFO);
	ck_assert(!line.token && !line.lease && !line.valid_ms && !line.sent_ns && !line.gone);
	ck_assert(!line.key[0] && !line.error[0]);
}
END_TEST

START_TEST(events_are_of_an_acquire)
{
	ck_assert(parses("{\"event\":\"lost\",\"id\":4,\"error\":\"session expired\"}"));
	ck_assert_int_eq(line.event, ADAPTER_LOST);
	ck_assert_str_eq(line.error, "session expired");
	ck_assert(parses("{\"event\":\"renewed\",\"id\":4,\"sent_ns\":\"5\",\"valid_ms\":6}"));
	ck_assert_int_eq(line.event, ADAPTER_RENEWED);
}
END_TEST

START_TEST(error_is_one_line_that_shows_and_ends_between_characters)
{
	char text[200];

	ck_assert(parses("{\"id\":5,\"outcome\":\"fail\",\"error\":\"a\\nb\\tc\\u0007\"}"));
	ck_assert_str_eq(line.error, "a b c\xef\xbf\xbd");
	snprintf(text, sizeof(text), "{\"id\":5,\"outcome\":\"fail\",\"error\":\"%061d%s\"}", 0,
		 "\xe2\x82\xac\xe2\x82\xac");
	ck_assert(parses(text));
	ck_assert_uint_eq(strlen(line.error), 61);
}
END_TEST

static const struct {
	const char *text, *why;
} wrong[] = {
	{"", "not one JSON object"},
	{"lock acquired", "not one JSON object"},
	{"[1]", "not one JSON object"},
	{"{\"id\":1,\"outcome\":\"ok\"} {}", "not one JSON object"},
	{"{\"id\":1}", "without \"outcome\""},
	{"{\"outcome\":\"ok\"}", "an answer without \"id\""},
	{"{\"event\":\"lost\"}", "an event without \"id\""},
	{"{\"id\":0,\"outcome\":\"ok\"}", "\"id\" must be a whole number"},
	{"{\"id\":1.5,\"outcome\":\"ok\"}", "\"id\" must be a whole number"},
	{"{\"id\":\"1\",\"outcome\":\"ok\"}", "\"id\" must be a whole number"},
	{"{\"id\":1e99,\"outcome\":\"ok\"}", "\"id\" must be a whole number"},
	{"{\"id\":1,\"outcome\":\"yes\"}", "must be one of info, ok, fail"},
	{"{\"id\":1,\"outcome\":true}", "must be one of info, ok, fail"},
	{"{\"id\":1,\"outcome\":\"ok\",\"vaild_ms\":1}", "did you mean \"valid_ms\"?"},
	{"{\"id\":1,\"id\":1,\"outcome\":\"ok\"}", "\"id\" is given twice"},
	{"{\"id\":1,\"outcome\":\"ok\",\"token\":17}", "\"token\" must be a string of digits"},
	{"{\"id\":1,\"outcome\":\"ok\",\"token\":\"0\"}", "\"token\" must be a string of digits"},
	{"{\"id\":1,\"outcome\":\"ok\",\"token\":\"-1\"}", "\"token\" must be a string of digits"},
	{"{\"id\":1,\"outcome\":\"ok\",\"token\":\"9223372036854775808\"}",
	 "\"token\" must be a string of digits"},
	{"{\"id\":1,\"outcome\":\"ok\",\"valid_ms\":0}", "from 1 to 86400000"},
	{"{\"id\":1,\"outcome\":\"ok\",\"valid_ms\":86400001}", "from 1 to 86400000"},
	{"{\"id\":1,\"outcome\":\"ok\",\"sent_ns\":\"1\"}", "\"sent_ns\" without \"valid_ms\""},
	{"{\"id\":1,\"outcome\":\"ok\",\"key\":\"a\\u001bb\"}", "\"key\" must be a string"},
	{"{\"id\":1,\"outcome\":\"ok\",\"key\":\"\"}", "\"key\" must be a string"},
	{"{\"id\":1,\"outcome\":\"ok\",\"key\":\"a\\u0000b\"}", "not one JSON object"},
	{"{\"id\":1,\"outcome\":\"ok\",\"gone\":\"yes\"}", "\"gone\" must be true or false"},
	{"{\"event\":\"lost\",\"id\":1,\"token\":\"3\"}", "an event has no \"token\""},
	{"{\"event\":\"found\",\"id\":1}", "must be one of lost, renewed"},
};

START_TEST(line_that_is_none_is_refused_with_the_reason)
{
	ck_assert_msg(!parses(wrong[_i].text), "%s", wrong[_i].text);
	ck_assert_msg(strstr(complaint, wrong[_i].why), "%s: %s", wrong[_i].text, complaint);
}
END_TEST

START_TEST(key_that_does_not_fit_is_refused_and_none_is_cut)
{
	char text[300];

	snprintf(text, sizeof(text), "{\"id\":1,\"outcome\":\"ok\",\"key\":\"%0*d\"}", KEY_SIZE - 1,
		 0);
	ck_assert(parses(text));
	ck_assert_uint_eq(strlen(line.key), KEY_SIZE - 1);
	snprintf(text, sizeof(text), "{\"id\":1,\"outcome\":\"ok\",\"key\":\"%0*d\"}", KEY_SIZE, 0);
	ck_assert(!parses(text));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: adapter lines");
	TCase *tests = tcase_create("lines");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, answer_to_init_says_what_it_is);
	tcase_add_test(tests, answer_to_acquire_keeps_all_64_bits);
	tcase_add_test(tests, what_is_not_told_is_nothing);
	tcase_add_test(tests, events_are_of_an_acquire);
	tcase_add_test(tests, error_is_one_line_that_shows_and_ends_between_characters);
	tcase_add_loop_test(tests, line_that_is_none_is_refused_with_the_reason, 0,
			    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(tests, key_that_does_not_fit_is_refused_and_none_is_cut);
	return suite_run(suite);
}
