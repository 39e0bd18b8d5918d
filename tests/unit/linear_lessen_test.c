/*
 * Explanations of random traces of every model, which the exhaustive search must confirm, and
 * shrinking: what is left is illegal, and no step makes a legal history illegal.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "checker/linear/explain.h"
#include "checker/linear/lessen.h"
#include "tests/support/suite.h"
#include "tests/support/trace_generator.h"

/* Every model --------------------------------------------------------------------------------- */

enum { RANDOM_HISTORIES = 1500, RANDOM_OPS = 12 };

static struct trace_op draw_lock(struct random_stream *random, bool attempts)
{
	static const uint8_t functions[] = {TRACE_ACQUIRE, TRACE_ACQUIRE, TRACE_RELEASE,
					    TRACE_RELEASE, TRACE_TRY_ACQUIRE};
	int process = (int)random_between(random, 1, 3);

	return (struct trace_op){
		.f = functions[random_between(random, 0, 4)],
		.process = process,
		.owner = (uint32_t)process,
		.attempt = attempts ? (uint32_t)random_between(random, 1, 5) : 0,
		.token = random_between(random, 0, 4),
		.mode = (uint8_t)random_between(random, 0, 1),
	};
}

static struct trace_op draw_data(struct random_stream *random, enum model model, uint32_t values)
{
	static const uint8_t registers[] = {TRACE_READ, TRACE_WRITE, TRACE_CAS};
	static const uint8_t texts[] = {TRACE_GET, TRACE_PUT, TRACE_APPEND};
	static const uint8_t sets[] = {TRACE_READ, TRACE_ADD, TRACE_REMOVE};
	const uint8_t *f = model == MODEL_CAS_REGISTER ? registers
			   : model == MODEL_KV         ? texts
						       : sets;

	return (struct trace_op){
		.f = f[random_between(random, 0, 2)],
		.process = (int)random_between(random, 1, 3),
		.a = (uint32_t)random_between(random, 0, values - 1),
		.b = (uint32_t)random_between(random, 0, values - 1),
	};
}

/* Three values beside nil and the empty string; sets of a set's elements. */
static uint32_t make_values(struct trace_builder *builder, enum model model)
{
	static const char *const texts[] = {"\"a\"", "\"b\"", "\"ab\""};
	static const char *const sets[] = {"#{nil}", "#{\"\"}", "#{\"\" nil}"};

	for (int i = 0; i < 3; i++)
		trace_intern_value(builder, model == MODEL_SET ? sets[i] : texts[i]);
	return 5;
}

static void draw(struct random_stream *random, enum model model, struct trace *trace)
{
	struct trace_builder *builder = trace_begin("test");
	uint32_t pending[RANDOM_OPS], handle[RANDOM_OPS], pendings = 0;
	uint32_t values = make_values(builder, model);
	struct trace_op op[RANDOM_OPS];
	bool attempts = random_between(random, 0, 1);
	int asked = 0;

	while (asked < RANDOM_OPS || pendings > 0) {
		if (asked < RANDOM_OPS && (pendings == 0 || random_between(random, 0, 2) > 0)) {
			op[asked] = model >= MODEL_CAS_REGISTER ? draw_data(random, model, values)
								: draw_lock(random, attempts);
			handle[asked] = trace_invoke(builder, &op[asked]);
			pending[pendings++] = (uint32_t)asked++;
			continue;
		}
		uint32_t at = (uint32_t)random_between(random, 0, pendings - 1);
		uint32_t number = pending[at];
		int64_t luck = random_between(random, 0, 9);

		pending[at] = pending[--pendings];
		trace_return(builder, handle[number],
			     luck < 7   ? TRACE_OK
			     : luck < 9 ? TRACE_FAILED
					: TRACE_OPEN,
			     &op[number]);
	}
	trace_end(builder, trace);
}

START_TEST(every_explanation_is_confirmed_by_exhaustive_search)
{
	enum model model = (enum model)_i;
	struct random_stream random = random_open(11, model_names[model]);
	struct linear_request request = {.model = model, .limit = 1 + (_i % 2)};
	int explained = 0;

	for (int i = 0; i < RANDOM_HISTORIES; i++) {
		struct linear_summary summary;
		struct explanation explanation;
		struct error err = {0};
		struct trace trace;

		draw(&random, model, &trace);
		ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
		if (summary.verdict == NOT_LINEARIZABLE) {
			explain_summary(&trace, &request, &summary, &explanation);
			ck_assert_msg(explanation.proof == EXPLANATION_VERIFIED, "%s %d: %s",
				      model_names[model], i, explanation.headline);
			ck_assert_int_gt(explanation.rows, 0);
			ck_assert_int_gt((int)strlen(explanation.headline), 10);
			explanation_free(&explanation);
			explained++;
		}
		trace_free(&trace);
	}
	ck_assert_int_gt(explained, RANDOM_HISTORIES / 20);
}
END_TEST

