/* What operators do, to three real members in the sandbox, of every etcd there is. The operations
 * run in a process of their own, as the nemesis does, while the conductor tends.
 * first: what operators do, by every etcd, with members that start and elect */
#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "cluster/operate.h"
#include "etcd/etcd.h"
#include "tests/support/etcd_fixture.h"
#include "tests/support/suite.h"
#include "tests/unit/cluster_rig.h"

static struct etcd_found found[ETCD_FIXTURES_MAX];
static int version; /* of the test that runs: its index in `found` */

static int64_t in_ns(int64_t seconds)
{
	return clock_now_ns() + seconds * NS_PER_S;
}

static bool is_3_3(void)
{
	return strncmp(found[version].version, "3.3.", 4) == 0;
}

/* What the conductor was told of ends. */
static int ends_expected, ends_unexpected;

static void note_end(void *context, int host, int process, int status, bool expected)
{
	(void)context, (void)host, (void)process, (void)status;
	*(expected ? &ends_expected : &ends_unexpected) += 1;
}

/* With an election time-out that a member outlasts which a busy machine lets wait: nobody but the
 * operations may change who leads. */
static struct cluster *start(int members)
{
	struct cluster_plan plan = {
		.etcd_path = found[version].path, .heartbeat_ms = 100, .election_ms = 1000};
	struct cluster *cluster = rig_cluster(members, 1, plan);

	hosts_set_watcher(rig_hosts, (struct hosts_watcher){.ended = note_end});
	for (int i = 0; i < members; i++)
		ck_ok(hosts_start(rig_hosts, i, &err));
	ck_ok(cluster_wait_serving(cluster, "test/", in_ns(20), &err));
	return cluster;
}

static struct etcd *open_client(struct cluster *cluster, int member)
{
	struct etcd *client;

	ck_ok(etcd_open(&client,
			&(struct etcd_target){&cluster_target(cluster)->endpoint[member], 1, NULL},
			0, &err));
	return client;
}

static void put(struct cluster *cluster, int member, const char *key, const char *value)
{
	struct etcd *client = open_client(cluster, member);
	struct etcd_reply reply = etcd_put(client, key, value, 0, in_ns(5));

	ck_assert_msg(reply.outcome == ETCD_OK, "%s", reply.error);
	etcd_close(client);
}

static bool is_there(struct cluster *cluster, int member, const char *key)
{
	struct etcd *client = open_client(cluster, member);
	struct etcd_kv kv;
	int count;
	struct etcd_reply reply = etcd_range(client, key, false, &kv, 1, &count, in_ns(5));

	ck_assert_msg(reply.outcome == ETCD_OK, "%s", reply.error);
	etcd_close(client);
	return count == 1;
}

static void print(const char *what, const struct operation *operation)
{
	printf("  %s: %s: %s\n", found[version].version, what, operation->proof);
	fflush(stdout);
}

/* Has the operation done by a child, while this process tends. */
#define by_nemesis(cluster, call)                                                                  \
	({                                                                                         \
		struct operation *result_ = mmap(NULL, sizeof(*result_), PROT_READ | PROT_WRITE,   \
						 MAP_SHARED | MAP_ANONYMOUS, -1, 0);               \
		pid_t child_ = fork();                                                             \
                                                                                                   \
		if (child_ == 0) {                                                                 \
			*result_ = (call);                                                         \
			_exit(0);                                                                  \
		}                                                                                  \
		tend_until_end(child_);                                                            \
		struct operation operation_ = *result_;                                            \
                                                                                                   \
		munmap(result_, sizeof(*result_));                                                 \
		print(#call, &operation_);                                                         \
		operation_;                                                                        \
	})

static void tend_until_end(pid_t child)
{
	int64_t deadline_ns = in_ns(40);
	int status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		struct pollfd wish = {hosts_wanted_fd(rig_hosts), POLLIN, 0};

		poll(&wish, 1, 5);
		ck_ok(hosts_tend(rig_hosts, &err));
		ck_assert_int_lt(clock_now_ns(), deadline_ns);
	}
	ck_assert_int_eq(status, 0);
}

