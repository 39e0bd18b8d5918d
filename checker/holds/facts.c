/* A lane's rows become its attempts, grants and endings. */
#include "checker/holds/attempts.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/sort.h"
#include "history/row.h"

static int compare_spans(const void *left, const void *right)
{
	const struct period *a = left, *b = right;

	return array_order(a->from_ns, b->from_ns) ?: array_order(a->to_ns, b->to_ns);
}

/* The union of [answer, sending + TTL] over what was acknowledged, within the believed hold.
 * Between a sending + TTL and the next answer the worker cannot know that its lease lives. */
static int learn_safety(struct attempt *attempt, struct period *room)
{
	int spans = 0, merged = 0;

	for (int i = 0; attempt->acquire && i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];
		struct period span = {op->returned_ns, 0};

		if (!op_renews(op, attempt))
			continue;
		span.to_ns = op_lease_end_ns(op);
		if (span.from_ns < attempt->believed_from_ns)
			span.from_ns = attempt->believed_from_ns;
		if (span.to_ns > attempt->believed_to_ns)
			span.to_ns = attempt->believed_to_ns;
		if (span.from_ns < span.to_ns)
			room[spans++] = span;
	}
	array_sort(room, (size_t)spans, sizeof(*room), compare_spans);
	for (int i = 0; i < spans; i++) {
		CHECK(!merged || room[i].from_ns >= room[merged - 1].from_ns);
		if (merged && room[i].from_ns <= room[merged - 1].to_ns) {
			if (room[i].to_ns > room[merged - 1].to_ns)
				room[merged - 1].to_ns = room[i].to_ns;
		} else {
			room[merged++] = room[i];
		}
	}
	CHECK(!merged || (room[0].from_ns >= attempt->believed_from_ns &&
			  room[merged - 1].to_ns <= attempt->believed_to_ns));
	attempt->safe = room;
	attempt->spans = merged;
	return merged;
}

static const struct op_row **point_at(const struct op_row *op, const struct sort_item *item,
				      int count)
{
	const struct op_row **pointers;

	ARRAY_ROOM(pointers, count);
	for (int i = 0; i < count; i++)
		pointers[i] = &op[item[i].place];
	return pointers;
}

static int count_runs(const struct sort_item *item, int count)
{
	int runs = count > 0;

	for (int i = 1; i < count; i++)
		runs += item[i].key != item[i - 1].key;
	return runs;
}

/* Where each process's operations begin in by_id: they count up from there. */
static void find_stretches(struct lane_facts *facts, const struct sort_item *by_id)
{
	for (int i = 0; i < facts->rows->ops; i++)
		if (i == 0 || by_id[i].key >> 32 != by_id[i - 1].key >> 32)
			*ROWS_APPEND(facts->stretch, facts->stretches) =
				(struct stretch){by_id[i].key, i};
}

/* By attempt, then as the rows come. A process's ids grow with its attempts, and with the times of
 * its invocations: unless something is wrong, `item` is in order already. */
static void sort_attempts(const struct op_row *op, struct sort_item *item, int count)
{
	bool sorted = true;
	int attempts = 0;

	for (int i = 1; i < count && sorted; i++)
		sorted = item[i].key > item[i - 1].key ||
			 (item[i].key == item[i - 1].key && item[i].place > item[i - 1].place);
	if (sorted)
		return;
	for (int i = 0; attempts < count; i++)
		if (op[i].attempt)
			item[attempts++] = (struct sort_item){op[i].attempt, (uint32_t)i};
	sort_items(item, (size_t)count);
}

/* Makes room for the attempts as well: here their numbers stand side by side. */
static void index_ops(struct lane_facts *facts)
{
	const struct op_row *op = facts->rows->op;
	int ops = facts->rows->ops;
	struct sort_item *item;

	ARRAY_ROOM(item, ops);
	for (int i = 0; i < ops; i++)
		item[i] = (struct sort_item){op[i].id, (uint32_t)i};
	sort_items(item, (size_t)ops);
	facts->by_id = point_at(op, item, ops);
	find_stretches(facts, item);
	for (int i = 0; i < ops; i++)
		if (op[item[i].place].attempt)
			item[facts->identified++] =
				(struct sort_item){op[item[i].place].attempt, item[i].place};
	sort_attempts(op, item, facts->identified);
	facts->by_attempt = point_at(op, item, facts->identified);
	ARRAY_NEW(facts->attempt, count_runs(item, facts->identified));
	free(item);
}

