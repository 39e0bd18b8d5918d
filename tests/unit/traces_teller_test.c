/* What the events of whatever format mean: who owns, what failed, what is another's. */
#include "tests/support/suite.h"
#include "tests/unit/traces_rig.h"

/* An owner is told by name; a process without one owns for itself. */
START_TEST(owner_named_as_a_process_is_not_that_process)
{
	static const char *const owned[] = {"{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\","
					    "\"owner\":\"7\"}\n",
					    "{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\","
					    "\"owner\":7}\n"};
	static const char own[] = "{\"type\":\"invoke\",\"process\":7,\"f\":\"acquire\"}\n";
	char text[256];

	for (int first = 0; first < 2; first++) {
		snprintf(text, sizeof(text), "%s%s", first ? owned[_i] : own,
			 first ? own : owned[_i]);
		struct trace trace = import_text(TRACE_JSONL, text);

		ck_assert_uint_eq(trace.ops, 2);
		ck_assert_uint_ne(trace.op[0].owner, trace.op[1].owner);
		trace_free(&trace);
	}
}
END_TEST

START_TEST(owner_of_one_name_is_one)
{
	struct trace trace = import_text(
		TRACE_JSONL,
		"{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\",\"owner\":7}\n"
		"{\"type\":\"invoke\",\"process\":2,\"f\":\"acquire\",\"owner\":\"7\"}\n"
		"{\"type\":\"invoke\",\"process\":3,\"f\":\"acquire\",\"owner\":8}\n");

	ck_assert_uint_eq(trace.op[0].owner, trace.op[1].owner);
	ck_assert_uint_ne(trace.op[0].owner, trace.op[2].owner);
	trace_free(&trace);
}
END_TEST

/* An attempt may try again after a try that surely failed, and after no other. */
static const char *const tries[] = {"acquire", "try-acquire"};

START_TEST(attempt_may_try_again_after_a_try_that_failed)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"type\":\"invoke\",\"process\":3,\"f\":\"%1$s\",\"attempt\":\"x\"}\n"
		 "{\"type\":\"fail\",\"process\":3}\n"
		 "{\"type\":\"invoke\",\"process\":3,\"f\":\"%1$s\",\"attempt\":\"x\"}\n"
		 "{\"type\":\"ok\",\"process\":3}\n",
		 tries[_i]);
	struct trace trace = import_text(TRACE_JSONL, text);
	const struct trace_op *got = &trace.op[trace.ops - 1];

	ck_assert_int_eq(got->outcome, TRACE_OK);
	ck_assert_uint_eq(got->line, 3);
	trace_free(&trace);
}
END_TEST

START_TEST(attempt_may_not_try_again_after_a_try_of_unknown_outcome)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"type\":\"invoke\",\"process\":3,\"f\":\"%1$s\",\"attempt\":\"x\"}\n"
		 "{\"type\":\"info\",\"process\":3}\n"
		 "{\"type\":\"invoke\",\"process\":3,\"f\":\"%1$s\",\"attempt\":\"x\"}\n"
		 "{\"type\":\"ok\",\"process\":3}\n",
		 tries[_i]);
	refuse_text(TRACE_JSONL, text, ":3:1:", "an attempt of its own, found x, which line 1");
}
END_TEST

static void expect_failed_try(const char *answer, const char *events, uint64_t left_out)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"type\":\"invoke\",\"process\":3,\"f\":\"try-acquire\"}\n"
		 "{\"type\":\"fail\",\"process\":3%s}\n",
		 answer);
	struct trace trace = import_text(TRACE_JSONL, text);

	expect_events(&trace, events);
	ck_assert_uint_eq(trace.left_out, left_out);
	trace_free(&trace);
}

START_TEST(failed_try_saw_the_lock_held_unless_it_failed_for_a_reason)
{
	expect_failed_try("", "3 try-acquire, 3 try-acquire fail", 0);
	expect_failed_try(",\"error\":null", "3 try-acquire, 3 try-acquire fail", 0);
	expect_failed_try(",\"error\":\"timed out\"", "", 1);
}
END_TEST

START_TEST(failed_acquire_is_no_observer)
{
	struct trace trace =
		import_text(TRACE_JSONL, "{\"type\":\"invoke\",\"process\":3,\"f\":\"acquire\"}\n"
					 "{\"type\":\"fail\",\"process\":3}\n");

	expect_events(&trace, "");
	ck_assert_uint_eq(trace.left_out, 1);
	trace_free(&trace);
}
END_TEST

/* Ours is a number, the process to display; other recorders write there what they like. */
static const struct {
	const char *client;
	int process;
} clients[] = {{"5", 5}, {"\"a\"", 3}, {":n1", 3}, {"{:host [1 2]}", 3}, {"nil", 3}, {"5.5", 3}};

