/*
 * How much the searches leave out (checker/linear/ENGINE.md), in numbers: the configurations that
 * each explores of the same histories, and where it says that they become illegal. How many of them
 * each procedure covers, and what it certifies; how much of them an explanation can do without.
 * Whoever changes one of these sees here what it costs or saves, and puts the new numbers down:
 * that the verdicts are right is for the other tests to say.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/invariant.h"
#include "checker/linear/engine.h"
#include "checker/linear/lessen_units.h"
#include "checker/linear/stream.h"
#include "tests/oracle/draw.h"
#include "tests/support/suite.h"
#include "tests/support/trace_generator.h"

static const struct search_leash unbounded = {.pause_at = UINT64_MAX};
static const struct linear_bounds no_bounds;

/* Small ones ------------------------------------------------------------------------------------ */

enum { DRAWN = 400 };

struct work {
	enum model model;
	uint64_t illegal;                /* of DRAWN histories */
	uint64_t depth, breadth, search; /* configurations of all */
	uint64_t stuck, prefixes;        /* of the illegal ones, the two searches' and the last's */
};

static const struct work drawn[] = {
	{MODEL_MUTEX, 89, 1245, 1156, 1245, 892, 446},
	{MODEL_OWNED_MUTEX, 107, 828, 759, 828, 992, 496},
	{MODEL_REENTRANT_MUTEX, 111, 1285, 1357, 1285, 1084, 542},
	{MODEL_FENCED_MUTEX, 108, 1206, 1235, 1206, 1076, 538},
	{MODEL_SEMAPHORE, 84, 1389, 1665, 1389, 854, 427},
	{MODEL_OWNED_SEMAPHORE, 98, 1393, 2122, 1393, 860, 430},
	{MODEL_RWLOCK, 101, 911, 833, 911, 966, 483},
	{MODEL_LEASED_LOCK, 95, 1395, 2029, 1395, 912, 456},
	{MODEL_CAS_REGISTER, 63, 597, 670, 597, 732, 366},
	{MODEL_KV, 52, 1079, 1790, 1023, 614, 307},
	{MODEL_SET, 29, 1038, 1296, 1038, 346, 173},
};

static void go_deep(const struct problem *problem, struct work *work)
{
	struct depth *depth = depth_open(problem, &unbounded);
	bool illegal = depth_run(depth) == SEARCH_NO;

	work->depth += depth_search(depth)->configurations;
	work->illegal += illegal;
	work->stuck += illegal ? problem->op[depth_search(depth)->stuck].prefix : 0;
	depth_close(depth);
}

static void go_broad(const struct problem *problem, struct work *work)
{
	struct breadth *breadth = breadth_open(problem, &unbounded);
	bool illegal = breadth_run(breadth) == SEARCH_NO;

	work->breadth += breadth_search(breadth)->configurations;
	work->stuck += illegal ? problem->op[breadth_search(breadth)->stuck].prefix : 0;
	breadth_close(breadth);
}

static void explore(const struct small *small, struct work *work)
{
	struct linear_result result;
	struct problem problem;

	CHECK(problem_open(&problem, &small->object, small->model, small->limit));
	go_deep(&problem, work);
	go_broad(&problem, work);
	problem_close(&problem);
	CHECK(linear_search(&small->object, small->model, small->limit, &no_bounds, &result));
	work->search += result.configurations;
	work->prefixes += result.certificate.prefix;
}

static void write_work(char *text, size_t size, const struct work *work)
{
	snprintf(text, size,
		 "%s: %" PRIu64 " illegal; depth %" PRIu64 ", breadth %" PRIu64 ", search %" PRIu64
		 "; stuck %" PRIu64 ", prefixes %" PRIu64,
		 model_names[work->model], work->illegal, work->depth, work->breadth, work->search,
		 work->stuck, work->prefixes);
}

START_TEST(searches_of_small_histories_leave_out_what_they_did)
{
	const struct work *expected = &drawn[_i];
	struct random_stream random = random_open(1129, model_names[expected->model]);
	struct work work = {.model = expected->model};
	char text[200], wanted[200];

	for (int i = 0; i < DRAWN; i++) {
		struct small small;

		draw(expected->model, &random, &small);
		explore(&small, &work);
	}
	write_work(text, sizeof(text), &work);
	write_work(wanted, sizeof(wanted), expected);
	ck_assert_str_eq(text, wanted);
}
END_TEST

