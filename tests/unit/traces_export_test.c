/* What an exporter writes, an importer reads back as the same trace. */
#include "tests/unit/traces_rig.h"

#include "base/random.h"
#include "history/traces/scan.h"
#include "tests/support/suite.h"

static char *export_text(const struct trace *trace, bool jsonl)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct error err = {0};
	int result = (jsonl ? trace_export_jsonl : trace_export_jepsen)(trace, out, &err);

	ck_assert_msg(result == 0, "%s", err.text);
	fclose(out);
	return text;
}

static const char *const edn_values[] = {"nil",
					 "\"\"",
					 "7",
					 "-1.5e3",
					 "1/3",
					 "007",
					 ":word",
					 "\"a\\n\\\"\\\\\303\251\\u0001\"",
					 "[1 [nil \"x\"] true]",
					 "#{1 2}",
					 "{\"edn\" \"5\"}",
					 "\\newline",
					 "#inst \"2020\"",
					 "[:a {:b 2}]"};
static const char *const objects[] = {"", "lock-1", "with \"quotes\" and \\ and \303\251", "\n"};

enum { VALUES = sizeof(edn_values) / sizeof(*edn_values), OPS = 200, PROCESSES = 6 };

static struct trace_op random_op(struct random_stream *random, struct trace_builder *builder,
				 int kind)
{
	struct trace_op op = {.f = (uint8_t)random_between(random, 0, TRACE_FUNCTIONS_COUNT - 1)};
	bool of_locks = op.f <= TRACE_PROOF, reads = op.f == TRACE_READ || op.f == TRACE_GET;

	op.process = (int32_t)random_between(random, -1, PROCESSES - 2);
	op.object = trace_intern_object(builder, objects[random_between(random, 0, 3)]);
	op.owner = kind & 1 ? (uint32_t)random_between(random, 0, 3) : (uint32_t)op.process;
	op.attempt = kind & 2 && of_locks && op.f > TRACE_TRY_ACQUIRE
			     ? (uint32_t)random_between(random, 0, 9)
			     : 0;
	op.token = kind & 4 && of_locks ? random_between(random, INT64_MIN, INT64_MAX) : 0;
	op.mode = (uint8_t)(random_between(random, 0, 9) == 0);
	if (!of_locks && !reads)
		op.a = trace_intern_value(builder,
					  edn_values[random_between(random, 0, VALUES - 1)]);
	if (op.f == TRACE_CAS)
		op.b = trace_intern_value(builder,
					  edn_values[random_between(random, 0, VALUES - 1)]);
	return op;
}

/* Processes that do several things at a time, and go on after unknown outcomes: the hardest case
 * for a format in which a process does one thing at a time. */
static struct trace random_trace(unsigned seed)
{
	struct random_stream random = random_open(seed, "export");
	struct trace_builder *builder = trace_begin("test");
	struct {
		uint32_t handle;
		struct trace_op op;
	} pending[OPS];
	int count = 0;
	bool times = seed & 8;

	for (int i = 0; i < 2 * OPS; i++) {
		if (count == 0 || random_between(&random, 0, 1)) {
			struct trace_op op = random_op(&random, builder, (int)seed);

			op.invoked_ns = times ? i : 0;
			pending[count].handle = trace_invoke(builder, &op);
			pending[count++].op = op;
			continue;
		}
		int which = (int)random_between(&random, 0, count - 1);
		enum trace_outcome outcome = (enum trace_outcome)random_between(&random, 0, 2);
		struct trace_op answer = {.returned_ns = times ? i : 0};
		uint8_t f = pending[which].op.f;

		if (outcome == TRACE_OK && (f == TRACE_READ || f == TRACE_GET))
			answer.a = trace_intern_value(
				builder, edn_values[random_between(&random, 0, VALUES - 1)]);
		if (outcome == TRACE_FAILED && f == TRACE_RELEASE)
			answer.a = trace_intern_value(builder, ":why");
		trace_return(builder, pending[which].handle, outcome, &answer);
		pending[which] = pending[--count];
	}
	struct trace trace;