START_TEST(client_of_jepsen_that_is_no_number_is_somebody_elses)
{
	char text[256];

	snprintf(text, sizeof(text), "{:type :invoke :f :acquire :process 3 :client %s}",
		 clients[_i].client);
	struct trace trace = import_text(TRACE_JEPSEN, text);

	ck_assert_int_eq(trace.op[0].process, clients[_i].process);
	trace_free(&trace);
}
END_TEST

/* What begins as a number is one to its end. */
static const char *const no_numbers[] = {"1/", "1/x", "1/2x", "1/-2",  "1Nx", "0x1g",
					 "1e", "1e+", "2M3",  "1.2.3", "+1/", "-1e-"};

START_TEST(edn_number_that_is_none_is_refused)
{
	char text[256];

	snprintf(text, sizeof(text), "{:value %s}", no_numbers[_i]);
	refuse_text(TRACE_JEPSEN, text, ":1:9:", "a number");
}
END_TEST

/* What an answer says that the question did not ask for: the values of locks, other values than
 * were written, reads without any. It is counted, for the reader to be told of. */
static const struct {
	const char *question, *answer; /* the fields behind the process */
	uint64_t other_values, lock_values, valueless, left_out;
	int64_t token; /* 0: none */
} answers[] = {
	{"\"f\":\"write\",\"value\":1", "", 0, 0, 0, 0, 0},
	{"\"f\":\"write\",\"value\":1", ",\"value\":1", 0, 0, 0, 0, 0},
	{"\"f\":\"write\",\"value\":1", ",\"value\":null", 0, 0, 0, 0, 0},
	{"\"f\":\"write\",\"value\":1", ",\"value\":2", 1, 0, 0, 0, 0},
	{"\"f\":\"write\",\"value\":1", ",\"value\":\"OK\"", 1, 0, 0, 0, 0},
	{"\"f\":\"cas\",\"value\":[1,2]", ",\"value\":[1,2]", 0, 0, 0, 0, 0},
	{"\"f\":\"cas\",\"value\":[1,2]", ",\"value\":null", 0, 0, 0, 0, 0},
	{"\"f\":\"cas\",\"value\":[1,2]", ",\"value\":[1,3]", 1, 0, 0, 0, 0},
	{"\"f\":\"cas\",\"value\":[1,2]", ",\"value\":[0,2]", 1, 0, 0, 0, 0},
	{"\"f\":\"cas\",\"value\":[1,2]", ",\"value\":true", 1, 0, 0, 0, 0},
	{"\"f\":\"read\"", ",\"value\":1", 0, 0, 0, 0, 0},
	{"\"f\":\"read\"", "", 0, 0, 1, 1, 0},
	{"\"f\":\"acquire\"", "", 0, 0, 0, 0, 0},
	{"\"f\":\"acquire\"", ",\"value\":null", 0, 0, 0, 0, 0},
	{"\"f\":\"acquire\"", ",\"value\":7", 0, 1, 0, 0, 0},
	{"\"f\":\"acquire\"", ",\"value\":{\"fence\":17}", 0, 0, 0, 0, 17},
	{"\"f\":\"try-acquire\"", ",\"value\":{\"token\":17}", 0, 0, 0, 0, 17},
	{"\"f\":\"acquire\"", ",\"value\":{\"fencing-token\":17}", 0, 0, 0, 0, 17},
	{"\"f\":\"acquire\"", ",\"value\":{\"fence\":null,\"token\":18}", 0, 0, 0, 0, 18},
	{"\"f\":\"acquire\"", ",\"value\":{\"fence\":null}", 0, 1, 0, 0, 0},
	{"\"f\":\"acquire\"", ",\"value\":{\"other\":17}", 0, 1, 0, 0, 0},
	{"\"f\":\"acquire\"", ",\"token\":5,\"value\":{\"fence\":17}", 0, 0, 0, 0, 5},
	{"\"f\":\"release\"", ",\"value\":{\"fence\":17}", 0, 0, 0, 0, 0},
};

START_TEST(what_an_answer_says_besides_is_counted)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "{\"type\":\"invoke\",\"process\":1,%s}\n{\"type\":\"ok\",\"process\":1%s}\n",
		 answers[_i].question, answers[_i].answer);
	struct trace trace = import_text(TRACE_JSONL, text);

	ck_assert_uint_eq(trace.other_values, answers[_i].other_values);
	ck_assert_uint_eq(trace.lock_values, answers[_i].lock_values);
	ck_assert_uint_eq(trace.valueless, answers[_i].valueless);
	ck_assert_uint_eq(trace.left_out, answers[_i].left_out);
	ck_assert_uint_eq(trace.ops, 1 - answers[_i].left_out);
	if (trace.ops) {
		ck_assert_int_eq(trace.op[0].token, answers[_i].token);
		ck_assert_int_eq(trace.op[0].has_token, answers[_i].token != 0);
		ck_assert_int_eq(trace.op[0].outcome, TRACE_OK);
	}
	trace_free(&trace);
}
END_TEST

