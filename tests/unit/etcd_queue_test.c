/* What a queue of keys is made of, and the election API, on every etcd there is. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/etcd_each.h"

enum { PATIENCE_MS = 5000 };

static int64_t grant(struct etcd *client)
{
	struct etcd_lease lease;

	ck_ok(etcd_lease_grant(client, 30, &lease, in_ms(PATIENCE_MS)));
	return lease.id;
}

static int64_t put(struct etcd *client, const char *key, const char *value)
{
	return ck_ok(etcd_put(client, key, value, 0, in_ms(PATIENCE_MS))).revision;
}

static void drop(struct etcd *client, const char *key)
{
	int64_t deleted;

	ck_ok(etcd_delete(client, key, false, &deleted, in_ms(PATIENCE_MS)));
	ck_assert_int_eq(deleted, 1);
}

/* Keys ---------------------------------------------------------------------------------------- */

START_TEST(last_made_is_by_creation_and_not_by_name_nor_by_the_last_put)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_kv kv;
	int count;

	int64_t first = put(client, "made/b", "1"), second = put(client, "made/a", "2");
	int64_t third = put(client, "made/c", "3");

	put(client, "made/b", "4");
	put(client, "made0", "beyond");
	ck_ok(etcd_range_made_until(client, "made/", third, &kv, 1, &count, in_ms(PATIENCE_MS)));
	ck_assert_int_eq(count, 1);
	ck_assert_str_eq(kv.key, "made/c");
	ck_ok(etcd_range_made_until(client, "made/", third - 1, &kv, 1, &count,
				    in_ms(PATIENCE_MS)));
	ck_assert_int_eq(count, 1);
	ck_assert_str_eq(kv.key, "made/a");
	ck_assert_int_eq(kv.create_revision, second);
	ck_ok(etcd_range_made_until(client, "made/", first - 1, &kv, 1, &count,
				    in_ms(PATIENCE_MS)));
	ck_assert_int_eq(count, 0);
	etcd_close(client);
}
END_TEST

START_TEST(transaction_tells_of_the_first_made_what_it_finds_after_its_put)
{
	struct etcd *client = open_client(etcd[_i]);
	const struct etcd_compare absent = {ETCD_CREATE_REVISION, "line/a", .number = 0};
	const struct etcd_op then[] = {{ETCD_OP_PUT, "line/a", "v", .lease = 0},
				       {ETCD_OP_RANGE, "line/", .first_made = true}};
	const struct etcd_txn enter = {&absent, 1, then, NULL, 2, 0};
	struct etcd_kv owner;
	bool succeeded;

	int64_t made =
		ck_ok(etcd_txn(client, &enter, &succeeded, &owner, in_ms(PATIENCE_MS))).revision;

	ck_assert(succeeded);
	ck_assert_str_eq(owner.key, "line/a");
	ck_assert_int_eq(owner.create_revision, made);
	drop(client, "line/a");
	made = put(client, "line/z", "first");
	ck_ok(etcd_txn(client, &enter, &succeeded, &owner, in_ms(PATIENCE_MS)));
	ck_assert_str_eq(owner.key, "line/z");
	ck_assert_int_eq(owner.create_revision, made);
	etcd_close(client);
}
END_TEST

/* Awaiting ------------------------------------------------------------------------------------ */

struct deleter {
	int i;
	const char *key;
	bool deleted; /* what the waiting told */
	struct etcd_reply reply;
	int64_t from_revision;
};

static void *await_in_thread(void *context)
{
	struct deleter *deleter = context;
	struct etcd *client = open_client(etcd[deleter->i]);

	deleter->reply = etcd_await_deleted(client, 0, deleter->key, false, deleter->from_revision,
					    &deleter->deleted, in_ms(20 * 1000));
	etcd_close(client);
	return NULL;
}

/* A key that begins alike, or another put, is none. */
START_TEST(deletion_is_awaited_of_that_very_key)
{
	struct etcd *client = open_client(etcd[_i]);
	struct deleter deleter = {.i = _i, .key = "await/a"};
	pthread_t thread;

	put(client, "await/ab", "other");
	deleter.from_revision = put(client, "await/a", "v") + 1;
	ck_assert_int_eq(pthread_create(&thread, NULL, await_in_thread, &deleter), 0);
	drop(client, "await/ab");
	put(client, "await/a", "again");
	clock_sleep_until_ns(in_ms(300));
	drop(client, "await/a");
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(deleter.deleted);
	ck_assert_int_eq(deleter.reply.outcome, ETCD_OK);
	etcd_close(client);
}
END_TEST

START_TEST(deletion_that_was_before_the_waiting_is_told)
{
	struct etcd *client = open_client(etcd[_i]);
	int64_t made = put(client, "await/b", "v");
	bool deleted = false;

	drop(client, "await/b");
	ck_ok(etcd_await_deleted(client, 0, "await/b", false, made + 1, &deleted,
				 in_ms(PATIENCE_MS)));
	ck_assert(deleted);
	etcd_close(client);
}
END_TEST

