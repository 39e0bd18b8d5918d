/*
 * The bulk of one lane. What the rows say about one another is checked here too (an operation's
 * process exists and its arm is the lane's), so that nobody who judges has to.
 */
#include <limits.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/sort.h"
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

static void read_op(struct rows *rows, const struct history *history, int arm, struct op_row *op)
{
	op->id = rows_int(rows, 1, INT64_MAX);
	op->process = (int)rows_int(rows, 1, INT_MAX);
	if ((int)rows_int(rows, 0, history->arms - 1) != arm)
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
}

#define OP_COLUMNS                                                                                 \
	"SELECT id, process, arm, worker, attempt, f, mode, outcome, invoked_ns, returned_ns, "    \
	"endpoint, lease, key, ttl_ms, token, revision, safe_until_ns, version, base_version, "    \
	"value, error FROM op "

/* ?1: the lane; ?2, ?3: where there is a range of ids. */
static int read_ops(const struct history *history, int lane, const char *question, int64_t first,
		    int64_t last, struct lane_history *into, struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, into->arena, "op", question, err))
		return -1;
	sqlite3_bind_int(rows.statement, 1, lane);
	sqlite3_bind_int64(rows.statement, 2, first);
	sqlite3_bind_int64(rows.statement, 3, last);
	while (rows_next(&rows))
		read_op(&rows, history, history->lane[lane].arm, ROWS_ADD(into->op, into->ops));
	return rows_close(&rows);
}

/* The rows as the table has them: a process's stand together, and its id is in theirs. */
static int read_ops_by_process(const struct history *history, int lane, struct lane_history *into,
			       struct error *err)
{
	for (int i = 0; i < history->processes; i++) {
		int64_t first = (int64_t)history->process[i].id << 32;

		if (history->process[i].lane == lane &&
		    read_ops(history, lane,
			     OP_COLUMNS "NOT INDEXED WHERE id BETWEEN ?2 AND ?3 AND lane = ?1 "
					"ORDER BY id",
			     first, first + UINT32_MAX, into, err))
			return -1;
	}
	return 0;
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
	int64_t count = -1;

	if (history->sealed) {
		if (count_ops(history, lane, &count, err) ||
		    read_ops_by_process(history, lane, into, err))
			return -1;
		order_by_invocation(into);
	}
	if (into->ops == count)
		return 0;
	into->ops = 0;
	free(into->op);
	into->op = NULL;
	return read_ops(history, lane, OP_COLUMNS "WHERE lane = ?1 ORDER BY invoked_ns, id", 0, 0,
			into, err);
}

static int load_keys(const struct history *history, int lane, struct lane_history *into,
		     struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, into->arena, "key_event",
		      "SELECT id, revision, create_revision, lease, seen_ns, member, deleted, key "
		      "FROM key_event WHERE lane = ?1 ORDER BY revision, seen_ns, id",
		      err))
		return -1;
	sqlite3_bind_int(rows.statement, 1, lane);
	while (rows_next(&rows)) {
		struct key_row *key = ROWS_ADD(into->key, into->keys);

		key->id = rows_int(&rows, 1, INT64_MAX);
		key->revision = rows_int(&rows, 1, INT64_MAX);
		key->create_revision = rows_int_or(&rows, 0, 1, INT64_MAX);
		key->lease = rows_int_or(&rows, 0, INT64_MIN, INT64_MAX);
		key->seen_ns = rows_ns(&rows);
		key->member = (int)rows_int(&rows, 0, MEMBERS_MAX - 1);
		key->deleted = rows_int(&rows, 0, 1);
		key->key = rows_text(&rows);
	}
	return rows_close(&rows);
}

static int load_decisions(const struct history *history, int lane, struct lane_history *into,
			  struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, into->arena, "decision",
		      "SELECT id, op, token, greatest_token, version_before, version_after, value, "
		      "arrived_ns, decided_ns, f, accepted, reason "
		      "FROM decision WHERE lane = ?1 ORDER BY id",
		      err))
		return -1;
	sqlite3_bind_int(rows.statement, 1, lane);
	while (rows_next(&rows)) {
		struct decision_row *decision = ROWS_ADD(into->decision, into->decisions);

		decision->id = rows_int(&rows, 1, INT64_MAX);
		decision->op = rows_int_or(&rows, 0, INT64_MIN, INT64_MAX);
		decision->token = rows_int_or(&rows, 0, INT64_MIN, INT64_MAX);
		decision->greatest_token = rows_int(&rows, INT64_MIN, INT64_MAX);
		decision->version_before = rows_int(&rows, 0, INT64_MAX);
		decision->version_after = rows_int(&rows, 0, INT64_MAX);
		decision->value = rows_int_or(&rows, 0, INT64_MIN, INT64_MAX);
		decision->arrived_ns = rows_ns(&rows);
		decision->decided_ns = rows_int(&rows, decision->arrived_ns, HISTORY_LAST_NS);
		decision->f = (enum function)rows_int(&rows, F_READ, F_WRITE);
		decision->accepted = rows_int(&rows, 0, 1);
		decision->reason = rows_text_or_null(&rows);
	}
	return rows_close(&rows);
}

int history_load_lane(const struct history *history, int lane, struct lane_history *into,
		      struct error *err)
{
	*into = (struct lane_history){0};
	if (lane < 0 || lane >= history->lanes)
		return error_set(err, EXIT_OUR_FAULT, "%.300s has no lane %d", history->path, lane);
	into->arena = arena_open();
	if (load_ops(history, lane, into, err) || load_keys(history, lane, into, err) ||
	    load_decisions(history, lane, into, err)) {
		history_free_lane(into);
		return -1;
	}
	return 0;
}

void history_free_lane(struct lane_history *lane)
{
	free(lane->op);
	free(lane->key);
	free(lane->decision);
	arena_close(lane->arena);
	*lane = (struct lane_history){0};
}
