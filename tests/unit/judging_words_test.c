/* What `check` says of a judged trace, word by word: on the terminal, as JSON, as a page. */
#include "tests/support/suite.h"
#include "tests/support/told.h"
#include "tests/unit/judging_traces_rig.h"

static struct trace_check check;

/* Judges the text; how long that took, and by how much memory, is none of a test's business. */
static void run_check(const char *text)
{
	run_trace(text, &check);
	ck_assert_int_gt(check.peak_bytes, 1000000);
	ck_assert_int_gt(check.read_ns, 0);
	ck_assert(check.judged_ns > 0 || check.streamed);
	check.read_ns = 1500000;
	check.judged_ns = 2000;
	check.peak_bytes = 11500000;
	if (check.summary.result.configurations)
		check.summary.result.configurations = 2; /* several threads search */
}

static const char *printed(void (*print)(const struct trace_check *, const char *, FILE *))
{
	const char *path = scratch_file("printed");
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	print(&check, "file", file);
	fclose(file);
	return told_in(path);
}

/* What stands below the headline, without its line breaks. */
static void unwrap(const char *text, char *into)
{
	for (const char *at = strchr(text, '\n') + 5; *at; at++)
		if (strncmp(at, "\n    ", 5) == 0)
			*into++ = ' ', at += 4;
		else if (*at != '\n')
			*into++ = *at;
	*into = '\0';
}

static void expect_summary(const char *expected)
{
	char told[4096];

	unwrap(printed(trace_check_print), told);
	ck_assert_str_eq(told, expected);
}

static void says(const char *text, const char *expected)
{
	run_check(text);
	expect_summary(expected);
	trace_check_free(&check);
}

static void begins(const char *text, const char *expected)
{
	run_check(text);
	const char *told = printed(trace_check_print);

	ck_assert_msg(strncmp(told, expected, strlen(expected)) == 0, "%s", told);
	trace_check_free(&check);
}

#define CSV "type,process,f,object,value,token\n"
#define RAN "; T1 decided in 0.002 ms, after 1.5 ms of reading; 12 MB at most"

START_TEST(verdict_model_and_file_come_first)
{
	begins(CSV "invoke,1,acquire,x,,\n", "LINEARIZABLE  mutex  file\n");
	begins(CSV "invoke,1,acquire,x,,\nok,1,,,,\ninvoke,2,acquire,x,,\nok,2,,,,\n",
	       "NOT LINEARIZABLE  mutex  file\n");
	begins("", "UNKNOWN  file\n");
}
END_TEST

START_TEST(operations_and_objects_are_counted)
{
	says(CSV "invoke,1,acquire,x,,\n", "1 operation (1 open) on 1 object" RAN);
	says(CSV "invoke,1,acquire,x,,\nok,1,,,,\ninvoke,1,release,x,,\nok,1,,,,\n"
		 "invoke,2,acquire,y,,\nfail,2,,,,\ninvoke,2,acquire,y,,\nfail,2,,,,\n",
	     "2 operations (0 open; 2 failed left out) on 1 object" RAN);
	says(CSV "invoke,1,acquire,x,,\nok,1,,,,\ninvoke,2,acquire,y,,\nok,2,,,,\n",
	     "2 operations (0 open) on 2 objects" RAN);
	says(CSV "invoke,1,acquire,x,,\nok,1,,,,\ninvoke,2,acquire,y,,\nok,2,,,,\n"
		 "invoke,3,acquire,y,,\nok,3,,,,\n",
	     "3 operations (0 open) on 1 of 2 objects not linearizable" RAN);
	says("", "it holds no operation to judge; 0 operations (0 open) on 0 objects; 1.5 ms of "
		 "reading; 12 MB at most");
}
END_TEST

START_TEST(reads_that_saw_nothing_known_are_left_out_and_counted_by_themselves)
{
	says(CSV "invoke,1,write,r,1,\nok,1,,,,\ninvoke,1,read,r,,\nok,1,,,,\n",
	     "1 operation (0 open; 1 read without a value left out) on 1 object; T7 decided in "
	     "0.002 ms, after 1.5 ms of reading; 12 MB at most");
	says(CSV "invoke,1,write,r,1,\nok,1,,,,\ninvoke,1,read,r,,\nok,1,,,,\n"
		 "invoke,1,read,r,,\nok,1,,,,\ninvoke,1,write,r,2,\nfail,1,,,,\n",
	     "1 operation (0 open; 1 failed left out; 2 reads without a value left out) on 1 "
	     "object; T7 decided in 0.002 ms, after 1.5 ms of reading; 12 MB at most");
}
END_TEST

