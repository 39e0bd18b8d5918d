/* JSONL and CSV: the two formats for recorders of other people. */
#include "tests/unit/traces_rig.h"

#include "history/traces/json.h"
#include "tests/support/suite.h"

static const struct {
	const char *text, *canonical;
} values[] = {
	{"null", "nil"},
	{"true", "true"},
	{"-0", "0"},
	{"12", "12"},
	{"-1.5e+3", "-1500"},
	{"1.0", "1"},
	{"-0.0e7", "0"},
	{"150e-1", "15"},
	{"0.050", "0.05"},
	{"12e60", "12e60"},
	{"1200.0e58", "12e60"},
	{"1e-60", "1e-60"},
	{"1e9999999999999999", "1e9999999999999999"},
	{"\"a\\/\\u0041\\n\\ud83d\\ude00\"", "\"a/A\\n\360\237\230\200\""},
	{"[]", "[]"},
	{"[1, [2 , \"x\"],{ }]", "[1 [2 \"x\"] {}]"},
	{"{\"b\":2,\"a\" : [null]}", "{\"a\" [nil] \"b\" 2}"},
	{"{\"edn\":\":keyword\"}", ":keyword"},
	{"[{\"edn\":\"#{2 1}\"}]", "[#{1 2}]"},
	{"{\"edn\":\"#{\"}", "{\"edn\" \"#{\"}"},
	{"{\"edn\":\"\"}", "{\"edn\" \"\"}"},
	{"{\"edn\":5}", "{\"edn\" 5}"},
};

START_TEST(json_values_are_those_of_edn)
{
	struct scan scan = scan_of((struct slice){values[_i].text, strlen(values[_i].text)});
	struct buffer out = {0};
	struct slice value;

	buffer_clear(&out);
	ck_assert_msg(json_value(&scan, &value) && scan.at == scan.end, "%s", values[_i].text);
	json_add_canonical(&out, value);
	ck_assert_str_eq(out.text, values[_i].canonical);
	buffer_free(&out);
}
END_TEST

START_TEST(jsonl_reads_every_column)
{
	struct trace trace = import_text(
		_i ? TRACE_AUTO : TRACE_JSONL,
		"{\"type\":\"invoke\",\"process\":3,\"f\":\"acquire\",\"object\":\"lock-1\","
		"\"owner\":\"a\",\"attempt\":\"x17\",\"mode\":\"shared\",\"time_ns\":10}\n"
		"\r\n"
		" { \"type\" : \"ok\" , \"process\" : 3, \"token\":\"9007199254740993\", "
		"\"x_host\":{\"a\":[1]}, \"time_ns\" : \"25\" } \r\n"
		"{\"type\":\"invoke\",\"process\":3,\"f\":\"release\",\"object\":\"lock-1\","
		"\"owner\":\"a\",\"attempt\":\"x17\",\"client\":44,\"value\":null}\n"
		"{\"type\":\"fail\",\"process\":3,\"error\":\"lease not found\"}\n"
		"{\"type\":\"invoke\",\"process\":3,\"f\":\"try-acquire\",\"object\":\"l\\u00e9\"}"
		"\n"
		"{\"type\":\"fail\",\"process\":3}\n"
		"{\"type\":\"invoke\",\"process\":3,\"f\":\"cas\",\"value\":[1,{\"edn\":\":b\"}]}\n"
		"{\"type\":\"info\",\"process\":3}\n"
		"{\"type\":\"invoke\",\"process\":3,\"f\":\"get\",\"object\":\"k\"}\n"
		"{\"type\":\"ok\",\"process\":3,\"f\":\"get\",\"value\":\"\"}");

	expect_events(&trace, "3 acquire, 3 acquire ok, 3 try-acquire, 3 try-acquire fail, "
			      "3 cas ? 1 :b, 3 get, 3 get ok \"\"");
	ck_assert_int_eq(trace.op[0].token, 9007199254740993);
	ck_assert_int_eq(trace.op[0].mode, TRACE_SHARED);
	ck_assert_int_eq(trace.op[0].invoked_ns, 10);
	ck_assert_int_eq(trace.op[0].returned_ns, 25);
	ck_assert_uint_eq(trace.op[0].line, 1);
	ck_assert_uint_eq(trace.op[1].line, 6);
	ck_assert_str_eq(trace_object_name(&trace, trace.op[0].object), "lock-1");
	ck_assert_str_eq(trace_object_name(&trace, trace.op[1].object), "l\303\251");
	ck_assert_uint_eq(trace.failures, 1);
	ck_assert_int_eq(trace.failure[0].process, 44);
	ck_assert_str_eq(trace_value_text(&trace, trace.failure[0].a), "\"lease not found\"");
	ck_assert_uint_eq(trace.failure[0].attempt, trace.op[0].attempt);
	ck_assert_str_eq(trace.format, "jsonl");
	trace_free(&trace);
}
END_TEST

