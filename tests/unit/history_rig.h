/* The recorder at work on an empty history, for the tests of what it writes. */
#ifndef HISTORY_RIG_H
#define HISTORY_RIG_H

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "history/database.h"
#include "history/reader.h"
#include "history/recorder.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"

enum { SLOTS = 64, CONDUCTOR = 0, RING = 1, RINGS = 4, PATIENCE_S = 20, OCCASIONS = 4 };

/* One recorder on an empty history with the arm "none", the lanes 0 and 1 and a schedule. */
static struct {
	struct area *area;
	const char *path;
	int64_t start_ns;
	int batch_ms;
	_Atomic int *stop;
	pid_t pid;
	struct history history;
	struct lane_history lane;
} run;

static inline void setup(void)
{
	struct error err = {0};
	struct maker *maker = maker_open(run.path = scratch_file("history.db"));
	int arm = maker_arm(maker, .guard = "none");

	maker_lane(maker, arm);
	maker_lane(maker, arm);
	for (int i = 0; i < OCCASIONS; i++)
		maker_occasion(maker, "pause", "contended");
	maker_close(maker, false);
	ck_assert_msg(area_open(&run.area, RINGS, SLOTS, &err) == 0, "%s", err.text);
	run.stop = mmap(NULL, sizeof(*run.stop), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	ck_assert(run.stop != MAP_FAILED);
	run.start_ns = clock_now_ns();
	run.batch_ms = 50;
}

static inline int record(struct error *err)
{
	const struct recorder_config config = {.area = run.area,
					       .path = run.path,
					       .start_ns = run.start_ns,
					       .batch_ms = run.batch_ms,
					       .stop = run.stop};

	return recorder_run(&config, err);
}

static inline void start_recorder(void)
{
	run.pid = fork();
	if (run.pid == 0) {
		struct error err = {0};

		if (record(&err))
			fprintf(stderr, "%s\n", err.text);
		_exit(err.code);
	}
}

static inline int wait_for_recorder(void)
{
	int status;

	ck_assert_int_eq(waitpid(run.pid, &status, 0), run.pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline void open_result(void)
{
	struct error err = {0};

	ck_assert_msg(history_open(run.path, &run.history, &err) == 0, "%s", err.text);
	ck_assert_msg(history_load_lane(&run.history, 0, &run.lane, &err) == 0, "%s", err.text);
}

static inline void close_result(void)
{
	history_free_lane(&run.lane);
	history_close(&run.history);
}

static inline void stop_and_open(void)
{
	atomic_store(run.stop, 1);
	ck_assert_int_eq(wait_for_recorder(), 0);
	open_result();
}

static inline void push(int ring, struct event event)
{
	if (event.at_ns == 0)
		event.at_ns = clock_now_ns();
	ck_assert(ring_push(area_ring(run.area, ring), &event));
}

static inline void push_worker(int process, int worker)
{
	push(CONDUCTOR, (struct event){.kind = EVENT_PROCESS,
				       .started = {.id = process,
						   .host = 0,
						   .arm = 0,
						   .lane = 0,
						   .worker = worker,
						   .os_pid = 100 + process,
						   .incarnation = 1,
						   .role = "worker",
						   .name = "none-0-0",
						   .client = "lock"}});
}

static inline struct event invocation(int process, uint32_t seq, enum function f)
{
	return (struct event){.kind = EVENT_INVOKE,
			      .process = process,
			      .at_ns = clock_now_ns(),
			      .op = {.seq = seq, .f = (uint8_t)f, .endpoint = -1, .attempt = 1}};
}

static inline struct event answer(int process, uint32_t seq, enum function f, enum outcome outcome)
{
	struct event event = invocation(process, seq, f);

	event.kind = EVENT_RETURN;
	event.op.outcome = (uint8_t)outcome;
	return event;
}

/* Looks again until the query gives a row; the file offers no notification. */
static inline void wait_for_row(const char *sql)
{
	int64_t deadline_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;
	struct error err = {0};
	sqlite3 *db;
	int status = SQLITE_DONE;

	ck_assert_int_eq(database_open(run.path, DATABASE_READ, &db, &err), 0);
	while (status == SQLITE_DONE && clock_now_ns() < deadline_ns) {
		sqlite3_stmt *statement = database_prepare(db, sql);

		status = sqlite3_step(statement);
		sqlite3_finalize(statement);
		clock_sleep_until_ns(clock_now_ns() + NS_PER_MS);
	}
	sqlite3_close(db);
	ck_assert_int_eq(status, SQLITE_ROW);
}

#endif
