/* A source that is told event by event tells what the whole trace holds, in its order, however long
 * answers take; and says so when it cannot. */
#include "base/random.h"
#include "tests/support/suite.h"
#include "tests/unit/traces_rig.h"

enum { PROCESSES = 12 };

struct told {
	char *text; /* a line an event */
	size_t size;
	FILE *out;
};

static void tell_event(void *context, const struct trace_op *op, bool returns)
{
	struct told *told = context;

	fprintf(told->out, "%s %d %s outcome %d values %u %u attempt %u token %lld line %u\n",
		returns ? "return" : "invoke", op->process, trace_function_names[op->f],
		(int)op->outcome, op->a, op->b, op->attempt, (long long)op->token, op->line);
}

static void open_told(struct told *told)
{
	*told = (struct told){0};
	told->out = open_memstream(&told->text, &told->size);
	ck_assert_ptr_nonnull(told->out);
}

/* The whole trace's events, in the same words. */
static void tell_whole(const char *text, struct told *told, uint64_t *left_out)
{
	struct trace trace = import_text(TRACE_JSONL, text);

	open_told(told);
	for (uint32_t i = 0; i < trace.events; i++)
		tell_event(told, &trace.op[trace.event[i] >> 1], trace.event[i] & 1);
	fclose(told->out);
	*left_out = trace.left_out;
	trace_free(&trace);
}

/* NULL, or why it stopped. */
static const char *tell_stream(const char *text, uint32_t patience, struct told *told,
			       uint64_t *left_out)
{
	struct trace_listener listener = {
		.event = tell_event, .context = told, .patience = patience};
	struct trace_source source = {.path = write_source(text, strlen(text)),
				      .format = TRACE_JSONL,
				      .listener = &listener};
	struct trace trace;
	struct error err = {0};

	open_told(told);
	int result = trace_import(&source, &trace, &err);

	fclose(told->out);
	ck_assert_msg((result == 0) == !listener.stopped, "%s", err.text);
	*left_out = result ? 0 : trace.left_out;
	if (result == 0)
		trace_free(&trace);
	return listener.stopped;
}

static void expect_same(const char *text, uint32_t patience)
{
	struct told whole, stream;
	uint64_t left_out[2];

	tell_whole(text, &whole, &left_out[0]);
	const char *stopped = tell_stream(text, patience, &stream, &left_out[1]);

	ck_assert_msg(!stopped, "%s", stopped);
	ck_assert_str_eq(stream.text, whole.text);
	ck_assert_uint_eq(left_out[1], left_out[0]);
	free(whole.text);
	free(stream.text);
}

#define INVOKE(process, f)    "{\"type\":\"invoke\",\"process\":" #process ",\"f\":\"" f "\"}\n"
#define ANSWER(process, type) "{\"type\":\"" type "\",\"process\":" #process "}\n"
#define WHOLE_OP(process)     INVOKE(process, "acquire") ANSWER(process, "ok")

