/*
 * Theory of operation. Each process's operations are nearly in order, so what is merged is runs:
 * the longest stretches that are in order already, found as they are, through a heap of their
 * heads. Returns are put between the invocations from a second heap, of the operations that are
 * under way. Both heaps are small (processes, concurrency), and each run is read once from its
 * begin to its end, so that 10 million operations stream through the caches; and what was read is
 * given back to the kernel at once. A recording without any order costs an ordinary heap sort.
 */
#include "history/formats/replay.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/array.h"
#include "base/invariant.h"

enum { STRETCH = 16384 }; /* operations: 1 MiB, given back to the kernel at once */

/* What comes next, of a run or of an operation under way. Ties: in the order of `rank`. */
struct head {
	int64_t at_ns;
	uint32_t rank; /* of a run: its next operation; under way: its handle */
	uint32_t end;  /* of a run */
};

struct heap {
	struct head *head;
	uint32_t count, capacity;
};

struct replay {
	struct recording *recording;
	struct trace_builder *builder;
	struct heap runs, under_way;
	uint32_t *read; /* operations of each stretch */
};

static bool comes_first(const struct head *a, const struct head *b)
{
	return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->rank < b->rank);
}

/* The first head has changed, for the later. */
static void sift_down(struct heap *heap)
{
	struct head moved = heap->head[0];
	uint32_t at = 0;

	for (uint32_t child; (child = 2 * at + 1) < heap->count; at = child) {
		if (child + 1 < heap->count &&
		    comes_first(&heap->head[child + 1], &heap->head[child]))
			child++;
		if (!comes_first(&heap->head[child], &moved))
			break;
		heap->head[at] = heap->head[child];
	}
	heap->head[at] = moved;
}

static void push(struct heap *heap, struct head head)
{
	ARRAY_GROW(heap->head, heap->count, heap->capacity);
	uint32_t at = heap->count++;

	for (; at > 0 && comes_first(&head, &heap->head[(at - 1) / 2]); at = (at - 1) / 2)
		heap->head[at] = heap->head[(at - 1) / 2];
	heap->head[at] = head;
}

static void pop(struct heap *heap)
{
	heap->head[0] = heap->head[--heap->count];
	if (heap->count > 0)
		sift_down(heap);
}

uint32_t recording_add(struct recording *recording, const struct trace_op *op)
{
	ARRAY_GROW(recording->op, recording->count, recording->capacity);
	recording->op[recording->count] = *op;
	return recording->count++;
}

void recording_free(struct recording *recording)
{
	free(recording->op);
	*recording = (struct recording){0};
}

static void find_runs(struct replay *replay)
{
	const struct trace_op *op = replay->recording->op;
	uint32_t count = replay->recording->count;

	for (uint32_t begin = 0, end; begin < count; begin = end) {
		for (end = begin + 1; end < count && op[end].invoked_ns >= op[end - 1].invoked_ns;)
			end++;
		push(&replay->runs, (struct head){op[begin].invoked_ns, begin, end});
	}
}

/* Counts an operation as read; of a stretch that was read whole, no page is needed any more. */
static void give_back(struct replay *replay, uint32_t op)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uint32_t stretch = op / STRETCH;

	if (++replay->read[stretch] < STRETCH)
		return;
	uintptr_t begin = (uintptr_t)&replay->recording->op[(size_t)stretch * STRETCH];
	uintptr_t end = begin + STRETCH * sizeof(struct trace_op);

	begin = (begin + page - 1) & ~(page - 1);
	end &= ~(page - 1);
	CHECK(madvise((void *)begin, end - begin, MADV_DONTNEED) == 0);
}

static void return_until(struct replay *replay, int64_t before_ns)
{
	struct heap *heap = &replay->under_way;

	for (; heap->count > 0 && heap->head[0].at_ns < before_ns; pop(heap)) {
		uint32_t handle = heap->head[0].rank;
		struct trace_op answer = {.returned_ns = heap->head[0].at_ns};

		trace_return(replay->builder, handle, heap->head[0].end ? TRACE_OK : TRACE_FAILED,
			     &answer);
	}
}

static void invoke(struct replay *replay, const struct trace_op *op)
{
	return_until(replay, op->invoked_ns);
	uint32_t handle = trace_invoke(replay->builder, op);

	if (op->outcome != TRACE_OPEN)
		push(&replay->under_way,
		     (struct head){op->returned_ns, handle, op->outcome == TRACE_OK});
}

void recording_replay(struct recording *recording, struct trace_builder *builder)
{
	struct replay replay = {.recording = recording, .builder = builder};
	struct heap *runs = &replay.runs;

	replay.read = calloc(recording->count / STRETCH + 1, sizeof(*replay.read));
	CHECK(replay.read);
	find_runs(&replay);
	while (runs->count > 0) {
		struct head *run = &runs->head[0];

		invoke(&replay, &recording->op[run->rank]);
		give_back(&replay, run->rank++);
		if (run->rank == run->end) {
			pop(runs);
			continue;
		}
		run->at_ns = recording->op[run->rank].invoked_ns;
		sift_down(runs);
	}
	return_until(&replay, INT64_MAX);
	free(runs->head);
	free(replay.under_way.head);
	free(replay.read);
	recording_free(recording);
}