/* As soon as a majority of the members tells in time. */
static int leader_of(struct cluster *cluster, uint64_t *term)
{
	int64_t deadline_ns = in_ns(20);
	int leader;

	while ((leader = cluster_leader(cluster, term)) < 0)
		ck_assert_int_lt(clock_now_ns(), deadline_ns);
	return leader;
}

/* START_INSIDE for each version. */
#define START_EACH(name)                                                                           \
	static void name##_inside(void);                                                           \
	START_TEST(name)                                                                           \
	{                                                                                          \
		version = _i;                                                                      \
		rig_run_inside(true, name##_inside);                                               \
	}                                                                                          \
	END_TEST                                                                                   \
	static void name##_inside(void)

static void leadership_moves_to_whom_it_is_given(struct cluster *cluster)
{
	uint64_t term = 0, later_term = 0;
	int leader = leader_of(cluster, &term), to = (leader + 2) % 3;

	struct operation moved = by_nemesis(cluster, cluster_move_leader(cluster, to, in_ns(5)));

	ck_assert_msg(moved.took_effect, "%s", moved.proof);
	ck_assert_int_eq(leader_of(cluster, &later_term), to);
	ck_assert_uint_gt(later_term, term);
	ck_assert_int_eq(moved.count, (int64_t)later_term);
	moved = by_nemesis(cluster, cluster_move_leader(cluster, -1, in_ns(5)));
	ck_assert_msg(moved.took_effect, "%s", moved.proof);
	ck_assert_int_ne(leader_of(cluster, NULL), to);
}

static void leadership_that_does_not_move_is_no_effect(struct cluster *cluster)
{
	uint64_t term = 0, later_term = 0;
	int leader = leader_of(cluster, &term), to = (leader + 1) % 3;
	struct operation moved =
		by_nemesis(cluster, cluster_move_leader(cluster, leader, in_ns(5)));

	ck_assert(!moved.took_effect && moved.count == 0);
	/* A stopped one cannot take it. */
	kill(hosts_control(rig_hosts, to)->pid, SIGSTOP);
	ck_assert(process_wait_state(hosts_control(rig_hosts, to)->pid, 'T', in_ns(10)));
	moved = by_nemesis(cluster, cluster_move_leader(cluster, to, in_ns(3)));
	ck_assert(!moved.took_effect);
	ck_assert_int_eq(leader_of(cluster, &later_term), leader);
	ck_assert_uint_eq(later_term, term);
	/* Nor does it hear of anything else. */
	moved = by_nemesis(cluster,
			   cluster_defragment(cluster, to, clock_now_ns() + 300 * NS_PER_MS));
	ck_assert(!moved.took_effect);
}

static void compaction_forgets_what_was_before_it(struct cluster *cluster)
{
	put(cluster, 0, "test/k", "old");
	put(cluster, 0, "test/k", "new");
	struct operation done = by_nemesis(cluster, cluster_compact(cluster, in_ns(5)));

	ck_assert_msg(done.took_effect, "%s", done.proof);
	ck_assert_int_ge(done.count, 3);
	ck_assert_ptr_nonnull(strstr(done.proof, "has been compacted"));
	done = by_nemesis(cluster, cluster_compact(cluster, in_ns(5)));
	ck_assert_msg(!done.took_effect && done.count == 0, "%s", done.proof);
	ck_ok(cluster_audit(cluster, "test/", in_ns(5), &err));
}

static void defragmentation_is_told_with_its_sizes(struct cluster *cluster)
{
	struct operation done = by_nemesis(cluster, cluster_defragment(cluster, 1, in_ns(5)));

	ck_assert_msg(done.took_effect, "%s", done.proof);
	ck_assert_int_gt(done.count, 0);
	ck_assert_ptr_nonnull(strstr(done.proof, "before: "));
	ck_assert_int_eq(strstr(done.proof, "in use") == NULL, is_3_3());
}

static void revocation_hits_the_holder_and_not_the_waiter(struct cluster *cluster)
{
	struct etcd *client = open_client(cluster, 0);
	struct etcd_lease holder, waiter;
	char key[ETCD_TEXT], queued[ETCD_TEXT];
	struct operation done =
		by_nemesis(cluster, cluster_revoke_holder(cluster, "test/lock", in_ns(5)));

	ck_assert_msg(!done.took_effect, "%s", done.proof);
	etcd_lease_grant(client, 30, &holder, in_ns(5));
	etcd_lease_grant(client, 30, &waiter, in_ns(5));
	ck_assert_int_eq(etcd_lock(client, "test/lock", holder.id, key, in_ns(5)).outcome, ETCD_OK);
	/* Its key stays in the queue, as one whose lease sorts before the holder's may. */
	snprintf(queued, sizeof(queued), "test/lock/%x", 0);
	ck_assert_int_eq(etcd_put(client, queued, "", waiter.id, in_ns(5)).outcome, ETCD_OK);
	done = by_nemesis(cluster, cluster_revoke_holder(cluster, "test/lock", in_ns(5)));
	ck_assert_msg(done.took_effect, "%s", done.proof);
	ck_assert(!is_there(cluster, 1, key));
	ck_assert(is_there(cluster, 1, queued));
	etcd_close(client);
}

/* By one cluster: to start one takes most of the time. Last what leaves a member standing still. */
START_EACH(operators_of_a_whole_cluster)
{
	struct cluster *cluster = start(3);

	leadership_moves_to_whom_it_is_given(cluster);
	compaction_forgets_what_was_before_it(cluster);
	defragmentation_is_told_with_its_sizes(cluster);
	revocation_hits_the_holder_and_not_the_waiter(cluster);
	leadership_that_does_not_move_is_no_effect(cluster);
	rig_close(cluster);
}

static bool has_data(const char *name)
{
	struct stat status;
	char path[512];

	snprintf(path, sizeof(path), "%s/data/%s/member", rig_run_dir, name);
	return stat(path, &status) == 0;
}

static void take_out(struct cluster *cluster, int member)
{
	const char *name = hosts_get(rig_hosts, member)->name;

	ck_assert(has_data(name));
	struct operation done =
		by_nemesis(cluster, cluster_remove_member(cluster, member, in_ns(20)));

	ck_assert_msg(done.took_effect, "%s", done.proof);
	ck_assert_int_eq(done.count, 2);
	ck_assert(!has_data(name));
	ck_ok(hosts_tend(rig_hosts, &err));
	ck_assert_int_eq(hosts_control(rig_hosts, member)->pid, 0);
	ck_assert_int_eq(ends_expected, 1);
	ck_assert_int_eq(ends_unexpected, 0);
}

static void tend_until_down(int host)
{
	int64_t deadline_ns = in_ns(10);

	while (hosts_control(rig_hosts, host)->pid) {
		struct pollfd wish = {hosts_wanted_fd(rig_hosts), POLLIN, 0};

		poll(&wish, 1, 5);
		ck_ok(hosts_tend(rig_hosts, &err));
		ck_assert_int_lt(clock_now_ns(), deadline_ns);
	}
}

static void kill_and_restart(struct cluster *cluster, int host)
{
	hosts_want(rig_hosts, host, WANTED_DOWN);
	kill(hosts_control(rig_hosts, host)->pid, SIGKILL);
	tend_until_down(host);
	hosts_want(rig_hosts, host, WANTED_UP);
	ck_ok(hosts_tend(rig_hosts, &err));
	ck_ok(cluster_wait_serving(cluster, "test/", in_ns(20), &err));
}

/* Leads when it goes, and when it is back. */
START_EACH(removed_member_comes_back_empty_and_catches_up)
{
	struct cluster *cluster = start(3);
	int member = leader_of(cluster, NULL), other = (member + 1) % 3;
	int incarnation = hosts_control(rig_hosts, member)->incarnation;

	put(cluster, member, "test/before", "yes");
	take_out(cluster, member);
	leader_of(cluster, NULL);
	put(cluster, other, "test/meanwhile", "yes");
	struct operation again =
		by_nemesis(cluster, cluster_remove_member(cluster, member, in_ns(1)));

	ck_assert(!again.took_effect);
	struct operation back = by_nemesis(cluster, cluster_add_member(cluster, member, in_ns(20)));

	ck_assert_msg(back.took_effect, "%s", back.proof);
	ck_assert_int_gt(back.count, 0);
	ck_assert_int_eq(hosts_control(rig_hosts, member)->incarnation, incarnation + 1);
	ck_assert(is_there(cluster, member, "test/before"));
	ck_assert(is_there(cluster, member, "test/meanwhile"));
	ck_ok(cluster_wait_serving(cluster, "test/", in_ns(20), &err));
	ck_ok(cluster_audit(cluster, "test/", in_ns(5), &err));
	struct operation moved =
		by_nemesis(cluster, cluster_move_leader(cluster, member, in_ns(5)));

	ck_assert_msg(moved.took_effect, "%s", moved.proof);
	ck_assert_int_eq(leader_of(cluster, NULL), member);
	/* It has data again, which a restart finds, though its command line says "existing". */
	kill_and_restart(cluster, member);
	ck_assert(is_there(cluster, member, "test/meanwhile"));
	ck_assert_int_eq(ends_unexpected, 0);
	rig_close(cluster);
}

START_EACH(heal_all_brings_a_removed_member_back)
{
	struct cluster *cluster = start(3);
	int64_t deadline_ns = in_ns(10);

	take_out(cluster, 2);
	ck_ok(cluster_heal_all(cluster, &err));
	while (hosts_control(rig_hosts, 2)->pid == 0) {
		ck_ok(hosts_tend(rig_hosts, &err));
		ck_assert_int_lt(clock_now_ns(), deadline_ns);
	}
	ck_ok(cluster_wait_serving(cluster, "test/", in_ns(20), &err));
	ck_ok(cluster_audit(cluster, "test/", in_ns(5), &err));
	ck_assert_int_eq(ends_unexpected, 0);
	rig_close(cluster);
}

/* With another one down the majority would be gone: etcd refuses. It stays as it was, and a crash
 * of it later is a crash. */
START_EACH(member_that_may_not_go_stays)
{
	struct cluster *cluster = start(3);
	pid_t pid = hosts_control(rig_hosts, 0)->pid;

	hosts_want(rig_hosts, 1, WANTED_DOWN);
	kill(hosts_control(rig_hosts, 1)->pid, SIGKILL);
	tend_until_down(1);
	leader_of(cluster, NULL);
	struct operation done = by_nemesis(cluster, cluster_remove_member(cluster, 0, in_ns(3)));

	ck_assert(!done.took_effect);
	ck_assert_ptr_nonnull(strstr(done.proof, "unhealthy cluster"));
	ck_assert(has_data("member0"));
	put(cluster, 0, "test/k", "still here");
	ck_assert_int_eq(hosts_control(rig_hosts, 0)->pid, pid);
	kill(pid, SIGKILL);
	tend_until_down(0);
	ck_assert_int_eq(ends_expected, 1);
	ck_assert_int_eq(ends_unexpected, 1);
	rig_close(cluster);
}

START_EACH(only_member_is_never_removed)
{
	struct cluster *cluster = start(1);
	struct operation done = by_nemesis(cluster, cluster_remove_member(cluster, 0, in_ns(2)));

	ck_assert(!done.took_effect);
	put(cluster, 0, "test/k", "still here");
	rig_close(cluster);
}

int main(void)
{
	Suite *suite = suite_create("cluster: operate");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("cluster_operate_test");
	int count = etcd_fixture_find_each("cluster_operate_test", found);

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 120);
#define ADD(test) tcase_add_loop_test(tests, test, 0, count)
	ADD(operators_of_a_whole_cluster);
	ADD(removed_member_comes_back_empty_and_catches_up);
	ADD(member_that_may_not_go_stays);
	/* Where all versions are alike one will do: each removal takes its 5 s. */
	tcase_add_loop_test(tests, heal_all_brings_a_removed_member_back, 0, count > 0);
	tcase_add_loop_test(tests, only_member_is_never_removed, 0, count > 0);
	return suite_run(suite);
}