START_TEST(events_are_told_as_the_whole_trace_has_them)
{
	static const char *const texts[] = {
		"",
		WHOLE_OP(1) WHOLE_OP(2),
		INVOKE(1, "acquire") INVOKE(2, "acquire") ANSWER(2, "ok") ANSWER(1, "ok"),
		/* what failed and saw nothing is left out, what saw something is not */
		INVOKE(1, "acquire") WHOLE_OP(2) ANSWER(1, "fail") WHOLE_OP(3),
		INVOKE(1, "try-acquire") WHOLE_OP(2) ANSWER(1, "fail") INVOKE(2, "acquire")
			INVOKE(3, "acquire") INVOKE(4, "acquire") ANSWER(2, "ok") ANSWER(4, "ok")
				ANSWER(3, "ok"),
		/* what has no answer is open, and told when all is read */
		INVOKE(1, "acquire") WHOLE_OP(2) WHOLE_OP(3),
		INVOKE(1, "acquire") INVOKE(2, "acquire") ANSWER(1, "info") ANSWER(2, "info")
			WHOLE_OP(3),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (*texts[i])
			expect_same(texts[i], 0);
}
END_TEST

/* Of many processes, which answer in any order, as they like, or never. */
static char *draw_text(uint64_t seed, int steps)
{
	static const char *const functions[] = {"acquire", "try-acquire", "release", "read",
						"write"};
	static const char *const types[] = {"ok", "ok", "ok", "fail", "info"};
	struct random_stream stream = random_open(seed, "relay");
	int process[PROCESSES], next = PROCESSES;
	bool pending[PROCESSES] = {false};
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < PROCESSES; i++)
		process[i] = i;
	for (int i = 0; i < steps; i++) {
		int who = (int)random_between(&stream, 0, PROCESSES - 1);

		if (!pending[who]) {
			int f = (int)random_between(&stream, 0, 4);

			fprintf(out, "{\"type\":\"invoke\",\"process\":%d,\"f\":\"%s\"%s}\n",
				process[who], functions[f], f == 4 ? ",\"value\":3" : "");
			pending[who] = true;
			continue;
		}
		int type = (int)random_between(&stream, 0, 4);

		fprintf(out, "{\"type\":\"%s\",\"process\":%d%s}\n", types[type], process[who],
			type < 3 && i % 2 ? ",\"value\":5" : "");
		pending[who] = false;
		if (type == 4) /* who knows nothing of its operation goes on as another one */
			process[who] = next++;
	}
	fclose(out);
	return text;
}

START_TEST(drawn_histories_are_told_as_the_whole_trace_has_them)
{
	for (int i = 0; i < 30; i++) {
		char *text = draw_text((uint64_t)i, 20 << (i % 6));

		expect_same(text, 0);
		free(text);
	}
}
END_TEST

START_TEST(who_never_answers_is_told_as_open_and_keeps_nobody_waiting)
{
	static const char text[] =
		INVOKE(1, "acquire") WHOLE_OP(2) WHOLE_OP(3) WHOLE_OP(2) WHOLE_OP(3) WHOLE_OP(2)
			INVOKE(4, "acquire") WHOLE_OP(2) WHOLE_OP(3) WHOLE_OP(2) WHOLE_OP(3);

	for (uint32_t patience = 1; patience <= 12; patience++)
		expect_same(text, patience);
}
END_TEST

START_TEST(late_answer_stops_what_it_belies)
{
	static const struct {
		const char *answer, *stopped;
	} answers[] = {
		{ANSWER(1, "ok"), "an operation was answered very late"},
		{ANSWER(1, "fail"), "an operation was answered very late"},
		{ANSWER(1, "info"), NULL},
		{"{\"type\":\"info\",\"process\":1,\"token\":7}\n",
		 "an operation was answered very late"},
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		char text[2048];
		struct told told;
		uint64_t left_out;

		snprintf(text, sizeof(text), "%s%s%s", INVOKE(1, "acquire") WHOLE_OP(2) WHOLE_OP(3),
			 answers[i].answer, WHOLE_OP(4) WHOLE_OP(5));
		const char *stopped = tell_stream(text, 4, &told, &left_out);

		ck_assert_msg(!stopped == !answers[i].stopped, "%zu: %s", i, stopped);
		if (stopped)
			ck_assert_str_eq(stopped, answers[i].stopped);
		free(told.text);
		/* with more patience it is awaited: it and the four events behind it */
		ck_assert_ptr_null(tell_stream(text, 5, &told, &left_out));
		free(told.text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: formats: relay");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, events_are_told_as_the_whole_trace_has_them);
	tcase_add_test(tests, drawn_histories_are_told_as_the_whole_trace_has_them);
	tcase_add_test(tests, who_never_answers_is_told_as_open_and_keeps_nobody_waiting);
	tcase_add_test(tests, late_answer_stops_what_it_belies);
	return suite_run(suite);
}
