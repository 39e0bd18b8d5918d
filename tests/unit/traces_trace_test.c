#include "tests/unit/traces_rig.h"

#include "base/random.h"
#include "history/traces/interner.h"
#include "tests/support/suite.h"

static uint32_t invoke(struct trace_builder *builder, int process, enum trace_function f)
{
	struct trace_op op = {
		.process = process, .owner = (uint32_t)process, .f = (uint8_t)f, .invoked_ns = 1};

	return trace_invoke(builder, &op);
}

START_TEST(builder_keeps_events_in_the_order_told)
{
	struct trace_builder *builder = trace_begin("test");
	struct trace trace;
	uint32_t first = invoke(builder, 1, TRACE_ACQUIRE);
	uint32_t second = invoke(builder, 2, TRACE_ACQUIRE);

	trace_return(builder, second, TRACE_OK, NULL);
	trace_return(builder, first, TRACE_OK, &(struct trace_op){.returned_ns = 9, .token = 4});
	invoke(builder, 3, TRACE_RELEASE);
	trace_end(builder, &trace);
	ck_assert_uint_eq(trace.ops, 3);
	expect_events(&trace, "1 acquire, 2 acquire, 2 acquire ok, 1 acquire ok, 3 release ?");
	ck_assert_uint_eq(trace.op[0].returned, 3);
	ck_assert_int_eq(trace.op[0].token, 4);
	ck_assert_int_eq(trace.op[0].returned_ns, 9);
	ck_assert_uint_eq(trace.op[2].returned, TRACE_NEVER);
	ck_assert_uint_eq(trace.objects, 1);
	ck_assert_str_eq(trace_object_name(&trace, 0), "");
	ck_assert_str_eq(trace.format, "test");
	trace_free(&trace);
	ck_assert_ptr_null(trace.op);
}
END_TEST

START_TEST(builder_leaves_out_failures_that_tell_nothing_and_keeps_observers)
{
	struct trace_builder *builder = trace_begin("test");
	struct trace trace;
	enum trace_function f[] = {TRACE_ACQUIRE, TRACE_TRY_ACQUIRE, TRACE_READ, TRACE_CAS,
				   TRACE_WRITE};
	uint32_t handle[5];

	for (int i = 0; i < 5; i++)
		handle[i] = invoke(builder, i, f[i]);
	for (int i = 4; i >= 0; i--)
		trace_return(builder, handle[i], TRACE_FAILED, NULL);
	invoke(builder, 7, TRACE_RELEASE);
	trace_end(builder, &trace);
	expect_events(&trace, "1 try-acquire, 3 cas, 3 cas fail nil, 1 try-acquire fail, "
			      "7 release ?");
	ck_assert_uint_eq(trace.left_out, 3);
	trace_free(&trace);
}
END_TEST

START_TEST(builder_keeps_failed_releases_aside_with_their_places)
{
	struct trace_builder *builder = trace_begin("test");
	struct trace trace;
	uint32_t acquire = invoke(builder, 1, TRACE_ACQUIRE);
	uint32_t release = invoke(builder, 2, TRACE_RELEASE);
	struct trace_op why = {
		.a = trace_intern_value(builder, ":not-held"), .token = 4, .attempt = 2};

	trace_return(builder, acquire, TRACE_OK, NULL);
	trace_return(builder, release, TRACE_FAILED, &why);
	trace_end(builder, &trace);
	expect_events(&trace, "1 acquire, 1 acquire ok");
	ck_assert_uint_eq(trace.failures, 1);
	ck_assert_uint_eq(trace.failure[0].invoked, 1);
	ck_assert_uint_eq(trace.failure[0].returned, 2);
	ck_assert_int_eq(trace.failure[0].process, 2);
	ck_assert_str_eq(trace_value_text(&trace, trace.failure[0].a), ":not-held");
	ck_assert_int_eq(trace.failure[0].token, 4);
	ck_assert_uint_eq(trace.failure[0].attempt, 2);
	trace_free(&trace);
}
END_TEST

START_TEST(builder_takes_from_the_answer_only_what_it_tells)
{
	struct trace_builder *builder = trace_begin("test");
	struct trace trace;
	uint32_t five = trace_intern_value(builder, "5"), six = trace_intern_value(builder, "6");
	struct trace_op write = {.f = TRACE_WRITE, .a = five, .token = 3, .attempt = 8};
	uint32_t told = trace_invoke(builder, &write), untold = trace_invoke(builder, &write);

	trace_return(builder, told, TRACE_OK,
		     &(struct trace_op){.a = six, .token = 4, .attempt = 9});
	trace_return(builder, untold, TRACE_OK, &(struct trace_op){0});
	trace_end(builder, &trace);
	ck_assert_uint_eq(trace.op[0].a, six);
	ck_assert_int_eq(trace.op[0].token, 4);
	ck_assert_uint_eq(trace.op[0].attempt, 9);
	ck_assert_uint_eq(trace.op[1].a, five);
	ck_assert_int_eq(trace.op[1].token, 3);
	ck_assert_uint_eq(trace.op[1].attempt, 8);
	trace_free(&trace);
}
END_TEST

