/*
 * What explanations and procedures of checker/linear lean on, each by itself: the elements of a
 * set's text, the words for values, instants and numbers, the axis of the drawing, and excerpts.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker/linear/explain_words.h"
#include "checker/linear/set_elements.h"
#include "checker/linear/explain_axis.h"
#include "tests/oracle/small.h"
#include "tests/support/suite.h"

/* Elements of a set ----------------------------------------------------------------------------- */

static struct trace trace;

static uint32_t told(const char *edn)
{
	struct trace_builder *builder = trace_begin("test");
	uint32_t value = trace_intern_value(builder, edn);

	trace_free(&trace);
	trace_end(builder, &trace);
	return value;
}

/* "1|2|3" */
static const char *elements(const char *edn)
{
	static char list[200];
	const char *at = set_elements_begin(&trace, told(edn)), *element;
	size_t length, used = 0;

	*list = '\0';
	while (set_elements_next(&at, &element, &length))
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%.*s",
					 used ? "|" : "", (int)length, element);
	return list;
}

START_TEST(elements_stand_between_separators_of_any_kind)
{
	ck_assert_str_eq(elements("#{1 22 3}"), "1|22|3");
	ck_assert_str_eq(elements("[1,2]"), "1|2");
	ck_assert_str_eq(elements("(1\t2)"), "1|2");
	ck_assert_str_eq(elements("[1\n2]"), "1|2");
	ck_assert_str_eq(elements("[ , 1 ,\t\n 2 , ]"), "1|2");
	ck_assert_str_eq(elements("{a b}"), "a|b");
}
END_TEST

START_TEST(a_nested_element_is_one)
{
	ck_assert_str_eq(elements("[[1 2] (3 4) {5 6} 7]"), "[1 2]|(3 4)|{5 6}|7");
	ck_assert_str_eq(elements("#{[1 [2 3]] #{4}}"), "[1 [2 3]]|#{4}");
	ck_assert_str_eq(elements("[[[1] 2]]"), "[[1] 2]");
}
END_TEST

START_TEST(a_text_is_one_element_whatever_stands_in_it)
{
	ck_assert_str_eq(elements("[\"a b\" \"c]d\" 1]"), "\"a b\"|\"c]d\"|1");
	ck_assert_str_eq(elements("[\"a\\\"b c\" 2]"), "\"a\\\"b c\"|2");
	ck_assert_str_eq(elements("[\"a\\\\\" 2]"), "\"a\\\\\"|2");
	ck_assert_str_eq(elements("[[\"]\"] 2]"), "[\"]\"]|2");
}
END_TEST

START_TEST(what_is_empty_has_no_elements)
{
	ck_assert_str_eq(elements("#{}"), "");
	ck_assert_str_eq(elements("[ ]"), "");
	ck_assert_str_eq(elements("nil"), "");
	ck_assert_str_eq(elements("\"\""), "");
}
END_TEST

START_TEST(what_does_not_end_is_read_to_its_end)
{
	ck_assert_str_eq(elements("[1 2"), "1|2");
	ck_assert_str_eq(elements("[1 \"ab"), "1|\"ab");
	ck_assert_str_eq(elements("[1 \"ab\\"), "1|\"ab\\");
	ck_assert_str_eq(elements("[1 [2"), "1|[2");
}
END_TEST

static bool have(const char *edn, const char *element)
{
	uint32_t value = told(edn);

	return set_elements_have(&trace, value, element, strlen(element));
}

START_TEST(a_set_has_what_is_written_alike)
{
	ck_assert(have("#{1 12 2}", "12"));
	ck_assert(have("#{1 12 2}", "1"));
	ck_assert(have("#{1 12 2}", "2"));
	ck_assert(!have("#{12}", "1"));
	ck_assert(!have("#{1}", "12"));
	ck_assert(!have("#{13}", "12"));
	ck_assert(!have("#{}", "1"));
}
END_TEST

/* Words ----------------------------------------------------------------------------------------- */

