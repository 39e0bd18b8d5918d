/*
 * A row of the table op, read in two steps: where it lies, then the rest. What the rows say about
 * one another is checked here too (an operation's process exists and its arm is the lane's), so
 * that nobody who judges has to.
 */
#ifndef HISTORY_OP_ROW_H
#define HISTORY_OP_ROW_H

#include "history/reader.h"
#include "history/row.h"

#define OPERATION_COLUMNS                                                                          \
	"id, process, arm, lane, worker, attempt, f, mode, outcome, invoked_ns, returned_ns, "     \
	"endpoint, lease, key, ttl_ms, token, revision, version, base_version, value, error"
/* The same without what tells more of the service than of the worker. */
#define OPERATION_COLUMNS_OF_WORKER                                                                \
	"id, process, arm, lane, worker, attempt, f, mode, outcome, invoked_ns, returned_ns, "     \
	"NULL, lease, NULL, NULL, token, NULL, version, base_version, value, error"

/* The columns up to the lane, which is returned: one of the history's. */
int operation_read_lane(struct rows *rows, const struct history *history, struct op_row *op);
/* The others; the texts go to the arena of `rows`. */
void operation_read_rest(struct rows *rows, const struct history *history, struct op_row *op);

/* The lane's operations, which came by id, by invocation and id. */
void operations_order(struct lane_history *lane);

#endif
