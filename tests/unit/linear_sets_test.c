/*
 * T8, T8b: sets by their elements. By hand, against exhaustive search, and many operations.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "checker/linear/explain.h"
#include "checker/linear/lessen.h"
#include "tests/oracle/draw.h"
#include "tests/support/explained.h"
#include "tests/support/suite.h"
#include "tests/support/trace_generator.h"

static const struct linear_bounds no_bounds;
static struct small small;
static struct linear_result result;

/* LINEAR_UNKNOWN: neither decided nor refuted. What is said must be so. */
static enum linear_verdict decide(const char *text)
{
	small_read(&small, MODEL_SET, 1, false, text);
	if (!linear_sets(&small.object, MODEL_SET, &no_bounds, &result))
		return LINEAR_UNKNOWN;
	ck_assert_int_eq(linear_exhaust(&small.object, MODEL_SET, 1), result.verdict);
	return result.verdict;
}

/* Not linearizable, by these many events, since the read that is operation `stuck`. */
static void refuted(const char *text, const char *procedure, uint32_t stuck, uint32_t events)
{
	ck_assert_int_eq(decide(text), NOT_LINEARIZABLE);
	ck_assert_str_eq(result.procedure, procedure);
	ck_assert_uint_eq(result.certificate.stuck, stuck);
	ck_assert_uint_eq(result.certificate.prefix, events);
	ck_assert_uint_eq(result.violations, 1);
}

/* Sets that grow only ------------------------------------------------------------------------- */

START_TEST(nobody_sees_what_nobody_had_begun_to_add)
{
	refuted("S1[0 1]", "T8", 0, 2);
	refuted("S1[0 1] +1[2 3]", "T8", 0, 2);
	ck_assert_int_eq(decide("+1[1 3] S1[0 2]"), LINEARIZABLE);
	ck_assert_str_eq(result.procedure, "T8");
	ck_assert_int_eq(decide("+1?[1 9] S1[0 2]"), LINEARIZABLE);
}
END_TEST

START_TEST(what_was_added_is_seen_from_then_on)
{
	refuted("+1[0 1] S[2 3] S1[4 5]", "T8", 1, 4);
	refuted("+1[0 1] +2[2 3] S2[4 5]", "T8", 2, 6);
	ck_assert_int_eq(decide("+1[0 2] S[1 3]"), LINEARIZABLE);
	ck_assert_int_eq(decide("+1[0 2] S[1 3] S1[4 5]"), LINEARIZABLE);
}
END_TEST

START_TEST(what_was_seen_once_is_seen_from_then_on)
{
	refuted("+1[0 9] S1[1 2] S[3 4]", "T8", 2, 5);
	refuted("+1?[0 9] S1[1 2] S[3 4] S1[5 6]", "T8", 2, 5);
	refuted("+1?[0 9] +2?[1 9] S12[2 3] S1[4 5]", "T8", 3, 6);
	ck_assert_int_eq(decide("+1[0 9] S1[1 3] S[2 4]"), LINEARIZABLE);
	ck_assert_int_eq(decide("+1?[0 9] S[1 2] S[3 4]"), LINEARIZABLE);
}
END_TEST

START_TEST(who_saw_the_later_add_saw_the_earlier_one)
{
	refuted("S2[0 9] +1[1 2] +2[3 8]", "T8", 0, 6);
	refuted("S2[0 9] +1[1 2] +2?[3 10]", "T8", 0, 5);
	refuted("S23[0 9] +1[4 5] +2[1 2] +3[6 7]", "T8", 0, 8);
	ck_assert_int_eq(decide("S2[0 9] +1[1 4] +2[3 8]"), LINEARIZABLE);
	ck_assert_int_eq(decide("S1[0 9] +1[1 2] +2[3 8]"), LINEARIZABLE);
}
END_TEST

START_TEST(of_two_reads_one_saw_all_that_the_other_saw)
{
	refuted("+1[0 9] +2[1 8] S1[2 6] S2[3 7]", "T8", 3, 6);
	refuted("+1[0 19] +2[1 18] +3[2 17] S123[3 9] S12[4 10] S13[5 11]", "T8", 5, 9);
	refuted("+1[0 19] +2[1 18] +3[2 17] S12[3 9] S[4 10] S3[5 11]", "T8", 5, 9);
	refuted("+1[0 19] +2[1 18] +3[2 17] S1[3 9] S12[4 10] S123[5 11] S13[6 12]", "T8", 6, 11);
	ck_assert_int_eq(decide("+1[0 19] +2[1 18] +3[2 17] S123[3 9] S1[4 10] S12[5 11] S[6 12]"),
			 LINEARIZABLE);
	ck_assert_int_eq(decide("+1[0 19] +2[1 18] S12[2 9] S[3 10] S12[4 11]"), LINEARIZABLE);
}
END_TEST

