/*
 * What the filter costs that disk faults need: puts per second and their latency, with the
 * members' data on the disk that TMPDIR is on, on a tmpfs, and on a tmpfs with the filter.
 *
 *	disk_bench [SECONDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "cluster/cluster.h"
#include "sandbox/sandbox.h"
#include "etcd/etcd.h"
#include "tests/support/scratch.h"

enum { CONNECTIONS_MAX = 8, SAMPLES_MAX = 200000, ROUNDS = 2 };

static double seconds = 2;
static const char *run_dir;

static struct samples {
	_Atomic int count;
	int64_t took_ns[SAMPLES_MAX];
} * samples;

static void must(int failed, const struct error *err)
{
	if (!failed)
		return;
	fprintf(stderr, "%s\n", err->text);
	_exit(err->code);
}

static void put_until(struct cluster *cluster, int64_t end_ns)
{
	struct error err = {0};
	struct etcd *client;

	must(etcd_open(&client, cluster_target(cluster), 0, &err), &err);
	for (int64_t began_ns; (began_ns = clock_now_ns()) < end_ns;) {
		struct etcd_reply reply =
			etcd_put(client, "disk_bench", "x", 0, began_ns + 5 * NS_PER_S);

		CHECK(reply.outcome == ETCD_OK);
		int i = samples->count++;

		CHECK(i < SAMPLES_MAX);
		samples->took_ns[i] = clock_now_ns() - began_ns;
	}
	etcd_close(client);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void measure(struct cluster *cluster, const char *what, int members, int connections)
{
	int64_t end_ns = clock_now_ns() + (int64_t)(seconds * 1e9);
	pid_t child[CONNECTIONS_MAX];
	int status;

	samples->count = 0;
	for (int i = 0; i < connections; i++)
		if ((child[i] = fork()) == 0) {
			put_until(cluster, end_ns);
			_exit(0);
		}
	for (int i = 0; i < connections; i++)
		CHECK(waitpid(child[i], &status, 0) == child[i] && status == 0);
	int count = samples->count;

	CHECK(count > 0);
	qsort(samples->took_ns, (size_t)count, sizeof(int64_t), compare);
	printf("%-7s %d member%s %d connection%s %7.0f puts/s, median %4.0f us, 99 %% %5.0f us\n",
	       what, members, members > 1 ? "s," : ", ", connections, connections > 1 ? "s:" : ": ",
	       count / seconds, (double)samples->took_ns[count / 2] / NS_PER_US,
	       (double)samples->took_ns[count * 99 / 100] / NS_PER_US);
	fflush(stdout);
}

enum kind { ON_DISK, ON_TMPFS, WITH_FILTER };

struct setting {
	enum kind kind;
	int members;
};

static int run(void *context)
{
	const struct setting *setting = context;
	static const char *const names[] = {"disk", "tmpfs", "filter"};
	enum kind kind = setting->kind;
	int members = setting->members;
	struct host host[3] = {{0}};
	struct hosts_plan place = {.engine = &engine_sandbox,
				   .run_dir = run_dir,
				   .count = members,
				   .host = host,
				   .disk_faults = kind == WITH_FILTER,
				   .wal = service_etcd.wal};
	struct cluster_plan plan = {.service = &service_etcd,
				    .etcd_path = "etcd",
				    .heartbeat_ms = 100,
				    .election_ms = 1000};
	struct error err = {0};
	struct cluster *cluster;

	if (kind != ON_DISK) /* it goes with the sandbox */
		CHECK(mount("bench", run_dir, "tmpfs", 0, "size=2g") == 0);
	for (int i = 0; i < members; i++) {
		host[i] = (struct host){.id = i, .role = HOST_MEMBER};
		snprintf(host[i].name, sizeof(host[i].name), "m%d", i + 1);
	}
	must(hosts_open(&plan.hosts, &place, &err), &err);
	cluster_open(&cluster, &plan);
	for (int i = 0; i < members; i++)
		must(hosts_start(plan.hosts, i, &err), &err);
	must(cluster_wait_serving(cluster, "bench/", clock_now_ns() + 20 * NS_PER_S, &err), &err);
	measure(cluster, names[kind], members, 1);
	measure(cluster, names[kind], members, CONNECTIONS_MAX);
	cluster_close(cluster);
	hosts_close(plan.hosts);
	return 0;
}

int main(int argc, char **argv)
{
	struct error err = {0};
	int worst = 0;

	if (argc > 1)
		seconds = atof(argv[1]);
	samples = mmap(NULL, sizeof(*samples), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	CHECK(samples != MAP_FAILED);
	run_dir = scratch_file("run");
	CHECK(mkdir(run_dir, 0700) == 0);
	for (int i = 0; i < 6 * ROUNDS; i++) {
		struct setting setting = {(enum kind)(i % 3), i / 3 % 2 ? 3 : 1};
		struct sandbox_config config = {.network = true, .main = run, .context = &setting};
		pid_t conductor;
		int status;

		must(sandbox_start(&config, &conductor, &err), &err);
		sandbox_wait(conductor, &status);
		worst |= status;
	}
	return worst != 0;
}
