#include "tests/unit/traces_rig.h"

#include "history/traces/edn.h"
#include "tests/support/suite.h"

/* Canonical EDN ------------------------------------------------------------------------------- */

static const struct {
	const char *text, *canonical;
} forms[] = {
	{"12", "12"},
	{"+12N", "12"},
	{"-0", "0"},
	{"2.50M", "2.50M"},
	{"-1/3", "-1/3"},
	{"1e9", "1e9"},
	{"nil", "nil"},
	{":a/b", ":a/b"},
	{"a.b/c", "a.b/c"},
	{"-", "-"},
	{"\\newline", "\\newline"},
	{"\\(", "\\("},
	{"\\;", "\\;"},
	{"\"\"", "\"\""},
	{"\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\""},
	{"\"\\u00e9\\u0041\\ud83d\\ude00\"", "\"\303\251A\360\237\230\200\""},
	{"\"a\nb\\u0000\\ud800\"", "\"a\\nb\\u0000\\ud800\""},
	{"[ 1,2 ;two\n (3 4) ]", "[1 2 [3 4]]"},
	{"[1 #_ 2 #_[a b] 3]", "[1 3]"},
	{"[#_ #_ 1 2 3]", "[3]"},
	{"#{3 1 2}", "#{1 2 3}"},
	{"#{}", "#{}"},
	{"{:b 2 :a 1, :aa []}", "{:a 1 :aa [] :b 2}"},
	{"#inst \"2015-01-01\"", "#inst \"2015-01-01\""},
	{"#a.b.C {:x #{2 1}}", "#a.b.C {:x #{1 2}}"},
	{"##NaN", "##NaN"},
	{"#\"a\\\"[\"", "#\"a\\\"[\""},
	{"#object[java.lang.Thread 0x1f \"x\"]", "#object [java.lang.Thread 0x1f \"x\"]"},
};

START_TEST(edn_has_one_text_for_equal_values)
{
	struct scan scan = scan_of((struct slice){forms[_i].text, strlen(forms[_i].text)});
	struct buffer out = {0};
	struct slice form;

	buffer_clear(&out);
	ck_assert_msg(edn_form(&scan, &form) && scan.at == scan.end, "%s", forms[_i].text);
	edn_add_canonical(&out, form);
	ck_assert_str_eq(out.text, forms[_i].canonical);
	/* and it is a fixed point */
	struct scan again = scan_of((struct slice){out.text, out.length});
	struct buffer twice = {0};

	buffer_clear(&twice);
	ck_assert(edn_form(&again, &form) && again.at == again.end);
	edn_add_canonical(&twice, form);
	ck_assert_str_eq(twice.text, out.text);
	buffer_free(&twice);
	buffer_free(&out);
}
END_TEST

START_TEST(edn_cut_off_anywhere_wants_more)
{
	const char *text = forms[_i].text;

	for (size_t length = 1; length < strlen(text); length++) {
		char *part = strndup(text, length); /* its own memory: ASan sees a read beyond */
		struct scan scan = {.at = part, .end = part + length};
		struct slice form;

		ck_assert_msg(!edn_form(&scan, &form) && scan_ran_out(&scan), "%s", part);
		free(part);
	}
}
END_TEST

/* Histories ----------------------------------------------------------------------------------- */

static const char *const spellings[] = {
	"[{:type :invoke :f :acquire :process 1} {:type :ok :f :acquire :process 1}\n"
	" {:type :invoke :f :unlock :process 1 :value nil}]",
	"{:type :invoke, :f :lock, :process 1, :value nil, :time 5, :index 0}\n"
	"{:type :ok, :f :lock, :process 1, :value {:deep [#{1}]}, :error nil}\n"
	"{:type :invoke, :f :release, :process 1}\n",
	"; a comment\n(#jepsen.history.Op{:type :invoke :f :acquire :process 1 :extra/key #inst "
	"\"2020\"},\n#_{:type :ok} #jepsen.history.Op {:process 1 :f :acquire :type :ok} "
	"{:type :invoke, :f :start, :process :nemesis} {:type :invoke :f :release :process 1}\n"
	"{:type :info, :process 1 :f :release}) ; the end",
	"\xef\xbb\xbf#history [{:f :acquire,:process 1,:type :invoke}{:type :ok,:process 1}"
	"{:type :info :process :nemesis :f #{:any}}"
	"{:type :invoke :f :release :process 1}\r\n]",
};