/* What was foreseen from the line before, or remembered of a process, decides nothing. */
START_TEST(jsonl_lines_owe_nothing_to_the_line_before)
{
	static const char longest[] = "a-name-that-is-longer-than-any-that-is-remembered";
	char text[2000];

	snprintf(text, sizeof(text),
		 "{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\",\"object\":\"A\","
		 "\"owner\":\"o\",\"attempt\":\"1\"}\n"
		 "{\"type\":\"ok\",\"process\":1}\n"
		 "{\"process\":1,\"type\":\"invoke\",\"owner\":\"o\",\"f\":\"acquire\","
		 "\"object\":\"B\"}\n"
		 "{\"process\":1,\"type\":\"ok\",\"attempt\":\"1\"}\n"
		 "{\"f\":\"release\",\"type\":\"invoke\",\"process\":1,\"object\":\"B\","
		 "\"attempt\":1,\"owner\":\"\\u006f\",\"x_1\":0,\"x_2\":0}\n"
		 "{\"type\":\"ok\",\"process\":1,\"x_1\":0,\"object\":\"B\"}\n"
		 "{\"type\" :\"invoke\",\"process\": 1,\"f\":\"acquire\",\"object\":\"%s1\","
		 "\"owner\":\"%s1\"}\n"
		 "{\"type\":\"ok\",\"process\":1}\n"
		 "{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\",\"object\":\"%s2\","
		 "\"owner\":\"%s2\"}\n",
		 longest, longest, longest, longest);
	struct trace trace = import_text(TRACE_JSONL, text);

	ck_assert_uint_eq(trace.ops, 5);
	ck_assert_uint_ne(trace.op[0].attempt, trace.op[1].attempt);
	ck_assert_uint_eq(trace.op[1].attempt, trace.op[2].attempt);
	ck_assert_uint_eq(trace.op[0].owner, trace.op[2].owner);
	ck_assert_uint_ne(trace.op[3].object, trace.op[4].object);
	ck_assert_uint_ne(trace.op[3].owner, trace.op[4].owner);
	trace_free(&trace);
	refuse_text(TRACE_JSONL,
		    "{\"type\":\"invoke\",\"process\":3,\"f\":\"acquire\"}\n"
		    "{\"type\":\"ok\",\"type\":\"ok\",\"process\":3}\n",
		    ":2:15:", "each column once");
}
END_TEST

