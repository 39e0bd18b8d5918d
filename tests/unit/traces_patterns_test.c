/* Lines of JSON that are like one before them: what is found in them is what reading would find. */
#include "tests/unit/traces_rig.h"

#include "base/random.h"
#include "history/traces/patterns.h"
#include "tests/support/suite.h"

/* What stands there is followed by the readable rest of a source. */
#define LINE(process, attempt, token, object, value)                                               \
	"{\"type\":\"ok\",\"process\":" process ",\"attempt\":" attempt ", \"token\":" token       \
	",\"object\":" object ",\"value\":" value ",\"x_1\":[7]}"
static const char learnt[] = LINE("3", "\"17\"", "-5", "\"lock\"", "null");
static const char behind[] = "\n{\"type\":\"invoke\"}";

static struct slice value_of(const char *line, const char *column)
{
	char name[40];
	int length = snprintf(name, sizeof(name), "\"%s\":", column);
	const char *at = strstr(line, name) + length;

	return (struct slice){at, strcspn(at, ",}")};
}

static void find_fields(const char *line, struct fields *fields)
{
	*fields = (struct fields){0};
	fields->field[FIELD_TYPE] = value_of(line, "type");
	fields->field[FIELD_PROCESS] = value_of(line, "process");
	fields->field[FIELD_ATTEMPT] = value_of(line, "attempt");
	fields->field[FIELD_TOKEN] = value_of(line, "token");
	fields->field[FIELD_OBJECT] = value_of(line, "object");
	fields->field[FIELD_VALUE] = value_of(line, "value");
}

static const struct {
	const char *line;
	bool is_like;
} lines[] = {
	{learnt, true},
	{LINE("4", "\"1\"", "6", "\"l\"", "null"), true},
	{LINE("-4", "\"999999999999999999\"", "-999999999999999999", "\"\"", "null"), true},
	{LINE("4", "\"1\"", "6", "\"a longer name\"", "null"), true},
	{LINE("4", "\"1\"", "6", "\"5\"", "null"), true},
	/* another text */
	{LINE("4", "\"1\"", "6", "\"l\"", "true"), false},
	{LINE("4", "\"1\"", "6", "\"l\"", "nul"), false},
	{LINE("4", "\"1\"", "6", "\"l\" ", "null"), false},
	{LINE("4", "\"1\"", " 6", "\"l\"", "null"), false},
	{LINE("4", "\"1\"", "6", "\"l\"", "null") " ", false},
	{LINE("4", "\"1\"", "6", "\"l\"", "null") "}", false},
	{"{\"type\":\"ok\",\"process\":4,\"attempt\":\"1\"", false},
	{"{\"type\":\"ok\",\"process\":4", false},
	{"{\"type\":\"ok\"}", false},
	{"", false},
	/* another kind of value */
	{LINE("\"4\"", "\"1\"", "6", "\"l\"", "null"), false},
	{LINE("4", "1", "6", "\"l\"", "null"), false},
	{LINE("4", "\"a\"", "6", "\"l\"", "null"), false},
	{LINE("4", "\"1\"", "\"6\"", "\"l\"", "null"), false},
	{LINE("4", "\"1\"", "6", "5", "null"), false},
	{LINE("4", "\"1\"", "6", "null", "null"), false},
	/* numbers that are other names, or none */
	{LINE("4", "\"-0\"", "6", "\"l\"", "null"), false},
	{LINE("4", "\"-1\"", "6", "\"l\"", "null"), false},
	{LINE("4", "\"01\"", "6", "\"l\"", "null"), false},
	{LINE("4", "\"1 \"", "6", "\"l\"", "null"), false},
	{LINE("4", "\"\"", "6", "\"l\"", "null"), false},
	{LINE("04", "\"1\"", "6", "\"l\"", "null"), false},
	{LINE("4.0", "\"1\"", "6", "\"l\"", "null"), false},
	{LINE("4e0", "\"1\"", "6", "\"l\"", "null"), false},
	{LINE("-", "\"1\"", "6", "\"l\"", "null"), false},
	{LINE("", "\"1\"", "6", "\"l\"", "null"), false},
	{LINE("4", "\"1\"", "1000000000000000000", "\"l\"", "null"), false},
	{LINE("4", "\"1000000000000000000\"", "6", "\"l\"", "null"), false},
	/* strings that do not stand for themselves */
	{LINE("4", "\"1\"", "6", "\"l\\n\"", "null"), false},
	{LINE("4", "\"1\"", "6", "\"\xc3\xa9\"", "null"), false},
	{LINE("4", "\"1\"", "6", "\"a\tb\"", "null"), false},
	{LINE("4", "\"1\"", "6", "\"l", "null"), false},
};
enum { LINES = sizeof(lines) / sizeof(lines[0]) };

