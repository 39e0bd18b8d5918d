/*
 * What the searches leave out (checker/linear/ENGINE.md): histories that would be out of reach if
 * they tried it, and such as they would judge wrongly if they left out more.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "checker/linear/linear.h"
#include "tests/support/suite.h"
#include "tests/support/trace_generator.h"

static const struct linear_bounds unbounded;

static struct linear_object all_of(const struct trace *trace)
{
	return (struct linear_object){
		.trace = trace, .ops = trace->ops, .events = trace->events, .event = trace->event};
}

/* Readers that share a lock, and a writer that waits for them, `rounds` times. One in three has no
 * answer; half of these took effect, and their owners go on. */
struct forgetful {
	struct random_stream random;
	struct trace_builder *builder;
};

static bool luck(struct forgetful *forgetful)
{
	return random_between(&forgetful->random, 0, 1);
}

/* Gives back; should that have no answer and no effect, once more. */
static void give_back(struct forgetful *forgetful, const struct trace_op *release)
{
	bool known = random_between(&forgetful->random, 0, 2) > 0;
	bool again = !known && luck(forgetful);

	trace_return(forgetful->builder, trace_invoke(forgetful->builder, release),
		     known ? TRACE_OK : TRACE_OPEN, NULL);
	if (again)
		trace_return(forgetful->builder, trace_invoke(forgetful->builder, release),
			     TRACE_OK, NULL);
}

static void share_and_wait(struct forgetful *forgetful, bool robs)
{
	enum { READERS = 12 };
	struct trace_op op = {.f = TRACE_ACQUIRE, .mode = TRACE_SHARED};
	struct trace_op writer = {.f = TRACE_ACQUIRE, .owner = READERS};
	uint32_t handle[READERS], waits = trace_invoke(forgetful->builder, &writer);
	bool holds[READERS];

	for (op.owner = 0; op.owner < READERS; op.owner++)
		handle[op.owner] = trace_invoke(forgetful->builder, &op);
	for (int i = 0; i < READERS; i++) {
		bool known = random_between(&forgetful->random, 0, 2) > 0;

		holds[i] = known || luck(forgetful);
		trace_return(forgetful->builder, handle[i], known ? TRACE_OK : TRACE_OPEN, NULL);
	}
	if (robs)
		trace_return(forgetful->builder, waits, TRACE_OK, NULL);
	op.f = writer.f = TRACE_RELEASE;
	for (op.owner = 0; op.owner < READERS; op.owner++)
		if (holds[op.owner])
			give_back(forgetful, &op);
	if (!robs)
		trace_return(forgetful->builder, waits, TRACE_OK, NULL);
	give_back(forgetful, &writer);
}

static void share_with_forgetful(struct trace *trace, uint64_t seed, int rounds, bool robs)
{
	struct forgetful forgetful = {.random = random_open(seed, "forgetful"),
				      .builder = trace_begin("made")};

	for (int i = 0; i < rounds; i++)
		share_and_wait(&forgetful, robs && i == 0);
	trace_end(forgetful.builder, trace);
}

START_TEST(owners_that_go_on_after_unknown_outcomes_cost_little)
{
	const struct linear_bounds bounds = {.configurations = 100000};

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct linear_result result;
		struct trace trace;

		share_with_forgetful(&trace, seed, 200, false);
		struct linear_object object = all_of(&trace);

		ck_assert(linear_search(&object, MODEL_RWLOCK, 1, &bounds, &result));
		ck_assert_int_eq(result.verdict, LINEARIZABLE);
		trace_free(&trace);
		share_with_forgetful(&trace, seed, 50, true);
		object = all_of(&trace);
		ck_assert(linear_search(&object, MODEL_RWLOCK, 1, &bounds, &result));
		ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
		ck_assert_uint_le(result.certificate.prefix, 26);
		trace_free(&trace);
	}
}
END_TEST

/* However the parts of a search share it (pairs of holders, either order, the race), each of which
 * may be one configuration late. */
