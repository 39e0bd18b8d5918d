#include "etcd/client.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"

enum { CODE_UNAVAILABLE = 14 };

#define X(name, text) text,
const char *const etcd_order_names[] = {ETCD_ORDERS(X) NULL};
#undef X

static int add_endpoint(struct etcd *client, const char *url, struct error *err)
{
	char *into = client->endpoint[client->endpoints];
	size_t length;

	if (strncmp(url, "http://", 7) && strncmp(url, "https://", 8))
		return error_set(err, EXIT_BAD_USAGE,
				 "etcd endpoint '%s' does not begin with http:// or https://", url);
	if (!text_copy(into, ETCD_TEXT, url))
		return error_set(err, EXIT_BAD_USAGE, "etcd endpoint '%s' is longer than %d", url,
				 ETCD_TEXT - 1);
	length = strlen(into);
	if (into[length - 1] == '/')
		into[length - 1] = '\0';
	client->endpoints++;
	return 0;
}

int etcd_open(struct etcd **client, const struct etcd_target *target, int first, struct error *err)
{
	int count = target->count;

	CHECK(count <= 0 || (first >= 0 && first < count));
	CHECK(!target->access || !target->access->user[0] || target->access->session);
	if (count < 1 || count > ENDPOINTS_MAX)
		return error_set(err, EXIT_BAD_USAGE, "%d etcd endpoints: must be 1 to %d", count,
				 ENDPOINTS_MAX);

	struct etcd *opened = calloc(1, sizeof(*opened));

	CHECK_MEMORY(opened);
	opened->current = first;
	opened->access = target->access;
	for (int i = 0; i < count; i++) {
		if (add_endpoint(opened, target->endpoint[i], err)) {
			free(opened);
			return -1;
		}
	}
	if (http_open(&opened->http, target->access)) {
		free(opened);
		return error_set(err, EXIT_OUR_FAULT, "libcurl gives no handle: out of memory");
	}
	*client = opened;
	return 0;
}

void etcd_close(struct etcd *client)
{
	if (!client)
		return;
	http_close(&client->http);
	free(client);
}

void etcd_set_order(struct etcd *client, enum etcd_order order)
{
	client->order = order;
}

static struct etcd_reply ask_once(struct etcd *client, int endpoint, const char *path,
				  const char *body, int64_t deadline_ns, cJSON **answer)
{
	char url[ETCD_TEXT + 64];
	struct http_result result;
	struct etcd_reply reply;

	*answer = NULL;
	if (!client_authorize(client, &client->http, endpoint, deadline_ns, &reply))
		return reply;
	client_url(client, endpoint, path, url);
	result = http_post(&client->http, url, body, deadline_ns);
	*answer = client_read(&client->http, &result, endpoint, &reply);
	return reply;
}

/* A token ends while it is not used, or with the member's process. What was refused for it was not
 * done; only a lock call may have queued first, so if it is refused for good, that stays unknown.
 */
static struct etcd_reply ask(struct etcd *client, int endpoint, const char *path, const char *body,
			     int64_t deadline_ns, cJSON **answer)
{
	struct etcd_reply reply = ask_once(client, endpoint, path, body, deadline_ns, answer);
	enum etcd_outcome first = reply.outcome;

	if (reply.outcome == ETCD_OK ||
	    !client_renew_token(client, &client->http, endpoint, reply.error, deadline_ns))
		return reply;
	reply = ask_once(client, endpoint, path, body, deadline_ns, answer);
	if (reply.outcome == ETCD_FAIL && first == ETCD_INFO)
		reply.outcome = ETCD_INFO;
	return reply;
}

struct etcd_reply client_call_one(struct etcd *client, int endpoint, const char *path,
				  cJSON *request, int64_t deadline_ns, cJSON **answer)
{
	_cleanup_free_ char *body = json_print(request);

	return ask(client, endpoint, path, body, deadline_ns, answer);
}

static bool moves_on(const struct etcd *client, const struct etcd_reply *reply)
{
	switch (client->order) {
	case ETCD_FAILOVER:
		return reply->http_status == 0 || reply->code == CODE_UNAVAILABLE;
	case ETCD_PINNED:
		return false;
	case ETCD_ROUND_ROBIN:
		return true;
	}
	return false;
}

struct etcd_reply client_call(struct etcd *client, const char *path, cJSON *request,
			      int64_t deadline_ns, cJSON **answer)
{
	_cleanup_free_ char *body = json_print(request);
	struct etcd_reply reply;

	for (int passed_over = 0;; passed_over++) {
		reply = ask(client, client->current, path, body, deadline_ns, answer);
		reply.passed_over = passed_over;
		if (moves_on(client, &reply))
			client->current = (client->current + 1) % client->endpoints;
		if (reply.http_status != 0 || reply.sent_ns != 0 || client->order == ETCD_PINNED ||
		    passed_over + 1 == client->endpoints || clock_now_ns() >= deadline_ns)
			return reply;
	}
}

/* All keys from the prefix up to the least key that is greater than all of them: the prefix with
 * its last byte raised by one (a byte 0xff cannot be, and falls away); "\0" means to the end. */
void client_add_keys(cJSON *request, const char *key, bool prefix)
{
	_cleanup_free_ char *end = strdup(key);
	size_t length = strlen(key);

	CHECK_MEMORY(end);
	if (prefix && length == 0)
		json_add_bytes(request, "key", "", 1); /* etcd's word for the first key */
	else
		json_add_bytes(request, "key", key, length);
	if (!prefix)
		return;
	while (length > 0 && (unsigned char)end[length - 1] == 0xff)
		length--;
	if (length > 0) {
		end[length - 1] = (char)((unsigned char)end[length - 1] + 1);
		json_add_bytes(request, "range_end", end, length);
	} else {
		json_add_bytes(request, "range_end", "", 1);
	}
}
