/* Disk faults on real members: what is held is held, what is let go goes on, and what ended comes
 * back. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "sandbox/disk_inside.h"
#include "tests/support/suite.h"
#include "tests/unit/cluster_disk_rig.h"

enum { HOLD_MS = 400 };

START_INSIDE(put_waits_for_the_whole_stall_and_then_succeeds)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct disk_count count;
	struct etcd_reply reply;

	ck_assert_int_eq(hosts_abilities(rig_hosts) & CAN_FAULT_DISKS, CAN_FAULT_DISKS);
	rig_inject(1, DISK_STALL, 0, DISK_SCOPE_WAL, 0);
	struct slow_put *put = rig_begin_put(cluster, 0, "test/a");

	rig_await_held(1, 1);
	clock_sleep_until_ns(rig_in_ms(HOLD_MS)); /* so long it is to last */
	ck_assert_int_eq(put->ended_ns, 0);
	ck_ok(hosts_disk_heal(rig_hosts, 1, &count, &err));
	ck_assert_int_ge(rig_end_put(put, &reply), HOLD_MS * NS_PER_MS);
	ck_assert_int_eq(reply.outcome, ETCD_OK);
	ck_assert_int_ge(count.seen, 1);
	ck_assert_int_ge(count.held, 1);
	ck_assert_int_eq(count.failed, 0);
	ck_assert_int_ge(count.longest_hold_ns, HOLD_MS * NS_PER_MS);
	ck_assert_int_lt(count.longest_hold_ns, 5 * NS_PER_S);
	ck_assert_int_eq(rig_count(1).seen, 0); /* healed: no count any more */
	ck_assert_int_eq(rig_put(cluster, 0, "test/b", 1000).outcome, ETCD_OK);
	rig_close(cluster);
}

START_INSIDE(idle_member_syncs_nothing_and_so_counts_nothing)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct disk_count count = {.seen = 1};

	/* What the start has left over is committed soon (etcd: every 100 ms). */
	for (int i = 0; i < 10 && count.seen; i++) {
		rig_inject(1, DISK_STALL, 0, DISK_SCOPE_ALL, 0);
		clock_sleep_until_ns(rig_in_ms(HOLD_MS));
		ck_ok(hosts_disk_heal(rig_hosts, 1, &count, &err));
	}
	ck_assert_int_eq(count.seen, 0);
	ck_assert_int_eq(count.held, 0);
	ck_assert_int_eq(count.longest_hold_ns, 0);
	rig_close(cluster);
}

START_INSIDE(fault_of_one_member_is_of_no_other)
{
	struct cluster *cluster = rig_start_disks("etcd", 3);
	struct disk_count count;
	int64_t deadline_ns = rig_in_ms(10000);
	int leader, stalled;

	while ((leader = cluster_leader(cluster, NULL)) < 0)
		ck_assert_int_lt(clock_now_ns(), deadline_ns);
	stalled = (leader + 1) % 3;
	rig_inject(1, DISK_STALL, stalled, DISK_SCOPE_ALL, 0);
	rig_inject(2, DISK_SLOW, (stalled + 1) % 3, DISK_SCOPE_ALL, 1);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(rig_put(cluster, leader, "test/a", 2000).outcome, ETCD_OK);
	ck_assert_int_ge(rig_count(1).held, 1);
	ck_assert_int_ge(rig_count(2).seen, 1);
	ck_ok(cluster_heal_all(cluster, &err));
	ck_ok(cluster_wait_serving(cluster, "test/", rig_in_ms(20000), &err));
	ck_ok(hosts_disk_heal(rig_hosts, 1, &count, &err)); /* not there any more: no error */
	ck_assert_int_eq(count.seen, 0);
	ck_ok(cluster_audit(cluster, "test/", rig_in_ms(5000), &err));
	rig_close(cluster);
}

START_INSIDE(slow_disk_delays_each_put_and_loses_none)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct disk_count count;

	rig_inject(7, DISK_SLOW, 0, DISK_SCOPE_WAL, 100 * NS_PER_MS);
	for (int i = 0; i < 3; i++) {
		int64_t began_ns = clock_now_ns();

		ck_assert_int_eq(rig_put(cluster, 0, "test/a", 5000).outcome, ETCD_OK);
		ck_assert_int_ge(clock_now_ns() - began_ns, 100 * NS_PER_MS);
	}
	ck_ok(hosts_disk_heal(rig_hosts, 7, &count, &err));
	ck_assert_int_ge(count.held, 3);
	ck_assert_int_eq(count.held, count.seen);
	ck_assert_int_ge(count.longest_hold_ns, 100 * NS_PER_MS);
	ck_assert_int_lt(count.longest_hold_ns, 300 * NS_PER_MS);
	rig_close(cluster);
}

