/* The operations logs of etcd's robustness tests: what they tell of each key. */
#include "tests/support/suite.h"
#include "tests/unit/traces_rig.h"

/* Lines: client, times, and what was asked and answered. */
#define LINE(client, call, input, output, returned)                                                \
	"{\"ClientId\":" #client ",\"Input\":{" input "},\"Call\":" #call ",\"Output\":{" output   \
	"},\"Return\":" #returned "}\n"
#define ASKED(conditions, success, failure)                                                        \
	"\"Type\":\"txn\",\"Range\":null,\"Txn\":{\"Conditions\":" conditions                      \
	",\"OperationsOnSuccess\":" success ",\"OperationsOnFailure\":" failure "}"
#define PUT(key, value)                                                                            \
	"{\"Type\":\"put-operation\",\"Put\":{\"Key\":\"" key "\",\"Value\":{\"Value\":\"" value   \
	"\",\"Hash\":0},\"LeaseID\":0},\"Delete\":{\"Key\":\"\"}}"
#define LEASED(key, value)                                                                         \
	"{\"Type\":\"put-operation\",\"Put\":{\"Key\":\"" key "\",\"Value\":{\"Value\":\"" value   \
	"\",\"Hash\":0},\"LeaseID\":7}}"
#define GET(key)          "{\"Type\":\"range-operation\",\"Range\":{\"Start\":\"" key "\",\"Limit\":0}}"
#define GOT(kvs)          "{\"KVs\":[" kvs "],\"Count\":1,\"Deleted\":0}"
#define DELETE(key)       "{\"Type\":\"delete-operation\",\"Delete\":{\"Key\":\"" key "\"}}"
#define IF(key, revision) "[{\"Key\":\"" key "\",\"ExpectedRevision\":" #revision "}]"
#define DID(failure, results, revision)                                                            \
	"\"Txn\":{\"Failure\":" failure ",\"Results\":[" results "]},\"Revision\":" #revision      \
	",\"Error\":\"\""
#define NOTHING   "{\"KVs\":null,\"Count\":0,\"Deleted\":0}"
#define GONE      "{\"Deleted\":1}"
#define LOST      "\"Txn\":null,\"Revision\":0,\"Error\":\"etcdserver: request timed out\""
#define READ(key) "\"Type\":\"range\",\"Range\":{\"Start\":\"" key "\",\"End\":\"\",\"Revision\":0}"
#define LIST(from, below, limit)                                                                   \
	"\"Type\":\"range\",\"Range\":{\"Start\":\"" from "\",\"End\":\"" below                    \
	"\",\"Limit\":" #limit ",\"Revision\":0}"
#define SAW(kvs, revision) "\"Range\":{\"KVs\":[" kvs "],\"Count\":1},\"Revision\":" #revision
#define KV(key, value, revision)                                                                   \
	"{\"Key\":\"" key "\",\"Value\":{\"Value\":\"" value "\"},\"ModRevision\":" #revision "}"

#define RANGES                                                                                     \
	LINE(1, 10, ASKED("null", "[" PUT("a", "x") "]", "null"), DID("false", NOTHING, 2), 50)    \
	LINE(2, 10, ASKED("null", "[" PUT("b", "y") "]", "null"), DID("false", NOTHING, 3), 50)    \
	LINE(3, 10, LIST("a", "c", 0), SAW(KV("a", "x", 2), 2), 50)                                \
	LINE(4, 10, LIST("a", "c", 0), SAW(KV("b", "y", 3), 3), 50)
#define RANGES_EVENTS                                                                              \
	"1 write, 2 write, 3 read, 3 read, 4 read, 4 read, 1 write ok [\"x\" 2], "                 \
	"2 write ok [\"y\" 3], 3 read ok [\"x\" 2], 3 read ok, 4 read ok, 4 read ok [\"y\" 3]"