START_TEST(jepsen_reads_a_history_however_it_is_spelt)
{
	struct trace trace = import_text(_i % 2 ? TRACE_JEPSEN : TRACE_AUTO, spellings[_i]);

	expect_events(&trace, "1 acquire, 1 acquire ok, 1 release ?");
	ck_assert_uint_eq(trace.ignored, _i >= 2);
	ck_assert_str_eq(trace.format, "jepsen");
	ck_assert(!trace.has_owners && trace.op[0].owner == 1);
	trace_free(&trace);
}
END_TEST

START_TEST(jepsen_reads_registers_of_a_recorder_whose_failed_cas_observes)
{
	struct trace trace =
		import_text_as(TRACE_AUTO, FAILED_CAS_OBSERVES,
			       "{:type :invoke :f :write :process 0 :value 3}"
			       "{:type :invoke :f :read :process 1 :value 9}"
			       "{:type :ok :f :write :process 0 :value 3}"
			       "{:type :ok :f :read :process 1 :value 3}"
			       "{:type :invoke :f :cas :process 0 :value [3 nil]}"
			       "{:type :fail :f :cas :process 0 :value [3 nil]}"
			       "{:type :invoke :f :cas :process 0 :value (3 4)}"
			       "{:type :fail :f :cas :process 0 :value [3 4] :error :refused}"
			       "{:type :invoke :f :read :process 1 :value nil}"
			       "{:type :fail :f :read :process 1 :value nil}"
			       "{:type :invoke :f :write :process 2 :value :timed-out}"
			       "{:type :info :f :write :process 2 :value nil}");

	expect_events(&trace,
		      "0 write, 1 read, 0 write ok 3, 1 read ok 3, 0 cas, 0 cas fail 3 nil, "
		      "2 write ? :timed-out");
	ck_assert_uint_eq(trace.left_out,
			  2);               /* a cas that says why it failed may not have looked */
	ck_assert_uint_eq(trace.values, 5); /* and 4 */
	trace_free(&trace);
}
END_TEST

/* Whether it looked, or was refused, or never came there: :fail says that it did not happen. */
START_TEST(a_failed_cas_of_jepsen_tells_nothing)
{
	static const char text[] = "{:type :invoke :process 1 :f :write :value 4}"
				   "{:type :ok :process 1 :f :write :value 4}"
				   "{:type :invoke :process 8 :f :cas :value [4 4]}"
				   "{:type :fail :process 8 :f :cas :value [4 4]}";
	static const enum trace_failed_cas asked[] = {FAILED_CAS_AS_FORMAT, FAILED_CAS_NOTHING,
						      FAILED_CAS_OBSERVES};
	struct trace trace = import_text_as(TRACE_AUTO, asked[_i], text);

	expect_events(&trace, _i == 2 ? "1 write, 1 write ok 4, 8 cas, 8 cas fail 4 4"
				      : "1 write, 1 write ok 4");
	ck_assert_uint_eq(trace.left_out, _i < 2);
	trace_free(&trace);
}
END_TEST

