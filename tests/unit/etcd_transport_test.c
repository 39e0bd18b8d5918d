/*
 * What no real etcd does on demand: servers that refuse, fall silent, hang up after the request, or
 * answer without an end. Each server here is a script: a thread that takes connections on loopback
 * one after the other and for each request, in order, does the next thing on its list.
 */
#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "etcd/etcd.h"
#include "tests/support/suite.h"

enum act { END, ANSWER, HANG_UP, FALL_SILENT, FLOOD, UNAVAILABLE, HALF_AN_ANSWER };

struct server {
	const enum act *acts;
	int listener, port;
	atomic_int requests;
	pthread_t thread;
};

static void write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t wrote = send(fd, text, left, MSG_NOSIGNAL);

		if (wrote <= 0)
			return;
		text += wrote;
		left -= (size_t)wrote;
	}
}

/* Reads one request (head, Content-Length, body); false at the connection's end. */
static bool read_request(int fd)
{
	char text[8192];
	size_t size = 0;

	while (size < sizeof(text) - 1) {
		ssize_t got = recv(fd, text + size, sizeof(text) - 1 - size, 0);

		if (got <= 0)
			return false;
		size += (size_t)got;
		text[size] = '\0';
		const char *body = strstr(text, "\r\n\r\n"),
			   *length = strstr(text, "Content-Length: ");

		if (body && length && strlen(body + 4) >= strtoul(length + 16, NULL, 10))
			return true;
	}
	return false;
}

static void flood(int fd)
{
	static const char chunk[] = "10000\r\n";
	static char bytes[0x10000 + 3];

	memset(bytes, 'x', 0x10000);
	write_all(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (int i = 0; i < 128; i++) { /* 8 MiB: twice the bound */
		write_all(fd, chunk);
		write_all(fd, bytes);
		write_all(fd, "\r\n");
	}
	write_all(fd, "0\r\n\r\n");
}

/* Does it; false when the connection is to be closed. */
static bool perform(enum act act, int fd)
{
	char rest;

	switch (act) {
	case ANSWER:
		write_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n"
			      "{\"header\":{\"revision\":\"7\"}}     ");
		return true;
	case UNAVAILABLE:
		write_all(fd, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 45\r\n\r\n"
			      "{\"code\":14,\"message\":\"etcdserver: no leader\"}");
		return true;
	case HALF_AN_ANSWER:
		write_all(fd, "HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n{\"header\":{\"rev");
		return false;
	case FALL_SILENT:
		while (recv(fd, &rest, 1, 0) > 0) /* until the client goes */
			;
		return false;
	case FLOOD:
		flood(fd);
		return true;
	case HANG_UP:
	case END:
		return false;
	}
	return false;
}

static void *serve(void *context)
{
	struct server *server = context;
	const enum act *next = server->acts;

	while (*next != END) {
		int fd = accept(server->listener, NULL, NULL);
		bool open = true;

		if (fd < 0)
			break; /* stop() */
		while (open && *next != END && read_request(fd)) {
			atomic_fetch_add(&server->requests, 1);
			open = perform(*next++, fd);
		}
		close(fd);
	}
	shutdown(server->listener, SHUT_RDWR); /* from here on it refuses */
	return NULL;
}

static void listen_on_loopback(struct server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);

	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(server->listener, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
	server->port = ntohs(address.sin_port);
}

static void start(struct server *server, const enum act *acts)
{
	*server = (struct server){.acts = acts};
	listen_on_loopback(server);
	ck_assert_int_eq(listen(server->listener, 8), 0);
	ck_assert_int_eq(pthread_create(&server->thread, NULL, serve, server), 0);
}

/* After the client's end: a server that still talks to it would wait for ever. */
static void stop(struct server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	if (server->acts)
		pthread_join(server->thread, NULL);
	close(server->listener);
}

/* A port on which nobody listens, held so that nobody else takes it. */
static void refuse(struct server *server)
{
	*server = (struct server){0};
	listen_on_loopback(server);
}

