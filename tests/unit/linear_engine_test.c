/*
 * The general engine: both searches against exhaustive search on random small histories of every
 * model; their bounds, their memo, their competition.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "checker/linear/engine.h"
#include "tests/support/suite.h"

enum { OPS_MAX = 9, HISTORIES = 3000 /* per model */ };

static const struct linear_bounds unbounded;

static struct linear_object all_of(const struct trace *trace)
{
	return (struct linear_object){
		.trace = trace, .ops = trace->ops, .events = trace->events, .event = trace->event};
}

/* Random histories ---------------------------------------------------------------------------- */

struct drawing {
	struct random_stream random;
	struct trace_builder *builder;
	enum model model;
	bool attempts;
};

static uint32_t pick(struct drawing *drawing, uint32_t count)
{
	return (uint32_t)random_between(&drawing->random, 0, count - 1);
}

static uint32_t pick_text(struct drawing *drawing, const char *const *texts, uint32_t count)
{
	return trace_intern_value(drawing->builder, texts[pick(drawing, count)]);
}

static void draw_lock_op(struct drawing *drawing, struct trace_op *op)
{
	static const uint8_t functions[] = {TRACE_ACQUIRE, TRACE_ACQUIRE, TRACE_TRY_ACQUIRE,
					    TRACE_RELEASE, TRACE_RELEASE, TRACE_PROOF};

	op->f = functions[pick(drawing, 6)];
	op->owner = pick(drawing, 3);
	op->process = (int32_t)op->owner;
	op->attempt = drawing->attempts ? 1 + pick(drawing, 4) : 0;
	op->token = op->f == TRACE_ACQUIRE ? pick(drawing, 4) : 0;
	op->mode = (uint8_t)pick(drawing, 2);
}

static struct trace_op draw_op(struct drawing *drawing)
{
	static const char *const texts[] = {"\"\"", "\"a\"", "\"b\"", "\"ab\"", "\"aa\"", "nil"};
	static const char *const sets[] = {"nil", "#{}", "#{1}", "#{2}", "#{1 2}", "[2 1]"};
	static const char *const numbers[] = {"1", "2", "nil"};
	uint8_t third = (uint8_t)pick(drawing, 3);
	struct trace_op op = {0};

	if (drawing->model == MODEL_KV) {
		op.f = TRACE_GET + third;
		op.a = pick_text(drawing, texts, third ? 3 : 6);
	} else if (drawing->model == MODEL_SET) {
		op.f = third == 0 ? TRACE_READ : third == 1 ? TRACE_ADD : TRACE_REMOVE;
		op.a = third == 0 ? pick_text(drawing, sets, 6) : pick_text(drawing, numbers, 2);
	} else if (drawing->model == MODEL_CAS_REGISTER) {
		op.f = TRACE_READ + third;
		op.a = pick_text(drawing, numbers, 3);
		op.b = pick_text(drawing, numbers, 3);
	} else {
		draw_lock_op(drawing, &op);
	}
	return op;
}

static void draw(enum model model, uint64_t seed, struct trace *trace)
{
	struct drawing drawing = {.random = random_open(seed, "draw"),
				  .builder = trace_begin("drawn"),
				  .model = model};
	uint32_t pending[OPS_MAX], pendings = 0, ops = 1 + pick(&drawing, OPS_MAX);

	drawing.attempts = pick(&drawing, 2);
	while (ops > 0 || pendings > 0) {
		if (ops > 0 && (pendings == 0 || pick(&drawing, 2))) {
			struct trace_op op = draw_op(&drawing);

			pending[pendings++] = trace_invoke(drawing.builder, &op);
			ops--;
			continue;
		}
		uint32_t i = pick(&drawing, pendings), luck = pick(&drawing, 10);

		trace_return(drawing.builder, pending[i],
			     luck < 7   ? TRACE_OK
			     : luck < 9 ? TRACE_OPEN
					: TRACE_FAILED,
			     NULL);
		pending[i] = pending[--pendings];
	}
	trace_end(drawing.builder, trace);
}

/* The searches -------------------------------------------------------------------------------- */

