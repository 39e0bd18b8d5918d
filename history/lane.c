/*
 * The bulk of one lane. What the rows say about one another is checked here too (an operation's
 * process exists and its arm is the lane's), so that nobody who judges has to.
 */
#include <limits.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/sort.h"
#include "history/mixed.h"
#include "history/reader.h"
#include "history/row.h"

enum { MEMBERS_MAX = 256, WORKERS_MAX = 1 << 20 };

static int compare_process(const void *id, const void *process)
{
	int left = *(const int *)id, right = ((const struct process_row *)process)->id;

	return (left > right) - (left < right);
}

static bool process_exists(const struct history *history, int id)
{
	return history->processes > 0 && /* else there is no array to search */
	       bsearch(&id, history->process, (size_t)history->processes, sizeof(*history->process),
		       compare_process);
}

#define OP_COLUMNS_BUT(endpoint, key, safe_until_ns)                                               \
	"id, process, arm, lane, worker, attempt, f, mode, outcome, invoked_ns, "                  \
	"returned_ns, " endpoint ", lease, " key ", ttl_ms, token, revision, " safe_until_ns       \
	", version, "                                                                              \
	"base_version, value, error"
#define OP_COLUMNS OP_COLUMNS_BUT("endpoint", "key", "safe_until_ns")

/* False: it is another lane's. */
static bool read_op(struct rows *rows, const struct history *history, int lane, struct op_row *op)
{
	op->id = rows_int(rows, 1, INT64_MAX);
	op->process = (int)rows_int(rows, 1, INT_MAX);
	int arm = (int)rows_int(rows, 0, history->arms - 1);

	if ((int)rows_int(rows, 0, history->lanes - 1) != lane)
		return false;
	if (arm != history->lane[lane].arm)
		rows_refuse(rows, "its arm is not the arm of its lane");
	op->worker = (int)rows_int(rows, 0, WORKERS_MAX);
	op->attempt = rows_int_or(rows, 0, 1, INT64_MAX);
	op->f = (enum function)rows_int(rows, F_LEASE_GRANT, F_LOSE);
	op->mode = (enum mode)rows_int(rows, MODE_EXCLUSIVE, MODE_SHARED);
	op->outcome = (enum outcome)rows_int(rows, OUTCOME_INFO, OUTCOME_FAIL);
	op->invoked_ns = rows_ns(rows);
	op->returned_ns = rows_ns_or(rows, NEVER_NS, op->invoked_ns);
	op->endpoint = (int)rows_int_or(rows, -1, 0, MEMBERS_MAX - 1);
	op->lease = rows_int_or(rows, 0, INT64_MIN, INT64_MAX);
	op->key = rows_text_or_null(rows);
	op->ttl_ms = (int)rows_int_or(rows, 0, 0, INT_MAX);
	op->token = rows_int_or(rows, 0, INT64_MIN, INT64_MAX);
	op->revision = rows_int_or(rows, 0, 0, INT64_MAX);
	op->safe_until_ns = rows_ns_or(rows, 0, 0);
	op->version = rows_int_or(rows, 0, 0, INT64_MAX);
	op->base_version = rows_int_or(rows, 0, 0, INT64_MAX);
	op->value = rows_int_or(rows, 0, INT64_MIN, INT64_MAX);
	op->error = rows_text_or_null(rows);
	if (op->outcome != OUTCOME_INFO && op->returned_ns == NEVER_NS)
		rows_refuse(rows, "it has an outcome but never returned");
	if (!process_exists(history, op->process))
		rows_refuse(rows, "no such process");
	if (op->id >> 32 != op->process)
		rows_refuse(rows, "its id does not begin with its process");
	if (op->attempt && op->attempt >> 32 != op->process)
		rows_refuse(rows, "its attempt does not begin with its process");
	return true;
}

struct lane_ops {
	const struct history *history;
	int lane;
	struct lane_history *into;
};

static bool add_op(void *context, struct rows *rows)
{
	const struct lane_ops *ops = context;
	struct op_row *op = ROWS_ADD(ops->into->op, ops->into->ops);

	ops->into->ops -= !read_op(rows, ops->history, ops->lane, op);
	return false;
}

/* The process's rows stand together, as its id is in theirs. */
#define OF_PROCESS "id BETWEEN ?1 AND ?1 + 4294967295"

static int read_ops_by_process(struct lane_ops *ops, struct error *err)
{
	static const struct bulk bulk = {"op", OP_COLUMNS, OF_PROCESS, add_op};
	const struct history *history = ops->history;

	for (int i = 0; i < history->processes; i++)
		if (history->process[i].lane == ops->lane &&
		    rows_take_all(history->db, ops->into->arena, &bulk,
				  (int64_t)history->process[i].id << 32, ops, err))
			return -1;
	return 0;
}

