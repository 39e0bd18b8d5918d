/* Real etcd members in the sandbox: they serve, have a leader, come back, and agree. */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "etcd/etcd.h"
#include "tests/support/cut_dropped.h"
#include "tests/support/etcd_fixture.h"
#include "tests/support/stalls.h"
#include "tests/support/suite.h"
#include "tests/unit/cluster_rig.h"

static const struct cluster_plan three = {
	.etcd_path = "etcd", .heartbeat_ms = 50, .election_ms = 500};

static int64_t in_ns(int64_t seconds)
{
	return clock_now_ns() + seconds * NS_PER_S;
}

static struct cluster *start_three(void)
{
	struct cluster *cluster = rig_cluster(3, 1, three);

	for (int i = 0; i < 3; i++)
		ck_ok(hosts_start(rig_hosts, i, &err));
	ck_ok(cluster_wait_serving(cluster, "test/", in_ns(20), &err));
	return cluster;
}

static int await_leader(struct cluster *cluster, int other_than, uint64_t *term)
{
	int64_t deadline_ns = in_ns(10);

	for (;;) {
		int leader = cluster_leader(cluster, term);

		if (leader >= 0 && leader != other_than)
			return leader;
		ck_assert_msg(clock_now_ns() < deadline_ns, "no leader");
	}
}

START_INSIDE(three_members_serve_soon_have_a_leader_and_agree)
{
	stalls_begin();
	int64_t began_ns = clock_now_ns();
	uint64_t term = 0;
	struct cluster *cluster = start_three();
	int64_t serving_ns = clock_now_ns();

	await_leader(cluster, -1, &term);
	int64_t asked_ns = clock_now_ns();

	ck_assert_uint_gt(term, 0);
	ck_ok(cluster_audit(cluster, "test/", in_ns(5), &err));
	printf("  3 members serve after %.0f ms, the leader is known after %.1f ms\n",
	       (double)(serving_ns - began_ns) / NS_PER_MS,
	       (double)(asked_ns - serving_ns) / NS_PER_MS);
	fflush(stdout);
	ck_assert_int_lt(serving_ns - began_ns, 5 * NS_PER_S + stalls_ns());
	rig_close(cluster);
}

START_INSIDE(leader_that_is_stopped_is_succeeded_in_a_later_term)
{
	struct cluster *cluster = start_three();
	uint64_t term = 0, later_term = 0;
	int leader = await_leader(cluster, -1, &term);

	kill(hosts_control(rig_hosts, leader)->pid, SIGSTOP);
	ck_assert_int_ne(await_leader(cluster, leader, &later_term), leader);
	/* A member's term follows its leader after a moment. */
	for (int64_t late_ns = in_ns(20); later_term <= term; cluster_leader(cluster, &later_term))
		ck_assert_int_lt(clock_now_ns(), late_ns);
	ck_ok(cluster_heal_all(cluster, &err));
	ck_ok(cluster_wait_serving(cluster, "test/", in_ns(20), &err));
	rig_close(cluster);
}

START_INSIDE(stopped_member_does_not_hold_up_the_question_for_the_leader)
{
	struct cluster *cluster = start_three();

	kill(hosts_control(rig_hosts, 0)->pid, SIGSTOP); /* the one that is asked first */
	ck_assert(process_wait_state(hosts_control(rig_hosts, 0)->pid, 'T', in_ns(10)));
	await_leader(cluster, 0, NULL);
	stalls_begin();
	int64_t began_ns = clock_now_ns();

	cluster_leader(cluster, NULL);
	ck_assert_int_lt(clock_now_ns() - began_ns,
			 250 * NS_PER_MS + stalls_ns()); /* a time-out is 300 */
	rig_close(cluster);
}

START_INSIDE(leader_cut_off_from_its_peers_is_succeeded)
{
	struct cluster *cluster = start_three();
	int leader = await_leader(cluster, -1, NULL);
	struct cut cut = {.id = 1, .both = true, .froms = 1, .from = {(int16_t)leader}};
	int64_t packets = 0;

	for (int i = 0; i < 3; i++)
		if (i != leader)
			cut.to[cut.tos++] = (int16_t)i;
	ck_ok(hosts_cut(rig_hosts, &cut, &err));
	ck_assert_int_ne(await_leader(cluster, leader, NULL), leader);
	ck_ok(cut_dropped(rig_hosts, 1, &packets, &err));
	ck_assert_int_gt(packets, 0);
	ck_ok(cluster_heal_all(cluster, &err));
	ck_ok(cluster_wait_serving(cluster, "test/", in_ns(20), &err));
	ck_ok(cluster_audit(cluster, "test/", in_ns(5), &err));
	rig_close(cluster);
}

static void tend_until_incarnation(int host, int incarnation)
{
	int64_t deadline_ns = in_ns(20);

	while (hosts_control(rig_hosts, host)->incarnation < incarnation) {
		struct pollfd wish = {hosts_wanted_fd(rig_hosts), POLLIN, 0};

		poll(&wish, 1, 10);
		ck_ok(hosts_tend(rig_hosts, &err));
		ck_assert_int_lt(clock_now_ns(), deadline_ns);
	}
}