/* One search, in pieces of `piece` configurations. */
static void search_alone(const struct linear_object *object, enum model model, int limit,
			 bool depth_first, uint64_t piece, struct linear_result *result)
{
	struct search_leash leash = {.pause_at = piece};
	struct problem problem;
	enum search_end end;

	ck_assert(problem_open(&problem, object, model, limit));
	struct breadth *breadth = breadth_open(&problem, &leash);
	struct depth *depth = depth_open(&problem, &leash);
	struct search *search = depth_first ? depth_search(depth) : breadth_search(breadth);

	do {
		end = depth_first ? depth_run(depth) : breadth_run(breadth);
		search->leash.pause_at += piece;
	} while (end == SEARCH_PAUSED);
	*result = (struct linear_result){.verdict = end == SEARCH_YES  ? LINEARIZABLE
						    : end == SEARCH_NO ? NOT_LINEARIZABLE
								       : LINEAR_UNKNOWN};
	if (end == SEARCH_NO) {
		result->certificate.stuck = problem.op[search->stuck].source;
		result->certificate.prefix = problem.op[search->stuck].prefix;
	}
	breadth_close(breadth);
	depth_close(depth);
	problem_close(&problem);
}

/* The history as it was when only its first events had happened. What would fail later has taken no
 * effect, and has not yet seen anything. */
static enum linear_verdict exhaust_prefix(const struct trace *trace, uint32_t events,
					  enum model model, int limit)
{
	struct trace_op op[OPS_MAX];
	struct trace cut = *trace;

	cut.op = op;
	cut.ops = 0;
	cut.events = events;
	for (uint32_t i = 0; i < trace->ops; i++) {
		if (trace->op[i].invoked >= events)
			break;
		bool pending = trace->op[i].returned >= events;

		if (pending && trace->op[i].outcome == TRACE_FAILED)
			continue;
		op[cut.ops] = trace->op[i];
		if (pending) {
			op[cut.ops].outcome = TRACE_OPEN;
			op[cut.ops].returned = TRACE_NEVER;
		}
		cut.ops++;
	}
	struct linear_object object = all_of(&cut);

	return linear_exhaust(&object, model, limit);
}

static void check_prefix(const struct trace *trace, enum model model, int limit,
			 const struct certificate *certificate)
{
	uint32_t last = trace->event[certificate->prefix - 1];

	ck_assert_uint_eq(last, certificate->stuck << 1 | 1);
	ck_assert_int_eq(exhaust_prefix(trace, certificate->prefix, model, limit),
			 NOT_LINEARIZABLE);
	ck_assert_int_eq(exhaust_prefix(trace, certificate->prefix - 1, model, limit),
			 LINEARIZABLE);
}

START_TEST(searches_agree_with_exhaustion_and_name_the_shortest_illegal_prefix)
{
	enum model model = (enum model)_i;
	uint32_t counts[3] = {0};

	for (uint64_t seed = 0; seed < HISTORIES; seed++) {
		struct linear_result result[3];
		struct trace trace;
		int limit = 1 + (int)(seed % 2);

		if (model != MODEL_SEMAPHORE && model != MODEL_OWNED_SEMAPHORE &&
		    model != MODEL_REENTRANT_MUTEX)
			limit = 1;
		draw(model, seed, &trace);
		struct linear_object object = all_of(&trace);
		enum linear_verdict expected = linear_exhaust(&object, model, limit);

		ck_assert_int_ne(expected, LINEAR_UNKNOWN);
		search_alone(&object, model, limit, false, 1 + seed % 5, &result[0]);
		search_alone(&object, model, limit, true, 1 + seed % 5, &result[1]);
		ck_assert(linear_search(&object, model, limit, &unbounded, &result[2]));
		for (int i = 0; i < 3; i++) {
			ck_assert_msg(result[i].verdict == expected, "%s, seed %d: %d, not %d",
				      model_names[model], (int)seed, result[i].verdict, expected);
			if (expected == NOT_LINEARIZABLE)
				check_prefix(&trace, model, limit, &result[i].certificate);
		}
		counts[expected]++;
		trace_free(&trace);
	}
	/* Neither verdict is rare. */
	ck_assert_uint_gt(counts[LINEARIZABLE], HISTORIES / 20);
	ck_assert_uint_gt(counts[NOT_LINEARIZABLE], HISTORIES / 20);
}
END_TEST

/* What has answered in the whole history, but not yet where it is cut off, comes there or not. */
START_TEST(a_history_cut_off_is_judged_as_its_prefix)
{
	static const enum model models[] = {MODEL_OWNED_MUTEX, MODEL_RWLOCK, MODEL_KV};
	enum model model = models[_i];

	for (uint64_t seed = 0; seed < HISTORIES; seed++) {
		struct linear_result result;
		struct trace trace;

		draw(model, seed, &trace);
		struct linear_object cut = all_of(&trace);

		cut.events = trace.events ? 1 + (uint32_t)(seed % trace.events) : 0;
		for (cut.ops = 0; cut.ops < trace.ops && trace.op[cut.ops].invoked < cut.events;)
			cut.ops++;
		ck_assert(linear_search(&cut, model, 1, &unbounded, &result));
		ck_assert_int_eq(result.verdict, exhaust_prefix(&trace, cut.events, model, 1));
		trace_free(&trace);
	}
}
END_TEST