#define READ_OF_3 "{\"type\":\"invoke\",\"process\":3,\"f\":\"read\"}\n"
static const struct refusal json_refusals[] = {
	{"{\"type\":\"invoke\",\"process\":3,\"f\":\"read\",\"tokn\":3}\n",
	 ":1:42:", "a known column, perhaps token ("},
	{"{\"type\":\"invoke\",\"process\":true,\"f\":\"read\"}\n", ":1:28:", "an integer"},
	{"{\"type\":\"invoke\",\"process\":3,\"f\":\"read\",\"token\":1.5}\n",
	 ":1:49:", "an integer of 64 bits, found 1.5}"},
	{"{\"type\":\"invoke\",\"process\":3,\"f\":\"read\",\"token\":9223372036854775808}\n",
	 ":1:49:", "an integer of 64 bits"},
	{"{\"type\":\"invoke\",\"process\":3,\"f\":\"read\",\"mode\":\"read\"}\n",
	 ":1:48:", "exclusive or shared"},
	{"{\"type\":\"invoke\",\"process\":3,\"process\":4,\"f\":\"read\"}\n",
	 ":1:31:", "each column once, found process"},
	{"{\"type\":\"invoke\",\"process\":3,\"f\":\"read\",\"zzzzzz\":3}\n",
	 ":1:42:", "a known column (columns of your own"},
	{"{\"type\":\"invoke\",\"process\":3,\"f\":\"acquire\",\"attempt\":5}\n"
	 "{\"type\":\"ok\",\"process\":3,\"attempt\":6}\n",
	 ":2:36:", "the attempt of its invocation, found 6}"},
	{"{\"type\":\"invoke\",\"process\":3,\"f\":\"read\",\"time_ns\":1700000000000000000}\n"
	 "{\"type\":\"ok\",\"process\":3,\"time_ns\":1800000000000000000}\n",
	 ":2:36:", "a time within 13 months of the first"},
	{"{\"type\":\"invoke\",\"process\":3}\n", ":1:1:", "a function (f)"},
	{"{\"type\":\"invoke\",\"process\":3,\"f\":\"read\"} x\n", ":1:42:", "the end of the line"},
	{"{\"type\":\"invoke\",\n", ":1:18:", "a string, found the end of the line"},
	{"{\"type\":\"invoke\" \"f\":1}\n", ":1:18:", ", or }"},
	{"{\"type\" \"invoke\"}\n", ":1:9:", ":, found"},
	{"{}\n{\"value\":01}", ":1:1:", "a process"},
	{"{\"value\":01}\n", ":1:11:", ", or }"},
	{"{\"value\":.5}\n", ":1:10:", "a JSON value"},
	{"{\"value\":1.}\n", ":1:12:", "a digit"},
	{"{\"value\":1e}\n", ":1:12:", "a digit"},
	{"{\"value\":tru}\n", ":1:10:", "a JSON value"},
	{"{\"value\":[1 2]}\n", ":1:13:", ", or ]"},
	{"{\"value\":[1,]}\n", ":1:13:", "a JSON value"},
	{"{\"value\":{a:1}}\n", ":1:11:", "a string"},
	{"{\"value\":\"a\tb\"}\n", ":1:12:", "the rest of a string"},
	{"{\"value\":\"\\x\"}\n", ":1:11:", "an escape"},
	{"{\"value\":\"\xc3(\"}\n", ":1:11:", "UTF-8"},
	{"{\"value\":\"a\n", ":1:12:", "the closing \""},
	{"{\"type\":\"invoke\",\"process\":3,\"f\":\"read\"}\n{\"type\":\"invoke\",\"process\":3,"
	 "\"f\":\"read\"}\n",
	 ":2:1:", "an answer to process 3's read of line 1 first"},
	{"{\"type\":\"ok\",\"process\":3,\"f\":\"read\"}\n", ":1:1:", "an invocation of process 3"},
	/* where the columns are foreseen */
	{READ_OF_3 "{\"type\":\"ok\"{\"process\":3,\"f\":\"read\"}\n", ":2:13:", ", or }, found {"},
	{READ_OF_3 "{\"type\":\"ok\",\"process\":3{\"f\":\"read\"}\n", ":2:25:", ", or }, found {"},
	{READ_OF_3 "{\"type\":\"ok\",\"process\":3,{\"f\":\"read\"}\n", ":2:26:", "a string"},
	{READ_OF_3 "{\"type\":\"invoke\",\"process\":03,\"f\":\"read\"}\n", ":2:29:", ", or }"},
	{READ_OF_3 "{\"type\":\"invoke\",\"process\":3,\"f\":\"re\td\"}\n",
	 ":2:37:", "the rest of a string"},
	{READ_OF_3 "{\"type\":\"invoke\",\"process\":3,\"f\":\"read\n\"}\n",
	 ":2:39:", "the closing \""},
	{READ_OF_3 "{\"type\":\"invoke\",\"process\":4,\"f\":\"read\"}, {\"type\":\"ok\"}\n",
	 ":2:41:", "the end of the line"},
};