START_TEST(adds_of_one_element_are_one_add_from_the_first_invocation_to_the_first_return)
{
	ck_assert_int_eq(decide("+1[0 1] +1[4 5] S1[2 3]"), LINEARIZABLE);
	ck_assert_int_eq(decide("+1?[0 9] +1[4 5] S1[2 3]"), LINEARIZABLE);
	ck_assert_int_eq(decide("+1?[0 9] +1[1 2] S[0 3]"), LINEARIZABLE);
	ck_assert_int_eq(decide("+1[0 30] S1[1 20] +2[2 3] +1[4 5]"), LINEARIZABLE);
	refuted("+1[4 5] +1?[3 9] S1[0 2]", "T8", 0, 2);
	refuted("+1[0 9] +1[1 2] S[3 4]", "T8", 2, 5);
	refuted("S2[0 9] +1[1 5] +1[2 3] +2[4 8]", "T8", 0, 8);
}
END_TEST

/* Importers leave failed ones out; a trace may have them. */
START_TEST(what_failed_did_not_happen_and_a_read_without_an_answer_saw_nothing)
{
	ck_assert_int_eq(decide("+1![0 1] S[2 3]"), LINEARIZABLE);
	refuted("+1![0 1] S1[2 3]", "T8", 1, 4);
	ck_assert_int_eq(decide("S1?[0 1] S1![2 3]"), LINEARIZABLE);
	ck_assert_int_eq(decide("+1[0 1] -1![2 3] S1[4 5]"), LINEARIZABLE);
	ck_assert_str_eq(result.procedure, "T8");
}
END_TEST

/* A trace of its own, for values that small.h has not. */
static enum linear_verdict judge_reads(const char *const reads[], int count)
{
	struct trace_builder *builder = trace_begin("test");
	struct linear_request request = {.model = MODEL_SET, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};
	struct trace trace;

	trace_intern_object(builder, "");
	for (int i = -2; i < count; i++) {
		const char *text = i == -2 ? "[1 2]" : i == -1 ? "\"a b\"" : reads[i];
		struct trace_op op = {.f = i < 0 ? TRACE_ADD : TRACE_READ,
				      .a = trace_intern_value(builder, text)};

		trace_return(builder, trace_invoke(builder, &op), TRACE_OK, &op);
	}
	trace_end(builder, &trace);
	ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
	ck_assert_str_eq(summary.result.procedure, "T8");
	trace_free(&trace);
	return summary.verdict;
}

START_TEST(elements_are_told_in_any_order_and_twice_in_any_collection)
{
	static const char *const right[] = {"#{[1 2] \"a b\"}", "[\"a b\" [1 2] \"a b\"]",
					    "(\"a b\", [1 2], [1 2])"};
	static const char *const wrong[] = {"#{1 2 \"a b\"}"};

	ck_assert_int_eq(judge_reads(right, 3), LINEARIZABLE);
	ck_assert_int_eq(judge_reads(wrong, 1), NOT_LINEARIZABLE);
}
END_TEST

/* Operation i is on object i % objects: each adds 1, then adds 2, then both are read. */
START_TEST(each_of_several_sets_is_judged_by_itself)
{
	enum { OBJECTS = 5, OPS = 3 * OBJECTS };
	struct trace_builder *builder = trace_begin("test");
	struct linear_request request = {.model = MODEL_SET, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};
	struct trace trace;
	char name[2] = "a";

	for (int i = 0; i < OPS; i++) {
		static const char *const values[] = {"1", "2", "[1 2]"};
		bool wrong = _i && i == OPS - 2;
		struct trace_op op = {.f = i < 2 * OBJECTS ? TRACE_ADD : TRACE_READ};

		name[0] = (char)('a' + i % OBJECTS);
		op.object = trace_intern_object(builder, name);
		op.a = trace_intern_value(builder, wrong ? "[2]" : values[i / OBJECTS]);
		trace_return(builder, trace_invoke(builder, &op), TRACE_OK, &op);
	}
	trace_end(builder, &trace);
	ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
	ck_assert_int_eq(summary.verdict, _i ? NOT_LINEARIZABLE : LINEARIZABLE);
	ck_assert_uint_eq(summary.not_linearizable, (uint32_t)_i);
	ck_assert_uint_eq(summary.worst, _i ? OBJECTS - 2 : 0);
	ck_assert_uint_eq(summary.result.certificate.prefix, _i ? 6 : 0);
	trace_free(&trace);
}
END_TEST