static struct etcd *open_client(struct server *const servers[], int count)
{
	char urls[4][64];
	const char *endpoints[4];
	struct etcd *client;
	struct error err = {0};

	for (int i = 0; i < count; i++) {
		snprintf(urls[i], sizeof(urls[i]), "http://127.0.0.1:%d/", servers[i]->port);
		endpoints[i] = urls[i];
	}
	ck_assert_int_eq(etcd_open(&client, &(struct etcd_target){endpoints, count, NULL}, 0, &err),
			 0);
	return client;
}

static struct etcd_reply put(struct etcd *client, int within_ms)
{
	return etcd_put(client, "k", "v", 0, clock_now_ns() + within_ms * NS_PER_MS);
}

START_TEST(failover_past_refused_endpoints_is_visible_and_lasts)
{
	struct server a, b, c;
	struct etcd *client;
	struct etcd_reply reply;

	refuse(&a);
	refuse(&b);
	start(&c, (const enum act[]){ANSWER, ANSWER, END});
	client = open_client((struct server *[]){&a, &b, &c}, 3);
	reply = put(client, 5000);
	ck_assert_int_eq(reply.outcome, ETCD_OK);
	ck_assert_int_eq(reply.endpoint, 2);
	ck_assert_int_eq(reply.passed_over, 2);
	ck_assert_int_eq(reply.revision, 7);
	reply = put(client, 5000);
	ck_assert_int_eq(reply.endpoint, 2);
	ck_assert_int_eq(reply.passed_over, 0);
	etcd_close(client);
	stop(&a);
	stop(&b);
	stop(&c);
}
END_TEST

START_TEST(one_that_is_pinned_asks_nobody_else)
{
	struct server a, b;
	struct etcd *client;
	struct etcd_reply reply;

	refuse(&a);
	start(&b, (const enum act[]){END});
	client = open_client((struct server *[]){&a, &b}, 2);
	etcd_set_order(client, ETCD_PINNED);
	for (int i = 0; i < 3; i++) {
		reply = put(client, 5000);
		ck_assert_int_eq(reply.outcome, ETCD_FAIL);
		ck_assert_int_eq(reply.endpoint, 0);
		ck_assert_int_eq(reply.passed_over, 0);
	}
	etcd_close(client);
	stop(&a);
	stop(&b);
}
END_TEST

START_TEST(in_turn_each_is_asked_and_one_that_refuses_passed_over)
{
	static const int endpoint[] = {1, 2, 1, 2}, passed_over[] = {1, 0, 1, 0};
	struct server a, b, c;
	struct etcd *client;

	refuse(&a);
	start(&b, (const enum act[]){ANSWER, ANSWER, END});
	start(&c, (const enum act[]){ANSWER, ANSWER, END});
	client = open_client((struct server *[]){&a, &b, &c}, 3);
	etcd_set_order(client, ETCD_ROUND_ROBIN);
	for (int i = 0; i < 4; i++) {
		struct etcd_reply reply = put(client, 5000);

		ck_assert_int_eq(reply.outcome, ETCD_OK);
		ck_assert_int_eq(reply.endpoint, endpoint[i]);
		ck_assert_int_eq(reply.passed_over, passed_over[i]);
	}
	etcd_close(client);
	stop(&a);
	stop(&b);
	stop(&c);
}
END_TEST

START_TEST(a_request_that_every_endpoint_refused_is_fail_and_never_left)
{
	struct server a, b;
	struct etcd *client;
	struct etcd_reply reply;

	refuse(&a);
	refuse(&b);
	client = open_client((struct server *[]){&a, &b}, 2);
	reply = put(client, 5000);
	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_int_eq(reply.passed_over, 1);
	ck_assert_int_eq(reply.http_status, 0);
	ck_assert_int_eq(reply.sent_ns, 0);
	ck_assert(reply.error[0] != '\0');
	etcd_close(client);
	stop(&a);
	stop(&b);
}
END_TEST

