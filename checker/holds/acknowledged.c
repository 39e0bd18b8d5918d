/*
 * Theory of operation. The answers of the whole run, sorted by the time at which they were known:
 * of these only the rises of the revision are kept, a staircase that is searched by
 * time. The lower bounds are the same from the other side: the linearizable answers from the one
 * that was asked for last, of which only the falls are kept.
 */
#include "checker/holds/acknowledged.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/sort.h"
#include "checker/holds/attempts.h"
#include "history/older.h"
#include "history/row.h"

struct asked_late {
	int64_t sent_ns; /* descending, and the revision with it */
	int64_t revision;
};

static bool function_is_linearizable(enum function f)
{
	switch (f) {
	case F_LEASE_GRANT:
	case F_ACQUIRE:
	case F_TOKEN:
	case F_READ:
	case F_WRITE:
	case F_RELEASE:
	case F_LOOK:
		return true;
	case F_KEEPALIVE:
	case F_LEASE_REVOKE:
	case F_LOSE:
		return false;
	}
	return false;
}

bool op_is_linearizable(const struct op_row *op)
{
	bool may_refuse =
		op->f == F_TOKEN || op->f == F_READ || op->f == F_WRITE || op->f == F_LOOK;
	bool answered = op->outcome == OUTCOME_OK || (may_refuse && op->outcome == OUTCOME_FAIL);

	return answered && op->revision && function_is_linearizable(op->f);
}

struct collection {
	const struct history *history;
	/* In the order of the tables. */
	struct answer_row *told;
	struct asked_late *asked; /* by linearizable answers */
	uint32_t tolds, told_room, asks, asked_room;
	struct answer_row greatest; /* told by the present process, or the witness */
};

/* What its process had been told before is no news to anybody. */
static void add_told(struct collection *collection, const struct answer_row *answer)
{
	struct answer_row *greatest = &collection->greatest;
	bool same = greatest->process == answer->process;

	if (same && greatest->revision >= answer->revision && greatest->at_ns <= answer->at_ns)
		return;
	ARRAY_GROW(collection->told, collection->tolds, collection->told_room);
	collection->told[collection->tolds++] = *answer;
	if (!same || greatest->revision < answer->revision)
		*greatest = *answer;
}

/* What a client with a planted bug recorded may be its own invention. */
static bool is_heeded(const struct history *history, int lane)
{
	return arm_is_honest(&history->arm[history->lane[lane].arm]);
}

static void see_op(void *context, int lane, const struct op_row *op)
{
	struct collection *collection = context;

	CHECK(lane >= 0 && lane < collection->history->lanes);
	if (op->outcome != OUTCOME_OK || !op->revision || !is_heeded(collection->history, lane))
		return;
	CHECK(op->returned_ns >= op->invoked_ns && op->returned_ns != NEVER_NS);
	add_told(collection, &(struct answer_row){op->returned_ns, op->revision, op->id,
						  op->process, op->endpoint, op->f});
	if (!function_is_linearizable(op->f))
		return;
	ARRAY_GROW(collection->asked, collection->asks, collection->asked_room);
	collection->asked[collection->asks++] = (struct asked_late){op->invoked_ns, op->revision};
}

static void see_key(void *context, const struct key_row *key)
{
	add_told(context, &(struct answer_row){.at_ns = key->seen_ns,
					       .revision = key->revision,
					       .ref = key->id,
					       .member = key->member});
}

static void keep_rises(const struct collection *collection, struct acknowledged *into)
{
	struct sort_item *item;
	int64_t greatest = 0;

	ARRAY_ROOM(item, collection->tolds);
	for (uint32_t i = 0; i < collection->tolds; i++)
		item[i] = (struct sort_item){collection->told[i].at_ns, i};
	sort_items(item, collection->tolds);
	for (uint32_t i = 0; i < collection->tolds; i++) {
		const struct answer_row *answer = &collection->told[item[i].place];

		if (answer->revision <= greatest)
			continue;
		greatest = answer->revision;
		*ROWS_APPEND(into->rise, into->rises) = *answer;
	}
	free(item);
}

