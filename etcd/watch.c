/*
 * Theory of operation. A watch is one POST whose answer does not end: one JSON object a line. The
 * transfer is driven by curl_multi, so that between two looks at the socket (at most TICK apart)
 * the caller is asked whether to go on, even when nothing happens.
 *
 * What was told. The header's revision of a message is no measure of it: of a watch that starts in
 * the past, the first messages carry the store's present revision and not that of the events they
 * hold (api/etcdserverpb, WatchResponse). So what was told is the revision of the last event of a
 * whole message (etcd does not divide one revision between messages unless asked to, "fragment"),
 * or that of a progress message, which etcd sends only to a watch that has caught up.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/text.h"
#include "etcd/client.h"

enum { TICK_MS = 100, TOKEN_PATIENCE_MS = 2000 };

struct watch {
	const struct etcd_watch_config *config;
	struct http http;
	struct etcd_reply reply; /* of the last message; once ended, of the watch */
	bool ended;
	int64_t told; /* all changes up to this revision; 0: unknown */
	int64_t compact_revision;
};

static void end(struct watch *watch, enum etcd_outcome outcome, const char *why)
{
	watch->ended = true;
	watch->reply.outcome = outcome;
	text_copy(watch->reply.error, sizeof(watch->reply.error), why);
}

static void tell(struct watch *watch, const struct etcd_watch_event *event)
{
	if (!watch->config->tell(watch->config->context, event, watch->told))
		end(watch, ETCD_OK, "");
}

static void tell_events(struct watch *watch, const cJSON *events)
{
	const cJSON *item;
	int64_t last = 0;

	cJSON_ArrayForEach (item, events) {
		struct etcd_watch_event event = {0};

		if (!answer_read_event(item, &event)) {
			watch->ended = true;
			answer_malformed(&watch->reply);
			return;
		}
		tell(watch, &event);
		if (watch->ended)
			return;
		last = event.kv.mod_revision;
	}
	if (last > watch->told)
		watch->told = last;
}

/* Where a watch that has just been created stands: it owes nothing before its first revision. */
static int64_t created_at(const struct watch *watch)
{
	int64_t before = watch->config->from_revision - 1, now = watch->reply.revision;

	return watch->config->from_revision == 0 || before > now ? now : before;
}

static void handle_message(struct watch *watch, const char *line, size_t size)
{
	struct watch_message message = {0};
	struct etcd_reply *reply = &watch->reply;
	_cleanup_json_ cJSON *answer = answer_read(200, line, size, reply);

	if (!answer || !answer_read_watch(answer, &message)) {
		if (answer)
			answer_malformed(reply);
		watch->ended = true;
		return;
	}
	if (message.canceled) {
		watch->compact_revision = message.compact_revision;
		end(watch, ETCD_FAIL,
		    message.reason[0] ? message.reason : "the server canceled the watch");
		return;
	}
	if (message.created)
		watch->told = created_at(watch);
	else if (cJSON_GetArraySize(message.events) == 0 && reply->revision > watch->told)
		watch->told = reply->revision;
	tell_events(watch, message.events);
	if (!watch->ended)
		tell(watch, NULL);
}

/* Handles every whole line that has arrived. */
static void handle_lines(struct watch *watch)
{
	struct http *http = &watch->http;
	size_t done = 0;
	char *newline;

	while (!watch->ended && done < http->size &&
	       (newline = memchr(http->answer + done, '\n', http->size - done))) {
		char *line = http->answer + done;
		size_t size = (size_t)(newline - line);

		*newline = '\0';
		if (size > 0)
			handle_message(watch, line, size);
		done += size + 1;
	}
	if (done > 0)
		http_consume(http, done);
}

/* The transfer is over, and it was not we who ended it. */
static void transfer_over(struct watch *watch, CURLM *multi)
{
	int left;
	CURLMsg *message = curl_multi_info_read(multi, &left);

	CHECK(message && message->msg == CURLMSG_DONE);
	struct http_result result = http_end(&watch->http, message->data.result);

	cJSON_Delete(client_read(&watch->http, &result, watch->config->endpoint, &watch->reply));
	watch->ended = true;
	if (result.status == 200) /* what is left is no whole line */
		end(watch, ETCD_INFO, "the stream ended");
}