START_TEST(the_middle_of_a_value_longer_than_60_letters_is_left_out)
{
	static const char whole[] =
		"\"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUV\"";
	static const char longer[] =
		"\"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVW\"";
	words text;
	uint32_t value = told(whole);

	ck_assert_uint_eq(strlen(whole), 60);
	ck_assert_str_eq(words_value(text, &trace, value), whole);
	value = told(longer);
	ck_assert_str_eq(words_value(text, &trace, value),
			 "\"abcdefghijklmnopqrstuvwxyz0 ... 6789ABCDEFGHIJKLMNOPQRSTUVW\"");
}
END_TEST

START_TEST(one_is_singular)
{
	words text;

	ck_assert_str_eq(words_plural(text, 0, "release"), "no release");
	ck_assert_str_eq(words_plural(text, 1, "release"), "1 release");
	ck_assert_str_eq(words_plural(text, 2, "release"), "2 releases");
}
END_TEST

/* Operations that are sent and answered at these nanoseconds; -1: no answer. */
static struct explaining timed(struct trace_op *op, int ops)
{
	static struct linear_request request = {.model = MODEL_MUTEX, .limit = 1};

	trace_free(&trace);
	trace = (struct trace){.op = op, .ops = (uint32_t)ops, .has_times = true, .format = "test"};
	for (int i = 0; i < ops; i++) {
		op[i].line = (uint32_t)i + 1;
		op[i].process = i;
		op[i].invoked = 2 * (uint32_t)i;
		op[i].returned = op[i].returned_ns < 0 ? TRACE_NEVER : 2 * (uint32_t)i + 1;
	}
	return (struct explaining){.trace = &trace, .request = &request, .decimals = 3};
}

static int decimals(int64_t one_ns, int64_t other_ns)
{
	struct trace_op op[] = {{.invoked_ns = one_ns, .returned_ns = other_ns}};
	struct explaining about = timed(op, 1);
	const uint32_t all[] = {0};

	words_set_decimals(&about, all, 1);
	trace = (struct trace){0};
	return about.decimals;
}

START_TEST(seconds_have_as_many_decimals_as_tell_instants_apart)
{
	ck_assert_int_eq(decimals(0, 1000000), 3);
	ck_assert_int_eq(decimals(0, 999999), 6);
	ck_assert_int_eq(decimals(5000, 6000), 6);
	ck_assert_int_eq(decimals(5000, 5999), 9);
	ck_assert_int_eq(decimals(5000, 5001), 9);
	ck_assert_int_eq(decimals(5000, 5000), 3);
	ck_assert_int_eq(decimals(6000, 5000), 6);
}
END_TEST

START_TEST(what_was_not_answered_has_no_instant_to_be_told_apart)
{
	struct trace_op op[] = {{.invoked_ns = 0, .returned_ns = -1},
				{.invoked_ns = 5000000, .returned_ns = 9000000}};
	struct explaining about = timed(op, 2);
	const uint32_t all[] = {0, 1};

	words_set_decimals(&about, all, 2);
	trace = (struct trace){0};
	ck_assert_int_eq(about.decimals, 3);
}
END_TEST

START_TEST(lines_are_rows_where_the_source_is_a_history)
{
	struct trace_op op[] = {{.invoked_ns = 0, .returned_ns = 1}};
	struct explaining about = timed(op, 1);
	words text;

	ck_assert_str_eq(words_line(text, &about, 0), "line 1");
	snprintf(trace.format, sizeof(trace.format), "history");
	ck_assert_str_eq(words_line(text, &about, 0), "row 1");
	op[0].line = 0;
	ck_assert_str_eq(words_line(text, &about, 0), "operation 1");
	trace = (struct trace){0};
}
END_TEST

