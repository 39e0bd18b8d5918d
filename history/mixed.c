#include "history/mixed.h"

#include <limits.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/sort.h"
#include "history/op_row.h"

enum { MEMBERS_MAX = 256 };

/* Where rows go: those of the lanes first .. first + lanes - 1. */
struct target {
	const struct history *history;
	const struct history_viewer *viewer; /* NULL: none */
	struct lane_history *lane, *others;  /* others: what is of no lane; NULL: it is left out */
	int first, lanes;
};

struct mixed {
	int lanes;
	struct lane_history *lane; /* arena NULL: handed over; behind the last, what is of none */
};

/* The texts that are read next go there, too. NULL: nobody wants the row. */
static struct lane_history *find_lane(const struct target *target, int lane, struct rows *rows)
{
	bool is_there = lane >= target->first && lane < target->first + target->lanes;
	struct lane_history *into = is_there ? &target->lane[lane - target->first] : target->others;

	if (into)
		rows->arena = into->arena;
	return into;
}

static bool take_op(void *context, struct rows *rows)
{
	const struct target *target = context;
	struct op_row head;
	int lane = operation_read_lane(rows, target->history, &head);

	if (rows->failed)
		return true;
	struct lane_history *into = find_lane(target, lane, rows);
	struct op_row *op = ROWS_APPEND(into->op, into->ops);

	op->id = head.id;
	op->process = head.process;
	operation_read_rest(rows, target->history, op);
	target->viewer->see_op(target->viewer->context, lane, op);
	return false;
}

#define KEY_COLUMNS "id, member, lane, deleted, revision, create_revision, lease, key, seen_ns"

static bool take_key(void *context, struct rows *rows)
{
	const struct target *target = context;
	struct key_row key = {.id = rows_int(rows, 1, INT64_MAX)};

	key.member = (int)rows_int(rows, 0, MEMBERS_MAX - 1);
	struct lane_history *into = find_lane(target, (int)rows_int_or(rows, -1, 0, INT_MAX), rows);

	if (!into)
		return false;
	key.deleted = rows_int(rows, 0, 1);
	key.revision = rows_int(rows, 1, INT64_MAX);
	key.create_revision = rows_int_or(rows, 0, 1, INT64_MAX);
	key.lease = rows_int_or(rows, 0, INT64_MIN, INT64_MAX);
	key.key = rows_text(rows);
	key.seen_ns = rows_ns(rows);
	*ROWS_APPEND(into->key, into->keys) = key;
	if (target->viewer)
		target->viewer->see_key(target->viewer->context, &key);
	return false;
}

#define DECISION_COLUMNS                                                                           \
	"id, op, lane, f, accepted, token, greatest_token, version_before, version_after, value, " \
	"arrived_ns, decided_ns, reason"

static bool take_decision(void *context, struct rows *rows)
{
	const struct target *target = context;
	struct decision_row decision = {.id = rows_int(rows, 1, INT64_MAX)};

	decision.op = rows_int_or(rows, 0, INT64_MIN, INT64_MAX);
	struct lane_history *into = find_lane(target, (int)rows_int(rows, 0, INT_MAX), rows);

	if (!into)
		return false;
	decision.f = (enum function)rows_int(rows, F_READ, F_WRITE);
	decision.accepted = rows_int(rows, 0, 1);
	decision.token = rows_int_or(rows, 0, INT64_MIN, INT64_MAX);
	decision.greatest_token = rows_int(rows, INT64_MIN, INT64_MAX);
	decision.version_before = rows_int(rows, 0, INT64_MAX);
	decision.version_after = rows_int(rows, 0, INT64_MAX);
	decision.value = rows_int_or(rows, 0, INT64_MIN, INT64_MAX);
	decision.arrived_ns = rows_ns(rows);
	decision.decided_ns = rows_int(rows, decision.arrived_ns, HISTORY_LAST_NS);
	decision.reason = rows_text_or_null(rows);
	*ROWS_APPEND(into->decision, into->decisions) = decision;
	return false;
}

