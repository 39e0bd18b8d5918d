/*
 * The judge that listens while a source is read, beside the one that has all of the trace: where
 * the first decides, both say the same; where it must not, it is silent. Against the exhaustive
 * search it is held in linear_oracle_test.
 */
#include <check.h>

#include "base/invariant.h"
#include "checker/linear/stream.h"
#include "tests/oracle/draw.h"
#include "tests/support/suite.h"
#include "tests/support/trace_generator.h"
#include "tests/unit/traces_rig.h"

static const char *path;
static const enum model *asked; /* NULL: guessed */
static int limit;
static uint32_t patience;
static char stopped[1024]; /* why the stream was silent; "" */

static void forget(void)
{
	path = scratch_file("history");
	asked = NULL;
	limit = 1;
	patience = 0;
}

/* Two judges ---------------------------------------------------------------------------------- */

struct judged {
	struct trace trace;
	struct linear_summary summary;
	enum model *models;
	struct seen *seen;
};

static void forget_judged(struct judged *judged)
{
	free(judged->models);
	free(judged->seen);
	trace_free(&judged->trace);
}

/* False: the whole trace is malformed, or of no one model. */
static bool judge_whole(struct judged *judged)
{
	struct trace_source source = {.path = path};
	struct linear_request request = {.limit = limit};
	struct error err = {0};

	*judged = (struct judged){0};
	if (trace_import(&source, &judged->trace, &err))
		return false;
	judged->models = calloc(judged->trace.objects + 1, sizeof(*judged->models));
	judged->seen = models_see(&judged->trace);
	if (asked)
		for (uint32_t i = 0; i < judged->trace.objects; i++)
			judged->models[i] = *asked;
	else if (!models_guess(&judged->trace, judged->models))
		return false;
	request.models = judged->models;
	return linear_judge(&judged->trace, &request, &judged->summary, &err) == 0;
}

static bool judge_stream(struct judged *judged)
{
	struct trace_listener listener;
	struct stream *stream = stream_open(asked, limit, &listener);
	struct trace_source source = {.path = path, .listener = &listener};
	struct error err = {0};

	*judged = (struct judged){0};
	listener.patience = patience;
	bool decided = !trace_import(&source, &judged->trace, &err) &&
		       stream_finish(stream, &judged->trace, &judged->summary, &judged->models,
				     &judged->seen);

	snprintf(stopped, sizeof(stopped), "%s", listener.stopped ? listener.stopped : err.text);
	ck_assert_msg(!decided || !*stopped, "decided, and stopped: %s", stopped);
	stream_close(stream);
	return decided;
}

static void same_counts(const struct trace *one, const struct trace *other)
{
	ck_assert_uint_eq(one->ops, other->ops);
	ck_assert_uint_eq(one->open, other->open);
	ck_assert_uint_eq(one->left_out, other->left_out);
	ck_assert_uint_eq(one->ignored, other->ignored);
	ck_assert_uint_eq(one->objects, other->objects);
	ck_assert_uint_eq(one->acquires_ok, other->acquires_ok);
	ck_assert_uint_eq(one->tokens_ok, other->tokens_ok);
	ck_assert_uint_eq(one->lock_values, other->lock_values);
	ck_assert_uint_eq(one->times_back, other->times_back);
	ck_assert_uint_eq(one->torn_line, other->torn_line);
	ck_assert(one->has_attempts == other->has_attempts);
	ck_assert(one->has_tokens == other->has_tokens);
	ck_assert(one->has_owners == other->has_owners);
}

