/*
 * What `check` says of a file that it judges while it reads it is what it says of the whole trace,
 * but for times and memory; and a file that cannot be judged so is judged as a whole.
 */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judging/trace_stream.h"
#include "tests/support/public_histories.h"
#include "tests/support/suite.h"
#include "tests/unit/judging_traces_rig.h"

/* What was said of one file, by one of the two judges. */
struct said {
	int failed; /* exit code of an error */
	bool streamed;
	char json[8192], text[4096];
};

static void take(FILE *out, char *into, size_t size)
{
	rewind(out);
	into[fread(into, 1, size - 1, out)] = '\0';
	fclose(out);
}

static void cut(char *text, const char *from)
{
	char *at = strstr(text, from);

	if (at)
		*at = '\0';
}

static void ask(enum trace_stream stream, struct said *said)
{
	struct trace_check check;
	struct error err = {0};
	FILE *json = tmpfile(), *text = tmpfile();

	*said = (struct said){0};
	asked.stream = stream;
	said->failed = trace_check_run(&asked, &check, &err) ? (int)err.code : 0;
	if (!said->failed) {
		said->streamed = check.streamed;
		trace_check_print_json(&check, "file", json);
		trace_check_print(&check, "file", text);
		trace_check_free(&check);
	} else {
		fputs(err.text, text);
	}
	take(json, said->json, sizeof(said->json));
	take(text, said->text, sizeof(said->text));
	/* times and memory stand at the end; words may be broken into lines before */
	cut(said->json, "\"read_s\"");
	if (!said->failed)
		cut(said->text, "decided");
	for (char *at = said->text; *at; at++)
		*at = *at == '\n' ? ' ' : *at;
}

/* Judges the file of the request both ways; true when it was judged as it was read. */
static bool says_the_same(void)
{
	struct said stream, whole;

	ask(STREAM_ALWAYS, &stream);
	ask(STREAM_NEVER, &whole);
	ck_assert(!whole.streamed);
	ck_assert_int_eq(stream.failed, whole.failed);
	ck_assert_str_eq(stream.json, whole.json);
	ck_assert_str_eq(stream.text, whole.text);
	return stream.streamed;
}

static bool both(const char *text)
{
	asked.path = write_source(text, strlen(text));
	return says_the_same();
}

#define HEAD "type,process,f,owner,attempt,token,mode\n"

START_TEST(a_stream_says_what_the_whole_trace_says)
{
	ck_assert(both(HEAD
		       "invoke,1,acquire,a,1,,\nok,1,,,,7,\ninvoke,1,release,a,1,,\nok,1,,,,,\n"));
	/* what was told and not judged: an attempt, tokens, shared modes */
	ck_assert(both("type,process,f,object,attempt\ninvoke,1,acquire,A,1\nok,1,,A,\n"
		       "invoke,2,acquire,B,\nok,2,,B,\ninvoke,2,release,B,9\ninfo,2,,B,\n"));
	asked.model = "mutex";
	ck_assert(both(HEAD "invoke,1,acquire,a,1,,shared\nok,1,,,,7,\ninvoke,3,acquire,a,2,,\n"));
	asked.model = NULL;
	ck_assert(both("{:process 0 :type :invoke :f :acquire}"
		       "{:process 0 :type :ok :f :acquire :value \"OK\"}"
		       "{:process 0 :type :invoke :f :release}"
		       "{:process 0 :type :fail :f :release :error :timeout}"));
	asked.prefix = true;
	ck_assert(both(HEAD "invoke,1,acquire,a,1,,\nok,1,,,,7,\ninvoke,1,rel"));
}
END_TEST

