/* What the store decides about a request, and what a request is. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/suite.h"
#include "workloads/worker/resource.h"
#include "workloads/store_request.h"
#include "workloads/rule/store_rule.h"
#include "workloads/worker/wire.h"

static const struct store_resource resources[] = {
	{"none/0", 0, GUARD_NONE, STORE_HONEST},
	{"token/0", 1, GUARD_TOKEN, STORE_HONEST},
	{"lax/0", 2, GUARD_TOKEN, STORE_IGNORES_TOKENS},
	{"deadline/0", 3, GUARD_DEADLINE, STORE_HONEST},
	{"writes/0", 4, GUARD_TOKEN_WRITES, STORE_HONEST},
	{"once/0", 5, GUARD_IDEMPOTENT, STORE_HONEST},
	{"txn/0", 6, GUARD_TXN, STORE_HONEST},
	{"equal/0", 7, GUARD_LEASE_ID_EQUAL, STORE_HONEST},
	{"order/0", 8, GUARD_LEASE_ID_ORDER, STORE_HONEST},
};

enum { UNGUARDED, GUARDED, LAX, TIMED, WRITES_GUARDED, VERSIONED, IN_SERVICE, EQUAL, ORDERED };

static bool ask(int resource, struct store_state *state, bool write, int64_t token,
		struct decision_event *decision)
{
	struct store_request request = {.write = write, .token = token, .op = 7, .value = 70};

	return store_decide(&resources[resource], state, &request, decision);
}

START_TEST(token_guard_refuses_what_is_smaller_than_any_request_it_has_seen)
{
	struct store_state state = {0};
	struct decision_event decision;

	ck_assert(ask(GUARDED, &state, true, 17, &decision));
	ck_assert(ask(GUARDED, &state, true, 17, &decision));
	ck_assert_int_eq(state.version, 2);
	/* A read of the new holder is enough to shut the old one out, of reads too. */
	ck_assert(ask(GUARDED, &state, false, 23, &decision));
	ck_assert_int_eq(decision.greatest_token, 17);
	ck_assert(!ask(GUARDED, &state, true, 17, &decision));
	ck_assert_str_eq(decision.reason, "token 17 is smaller than 23");
	ck_assert_int_eq(decision.greatest_token, 23);
	ck_assert_int_eq(decision.version_after, decision.version_before);
	ck_assert(!ask(GUARDED, &state, false, 22, &decision));
	ck_assert(ask(GUARDED, &state, true, 23, &decision));
	ck_assert_int_eq(decision.version_before, 2);
	ck_assert_int_eq(decision.version_after, 3);
	ck_assert_int_eq(state.value, 70);
}
END_TEST

static bool read_shared(struct store_state *state, int64_t token, struct decision_event *decision)
{
	struct store_request request = {.shared = true, .token = token, .op = 7};

	return store_decide(&resources[GUARDED], state, &request, decision);
}

/* A slower reader's smaller token is refused when a writer has come, and not before; and whoever
 * has come shuts an older writer out. */
START_TEST(token_guard_holds_a_reader_against_writers_and_a_writer_against_all)
{
	struct store_state state = {0};
	struct decision_event decision;

	ck_assert(ask(GUARDED, &state, true, 10, &decision));
	ck_assert(read_shared(&state, 13, &decision));
	ck_assert_int_eq(decision.greatest_token, 10);
	ck_assert(read_shared(&state, 12, &decision));
	ck_assert_int_eq(decision.greatest_token, 10);
	ck_assert(!ask(GUARDED, &state, true, 11, &decision));
	ck_assert_str_eq(decision.reason, "token 11 is smaller than 13");
	ck_assert_int_eq(decision.greatest_token, 13);
	ck_assert(!read_shared(&state, 9, &decision));
	ck_assert_str_eq(decision.reason, "token 9 is smaller than 10");
	ck_assert(ask(GUARDED, &state, false, 14, &decision));
	ck_assert(!read_shared(&state, 13, &decision));
	ck_assert_int_eq(decision.greatest_token, 14);
	ck_assert(read_shared(&state, 15, &decision));
}
END_TEST

START_TEST(refused_write_is_logged_with_what_it_would_have_written)
{
	struct store_state state = {.version = 4, .value = 60, .greatest_token = 23};
	struct decision_event decision;

	ck_assert(!ask(GUARDED, &state, true, 17, &decision));
	ck_assert_int_eq(decision.value, 70);
	ck_assert(!ask(GUARDED, &state, false, 17, &decision));
	ck_assert_int_eq(decision.value, 60); /* a read: what is there */
	ck_assert_int_eq(state.value, 60);
}
END_TEST