/* Hand-made ones ------------------------------------------------------------------------------ */

/* `writers` write different numbers, all at once, `opens` of which never return; then a read sees
 * `seen`. With `rounds` > 1, again and again. */
static void write_all_at_once(struct trace *trace, int writers, int opens, int rounds, int seen)
{
	struct trace_builder *builder = trace_begin("made");
	uint32_t *handle = calloc((size_t)writers, sizeof *handle);
	char text[16];

	for (int round = 0; round < rounds; round++) {
		struct trace_op read = {.f = TRACE_READ};

		for (int i = 0; i < writers; i++) {
			struct trace_op write = {.f = TRACE_WRITE};

			snprintf(text, sizeof text, "%d", i);
			write.a = trace_intern_value(builder, text);
			handle[i] = trace_invoke(builder, &write);
		}
		for (int i = opens; i < writers; i++)
			trace_return(builder, handle[i], TRACE_OK, NULL);
		snprintf(text, sizeof text, "%d", seen);
		read.a = trace_intern_value(builder, text);
		trace_return(builder, trace_invoke(builder, &read), TRACE_OK, NULL);
	}
	free(handle);
	trace_end(builder, trace);
}

/* Appends all at once, and then a get of something else: every order must be tried. */
static void append_all_at_once(struct trace *trace, int appenders)
{
	struct trace_builder *builder = trace_begin("made");
	struct trace_op get = {.f = TRACE_GET};
	uint32_t handle[26];
	char text[4] = "\"?\"";

	for (int i = 0; i < appenders; i++) {
		struct trace_op append = {.f = TRACE_APPEND};

		text[1] = (char)('a' + i);
		append.a = trace_intern_value(builder, text);
		handle[i] = trace_invoke(builder, &append);
	}
	for (int i = 0; i < appenders; i++)
		trace_return(builder, handle[i], TRACE_OK, NULL);
	get.a = trace_intern_value(builder, "\"nothing\"");
	trace_return(builder, trace_invoke(builder, &get), TRACE_OK, NULL);
	trace_end(builder, trace);
}

/* All owners ask at once; then one after the other gets the lock and gives it back, only
 * `forgetful` does not. */
static void queue_up(struct trace *trace, int owners, int forgetful)
{
	struct trace_builder *builder = trace_begin("made");
	uint32_t *handle = calloc((size_t)owners, sizeof *handle);
	struct trace_op op = {.f = TRACE_ACQUIRE};

	for (int i = 0; i < owners; i++) {
		op.owner = (uint32_t)i;
		handle[i] = trace_invoke(builder, &op);
	}
	op.f = TRACE_RELEASE;
	for (int i = 0; i < owners; i++) {
		op.owner = (uint32_t)i;
		trace_return(builder, handle[i], TRACE_OK, NULL);
		if (i != forgetful)
			trace_return(builder, trace_invoke(builder, &op), TRACE_OK, NULL);
	}
	free(handle);
	trace_end(builder, trace);
}

START_TEST(more_than_a_word_of_pending_operations_are_told_apart)
{
	enum { OWNERS = 150 };

	for (int forgetful = 60; forgetful <= OWNERS; forgetful += 30) {
		for (int depth_first = 0; depth_first < 2; depth_first++) {
			struct linear_result result;
			struct trace trace;

			queue_up(&trace, OWNERS, forgetful);
			struct linear_object object = all_of(&trace);

			search_alone(&object, MODEL_OWNED_MUTEX, 1, depth_first, UINT64_MAX,
				     &result);
			/* The last of all may keep it. */
			if (forgetful >= OWNERS - 1) {
				ck_assert_int_eq(result.verdict, LINEARIZABLE);
			} else {
				ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
				ck_assert_uint_eq(result.certificate.prefix,
						  OWNERS + 3 * (uint32_t)forgetful + 2);
			}
			trace_free(&trace);
		}
	}
}
END_TEST

START_TEST(open_operations_cost_little_when_they_do_not_matter)
{
	struct linear_result result;
	struct trace trace;

	/* 40 rounds leave 200 open writes behind; 2^200 ways to choose among them. */
	write_all_at_once(&trace, 8, 5, 40, 2);
	struct linear_object object = all_of(&trace);

	for (int depth_first = 0; depth_first < 2; depth_first++) {
		search_alone(&object, MODEL_CAS_REGISTER, 1, depth_first, UINT64_MAX, &result);
		ck_assert_int_eq(result.verdict, LINEARIZABLE);
	}
	trace_free(&trace);
	write_all_at_once(&trace, 8, 5, 4, 8);
	object = all_of(&trace);
	search_alone(&object, MODEL_CAS_REGISTER, 1, false, UINT64_MAX, &result);
	ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
	trace_free(&trace);
}
END_TEST

