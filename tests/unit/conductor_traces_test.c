/* What `check` says of traces of others, from the file's text to the verdict and its words. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conductor/trace_check.h"
#include "tests/support/scratch.h"
#include "tests/unit/history_formats_rig.h"

static struct trace_check_request asked;

static void forget_request(void)
{
	asked = (struct trace_check_request){.max_seconds = 10};
}

/* The verdict of `text`, of which is said what `says` holds (NULL: nothing in particular). */
static enum linear_verdict judge(const char *text, const char *says)
{
	struct trace_check check;
	struct error err = {0};
	char *said = NULL;
	size_t size;
	FILE *out = open_memstream(&said, &size);

	asked.path = write_source(text, strlen(text));
	asked.explain = true;
	ck_assert_msg(trace_check_run(&asked, &check, &err) == 0, "%s", err.text);
	enum linear_verdict verdict = check.summary.verdict;

	ck_assert_int_ne(trace_check_exit_code(&check), EXIT_OUR_FAULT);
	trace_check_print_json(&check, "file", out);
	fclose(out);
	ck_assert_msg(!says || strstr(said, says), "wanted %s in %s", says, said);
	free(said);
	trace_check_free(&check);
	return verdict;
}

/* Hold after hold by processes 1, 2, ..., each with what its acquire's answer tells besides. */
static const char *holds_with(const char *const *tells)
{
	static char text[4096];
	size_t used = 0;

	for (int i = 0; tells[i]; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "{\"type\":\"invoke\",\"process\":%d,\"f\":\"acquire\"}\n"
					 "{\"type\":\"ok\",\"process\":%d%s}\n"
					 "{\"type\":\"invoke\",\"process\":%d,\"f\":\"release\"}\n"
					 "{\"type\":\"ok\",\"process\":%d}\n",
					 i + 1, i + 1, tells[i], i + 1, i + 1);
	return text;
}

#define HOLDS(...) holds_with((const char *const[]){__VA_ARGS__, NULL})

START_TEST(tokens_are_judged_as_soon_as_there_is_one)
{
	ck_assert_int_eq(judge(HOLDS(",\"token\":9", "", ",\"token\":5"), "\"tokens\":2,"),
			 NOT_LINEARIZABLE);
	ck_assert_int_eq(judge(HOLDS(",\"token\":5", "", ",\"token\":9"), "\"tokens_judged\":2"),
			 LINEARIZABLE);
	ck_assert_int_eq(judge(HOLDS(",\"token\":5", ",\"token\":3", ""), "\"acquires_ok\":3"),
			 NOT_LINEARIZABLE);
}
END_TEST

START_TEST(any_number_is_a_token)
{
	ck_assert_int_eq(judge(HOLDS(",\"token\":5", ",\"token\":0"), NULL), NOT_LINEARIZABLE);
	ck_assert_int_eq(judge(HOLDS(",\"token\":0", ",\"token\":0"), NULL), NOT_LINEARIZABLE);
	ck_assert_int_eq(judge(HOLDS(",\"token\":0", ",\"token\":5"), NULL), LINEARIZABLE);
	ck_assert_int_eq(judge(HOLDS(",\"token\":-3", ",\"token\":0"), NULL), LINEARIZABLE);
	ck_assert_int_eq(judge(HOLDS(",\"token\":-3", ",\"token\":-4"), NULL), NOT_LINEARIZABLE);
	ck_assert_int_eq(judge(HOLDS(",\"token\":\"-9223372036854775808\"", ",\"token\":1"), NULL),
			 LINEARIZABLE);
}
END_TEST

