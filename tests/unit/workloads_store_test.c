#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/support/leap.h"
#include "tests/support/suite.h"
#include "tests/unit/workloads_rig.h"
#include "workloads/worker/resource.h"

static const struct store_resource resources[] = {
	{"none/0", 0, GUARD_NONE, STORE_HONEST},
	{"token/0", 1, GUARD_TOKEN, STORE_HONEST},
	{"lax/0", 2, GUARD_TOKEN, STORE_IGNORES_TOKENS},
};

enum { RESOURCES = sizeof(resources) / sizeof(resources[0]) };

static struct rig rig;

static void open_rig(void)
{
	leap_open();
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

static char answered[1024]; /* to what was sent last */

/* Receives an answered, which is short; returns its status, 0: none. */
static int receive(int fd)
{
	ssize_t got = recv(fd, answered, sizeof(answered) - 1, 0);
	int status = 0;

	answered[got > 0 ? got : 0] = '\0';
	sscanf(answered, "HTTP/1.1 %d", &status);
	return status;
}

/* Sends the bytes on a connection of their own; returns the status of the answer, 0: none. */
static int raw(const char *request, size_t size)
{
	int fd = rig_connect(&rig);

	ck_assert_int_ge(fd, 0);
	/* The store may answer and close before it has read all of it. */
	for (size_t sent = 0; sent < size;) {
		ssize_t put = send(fd, request + sent, size - sent, MSG_NOSIGNAL);

		if (put <= 0)
			break;
		sent += (size_t)put;
	}
	int status = receive(fd);

	close(fd);
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

static void send_part(int fd, const char *part)
{
	ck_assert_int_eq(send(fd, part, strlen(part), MSG_NOSIGNAL), (ssize_t)strlen(part));
}

START_TEST(request_may_come_in_pieces)
{
	int fd = rig_connect(&rig);

	send_part(fd, "POST /write HTTP/1.1\r\nHost: x\r\nContent-Length: 33\r\n\r\n");
	send_part(fd, "{\"resource\":\"none/0\",\"val");
	clock_sleep_until_ns(clock_now_ns() + 20 * NS_PER_MS);
	send_part(fd, "ue\":\"6\"}");
	ck_assert_int_eq(receive(fd), 200);
	close(fd);
	ck_assert_int_eq(rig_drain(&rig, RIG_STORE_RING), 1);
	ck_assert_int_eq(rig.event[0].decision.value, 6);
}
END_TEST

START_TEST(answer_is_json_with_version_and_value)
{
	int64_t before_ns = clock_now_ns();

	ck_assert_int_eq(post("POST", "/write", "{\"resource\":\"none/0\",\"value\":\"6\"}"), 200);
	ck_assert_ptr_nonnull(strstr(answered, "Content-Type: application/json\r\n"));
	ck_assert_ptr_nonnull(strstr(answered, "\r\n\r\n{\"version\":\"1\",\"value\":\"6\"}"));
	ck_assert_int_eq(post("POST", "/reed", "{}"), 404);
	ck_assert_ptr_nonnull(strstr(answered, "{\"error\":\"known paths are /read and /write\"}"));
	rig_drain(&rig, RIG_STORE_RING);
	ck_assert_int_ge(rig.event[0].decision.arrived_ns, before_ns);
	ck_assert_int_eq(rig.event[0].decision.lane, 0);
}
END_TEST

/* Up to some size it is read and thrown away, so that the client learns why. */
START_TEST(endless_body_is_cut_off)
{
	char *huge = malloc(16 * 4096 + 2);

	memset(huge, ' ', 16 * 4096 + 1);
	huge[16 * 4096 + 1] = '\0';
	ck_assert_int_eq(post("POST", "/write", huge), 0);
	huge[16 * 4096] = '\0';
	ck_assert_int_eq(post("POST", "/write", huge), 413);
	free(huge);
	ck_assert_int_eq(rig_drain(&rig, RIG_STORE_RING), 0);
}
END_TEST

START_TEST(connection_of_a_worker_that_is_paused_for_hours_is_kept)
{
	const char *request = "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 21\r\n\r\n"
			      "{\"resource\":\"none/0\"}";
	int fd = rig_connect(&rig);

	send_part(fd, request);
	ck_assert_int_eq(receive(fd), 200);
	*leap_ns = 24 * 3600 * NS_PER_S;
	ck_assert_int_eq(post("POST", "/read", "{\"resource\":\"none/0\"}"), 200);
	send_part(fd, request);
	ck_assert_int_eq(receive(fd), 200);
	close(fd);
	*leap_ns = 0;
}
END_TEST

static void write_many(const char *resource, int first, int count)
{
	struct resource_client *client = open_client(resource);

	for (int i = 0; i < count; i++) {
		struct resource_reply reply =
			resource_write(client, 0, first + i, first + i, -1, soon_ns());

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
	struct resource_reply reply = resource_write(client, 17, 2, 2, -1, soon_ns());

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
	ck_assert_int_eq(resource_write(client, 0, 1, 1, -1, soon_ns()).outcome, OUTCOME_OK);
	kill(rig.store, SIGSTOP);
	struct resource_reply reply =
		resource_write(client, 0, 2, 2, -1, clock_now_ns() + 200 * NS_PER_MS);

	ck_assert_int_eq(reply.outcome, OUTCOME_INFO);
	kill(rig.store, SIGCONT);
	reply = resource_read(client, 0, 3, soon_ns());
	ck_assert_int_eq(reply.outcome, OUTCOME_OK);
	ck_assert_int_eq(reply.version, 2);
	/* Nobody listens: surely not. */
	atomic_store(&rig.flags[RIG_STOP_STORE], 1);
	ck_assert_int_eq(rig_join(rig.store), 0);
	rig.store = 0;
	ck_assert_int_eq(resource_write(client, 0, 4, 4, -1, soon_ns()).outcome, OUTCOME_FAIL);
	resource_close(client);
}
END_TEST

/* Beginning and end --------------------------------------------------------------------------- */

static struct store_config other;

static struct store_config config_on(const char *address, uint16_t port)
{
	return (struct store_config){
		.address = address,
		.port = port,
		.resource = resources,
		.resources = 1,
		.ring = area_ring(rig.area, 1),
		.live = area_live(rig.area),
		.stop = &rig.flags[RIG_STOP_WORKERS],
	};
}

static pid_t start_other(const char *address, uint16_t port)
{
	other = config_on(address, port);
	return rig_fork(store_main, &other, 1);
}

START_TEST(store_that_cannot_listen_says_so_by_its_status)
{
	ck_assert_int_eq(rig_join(start_other("localhost", 1)), EXIT_BAD_USAGE);
	ck_assert_int_eq(rig_join(start_other("127.0.0.1", rig.port)), EXIT_MACHINE_LACKS);
}
END_TEST

START_TEST(store_takes_the_port_of_the_one_before_it)
{
	struct resource_client *client = open_client("none/0");

	ck_assert_int_eq(resource_read(client, 0, 1, soon_ns()).outcome, OUTCOME_OK);
	atomic_store(&rig.flags[RIG_STOP_STORE], 1);
	ck_assert_int_eq(rig_join(rig.store), 0);
	rig.store = 0;
	pid_t next = start_other("127.0.0.1", rig.port);
	int fd;

	while ((fd = rig_connect(&rig)) < 0 && process_state(next) != 'Z')
		clock_sleep_until_ns(clock_now_ns() + 5 * NS_PER_MS);
	close(fd);
	ck_assert_int_eq(resource_read(client, 0, 2, soon_ns()).outcome, OUTCOME_OK);
	resource_close(client);
	atomic_store(&rig.flags[RIG_STOP_WORKERS], 1);
	ck_assert_int_eq(rig_join(next), 0);
}
END_TEST

static void *run_store(void *cls)
{
	return (void *)(intptr_t)store_main(cls, 1);
}

/* The run may go on without it: whoever asks is refused, and waits for nothing. */
START_TEST(store_that_has_ended_leaves_no_connection_open)
{
	static _Atomic uint32_t pulse;
	pthread_t thread;
	void *status;
	int fd;

	other = config_on("127.0.0.1", rig.port = rig_free_port());
	other.pulse = &pulse;
	ck_assert_int_eq(pthread_create(&thread, NULL, run_store, &other), 0);
	while ((fd = rig_connect(&rig)) < 0)
		clock_sleep_until_ns(clock_now_ns() + 5 * NS_PER_MS);
	send_part(fd, "POST /read HTTP/1.1\r\n");
	atomic_store(other.stop, 1);
	pthread_join(thread, &status);
	ck_assert_int_eq((intptr_t)status, EXIT_AS_EXPECTED);
	ck_assert_int_eq(receive(fd), 0);
	ck_assert_int_lt(rig_connect(&rig), 0);
	ck_assert_uint_gt(atomic_load(&pulse), 0);
	close(fd);
}
END_TEST

/* The number behind the name in a file of the store's in /proc. */
static unsigned long long read_proc(const char *file, const char *name, int base)
{
	char path[64], line[256];
	unsigned long long number = 0;

	snprintf(path, sizeof(path), "/proc/%d/%s", rig.store, file);
	FILE *in = fopen(path, "r");

	ck_assert_ptr_nonnull(in);
	while (fgets(line, sizeof(line), in))
		if (strncmp(line, name, strlen(name)) == 0)
			number = strtoull(line + strlen(name), NULL, base);
	fclose(in);
	return number;
}

/* As many connections as workers, and a client that closes one does not end it. */
START_TEST(store_takes_what_descriptors_it_may_have_and_ignores_broken_pipes)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(read_proc("limits", "Max open files", 10), limit.rlim_max);
	ck_assert(read_proc("status", "SigIgn:", 16) & 1ull << (SIGPIPE - 1));
}
END_TEST

static void open_with_few_descriptors(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = 64;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	open_rig();
}

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

	ck_assert_int_eq(resource_write(client, 0, 1, 1, -1, soon_ns()).outcome, OUTCOME_OK);
	ck_assert_int_eq(resource_write(client, 0, 2, 2, -1, soon_ns()).outcome, OUTCOME_INFO);
	ck_assert_int_eq(rig_join(server), 2);
	resource_close(client);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("workloads: store");
	TCase *http = tcase_create("over HTTP"), *few = tcase_create("few descriptors");

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
	tcase_add_test(http, request_may_come_in_pieces);
	tcase_add_test(http, answer_is_json_with_version_and_value);
	tcase_add_test(http, endless_body_is_cut_off);
	tcase_add_test(http, connection_of_a_worker_that_is_paused_for_hours_is_kept);
	tcase_add_test(http, store_that_cannot_listen_says_so_by_its_status);
	tcase_add_test(http, store_takes_the_port_of_the_one_before_it);
	tcase_add_test(http, store_that_has_ended_leaves_no_connection_open);
	suite_add_tcase(suite, few);
	tcase_add_checked_fixture(few, open_with_few_descriptors, close_rig);
	tcase_add_test(few, store_takes_what_descriptors_it_may_have_and_ignores_broken_pipes);
	return suite_run(suite);
}