/* A put is acknowledged when the WAL has it; the database's own syncs come later. */
START_INSIDE(scope_wal_leaves_the_database_alone_and_scope_all_does_not)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct disk_count of_wal, of_all;

	rig_inject(1, DISK_SLOW, 0, DISK_SCOPE_WAL, 1);
	rig_inject(2, DISK_SLOW, 0, DISK_SCOPE_ALL, 1);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rig_put(cluster, 0, "test/a", 5000).outcome, ETCD_OK);
	clock_sleep_until_ns(rig_in_ms(500)); /* etcd commits every 100 ms */
	ck_ok(hosts_disk_heal(rig_hosts, 1, &of_wal, &err));
	ck_ok(hosts_disk_heal(rig_hosts, 2, &of_all, &err));
	ck_assert_int_ge(of_wal.seen, 3);
	/* A commit is two: the pages, then the meta page. */
	ck_assert_int_ge(of_all.seen, of_wal.seen + 2);
	rig_close(cluster);
}

START_INSIDE(faults_are_healed_in_any_order_and_the_stall_wins)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct disk_count count;
	struct etcd_reply reply;

	rig_inject(3, DISK_STALL, 0, DISK_SCOPE_WAL, 0);
	rig_inject(4, DISK_SLOW, 0, DISK_SCOPE_WAL, NS_PER_MS);
	rig_inject(5, DISK_STALL, 0, DISK_SCOPE_ALL, 0);
	struct slow_put *put = rig_begin_put(cluster, 0, "test/a");

	rig_await_held(3, 1);
	ck_ok(hosts_disk_heal(rig_hosts, 4, NULL, &err));
	ck_ok(hosts_disk_heal(rig_hosts, 3, &count, &err));
	ck_assert_int_eq(count.held, 1);
	clock_sleep_until_ns(rig_in_ms(HOLD_MS));
	ck_assert_int_eq(put->ended_ns, 0); /* the other stall holds it */
	ck_ok(hosts_disk_heal(rig_hosts, 5, &count, &err));
	ck_assert_int_ge(count.longest_hold_ns, HOLD_MS * NS_PER_MS);
	rig_end_put(put, &reply);
	ck_assert_int_eq(reply.outcome, ETCD_OK);
	rig_close(cluster);
}

/* Ends ---------------------------------------------------------------------------------------- */

static void await_end(int ends)
{
	int64_t deadline_ns = rig_in_ms(10000);

	while (rig_seen.ends < ends) {
		rig_tend();
		ck_assert_msg(clock_now_ns() < deadline_ns, "the member did not end");
	}
	ck_assert_int_eq(rig_seen.expected, ends);
}

START_INSIDE(io_error_ends_the_member_as_expected_and_healing_starts_it_again)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct disk_count count;

	ck_assert_int_eq(rig_put(cluster, 0, "test/kept", 1000).outcome, ETCD_OK);
	rig_inject(1, DISK_EIO, 0, DISK_SCOPE_WAL, 0);
	ck_assert_int_ne(rig_put(cluster, 0, "test/a", 2000).outcome, ETCD_OK);
	await_end(1);
	ck_ok(hosts_tend(rig_hosts, &err)); /* it stays down */
	ck_assert_int_eq(hosts_control(rig_hosts, 0)->pid, 0);
	ck_ok(hosts_disk_heal(rig_hosts, 1, &count, &err));
	ck_assert_int_ge(count.failed, 1);
	rig_tend_until_incarnation(0, 2);
	ck_ok(cluster_wait_serving(cluster, "test/", rig_in_ms(20000), &err));
	ck_assert(rig_has(cluster, 0, "test/kept"));
	rig_close(cluster);
}