START_TEST(a_length_is_told_of_what_ends_and_has_times)
{
	struct trace_op op[] = {{.invoked_ns = 500000000, .returned_ns = 1750000000}};
	struct explaining about = timed(op, 1);
	const struct instant from = instant_invoked(&trace, 0), until = instant_returned(&trace, 0);
	const struct instant never = {.position = TRACE_NEVER};
	words text;

	ck_assert_str_eq(words_length(text, &about, from, until), ", for 1.250 s");
	ck_assert_str_eq(words_length(text, &about, from, never), "");
	ck_assert_str_eq(words_at(text, &about, until), "1.750 s");
	trace.has_times = false;
	ck_assert_str_eq(words_length(text, &about, from, until), "");
	ck_assert_str_eq(words_at(text, &about, until), "event 2");
	trace = (struct trace){0};
}
END_TEST

/* The axis -------------------------------------------------------------------------------------- */

static void same_place(double found, double wanted)
{
	ck_assert_msg(found > wanted - 1e-9 && found < wanted + 1e-9, "%.9f, not %.9f", found,
		      wanted);
}

static struct explanation drawing;

static void lay(struct trace_op *op, int ops, bool last_is_open)
{
	struct explaining about = timed(op, ops);
	struct timeline_op line[TIMELINE_ROWS + 2] = {{0}};

	about.into = &drawing;
	drawing = (struct explanation){0};
	for (int i = 0; i < ops; i++) /* in any order */
		line[i].op = (uint32_t)(ops - 1 - i);
	line[0].open = last_is_open;
	timeline_add(&about, line, ops);
	trace = (struct trace){0};
}

/* Half of the axis is to scale, the other half is shared by all gaps alike. */
START_TEST(places_are_half_to_scale_and_half_even)
{
	struct trace_op op[] = {{.invoked_ns = 0, .returned_ns = 1000},
				{.invoked_ns = 4000, .returned_ns = 10000}};

	lay(op, 2, false);
	ck_assert_int_eq(drawing.rows, 2);
	ck_assert_int_eq(drawing.ticks, 4);
	same_place(drawing.row[0].invoked, 0);
	same_place(drawing.row[0].returned, 0.94 * (0.5 * 0.1 + 0.5 / 3));
	same_place(drawing.row[1].invoked, 0.94 * (0.5 * 0.4 + 1.0 / 3));
	same_place(drawing.row[1].returned, 0.94);
	same_place(drawing.tick[1].at, drawing.row[0].returned);
	ck_assert_str_eq(drawing.tick[3].text, "0.000 s");
	same_place(drawing.row[0].held_from, EXPLANATION_NOWHERE);
	explanation_free(&drawing);
}
END_TEST

START_TEST(without_lengths_places_are_even)
{
	struct trace_op op[] = {{.invoked_ns = 7, .returned_ns = 7},
				{.invoked_ns = 7, .returned_ns = 7}};

	lay(op, 2, false);
	same_place(drawing.row[0].returned, 0.94 / 3);
	same_place(drawing.row[1].invoked, 0.94 * 2 / 3);
	explanation_free(&drawing);
}
END_TEST

START_TEST(a_clock_that_goes_back_makes_no_gap)
{
	struct trace_op op[] = {{.invoked_ns = 5000, .returned_ns = 6000},
				{.invoked_ns = 2000, .returned_ns = 3000}};

	lay(op, 2, false);
	same_place(drawing.row[0].returned, 0.94 * (0.25 + 0.5 / 3));
	same_place(drawing.row[1].invoked, 0.94 * (0.25 + 1.0 / 3));
	explanation_free(&drawing);
}
END_TEST

START_TEST(what_is_drawn_as_open_ends_nowhere)
{
	struct trace_op op[] = {{.invoked_ns = 0, .returned_ns = 1000},
				{.invoked_ns = 4000, .returned_ns = 10000}};

	lay(op, 2, true);
	ck_assert_int_eq(drawing.ticks, 3);
	same_place(drawing.row[1].returned, EXPLANATION_NOWHERE);
	same_place(drawing.row[1].invoked, 0.94);
	explanation_free(&drawing);
}
END_TEST

START_TEST(a_lone_instant_stands_at_the_begin)
{
	struct trace_op op[] = {{.invoked_ns = 4000, .returned_ns = -1}};

	lay(op, 1, true);
	ck_assert_int_eq(drawing.ticks, 1);
	same_place(drawing.row[0].invoked, 0);
	explanation_free(&drawing);
}
END_TEST

