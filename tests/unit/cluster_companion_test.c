/* Companions: what they do, that they count it truly, and that nothing is left of them. */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "cluster/load.h"
#include "sandbox/slow.h"
#include "etcd/etcd.h"
#include "tests/support/etcd_fixture.h"
#include "tests/support/suite.h"
#include "tests/unit/cluster_rig.h"

static struct etcd_fixture *etcd;
static const char *endpoint[1];

static void start_etcd(void)
{
	ck_ok(etcd_fixture_start(&etcd, "etcd", &err));
	endpoint[0] = etcd_fixture_url(etcd);
}

static void stop_etcd(void)
{
	etcd_fixture_stop(etcd);
}

static int64_t in_ms(int64_t ms)
{
	return clock_now_ns() + ms * NS_PER_MS;
}

/* Looks until it is so; nobody tells when a counter moves. */
#define await(condition, limit_ms)                                                                 \
	do {                                                                                       \
		int64_t late_ns_ = in_ms(limit_ms);                                                \
                                                                                                   \
		while (!(condition)) {                                                             \
			ck_assert_msg(clock_now_ns() < late_ns_, "not in time: %s", #condition);   \
			clock_sleep_until_ns(in_ms(2));                                            \
		}                                                                                  \
	} while (0)

static struct companion *start_load(struct load_plan plan)
{
	struct companion *companion;

	static const struct etcd_target alone = {endpoint, 1, NULL};

	if (!plan.service)
		plan.service = &alone;
	ck_ok(load_start(&companion, &plan, &err));
	return companion;
}

static const struct load_counts *load_of(const struct companion *companion)
{
	return companion_counts(companion);
}

static struct load_counts stop(struct companion *companion)
{
	ck_ok(companion_stop(companion, in_ms(5000), &err));
	struct load_counts counts = *load_of(companion);

	companion_close(companion);
	return counts;
}

enum { LISTED_MAX = 512 };

static int list_leases(const char *url, int64_t *ids)
{
	struct etcd *client;
	int count;

	ck_ok(etcd_open(&client, &(struct etcd_target){&url, 1, NULL}, 0, &err));
	struct etcd_reply reply = etcd_lease_list(client, ids, LISTED_MAX, &count, in_ms(5000));

	ck_assert_msg(reply.outcome == ETCD_OK, "%s", reply.error);
	etcd_close(client);
	return count;
}

static int count_keys(const char *prefix)
{
	struct etcd *client;
	struct etcd_kv kv[64];
	int count;

	ck_ok(etcd_open(&client, &(struct etcd_target){endpoint, 1, NULL}, 0, &err));
	ck_assert_int_eq(etcd_range(client, prefix, true, kv, 64, &count, in_ms(5000)).outcome,
			 ETCD_OK);
	etcd_close(client);
	return count;
}

/* Load ---------------------------------------------------------------------------------------- */

static struct cluster *start_three(void)
{
	struct cluster *cluster = rig_cluster(
		3, 0,
		(struct cluster_plan){.etcd_path = "etcd", .heartbeat_ms = 50, .election_ms = 500});

	for (int i = 0; i < 3; i++)
		ck_ok(hosts_start(rig_hosts, i, &err));
	ck_ok(cluster_wait_serving(cluster, "test/", in_ms(20000), &err));
	return cluster;
}

START_INSIDE(two_hundred_leases_are_kept_through_all_members_and_then_expire)
{
	enum { LEASES = LOAD_LEASES_DEFAULT, SECONDS = 4 };
	struct cluster *cluster = start_three();
	const char *const *endpoints = cluster_target(cluster)->endpoint;
	int64_t ids[LISTED_MAX], began_ns = clock_now_ns();
	struct companion *companion = start_load((struct load_plan){
		.service = cluster_target(cluster), .leases = LEASES, .ttl_s = 2});

	ck_assert_int_lt(clock_now_ns() - began_ns, 100 * NS_PER_MS);
	await(load_of(companion)->alive == LEASES, 5000);
	int64_t granted_ns = clock_now_ns(), before = load_of(companion)->renewals;

	clock_sleep_until_ns(granted_ns + SECONDS * NS_PER_S);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(list_leases(endpoints[i], ids), LEASES);
	struct load_counts counts = stop(companion);
	double rate = (double)(counts.renewals - before) /
		      ((double)(clock_now_ns() - granted_ns) / (double)NS_PER_S);

	printf("  %d leases granted after %.0f ms, %.0f renewals/s of 300\n", LEASES,
	       (double)(granted_ns - began_ns) / NS_PER_MS, rate);
	fflush(stdout);
	ck_assert_int_eq(counts.grants, LEASES);
	ck_assert_int_eq(counts.lost_early + counts.lost_late, 0);
	ck_assert_double_gt(rate, 240);
	ck_assert_double_lt(rate, 330);
	await(list_leases(endpoints[0], ids) == 0, 6000);
	rig_close(cluster);
}

static void revoke_lease(int64_t id)
{
	struct etcd *client;

	ck_ok(etcd_open(&client, &(struct etcd_target){endpoint, 1, NULL}, 0, &err));
	ck_assert_int_eq(etcd_lease_revoke(client, id, in_ms(5000)).outcome, ETCD_OK);
	etcd_close(client);
}

START_TEST(lease_that_somebody_ends_is_counted_as_lost_early_and_replaced)
{
	struct companion *companion = start_load((struct load_plan){.leases = 5, .ttl_s = 3});
	int64_t ids[LISTED_MAX];

	await(load_of(companion)->alive == 5, 5000);
	ck_assert_int_eq(list_leases(endpoint[0], ids), 5);
	revoke_lease(ids[2]);
	await(load_of(companion)->grants == 6, 5000);
	await(load_of(companion)->alive == 5, 5000);
	struct load_counts counts = stop(companion);

	ck_assert_int_eq(counts.lost_early, 1);
	ck_assert_int_eq(counts.lost_late, 0);
}
END_TEST

/* The etcd is stopped for longer than the TTL: no renewal comes through, and what is lost is not
 * lost before its time. */
START_TEST(lease_that_could_not_be_renewed_is_not_lost_early)
{
	struct companion *companion = start_load((struct load_plan){.leases = 5, .ttl_s = 1});

	await(load_of(companion)->alive == 5, 5000);
	kill(etcd_fixture_pid(etcd), SIGSTOP);
	int64_t failed = load_of(companion)->renewals_failed;

	await(load_of(companion)->renewals_failed >= failed + 25, 10000);
	kill(etcd_fixture_pid(etcd), SIGCONT);
	int64_t renewals = load_of(companion)->renewals;

	await(load_of(companion)->renewals >= renewals + 15, 10000);
	struct load_counts counts = stop(companion);

	ck_assert_int_eq(counts.lost_early, 0);
	ck_assert_int_eq(counts.grants, 5 + counts.lost_late);
}
END_TEST

static double writes_per_s(const struct companion *companion, int64_t ns)
{
	int64_t from_ns = clock_now_ns(), before = load_of(companion)->writes;

	clock_sleep_until_ns(from_ns + ns);
	return (double)(load_of(companion)->writes - before) /
	       ((double)(clock_now_ns() - from_ns) / (double)NS_PER_S);
}

/* Leans on etcd, which a busy machine may keep from so many: never faster in any second, and once
 * as fast. */
START_TEST(writes_come_at_their_rate_and_their_keys_go)
{
	struct companion *companion =
		start_load((struct load_plan){.writes_per_s = 250, .prefix = "beside/"});
	double fastest = 0;

	await(load_of(companion)->writes > 0, 5000);
	for (int s = 0; s < 20 && fastest < 225; s++) {
		double rate = writes_per_s(companion, NS_PER_S);

		ck_assert_double_lt(rate, 275);
		fastest = rate > fastest ? rate : fastest;
	}
	ck_assert_int_eq(count_keys("beside/"), 3);
	struct load_counts counts = stop(companion);

	ck_assert_double_gt(fastest, 225);
	ck_assert_int_eq(counts.writes_failed, 0);
	ck_assert_int_eq(counts.keys_left, 0);
	ck_assert_int_eq(count_keys("beside/"), 0);
}
END_TEST

START_TEST(keys_that_cannot_be_deleted_are_told)
{
	struct companion *companion =
		start_load((struct load_plan){.writes_per_s = 50, .prefix = "beside/"});

	await(load_of(companion)->writes > 0, 5000);
	etcd_fixture_kill(etcd);
	await(load_of(companion)->writes_failed > 0, 5000);
	struct load_counts counts = stop(companion);

	ck_assert_int_eq(counts.keys_left, 1);
}
END_TEST

/* With its parent ----------------------------------------------------------------------------- */

struct family { /* shared with a child that starts a companion and is killed */
	_Atomic int companion, ready;
};

static struct family *new_family(void)
{
	struct family *family = mmap(NULL, sizeof(*family), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(family, MAP_FAILED);
	return family;
}

/* Who is orphaned comes to us, so that we may look at it. */
static void adopt(void)
{
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

static bool none_left(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	return waitpid(-1, NULL, WNOHANG) < 0;
}

START_TEST(load_dies_with_its_parent)
{
	struct family *family = new_family();
	pid_t parent = fork();

	if (parent == 0) {
		struct companion *companion =
			start_load((struct load_plan){.leases = 3, .ttl_s = 2});

		family->companion = companion_pid(companion);
		while (load_of(companion)->alive < 3)
			clock_sleep_until_ns(in_ms(2));
		family->ready = 1;
		for (;;)
			pause();
	}
	await(family->ready, 5000);
	ck_assert(!process_wait_state(family->companion, 0, 0));
	kill(parent, SIGKILL);
	ck_assert(process_wait_state(family->companion, 0, in_ms(1000)));
}
END_TEST

/* Slow ---------------------------------------------------------------------------------------- */

static pid_t target;
static int target_fd;

static void start_target(void)
{
	target = fork();
	if (target == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	target_fd = pidfd_open(target, 0);
	ck_assert_int_ge(target_fd, 0);
}

static void end_target(void)
{
	kill(target, SIGKILL);
	waitpid(target, NULL, 0);
}

static struct companion *start_slow(int stop_ms, int go_ms)
{
	struct companion *companion;

	ck_ok(slow_start(&companion,
			 &(struct slow_plan){{.leader = target}, target_fd, stop_ms, go_ms}, &err));
	return companion;
}

static const struct slow_counts *slow_of(const struct companion *companion)
{
	return companion_counts(companion);
}

static struct slow_counts stop_slow(struct companion *companion)
{
	ck_ok(companion_stop(companion, in_ms(5000), &err));
	struct slow_counts counts = *slow_of(companion);

	companion_close(companion);
	return counts;
}

/* It runs now and is not stopped any more. */
static void assert_target_runs_on(void)
{
	ck_assert(process_wait_state(target, 'R', in_ms(1000)));
	ck_assert(!process_wait_state(target, 'T', in_ms(150)));
}

START_TEST(slow_process_is_stopped_and_continued_at_its_duty_cycle)
{
	start_target();
	struct companion *companion = start_slow(30, 10);
	int64_t began_ns = clock_now_ns();

	await(slow_of(companion)->stops >= 20, 5000);
	int64_t took_ms = (clock_now_ns() - began_ns) / NS_PER_MS;
	struct slow_counts counts = stop_slow(companion);

	ck_assert_int_ge(took_ms, 19 * 40);
	ck_assert_int_le(took_ms, 19 * 40 + 400);
	ck_assert_int_ge(counts.continues, counts.stops);
	ck_assert_int_le(counts.continues, counts.stops + 2);
	assert_target_runs_on();
	end_target();
}
END_TEST

START_TEST(slow_process_told_to_end_while_stopped_runs_at_once)
{
	start_target();
	struct companion *companion = start_slow(60000, 10);

	ck_assert(process_wait_state(target, 'T', in_ms(2000)));
	int64_t began_ns = clock_now_ns();

	stop_slow(companion);
	ck_assert_int_lt(clock_now_ns() - began_ns, 500 * NS_PER_MS);
	assert_target_runs_on();
	end_target();
}
END_TEST

START_TEST(slow_process_runs_when_the_companion_is_killed)
{
	start_target();
	struct companion *companion = start_slow(60000, 10);
	struct error refusal = {0};

	adopt();
	ck_assert(process_wait_state(target, 'T', in_ms(2000)));
	kill(companion_pid(companion), SIGKILL);
	assert_target_runs_on();
	ck_assert_int_eq(companion_stop(companion, in_ms(1000), &refusal), -1);
	end_target();
	await(none_left(), 1000);
}
END_TEST

static pid_t child_of(pid_t pid)
{
	char path[64];
	int child = 0;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	FILE *children = fopen(path, "re");

	ck_assert_ptr_nonnull(children);
	ck_assert_int_eq(fscanf(children, "%d", &child), 1);
	fclose(children);
	return child;
}

START_TEST(slow_process_runs_when_the_guard_is_killed)
{
	start_target();
	struct companion *companion = start_slow(60000, 10);
	struct error refusal = {0};

	ck_assert(process_wait_state(target, 'T', in_ms(2000)));
	kill(child_of(companion_pid(companion)), SIGKILL);
	assert_target_runs_on();
	ck_assert_int_eq(companion_stop(companion, in_ms(1000), &refusal), -1);
	end_target();
}
END_TEST

/* As the conductor does to what a dead nemesis leaves in its process group. */
START_TEST(slow_process_runs_when_the_parents_group_is_killed)
{
	struct family *family = new_family();
	pid_t parent;

	adopt();
	start_target();
	parent = fork();
	if (parent == 0) {
		setpgid(0, 0);
		family->companion = companion_pid(start_slow(60000, 10));
		for (;;)
			pause();
	}
	ck_assert(process_wait_state(target, 'T', in_ms(2000)));
	await(family->companion, 1000);
	kill(-parent, SIGKILL);
	assert_target_runs_on();
	end_target();
	await(none_left(), 1000);
}
END_TEST

START_TEST(slow_companion_ends_with_its_process)
{
	start_target();
	struct companion *companion = start_slow(20, 20);

	await(slow_of(companion)->stops >= 2, 2000);
	end_target();
	ck_assert(process_wait_state(companion_pid(companion), 0, in_ms(1000)));
	stop_slow(companion);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cluster: companion");
	TCase *load = tcase_create("load"), *sandbox = tcase_create("sandbox"),
	      *slow = tcase_create("slow");
	const char *must_run = getenv("MUST_RUN");
	char path[512];

	suite_add_tcase(suite, slow);
	tcase_add_test(slow, slow_process_is_stopped_and_continued_at_its_duty_cycle);
	tcase_add_test(slow, slow_process_told_to_end_while_stopped_runs_at_once);
	tcase_add_test(slow, slow_process_runs_when_the_companion_is_killed);
	tcase_add_test(slow, slow_process_runs_when_the_guard_is_killed);
	tcase_add_test(slow, slow_process_runs_when_the_parents_group_is_killed);
	tcase_add_test(slow, slow_companion_ends_with_its_process);
	rig_need_sandbox("cluster_companion_test");
	if (process_find_program("etcd", path, sizeof(path))) {
		printf("SKIP cluster_companion_test: no etcd on PATH\n");
		if (must_run && strcmp(must_run, "1") == 0)
			return EXIT_FAILURE;
	} else {
		suite_add_tcase(suite, load);
		suite_add_tcase(suite, sandbox);
	}
	tcase_set_timeout(load, 30);
	tcase_set_timeout(sandbox, 60);
	tcase_set_timeout(slow, 20);
	tcase_add_checked_fixture(load, start_etcd, stop_etcd);
	tcase_add_test(load, lease_that_somebody_ends_is_counted_as_lost_early_and_replaced);
	tcase_add_test(load, lease_that_could_not_be_renewed_is_not_lost_early);
	tcase_add_test(load, writes_come_at_their_rate_and_their_keys_go);
	tcase_add_test(load, keys_that_cannot_be_deleted_are_told);
	tcase_add_test(load, load_dies_with_its_parent);
	tcase_add_test(sandbox, two_hundred_leases_are_kept_through_all_members_and_then_expire);
	return suite_run(suite);
}
