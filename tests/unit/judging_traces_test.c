/* What `check` says of tokens and values in traces of others. */
#include "tests/unit/judging_traces_rig.h"

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

int main(void)
{
	Suite *suite = suite_create("conductor: traces");
	TCase *tests = tcase_create("all");

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
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);

	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed > 0;
}