static void same(const struct judged *stream, const struct judged *whole)
{
	const struct linear_summary *one = &stream->summary, *other = &whole->summary;

	ck_assert_int_eq(other->verdict, LINEARIZABLE);
	ck_assert_int_eq(one->verdict, LINEARIZABLE);
	ck_assert_str_eq(one->result.procedure, other->result.procedure);
	ck_assert_uint_eq(one->objects, other->objects);
	ck_assert_uint_eq(one->worst, other->worst);
	ck_assert_uint_eq(one->not_linearizable + one->unknown, 0);
	same_counts(&stream->trace, &whole->trace);
	for (uint32_t i = 0; i < whole->trace.objects; i++) {
		const struct seen *a = &stream->seen[i], *b = &whole->seen[i];

		if (!asked)
			ck_assert_int_eq(stream->models[i], whole->models[i]);
		ck_assert_str_eq(trace_object_name(&stream->trace, i),
				 trace_object_name(&whole->trace, i));
		ck_assert_uint_eq(a->ops, b->ops);
		ck_assert_uint_eq(a->attempts, b->attempts);
		ck_assert_uint_eq(a->shared, b->shared);
		ck_assert_uint_eq(a->tokens_ok, b->tokens_ok);
		ck_assert(a->nameless == b->nameless);
	}
}

/* Judges the file both ways; true when the stream decided. */
static bool judge_both(void)
{
	struct judged stream, whole;
	bool decided = judge_stream(&stream);

	if (decided) {
		ck_assert(judge_whole(&whole));
		same(&stream, &whole);
		forget_judged(&whole);
	}
	forget_judged(&stream);
	return decided;
}

static FILE *begin_file(void)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	return out;
}

static void write_text(const char *text)
{
	FILE *out = begin_file();

	fputs(text, out);
	fclose(out);
}

static void decides(const char *text)
{
	write_text(text);
	ck_assert_msg(judge_both(), "%s: silent of %s", stopped, text);
}

static void silent(const char *text, const char *why)
{
	write_text(text);
	ck_assert_msg(!judge_both(), "it decided %s", text);
	ck_assert_msg(strstr(stopped, why), "wanted %s, got %s, of %s", why, stopped, text);
}

static const char not_covered[] = "not covered";

/* What it decides ----------------------------------------------------------------------------- */

#define HEAD "type,process,f,owner,attempt,token\n"

START_TEST(locks_are_judged_as_they_are_read)
{
	static const enum model semaphore = MODEL_SEMAPHORE, fenced = MODEL_FENCED_MUTEX,
				deep = MODEL_REENTRANT_MUTEX;

	/* anonymous; 2 sees it held */
	decides("type,process,f\ninvoke,1,acquire\nok,1,\ninvoke,2,try-acquire\nfail,2,\n"
		"invoke,3,release\nok,3,\n");
	/* owners */
	decides(HEAD "invoke,1,acquire,a,,\nok,1,,a,,\ninvoke,2,release,a,,\ninvoke,3,acquire,b,,\n"
		     "ok,2,,,,\nok,3,,,,\ninvoke,3,release,b,,\ninfo,3,,,,\n");
	/* attempts and tokens, 0 too; one release fails, one acquire is never answered */
	decides(HEAD "invoke,1,acquire,,x1,\nok,1,,,,0\ninvoke,2,acquire,,x2,\n"
		     "invoke,1,release,,x1,\nfail,1,,,,\ninvoke,1,release,,x1,\nok,1,,,,\n"
		     "invoke,3,acquire,,x3,\nok,3,,,,7\n");
	/* objects of their own, the second with owners only */
	decides("type,process,f,object,attempt\ninvoke,1,acquire,A,1\nok,1,,A,\n"
		"invoke,2,acquire,B,\nok,2,,B,\ninvoke,2,release,B,\nok,2,,B,\n"
		"invoke,3,acquire,B,\nok,3,,B,\n");
	/* readers and writers */
	decides("type,process,f,attempt,mode\ninvoke,1,acquire,1,shared\nok,1,,,\n"
		"invoke,2,acquire,2,shared\nok,2,,,\ninvoke,1,release,1,\nok,1,,,\n"
		"invoke,2,release,2,\nok,2,,,\ninvoke,3,acquire,3,exclusive\nok,3,,,\n");
	asked = &semaphore;
	limit = 2;
	decides("type,process,f\ninvoke,1,acquire\nok,1,\ninvoke,2,acquire\nok,2,\n");
	asked = &deep;
	decides("type,process,f\ninvoke,1,acquire\nok,1,\ninvoke,1,acquire\nok,1,\n");
	asked = &fenced;
	limit = 1;
	decides(HEAD "invoke,1,acquire,,,\nok,1,,,,5\n");
	silent(HEAD "invoke,1,acquire,,,\nok,1,,,,\n", "its end"); /* unknown: no token */
}
END_TEST

