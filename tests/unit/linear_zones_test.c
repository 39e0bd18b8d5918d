/*
 * T7: registers with unique writes. By hand, against exhaustive search, and many operations.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "checker/linear/explain.h"
#include "tests/oracle/small.h"
#include "tests/support/explained.h"
#include "tests/support/suite.h"

static struct small small;
static struct linear_result result;

/* LINEAR_UNKNOWN: not covered. What is said must be so. */
static enum linear_verdict decide(const char *text)
{
	small_read(&small, MODEL_CAS_REGISTER, 1, false, text);
	if (!linear_zones(&small.object, MODEL_CAS_REGISTER, &result))
		return LINEAR_UNKNOWN;
	ck_assert_str_eq(result.procedure, "T7");
	ck_assert_int_eq(linear_exhaust(&small.object, MODEL_CAS_REGISTER, 1), result.verdict);
	return result.verdict;
}

START_TEST(a_value_is_held_from_its_first_answer_to_its_last_read)
{
	ck_assert_int_eq(decide("W1[0 1] R1[2 3] W2[4 5] R2[6 7]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 3] W2[1 4] R1[5 6] R2[7 8]"), NOT_LINEARIZABLE);
	ck_assert_uint_eq(result.certificate.stuck, 3);
	ck_assert_uint_eq(result.certificate.prefix, 8);
	ck_assert_int_eq(decide("W1[0 1] W2[2 3] R1[4 5]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 1] W2[2 3] R1[4 5] R2[6 7] W3[8 9]"), NOT_LINEARIZABLE);
	ck_assert_uint_eq(result.certificate.stuck, 2);
	ck_assert_uint_eq(result.certificate.prefix, 6);
	ck_assert_int_eq(decide("W1[0 1] W2[2 6] R1[4 5] R2[7 8]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 1] W2[2 6] R2[3 4] R1[5 7]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(a_value_that_needs_an_instant_only_is_in_nobodys_way)
{
	ck_assert_int_eq(decide("W1[0 9] W2[1 8] W3[2 7]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 2] R1[1 3] W2[4 5] R2[6 7]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 1] W2[2 9] R2[3 8] R1[7 10]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 1] W2[2 5] R2[3 6] R1[7 10]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(what_nobody_had_written_is_not_read)
{
	ck_assert_int_eq(decide("R1[0 1]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(decide("R1[0 1] W1[2 3]"), NOT_LINEARIZABLE);
	ck_assert_uint_eq(result.certificate.stuck, 0);
	ck_assert_int_eq(decide("R1[0 2] W1[1 3]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W1[1 3] W2[4 5] R2[6 7] R1?[8 9]"), LINEARIZABLE);
}
END_TEST

/* Importers leave these out; a trace may have them. */
START_TEST(what_failed_did_not_happen)
{
	ck_assert_int_eq(decide("W1[0 1] W2![2 3] R1[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 1] R2![2 3] R1[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W1![0 1] R1[2 3]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(the_first_value_stood_before_all)
{
	ck_assert_int_eq(decide("R0[0 1] W1[2 3] R1[4 5]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 1] R0[2 3]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 3] R1[1 2] R0[4 5]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 3] R0[1 2]"), LINEARIZABLE);
}
END_TEST

START_TEST(a_write_of_unknown_outcome_happened_if_it_was_seen)
{
	ck_assert_int_eq(decide("W1?[0 9] R0[1 2] R1[3 4]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W1?[0 9] R1[1 2] R0[3 4]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(decide("W1?[0 9] R0[1 2] R0[3 4]"), LINEARIZABLE);
	ck_assert_int_eq(decide("R1[0 1] W1?[2 9]"), NOT_LINEARIZABLE);
	ck_assert_int_eq(decide("W1[0 1] W2?[2 9] R2[3 4] R1[5 6]"), NOT_LINEARIZABLE);
}
END_TEST

START_TEST(what_is_not_unique_is_handed_over)
{
	ck_assert_int_eq(decide("W1[0 1] W1[2 3] R1[4 5]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(decide("W0[0 1] R0[2 3]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(decide("C12[0 1]"), LINEAR_UNKNOWN);
	ck_assert_int_eq(decide("W1[0 1] W1[2 3] W2[4 5] R2[6 7]"), LINEARIZABLE);
	ck_assert_int_eq(decide("W2[0 1] W1[2 3] W1[4 5] R2[6 7]"), NOT_LINEARIZABLE);
}
END_TEST

/* Explanations ---------------------------------------------------------------------------------- */

static void explain(const char *text, struct explanation *explanation)
{
	small_read(&small, MODEL_CAS_REGISTER, 1, false, text);
	explain_refuted(&small.trace, MODEL_CAS_REGISTER, explanation);
}

START_TEST(two_values_at_one_time_are_told_with_the_operations_that_show_it)
{
	struct explanation explanation;

	explain("W3[0 1] R3[2 3] W1[4 7] W2[5 8] R1[9 10] R2[11 12] R1[13 14] R3?[15 16]",
		&explanation);
	ck_assert_str_eq(explanation.headline, "The register certainly held 1 and 2 at one time.");
	ck_assert_uint_eq(explanation.proof_ops, 4);
	ck_assert_int_eq(explanation.rows, 4);
	explanation_free(&explanation);
	explain("W1[0 1] W2[2 3] R1[4 5]", &explanation);
	ck_assert_str_eq(explanation.headline, "The register certainly held 1 all the while in "
					       "which it must have held 2.");
	ck_assert_uint_eq(explanation.proof_ops, 3);
	explanation_free(&explanation);
	explain("W2[0 1] R1[2 3] W1[4 5]", &explanation);
	ck_assert_ptr_nonnull(strstr(explanation.headline, "saw what nobody had begun to write"));
	ck_assert_uint_eq(explanation.proof_ops, 1);
	explanation_free(&explanation);
	explain("W1[0 1] W2[2 3] R2[4 5] R0[6 7]", &explanation);
	ck_assert_str_eq(explanation.headline, "The register certainly held nil all the while in "
					       "which it must have held 1.");
	explanation_free(&explanation);
}
END_TEST

/* Values that occur far apart, as where there are many objects. */
START_TEST(many_registers_of_one_trace_cost_what_they_are)
{
	struct trace_builder *builder = trace_begin("test");
	enum { OBJECTS = 3000, VALUES = 6000 };
	struct linear_request request = {.model = MODEL_CAS_REGISTER, .limit = 1};
	struct linear_summary summary;
	struct trace trace;
	struct error err;
	char text[16];

	for (int i = 0; i < VALUES; i++) {
		snprintf(text, sizeof(text), "%d", i);
		struct trace_op op = {.f = TRACE_WRITE, .a = trace_intern_value(builder, text)};

		snprintf(text, sizeof(text), "r%d", i % OBJECTS);
		op.object = trace_intern_object(builder, text);
		trace_return(builder, trace_invoke(builder, &op), TRACE_OK, &op);
		op.f = TRACE_READ;
		trace_return(builder, trace_invoke(builder, &op), TRACE_OK, &op);
	}
	trace_end(builder, &trace);
	ck_assert_int_eq(linear_judge(&trace, &request, &summary, &err), 0);
	ck_assert_int_eq(summary.verdict, LINEARIZABLE);
	ck_assert_str_eq(summary.result.procedure, "T7");
	trace_free(&trace);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: linear: zones");
	TCase *cases = tcase_create("all");

	tcase_add_test(cases, a_value_is_held_from_its_first_answer_to_its_last_read);
	tcase_add_test(cases, a_value_that_needs_an_instant_only_is_in_nobodys_way);
	tcase_add_test(cases, what_nobody_had_written_is_not_read);
	tcase_add_test(cases, what_failed_did_not_happen);
	tcase_add_test(cases, the_first_value_stood_before_all);
	tcase_add_test(cases, a_write_of_unknown_outcome_happened_if_it_was_seen);
	tcase_add_test(cases, what_is_not_unique_is_handed_over);
	tcase_add_test(cases, two_values_at_one_time_are_told_with_the_operations_that_show_it);
	tcase_add_test(cases, many_registers_of_one_trace_cost_what_they_are);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