START_INSIDE(crash_of_a_member_without_a_fault_is_still_unexpected)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);

	rig_inject(1, DISK_STALL, 0, DISK_SCOPE_ALL, 0);
	kill(hosts_control(rig_hosts, 0)->pid, SIGKILL);
	while (rig_seen.ends == 0)
		rig_tend();
	ck_assert_int_eq(rig_seen.expected, 0);
	rig_close(cluster);
}

START_INSIDE(full_disk_refuses_space_and_healing_gives_it_back)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct disk_count count;
	char key[32];

	ck_assert_int_eq(rig_put(cluster, 0, "test/kept", 1000).outcome, ETCD_OK);
	rig_inject(1, DISK_FULL, 0, DISK_SCOPE_ALL, 0);
	for (int i = 0; i < 400 && rig_seen.ends == 0; i++) {
		snprintf(key, sizeof(key), "test/%d", i);
		rig_put(cluster, 0, key, 1000);
		ck_ok(hosts_tend(rig_hosts, &err));
	}
	await_end(1); /* its database cannot grow */
	ck_ok(hosts_disk_heal(rig_hosts, 1, &count, &err));
	ck_assert_int_gt(count.ballast_bytes, 50 << 20);
	rig_tend_until_incarnation(0, 2);
	ck_ok(cluster_wait_serving(cluster, "test/", rig_in_ms(20000), &err));
	ck_assert(rig_has(cluster, 0, "test/kept"));
	rig_close(cluster);
}

/* Bad times for the faults themselves --------------------------------------------------------- */

START_INSIDE(killed_supervisor_is_succeeded_and_what_was_held_goes_on)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct etcd_reply reply;
	pid_t first = rig_hosts->disk->supervisor;

	rig_inject(1, DISK_STALL, 0, DISK_SCOPE_WAL, 0);
	struct slow_put *put = rig_begin_put(cluster, 0, "test/a");

	rig_await_held(1, 1);
	kill(first, SIGKILL);
	for (int64_t late_ns = rig_in_ms(1000); rig_hosts->disk->supervisor == first;) {
		rig_tend();
		ck_assert_int_lt(clock_now_ns(), late_ns);
	}
	clock_sleep_until_ns(rig_in_ms(HOLD_MS));
	ck_assert_int_eq(put->ended_ns, 0); /* the fault outlives it */
	ck_ok(hosts_disk_heal(rig_hosts, 1, NULL, &err));
	rig_end_put(put, &reply);
	ck_assert_int_eq(reply.outcome, ETCD_OK);
	for (int i = 0; i < 20; i++) { /* killed at any moment, with syncs under way */
		put = rig_begin_put(cluster, 0, "test/b");
		clock_sleep_until_ns(clock_now_ns() + i * 200 * NS_PER_US);
		kill(rig_hosts->disk->supervisor, SIGKILL);
		while (put->ended_ns == 0 && process_state(put->pid) != 'Z')
			rig_tend();
		ck_assert_int_lt(rig_end_put(put, &reply), 3 * NS_PER_S);
		ck_assert_int_eq(reply.outcome, ETCD_OK);
	}
	ck_assert_int_eq(rig_seen.ends, 0);
	rig_close(cluster);
}

START_INSIDE(heals_that_all_fail_are_one_error_and_can_be_tried_again)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct error trouble = {0};

	rig_inject(1, DISK_STALL, 0, DISK_SCOPE_WAL, 0);
	rig_inject(2, DISK_STALL, 0, DISK_SCOPE_ALL, 0);
	kill(rig_hosts->disk->supervisor, SIGSTOP);
	ck_assert_int_eq(cluster_heal_all(cluster, &trouble), -1);
	ck_assert_ptr_nonnull(strstr(trouble.text, "disk fault 1"));
	kill(rig_hosts->disk->supervisor, SIGCONT);
	ck_ok(cluster_heal_all(cluster, &err));
	ck_assert_int_eq(rig_put(cluster, 0, "test/a", 5000).outcome, ETCD_OK);
	rig_close(cluster);
}

static bool all_stopped(pid_t pid)
{
	char path[64];
	bool stopped = true;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	DIR *tasks = opendir(path);

	ck_assert_ptr_nonnull(tasks);
	for (const struct dirent *task; (task = readdir(tasks));)
		stopped &= atoi(task->d_name) == 0 || process_state(atoi(task->d_name)) == 'T';
	closedir(tasks);
	return stopped;
}