START_TEST(edn_is_judged_as_it_is_read)
{
	decides("{:process 0 :type :invoke :f :acquire}{:process :nemesis :type :info :f :kill}"
		"{:process 0 :type :ok :f :acquire :value {:fence 4}}"
		"{:process 0 :type :invoke :f :release}{:process 0 :type :info :f :release}"
		"{:process 5 :type :invoke :f :acquire}{:process 5 :type :fail :f :acquire}");
}
END_TEST

/* Where a core ends is known late: 1's first release may have done nothing. */
START_TEST(a_hold_may_go_on_after_an_open_release)
{
	static const char retried[] =
		HEAD "invoke,1,acquire,,1,\nok,1,,,,1\ninvoke,1,release,,1,\ninfo,1,,,,\n"
		     "%s"
		     "invoke,1,release,,1,\n%s,1,,,,\n%s"
		     "invoke,2,acquire,,2,\nok,2,,,,2\n";
	/* a failed try that sees it held, and a window of 3 that was before */
	static const char tries[] = "invoke,4,try-acquire,,4,\nfail,4,,,,\n";
	static const char proof[] = "invoke,5,proof,,1,\nok,5,,,,\n";
	static const enum model fenced = MODEL_FENCED_MUTEX;
	char text[512];

	asked = &fenced;
	snprintf(text, sizeof(text), retried, "", "ok", "");
	decides(text);
	snprintf(text, sizeof(text), retried, "", "info", "");
	decides(text);
	snprintf(text, sizeof(text), retried, tries, "ok", "");
	decides(text);
	snprintf(text, sizeof(text), retried, proof, "info", "");
	decides(text);
	decides(HEAD "invoke,3,acquire,,3,\ninfo,3,,,,\ninvoke,3,release,,3,\n"
		     "invoke,1,acquire,,1,\nok,1,,,,1\ninvoke,1,release,,1,\ninfo,1,,,,\n"
		     "ok,3,,,,\ninvoke,1,release,,1,\nok,1,,,,\ninvoke,2,acquire,,2,\nok,2,,,,2\n");
}
END_TEST

#define TAKES(who, token) "invoke," who ",acquire,," who ",\nok," who ",,,," token "\n"
#define PROVES(who)       "invoke," who ",proof,," who ",\nok," who ",,,,\n"
#define RELEASES(who)     "invoke," who ",release,," who ",\nok," who ",,,,\n"

START_TEST(leased_locks_are_judged_as_they_are_read)
{
	decides(HEAD TAKES("1", "3") PROVES("1") PROVES("1") RELEASES("1") TAKES("2", "4")
			PROVES("2"));
	/* a proof without an answer proves nothing, and comes too late for nobody */
	decides(HEAD TAKES("1", "3")
			TAKES("2", "4") "invoke,5,proof,,1,\ninfo,5,,,,\n" PROVES("2"));
	/* the service ended 1's, and 2's; the third has no token */
	decides(HEAD TAKES("1", "3") TAKES("2", "4") TAKES("3", "") PROVES("3"));
	/* 9 took it and gave it back some time, before or after 1 */
	decides(HEAD "invoke,9,acquire,,9,\ninfo,9,,,,\ninvoke,8,release,,9,\n" TAKES(
		"1", "3") "ok,8,,,,\n" PROVES("1"));
	/* 1 goes on after 2 was seen, and after one with a token was; with that it is too late */
	silent(HEAD TAKES("1", "") TAKES("2", "") PROVES("1"), not_covered);
	silent(HEAD TAKES("1", "") TAKES("2", "") PROVES("2") PROVES("1"), not_covered);
	silent(HEAD TAKES("1", "") TAKES("2", "") RELEASES("2") PROVES("1"), not_covered);
	silent(HEAD TAKES("1", "") TAKES("2", "") RELEASES("1"), not_covered);
	silent(HEAD TAKES("1", "5") TAKES("2", "5") PROVES("2"), not_covered);
	silent(HEAD TAKES("1", "5") TAKES("2", "4") PROVES("2"), not_covered);
	silent(HEAD "invoke,9,acquire,,9,\ninvoke,8,proof,,9,\n" TAKES(
		       "1", "3") "ok,8,,,,\nok,9,,,,4\n" PROVES("1"),
	       not_covered);
	silent(HEAD PROVES("1"), not_covered);
}
END_TEST