START_TEST(a_fence_is_a_token)
{
	ck_assert_int_eq(judge(HOLDS(",\"fence\":5", ",\"fence\":3"), NULL), NOT_LINEARIZABLE);
	ck_assert_int_eq(judge(HOLDS(",\"value\":{\"fence\":5,\"uid\":1}",
				     ",\"value\":{\"uid\":1,\"fence\":\"3\"}"),
			       "\"tokens\":2,"),
			 NOT_LINEARIZABLE);
	ck_assert_int_eq(judge("{:process 0 :type :invoke :f :acquire}"
			       "{:process 0 :type :ok :f :acquire :value {:client \"a\" :fence 2}}"
			       "{:process 0 :type :invoke :f :release}"
			       "{:process 0 :type :ok :f :release}"
			       "{:process 1 :type :invoke :f :acquire}"
			       "{:process 1 :type :ok :f :acquire :fence 1}",
			       "\"tokens\":2,"),
			 NOT_LINEARIZABLE);
}
END_TEST

START_TEST(what_is_not_judged_is_named)
{
	ck_assert_int_eq(
		judge(HOLDS(",\"value\":7", ",\"value\":5"), "\"lock_values_not_judged\":2"),
		LINEARIZABLE);
	ck_assert_int_eq(judge(HOLDS(",\"value\":null", ""), "\"lock_values_not_judged\":0"),
			 LINEARIZABLE);
	asked.model = "owned-mutex";
	ck_assert_int_eq(judge(HOLDS(",\"token\":5", ",\"token\":3"), "\"tokens_judged\":0"),
			 LINEARIZABLE);
	ck_assert_int_eq(judge("type,process,f,attempt,mode\ninvoke,1,acquire,x,shared\nok,1,,,\n"
			       "invoke,1,release,,\n",
			       "\"attempts_not_judged\":1,\"modes_not_judged\":1"),
			 LINEARIZABLE);
}
END_TEST

START_TEST(a_fenced_mutex_without_tokens_is_unknown)
{
	asked.model = "fenced-mutex";
	ck_assert_int_eq(judge(HOLDS("", ""), "no acquire has a token"), LINEAR_UNKNOWN);
	ck_assert_int_eq(judge(HOLDS("", ",\"token\":1"), NULL), LINEARIZABLE);
	/* no mutex at all */
	ck_assert_int_eq(
		judge("type,process,f\ninvoke,1,acquire\nok,1,\ninvoke,2,acquire\nok,2,\n", NULL),
		NOT_LINEARIZABLE);
	/* one object of two */
	ck_assert_int_eq(judge("type,process,f,object,token\ninvoke,1,acquire,x,\nok,1,,,7\n"
			       "invoke,2,acquire,y,\nok,2,,,\n",
			       "\"unknown\":1"),
			 LINEAR_UNKNOWN);
}
END_TEST

START_TEST(an_open_acquire_alone_makes_no_fenced_mutex)
{
	ck_assert_int_eq(judge("type,process,f\ninvoke,1,acquire\ninfo,1,\n"
			       "invoke,2,release\nok,2,\n",
			       "\"model\":\"mutex\""),
			 LINEARIZABLE);
}
END_TEST

START_TEST(each_object_has_its_model)
{
	/* tokens, a mutex that anybody releases, a register and a set that is only read */
	const char *good = "type,process,f,object,token,value\n"
			   "invoke,1,acquire,x,,\nok,1,,,5,\ninvoke,1,release,x,,\nok,1,,,,\n"
			   "invoke,1,acquire,m,,\nok,1,,,,\ninvoke,2,release,m,,\nok,2,,,,\n"
			   "invoke,1,write,r,,3\nok,1,,,,\ninvoke,2,read,r,,\nok,2,,,,3\n";
	char bad[1024];

	ck_assert_int_eq(judge(good, NULL), LINEARIZABLE);
	snprintf(bad, sizeof(bad), "%sinvoke,3,acquire,x,,\nok,3,,,4,\n", good);
	ck_assert_int_eq(judge(bad, "\"model\":\"fenced-mutex\""), NOT_LINEARIZABLE);
	snprintf(bad, sizeof(bad), "%sinvoke,3,read,r,,\nok,3,,,,4\n", good);
	ck_assert_int_eq(judge(bad, "\"model\":\"cas-register\""), NOT_LINEARIZABLE);
	ck_assert_int_eq(judge("type,process,f,object,value\ninvoke,1,add,s,1\nok,1,,,\n"
			       "invoke,1,read,t,\nok,1,,,[]\n",
			       NULL),
			 LINEARIZABLE);
}
END_TEST

