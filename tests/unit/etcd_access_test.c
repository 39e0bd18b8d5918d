/* How a cluster is entered: URLs, tokens, and replies that waiting does not better. A stand-in
 * plays the gateway, so that tokens end when the test says so. */
#include <check.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "etcd/etcd.h"
#include "tests/support/stand_in.h"
#include "tests/support/suite.h"

/* The gateway ----------------------------------------------------------------------------------- */

static struct {
	_Atomic bool asks_nobody;    /* authentication is off */
	_Atomic int ended;           /* tokens up to this one are taken no more */
	_Atomic int authentications; /* the last gave the token "tN" */
	_Atomic int refused, served, with_token;
	const char *token; /* instead of "tN" */
} gateway;
static struct stand_in *door;
static struct etcd_access access_record;
static struct error err;

static struct told say(int status, const char *text)
{
	struct told told = {.status = status};

	snprintf(told.text, sizeof(told.text), "%s", text);
	return told;
}

static struct told give_token(const cJSON *body)
{
	char text[100];

	if (gateway.asks_nobody)
		return say(400,
			   "{\"error\":\"etcdserver: authentication is not enabled\",\"code\":9}");
	if (strcmp(body_text(body, "name"), "alice") || strcmp(body_text(body, "password"), "pw"))
		return say(400,
			   "{\"error\":\"etcdserver: authentication failed, invalid user ID or "
			   "password\",\"code\":3}");
	snprintf(text, sizeof(text), "{\"header\":{},\"token\":\"t%d%s\"}",
		 ++gateway.authentications, gateway.token ?: "");
	return say(200, text);
}

static struct told answer(const struct asked *asked)
{
	int number = 0;

	if (strstr(asked->path, "auth/authenticate"))
		return give_token(asked->body);
	bool known = sscanf(asked->token, "t%d", &number) == 1 && number > gateway.ended;

	gateway.with_token += asked->token[0] != '\0';
	if (known || gateway.asks_nobody) {
		gateway.served++;
		if (strstr(asked->path, "lock/lock"))
			return say(400,
				   "{\"error\":\"etcdserver: user name is empty\",\"code\":3}");
		return say(200, strstr(asked->path, "watch")
					? "{\"result\":{\"header\":{\"revision\":\"7\"},"
					  "\"created\":true}}\n"
					: "{\"header\":{\"revision\":\"7\",\"member_id\":\"1\"}}");
	}
	gateway.refused++;
	if (strstr(asked->path, "watch"))
		return say(200,
			   "{\"result\":{\"header\":{},\"created\":true,\"canceled\":true,"
			   "\"cancel_reason\":\"rpc error: code = PermissionDenied desc = x\"}}\n");
	if (strstr(asked->path, "lock/lock"))
		return say(500, "{\"error\":\"etcdserver: invalid auth token\",\"code\":2}");
	return say(401, "{\"error\":\"etcdserver: invalid auth token\",\"code\":16}");
}

static void open_door(void)
{
	memset(&gateway, 0, sizeof(gateway));
	err = (struct error){0};
	door = stand_in_open(answer);
	access_record = (struct etcd_access){
		.user = "alice", .password = "pw", .session = etcd_session_open()};
}

static void close_door(void)
{
	stand_in_close(door);
	etcd_session_close(access_record.session);
}

static struct etcd *enter(void)
{
	const char *url = stand_in_url(door);
	struct etcd *client;

	ck_assert_int_eq(
		etcd_open(&client, &(struct etcd_target){&url, 1, &access_record}, 0, &err), 0);
	return client;
}

static int64_t soon_ns(void)
{
	return clock_now_ns() + 5 * NS_PER_S;
}

static struct etcd_reply put(struct etcd *client)
{
	struct etcd_reply reply = etcd_put(client, "k", "v", 0, soon_ns());

	stand_in_agree(door);
	return reply;
}

static void let_token_grow_old(void)
{
	clock_sleep_until_ns(clock_now_ns() + 1100 * NS_PER_MS);
}

/* Tokens ---------------------------------------------------------------------------------------- */