START_TEST(jepsen_reads_what_tells_holds_apart)
{
	struct trace trace = import_text(
		TRACE_JEPSEN,
		"{:type :invoke :f :acquire :process 0 :key \"a\" :owner \"x\" :attempt 12}"
		"{:type :ok :f :acquire :process 0 :token 7 :time 40}"
		"{:type :invoke :f :acquire :process 1 :object :b :owner 0 :attempt 12 :mode "
		":shared}"
		"{:type :ok :f :acquire :process 1 :token 9}"
		"{:type :invoke :f :renew :process 0 :key \"a\" :owner \"x\" :attempt 12 :client "
		"5}");

	ck_assert_str_eq(trace_object_name(&trace, trace.op[0].object), "a");
	ck_assert_str_eq(trace_object_name(&trace, trace.op[1].object), ":b");
	ck_assert_int_eq(trace.op[0].token, 7);
	ck_assert_int_eq(trace.op[0].returned_ns, 40);
	ck_assert_int_eq(trace.op[1].mode, TRACE_SHARED);
	ck_assert_int_eq(trace.op[2].f, TRACE_PROOF);
	ck_assert_int_eq(trace.op[2].process, 5);
	/* The owner 0 is another than the process 0's owner x; attempt 12 of b another than a's. */
	ck_assert_uint_eq(trace.op[2].owner, trace.op[0].owner);
	ck_assert_uint_ne(trace.op[1].owner, trace.op[0].owner);
	ck_assert_uint_eq(trace.op[2].attempt, trace.op[0].attempt);
	ck_assert_uint_ne(trace.op[1].attempt, trace.op[0].attempt);
	ck_assert(trace.has_attempts && trace.has_owners && trace.has_tokens && trace.has_times);
	trace_free(&trace);
}
END_TEST

START_TEST(jepsen_retires_a_process_with_an_unknown_outcome)
{
	struct trace trace =
		import_text(TRACE_AUTO, "{:type :invoke :f :write :process 0 :value 1}\n"
					"{:type :info :f :write :process 0 :value 1}\n"
					"{:type :invoke :f :write :process 5 :value 2}\n"
					"{:type :ok :f :write :process 5 :value 2}\n");

	expect_events(&trace, "0 write ? 1, 5 write, 5 write ok 2");
	ck_assert_uint_eq(trace.op[1].line, 3);
	trace_free(&trace);
}
END_TEST

static const struct refusal refusals[] = {
	{"[{:type :invoke :f :acquire :process 1}", ":1:40:", "expected ] after the last event"},
	{"{:type :invoke :f :acquire :process 1", ":1:38:", "found the end"},
	{"{:type :invoke\n :f :aquire :process 1}", ":2:5:", "perhaps acquire), found :aquire"},
	{"{:type :invok :f :acquire :process 1}", ":1:8:", "(perhaps invoke), found :invok"},
	{"{:type :invoke :process 1}", ":1:1:", "a function (f), found {:type"},
	{"{:type :invoke :f :acquire}", ":1:1:", "a process"},
	{"{:type :invoke :f :cas :process 1 :value 3}", ":1:42:", "[expected new], found 3"},
	{"{:type :invoke :f :cas :process 1}", ":1:1:", "[expected new]"},
	{"{:type :invoke :f :read :process 1 :token :x}", ":1:43:", "an integer of 64 bits"},
	{"{:type :invoke :f :read :process 99999999999}", ":1:34:", "32 bits"},
	{"{:type :invoke :f :read :process 1 :time 9223372036854775807}", ":1:42:", "a time"},
	{"{:type :ok :f :read :process 1}", ":1:1:", "an invocation of process 1"},
	{"{:type :invoke :f :read :process 1}\n {:type :invoke :f :read :process 1}",
	 ":2:2:", "an answer to process 1's read of line 1 first"},
	{"{:type :invoke :f :read :process 1}\n\n{:type :info :f :read :process 1}\n"
	 "{:type :invoke :f :read :process 1}",
	 ":4:1:", "process 1 again, whose read of line 1 ended with info"},
	{"{:type :invoke :f :read :process 1}\n{:type :ok :f :write :process 1}",
	 ":2:1:", "process 1's read of line 1, found that of another function"},
	{"{:type :invoke :f :read :key 1 :process 1}\n{:type :ok :key 2 :process 1}",
	 ":2:1:", "another function or object"},
	{"{:type :invoke :f :acquire :process 1 :attempt \"x\"}\n"
	 "{:type :invoke :f :acquire :process 2 :attempt \"x\"}",
	 ":2:1:", "an attempt of its own, found x, which line 1"},
	{"[{:type :invoke :f :acquire :process 1 :attempt \"x\"}\n"
	 " {:type :invoke :f :acquire :process 2 :attempt \"x\"}]",
	 ":2:2:", "an attempt of its own, found x, which line 1"},
	{"{:type :invoke :f :acquire :process 1}\n"
	 "{:type :invoke :f :acquire :process 2 :attempt 7} {:type :ok :process 1 :attempt 7}",
	 ":2:51:", "an attempt of its own, found 7, which line 2"},
	{"{1 :invoke}", ":1:2:", "a keyword"},
	{"[1]", ":1:2:", "a map"},
	{"[] []", ":1:4:", "nothing behind the history"},
	{"[}", ":1:2:", "a map"},
	{"{:type}", ":1:7:", "EDN"},
	{"{:value [1 2}", ":1:13:", "the closing ]"},
	{"{:value {:a}}", ":1:12:", "the value of the last key"},
	{"{:value 1x}", ":1:9:", "a number"},
	{"{:value \"\\q\"}", ":1:10:", "an escape"},
	{"{:value \"\\u12x\"}", ":1:10:", "an escape"},
	{"{:value \"\xff\"}", ":1:10:", "UTF-8, found the byte 0xff"},
	{"{:value \"\xed\xa0\x80\"}", ":1:10:", "UTF-8"},
	{"{:value \"\xc0\x80\"}", ":1:10:", "UTF-8"},
	{"{:value :}", ":1:9:", "a keyword's name"},
	{"{:value #}", ":1:10:", "EDN"},
	{"{:value \"a", ":1:11:", "the closing \" of a string, found the end"},
	{"{:value \x01}", ":1:9:", "found the byte 0x01"},
	{"hello", ":1:1:", "a history"},
};