START_TEST(deletion_is_awaited_until_the_deadline)
{
	struct etcd *client = open_client(etcd[_i]);
	int64_t made = put(client, "await/c", "v"), until_ns = in_ms(300);
	bool deleted = true;

	ck_ok(etcd_await_deleted(client, 0, "await/c", false, made + 1, &deleted, until_ns));
	ck_assert(!deleted);
	ck_assert_int_ge(clock_now_ns(), until_ns);
	etcd_close(client);
}
END_TEST

/* Elections ----------------------------------------------------------------------------------- */

START_TEST(candidate_is_elected_proclaims_and_resigns)
{
	struct etcd *client = open_client(etcd[_i]);
	int64_t lease = grant(client);
	struct etcd_leader leader;
	struct etcd_kv kv;
	int count;

	ck_ok(etcd_campaign(client, "election/a", "me", lease, &leader, in_ms(PATIENCE_MS)));
	ck_assert_str_eq(leader.name, "election/a");
	ck_assert_int_eq(leader.lease, lease);
	ck_ok(etcd_range(client, "election/a/", true, &kv, 1, &count, in_ms(PATIENCE_MS)));
	ck_assert_int_eq(count, 1);
	ck_assert_str_eq(kv.key, leader.key);
	ck_assert_str_eq(kv.value, "me");
	ck_assert_int_eq(kv.create_revision, leader.revision);
	int64_t said =
		ck_ok(etcd_proclaim(client, &leader, "still me", in_ms(PATIENCE_MS))).revision;

	ck_assert_int_gt(said, leader.revision);
	ck_ok(etcd_range(client, leader.key, false, &kv, 1, &count, in_ms(PATIENCE_MS)));
	ck_assert_str_eq(kv.value, "still me");
	ck_assert_int_eq(kv.create_revision, leader.revision);
	ck_ok(etcd_resign(client, &leader, in_ms(PATIENCE_MS)));
	ck_ok(etcd_range(client, leader.key, false, &kv, 1, &count, in_ms(PATIENCE_MS)));
	ck_assert_int_eq(count, 0);
	etcd_close(client);
}
END_TEST

START_TEST(observer_is_told_who_leads_and_when_nobody_does)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_leader leader;
	struct etcd_kv named;

	ck_ok(etcd_campaign(client, "election/d", "me", grant(client), &leader,
			    in_ms(PATIENCE_MS)));
	struct etcd_reply reply =
		ck_ok(etcd_observe_leader(client, "election/d", &named, in_ms(PATIENCE_MS)));

	ck_assert_str_eq(named.key, leader.key);
	ck_assert_str_eq(named.value, "me");
	ck_assert_int_eq(named.create_revision, leader.revision);
	ck_assert_int_ge(reply.revision, leader.revision);
	ck_ok(etcd_resign(client, &leader, in_ms(PATIENCE_MS)));
	reply = etcd_observe_leader(client, "election/d", &named, in_ms(PATIENCE_MS));
	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_msg(strstr(reply.error, "election: no leader"), "%s", reply.error);
	etcd_close(client);
}
END_TEST

START_TEST(who_leads_no_more_cannot_proclaim)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_leader leader;

	ck_ok(etcd_campaign(client, "election/b", "me", grant(client), &leader,
			    in_ms(PATIENCE_MS)));
	drop(client, leader.key);
	struct etcd_reply reply = etcd_proclaim(client, &leader, "me", in_ms(PATIENCE_MS));

	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_msg(strstr(reply.error, "election: not leader"), "%s", reply.error);
	/* Resigning is no proof of having led. */
	ck_ok(etcd_resign(client, &leader, in_ms(PATIENCE_MS)));
	etcd_close(client);
}
END_TEST

START_TEST(candidate_whose_deadline_passes_in_the_queue_is_info)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_leader leader, other;

	ck_ok(etcd_campaign(client, "election/c", "me", grant(client), &leader,
			    in_ms(PATIENCE_MS)));
	struct etcd_reply reply =
		etcd_campaign(client, "election/c", "other", grant(client), &other, in_ms(300));

	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert_str_eq(other.key, "");
	etcd_close(client);
}
END_TEST

int main(void)
{
	int count = etcd_fixture_start_each("etcd_queue_test", etcd);
	Suite *suite = suite_create("etcd: queues and elections");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
#define ADD(test) tcase_add_loop_test(tests, test, 0, count)
	ADD(last_made_is_by_creation_and_not_by_name_nor_by_the_last_put);
	ADD(transaction_tells_of_the_first_made_what_it_finds_after_its_put);
	ADD(deletion_is_awaited_of_that_very_key);
	ADD(deletion_that_was_before_the_waiting_is_told);
	ADD(deletion_is_awaited_until_the_deadline);
	ADD(candidate_is_elected_proclaims_and_resigns);
	ADD(observer_is_told_who_leads_and_when_nobody_does);
	ADD(who_leads_no_more_cannot_proclaim);
	ADD(candidate_whose_deadline_passes_in_the_queue_is_info);
	return run_on_each(suite, count);
}