START_TEST(a_bound_is_shared_by_all_that_search)
{
	for (uint64_t bound = 1; bound <= 4096; bound *= 2)
		for (uint64_t seed = 1; seed <= 20; seed++) {
			const struct linear_bounds bounds = {.configurations = bound};
			struct linear_result result;
			struct trace trace;

			share_with_forgetful(&trace, seed, 200, false);
			struct linear_object object = all_of(&trace);

			ck_assert(linear_search(&object, MODEL_RWLOCK, 1, &bounds, &result));
			ck_assert_msg(result.configurations <= bound + 4, "%lu of %lu",
				      (unsigned long)result.configurations, (unsigned long)bound);
			trace_free(&trace);
		}
}
END_TEST

/* Of 50 clients many wait at once, and each has something without an answer that might end a hold.
 */
START_TEST(a_lock_that_many_wait_for_costs_little)
{
	const struct linear_bounds bounds = {.configurations = 100000};

	for (int which = 0; which < 12; which++) {
		bool violation = which & 1;
		const struct generator wish = {.model =
						       which & 2 ? MODEL_OWNED_MUTEX : MODEL_RWLOCK,
					       .seed = (uint64_t)which,
					       .operations = 5000,
					       .clients = which < 6 ? 50 : 5,
					       .limit = 1,
					       .unknown_percent = 10,
					       .nameless = true,
					       .violation = violation};
		struct linear_result result;
		struct trace trace;

		ck_assert(generate_trace(&wish, &trace));
		struct linear_object object = all_of(&trace);

		ck_assert(linear_search(&object, wish.model, 1, &bounds, &result));
		ck_assert_int_eq(result.verdict, violation ? NOT_LINEARIZABLE : LINEARIZABLE);
		/* A stranger's acquire. */
		if (violation)
			ck_assert_uint_ge(trace.op[result.certificate.stuck].owner,
					  GENERATOR_CLIENTS);
		trace_free(&trace);
	}
}
END_TEST

/* What was built is linearizable as a read-write lock, by exhaustive search and by ours. Frees it.
 */
static void found_linearizable(struct trace_builder *builder)
{
	struct linear_result result;
	struct trace trace;

	trace_end(builder, &trace);
	struct linear_object object = all_of(&trace);

	ck_assert_int_eq(linear_exhaust(&object, MODEL_RWLOCK, 1), LINEARIZABLE);
	ck_assert(linear_search(&object, MODEL_RWLOCK, 1, &unbounded, &result));
	ck_assert_int_eq(result.verdict, LINEARIZABLE);
	trace_free(&trace);
}

/* The writer's turn must come when the first reader has gone and before the second one. */
START_TEST(an_exclusive_turn_comes_before_a_shared_hold_that_would_bar_it)
{
	enum { WRITER, FIRST, SECOND };
	struct trace_builder *builder = trace_begin("made");
	struct trace_op acquire = {.f = TRACE_ACQUIRE, .owner = WRITER};
	struct trace_op release = {.f = TRACE_RELEASE, .owner = WRITER};
	struct trace_op share = {.f = TRACE_ACQUIRE, .mode = TRACE_SHARED, .owner = FIRST};

	trace_return(builder, trace_invoke(builder, &release), TRACE_OPEN, NULL);
	trace_return(builder, trace_invoke(builder, &share), TRACE_OK, NULL);
	release.owner = FIRST;
	trace_return(builder, trace_invoke(builder, &release), TRACE_OPEN, NULL);
	uint32_t waits = trace_invoke(builder, &acquire);

	share.owner = release.owner = SECOND;
	trace_return(builder, trace_invoke(builder, &share), TRACE_OK, NULL);
	trace_return(builder, waits, TRACE_OK, NULL);
	trace_return(builder, trace_invoke(builder, &release), TRACE_OK, NULL);
	found_linearizable(builder);
}
END_TEST

/* Both acquires without an answer stood before a release, the exclusive one before the first: when
 * the second comes somebody shares the lock. */
START_TEST(of_two_acquires_the_exclusive_one_is_used_up_first)
{
	struct trace_builder *builder = trace_begin("made");
	struct trace_op op = {.f = TRACE_ACQUIRE};
	struct trace_op share = {.f = TRACE_ACQUIRE, .mode = TRACE_SHARED, .owner = 1};

	trace_return(builder, trace_invoke(builder, &op), TRACE_OPEN, NULL);
	op.mode = TRACE_SHARED;
	trace_return(builder, trace_invoke(builder, &op), TRACE_OPEN, NULL);
	op.f = TRACE_RELEASE;
	trace_return(builder, trace_invoke(builder, &op), TRACE_OK, NULL);
	trace_return(builder, trace_invoke(builder, &share), TRACE_OK, NULL);
	trace_return(builder, trace_invoke(builder, &op), TRACE_OK, NULL);
	found_linearizable(builder);
}
END_TEST