/* Of three writers and readers at once nothing is known after one configuration. */
static void put_hard(FILE *out, const char *object)
{
	for (int i = 0; i < 8; i++)
		fprintf(out, "invoke,%s1%d,write,%s,%d,\ninvoke,%s2%d,read,%s,,\n", object, i,
			object, i % 3, object, i, object);
	for (int i = 0; i < 8; i++)
		fprintf(out, "ok,%s2%d,,,%d,\nok,%s1%d,,,,\n", object, i, 7 * i % 3, object, i);
}

/* So many of them, and behind them this. */
static void says_of_hard(int objects, const char *rest, const char *begin, const char *end)
{
	char *text = NULL, told[4096];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs(CSV, out);
	for (int i = 0; i < objects; i++)
		put_hard(out, (const char *[]){"1", "2", "3"}[i]);
	fputs(rest, out);
	fclose(out);
	asked.bounds.configurations = 1;
	run_check(text);
	unwrap(printed(trace_check_print), told);
	ck_assert_msg(strncmp(told, begin, strlen(begin)) == 0, "%s", told);
	ck_assert_msg(strstr(told, end) != NULL, "no %s in %s", end, told);
	trace_check_free(&check);
	free(text);
}

START_TEST(what_stayed_unknown_stands_beside_what_was_found)
{
	static const char violation[] = "invoke,9,read,bad,,\nok,9,,,9,\n";
	static const char fine[] = "invoke,9,write,good,9,\nok,9,,,,\n";

	says_of_hard(1, "",
		     "unknown: the search ended at 1 configurations; 16 operations (0 open) "
		     "on 1 object; ",
		     " took 0.002 ms, after 1.5 ms of reading; ");
	says_of_hard(2, fine, "unknown: ", " on 2 of 3 objects unknown; ");
	says_of_hard(3, "", "unknown: ", " on 3 of 3 objects unknown; ");
	says_of_hard(3, violation, "49 operations ",
		     " on 1 of 4 objects not linearizable, 3 unknown; ");
	says_of_hard(3, violation, "49 operations ", " decided in 0.002 ms, ");
}
END_TEST

START_TEST(tokens_that_were_not_judged_are_told)
{
	static const char plain[] = CSV "invoke,1,acquire,x,,\nok,1,,,,5\ninvoke,1,release,x,,\n"
					"ok,1,,,,\ninvoke,2,acquire,x,,\nok,2,,,,\n";
	char mixed[1000];

	says(plain, "3 operations (0 open) on 1 object; tokens on 1 of 2 acquires; T3 decided in "
		    "0.002 ms, after 1.5 ms of reading; 12 MB at most");
	asked.model = "mutex";
	says(plain, "3 operations (0 open) on 1 object; tokens on 1 of 2 acquires, not judged" RAN);
	asked.model = NULL;
	/* Object y has no attempts, and so no model that asks for its tokens alone. */
	snprintf(mixed, sizeof(mixed), "%sinvoke,3,acquire,y,,\nok,3,,,,6\n", plain);
	run_check(mixed);
	check.tokens_judged = 1;
	expect_summary(
		"4 operations (0 open) on 2 objects; tokens on 2 of 3 acquires, 1 of them "
		"not judged; T3 decided in 0.002 ms, after 1.5 ms of reading; 12 MB at most");
	trace_check_free(&check);
}
END_TEST

