/*
 * How many puts a cluster takes: the yardstick for lock cycles, each of which is five to seven
 * requests, three of them consensus writes.
 *
 *	put_loop CONNECTIONS SECONDS URL...
 *
 * One process per connection; prints the puts per second of all together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "etcd/etcd.h"

enum { CONNECTIONS_MAX = 64 };

static int put_until(const char *const *urls, int count, int first, int64_t end_ns, long *puts)
{
	struct error err = {0};
	struct etcd *client;

	if (etcd_open(&client, &(struct etcd_target){urls, count, NULL}, first, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	while (clock_now_ns() < end_ns) {
		struct etcd_reply reply =
			etcd_put(client, "put_loop", "x", 0, clock_now_ns() + 5 * NS_PER_S);

		if (reply.outcome != ETCD_OK) {
			fprintf(stderr, "%s\n", reply.error);
			return 1;
		}
		++*puts;
	}
	etcd_close(client);
	return 0;
}

int main(int argc, char **argv)
{
	int connections = argc > 3 ? atoi(argv[1]) : 0, status, failed = 0;
	double seconds = argc > 3 ? atof(argv[2]) : 0;
	long sum = 0, *puts;

	if (connections < 1 || connections > CONNECTIONS_MAX || seconds <= 0) {
		fprintf(stderr, "usage: put_loop CONNECTIONS SECONDS URL...\n");
		return 64;
	}
	puts = mmap(NULL, sizeof(long) * CONNECTIONS_MAX, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(puts != MAP_FAILED);
	int64_t end_ns = clock_now_ns() + (int64_t)(seconds * 1e9);

	for (int i = 0; i < connections; i++)
		if (fork() == 0)
			_exit(put_until((const char *const *)argv + 3, argc - 3, i % (argc - 3),
					end_ns, &puts[i]));
	while (wait(&status) > 0)
		failed |= status != 0;
	for (int i = 0; i < connections; i++)
		sum += puts[i];
	printf("%.0f\n", (double)sum / seconds);
	return failed;
}