/* Where it is silent -------------------------------------------------------------------------- */

START_TEST(violations_are_left_to_the_whole_trace)
{
	static const enum model fenced = MODEL_FENCED_MUTEX;

	silent("type,process,f\ninvoke,1,acquire\nok,1,\ninvoke,2,acquire\nok,2,\n", not_covered);
	silent(HEAD "invoke,1,acquire,a,,\nok,1,,,,\ninvoke,1,release,b,,\nok,1,,,,\n",
	       not_covered);
	silent(HEAD "invoke,1,acquire,,1,\nok,1,,,,\ninvoke,2,acquire,,2,\nok,2,,,,\n",
	       not_covered);
	silent(HEAD "invoke,1,release,,1,\nok,1,,,,\ninvoke,2,acquire,,2,\nok,2,,,,\n",
	       not_covered);
	silent(HEAD "invoke,1,acquire,a,,5\nok,1,,,,5\ninvoke,1,release,a,,\nok,1,,,,\n"
		    "invoke,2,acquire,b,,5\nok,2,,,,5\n",
	       not_covered);
	silent(HEAD "invoke,1,acquire,,1,5\nok,1,,,,5\ninvoke,1,release,,1,\nok,1,,,,\n"
		    "invoke,2,acquire,,2,5\nok,2,,,,5\n",
	       not_covered);
	/* 1 holds from before 2's whole window until after */
	silent(HEAD "invoke,1,acquire,,1,\nok,1,,,,\ninvoke,2,acquire,,2,\ninfo,2,,,,\n"
		    "invoke,2,release,,2,\nok,2,,,,\n",
	       not_covered);
	/* 1 holds again after 2 did */
	silent(HEAD "invoke,1,acquire,,1,\nok,1,,,,\ninvoke,1,release,,1,\ninfo,1,,,,\n"
		    "invoke,2,acquire,,2,\nok,2,,,,\ninvoke,1,release,,1,\nok,1,,,,\n",
	       not_covered);
	/* 3 had it within what turns out to be 1's hold */
	silent(HEAD "invoke,1,acquire,,1,\nok,1,,,,\ninvoke,1,release,,1,\ninfo,1,,,,\n"
		    "invoke,3,acquire,,3,\ninfo,3,,,,\ninvoke,3,release,,3,\nok,3,,,,\n"
		    "invoke,1,release,,1,\nok,1,,,,\n",
	       not_covered);
	/* 3 holds until it asks to give back, which is within 2's hold */
	asked = &fenced;
	silent(HEAD "invoke,3,acquire,,3,\ninfo,3,,,,\ninvoke,5,proof,,3,\n"
		    "invoke,2,acquire,,2,\nok,2,,,,4\ninvoke,3,release,,3,\ninfo,3,,,,\n"
		    "ok,5,,,,\ninvoke,2,release,,2,\nok,2,,,,\n",
	       not_covered);
	/* 2 cannot have seen readers */
	asked = NULL;
	silent("type,process,f,attempt,mode\ninvoke,1,acquire,1,shared\nok,1,,,\n"
	       "invoke,1,release,1,\ninfo,1,,,\ninvoke,2,try-acquire,2,shared\nfail,2,,,\n"
	       "invoke,1,release,1,\nok,1,,,\n",
	       "");
	/* released before it was acquired; released twice */
	silent(HEAD "invoke,1,release,,1,\nok,1,,,,\ninvoke,2,acquire,,1,\nok,2,,,,\n", "");
	silent(HEAD "invoke,1,acquire,,1,\nok,1,,,,\ninvoke,1,release,,1,\ninvoke,2,release,,1,\n"
		    "ok,1,,,,\nok,2,,,,\n",
	       not_covered);
	/* nobody holds when 2 finds it held */
	silent(HEAD "invoke,1,acquire,,1,\nok,1,,,,\ninvoke,1,release,,1,\nok,1,,,,\n"
		    "invoke,2,try-acquire,,2,\nfail,2,,,,\n",
	       "");
}
END_TEST

