/* Porcupine's logs, and public histories. */
#include "tests/support/public_histories.h"
#include "tests/support/suite.h"
#include "tests/unit/traces_rig.h"

#include <dirent.h>

START_TEST(register_log_is_read_with_tabs_and_spaces)
{
	struct trace trace = import_text(
		_i ? TRACE_AUTO : TRACE_REGISTER_LOG,
		"INFO  jepsen.util - 0\t:invoke\t:read\tnil\n"
		"INFO  jepsen.util - 1   :invoke   :write   4\r\n"
		"\n"
		"INFO  jepsen.util - :nemesis\t:info\t:start\t\"Cut off {:n1 #{:n2}}\" and more\n"
		"INFO  jepsen.util - 0\t:ok\t:read\t4\n"
		"INFO  jepsen.util - 1\t:info\t:write\t:timed-out\n"
		"INFO  jepsen.util - 6\t:invoke\t:cas\t[4 2]\n"
		"INFO  jepsen.util - 0\t:invoke\t:read\tnil\n"
		"INFO  jepsen.util - 0\t:fail\t:read\t:timed-out\n"
		"INFO  jepsen.util - 6\t:fail\t:cas\t[4 2]\n"
		"INFO  jepsen.util - 6\t:invoke\t:cas\t[4 5]\n"
		"INFO  jepsen.util - 6\t:fail\t:cas\t:timed-out\n"
		"INFO  jepsen.util - 6\t:invoke\t:read\tnil\n"
		"INFO  jepsen.util - 6\t:ok\t:read\tnil");

	expect_events(&trace, "0 read, 1 write ? 4, 0 read ok 4, 6 cas, 6 cas fail 4 2, 6 read, "
			      "6 read ok");
	ck_assert_uint_eq(trace.ignored, 1);
	ck_assert_uint_eq(trace.left_out, 2);
	ck_assert_uint_eq(trace.op[2].line, 7);
	ck_assert_str_eq(trace.format, "register-log");
	trace_free(&trace);
}
END_TEST

static const struct refusal register_refusals[] = {
	{"INFO  jepsen.util - 0 :invoke :read\n", ":1:36:", "a value, found the end of the line"},
	{"INFO  jepsen.util 0 :invoke :read nil\n", ":1:19:", "INFO  jepsen.util - PROCESS"},
	{"INFO  jepsen.util - 0 :invoke :read nil\nWARN x\n", ":2:1:", "found WARN"},
	{"INFO  jepsen.util - 0 :invoke :read nil x\n", ":1:41:", "the end of the line, found x"},
	{"INFO  jepsen.util - 0 :invoke :raed nil\n", ":1:31:", "perhaps read"},
	{"INFO  jepsen.util - 0 :done :read nil\n", ":1:23:", "a type"},
	{"INFO  jepsen.util - 0 :invoke :cas 3\n", ":1:36:", "[expected new]"},
	{"INFO  jepsen.util - 0 :invoke :write [1\n", ":1:40:", "a form or the closing ]"},
	{"INFO  jepsen.util - 0 :ok :read 3\n", ":1:1:", "an invocation of process 0"},
	{"INFO  jepsen.util - 0 :invoke :read nil\nINFO  jepsen.util - 0 :info :read nil\n"
	 "INFO  jepsen.util - 0 :invoke :read nil\n",
	 ":3:1:", "process 0 again"},
};

START_TEST(register_log_refuses_and_names_the_place)
{
	const struct refusal *refusal = &register_refusals[_i];

	refuse_text(TRACE_REGISTER_LOG, refusal->text, refusal->place, refusal->says);
}
END_TEST

START_TEST(kv_log_tells_keys_apart)
{
	struct trace trace =
		import_text(TRACE_KV_LOG,
			    "{:process 9, :type :invoke, :f :append, :key \"0\", :value \"x 9\"}\n"
			    "{:process 1, :type :invoke, :f :get, :key \"9\", :value nil}\n"
			    "{:process 9, :type :ok, :f :append, :key \"0\", :value \"x 9\"}\n"
			    "{:process 1, :type :ok, :f :get, :key \"9\", :value \"\"}\n");

	expect_events(&trace, "9 append, 1 get, 9 append ok \"x 9\", 1 get ok \"\"");
	ck_assert_uint_eq(trace.objects, 2);
	ck_assert_str_eq(trace_object_name(&trace, trace.op[0].object), "0");
	ck_assert_uint_eq(trace.op[1].a, TRACE_EMPTY);
	ck_assert_str_eq(trace.format, "kv-log");
	trace_free(&trace);
}
END_TEST

/* An answer belongs to the key of its invocation, and a nemesis to none. */
START_TEST(kv_log_needs_a_key_once)
{
	struct trace trace = import_text(
		TRACE_KV_LOG, "{:process 1, :type :invoke, :f :put, :key \"k\", :value 1}\n"
			      "{:process :nemesis, :type :info, :f :start}\n"
			      "{:process 1, :type :ok}\n");

	expect_events(&trace, "1 put, 1 put ok 1");
	ck_assert_uint_eq(trace.ignored, 1);
	trace_free(&trace);
}
END_TEST

