#include "workloads/worker/resource.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "workloads/worker/wire.h"

enum { RESOURCE_MAGIC = 0x72736372, URL_SIZE = 256 };

struct resource_client {
	uint32_t magic;
	CURL *curl;
	struct curl_slist *headers;
	char url[URL_SIZE]; /* the store's */
	char name[64];
	int sent; /* how often the present request left */
	size_t size;
	char body[WIRE_BODY_MAX];
};

static size_t collect(char *data, size_t one, size_t size, void *cls)
{
	struct resource_client *client = cls;

	(void)one;
	CHECK(client->magic == RESOURCE_MAGIC);
	if (size > sizeof(client->body) - client->size)
		return CURL_WRITEFUNC_ERROR;
	memcpy(client->body + client->size, data, size);
	client->size += size;
	return size;
}

/*
 * Called when the connection stands, before the request leaves. On a kept-alive connection that
 * broke before any byte of the answer, libcurl would send the request again, unasked; but it may
 * have been applied, and an operation must not be applied twice. So the second time is forbidden.
 */
static int before_send(void *cls, char *peer, char *local, int peer_port, int local_port)
{
	struct resource_client *client = cls;

	(void)peer, (void)local, (void)peer_port, (void)local_port;
	CHECK(client->magic == RESOURCE_MAGIC);
	return client->sent++ == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static void configure(struct resource_client *client)
{
	CURL *curl = client->curl;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* nor one from the environment */
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, client);
	curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, before_send);
	curl_easy_setopt(curl, CURLOPT_PREREQDATA, client);
	/* A worker may pause for long between two requests: do not drop its connection for its age.
	 */
	curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, 86400L);
}

int resource_open(struct resource_client **client, const char *url, const char *name,
		  struct error *err)
{
	struct resource_client *made = malloc(sizeof(*made));

	CHECK_MEMORY(made);
	made->magic = RESOURCE_MAGIC;
	if (!text_copy(made->name, sizeof(made->name), name) ||
	    !text_copy(made->url, sizeof(made->url), url)) {
		free(made);
		return error_set(err, EXIT_BAD_USAGE, "store: the URL or the name is too long");
	}
	made->curl = curl_easy_init();
	made->headers = curl_slist_append(NULL, "Content-Type: application/json");
	CHECK_MEMORY(made->curl && made->headers);
	configure(made);
	*client = made;
	return 0;
}

void resource_close(struct resource_client *client)
{
	CHECK(client->magic == RESOURCE_MAGIC);
	curl_easy_cleanup(client->curl);
	curl_slist_free_all(client->headers);
	client->magic = 0;
	free(client);
}

static struct resource_reply reply_error(enum outcome outcome, const char *text)
{
	struct resource_reply reply = {.outcome = outcome};

	text_copy(reply.error, sizeof(reply.error), text);
	return reply;
}

static struct resource_reply read_refusal(int status, const cJSON *object)
{
	/* The store answers 4xx before it touches anything; of a 5xx we know nothing. */
	bool surely_not = status >= 400 && status < 500;
	const cJSON *text = cJSON_GetObjectItemCaseSensitive(object, "error");
	struct resource_reply reply = reply_error(
		surely_not ? OUTCOME_FAIL : OUTCOME_INFO,
		cJSON_IsString(text) ? text->valuestring : "the store answered an error");

	reply.refused = status == 409;
	wire_number(cJSON_GetObjectItemCaseSensitive(object, "greatest"), &reply.greatest_token);
	return reply;
}

static struct resource_reply read_success(const cJSON *object)
{
	struct resource_reply reply = {.outcome = OUTCOME_OK};

	if (!wire_number(cJSON_GetObjectItemCaseSensitive(object, "version"), &reply.version) ||
	    !wire_number(cJSON_GetObjectItemCaseSensitive(object, "value"), &reply.value))
		return reply_error(OUTCOME_INFO, "the store's answer is malformed");
	return reply;
}

struct resource_reply resource_parse_answer(int status, const char *body, size_t size)
{
	cJSON *object = wire_parse(body, size);
	struct resource_reply reply =
		status == 200 ? read_success(object) : read_refusal(status, object);

	cJSON_Delete(object);
	return reply;
}

static struct resource_reply call(struct resource_client *client, const char *path, char *body,
				  int64_t deadline_ns)
{
	int left_ms = clock_left_ms(deadline_ns);
	char url[URL_SIZE + 8];
	long status = 0;

	if (left_ms == 0)
		return reply_error(OUTCOME_FAIL, "no time was left to ask");
	client->sent = 0;
	client->size = 0;
	snprintf(url, sizeof(url), "%s/%s", client->url, path);
	curl_easy_setopt(client->curl, CURLOPT_URL, url);
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(client->curl, CURLOPT_TIMEOUT_MS, (long)left_ms);
	CURLcode code = curl_easy_perform(client->curl);

	if (code == CURLE_ABORTED_BY_CALLBACK)
		return reply_error(OUTCOME_INFO, "the connection broke before an answer");
	if (code != CURLE_OK)
		return reply_error(client->sent ? OUTCOME_INFO : OUTCOME_FAIL,
				   curl_easy_strerror(code));
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	return resource_parse_answer((int)status, client->body, client->size);
}

static cJSON *request(const struct resource_client *client, int64_t token, int64_t op)
{
	cJSON *object = cJSON_CreateObject();

	CHECK(client->magic == RESOURCE_MAGIC);
	CHECK_MEMORY(object && cJSON_AddStringToObject(object, "resource", client->name));
	if (token)
		wire_add_number(object, "token", token);
	wire_add_number(object, "op", op);
	return object;
}

static struct resource_reply ask(struct resource_client *client, const char *path, cJSON *object,
				 int64_t deadline_ns)
{
	char *body = wire_print(object);
	struct resource_reply reply = call(client, path, body, deadline_ns);

	free(body);
	return reply;
}

struct resource_reply resource_read(struct resource_client *client, int64_t token, int64_t op,
				    int64_t deadline_ns)
{
	return ask(client, "read", request(client, token, op), deadline_ns);
}

struct resource_reply resource_read_shared(struct resource_client *client, int64_t token,
					   int64_t op, int64_t deadline_ns)
{
	cJSON *object = request(client, token, op);

	CHECK_MEMORY(cJSON_AddTrueToObject(object, "shared"));
	return ask(client, "read", object, deadline_ns);
}

struct resource_reply resource_write(struct resource_client *client, int64_t token, int64_t op,
				     int64_t value, int64_t base, int64_t deadline_ns)
{
	cJSON *object = request(client, token, op);

	wire_add_number(object, "value", value);
	if (base >= 0)
		wire_add_number(object, "base", base);
	return ask(client, "write", object, deadline_ns);
}
