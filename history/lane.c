/* The bulk of one lane, or of one process. */
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "history/mixed.h"
#include "history/op_row.h"

struct lane_ops {
	const struct history *history;
	int lane;
	struct lane_history *into;
};

static bool add_op(void *context, struct rows *rows)
{
	const struct lane_ops *ops = context;
	struct op_row op;

	if (operation_read_lane(rows, ops->history, &op) == ops->lane) {
		operation_read_rest(rows, ops->history, &op);
		*ROWS_APPEND(ops->into->op, ops->into->ops) = op;
	}
	return false;
}

/* The process's rows stand together, as its id is in theirs. */
#define OF_PROCESS "id BETWEEN ?1 AND ?1 + 4294967295"

static int read_ops_by_process(struct lane_ops *ops, struct error *err)
{
	static const struct bulk bulk = {"op", OPERATION_COLUMNS, OF_PROCESS, add_op};
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
		      "SELECT " OPERATION_COLUMNS
		      " FROM op WHERE lane = ?1 ORDER BY invoked_ns, id",
		      err))
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
			operations_order(into);
			return 0;
		}
	}
	into->ops = 0;
	free(into->op);
	into->op = NULL;
	return read_ops_by_time(&ops, err);
}

int history_foresee_lanes(struct history *history, const struct history_viewer *viewer,
			  struct error *err)
{
	if (viewer) /* who is to see all */
		mixed_close(take(history->mixed));
	return history->mixed ? 0 : mixed_open(history, viewer, &history->mixed, err);
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
	if (into->ops > 0 /* they were foreseen */ || !load_ops(history, lane, into, err))
		return 0;
	history_free_lane(into);
	return -1;
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

	struct op_row *op = &ops->op[ops->count++];

	ops->odd |= operation_read_lane(rows, ops->history, op) != ops->lane;
	operation_read_rest(rows, ops->history, op);
	return ops->odd || ops->count == BATCH;
}

struct process_ops *history_open_process(const struct history *history,
					 const struct process_row *process)
{
	static const struct bulk bulk = {"op", OPERATION_COLUMNS_OF_WORKER, OF_PROCESS,
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