/* One of two acquires without an answer stood before the release, the other one is what the try
 * saw: it must be the exclusive one. */
START_TEST(a_failed_try_tells_which_acquire_came_before_a_release)
{
	struct trace_builder *builder = trace_begin("made");
	struct trace_op op = {.f = TRACE_ACQUIRE};

	trace_return(builder, trace_invoke(builder, &op), TRACE_OPEN, NULL);
	op.mode = TRACE_SHARED;
	trace_return(builder, trace_invoke(builder, &op), TRACE_OPEN, NULL);
	op.f = TRACE_RELEASE;
	trace_return(builder, trace_invoke(builder, &op), TRACE_OK, NULL);
	op = (struct trace_op){.f = TRACE_TRY_ACQUIRE, .mode = TRACE_SHARED, .owner = 1};
	trace_return(builder, trace_invoke(builder, &op), TRACE_FAILED, NULL);
	found_linearizable(builder);
}
END_TEST

/* `appenders` append at once, again and again, and take effect as they are invoked, or backwards; a
 * get shows it. `lost`: the last get lacks the very first append. */
static void append_in_order(struct trace *trace, int appenders, bool backwards, bool lost)
{
	enum { ROUNDS = 10 };
	struct trace_builder *builder = trace_begin("made");
	struct trace_op get = {.f = TRACE_GET}, append = {.f = TRACE_APPEND};
	char text[ROUNDS * 26 * 2 + 3] = "\"", one[8];
	size_t length = 1;

	for (int round = 0; round < ROUNDS; round++) {
		bool lacks = lost && round == ROUNDS - 1;
		uint32_t handle[26];

		for (int i = 0; i < appenders; i++) {
			snprintf(one, sizeof one, "\"%c%d\"", 'a' + i, round);
			append.a = trace_intern_value(builder, one);
			handle[i] = trace_invoke(builder, &append);
		}
		for (int i = 0; i < appenders; i++) {
			int which = backwards ? appenders - 1 - i : i;

			trace_return(builder, handle[i], TRACE_OK, NULL);
			text[length++] = (char)('a' + which);
			text[length++] = (char)('0' + round);
		}
		text[length] = '"';
		text[length + 1] = '\0';
		if (lacks)
			text[2] = '"';
		get.a = trace_intern_value(builder, text + 2 * lacks);
		trace_return(builder, trace_invoke(builder, &get), TRACE_OK, NULL);
	}
	trace_end(builder, trace);
}

START_TEST(gets_tell_the_order_of_appends)
{
	for (int which = 0; which < 4; which++) {
		bool backwards = which & 1, lost = which & 2;
		struct linear_result result;
		struct trace trace;

		append_in_order(&trace, 20, backwards, lost);
		struct linear_object object = all_of(&trace);

		ck_assert(linear_search(&object, MODEL_KV, 1, &unbounded, &result));
		ck_assert_int_eq(result.verdict, lost ? NOT_LINEARIZABLE : LINEARIZABLE);
		ck_assert_uint_le(result.configurations, 5 * object.ops);
		/* What was hopeless long before is illegal not before. */
		if (lost)
			ck_assert_uint_eq(result.certificate.prefix, object.events);
		trace_free(&trace);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: what searches leave out");
	TCase *tests = tcase_create("all");

	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, owners_that_go_on_after_unknown_outcomes_cost_little);
	tcase_add_test(tests, a_bound_is_shared_by_all_that_search);
	tcase_add_test(tests, a_lock_that_many_wait_for_costs_little);
	tcase_add_test(tests, an_exclusive_turn_comes_before_a_shared_hold_that_would_bar_it);
	tcase_add_test(tests, of_two_acquires_the_exclusive_one_is_used_up_first);
	tcase_add_test(tests, a_failed_try_tells_which_acquire_came_before_a_release);
	tcase_add_test(tests, gets_tell_the_order_of_appends);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
