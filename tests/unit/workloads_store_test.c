#include <check.h>
#include <stdlib.h>

#include "tests/support/suite.h"
#include "tests/unit/workloads_rig.h"
#include "workloads/resource.h"
#include "workloads/store_request.h"
#include "workloads/store_rule.h"

static const struct store_resource resources[] = {
	{"none/0", 0, GUARD_NONE, STORE_HONEST},
	{"token/0", 1, GUARD_TOKEN, STORE_HONEST},
	{"lax/0", 2, GUARD_TOKEN, STORE_IGNORES_TOKENS},
};

enum { UNGUARDED, GUARDED, LAX, RESOURCES };

/* The rule ------------------------------------------------------------------------------------ */

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

START_TEST(no_guard_accepts_any_token_and_keeps_none)
{
	struct store_state state = {0};
	struct decision_event decision;

	ck_assert(ask(UNGUARDED, &state, true, 23, &decision));
	ck_assert(ask(UNGUARDED, &state, true, 17, &decision));
	ck_assert_int_eq(decision.token, 17);
	ck_assert_int_eq(decision.greatest_token, 0);
	ck_assert(ask(UNGUARDED, &state, true, 0, &decision));
	ck_assert_int_eq(state.version, 3);
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
			   "\"op\":\"9007199254740993\",\"value\":\"0\"}";
	struct store_request request;
	char complaint[STORE_COMPLAINT_SIZE];

	ck_assert(store_request_parse(body, strlen(body), true, &request, complaint));
	ck_assert_int_eq(request.token, INT64_MAX);
	ck_assert_int_eq(request.op, INT64_C(9007199254740993));
	ck_assert_str_eq(request.resource, "none/0");
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
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(strstr(complaint_of(cases[i].body, true), cases[i].part), "%s: %s",
			      cases[i].body, complaint_of(cases[i].body, true));
	ck_assert_str_eq(complaint_of("{\"resource\":\"a\",\"value\":\"1\"}", true), "none");
	ck_assert(strstr(complaint_of("{\"resource\":\"a\",\"value\":\"1\"}", false),
			 "a read carries no \"value\""));
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

/* Over HTTP ----------------------------------------------------------------------------------- */

static struct rig rig;

static void open_rig(void)
{
	rig_open(&rig);
	rig_start_store(&rig, resources, RESOURCES);
}

static void close_rig(void)
{
	rig_close(&rig);
}

static struct resource_client *open_client(const char *resource)
{
	struct resource_client *client;
	struct error err = {0};
	char url[64];

	snprintf(url, sizeof(url), "http://127.0.0.1:%u", rig.port);
	ck_assert_msg(resource_open(&client, url, resource, &err) == 0, "%s", err.text);
	return client;
}

static int64_t soon_ns(void)
{
	return clock_now_ns() + 2 * NS_PER_S;
}

/* Sends the bytes on a connection of their own; returns the status of the answer, 0: none. */
static int raw(const char *request, size_t size)
{
	int fd = rig_connect(&rig), status = 0;
	char answer[1024];

	ck_assert_int_ge(fd, 0);
	/* The store may answer and close before it has read all of it. */
	for (size_t sent = 0; sent < size;) {
		ssize_t put = send(fd, request + sent, size - sent, MSG_NOSIGNAL);

		if (put <= 0)
			break;
		sent += (size_t)put;
	}
	ssize_t got = recv(fd, answer, sizeof(answer) - 1, 0);

	close(fd);
	answer[got > 0 ? got : 0] = '\0';
	sscanf(answer, "HTTP/1.1 %d", &status);
	return status;
}

static int post(const char *method, const char *path, const char *body)
{
	char *request = NULL;
	int size = asprintf(&request, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
			    method, path, strlen(body), body);
	int status = raw(request, (size_t)size);

	free(request);
	return status;
}

START_TEST(store_answers_4xx_to_what_it_does_not_understand_and_goes_on)
{
	struct resource_client *client = open_client("none/0");
	char *huge = malloc(100001);

	memset(huge, ' ', 100000);
	huge[100000] = '\0';
	ck_assert_int_eq(post("GET", "/read", ""), 405);
	ck_assert_int_eq(post("PUT", "/write", "{}"), 405);
	ck_assert_int_eq(post("POST", "/reed", "{}"), 404);
	ck_assert_int_eq(post("POST", "/read", "{\"resource\":\"none/9\"}"), 404);
	ck_assert_int_eq(post("POST", "/read", "{\"resource\":"), 400);
	ck_assert_int_eq(post("POST", "/read", "{\"resource\":\"none/0\",\"x\":\"1\"}"), 400);
	huge[4096 + 100] = '\0';
	ck_assert_int_eq(post("POST", "/write", huge), 413);
	huge[4096 + 100] = ' ';
	post("POST", "/write", huge);
	ck_assert_int_eq(resource_read(client, 0, 1, soon_ns()).outcome, OUTCOME_OK);
	free(huge);
	resource_close(client);
	/* None of it was a decision. */
	ck_assert_int_eq(rig_drain(&rig, RIG_STORE_RING), 1);
	ck_assert_int_eq(rig.event[0].decision.f, F_READ);
}
END_TEST

START_TEST(body_may_be_4096_bytes_and_no_more)
{
	static const char begin[] = "{\"resource\":\"none/0\"";
	char body[4096 + 2];

	memset(body, ' ', sizeof(body));
	memcpy(body, begin, strlen(begin));
	body[4095] = '}'; /* its last byte counts */
	body[4096] = '\0';
	ck_assert_int_eq(post("POST", "/read", body), 200);
	body[4095] = ' ';
	body[4096] = '}';
	body[4097] = '\0';
	ck_assert_int_eq(post("POST", "/read", body), 413);
	ck_assert_int_eq(rig_drain(&rig, RIG_STORE_RING), 1);
}
END_TEST

START_TEST(half_a_request_of_a_killed_client_changes_nothing)
{
	const char *half = "POST /write HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n"
			   "{\"resource\":\"none/0\",\"value\":\"6\"";
	struct resource_client *client = open_client("none/0");
	int fd = rig_connect(&rig);

	ck_assert_int_eq(send(fd, half, strlen(half), 0), (ssize_t)strlen(half));
	close(fd);
	struct resource_reply reply = resource_read(client, 0, 1, soon_ns());

	ck_assert_int_eq(reply.outcome, OUTCOME_OK);
	ck_assert_int_eq(reply.version, 0);
	resource_close(client);
	ck_assert_int_eq(rig_drain(&rig, RIG_STORE_RING), 1);
}
END_TEST

static void write_many(const char *resource, int first, int count)
{
	struct resource_client *client = open_client(resource);

	for (int i = 0; i < count; i++) {
		struct resource_reply reply =
			resource_write(client, 0, first + i, first + i, soon_ns());

		if (reply.outcome != OUTCOME_OK)
			_exit(1);
	}
	_exit(0);
}

START_TEST(log_is_in_the_order_of_the_versions_and_in_time)
{
	enum { WRITERS = 3, WRITES = 200 };
	pid_t writer[WRITERS];

	for (int i = 0; i < WRITERS; i++)
		if ((writer[i] = fork()) == 0)
			write_many("none/0", 1 + i * WRITES, WRITES);
	for (int i = 0; i < WRITERS; i++)
		ck_assert_int_eq(rig_join(writer[i]), 0);
	ck_assert_int_eq(rig_drain(&rig, RIG_STORE_RING), WRITERS * WRITES);
	for (int i = 0; i < rig.events; i++) {
		const struct event *event = &rig.event[i];

		ck_assert_uint_eq(event->kind, EVENT_DECISION);
		ck_assert_int_eq(event->process, RIG_STORE_PROCESS);
		ck_assert_int_eq(event->decision.seq, i + 1);
		ck_assert_int_eq(event->decision.version_before, i);
		ck_assert_int_eq(event->decision.version_after, i + 1);
		ck_assert_int_eq(event->decision.value, event->decision.op);
		ck_assert_int_le(event->decision.arrived_ns, event->at_ns);
		if (i)
			ck_assert_int_ge(event->at_ns, event[-1].at_ns);
	}
}
END_TEST

START_TEST(refusal_reaches_the_client_and_the_log_and_the_live_view)
{
	struct resource_client *client = open_client("token/0");

	ck_assert_int_eq(resource_read(client, 23, 1, soon_ns()).outcome, OUTCOME_OK);
	struct resource_reply reply = resource_write(client, 17, 2, 2, soon_ns());

	ck_assert_int_eq(reply.outcome, OUTCOME_FAIL);
	ck_assert(reply.refused);
	ck_assert_int_eq(reply.greatest_token, 23);
	ck_assert_str_eq(reply.error, "token 17 is smaller than 23");
	ck_assert(resource_read(client, 0, 3, soon_ns()).refused);
	resource_close(client);
	ck_assert_int_eq(rig_drain(&rig, RIG_STORE_RING), 3);
	ck_assert_int_eq(rig.event[1].decision.accepted, 0);
	ck_assert_int_eq(rig.event[1].decision.op, 2);
	ck_assert_int_eq(rig.event[1].decision.lane, 1);
	ck_assert_str_eq(rig.event[2].decision.reason, "token missing");
	ck_assert_int_eq(atomic_load(&area_live(rig.area)->decisions_refused), 2);
	ck_assert_int_eq(atomic_load(&area_live(rig.area)->decisions_accepted), 1);
}
END_TEST

START_TEST(client_tells_what_surely_did_not_happen_from_what_may_have)
{
	struct resource_client *client = open_client("none/0");

	/* Stopped with the request in its socket: unknown. Continued, it applies it. */
	ck_assert_int_eq(resource_write(client, 0, 1, 1, soon_ns()).outcome, OUTCOME_OK);
	kill(rig.store, SIGSTOP);
	struct resource_reply reply =
		resource_write(client, 0, 2, 2, clock_now_ns() + 200 * NS_PER_MS);

	ck_assert_int_eq(reply.outcome, OUTCOME_INFO);
	kill(rig.store, SIGCONT);
	reply = resource_read(client, 0, 3, soon_ns());
	ck_assert_int_eq(reply.outcome, OUTCOME_OK);
	ck_assert_int_eq(reply.version, 2);
	/* Nobody listens: surely not. */
	atomic_store(&rig.flags[RIG_STOP_STORE], 1);
	ck_assert_int_eq(rig_join(rig.store), 0);
	rig.store = 0;
	ck_assert_int_eq(resource_write(client, 0, 4, 4, soon_ns()).outcome, OUTCOME_FAIL);
	resource_close(client);
}
END_TEST

/* Answers nothing to a second request on a connection, and counts the requests. */
static int serve_and_drop(int listener)
{
	int requests = 0;

	for (int connections = 0; connections < 2; connections++) {
		int fd = accept(listener, NULL, NULL);
		const char *answer = "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n"
				     "{\"version\":\"1\",\"value\":\"1234\"}\n";
		char request[1024];

		while (fd >= 0 && recv(fd, request, sizeof(request), 0) > 0) {
			requests++;
			if (requests > 1)
				break;
			send(fd, answer, strlen(answer) - 1, MSG_NOSIGNAL);
		}
		close(fd);
		struct timeval brief = {.tv_usec = 300000};

		setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &brief, sizeof(brief));
	}
	return requests;
}