START_INSIDE(killed_member_comes_back_with_its_data)
{
	struct cluster *cluster = start_three();
	struct etcd *client;
	struct etcd_kv kv;
	int count;
	pid_t pid = hosts_control(rig_hosts, 1)->pid;

	ck_ok(etcd_open(&client,
			&(struct etcd_target){&cluster_target(cluster)->endpoint[1], 1, NULL}, 0,
			&err));
	ck_assert_int_eq(etcd_put(client, "test/kept", "yes", 0, in_ns(5)).outcome, ETCD_OK);
	hosts_want(rig_hosts, 1, WANTED_DOWN);
	kill(pid, SIGKILL);
	ck_assert(process_wait_state(pid, 0, in_ns(10)));
	hosts_want(rig_hosts, 1, WANTED_UP);
	tend_until_incarnation(1, 2);
	ck_ok(cluster_wait_serving(cluster, "test/", in_ns(20), &err));
	ck_assert_int_eq(etcd_range(client, "test/kept", false, &kv, 1, &count, in_ns(5)).outcome,
			 ETCD_OK);
	ck_assert_int_eq(count, 1);
	ck_ok(cluster_audit(cluster, "test/", in_ns(5), &err));
	etcd_close(client);
	rig_close(cluster);
}

START_INSIDE(data_goes_and_logs_stay_when_the_cluster_closes)
{
	struct stat status;
	char path[512];

	rig_close(start_three());
	snprintf(path, sizeof(path), "%s/data", rig_run_dir);
	ck_assert_int_eq(stat(path, &status), -1);
	snprintf(path, sizeof(path), "%s/logs/member2.log", rig_run_dir);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_gt(status.st_size, 100);
}

START_INSIDE(member_that_ends_instead_of_serving_is_named_with_its_log)
{
	struct cluster_plan plan = three;
	struct error refusal = {0};

	plan.etcd_path = "/bin/false";
	struct cluster *cluster = rig_cluster(1, 0, plan);

	ck_ok(hosts_start(rig_hosts, 0, &err));
	ck_assert_int_eq(cluster_wait_serving(cluster, "test/", in_ns(10), &refusal), -1);
	ck_assert_msg(strstr(refusal.text, "logs/member0.log") != NULL, "%s", refusal.text);
	rig_close(cluster);
}

START_INSIDE(members_without_a_majority_do_not_serve_in_time)
{
	struct cluster *cluster = rig_cluster(3, 0, three);
	struct error refusal = {0};
	int64_t deadline_ns = clock_now_ns() + NS_PER_S;

	stalls_begin();
	ck_ok(hosts_start(rig_hosts, 0, &err));
	ck_assert_int_eq(cluster_wait_serving(cluster, "test/", deadline_ns, &refusal), -1);
	ck_assert_int_lt(clock_now_ns() - deadline_ns, NS_PER_S + stalls_ns());
	ck_assert_msg(strstr(refusal.text, "member0") != NULL, "%s", refusal.text);
	ck_assert_int_eq(cluster_leader(cluster, NULL), -1);
	rig_close(cluster);
}

/* The negative control of the audit: two strangers that pose as members of one cluster. */
static void put_in(struct cluster *cluster, int member, const char *value)
{
	struct etcd *client;

	ck_ok(etcd_open(&client,
			&(struct etcd_target){&cluster_target(cluster)->endpoint[member], 1, NULL},
			0, &err));
	ck_assert_int_eq(etcd_put(client, "test/key", value, 0, in_ns(5)).outcome, ETCD_OK);
	etcd_close(client);
}

static void put_in_each(struct cluster *cluster, const char *const values[2])
{
	for (int i = 0; i < 2; i++)
		put_in(cluster, i, values[i]);
}

/* The error of entering these two, or 0. */
static int enter_two(const char *one, const char *other, const char *words)
{
	const char *endpoints[] = {one, other};
	struct error trouble = {0};
	struct cluster *cluster = rig_cluster(2, 0, (struct cluster_plan){.endpoints = endpoints});
	const char *why;

	cluster_wait_serving(cluster, "test/", in_ns(20), &trouble);
	if (trouble.code)
		ck_assert_msg(strstr(trouble.text, words) != NULL, "%s", trouble.text);
	else
		ck_assert(cluster_is_absent(cluster, 1, &why) && strstr(why, words));
	if (!trouble.code) /* over the one that is there */
		ck_ok(cluster_audit(cluster, "test/", in_ns(5), &err));
	rig_close(cluster);
	return trouble.code;
}

