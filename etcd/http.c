#include "etcd/http.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "etcd/etcd.h"

static void initialise_curl(void)
{
	CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

static int about_to_send(void *context, char *address, char *local, int port, int local_port)
{
	struct http *http = context;

	(void)address, (void)local, (void)port, (void)local_port;
	if (http->sends++ > 0)
		return CURL_PREREQFUNC_ABORT;
	http->sent_ns = clock_now_ns();
	return CURL_PREREQFUNC_OK;
}

static size_t take_in(char *bytes, size_t one, size_t count, void *context)
{
	struct http *http = context;

	(void)one; /* always 1 */
	if (http->size + count > HTTP_ANSWER_MAX) {
		http->too_large = true;
		return 0; /* an error: libcurl expects `count` */
	}
	if (http->size + count + 1 > http->room) {
		size_t room = 2 * (http->size + count + 1);
		char *larger = realloc(http->answer, room);

		if (!larger)
			return 0; /* an error: libcurl expects `count` */
		http->answer = larger;
		http->room = room;
	}
	memcpy(http->answer + http->size, bytes, count);
	http->size += count;
	http->answer[http->size] = '\0';
	return count;
}

/* curl_easy_setopt is a variadic macro that checks types: one spelling for all the options. */
#define set(http, option, value)                                                                   \
	CHECK(curl_easy_setopt((http)->curl, CURLOPT_##option, value) == CURLE_OK)

static void set_files(struct http *http, const struct etcd_access *access)
{
	if (access->cacert[0])
		set(http, CAINFO, access->cacert);
	if (access->cert[0])
		set(http, SSLCERT, access->cert);
	if (access->key[0])
		set(http, SSLKEY, access->key);
}

int http_open(struct http *http, const struct etcd_access *access)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, initialise_curl);
	*http = (struct http){.curl = curl_easy_init()};
	http->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (!http->curl || !http->headers) {
		http_close(http);
		return -1;
	}
	set(http, HTTPHEADER, http->headers);
	set(http, NOSIGNAL, 1L);      /* no SIGALRM for time-outs: threads */
	set(http, NOPROXY, "*");      /* a proxy of the environment would be a second failure */
	set(http, PROXY, "");         /* domain and would hide which member was asked */
	set(http, TCP_KEEPALIVE, 1L); /* a silent watch notices a host that vanished */
	set(http, TCP_KEEPIDLE, 10L);
	set(http, TCP_KEEPINTVL, 5L);
	set(http, HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	set(http, PREREQFUNCTION, about_to_send);
	set(http, PREREQDATA, http);
	set(http, WRITEFUNCTION, take_in);
	set(http, WRITEDATA, http);
	set(http, ERRORBUFFER, http->why);
	if (access)
		set_files(http, access);
	return 0;
}

void http_set_token(struct http *http, const char *token, uint32_t number)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	_cleanup_free_ char *line = NULL;

	CHECK_MEMORY(headers && asprintf(&line, "Authorization: %s", token) > 0);
	CHECK_MEMORY(!token[0] || curl_slist_append(headers, line));
	set(http, HTTPHEADER, headers);
	curl_slist_free_all(http->headers);
	http->headers = headers;
	http->token = number;
}

void http_close(struct http *http)
{
	curl_easy_cleanup(http->curl);
	curl_slist_free_all(http->headers);
	free(http->answer);
	*http = (struct http){0};
}

void http_begin(struct http *http, const char *url, const char *body)
{
	http->size = 0;
	http->too_large = false;
	http->sends = 0;
	http->sent_ns = 0;
	http->why[0] = '\0';
	set(http, URL, url);
	if (!body) {
		set(http, HTTPGET, 1L);
		return;
	}
	set(http, POSTFIELDSIZE, (long)strlen(body));
	set(http, POSTFIELDS, body);
}

/* Of TLS libcurl's code is the genus, and its text the species. */
static bool says_more(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR ||
	       code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE ||
	       code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
}

struct http_result http_end(struct http *http, CURLcode code)
{
	struct http_result result = {.sent_ns = http->sent_ns, .code = code};
	long status = 0;

	if (code == CURLE_OK)
		curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &status);
	else if (http->too_large)
		result.why = "the answer is larger than 4 MiB";
	else if (http->sends > 1)
		result.why = "the connection broke after the request was sent";
	else if (says_more(code) && http->why[0])
		result.why = http->why;
	else
		result.why = curl_easy_strerror(code);
	result.status = (int)status;
	return result;
}

struct http_result http_post(struct http *http, const char *url, const char *body,
			     int64_t deadline_ns)
{
	int left_ms = clock_left_ms(deadline_ns);

	if (left_ms == 0) /* which libcurl would take for "no limit" */
		return (struct http_result){.why = "the deadline passed before the request"};
	http_begin(http, url, body);
	set(http, TIMEOUT_MS, (long)left_ms);
	return http_end(http, curl_easy_perform(http->curl));
}

void http_consume(struct http *http, size_t bytes)
{
	CHECK(bytes <= http->size);
	http->size -= bytes;
	memmove(http->answer, http->answer + bytes, http->size + 1);
}