START_TEST(one_password_opens_for_all_clients)
{
	struct etcd *first = enter(), *second = enter();

	ck_assert_int_eq(put(first).outcome, ETCD_OK);
	ck_assert_int_eq(put(second).outcome, ETCD_OK);
	ck_assert_int_eq(put(first).outcome, ETCD_OK);
	ck_assert_int_eq(gateway.authentications, 1);
	ck_assert_int_eq(gateway.served, 3);
	ck_assert_int_eq(gateway.refused, 0);
	etcd_close(first);
	etcd_close(second);
}
END_TEST

START_TEST(token_that_has_ended_is_renewed_once_and_the_request_goes_out_again)
{
	struct etcd *first = enter(), *second = enter();

	ck_assert_int_eq(put(first).outcome, ETCD_OK);
	ck_assert_int_eq(put(second).outcome, ETCD_OK);
	let_token_grow_old();
	gateway.ended = 1;
	stand_in_agree(door);
	ck_assert_int_eq(put(first).outcome, ETCD_OK);
	ck_assert_int_eq(put(second).outcome, ETCD_OK);
	ck_assert_int_eq(gateway.authentications, 2);
	ck_assert_int_eq(gateway.refused, 1); /* the second client took the first one's */
	etcd_close(first);
	etcd_close(second);
}
END_TEST

enum { CROWD = 12 };

static void *put_as_one_of_many(void *context)
{
	struct etcd *client = enter();

	(void)context;
	ck_assert_int_eq(etcd_put(client, "k", "v", 0, soon_ns()).outcome, ETCD_OK);
	etcd_close(client);
	return NULL;
}

static void put_as_a_crowd(void)
{
	pthread_t thread[CROWD];

	for (int i = 0; i < CROWD; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, put_as_one_of_many, NULL), 0);
	for (int i = 0; i < CROWD; i++)
		pthread_join(thread[i], NULL);
	stand_in_agree(door);
}

START_TEST(of_a_crowd_without_a_token_one_asks_and_the_others_wait)
{
	put_as_a_crowd();
	ck_assert_int_eq(gateway.authentications, 1);
	let_token_grow_old();
	gateway.ended = 1;
	stand_in_agree(door);
	put_as_a_crowd();
	ck_assert_int_eq(gateway.authentications, 2);
}
END_TEST

START_TEST(young_token_that_is_refused_is_a_failure_and_no_storm)
{
	struct etcd *client = enter();

	gateway.ended = 1000;
	stand_in_agree(door);
	for (int i = 0; i < 5; i++) {
		struct etcd_reply reply = put(client);

		ck_assert_int_eq(reply.outcome, ETCD_FAIL);
		ck_assert_int_eq(reply.http_status, 401);
	}
	ck_assert_int_eq(gateway.authentications, 1);
	etcd_close(client);
}
END_TEST

START_TEST(wrong_password_fails_and_nothing_has_left)
{
	struct etcd *client = enter();
	char why[ETCD_ADVICE];

	snprintf(access_record.password, sizeof(access_record.password), "secret");
	struct etcd_reply reply = put(client);

	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_int_eq(reply.sent_ns, 0);
	ck_assert_int_eq(gateway.served + gateway.refused, 0);
	ck_assert(etcd_is_hopeless(client, &reply, why, soon_ns()));
	ck_assert_ptr_nonnull(strstr(why, "user or password is wrong"));
	ck_assert_ptr_null(strstr(why, "secret"));
	etcd_close(client);
}
END_TEST

START_TEST(token_that_would_begin_another_line_is_refused)
{
	static const char *const bad[] = {"\\r\\nX: y", "\\n", " x", "\\u00e9", "\\u007f"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct etcd *client = enter();

		gateway.token = bad[i];
		stand_in_agree(door);
		struct etcd_reply reply = put(client);

		ck_assert_int_eq(reply.outcome, ETCD_FAIL);
		ck_assert_ptr_nonnull(strstr(reply.error, "malformed"));
		etcd_close(client);
	}
	ck_assert_int_eq(gateway.served + gateway.refused, 0);
}
END_TEST