/* As many appends of one text, every other one of which never returns. */
START_TEST(equal_operations_are_not_permuted)
{
	struct trace_builder *builder = trace_begin("made");
	struct linear_result result;
	struct trace trace;
	struct trace_op op = {.f = TRACE_APPEND, .a = trace_intern_value(builder, "\"a\"")};
	uint32_t handle[40];

	for (int i = 0; i < 40; i++)
		handle[i] = trace_invoke(builder, &op);
	for (int i = 0; i < 40; i += 2)
		trace_return(builder, handle[i], TRACE_OK, NULL);
	op = (struct trace_op){.f = TRACE_GET, .a = trace_intern_value(builder, "\"b\"")};
	trace_return(builder, trace_invoke(builder, &op), TRACE_OK, NULL);
	trace_end(builder, &trace);
	struct linear_object object = all_of(&trace);

	ck_assert(linear_search(&object, MODEL_KV, 1, &unbounded, &result));
	ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
	ck_assert_uint_le(result.configurations, 20 + 21); /* one for each number of them */
	trace_free(&trace);
}
END_TEST

START_TEST(the_race_is_decided_on_two_threads)
{
	struct linear_result result;
	struct trace trace;

	/* 12 * 2^12 configurations: far more than the first turns. */
	write_all_at_once(&trace, 12, 0, 1, 12);
	struct linear_object object = all_of(&trace);

	ck_assert(linear_search(&object, MODEL_CAS_REGISTER, 1, &unbounded, &result));
	ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
	ck_assert_uint_eq(result.certificate.prefix, object.events);
	ck_assert_uint_gt(result.configurations, 4000);
	trace_free(&trace);
}
END_TEST

START_TEST(a_bound_is_named_and_is_no_verdict)
{
	struct linear_result result;
	struct trace trace;
	struct linear_bounds bounds = {.configurations = 5000};

	write_all_at_once(&trace, 24, 0, 1, 24);
	struct linear_object object = all_of(&trace);

	ck_assert(linear_search(&object, MODEL_CAS_REGISTER, 1, &bounds, &result));
	ck_assert_int_eq(result.verdict, LINEAR_UNKNOWN);
	ck_assert_str_eq(result.bound, "5000 configurations");
	ck_assert_uint_le(result.configurations, 5200);

	bounds = (struct linear_bounds){.bytes = 4000000};
	ck_assert(linear_search(&object, MODEL_CAS_REGISTER, 1, &bounds, &result));
	ck_assert_int_eq(result.verdict, LINEAR_UNKNOWN);
	ck_assert_str_eq(result.bound, "4000000 bytes");

	int64_t begun_ns = clock_now_ns();

	bounds = (struct linear_bounds){.deadline_ns = begun_ns + 50 * NS_PER_MS};
	ck_assert(linear_search(&object, MODEL_CAS_REGISTER, 1, &bounds, &result));
	ck_assert_int_eq(result.verdict, LINEAR_UNKNOWN);
	ck_assert_str_eq(result.bound, "0.050 s");
	ck_assert_int_lt(clock_now_ns() - begun_ns, 10 * NS_PER_S);
	trace_free(&trace);
}
END_TEST

START_TEST(a_search_stops_when_it_is_told_to)
{
	atomic_bool stop = true;
	struct search_leash leash = {.pause_at = UINT64_MAX, .stop = &stop};
	struct problem problem;
	struct trace trace;

	append_all_at_once(&trace, 16);
	struct linear_object object = all_of(&trace);

	ck_assert(problem_open(&problem, &object, MODEL_KV, 1));
	struct breadth *breadth = breadth_open(&problem, &leash);
	struct depth *depth = depth_open(&problem, &leash);

	ck_assert_int_eq(breadth_run(breadth), SEARCH_STOPPED);
	ck_assert_int_eq(depth_run(depth), SEARCH_STOPPED);
	breadth_close(breadth);
	depth_close(depth);
	problem_close(&problem);
	trace_free(&trace);
}
END_TEST

START_TEST(a_function_foreign_to_the_model_is_not_judged)
{
	struct linear_result result;
	struct trace trace;

	append_all_at_once(&trace, 1);
	struct linear_object object = all_of(&trace);

	ck_assert(!linear_search(&object, MODEL_MUTEX, 1, &unbounded, &result));
	ck_assert(!linear_search(&object, MODEL_CAS_REGISTER, 1, &unbounded, &result));
	trace_free(&trace);
}
END_TEST