/* With removes -------------------------------------------------------------------------------- */

START_TEST(one_element_that_has_no_order_refutes_the_set)
{
	refuted("+1[0 1] -1[2 3] S1[4 5]", "T8b", 2, 6);
	refuted("+1[0 1] -1[2 9] S1[3 4] S[5 6] S1[7 8]", "T8b", 4, 9);
	refuted("+2[0 1] +1[2 3] -1?[4 9] S12[5 6] S2[7 8] S12[9 10]", "T8b", 5, 11);
	refuted("+1[0 1] -2[2 3] S[4 5]", "T8", 2, 6);
}
END_TEST

/* The others would be worth a search, too. */
START_TEST(elements_that_fit_one_by_one_prove_nothing)
{
	ck_assert_int_eq(decide("+1[0 19] +2[1 18] S1[2 6] S2[3 7] -1?[8 20] -2?[9 21]"),
			 LINEAR_UNKNOWN);
	ck_assert_int_eq(linear_exhaust(&small.object, MODEL_SET, 1), NOT_LINEARIZABLE);
	small_read(&small, MODEL_SET, 1, false, "+1[0 1] +2[2 3] -2[4 5] -1[4 5] S2[6 7]");
	ck_assert(linear_sets(&small.object, MODEL_SET, &no_bounds, &result));
}
END_TEST

/* All numbers become 1. */
static void make_one_element(struct small *of)
{
	for (int i = 0; i < of->parts; i++) {
		struct trace_op *op = &of->part[i].op;
		const char *text = trace_value_text(&of->trace, op->a);

		op->a = op->f == TRACE_READ ? small_set(strchr(text, '1') ? 1 : 0)
					    : small_number(1);
	}
	small_build(of);
}

/* Whatever reads are passed over, an element by itself has an order or not. */
START_TEST(a_set_of_one_element_is_refuted_whenever_it_has_no_order)
{
	struct random_stream random = random_open(9, "one element");
	int removed = 0;

	for (int i = 0; i < 60000; i++) {
		draw(MODEL_SET, &random, &small);
		make_one_element(&small);
		bool fits = linear_exhaust(&small.object, MODEL_SET, 1) == LINEARIZABLE;
		bool says = linear_sets(&small.object, MODEL_SET, &no_bounds, &result);

		ck_assert_int_eq(fits, !says || result.verdict == LINEARIZABLE);
		removed += says && strcmp(result.procedure, "T8b") == 0;
	}
	ck_assert_int_gt(removed, 3000);
}
END_TEST

static void has_order(const char *text)
{
	ck_assert_int_eq(decide(text), LINEARIZABLE);
	ck_assert_str_eq(result.procedure, "T8c");
}

START_TEST(a_read_goes_before_what_would_take_away_what_it_saw)
{
	has_order("+1[0 1] -1[2 9] S1[3 4] S[5 6]");
	has_order("+1[0 1] S1[2 3] -1[4 5] S[6 7]");
	has_order("+1[0 1] S1[2 9] -1[3 4]");                               /* an answer */
	has_order("+1[0 1] S1[2 9] -1[3 8] S[4 5]");                        /* another read */
	has_order("+1[0 1] S1[2 9] S[3 8] -1[4 7] +1[5 6]");                /* two of them */
	has_order("S1[0 9] +1[1 4] -1[2 3] +1[5 8] -1[6 7]");               /* not the first time */
	has_order("+1[0 19] +2[1 18] S1[2 6] S2[3 7] -1?[4 20] -2?[5 21]"); /* no answer */
	has_order("+1[0 3] -1[1 2] S1[4 9] +1?[5 20] S[6 7]");              /* what came late */
	has_order("+1[0 9] -1[1 8] +1[2 7] -1[3 6] S1[4 5] S[10 11]");
}
END_TEST

