/* What operators do, on every etcd there is: one member each, so changes of the membership are only
 * begun here; tests/unit/cluster_operate_test.c takes a member out of three and back in. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/etcd_each.h"

#define ck_refused(reply, number, part)                                                            \
	do {                                                                                       \
		struct etcd_reply fail_ = (reply);                                                 \
		ck_assert_msg(fail_.outcome == ETCD_FAIL && fail_.code == (number) &&              \
				      strstr(fail_.error, part) != NULL,                           \
			      "outcome %d, code %d: %s", fail_.outcome, fail_.code, fail_.error);  \
	} while (0)

static bool is_3_3(int i)
{
	return strncmp(etcd_fixture_version(etcd[i]), "3.3.", 4) == 0;
}

START_TEST(each_version_tells_its_own)
{
	struct etcd *client = open_client(etcd[_i]);
	char version[32];

	ck_ok(etcd_version(client, 0, version, in_ms(5000)));
	ck_assert_str_eq(version, etcd_fixture_version(etcd[_i]));
	/* And the same connection takes requests with a body after it. */
	ck_ok(etcd_put(client, "version", version, 0, in_ms(5000)));
	etcd_close(client);
}
END_TEST

START_TEST(the_leader_may_be_told_to_lead_and_not_to_obey_a_stranger)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_status status;

	ck_ok(etcd_status(client, 0, &status, in_ms(5000)));
	ck_ok(etcd_move_leader(client, 0, status.member_id, in_ms(5000)));
	struct etcd_reply stranger = etcd_move_leader(client, 0, 12345, in_ms(1000));

	if (is_3_3(_i)) { /* which waits for the stranger to lead */
		ck_assert_int_eq(stranger.outcome, ETCD_INFO);
		ck_assert_int_eq(stranger.http_status, 0);
	} else {
		ck_refused(stranger, 9, "bad leader transferee");
	}
	etcd_close(client);
}
END_TEST

START_TEST(a_compacted_revision_is_read_no_more)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_kv kv;
	int count;

	ck_ok(etcd_put(client, "compact/k", "old", 0, in_ms(5000)));
	struct etcd_reply reply = etcd_put(client, "compact/k", "new", 0, in_ms(5000));

	ck_ok(reply);
	ck_ok(etcd_range_at(client, "compact/k", reply.revision - 1, &kv, &count, in_ms(5000)));
	ck_assert_int_eq(count, 1);
	ck_assert_str_eq(kv.value, "old");
	ck_ok(etcd_compact(client, reply.revision, in_ms(5000)));
	ck_refused(etcd_range_at(client, "compact/k", reply.revision - 1, &kv, &count, in_ms(5000)),
		   11, "has been compacted");
	ck_ok(etcd_range_at(client, "compact/k", reply.revision, &kv, &count, in_ms(5000)));
	ck_assert_str_eq(kv.value, "new");
	ck_refused(etcd_compact(client, reply.revision, in_ms(5000)), 11, "has been compacted");
	ck_refused(etcd_compact(client, reply.revision + 1000, in_ms(5000)), 11, "future revision");
	etcd_close(client);
}
END_TEST

START_TEST(defragmenting_gives_back_what_compaction_freed)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_status before, after;
	struct etcd_reply reply;
	char value[ETCD_TEXT];

	memset(value, 'v', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	for (int i = 0; i < 1000; i++) {
		reply = etcd_put(client, "defragment/k", value, 0, in_ms(5000));
		ck_ok(reply);
	}
	ck_ok(etcd_compact(client, reply.revision, in_ms(5000)));
	/* The compaction frees its pages in the background, and commits every 100 ms. */
	clock_sleep_until_ns(in_ms(500));
	ck_ok(etcd_status(client, 0, &before, in_ms(5000)));
	ck_ok(etcd_defragment(client, 0, in_ms(5000)));
	ck_ok(etcd_status(client, 0, &after, in_ms(5000)));
	ck_assert_int_lt(after.db_size, before.db_size);
	ck_assert_int_eq(after.db_in_use == 0, is_3_3(_i));
	ck_assert_int_le(after.db_in_use, after.db_size);
	etcd_close(client);
}
END_TEST