START_TEST(token_guard_refuses_a_request_without_a_token)
{
	struct store_state state = {0};
	struct decision_event decision;

	for (int write = 0; write < 2; write++) {
		ck_assert(!ask(GUARDED, &state, write, 0, &decision));
		ck_assert_str_eq(decision.reason, "token missing");
	}
	ck_assert_int_eq(state.version, 0);
}
END_TEST

static void accepts_anything(int resource)
{
	struct store_state state = {0};
	struct decision_event decision;

	ck_assert(ask(resource, &state, true, 23, &decision));
	ck_assert(ask(resource, &state, true, 17, &decision));
	ck_assert_int_eq(decision.token, 17);
	ck_assert_int_eq(decision.greatest_token, 0);
	ck_assert(ask(resource, &state, true, 0, &decision));
	ck_assert_int_eq(state.version, 3);
}

START_TEST(no_guard_accepts_any_token_and_keeps_none)
{
	accepts_anything(UNGUARDED);
	accepts_anything(TIMED);
}
END_TEST

START_TEST(token_guard_of_writes_lets_every_read_through_and_learns_nothing_of_it)
{
	struct store_state state = {0};
	struct decision_event decision;

	ck_assert(ask(WRITES_GUARDED, &state, true, 17, &decision));
	ck_assert(ask(WRITES_GUARDED, &state, false, 0, &decision));
	ck_assert(ask(WRITES_GUARDED, &state, false, 3, &decision));
	ck_assert(ask(WRITES_GUARDED, &state, false, 23, &decision));
	ck_assert_int_eq(state.greatest_token, 17);
	ck_assert(ask(WRITES_GUARDED, &state, true, 18, &decision));
	ck_assert(!ask(WRITES_GUARDED, &state, true, 17, &decision));
	ck_assert_str_eq(decision.reason, "token 17 is smaller than 18");
	ck_assert(!ask(WRITES_GUARDED, &state, true, 0, &decision));
	ck_assert_str_eq(decision.reason, "token missing");
	ck_assert_int_eq(state.version, 2);
}
END_TEST

static bool write_on(int64_t base, struct store_state *state, struct decision_event *decision)
{
	struct store_request request = {.write = true, .op = 7, .value = 70, .base = base};

	return store_decide(&resources[VERSIONED], state, &request, decision);
}

START_TEST(write_is_applied_to_the_version_that_it_is_based_on_hence_once)
{
	struct store_state state = {0};
	struct decision_event decision;

	ck_assert(ask(VERSIONED, &state, false, 0, &decision));
	ck_assert(write_on(0, &state, &decision));
	ck_assert(!write_on(0, &state, &decision));
	ck_assert_str_eq(decision.reason, "based on version 0, it is at 1");
	ck_assert(!write_on(2, &state, &decision));
	ck_assert(!write_on(NO_VERSION, &state, &decision));
	ck_assert_str_eq(decision.reason, "base missing");
	ck_assert(ask(VERSIONED, &state, false, 0, &decision));
	ck_assert(write_on(1, &state, &decision));
	ck_assert_int_eq(state.version, 2);
}
END_TEST

START_TEST(resource_in_the_service_refuses_whose_lock_key_is_gone)
{
	struct store_state state = {.greatest_token = 17};
	struct store_request request = {.write = true, .token = 17, .op = 7, .value = 70};
	struct decision_event decision;

	ck_assert(store_decide(&resources[IN_SERVICE], &state, &request, &decision));
	request.key_gone = true;
	ck_assert(!store_decide(&resources[IN_SERVICE], &state, &request, &decision));
	ck_assert_str_eq(decision.reason, "the lock key is gone");
	ck_assert_int_eq(state.version, 1);
}
END_TEST

/* Kleppmann's two clients at etcd's contrib/lock/storage, and the order of the article: the first
 * one writes, is stopped in its next hold, and the second one gets the lock. */
START_TEST(equality_of_lease_ids_refuses_the_holder_and_takes_the_stale_write)
{
	enum { FIRST = 0x694d8225, SECOND = 0x694d8226 };
	struct store_state state = {0};
	struct decision_event decision;

	ck_assert(ask(EQUAL, &state, true, FIRST, &decision));
	ck_assert(ask(EQUAL, &state, false, 0, &decision));
	ck_assert(!ask(EQUAL, &state, true, SECOND, &decision));
	ck_assert_str_eq(decision.reason, "694d8226 is different from the existing 694d8225");
	ck_assert(ask(EQUAL, &state, true, FIRST, &decision));
	ck_assert_int_eq(state.version, 2);
}
END_TEST