	trace_end(builder, &trace);
	return trace;
}

/* Numbers of owners and attempts may differ, but not which are equal. */
struct renaming {
	uint32_t to[64], from[64];
	bool known[64], taken[64];
};

static void expect_renamed(struct renaming *renaming, uint32_t from, uint32_t to)
{
	from %= 64; /* -1, as an owner */
	to %= 64;
	if (!renaming->known[from]) {
		ck_assert(!renaming->taken[to]);
		renaming->known[from] = renaming->taken[to] = true;
		renaming->to[from] = to;
	}
	ck_assert_uint_eq(renaming->to[from], to);
}

static void expect_same_op(const struct trace *a, const struct trace_op *x, const struct trace *b,
			   const struct trace_op *y, struct renaming *owners,
			   struct renaming *attempts)
{
	ck_assert_int_eq(x->f, y->f);
	ck_assert_int_eq(x->outcome, y->outcome);
	ck_assert_int_eq(x->mode, y->mode);
	ck_assert_int_eq(x->process, y->process);
	ck_assert_uint_eq(x->invoked, y->invoked);
	ck_assert_uint_eq(x->returned, y->returned);
	ck_assert_int_eq(x->invoked_ns, y->invoked_ns);
	ck_assert_int_eq(x->returned_ns, y->returned_ns);
	ck_assert_int_eq(x->token, y->token);
	ck_assert_str_eq(trace_value_text(a, x->a), trace_value_text(b, y->a));
	ck_assert_str_eq(trace_value_text(a, x->b), trace_value_text(b, y->b));
	ck_assert_str_eq(trace_object_name(a, x->object), trace_object_name(b, y->object));
	ck_assert_int_eq(x->attempt == 0, y->attempt == 0);
	expect_renamed(owners, x->owner, y->owner);
	/* an attempt is one of its object */
	if (x->attempt)
		expect_renamed(attempts, x->attempt * 4 + x->object, y->attempt);
}

static void expect_same_trace(const struct trace *a, const struct trace *b)
{
	struct renaming owners = {0}, attempts = {0};

	ck_assert_uint_eq(a->ops, b->ops);
	ck_assert_uint_eq(a->events, b->events);
	ck_assert(memcmp(a->event, b->event, a->events * sizeof(*a->event)) == 0);
	for (uint32_t i = 0; i < a->ops; i++)
		expect_same_op(a, &a->op[i], b, &b->op[i], &owners, &attempts);
	ck_assert_uint_eq(a->failures, b->failures);
	for (uint32_t i = 0; i < a->failures; i++)
		expect_same_op(a, &a->failure[i], b, &b->failure[i], &owners, &attempts);
	ck_assert_int_eq(a->has_attempts, b->has_attempts);
	ck_assert_int_eq(a->has_owners, b->has_owners);
	ck_assert_int_eq(a->has_tokens, b->has_tokens);
	ck_assert_int_eq(a->has_times, b->has_times);
}

START_TEST(export_and_import_are_inverse)
{
	for (int jsonl = 0; jsonl < 2; jsonl++) {
		struct trace trace = random_trace((unsigned)_i);
		char *text = export_text(&trace, jsonl);
		struct trace back = import_text_as(TRACE_AUTO, FAILED_CAS_OBSERVES, text);

		ck_assert_str_eq(back.format, jsonl ? "jsonl" : "jepsen");
		expect_same_trace(&trace, &back);
		/* and what was read back is written as it was */
		char *again = export_text(&back, jsonl);

		if (!(_i & 3)) /* but for the numbers of owners and attempts */
			ck_assert_str_eq(again, text);
		free(again);
		free(text);
		trace_free(&back);
		trace_free(&trace);
	}
}
END_TEST

