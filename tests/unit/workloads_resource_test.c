/* The client of the store against a store of the test's own, which answers what ours never would.
 */
#include <check.h>
#include <stdlib.h>

#include "tests/support/leap.h"
#include "tests/support/stand_in.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_rig.h"
#include "workloads/worker/resource.h"
#include "workloads/worker/wire.h"

enum { WAITS = 10 };

static struct stand_in *store;
static struct resource_client *client;
static struct told next; /* what it answers */
static cJSON *asked_body;
static char asked_path[64], asked_type[64];
static int questions;
static bool handles_pipes; /* while the question was asked, SIGPIPE was not left alone */

#define GOOD                                                                                       \
	{                                                                                          \
		.status = 200, .text = "{\"version\":\"5\",\"value\":\"6\"}"                       \
	}

static struct told tell(const struct asked *asked)
{
	struct sigaction action;

	sigaction(SIGPIPE, NULL, &action);
	handles_pipes = action.sa_handler != SIG_DFL;
	if (asked->part == 0) {
		cJSON_Delete(asked_body);
		asked_body = cJSON_Duplicate(asked->body, true);
		snprintf(asked_path, sizeof(asked_path), "%s", asked->path);
		snprintf(asked_type, sizeof(asked_type), "%s", asked->type);
		questions++;
		return next;
	}
	/* The rest of an answer that comes in pieces, after a while, for the client has to see the
	 * first of them alone; then its end. */
	struct told rest = {.status = asked->part > WAITS ? 0 : 200, .goes_on = true};

	if (asked->part == WAITS)
		snprintf(rest.text, sizeof(rest.text), "\"value\":\"6\"}");
	return rest;
}

static void setup(void)
{
	struct error err = {0};

	leap_open();
	store = stand_in_open(tell);
	next = (struct told)GOOD;
	ck_assert_int_eq(resource_open(&client, stand_in_url(store), "token/0", &err), 0);
}

static void teardown(void)
{
	resource_close(client);
	stand_in_close(store);
	cJSON_Delete(asked_body);
}

static int64_t soon_ns(void)
{
	return clock_now_ns() + 20 * NS_PER_S;
}

static struct resource_reply read_until(int64_t deadline_ns)
{
	stand_in_agree(store);
	struct resource_reply reply = resource_read(client, 17, 9, deadline_ns);

	stand_in_agree(store);
	return reply;
}

static struct resource_reply read_it(void)
{
	return read_until(soon_ns());
}

/* What it asks -------------------------------------------------------------------------------- */

START_TEST(read_names_resource_token_and_operation)
{
	struct resource_reply reply = read_it();

	ck_assert_int_eq(reply.outcome, OUTCOME_OK);
	ck_assert_int_eq(reply.version, 5);
	ck_assert_int_eq(reply.value, 6);
	ck_assert_str_eq(reply.error, "");
	ck_assert_str_eq(asked_path, "read");
	ck_assert_str_eq(asked_type, "application/json");
	ck_assert_str_eq(body_text(asked_body, "resource"), "token/0");
	ck_assert_str_eq(body_text(asked_body, "token"), "17");
	ck_assert_str_eq(body_text(asked_body, "op"), "9");
	ck_assert_int_eq(cJSON_GetArraySize(asked_body), 3);
}
END_TEST

START_TEST(write_names_the_value_too_with_all_its_bits)
{
	ck_assert_int_eq(resource_write(client, 17, 9, INT64_MAX, -1, soon_ns()).outcome,
			 OUTCOME_OK);
	ck_assert_str_eq(asked_path, "write");
	ck_assert_str_eq(body_text(asked_body, "value"), "9223372036854775807");
	ck_assert_str_eq(body_text(asked_body, "op"), "9");
	ck_assert_int_eq(cJSON_GetArraySize(asked_body), 4);
}
END_TEST

START_TEST(no_token_is_not_named)
{
	resource_read(client, 0, 9, soon_ns());
	ck_assert_ptr_null(cJSON_GetObjectItem(asked_body, "token"));
}
END_TEST