START_TEST(cluster_that_asks_nobody_is_told_nothing)
{
	struct etcd *client = enter();

	gateway.asks_nobody = true;
	stand_in_agree(door);
	ck_assert_int_eq(put(client).outcome, ETCD_OK);
	ck_assert_int_eq(put(client).outcome, ETCD_OK);
	ck_assert_int_eq(gateway.with_token, 0);
	/* Until it does. */
	let_token_grow_old();
	gateway.asks_nobody = false;
	stand_in_agree(door);
	ck_assert_int_eq(put(client).outcome, ETCD_OK);
	ck_assert_int_eq(gateway.authentications, 1);
	etcd_close(client);
}
END_TEST

/* A first answer that leaves it open, and then a refusal: it stays open. */
START_TEST(lock_that_was_refused_twice_may_have_queued)
{
	struct etcd *client = enter();
	char key[ETCD_TEXT];

	ck_assert_int_eq(put(client).outcome, ETCD_OK);
	let_token_grow_old();
	gateway.ended = 1;
	stand_in_agree(door);
	struct etcd_reply reply = etcd_lock(client, "l", 1, key, soon_ns());

	stand_in_agree(door);
	ck_assert_int_eq(gateway.refused, 1);
	ck_assert_int_eq(reply.code, 3);
	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	etcd_close(client);
}
END_TEST

static bool go_on(void *context, const struct etcd_watch_event *event, int64_t revision)
{
	(void)context, (void)event, (void)revision;
	return true;
}

START_TEST(watch_that_is_denied_has_another_token_next_time)
{
	struct etcd *client = enter();
	const struct etcd_watch_config watch = {.prefix = "k", .tell = go_on};
	int64_t compacted;

	ck_assert_int_eq(put(client).outcome, ETCD_OK);
	let_token_grow_old();
	gateway.ended = 1;
	stand_in_agree(door);
	ck_assert_int_eq(etcd_watch(client, &watch, &compacted).outcome, ETCD_FAIL);
	ck_assert_int_eq(etcd_watch(client, &watch, &compacted).outcome, ETCD_INFO);
	stand_in_agree(door);
	ck_assert_int_eq(gateway.authentications, 2);
	ck_assert_int_eq(gateway.refused, 1);
	etcd_close(client);
}
END_TEST

/* Words ----------------------------------------------------------------------------------------- */

START_TEST(urls_of_endpoints_are_told_from_others)
{
	static const struct {
		const char *url, *trouble; /* NULL: none */
	} urls[] = {
		{"http://127.0.0.1:2379", NULL},
		{"https://etcd-1.example:2379", NULL},
		{"http://[::1]:2379", NULL},
		{"http://a", NULL},
		{"a:2379", "no URL"},
		{"ftp://a:1", "no URL"},
		{"http://", "no URL"},
		{"http://a b:1", "no URL"},
		{"http://a:b", "port"},
		{"http://a:0", "port"},
		{"http://a:70000", "port"},
		{"http://a:1/", "nothing behind"},
		{"http://a:1/v3", "nothing behind"},
		{"http://a:1?x=y", "nothing behind"},
		{"http://a:1#x", "nothing behind"},
		{"https://u:p@a:1", "--user"},
		{"u:p@a:1", "--user"},
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		const char *trouble = etcd_url_trouble(urls[i].url);

		if (urls[i].trouble)
			ck_assert_msg(trouble && strstr(trouble, urls[i].trouble), "%s: %s",
				      urls[i].url, trouble);
		else
			ck_assert_msg(!trouble, "%s: %s", urls[i].url, trouble);
	}
}
END_TEST

START_TEST(urls_are_shown_without_their_password)
{
	static const char *const urls[][2] = {
		{"http://a:1", "http://a:1"},
		{"https://u:p@a:1", "https://...@a:1"},
		{"https://u:p@q@a:1", "https://...@a:1"},
		{"u:p@a:1", "...@a:1"},
		{"u:p@http://a:1", "...@http://a:1"},
	};
	char shown[ETCD_URL_SHOWN];

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		etcd_url_show(urls[i][0], shown);
		ck_assert_str_eq(shown, urls[i][1]);
	}
}
END_TEST