START_TEST(jsonl_refuses_and_names_the_place)
{
	refuse_text(TRACE_JSONL, json_refusals[_i].text, json_refusals[_i].place,
		    json_refusals[_i].says);
}
END_TEST

/* As a token and as a value; NULL: refused. The ways of few digits and of many agree, as do an
 * integer that a comma follows and one at the end of the object. */
static const struct {
	const char *text, *token, *value;
} integers[] = {
	{"0", "0", "0"},
	{"-0", "0", "0"},
	{"-1", "-1", "-1"},
	{"99999999999999999", "99999999999999999", "99999999999999999"}, /* 17 digits */
	{"999999999999999999", "999999999999999999", "999999999999999999"},
	{"-999999999999999999", "-999999999999999999", "-999999999999999999"},
	{"1000000000000000000", "1000000000000000000", "1000000000000000000"}, /* 19 */
	{"9223372036854775807", "9223372036854775807", "9223372036854775807"},
	{"-9223372036854775808", "-9223372036854775808", "-9223372036854775808"},
	{"9223372036854775808", NULL, "9223372036854775808"},
	{"-9223372036854775809", NULL, "-9223372036854775809"},
	{"18446744073709551616", NULL, "18446744073709551616"}, /* 2^64: not 0 */
	{"18446744073709551617", NULL, "18446744073709551617"},
	{"123456789012345678901234567890", NULL, "123456789012345678901234567890"},
	{"1 ", "1", "1"},
	{" \t7", "7", "7"},
	{"1e0", NULL, "1"},
	{"1.0", NULL, "1"},
	{"01", NULL, NULL},
	{"-01", NULL, NULL},
	{"00", NULL, NULL},
	{"-", NULL, NULL},
	{"--1", NULL, NULL},
	{"+1", NULL, NULL},
	{"1-", NULL, NULL},
	{"1x", NULL, NULL},
	{"1.", NULL, NULL},
	{"1e", NULL, NULL},
	{"", NULL, NULL},
};
enum { INTEGERS = sizeof(integers) / sizeof(integers[0]) };

/* In the middle of a line, at its end, and at the end of the source, where no newline is. */
static char *line_with(const char *column, const char *text, int place)
{
	static const char *const ends[] = {",\"type\":\"invoke\"}\n", "}\n", "}"};
	char *line = NULL;

	ck_assert_int_gt(asprintf(&line, "{\"process\":1,\"f\":\"%s\",%s\"%s\":%s%s",
				  *column == 't' ? "acquire" : "write",
				  place ? "\"type\":\"invoke\"," : "", column, text, ends[place]),
			 0);
	return line;
}

static void expect_integer(const char *column, const char *text, const char *wanted)
{
	for (int place = 0; place < 3; place++) {
		char *line = line_with(column, text, place), token[32];
		struct trace_source source = {.path = write_source(line, strlen(line)),
					      .format = TRACE_JSONL};
		struct trace trace = {0};
		struct error err = {0};
		int result = trace_import(&source, &trace, &err);

		ck_assert_msg((result == 0) == (wanted != NULL), "%s: %s", line, err.text);
		if (!result && *column == 't') {
			snprintf(token, sizeof(token), "%lld", (long long)trace.op[0].token);
			ck_assert_msg(trace.op[0].has_token && !strcmp(token, wanted), "%s: %s",
				      line, token);
		} else if (!result) {
			ck_assert_str_eq(trace_value_text(&trace, trace.op[0].a), wanted);
		}
		trace_free(&trace);
		free(line);
	}
}

