/*
 * Attempts from operations: one sort by (attempt, invocation) makes each attempt a run of rows. The
 * rows come by (invocation, id), and sort_items keeps that order among those of one number.
 */
#include "checker/holds/attempts.h"

#include <string.h>

#include "base/clock.h"
#include "base/array.h"
#include "base/sort.h"
#include "history/row.h"

bool op_renews(const struct op_row *op, const struct attempt *attempt)
{
	return (op->f == F_LEASE_GRANT || op->f == F_KEEPALIVE) && op->outcome == OUTCOME_OK &&
	       op->ttl_ms > 0 && (!op->lease || !attempt->lease || op->lease == attempt->lease);
}

int64_t op_lease_end_ns(const struct op_row *op)
{
	return op->invoked_ns + op->ttl_ms * NS_PER_MS;
}

const struct op_row *attempt_longest_renewal(const struct attempt *attempt, int64_t at_ns)
{
	const struct op_row *longest = NULL;

	for (int i = 0; i < attempt->ops && attempt->op[i]->invoked_ns < at_ns; i++)
		if (op_renews(attempt->op[i], attempt) &&
		    (!longest || op_lease_end_ns(attempt->op[i]) > op_lease_end_ns(longest)))
			longest = attempt->op[i];
	return longest;
}

bool attempt_lease_lives(const struct attempt *attempt, int64_t at_ns)
{
	const struct op_row *renewal = attempt_longest_renewal(attempt, at_ns);

	return renewal && at_ns < op_lease_end_ns(renewal);
}

static bool ends_belief(const struct op_row *op)
{
	return op->f == F_RELEASE || op->f == F_LEASE_REVOKE || op->f == F_LOSE;
}

static void learn_identity(struct attempt *attempt, const struct op_row *op)
{
	if (!attempt->lease)
		attempt->lease = op->lease;
	if (op->key && *op->key && (!attempt->key || op->f == F_ACQUIRE))
		attempt->key = op->key;
	bool sends = op->f == F_READ || op->f == F_WRITE;
	bool learns = op->outcome == OUTCOME_OK && (op->f == F_ACQUIRE || op->f == F_TOKEN);

	if (!attempt->token && (sends || learns))
		attempt->token = op->token;
	if (!attempt->answer_revision && attempt->acquire && op->outcome == OUTCOME_OK &&
	    (op == attempt->acquire || op->f == F_TOKEN))
		attempt->answer_revision = op->revision;
}

/* The believed hold: from the answer until the worker gives up or learns the loss, whatever became
 * of its requests, and not past the life of its process, which may end before the answer: a kill is
 * stamped before it is done. */
static void learn_belief(struct attempt *attempt)
{
	attempt->believed_to_ns = attempt->died_ns;
	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (ends_belief(op) && op->invoked_ns >= attempt->believed_from_ns &&
		    op->invoked_ns < attempt->believed_to_ns) {
			attempt->believed_to_ns = op->invoked_ns;
			attempt->ending = op;
		}
	}
	if (attempt->believed_to_ns < attempt->believed_from_ns)
		attempt->believed_to_ns = attempt->believed_from_ns;
}

void facts_read_attempt(const struct run *run, struct attempt *attempt)
{
	const struct op_row *first = attempt->op[0];
	const struct actor *actor = run_actor(run, first->process);

	attempt->id = first->attempt;
	attempt->process = first->process;
	attempt->worker = first->worker;
	attempt->name = actor && actor->name ? actor->name : "a worker";
	attempt->died_ns = actor ? actor->ended_ns : NEVER_NS;
	attempt->given_up_ns = NEVER_NS;
	for (int i = 0; i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];

		if (op->f == F_ACQUIRE && !attempt->acquire) {
			if (op->outcome == OUTCOME_OK)
				attempt->acquire = op;
			else
				attempt->doubtful = true;
		}
		learn_identity(attempt, op);
		if ((op->f == F_RELEASE || op->f == F_LEASE_REVOKE) &&
		    op->invoked_ns < attempt->given_up_ns)
			attempt->given_up_ns = op->invoked_ns;
		if (op_renews(op, attempt) && op->returned_ns > attempt->acknowledged_ns)
			attempt->acknowledged_ns = op->returned_ns;
	}
	attempt->believed_from_ns = attempt->believed_to_ns = NEVER_NS;
	if (attempt->acquire) {
		attempt->believed_from_ns = attempt->acquire->returned_ns;
		learn_belief(attempt);
	}
}