START_TEST(more_rows_than_can_be_followed_are_not_drawn)
{
	struct trace_op op[TIMELINE_ROWS + 2] = {{0}};

	lay(op, TIMELINE_ROWS, false);
	ck_assert_int_eq(drawing.rows, TIMELINE_ROWS);
	ck_assert_int_eq(drawing.sentences, 0);
	explanation_free(&drawing);
	lay(op, TIMELINE_ROWS + 2, false);
	ck_assert_int_eq(drawing.rows, TIMELINE_ROWS);
	ck_assert_uint_eq(drawing.row[TIMELINE_ROWS - 1].op, TIMELINE_ROWS - 1);
	ck_assert_int_eq(drawing.sentences, 1);
	ck_assert_str_eq(drawing.sentence[0],
			 "The drawing shows the first 48 of the certificate's 50 operations.");
	explanation_free(&drawing);
}
END_TEST

/* Slices ---------------------------------------------------------------------------------------- */

START_TEST(a_slice_ends_before_its_end)
{
	struct small small;
	struct excerpt excerpt;

	small_read(&small, MODEL_OWNED_MUTEX, 1, false, "a1[0 1] r1[2 5] a2[3 4]");
	excerpt_prefix(&excerpt, &small.object, 3);
	ck_assert_uint_eq(excerpt.ops, 2);
	ck_assert(excerpt_is_mandatory(&excerpt, 0));
	ck_assert(!excerpt_is_mandatory(&excerpt, 1));
	excerpt_free(&excerpt);
	excerpt_prefix(&excerpt, &small.object, 5);
	ck_assert_uint_eq(excerpt.ops, 3);
	ck_assert(!excerpt_is_mandatory(&excerpt, 1));
	ck_assert(excerpt_is_mandatory(&excerpt, 2));
	excerpt_free(&excerpt);
	excerpt_prefix(&excerpt, &small.object, 6);
	ck_assert(excerpt_is_mandatory(&excerpt, 1));
	excerpt_free(&excerpt);
}
END_TEST

/* "a1?[0 9] r1[1 2]": the operations with their events, as the excerpt's own trace has them. */
static const char *built(const struct excerpt *excerpt, uint32_t *map)
{
	static char text[300];
	struct trace made;
	size_t used = 0;

	excerpt_build(excerpt, &made, map);
	for (uint32_t i = 0; i < made.ops; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s%u%s[%u %d]",
					 i ? " " : "", trace_function_names[made.op[i].f],
					 made.op[i].owner,
					 made.op[i].outcome == TRACE_OPEN     ? "?"
					 : made.op[i].outcome == TRACE_FAILED ? "!"
									      : "",
					 made.op[i].invoked, (int)made.op[i].returned);
	trace_free(&made);
	return text;
}

START_TEST(a_slice_is_a_trace_of_its_own)
{
	uint32_t map[8];
	struct small small;
	struct excerpt excerpt;

	small_read(&small, MODEL_OWNED_MUTEX, 1, false,
		   "a1[0 1] p1[2 3] r1[4 9] a2[5 6] t3![7 10] a3?[8 99]");
	excerpt_prefix(&excerpt, &small.object, 9);
	/* Of what is not over yet, the refused try will not count, and the release may. */
	ck_assert_str_eq(built(&excerpt, map), "acquire1[0 1] proof1[2 3] release1?[4 -1] "
					       "acquire2[5 6] acquire3?[7 -1]");
	ck_assert_uint_eq(map[3], 3);
	ck_assert_uint_eq(map[4], 5);
	excerpt.open[1] = true; /* nor does who only looked, when nobody heard what he saw */
	excerpt.open[3] = true;
	excerpt.from = 1;
	ck_assert_str_eq(built(&excerpt, map), "acquire1[0 1] release1?[2 -1] acquire2?[3 -1] "
					       "acquire3?[4 -1]");
	excerpt_free(&excerpt);
}
END_TEST

