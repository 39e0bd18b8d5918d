/*
 * An etcd member's command line. Only flags that 3.3 - 3.6 share; the JSON gateway is on by default
 * in all of them. On a restart etcd finds its data and ignores the initial-* flags.
 *
 * At its first start a member asks each other one whether the cluster exists already, with a
 * time-out of a second (etcd, bootstrapTimeout). One that is not there refuses at once, one that
 * serves answers at once; but one whose port is open and who is asking others himself makes it wait
 * the whole second. Started together, three members were seen to serve after 0.3 to 2.5 s. So each
 * waits before its first exec until the one before it answers: then it is 0.3 to 0.6 s.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/invariant.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "cluster/cluster_inside.h"

enum {
	FLAGS_MAX = 24 + ETCD_FLAGS_MAX,
	LOOK_AGAIN_MS = 5,
	PREDECESSOR_TIMEOUT_MS = 1000,
	CLIENT_PORT = 2379
};

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
	command->word[command->words++] = text_format_args(format, args);
	va_end(args);
}

/* A member that joins must name all those that are in, itself included, and no other. */
static char *print_initial_cluster(const struct cluster *cluster, int member)
{
	bool joins = cluster->member[member].joins;
	const char *separator = "";
	char *text = NULL;
	size_t size;
	FILE *out = text_begin(&text, &size);

	for (int i = 0; i < cluster->members; i++) {
		if (joins && cluster->member[i].membership == MEMBERSHIP_OUT)
			continue;
		fprintf(out, "%s%s=http://%s:%d", separator, hosts_get(cluster->hosts, i)->name,
			hosts_get(cluster->hosts, i)->address, PEER_PORT);
		separator = ",";
	}
	text_end(out, &text);
	return text;
}

/* Looks until the peer port answers, whatever it says, or the deadline passes. */
static void await_answer(const char *address, int64_t deadline_ns)
{
	static const char question[] = "GET /version HTTP/1.0\r\n\r\n";
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(PEER_PORT)};
	bool answered = false;

	CHECK(inet_pton(AF_INET, address, &peer.sin_addr) == 1);
	while (!answered && clock_left_ms(deadline_ns) > 0) {
		int left_ms = clock_left_ms(deadline_ns);
		struct timeval left = {left_ms / 1000, left_ms % 1000 * 1000};
		_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		char byte;

		CHECK(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &left, sizeof(left)) == 0);
		answered = connect(fd, (struct sockaddr *)&peer, sizeof(peer)) == 0 &&
			   send(fd, question, strlen(question), MSG_NOSIGNAL) > 0 &&
			   recv(fd, &byte, 1, 0) == 1;
		if (!answered) /* nobody tells when a port opens */
			clock_sleep_until_ns(clock_now_ns() + LOOK_AGAIN_MS * NS_PER_MS);
	}
}

char *member_endpoint(const struct host *host)
{
	return text_format("http://%s:%d", host->address, CLIENT_PORT);
}

int member_become(const struct cluster *cluster, int member)
{
	const struct cluster_plan *plan = &cluster->plan;
	const struct host *host = hosts_get(cluster->hosts, member);
	struct error err = {0};
	struct command command = {0};
	char path[PATH_MAX];

	if (process_find_program(plan->etcd_path, path, sizeof(path))) {
		log_line("fencepost: no program `%s`", plan->etcd_path);
		return 127;
	}
	add(&command, "%s", path);
	add(&command, "--name=%s", host->name);
	add(&command, "--data-dir=%s", hosts_data_path(cluster->hosts, member, ""));
	add(&command, "--listen-client-urls=%s", member_endpoint(host));
	add(&command, "--advertise-client-urls=%s", member_endpoint(host));
	add(&command, "--listen-peer-urls=http://%s:%d", host->address, PEER_PORT);
	add(&command, "--initial-advertise-peer-urls=http://%s:%d", host->address, PEER_PORT);
	add(&command, "--initial-cluster=%s", print_initial_cluster(cluster, member));
	add(&command, "--initial-cluster-token=fencepost");
	add(&command, "--initial-cluster-state=%s",
	    cluster->member[member].joins ? "existing" : "new");
	add(&command, "--heartbeat-interval=%d", plan->heartbeat_ms);
	add(&command, "--election-timeout=%d", plan->election_ms);
	for (int i = 0; plan->etcd_flags && plan->etcd_flags[i]; i++)
		add(&command, "%s", plan->etcd_flags[i]);
	if (member > 0 && hosts_control(cluster->hosts, member)->incarnation <= 1)
		await_answer(hosts_get(cluster->hosts, member - 1)->address,
			     clock_now_ns() + PREDECESSOR_TIMEOUT_MS * NS_PER_MS);
	/* Last, for what follows runs by the member's clocks, and under its filter. */
	if (hosts_enter_faults(cluster->hosts, member, &err)) {
		log_line("fencepost: %s", err.text);
		return 126;
	}
	execv(path, command.word);
	log_line("fencepost: %s: %s", path, strerror(errno));
	return 126;
}