START_TEST(silence_is_info_at_the_deadline_and_the_next_call_asks_another)
{
	struct server a, b;
	struct etcd *client;
	struct etcd_reply reply;
	int64_t before_ns = clock_now_ns();

	start(&a, (const enum act[]){FALL_SILENT, END});
	start(&b, (const enum act[]){ANSWER, END});
	client = open_client((struct server *[]){&a, &b}, 2);
	reply = put(client, 300);
	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert_int_eq(reply.endpoint, 0);
	ck_assert_int_ge(reply.sent_ns, before_ns);
	ck_assert_int_ge(clock_now_ns() - before_ns, 290 * NS_PER_MS);
	ck_assert_int_lt(clock_now_ns() - before_ns, 2 * NS_PER_S);
	reply = put(client, 5000);
	ck_assert_int_eq(reply.outcome, ETCD_OK);
	ck_assert_int_eq(reply.endpoint, 1);
	ck_assert_int_eq(reply.passed_over, 0);
	etcd_close(client);
	stop(&a);
	stop(&b);
}
END_TEST

/* libcurl alone would send the second request again on a new connection; see etcd/http.h. */
START_TEST(a_request_on_a_kept_connection_that_breaks_is_info_and_not_sent_again)
{
	struct server server;
	struct etcd *client;
	struct etcd_reply reply;

	start(&server, (const enum act[]){ANSWER, HANG_UP, ANSWER, END});
	client = open_client((struct server *[]){&server}, 1);
	ck_assert_int_eq(put(client, 5000).outcome, ETCD_OK);
	reply = put(client, 5000);
	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert_int_gt(reply.sent_ns, 0);
	ck_assert_int_eq(atomic_load(&server.requests), 2);
	ck_assert_int_eq(put(client, 5000).outcome, ETCD_OK);
	ck_assert_int_eq(atomic_load(&server.requests), 3);
	etcd_close(client);
	stop(&server);
}
END_TEST

/* The same, but by then nobody listens any more: "connection refused" of a request that was taken.
 */
START_TEST(a_server_that_dies_on_our_request_is_info_although_it_then_refuses)
{
	struct server a, b;
	struct etcd *client;
	struct etcd_reply reply;

	start(&a, (const enum act[]){ANSWER, HANG_UP, END});
	start(&b, (const enum act[]){ANSWER, END});
	client = open_client((struct server *[]){&a, &b}, 2);
	ck_assert_int_eq(put(client, 5000).outcome, ETCD_OK);
	reply = put(client, 5000);
	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert_int_eq(reply.endpoint, 0);
	ck_assert_int_eq(atomic_load(&b.requests), 0);
	etcd_close(client);
	stop(&a);
	stop(&b);
}
END_TEST

START_TEST(half_an_answer_and_an_endless_one_are_info)
{
	struct server half, endless;
	struct etcd *client;
	struct etcd_reply reply;

	start(&half, (const enum act[]){HALF_AN_ANSWER, END});
	start(&endless, (const enum act[]){FLOOD, END});
	client = open_client((struct server *[]){&half, &endless}, 2);
	reply = put(client, 5000);
	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert_int_eq(reply.endpoint, 0);
	reply = put(client, 5000);
	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert_int_eq(reply.endpoint, 1);
	ck_assert_ptr_nonnull(strstr(reply.error, "larger"));
	etcd_close(client);
	stop(&half);
	stop(&endless);
}
END_TEST

START_TEST(after_an_answer_unavailable_the_next_call_asks_another)
{
	struct server a, b;
	struct etcd *client;
	struct etcd_reply reply;

	start(&a, (const enum act[]){UNAVAILABLE, ANSWER, END});
	start(&b, (const enum act[]){ANSWER, END});
	client = open_client((struct server *[]){&a, &b}, 2);
	reply = put(client, 5000);
	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert_int_eq(reply.code, 14);
	reply = put(client, 5000);
	ck_assert_int_eq(reply.endpoint, 1);
	ck_assert_int_eq(reply.passed_over, 0);
	etcd_close(client);
	stop(&a);
	stop(&b);
}
END_TEST