/* Objects --------------------------------------------------------------------------------------- */

/* What owner 9 does, he does to another object. */
static void split_nines(struct small *small, const char *text, struct linear_object object[2])
{
	small_read(small, MODEL_OWNED_MUTEX, 1, false, text);
	for (int i = 0; i < small->parts; i++)
		small->part[i].op.object = small->part[i].op.owner != 9;
	small_build(small);
	linear_split(&small->trace, 0, &object[0]);
	linear_split(&small->trace, 1, &object[1]);
}

static void expect_split(const char *text, enum linear_verdict nines, enum linear_verdict others,
			 uint32_t prefix)
{
	static const struct linear_bounds bounds;
	const enum linear_verdict wanted[] = {nines, others};
	struct linear_object object[2];
	struct linear_result result;
	struct small small;

	split_nines(&small, text, object);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(linear_exhaust(&object[i], MODEL_OWNED_MUTEX, 1), wanted[i]);
		ck_assert(linear_search(&object[i], MODEL_OWNED_MUTEX, 1, &bounds, &result));
		ck_assert_int_eq(result.verdict, wanted[i]);
		linear_decide(&object[i], MODEL_OWNED_MUTEX, 1, &bounds, &result);
		ck_assert_int_eq(result.verdict, wanted[i]);
		if (wanted[i] == NOT_LINEARIZABLE)
			ck_assert_uint_eq(result.certificate.prefix, prefix);
		linear_split_free(&object[i]);
	}
}

/* Each by itself: neither does the other's help, nor its harm. */
START_TEST(an_object_among_others_is_judged_by_its_own_operations)
{
	expect_split("a9[0 1] a1[2 3] r9[4 5] a2[6 7]", LINEARIZABLE, NOT_LINEARIZABLE, 4);
	expect_split("a1[0 1] a9[2 3] r1[4 5] a9[6 7] a2[8 9]", NOT_LINEARIZABLE, LINEARIZABLE, 4);
	expect_split("a1[0 3] a9[1 2] r1[4 7] r9[5 6]", LINEARIZABLE, LINEARIZABLE, 0);
	expect_split("r1[0 1] a9[2 3]", LINEARIZABLE, NOT_LINEARIZABLE, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: linear: parts");
	TCase *tests = tcase_create("all");

	tcase_add_test(tests, elements_stand_between_separators_of_any_kind);
	tcase_add_test(tests, a_nested_element_is_one);
	tcase_add_test(tests, a_text_is_one_element_whatever_stands_in_it);
	tcase_add_test(tests, what_is_empty_has_no_elements);
	tcase_add_test(tests, what_does_not_end_is_read_to_its_end);
	tcase_add_test(tests, a_set_has_what_is_written_alike);
	tcase_add_test(tests, the_middle_of_a_value_longer_than_60_letters_is_left_out);
	tcase_add_test(tests, one_is_singular);
	tcase_add_test(tests, seconds_have_as_many_decimals_as_tell_instants_apart);
	tcase_add_test(tests, what_was_not_answered_has_no_instant_to_be_told_apart);
	tcase_add_test(tests, lines_are_rows_where_the_source_is_a_history);
	tcase_add_test(tests, a_length_is_told_of_what_ends_and_has_times);
	tcase_add_test(tests, places_are_half_to_scale_and_half_even);
	tcase_add_test(tests, without_lengths_places_are_even);
	tcase_add_test(tests, a_clock_that_goes_back_makes_no_gap);
	tcase_add_test(tests, what_is_drawn_as_open_ends_nowhere);
	tcase_add_test(tests, a_lone_instant_stands_at_the_begin);
	tcase_add_test(tests, more_rows_than_can_be_followed_are_not_drawn);
	tcase_add_test(tests, a_slice_ends_before_its_end);
	tcase_add_test(tests, a_slice_is_a_trace_of_its_own);
	tcase_add_test(tests, an_object_among_others_is_judged_by_its_own_operations);
	suite_add_tcase(suite, tests);
	return suite_run(suite);
}
