/* Operations in any order, brought into that of time. */
#include <check.h>
#include <stdlib.h>

#include "base/random.h"
#include "history/traces/recording.h"
#include "tests/support/suite.h"

static int compare_events(const void *left, const void *right)
{
	const int64_t *a = left, *b = right; /* time, is return, operation */

	for (int i = 0; i < 3; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

/* Against a plain sort; few distinct times, so that there are many ties. */
START_TEST(replay_is_a_sort_by_time_with_invocations_first)
{
	static const int64_t spans[] = {8, 1000, 100000000};
	enum { OPS = 40000 };
	static int64_t event[2 * OPS][3];
	struct random_stream random = random_open((uint64_t)_i, "replay");
	struct trace_builder *builder = trace_begin("test");
	struct recording recording = {0};
	int events = 0;
	int64_t at_ns = 0;

	for (int i = 0; i < OPS; i++) {
		/* stretches in order, as processes leave them; in the last round no order at all */
		bool jumps = _i == 2 || random_between(&random, 0, 500) == 0;
		struct trace_op op = {.process = i, .f = TRACE_RELEASE};

		at_ns = jumps ? random_between(&random, 0, spans[_i])
			      : at_ns + random_between(&random, 0, 2);
		op.invoked_ns = at_ns;
		op.returned_ns = at_ns + random_between(&random, 0, spans[_i] / 4);
		op.outcome = random_between(&random, 0, 9) ? TRACE_OK : TRACE_OPEN;
		ck_assert_uint_eq(recording_add(&recording, &op), (uint32_t)i);
		event[events][0] = op.invoked_ns;
		event[events][1] = 0;
		event[events++][2] = i;
		if (op.outcome == TRACE_OPEN)
			continue;
		event[events][0] = op.returned_ns;
		event[events][1] = 1;
		event[events++][2] = i;
	}
	struct trace trace;

	recording_replay(&recording, builder);
	trace_end(builder, &trace);
	qsort(event, (size_t)events, sizeof(*event), compare_events);
	ck_assert_uint_eq(trace.events, (uint32_t)events);
	for (uint32_t i = 0; i < trace.events; i++) {
		const struct trace_op *op = &trace.op[trace.event[i] >> 1];
		bool returns = trace.event[i] & 1;

		ck_assert_int_eq(returns ? op->returned_ns : op->invoked_ns, event[i][0]);
		ck_assert_int_eq(returns, event[i][1]);
		if (!returns) /* returns at one time: by invocation */
			ck_assert_int_eq(op->process, event[i][2]);
		ck_assert(op->outcome == TRACE_OPEN || op->returned_ns >= op->invoked_ns);
	}
	trace_free(&trace);
}
END_TEST

/* So long that what was read of it is given back on the way. */
START_TEST(long_recording_is_replayed_whole)
{
	enum { OPS = 600000, PROCESSES = 3 };
	struct trace_builder *builder = trace_begin("test");
	struct recording recording = {0};
	struct trace trace;
	uint32_t wrong = 0;

	for (int i = 0; i < OPS; i++) {
		int each = OPS / PROCESSES;
		int nth = i % each * PROCESSES + i / each; /* process by process */

		recording_add(&recording, &(struct trace_op){.process = nth,
							     .f = TRACE_RELEASE,
							     .outcome = TRACE_OPEN,
							     .invoked_ns = nth});
	}
	recording_replay(&recording, builder);
	trace_end(builder, &trace);
	ck_assert_uint_eq(trace.events, OPS);
	for (uint32_t i = 0; i < trace.events; i++)
		wrong += trace.op[trace.event[i] >> 1].process != (int32_t)i;
	ck_assert_uint_eq(wrong, 0);
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: replay");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, replay_is_a_sort_by_time_with_invocations_first, 0, 3);
	tcase_add_test(tests, long_recording_is_replayed_whole);
	return suite_run(suite);
}
