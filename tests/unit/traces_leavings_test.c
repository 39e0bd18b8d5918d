/*
 * What was read is over: a source of any format, whole, torn or refused, packed or not, and a run's
 * history leave no memory behind. A checker of traces that is asked ten thousand times, and a
 * fuzzer, live by that.
 */
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "history/reader.h"
#include "history/traces/trace.h"
#include "history/verdicts.h"
#include "tests/support/allocations.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/told.h"

enum { PIECES = 24, SIZE_MAX_OF_SEED = 1 << 16 };

struct seen {
	struct trace_source source;
	struct trace_listener listener;
	bool listens;
	int (*write)(const struct trace *trace, FILE *out, struct error *err); /* or NULL */
};

static void ignore_event(void *context, const struct trace_op *op, bool returns)
{
	(void)context;
	(void)op;
	(void)returns;
}

static void import_once(void *context)
{
	struct seen *seen = context;
	struct error err = {0};
	struct trace trace;

	seen->listener = (struct trace_listener){.event = ignore_event};
	seen->source.listener = seen->listens ? &seen->listener : NULL;
	if (trace_import(&seen->source, &trace, &err))
		return;
	if (seen->write) {
		FILE *out = fopen("/dev/null", "w");

		seen->write(&trace, out, &err);
		fclose(out);
	}
	trace_free(&trace);
}

static void expect_nothing_left(struct seen *seen, const char *of, size_t length)
{
	int64_t left = allocations_left(import_once, seen);

	ck_assert_msg(left == 0, "%s, its first %zu bytes: %lld blocks are left", of, length,
		      (long long)left);
}

/* In each way in which it can be read. */
static void read_in_all_ways(const char *path, const char *of, size_t length)
{
	static const struct seen ways[] = {
		{.write = trace_export_jepsen},
		{.write = trace_export_jsonl},
		{.source = {.sort = SORT_TIME}},
		{.source = {.prefix = true, .independent = INDEPENDENT_YES, .initial = "any"}},
		{.listens = true},
	};

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct seen seen = ways[i];

		seen.source.path = path;
		expect_nothing_left(&seen, of, length);
	}
}

/* The seeds of the fuzzers hold each format's every word; a piece of one ends anywhere. */
START_TEST(a_source_whole_or_torn_leaves_nothing)
{
	const char *path = scratch_file("source");
	static char text[SIZE_MAX_OF_SEED];
	glob_t seeds;

	ck_assert_int_eq(glob("tests/fuzz/corpus/traces_*/*", 0, NULL, &seeds), 0);
	ck_assert_uint_gt(seeds.gl_pathc, 10);
	for (size_t i = 0; i < seeds.gl_pathc; i++) {
		FILE *in = fopen(seeds.gl_pathv[i], "r");
		size_t size = fread(text, 1, sizeof(text), in);

		ck_assert_uint_lt(size, sizeof(text));
		fclose(in);
		for (size_t piece = 1; piece <= PIECES; piece++) {
			size_t length = size * piece / PIECES;
			FILE *out = fopen(path, "w");

			ck_assert_uint_eq(fwrite(text, 1, length, out), length);
			fclose(out);
			read_in_all_ways(path, seeds.gl_pathv[i], length);
		}
	}
	globfree(&seeds);
}
END_TEST

/* A run's history ----------------------------------------------------------------------------- */

static void read_history(void *context)
{
	const char *const *path = context;
	struct history history;
	struct lane_history lane;
	struct verdicts verdicts;
	struct error err = {0};
	struct op_row op;

	if (history_open(*path, &history, &err))
		return;
	ck_assert(history_foresee_lanes(&history, NULL, &err) == 0);
	for (int i = 0; i < history.lanes; i++) {
		ck_assert(history_load_lane(&history, i, &lane, &err) == 0);
		history_free_lane(&lane);
	}
	for (int i = 0; i < history.processes; i++) {
		struct process_ops *ops = history_open_process(&history, &history.process[i]);

		while (ops && history_next_op(ops, &op) == PROCESS_OP)
			;
		history_close_process(ops);
	}
	sample_run_judge(&history, &verdicts);
	ck_assert(verdicts_store(&history, &verdicts, &err) == 0);
	verdicts_free(&verdicts);
	ck_assert(verdicts_load(&history, &verdicts, &err) == 0);
	ck_assert_int_gt(verdicts.violations, 0);
	verdicts_free(&verdicts);
	history_close(&history);
}

START_TEST(a_history_leaves_nothing)
{
	const char *path = scratch_file("history.db");

	sample_run_make(path, NULL);
	ck_assert_int_eq(allocations_left(read_history, &path), 0);
	path = scratch_file("none.db");
	ck_assert_int_eq(allocations_left(read_history, &path), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: leavings");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, a_source_whole_or_torn_leaves_nothing);
	tcase_add_test(tests, a_history_leaves_nothing);
	return suite_run(suite);
}