/* Procedures ------------------------------------------------------------------------------------ */

enum procedure { COUNTING, ATTEMPTS, ZONES, SETS, ERAS };

static const char *const procedures[] = {"counting", "attempts", "zones", "sets", "eras"};

enum { ANSWERED = 2000 };

struct answers {
	enum procedure procedure;
	enum model model;
	uint64_t covered;           /* of ANSWERED histories */
	uint64_t violations;        /* in all of them */
	uint64_t holds, operations; /* in certificates; the operations' numbers are added up */
	uint64_t stuck, prefixes;   /* likewise */
};

static const struct answers answers[] = {
	{COUNTING, MODEL_MUTEX, 2000, 382, 502, 3092, 886, 1844},
	{COUNTING, MODEL_SEMAPHORE, 1947, 285, 477, 4645, 720, 1509},
	{ATTEMPTS, MODEL_OWNED_MUTEX, 1483, 714, 582, 4788, 1193, 2386},
	{ATTEMPTS, MODEL_REENTRANT_MUTEX, 691, 461, 388, 2521, 612, 1270},
	{ATTEMPTS, MODEL_FENCED_MUTEX, 1495, 776, 692, 6440, 1355, 2753},
	{ATTEMPTS, MODEL_OWNED_SEMAPHORE, 1427, 582, 464, 3920, 999, 2029},
	{ATTEMPTS, MODEL_RWLOCK, 1450, 637, 540, 4739, 1155, 2349},
	{ATTEMPTS, MODEL_LEASED_LOCK, 1046, 437, 344, 3211, 945, 1917},
	{ZONES, MODEL_CAS_REGISTER, 1142, 140, 0, 0, 405, 786},
	{SETS, MODEL_SET, 2000, 159, 0, 0, 483, 957},
	{ERAS, MODEL_KV, 1485, 193, 0, 0, 490, 965},
};

static bool ask(enum procedure procedure, const struct small *small, struct linear_result *result)
{
	switch (procedure) {
	case COUNTING:
		return linear_counting(&small->object, small->model, small->limit, result);
	case ATTEMPTS:
		return linear_attempts(&small->object, small->model, small->limit, result);
	case ZONES:
		return linear_zones(&small->object, small->model, result);
	case SETS:
		return linear_sets(&small->object, small->model, &no_bounds, result);
	case ERAS:
		return linear_eras(&small->object, small->model, result);
	}
	return false;
}

static void add_answer(const struct linear_result *result, struct answers *sum)
{
	const struct certificate *certificate = &result->certificate;

	sum->covered++;
	if (result->verdict != NOT_LINEARIZABLE)
		return;
	sum->violations += result->violations;
	sum->holds += (uint64_t)certificate->attempts;
	for (int i = 0; i < certificate->attempts; i++)
		sum->operations += (uint32_t)(i + 1) * (certificate->acquire[i] + 1) +
				   (uint32_t)(i + 3) * (certificate->release[i] + 1);
	sum->stuck += certificate->stuck + 1;
	sum->prefixes += certificate->prefix;
}

static void write_answers(char *text, size_t size, const struct answers *sum)
{
	snprintf(text, size,
		 "%s of %s: covers %" PRIu64 "; %" PRIu64 " violations; %" PRIu64 " holds, %" PRIu64
		 "; stuck %" PRIu64 ", prefixes %" PRIu64,
		 procedures[sum->procedure], model_names[sum->model], sum->covered, sum->violations,
		 sum->holds, sum->operations, sum->stuck, sum->prefixes);
}

START_TEST(procedures_cover_and_certify_what_they_did)
{
	const struct answers *expected = &answers[_i];
	struct random_stream random = random_open(2911, model_names[expected->model]);
	struct answers sum = {.procedure = expected->procedure, .model = expected->model};
	char text[200], wanted[200];

	for (int i = 0; i < ANSWERED; i++) {
		struct linear_result result = {0};
		struct small small;

		draw(expected->model, &random, &small);
		if (ask(expected->procedure, &small, &result))
			add_answer(&result, &sum);
	}
	write_answers(text, sizeof(text), &sum);
	write_answers(wanted, sizeof(wanted), expected);
	ck_assert_str_eq(text, wanted);
}
END_TEST

/* Streams --------------------------------------------------------------------------------------- */

struct listened {
	enum model model;
	bool guessed;     /* the model is not told */
	uint64_t decided; /* of ANSWERED histories */
};