START_TEST(a_planted_violation_is_explained_by_its_two_holds)
{
	static const enum model models[] = {MODEL_OWNED_MUTEX, MODEL_FENCED_MUTEX, MODEL_RWLOCK};
	struct generator wish = {.model = models[_i],
				 .seed = 3,
				 .operations = 2000,
				 .clients = 8,
				 .limit = 1,
				 .unknown_percent = 5,
				 .violation = true};
	struct linear_request request = {.model = wish.model, .limit = 1};
	struct linear_summary summary;
	struct explanation explanation;
	struct error err = {0};
	struct trace trace;

	ck_assert(generate_trace(&wish, &trace));
	ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
	ck_assert_int_eq(summary.verdict, NOT_LINEARIZABLE);
	explain_summary(&trace, &request, &summary, &explanation);
	ck_assert_int_eq(explanation.proof, EXPLANATION_VERIFIED);
	ck_assert_int_le(explanation.rows, 4);
	ck_assert_ptr_nonnull(strstr(explanation.headline, " certainly held "));
	explanation_free(&explanation);
	trace_free(&trace);
}
END_TEST

/* Shrinking ----------------------------------------------------------------------------------- */

START_TEST(what_shrinking_leaves_is_illegal_and_no_larger)
{
	struct random_stream random = random_open(12, "shrink");
	struct linear_request request = {.model = MODEL_CAS_REGISTER, .limit = 1};
	int shrunk = 0;

	for (int i = 0; i < RANDOM_HISTORIES; i++) {
		struct trace trace;
		struct excerpt excerpt;

		draw(&random, request.model, &trace);
		struct linear_object whole = {.trace = &trace,
					      .ops = trace.ops,
					      .events = trace.events,
					      .event = trace.event};

		excerpt_prefix(&excerpt, &whole, TRACE_NEVER);
		uint32_t before = excerpt.ops, after;

		if (excerpt_decide(&excerpt, &request) == NOT_LINEARIZABLE) {
			shrink(&excerpt, &request, CLOCK_NEVER);
			ck_assert_int_eq(excerpt_exhaust(&excerpt, &request, &after),
					 NOT_LINEARIZABLE);
			ck_assert_uint_le(excerpt.ops, before);
			shrunk += excerpt.ops < before;
		}
		excerpt_free(&excerpt);
		trace_free(&trace);
	}
	ck_assert_int_gt(shrunk, RANDOM_HISTORIES / 20);
}
END_TEST

/* Shrinking keeps a step that leaves something illegal. So if any of its steps, on blocks of any
 * size, could make a legal history illegal, it would end illegal here. */
START_TEST(no_step_of_shrinking_makes_a_legal_history_illegal)
{
	enum model model = (enum model)_i;
	struct random_stream random = random_open(13, model_names[model]);
	struct linear_request request = {.model = model, .limit = 1 + (_i % 2)};
	int legal = 0;

	for (int i = 0; i < RANDOM_HISTORIES; i++) {
		struct trace trace;
		struct excerpt excerpt;

		draw(&random, model, &trace);
		struct linear_object whole = {.trace = &trace,
					      .ops = trace.ops,
					      .events = trace.events,
					      .event = trace.event};

		excerpt_prefix(&excerpt, &whole, trace.events / 2);
		if (excerpt_decide(&excerpt, &request) == LINEARIZABLE) {
			shrink(&excerpt, &request, CLOCK_NEVER);
			ck_assert_int_eq(excerpt_decide(&excerpt, &request), LINEARIZABLE);
			legal++;
		}
		excerpt_free(&excerpt);
		trace_free(&trace);
	}
	ck_assert_int_gt(legal, RANDOM_HISTORIES / 50);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: linear: explanations of every model");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, every_explanation_is_confirmed_by_exhaustive_search, 0,
			    MODELS_COUNT);
	tcase_add_loop_test(tests, no_step_of_shrinking_makes_a_legal_history_illegal, 0,
			    MODELS_COUNT);
	tcase_add_loop_test(tests, a_planted_violation_is_explained_by_its_two_holds, 0, 3);
	tcase_add_test(tests, what_shrinking_leaves_is_illegal_and_no_larger);
	return suite_run(suite);
}