START_TEST(environment_and_signals_of_the_process_are_left_alone)
{
	signal(SIGPIPE, SIG_DFL);
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	ck_assert_int_eq(read_it().outcome, OUTCOME_OK);
	ck_assert(!handles_pipes);
}
END_TEST

START_TEST(name_and_url_that_do_not_fit_are_refused)
{
	struct resource_client *other = NULL;
	struct error err = {0};
	char name[65], url[257];

	memset(name, 'n', sizeof(name));
	memset(url, 'u', sizeof(url));
	name[64] = url[256] = '\0';
	ck_assert_int_eq(resource_open(&other, "http://a", name, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	err = (struct error){0};
	ck_assert_int_eq(resource_open(&other, url, "a", &err), -1);
	ck_assert_ptr_null(other);
	name[63] = url[255] = '\0';
	err = (struct error){0};
	ck_assert_int_eq(resource_open(&other, url, name, &err), 0);
	resource_close(other);
}
END_TEST

/* What an answer means ------------------------------------------------------------------------ */

START_TEST(answer_says_what_surely_was_not_done)
{
	static const struct {
		int status;
		const char *body;
		enum outcome outcome;
		bool refused;
	} cases[] = {
		{200, "{\"version\":\"5\",\"value\":\"6\"}", OUTCOME_OK, false},
		{199, "{\"version\":\"5\",\"value\":\"6\"}", OUTCOME_INFO, false},
		{201, "{\"version\":\"5\",\"value\":\"6\"}", OUTCOME_INFO, false},
		{200, "{\"version\":\"5\"}", OUTCOME_INFO, false},
		{200, "{\"value\":\"6\"}", OUTCOME_INFO, false},
		{200, "{\"version\":5,\"value\":\"6\"}", OUTCOME_INFO, false},
		{399, "{}", OUTCOME_INFO, false},
		{400, "{}", OUTCOME_FAIL, false},
		{408, "{}", OUTCOME_FAIL, false},
		{409, "{}", OUTCOME_FAIL, true},
		{410, "{}", OUTCOME_FAIL, false},
		{499, "{}", OUTCOME_FAIL, false},
		{500, "{}", OUTCOME_INFO, false},
	};
	const char *body = cases[_i].body;
	struct resource_reply reply = resource_parse_answer(cases[_i].status, body, strlen(body));

	ck_assert_int_eq(reply.outcome, cases[_i].outcome);
	ck_assert_int_eq(reply.refused, cases[_i].refused);
	ck_assert_int_eq(reply.error[0] == '\0', reply.outcome == OUTCOME_OK);
}
END_TEST

START_TEST(refusal_is_told_in_the_stores_words)
{
	const char *told = "{\"error\":\"too old\",\"greatest\":\"23\"}";
	struct resource_reply reply = resource_parse_answer(409, told, strlen(told));

	ck_assert_str_eq(reply.error, "too old");
	ck_assert_int_eq(reply.greatest_token, 23);
	ck_assert_str_eq(resource_parse_answer(409, "{\"error\":7}", 11).error,
			 "the store answered an error");
	ck_assert_str_eq(resource_parse_answer(200, "{}", 2).error,
			 "the store's answer is malformed");
}
END_TEST

/* Getting one --------------------------------------------------------------------------------- */

START_TEST(answers_follow_each_other_on_one_connection)
{
	ck_assert_int_eq(read_it().version, 5);
	next = (struct told){.status = 200, .text = "{\"version\":\"6\",\"value\":\"60\"}"};
	ck_assert_int_eq(read_it().version, 6);
	ck_assert_int_eq(stand_in_connections(store), 1);
}
END_TEST

/* A worker may be paused between two requests, and its late write is what is studied. */
START_TEST(connection_is_kept_for_hours)
{
	ck_assert_int_eq(read_it().outcome, OUTCOME_OK);
	*leap_ns = 23 * 3600 * NS_PER_S;
	ck_assert_int_eq(read_it().outcome, OUTCOME_OK);
	*leap_ns = 0;
	ck_assert_int_eq(stand_in_connections(store), 1);
}
END_TEST

START_TEST(answer_may_come_in_pieces)
{
	next = (struct told){.status = 200, .goes_on = true, .text = "{\"version\":\"5\","};
	struct resource_reply reply = read_it();

	ck_assert_int_eq(reply.outcome, OUTCOME_OK);
	ck_assert_int_eq(reply.version, 5);
	ck_assert_int_eq(reply.value, 6);
}
END_TEST

START_TEST(answer_of_more_than_the_protocols_size_is_none)
{
	struct told whole = GOOD;
	size_t size = strlen(whole.text);

	memset(whole.text + size, ' ', STAND_IN_ANSWER - size - 1);
	whole.text[WIRE_BODY_MAX] = '\0';
	next = whole;
	ck_assert_int_eq(read_it().outcome, OUTCOME_OK);
	next.text[WIRE_BODY_MAX] = ' ';
	ck_assert_int_eq(read_it().outcome, OUTCOME_INFO);
	next = (struct told)GOOD;
	ck_assert_int_eq(read_it().outcome, OUTCOME_OK);
}
END_TEST

START_TEST(request_that_gets_no_answer_is_unknown)
{
	static sem_t never;

	sem_init(&never, 0, 0);
	next = (struct told){.status = 0};
	ck_assert_int_eq(read_it().outcome, OUTCOME_INFO);
	next.after = &never;
	ck_assert_int_eq(read_until(clock_now_ns() + 30 * NS_PER_MS).outcome, OUTCOME_INFO);
	sem_post(&never);
	next = (struct told)GOOD;
	ck_assert_int_eq(read_it().outcome, OUTCOME_OK);
}
END_TEST

START_TEST(request_for_which_no_time_is_left_is_not_sent)
{
	struct resource_reply reply = resource_read(client, 17, 9, clock_now_ns());

	ck_assert_int_eq(reply.outcome, OUTCOME_FAIL);
	ck_assert_str_eq(reply.error, "no time was left to ask");
	ck_assert_int_eq(questions, 0);
}
END_TEST

/* After one that left: this one did not. */
START_TEST(request_that_nobody_took_surely_was_not_done)
{
	struct resource_client *other;
	struct error err = {0};
	char url[64];

	ck_assert_int_eq(read_it().outcome, OUTCOME_OK);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u", rig_free_port());
	ck_assert_int_eq(resource_open(&other, url, "a", &err), 0);
	struct resource_reply reply = resource_read(other, 17, 9, soon_ns());

	ck_assert_int_eq(reply.outcome, OUTCOME_FAIL);
	ck_assert_int_ne(reply.error[0], '\0');
	resource_close(other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: the store's client");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 20);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, read_names_resource_token_and_operation);
	tcase_add_test(tests, write_names_the_value_too_with_all_its_bits);
	tcase_add_test(tests, no_token_is_not_named);
	tcase_add_test(tests, environment_and_signals_of_the_process_are_left_alone);
	tcase_add_test(tests, name_and_url_that_do_not_fit_are_refused);
	tcase_add_loop_test(tests, answer_says_what_surely_was_not_done, 0, 13);
	tcase_add_test(tests, refusal_is_told_in_the_stores_words);
	tcase_add_test(tests, answers_follow_each_other_on_one_connection);
	tcase_add_test(tests, connection_is_kept_for_hours);
	tcase_add_test(tests, answer_may_come_in_pieces);
	tcase_add_test(tests, answer_of_more_than_the_protocols_size_is_none);
	tcase_add_test(tests, request_that_gets_no_answer_is_unknown);
	tcase_add_test(tests, request_for_which_no_time_is_left_is_not_sent);
	tcase_add_test(tests, request_that_nobody_took_surely_was_not_done);
	return suite_run(suite);
}
