/* What `check` takes of a request, and what it makes of a trace beside its verdict. */
#include "checker/linear/models.h"
#include "tests/support/suite.h"
#include "tests/unit/judging_traces_rig.h"

static struct trace_check check;

static void says_why(const char *text, const char *says)
{
	const char *said = refusal(text);

	ck_assert_msg(strstr(said, says) != NULL, "wanted %s, got %s", says, said);
}

static void asks(const char *model, int limit, const char *says)
{
	const struct trace_check_request request = {.model = model, .limit = limit};
	struct error err = {0};
	int failed = trace_check_validate(&request, &err);

	if (says) {
		ck_assert_msg(failed && strstr(err.text, says), "%s %d: %s", model, limit,
			      err.text);
		ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	} else {
		ck_assert_msg(!failed, "%s", err.text);
	}
}

START_TEST(a_limit_goes_with_the_models_that_have_one)
{
	static const char *const limited[] = {"semaphore", "owned-semaphore", "reentrant-mutex"};

	asks(NULL, 0, NULL);
	asks(NULL, 1, "--limit goes with --model semaphore");
	for (int i = 0; model_names[i]; i++) {
		bool has_one = false;

		for (int k = 0; k < 3; k++)
			has_one |= strcmp(model_names[i], limited[k]) == 0;
		asks(model_names[i], 0, has_one ? "needs --limit N: how many" : NULL);
		asks(model_names[i], 1, NULL);
		asks(model_names[i], 2, has_one ? NULL : "has no limit but 1");
	}
	asks("semaphore", 0, "how many permits there are");
	asks("reentrant-mutex", 0, "how many holds of one owner there are");
}
END_TEST

START_TEST(a_model_that_there_is_not_is_told_beside_those_that_there_are)
{
	char all[400] = "known: ";

	for (int i = 0; model_names[i]; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? ", " : "",
			 model_names[i]);
	asks("mutx", 0, "there is no model 'mutx'; did you mean 'mutex'?; known: ");
	asks("mutx", 0, all);
	asks("zzzzzzzzzzzzzzzz", 0, "there is no model 'zzzzzzzzzzzzzzzz'; known: mutex, ");
	asked.model = "mutx";
	says_why("type,process,f\ninvoke,1,acquire\n", "there is no model 'mutx'");
	asked.stream = STREAM_ALWAYS;
	says_why("type,process,f\ninvoke,1,acquire\n", "there is no model 'mutx'");
}
END_TEST

START_TEST(operations_of_no_one_model_are_refused)
{
	says_why("type,process,f,value\ninvoke,1,acquire,\nok,1,,\ninvoke,1,write,3\nok,1,,\n",
		 "the operations of an object belong to no one model; say --model: mutex, ");
	asked.model = "cas-register";
	says_why("type,process,f,value\ninvoke,1,acquire,\nok,1,,\ninvoke,1,write,3\nok,1,,\n",
		 "cas-register");
}
END_TEST

START_TEST(two_permits_are_two_and_not_three)
{
	static const char two[] =
		"type,process,f\ninvoke,1,acquire\nok,1,\ninvoke,2,acquire\nok,2,\n";
	char three[200];

	snprintf(three, sizeof(three), "%sinvoke,3,acquire\nok,3,\n", two);
	asked.model = "semaphore";
	asked.limit = 1;
	ck_assert_int_eq(judge(two, "\"limit\":1,"), NOT_LINEARIZABLE);
	asked.limit = 2;
	ck_assert_int_eq(judge(two, "\"limit\":2,"), LINEARIZABLE);
	ck_assert_int_eq(judge(three, "\"limit\":2,"), NOT_LINEARIZABLE);
	asked.limit = 3;
	ck_assert_int_eq(judge(three, "\"model_guessed\":false,\"limit\":3,"), LINEARIZABLE);
}
END_TEST

START_TEST(a_first_value_goes_with_registers_and_keys)
{
	static const char key[] = "type,process,f,value\ninvoke,1,get,\nok,1,,x\n";
	static const char both[] = "type,process,f,object,value\ninvoke,1,acquire,l,\nok,1,,,\n"
				   "invoke,1,read,r,\nok,1,,,3\n";

	asked.initial = "x";
	ck_assert_int_eq(judge(key, "\"initial\":\"\\\"x\\\"\""), LINEARIZABLE);
	asked.initial = "any";
	says_why(key, "--initial any goes with registers, not with the model kv");
	/* One object of several is enough. */
	asked.initial = "3";
	ck_assert_int_eq(judge(both, "\"initial\":\"3\""), LINEARIZABLE);
	asked.initial = "4";
	ck_assert_int_eq(judge(both, NULL), NOT_LINEARIZABLE);
	/* Where there is nothing, nothing is wrong with it. */
	ck_assert_int_eq(judge("", "\"procedure\":\"nothing\""), LINEAR_UNKNOWN);
}
END_TEST

