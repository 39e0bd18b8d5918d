/* Leases, keys, transactions, locks and the cluster, on every etcd there is. */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/process.h"
#include "etcd/client.h" /* for a path that no call has */
#include "tests/unit/etcd_each.h"

static int64_t grant(struct etcd *client, int64_t ttl_s)
{
	struct etcd_lease lease;
	struct etcd_reply reply = etcd_lease_grant(client, ttl_s, &lease, in_ms(5000));

	ck_assert_msg(reply.outcome == ETCD_OK, "%s", reply.error);
	ck_assert_int_eq(lease.ttl_s, ttl_s);
	return lease.id;
}

/* How many keys stand below the prefix. */
static int count_keys(struct etcd *client, const char *prefix)
{
	struct etcd_kv kvs[8];
	int count;

	ck_assert_int_eq(etcd_range(client, prefix, true, kvs, 8, &count, in_ms(5000)).outcome,
			 ETCD_OK);
	return count;
}

START_TEST(a_lease_lives_from_its_grant_until_its_revocation)
{
	struct etcd *client = open_client(etcd[_i]);
	int64_t id = grant(client, 30), before_ns = clock_now_ns();
	struct etcd_lease lease;
	struct etcd_reply reply = etcd_lease_keepalive(client, id, &lease, in_ms(5000));

	ck_ok(reply);
	ck_assert_int_eq(lease.id, id);
	ck_assert_int_eq(lease.ttl_s, 30);
	ck_assert_int_ge(reply.sent_ns, before_ns);
	ck_assert_int_le(reply.sent_ns, clock_now_ns());
	ck_assert_int_gt(reply.revision, 0);
	ck_assert_uint_ne(reply.member_id, 0);
	ck_ok(etcd_lease_timetolive(client, id, &lease, in_ms(5000)));
	ck_assert_int_ge(lease.ttl_s, 28);
	ck_ok(etcd_lease_revoke(client, id, in_ms(5000)));

	ck_ok(etcd_lease_keepalive(client, id, &lease, in_ms(5000)));
	ck_assert_int_eq(lease.ttl_s, 0);
	ck_ok(etcd_lease_timetolive(client, id, &lease, in_ms(5000)));
	ck_assert_int_eq(lease.ttl_s, -1);
	reply = etcd_lease_revoke(client, id, in_ms(5000));
	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_int_eq(reply.code, 5);
	ck_assert_str_eq(reply.error, "etcdserver: requested lease not found");
	etcd_close(client);
}
END_TEST

START_TEST(lease_ids_above_2_to_the_53_survive_to_the_last_digit)
{
	struct etcd *client = open_client(etcd[_i]);
	int64_t id = grant(client, 30);
	struct etcd_lease lease;
	struct etcd_kv kv;
	int count;

	for (int i = 0; i < 100 && (int64_t)(double)id == id; i++)
		id = grant(client, 30);
	ck_assert_int_ne((int64_t)(double)id, id);
	ck_ok(etcd_put(client, "ids/k", "v", id, in_ms(5000)));
	ck_ok(etcd_range(client, "ids/k", false, &kv, 1, &count, in_ms(5000)));
	ck_assert_int_eq(kv.lease, id);
	ck_ok(etcd_lease_keepalive(client, id, &lease, in_ms(5000)));
	ck_assert_int_eq(lease.ttl_s, 30);
	etcd_close(client);
}
END_TEST

START_TEST(keys_are_put_found_by_prefix_and_deleted)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_kv kvs[3];
	int64_t deleted;
	int count;

	ck_ok(etcd_put(client, "kv/b", "2", 0, in_ms(5000)));
	ck_ok(etcd_put(client, "kv/a", "1 \"\\\xc3\xa4", 0, in_ms(5000)));
	ck_ok(etcd_put(client, "kv/a", "", 0, in_ms(5000)));
	ck_ok(etcd_put(client, "kv0", "beyond", 0, in_ms(5000)));
	ck_ok(etcd_range(client, "kv/", true, kvs, 3, &count, in_ms(5000)));
	ck_assert_int_eq(count, 2);
	ck_assert_str_eq(kvs[0].key, "kv/a");
	ck_assert_str_eq(kvs[0].value, "");
	ck_assert_int_eq(kvs[0].version, 2);
	ck_assert_int_eq(kvs[0].mod_revision, kvs[0].create_revision + 1);
	ck_assert_str_eq(kvs[1].key, "kv/b");
	ck_assert_int_eq(kvs[1].lease, 0);
	ck_ok(etcd_range(client, "kv/", true, kvs, 1, &count, in_ms(5000)));
	ck_assert_int_eq(count, 1);

	ck_ok(etcd_delete(client, "kv/b", false, &deleted, in_ms(5000)));
	ck_assert_int_eq(deleted, 1);
	ck_ok(etcd_delete(client, "kv/", true, &deleted, in_ms(5000)));
	ck_assert_int_eq(deleted, 1);
	ck_ok(etcd_delete(client, "kv/", true, &deleted, in_ms(5000)));
	ck_assert_int_eq(deleted, 0);
	ck_ok(etcd_range(client, "kv0", false, kvs, 1, &count, in_ms(5000)));
	ck_assert_int_eq(count, 1);
	etcd_close(client);
}
END_TEST

