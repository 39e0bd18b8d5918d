/*
 * How much the searches leave out (checker/linear/ENGINE.md), in numbers: the configurations that
 * each explores of the same histories, and where it says that they become illegal. Whoever changes
 * a search sees here what it costs or saves, and puts the new numbers down.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/invariant.h"
#include "checker/linear/engine.h"
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
	{MODEL_KV, 63, 918, 1308, 895, 686, 343},
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

/* Long ones ------------------------------------------------------------------------------------- */

enum { LONG_OPS = 400, MANY = 3000, FEW_BYTES = 40000 };

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
	problem_close(&problem);
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: the work of searches");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, searches_of_small_histories_leave_out_what_they_did, 0,
			    sizeof(drawn) / sizeof(drawn[0]));
	tcase_add_loop_test(tests, searches_of_long_histories_leave_out_what_they_did, 0,
			    sizeof(climbs) / sizeof(climbs[0]));
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