START_TEST(what_it_does_not_cover_it_leaves)
{
	static const enum model leased = MODEL_LEASED_LOCK, owned = MODEL_OWNED_MUTEX;

	silent("type,process,f,value\ninvoke,1,write,3\nok,1,,\n", "more than locks");
	silent("{:process 0 :type :invoke :f :acquire :value [:a nil]}"
	       "{:process 0 :type :ok :f :acquire :value [:a nil]}",
	       "more than locks");
	asked = &leased; /* by owner */
	silent(HEAD "invoke,1,acquire,a,,\nok,1,,,,\n", not_covered);
	/* 2 may have seen 1 hold for longer than that shows */
	silent(HEAD "invoke,1,acquire,,1,\nok,1,,,,\ninvoke,2,try-acquire,,2,\nfail,2,,,,\n",
	       not_covered);
	asked = NULL;
	/* 1 goes on after its release of unknown outcome (T3b) */
	silent(HEAD "invoke,1,acquire,a,,1\nok,1,,,,1\ninvoke,1,release,a,,\ninfo,1,,,,\n"
		    "invoke,1,acquire,a,,2\nok,1,,,,2\n",
	       not_covered);
	/* a window with a token */
	silent(HEAD "invoke,1,acquire,,1,\ninvoke,2,release,,1,\nok,1,,,,4\nok,2,,,,\n",
	       not_covered);
	silent("type,process,f\n", "its end");
	asked = &owned;
	/* whose release it is, an object tells that has neither acquires nor owners */
	silent("type,process,f,object,attempt\ninvoke,1,acquire,A,\nok,1,,,\n"
	       "invoke,2,release,B,9\ninfo,2,,,\n",
	       "its end");
	silent("{\"ClientId\":1,\"Input\":{},\"Call\":1}\n", "sorted");
}
END_TEST

START_TEST(an_attempt_that_comes_again_is_in_doubt)
{
	static const char one[] = HEAD "invoke,1,acquire,,%s,\nok,1,,,,\ninvoke,1,release,,%s,\n"
				       "ok,1,,,,\ninvoke,2,acquire,,%s,\n%s,2,,,,\n";
	static const enum model fenced = MODEL_FENCED_MUTEX;
	static const char by_itself[] = HEAD "invoke,1,acquire,,7,\nok,1,,,,\n"
					     "invoke,1,release,,7,\nok,1,,,,\n"
					     "invoke,1,acquire,,7,\nok,1,,,,\n";
	static const char *const names[] = {
		"1", "w-7", "w", "0", "w-0", "00", "x99999999999999999999"};
	char text[512];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(text, sizeof(text), one, names[i], names[i], names[i], "ok");
		silent(text, "named before");
		snprintf(text, sizeof(text), one, names[i], names[i], "w-8", "ok");
		decides(text);
	}
	silent(by_itself, "named before");
	/* without a release between, the file is malformed */
	silent(HEAD "invoke,1,acquire,,1,\ninvoke,2,acquire,,1,\n", "acquired twice");
	silent(HEAD "invoke,1,acquire,,,\ninvoke,2,acquire,,,\nok,1,,,5,\nok,2,,,5,\n",
	       "acquired twice");
	/* 007 and 7 are two attempts */
	decides(HEAD "invoke,1,acquire,,7,\nok,1,,,,\ninvoke,1,release,,7,\nok,1,,,,\n"
		     "invoke,1,acquire,,007,\nok,1,,,,\ninvoke,1,release,,007,\nok,1,,,,\n"
		     "invoke,1,acquire,,07,\nok,1,,,,\n");
	/* what failed took nothing: its attempt may be tried again */
	decides(HEAD "invoke,1,acquire,,3,\nfail,1,,,,\ninvoke,1,acquire,,3,\nok,1,,,,\n"
		     "invoke,1,release,,3,\nok,1,,,,\ninvoke,1,acquire,,4,\nok,1,,,,\n");
	asked = &fenced;
	decides(HEAD "invoke,1,acquire,,3,\ninvoke,5,proof,,3,\nfail,1,,,,\ninfo,5,,,,\n"
		     "invoke,1,acquire,,3,\nok,1,,,,1\n");
}
END_TEST