static struct trace small_trace(void)
{
	struct trace_builder *builder = trace_begin("test");
	uint32_t lock = trace_intern_object(builder, "l");
	struct trace_op acquire = {
		.f = TRACE_ACQUIRE, .process = 2, .owner = 2, .object = lock, .attempt = 1};
	struct trace_op write = {.f = TRACE_WRITE, .process = 2, .owner = 2, .object = lock};
	struct trace trace;

	write.a = trace_intern_value(builder, ":x");
	trace_invoke(builder, &acquire);
	acquire.attempt = 2;
	trace_return(builder, trace_invoke(builder, &acquire), TRACE_OK,
		     &(struct trace_op){.token = 1L << 60, .returned_ns = 8});
	trace_return(builder, trace_invoke(builder, &write), TRACE_OK, NULL);
	trace_end(builder, &trace);
	return trace;
}

/* The texts themselves, since others read them: Jepsen retires a process that never answered. */
START_TEST(jepsen_export_is_what_jepsen_writes)
{
	struct trace trace = small_trace();
	char *text = export_text(&trace, false);

	ck_assert_str_eq(text,
			 "{:type :invoke, :f :acquire, :process 2, :value nil, :time 0, :index 0, "
			 ":object \"l\", :attempt 1}\n"
			 "{:type :invoke, :f :acquire, :process 3, :value nil, :time 0, :index 1, "
			 ":object \"l\", :attempt 2, :client 2}\n"
			 "{:type :ok, :f :acquire, :process 3, :value nil, :time 8, :index 2, "
			 ":object \"l\", :attempt 2, :token 1152921504606846976, :client 2}\n"
			 "{:type :invoke, :f :write, :process 3, :value :x, :time 0, :index 3, "
			 ":object \"l\", :client 2}\n"
			 "{:type :ok, :f :write, :process 3, :value :x, :time 0, :index 4, "
			 ":object \"l\", :client 2}\n");
	free(text);
	trace_free(&trace);
}
END_TEST

START_TEST(jsonl_export_keeps_what_json_cannot_say)
{
	struct trace trace = small_trace();
	char *text = export_text(&trace, true);

	ck_assert_str_eq(text,
			 "{\"type\":\"invoke\",\"process\":2,\"f\":\"acquire\",\"object\":\"l\","
			 "\"attempt\":1,\"time_ns\":0,\"index\":0}\n"
			 "{\"type\":\"invoke\",\"process\":3,\"f\":\"acquire\",\"object\":\"l\","
			 "\"attempt\":2,\"time_ns\":0,\"index\":1,\"client\":2}\n"
			 "{\"type\":\"ok\",\"process\":3,\"f\":\"acquire\",\"object\":\"l\","
			 "\"attempt\":2,\"token\":\"1152921504606846976\",\"time_ns\":8,\"index\":"
			 "2,\"client\":2}\n"
			 "{\"type\":\"invoke\",\"process\":3,\"f\":\"write\",\"object\":\"l\","
			 "\"value\":{\"edn\":\":x\"},\"time_ns\":0,\"index\":3,\"client\":2}\n"
			 "{\"type\":\"ok\",\"process\":3,\"f\":\"write\",\"object\":\"l\","
			 "\"value\":{\"edn\":\":x\"},\"time_ns\":0,\"index\":4,\"client\":2}\n");
	free(text);
	trace_free(&trace);
}
END_TEST

