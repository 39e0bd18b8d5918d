/*
 * Transport: one POST at a time over a connection that is kept alive, with libcurl.
 *
 * Theory of operation. What the rest of the client must know of a POST that got no answer is one
 * thing: did it leave? libcurl calls CURLOPT_PREREQFUNCTION when the connection stands, right
 * before it writes the request, so that call is both the time of sending and the proof: while it
 * has not come, nothing of the request has left this process, whatever the error is called.
 *
 * It also guards against a habit of libcurl: a request on a *reused* connection that ends without
 * a byte of answer is silently sent again on a new one (Curl_retry_request; there is no option
 * against it, curl #18417). A member that is killed after it applied our write looks like that: we
 * would do the write twice, or report "connection refused: surely not received" of a write that
 * was. So the second call refuses, and the POST ends without an answer.
 *
 * TLS is libcurl's: the server's certificate and name are verified, always. libcurl verifies before
 * it calls PREREQFUNCTION, so what fails there has not left.
 */
#ifndef ETCD_HTTP_H
#define ETCD_HTTP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	/* Of an answer, and of one message of a stream. etcd takes requests of 1.5 MiB, ours are
	 * tiny, and it tells a late watcher at most 1,000 revisions at a time (mvcc,
	 * watchBatchMaxRevs). */
	HTTP_ANSWER_MAX = 4 << 20
};

struct http { /* does not move while a POST is under way: libcurl holds its address */
	CURL *curl;
	struct curl_slist *headers;
	char *answer; /* what has arrived of the body; NUL-terminated once something has */
	size_t size, room;
	bool too_large; /* and therefore cut off */
	int sends;
	int64_t sent_ns;
	uint32_t token; /* number of the one in the headers; 0: none */
	char why[CURL_ERROR_SIZE];
};

/* How a POST ended. The body of the answer is in http->answer until the next one. */
struct http_result {
	int status;      /* 0: no (whole) answer */
	int64_t sent_ns; /* just before it left; 0: nothing left */
	const char *why; /* there is no answer: libcurl's words, good until the next, or ours; or
			    NULL */
	CURLcode code;
};

/* Initialises libcurl at the first call in the process (a fork inherits it). `access` (NULL: none)
 * is borrowed: of it only the files matter here. */
struct etcd_access;
int http_open(struct http *http, const struct etcd_access *access);
void http_close(struct http *http);

/* From now on the token is sent with each request; "": none. */
void http_set_token(struct http *http, const char *token, uint32_t number);

/* Blocks until the answer is here or the deadline has passed. Borrows the texts. Without a body it
 * is a GET. */
struct http_result http_post(struct http *http, const char *url, const char *body,
			     int64_t deadline_ns);

/* The two halves of http_post, for a stream that the caller drives with curl_multi. Between them
 * the caller may take bytes from the front of the answer with http_consume. */
void http_begin(struct http *http, const char *url, const char *body);
struct http_result http_end(struct http *http, CURLcode code);
void http_consume(struct http *http, size_t bytes);

#endif