/* They are read by eights: of every length, and with what is no digit at every place. */
START_TEST(jsonl_reads_integers_of_every_length)
{
	static const char others[] = "/:?x\xb0\xff";
	const char *digits = "987654321098765432";

	for (int length = 1; length <= 18; length++) {
		char text[24];

		snprintf(text, sizeof(text), "-%.*s", length, digits);
		expect_integer("token", text, text);
		expect_integer("token", text + 1, text + 1);
		text[1 + length * 5 / 7] = others[length % (sizeof(others) - 1)];
		expect_integer("token", text + 1, NULL);
	}
}
END_TEST

START_TEST(jsonl_reads_integers_to_their_borders)
{
	expect_integer("token", integers[_i].text, integers[_i].token);
	expect_integer("value", integers[_i].text, integers[_i].value);
}
END_TEST

START_TEST(jsonl_bounds_nesting)
{
	char text[40000];
	size_t length = (size_t)snprintf(text, sizeof(text), "{\"value\":");

	while (length < sizeof(text) - 6)
		length += (size_t)snprintf(text + length, 6, _i ? "[" : "{\"a\":");
	refuse_text(TRACE_JSONL, text, _i ? ":1:138:" : ":1:650:", "128 levels");
}
END_TEST

/* What EDN says within JSON stands for its object, and is bounded with all around it. */
START_TEST(jsonl_bounds_nesting_together_with_edn)
{
	enum { AROUND = 100 };
	int inside = SCAN_NESTING_MAX - AROUND + _i;
	char *text = NULL;
	size_t length;
	FILE *in = open_memstream(&text, &length);

	for (int i = 0; i < AROUND; i++)
		fputc('[', in);
	fputs("{\"edn\":\"", in);
	for (int i = 0; i < 2 * inside; i++)
		fputc(i < inside ? '[' : ']', in);
	fputs("\"}", in);
	for (int i = 0; i < AROUND; i++)
		fputc(']', in);
	fclose(in);
	struct scan scan = scan_of((struct slice){text, length});
	struct buffer out = {0};
	struct slice value;

	buffer_clear(&out);
	ck_assert(json_value(&scan, &value));
	json_add_canonical(&out, value);
	ck_assert_int_eq(strstr(out.text, "edn") == NULL, _i == 0);
	buffer_free(&out);
	free(text);
}
END_TEST

/* In our own formats a process is only who asked: it may go on after an unknown outcome. */
START_TEST(jsonl_lets_a_process_go_on_after_an_unknown_outcome)
{
	struct trace trace =
		import_text(TRACE_JSONL, "{\"type\":\"invoke\",\"process\":3,\"f\":\"acquire\"}\n"
					 "{\"type\":\"info\",\"process\":3}\n"
					 "{\"type\":\"invoke\",\"process\":3,\"f\":\"acquire\"}\n"
					 "{\"type\":\"ok\",\"process\":3}\n");

	expect_events(&trace, "3 acquire ?, 3 acquire, 3 acquire ok");
	trace_free(&trace);
}
END_TEST

START_TEST(csv_reads_every_column)
{
	struct trace trace = import_text(
		_i ? TRACE_AUTO : TRACE_CSV,
		"process,type,f,object,owner,attempt,token,value,time_ns,x_note,error\r\n"
		"3,invoke,acquire,\"lock, \"\"one\"\"\",a,x17,,,10,whatever,\r\n"
		"3,ok,,,,,12,,25,,\r\n"
		"3,invoke,write,r,,,,hello \xc3\xa9,,,\r\n"
		"3,ok,write,r,,,,,,,\r\n"
		"3,invoke,write,r,,,,17,,,\n"
		"\n"
		"3,ok,,,,,,,,,\n"
		"3,invoke,cas,r,,,,\"[17,\"\"b\"\"]\",,,\n"
		"3,info,,,,,,,,,\n"
		"4,invoke,release,r,,,,,,,\n"
		"4,fail,,,,,,,,,gone\n"
		"4,invoke,write,r,,,,\"\"\"17\"\"\",,,");

	expect_events(&trace, "3 acquire, 3 acquire ok, 3 write, 3 write ok \"hello \303\251\", "
			      "3 write, 3 write ok 17, 3 cas ? 17 \"b\", 4 write ? \"17\"");
	ck_assert_str_eq(trace_object_name(&trace, trace.op[0].object), "lock, \"one\"");
	ck_assert_int_eq(trace.op[0].token, 12);
	ck_assert_int_eq(trace.op[0].returned_ns, 25);
	ck_assert_uint_eq(trace.op[2].line, 6);
	ck_assert_uint_eq(trace.failures, 1);
	ck_assert_str_eq(trace_value_text(&trace, trace.failure[0].a), "\"gone\"");
	ck_assert_str_eq(trace.format, "csv");
	trace_free(&trace);
}
END_TEST

