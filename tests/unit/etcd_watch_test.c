/* Watching, on every etcd there is. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "etcd/client.h" /* compaction is no part of etcd.h: nothing but this test wants it */
#include "tests/unit/etcd_each.h"

enum { PATIENCE_MS = 5000, EVENTS_MAX = 16 };

/* What was told, and when to say enough. */
struct listener {
	int enough; /* events; the watch goes on until the message they came in is told */
	int64_t until_ns;
	struct etcd_watch_event event[EVENTS_MAX];
	int events, calls;
	int64_t revision;    /* the last one told */
	struct etcd *writer; /* puts the key once, when the watch stands */
	const char *key;
	struct etcd_fixture *victim; /* killed when the watch stands */
	int64_t stands_at;
};

static bool listen_to(void *context, const struct etcd_watch_event *event, int64_t revision)
{
	struct listener *listener = context;

	listener->calls++;
	ck_assert_int_ge(revision, listener->revision);
	listener->revision = revision;
	if (event) {
		ck_assert_int_lt(listener->events, EVENTS_MAX);
		ck_assert_int_gt(event->kv.mod_revision, revision);
		listener->event[listener->events++] = *event;
	}
	if (revision > 0 && !listener->stands_at) {
		listener->stands_at = revision;
		if (listener->writer)
			ck_assert_int_eq(etcd_put(listener->writer, listener->key, "new", 0,
						  in_ms(PATIENCE_MS))
						 .outcome,
					 ETCD_OK);
		if (listener->victim)
			etcd_fixture_kill(listener->victim);
	}
	return clock_now_ns() < listener->until_ns &&
	       (event || listener->events < listener->enough);
}

static struct etcd_reply watch(struct etcd *client, const char *prefix, int64_t from_revision,
			       struct listener *listener)
{
	struct etcd_watch_config config = {.prefix = prefix,
					   .from_revision = from_revision,
					   .tell = listen_to,
					   .context = listener};
	int64_t compact_revision;

	if (!listener->until_ns)
		listener->until_ns = in_ms(PATIENCE_MS);
	return etcd_watch(client, &config, &compact_revision);
}

static int64_t put(struct etcd *client, const char *key, const char *value, int64_t lease)
{
	struct etcd_reply reply = etcd_put(client, key, value, lease, in_ms(PATIENCE_MS));

	ck_assert_msg(reply.outcome == ETCD_OK, "%s", reply.error);
	return reply.revision;
}

START_TEST(a_watch_from_the_past_tells_every_change_in_order_and_whose_key_went)
{
	struct etcd *client = open_client(etcd[_i]);
	struct listener listener = {.enough = 3};
	struct etcd_lease lease;
	struct etcd_reply reply;

	etcd_lease_grant(client, 30, &lease, in_ms(PATIENCE_MS));
	int64_t first = put(client, "past/a", "1", lease.id);

	put(client, "past/b", "2", 0);
	put(client, "elsewhere", "3", 0);
	ck_assert_int_eq(etcd_lease_revoke(client, lease.id, in_ms(PATIENCE_MS)).outcome, ETCD_OK);
	reply = watch(client, "past/", first, &listener);
	ck_assert_int_eq(reply.outcome, ETCD_OK);
	ck_assert_int_eq(listener.events, 3);
	ck_assert_str_eq(listener.event[0].kv.key, "past/a");
	ck_assert_str_eq(listener.event[0].kv.value, "1");
	ck_assert_int_eq(listener.event[0].kv.lease, lease.id);
	ck_assert_int_eq(listener.event[0].kv.mod_revision, first);
	ck_assert_str_eq(listener.event[1].kv.key, "past/b");
	ck_assert(!listener.event[1].deleted);
	ck_assert(listener.event[2].deleted);
	ck_assert_str_eq(listener.event[2].kv.key, "past/a");
	ck_assert_int_eq(listener.event[2].kv.create_revision, first);
	ck_assert_int_eq(listener.event[2].kv.lease, lease.id);
	ck_assert_int_eq(listener.event[2].kv.mod_revision, first + 3);
	ck_assert_int_eq(reply.revision, first + 3);
	etcd_close(client);
}
END_TEST