START_TEST(request_on_a_connection_that_broke_is_not_sent_twice)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	rig.port = rig_free_port();
	at.sin_port = htons(rig.port);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(listener, 4), 0);
	pid_t server = fork();

	if (server == 0)
		_exit(serve_and_drop(listener));
	close(listener);
	struct resource_client *client = open_client("none/0");

	ck_assert_int_eq(resource_write(client, 0, 1, 1, soon_ns()).outcome, OUTCOME_OK);
	ck_assert_int_eq(resource_write(client, 0, 2, 2, soon_ns()).outcome, OUTCOME_INFO);
	ck_assert_int_eq(rig_join(server), 2);
	resource_close(client);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: store");
	TCase *pure = tcase_create("rule and requests");
	TCase *http = tcase_create("over HTTP");

	suite_add_tcase(suite, pure);
	tcase_add_test(pure, token_guard_refuses_what_is_smaller_than_any_request_it_has_seen);
	tcase_add_test(pure, refused_write_is_logged_with_what_it_would_have_written);
	tcase_add_test(pure, token_guard_refuses_a_request_without_a_token);
	tcase_add_test(pure, no_guard_accepts_any_token_and_keeps_none);
	tcase_add_test(pure, store_that_ignores_tokens_accepts_and_still_tells_the_greatest);
	tcase_add_test(pure, request_keeps_all_64_bits);
	tcase_add_test(pure, request_that_is_not_exactly_right_is_refused_with_the_reason);
	tcase_add_test(pure, answer_without_a_version_is_no_success);
	suite_add_tcase(suite, http);
	tcase_set_timeout(http, 30);
	tcase_add_checked_fixture(http, open_rig, close_rig);
	tcase_add_test(http, store_answers_4xx_to_what_it_does_not_understand_and_goes_on);
	tcase_add_test(http, body_may_be_4096_bytes_and_no_more);
	tcase_add_test(http, half_a_request_of_a_killed_client_changes_nothing);
	tcase_add_test(http, log_is_in_the_order_of_the_versions_and_in_time);
	tcase_add_test(http, refusal_reaches_the_client_and_the_log_and_the_live_view);
	tcase_add_test(http, client_tells_what_surely_did_not_happen_from_what_may_have);
	tcase_add_test(http, request_on_a_connection_that_broke_is_not_sent_twice);
	return suite_run(suite);
}