/* ANSWER names no lease and no key. */
START_TEST(an_answer_about_another_lease_or_about_none_is_info)
{
	struct server server;
	struct etcd *client;
	struct etcd_lease lease;
	char key[ETCD_TEXT];
	int64_t soon_ns = clock_now_ns() + 5 * NS_PER_S;

	start(&server, (const enum act[]){ANSWER, ANSWER, ANSWER, END});
	client = open_client((struct server *[]){&server}, 1);
	ck_assert_int_eq(etcd_lease_grant(client, 5, &lease, soon_ns).outcome, ETCD_INFO);
	ck_assert_int_eq(etcd_lease_keepalive(client, 77, &lease, soon_ns).outcome, ETCD_INFO);
	ck_assert_int_eq(etcd_lock(client, "l", 77, key, soon_ns).outcome, ETCD_INFO);
	etcd_close(client);
	stop(&server);
}
END_TEST

START_TEST(a_deadline_in_the_past_sends_nothing)
{
	struct server server;
	struct etcd *client;
	struct etcd_reply reply;

	start(&server, (const enum act[]){ANSWER, END});
	client = open_client((struct server *[]){&server}, 1);
	reply = put(client, -1);
	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_int_eq(reply.sent_ns, 0);
	ck_assert_int_eq(atomic_load(&server.requests), 0);
	etcd_close(client);
	stop(&server);
}
END_TEST

START_TEST(a_proxy_in_the_environment_is_ignored)
{
	struct server server, proxy;
	struct etcd *client;
	char url[64];

	refuse(&proxy);
	start(&server, (const enum act[]){ANSWER, END});
	snprintf(url, sizeof(url), "http://127.0.0.1:%d", proxy.port);
	setenv("http_proxy", url, 1);
	setenv("ALL_PROXY", url, 1);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	client = open_client((struct server *[]){&server}, 1);
	ck_assert_int_eq(put(client, 5000).outcome, ETCD_OK);
	etcd_close(client);
	stop(&server);
	stop(&proxy);
}
END_TEST

START_TEST(endpoints_that_are_no_urls_are_refused_with_a_reason)
{
	struct etcd *client;
	struct error err = {0};
	char lengthy[200] = "http://";

	memset(lengthy + 7, 'a', sizeof(lengthy) - 8);
	ck_assert_int_eq(
		etcd_open(&client,
			  &(struct etcd_target){(const char *[]){"127.0.0.1:2379"}, 1, NULL}, 0,
			  &err),
		-1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "127.0.0.1:2379"));
	err = (struct error){0};
	ck_assert_int_eq(etcd_open(&client,
				   &(struct etcd_target){(const char *[]){lengthy}, 1, NULL}, 0,
				   &err),
			 -1);
	err = (struct error){0};
	ck_assert_int_eq(etcd_open(&client, &(struct etcd_target){NULL, 0, NULL}, 0, &err), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("etcd: transport");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
	tcase_add_test(tests, failover_past_refused_endpoints_is_visible_and_lasts);
	tcase_add_test(tests, one_that_is_pinned_asks_nobody_else);
	tcase_add_test(tests, in_turn_each_is_asked_and_one_that_refuses_passed_over);
	tcase_add_test(tests, a_request_that_every_endpoint_refused_is_fail_and_never_left);
	tcase_add_test(tests, silence_is_info_at_the_deadline_and_the_next_call_asks_another);
	tcase_add_test(tests,
		       a_request_on_a_kept_connection_that_breaks_is_info_and_not_sent_again);
	tcase_add_test(tests, a_server_that_dies_on_our_request_is_info_although_it_then_refuses);
	tcase_add_test(tests, half_an_answer_and_an_endless_one_are_info);
	tcase_add_test(tests, after_an_answer_unavailable_the_next_call_asks_another);
	tcase_add_test(tests, an_answer_about_another_lease_or_about_none_is_info);
	tcase_add_test(tests, a_deadline_in_the_past_sends_nothing);
	tcase_add_test(tests, a_proxy_in_the_environment_is_ignored);
	tcase_add_test(tests, endpoints_that_are_no_urls_are_refused_with_a_reason);
	return suite_run(suite);
}