START_TEST(what_the_model_does_not_ask_is_listed)
{
	static const char head[] = "type,process,f,object,attempt,mode,value\n";
	char text[1000];

	asked.model = "mutex";
	snprintf(text, sizeof(text),
		 "%sinvoke,1,acquire,x,a,shared,\nok,1,,,,,3\ninvoke,1,"
		 "release,x,,,\n",
		 head);
	says(text, "2 operations (1 open) on 1 object; not judged: 1 attempt, 1 shared mode, 1 "
		   "value of an acquire" RAN);
	snprintf(text, sizeof(text),
		 "%sinvoke,1,acquire,x,a,shared,\nok,1,,,,,3\ninvoke,1,release,x,,,\nok,1,,,,,\n"
		 "invoke,1,acquire,x,b,shared,\nok,1,,,,,4\ninvoke,1,release,x,b,,\n",
		 head);
	says(text, "4 operations (1 open) on 1 object; not judged: 3 attempts, 2 shared modes, 2 "
		   "values of acquires" RAN);
	asked.model = NULL;
	says("type,process,f,value\ninvoke,1,write,5\nok,1,,OK\ninvoke,1,write,6\nok,1,,OK\n",
	     "2 operations (0 open) on 1 object; not judged: 2 answers with other values than were "
	     "to be written; T7 decided in 0.002 ms, after 1.5 ms of reading; 12 MB at most");
}
END_TEST

/* All that can be told of one trace, and the page has room for it. */
static const char eventful[] =
	"{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\",\"object\":\"l\",\"index\":0,"
	"\"time\":5000}\n"
	"{\"type\":\"ok\",\"process\":1,\"token\":4,\"index\":1,\"time\":4000}\n"
	"{\"type\":\"invoke\",\"process\":1,\"f\":\"read\",\"object\":\"r\",\"index\":2,\"time\":"
	"6000}\n"
	"{\"type\":\"ok\",\"process\":1,\"index\":3,\"time\":7000}\n"
	"{\"type\":\"invoke\",\"process\":1,\"f\":\"write\",\"object\":\"r\",\"value\":5,\"index\":"
	"4,\"time\":8000}\n"
	"{\"type\":\"ok\",\"process\":1,\"value\":\"OK\",\"index\":5,\"time\":9000}\n";

static void run_eventful(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs(eventful, out);
	for (int i = 0; i < 16; i++)
		fprintf(out,
			"{\"type\":\"invoke\",\"process\":%d,\"f\":\"%s\",\"object\":\"h\","
			"\"value\""
			":%s,\"index\":%d,\"time\":%d}\n",
			10 + i, i % 2 ? "write" : "read", i % 2 ? (i % 3 ? "1" : "2") : "null",
			6 + i,
			i == 3   ? 8500
			: i == 5 ? 8400
				 : 10000 + i);
	for (int i = 0; i < 16; i++)
		fprintf(out, "{\"type\":\"ok\",\"process\":%d%s,\"index\":%d,\"time\":%d}\n",
			10 + i,
			i % 2   ? ""
			: i % 4 ? ",\"value\":1"
				: ",\"value\":2",
			22 + i, 20000 + i);
	fputs("{\"type\":\"invo", out);
	fclose(out);
	asked.prefix = true;
	asked.initial = "any";
	asked.bounds.configurations = 1;
	run_check(text);
	free(text);
}

START_TEST(all_that_there_is_to_say_of_a_trace_is_said)
{
	run_eventful();
	expect_summary(
		"unknown: the search ended at 1 configurations; 18 operations (0 open; 1 read "
		"without a value left out) on 1 of 3 objects unknown; tokens on 1 of 1 acquires; "
		"torn on line 39, which was passed over; 3 times go back, first on line 2, and the "
		"order of the lines was judged; not judged: 1 answer with another value than was "
		"to be written; depth-first took 0.002 ms, after 1.5 ms of reading; 12 MB at most");
	/* What nobody can know was not searched for. */
	check.summary.result.untold = true;
	ck_assert_ptr_nonnull(strstr(printed(trace_check_print),
				     "\n    unknown: 1 configurations; 18 operations "));
	const char *json = printed(trace_check_print_json);

	ck_assert_ptr_nonnull(strstr(json, "\"verdict\":\"UNKNOWN\""));
	ck_assert_ptr_nonnull(strstr(json, "\"bound\":\"1 configurations\""));
	ck_assert_ptr_nonnull(strstr(json, "\"torn_line\":39,"));
	ck_assert_ptr_nonnull(strstr(json, "\"times_back\":3,\"reads_without_value\":1,"
					   "\"other_values_not_judged\":1,\"initial\":\"any "
					   "value\",\"acquires_ok\":1,\"tokens\":1,"
					   "\"tokens_judged\":1,"));
	ck_assert_ptr_nonnull(strstr(json, "\"objects\":3,\"not_linearizable\":0,\"unknown\":1,"
					   "\"object\":\"h\","));
	trace_check_free(&check);
}
END_TEST