START_TEST(endpoints_of_an_existing_cluster_are_its_members_and_some_may_be_down)
{
	struct etcd_fixture *etcd[2];
	char same[64];

	for (int i = 0; i < 2; i++)
		ck_ok(etcd_fixture_start(&etcd[i], "etcd", &err));
	rig_run_dir = scratch_file("run");
	ck_assert_int_eq(mkdir(rig_run_dir, 0700), 0);
	snprintf(same, sizeof(same), "http://localhost%s", strrchr(etcd_fixture_url(etcd[0]), ':'));
	ck_assert_int_eq(enter_two(etcd_fixture_url(etcd[0]), same, "are the same member"),
			 EXIT_BAD_USAGE);
	ck_assert_int_eq(enter_two(etcd_fixture_url(etcd[0]), etcd_fixture_url(etcd[1]),
				   "are not of one cluster"),
			 EXIT_BAD_USAGE);
	etcd_fixture_kill(etcd[1]);
	ck_assert_int_eq(enter_two(etcd_fixture_url(etcd[0]), etcd_fixture_url(etcd[1]), "connect"),
			 0);
	etcd_fixture_kill(etcd[0]);
	stalls_begin();
	int64_t began_ns = clock_now_ns();

	ck_assert_int_eq(enter_two(etcd_fixture_url(etcd[0]), etcd_fixture_url(etcd[1]),
				   "nobody answers of 2 endpoints"),
			 EXIT_MACHINE_LACKS);
	ck_assert_int_lt(clock_now_ns() - began_ns, 6 * NS_PER_S + stalls_ns());
	for (int i = 0; i < 2; i++)
		etcd_fixture_stop(etcd[i]);
}
END_TEST

START_TEST(audit_finds_members_that_differ_at_one_revision)
{
	struct etcd_fixture *etcd[2];
	const char *endpoints[2];
	struct error difference = {0};

	for (int i = 0; i < 2; i++) {
		ck_ok(etcd_fixture_start(&etcd[i], "etcd", &err));
		endpoints[i] = etcd_fixture_url(etcd[i]);
	}
	rig_run_dir = scratch_file("run");
	ck_assert_int_eq(mkdir(rig_run_dir, 0700), 0);
	struct cluster *cluster = rig_cluster(2, 0, (struct cluster_plan){.endpoints = endpoints});

	put_in_each(cluster, (const char *const[]){"same", "same"});
	ck_ok(cluster_audit(cluster, "test/", in_ns(5), &err));
	put_in_each(cluster, (const char *const[]){"one", "other"});
	ck_assert_int_eq(cluster_audit(cluster, "test/", in_ns(5), &difference), -1);
	ck_assert_int_eq(difference.code, EXIT_VIOLATION);
	ck_assert_msg(strstr(difference.text, "test/key = \"other\"") != NULL, "%s",
		      difference.text);
	/* One that does not know what the other has acknowledged. */
	for (int i = 0; i < 2; i++) {
		put_in(cluster, i, "ahead");
		difference = (struct error){0};
		ck_assert_int_eq(cluster_audit(cluster, "other/", in_ns(5), &difference),
				 i ? 0 : -1);
		ck_assert_msg(i || strstr(difference.text, "linearizable read at revision"), "%s",
			      difference.text);
		ck_assert_int_eq(difference.code, i ? EXIT_AS_EXPECTED : EXIT_VIOLATION);
	}
	etcd_fixture_stop(etcd[1]);
	difference = (struct error){0};
	ck_assert_int_eq(cluster_audit(cluster, "test/", in_ns(1), &difference), -1);
	ck_assert_int_eq(difference.code, EXIT_OUR_FAULT);
	ck_assert_msg(strstr(difference.text, "cannot be audited") != NULL, "%s", difference.text);
	rig_close(cluster);
	etcd_fixture_stop(etcd[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cluster: service");
	TCase *tests = tcase_create("all");
	const char *must_run = getenv("MUST_RUN");
	char path[512];

	rig_need_sandbox("cluster_service_test");
	if (process_find_program("etcd", path, sizeof(path))) {
		printf("SKIP cluster_service_test: no etcd on PATH\n");
		return must_run && strcmp(must_run, "1") == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, three_members_serve_soon_have_a_leader_and_agree);
	tcase_add_test(tests, leader_that_is_stopped_is_succeeded_in_a_later_term);
	tcase_add_test(tests, stopped_member_does_not_hold_up_the_question_for_the_leader);
	tcase_add_test(tests, leader_cut_off_from_its_peers_is_succeeded);
	tcase_add_test(tests, killed_member_comes_back_with_its_data);
	tcase_add_test(tests, data_goes_and_logs_stay_when_the_cluster_closes);
	tcase_add_test(tests, member_that_ends_instead_of_serving_is_named_with_its_log);
	tcase_add_test(tests, members_without_a_majority_do_not_serve_in_time);
	tcase_add_test(tests, audit_finds_members_that_differ_at_one_revision);
	tcase_add_test(tests,
		       endpoints_of_an_existing_cluster_are_its_members_and_some_may_be_down);
	return suite_run(suite);
}