/* Long histories ------------------------------------------------------------------------------ */

/* So many holds, one after the other, by attempts that are numbered from `from` on. */
static void put_holds(FILE *out, int from, int holds, const char *object)
{
	for (int i = from; i < from + holds; i++)
		fprintf(out,
			"{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\",\"attempt\":\"w-%d\"%"
			"s}\n"
			"{\"type\":\"ok\",\"process\":1,\"token\":%d}\n"
			"{\"type\":\"invoke\",\"process\":1,\"f\":\"release\",\"attempt\":\"w-%d\"%"
			"s}\n"
			"{\"type\":\"ok\",\"process\":1}\n",
			i, object, i, i, object);
}

/* A history of `holds`, behind and before which the texts stand. */
static bool judge_long(const char *before, int holds, const char *behind)
{
	FILE *out = begin_file();

	fputs(before, out);
	put_holds(out, 1, holds, "");
	fputs(behind, out);
	fclose(out);
	return judge_both();
}

enum { MANY = 20000 /* holds: more events than are looked at before the models are guessed */ };

START_TEST(a_late_line_may_contradict)
{
	ck_assert(judge_long("", MANY, ""));
	ck_assert(judge_long("", MANY,
			     "{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\","
			     "\"attempt\":\"w-999999\",\"object\":\"other\"}\n"));
	ck_assert(!judge_long("", MANY, "{\"type\":\"invoke\",\"process\":2,\"f\":\"release\"}\n"));
	ck_assert(strstr(stopped, not_covered)); /* and reads no further */
	ck_assert(!judge_long("", MANY,
			      "{\"type\":\"invoke\",\"process\":2,\"f\":\"acquire\","
			      "\"attempt\":\"s\",\"mode\":\"shared\"}\n"));
	ck_assert(!judge_long("", MANY,
			      "{\"type\":\"invoke\",\"process\":2,\"f\":\"proof\","
			      "\"attempt\":\"w-7\"}\n"));
	ck_assert(!judge_long("", MANY,
			      "{\"type\":\"invoke\",\"process\":2,\"f\":\"acquire\","
			      "\"object\":\"other\"}\n"));
	/* owners that come late make another model */
	FILE *out = begin_file();

	for (int i = 0; i < MANY; i++)
		fprintf(out,
			"{\"type\":\"invoke\",\"process\":%d,\"f\":\"acquire\"}\n"
			"{\"type\":\"ok\",\"process\":%d}\n"
			"{\"type\":\"invoke\",\"process\":%d,\"f\":\"release\"}\n"
			"{\"type\":\"ok\",\"process\":%d}\n",
			1, 1, 2, 2);
	fflush(out);
	ck_assert(judge_both());
	fputs("{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\",\"owner\":\"a\"}\n", out);
	fclose(out);
	ck_assert(!judge_both());
}
END_TEST