/* Few are not found, and none is that is not there: decide() asks the exhaustive search. */
START_TEST(orders_of_small_sets_are_found)
{
	struct random_stream random = random_open(13, "orders");
	int legal = 0, found = 0;

	for (int i = 0; i < 30000; i++) {
		draw(MODEL_SET, &random, &small);
		bool says = linear_sets(&small.object, MODEL_SET, &no_bounds, &result);
		enum linear_verdict verdict = linear_exhaust(&small.object, MODEL_SET, 1);

		legal += verdict == LINEARIZABLE;
		found += verdict == LINEARIZABLE && says;
		ck_assert(!says || result.verdict == verdict);
	}
	ck_assert_int_gt(legal, 10000);
	ck_assert_int_ge(found, legal - legal / 1000);
}
END_TEST

/* Many operations ------------------------------------------------------------------------------- */

static void explain_trace(const struct trace *trace, struct explanation *explanation)
{
	result = explain_refuted(trace, MODEL_SET, explanation);
	for (int i = 0; i < explanation->rows; i++)
		ck_assert_uint_eq(explanation->row[i].line, trace->op[explanation->row[i].op].line);
}

START_TEST(a_big_set_is_refuted_and_explained_at_once)
{
	bool removes = _i;
	struct generator wish = {.model = MODEL_SET,
				 .seed = 5,
				 .operations = 20000,
				 .clients = 10,
				 .limit = 1,
				 .unknown_percent = 2,
				 .removes = removes,
				 .violation = true};
	struct explanation explanation;
	struct trace trace;

	ck_assert(generate_trace(&wish, &trace));
	explain_trace(&trace, &explanation);
	ck_assert_str_eq(result.procedure, removes ? "T8b" : "T8");
	ck_assert_uint_le(result.configurations, 2000);
	ck_assert_uint_le(explanation.proof_ops, 4);
	ck_assert_int_eq(explanation.row[explanation.rows - 1].culprit, true);
	explanation_free(&explanation);
	trace_free(&trace);
}
END_TEST

enum { CLIENTS = 20, ELEMENTS = 10 };

/* What stands in the set, as a read sees it. */
static uint32_t what_stands(struct trace_builder *builder, const bool inside[ELEMENTS])
{
	char text[4 * ELEMENTS + 4] = "#{";
	size_t length = 2;

	for (int e = 0; e < ELEMENTS; e++)
		if (inside[e])
			length += (size_t)snprintf(text + length, sizeof(text) - length, " %d", e);
	snprintf(text + length, sizeof(text) - length, "}");
	return trace_intern_value(builder, text);
}

/* To four changes there are so many reads. Each takes effect at one instant of its interval; 5 %
 * have no answer, and half of these take none. */
static void make_busy_set(struct random_stream *random, int operations, int clients, int reads,
			  struct trace *trace)
{
	struct trace_builder *builder = trace_begin("test");
	struct trace_op op[CLIENTS] = {0};
	bool inside[ELEMENTS] = {false};
	uint32_t handle[CLIENTS];
	int stage[CLIENTS] = {0}, element[CLIENTS];

	trace_intern_object(builder, "");
	while (operations > 0) {
		int i = (int)random_between(random, 0, clients - 1);
		char text[8];

		if (stage[i]++ == 0) {
			int kind = (int)random_between(random, 0, reads + 3);

			element[i] = (int)random_between(random, 0, ELEMENTS - 1);
			snprintf(text, sizeof(text), "%d", element[i]);
			op[i].f = kind < reads       ? TRACE_READ
				  : kind < reads + 2 ? TRACE_ADD
						     : TRACE_REMOVE;
			op[i].a = kind < reads ? TRACE_NIL : trace_intern_value(builder, text);
			handle[i] = trace_invoke(builder, &op[i]);
			operations--;
		} else if (random_between(random, 0, 39) == 0) {
			stage[i] = 0;
		} else if (stage[i] == 2 && op[i].f == TRACE_READ) {
			op[i].a = what_stands(builder, inside);
		} else if (stage[i] == 2) {
			inside[element[i]] = op[i].f == TRACE_ADD;
		} else {
			trace_return(builder, handle[i], TRACE_OK, &op[i]);
			stage[i] = 0;
		}
	}
	trace_end(builder, trace);
}