static int write_page_of(const char *path, struct error *err)
{
	struct trace_told told;

	trace_check_tell(&check, "file", &told);
	int failed = trace_write_page(path, "fencepost check file", &told, 1, err);

	trace_told_free(&told);
	return failed;
}

#define ROW_HEAD "<th scope=\"row\">"

/* The facts of the page, one after the other: "name: value\n". */
static void facts_of_page(char *into)
{
	const char *path = scratch_file("page.html");
	struct error err = {0};

	ck_assert_msg(write_page_of(path, &err) == 0, "%s", err.text);
	for (const char *at = told_in(path); (at = strstr(at, ROW_HEAD));) {
		size_t name = strcspn(at += strlen(ROW_HEAD), "<");
		const char *value = strstr(at, "<td>") + 4;

		into += snprintf(into, 400, "%.*s: %.*s\n", (int)name, at, (int)strcspn(value, "<"),
				 value);
	}
	*into = '\0';
}

static void expect_page(const char *expected)
{
	char facts[8192];

	facts_of_page(facts);
	ck_assert_str_eq(facts, expected);
}

START_TEST(the_page_has_each_fact_in_a_row)
{
	run_check(CSV "invoke,1,acquire,x,,\nok,1,,,,5\n");
	expect_page("model: fenced-mutex, by its functions\nformat: csv\n"
		    "operations: 1, 0 of them open; 0 failed ones left out\nobjects: 1 object\n"
		    "tokens: on 1 of 1 acquires\n"
		    "decided by: T3 in 0.002 ms, after reading for 1.5 ms\npeak memory: 12 MB\n");
	trace_check_free(&check);
	asked.model = "semaphore";
	asked.limit = 2;
	run_check(CSV "invoke,1,acquire,x,,\ninvoke,2,acquire,x,,\nfail,2,,,,\n");
	expect_page("model: semaphore\nlimit: 2\nformat: csv\n"
		    "operations: 1, 1 of them open; 1 failed ones left out\nobjects: 1 object\n"
		    "decided by: T1 in 0.002 ms, after reading for 1.5 ms\npeak memory: 12 MB\n");
	trace_check_free(&check);
	forget_request();
	run_check("");
	expect_page("unknown: it holds no operation to judge\nformat: jepsen\n"
		    "operations: 0, 0 of them open; 0 failed ones left out\nobjects: 0 objects\n"
		    "peak memory: 12 MB\n");
	trace_check_free(&check);
}
END_TEST

START_TEST(the_page_has_room_for_all_facts)
{
	run_eventful();
	expect_page("unknown: 1 configurations\n"
		    "model: cas-register, by its functions; other objects have other ones\n"
		    "format: jsonl\noperations: 18, 0 of them open; 0 failed ones left out\n"
		    "objects: 1 of 3 objects unknown\ntokens: on 1 of 1 acquires\n"
		    "initial: any value\ntorn: on line 39, which was passed over\n"
		    "order: that of the lines or of their index, though 3 times go back, first on "
		    "line 2\n"
		    "left out: 1 reads that are ok and do not say what they saw\n"
		    "not judged: 1 answer with another value than was to be written\n"
		    "tried: depth-first in 0.002 ms, after reading for 1.5 ms\n"
		    "search: 2 configurations\npeak memory: 12 MB\n");
	trace_check_free(&check);
}
END_TEST

/* The page's text, without its tags, in place. */
static char *without_tags(char *page)
{
	char *into = page;
	bool tag = false;

	for (const char *at = page; *at; at++) {
		tag |= *at == '<';
		if (!tag)
			*into++ = *at;
		tag &= *at != '>';
	}
	*into = '\0';
	return page;
}

