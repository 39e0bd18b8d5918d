/* The table of the recipes: every row is whole, and what is planted is planted in a control. */
#include <check.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "campaign/campaign.h"
#include "history/event.h"
#include "history/verdicts.h"
#include "tests/support/suite.h"

static struct campaign campaign;

static bool is_violation(const char *word)
{
	for (int i = 0; i < VIOLATION_NAMES_COUNT; i++)
		if (strcmp(word, violation_word((enum violation_name)i)) == 0)
			return true;
	return false;
}

static void predicts_violations(const char *word, const char *predicts)
{
	_cleanup_free_ char *words = strdup(predicts);
	char *rest = words;

	for (char *name; (name = strsep(&rest, ","));)
		ck_assert_msg(is_violation(name + strspn(name, " ")), "%s: %s", word, name);
}

START_TEST(every_row_of_the_table_is_whole)
{
	for (int i = 0; recipe_names[i]; i++) {
		const struct recipe_facts *recipe = recipe_facts((enum recipe)i);

		ck_assert_str_eq(recipe->word, recipe_names[i]);
		ck_assert_str_eq(recipe->service, "etcd");
		ck_assert_int_ne(recipe_sharing((enum recipe)i), SHARINGS_COUNT);
		ck_assert_uint_gt(strlen(recipe->habit), 20);
		for (int j = 0; j < i; j++) {
			ck_assert_str_ne(recipe->word, recipe_names[j]);
			ck_assert_str_ne(recipe->habit, recipe_facts((enum recipe)j)->habit);
		}
	}
}
END_TEST

START_TEST(planted_recipe_predicts_violations_and_no_other_does)
{
	for (int i = 0; recipe_names[i]; i++) {
		const struct recipe_facts *recipe = recipe_facts((enum recipe)i);

		ck_assert_msg(recipe->planted == (recipe->predicts[0] != '\0'), "%s", recipe->word);
		if (recipe->planted)
			predicts_violations(recipe->word, recipe->predicts);
	}
}
END_TEST

START_TEST(habit_predicts_violations_and_makes_its_arm_planted)
{
	struct arm arm = {.recipe = RECIPE_LOCK};

	ck_assert_str_eq(habits[HABIT_NONE].predicts, "");
	for (int i = 0; i < HABITS_COUNT; i++) {
		arm.habit = (enum habit)i;
		ck_assert_str_eq(habits[i].word, habit_names[i]);
		ck_assert_uint_gt(strlen(habits[i].sentence), 20);
		ck_assert_uint_eq(arm_planted(&arm), i == HABIT_NONE ? 0 : PLANTED_CLIENT);
		if (i != HABIT_NONE)
			predicts_violations(habits[i].word, habits[i].predicts);
	}
	ck_assert_ptr_null(habit_names[HABITS_COUNT]);
}
END_TEST

START_TEST(arm_is_planted_by_its_recipe_and_by_its_store)
{
	struct arm arm = {.recipe = RECIPE_LOCK};

	ck_assert_uint_eq(arm_planted(&arm), 0);
	arm.store = STORE_IGNORES_TOKENS;
	ck_assert_uint_eq(arm_planted(&arm), PLANTED_STORE);
	arm.recipe = RECIPE_BROKEN_STALE;
	ck_assert_uint_eq(arm_planted(&arm), PLANTED_STORE | PLANTED_CLIENT);
	arm.store = STORE_HONEST;
	ck_assert_uint_eq(arm_planted(&arm), PLANTED_CLIENT);
}
END_TEST

/* How many arms of these campaigns have the recipe. */
static int arms_of(const char *campaigns, enum recipe recipe, const char *called)
{
	struct error err = {0};
	glob_t files;
	int found = 0;

	ck_assert_int_eq(glob(campaigns, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		ck_assert_msg(campaign_load(files.gl_pathv[i], &campaign, &err) == 0, "%s",
			      err.text);
		for (int j = 0; j < campaign.arms; j++)
			found += campaign.arm[j].recipe == recipe &&
				 (!called || strcmp(campaign.arm[j].name, called) == 0);
	}
	globfree(&files);
	return found;
}

/* The negative controls of tests/e2e/30-controls.t, whose arms are called after what they predict
 * first; or the one campaign of tests/e2e/31-recipes.t. */
static int controls_of(const struct recipe_facts *recipe, enum recipe number)
{
	_cleanup_free_ char *first = strndup(recipe->predicts, strcspn(recipe->predicts, ","));

	return arms_of("tests/e2e/controls/*.conf", number, first) +
	       arms_of("campaigns/recipes.conf", number, NULL);
}

START_TEST(planted_recipe_has_its_negative_control)
{
	for (int i = 0; recipe_names[i]; i++) {
		const struct recipe_facts *recipe = recipe_facts((enum recipe)i);

		if (recipe->planted)
			ck_assert_msg(controls_of(recipe, (enum recipe)i) == 1, "%s", recipe->word);
	}
}
END_TEST

START_TEST(right_recipe_is_shown_beside_the_others)
{
	for (int i = 0; recipe_names[i]; i++)
		if (!recipe_facts((enum recipe)i)->planted)
			ck_assert_msg(arms_of("campaigns/recipes.conf", (enum recipe)i, NULL) == 1,
				      "%s", recipe_names[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("campaign: recipes");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, every_row_of_the_table_is_whole);
	tcase_add_test(tests, planted_recipe_predicts_violations_and_no_other_does);
	tcase_add_test(tests, habit_predicts_violations_and_makes_its_arm_planted);
	tcase_add_test(tests, arm_is_planted_by_its_recipe_and_by_its_store);
	tcase_add_test(tests, planted_recipe_has_its_negative_control);
	tcase_add_test(tests, right_recipe_is_shown_beside_the_others);
	return suite_run(suite);
}
