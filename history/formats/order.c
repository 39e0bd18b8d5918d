/*
 * Operations that do not come by time: a history.db has them process by process, each process's
 * nearly in order. So what is sorted is runs: the longest stretches that are in order already,
 * found as they are, merged through a heap of their heads. That is O(n log runs), streams through
 * memory once for each run, and needs 4 bytes an operation beside the trace, where a radix sort
 * would need
 * 32. An input without any order costs an ordinary heap sort.
 */
#include <stdlib.h>

#include "base/invariant.h"
#include "history/formats/builder.h"

/* Of one stretch: its next operation. */
struct head {
	int64_t at_ns;
	uint32_t op, end;
};

struct merge {
	const struct trace *trace;
	bool returns; /* by return, and only operations that have one; else by invocation */
	struct head *head;
	uint32_t heads, room;
};

static bool takes_part(const struct merge *merge, uint32_t op)
{
	return !merge->returns || merge->trace->op[op].outcome != TRACE_OPEN;
}

static int64_t time_of(const struct merge *merge, uint32_t op)
{
	const struct trace_op *found = &merge->trace->op[op];

	return merge->returns ? found->returned_ns : found->invoked_ns;
}

static bool comes_first(const struct head *a, const struct head *b)
{
	return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->op < b->op);
}

static void sift_down(struct merge *merge, uint32_t at)
{
	struct head moved = merge->head[at];

	for (uint32_t child; (child = 2 * at + 1) < merge->heads; at = child) {
		if (child + 1 < merge->heads &&
		    comes_first(&merge->head[child + 1], &merge->head[child]))
			child++;
		if (!comes_first(&merge->head[child], &moved))
			break;
		merge->head[at] = merge->head[child];
	}
	merge->head[at] = moved;
}

static void add_head(struct merge *merge, uint32_t begin)
{
	if (merge->heads == merge->room) {
		merge->room = merge->room ? 2 * merge->room : 64;
		merge->head = realloc(merge->head, merge->room * sizeof(*merge->head));
		CHECK(merge->head);
	}
	merge->head[merge->heads++] = (struct head){time_of(merge, begin), begin, 0};
}

static void find_runs(struct merge *merge)
{
	int64_t last_ns = INT64_MIN;

	for (uint32_t op = 0; op < merge->trace->ops; op++) {
		if (!takes_part(merge, op))
			continue;
		int64_t at_ns = time_of(merge, op);

		if (merge->heads == 0 || at_ns < last_ns) {
			if (merge->heads)
				merge->head[merge->heads - 1].end = op;
			add_head(merge, op);
		}
		last_ns = at_ns;
	}
	if (merge->heads)
		merge->head[merge->heads - 1].end = merge->trace->ops;
}

/* The heap's first head goes on to its next operation, or out. */
static void advance(struct merge *merge)
{
	struct head *head = &merge->head[0];

	do
		head->op++;
	while (head->op < head->end && !takes_part(merge, head->op));
	if (head->op < head->end)
		head->at_ns = time_of(merge, head->op);
	else
		*head = merge->head[--merge->heads];
	if (merge->heads)
		sift_down(merge, 0);
}

/* The operations' indices by time; the caller frees. */
static uint32_t *sorted(const struct trace *trace, bool returns, uint32_t *count)
{
	struct merge merge = {.trace = trace, .returns = returns};
	uint32_t *order = malloc(((size_t)trace->ops + 1) * sizeof(*order));

	CHECK(order);
	find_runs(&merge);
	for (uint32_t i = merge.heads / 2; i-- > 0;)
		sift_down(&merge, i);
	for (*count = 0; merge.heads > 0; advance(&merge))
		order[(*count)++] = merge.head[0].op;
	free(merge.head);
	return order;
}

/* The operation at order[i] goes to i, in place, along the cycles of the permutation. Destroys the
 * order. */
static void permute(struct trace_op *op, uint32_t *order, uint32_t count)
{
	for (uint32_t begin = 0; begin < count; begin++) {
		if (order[begin] == begin)
			continue;
		struct trace_op moved = op[begin];
		uint32_t to = begin;

		for (uint32_t from; (from = order[to]) != begin; to = from) {
			op[to] = op[from];
			order[to] = to;
		}
		op[to] = moved;
		order[to] = to;
	}
}

/* At equal times invocations come first. */
static void merge_events(struct trace *trace, const uint32_t *by_return, uint32_t returns)
{
	trace->events = 0;
	for (uint32_t i = 0, r = 0; i < trace->ops || r < returns;) {
		bool invocation = r == returns ||
				  (i < trace->ops &&
				   trace->op[i].invoked_ns <= trace->op[by_return[r]].returned_ns);

		trace->event[trace->events++] = invocation ? i++ << 1 : by_return[r++] << 1 | 1;
	}
}

void builder_order(struct trace_builder *builder)
{
	struct trace *trace = &builder->trace;
	uint32_t count, returns;

	if (trace->ops == 0)
		return;
	CHECK(trace->events == 0 && builder->dropped == 0);
	uint32_t *by_return = sorted(trace, true, &returns);
	uint32_t *order = sorted(trace, false, &count);

	for (uint32_t i = 0; i < count; i++)
		trace->op[order[i]].invoked = i;
	for (uint32_t i = 0; i < returns; i++)
		by_return[i] = trace->op[by_return[i]].invoked;
	permute(trace->op, order, count);
	free(order);
	trace->event = malloc(((size_t)count + returns) * sizeof(*trace->event));
	CHECK(trace->event);
	merge_events(trace, by_return, returns);
	free(by_return);
}