/* The holder's lease came from a member whose ids are smaller. */
START_TEST(order_of_lease_ids_refuses_a_holder_and_takes_who_was_one_before)
{
	enum { STALE = 0x7000, HOLDS = 0x1000 };
	struct store_state state = {0};
	struct decision_event decision;

	ck_assert(ask(ORDERED, &state, true, HOLDS, &decision));
	ck_assert(ask(ORDERED, &state, true, STALE, &decision)); /* it had held before that */
	ck_assert(ask(ORDERED, &state, false, 0, &decision));
	ck_assert(!ask(ORDERED, &state, true, HOLDS, &decision));
}
END_TEST

START_TEST(store_that_ignores_tokens_accepts_and_still_tells_the_greatest)
{
	struct store_state state = {0};
	struct decision_event decision;

	ck_assert(ask(LAX, &state, true, 23, &decision));
	ck_assert(ask(LAX, &state, true, 17, &decision));
	ck_assert_int_eq(decision.greatest_token, 23);
	ck_assert_int_eq(decision.token, 17);
	ck_assert(ask(LAX, &state, true, 0, &decision));
	ck_assert_int_eq(decision.greatest_token, 23);
}
END_TEST

/* Requests ------------------------------------------------------------------------------------ */

static const char *complaint_of(const char *body, bool write)
{
	static char complaint[STORE_COMPLAINT_SIZE];
	struct store_request request;

	complaint[0] = '\0';
	return store_request_parse(body, strlen(body), write, &request, complaint) ? "none"
										   : complaint;
}

START_TEST(request_keeps_all_64_bits)
{
	const char *body = "{\"resource\":\"none/0\",\"token\":\"9223372036854775807\","
			   "\"op\":\"9007199254740993\",\"value\":\"0\","
			   "\"base\":\"9223372036854775806\"}";
	struct store_request request;
	char complaint[STORE_COMPLAINT_SIZE];

	ck_assert(store_request_parse(body, strlen(body), true, &request, complaint));
	ck_assert_int_eq(request.token, INT64_MAX);
	ck_assert_int_eq(request.base, INT64_MAX - 1);
	ck_assert_int_eq(request.op, INT64_C(9007199254740993));
	ck_assert_str_eq(request.resource, "none/0");
	ck_assert(!request.shared);
	body = "{\"resource\":\"none/0\",\"shared\":true}";
	ck_assert(store_request_parse(body, strlen(body), false, &request, complaint));
	ck_assert(request.shared);
}
END_TEST

