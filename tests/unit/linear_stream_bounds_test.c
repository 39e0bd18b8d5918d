/*
 * What the judge that listens keeps: of attempts that are not over so many and no more, and of a
 * history that is over nothing.
 */
#include <check.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "checker/linear/stream.h"
#include "checker/linear/stream_named.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { ATTEMPTS_AT_ONCE = 1 << 20, WARM = 20, ROUNDS = 1000, SMALLEST = 32 }; /* bytes, of glibc */

START_TEST(a_million_attempts_at_once_are_not_covered)
{
	struct named_stream named;
	struct hold *holds = NULL;
	struct trace_op ask = {.f = TRACE_ACQUIRE, .outcome = TRACE_OPEN};

	named_begin(&named, MODEL_OWNED_MUTEX, 1);
	for (uint32_t i = 0; i < ATTEMPTS_AT_ONCE; i++) {
		ask.attempt = i + 1;
		ask.invoked = i;
		ck_assert(named_step(&named, &holds, &ask, false));
	}
	ask.attempt = ATTEMPTS_AT_ONCE;
	ask.f = TRACE_PROOF; /* of one that is known */
	ck_assert(named_step(&named, &holds, &ask, false));
	ask.attempt = ATTEMPTS_AT_ONCE + 1;
	ck_assert(!named_step(&named, &holds, &ask, false));
	named_free(&holds);
}
END_TEST

/* By counting, by owner, by name, by lease. */
static const char *const histories[] = {
	"type,process,f\ninvoke,1,acquire\nok,1,\ninvoke,1,release\ninvoke,2,acquire\nok,2,\nok,1,"
	"\n",
	"type,process,f,owner\ninvoke,1,acquire,a\nok,1,,a\ninvoke,2,release,a\nok,2,,\n",
	"type,process,f,attempt\ninvoke,1,acquire,1\nok,1,,\ninvoke,2,acquire,2\ninfo,2,,\n",
	"type,process,f,attempt\ninvoke,1,acquire,1\nok,1,,\ninvoke,1,proof,1\nok,1,,\n"
	"invoke,2,acquire,2\nok,2,,\ninvoke,2,proof,2\nok,2,,\n",
};

static void judge(const char *path)
{
	struct trace_listener listener;
	struct stream *stream = stream_open(NULL, 1, &listener);
	struct trace_source source = {.path = path, .listener = &listener};
	struct linear_summary summary;
	struct error err = {0};
	enum model *models;
	struct trace trace;
	struct seen *seen;

	ck_assert_msg(trace_import(&source, &trace, &err) == 0, "%s", err.text);
	ck_assert_msg(stream_finish(stream, &trace, &summary, &models, &seen), "%s",
		      listener.stopped);
	ck_assert_int_eq(summary.verdict, LINEARIZABLE);
	free(models);
	free(seen);
	stream_close(stream);
	trace_free(&trace);
}

START_TEST(what_is_over_leaves_nothing_behind)
{
	const char *path = scratch_file("history.csv");
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	fputs(histories[_i], out);
	fclose(out);
	for (int i = 0; i < WARM; i++) /* what libraries keep for ever */
		judge(path);
	size_t before = mallinfo2().uordblks;

	for (int i = 0; i < ROUNDS; i++)
		judge(path);
	/* What the allocator keeps at hand counts as used, and comes and goes. */
	ck_assert_uint_lt(mallinfo2().uordblks, before + SMALLEST * ROUNDS / 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream: bounds");
	TCase *cases = tcase_create("all");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, a_million_attempts_at_once_are_not_covered);
	tcase_add_loop_test(cases, what_is_over_leaves_nothing_behind, 0,
			    sizeof(histories) / sizeof(*histories));
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