/* Those that are older than they may be are passed over. The rises are gone down beside them. */
static void keep_falls(const struct collection *collection, struct acknowledged *into)
{
	struct sort_item *item;
	int64_t least = INT64_MAX;
	int known = into->rises; /* before the question at hand */

	ARRAY_ROOM(item, collection->asks);
	for (uint32_t i = 0; i < collection->asks; i++)
		item[i] = (struct sort_item){-collection->asked[i].sent_ns, i};
	sort_items(item, collection->asks);
	for (uint32_t i = 0; i < collection->asks; i++) {
		const struct asked_late *asked = &collection->asked[item[i].place];

		if (asked->revision >= least)
			continue;
		while (known > 0 && into->rise[known - 1].at_ns >= asked->sent_ns)
			known--;
		bool stale = known > 0 && into->rise[known - 1].revision > asked->revision;

		if (!stale) {
			least = asked->revision;
			*ROWS_APPEND(into->low, into->lows) = *asked;
		}
	}
	free(item);
}

/* False when a host's stamps are said to be off: then times of two processes cannot be compared to
 * the nanosecond. */
static int share_a_clock(const struct history *history, bool *shared, struct error *err)
{
	struct rows rows;

	*shared = true;
	if (!older_column(history->db, "host", "clock_error_ns", NULL))
		return 0;
	if (rows_open(&rows, history->db, history->arena, "host",
		      "SELECT id FROM host WHERE clock_offset_ns OR clock_error_ns LIMIT 1", err))
		return -1;
	*shared = !rows_next(&rows);
	return rows_close(&rows);
}

int acknowledged_open(struct history *history, struct acknowledged *acknowledged, struct error *err)
{
	struct collection collection = {.history = history};
	const struct history_viewer viewer = {see_op, see_key, &collection};
	bool one_clock;

	*acknowledged = (struct acknowledged){0};
	if (!history->db)
		return 0;
	int failed = share_a_clock(history, &one_clock, err) ||
		     history_foresee_lanes(history, &viewer, err);

	if (!failed && one_clock) {
		keep_rises(&collection, acknowledged);
		keep_falls(&collection, acknowledged);
	}
	free(collection.told);
	free(collection.asked);
	return failed ? -1 : 0;
}

void acknowledged_close(struct acknowledged *acknowledged)
{
	free(acknowledged->rise);
	free(acknowledged->low);
	*acknowledged = (struct acknowledged){0};
}

const struct answer_row *acknowledged_before(const struct acknowledged *acknowledged, int64_t at_ns,
					     int *near)
{
	const struct answer_row *rise = acknowledged->rise;

	CHECK(*near >= 0 && *near <= acknowledged->rises);
	int low = *near && rise[*near - 1].at_ns < at_ns ? *near : 0, high = low;

	for (int step = 1; high < acknowledged->rises && rise[high].at_ns < at_ns; step *= 2) {
		low = high + 1;
		high = high + step < acknowledged->rises ? high + step : acknowledged->rises;
	}
	while (low < high) {
		int middle = low + (high - low) / 2;

		if (rise[middle].at_ns < at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	/* Neither known too late nor passed over: a stale-read hangs on it. */
	CHECK(low == 0 || rise[low - 1].at_ns < at_ns);
	CHECK(low == acknowledged->rises || rise[low].at_ns >= at_ns);
	*near = low;
	return low ? &rise[low - 1] : NULL;
}

int64_t acknowledged_least_since(const struct acknowledged *acknowledged, int64_t at_ns)
{
	int asked = (int)ARRAY_BEFORE(acknowledged->lows, i, acknowledged->low[i].sent_ns >= at_ns);

	return asked ? acknowledged->low[asked - 1].revision : INT64_MAX;
}