START_TEST(the_page_says_what_its_verdict_means_and_draws_only_an_explanation)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{CSV "invoke,1,acquire,x,,\n",
		 "Its operations can be put into an order that the model allows"},
		{CSV "invoke,1,acquire,x,,\nok,1,,,,\ninvoke,2,acquire,x,,\nok,2,,,,\n",
		 "There is no order of its operations that the model allows"},
		{"", "There is nothing to judge in it: this is not a pass."},
	};
	struct error err = {0};

	for (size_t i = 0; i < 3; i++) {
		run_check(cases[i].text);
		ck_assert_int_eq(write_page_of(scratch_file("page.html"), &err), 0);
		char *page = strdup(told_in(scratch_file("page.html")));

		ck_assert_ptr_null(strstr(page, "<svg"));
		ck_assert_ptr_nonnull(strstr(without_tags(page), cases[i].says));
		free(page);
		trace_check_free(&check);
	}
	run_eventful();
	ck_assert_int_eq(write_page_of(scratch_file("page.html"), &err), 0);
	char *page = strdup(told_in(scratch_file("page.html")));

	ck_assert_ptr_nonnull(strstr(without_tags(page),
				     "No order was found, and none was ruled out: this is not a"));
	free(page);
	trace_check_free(&check);
}
END_TEST

START_TEST(values_that_look_like_keys_and_values_are_told)
{
	char facts[8192];

	run_check("{:process 1 :type :invoke :f :write :value [\"k\" 1]}"
		  "{:process 1 :type :ok :f :write :value [\"k\" 1]}");
	expect_summary("1 operation (0 open) on 1 object; values [key value] are taken as they are "
		       "(--independent yes makes objects of the keys); T7 decided in 0.002 ms, "
		       "after 1.5 ms of reading; 12 MB at most");
	facts_of_page(facts);
	ck_assert_ptr_nonnull(strstr(facts,
				     "\nvalues: they look like [key value], and are taken as "
				     "they are: --independent yes makes objects of the "
				     "keys\n"));
	trace_check_free(&check);
}
END_TEST

START_TEST(times_are_told_in_milliseconds_or_seconds)
{
	static const struct {
		int64_t ns;
		const char *said;
	} cases[] = {{0, "0.000 ms"},        {1000, "0.001 ms"},      {999499, "0.999 ms"},
		     {1000000, "1.0 ms"},    {52340000, "52.3 ms"},   {999900000, "999.9 ms"},
		     {1000000000, "1.00 s"}, {61230000000, "61.23 s"}};
	char expected[200];

	run_check(CSV "invoke,1,acquire,x,,\n");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		check.read_ns = cases[i].ns;
		check.judged_ns = cases[sizeof(cases) / sizeof(*cases) - 1 - i].ns;
		snprintf(expected, sizeof(expected),
			 "1 operation (1 open) on 1 object; T1 decided in %s, after %s of reading; "
			 "12 MB at most",
			 cases[sizeof(cases) / sizeof(*cases) - 1 - i].said, cases[i].said);
		expect_summary(expected);
	}
	trace_check_free(&check);
}
END_TEST

START_TEST(what_was_judged_while_it_was_read_says_so)
{
	asked.stream = STREAM_ALWAYS;
	run_check(CSV "invoke,1,acquire,x,,\nok,1,,,,5\ninvoke,1,release,x,,\nok,1,,,,\n");
	ck_assert(check.streamed);
	expect_summary("2 operations (0 open) on 1 object; tokens on 1 of 1 acquires; T3 decided "
		       "while it was read, in 1.5 ms; 12 MB at most");
	expect_page("model: fenced-mutex, by its functions\nformat: csv\n"
		    "operations: 2, 0 of them open; 0 failed ones left out\nobjects: 1 object\n"
		    "tokens: on 1 of 1 acquires\n"
		    "decided by: T3 while it was read, in 1.5 ms\npeak memory: 12 MB\n");
	trace_check_free(&check);
}
END_TEST

/* Two in the one lock, twice, and nothing in common. */
static const char twice[] = "type,process,f,object,token\n"
			    "invoke,1,acquire,x,\nok,1,,,9\ninvoke,1,release,x,\nok,1,,,\n"
			    "invoke,2,acquire,x,\nok,2,,,8\ninvoke,2,release,x,\nok,2,,,\n"
			    "invoke,3,acquire,x,\nok,3,,,7\ninvoke,3,release,x,\nok,3,,,\n"
			    "invoke,4,acquire,x,\nok,4,,,6\ninvoke,4,release,x,\nok,4,,,\n";