/* Those that no real etcd gives in 71-tls.t, and those that may get better. */
START_TEST(replies_that_waiting_does_not_better_are_told_from_others)
{
	static const struct {
		struct etcd_reply reply;
		const char *advice; /* NULL: it may get better */
	} cases[] = {
		{{.outcome = ETCD_OK, .http_status = 200, .code = -1}, NULL},
		{{.http_status = 503, .code = 14, .error = "etcdserver: no leader"}, NULL},
		{{.http_status = 502, .code = -1, .error = "Bad Gateway"}, NULL},
		{{.http_status = 400, .code = 3, .error = "etcdserver: user name is empty"},
		 "--user"},
		{{.http_status = 403, .code = 7, .error = "permission denied"}, "grant-permission"},
		{{.http_status = 403, .code = -1, .error = "Forbidden"}, "lets us not in"},
		{{.http_status = 401, .code = -1, .error = "Authorization Required"}, "who we are"},
		{{.http_status = 404, .code = -1, .error = "Not Found"}, "client URL"},
		{{.http_status = 421, .code = -1, .error = "bad host"}, "host-whitelist"},
		{{.http_status = 301, .code = -1, .error = "Moved"}, "no etcd"},
		{{.http_status = 200, .code = -1, .error = "the answer is malformed"}, "no etcd"},
		{{.http_status = 200, .code = -1, .error = "it knows no leader"}, NULL},
		{{.transport = CURLE_COULDNT_CONNECT, .error = "Couldn't connect"}, NULL},
		{{.transport = CURLE_OPERATION_TIMEDOUT, .error = "Timeout"}, NULL},
		{{.transport = CURLE_COULDNT_RESOLVE_HOST, .error = "x"}, "no such host"},
		{{.transport = CURLE_PEER_FAILED_VERIFICATION, .error = "certificate has expired"},
		 "renewed"},
		{{.transport = CURLE_PEER_FAILED_VERIFICATION, .error = "is not yet valid"},
		 "clock"},
		{{.transport = CURLE_PEER_FAILED_VERIFICATION, .error = "in other words"},
		 "--cacert"},
		{{.transport = CURLE_SSL_CONNECT_ERROR, .error = "tlsv1 alert unknown ca"},
		 "--cert"},
		{{.transport = CURLE_UNSUPPORTED_PROTOCOL, .error = "HTTP/0.9"}, "no etcd"},
		/* Closed without a word, but by one that speaks what it was asked in. */
		{{.transport = CURLE_GOT_NOTHING, .error = "Empty reply from server"}, NULL},
	};
	struct etcd *client = enter();
	char why[ETCD_ADVICE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		why[0] = '\0';
		bool hopeless = etcd_is_hopeless(client, &cases[i].reply, why, soon_ns());

		ck_assert_msg(hopeless == (cases[i].advice != NULL), "%s: %s", cases[i].reply.error,
			      why);
		ck_assert_msg(!hopeless || strstr(why, cases[i].advice), "%s: %s",
			      cases[i].reply.error, why);
	}
	etcd_close(client);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("etcd access");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
	tcase_add_checked_fixture(tests, open_door, close_door);
	tcase_add_test(tests, one_password_opens_for_all_clients);
	tcase_add_test(tests, token_that_has_ended_is_renewed_once_and_the_request_goes_out_again);
	tcase_add_test(tests, of_a_crowd_without_a_token_one_asks_and_the_others_wait);
	tcase_add_test(tests, young_token_that_is_refused_is_a_failure_and_no_storm);
	tcase_add_test(tests, wrong_password_fails_and_nothing_has_left);
	tcase_add_test(tests, token_that_would_begin_another_line_is_refused);
	tcase_add_test(tests, cluster_that_asks_nobody_is_told_nothing);
	tcase_add_test(tests, lock_that_was_refused_twice_may_have_queued);
	tcase_add_test(tests, watch_that_is_denied_has_another_token_next_time);
	tcase_add_test(tests, urls_of_endpoints_are_told_from_others);
	tcase_add_test(tests, urls_are_shown_without_their_password);
	tcase_add_test(tests, replies_that_waiting_does_not_better_are_told_from_others);
	return suite_run(suite);
}