static const struct listened listened[] = {
	{MODEL_MUTEX, false, 1597},           {MODEL_MUTEX, true, 1316},
	{MODEL_OWNED_MUTEX, false, 1040},     {MODEL_OWNED_MUTEX, true, 1290},
	{MODEL_REENTRANT_MUTEX, false, 412},  {MODEL_FENCED_MUTEX, false, 762},
	{MODEL_FENCED_MUTEX, true, 894},      {MODEL_SEMAPHORE, false, 1649},
	{MODEL_OWNED_SEMAPHORE, false, 1109}, {MODEL_RWLOCK, false, 1048},
	{MODEL_RWLOCK, true, 1013},           {MODEL_LEASED_LOCK, false, 682},
	{MODEL_LEASED_LOCK, true, 729},
};

static void listen_to(const struct small *small, struct listened *sum)
{
	const struct trace *trace = &small->trace;
	struct linear_summary summary;
	struct trace_listener listener;
	struct stream *stream =
		stream_open(sum->guessed ? NULL : &small->model, small->limit, &listener);
	enum model *models;
	struct seen *seen;

	for (uint32_t i = 0; i < trace->events && !listener.stopped; i++)
		listener.event(listener.context, &trace->op[trace->event[i] >> 1],
			       trace->event[i] & 1);
	if (stream_finish(stream, trace, &summary, &models, &seen)) {
		sum->decided++;
		free(models);
		free(seen);
	}
	stream_close(stream);
}

START_TEST(streams_decide_what_they_did)
{
	const struct listened *expected = &listened[_i];
	struct random_stream random = random_open(911, model_names[expected->model]);
	struct listened sum = {.model = expected->model, .guessed = expected->guessed};

	for (int i = 0; i < ANSWERED; i++) {
		struct small small;

		draw(expected->model, &random, &small);
		listen_to(&small, &sum);
	}
	ck_assert_uint_eq(sum.decided, expected->decided);
}
END_TEST

/* What is left out ------------------------------------------------------------------------------ */

enum { LESSENED = 600 };

struct rest {
	enum model model;
	uint64_t units, spending;      /* of LESSENED histories */
	uint64_t operations, weakened; /* that are left when half of the units are left out */
	uint64_t trimmed;              /* operations that are left when none is */
	uint64_t numbers;              /* of what is left, added up */
};

static const struct rest rests[] = {
	{MODEL_OWNED_MUTEX, 771, 146, 743, 42, 1358, 5991},
	{MODEL_REENTRANT_MUTEX, 740, 127, 657, 27, 1344, 4782},
	{MODEL_FENCED_MUTEX, 757, 148, 710, 39, 1337, 5718},
	{MODEL_OWNED_SEMAPHORE, 804, 97, 686, 29, 1318, 5435},
	{MODEL_RWLOCK, 826, 116, 699, 36, 1344, 5722},
	{MODEL_LEASED_LOCK, 791, 87, 680, 24, 1344, 4900},
};

static void leave_out(const struct small *small, struct random_stream *random, struct rest *rest)
{
	struct excerpt excerpt, smaller;
	struct units units;

	excerpt_prefix(&excerpt, &small->object,
		       (uint32_t)random_between(random, 1, (int)small->trace.events));
	if (units_open(&units, &excerpt, small->model)) {
		rest->units += units.count;
		for (uint32_t i = 0; i < units.count; i++) {
			rest->spending += units.unit[i].spends;
			units.unit[i].keep = random_between(random, 0, 1);
		}
		units_leave_out(&units, (uint32_t)random_between(random, 0, 12), &smaller);
		rest->operations += smaller.ops;
		for (uint32_t i = 0; i < smaller.ops; i++) {
			rest->weakened += smaller.open[i];
			rest->numbers += (i + 1) * (smaller.op[i] + 1);
		}
		excerpt_free(&smaller);
	}
	units_close(&units);
	units_trim(&excerpt, small->model);
	rest->trimmed += excerpt.ops;
	excerpt_free(&excerpt);
}

static void write_rest(char *text, size_t size, const struct rest *rest)
{
	snprintf(text, size,
		 "%s: %" PRIu64 " units, %" PRIu64 " spend; %" PRIu64 " operations, %" PRIu64
		 " weakened; %" PRIu64 " trimmed; %" PRIu64,
		 model_names[rest->model], rest->units, rest->spending, rest->operations,
		 rest->weakened, rest->trimmed, rest->numbers);
}