static void follow(struct watch *watch, CURLM *multi)
{
	int64_t next_tick_ns = clock_now_ns();
	int running = 1;
	long status = 0;

	while (!watch->ended) {
		CHECK(curl_multi_perform(multi, &running) == CURLM_OK);
		curl_easy_getinfo(watch->http.curl, CURLINFO_RESPONSE_CODE, &status);
		if (status == 200) /* any other answer is one error, not lines */
			handle_lines(watch);
		if (!watch->ended && !running)
			transfer_over(watch, multi);
		if (!watch->ended && clock_now_ns() >= next_tick_ns) {
			next_tick_ns = clock_now_ns() + TICK_MS * NS_PER_MS;
			tell(watch, NULL);
		}
		if (!watch->ended)
			curl_multi_poll(multi, NULL, 0, TICK_MS, NULL);
	}
}

static char *watch_request(const struct etcd_watch_config *config)
{
	cJSON *request = cJSON_CreateObject();
	cJSON *create = cJSON_AddObjectToObject(request, "create_request");

	client_add_keys(create, config->prefix, !config->one_key);
	if (config->from_revision > 0)
		json_add_int64(create, "start_revision", config->from_revision);
	cJSON_AddTrueToObject(create, "prev_kv");
	cJSON_AddTrueToObject(create, "progress_notify");
	return json_print(request);
}

struct etcd_reply etcd_watch(struct etcd *client, const struct etcd_watch_config *config,
			     int64_t *compact_revision)
{
	struct watch watch = {.config = config,
			      .reply = {.endpoint = config->endpoint, .code = -1}};
	_cleanup_free_ char *request = watch_request(config);
	char url[ETCD_TEXT + 64];
	CURLM *multi;

	*compact_revision = 0;
	client_url(client, config->endpoint, "watch", url);
	multi = http_open(&watch.http, client->access) ? NULL : curl_multi_init();
	CHECK_MEMORY(multi);
	if (!client_authorize(client, &watch.http, config->endpoint,
			      clock_now_ns() + TOKEN_PATIENCE_MS * NS_PER_MS, &watch.reply)) {
		curl_multi_cleanup(multi);
		http_close(&watch.http);
		return watch.reply;
	}
	http_begin(&watch.http, url, request);
	CHECK(curl_multi_add_handle(multi, watch.http.curl) == CURLM_OK);
	follow(&watch, multi);
	curl_multi_remove_handle(multi, watch.http.curl);
	curl_multi_cleanup(multi);
	/* Its token ended, perhaps: the next watch has another one. */
	if (watch.reply.outcome != ETCD_OK)
		client_renew_token(client, &watch.http, config->endpoint, watch.reply.error,
				   clock_now_ns() + TOKEN_PATIENCE_MS * NS_PER_MS);

	watch.reply.sent_ns = watch.http.sent_ns;
	watch.reply.revision = watch.told;
	http_close(&watch.http);
	*compact_revision = watch.compact_revision;
	return watch.reply;
}

struct awaited {
	int64_t deadline_ns;
	bool deleted;
};

static bool go_on_waiting(void *context, const struct etcd_watch_event *event, int64_t revision)
{
	struct awaited *awaited = context;

	(void)revision;
	awaited->deleted |= event && event->deleted;
	return !awaited->deleted && clock_now_ns() < awaited->deadline_ns;
}

struct etcd_reply etcd_await_deleted(struct etcd *client, int endpoint, const char *key,
				     bool prefix, int64_t from_revision, bool *deleted,
				     int64_t deadline_ns)
{
	/* Else a deletion before the watch stands would be missed; and no answer tells less than 1.
	 */
	CHECK(from_revision > 1);
	struct awaited awaited = {.deadline_ns = deadline_ns};
	const struct etcd_watch_config config = {.endpoint = endpoint,
						 .prefix = key,
						 .one_key = !prefix,
						 .from_revision = from_revision,
						 .tell = go_on_waiting,
						 .context = &awaited};
	int64_t compact_revision;
	struct etcd_reply reply = etcd_watch(client, &config, &compact_revision);

	*deleted = awaited.deleted;
	return reply;
}
