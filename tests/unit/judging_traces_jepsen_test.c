/* What `check` makes of the order of traces of others, and of what Jepsen leaves behind. */
#include "tests/unit/judging_traces_rig.h"

/* Order --------------------------------------------------------------------------------------- */

/* Two holds at one time, by a file that was put behind another. */
static const char one_log[] = "type,process,f,time_ns\ninvoke,1,acquire,1000\nok,1,,2000\n"
			      "invoke,1,release,9000\nok,1,,9500\n";
static const char other_log[] = "type,process,f,time_ns\ninvoke,2,acquire,3000\nok,2,,4000\n"
				"invoke,2,release,8000\nok,2,,8500\n";

START_TEST(a_time_that_goes_back_is_an_error)
{
	char both[512];

	snprintf(both, sizeof(both), "%s%s", one_log, strchr(other_log, '\n') + 1);
	refuses(both, ":6:18:", "expected a time from 9500 on, found 3000");
	refuses("{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\",\"time_ns\":1000}\n"
		"{\"type\":\"ok\",\"process\":1,\"time\":500}\n",
		":2:", "found 500");
	refuses("{:process 1 :type :invoke :f :acquire :time 90000000}\n"
		"{:process 1 :type :ok :f :acquire :time 1}",
		":2:", "found 1");
	asked.sort = SORT_TIME;
	ck_assert_int_eq(judge(both, NULL), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(an_index_that_goes_back_is_an_error)
{
	refuses("{:process 1 :type :invoke :f :acquire :index 4}\n"
		"{:process 1 :type :ok :f :acquire :index 3}",
		":2:", "expected an index after 4, found 3");
	refuses("type,process,f,index\ninvoke,1,acquire,8\nok,1,,0\n", ":3:", "found 0");
}
END_TEST

START_TEST(an_index_is_the_order_whatever_the_times)
{
	ck_assert_int_eq(judge("{:process 1 :type :invoke :f :acquire :time 90000000 :index 0}\n"
			       "{:process 1 :type :ok :f :acquire :time 1 :index 1}",
			       "\"times_back\":1"),
			 LINEARIZABLE);
	/* Jepsen's workers take times before turns */
	ck_assert_int_eq(judge("{:process 1 :type :invoke :f :acquire :time 90000000}\n"
			       "{:process 1 :type :ok :f :acquire :time 89000000}",
			       "\"times_back\":1"),
			 LINEARIZABLE);
}
END_TEST

START_TEST(files_are_merged_by_their_times)
{
	const char *path = scratch_file("other.csv");
	FILE *out = fopen(path, "w");

	fputs(other_log, out);
	fclose(out);
	ck_assert_int_eq(judge(one_log, NULL), LINEARIZABLE);
	asked.sort = SORT_TIME;
	asked.more_path = &path;
	asked.more_paths = 1;
	ck_assert_int_eq(judge(one_log, "\"operations\":4"), NOT_LINEARIZABLE);
	/* the other file is another format's, and its owner waits until 1 has released */
	out = fopen(path, "w");
	fputs("{:type :invoke :process 2 :f :acquire :time 3000}"
	      "{:type :ok :process 2 :f :acquire :time 9500}",
	      out);
	fclose(out);
	ck_assert_int_eq(judge(one_log, "\"operations\":3"), LINEARIZABLE);
	out = fopen(path, "w");
	fputs("{:type :invoke :process 2 :f :acquire :time 3000}\n{:type :ok :process 2}", out);
	fclose(out);
	refuses(one_log, "other.csv:2:1:", "a time");
	out = fopen(path, "w");
	fputs("type,process,f,time_ns\nok,3,,1\n", out);
	fclose(out);
	refuses(one_log, "other.csv:2:1:", "an invocation of process 3");
}
END_TEST

START_TEST(at_equal_times_invocations_come_first)
{
	asked.sort = SORT_TIME;
	/* 2's invocation is at the time of 1's answer: they are concurrent */
	ck_assert_int_eq(judge("type,process,f,value,time\ninvoke,1,write,5,1\nok,1,,,3\n"
			       "invoke,2,read,,3\nok,2,,null,4\n",
			       NULL),
			 LINEARIZABLE);
	/* ... and a process still does one thing after the other */
	ck_assert_int_eq(judge("type,process,f,value,time\ninvoke,1,write,5,1\nok,1,,,3\n"
			       "invoke,1,read,,3\nok,1,,null,3\n",
			       NULL),
			 NOT_LINEARIZABLE);
}
END_TEST

/* Jepsen as it is ----------------------------------------------------------------------------- */

START_TEST(keys_are_objects_where_that_is_plain)
{
	const char *reads_two_keys = "{:type :invoke :f :read :process 0 :value [0 nil]}"
				     "{:type :ok :f :read :process 0 :value [0 nil]}"
				     "{:type :invoke :f :write :process 0 :value [1 3]}"
				     "{:type :ok :f :write :process 0 :value [1 3]}"
				     "{:type :invoke :f :cas :process 0 :value [1 [3 4]]}"
				     "{:type :ok :f :cas :process 0 :value [1 [3 4]]}"
				     "{:type :invoke :f :read :process 0 :value [0 nil]}"
				     "{:type :ok :f :read :process 0 :value [0 nil]}"
				     "{:type :invoke :f :read :process 0 :value [1 nil]}"
				     "{:type :ok :f :read :process 0 :value [1 4]}";

	ck_assert_int_eq(judge(reads_two_keys, "\"objects\":2"), LINEARIZABLE);
	asked.independent = INDEPENDENT_NO;
	ck_assert_int_eq(judge(reads_two_keys, "\"objects\":1"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(a_tagged_tuple_names_a_key)
{
	ck_assert_int_eq(
		judge("{:type :invoke, :f :write, :process 0, "
		      ":value #jepsen.independent/tuple [0 3]}"
		      "{:type :ok, :f :write, :process 0, :value #jepsen.independent/tuple [0 3]}"
		      "{:type :invoke, :f :read, :process 0, :value #jepsen.independent/tuple [1 "
		      "nil]}"
		      "{:type :ok, :f :read, :process 0, :value #jepsen.independent/tuple [1 nil]}"
		      "{:type :invoke, :f :cas, :process 0, "
		      ":value #jepsen.independent/tuple [0 [3 4]]}"
		      "{:type :ok, :f :cas, :process 0, :value #jepsen.independent/tuple [0 [3 4]]}"
		      "{:type :invoke, :f :read, :process 0, :value #jepsen.independent/tuple [0 "
		      "nil]}"
		      "{:type :ok, :f :read, :process 0, :value #jepsen.independent/tuple [0 4]}",
		      "\"objects\":2"),
		LINEARIZABLE);
}
END_TEST

START_TEST(locks_of_keys_are_objects)
{
	ck_assert_int_eq(judge("{:type :invoke :f :acquire :process 0 :value [:a nil]}"
			       "{:type :ok :f :acquire :process 0 :value [:a nil]}"
			       "{:type :invoke :f :acquire :process 1 :value [:b nil]}"
			       "{:type :ok :f :acquire :process 1 :value [:b nil]}",
			       "\"lock_values_not_judged\":0,\"objects\":2"),
			 LINEARIZABLE);
	ck_assert_int_eq(judge("{:type :invoke :f :acquire :process 0 :value [:a nil]}"
			       "{:type :ok :f :acquire :process 0 :value [:a {:fence 4}]}"
			       "{:type :invoke :f :release :process 0 :value [:a nil]}"
			       "{:type :ok :f :release :process 0 :value [:a nil]}"
			       "{:type :invoke :f :acquire :process 1 :value [:a nil]}"
			       "{:type :ok :f :acquire :process 1 :value [:a {:fence 0}]}",
			       "\"tokens\":2"),
			 NOT_LINEARIZABLE);
}
END_TEST

START_TEST(values_that_may_be_tuples_are_named)
{
	const char *text = "{:type :invoke :f :write :process 0 :value [1 2]}"
			   "{:type :ok :f :write :process 0 :value [1 2]}"
			   "{:type :invoke :f :read :process 0 :value nil}"
			   "{:type :ok :f :read :process 0 :value [1 2]}";

	ck_assert_int_eq(judge(text, "\"objects\":1,"), LINEARIZABLE);
	ck_assert_int_eq(judge(text, "\"whole_tuples\":true"), LINEARIZABLE);
	asked.independent = INDEPENDENT_YES;
	ck_assert_int_eq(judge(text, "\"whole_tuples\":false"), LINEARIZABLE);
	refuses("{:type :invoke :f :write :process 0 :value 7}", ":1:", "[key value]");
	refuses("{:type :invoke :f :read :process 0 :value [0 nil]}\n"
		"{:type :ok :f :read :process 0 :value [1 nil]}",
		":1:", "the same key");
	asked.independent = INDEPENDENT_AUTO;
	ck_assert_int_eq(judge("{:type :invoke :f :write :process 0 :value 2}"
			       "{:type :ok :f :write :process 0 :value 2}",
			       "\"whole_tuples\":false"),
			 LINEARIZABLE);
}
END_TEST

START_TEST(processes_may_have_names)
{
	ck_assert_int_eq(judge("{\"type\":\"invoke\",\"process\":\"w1\",\"f\":\"acquire\"}\n"
			       "{\"type\":\"ok\",\"process\":\"w1\"}\n"
			       "{\"type\":\"invoke\",\"process\":\"w2\",\"f\":\"acquire\"}\n"
			       "{\"type\":\"info\",\"process\":\":nemesis\",\"f\":\"kill\"}\n"
			       "{\"type\":\"ok\",\"process\":\"w2\"}\n",
			       "\"operations\":2"),
			 NOT_LINEARIZABLE);
	ck_assert_int_eq(judge("type,process,f\ninvoke,one,acquire\nok,one,\ninvoke,two,acquire\n",
			       "\"open\":1"),
			 LINEARIZABLE);
	ck_assert_int_eq(judge("{:type :invoke :process \"a\" :f :acquire}"
			       "{:type :info :process nil :f :start :value nil}"
			       "{:type :ok :process \"a\" :f :acquire}",
			       "\"operations\":1"),
			 LINEARIZABLE);
	refuses("type,process,f\ninvoke,one,acquire\ninvoke,2,acquire\n", ":3:8:", "a name");
	refuses("type,process,f\ninvoke,2,acquire\ninvoke,one,acquire\n", ":3:8:", "an integer");
}
END_TEST

static const char history_txt[] = "5\t:invoke\t:write\t8\n"
				  "5\t:ok\t:write\t8\n"
				  ":nemesis\t:info\t:start\t#<Cut {\"off\n"
				  "7\t:invoke\t:cas\t[8 6]\n"
				  "6\t:invoke\t:read\tnil\n"
				  "7\t:info\t:cas\t:timed-out\n"
				  "6\t:ok\t:read\t6\n"
				  "6\t:invoke\t:cas\t[1 2]\n"
				  "6\t:fail\t:cas\t[1 2]\tno {such \"key\n";

START_TEST(history_txt_is_read)
{
	char text[1024];

	ck_assert_int_eq(judge(history_txt, "\"format\":\"history-txt\""), LINEARIZABLE);
	snprintf(text, sizeof(text), "%s6\t:invoke\t:read\tnil\r\n6\t:ok\t:read\t8\r\n",
		 history_txt);
	ck_assert_int_eq(judge(text, "\"open\":1"), NOT_LINEARIZABLE);
	refuses("5\t:invoke\t:write\t8\n5\t:ok\t:write\t[\n", ":2:", "found");
	refuses("5\t:invoke\t:write\t8\nand so on\n", ":2:", "found");
}
END_TEST

START_TEST(a_log_is_read_between_its_other_lines)
{
	const char *text =
		"2024-03-05 12:10:00,001{GMT}\tINFO\t[main] jepsen.core: Running test\n"
		"2024-03-05 12:10:01,123{GMT}\tINFO\t[jepsen worker 3] jepsen.util: "
		"3\t:invoke\t:write\t2\n"
		"java.net.ConnectException: 3\t:ok\t:write\t7\n"
		"\tat clojure.core$apply.invoke(core.clj:630)\n"
		"2024-03-05 12:10:01,125{GMT}\tINFO\t[jepsen nemesis] jepsen.util: "
		":nemesis\t:info\t:start\tnil\n"
		"2024-03-05 12:10:01,125{GMT}\tINFO\t[jepsen worker 3] jepsen.util: "
		"3\t:ok\t:write\t2\n"
		"2024-03-05 12:10:01,125{GMT}\tINFO\t[jepsen worker 3] jepsen.util: Retrying\n"
		"2024-03-05 12:10:01,123{GMT}\tINFO\t[jepsen worker 3] jepsen.util: "
		"3\t:invoke\t:read\tnil\n"
		"2024-03-05 12:10:01,123{GMT}\tINFO\t[jepsen worker 3] jepsen.util: "
		"3\t:ok\t:read\t";
	char whole[2048];

	snprintf(whole, sizeof(whole), "%s2\n", text);
	ck_assert_int_eq(judge(whole, "\"format\":\"jepsen-log\""), LINEARIZABLE);
	snprintf(whole, sizeof(whole), "%s7\n", text);
	ck_assert_int_eq(judge(whole, "\"operations\":2"), NOT_LINEARIZABLE);
	snprintf(whole, sizeof(whole), "%s[7\n", text);
	refuses(whole, ":9:", "found");
	ck_assert_int_eq(judge("INFO [2016-03-01 12:00:00,123] jepsen worker 3 - jepsen.util 3\t"
			       ":invoke\t:write\t2\n"
			       "INFO [2016-03-01 12:00:00,123] jepsen worker 3 - jepsen.util 3\t"
			       ":ok\t:write\t2\n",
			       "\"operations\":1"),
			 LINEARIZABLE);
}
END_TEST

/* What `whole` is without its last bytes. */
static const char *cut(const char *whole, size_t bytes)
{
	static char text[1024];

	snprintf(text, sizeof(text), "%.*s", (int)(strlen(whole) - bytes), whole);
	return text;
}

START_TEST(a_torn_end_is_passed_over_if_asked)
{
	const char *jsonl = "{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\"}\n"
			    "{\"type\":\"ok\",\"process\":1}\n";
	const char *edn =
		"[{:process 1 :type :invoke :f :acquire}\n{:process 1 :type :ok :f :acquire}]";
	const char *csv = "type,process,f\ninvoke,1,acquire\nok,1,\n";

	refuses(cut(jsonl, 5), ":2:", "found");
	refuses(cut(edn, 5), ":2:", "found");
	refuses(cut(csv, 3), ":3:", "cells");
	asked.prefix = true;
	ck_assert_int_eq(judge(cut(jsonl, 5), "\"torn_line\":2"), LINEARIZABLE);
	ck_assert_int_eq(judge(cut(jsonl, 5), "\"open\":1"), LINEARIZABLE);
	ck_assert_int_eq(judge(cut(jsonl, 1), "\"torn_line\":0"), LINEARIZABLE);
	ck_assert_int_eq(judge(cut(edn, 5), "\"torn_line\":2"), LINEARIZABLE);
	ck_assert_int_eq(judge(cut(edn, 1), "\"open\":0"), LINEARIZABLE);
	ck_assert_int_eq(judge(cut(csv, 3), "\"open\":1"), LINEARIZABLE);
	ck_assert_int_eq(judge(cut(history_txt, 1), "\"torn_line\":9"), LINEARIZABLE);
	/* only at the end */
	refuses("{\"type\":\"invoke\",\"pro\n{\"type\":\"ok\",\"process\":1}\n", ":1:", "found");
}
END_TEST

START_TEST(a_process_may_go_on_after_info_if_asked)
{
	const char *text =
		"{:process 0 :type :invoke :f :acquire}{:process 0 :type :info :f :acquire}"
		"{:process 0 :type :invoke :f :release}{:process 0 :type :ok :f :release}";

	refuses(text, ":1:", "--reuse");
	asked.reuse = true;
	ck_assert_int_eq(judge(text, "\"operations\":2"), LINEARIZABLE);
}
END_TEST

START_TEST(an_array_of_json_is_refused_as_such)
{
	refuses("[\n{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\"}\n]\n", ":1:1:", "array");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: orders and formats of traces");
	TCase *tests = tcase_create("all");

	tcase_add_checked_fixture(tests, forget_request, NULL);
	tcase_add_test(tests, a_time_that_goes_back_is_an_error);
	tcase_add_test(tests, an_index_that_goes_back_is_an_error);
	tcase_add_test(tests, an_index_is_the_order_whatever_the_times);
	tcase_add_test(tests, files_are_merged_by_their_times);
	tcase_add_test(tests, at_equal_times_invocations_come_first);
	tcase_add_test(tests, keys_are_objects_where_that_is_plain);
	tcase_add_test(tests, a_tagged_tuple_names_a_key);
	tcase_add_test(tests, locks_of_keys_are_objects);
	tcase_add_test(tests, values_that_may_be_tuples_are_named);
	tcase_add_test(tests, processes_may_have_names);
	tcase_add_test(tests, history_txt_is_read);
	tcase_add_test(tests, a_log_is_read_between_its_other_lines);
	tcase_add_test(tests, a_torn_end_is_passed_over_if_asked);
	tcase_add_test(tests, a_process_may_go_on_after_info_if_asked);
	tcase_add_test(tests, an_array_of_json_is_refused_as_such);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed > 0;
}