/* Nor is it a reason not to tell of its key. */
START_TEST(a_value_that_does_not_fit_is_told_as_none_and_not_cut)
{
	struct etcd *client = open_client(etcd[_i]);
	char value[ETCD_VALUE_SIZE + 1];
	struct etcd_kv kv;
	int count;

	memset(value, 'v', ETCD_VALUE_SIZE);
	value[ETCD_VALUE_SIZE] = '\0';
	ck_ok(etcd_put(client, "long/k", value, 0, in_ms(5000)));
	ck_ok(etcd_range(client, "long/k", false, &kv, 1, &count, in_ms(5000)));
	ck_assert_int_eq(count, 1);
	ck_assert_str_eq(kv.key, "long/k");
	ck_assert_str_eq(kv.value, "");
	etcd_close(client);
}
END_TEST

START_TEST(a_put_with_a_dead_lease_is_fail_and_leaves_nothing)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_reply reply = etcd_put(client, "dead/k", "v", 12345, in_ms(5000));

	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_int_eq(count_keys(client, "dead/"), 0);
	etcd_close(client);
}
END_TEST

START_TEST(a_transaction_takes_the_branch_that_its_compares_choose)
{
	struct etcd *client = open_client(etcd[_i]);
	const struct etcd_compare absent = {ETCD_CREATE_REVISION, "txn/k", .number = 0};
	const struct etcd_compare both[] = {{ETCD_VALUE, "txn/k", .value = "v"},
					    {ETCD_VERSION, "txn/k", .number = 1}};
	const struct etcd_op put = {.kind = ETCD_OP_PUT, .key = "txn/k", .value = "v"};
	const struct etcd_op get = {.kind = ETCD_OP_RANGE, .key = "txn/k"};
	const struct etcd_op drop = {.kind = ETCD_OP_DELETE, .key = "txn/k"};
	const struct etcd_txn create = {&absent, 1, &put, &get, 1, 1};
	const struct etcd_txn take_away = {both, 2, &drop, NULL, 1, 0};
	struct etcd_kv found;
	bool succeeded;

	ck_ok(etcd_txn(client, &create, &succeeded, &found, in_ms(5000)));
	ck_assert(succeeded);
	ck_assert_str_eq(found.key, "");
	ck_ok(etcd_txn(client, &create, &succeeded, &found, in_ms(5000)));
	ck_assert(!succeeded);
	ck_assert_str_eq(found.key, "txn/k");
	ck_assert_str_eq(found.value, "v");

	const struct etcd_compare current = {ETCD_MOD_REVISION, "txn/k",
					     .number = found.mod_revision};
	const struct etcd_txn look = {&current, 1, &get, NULL, 1, 0};

	ck_ok(etcd_txn(client, &look, &succeeded, &found, in_ms(5000)));
	ck_assert(succeeded && found.version == 1);
	ck_ok(etcd_txn(client, &take_away, &succeeded, NULL, in_ms(5000)));
	ck_assert(succeeded);
	ck_ok(etcd_txn(client, &look, &succeeded, &found, in_ms(5000)));
	ck_assert(!succeeded);
	etcd_close(client);
}
END_TEST

/* Locks --------------------------------------------------------------------------------------- */

struct locker { /* another client that asks for the lock, in a thread */
	int i;
	int64_t lease;
	char key[ETCD_TEXT];
	struct etcd_reply reply;
	int64_t answered_ns;
};

static void *run_locker(void *context)
{
	struct locker *locker = context;
	struct etcd *client = open_client(etcd[locker->i]);

	locker->reply =
		etcd_lock(client, "lock/wait", locker->lease, locker->key, in_ms(10 * 1000));
	locker->answered_ns = clock_now_ns();
	etcd_close(client);
	return NULL;
}

START_TEST(a_second_locker_waits_for_the_first_to_unlock)
{
	struct etcd *client = open_client(etcd[_i]);
	struct locker second = {.i = _i, .lease = grant(client, 30)};
	char key[ETCD_TEXT];
	pthread_t thread;

	ck_ok(etcd_lock(client, "lock/wait", grant(client, 30), key, in_ms(5000)));
	ck_assert_int_eq(strncmp(key, "lock/wait/", 10), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, run_locker, &second), 0);
	for (int i = 0; i < 500 && count_keys(client, "lock/wait/") < 2; i++)
		clock_sleep_until_ns(in_ms(10));
	ck_assert_int_eq(count_keys(client, "lock/wait/"), 2);

	struct etcd_reply reply = etcd_unlock(client, key, in_ms(5000));

	ck_ok(reply);
	pthread_join(thread, NULL);
	ck_ok(second.reply);
	ck_assert_int_gt(second.answered_ns, reply.sent_ns);
	ck_assert_str_ne(second.key, key);
	ck_assert_int_eq(count_keys(client, second.key), 1);
	etcd_close(client);
}
END_TEST

