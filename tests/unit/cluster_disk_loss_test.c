/* What a power loss takes, and what it does not; and etcd #14370, which it brings to light. */
#include <check.h>
#include <stdlib.h>

#include "tests/unit/cluster_disk_rig.h"

static void come_back(struct cluster *cluster)
{
	rig_tend_until_incarnation(0, 2);
	ck_ok(cluster_wait_serving(cluster, "serving/", rig_in_ms(20000), &err));
	ck_assert_int_eq(rig_seen.ends, 1);
	ck_assert_int_eq(rig_seen.expected, 1);
}

/* Ends the client's process too: its connection breaks with the member. */
static void lose_power(struct disk_count *count)
{
	rig_inject(2, DISK_POWER_LOSS, 0, DISK_SCOPE_ALL, 0);
	ck_ok(hosts_disk_heal(rig_hosts, 1, NULL, &err)); /* the stall, if there is one */
	ck_ok(hosts_disk_heal(rig_hosts, 2, count, &err));
}

START_INSIDE(power_loss_loses_what_was_not_synced_and_nothing_else)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct disk_count count;
	struct etcd_reply reply;

	ck_assert_int_eq(rig_put(cluster, 0, "test/synced", 1000).outcome, ETCD_OK);
	rig_inject(1, DISK_STALL, 0, DISK_SCOPE_ALL, 0);
	struct slow_put *put = rig_begin_put(cluster, 0, "test/unsynced");

	rig_await_unsynced(1, "test/unsynced");
	lose_power(&count);
	rig_end_put(put, &reply);
	ck_assert_int_eq(reply.outcome, ETCD_INFO);
	ck_assert_int_gt(count.lost_bytes, 0);
	ck_assert_int_lt(count.lost_bytes, 4096);
	come_back(cluster);
	ck_assert(rig_has(cluster, 0, "test/synced"));
	ck_assert(!rig_has(cluster, 0, "test/unsynced"));
	rig_close(cluster);
}

/* The negative control: it is not the kill that loses. */
START_INSIDE(kill_alone_loses_not_even_what_was_not_synced)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct etcd_reply reply;

	rig_inject(1, DISK_STALL, 0, DISK_SCOPE_ALL, 0);
	struct slow_put *put = rig_begin_put(cluster, 0, "test/unsynced");

	rig_await_unsynced(1, "test/unsynced");
	hosts_want(rig_hosts, 0, WANTED_DOWN);
	kill(hosts_control(rig_hosts, 0)->pid, SIGKILL);
	ck_assert(process_wait_state(hosts_control(rig_hosts, 0)->pid, 0, rig_in_ms(2000)));
	ck_ok(hosts_disk_heal(rig_hosts, 1, NULL, &err));
	hosts_want(rig_hosts, 0, WANTED_UP);
	rig_end_put(put, &reply);
	come_back(cluster);
	ck_assert(rig_has(cluster, 0, "test/unsynced"));
	rig_close(cluster);
}

START_INSIDE(power_loss_under_load_loses_no_acknowledged_put)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct disk_count count;
	char key[32];
	int puts = 0;

	for (int64_t until_ns = rig_in_ms(300); clock_now_ns() < until_ns; puts++) {
		snprintf(key, sizeof(key), "test/%d", puts);
		ck_assert_int_eq(rig_put(cluster, 0, key, 1000).outcome, ETCD_OK);
	}
	lose_power(&count);
	come_back(cluster);
	for (int i = 0; i < puts; i++) {
		snprintf(key, sizeof(key), "test/%d", i);
		ck_assert_msg(rig_has(cluster, 0, key), "%s of %d is lost", key, puts);
	}
	rig_close(cluster);
}

START_INSIDE(power_loss_of_a_follower_is_made_good_by_the_others)
{
	struct cluster *cluster = rig_start_disks("etcd", 3);
	int64_t deadline_ns = rig_in_ms(10000);
	struct disk_count count;
	int leader;

	while ((leader = cluster_leader(cluster, NULL)) < 0)
		ck_assert_int_lt(clock_now_ns(), deadline_ns);
	int follower = (leader + 1) % 3;

	rig_inject(1, DISK_STALL, follower, DISK_SCOPE_ALL, 0);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(rig_put(cluster, leader, "test/a", 2000).outcome, ETCD_OK);
	rig_await_held(1, 1);
	rig_inject(2, DISK_POWER_LOSS, follower, DISK_SCOPE_ALL, 0);
	ck_ok(hosts_disk_heal(rig_hosts, 2, &count, &err)); /* in the other order */
	ck_ok(hosts_disk_heal(rig_hosts, 1, NULL, &err));
	ck_assert_int_gt(count.lost_bytes, 0);
	rig_tend_until_incarnation(follower, 2);
	ck_ok(cluster_wait_serving(cluster, "serving/", rig_in_ms(20000), &err));
	ck_assert(rig_has(cluster, follower, "test/a"));
	ck_ok(cluster_audit(cluster, "test/", rig_in_ms(5000), &err));
	rig_close(cluster);
}

