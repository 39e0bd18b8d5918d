/*
 * The bulk of one lane. What the rows say about one another is checked here too (an operation's
 * process exists and its arm is the lane's), so that nobody who judges has to.
 */
#include <limits.h>
#include <stdlib.h>

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

static int load_ops(const struct history *history, int lane, struct lane_history *into,
		    struct error *err)
{
	struct rows rows;

	if (rows_open(&rows, history->db, into->arena, "op",
		      "SELECT id, process, arm, worker, attempt, f, mode, outcome, invoked_ns, "
		      "returned_ns, endpoint, lease, key, ttl_ms, token, revision, safe_until_ns, "
		      "version, base_version, value, error "
		      "FROM op WHERE lane = ?1 ORDER BY invoked_ns, id",
		      err))
		return -1;
	sqlite3_bind_int(rows.statement, 1, lane);
	while (rows_next(&rows))
		read_op(&rows, history, history->lane[lane].arm, ROWS_ADD(into->op, into->ops));
	return rows_close(&rows);
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