START_TEST(a_locker_whose_deadline_passes_in_the_queue_is_info)
{
	struct etcd *client = open_client(etcd[_i]);
	int64_t first = grant(client, 30), second = grant(client, 30);
	char key[ETCD_TEXT];

	ck_ok(etcd_lock(client, "lock/late", first, key, in_ms(5000)));
	ck_assert_int_eq(etcd_lock(client, "lock/late", second, key, in_ms(300)).outcome,
			 ETCD_INFO);
	ck_assert_str_eq(key, "");
	ck_ok(etcd_lease_revoke(client, second, in_ms(5000)));
	ck_assert_int_eq(count_keys(client, "lock/late/"), 1);
	etcd_close(client);
}
END_TEST

START_TEST(a_lock_with_a_dead_lease_is_fail)
{
	struct etcd *client = open_client(etcd[_i]);
	char key[ETCD_TEXT];
	struct etcd_reply reply = etcd_lock(client, "lock/dead", 12345, key, in_ms(5000));

	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_str_eq(key, "");
	ck_assert_int_eq(count_keys(client, "lock/dead"), 0);
	etcd_close(client);
}
END_TEST

START_TEST(status_and_member_list_tell_of_this_member)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_status status;
	struct etcd_member members[2];
	int count;

	ck_ok(etcd_status(client, 0, &status, in_ms(5000)));
	ck_assert_str_eq(status.version, etcd_fixture_version(etcd[_i]));
	ck_assert_uint_ne(status.leader, 0);
	ck_assert_uint_eq(status.leader, status.member_id);
	ck_assert_uint_gt(status.raft_term, 0);
	ck_assert_uint_gt(status.raft_index, 0);
	ck_assert_int_gt(status.db_size, 0);

	ck_ok(etcd_member_list(client, members, 2, &count, in_ms(5000)));
	ck_assert_int_eq(count, 1);
	ck_assert_uint_eq(members[0].id, status.member_id);
	ck_assert_str_eq(members[0].client_url, etcd_fixture_url(etcd[_i]));
	ck_assert_str_eq(members[0].name, "default");
	ck_assert_int_eq(strncmp(members[0].peer_url, "http://", 7), 0);
	etcd_close(client);
}
END_TEST

START_TEST(a_path_that_the_gateway_does_not_know_is_fail)
{
	struct etcd *client = open_client(etcd[_i]);
	cJSON *answer;
	struct etcd_reply reply =
		client_call(client, "kv/nothing", cJSON_CreateObject(), in_ms(5000), &answer);

	ck_assert_int_eq(reply.http_status, 404);
	ck_assert_int_eq(reply.outcome, ETCD_FAIL);
	ck_assert_ptr_null(answer);
	etcd_close(client);
}
END_TEST

START_TEST(a_stopped_member_is_info_at_the_deadline)
{
	struct etcd *client = open_client(etcd[_i]);

	ck_ok(etcd_put(client, "stopped/k", "before", 0, in_ms(5000)));
	kill(etcd_fixture_pid(etcd[_i]), SIGSTOP);
	ck_assert(process_wait_state(etcd_fixture_pid(etcd[_i]), 'T', in_ms(5000)));
	struct etcd_reply reply = etcd_put(client, "stopped/k", "during", 0, in_ms(300));

	kill(etcd_fixture_pid(etcd[_i]), SIGCONT);
	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert_int_gt(reply.sent_ns, 0);
	ck_ok(etcd_put(client, "stopped/k", "after", 0, in_ms(5000)));
	etcd_close(client);
}
END_TEST

int main(void)
{
	int count = etcd_fixture_start_each("etcd_api_test", etcd);
	Suite *suite = suite_create("etcd: api");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
#define ADD(test) tcase_add_loop_test(tests, test, 0, count)
	ADD(a_lease_lives_from_its_grant_until_its_revocation);
	ADD(lease_ids_above_2_to_the_53_survive_to_the_last_digit);
	ADD(keys_are_put_found_by_prefix_and_deleted);
	ADD(a_value_that_does_not_fit_is_told_as_none_and_not_cut);
	ADD(a_put_with_a_dead_lease_is_fail_and_leaves_nothing);
	ADD(a_transaction_takes_the_branch_that_its_compares_choose);
	ADD(a_second_locker_waits_for_the_first_to_unlock);
	ADD(a_locker_whose_deadline_passes_in_the_queue_is_info);
	ADD(a_lock_with_a_dead_lease_is_fail);
	ADD(status_and_member_list_tell_of_this_member);
	ADD(a_path_that_the_gateway_does_not_know_is_fail);
	ADD(a_stopped_member_is_info_at_the_deadline);
	return run_on_each(suite, count);
}