START_TEST(what_is_not_judged_so_is_judged_as_a_whole)
{
	asked.explain = true;
	ck_assert(!both(
		HEAD "invoke,1,acquire,a,1,,\nok,1,,,,7,\ninvoke,2,acquire,b,2,,\nok,2,,,,8,\n"));
	ck_assert(
		!both("type,process,f,value\ninvoke,1,write,4\nok,1,,\ninvoke,2,read,\nok,2,,5\n"));
	ck_assert(!both(HEAD "invoke,1,acquire,a,1,,\ninvoke,2,acquire,b,1,,\n")); /* refused */
	ck_assert(!both(HEAD "invoke,1,acquire,a,1,,\nok,2,,,,,\n"));
	ck_assert(!both("{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\"}\nnonsense\n"));
	asked.sort = SORT_TIME;
	ck_assert(!both("type,process,f,time\ninvoke,1,acquire,1\nok,1,,2\n"));
	asked.sort = SORT_NONE;
	asked.initial = "3";
	ck_assert(!both("type,process,f,value\ninvoke,1,read,\nok,1,,3\n"));
}
END_TEST

START_TEST(only_large_files_that_can_be_read_again_are_streamed)
{
	static const char text[] = "type,process,f\ninvoke,1,acquire\nok,1,\n";
	static const unsigned char zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
	char pipe_name[32], directory[400];
	int ends[2];

	asked.path = write_source(text, strlen(text));
	ck_assert(!trace_stream_applies(&asked));
	ck_assert_int_eq(truncate(asked.path, 2999999999), 0);
	ck_assert(!trace_stream_applies(&asked));
	ck_assert_int_eq(truncate(asked.path, 3000000000), 0);
	ck_assert(trace_stream_applies(&asked));
	asked.path = write_source((const char *)zstd, sizeof(zstd));
	ck_assert_int_eq(truncate(asked.path, 249999999), 0);
	ck_assert(!trace_stream_applies(&asked));
	ck_assert_int_eq(truncate(asked.path, 250000000), 0);
	ck_assert(trace_stream_applies(&asked));
	ck_assert_int_eq(pipe(ends), 0);
	snprintf(pipe_name, sizeof(pipe_name), "/dev/fd/%d", ends[0]);
	asked.path = pipe_name;
	asked.stream = STREAM_ALWAYS;
	ck_assert(!trace_stream_applies(&asked));
	/* Standard input, also where there is a file of that name. */
	asked.path = "-";
	ck_assert(!trace_stream_applies(&asked));
	asked.path = write_source(text, strlen(text));
	snprintf(directory, sizeof(directory), "%s", asked.path);
	*strrchr(directory, '/') = '\0';
	ck_assert(chdir(directory) == 0 && rename(asked.path, "-") == 0);
	asked.path = "./-";
	ck_assert(trace_stream_applies(&asked));
	asked.path = "-";
	ck_assert(!trace_stream_applies(&asked));
}
END_TEST

/* Of others ----------------------------------------------------------------------------------- */

static int files;

static int visit(const char *path, const struct stat *status, int kind, struct FTW *at)
{
	(void)at;
	if (kind != FTW_F || status->st_size > 4000000)
		return 0;
	asked.path = path;
	asked.max_seconds = 1;
	asked.bounds.configurations = 100000; /* the same end of a search, each time */
	says_the_same();
	files++;
	return 0;
}

START_TEST(public_histories_are_judged_the_same)
{
	ck_assert_int_eq(nftw(public_histories(), visit, 8, FTW_PHYS), 0);
	ck_assert_int_eq(nftw("tests/fuzz/corpus", visit, 8, FTW_PHYS), 0);
	ck_assert_int_gt(files, 60);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream");
	TCase *said = tcase_create("what is said"), *others = tcase_create("of others");

	tcase_add_checked_fixture(said, forget_request, NULL);
	tcase_add_test(said, a_stream_says_what_the_whole_trace_says);
	tcase_add_test(said, what_is_not_judged_so_is_judged_as_a_whole);
	tcase_add_test(said, only_large_files_that_can_be_read_again_are_streamed);
	suite_add_tcase(suite, said);
	tcase_add_checked_fixture(others, forget_request, NULL);
	tcase_add_test(others, public_histories_are_judged_the_same);
	tcase_set_timeout(others, 250);
	suite_add_tcase(suite, others);
	return suite_run(suite);
}