START_TEST(a_search_has_its_time)
{
	struct error err = {0};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	/* Forty writes of three values at once, and reads that see them in turn: hopeless. */
	fputs("type,process,f,value\n", out);
	for (int i = 0; i < 40; i++)
		fprintf(out, "invoke,%d,write,%d\ninvoke,%d,read,\n", i, i % 3, 100 + i);
	for (int i = 0; i < 40; i++)
		fprintf(out, "ok,%d,,%d\nok,%d,,\n", 100 + i, 7 * i % 3, i);
	fputs("invoke,200,read,\nok,200,,9\n", out);
	fclose(out);
	asked.path = write_source(text, size);
	asked.max_seconds = 1;
	ck_assert_int_eq(trace_check_run(&asked, &check, &err), 0);
	if (check.summary.verdict == LINEAR_UNKNOWN)
		ck_assert_ptr_nonnull(strstr(check.summary.result.bound, "second"));
	trace_check_free(&check);
	free(text);
}
END_TEST

#define PUT_2                                                                                      \
	"{\"ClientId\":1,\"Input\":{\"Type\":\"txn\",\"Txn\":{\"Conditions\":null,"                \
	"\"OperationsOnSuccess\":[{\"Type\":\"put-operation\",\"Put\":{\"Key\":\"a\","             \
	"\"Value\":{\"Value\":\"v%d\",\"Hash\":0},\"LeaseID\":0}}]}},\"Call\":%d,\"Output\":"
#define PUT_OK     "{\"Txn\":{\"Failure\":false,\"Results\":[{}]},\"Revision\":2},\"Return\":15}\n"
#define PUT_FAILED "{\"Error\":\"timed out\"},\"Return\":25}\n"
#define SAW_9                                                                                      \
	"{\"ClientId\":2,\"Input\":{\"Type\":\"range\",\"Range\":{\"Start\":\"a\"}},"              \
	"\"Call\":30,\"Output\":{\"Range\":{\"KVs\":[{\"Key\":\"a\",\"Value\":{\"Value\":"         \
	"\"v9\"},\"ModRevision\":3}],\"Count\":1},\"Revision\":3},\"Return\":35}\n"

/* Not the search ended: nobody can know. */
START_TEST(a_violation_that_others_may_explain_is_unknown)
{
	char text[2000];

	snprintf(text, sizeof(text), PUT_2 PUT_OK PUT_2 PUT_FAILED SAW_9, 2, 10, 3, 20);
	run_trace(text, &check);
	ck_assert_int_eq(check.summary.verdict, LINEAR_UNKNOWN);
	ck_assert(check.summary.result.untold);
	ck_assert_uint_eq(check.summary.not_linearizable, 0);
	ck_assert_uint_eq(check.summary.unknown, 1);
	ck_assert_str_eq(check.summary.result.bound,
			 "a violation only if this is the log of all who wrote");
	trace_check_free(&check);
}
END_TEST

/* The same where the model was asked for, and no object has one of its own. */
START_TEST(a_violation_that_others_may_explain_is_unknown_by_any_model)
{
	char text[2000];

	snprintf(text, sizeof(text), PUT_2 PUT_OK PUT_2 PUT_FAILED SAW_9, 2, 10, 3, 20);
	asked.model = "cas-register";
	run_trace(text, &check);
	ck_assert_int_eq(check.summary.verdict, LINEAR_UNKNOWN);
	ck_assert_ptr_null(check.models);
	trace_check_free(&check);
}
END_TEST

/* Whoever else wrote: what was overwritten is not seen again. Then that is told of the trace in
 * which they did. */
START_TEST(a_violation_whoever_else_wrote_is_one)
{
	static const char *const models[] = {NULL, "cas-register"};
	static const char saw_old[] =
		"{\"ClientId\":3,\"Input\":{\"Type\":\"range\",\"Range\":{\"Start\":\"a\"}},"
		"\"Call\":40,\"Output\":{\"Range\":{\"KVs\":[{\"Key\":\"a\",\"Value\":{\"Value\":"
		"\"v2\"},\"ModRevision\":2}],\"Count\":1},\"Revision\":2},\"Return\":45}\n";
	char text[2000];

	snprintf(text, sizeof(text), PUT_2 PUT_OK PUT_2 PUT_FAILED SAW_9 "%s", 2, 10, 3, 20,
		 saw_old);
	for (int i = 0; i < 2; i++) {
		asked.model = models[i];
		asked.explain = true;
		run_trace(text, &check);
		ck_assert_int_eq(check.summary.verdict, NOT_LINEARIZABLE);
		ck_assert_uint_eq(check.summary.not_linearizable, 1);
		ck_assert_uint_eq(check.summary.unknown, 0);
		ck_assert(!check.summary.result.untold);
		ck_assert_ptr_null(check.trace.weaker);
		ck_assert_uint_eq(check.trace.ops, 5); /* with the write that nobody told of */
		ck_assert_ptr_eq(check.asked.models, check.models);
		ck_assert_int_eq(check.models == NULL, i == 1);
		ck_assert(check.explained);
		trace_check_free(&check);
	}
}
END_TEST