START_TEST(request_that_is_not_exactly_right_is_refused_with_the_reason)
{
	const struct {
		const char *body, *part;
	} cases[] = {
		{"", "not one JSON object"},
		{"[]", "not one JSON object"},
		{"{\"resource\":\"a\"} x", "not one JSON object"},
		{"{\"resource\":\"a\\u0000b\"}", "not one JSON object"},
		{"{\"value\":\"1\"}", "\"resource\" is missing"},
		{"{\"resource\":\"a\"}", "\"value\" is missing"},
		{"{\"resource\":\"a\",\"value\":\"1\",\"tokn\":\"1\"}", "did you mean \"token\"?"},
		{"{\"resource\":\"a\",\"value\":1}", "\"value\" must be a string of digits"},
		{"{\"resource\":\"a\",\"value\":\"-1\"}", "\"value\" must be"},
		{"{\"resource\":\"a\",\"value\":\" 1\"}", "\"value\" must be"},
		{"{\"resource\":\"a\",\"value\":\"\"}", "\"value\" must be"},
		{"{\"resource\":\"a\",\"value\":\"9223372036854775808\"}", "\"value\" must be"},
		{"{\"resource\":\"a\",\"value\":\"1\",\"token\":\"0\"}", "\"token\" must be"},
		{"{\"resource\":\"a\",\"value\":\"1\",\"value\":\"2\"}", "given twice"},
		{"{\"resource\":7,\"value\":\"1\"}", "\"resource\" must be"},
		{"{\"resource\":\"a\",\"value\":\"1\",\"shared\":\"1\"}",
		 "\"shared\" must be true or false"},
		{"{\"resource\":\"\",\"value\":\"1\"}", "\"resource\" must be"},
		{"{\"resource\":\"a\",\"value\":\"1\",\"op\":\"0\"}", "\"op\" must be"},
		{"{\"resource\":\"a\",\"value\":\"1\",\"op\":\"x\"}", "\"op\" must be"},
		{"{\"resource\":\"a\",\"value\":\"1\",\"op\":\"0\"}", "digits, from 1 to 2^63-1"},
		{"{\"resource\":\"a\",\"value\":\"x\"}", "digits, from 0 to 2^63-1"},
		{"{\"resource\":\"a\",\"value\":\"1\",\"base\":\"-1\"}", "\"base\" must be"},
		{"{\"resource\":\"a\",\"value\":\"1\",\"resource\":\"a\"}",
		 "\"resource\" is given twice"},
		{"{\"resource\":\"a\",\"value\":\"1\",\"something else\":\"1\"}",
		 "unknown member \"something else\": known are resource, token, op, value, base"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(strstr(complaint_of(cases[i].body, true), cases[i].part), "%s: %s",
			      cases[i].body, complaint_of(cases[i].body, true));
	ck_assert_str_eq(complaint_of("{\"resource\":\"a\",\"value\":\"1\"}", true), "none");
	ck_assert(strstr(complaint_of("{\"resource\":\"a\",\"value\":\"1\"}", false),
			 "a read carries no \"value\""));
	ck_assert(strstr(complaint_of("{\"resource\":\"a\",\"base\":\"1\"}", false),
			 "a read carries no \"base\""));
}
END_TEST

START_TEST(request_needs_no_more_than_it_must_say)
{
	const char *read = "{\"resource\":\"a\"}";
	const char *write = "{\"value\":\"0\",\"op\":\"1\",\"token\":\"1\",\"resource\":\"b\"}";
	struct store_request request;
	char complaint[STORE_COMPLAINT_SIZE];

	memset(&request, 0x55, sizeof(request));
	ck_assert(store_request_parse(read, strlen(read), false, &request, complaint));
	ck_assert(!request.write);
	ck_assert_str_eq(request.resource, "a");
	ck_assert_int_eq(request.token, 0);
	ck_assert_int_eq(request.op, 0);
	ck_assert_int_eq(request.value, 0);
	ck_assert(store_request_parse(write, strlen(write), true, &request, complaint));
	ck_assert(request.write);
	ck_assert_int_eq(request.base, NO_VERSION);
	ck_assert_int_eq(request.token, 1);
	ck_assert_int_eq(request.op, 1);
	ck_assert_int_eq(request.value, 0);
}
END_TEST

START_TEST(resource_has_a_name_of_at_most_63_bytes)
{
	char body[128];
	int end = snprintf(body, sizeof(body), "{\"resource\":\"%063d\"}", 0);

	ck_assert_str_eq(complaint_of(body, false), "none");
	snprintf(body + end - 2, 4, "0\"}");
	ck_assert_str_eq(complaint_of(body, false),
			 "\"resource\" must be a string of 1 to 63 bytes");
}
END_TEST

/* On the wire --------------------------------------------------------------------------------- */

START_TEST(body_is_one_whole_object)
{
	static const struct {
		const char *body;
		size_t size;
	} bad[] = {{"[]", 2},      {"7", 1},    {"", 0},
		   {"{} {}", 5},   {"{}\0", 3}, {"{\"a\\u0000\":1}", 13},
		   {"{\"a\":1", 6}};
	cJSON *object = wire_parse("{\"a\":\"1\"}trailing", 9);

	ck_assert_ptr_nonnull(cJSON_GetObjectItem(object, "a"));
	cJSON_Delete(object);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!wire_parse(bad[i].body, bad[i].size), "%s", bad[i].body);
}
END_TEST

START_TEST(body_has_at_most_the_protocols_size)
{
	char *body = malloc(4 * WIRE_BODY_MAX);

	memset(body, ' ', 4 * WIRE_BODY_MAX);
	memcpy(body, "{}", 2);
	cJSON *object = wire_parse(body, WIRE_BODY_MAX);

	ck_assert_ptr_nonnull(object);
	ck_assert_ptr_null(wire_parse(body, WIRE_BODY_MAX + 1));
	ck_assert_ptr_null(wire_parse(body, 4 * WIRE_BODY_MAX));
	cJSON_Delete(object);
	free(body);
}
END_TEST

START_TEST(number_is_a_string_of_digits_that_fits)
{
	static const struct {
		const char *text;
		int64_t number;
	} good[] = {
		{"0", 0}, {"9", 9}, {"10", 10}, {"0090", 90}, {"9223372036854775807", INT64_MAX}};
	static const char *const bad[] = {"",
					  "-1",
					  "+1",
					  " 1",
					  "1 ",
					  "/",
					  ":",
					  "1e3",
					  "9223372036854775808",
					  "92233720368547758070",
					  "99999999999999999999"};
	int64_t number;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		cJSON *item = cJSON_CreateString(good[i].text);

		ck_assert(wire_number(item, &number));
		ck_assert_int_eq(number, good[i].number);
		cJSON_Delete(item);
	}
	number = 7;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cJSON *item = cJSON_CreateString(bad[i]);

		ck_assert_msg(!wire_number(item, &number), "%s", bad[i]);
		cJSON_Delete(item);
	}
	cJSON *item = cJSON_CreateNumber(1);

	ck_assert(!wire_number(item, &number) && !wire_number(NULL, &number));
	ck_assert_int_eq(number, 7);
	cJSON_Delete(item);
}
END_TEST