static void must_be_same(const struct fields *found, const struct fields *wanted)
{
	for (int i = 0; i < FIELDS_COUNT; i++) {
		int64_t number, other;

		ck_assert_ptr_eq(found->field[i].at, wanted->field[i].at);
		ck_assert_uint_eq(found->field[i].length, wanted->field[i].length);
		if (found->numbers & 1U << i) {
			ck_assert(fields_look_for_integer(wanted, (enum field)i, &number));
			ck_assert(fields_integer(found, (enum field)i, &other) && number == other);
		}
	}
	ck_assert_uint_ne(found->numbers & 1U << FIELD_ATTEMPT, 0);
	ck_assert_uint_ne(found->numbers & 1U << FIELD_TOKEN, 0);
}

START_TEST(patterns_match_what_is_like_a_line_before)
{
	struct patterns *patterns = patterns_open();
	struct fields wanted, found;
	char text[400];
	size_t length = strlen(lines[_i].line);

	snprintf(text, sizeof(text), "%s%s", lines[_i].line, behind);
	find_fields(learnt, &wanted);
	ck_assert(!patterns_match(patterns, (struct slice){text, length}, text + strlen(text),
				  &found));
	patterns_learn(patterns, (struct slice){learnt, strlen(learnt)}, &wanted);
	ck_assert_int_eq(
		patterns_match(patterns, (struct slice){text, length}, text + strlen(text), &found),
		lines[_i].is_like);
	if (lines[_i].is_like) {
		find_fields(text, &wanted);
		must_be_same(&found, &wanted);
	}
	patterns_close(patterns);
}
END_TEST

/* Nothing behind the line is read, where the source ends with it. */
START_TEST(patterns_stop_at_the_end_of_the_source)
{
	struct patterns *patterns = patterns_open();
	struct fields fields;
	size_t length = strlen(learnt);

	find_fields(learnt, &fields);
	patterns_learn(patterns, (struct slice){learnt, length}, &fields);
	for (size_t cut = 0; cut <= length; cut++) {
		char *line = malloc(cut + 1); /* for the sanitizers */

		memcpy(line, learnt, cut);
		ck_assert_int_eq(
			patterns_match(patterns, (struct slice){line, cut}, line + cut, &fields),
			cut == length);
		free(line);
	}
	patterns_close(patterns);
}
END_TEST

/* A source of too many patterns is left alone. */
START_TEST(patterns_give_up)
{
	struct patterns *patterns = patterns_open();
	struct fields fields;
	struct slice line = {learnt, strlen(learnt)};

	for (int i = 0; i < 1100; i++) {
		char other[100];
		int length = snprintf(other, sizeof(other), "{\"x_%d\":0}", i);

		fields = (struct fields){0};
		ck_assert(!patterns_match(patterns, (struct slice){other, (size_t)length},
					  other + length, &fields));
		patterns_learn(patterns, (struct slice){other, (size_t)length}, &fields);
	}
	find_fields(learnt, &fields);
	patterns_learn(patterns, line, &fields);
	ck_assert(!patterns_match(patterns, line, line.at + line.length, &fields));
	patterns_close(patterns);
}
END_TEST

/* Random sources, and the same with a column of its own in each line, which is like none then. */

enum { SOURCES = 50, EVENTS = 12, PROCESSES = 3 };