START_TEST(violations_that_share_nothing_are_counted)
{
	run_check(twice);
	expect_summary("8 operations (0 open) on 1 object; tokens on 4 of 4 acquires; 2 violations "
		       "that share no operation; T3 decided in 0.002 ms, after 1.5 ms of reading; "
		       "12 MB at most");
	char facts[4096];

	facts_of_page(facts);
	ck_assert_ptr_nonnull(strstr(facts, "\nviolations: 2 that share no operation\n"));
	ck_assert_ptr_nonnull(strstr(printed(trace_check_print_json), "\"violations\":2,"));
	trace_check_free(&check);
}
END_TEST

/* etcd's own log tells that others wrote: that is remarked, and stands in all three. */
START_TEST(a_remark_is_passed_on)
{
	static const char log[] =
		"{\"ClientId\":1,\"Input\":{\"Type\":\"txn\",\"Txn\":{\"Conditions\":null,"
		"\"OperationsOnSuccess\":[{\"Type\":\"put-operation\",\"Put\":{\"Key\":\"a\","
		"\"Value\":{\"Value\":\"v2\",\"Hash\":0},\"LeaseID\":0}}]}},\"Call\":10,\"Output\":"
		"{\"Txn\":{\"Failure\":false,\"Results\":[{}]},\"Revision\":2},\"Return\":15}\n"
		"{\"ClientId\":1,\"Input\":{\"Type\":\"range\",\"Range\":{\"Start\":\"a\"}},"
		"\"Call\":30,\"Output\":{\"Range\":{\"KVs\":[{\"Key\":\"a\",\"Value\":{\"Value\":"
		"\"v7\"},\"ModRevision\":7}],\"Count\":1},\"Revision\":9},\"Return\":35}\n";
	char told[4096], facts[4096];

	run_check(log);
	unwrap(printed(trace_check_print), told);
	ck_assert_ptr_nonnull(strstr(told, "; others wrote, too"));
	facts_of_page(facts);
	ck_assert_ptr_nonnull(strstr(facts, "\nremark: others wrote, too"));
	ck_assert_ptr_nonnull(strstr(printed(trace_check_print_json), "\"remark\":\"others wrote"));
	trace_check_free(&check);
}
END_TEST

START_TEST(json_has_the_same_members_whatever_the_verdict)
{
	run_check(CSV "invoke,1,acquire,x,,\nok,1,,,,5\n");
	ck_assert_str_eq(
		printed(trace_check_print_json),
		"{\"file\":\"file\",\"format\":\"csv\",\"model\":\"fenced-mutex\","
		"\"model_guessed\":true,\"limit\":1,\"verdict\":\"LINEARIZABLE\",\"procedure\":"
		"\"T3\",\"operations\":1,\"open\":0,\"left_out\":0,\"torn_line\":0,"
		"\"whole_tuples\":false,\"times_back\":0,\"reads_without_value\":0,"
		"\"other_values_not_judged\":0,\"acquires_ok\":1,\"tokens\":1,\"tokens_judged\":1,"
		"\"attempts_not_judged\":0,\"modes_not_judged\":0,\"lock_values_not_judged\":0,"
		"\"objects\":1,\"not_linearizable\":0,\"unknown\":0,\"object\":\"x\","
		"\"violations\":0,\"configurations\":0,\"read_s\":0.0015,\"judged_s\":2e-06,"
		"\"peak_bytes\":11500000}\n");
	trace_check_free(&check);
	run_check("");
	ck_assert_str_eq(
		printed(trace_check_print_json),
		"{\"file\":\"file\",\"format\":\"jepsen\","
		"\"model_guessed\":true,\"limit\":1,\"verdict\":\"UNKNOWN\",\"procedure\":"
		"\"nothing\",\"bound\":\"it holds no operation to judge\",\"operations\":0,"
		"\"open\":0,\"left_out\":0,\"torn_line\":0,"
		"\"whole_tuples\":false,\"times_back\":0,\"reads_without_value\":0,"
		"\"other_values_not_judged\":0,\"acquires_ok\":0,\"tokens\":0,\"tokens_judged\":0,"
		"\"attempts_not_judged\":0,\"modes_not_judged\":0,\"lock_values_not_judged\":0,"
		"\"objects\":0,\"not_linearizable\":0,\"unknown\":0,"
		"\"violations\":0,\"configurations\":0,\"read_s\":0.0015,\"judged_s\":2e-06,"
		"\"peak_bytes\":11500000}\n");
	trace_check_free(&check);
}
END_TEST