static const struct {
	const char *text, *events, *remark, *doubt;
} cases[] = {
	/* a put has its revision, a delete that found nothing saw nothing */
	{LINE(1, 10, ASKED("null", "[" PUT("a", "x") "]", "null"), DID("false", NOTHING, 2),
	      20) LINE(1, 30, READ("a"), SAW(KV("a", "x", 2), 2), 40)
		 LINE(1, 50, ASKED("null", "[" DELETE("a") "]", "null"), DID("false", GONE, 3), 60)
			 LINE(2, 70, ASKED("null", "[" DELETE("a") "]", "null"),
			      DID("false", NOTHING, 3), 80),
	 "1 write, 1 write ok [\"x\" 2], 1 read, 1 read ok [\"x\" 2], 1 write, 1 write ok, 2 read, "
	 "2 read ok",
	 NULL, NULL},
	/* the order is that of the times, not of the lines */
	{LINE(2, 15, READ("a"), SAW("", 1), 40) LINE(
		 1, 10, ASKED("null", "[" PUT("a", "x") "]", "null"), DID("false", NOTHING, 2), 15),
	 "1 write, 2 read, 1 write ok [\"x\" 2], 2 read ok", NULL, NULL},
	/* a compare is a cas, and one that failed saw another version */
	{LINE(1, 10, ASKED(IF("a", 0), "[" PUT("a", "x") "]", "null"), DID("false", NOTHING, 2), 20)
		 LINE(1, 30, ASKED(IF("a", 2), "[" PUT("a", "y") "]", "null"),
		      DID("false", NOTHING, 3), 40)
			 LINE(1, 50, ASKED(IF("a", 2), "[" PUT("a", "z") "]", "null"),
			      DID("true", "", 3), 60),
	 "1 cas, 1 cas ok [\"x\" 2], 1 cas, 1 cas ok [\"x\" 2] [\"y\" 3], 1 cas, "
	 "1 cas fail [\"x\" 2] nil",
	 NULL, NULL},
	/* what a transaction reads is what its compare saw, or what its write was based on */
	{LINE(1, 10, ASKED("null", "[" PUT("a", "x") "]", "null"), DID("false", NOTHING, 2), 20)
		 LINE(1, 30,
		      ASKED(IF("a", 2), "[" GET("a") "," GET("a") "," PUT("a", "y") "]", "null"),
		      DID("false", GOT(KV("a", "x", 2)) "," GOT(KV("a", "x", 2)) "," NOTHING, 3),
		      40) LINE(1, 50, ASKED("null", "[" GET("a") "," PUT("a", "z") "]", "null"),
			       DID("false", GOT(KV("a", "y", 3)) "," NOTHING, 4), 60),
	 "1 write, 1 write ok [\"x\" 2], 1 cas, 1 cas ok [\"x\" 2] [\"y\" 3], 1 cas, "
	 "1 cas ok [\"y\" 3] [\"z\" 4]",
	 NULL, NULL},
	/* behind its own write it reads that; what it reads for a compare that failed is a read */
	{LINE(1, 10, ASKED("null", "[" PUT("a", "x") "," GET("a") "]", "null"),
	      DID("false", NOTHING "," GOT(KV("a", "x", 2)), 2), 20)
		 LINE(1, 30, ASKED(IF("a", 5), "[" PUT("a", "y") "]", "[" GET("a") "]"),
		      DID("true", GOT(KV("a", "x", 2)), 2), 40),
	 "1 write, 1 write ok [\"x\" 2], 1 read, 1 read ok [\"x\" 2]", NULL, NULL},
	/* an open put has the revision at which it was seen */
	{LINE(1, 10, ASKED("null", "[" PUT("a", "x") "]", "null"), LOST, 20)
		 LINE(2, 30, READ("a"), SAW(KV("a", "x", 2), 2), 40),
	 "1 write ? [\"x\" 2], 2 read, 2 read ok [\"x\" 2]", NULL, NULL},
	/* ... and none when it was not seen; a read without an answer is left out */
	{LINE(1, 10, ASKED(IF("a", 0), "[" PUT("a", "x") "]", "null"), LOST, 20)
		 LINE(2, 30, READ("a"), "\"Revision\":0,\"Error\":\"timed out\"", 40),
	 "1 cas ? [\"x\" nil]", NULL, NULL},
	/* a range is a read of every key in it, up to its limit */
	{LINE(1, 10, ASKED("null", "[" PUT("b", "x") "]", "null"), DID("false", NOTHING, 2), 20)
		 LINE(2, 30, READ("c"), SAW("", 2), 31) LINE(3, 40, LIST("a", "c", 0),
							     SAW(KV("b", "x", 2), 2), 50)
			 LINE(4, 60, LIST("a", "\\u0000", 1), SAW(KV("b", "x", 2), 2), 70)
				 LINE(5, 80, LIST("a", "d", 0), SAW(KV("b", "x", 2), 2), 90),
	 "1 write, 1 write ok [\"x\" 2], 2 read, 2 read ok, 3 read, 3 read ok [\"x\" 2], 4 read, "
	 "4 read ok [\"x\" 2], 5 read, 5 read, 5 read ok [\"x\" 2], 5 read ok",
	 NULL, NULL},
	/* each key is linearizable, and yet the two ranges contradict one another */
	{RANGES, RANGES_EVENTS, NULL, "is no order that the store's revisions allow"},
	/* ... which is not certain when outcomes are unknown */
	{RANGES LINE(5, 60, ASKED("null", "[" PUT("c", "x") "]", "null"), LOST, 70),
	 RANGES_EVENTS ", 5 write ? [\"x\" nil]", NULL, "are 2 operations on several keys at once"},
	/* a register would allow it, the revisions do not: 2 was put after 3 was over */
	{LINE(1, 10, ASKED("null", "[" PUT("a", "y") "]", "null"), DID("false", NOTHING, 3), 20)
		 LINE(1, 30, ASKED("null", "[" PUT("a", "x") "]", "null"), DID("false", NOTHING, 2),
		      40),
	 "1 write, 1 write ok [\"y\" 3], 1 write, 1 write ok [\"x\" 2]", NULL,
	 "is no order that the store's revisions allow"},
	/* a transaction on two keys that the revisions prove, an open one among them */
	{LINE(1, 10, ASKED("null", "[" PUT("a", "x") "," PUT("b", "y") "]", "null"), LOST, 20)
		 LINE(2, 30, LIST("a", "c", 0), SAW(KV("a", "x", 2) "," KV("b", "y", 2), 2), 50),
	 "1 write ? [\"x\" 2], 1 write ? [\"y\" 2], 2 read, 2 read, 2 read ok [\"x\" 2], "
	 "2 read ok [\"y\" 2]",
	 NULL, NULL},
	/* ... and with a compare in it */
	{LINE(1, 10, ASKED(IF("a", 0), "[" PUT("b", "y") "," PUT("a", "x") "]", "null"), LOST, 20)
		 LINE(2, 30, LIST("a", "c", 0), SAW(KV("a", "x", 2) "," KV("b", "y", 2), 2), 50),
	 "1 write ? [\"y\" 2], 1 write ? [\"x\" 2], 2 read, 2 read, 2 read ok [\"x\" 2], "
	 "2 read ok [\"y\" 2]",
	 NULL, NULL},
	/* the store is empty at revision 1: that is as sure as any other answer */
	{LINE(5, 1, READ("a"), SAW("", 1), 5) RANGES, "5 read, 5 read ok, " RANGES_EVENTS, NULL,
	 "is no order that the store's revisions allow"},
	/* a key with a lease vanishes when it likes */
	{LINE(1, 10, ASKED("null", "[" LEASED("a", "x") "]", "null"), DID("false", NOTHING, 2), 20)
		 LINE(1, 30, READ("a"), SAW("", 3), 40),
	 "1 write, 1 write ok [\"x\" 2], -1 write, 1 read, -1 write ok, 1 read ok",
	 "1 key with a lease may vanish at any time; 1 write inferred", NULL},
	/* revision 2 was nobody's: others write, too */
	{LINE(1, 10, READ("a"), SAW(KV("a", "x", 2), 3), 20) LINE(1, 30, READ("a"), SAW("", 3), 40),
	 "-1 write, 1 read, -1 write ok [\"x\" 2], 1 read ok [\"x\" 2], -1 write, 1 read, "
	 "-1 write ok, 1 read ok",
	 "others wrote, too, by its revisions: what they did is taken from what was read; 2 writes "
	 "inferred",
	 NULL},
	/* what no register has */
	{LINE(1, 10, "\"Type\":\"leaseGrant\",\"LeaseGrant\":{\"LeaseID\":7}", "\"Revision\":1",
	      20) LINE(1, 30, "\"Type\":\"defragment\"", "\"Revision\":0", 40)
		 LINE(1, 50, "\"Type\":\"range\",\"Range\":{\"Start\":\"a\",\"Revision\":1}",
		      SAW("", 1), 60),
	 "", "left out: 1 lease grant, 1 compaction or defragmentation, 1 read of an old revision",
	 NULL},
};

