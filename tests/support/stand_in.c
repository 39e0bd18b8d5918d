#include "tests/support/stand_in.h"

#include <arpa/inet.h>
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "etcd/gateway_json.h"

enum { BODY_MAX = 65536, PATIENCE_S = 10, LOOK_MS = 2 };

struct stand_in {
	int listener;
	pthread_t thread;
	pthread_mutex_t lock; /* one question after the other */
	stand_in_tell *tell;
	_Atomic int connections, all; /* that are open; that were ever */
	char url[64];
};

struct connection {
	struct stand_in *stand_in;
	int fd;
};

static struct told tell(struct stand_in *stand_in, const struct asked *asked)
{
	pthread_mutex_lock(&stand_in->lock);
	struct told told = stand_in->tell(asked);

	pthread_mutex_unlock(&stand_in->lock);
	if (told.after)
		sem_wait(told.after);
	return told;
}

/* In one piece: of two, the second would wait for the first to be acknowledged. */
static bool send_text(int fd, const char *text)
{
	size_t size = strlen(text);

	return send(fd, text, size, MSG_NOSIGNAL) == (ssize_t)size;
}

/* True while the other side has not closed the connection. */
static bool is_there(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

static void go_on(struct connection *connection, struct asked *asked, struct told told)
{
	bool sent = send_text(connection->fd, "HTTP/1.1 200 OK\r\n\r\n");

	while (sent && told.status && is_there(connection->fd)) {
		sent = send_text(connection->fd, told.text);
		if (!told.text[0])
			clock_sleep_until_ns(clock_now_ns() + LOOK_MS * NS_PER_MS);
		asked->part++;
		told = tell(connection->stand_in, asked);
	}
}

struct question_text {
	char path[256], type[64], token[64], body[BODY_MAX + 1];
};

/* False when the connection is over. */
static bool answer(struct connection *connection, const struct question_text *question)
{
	cJSON *object = cJSON_Parse(question->body);
	struct asked asked = {.path = question->path,
			      .type = question->type,
			      .token = question->token,
			      .body = object};
	struct told told = tell(connection->stand_in, &asked);
	char whole[STAND_IN_ANSWER + 128];
	bool stays = false;

	if (told.goes_on) {
		go_on(connection, &asked, told);
	} else if (told.status) {
		snprintf(whole, sizeof(whole), "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n\r\n%s",
			 told.status, strlen(told.text), told.text);
		stays = send_text(connection->fd, whole);
	}
	cJSON_Delete(object);
	return stays;
}

/* The head's and the body's end, or the connection's. */
static bool read_question(FILE *in, struct question_text *question)
{
	char line[1024];
	size_t length = 0;

	question->type[0] = question->token[0] = '\0';
	if (!fgets(line, sizeof(line), in) || sscanf(line, "POST /%255s", question->path) != 1)
		return false;
	while (fgets(line, sizeof(line), in) && line[0] != '\r')
		if (sscanf(line, "Content-Length: %zu", &length) != 1 &&
		    sscanf(line, "Content-Type: %63s", question->type) != 1)
			sscanf(line, "Authorization: %63s", question->token);
	if (length > BODY_MAX || fread(question->body, 1, length, in) != length)
		return false;
	question->body[length] = '\0';
	return true;
}

static void *serve(void *cls)
{
	struct connection *connection = cls;
	FILE *in = fdopen(connection->fd, "r");
	struct question_text *question = malloc(sizeof(*question));

	while (read_question(in, question) && answer(connection, question))
		;
	fclose(in);
	free(question);
	atomic_fetch_sub(&connection->stand_in->connections, 1);
	free(connection);
	return NULL;
}

static void *accept_all(void *cls)
{
	struct stand_in *stand_in = cls;
	pthread_t thread;
	int fd;

	while ((fd = accept(stand_in->listener, NULL, NULL)) >= 0) {
		struct connection *connection = malloc(sizeof(*connection));

		*connection = (struct connection){stand_in, fd};
		atomic_fetch_add(&stand_in->connections, 1);
		atomic_fetch_add(&stand_in->all, 1);
		ck_assert_int_eq(pthread_create(&thread, NULL, serve, connection), 0);
		pthread_detach(thread);
	}
	return NULL;
}

struct stand_in *stand_in_open(stand_in_tell *tell_it)
{
	struct stand_in *made = calloc(1, sizeof(*made));
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);

	made->tell = tell_it;
	made->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(made->listener, (struct sockaddr *)&at, size), 0);
	ck_assert_int_eq(getsockname(made->listener, (struct sockaddr *)&at, &size), 0);
	ck_assert_int_eq(listen(made->listener, 64), 0);
	snprintf(made->url, sizeof(made->url), "http://127.0.0.1:%d", ntohs(at.sin_port));
	ck_assert_int_eq(pthread_mutex_init(&made->lock, NULL), 0);
	ck_assert_int_eq(pthread_create(&made->thread, NULL, accept_all, made), 0);
	return made;
}

const char *stand_in_url(const struct stand_in *stand_in)
{
	return stand_in->url;
}

void stand_in_agree(struct stand_in *stand_in)
{
	pthread_mutex_lock(&stand_in->lock);
	pthread_mutex_unlock(&stand_in->lock);
}

int stand_in_connections(const struct stand_in *stand_in)
{
	return atomic_load(&stand_in->all);
}

bool stand_in_is_left(struct stand_in *stand_in)
{
	int64_t until_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;

	while (atomic_load(&stand_in->connections) && clock_now_ns() < until_ns)
		clock_sleep_until_ns(clock_now_ns() + LOOK_MS * NS_PER_MS);
	return atomic_load(&stand_in->connections) == 0;
}

void stand_in_close(struct stand_in *stand_in)
{
	shutdown(stand_in->listener, SHUT_RDWR);
	pthread_join(stand_in->thread, NULL);
	close(stand_in->listener);
	ck_assert_msg(stand_in_is_left(stand_in), "a connection was left open");
	pthread_mutex_destroy(&stand_in->lock);
	free(stand_in);
}

const char *body_text(const cJSON *body, const char *name)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(body, name));

	return text ? text : "";
}

int64_t body_number(const cJSON *body, const char *name)
{
	return strtoll(body_text(body, name), NULL, 10);
}

const char *body_bytes(const cJSON *body, const char *name)
{
	static _Thread_local char text[256];

	ck_assert(json_read_bytes(body, name, text, sizeof(text)));
	return text;
}

const char *told_bytes(const char *text)
{
	static _Thread_local char base64[4][256];
	static _Thread_local unsigned next;
	cJSON *object = cJSON_CreateObject();
	char *into = base64[next++ % 4];

	json_add_bytes(object, "bytes", text, strlen(text));
	ck_assert(text_copy(into, sizeof(base64[0]), body_text(object, "bytes")));
	cJSON_Delete(object);
	return into;
}