START_TEST(answers_of_many_are_added_up)
{
	struct trace trace = import_text(
		TRACE_JSONL, "{\"type\":\"invoke\",\"process\":1,\"f\":\"write\",\"value\":1}\n"
			     "{\"type\":\"ok\",\"process\":1,\"value\":2}\n"
			     "{\"type\":\"invoke\",\"process\":1,\"f\":\"cas\",\"value\":[1,2]}\n"
			     "{\"type\":\"ok\",\"process\":1,\"value\":3}\n"
			     "{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\"}\n"
			     "{\"type\":\"ok\",\"process\":1,\"value\":4}\n"
			     "{\"type\":\"invoke\",\"process\":2,\"f\":\"acquire\"}\n"
			     "{\"type\":\"ok\",\"process\":2,\"value\":5}\n"
			     "{\"type\":\"invoke\",\"process\":1,\"f\":\"read\"}\n"
			     "{\"type\":\"ok\",\"process\":1}\n"
			     "{\"type\":\"invoke\",\"process\":1,\"f\":\"read\"}\n"
			     "{\"type\":\"ok\",\"process\":1}\n");

	ck_assert_uint_eq(trace.other_values, 2);
	ck_assert_uint_eq(trace.lock_values, 2);
	ck_assert_uint_eq(trace.valueless, 2);
	ck_assert_uint_eq(trace.left_out, 2);
	ck_assert_uint_eq(trace.ops, 4);
	trace_free(&trace);
}
END_TEST

/* Processes are integers of 32 bits, or names, but not both. */
START_TEST(processes_are_integers_or_names_throughout)
{
	static const struct refusal refusals[] = {
		{"{\"type\":\"invoke\",\"process\":2147483648,\"f\":\"read\"}\n",
		 ":1:28:", "a process of 32 bits"},
		{"{\"type\":\"invoke\",\"process\":-2147483649,\"f\":\"read\"}\n",
		 ":1:28:", "a process of 32 bits"},
		{"{\"type\":\"invoke\",\"f\":\"read\"}\n", ":1:1:", "a process"},
		{"{\"type\":\"invoke\",\"process\":\"a\",\"f\":\"read\"}\n"
		 "{\"type\":\"invoke\",\"process\":1,\"f\":\"read\"}\n",
		 ":2:28:", "a name, as the processes before"},
		{"{\"type\":\"invoke\",\"process\":1.5,\"f\":\"read\"}\n",
		 ":1:28:", "an integer or a name (the process)"},
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		refuse_text(TRACE_JSONL, refusals[i].text, refusals[i].place, refusals[i].says);
	struct trace trace = import_text(
		TRACE_JSONL, "{\"type\":\"invoke\",\"process\":2147483647,\"f\":\"acquire\"}\n"
			     "{\"type\":\"invoke\",\"process\":-2147483648,\"f\":\"acquire\"}\n");

	ck_assert_int_eq(trace.op[0].process, INT32_MAX);
	ck_assert_int_eq(trace.op[1].process, INT32_MIN);
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: what events mean");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, owner_named_as_a_process_is_not_that_process, 0, 2);
	tcase_add_test(tests, owner_of_one_name_is_one);
	tcase_add_loop_test(tests, attempt_may_try_again_after_a_try_that_failed, 0, 2);
	tcase_add_loop_test(tests, attempt_may_not_try_again_after_a_try_of_unknown_outcome, 0, 2);
	tcase_add_test(tests, failed_try_saw_the_lock_held_unless_it_failed_for_a_reason);
	tcase_add_test(tests, failed_acquire_is_no_observer);
	tcase_add_loop_test(tests, client_of_jepsen_that_is_no_number_is_somebody_elses, 0,
			    (int)(sizeof(clients) / sizeof(*clients)));
	tcase_add_loop_test(tests, edn_number_that_is_none_is_refused, 0,
			    (int)(sizeof(no_numbers) / sizeof(*no_numbers)));
	tcase_add_loop_test(tests, what_an_answer_says_besides_is_counted, 0,
			    (int)(sizeof(answers) / sizeof(*answers)));
	tcase_add_test(tests, answers_of_many_are_added_up);
	tcase_add_test(tests, processes_are_integers_or_names_throughout);
	return suite_run(suite);
}
