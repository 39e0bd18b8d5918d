#include "history/op_row.h"

#include <limits.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/sort.h"

enum { MEMBERS_MAX = 256, WORKERS_MAX = 1 << 20 };

static int compare_process(const void *id, const void *process)
{
	return array_order(*(const int *)id, ((const struct process_row *)process)->id);
}

static bool process_exists(const struct history *history, int id)
{
	if (id > 0 && id <= history->processes && history->process[id - 1].id == id)
		return true;             /* they count from 1 */
	return history->processes > 0 && /* else there is no array to search */
	       bsearch(&id, history->process, (size_t)history->processes, sizeof(*history->process),
		       compare_process);
}

int operation_read_lane(struct rows *rows, const struct history *history, struct op_row *op)
{
	op->id = rows_int(rows, 1, INT64_MAX);
	op->process = (int)rows_int(rows, 1, INT_MAX);
	int arm = (int)rows_int(rows, 0, history->arms - 1);
	int lane = (int)rows_int(rows, 0, history->lanes - 1);

	if (!rows->failed && arm != history->lane[lane].arm)
		rows_refuse(rows, "its arm is not the arm of its lane");
	return lane;
}

void operation_read_rest(struct rows *rows, const struct history *history, struct op_row *op)
{
	op->worker = (int)rows_int(rows, 0, WORKERS_MAX);
	op->attempt = rows_int_or(rows, 0, 1, INT64_MAX);
	op->f = (enum function)rows_int(rows, F_LEASE_GRANT, F_LAST);
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

void operations_order(struct lane_history *lane)
{
	struct op_row *ordered;
	struct sort_item *item;

	ARRAY_ROOM(item, lane->ops);
	for (int i = 0; i < lane->ops; i++)
		item[i] = (struct sort_item){lane->op[i].invoked_ns, (uint32_t)i};
	sort_items(item, (size_t)lane->ops);
	ARRAY_ROOM(ordered, lane->ops);
	for (int i = 0; i < lane->ops; i++)
		ordered[i] = lane->op[item[i].place];
	free(item);
	free(lane->op);
	lane->op = ordered;
}