static int read_ops_by_time(struct lane_ops *ops, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, ops->history->db, ops->into->arena, "op",
		      "SELECT " OP_COLUMNS " FROM op WHERE lane = ?1 ORDER BY invoked_ns, id", err))
		return -1;
	sqlite3_bind_int(rows.statement, 1, ops->lane);
	while (rows_next(&rows))
		add_op(ops, &rows);
	return rows_close(&rows);
}

static int count_ops(const struct history *history, int lane, int64_t *count, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, NULL, "op", "SELECT count(*) FROM op WHERE lane = ?1",
		      err))
		return -1;
	sqlite3_bind_int(rows.statement, 1, lane);
	*count = rows_next(&rows) ? rows_int(&rows, 0, INT64_MAX) : 0;
	return rows_close(&rows);
}

/* They come by id. */
static void order_by_invocation(struct lane_history *into)
{
	struct op_row *ordered;
	struct sort_item *item;

	ARRAY_NEW(item, into->ops);
	for (int i = 0; i < into->ops; i++)
		item[i] = (struct sort_item){into->op[i].invoked_ns, (uint32_t)i};
	sort_items(item, (size_t)into->ops);
	ARRAY_NEW(ordered, into->ops);
	for (int i = 0; i < into->ops; i++)
		ordered[i] = into->op[item[i].place];
	free(item);
	free(into->op);
	into->op = ordered;
}

/*
 * The index of lanes has the wanted order, but each row that it names is a search of its own. It is
 * used to count only, unless there are rows that are not where a sound file has them: of a process
 * that is another lane's.
 */
static int load_ops(const struct history *history, int lane, struct lane_history *into,
		    struct error *err)
{
	struct lane_ops ops = {history, lane, into};
	int64_t count;

	if (history->sealed) {
		if (count_ops(history, lane, &count, err) || read_ops_by_process(&ops, err))
			return -1;
		if (into->ops == count) {
			order_by_invocation(into);
			return 0;
		}
	}
	into->ops = 0;
	free(into->op);
	into->op = NULL;
	return read_ops_by_time(&ops, err);
}

int history_foresee_lanes(struct history *history, struct error *err)
{
	return history->mixed ? 0 : mixed_open(history, &history->mixed, err);
}

int history_load_others(const struct history *history, int lane, struct lane_history *into,
			struct error *err)
{
	*into = (struct lane_history){0};
	if (lane < 0 || lane >= history->lanes)
		return error_set(err, EXIT_OUR_FAULT, "%.300s has no lane %d", history->path, lane);
	if (history->mixed && mixed_take_lane(history->mixed, lane, into))
		return 0;
	into->arena = arena_open();
	if (!mixed_load_lane(history, lane, into, err))
		return 0;
	history_free_lane(into);
	return -1;
}

int history_load_lane(const struct history *history, int lane, struct lane_history *into,
		      struct error *err)
{
	if (history_load_others(history, lane, into, err))
		return -1;
	if (!load_ops(history, lane, into, err))
		return 0;
	history_free_lane(into);
	return -1;
}

void history_free_lane(struct lane_history *lane)
{
	free(lane->op);
	free(lane->key);
	free(lane->decision);
	arena_close(lane->arena);
	*lane = (struct lane_history){0};
}

/* One process ---------------------------------------------------------------------------------- */

enum { BATCH = 64 /* operations that SQLite hands over at a time */ };

struct process_ops {
	const struct history *history;
	int lane, count, next;
	bool odd;
	struct rows rows;
	struct arena *arena;
	struct error ignored;
	struct op_row op[BATCH];
};

static bool add_to_batch(void *context, struct rows *rows)
{
	struct process_ops *ops = context;

	ops->odd |= !read_op(rows, ops->history, ops->lane, &ops->op[ops->count++]);
	return ops->odd || ops->count == BATCH;
}

struct process_ops *history_open_process(const struct history *history,
					 const struct process_row *process)
{
	static const struct bulk bulk = {"op", OP_COLUMNS_BUT("NULL", "NULL", "NULL"), OF_PROCESS,
					 add_to_batch};
	struct process_ops *ops;

	ARRAY_NEW(ops, 1);
	ops->history = history;
	ops->lane = process->lane;
	ops->arena = arena_open();
	if (rows_open_bulk(&ops->rows, history->db, ops->arena, &bulk, &ops->ignored)) {
		history_close_process(ops);
		return NULL;
	}
	ops->rows.context = ops;
	sqlite3_bind_int64(ops->rows.statement, 1, (int64_t)process->id << 32);
	return ops;
}

enum process_next history_next_op(struct process_ops *ops, struct op_row *op)
{
	if (ops->next == ops->count) {
		ops->next = ops->count = 0;
		bool more = rows_take(&ops->rows);

		if (ops->odd || ops->rows.failed)
			return PROCESS_ODD;
		if (!more && ops->count == 0)
			return PROCESS_END;
	}
	*op = ops->op[ops->next++];
	return PROCESS_OP;
}

void history_close_process(struct process_ops *ops)
{
	if (!ops)
		return;
	rows_close(&ops->rows);
	arena_close(ops->arena);
	free(ops);
}