/* Two holds one after the other, each proven, the second with this token. */
static const char *leases(const char *proof, int token)
{
	static char text[1024];

	snprintf(text, sizeof(text),
		 "type,process,f,attempt,token\n"
		 "invoke,1,acquire,x,\nok,1,,,5\n%s"
		 "invoke,2,acquire,y,\nok,2,,,%d\ninvoke,2,proof,y,\nok,2,,,\n",
		 proof, token);
	return text;
}

START_TEST(tokens_grow_on_leases_too)
{
	const char *proof = "invoke,1,proof,x,\nok,1,,,\n";

	ck_assert_int_eq(judge(leases(proof, 6), "\"model\":\"leased-lock\""), LINEARIZABLE);
	ck_assert_int_eq(judge(leases(proof, 3), "token 3 after"), NOT_LINEARIZABLE);
	ck_assert_int_eq(judge(leases(proof, 5), NULL), NOT_LINEARIZABLE);
	/* a hold that nothing proves but its acquire */
	ck_assert_int_eq(judge(leases("", 6), NULL), LINEARIZABLE);
	ck_assert_int_eq(judge(leases("", 3), "token 3 after"), NOT_LINEARIZABLE);
	asked.model = "leased-lock";
	ck_assert_int_eq(judge(leases(proof, 3), "\"tokens_judged\":2"), NOT_LINEARIZABLE);
}
END_TEST

/* Values -------------------------------------------------------------------------------------- */

START_TEST(an_answer_is_not_what_was_asked)
{
	ck_assert_int_eq(judge("{\"type\":\"invoke\",\"process\":1,\"f\":\"write\",\"value\":5}\n"
			       "{\"type\":\"ok\",\"process\":1,\"value\":\"OK\"}\n"
			       "{\"type\":\"invoke\",\"process\":1,\"f\":\"read\"}\n"
			       "{\"type\":\"ok\",\"process\":1,\"value\":5}\n",
			       "\"other_values_not_judged\":1"),
			 LINEARIZABLE);
	ck_assert_int_eq(judge("{:process 0 :type :invoke :f :write :value 1}"
			       "{:process 0 :type :ok :f :write :value 1}"
			       "{:process 0 :type :invoke :f :cas :value [1 2]}"
			       "{:process 0 :type :ok :f :cas :value [true true]}"
			       "{:process 0 :type :invoke :f :read :value nil}"
			       "{:process 0 :type :ok :f :read :value 2}",
			       "\"other_values_not_judged\":1"),
			 LINEARIZABLE);
	ck_assert_int_eq(judge("type,process,f,value\ninvoke,1,put,x\nok,1,,OK\n"
			       "invoke,1,append,y\nok,1,,xy\ninvoke,1,get,\nok,1,,xy\n",
			       "\"other_values_not_judged\":2"),
			 LINEARIZABLE);
	ck_assert_int_eq(judge("type,process,f,value\ninvoke,1,add,1\nok,1,,true\n"
			       "invoke,1,read,\nok,1,,[1]\n",
			       NULL),
			 LINEARIZABLE);
}
END_TEST