START_TEST(explanations_can_do_without_what_they_could)
{
	const struct rest *expected = &rests[_i];
	struct random_stream random = random_open(1311, model_names[expected->model]);
	struct rest rest = {.model = expected->model};
	char text[200], wanted[200];

	for (int i = 0; i < LESSENED; i++) {
		struct small small;

		draw(expected->model, &random, &small);
		leave_out(&small, &random, &rest);
	}
	write_rest(text, sizeof(text), &rest);
	write_rest(wanted, sizeof(wanted), expected);
	ck_assert_str_eq(text, wanted);
}
END_TEST

/* Long ones ------------------------------------------------------------------------------------- */

enum { LONG_OPS = 400, MANY = 3000, FEW_BYTES = 40000, BYTES_STEP = 1500 };

struct climb {
	const char *search;
	enum model model;
	int unknown_percent;
	bool violation, attempts;
	const char *told, *in_little_memory;
};

static const struct climb climbs[] = {
	{"depth", MODEL_MUTEX, 20, false, true, "legal 346 at 740, 34560 bytes",
	 "legal 346 at 740, 34560 bytes"},
	{"depth", MODEL_MUTEX, 20, true, true, "illegal 356 at 647, 34560 bytes",
	 "illegal 356 at 647, 34560 bytes"},
	{"breadth", MODEL_MUTEX, 20, false, true, "legal 1639 at 0, 5376 bytes",
	 "legal 1639 at 0, 5376 bytes"},
	{"breadth", MODEL_MUTEX, 20, true, true, "illegal 355 at 647, 5376 bytes",
	 "illegal 355 at 647, 5376 bytes"},
	{"depth", MODEL_OWNED_MUTEX, 20, false, false, "legal 185 at 738, 16128 bytes",
	 "legal 185 at 738, 16128 bytes"},
	{"depth", MODEL_OWNED_MUTEX, 20, true, false, "illegal 260 at 667, 32512 bytes",
	 "illegal 260 at 667, 32512 bytes"},
	{"breadth", MODEL_OWNED_MUTEX, 20, false, false, "legal 338 at 0, 5376 bytes",
	 "legal 338 at 0, 5376 bytes"},
	{"breadth", MODEL_OWNED_MUTEX, 20, true, false, "illegal 295 at 667, 5376 bytes",
	 "illegal 295 at 667, 5376 bytes"},
	{"depth", MODEL_FENCED_MUTEX, 20, false, false, "legal 1078 at 740, 120576 bytes",
	 "too big 512 at 559, 34560 bytes"},
	{"depth", MODEL_FENCED_MUTEX, 20, true, false, "too many 3000 at 667, 202496 bytes",
	 "too big 512 at 559, 34560 bytes"},
	{"breadth", MODEL_FENCED_MUTEX, 20, false, false, "too many 3004 at 0, 9984 bytes",
	 "too many 3004 at 0, 9984 bytes"},
	{"breadth", MODEL_FENCED_MUTEX, 20, true, false, "too many 3004 at 0, 9984 bytes",
	 "too many 3004 at 0, 9984 bytes"},
	{"depth", MODEL_SEMAPHORE, 20, false, true, "legal 342 at 733, 34560 bytes",
	 "legal 342 at 733, 34560 bytes"},
	{"depth", MODEL_SEMAPHORE, 20, true, true, "illegal 700 at 668, 55040 bytes",
	 "too big 512 at 668, 34560 bytes"},
	{"breadth", MODEL_SEMAPHORE, 20, false, true, "legal 1872 at 0, 5376 bytes",
	 "legal 1872 at 0, 5376 bytes"},
	{"breadth", MODEL_SEMAPHORE, 20, true, true, "illegal 699 at 668, 5376 bytes",
	 "illegal 699 at 668, 5376 bytes"},
	{"depth", MODEL_OWNED_SEMAPHORE, 20, false, true, "legal 993 at 733, 102400 bytes",
	 "too big 256 at 146, 39936 bytes"},
	{"depth", MODEL_OWNED_SEMAPHORE, 20, true, true, "too many 3000 at 689, 430080 bytes",
	 "too big 256 at 146, 39936 bytes"},
	{"breadth", MODEL_OWNED_SEMAPHORE, 20, false, true, "too many 3003 at 0, 122880 bytes",
	 "too big 902 at 0, 38912 bytes"},
	{"breadth", MODEL_OWNED_SEMAPHORE, 20, true, true, "too many 3003 at 0, 122880 bytes",
	 "too big 902 at 0, 38912 bytes"},
	{"depth", MODEL_RWLOCK, 20, false, false, "legal 184 at 726, 19456 bytes",
	 "legal 184 at 726, 19456 bytes"},
	{"depth", MODEL_RWLOCK, 20, true, false, "illegal 856 at 654, 56320 bytes",
	 "too big 512 at 654, 35840 bytes"},
	{"breadth", MODEL_RWLOCK, 20, false, false, "legal 1100 at 0, 13312 bytes",
	 "legal 1100 at 0, 13312 bytes"},
	{"breadth", MODEL_RWLOCK, 20, true, false, "illegal 728 at 654, 8704 bytes",
	 "illegal 728 at 654, 8704 bytes"},
	{"depth", MODEL_CAS_REGISTER, 10, false, false, "legal 276 at 761, 32512 bytes",
	 "legal 276 at 761, 32512 bytes"},
	{"depth", MODEL_CAS_REGISTER, 10, true, false, "too many 3000 at 691, 199424 bytes",
	 "too big 512 at 691, 31488 bytes"},
	{"breadth", MODEL_CAS_REGISTER, 10, false, false, "legal 2566 at 0, 16128 bytes",
	 "legal 2566 at 0, 16128 bytes"},
	{"breadth", MODEL_CAS_REGISTER, 10, true, false, "illegal 2452 at 691, 16128 bytes",
	 "illegal 2452 at 691, 16128 bytes"},
	{"depth", MODEL_SET, 10, false, false, "too many 3000 at 237, 1377280 bytes",
	 "too big 0 at 0, 78336 bytes"},
	{"depth", MODEL_SET, 10, true, false, "too many 3000 at 237, 1377280 bytes",
	 "too big 0 at 0, 78336 bytes"},
	{"breadth", MODEL_SET, 10, false, false, "too many 3000 at 0, 1212416 bytes",
	 "too big 0 at 0, 78336 bytes"},
	{"breadth", MODEL_SET, 10, true, false, "too many 3000 at 0, 1212416 bytes",
	 "too big 0 at 0, 78336 bytes"},
};