static const struct refusal csv_refusals[] = {
	{"type,process,f,vaule\n", ":1:16:", "a known column, perhaps value"},
	{"type,process,f,type\n", ":1:16:", "each column once"},
	{"type,process,f,zzzzzz\n", ":1:16:", "a known column (columns of your own"},
	{"type,process,f\ninvoke,1\n", ":2:9:", "3 cells, as in the header"},
	{"type,process,f\ninvoke,1,read,\n", ":2:14:", "the end of the line after 3 cells"},
	{"type,process,f\ninvoke,1,read\ninvoke,one,read\n", ":3:8:", "an integer, as the"},
	{"type,process,f\ninvoke,,read\n", ":2:1:", "a process"},
	{"type,process,f\ninvoke,1,\"read\n", ":2:15:", "the closing \" of a cell"},
	{"type,process,f\ninvoke,1,\"read\"x\n", ":2:16:", "a comma"},
	{"type,process,f\ninvoke,1,\xff\n", ":2:10:", "UTF-8"},
	{"type,process,f\ninvoke,1,\"\"\"\"\"\xff\"\n", ":2:15:", "UTF-8"},
	{"type,process,f,value\ninvoke,1,cas,5\n", ":2:14:", "[expected new]"},
	{"type,process,f,token\ninvoke,1,read,0x5\n", ":2:15:", "an integer of 64 bits"},
};

START_TEST(csv_refuses_and_names_the_place)
{
	refuse_text(TRACE_CSV, csv_refusals[_i].text, csv_refusals[_i].place,
		    csv_refusals[_i].says);
}
END_TEST

START_TEST(csv_bounds_its_columns)
{
	char text[400];
	size_t length = (size_t)snprintf(text, sizeof(text), "type,process,f");

	for (int i = 3; i < 65; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length, ",x_");
	refuse_text(TRACE_CSV, text, ":1:199:", "at most 64 columns");
}
END_TEST

/* Sources ------------------------------------------------------------------------------------- */

static int64_t told_done, told_all;
static int told;

static void tell_progress(void *context, int64_t done, int64_t all)
{
	ck_assert_ptr_eq(context, &told);
	ck_assert_int_ge(done, told_done);
	told_done = done;
	told_all = all;
	told++;
}

START_TEST(progress_is_told_to_the_end)
{
	enum { EVENTS = 60000 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < EVENTS; i++)
		fprintf(out, "{\"type\":\"%s\",\"process\":3,\"f\":\"acquire\"}\n",
			i % 2 ? "ok" : "invoke");
	fclose(out);
	struct trace_source source = {
		.path = write_source(text, size), .progress = tell_progress, .context = &told};
	struct trace trace;
	struct error err = {0};

	ck_assert_int_eq(trace_import(&source, &trace, &err), 0);
	ck_assert_uint_eq(trace.ops, EVENTS / 2);
	ck_assert_int_ge(told, 2);
	ck_assert_int_eq(told_done, (int64_t)size);
	ck_assert_int_eq(told_all, (int64_t)size);
	trace_free(&trace);
	free(text);
}
END_TEST

