/*
 * An etcd member's command line. Only flags that 3.3 - 3.6 share; the JSON gateway is on by default
 * in all of them. On a restart etcd finds its data and ignores the initial-* flags.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/invariant.h"
#include "base/process.h"
#include "cluster/inside.h"

enum { FLAGS_MAX = 24 };

struct command {
	char *word[FLAGS_MAX + 1];
	int words;
};

/* Never freed: it goes with the exec. */
static void add(struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct command *command, const char *format, ...)
{
	va_list args;

	CHECK(command->words < FLAGS_MAX);
	va_start(args, format);
	CHECK(vasprintf(&command->word[command->words++], format, args) > 0);
	va_end(args);
}

static char *print_initial_cluster(const struct cluster *cluster)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	CHECK(out);
	for (int i = 0; i < cluster->plan.members; i++)
		fprintf(out, "%s%s=http://%s:%d", i ? "," : "", cluster_host(cluster, i)->name,
			cluster_host(cluster, i)->address, PEER_PORT);
	CHECK(fclose(out) == 0);
	return text;
}

int member_exec(const struct cluster *cluster, int member)
{
	const struct cluster_plan *plan = &cluster->plan;
	const struct host *host = cluster_host(cluster, member);
	struct command command = {0};
	char path[PATH_MAX];

	if (process_find_program(plan->etcd_path, path, sizeof(path))) {
		fprintf(stderr, "fencepost: no program `%s`\n", plan->etcd_path);
		return 127;
	}
	add(&command, "%s", path);
	add(&command, "--name=%s", host->name);
	add(&command, "--data-dir=%s/data/%s", plan->run_dir, host->name);
	add(&command, "--listen-client-urls=http://%s:%d", host->address, CLIENT_PORT);
	add(&command, "--advertise-client-urls=http://%s:%d", host->address, CLIENT_PORT);
	add(&command, "--listen-peer-urls=http://%s:%d", host->address, PEER_PORT);
	add(&command, "--initial-advertise-peer-urls=http://%s:%d", host->address, PEER_PORT);
	add(&command, "--initial-cluster=%s", print_initial_cluster(cluster));
	add(&command, "--initial-cluster-token=fencepost");
	add(&command, "--initial-cluster-state=new");
	add(&command, "--heartbeat-interval=%d", plan->heartbeat_ms);
	add(&command, "--election-timeout=%d", plan->election_ms);
	execv(path, command.word);
	fprintf(stderr, "fencepost: %s: %s\n", path, strerror(errno));
	return 126;
}
