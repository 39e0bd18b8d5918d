/* What the events of whatever format mean: who owns, what failed, what is another's. */
#include "tests/support/suite.h"
#include "tests/unit/history_formats_rig.h"

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
	return suite_run(suite);
}