START_TEST(jepsen_refuses_and_names_the_place)
{
	refuse_text(TRACE_AUTO, refusals[_i].text, refusals[_i].place, refusals[_i].says);
}
END_TEST

static char *repeat(const char *text, size_t times)
{
	char *all = NULL;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	for (size_t i = 0; i < times; i++)
		fputs(text, out);
	fclose(out);
	return all;
}

START_TEST(jepsen_bounds_nesting_however_it_is_made)
{
	static const char *const ways[] = {"[", "{:a ", "#{", "#t ", "#_ ", "("};
	char *deep = repeat(ways[_i], 100000), *text;

	ck_assert_int_gt(asprintf(&text, "{:type :invoke :value %s", deep), 0);
	struct trace_source source = {.path = write_source(text, strlen(text)),
				      .format = TRACE_JEPSEN};
	struct trace trace;
	struct error err = {0};

	ck_assert_int_eq(trace_import(&source, &trace, &err), -1);
	ck_assert_msg(strstr(err.text, "128 levels"), "%s", err.text);
	free(text);
	free(deep);
}
END_TEST

/* Blocks of 1 MiB are read; a form may begin in one and end in another. */
START_TEST(jepsen_reads_forms_across_blocks)
{
	char *padding = repeat("x", (1 << 20) - 60 + (size_t)_i), *text;

	ck_assert_int_gt(asprintf(&text,
				  "{:type :invoke :f :write :process 1 :value \"%s\"}\n"
				  "{:type :ok :f :write :process 1}\n"
				  "{:type :invoke :f :acquire :process 2 :token 12345678}\n",
				  padding),
			 0);
	struct trace trace = import_text(TRACE_AUTO, text);

	ck_assert_uint_eq(trace.ops, 2);
	ck_assert_uint_eq(strlen(trace_value_text(&trace, trace.op[0].a)), strlen(padding) + 2);
	ck_assert_int_eq(trace.op[1].token, 12345678);
	ck_assert_uint_eq(trace.op[1].line, 3);
	trace_free(&trace);
	free(text);
	free(padding);
}
END_TEST