static const char *explanation_of(const char *text)
{
	asked.explain = true;
	run_check(text);
	const char *found = strstr(printed(trace_check_print_json), "\"operations\":[");

	ck_assert_ptr_nonnull(found);
	trace_check_free(&check);
	return found;
}

START_TEST(json_explains_by_operations_with_their_events_times_and_tokens)
{
	ck_assert_str_eq(
		explanation_of(
			"type,process,f,object,token,time_ns\n"
			"invoke,1,acquire,x,,1000000000\nok,1,,,9007199254740993,1500000000\n"
			"invoke,2,acquire,x,,2000000000\nok,2,,,9007199254740992,2500000000\n"),
		"\"operations\":[{\"who\":\"process 1\",\"what\":\"acquire, token "
		"9007199254740993\",\"line\":2,\"invoked_event\":1,\"returned_event\":2,"
		"\"invoked_s\":1,\"returned_s\":1.5,\"token\":\"9007199254740993\","
		"\"fits_nowhere\":false},{\"who\":\"process 2\",\"what\":\"acquire, token "
		"9007199254740992\",\"line\":4,\"invoked_event\":3,\"returned_event\":4,"
		"\"invoked_s\":2,\"returned_s\":2.5,\"token\":\"9007199254740992\","
		"\"fits_nowhere\":false}],\"verified\":\"yes\",\"verified_operations\":2}}\n");
	ck_assert_ptr_nonnull(strstr(explanation_of(CSV "invoke,1,acquire,x,,\nok,1,,,,\n"
							"invoke,2,acquire,x,,\nok,2,,,,\n"),
				     "\"returned_event\":4,\"fits_nowhere\":true}],"));
	/* One that never returned may have taken effect. */
	const char *open = explanation_of("type,process,f,value,time_ns\n"
					  "invoke,1,write,1,10\ninvoke,2,read,,20\nok,2,,1,30\n"
					  "invoke,3,read,,40\nok,3,,null,50\n");

	ck_assert_msg(strstr(open, "\"line\":2,\"invoked_event\":1,\"invoked_s\":1e-08,"
				   "\"fits_nowhere\":") != NULL,
		      "%s", open);
}
END_TEST

START_TEST(reasons_are_printed_only_where_they_were_asked_for)
{
	run_check(twice);
	ck_assert_ptr_null(strstr(printed(trace_check_print), "Verified"));
	ck_assert_ptr_null(strstr(printed(trace_check_print_json), "explanation"));
	trace_check_free(&check);
	asked.explain = true;
	run_check(twice);
	ck_assert_ptr_nonnull(strstr(printed(trace_check_print), "Verified"));
	ck_assert_ptr_nonnull(strstr(printed(trace_check_print_json), "\"headline\":\""));
	ck_assert_int_gt(check.explanation.sentences, 1);
	for (int i = 0; i < check.explanation.sentences; i++)
		ck_assert_ptr_nonnull(
			strstr(strstr(printed(trace_check_print_json), "\"sentences\":["),
			       check.explanation.sentence[i]));
	struct error err = {0};

	ck_assert_int_eq(write_page_of(scratch_file("why.html"), &err), 0);
	ck_assert_ptr_nonnull(strstr(told_in(scratch_file("why.html")), "<svg"));
	ck_assert_int_eq(write_page_of("/nowhere/page.html", &err), -1);
	trace_check_free(&check);
}
END_TEST

static bool draws_boxes_in(const char *locale)
{
	setenv("LC_ALL", locale, 1);
	const char *told = printed(trace_check_print);

	ck_assert_ptr_nonnull(strstr(told, "Verified"));
	ck_assert_int_ne(strstr(told, "├") != NULL, strstr(told, "|-") != NULL);
	return strstr(told, "├") != NULL;
}

