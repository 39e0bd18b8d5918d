/* A member's clocks are where they were set, by its own reckoning, and etcd serves with them. */
#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "sandbox/skew.h"
#include "tests/support/suite.h"
#include "tests/unit/cluster_disk_rig.h"

static const int64_t DAY_NS = 24 * 3600 * NS_PER_S, SLACK_NS = NS_PER_S;

static void restart(struct cluster *cluster)
{
	int incarnation = hosts_control(rig_hosts, 0)->incarnation;
	pid_t pid = hosts_control(rig_hosts, 0)->pid;

	hosts_want(rig_hosts, 0, WANTED_DOWN);
	kill(pid, SIGKILL);
	ck_assert(process_wait_state(pid, 0, rig_in_ms(2000)));
	hosts_want(rig_hosts, 0, WANTED_UP);
	rig_tend_until_incarnation(0, incarnation + 1);
	ck_ok(cluster_wait_serving(cluster, "test/", rig_in_ms(20000), &err));
}

/* Goes there and looks at the clock, in a process of its own. */
static int64_t look_from_inside(pid_t pid, clockid_t clock)
{
	int64_t *ahead_ns = mmap(NULL, sizeof(*ahead_ns), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct stat there_ns, here_ns;
	struct timespec before, there;
	char path[64];
	int status;

	ck_assert_ptr_ne(ahead_ns, MAP_FAILED);
	snprintf(path, sizeof(path), "/proc/%d/ns/time", (int)pid);
	ck_assert_int_eq(stat(path, &there_ns) | stat("/proc/self/ns/time", &here_ns), 0);
	if (there_ns.st_ino == here_ns.st_ino) /* ours is the machine's: not to be entered */
		return 0;
	pid_t child = fork();

	if (child == 0) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		clock_gettime(clock, &before);
		if (fd < 0 || setns(fd, 0) || clock_gettime(clock, &there))
			_exit(1);
		*ahead_ns = (there.tv_sec - before.tv_sec) * NS_PER_S +
			    (there.tv_nsec - before.tv_nsec);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	int64_t result_ns = *ahead_ns;

	munmap(ahead_ns, sizeof(*ahead_ns));
	return result_ns;
}

static void expect_offset(int64_t offset_ns)
{
	pid_t pid = hosts_control(rig_hosts, 0)->pid;
	int64_t told_ns = -1;

	ck_ok(hosts_read_clock_offset(rig_hosts, 0, &told_ns, &err));
	ck_assert_int_eq(told_ns, offset_ns);
	ck_assert_int_lt(llabs(look_from_inside(pid, CLOCK_MONOTONIC) - offset_ns), SLACK_NS);
	ck_assert_int_lt(llabs(look_from_inside(pid, CLOCK_BOOTTIME) - offset_ns), SLACK_NS);
	ck_assert_int_lt(llabs(look_from_inside(pid, CLOCK_REALTIME)), SLACK_NS);
}

START_INSIDE(clock_offset_is_seen_from_the_next_start_on_and_0_ends_it)
{
#ifdef __SANITIZE_THREAD__ /* whose own thread forbids time namespaces */
	puts("SKIP clock_offset_is_seen_from_the_next_start_on_and_0_ends_it: thread sanitizer");
	return;
#endif
	struct cluster *cluster = rig_start_disks("etcd", 1);
	int64_t behind_ns = -clock_now_ns() / 2 - 1; /* of whole seconds and some */

	expect_offset(0);
	ck_ok(hosts_set_clock_offset(rig_hosts, 0, 3 * DAY_NS, &err));
	expect_offset(0); /* it runs already */
	restart(cluster);
	expect_offset(3 * DAY_NS);
	ck_ok(hosts_set_clock_offset(rig_hosts, 0, behind_ns, &err));
	restart(cluster);
	expect_offset(behind_ns);
	ck_ok(hosts_set_clock_offset(rig_hosts, 0, 0, &err));
	restart(cluster);
	expect_offset(0);
	rig_close(cluster);
}

START_INSIDE(heal_all_sets_the_clock_right_at_the_next_start)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);

	ck_ok(hosts_set_clock_offset(rig_hosts, 0, DAY_NS, &err));
	ck_ok(cluster_heal_all(cluster, &err));
	restart(cluster);
	expect_offset(0);
	rig_close(cluster);
}

START_INSIDE(offset_that_cannot_be_is_refused)
{
	struct cluster *cluster = rig_start_disks("etcd", 1);
	const struct {
		int host;
		int64_t offset_ns;
	} bad[] = {{1, 0}, {-1, 0}, {0, -clock_now_ns() - NS_PER_S}, {0, INT64_MAX}};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct error refusal = {0};

		ck_assert_int_eq(
			hosts_set_clock_offset(rig_hosts, bad[i].host, bad[i].offset_ns, &refusal),
			-1);
		ck_assert_int_eq(refusal.code, EXIT_BAD_USAGE);
	}
	rig_close(cluster);
}

int main(void)
{
	Suite *suite = suite_create("cluster: skew");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("cluster_skew_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, clock_offset_is_seen_from_the_next_start_on_and_0_ends_it);
	tcase_add_test(tests, heal_all_sets_the_clock_right_at_the_next_start);
	tcase_add_test(tests, offset_that_cannot_be_is_refused);
	return suite_run(suite);
}