/* Alone and in the pair of a cas; vectors, which JSON has, sets, which it has not, and both. */
START_TEST(the_deepest_values_are_read_back)
{
	static const char *const ways[][3] = {
		{"[", ":x", "]"}, {"#{", "1", "}"}, {"[", "#{}", "]"}, {"#t ", "[]", ""}};
	int levels = SCAN_NESTING_MAX - _i % 2 - (_i >= 4);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "{:type :invoke :process 1 :f %s :value %s", _i % 2 ? ":cas" : ":write",
		_i % 2 ? "[nil " : "");
	for (int i = 0; i < levels; i++)
		fputs(ways[_i / 2][0], out);
	fputs(ways[_i / 2][1], out);
	for (int i = 0; i < levels; i++)
		fputs(ways[_i / 2][2], out);
	fprintf(out, "%s}", _i % 2 ? "]" : "");
	fclose(out);
	struct trace trace = import_text_as(TRACE_JEPSEN, FAILED_CAS_OBSERVES, text);

	for (int jsonl = 0; jsonl < 2; jsonl++) {
		char *exported = export_text(&trace, jsonl);
		struct trace back = import_text_as(TRACE_AUTO, FAILED_CAS_OBSERVES, exported);

		expect_same_trace(&trace, &back);
		trace_free(&back);
		free(exported);
	}
	trace_free(&trace);
	free(text);
}
END_TEST

/* The exported times stand as they are, whatever of the source stood before them. */
START_TEST(times_are_read_back_though_the_first_was_left_out)
{
	struct trace trace = import_text(
		TRACE_JSONL,
		"{\"type\":\"invoke\",\"process\":1,\"f\":\"read\",\"time_ns\":5}\n"
		"{\"type\":\"fail\",\"process\":1}\n"
		"{\"type\":\"invoke\",\"process\":1,\"f\":\"read\",\"time_ns\":1700000000000000000}"
		"\n"
		"{\"type\":\"ok\",\"process\":1,\"value\":1,\"time_ns\":1700000000000000009}\n"
		"{\"type\":\"invoke\",\"process\":1,\"f\":\"release\",\"token\":-"
		"9223372036854775808}\n"
		"{\"type\":\"fail\",\"process\":1,\"attempt\":\"late\",\"error\":\"why\"}\n");

	ck_assert_int_eq(trace.op[0].returned_ns, 9);
	ck_assert_int_eq(trace.failure[0].token, INT64_MIN);
	ck_assert_uint_eq(trace.failure[0].attempt, 1);
	for (int jsonl = 0; jsonl < 2; jsonl++) {
		char *exported = export_text(&trace, jsonl);
		struct trace back = import_text_as(TRACE_AUTO, FAILED_CAS_OBSERVES, exported);

		expect_same_trace(&trace, &back);
		trace_free(&back);
		free(exported);
	}
	trace_free(&trace);
}
END_TEST

START_TEST(export_tells_when_it_cannot_write)
{
	struct trace trace = small_trace();
	FILE *full = fopen("/dev/full", "w");
	struct error err = {0};

	ck_assert_ptr_nonnull(full);
	ck_assert_int_eq(trace_export_jsonl(&trace, full, &err), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_msg(strstr(err.text, "No space left"), "%s", err.text);
	fclose(full);
	trace_free(&trace);
}
END_TEST

START_TEST(export_tells_when_process_numbers_run_out)
{
	struct trace_builder *builder = trace_begin("test");
	struct trace_op op = {.f = TRACE_READ, .process = INT32_MAX};
	struct trace trace;
	struct error err = {0};
	FILE *null = fopen("/dev/null", "w");

	trace_invoke(builder, &op);
	trace_invoke(builder, &op);
	trace_end(builder, &trace);
	ck_assert_int_eq(trace_export_jsonl(&trace, null, &err), -1);
	ck_assert_msg(strstr(err.text, "no process numbers are left"), "%s", err.text);
	fclose(null);
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: exporters");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, export_and_import_are_inverse, 0, 96);
	tcase_add_test(tests, jepsen_export_is_what_jepsen_writes);
	tcase_add_test(tests, jsonl_export_keeps_what_json_cannot_say);
	tcase_add_loop_test(tests, the_deepest_values_are_read_back, 0, 8);
	tcase_add_test(tests, times_are_read_back_though_the_first_was_left_out);
	tcase_add_test(tests, export_tells_when_it_cannot_write);
	tcase_add_test(tests, export_tells_when_process_numbers_run_out);
	return suite_run(suite);
}