START_TEST(jepsen_bounds_a_form)
{
	char *padding = repeat("0123456789abcdef", 17 << 16), *text; /* 17 MiB */

	ck_assert_int_gt(asprintf(&text, "{:type :invoke\n:value \"%s\"}", padding), 0);
	refuse_text(TRACE_AUTO, text, ":1:1:", "within 16 MiB");
	free(text);
	free(padding);
}
END_TEST

START_TEST(jepsen_takes_a_wall_clock_for_one)
{
	struct trace trace = import_text(
		TRACE_AUTO, "{:type :invoke :f :read :process 1 :time 1700000000000000100}"
			    "{:type :ok :f :read :process 1 :value nil :time 1700000000000000350}");

	ck_assert_int_eq(trace.op[0].invoked_ns, 0);
	ck_assert_int_eq(trace.op[0].returned_ns, 250);
	ck_assert(trace.has_times);
	trace_free(&trace);
}
END_TEST

START_TEST(nothing_is_a_history_of_nothing)
{
	struct trace trace = import_text(_i % 2 ? TRACE_AUTO : TRACE_JEPSEN, _i < 2 ? "" : " [ ] ");

	ck_assert_uint_eq(trace.ops, 0);
	ck_assert_uint_eq(trace.events, 0);
	trace_free(&trace);
}
END_TEST

/* Of a jepsen.log only what its workers say; other lines may stand anywhere. */
START_TEST(events_stand_among_other_lines_of_a_log)
{
	static const char text[] =
		"2026-01-02 10:11:12,001{GMT}\tINFO\t[main] jepsen.cli: Test options:\n"
		"2026-01-02 10:11:12,345{GMT}\tINFO\t[worker 1] jepsen.util: "
		"1\t:invoke\t:read\tnil\n"
		"\n"
		" {:concurrency 5}\n"
		"2026-01-02 10:11:12,399{GMT}\tINFO\t[worker 1] jepsen.util: 1\t:ok\t:read\t7\n"
		"2026-01-02 10:11:13,000{GMT}\tINFO\t[main] jepsen.core: over\n";
	struct trace trace = import_text(TRACE_AUTO, text);

	ck_assert_uint_eq(trace.ops, 1);
	ck_assert_uint_eq(trace.events, 2);
	ck_assert_int_eq(trace.op[0].f, TRACE_READ);
	ck_assert_int_eq(trace.op[0].outcome, TRACE_OK);
	ck_assert_str_eq(trace_value_text(&trace, trace.op[0].a), "7");
	trace_free(&trace);
}
END_TEST