START_TEST(a_watch_resumed_after_what_was_told_misses_nothing_and_repeats_nothing)
{
	struct etcd *client = open_client(etcd[_i]);
	struct listener before = {.enough = 1}, after = {.enough = 2};
	int64_t first = put(client, "resume/k", "1", 0);

	ck_assert_int_eq(watch(client, "resume/", first, &before).revision, first);
	put(client, "resume/k", "2", 0);
	put(client, "resume/k", "3", 0);
	watch(client, "resume/", before.revision + 1, &after);
	ck_assert_int_eq(after.events, 2);
	ck_assert_str_eq(after.event[0].kv.value, "2");
	ck_assert_str_eq(after.event[1].kv.value, "3");
	etcd_close(client);
}
END_TEST

START_TEST(a_watch_from_now_says_when_it_stands_and_tells_what_comes_then)
{
	struct etcd *client = open_client(etcd[_i]);
	struct listener listener = {.enough = 1, .writer = client, .key = "now/k"};
	int64_t before = put(client, "now/k", "old", 0);

	ck_assert_int_eq(watch(client, "now/", 0, &listener).outcome, ETCD_OK);
	ck_assert_int_ge(listener.stands_at, before);
	ck_assert_int_eq(listener.events, 1);
	ck_assert_str_eq(listener.event[0].kv.value, "new");
	etcd_close(client);
}
END_TEST

START_TEST(a_silent_watch_asks_about_every_100_ms_whether_to_go_on)
{
	struct etcd *client = open_client(etcd[_i]);
	struct listener listener = {.enough = 1, .until_ns = in_ms(1000)};

	ck_assert_int_eq(watch(client, "silent/", 0, &listener).outcome, ETCD_OK);
	ck_assert_int_ge(listener.calls, 6);
	ck_assert_int_le(listener.calls, 14);
	ck_assert_int_eq(listener.events, 0);
	etcd_close(client);
}
END_TEST

START_TEST(a_watch_of_compacted_revisions_is_fail_and_names_the_first_that_is_left)
{
	struct etcd *client = open_client(etcd[_i]);
	struct listener listener = {.enough = 1, .until_ns = in_ms(PATIENCE_MS)};
	struct etcd_watch_config config = {
		.prefix = "compact/", .from_revision = 1, .tell = listen_to, .context = &listener};
	int64_t last, compact_revision;
	_cleanup_json_ cJSON *answer = NULL;
	cJSON *request = cJSON_CreateObject();

	put(client, "compact/k", "1", 0);
	last = put(client, "compact/k", "2", 0);
	json_add_int64(request, "revision", last);
	ck_assert_int_eq(
		client_call(client, "kv/compaction", request, in_ms(PATIENCE_MS), &answer).outcome,
		ETCD_OK);
	struct etcd_reply reply = etcd_watch(client, &config, &compact_revision);

	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_int_eq(compact_revision, last);
	ck_assert_int_eq(listener.events, 0);
	etcd_close(client);
}
END_TEST

START_TEST(a_watch_of_a_member_that_dies_is_info_and_of_a_dead_one_fail)
{
	struct etcd_fixture *mortal;
	struct listener listener = {.enough = 1}, late = {.enough = 1};
	struct error err = {0};

	ck_assert_msg(etcd_fixture_start(&mortal, "etcd", &err) == 0, "%s", err.text);
	listener.victim = mortal;

	struct etcd *client = open_client(mortal);
	struct etcd_reply reply = watch(client, "k", 0, &listener);

	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert_int_eq(reply.revision, listener.revision);
	ck_assert_int_gt(reply.revision, 0);
	ck_assert(clock_now_ns() < listener.until_ns);
	ck_assert_int_eq(watch(client, "k", 0, &late).outcome, ETCD_FAIL);
	etcd_close(client);
	etcd_fixture_stop(mortal);
}
END_TEST

int main(void)
{
	int count = etcd_fixture_start_each("etcd_watch_test", etcd);
	Suite *suite = suite_create("etcd: watch");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
#define ADD(test) tcase_add_loop_test(tests, test, 0, count)
	ADD(a_watch_from_the_past_tells_every_change_in_order_and_whose_key_went);
	ADD(a_watch_resumed_after_what_was_told_misses_nothing_and_repeats_nothing);
	ADD(a_watch_from_now_says_when_it_stands_and_tells_what_comes_then);
	ADD(a_silent_watch_asks_about_every_100_ms_whether_to_go_on);
	ADD(a_watch_of_compacted_revisions_is_fail_and_names_the_first_that_is_left);
	if (count > 0)
		tcase_add_test(tests, a_watch_of_a_member_that_dies_is_info_and_of_a_dead_one_fail);
	return run_on_each(suite, count);
}