/* Two ranges over both keys, each of which saw one put and not the other. */
START_TEST(what_no_single_object_can_show_is_unknown)
{
#define RANGE(client, key, value, revision)                                                        \
	"{\"ClientId\":" client ",\"Input\":{\"Type\":\"range\",\"Range\":{\"Start\":\"a\","       \
	"\"End\":\"c\"}},\"Call\":11,\"Output\":{\"Range\":{\"KVs\":[{\"Key\":\"" key              \
	"\",\"Value\":{\"Value\":\"" value "\"},\"ModRevision\":" revision                         \
	"}],\"Count\":1},\"Revision\":" revision "},\"Return\":16}\n"
#define PUT(client, key, value, call, revision)                                                    \
	"{\"ClientId\":" client ",\"Input\":{\"Type\":\"txn\",\"Txn\":{\"Conditions\":null,"       \
	"\"OperationsOnSuccess\":[{\"Type\":\"put-operation\",\"Put\":{\"Key\":\"" key             \
	"\",\"Value\":{\"Value\":\"" value "\",\"Hash\":0},\"LeaseID\":0}}]}},\"Call\":" call      \
	",\"Output\":{\"Txn\":{\"Failure\":false,\"Results\":[{}]},\"Revision\":" revision         \
	"},\"Return\":17}\n"
	run_trace(PUT("1", "a", "v2", "10", "2") PUT("2", "b", "v3", "12", "3")
			  RANGE("3", "a", "v2", "2") RANGE("4", "b", "v3", "3"),
		  &check);
	ck_assert_int_eq(check.summary.verdict, LINEAR_UNKNOWN);
	ck_assert(check.summary.result.untold);
	ck_assert_int_eq(
		strncmp(check.summary.result.bound, "each object is linearizable, but there ", 39),
		0);
	trace_check_free(&check);
#undef RANGE
#undef PUT
}
END_TEST

START_TEST(attempts_are_judged_by_the_models_that_know_them)
{
	static const char named[] = "type,process,f,attempt\ninvoke,1,acquire,x\nok,1,,\n"
				    "invoke,1,release,x\nok,1,,\n";

	run_trace(named, &check);
	ck_assert_uint_eq(check.attempts_unjudged, 0);
	trace_check_free(&check);
	for (int i = 0; i < 3; i++) {
		asked.model = (const char *[]){"mutex", "semaphore", "reentrant-mutex"}[i];
		asked.limit = 1;
		run_trace(named, &check);
		ck_assert_uint_eq(check.attempts_unjudged, 2);
		trace_check_free(&check);
	}
}
END_TEST

/* Whose trace cannot be read is named by its file. */
START_TEST(an_error_names_the_file)
{
	says_why("type,process,f\ninvoke,1,acquire\nok,2,\n", ":3:");
	asked.format = TRACE_JSONL;
	ck_assert_ptr_nonnull(strstr(refusal("nonsense"), asked.path));
	asked.format = TRACE_AUTO;
	asked.model = "cas-register";
	ck_assert_ptr_nonnull(
		strstr(refusal("type,process,f\ninvoke,1,acquire\nok,1,\n"), asked.path));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: check");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, forget_request, NULL);
	tcase_add_test(tests, a_limit_goes_with_the_models_that_have_one);
	tcase_add_test(tests, a_model_that_there_is_not_is_told_beside_those_that_there_are);
	tcase_add_test(tests, operations_of_no_one_model_are_refused);
	tcase_add_test(tests, two_permits_are_two_and_not_three);
	tcase_add_test(tests, a_first_value_goes_with_registers_and_keys);
	tcase_add_test(tests, a_search_has_its_time);
	tcase_add_test(tests, a_violation_that_others_may_explain_is_unknown);
	tcase_add_test(tests, a_violation_that_others_may_explain_is_unknown_by_any_model);
	tcase_add_test(tests, a_violation_whoever_else_wrote_is_one);
	tcase_add_test(tests, what_no_single_object_can_show_is_unknown);
	tcase_add_test(tests, attempts_are_judged_by_the_models_that_know_them);
	tcase_add_test(tests, an_error_names_the_file);
	return suite_run(suite);
}