static const char *const ends[] = {"legal",    "illegal", "paused",  "stopped",
				   "too many", "too big", "too late"};

static const char *climb(const struct climb *climb, const struct problem *problem,
			 const struct search_leash *leash)
{
	static char text[100];
	bool deep = strcmp(climb->search, "depth") == 0;
	struct depth *depth = deep ? depth_open(problem, leash) : NULL;
	struct breadth *breadth = deep ? NULL : breadth_open(problem, leash);
	struct search *search = deep ? depth_search(depth) : breadth_search(breadth);
	enum search_end end;

	while ((end = deep ? depth_run(depth) : breadth_run(breadth)) == SEARCH_PAUSED)
		search->leash.pause_at += leash->pause_at;
	snprintf(text, sizeof(text), "%s %" PRIu64 " at %u, %" PRIu64 " bytes", ends[end],
		 search->configurations,
		 search->stuck == NO_OP ? 0 : problem->op[search->stuck].prefix,
		 search->budget.used);
	if (deep)
		depth_close(depth);
	else
		breadth_close(breadth);
	return text;
}

START_TEST(searches_of_long_histories_leave_out_what_they_did)
{
	const struct climb *expected = &climbs[_i];
	const struct generator wish = {.model = expected->model,
				       .seed = 7,
				       .operations = LONG_OPS,
				       .clients = 6,
				       .limit = expected->model == MODEL_SEMAPHORE ||
								expected->model ==
									MODEL_OWNED_SEMAPHORE
							? 3
							: 1,
				       .unknown_percent = expected->unknown_percent,
				       .violation = expected->violation,
				       .nameless = !expected->attempts};
	struct problem problem;
	struct trace trace;
	struct search_leash leash = {.configurations = MANY, .pause_at = UINT64_MAX};

	CHECK(generate_trace(&wish, &trace));
	const struct linear_object object = {
		.trace = &trace, .ops = trace.ops, .events = trace.events, .event = trace.event};

	CHECK(problem_open(&problem, &object, wish.model, wish.limit));
	ck_assert_str_eq(climb(expected, &problem, &leash), expected->told);
	leash.pause_at = 10;
	ck_assert_str_eq(climb(expected, &problem, &leash), expected->told);
	leash.bytes = FEW_BYTES;
	ck_assert_str_eq(climb(expected, &problem, &leash), expected->in_little_memory);
	/* Whatever else there is, it is enough, or not. */
	for (leash.bytes = BYTES_STEP; leash.bytes < FEW_BYTES; leash.bytes += BYTES_STEP) {
		const char *told = climb(expected, &problem, &leash);

		ck_assert_msg(strcmp(told, expected->told) == 0 ||
				      strncmp(told, "too big ", 8) == 0,
			      "%" PRIu64 " bytes: %s", leash.bytes, told);
	}
	problem_close(&problem);
	trace_free(&trace);
}
END_TEST

