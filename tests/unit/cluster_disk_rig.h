/* For tests of disk faults: members that have them, and puts that may take long. */
#ifndef TESTS_CLUSTER_DISK_RIG_H
#define TESTS_CLUSTER_DISK_RIG_H

#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/process.h"
#include "sandbox/disk.h"
#include "etcd/etcd.h"
#include "tests/support/etcd_fixture.h"
#include "tests/unit/cluster_rig.h"

static struct { /* what the watcher was told of the members */
	int ends, expected;
} rig_seen;

static inline void rig_on_ended(void *context, int host, int process, int status, bool expected)
{
	(void)context, (void)host, (void)process, (void)status;
	rig_seen.ends++;
	rig_seen.expected += expected;
}

static inline int64_t rig_in_ms(int64_t ms)
{
	return clock_now_ns() + ms * NS_PER_MS;
}

static inline struct cluster *rig_start_disks(const char *etcd, int members)
{
	struct hosts_plan place = {.disk_faults = true, .disk_mb = 256, .wal = service_etcd.wal};
	struct cluster_plan plan = {.etcd_path = etcd, .heartbeat_ms = 50, .election_ms = 500};
	struct cluster *cluster = rig_cluster_on(rig_open(members, 0, place), plan);

	memset(&rig_seen, 0, sizeof(rig_seen));
	hosts_set_watcher(rig_hosts, (struct hosts_watcher){.ended = rig_on_ended});
	for (int i = 0; i < members; i++)
		ck_ok(hosts_start(rig_hosts, i, &err));
	ck_ok(cluster_wait_serving(cluster, "test/", rig_in_ms(20000), &err));
	return cluster;
}

static inline void rig_tend(void)
{
	struct pollfd wish = {hosts_wanted_fd(rig_hosts), POLLIN, 0};

	poll(&wish, 1, 5);
	ck_ok(hosts_tend(rig_hosts, &err));
}

static inline void rig_tend_until_incarnation(int host, int incarnation)
{
	int64_t deadline_ns = rig_in_ms(5000);

	while (hosts_control(rig_hosts, host)->incarnation < incarnation) {
		rig_tend();
		ck_assert_msg(clock_now_ns() < deadline_ns, "it was not started again");
	}
}

static inline struct disk_count rig_count(int id)
{
	struct disk_count count;

	hosts_disk_count(rig_hosts, id, &count);
	return count;
}

static inline void rig_await_held(int id, int held)
{
	int64_t deadline_ns = rig_in_ms(5000);

	while (rig_count(id).held < held) {
		rig_tend();
		ck_assert_msg(clock_now_ns() < deadline_ns, "no sync was held");
	}
}

static inline bool rig_log_has(const char *text)
{
	_cleanup_free_ char *pattern = NULL, *bytes = malloc(1 << 16);
	bool found = false;
	glob_t logs;

	ck_assert_int_gt(asprintf(&pattern, "%s/data/*/member/wal/*.wal", rig_run_dir), 0);
	ck_assert_int_eq(glob(pattern, 0, NULL, &logs), 0);
	for (size_t i = 0; i < logs.gl_pathc; i++) {
		_cleanup_close_ int fd = open(logs.gl_pathv[i], O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? 0 : read(fd, bytes, 1 << 16); /* the beginning will do */

		found |= size > 0 && memmem(bytes, (size_t)size, text, strlen(text));
	}
	globfree(&logs);
	return found;
}

/* The put of that key is written to a member's log, and a sync is held. One that is held alone may
 * be of etcd's database, which is synced every 100 ms, and the put is not there yet. */
static inline void rig_await_unsynced(int id, const char *key)
{
	int64_t deadline_ns = rig_in_ms(10000);

	rig_await_held(id, 1);
	while (!rig_log_has(key)) {
		rig_tend();
		ck_assert_msg(clock_now_ns() < deadline_ns, "%s was not written", key);
	}
}

/* A put in a process of its own ------------------------------------------------------------- */

struct slow_put {
	pid_t pid;
	struct etcd_reply reply;
	_Atomic int64_t began_ns, ended_ns; /* 0: not yet */
};

static inline struct etcd_reply rig_put(struct cluster *cluster, int member, const char *key,
					int timeout_ms)
{
	struct etcd *client;

	ck_ok(etcd_open(&client,
			&(struct etcd_target){&cluster_target(cluster)->endpoint[member], 1, NULL},
			0, &err));
	struct etcd_reply reply = etcd_put(client, key, "x", 0, rig_in_ms(timeout_ms));

	etcd_close(client);
	return reply;
}

static inline struct slow_put *rig_begin_put(struct cluster *cluster, int member, const char *key)
{
	struct slow_put *put =
		mmap(NULL, sizeof(*put), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(put, MAP_FAILED);
	fflush(NULL);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid) {
		put->pid = pid;
		return put;
	}
	put->began_ns = clock_now_ns();
	put->reply = rig_put(cluster, member, key, 6000);
	put->ended_ns = clock_now_ns();
	_exit(0);
}

/* Returns how long it took, and frees. */
static inline int64_t rig_end_put(struct slow_put *put, struct etcd_reply *reply)
{
	int status;

	ck_assert_int_eq(waitpid(put->pid, &status, 0), put->pid);
	ck_assert_int_eq(status, 0);
	int64_t took_ns = put->ended_ns - put->began_ns;

	*reply = put->reply;
	munmap(put, sizeof(*put));
	return took_ns;
}

static inline bool rig_has(struct cluster *cluster, int member, const char *key)
{
	struct etcd *client;
	struct etcd_kv kv;
	int count = 0;

	ck_ok(etcd_open(&client,
			&(struct etcd_target){&cluster_target(cluster)->endpoint[member], 1, NULL},
			0, &err));
	ck_assert_int_eq(etcd_range(client, key, false, &kv, 1, &count, rig_in_ms(5000)).outcome,
			 ETCD_OK);
	etcd_close(client);
	return count == 1;
}

static inline void rig_inject(int id, enum disk_fault_kind kind, int host, enum disk_scope scope,
			      int64_t delay_ns)
{
	struct disk_fault fault = {id, kind, host, scope, delay_ns};

	ck_ok(hosts_disk_inject(rig_hosts, &fault, &err));
}

#endif
