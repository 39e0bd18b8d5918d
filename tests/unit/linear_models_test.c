/*
 * What stands around the procedures: which model a trace speaks of, a trace taken apart into its
 * objects, and the verdict over all of them.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "checker/linear/models.h"
#include "checker/linear/split.h"
#include "tests/oracle/small.h"
#include "tests/support/suite.h"

static struct small small;

static enum model model_of(bool attempts, const char *text)
{
	enum model model = MODELS_COUNT;

	small_read(&small, MODEL_MUTEX, 1, attempts, text);
	return model_of_trace(&small.trace, &model) ? model : MODELS_COUNT;
}

START_TEST(every_model_has_a_name)
{
	ck_assert_str_eq(model_names[MODEL_MUTEX], "mutex");
	ck_assert_str_eq(model_names[MODEL_SET], "set");
	ck_assert_ptr_null(model_names[MODELS_COUNT]);
}
END_TEST

START_TEST(a_trace_speaks_of_its_model)
{
	ck_assert_int_eq(model_of(false, "a1[0 1] r1[2 3]"), MODEL_MUTEX);
	ck_assert_int_eq(model_of(true, "a1[0 1] r1[2 3]"), MODEL_OWNED_MUTEX);
	ck_assert_int_eq(model_of(true, "a17[0 1] r1[2 3]"), MODEL_FENCED_MUTEX);
	ck_assert_int_eq(model_of(true, "s1[0 1] r1[2 3]"), MODEL_RWLOCK);
	ck_assert_int_eq(model_of(true, "a1[0 1] p1[2 3]"), MODEL_LEASED_LOCK);
	ck_assert_int_eq(model_of(false, "W1[0 1] C12[2 3] R2[4 5]"), MODEL_CAS_REGISTER);
	ck_assert_int_eq(model_of(false, "Pa[0 1] Ga[2 3]"), MODEL_KV);
	ck_assert_int_eq(model_of(false, "+1[0 1] S1[2 3]"), MODEL_SET);
}
END_TEST

START_TEST(a_mixture_or_nothing_speaks_of_none)
{
	ck_assert_int_eq(model_of(false, "a1[0 1] W1[2 3]"), MODELS_COUNT);
	ck_assert_int_eq(model_of(false, "+1[0 1] W1[2 3]"), MODELS_COUNT);
	ck_assert_int_eq(model_of(false, ""), MODELS_COUNT);
}
END_TEST

/* Every object's operations go to object 1 if their owner is even. */
static void read_two_objects(const char *text)
{
	small_read(&small, MODEL_MUTEX, 1, false, text);
	small.trace.objects = 2;
	for (uint32_t i = 0; i < small.trace.ops; i++)
		small.op[i].object = small.op[i].owner % 2 == 0;
}

static bool same_object(const struct linear_object *one, const struct linear_object *other)
{
	return one->object == other->object && one->ops == other->ops &&
	       one->events == other->events &&
	       memcmp(one->op, other->op, one->ops * sizeof(*one->op)) == 0 &&
	       memcmp(one->event, other->event, one->events * sizeof(*one->event)) == 0;
}

START_TEST(a_trace_of_one_object_is_not_copied)
{
	struct linear_object object;
	struct split split;

	small_read(&small, MODEL_MUTEX, 1, false, "a1[0 1] r1[2 3]");
	linear_split(&small.trace, 0, &object);
	ck_assert_ptr_null(object.op);
	ck_assert_ptr_eq(object.event, small.trace.event);
	linear_split_free(&object);
	split_open(&split, &small.trace);
	ck_assert_ptr_null(split.object[0].op);
	split_close(&split);
}
END_TEST

START_TEST(objects_have_their_events_in_order)
{
	struct linear_object object;
	struct split split;

	read_two_objects("a1[0 1] a2[2 5] r1[3 4] r2?[6 0]");
	split_open(&split, &small.trace);
	ck_assert_uint_eq(split.objects, 2);
	for (uint32_t i = 0; i < 2; i++) {
		linear_split(&small.trace, i, &object);
		ck_assert(same_object(&object, &split.object[i]));
		linear_split_free(&object);
	}
	ck_assert_uint_eq(split.object[1].ops, 2);
	ck_assert_uint_eq(split.object[1].events, 3);
	ck_assert_uint_eq(split.object[1].event[1], 1 << 1 | 1);
	ck_assert_uint_eq(object_find_event(&split.object[1], 5), 1);
	split_close(&split);
}
END_TEST

static struct linear_summary judge(enum model model)
{
	struct linear_request request = {.model = model, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};

	ck_assert_msg(linear_judge(&small.trace, &request, &summary, &err) == 0, "%s", err.text);
	return summary;
}

START_TEST(each_object_is_judged_by_itself)
{
	read_two_objects("a1[0 1] a2[2 3] r1[4 5] r2[6 7]");
	ck_assert_int_eq(judge(MODEL_MUTEX).verdict, LINEARIZABLE);
	small.op[1].object = small.op[3].object = 0;
	ck_assert_int_eq(judge(MODEL_MUTEX).verdict, NOT_LINEARIZABLE);
}
END_TEST

START_TEST(the_worst_object_is_violated_first)
{
	struct linear_summary summary;

	read_two_objects("a1[0 1] a2[2 3] a4[4 5] a3[6 7]");
	summary = judge(MODEL_MUTEX);
	ck_assert_uint_eq(summary.objects, 2);
	ck_assert_uint_eq(summary.not_linearizable, 2);
	ck_assert_uint_eq(summary.worst, 1);
	ck_assert_uint_eq(summary.result.certificate.stuck, 2);
}
END_TEST