/* Tokens that only come late are judged as if they had been told from the beginning. */
START_TEST(tokens_may_come_late)
{
	static const char late[] = "{\"type\":\"invoke\",\"process\":%d,\"f\":\"acquire\","
				   "\"owner\":1}\n"
				   "{\"type\":\"ok\",\"process\":%d,\"token\":%d}\n"
				   "{\"type\":\"invoke\",\"process\":%d,\"f\":\"release\","
				   "\"owner\":1}\n"
				   "{\"type\":\"ok\",\"process\":%d}\n";
	FILE *out = begin_file();

	for (int i = 0; i < MANY; i++)
		fputs("{\"type\":\"invoke\",\"process\":1,\"f\":\"acquire\",\"owner\":1}\n"
		      "{\"type\":\"ok\",\"process\":1}\n"
		      "{\"type\":\"invoke\",\"process\":1,\"f\":\"release\",\"owner\":1}\n"
		      "{\"type\":\"ok\",\"process\":1}\n",
		      out);
	fprintf(out, late, 1, 1, 5, 1, 1);
	fflush(out);
	ck_assert(judge_both());
	fprintf(out, late, 1, 1, 5, 1, 1);
	fclose(out);
	ck_assert(!judge_both());
}
END_TEST

START_TEST(what_has_no_answer_is_told_as_open)
{
	static const char waits[] = "{\"type\":\"invoke\",\"process\":9,\"f\":\"acquire\","
				    "\"attempt\":\"late\"}\n";

	patience = 100;
	ck_assert(judge_long(waits, 200, ""));
	ck_assert(judge_long(waits, 200, "{\"type\":\"info\",\"process\":9}\n"));
	ck_assert(!judge_long(waits, 200, "{\"type\":\"ok\",\"process\":9,\"token\":500}\n"));
	ck_assert_str_eq(stopped, "an operation was answered very late");
	ck_assert(!judge_long(waits, 200, "{\"type\":\"fail\",\"process\":9}\n"));
	ck_assert(!judge_long(waits, 200, "{\"type\":\"info\",\"process\":9,\"token\":3}\n"));
	ck_assert(!judge_long("{\"type\":\"invoke\",\"process\":9,\"f\":\"try-acquire\"}\n", 200,
			      "{\"type\":\"fail\",\"process\":9,\"error\":\"timeout\"}\n"));
	patience = 10000;
	ck_assert(judge_long(waits, 200, "{\"type\":\"ok\",\"process\":9,\"token\":500}\n"));
}
END_TEST

/* The names of holds that are over are forgotten, but not that they were used. */
START_TEST(numbers_far_behind_are_in_doubt)
{
	static const char again[] = "{\"type\":\"invoke\",\"process\":2,\"f\":\"acquire\","
				    "\"attempt\":\"w-%d\"}\n";
	char text[128];

	for (int i = 1; i <= 5000; i += 833) {
		snprintf(text, sizeof(text), again, i);
		ck_assert(!judge_long("", 5000, text));
		ck_assert_str_eq(stopped, "an attempt may have been named before");
	}
	/* a number that was passed over is new, as long as that is known */
	FILE *out = begin_file();

	put_holds(out, 1, 1, "");
	put_holds(out, 1000, 1, "");
	fprintf(out, again, 500);
	fclose(out);
	ck_assert(judge_both());
	out = begin_file();
	put_holds(out, 1, 5000, "");
	put_holds(out, 5002, 1, "");
	fprintf(out, again, 5001);
	fclose(out);
	ck_assert(judge_both());
	out = begin_file();
	put_holds(out, 1, 1, "");
	put_holds(out, 9000, 1, "");
	fprintf(out, again, 500);
	fclose(out);
	ck_assert(!judge_both());
	/* the same names at two objects are two attempts each */
	out = begin_file();
	put_holds(out, 1, 5000, ",\"object\":\"a\"");
	put_holds(out, 1, 5000, ",\"object\":\"b\"");
	fclose(out);
	ck_assert(judge_both());
}
END_TEST

/* Generated and drawn ones -------------------------------------------------------------------- */

static const enum model generated[] = {MODEL_MUTEX,        MODEL_SEMAPHORE, MODEL_OWNED_MUTEX,
				       MODEL_FENCED_MUTEX, MODEL_RWLOCK,    MODEL_OWNED_SEMAPHORE};