START_TEST(an_order_of_a_big_set_with_removes_is_found)
{
	static const int unknown_percents[] = {0, 1, 5};
	struct generator wish = {.model = MODEL_SET,
				 .seed = 6,
				 .operations = 10000,
				 .clients = 10,
				 .limit = 1,
				 .unknown_percent = unknown_percents[_i],
				 .removes = true};
	struct linear_request request = {.model = MODEL_SET, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};
	struct trace trace;

	ck_assert(generate_trace(&wish, &trace));
	ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
	ck_assert_int_eq(summary.verdict, LINEARIZABLE);
	ck_assert_str_eq(summary.result.procedure, "T8c");
	trace_free(&trace);
}
END_TEST

/* Few elements, which clients add and remove all the time. */
START_TEST(an_order_of_a_busy_set_is_found)
{
	struct random_stream random = random_open((uint64_t)_i, "busy set");
	struct linear_request request = {.model = MODEL_SET, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};
	struct trace trace;

	make_busy_set(&random, 600, 10, 1, &trace);
	ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
	ck_assert_int_eq(summary.verdict, LINEARIZABLE);
	ck_assert_str_eq(summary.result.procedure, "T8c");
	trace_free(&trace);
}
END_TEST

/* ... and many of them: an order in which a read that is still to be answered has no place any more
 * is not gone on with. */
START_TEST(an_order_of_a_crowded_set_is_found)
{
	struct random_stream random = random_open((uint64_t)_i, "crowded set");
	struct linear_request request = {.model = MODEL_SET, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};
	struct trace trace;

	request.bounds.configurations = 1 << 15 /* 512 rows */;
	make_busy_set(&random, 1500, CLIENTS, 2, &trace);
	ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
	ck_assert_int_eq(summary.verdict, LINEARIZABLE);
	ck_assert_str_eq(summary.result.procedure, "T8c");
	trace_free(&trace);
}
END_TEST

/* Ten elements, each added and removed all the time. */
START_TEST(of_an_element_that_is_used_much_only_what_matters_is_told)
{
	struct trace_builder *builder = trace_begin("test");
	struct explanation explanation;
	struct trace trace;
	char text[16];

	trace_intern_object(builder, "");
	for (uint32_t i = 0; i < 2000; i++) {
		static const uint8_t functions[] = {TRACE_ADD, TRACE_READ, TRACE_REMOVE,
						    TRACE_READ};
		struct trace_op op = {.f = functions[i % 4], .line = i + 1};

		snprintf(text, sizeof(text), op.f == TRACE_READ ? "#{%u}" : "%u", i / 4 % 10);
		op.a = trace_intern_value(builder, i % 4 == 3 && i != 1999 ? "#{}" : text);
		trace_return(builder, trace_invoke(builder, &op), TRACE_OK, &op);
	}
	trace_end(builder, &trace);
	explain_trace(&trace, &explanation);
	ck_assert_str_eq(result.procedure, "T8b");
	ck_assert_uint_eq(result.certificate.stuck, 1999);
	ck_assert_uint_le(explanation.proof_ops, 4);
	explanation_free(&explanation);
	trace_free(&trace);
}
END_TEST

/* It keeps each step that leaves something illegal: so if a step could make a legal history
 * illegal, it would end illegal here. */
START_TEST(shrinking_makes_no_legal_set_illegal)
{
	struct linear_request request = {.model = MODEL_SET, .limit = 1};
	struct random_stream random = random_open(10, "shrinking");
	int smaller = 0;

	for (int i = 0; i < 4000; i++) {
		struct excerpt excerpt;

		draw(MODEL_SET, &random, &small);
		excerpt_prefix(&excerpt, &small.object, TRACE_NEVER);
		enum linear_verdict verdict = excerpt_decide(&excerpt, &request);
		uint32_t before = excerpt.ops;

		shrink(&excerpt, &request, CLOCK_NEVER);
		ck_assert_int_eq(excerpt_decide(&excerpt, &request), verdict);
		smaller += excerpt.ops < before;
		excerpt_free(&excerpt);
	}
	ck_assert_int_gt(smaller, 100);
}
END_TEST

/* Explanations ---------------------------------------------------------------------------------- */