static const struct {
	struct bulk all;
	const char *of_lane;
} tables[] = {
	{{"key_event", KEY_COLUMNS, "true", take_key},
	 "SELECT " KEY_COLUMNS " FROM key_event WHERE lane = ?1 ORDER BY revision, seen_ns, id"},
	{{"decision", DECISION_COLUMNS, "true", take_decision},
	 "SELECT " DECISION_COLUMNS " FROM decision WHERE lane = ?1 ORDER BY id"},
};
enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

int mixed_load_lane(const struct history *history, int lane, struct lane_history *into,
		    struct error *err)
{
	struct target target = {.lane = into, .first = lane, .lanes = 1};

	for (int i = 0; i < TABLES; i++) {
		struct rows rows;

		if (rows_open(&rows, history->db, into->arena, tables[i].all.table,
			      tables[i].of_lane, err))
			return -1;
		sqlite3_bind_int(rows.statement, 1, lane);
		while (rows_next(&rows))
			tables[i].all.each(&target, &rows);
		if (rows_close(&rows))
			return -1;
	}
	return 0;
}

/* All lanes ----------------------------------------------------------------------------------- */

static int read_all(const struct history *history, struct target *target, struct error *err)
{
	static const struct bulk ops = {"op", OPERATION_COLUMNS, "true", take_op};

	if (target->viewer && rows_take_all(history->db, NULL, &ops, 0, target, err))
		return -1;
	for (int i = 0; i < TABLES; i++)
		if (rows_take_all(history->db, NULL, &tables[i].all, 0, target, err))
			return -1;
	return 0;
}

int mixed_open(const struct history *history, const struct history_viewer *viewer,
	       struct mixed **mixed, struct error *err)
{
	struct mixed *all;

	ARRAY_NEW(all, 1);
	all->lanes = history->lanes;
	ARRAY_NEW(all->lane, all->lanes + 1);
	for (int i = 0; i <= all->lanes; i++)
		all->lane[i].arena = arena_open();
	struct target target = {history, viewer, all->lane, NULL, 0, all->lanes};

	if (viewer)
		target.others = &all->lane[all->lanes];
	if (read_all(history, &target, err)) {
		mixed_close(all);
		return -1;
	}
	*mixed = all;
	return 0;
}

void mixed_close(struct mixed *mixed)
{
	for (int i = 0; mixed && i <= mixed->lanes; i++)
		history_free_lane(&mixed->lane[i]);
	if (mixed)
		free(mixed->lane);
	free(mixed);
}

/* They come by id. */
static void order_keys(struct lane_history *into)
{
	struct key_row *ordered;
	struct sort_item *by_sight, *item;

	ARRAY_ROOM(by_sight, into->keys);
	ARRAY_ROOM(item, into->keys);
	for (int i = 0; i < into->keys; i++)
		by_sight[i] = (struct sort_item){into->key[i].seen_ns, (uint32_t)i};
	sort_items(by_sight, (size_t)into->keys);
	for (int i = 0; i < into->keys; i++)
		item[i] = (struct sort_item){into->key[by_sight[i].place].revision, (uint32_t)i};
	sort_items(item, (size_t)into->keys);
	ARRAY_ROOM(ordered, into->keys);
	for (int i = 0; i < into->keys; i++)
		ordered[i] = into->key[by_sight[item[i].place].place];
	free(by_sight);
	free(item);
	free(into->key);
	into->key = ordered;
}

bool mixed_take_lane(struct mixed *mixed, int lane, struct lane_history *into)
{
	if (!mixed->lane[lane].arena)
		return false;
	*into = mixed->lane[lane];
	mixed->lane[lane] = (struct lane_history){0};
	operations_order(into);
	order_keys(into);
	return true;
}

void history_free_lane(struct lane_history *lane)
{
	free(lane->op);
	free(lane->key);
	free(lane->decision);
	arena_close(lane->arena);
	*lane = (struct lane_history){0};
}