/* One acquire and its release, with what each names. */
static struct trace hold(uint32_t attempt, uint32_t release_attempt, int64_t token, uint32_t owner)
{
	struct trace_builder *builder = trace_begin("test");
	struct trace_op acquire = {.f = TRACE_ACQUIRE, .attempt = attempt, .owner = owner};
	struct trace_op release = {.f = TRACE_RELEASE, .attempt = release_attempt, .owner = owner};
	struct trace trace;

	trace_return(builder, trace_invoke(builder, &acquire), TRACE_OK,
		     &(struct trace_op){.token = token});
	trace_return(builder, trace_invoke(builder, &release), TRACE_OK, NULL);
	trace_end(builder, &trace);
	return trace;
}

START_TEST(trace_says_what_its_source_told)
{
	struct trace trace = hold(1, 1, 7, 5);

	ck_assert(trace.has_attempts && trace.has_tokens && trace.has_owners && !trace.has_times);
	trace_free(&trace);
	trace = hold(1, 0, 7, 0); /* a release that names no attempt could be anybody's */
	ck_assert(!trace.has_attempts && trace.has_tokens && !trace.has_owners);
	trace_free(&trace);
	trace = hold(1, 1, 0, 0);
	ck_assert(trace.has_attempts && !trace.has_tokens);
	trace_free(&trace);
	trace_end(trace_begin("empty"), &trace);
	ck_assert(!trace.has_attempts && !trace.has_tokens && !trace.has_owners);
	ck_assert_uint_eq(trace.ops, 0);
	trace_free(&trace);
}
END_TEST

/* Against the definition: what is kept, in the order told, whatever is dropped between. */
START_TEST(builder_closes_the_gaps_of_random_traces)
{
	struct random_stream random = random_open((uint64_t)_i, "trace");
	struct trace_builder *builder = trace_begin("test");
	enum { OPS = 300 };
	uint32_t handle[OPS];
	int fate[OPS], told = 0, expected[2 * OPS], events = 0;

	for (int i = 0, open = 0; i < OPS; i++) {
		struct trace_op op = {.f = TRACE_WRITE, .process = i};

		handle[i] = trace_invoke(builder, &op);
		fate[i] = (int)random_between(&random, 0, 2);
		expected[events++] = 2 * i;
		for (; open <= i && random_between(&random, 0, 2) > 0; open++) {
			trace_return(builder, handle[open], (enum trace_outcome)fate[open], NULL);
			if (fate[open] == TRACE_OK)
				expected[events++] = 2 * open + 1;
			told = open + 1;
		}
	}
	struct trace trace;

	trace_end(builder, &trace);
	uint32_t found = 0;

	for (int i = 0; i < events; i++) {
		int op = expected[i] / 2;

		if (op < told && fate[op] == TRACE_FAILED)
			continue;
		ck_assert_uint_lt(found, trace.events);
		uint32_t event = trace.event[found];

		ck_assert_int_eq(trace.op[event >> 1].process, op);
		ck_assert_int_eq(event & 1, expected[i] & 1);
		ck_assert_uint_eq(event & 1 ? trace.op[event >> 1].returned
					    : trace.op[event >> 1].invoked,
				  found);
		found++;
	}
	ck_assert_uint_eq(found, trace.events);
	trace_free(&trace);
}
END_TEST

START_TEST(interner_gives_one_number_to_equal_texts_and_never_to_others)
{
	struct interner *interner = interner_open();
	char text[32];

	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 50000; i++) {
			int length = snprintf(text, sizeof(text), "%.*s%u", (int)(i % 11),
					      "abcdefghijk", i / 11);

			ck_assert_uint_eq(interner_add(interner, text, (size_t)length), i);
		}
	ck_assert_uint_eq(interner_add(interner, "abc1xyz", 4), 14);
	ck_assert_uint_eq(interner_add(interner, "", 0), 50000);
	ck_assert_uint_eq(interner_count(interner), 50001);
	ck_assert_str_eq(interner_text(interner, 14), "abc1");
	interner_seal(interner);
	ck_assert_str_eq(interner_text(interner, 12), "a1");
	interner_close(interner);
}
END_TEST

START_TEST(names_of_functions_and_formats_are_those_of_the_files)
{
	ck_assert_str_eq(trace_function_names[TRACE_TRY_ACQUIRE], "try-acquire");
	ck_assert_str_eq(trace_function_names[TRACE_REMOVE], "remove");
	ck_assert_ptr_null(trace_function_names[TRACE_FUNCTIONS_COUNT]);
	ck_assert_str_eq(trace_format_names[TRACE_REGISTER_LOG], "register-log");
	ck_assert_str_eq(trace_format_names[TRACE_HISTORY], "history");
	ck_assert_ptr_null(trace_format_names[TRACE_ETCD_OPERATIONS + 1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: traces");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, builder_keeps_events_in_the_order_told);
	tcase_add_test(tests, builder_leaves_out_failures_that_tell_nothing_and_keeps_observers);
	tcase_add_test(tests, builder_keeps_failed_releases_aside_with_their_places);
	tcase_add_test(tests, builder_takes_from_the_answer_only_what_it_tells);
	tcase_add_test(tests, trace_says_what_its_source_told);
	tcase_add_loop_test(tests, builder_closes_the_gaps_of_random_traces, 0, 50);
	tcase_add_test(tests, interner_gives_one_number_to_equal_texts_and_never_to_others);
	tcase_add_test(tests, names_of_functions_and_formats_are_those_of_the_files);
	return suite_run(suite);
}