START_TEST(a_lease_tells_its_keys_until_it_is_revoked)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_lease_holdings holdings;
	struct etcd_lease lease;

	ck_ok(etcd_lease_grant(client, 30, &lease, in_ms(5000)));
	ck_ok(etcd_lease_look(client, lease.id, &holdings, in_ms(5000)));
	ck_assert_int_eq(holdings.keys, 0);
	ck_ok(etcd_put(client, "look/a", "", lease.id, in_ms(5000)));
	ck_ok(etcd_put(client, "look/b", "", lease.id, in_ms(5000)));
	ck_ok(etcd_lease_look(client, lease.id, &holdings, in_ms(5000)));
	ck_assert_int_eq(holdings.lease.id, lease.id);
	ck_assert_int_ge(holdings.lease.ttl_s, 28);
	ck_assert_int_eq(holdings.granted_ttl_s, 30);
	ck_assert_int_eq(holdings.keys, 2);
	/* In no order. */
	ck_assert_int_eq(strcmp(holdings.key[0], "look/a") == 0,
			 strcmp(holdings.key[1], "look/b") == 0);
	ck_assert_int_eq(strncmp(holdings.key[0], "look/", 5), 0);
	ck_ok(etcd_lease_revoke(client, lease.id, in_ms(5000)));
	ck_ok(etcd_lease_look(client, lease.id, &holdings, in_ms(5000)));
	ck_assert_int_eq(holdings.lease.ttl_s, -1);
	ck_assert_int_eq(holdings.keys, 0);
	etcd_close(client);
}
END_TEST

static bool is_listed(struct etcd *client, int64_t id)
{
	int64_t ids[64];
	int count;

	ck_ok(etcd_lease_list(client, ids, 64, &count, in_ms(5000)));
	ck_assert_int_lt(count, 64);
	for (int i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

START_TEST(a_lease_is_listed_from_its_grant_until_its_revocation)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_lease lease;

	ck_ok(etcd_lease_grant(client, 30, &lease, in_ms(5000)));
	ck_assert(is_listed(client, lease.id));
	ck_ok(etcd_lease_revoke(client, lease.id, in_ms(5000)));
	ck_assert(!is_listed(client, lease.id));
	etcd_close(client);
}
END_TEST

/* Adding takes the majority from the only member: so this is the last test of each. */
START_TEST(members_come_and_go_only_as_the_membership_allows)
{
	struct etcd *client = open_client(etcd[_i]);
	struct etcd_member member, added;
	int count;

	ck_refused(etcd_member_remove(client, 12345, in_ms(5000)), 5, "member not found");
	ck_ok(etcd_member_list(client, &member, 1, &count, in_ms(5000)));
	struct etcd_reply twice = etcd_member_add(client, member.peer_url, &added, in_ms(5000));

	ck_assert_int_eq(twice.outcome, ETCD_FAIL);
	ck_ok(etcd_member_add(client, "http://127.0.0.1:1", &added, in_ms(5000)));
	ck_assert_uint_ne(added.id, 0);
	ck_assert_uint_ne(added.id, member.id);
	ck_assert_str_eq(added.peer_url, "http://127.0.0.1:1");
	ck_assert_str_eq(added.name, "");
	/* One of two members has started, and another one more is too many. */
	struct etcd_reply more = etcd_member_add(client, "http://127.0.0.1:2", &added, in_ms(1000));

	ck_assert_int_eq(more.outcome, ETCD_FAIL);
	etcd_close(client);
}
END_TEST

int main(void)
{
	int count = etcd_fixture_start_each("etcd_maintenance_test", etcd);
	Suite *suite = suite_create("etcd: maintenance");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 30);
#define ADD(test) tcase_add_loop_test(tests, test, 0, count)
	ADD(each_version_tells_its_own);
	ADD(the_leader_may_be_told_to_lead_and_not_to_obey_a_stranger);
	ADD(a_compacted_revision_is_read_no_more);
	ADD(defragmenting_gives_back_what_compaction_freed);
	ADD(a_lease_tells_its_keys_until_it_is_revoked);
	ADD(a_lease_is_listed_from_its_grant_until_its_revocation);
	ADD(members_come_and_go_only_as_the_membership_allows);
	return run_on_each(suite, count);
}