/* The memo ------------------------------------------------------------------------------------ */

START_TEST(a_collision_of_hashes_never_makes_two_configurations_one)
{
	enum { KEYS = 300000 };
	struct problem problem = {0};
	struct budget budget = {0};
	struct memo memo;
	uint32_t collisions = 0, *hash = malloc(KEYS * sizeof *hash);

	memo_open(&memo, &problem, &budget);
	for (uint64_t key = 0; key < KEYS; key++) {
		uint64_t *config = memo_room(&memo);

		config[CONFIG_LAYER] = key % 1000;
		config[CONFIG_STATE] = key / 1000;
		ck_assert_uint_eq(memo_commit(&memo), key);
		hash[key] = memo.link[key].hash;
		for (uint32_t i = memo.link[key].next; i != MEMO_NONE; i = memo.link[i].next)
			collisions += hash[i] == hash[key];
	}
	ck_assert_uint_gt(collisions, 0); /* else this proved nothing */
	free(hash);
	memo_close(&memo);
}
END_TEST

/* Two classes, up to 1 and up to 3 open operations. */
static bool known_after(struct memo *memo, uint64_t first, uint64_t second)
{
	uint64_t *config = memo_room(memo);

	memset(config, 0, memo->words * sizeof *config);
	config[CONFIG_MASK] = first | second << 2;
	return memo_commit(memo) == MEMO_NONE;
}

START_TEST(who_used_less_of_every_class_dominates_and_nobody_else)
{
	uint64_t guards = UINT64_C(1) << 1 | UINT64_C(1) << 4;
	struct problem problem = {.count_words = 1, .guards = &guards};
	struct budget budget = {0};
	struct memo memo;

	memo_open(&memo, &problem, &budget);
	ck_assert(!known_after(&memo, 1, 1));
	ck_assert(known_after(&memo, 1, 1));
	ck_assert(known_after(&memo, 1, 3));
	ck_assert(!known_after(&memo, 0, 2)); /* less of one, more of the other */
	ck_assert(!memo_dominated(&memo, 0));
	ck_assert(!known_after(&memo, 0, 1));
	ck_assert(memo_dominated(&memo, 0));
	ck_assert(memo_dominated(&memo, 1));
	ck_assert(!memo_dominated(&memo, 2));
	memo_close(&memo);
}
END_TEST

START_TEST(equal_texts_have_one_number_and_others_have_others)
{
	struct budget budget = {0};
	struct intern intern;
	char text[16];

	intern_open(&intern, &budget);
	for (uint32_t pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < 100000; i++) {
			size_t length;
			int size = snprintf(text, sizeof text, "%u", i);

			ck_assert_uint_eq(intern_put(&intern, text, (size_t)size), i + 1);
			ck_assert_mem_eq(intern_bytes(&intern, i + 1, &length), text, (size_t)size);
		}
	intern_close(&intern);
	budget = (struct budget){.limit = 10000};
	intern_open(&intern, &budget);
	for (uint32_t i = 0; i < 10000 && !budget.refused; i++)
		intern_put(&intern, &i, sizeof i);
	ck_assert(budget.refused);
	ck_assert_uint_le(budget.used, budget.limit);
	intern_close(&intern);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: the general engine");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 120);
	suite_add_tcase(suite, tests);
	tcase_add_loop_test(tests,
			    searches_agree_with_exhaustion_and_name_the_shortest_illegal_prefix, 0,
			    MODELS_COUNT);
	tcase_add_loop_test(tests, a_history_cut_off_is_judged_as_its_prefix, 0, 3);
	tcase_add_test(tests, more_than_a_word_of_pending_operations_are_told_apart);
	tcase_add_test(tests, open_operations_cost_little_when_they_do_not_matter);
	tcase_add_test(tests, equal_operations_are_not_permuted);
	tcase_add_test(tests, the_race_is_decided_on_two_threads);
	tcase_add_test(tests, a_bound_is_named_and_is_no_verdict);
	tcase_add_test(tests, a_search_stops_when_it_is_told_to);
	tcase_add_test(tests, a_function_foreign_to_the_model_is_not_judged);
	tcase_add_test(tests, a_collision_of_hashes_never_makes_two_configurations_one);
	tcase_add_test(tests, who_used_less_of_every_class_dominates_and_nobody_else);
	tcase_add_test(tests, equal_texts_have_one_number_and_others_have_others);
	return suite_run(suite);
}