START_TEST(standard_input_is_a_source)
{
	static const char line[] = "{\"type\":\"invoke\",\"process\":3,\"f\":\"read\"}\nx";
	struct trace_source source = {.path = "-"};
	struct trace trace;
	struct error err = {0};

	ck_assert_ptr_nonnull(freopen(write_source(line, strlen(line) - 1), "r", stdin));
	ck_assert_msg(trace_import(&source, &trace, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(trace.ops, 1);
	trace_free(&trace);
	ck_assert_ptr_nonnull(freopen(write_source(line, strlen(line)), "r", stdin));
	ck_assert_int_eq(trace_import(&source, &trace, &err), -1);
	ck_assert_msg(strncmp(err.text, "standard input:2:1: ", 20) == 0, "%s", err.text);
}
END_TEST

START_TEST(sources_that_cannot_be_read_are_errors)
{
	struct trace_source source = {.path = scratch_file("none")};
	struct trace trace;
	struct error err = {0};

	ck_assert_int_eq(trace_import(&source, &trace, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, "No such file"), "%s", err.text);
	err = (struct error){0};
	source.path = "/tmp";
	ck_assert_int_eq(trace_import(&source, &trace, &err), -1);
	ck_assert_msg(strstr(err.text, "is a folder"), "%s", err.text);
	err = (struct error){0};
	source.path = "-";
	source.format = TRACE_HISTORY;
	ck_assert_int_eq(trace_import(&source, &trace, &err), -1);
	ck_assert_msg(strstr(err.text, "from a file only"), "%s", err.text);
}
END_TEST

/* What is no history of any format is not taken for the nearest one. */
START_TEST(format_is_recognised_by_all_that_it_needs)
{
	static const char *const none[] = {
		"typ,process\n", "type,proces\n", "type process\n", "process;type\n", "INF x\n",
		"hello\n",       "7\n",           "x,y\n"};

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		refuse_text(TRACE_AUTO, none[i], ":1:1:", "a history: a map of EDN");
	refuse_text(TRACE_AUTO, "[{\"type\":\"invoke\"}]", ":1:1:", "without an array around them");
	refuse_text(TRACE_AUTO, "\n [\n{ \"type\"", ":2:2:", "without an array around them");
	refuse_text(TRACE_AUTO, "[\"a\"]", ":1:2:", "");
	struct trace trace = import_text(TRACE_AUTO, " \n\t");

	ck_assert_uint_eq(trace.ops, 0);
	trace_free(&trace);
	trace = import_text(TRACE_AUTO, "process,type,f\n1,invoke,acquire\n");
	ck_assert_str_eq(trace.format, "csv");
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: JSONL and CSV");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, json_values_are_those_of_edn, 0,
			    (int)(sizeof(values) / sizeof(*values)));
	tcase_add_test(tests, jsonl_lines_owe_nothing_to_the_line_before);
	tcase_add_loop_test(tests, jsonl_reads_every_column, 0, 2);
	tcase_add_test(tests, jsonl_reads_integers_of_every_length);
	tcase_add_loop_test(tests, jsonl_reads_integers_to_their_borders, 0, INTEGERS);
	tcase_add_loop_test(tests, jsonl_refuses_and_names_the_place, 0,
			    (int)(sizeof(json_refusals) / sizeof(*json_refusals)));
	tcase_add_loop_test(tests, jsonl_bounds_nesting, 0, 2);
	tcase_add_loop_test(tests, jsonl_bounds_nesting_together_with_edn, 0, 2);
	tcase_add_test(tests, jsonl_lets_a_process_go_on_after_an_unknown_outcome);
	tcase_add_loop_test(tests, csv_reads_every_column, 0, 2);
	tcase_add_loop_test(tests, csv_refuses_and_names_the_place, 0,
			    (int)(sizeof(csv_refusals) / sizeof(*csv_refusals)));
	tcase_add_test(tests, csv_bounds_its_columns);
	tcase_add_test(tests, progress_is_told_to_the_end);
	tcase_add_test(tests, standard_input_is_a_source);
	tcase_add_test(tests, sources_that_cannot_be_read_are_errors);
	tcase_add_test(tests, format_is_recognised_by_all_that_it_needs);
	return suite_run(suite);
}
