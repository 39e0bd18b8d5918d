/*
 * How fast events leave a producer, and how fast the recorder turns them into rows.
 *
 *	recorder_bench [EVENTS]
 *
 * The producer is a process of its own that pushes pairs of invocation and return, as a worker
 *does, and waits when its ring is full; so the figure is the recorder's. Its rows are counted
 *afterwards.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/invariant.h"
#include "history/database.h"
#include "history/reader.h"
#include "history/recorder.h"

enum { SLOTS = 1 << 16, EVENTS = 2000000, BATCH = 1000, BATCHES = 201, CROWD = 24 };

static struct event process_start(int id, int64_t at_ns)
{
	return (struct event){.kind = EVENT_PROCESS,
			      .process = 0,
			      .at_ns = at_ns,
			      .started = {.id = id,
					  .worker = id,
					  .incarnation = 1,
					  .os_pid = 1,
					  .role = "worker",
					  .name = "none-0-0",
					  .client = "lock"}};
}

/* The cycle of a worker: each step's invocation carries the key and the token of its attempt. */
static void make_invocation(struct event *event, int process, uint32_t seq)
{
	static const uint8_t cycle[] = {F_LEASE_GRANT, F_ACQUIRE,   F_TOKEN,   F_READ,
					F_WRITE,       F_KEEPALIVE, F_RELEASE, F_LEASE_REVOKE};
	uint32_t attempt = 1 + seq / 8;

	event->kind = EVENT_INVOKE;
	event->process = process;
	event->op = (struct op_event){.seq = seq,
				      .f = cycle[seq % 8],
				      .endpoint = 1,
				      .attempt = attempt,
				      .lease = 7587869134 + attempt};
	event->op.token = 1000 + attempt;
	event->op.version = attempt;
	event->op.value = seq;
	snprintf(event->op.key, KEY_SIZE, "fencepost/none/0/694d%012" PRIx32, attempt);
	event->op.safe_until_ns = clock_now_ns() + 2 * NS_PER_S;
	event->at_ns = clock_now_ns();
}

static void make_return(struct event *event)
{
	event->kind = EVENT_RETURN;
	event->op.outcome = OUTCOME_OK;
	event->op.revision = 5000 + event->op.seq;
	event->op.ttl_ms = 2000;
	event->at_ns = clock_now_ns();
}

static void push_or_wait(struct ring *ring, const struct event *event)
{
	while (!ring_push(ring, event)) /* the losses that this counts are the bench's own */
		clock_sleep_until_ns(clock_now_ns() + 200 * NS_PER_US);
}

static void produce(struct ring *ring, int process, uint32_t events)
{
	static struct event event;

	for (uint32_t seq = 1; seq <= events / 2; seq++) {
		make_invocation(&event, process, seq);
		push_or_wait(ring, &event);
		make_return(&event);
		push_or_wait(ring, &event);
	}
	_exit(EXIT_SUCCESS);
}

static double cpu_seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

static void must(int result, const struct error *err)
{
	if (result)
		fprintf(stderr, "recorder_bench: %s\n", err->text);
	CHECK(result == 0);
}

static void count_rows(const char *path, uint32_t events)
{
	struct error err = {0};
	sqlite3_stmt *count;
	sqlite3 *db;

	must(database_open(path, DATABASE_READ, &db, &err), &err);
	count = database_prepare(db, "SELECT count(*) FROM op WHERE outcome = 1");
	CHECK(sqlite3_step(count) == SQLITE_ROW);
	CHECK(sqlite3_column_int64(count, 0) == events / 2);
	sqlite3_finalize(count);
	sqlite3_close(db);
}

static void bench_recorder(int producers, uint32_t events)
{
	char folder[] = "/tmp/recorder_bench-XXXXXX", path[64];
	_Atomic int *stop = mmap(NULL, sizeof(*stop), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct error err = {0};
	struct area *area;
	struct rusage usage;
	sqlite3 *db;
	int status;

	CHECK(mkdtemp(folder) && stop != MAP_FAILED);
	snprintf(path, sizeof(path), "%s/history.db", folder);
	must(database_create(path, &db, &err), &err);
	sqlite3_close(db);
	must(area_open(&area, 1 + producers, SLOTS, &err), &err);
	int64_t start_ns = clock_now_ns();
	pid_t recorder = fork(), producer[CROWD];

	if (recorder == 0) {
		const struct recorder_config config = {.area = area,
						       .path = path,
						       .start_ns = start_ns,
						       .batch_ms = 50,
						       .stop = stop};

		must(recorder_run(&config, &err), &err);
		_exit(EXIT_SUCCESS);
	}
	for (int i = 0; i < producers; i++) {
		struct event start = process_start(1 + i, start_ns);

		ring_push(area_ring(area, 0), &start);
		producer[i] = fork();
		if (producer[i] == 0)
			produce(area_ring(area, 1 + i), 1 + i, events / (uint32_t)producers);
	}
	for (int i = 0; i < producers; i++)
		CHECK(waitpid(producer[i], &status, 0) == producer[i] && status == 0);
	atomic_store(stop, 1);
	CHECK(wait4(recorder, &status, 0, &usage) == recorder && status == 0);
	double took_s = (double)(clock_now_ns() - start_ns) / 1e9;

	count_rows(path, events);
	printf("recorder: %u events in %.2f s = %.0f events/s into SQLite "
	       "(%d producers; the recorder took %.2f s user, %.2f s system)\n",
	       events, took_s, events / took_s, producers, cpu_seconds(&usage.ru_utime),
	       cpu_seconds(&usage.ru_stime));
	unlink(path);
	rmdir(folder);
	area_close(area);
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

/* A ring that never fills: it is emptied between the batches. */
static void bench_push(void)
{
	static double ns[BATCHES];
	static struct event event, sink[256];
	struct error err = {0};
	struct area *area;

	must(area_open(&area, 1, SLOTS, &err), &err);
	struct ring *ring = area_ring(area, 0);

	make_invocation(&event, 1, 1);
	for (int batch = 0; batch < BATCHES; batch++) {
		int64_t began_ns = clock_now_ns();

		for (int i = 0; i < BATCH; i++) {
			event.op.seq++;
			event.at_ns = clock_now_ns();
			CHECK(ring_push(ring, &event));
		}
		ns[batch] = (double)(clock_now_ns() - began_ns) / BATCH;
		while (ring_drain(ring, sink, 256))
			continue;
	}
	qsort(ns, BATCHES, sizeof(*ns), compare);
	printf("ring_push: %.0f ns per event in the producer, its stamp included "
	       "(median of %d batches; 95 %% below %.0f ns)\n",
	       ns[BATCHES / 2], BATCHES, ns[BATCHES * 95 / 100]);
	area_close(area);
}

int main(int argc, char **argv)
{
	long events = argc > 1 ? strtol(argv[1], NULL, 10) : EVENTS;

	CHECK(events >= 2 * CROWD && events <= 1000000000);
	bench_push();
	fflush(stdout);
	events -= events % (2 * CROWD); /* whole pairs for each producer */
	bench_recorder(1, (uint32_t)events);
	fflush(stdout);
	bench_recorder(CROWD, (uint32_t)events);
	return EXIT_SUCCESS;
}
