/* A grid of settings: its values, its cells, the campaign that they are made of. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign/grid.h"
#include "tests/support/suite.h"

static const struct arm own = {
	.name = "mine", .ttl_s = 4, .heartbeat_ms = 1500, .retries = 7, .lanes = 2, .workers = 3};

static struct campaign around; /* own, and a cluster */
static struct grid grid;
static struct error err;

static void setup(void)
{
	grid = (struct grid){0};
	around.arm[0] = own;
	around.cluster.election_ms = 700;
	err = (struct error){0};
}

static void assert_takes(enum grid_axis axis, const char *list, const char *printed)
{
	ck_assert_msg(grid_take(&grid, axis, list, &err) == 0, "%s: %s", list, err.text);
	char *text = grid_print(&grid, axis);

	ck_assert_str_eq(text, printed);
	free(text);
}

static void assert_refuses(enum grid_axis axis, const char *list, const char *why)
{
	err = (struct error){0};
	ck_assert_int_eq(grid_take(&grid, axis, list, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strncmp(err.text, "--", 2) == 0 && strstr(err.text, grid_axis_names[axis]),
		      "no place: %s", err.text);
	ck_assert_msg(strstr(err.text, why) != NULL, "%s: %s", list, err.text);
}

START_TEST(values_have_units_or_are_seconds)
{
	assert_takes(GRID_TTL, "5,2s,3000ms,1min", "2s,3s,5s,60s");
	assert_takes(GRID_HEARTBEAT, "0.5,1,250ms", "250ms,500ms,1s");
	assert_takes(GRID_RETRIES, "3,1", "1,3");
	assert_takes(GRID_HEARTBEAT, "0", "0s");
}
END_TEST

START_TEST(what_no_campaign_could_say_is_refused_by_its_option)
{
	assert_refuses(GRID_TTL, "2,x", "'x' is no length of time");
	assert_refuses(GRID_TTL, "2,,3", "'' is no length of time");
	assert_refuses(GRID_TTL, "", "no length of time");
	assert_refuses(GRID_TTL, "1.5", "whole seconds");
	assert_refuses(GRID_TTL, "2,2s", "twice");
	assert_refuses(GRID_TTL, "-1", "no length of time");
	assert_refuses(GRID_HEARTBEAT, "1ms", "out of range");
	assert_refuses(GRID_RETRIES, "3s", "no whole number");
	assert_refuses(GRID_RETRIES, "0", "out of range");
}
END_TEST

/* "1,2,3" */
static void list_numbers(char *text, size_t size, int count)
{
	size_t used = 0;

	for (int i = 1; i <= count; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%d", i > 1 ? "," : "", i);
	ck_assert_uint_lt(used, size);
}

START_TEST(an_axis_has_a_bound)
{
	char list[1024];

	list_numbers(list, sizeof(list), GRID_VALUES);
	ck_assert_int_eq(grid_take(&grid, GRID_RETRIES, list, &err), 0);
	list_numbers(list, sizeof(list), GRID_VALUES + 1);
	assert_refuses(GRID_RETRIES, list, "more than 64 values");
}
END_TEST

START_TEST(what_is_not_told_is_the_arms_own)
{
	assert_takes(GRID_TTL, "5,9", "5s,9s");
	ck_assert_int_eq(grid_complete(&grid, &around, &err), 0);
	ck_assert_int_eq(grid_cells(&grid), 2);
	struct arm cell = grid_cell(&grid, &own, 1);

	ck_assert_int_eq(cell.ttl_s, 9);
	ck_assert_int_eq(cell.heartbeat_ms, 1500);
	ck_assert_int_eq(cell.retries, 7);
	ck_assert_int_eq(cell.lanes, 2);
	ck_assert_int_eq(grid_election_ms(&grid, 1), 700);
	ck_assert_str_eq(cell.name, "t9h1500r7");
}
END_TEST

START_TEST(each_combination_is_one_cell)
{
	int seen = 0;

	assert_takes(GRID_TTL, "2,3", "2s,3s");
	assert_takes(GRID_HEARTBEAT, "0.5,1", "500ms,1s");
	assert_takes(GRID_RETRIES, "1,2", "1,2");
	ck_assert_int_eq(grid_complete(&grid, &around, &err), 0);
	for (int i = 0; i < grid_cells(&grid); i++) {
		struct arm cell = grid_cell(&grid, &own, i);

		seen |= 1 << ((cell.ttl_s - 2) + 2 * (cell.heartbeat_ms / 500 - 1) +
			      4 * (cell.retries - 1));
	}
	ck_assert_int_eq(grid_cells(&grid), 8);
	ck_assert_int_eq(seen, 0xff);
}
END_TEST

START_TEST(too_many_cells_are_refused)
{
	char list[1024];

	list_numbers(list, sizeof(list), GRID_VALUES);
	ck_assert_int_eq(grid_take(&grid, GRID_RETRIES, list, &err), 0);
	ck_assert_int_eq(grid_take(&grid, GRID_TTL, "2,3,4,5,6,7,8", &err), 0);
	ck_assert_int_eq(grid_complete(&grid, &around, &err), -1);
	ck_assert_msg(strstr(err.text, "448 combinations") != NULL, "%s", err.text);
}
END_TEST

START_TEST(cells_of_one_cluster_stand_together)
{
	assert_takes(GRID_ELECTION, "2,0.5", "500ms,2s");
	assert_takes(GRID_TTL, "3,4,5", "3s,4s,5s");
	ck_assert_int_eq(grid_complete(&grid, &around, &err), 0);
	ck_assert_int_eq(grid_cells(&grid), 6);
	ck_assert_int_eq(grid_cells_of_cluster(&grid), 3);
	for (int i = 0; i < 6; i++) {
		ck_assert_int_eq(grid_election_ms(&grid, i), i < 3 ? 500 : 2000);
		ck_assert_int_eq(grid_cell(&grid, &own, i).ttl_s, 3 + i % 3);
	}
	assert_refuses(GRID_ELECTION, "51", "50");
	assert_refuses(GRID_ELECTION, "4ms", "5ms");
}
END_TEST

/* Longer than any name that a campaign takes, were it longer by one. */
START_TEST(the_longest_name_is_one_of_an_arm)
{
	static struct campaign campaign;
	char text[200];

	ck_assert_int_eq(grid_take(&grid, GRID_TTL, "86400", &err), 0);
	ck_assert_int_eq(grid_take(&grid, GRID_HEARTBEAT, "86399999ms", &err), 0);
	ck_assert_int_eq(grid_take(&grid, GRID_RETRIES, "1000", &err), 0);
	ck_assert_int_eq(grid_complete(&grid, &around, &err), 0);
	struct arm cell = grid_cell(&grid, &own, 0);

	snprintf(text, sizeof(text), "arm %s { ttl = '86400s'  heartbeat = '86399999ms' }",
		 cell.name);
	ck_assert_msg(campaign_load_text(text, "text", &campaign, &err) == 0, "%s", err.text);
}
END_TEST

static struct campaign campaign;

static void load(const char *text)
{
	ck_assert_msg(campaign_load_text(text, "text", &campaign, &err) == 0, "%s", err.text);
}

START_TEST(a_campaign_is_left_with_one_arm_of_which_nothing_is_expected)
{
	load("service-expect = safe\narm one { expect = safe }\narm two { expect = unsafe }");
	ck_assert_int_eq(grid_prepare(&campaign, "two", &err), 0);
	ck_assert_int_eq(campaign.arms, 1);
	ck_assert_str_eq(campaign.arm[0].name, "two");
	ck_assert_int_eq(campaign.arm[0].id, 0);
	ck_assert_int_eq(campaign.arm[0].expect, EXPECT_ANY);
	ck_assert_int_eq(campaign.service_expect, EXPECT_ANY);
	ck_assert_int_eq(grid_prepare(&campaign, "one", &err), -1);
	ck_assert_msg(strstr(err.text, "--arm one") && strstr(err.text, "it has: two"), "%s",
		      err.text);
}
END_TEST

/* Else a longer lease would meet longer faults. */
START_TEST(faults_are_as_long_for_every_cell)
{
	load("arm a { ttl = '3s' }\n"
	     "fault p { do = pause  target = holder  when = before-expiry  after = '0.1 ttl'  "
	     "length = '1.5 ttl .. 2 ttl' }\n"
	     "fault q { do = pause  target = leader  length = '700ms' }");
	ck_assert_int_eq(grid_prepare(&campaign, NULL, &err), 0);
	ck_assert(!campaign.block[0].length.in_ttl && !campaign.block[0].after.in_ttl);
	ck_assert_double_eq_tol(campaign.block[0].length.low, 4.5, 1e-9);
	ck_assert_double_eq_tol(campaign.block[0].length.high, 6, 1e-9);
	ck_assert_double_eq_tol(campaign.block[0].after.low, 0.3, 1e-9);
	ck_assert_double_eq_tol(campaign.block[1].length.low, 0.7, 1e-9);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("grid");
	TCase *tcase = tcase_create("grid");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, values_have_units_or_are_seconds);
	tcase_add_test(tcase, what_no_campaign_could_say_is_refused_by_its_option);
	tcase_add_test(tcase, an_axis_has_a_bound);
	tcase_add_test(tcase, what_is_not_told_is_the_arms_own);
	tcase_add_test(tcase, each_combination_is_one_cell);
	tcase_add_test(tcase, too_many_cells_are_refused);
	tcase_add_test(tcase, cells_of_one_cluster_stand_together);
	tcase_add_test(tcase, the_longest_name_is_one_of_an_arm);
	tcase_add_test(tcase, a_campaign_is_left_with_one_arm_of_which_nothing_is_expected);
	tcase_add_test(tcase, faults_are_as_long_for_every_cell);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