START_TEST(a_read_without_a_value_saw_nothing_known)
{
	ck_assert_int_eq(judge("type,process,f,value\ninvoke,0,write,5\nok,0,,\n"
			       "invoke,0,read,\nok,0,,\n",
			       "\"reads_without_value\":1"),
			 LINEARIZABLE);
	ck_assert_int_eq(judge("{:process 0 :type :invoke :f :write :value 1}"
			       "{:process 0 :type :ok :f :write}"
			       "{:process 0 :type :invoke :f :read}{:process 0 :type :ok :f :read}",
			       "\"reads_without_value\":1"),
			 LINEARIZABLE);
	/* nil, where it stands there, is what was seen */
	ck_assert_int_eq(judge("{:process 0 :type :invoke :f :write :value 1}"
			       "{:process 0 :type :ok :f :write}"
			       "{:process 0 :type :invoke :f :read}"
			       "{:process 0 :type :ok :f :read :value nil}",
			       "\"reads_without_value\":0"),
			 NOT_LINEARIZABLE);
	ck_assert_int_eq(judge("{\"type\":\"invoke\",\"process\":1,\"f\":\"write\",\"value\":5}\n"
			       "{\"type\":\"ok\",\"process\":1}\n"
			       "{\"type\":\"invoke\",\"process\":1,\"f\":\"read\"}\n"
			       "{\"type\":\"ok\",\"process\":1,\"value\":null}\n",
			       NULL),
			 NOT_LINEARIZABLE);
}
END_TEST

START_TEST(a_number_has_many_texts)
{
	const char *const texts[] = {"1", "1.0", "1e0", "10e-1", "0.1E+1", "100.000e-2"};
	char text[512];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		for (size_t j = 0; j < sizeof(texts) / sizeof(*texts); j++) {
			snprintf(text, sizeof(text),
				 "type,process,f,value\ninvoke,1,write,%s\nok,1,,\n"
				 "invoke,1,read,\nok,1,,%s\n",
				 texts[i], texts[j]);
			ck_assert_msg(judge(text, NULL) == LINEARIZABLE, "%s %s", texts[i],
				      texts[j]);
		}
	ck_assert_int_eq(judge("type,process,f,value\ninvoke,1,write,1\nok,1,,\n"
			       "invoke,1,read,\nok,1,,1.0000000000000000000001\n",
			       NULL),
			 NOT_LINEARIZABLE);
	ck_assert_int_eq(judge("type,process,f,value\ninvoke,1,write,-0.0\nok,1,,\n"
			       "invoke,1,read,\nok,1,,0\n",
			       NULL),
			 LINEARIZABLE);
}
END_TEST

static enum linear_verdict begins_with(const char *initial, const char *text)
{
	asked.initial = initial;
	return judge(text, NULL);
}