static void await_all_stopped(pid_t pid)
{
	int64_t deadline_ns = rig_in_ms(1000);

	while (!all_stopped(pid))
		ck_assert_msg(clock_now_ns() < deadline_ns, "a thread does not stop");
}

START_INSIDE(stopped_member_is_held_on_after_its_pause)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	pid_t pid = hosts_control(rig_hosts, 0)->pid;
	struct disk_count count;
	struct etcd_reply reply;

	rig_inject(1, DISK_STALL, 0, DISK_SCOPE_WAL, 0);
	struct slow_put *put = rig_begin_put(cluster, 0, "test/a");

	rig_await_held(1, 1);
	kill(pid, SIGSTOP);
	await_all_stopped(pid); /* the thread that waits for us, too */
	kill(pid, SIGCONT);
	clock_sleep_until_ns(rig_in_ms(HOLD_MS));
	ck_assert_int_eq(put->ended_ns, 0);
	ck_ok(hosts_disk_heal(rig_hosts, 1, &count, &err));
	rig_end_put(put, &reply);
	ck_assert_int_eq(reply.outcome, ETCD_OK);
	ck_assert_int_eq(count.seen, 1); /* made again, counted once */
	ck_assert_int_eq(count.held, 1);
	rig_close(cluster);
}

START_INSIDE(restarted_member_meets_the_fault_that_is_in_force)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct etcd_reply reply;

	for (int incarnation = 2; incarnation < 5; incarnation++) {
		hosts_want(rig_hosts, 0, WANTED_DOWN);
		kill(hosts_control(rig_hosts, 0)->pid, SIGKILL);
		ck_assert(process_wait_state(hosts_control(rig_hosts, 0)->pid, 0, rig_in_ms(2000)));
		hosts_want(rig_hosts, 0, WANTED_UP);
		rig_tend_until_incarnation(0, incarnation);
		ck_ok(cluster_wait_serving(cluster, "test/", rig_in_ms(20000), &err));
		rig_inject(incarnation, DISK_STALL, 0, DISK_SCOPE_WAL, 0);
		struct slow_put *put = rig_begin_put(cluster, 0, "test/a");

		rig_await_held(incarnation, 1);
		ck_ok(hosts_disk_heal(rig_hosts, incarnation, NULL, &err));
		rig_end_put(put, &reply);
		ck_assert_int_eq(reply.outcome, ETCD_OK);
	}
	rig_close(cluster);
}

/* As a nemesis that dies with all it did. */
START_INSIDE(heal_all_undoes_what_a_dead_process_did)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct stat status;
	char path[512];
	int waited;
	pid_t nemesis = fork();

	if (nemesis == 0) {
		rig_inject(1, DISK_STALL, 0, DISK_SCOPE_ALL, 0);
		rig_inject(2, DISK_FULL, 0, DISK_SCOPE_ALL, 0);
		rig_inject(3, DISK_POWER_LOSS, 0, DISK_SCOPE_ALL, 0);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(nemesis, &waited, 0), nemesis);
	ck_assert_int_eq(waited, 0);
	snprintf(path, sizeof(path), "%s/data/member0/ballast-2", rig_run_dir);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_ok(hosts_tend(rig_hosts, &err));
	ck_assert_int_eq(hosts_control(rig_hosts, 0)->pid, 0);
	ck_ok(cluster_heal_all(cluster, &err));
	ck_assert_int_ne(stat(path, &status), 0);
	rig_tend_until_incarnation(0, 2);
	ck_ok(cluster_wait_serving(cluster, "test/", rig_in_ms(20000), &err));
	ck_assert_int_eq(rig_seen.ends, rig_seen.expected);
	rig_close(cluster);
}

START_INSIDE(fault_that_cannot_be_is_refused)
{
	static const struct disk_fault bad[] = {
		{1, DISK_STALL, 1, DISK_SCOPE_ALL, 0}, /* the store */
		{0, DISK_STALL, 0, DISK_SCOPE_ALL, 0},
		{2, DISK_SLOW, 0, DISK_SCOPE_ALL, 0},
		{9, DISK_EIO, 0, DISK_SCOPE_ALL, 0}, /* in force */
	};
	struct cluster *cluster = rig_start_disks("etcd", 1);

	rig_inject(9, DISK_SLOW, 0, DISK_SCOPE_WAL, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct error refusal = {0};

		ck_assert_int_eq(hosts_disk_inject(rig_hosts, &bad[i], &refusal), -1);
		ck_assert_int_eq(refusal.code, EXIT_BAD_USAGE);
	}
	ck_ok(hosts_disk_heal(rig_hosts, 9, NULL, &err));
	rig_close(cluster);
}

