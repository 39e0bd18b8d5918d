/* The client behind every call: its endpoints, and how it passes from one to the next. */
#ifndef ETCD_CLIENT_H
#define ETCD_CLIENT_H

#include "etcd/answers.h"
#include "etcd/http.h"

enum { ENDPOINTS_MAX = 64 };

struct etcd {
	struct http http;
	const struct etcd_access *access; /* NULL: none */
	enum etcd_order order;
	int endpoints, current;
	char endpoint[ENDPOINTS_MAX][ETCD_TEXT]; /* without a slash at the end */
};

/* POSTs the request (takes it) to /v3beta/PATH with failover. When the outcome is ok, *answer is
 * the caller's to delete; else NULL. */
struct etcd_reply client_call(struct etcd *client, const char *path, cJSON *request,
			      int64_t deadline_ns, cJSON **answer);

/* The same of one endpoint, which stays the current one. */
struct etcd_reply client_call_one(struct etcd *client, int endpoint, const char *path,
				  cJSON *request, int64_t deadline_ns, cJSON **answer);

/* Fills url (at least ETCD_TEXT + 64 bytes). */
void client_url(const struct etcd *client, int endpoint, const char *path, char *url);

/* The reply to a POST that ended so. Returns the answer or NULL, as answer_read. */
cJSON *client_read(const struct http *http, const struct http_result *result, int endpoint,
		   struct etcd_reply *reply);

/* Sees to it that requests of `http` carry the newest token, if there is a user; asks that endpoint
 * for one when there is none yet. False: *reply tells why not, as of a request that did not leave.
 */
bool client_authorize(struct etcd *client, struct http *http, int endpoint, int64_t deadline_ns,
		      struct etcd_reply *reply);
/* The request was refused for its token, which was that of `http`: true when there is another now.
 */
bool client_renew_token(struct etcd *client, const struct http *http, int endpoint,
			const char *refusal, int64_t deadline_ns);

/* Adds key, and range_end when all keys with that prefix are meant, to a request. */
void client_add_keys(cJSON *request, const char *key, bool prefix);

#endif