START_TEST(a_register_may_begin_with_a_value)
{
	const char *reads_0 = "{:process 0, :type :invoke, :f :read, :value nil}"
			      "{:process 0, :type :ok, :f :read, :value 0}"
			      "{:process 0, :type :invoke, :f :write, :value 3}"
			      "{:process 0, :type :ok, :f :write, :value 3}";
	const char *cas_ab =
		"type,process,f,value\ninvoke,0,cas,\"[\"\"a\"\",\"\"b\"\"]\"\nok,0,,\n"
		"invoke,0,read,\nok,0,,b\n";
	const char *key = "type,process,f,value\ninvoke,0,append,b\nok,0,,\n"
			  "invoke,0,get,\nok,0,,ab\n";

	ck_assert_int_eq(begins_with(NULL, reads_0), NOT_LINEARIZABLE);
	ck_assert_int_eq(begins_with("0", reads_0), LINEARIZABLE);
	ck_assert_int_eq(begins_with("0.0", reads_0), LINEARIZABLE);
	ck_assert_int_eq(begins_with("\"0\"", reads_0), NOT_LINEARIZABLE);
	ck_assert_int_eq(begins_with("1", reads_0), NOT_LINEARIZABLE);
	ck_assert_int_eq(begins_with("any", reads_0), LINEARIZABLE);
	ck_assert_int_eq(begins_with("a", cas_ab), LINEARIZABLE);
	ck_assert_int_eq(begins_with("b", cas_ab), NOT_LINEARIZABLE);
	ck_assert_int_eq(begins_with("a", key), LINEARIZABLE);
	ck_assert_int_eq(begins_with("b", key), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(any_first_value_is_one_value)
{
	const char *head = "type,process,f,value\n";
	char text[512];

	snprintf(text, sizeof(text), "%sinvoke,0,read,\nok,0,,1\ninvoke,0,read,\nok,0,,2\n", head);
	ck_assert_int_eq(begins_with("any", text), NOT_LINEARIZABLE);
	/* ... by two processes, and an open write that may come between */
	snprintf(text, sizeof(text),
		 "%sinvoke,1,write,2\ninvoke,0,read,\nok,0,,1\ninvoke,0,read,\nok,0,,2\n", head);
	ck_assert_int_eq(begins_with("any", text), LINEARIZABLE);
	snprintf(text, sizeof(text),
		 "%sinvoke,1,write,2\ninvoke,0,read,\nok,0,,2\ninvoke,0,read,\nok,0,,1\n", head);
	ck_assert_int_eq(begins_with("any", text), NOT_LINEARIZABLE);
	/* a failed cas saw another value */
	snprintf(text, sizeof(text),
		 "%sinvoke,0,cas,\"[1,2]\"\nfail,0,,\ninvoke,0,read,\nok,0,,1\n", head);
	ck_assert_int_eq(begins_with("any", text), NOT_LINEARIZABLE);
	snprintf(text, sizeof(text), "%sinvoke,0,write,1\nok,0,,\ninvoke,0,read,\nok,0,,2\n", head);
	ck_assert_int_eq(begins_with("any", text), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(a_lock_has_no_first_value)
{
	struct trace_check check;
	struct error err = {0};
	const char *text = HOLDS("", "");

	asked.path = write_source(text, strlen(text));
	asked.initial = "0";
	ck_assert_int_eq(trace_check_run(&asked, &check, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "--initial goes with registers and keys"));
}
END_TEST

/* Order --------------------------------------------------------------------------------------- */

/* The error with which `text` is refused. */
static const char *refusal(const char *text)
{
	static struct error err;
	struct trace_check check;

	err = (struct error){0};
	asked.path = write_source(text, strlen(text));
	ck_assert_msg(trace_check_run(&asked, &check, &err) == -1, "accepted: %s", text);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	return err.text;
}

static void refuses(const char *text, const char *place, const char *says)
{
	const char *said = refusal(text);

	ck_assert_msg(strstr(said, place) && strstr(said, says), "wanted %s %s, got %s", place,
		      says, said);
}

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

	ck_assert_int_eq(judge(history_txt, "\"format\":\"jepsen-txt\""), LINEARIZABLE);
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
	Suite *suite = suite_create("conductor traces");
	TCase *tests = tcase_create("tokens");

	tcase_add_checked_fixture(tests, forget_request, NULL);
	tcase_add_test(tests, tokens_are_judged_as_soon_as_there_is_one);
	tcase_add_test(tests, any_number_is_a_token);
	tcase_add_test(tests, a_fence_is_a_token);
	tcase_add_test(tests, what_is_not_judged_is_named);
	tcase_add_test(tests, a_fenced_mutex_without_tokens_is_unknown);
	tcase_add_test(tests, an_open_acquire_alone_makes_no_fenced_mutex);
	tcase_add_test(tests, each_object_has_its_model);
	tcase_add_test(tests, tokens_grow_on_leases_too);
	tcase_add_test(tests, an_answer_is_not_what_was_asked);
	tcase_add_test(tests, a_read_without_a_value_saw_nothing_known);
	tcase_add_test(tests, a_number_has_many_texts);
	tcase_add_test(tests, a_register_may_begin_with_a_value);
	tcase_add_test(tests, any_first_value_is_one_value);
	tcase_add_test(tests, a_lock_has_no_first_value);
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
