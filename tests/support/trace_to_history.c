#include "tests/support/trace_to_history.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/invariant.h"
#include "history/database.h"
#include "history/event.h"
#include "tests/support/history_maker.h"

enum { BATCH = 100000, OWNERS = 64 };
static const int64_t first_lease = 7587869134;

static enum function function_of(const struct trace_op *op)
{
	CHECK(op->f == TRACE_ACQUIRE || op->f == TRACE_RELEASE);
	return op->f == TRACE_ACQUIRE ? F_ACQUIRE : F_RELEASE;
}

static void bind_unless_zero(sqlite3_stmt *row, int column, int64_t value)
{
	if (value)
		sqlite3_bind_int64(row, column, value);
	else
		sqlite3_bind_null(row, column);
}

/* What a process has done so far: its operations and attempts are numbered from 1. */
struct numbers {
	uint32_t ops, attempts, attempt; /* attempt: the trace's number of the last one */
};

static void count(struct numbers *numbers, const struct trace_op *op)
{
	numbers->ops++;
	if (numbers->attempt != op->attempt)
		numbers->attempts++;
	numbers->attempt = op->attempt;
}

/* An operation of unknown outcome ends for its worker, too: here at once. */
static void insert(sqlite3_stmt *row, const struct trace_op *op, int64_t process,
		   const struct numbers *numbers)
{
	char key[KEY_SIZE];
	int length = snprintf(key, sizeof(key), "lock/0/%" PRIx64, first_lease + op->attempt);
	bool ok = op->outcome == TRACE_OK;

	sqlite3_bind_int64(row, 1, process << 32 | numbers->ops);
	sqlite3_bind_int64(row, 2, process);
	sqlite3_bind_int64(row, 3, op->owner);
	sqlite3_bind_int64(row, 4, process << 32 | numbers->attempts);
	sqlite3_bind_int(row, 5, function_of(op));
	sqlite3_bind_int(row, 6, op->mode == TRACE_SHARED ? MODE_SHARED : MODE_EXCLUSIVE);
	sqlite3_bind_int(row, 7, ok ? OUTCOME_OK : OUTCOME_INFO);
	sqlite3_bind_int64(row, 8, op->invoked_ns);
	sqlite3_bind_int64(row, 9, ok ? op->returned_ns : op->invoked_ns);
	sqlite3_bind_int64(row, 10, first_lease + op->attempt);
	sqlite3_bind_text(row, 11, key, length, SQLITE_STATIC);
	bind_unless_zero(row, 12, op->token);
	CHECK(sqlite3_step(row) == SQLITE_DONE);
	sqlite3_reset(row);
}

static void exec(struct maker *maker, const char *sql)
{
	struct error err = {0};

	CHECK(database_exec(maker_db(maker), sql, &err) == 0);
}

static void insert_all(struct maker *maker, int lane, const struct trace *trace)
{
	sqlite3_stmt *row = database_prepare(
		maker_db(maker), "INSERT INTO op (id, process, arm, lane, worker, attempt, f, "
				 "mode, outcome, invoked_ns, returned_ns, endpoint, lease, key, "
				 "token) VALUES (?1, ?2, 0, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, "
				 "?10, ?11, ?12)");

	struct numbers numbers[OWNERS] = {0};

	CHECK(lane == 0);
	for (uint32_t i = 0; i < trace->ops; i++) {
		const struct trace_op *op = &trace->op[i];

		CHECK(op->owner < OWNERS);
		count(&numbers[op->owner], op);
		insert(row, op, maker_process(maker, lane, (int)op->owner), &numbers[op->owner]);
		if (i % BATCH == BATCH - 1)
			exec(maker, "COMMIT; BEGIN"); /* or the journal holds all of it */
	}
	sqlite3_finalize(row);
}

void trace_to_history(const struct trace *trace, const char *path)
{
	struct maker *maker = maker_open(path);
	int lane = maker_lane(maker, maker_arm(maker, .guard = "none"));

	insert_all(maker, lane, trace);
	if (trace->ops)
		maker_set_int(maker, "duration_ns", trace->op[trace->ops - 1].invoked_ns);
	maker_count_rows(maker);
	maker_close(maker, true);
}