static void expect_refusal(enum model model, bool attempts, const char *text)
{
	struct linear_request request = {.model = model, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};

	small_read(&small, model, 1, attempts, text);
	for (uint32_t i = 0; i < small.trace.ops; i++)
		small.op[i].line = 7;
	ck_assert_int_eq(linear_judge(&small.trace, &request, &summary, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strncmp(err.text, "line 7: ", 8) == 0, "%s", err.text);
	ck_assert_ptr_nonnull(strstr(err.text, "knows no operation write"));
}

/* Whatever the rest would have been called. */
START_TEST(a_foreign_operation_is_refused_with_its_line)
{
	const char *right = "a1[0 1] r1[2 3] W1[4 5]", *wrong = "a1[0 1] a2[2 3] W1[4 5]";

	expect_refusal(MODEL_MUTEX, false, right);
	expect_refusal(MODEL_MUTEX, false, wrong);
	expect_refusal(MODEL_OWNED_MUTEX, false, right);
	expect_refusal(MODEL_OWNED_MUTEX, false, wrong);
	expect_refusal(MODEL_OWNED_MUTEX, true, right);
	expect_refusal(MODEL_OWNED_MUTEX, true, wrong);
	expect_refusal(MODEL_SEMAPHORE, false, "W1[0 1]");
}
END_TEST

START_TEST(a_limit_of_nothing_is_refused)
{
	struct linear_request request = {.model = MODEL_SEMAPHORE, .limit = 0};
	struct linear_summary summary;
	struct error err = {0};

	small_read(&small, MODEL_SEMAPHORE, 1, false, "a1[0 1]");
	ck_assert_int_eq(linear_judge(&small.trace, &request, &summary, &err), -1);
}
END_TEST

START_TEST(what_no_procedure_covers_is_searched)
{
	struct linear_result result;

	small_read(&small, MODEL_OWNED_MUTEX, 1, false, "a1[0 1] r1?[2 0] a1[3 4] a2[5 6]");
	linear_decide(&small.object, MODEL_OWNED_MUTEX, 1, &(struct linear_bounds){0}, &result);
	ck_assert_int_eq(result.verdict, NOT_LINEARIZABLE);
	ck_assert_ptr_nonnull(strstr(result.procedure, "-first"));
}
END_TEST

/* Process 1 acts for owner 7 on the first object; of the second no owner is told. */
START_TEST(owners_that_are_told_of_one_object_make_that_one_owned)
{
	struct trace_builder *builder = trace_begin("test");
	enum model model[2];
	struct trace trace;

	for (int i = 0; i < 2; i++) {
		struct trace_op op = {.f = TRACE_ACQUIRE,
				      .process = i + 1,
				      .owner = i ? 2 : 7,
				      .has_owner = i == 0,
				      .object = trace_intern_object(builder, i ? "b" : "a")};

		trace_return(builder, trace_invoke(builder, &op), TRACE_OK, &op);
	}
	trace_end(builder, &trace);
	ck_assert(models_guess(&trace, model));
	ck_assert_int_eq(model[0], MODEL_OWNED_MUTEX);
	ck_assert_int_eq(model[1], MODEL_MUTEX);
	trace_free(&trace);
}
END_TEST

static void fenced(const char *text, enum linear_verdict verdict, bool untold)
{
	struct linear_request request = {.model = MODEL_FENCED_MUTEX, .limit = 1};
	struct linear_summary summary;
	struct error err = {0};

	small_read(&small, MODEL_FENCED_MUTEX, 1, true, text);
	ck_assert_int_eq(linear_judge(&small.trace, &request, &summary, &err), 0);
	ck_assert_int_eq(summary.verdict, verdict);
	ck_assert(summary.result.untold == untold);
	ck_assert_str_eq(summary.result.bound,
			 untold ? "no acquire has a token, by which a fenced mutex is judged" : "");
}

START_TEST(a_fenced_mutex_without_a_token_was_not_tried)
{
	fenced("a1[0 1] r1[2 3]", LINEAR_UNKNOWN, true);
	fenced("a1[0 1] r1[2 3] a25[4 5]", LINEARIZABLE, false);
	fenced("a1[0 1] a2[2 3]", NOT_LINEARIZABLE, false);
	/* where nobody acquired there is nothing to tell */
	fenced("a1?[0 9] r1?[1 8]", LINEARIZABLE, false);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("models");
	TCase *tests = tcase_create("models");

	tcase_add_test(tests, every_model_has_a_name);
	tcase_add_test(tests, a_trace_speaks_of_its_model);
	tcase_add_test(tests, a_mixture_or_nothing_speaks_of_none);
	tcase_add_test(tests, a_trace_of_one_object_is_not_copied);
	tcase_add_test(tests, objects_have_their_events_in_order);
	tcase_add_test(tests, each_object_is_judged_by_itself);
	tcase_add_test(tests, the_worst_object_is_violated_first);
	tcase_add_test(tests, a_foreign_operation_is_refused_with_its_line);
	tcase_add_test(tests, a_limit_of_nothing_is_refused);
	tcase_add_test(tests, what_no_procedure_covers_is_searched);
	tcase_add_test(tests, owners_that_are_told_of_one_object_make_that_one_owned);
	tcase_add_test(tests, a_fenced_mutex_without_a_token_was_not_tried);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
