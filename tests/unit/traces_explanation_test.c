/* An explanation grows sentence by sentence and row by row. */
#include <check.h>

#include "history/traces/explanation.h"
#include "tests/support/suite.h"

START_TEST(explanation_keeps_its_sentences_in_order_and_its_last_headline)
{
	struct explanation explanation = {0};

	explanation_head(&explanation, "first %d", 1);
	explanation_head(&explanation, "second %d", 2);
	for (int i = 0; i < 20; i++)
		explanation_say(&explanation, "sentence %d of %s", i, "many");
	ck_assert_str_eq(explanation.headline, "second 2");
	ck_assert_int_eq(explanation.sentences, 20);
	ck_assert_str_eq(explanation.sentence[0], "sentence 0 of many");
	ck_assert_str_eq(explanation.sentence[19], "sentence 19 of many");
	explanation_free(&explanation);
	ck_assert_ptr_null(explanation.headline);
	ck_assert_int_eq(explanation.sentences, 0);
}
END_TEST

START_TEST(new_row_stands_nowhere_and_leaves_the_others)
{
	struct explanation explanation = {0};

	for (int i = 0; i < 20; i++) {
		struct explanation_row *row = explanation_add_row(&explanation);

		ck_assert_int_eq(explanation.rows, i + 1);
		ck_assert_ptr_eq(row, &explanation.row[i]);
		ck_assert(row->invoked == EXPLANATION_NOWHERE &&
			  row->returned == EXPLANATION_NOWHERE);
		ck_assert(row->held_from == EXPLANATION_NOWHERE &&
			  row->held_until == EXPLANATION_NOWHERE);
		ck_assert(!row->held_on && !row->culprit && row->line == 0 && !*row->who);
		row->line = (unsigned int)i + 1;
		row->invoked = i;
	}
	for (int i = 0; i < 20; i++)
		ck_assert_uint_eq(explanation.row[i].line, (unsigned int)i + 1);
	explanation_free(&explanation);
	ck_assert_int_eq(explanation.rows, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: explanation");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, explanation_keeps_its_sentences_in_order_and_its_last_headline);
	tcase_add_test(tests, new_row_stands_nowhere_and_leaves_the_others);
	return suite_run(suite);
}