static const char *draw(struct random_stream *random, const char *const *words, int count)
{
	return words[random_between(random, 0, count - 1)];
}
#define DRAW(random, ...)                                                                          \
	draw((random), (const char *const[]){__VA_ARGS__},                                         \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void put_event(struct random_stream *random, FILE *out, bool *pending)
{
	int process = (int)random_between(random, 0, PROCESSES - 1);
	const char *type = pending[process] ? DRAW(random, "ok", "ok", "fail", "info") : "invoke";

	fprintf(out, "{\"type\":\"%s\",\"process\":%d", type, process);
	if (!pending[process]) {
		fprintf(out, ",\"f\":\"%s\"", DRAW(random, "acquire", "release", "write", "cas"));
		fprintf(out, ",\"object\":%s",
			DRAW(random, "\"a\"", "\"b\"", "\"7\"", "7", "\"\""));
		fprintf(out, ",\"value\":%s", DRAW(random, "[1,2]", "[1,3]"));
	} else if (random_between(random, 0, 3) > 0) {
		fprintf(out, ",\"value\":%s",
			DRAW(random, "1", "2", "\"1\"", "1.0", "null", "\"x\"", "\"\\u0031\"", "-0",
			     "\"-0\"", "123456789012345678901"));
		fprintf(out, ",\"token\":%s",
			DRAW(random, "1", "25", "\"25\"", "-7", "\"-7\"", "\"+7\"", "\"007\"",
			     "9223372036854775807", "null"));
	}
	if (random_between(random, 0, 1))
		fprintf(out, ",\"attempt\":%s",
			DRAW(random, "1", "\"1\"", "\"01\"", "\"-0\"", "-0", "2", "\"a\"", "\"17\"",
			     "1e0"));
	pending[process] = !pending[process];
}

static int import_pair(const char *text, struct trace *trace, struct error *err)
{
	struct trace_source source = {.path = write_source(text, strlen(text)),
				      .format = TRACE_JSONL};

	return trace_import(&source, trace, err);
}

static void traces_must_be_same(const struct trace *one, const struct trace *other)
{
	char *told = tell_trace(one), *told_other = tell_trace(other);

	ck_assert_str_eq(told, told_other);
	for (uint32_t i = 0; i < one->ops; i++) {
		ck_assert_int_eq(one->op[i].token, other->op[i].token);
		ck_assert_uint_eq(one->op[i].has_token, other->op[i].has_token);
		ck_assert_uint_eq(one->op[i].attempt, other->op[i].attempt);
		ck_assert_uint_eq(one->op[i].object, other->op[i].object);
		ck_assert_uint_eq(one->op[i].line, other->op[i].line);
	}
	free(told);
	free(told_other);
}

START_TEST(patterns_decide_nothing)
{
	struct random_stream random = random_open((uint64_t)_i + 1, "patterns");
	int whole = 0;

	for (int i = 0; i < SOURCES; i++) {
		bool pending[PROCESSES] = {false};
		char *text[2];
		size_t size[2];
		FILE *out[2] = {open_memstream(&text[0], &size[0]),
				open_memstream(&text[1], &size[1])};

		for (int event = 0; event < EVENTS; event++) {
			char *line;
			size_t length;
			FILE *one = open_memstream(&line, &length);

			put_event(&random, one, pending);
			fclose(one);
			fprintf(out[0], "%s,\"x_of\":\"each\"}\n", line);
			fprintf(out[1], "%s,\"x_of\":\"%02d..\"}\n", line, event);
			free(line);
		}
		fclose(out[0]);
		fclose(out[1]);
		struct trace trace[2];
		struct error err[2] = {{0}};
		int failed[2];

		for (int which = 0; which < 2; which++)
			failed[which] = import_pair(text[which], &trace[which], &err[which]);
		ck_assert_msg(failed[0] == failed[1] && !strcmp(err[0].text, err[1].text),
			      "%s: %s, %s", text[0], err[0].text, err[1].text);
		if (!failed[0]) {
			traces_must_be_same(&trace[0], &trace[1]);
			whole++;
		}
		for (int which = 0; which < 2; which++) {
			trace_free(&trace[which]);
			free(text[which]);
		}
	}
	ck_assert_int_gt(whole, SOURCES / 10);
	ck_assert_int_lt(whole, SOURCES);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("traces: patterns of lines");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, patterns_match_what_is_like_a_line_before, 0, LINES);
	tcase_add_test(tests, patterns_stop_at_the_end_of_the_source);
	tcase_add_test(tests, patterns_give_up);
	tcase_add_loop_test(tests, patterns_decide_nothing, 0, 4);
	return suite_run(suite);
}