/* More at once than a word has bits ------------------------------------------------------------- */

enum { AT_ONCE = 150 };

/* All ask for the lock before the first has it; each gives it back before the next one is told. */
static void wait_for_lock(struct trace_builder *builder)
{
	uint32_t handle[AT_ONCE];

	for (uint32_t i = 0; i < AT_ONCE; i++)
		handle[i] = trace_invoke(builder,
					 &(struct trace_op){.f = TRACE_ACQUIRE, .owner = i + 1});
	for (uint32_t i = 0; i < AT_ONCE; i++) {
		const struct trace_op release = {.f = TRACE_RELEASE, .owner = i + 1};

		trace_return(builder, handle[i], TRACE_OK, NULL);
		trace_return(builder, trace_invoke(builder, &release), TRACE_OK, NULL);
	}
}

/* All write, and as many read what these write, before the first is answered. */
static void write_and_read(struct trace_builder *builder)
{
	uint32_t write[AT_ONCE], read[AT_ONCE], value[AT_ONCE];
	char text[8];

	for (uint32_t i = 0; i < AT_ONCE; i++) {
		snprintf(text, sizeof(text), "%u", i);
		value[i] = trace_intern_value(builder, text);
		write[i] =
			trace_invoke(builder, &(struct trace_op){.f = TRACE_WRITE, .a = value[i]});
		read[i] = trace_invoke(builder, &(struct trace_op){.f = TRACE_READ});
	}
	for (uint32_t i = 0; i < AT_ONCE; i++) {
		const struct trace_op answer = {.a = value[i]};

		trace_return(builder, write[i], TRACE_OK, NULL);
		trace_return(builder, read[i], TRACE_OK, &answer);
	}
}

static void expect_crowd(void (*crowd)(struct trace_builder *builder), enum model model,
			 const char *search, const char *told)
{
	const struct search_leash leash = {.configurations = MANY, .pause_at = UINT64_MAX};
	const struct climb by = {.search = search};
	struct trace_builder *builder = trace_begin("test");
	struct problem problem;
	struct trace trace;

	crowd(builder);
	trace_end(builder, &trace);
	const struct linear_object object = {
		.trace = &trace, .ops = trace.ops, .events = trace.events, .event = trace.event};

	CHECK(problem_open(&problem, &object, model, 1));
	ck_assert_str_eq(climb(&by, &problem, &leash), told);
	problem_close(&problem);
	trace_free(&trace);
}

START_TEST(any_number_may_be_pending)
{
	expect_crowd(wait_for_lock, MODEL_OWNED_MUTEX, "depth", "legal 150 at 598, 18176 bytes");
	expect_crowd(wait_for_lock, MODEL_OWNED_MUTEX, "breadth", "legal 150 at 0, 5888 bytes");
	expect_crowd(write_and_read, MODEL_CAS_REGISTER, "depth", "legal 150 at 599, 22272 bytes");
	expect_crowd(write_and_read, MODEL_CAS_REGISTER, "breadth",
		     "too many 3069 at 0, 329472 bytes");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: the work of searches");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, searches_of_small_histories_leave_out_what_they_did, 0,
			    sizeof(drawn) / sizeof(drawn[0]));
	tcase_add_loop_test(tests, procedures_cover_and_certify_what_they_did, 0,
			    sizeof(answers) / sizeof(answers[0]));
	tcase_add_loop_test(tests, streams_decide_what_they_did, 0,
			    sizeof(listened) / sizeof(listened[0]));
	tcase_add_loop_test(tests, explanations_can_do_without_what_they_could, 0,
			    sizeof(rests) / sizeof(rests[0]));
	tcase_add_loop_test(tests, searches_of_long_histories_leave_out_what_they_did, 0,
			    sizeof(climbs) / sizeof(climbs[0]));
	tcase_add_test(tests, any_number_may_be_pending);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