START_TEST(number_is_written_with_all_its_bits)
{
	cJSON *object = cJSON_CreateObject();

	wire_add_number(object, "least", INT64_MIN);
	wire_add_number(object, "greatest", INT64_MAX);
	char *text = wire_print(object);

	ck_assert_str_eq(text, "{\"least\":\"-9223372036854775808\","
			       "\"greatest\":\"9223372036854775807\"}");
	free(text);
}
END_TEST

START_TEST(answer_without_a_version_is_no_success)
{
	const char *good = "{\"version\":\"5\",\"value\":\"6\"}";
	const char *refusal = "{\"error\":\"token 1 is smaller than 2\",\"greatest\":\"2\"}";
	struct resource_reply reply = resource_parse_answer(200, good, strlen(good));

	ck_assert_int_eq(reply.outcome, OUTCOME_OK);
	ck_assert_int_eq(reply.version, 5);
	ck_assert_int_eq(resource_parse_answer(200, "{}", 2).outcome, OUTCOME_INFO);
	ck_assert_int_eq(resource_parse_answer(200, "<html>", 6).outcome, OUTCOME_INFO);
	ck_assert_int_eq(resource_parse_answer(500, "", 0).outcome, OUTCOME_INFO);
	ck_assert_int_eq(resource_parse_answer(404, "", 0).outcome, OUTCOME_FAIL);
	ck_assert(!resource_parse_answer(404, "", 0).refused);
	reply = resource_parse_answer(409, refusal, strlen(refusal));
	ck_assert_int_eq(reply.outcome, OUTCOME_FAIL);
	ck_assert(reply.refused);
	ck_assert_int_eq(reply.greatest_token, 2);
	ck_assert_str_eq(reply.error, "token 1 is smaller than 2");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: the store's rule");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, token_guard_refuses_what_is_smaller_than_any_request_it_has_seen);
	tcase_add_test(tests, token_guard_holds_a_reader_against_writers_and_a_writer_against_all);
	tcase_add_test(tests, refused_write_is_logged_with_what_it_would_have_written);
	tcase_add_test(tests, token_guard_refuses_a_request_without_a_token);
	tcase_add_test(tests, no_guard_accepts_any_token_and_keeps_none);
	tcase_add_test(tests,
		       token_guard_of_writes_lets_every_read_through_and_learns_nothing_of_it);
	tcase_add_test(tests, write_is_applied_to_the_version_that_it_is_based_on_hence_once);
	tcase_add_test(tests, resource_in_the_service_refuses_whose_lock_key_is_gone);
	tcase_add_test(tests, equality_of_lease_ids_refuses_the_holder_and_takes_the_stale_write);
	tcase_add_test(tests, order_of_lease_ids_refuses_a_holder_and_takes_who_was_one_before);
	tcase_add_test(tests, store_that_ignores_tokens_accepts_and_still_tells_the_greatest);
	tcase_add_test(tests, request_keeps_all_64_bits);
	tcase_add_test(tests, request_that_is_not_exactly_right_is_refused_with_the_reason);
	tcase_add_test(tests, request_needs_no_more_than_it_must_say);
	tcase_add_test(tests, resource_has_a_name_of_at_most_63_bytes);
	tcase_add_test(tests, body_is_one_whole_object);
	tcase_add_test(tests, body_has_at_most_the_protocols_size);
	tcase_add_test(tests, number_is_a_string_of_digits_that_fits);
	tcase_add_test(tests, number_is_written_with_all_its_bits);
	tcase_add_test(tests, answer_without_a_version_is_no_success);
	return suite_run(suite);
}