static void expect_text(const char *got, const char *wanted)
{
	if (wanted)
		ck_assert_str_eq(got ? got : "(none)", wanted);
	else
		ck_assert_msg(!got, "said: %s", got);
}

START_TEST(operations_become_those_of_registers)
{
	struct trace trace = import_text(TRACE_AUTO, cases[_i].text);

	ck_assert_str_eq(trace.format, "etcd-operations");
	expect_events(&trace, cases[_i].events);
	expect_text(trace.remark, cases[_i].remark);
	expect_text(trace.doubt, cases[_i].doubt);
	trace_free(&trace);
}
END_TEST

/* One revision is nobody's, and one outcome is unknown: it may be either. */
START_TEST(what_others_may_have_done_makes_a_weaker_trace)
{
	struct trace trace = import_text(
		TRACE_AUTO, LINE(1, 10, ASKED("null", "[" PUT("a", "x") "]", "null"), LOST, 20)
				    LINE(1, 30, READ("a"), SAW(KV("a", "y", 2), 2), 40));

	expect_events(&trace, "1 write ? [\"x\" nil], 1 read, 1 read ok [\"y\" 2]");
	ck_assert_ptr_nonnull(trace.weaker);
	expect_events(trace.weaker, "1 write ? [\"x\" nil], -1 write, 1 read, "
				    "-1 write ok [\"y\" 2], 1 read ok [\"y\" 2]");
	trace_free(&trace);
}
END_TEST

