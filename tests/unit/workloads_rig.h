/*
 * What the tests of this room share: rings without a recorder, a store on loopback, and processes
 * that end with the test.
 */
#ifndef UNIT_WORKLOADS_RIG_H
#define UNIT_WORKLOADS_RIG_H

#include <arpa/inet.h>
#include <check.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "history/ring.h"
#include "workloads/store.h"

enum { RIG_RINGS = 8, RIG_SLOTS = 1 << 14, RIG_STORE_RING = 0, RIG_STORE_PROCESS = 900 };

struct rig {
	struct area *area;
	_Atomic int *flags; /* shared: stop flags and the like */
	pid_t store;
	uint16_t port;
	struct event *event; /* of the last rig_drain */
	int events;
};

enum rig_flag { RIG_STOP_STORE, RIG_STOP_WORKERS, RIG_STOP_WITNESS, RIG_READY, RIG_FLAGS };

/* Exits when there is no etcd to test against. */
static inline void rig_need_etcd(const char *test)
{
	const char *must_run = getenv("MUST_RUN");
	char path[512];

	if (process_find_program("etcd", path, sizeof(path)) == 0)
		return;
	printf("SKIP %s: no etcd on PATH\n", test);
	exit(must_run && strcmp(must_run, "1") == 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

static inline uint16_t rig_free_port(void)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(any);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, size), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&any, &size), 0);
	close(fd);
	return ntohs(any.sin_port);
}

static inline void rig_open(struct rig *rig)
{
	struct error err = {0};

	*rig = (struct rig){0};
	ck_assert_msg(area_open(&rig->area, RIG_RINGS, RIG_SLOTS, &err) == 0, "%s", err.text);
	rig->flags = mmap(NULL, RIG_FLAGS * sizeof(*rig->flags), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(rig->flags, MAP_FAILED);
	rig->event = calloc(RIG_SLOTS, sizeof(*rig->event));
}

/* Runs `main(config)` in a process that dies with this one. */
#define rig_fork(main, config, process)                                                            \
	({                                                                                         \
		pid_t parent_ = getpid();                                                          \
		pid_t child_ = fork();                                                             \
                                                                                                   \
		if (child_ == 0) {                                                                 \
			prctl(PR_SET_PDEATHSIG, SIGKILL);                                          \
			_exit(getppid() == parent_ ? (main)((config), (process)) : 1);             \
		}                                                                                  \
		child_;                                                                            \
	})

/* Waits for its end and returns the exit status, -1 when it died of a signal. */
static inline int rig_join(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline int rig_connect(const struct rig *rig)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(rig->port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline void rig_start_store(struct rig *rig, const struct store_resource *resource,
				   int resources)
{
	static struct store_config config;
	int fd;

	rig->port = rig_free_port();
	config = (struct store_config){
		.address = "127.0.0.1",
		.port = rig->port,
		.resource = resource,
		.resources = resources,
		.ring = area_ring(rig->area, RIG_STORE_RING),
		.live = area_live(rig->area),
		.stop = &rig->flags[RIG_STOP_STORE],
	};
	rig->store = rig_fork(store_main, &config, RIG_STORE_PROCESS);
	int64_t deadline_ns = clock_now_ns() + 5 * NS_PER_S;

	while ((fd = rig_connect(rig)) < 0) {
		ck_assert_msg(clock_now_ns() < deadline_ns, "the store does not listen");
		clock_sleep_until_ns(clock_now_ns() + 5 * NS_PER_MS);
	}
	close(fd);
}

static inline int rig_drain(struct rig *rig, int ring)
{
	rig->events = (int)ring_drain(area_ring(rig->area, ring), rig->event, RIG_SLOTS);
	ck_assert_uint_eq(ring_lost(area_ring(rig->area, ring)), 0);
	return rig->events;
}

static inline void rig_close(struct rig *rig)
{
	if (rig->store) {
		atomic_store(&rig->flags[RIG_STOP_STORE], 1);
		ck_assert_int_eq(rig_join(rig->store), 0);
	}
	munmap(rig->flags, RIG_FLAGS * sizeof(*rig->flags));
	area_close(rig->area);
	free(rig->event);
}

#endif
