/*
 * Theory of operation. Each process's operations are nearly in order, so what is merged is runs:
 * the longest stretches that are in order already, found as they are, through a heap of their
 * heads. Returns are put between the invocations from a second heap, of the operations that are
 * under way. Both heaps are small (processes, concurrency), and each run is read once from its
 * begin to its end, so that 10 million operations stream through the caches; and what was read is
 * given back to the kernel at once. A recording without any order costs an ordinary heap sort.
 */
#include "history/traces/recording.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "base/array.h"
#include "base/invariant.h"
#include "history/traces/builder.h"
#include "history/traces/heads.h"

/* Operations that are given back to the kernel at once: a big page of them, which it need not
 * break. Where there are few of these pages it is not worth its while. */
enum { STRETCH = 32768, STRETCHES_LEAST = 16 };

struct replay {
	struct trace_builder *builder;
	struct heads under_way; /* rank: its handle; end: 1 if it is answered ok */
};

struct reading {
	struct recording *recording;
	struct heads runs; /* rank: the next operation of the run; end: of the run */
	uint32_t *read;    /* operations of each stretch */
};

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

/* Operations by their invocation ------------------------------------------------------------- */

struct replay *replay_open(struct trace_builder *builder)
{
	struct replay *replay;

	ARRAY_NEW(replay, 1);
	replay->builder = builder;
	return replay;
}

static void return_until(struct replay *replay, int64_t before_ns)
{
	struct heads *heads = &replay->under_way;

	for (; heads->count > 0 && heads->head[0].at_ns < before_ns; heads_pop(heads)) {
		struct head head = heads->head[0];
		struct trace_op answer = {.returned_ns = head.at_ns};

		trace_return(replay->builder, head.rank, head.end ? TRACE_OK : TRACE_FAILED,
			     &answer);
	}
}

void replay_invoke(struct replay *replay, const struct trace_op *op)
{
	return_until(replay, op->invoked_ns);
	uint32_t handle = trace_invoke(replay->builder, op);

	if (op->outcome != TRACE_OPEN)
		heads_push(&replay->under_way,
			   (struct head){op->returned_ns, handle, op->outcome == TRACE_OK});
}

void replay_close(struct replay *replay)
{
	return_until(replay, INT64_MAX);
	free(replay->under_way.head);
	free(replay);
}

/* Operations in any order --------------------------------------------------------------------- */

static void find_runs(struct reading *reading)
{
	const struct trace_op *op = reading->recording->op;
	uint32_t count = reading->recording->count;

	for (uint32_t begin = 0, end; begin < count; begin = end) {
		for (end = begin + 1; end < count && op[end].invoked_ns >= op[end - 1].invoked_ns;)
			end++;
		heads_push(&reading->runs, (struct head){op[begin].invoked_ns, begin, end});
	}
}

/* Counts an operation as read; of a stretch that was read whole, no page is needed any more. */
static void give_back(struct reading *reading, uint32_t op)
{
	uint32_t stretch = op / STRETCH;

	if (++reading->read[stretch] < STRETCH ||
	    reading->recording->count < STRETCHES_LEAST * STRETCH)
		return;
	struct trace_op *begin = &reading->recording->op[(size_t)stretch * STRETCH];

	/* a big array begins with a big page, and so does each of its stretches */
	CHECK(madvise(begin, STRETCH * sizeof(*begin), MADV_DONTNEED) == 0);
}

void recording_replay(struct recording *recording, struct trace_builder *builder)
{
	struct reading reading = {.recording = recording};
	struct replay *replay = replay_open(builder);
	struct heads *runs = &reading.runs;

	builder_expect(builder, recording->count);
	reading.read = calloc(recording->count / STRETCH + 1, sizeof(*reading.read));
	CHECK_MEMORY(reading.read);
	find_runs(&reading);
	while (runs->count > 0) {
		struct head *run = &runs->head[0];

		replay_invoke(replay, &recording->op[run->rank]);
		give_back(&reading, run->rank++);
		if (run->rank == run->end) {
			heads_pop(runs);
			continue;
		}
		run->at_ns = recording->op[run->rank].invoked_ns;
		heads_sift(runs);
	}
	replay_close(replay);
	free(runs->head);
	free(reading.read);
	recording_free(recording);
}