/* A write that is inferred was invoked before any of those who saw it, and had returned before the
 * first of them had; it is found where the log first tells of it. */
START_TEST(inferred_write_lies_within_the_times_of_all_who_saw_it)
{
	struct trace trace = import_text(
		TRACE_AUTO, LINE(9, 1, READ("b"), SAW("", 1), 2) LINE(1, 30, READ("a"),
								      SAW(KV("a", "x", 2), 2), 60)
				    LINE(2, 20, READ("a"), SAW(KV("a", "x", 2), 2), 80)
					    LINE(3, 40, READ("a"), SAW(KV("a", "x", 2), 2), 50));
	const struct trace_op *inferred = NULL;

	expect_events(&trace,
		      "-1 write, 9 read, -1 write ok, 9 read ok, -1 write, 2 read, 1 read, 3 read, "
		      "-1 write ok [\"x\" 2], 3 read ok [\"x\" 2], "
		      "1 read ok [\"x\" 2], 2 read ok [\"x\" 2]");
	for (uint32_t i = 0; i < trace.ops; i++)
		if (trace.op[i].process == -1)
			inferred = &trace.op[i];
	ck_assert_ptr_nonnull(inferred);
	ck_assert_uint_eq(inferred->line, 2);
	ck_assert_int_eq(inferred->invoked_ns, 19);
	ck_assert_int_eq(inferred->returned_ns, 49);
	trace_free(&trace);
}
END_TEST

static const struct refusal refusals[] = {
	{LINE(1, 10, READ("a"), SAW("", 1), 9), ":1:", "not before the Call"},
	{LINE(1, x, READ("a"), SAW("", 1), 9), ":1:", "JSON value"},
	{LINE("1", 10, READ("a"), SAW("", 1), 19), ":1:", "a ClientId"},
	{LINE(1, 10, READ("a"), "\"Revision\":1", 19), ":1:", "a Range in the Output, or an Error"},
	{LINE(1, 10, "\"Type\":\"rnge\"", SAW("", 1), 19), ":1:", "a Type: range, txn"},
	{LINE(1, 10, READ("a"), SAW(KV("b", "x", 2), 2), 19), ":1:", "the key that was asked for"},
	{LINE(1, 10, READ("a"), SAW("{\"Key\":\"a\"}", 2), 19), ":1:", "its ModRevision"},
	{LINE(1, 10, ASKED("null", "[" PUT("a", "x") "]", "null"), DID("false", "", 2), 19),
	 ":1:", "a result for each operation"},
	{LINE(1, 10, ASKED("null", "[" PUT("a", "x") "]", "null"), DID("false", NOTHING, 0), 19),
	 ":1:", "Revision"},
	{LINE(1, 10, READ("a"), SAW("", 1), 19) "\n{\"ClientId\":1", ":3:", ", or }"},
	{LINE(1, 10, READ("a"), SAW("", 1), 19) "[]\n", ":2:1:", "an object with ClientId"},
};

/* As refuse_text; the column is that of the value, wherever it stands. */
START_TEST(malformed_operations_are_refused_with_their_place)
{
	const struct refusal *refusal = &refusals[_i];
	struct trace_source source = {.path = write_source(refusal->text, strlen(refusal->text))};
	struct trace trace;
	struct error err = {0};

	ck_assert_msg(trace_import(&source, &trace, &err) == -1, "accepted: %s", refusal->text);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, refusal->place) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, refusal->says) != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: etcd's operations");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, operations_become_those_of_registers, 0,
			    (int)(sizeof(cases) / sizeof(*cases)));
	tcase_add_test(tests, inferred_write_lies_within_the_times_of_all_who_saw_it);
	tcase_add_test(tests, what_others_may_have_done_makes_a_weaker_trace);
	tcase_add_loop_test(tests, malformed_operations_are_refused_with_their_place, 0,
			    (int)(sizeof(refusals) / sizeof(*refusals)));
	return suite_run(suite);
}