/* Without writing anything, which would take a revision. */
static void await_readable(struct cluster *cluster)
{
	int64_t deadline_ns = rig_in_ms(10000);
	enum etcd_outcome outcome = ETCD_FAIL;
	struct etcd *client;
	struct etcd_kv kv;
	int count;

	ck_ok(etcd_open(&client, cluster_target(cluster), 0, &err));
	while (outcome != ETCD_OK) {
		outcome =
			etcd_range(client, "test/", false, &kv, 1, &count, rig_in_ms(500)).outcome;
		ck_assert_msg(clock_now_ns() < deadline_ns, "it cannot be read");
	}
	etcd_close(client);
}

/* etcd #14370: a single member of 3.3 applies and acknowledges an entry while it still saves it.
 * Returns whether an acknowledged put is lost, and its revision given out to another one. */
static bool loses_an_acknowledged_put(const char *etcd)
{
	struct cluster *cluster = rig_start_disks(etcd, 1);
	struct disk_count count;

	ck_assert_int_eq(rig_put(cluster, 0, "test/before", 1000).outcome, ETCD_OK);
	clock_sleep_until_ns(rig_in_ms(300)); /* the database has committed that */
	rig_inject(1, DISK_STALL, 0, DISK_SCOPE_ALL, 0);
	struct etcd_reply first = rig_put(cluster, 0, "test/during", 1000);

	rig_await_unsynced(1, "test/during");
	lose_power(&count);
	ck_assert_int_gt(count.lost_bytes, 0);
	rig_tend_until_incarnation(0, 2);
	await_readable(cluster);
	ck_assert(rig_has(cluster, 0, "test/before"));
	bool acknowledged = first.outcome == ETCD_OK, lost = !rig_has(cluster, 0, "test/during");
	struct etcd_reply second = rig_put(cluster, 0, "test/after", 1000);

	ck_assert_int_eq(second.outcome, ETCD_OK);
	printf("  %s: put during the stall: %s as revision %lld; after the power loss %s; the next "
	       "put is revision %lld\n",
	       etcd, acknowledged ? "acknowledged" : "not acknowledged", (long long)first.revision,
	       lost ? "lost" : "there", (long long)second.revision);
	fflush(stdout);
	rig_close(cluster);
	return acknowledged && lost && first.revision == second.revision;
}

START_INSIDE(etcd_14370_is_not_in_the_etcd_of_today)
{
	ck_assert(!loses_an_acknowledged_put("etcd"));
}

START_INSIDE(etcd_14370_is_found_in_3_3_25)
{
	char path[512];

	etcd_fixture_cached("3.3.25", path, sizeof(path));
	ck_assert(loses_an_acknowledged_put(path));
}

/* Adds the test of an etcd that is perhaps not here. */
static bool add_old_etcd(TCase *tests)
{
	const char *must_run = getenv("MUST_RUN");
	char path[512];

	etcd_fixture_cached("3.3.25", path, sizeof(path));
	if (access(path, X_OK) == 0) {
		tcase_add_test(tests, etcd_14370_is_found_in_3_3_25);
		return true;
	}
	printf("SKIP etcd_14370_is_found_in_3_3_25: no etcd 3.3.25 in the cache: "
	       "scripts/fetch-etcd 3.3.25\n");
	return !must_run || strcmp(must_run, "1") != 0;
}

int main(void)
{
	Suite *suite = suite_create("cluster: power loss");
	TCase *tests = tcase_create("all");
	SRunner *runner = srunner_create(suite);

	rig_need_sandbox("cluster_disk_loss_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, power_loss_loses_what_was_not_synced_and_nothing_else);
	tcase_add_test(tests, kill_alone_loses_not_even_what_was_not_synced);
	tcase_add_test(tests, power_loss_under_load_loses_no_acknowledged_put);
	tcase_add_test(tests, power_loss_of_a_follower_is_made_good_by_the_others);
	tcase_add_test(tests, etcd_14370_is_not_in_the_etcd_of_today);
	bool complete = add_old_etcd(tests);

	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed || !complete ? EXIT_FAILURE : EXIT_SUCCESS;
}