START_TEST(kv_log_refuses_what_belongs_to_no_key_or_is_no_text_function)
{
	refuse_text(TRACE_KV_LOG, "{:process 9, :type :invoke, :f :get}", ":1:1:", "a :key");
	refuse_text(TRACE_KV_LOG, "{:process 9, :type :invoke, :f :read, :key \"0\"}",
		    ":1:32:", "get, put or append, found :read");
	refuse_text(TRACE_KV_LOG, "{:process 9, :type :invoke, :f :get, :key nil}",
		    ":1:1:", "a :key");
	/* found by the fuzzer: what is taken over must be UTF-8, whatever form it has */
	refuse_text(TRACE_KV_LOG, "{:process 9, :type :invoke, :f :get, :key #\"a\\\377\"}",
		    ":1:47:", "UTF-8");
}
END_TEST

/* Public histories ---------------------------------------------------------------------------- */

/* How often a word stands in a file, counted without any of our code. */
static unsigned count_word(const char *path, const char *word)
{
	static char text[1 << 20];
	FILE *in = fopen(path, "r");

	ck_assert_ptr_nonnull(in);
	size_t length = fread(text, 1, sizeof(text) - 1, in);
	unsigned count = 0;

	fclose(in);
	text[length] = '\0';
	for (const char *at = text; (at = strstr(at, word)); at++)
		count++;
	return count;
}

static struct trace import_file(const char *path)
{
	struct trace_source source = {.path = path};
	struct trace trace;
	struct error err = {0};

	ck_assert_msg(trace_import(&source, &trace, &err) == 0, "%s", err.text);
	return trace;
}

static unsigned count_outcome(const struct trace *trace, enum trace_outcome outcome)
{
	unsigned count = 0;

	for (uint32_t i = 0; i < trace->ops; i++)
		count += trace->op[i].outcome == outcome;
	return count;
}

/* Every invocation is kept or left out, and every ok is one. The kv logs have functions in the same
 * words; nemesis events in these files are all info. */
static void check_counts(const char *path)
{
	struct trace trace = import_file(path);
	unsigned invoked = count_word(path, ":invoke");

	ck_assert_msg(trace.ops + trace.left_out == invoked, "%s: %u + %lu, not %u", path,
		      trace.ops, (unsigned long)trace.left_out, invoked);
	ck_assert_msg(count_outcome(&trace, TRACE_OK) == count_word(path, ":ok"), "%s", path);
	ck_assert_msg(count_outcome(&trace, TRACE_FAILED) + trace.left_out ==
			      count_word(path, ":fail"),
		      "%s", path);
	ck_assert_msg(trace.ignored == count_word(path, ":nemesis"), "%s", path);
	trace_free(&trace);
}

static const struct {
	const char *folder;
	int files, whole_files; /* at least: of our own part, of the whole collection */
} folders[] = {{"jepsen-etcd", 16, 40},
	       {"knossos/cas-register", 7, 20},
	       {"knossos/mutex", 1, 1},
	       {"porcupine-kv", 3, 4}};

START_TEST(public_histories_come_in_whole)
{
	char path[600];
	int files = 0;

	snprintf(path, sizeof(path), "%s/%s", public_histories(), folders[_i].folder);
	DIR *folder = opendir(path);

	ck_assert_ptr_nonnull(folder);
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/%s", public_histories(), folders[_i].folder,
			 entry->d_name);
		check_counts(path);
		files++;
	}
	closedir(folder);
	ck_assert_int_ge(files, public_histories_are_whole() ? folders[_i].whole_files
							     : folders[_i].files);
}
END_TEST

/* grep -c gives these for the file. */
START_TEST(public_mutex_history_has_its_132_acquires)
{
	char path[600];
	unsigned acquires = 0, releases = 0;

	snprintf(path, sizeof(path), "%s/knossos/mutex/bad-etcd.edn", public_histories());
	struct trace trace = import_file(path);

	for (uint32_t i = 0; i < trace.ops; i++) {
		acquires += trace.op[i].f == TRACE_ACQUIRE && trace.op[i].outcome == TRACE_OK;
		releases += trace.op[i].f == TRACE_RELEASE && trace.op[i].outcome == TRACE_OK;
	}
	ck_assert_uint_eq(acquires, 132);
	ck_assert_uint_eq(releases, 129);
	ck_assert_uint_eq(trace.failures, 158);
	ck_assert_uint_eq(trace.ignored, 12);
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: logs of others");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests, register_log_is_read_with_tabs_and_spaces, 0, 2);
	tcase_add_loop_test(tests, register_log_refuses_and_names_the_place, 0,
			    (int)(sizeof(register_refusals) / sizeof(*register_refusals)));
	tcase_add_test(tests, kv_log_tells_keys_apart);
	tcase_add_test(tests, kv_log_needs_a_key_once);
	tcase_add_test(tests, kv_log_refuses_what_belongs_to_no_key_or_is_no_text_function);
	tcase_add_loop_test(tests, public_histories_come_in_whole, 0,
			    (int)(sizeof(folders) / sizeof(*folders)));
	tcase_add_test(tests, public_mutex_history_has_its_132_acquires);
	return suite_run(suite);
}