START_INSIDE(cluster_that_was_not_opened_for_them_has_no_disk_faults)
{
	struct cluster *cluster = rig_cluster(1, 0, (struct cluster_plan){.etcd_path = "etcd"});
	struct disk_fault fault = {1, DISK_STALL, 0, DISK_SCOPE_ALL, 0};
	struct error refusal = {0};

	ck_assert_int_eq(hosts_abilities(rig_hosts) & CAN_FAULT_DISKS, 0);
	ck_assert_int_eq(hosts_disk_inject(rig_hosts, &fault, &refusal), -1);
	ck_assert_int_eq(refusal.code, EXIT_BAD_USAGE);
	ck_ok(hosts_disk_heal(rig_hosts, 1, NULL, &err));
	rig_close(cluster);
}

static void refuse_disks(int disk_mb, enum exit_code code)
{
	struct host host = {.role = HOST_MEMBER, .name = "m1"};
	struct hosts_plan plan = {.engine = &engine_sandbox,
				  .run_dir = rig_run_dir,
				  .count = 1,
				  .host = &host,
				  .disk_faults = true,
				  .disk_mb = disk_mb,
				  .wal = service_etcd.wal};
	struct error refusal = {0};
	struct hosts *hosts;

	ck_assert_int_eq(hosts_open(&hosts, &plan, &refusal), -1);
	ck_assert_int_eq(refusal.code, code);
}

START_INSIDE(disks_that_memory_cannot_hold_are_refused)
{
	refuse_disks(1 << 30, EXIT_MACHINE_LACKS);
}

START_INSIDE(disk_that_is_too_small_for_etcd_is_refused)
{
	refuse_disks(DISK_MB_MIN - 1, EXIT_BAD_USAGE);
}

START_INSIDE(closing_leaves_no_process_and_no_mount)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	struct stat status;
	char path[512];

	rig_inject(1, DISK_STALL, 0, DISK_SCOPE_ALL, 0);
	rig_close(cluster);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
	snprintf(path, sizeof(path), "%s/data", rig_run_dir);
	ck_assert_int_ne(stat(path, &status), 0);
}

int main(void)
{
	Suite *suite = suite_create("cluster: disk");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("cluster_disk_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, put_waits_for_the_whole_stall_and_then_succeeds);
	tcase_add_test(tests, idle_member_syncs_nothing_and_so_counts_nothing);
	tcase_add_test(tests, fault_of_one_member_is_of_no_other);
	tcase_add_test(tests, slow_disk_delays_each_put_and_loses_none);
	tcase_add_test(tests, scope_wal_leaves_the_database_alone_and_scope_all_does_not);
	tcase_add_test(tests, faults_are_healed_in_any_order_and_the_stall_wins);
	tcase_add_test(tests, io_error_ends_the_member_as_expected_and_healing_starts_it_again);
	tcase_add_test(tests, crash_of_a_member_without_a_fault_is_still_unexpected);
	tcase_add_test(tests, full_disk_refuses_space_and_healing_gives_it_back);
	tcase_add_test(tests, killed_supervisor_is_succeeded_and_what_was_held_goes_on);
	tcase_add_test(tests, heals_that_all_fail_are_one_error_and_can_be_tried_again);
	tcase_add_test(tests, stopped_member_is_held_on_after_its_pause);
	tcase_add_test(tests, restarted_member_meets_the_fault_that_is_in_force);
	tcase_add_test(tests, heal_all_undoes_what_a_dead_process_did);
	tcase_add_test(tests, fault_that_cannot_be_is_refused);
	tcase_add_test(tests, cluster_that_was_not_opened_for_them_has_no_disk_faults);
	tcase_add_test(tests, disks_that_memory_cannot_hold_are_refused);
	tcase_add_test(tests, disk_that_is_too_small_for_etcd_is_refused);
	tcase_add_test(tests, closing_leaves_no_process_and_no_mount);
	return suite_run(suite);
}