/* What is no client's is passed over, and counted, in each of them. */
START_TEST(files_are_sorted_into_one_history)
{
	static const char one[] = "{:type :invoke :process 1 :f :acquire :time 10}\n"
				  "{:type :info :process :nemesis :f :start :time 15}\n"
				  "{:type :ok :process 1 :f :acquire :time 40}\n";
	const char *other = scratch_file("other.edn");
	struct trace_source source = {.path = write_source(one, strlen(one)),
				      .sort = SORT_TIME,
				      .more_path = &other,
				      .more_paths = 1};
	struct trace trace;
	struct error err = {0};
	FILE *out = fopen(other, "w");

	ck_assert_ptr_nonnull(out);
	fputs("{:type :info :process :nemesis :f :start :time 5}\n"
	      "{:type :info :process :nemesis :f :stop :time 50}\n"
	      "{:type :invoke :process 2 :f :release :time 20}\n"
	      "{:type :ok :process 2 :f :release :time 30}\n",
	      out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_msg(trace_import(&source, &trace, &err) == 0, "%s", err.text);
	expect_events(&trace, "1 acquire, 2 release, 2 release ok, 1 acquire ok");
	ck_assert_uint_eq(trace.ignored, 3);
	ck_assert_str_eq(trace.format, "jepsen");
	trace_free(&trace);
}
END_TEST

/* Each key of the tuples becomes an object of its own, named as it is written. */
START_TEST(keys_of_tuples_become_objects)
{
	static const char text[] = "{:type :invoke :process 1 :f :write :value [:x 1]}\n"
				   "{:type :ok :process 1 :f :write :value [:x 1]}\n"
				   "{:type :invoke :process 1 :f :read :value [\"y\" nil]}\n"
				   "{:type :ok :process 1 :f :read :value [\"y\" 2]}\n"
				   "{:type :invoke :process 2 :f :cas :value [:x [1 3]]}\n"
				   "{:type :ok :process 2 :f :cas :value [:x [1 3]]}\n";
	struct trace_source source = {.path = write_source(text, strlen(text)),
				      .independent = INDEPENDENT_YES};
	struct trace trace;
	struct error err = {0};

	ck_assert_msg(trace_import(&source, &trace, &err) == 0, "%s", err.text);
	ck_assert_str_eq(trace_object_name(&trace, trace.op[0].object), ":x");
	ck_assert_str_eq(trace_object_name(&trace, trace.op[1].object), "y");
	ck_assert_uint_eq(trace.op[2].object, trace.op[0].object);
	expect_events(&trace, "1 write, 1 write ok 1, 1 read, 1 read ok 2, 2 cas, 2 cas ok 1 3");
	trace_free(&trace);
}
END_TEST

/* What a read had asked, [key nil], is no value of it: not if tuples stay as they are, and not if
 * they are none. */
START_TEST(questions_of_reads_are_forgotten)
{
	static const char text[] = "{:type :invoke :process 1 :f :read :value [:x nil]}\n"
				   "{:type :ok :process 1 :f :read :value [:x 2]}\n"
				   "{:type :invoke :process 2 :f :read :value [3 4]}\n"
				   "{:type :ok :process 2 :f :read :value 5}\n";
	struct trace_source source = {.path = write_source(text, strlen(text)),
				      .independent = _i ? INDEPENDENT_AUTO : INDEPENDENT_NO};
	struct trace trace;
	struct error err = {0};

	ck_assert_msg(trace_import(&source, &trace, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(trace.ops, 2);
	for (uint32_t i = 0; i < trace.ops; i++)
		ck_assert(trace.op[i].a && !trace.op[i].b);
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: Jepsen's EDN");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, keys_of_tuples_become_objects);
	tcase_add_loop_test(tests, questions_of_reads_are_forgotten, 0, 2);
	tcase_add_test(tests, events_stand_among_other_lines_of_a_log);
	tcase_add_test(tests, files_are_sorted_into_one_history);
	tcase_add_loop_test(tests, edn_has_one_text_for_equal_values, 0,
			    (int)(sizeof(forms) / sizeof(*forms)));
	tcase_add_loop_test(tests, edn_cut_off_anywhere_wants_more, 0,
			    (int)(sizeof(forms) / sizeof(*forms)));
	tcase_add_loop_test(tests, jepsen_reads_a_history_however_it_is_spelt, 0,
			    (int)(sizeof(spellings) / sizeof(*spellings)));
	tcase_add_test(tests, jepsen_reads_registers_of_a_recorder_whose_failed_cas_observes);
	tcase_add_loop_test(tests, a_failed_cas_of_jepsen_tells_nothing, 0, 3);
	tcase_add_test(tests, jepsen_reads_what_tells_holds_apart);
	tcase_add_test(tests, jepsen_retires_a_process_with_an_unknown_outcome);
	tcase_add_loop_test(tests, jepsen_refuses_and_names_the_place, 0,
			    (int)(sizeof(refusals) / sizeof(*refusals)));
	tcase_add_loop_test(tests, jepsen_bounds_nesting_however_it_is_made, 0, 6);
	tcase_add_loop_test(tests, jepsen_reads_forms_across_blocks, 0, 130);
	tcase_add_test(tests, jepsen_bounds_a_form);
	tcase_add_test(tests, jepsen_takes_a_wall_clock_for_one);
	tcase_add_loop_test(tests, nothing_is_a_history_of_nothing, 0, 4);
	return suite_run(suite);
}