static void explained(const char *text, const char *headline, uint32_t ops)
{
	struct explanation explanation;

	small_read(&small, MODEL_SET, 1, false, text);
	for (uint32_t i = 0; i < small.trace.ops; i++)
		small.op[i].line = i + 1;
	explain_trace(&small.trace, &explanation);
	ck_assert_str_eq(explanation.headline, headline);
	ck_assert_uint_eq(explanation.proof_ops, ops);
	ck_assert_int_eq(explanation.rows, (int)ops);
	explanation_free(&explanation);
}

START_TEST(a_fault_is_told_with_the_operations_that_show_it)
{
	explained("+2[0 9] S12[1 2] S2[3 4]",
		  "The read of process 0 (line 2) saw 1, which nobody had begun to add.", 1);
	explained("+1[0 1] +2[2 3] S2[4 5]",
		  "The read of process 0 (line 3) did not see 1, which had been added "
		  "before.",
		  2);
	explained("+1?[0 9] +1[1 9] +2[2 9] S1[3 4] S2[5 6]",
		  "One read saw 1 and a later one did not, but nobody removes it.", 3);
	explained("S2[0 9] +3[1 10] +1[1 2] +2[3 8]",
		  "The read of process 0 (line 1) saw 2 but not 1, which had been added "
		  "before it.",
		  3);
	explained("+1[0 9] +2[1 8] S1[2 6] S2[3 7] S12[10 11]",
		  "One read saw 1 and not 2, another 2 and not 1, but nobody removes them.", 4);
	explained("+2[0 1] +1[2 3] S12[4 5] -1[6 7] S12[8 9]",
		  "The read #{1} of process 0 (line 5) fits in no legal order: by then, the "
		  "set is empty.",
		  2);
}
END_TEST

START_TEST(two_reads_that_contradict_each_other_are_both_told)
{
	struct explanation explanation;

	small_read(&small, MODEL_SET, 1, false, "+1[0 9] +2[1 8] S1[2 6] S2[3 7]");
	for (uint32_t i = 0; i < small.trace.ops; i++)
		small.op[i].line = i + 1;
	explain_trace(&small.trace, &explanation);
	ck_assert_int_ge(explanation.sentences, 1);
	ck_assert_str_eq(
		explanation.sentence[0],
		"The read of process 0 (line 3) did not see 2, so 1 was added first; the read "
		"of process 0 (line 4) did not see 1, so 2 was.");
	explanation_free(&explanation);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: linear: sets");
	TCase *cases = tcase_create("all");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, nobody_sees_what_nobody_had_begun_to_add);
	tcase_add_test(cases, what_was_added_is_seen_from_then_on);
	tcase_add_test(cases, what_was_seen_once_is_seen_from_then_on);
	tcase_add_test(cases, who_saw_the_later_add_saw_the_earlier_one);
	tcase_add_test(cases, of_two_reads_one_saw_all_that_the_other_saw);
	tcase_add_test(
		cases,
		adds_of_one_element_are_one_add_from_the_first_invocation_to_the_first_return);
	tcase_add_test(cases, what_failed_did_not_happen_and_a_read_without_an_answer_saw_nothing);
	tcase_add_test(cases, elements_are_told_in_any_order_and_twice_in_any_collection);
	tcase_add_loop_test(cases, each_of_several_sets_is_judged_by_itself, 0, 2);
	tcase_add_test(cases, one_element_that_has_no_order_refutes_the_set);
	tcase_add_test(cases, elements_that_fit_one_by_one_prove_nothing);
	tcase_add_test(cases, a_set_of_one_element_is_refuted_whenever_it_has_no_order);
	tcase_add_loop_test(cases, a_big_set_is_refuted_and_explained_at_once, 0, 2);
	tcase_add_test(cases, of_an_element_that_is_used_much_only_what_matters_is_told);
	tcase_add_test(cases, shrinking_makes_no_legal_set_illegal);
	tcase_add_test(cases, a_read_goes_before_what_would_take_away_what_it_saw);
	tcase_add_test(cases, orders_of_small_sets_are_found);
	tcase_add_loop_test(cases, an_order_of_a_big_set_with_removes_is_found, 0, 3);
	tcase_add_loop_test(cases, an_order_of_a_busy_set_is_found, 0, 10);
	tcase_add_loop_test(cases, an_order_of_a_crowded_set_is_found, 0, 4);
	tcase_add_test(cases, a_fault_is_told_with_the_operations_that_show_it);
	tcase_add_test(cases, two_reads_that_contradict_each_other_are_both_told);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