static void build_attempts(struct lane_facts *facts)
{
	int spans = 0;

	ARRAY_ROOM(facts->span, facts->identified);
	ARRAY_ROOM(facts->attempt_of, facts->rows->ops);
	for (int i = 0; i < facts->identified;) {
		struct attempt *attempt = &facts->attempt[facts->attempts++];

		attempt->op = &facts->by_attempt[i];
		for (; i < facts->identified &&
		       facts->by_attempt[i]->attempt == attempt->op[0]->attempt;
		     i++) {
			array_foresee(facts->by_attempt, i, facts->identified);
			facts->attempt_of[facts->by_attempt[i] - facts->rows->op] =
				facts->attempts - 1;
			attempt->ops++;
		}
		facts_read_attempt(facts->run, attempt);
		attempt->mode = sharing_mode(facts->sharing, attempt->mode);
		attempt->how = sharing_how(facts->sharing, attempt->mode);
		/* They are searched by their numbers. */
		CHECK(facts->attempts == 1 || attempt[-1].id < attempt->id);
		spans += learn_safety(attempt, &facts->span[spans]);
	}
	CHECK(spans <= facts->identified && facts->identified <= facts->rows->ops);
}

/* Holders come by attempt.id into each order, and by their answers into that of the service. */
static void list_holders(struct lane_facts *facts)
{
	struct sort_item *item;

	ARRAY_ROOM(facts->holder, facts->attempts);
	ARRAY_ROOM(facts->by_order, facts->attempts);
	ARRAY_ROOM(item, facts->attempts);
	for (int i = 0; i < facts->attempts; i++)
		if (facts->attempt[i].acquire)
			item[facts->holders++] =
				(struct sort_item){facts->attempt[i].believed_from_ns, (uint32_t)i};
	sort_items(item, (size_t)facts->holders);
	for (int i = 0; i < facts->holders; i++)
		facts->holder[i] = &facts->attempt[item[i].place];
	for (int i = 0; i < facts->holders; i++)
		if (facts->holder[i]->order)
			item[facts->ordered++] =
				(struct sort_item){facts->holder[i]->order, (uint32_t)i};
	sort_items(item, (size_t)facts->ordered);
	CHECK(facts->ordered <= facts->holders && facts->holders <= facts->attempts);
	for (int i = 0; i < facts->ordered; i++) {
		facts->by_order[i] = facts->holder[item[i].place];
		CHECK(!i || facts->by_order[i - 1]->order <= facts->by_order[i]->order);
	}
	free(item);
}

void facts_open(const struct run *run, int lane, const struct lane_history *rows,
		struct lane_facts *facts)
{
	CHECK(lane >= 0 && lane < run->history->lanes);
	const struct lane_row *row = &run->history->lane[lane];

	CHECK(row->arm >= 0 && row->arm < run->history->arms);
	const struct arm_row *arm = &run->history->arm[row->arm];

	*facts = (struct lane_facts){
		.run = run,
		.lane = row,
		.arm = arm,
		.rows = rows,
		.honest = arm_is_honest(arm),
		.sharing = arm_sharing(arm),
		.most = arm_sharing(arm) == SHARING_SEMAPHORE ? arm->permits : 1,
	};
	index_ops(facts);
	build_attempts(facts);
	facts_build_grants(facts);
	facts_find_endings(facts);
	facts_find_wrong_releases(facts);
	list_holders(facts);
}

void facts_close(struct lane_facts *facts)
{
	free(facts->attempt);
	free(facts->holder);
	free(facts->by_order);
	free(facts->grant);
	free(facts->wrong_release);
	free(facts->by_attempt);
	free(facts->by_id);
	free(facts->stretch);
	free(facts->attempt_of);
	free(facts->span);
	*facts = (struct lane_facts){0};
}