static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	return array_order(a->from_ns, b->from_ns) ?: array_order(a->to_ns, b->to_ns);
}

/* The union of [answer, sending + TTL] over what was acknowledged, within the believed hold.
 * Between a sending + TTL and the next answer the worker cannot know that its lease lives. */
static int learn_safety(struct attempt *attempt, struct span *room)
{
	int spans = 0, merged = 0;

	for (int i = 0; attempt->acquire && i < attempt->ops; i++) {
		const struct op_row *op = attempt->op[i];
		struct span span = {op->returned_ns, 0};

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
		if (merged && room[i].from_ns <= room[merged - 1].to_ns) {
			if (room[i].to_ns > room[merged - 1].to_ns)
				room[merged - 1].to_ns = room[i].to_ns;
		} else {
			room[merged++] = room[i];
		}
	}
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
		spans += learn_safety(attempt, &facts->span[spans]);
	}
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
	for (int i = 0; i < facts->ordered; i++)
		facts->by_order[i] = facts->holder[item[i].place];
	free(item);
}

bool arm_is_honest(const struct arm_row *arm)
{
	return !(arm->planted & PLANTED_CLIENT);
}

void facts_open(const struct run *run, int lane, const struct lane_history *rows,
		struct lane_facts *facts)
{
	const struct lane_row *row = &run->history->lane[lane];
	const struct arm_row *arm = &run->history->arm[row->arm];

	*facts = (struct lane_facts){
		.run = run,
		.lane = row,
		.arm = arm,
		.rows = rows,
		.honest = arm_is_honest(arm),
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

static int compare_op_id(const void *id, const void *op)
{
	return array_order(*(const int64_t *)id, (*(const struct op_row *const *)op)->id);
}

/* The operation, if its process lacks none up to it; else another one, or NULL. */
static const struct op_row *guess_op(const struct lane_facts *facts, int64_t op)
{
	int begun = (int)ARRAY_BEFORE(facts->stretches, i, facts->stretch[i].first_id <= op);
	const struct stretch *stretch = begun ? &facts->stretch[begun - 1] : NULL;

	if (!stretch || op - stretch->first_id >= facts->rows->ops - stretch->begin)
		return NULL;
	return facts->by_id[stretch->begin + (op - stretch->first_id)];
}

const struct op_row *facts_op(const struct lane_facts *facts, int64_t op)
{
	const struct op_row *guess = guess_op(facts, op);

	if (guess && guess->id == op)
		return guess;
	const struct op_row **found = bsearch(&op, facts->by_id, (size_t)facts->rows->ops,
					      sizeof(*facts->by_id), compare_op_id);

	return found ? *found : NULL;
}

static int compare_attempt_id(const void *id, const void *attempt)
{
	return array_order(*(const int64_t *)id, ((const struct attempt *)attempt)->id);
}

struct attempt *facts_attempt(const struct lane_facts *facts, int64_t id)
{
	return bsearch(&id, facts->attempt, (size_t)facts->attempts, sizeof(*facts->attempt),
		       compare_attempt_id);
}

struct attempt *facts_attempt_of_op(const struct lane_facts *facts, int64_t op)
{
	const struct op_row *row = facts_op(facts, op);

	return row && row->attempt ? &facts->attempt[facts->attempt_of[row - facts->rows->op]]
				   : NULL;
}

struct label attempt_label(const struct attempt *attempt)
{
	struct label label;
	const char *what = attempt->token ? "token" : "revision";
	long long number = attempt->token ? attempt->token : attempt->order;

	if (number)
		snprintf(label.text, sizeof(label.text), "%.40s (%s %lld)", attempt->name, what,
			 number);
	else
		snprintf(label.text, sizeof(label.text), "%.40s", attempt->name);
	return label;
}