enum { GENERATED = sizeof(generated) / sizeof(*generated) };

static bool judge_generated(const struct generator *wish, bool jepsen)
{
	struct error err = {0};
	struct trace trace;

	CHECK(generate_trace(wish, &trace));
	FILE *out = begin_file();

	ck_assert_int_eq((jepsen ? trace_export_jepsen : trace_export_jsonl)(&trace, out, &err), 0);
	fclose(out);
	trace_free(&trace);
	return judge_both();
}

START_TEST(generated_histories_are_decided)
{
	static enum model model;

	model = generated[_i];

	limit = model == MODEL_SEMAPHORE || model == MODEL_OWNED_SEMAPHORE ? 2 : 1;
	asked = &model;
	for (int i = 0; i < 12; i++) {
		struct generator wish = {.model = model,
					 .seed = (uint64_t)i + 1,
					 .operations = 3000,
					 .clients = 3 + i % 7,
					 .limit = limit,
					 .unknown_percent = i % 4 * 3};

		bool decided = judge_generated(&wish, i & 1);

		/* holds that share may not go on after an open release */
		ck_assert_msg(
			decided || (wish.unknown_percent && (limit > 1 || model == MODEL_RWLOCK)),
			"%s", stopped);
		wish.violation = true;
		ck_assert(!judge_generated(&wish, i & 1));
	}
}
END_TEST

START_TEST(drawn_histories_are_judged_the_same)
{
	static const enum model models[] = {
		MODEL_MUTEX,     MODEL_OWNED_MUTEX,     MODEL_FENCED_MUTEX,    MODEL_RWLOCK,
		MODEL_SEMAPHORE, MODEL_OWNED_SEMAPHORE, MODEL_REENTRANT_MUTEX, MODEL_LEASED_LOCK};
	static enum model model;
	struct error err = {0};
	int decided = 0;

	model = models[_i];
	struct random_stream random = random_open(11, model_names[model]);

	for (int i = 0; i < 800; i++) {
		struct small small;

		draw(model, &random, &small);
		limit = small.limit;
		asked = i & 1 ? &model : NULL;
		FILE *out = begin_file();

		ck_assert_int_eq(trace_export_jsonl(&small.trace, out, &err), 0);
		fclose(out);
		decided += judge_both();
	}
	ck_assert_int_gt(decided, 50);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream");
	TCase *decided = tcase_create("what it decides"),
	      *left = tcase_create("where it is silent");
	TCase *longer = tcase_create("long histories"), *many = tcase_create("many histories");

	tcase_add_checked_fixture(decided, forget, NULL);
	tcase_add_test(decided, locks_are_judged_as_they_are_read);
	tcase_add_test(decided, edn_is_judged_as_it_is_read);
	tcase_add_test(decided, leased_locks_are_judged_as_they_are_read);
	tcase_add_test(decided, a_hold_may_go_on_after_an_open_release);
	suite_add_tcase(suite, decided);
	tcase_add_checked_fixture(left, forget, NULL);
	tcase_add_test(left, violations_are_left_to_the_whole_trace);
	tcase_add_test(left, what_it_does_not_cover_it_leaves);
	tcase_add_test(left, an_attempt_that_comes_again_is_in_doubt);
	suite_add_tcase(suite, left);
	tcase_add_checked_fixture(longer, forget, NULL);
	tcase_add_test(longer, a_late_line_may_contradict);
	tcase_add_test(longer, tokens_may_come_late);
	tcase_add_test(longer, what_has_no_answer_is_told_as_open);
	tcase_add_test(longer, numbers_far_behind_are_in_doubt);
	tcase_set_timeout(longer, 60);
	suite_add_tcase(suite, longer);
	tcase_add_checked_fixture(many, forget, NULL);
	tcase_add_loop_test(many, generated_histories_are_decided, 0, GENERATED);
	tcase_add_loop_test(many, drawn_histories_are_judged_the_same, 0, 8);
	tcase_set_timeout(many, 120);
	suite_add_tcase(suite, many);
	return suite_run(suite);
}