START_TEST(boxes_are_drawn_where_the_locale_has_them)
{
	asked.explain = true;
	run_check(twice);
	ck_assert(draws_boxes_in("C.UTF-8"));
	ck_assert(!draws_boxes_in("C"));
	ck_assert(!draws_boxes_in("of_NOWHERE.UTF-8"));
	trace_check_free(&check);
}
END_TEST

START_TEST(one_time_goes_back)
{
	says("{:process 1 :type :invoke :f :acquire :time 90000000}\n"
	     "{:process 1 :type :ok :f :acquire :time 89000000}",
	     "1 operation (0 open) on 1 object; 1 time goes back, first on line 2, and the order "
	     "of "
	     "the lines was judged" RAN);
}
END_TEST

/* A bug of ours is none of the trace. */
START_TEST(exit_code_is_the_verdicts_unless_our_own_proof_refutes_it)
{
	struct trace_check judged = {.summary.verdict = LINEARIZABLE};

	ck_assert_int_eq(trace_check_exit_code(&judged), EXIT_AS_EXPECTED);
	judged.summary.verdict = LINEAR_UNKNOWN;
	ck_assert_int_eq(trace_check_exit_code(&judged), EXIT_INCONCLUSIVE);
	judged.summary.verdict = NOT_LINEARIZABLE;
	judged.explanation.proof = EXPLANATION_REFUTED; /* nobody asked */
	ck_assert_int_eq(trace_check_exit_code(&judged), EXIT_VIOLATION);
	judged.explained = true;
	ck_assert_int_eq(trace_check_exit_code(&judged), EXIT_OUR_FAULT);
	judged.explanation.proof = EXPLANATION_UNVERIFIED;
	ck_assert_int_eq(trace_check_exit_code(&judged), EXIT_VIOLATION);
	check = (struct trace_check){.explained = true, .summary = judged.summary};
	check.trace.format[0] = 'x';
	check.explanation.proof = EXPLANATION_UNVERIFIED;
	ck_assert_ptr_nonnull(
		strstr(printed(trace_check_print_json), "\"verified\":\"too-large\""));
	check.explanation.proof = EXPLANATION_REFUTED;
	ck_assert_ptr_nonnull(strstr(printed(trace_check_print_json), "\"verified\":\"refuted\""));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: words");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, forget_request, NULL);
	tcase_add_test(tests, verdict_model_and_file_come_first);
	tcase_add_test(tests, operations_and_objects_are_counted);
	tcase_add_test(tests, reads_that_saw_nothing_known_are_left_out_and_counted_by_themselves);
	tcase_add_test(tests, what_stayed_unknown_stands_beside_what_was_found);
	tcase_add_test(tests, tokens_that_were_not_judged_are_told);
	tcase_add_test(tests, what_the_model_does_not_ask_is_listed);
	tcase_add_test(tests, all_that_there_is_to_say_of_a_trace_is_said);
	tcase_add_test(tests, the_page_has_each_fact_in_a_row);
	tcase_add_test(tests, the_page_has_room_for_all_facts);
	tcase_add_test(tests, the_page_says_what_its_verdict_means_and_draws_only_an_explanation);
	tcase_add_test(tests, values_that_look_like_keys_and_values_are_told);
	tcase_add_test(tests, boxes_are_drawn_where_the_locale_has_them);
	tcase_add_test(tests, one_time_goes_back);
	tcase_add_test(tests, times_are_told_in_milliseconds_or_seconds);
	tcase_add_test(tests, what_was_judged_while_it_was_read_says_so);
	tcase_add_test(tests, violations_that_share_nothing_are_counted);
	tcase_add_test(tests, a_remark_is_passed_on);
	tcase_add_test(tests, json_has_the_same_members_whatever_the_verdict);
	tcase_add_test(tests, json_explains_by_operations_with_their_events_times_and_tokens);
	tcase_add_test(tests, reasons_are_printed_only_where_they_were_asked_for);
	tcase_add_test(tests, exit_code_is_the_verdicts_unless_our_own_proof_refutes_it);
	return suite_run(suite);
}
