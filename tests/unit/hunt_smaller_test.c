/* What is left of a campaign when a part of it goes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conductor/hunt/smaller.h"
#include "tests/support/suite.h"

static struct campaign campaign;

static void setup(void)
{
	static const char text[] =
		"seed = 7\nduration = '60s'\n"
		"arm none { ttl = '2s'  lanes = 4  workers = 3  expect = unsafe }\n"
		"arm token { guard = token  ttl = '4s'  lanes = 4  workers = 4  expect = safe }\n"
		"fault a { do = pause  target = holder  length = '1 ttl'  first = '10s' }\n"
		"fault b { do = pause  target = holder  length = '2s'  follows = a }\n"
		"fault c { do = pause  target = leader  length = '3s'  first = '20s' }\n"
		"fault d { do = pause  target = holder  length = '1s'  follows = b  since = begin "
		" after = '1 ttl' }\n"
		"fault e { do = kill  target = holder  length = '1s'  first = '30s' }\n"
		"fault f { do = pause  target = holder  length = '1s'  follows = c }\n";
	struct error err = {0};

	ck_assert_msg(campaign_load_text(text, "test", &campaign, &err) == 0, "%s", err.text);
	ck_assert_int_eq(campaign.blocks, 6);
}

/* Their names, and behind a colon the name that each follows. */
static void expect_blocks(const char *expected)
{
	char told[400] = "";

	for (int i = 0; i < campaign.blocks; i++) {
		const struct fault_block *block = &campaign.block[i];

		ck_assert_int_le(block->follows, i); /* an earlier one */
		snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s%s%s%s", i ? " " : "",
			 block->name, block->follows ? ":" : "",
			 block->follows ? campaign.block[block->follows - 1].name : "");
	}
	ck_assert_str_eq(told, expected);
}

/* "a.c" keeps the first and the third. */
static void keep(const char *which)
{
	bool kept[FAULT_BLOCKS_MAX] = {false};

	for (int i = 0; which[i]; i++)
		kept[i] = which[i] != '.';
	smaller_keep_blocks(&campaign, kept);
}

START_TEST(faults_go_with_the_one_that_they_follow)
{
	static const char *const cases[][2] = {{"abcde", "a b:a c d:b e"},
					       {"ab.d.", "a b:a d:b"},
					       {".bcde", "c e"},
					       {"a.cde", "a c e"},
					       {"a...e", "a e"},
					       {"..c..f", "c f:c"},
					       {"...d.", ""}};

	keep(cases[_i][0]);
	expect_blocks(cases[_i][1]);
}
END_TEST

START_TEST(arm_that_is_kept_becomes_the_first)
{
	smaller_keep_arm(&campaign, 1);
	ck_assert_int_eq(campaign.arms, 1);
	ck_assert_int_eq(campaign.arm[0].id, 0);
	ck_assert_str_eq(campaign.arm[0].name, "token");
	ck_assert_int_eq(campaign.arm[0].workers, 4);
	ck_assert_int_eq(campaign.arm[0].expect, EXPECT_SAFE);
}
END_TEST

static void name_lanes(int block, int first, int second)
{
	campaign.block[block].named_lanes = second < 0 ? 1 : 2;
	campaign.block[block].lane[0] = first;
	campaign.block[block].lane[1] = second;
}

static void name_host(int block, const char *host)
{
	campaign.block[block].target = TARGET_HOST;
	snprintf(campaign.block[block].host, sizeof(campaign.block[block].host), "%s", host);
}

START_TEST(lane_that_is_kept_becomes_number_0_and_keeps_its_faults)
{
	name_lanes(0, 1, 2);
	name_lanes(4, 1, -1);
	name_host(2, "m1");
	smaller_keep_lane(&campaign, 2);
	expect_blocks("a b:a c d:b f:c");
	ck_assert_int_eq(campaign.arm[0].lanes, 1);
	ck_assert_int_eq(campaign.arm[1].lanes, 1);
	ck_assert_int_eq(campaign.block[0].named_lanes, 1);
	ck_assert_int_eq(campaign.block[0].lane[0], 0);
	ck_assert_int_eq(campaign.block[1].named_lanes, 0);
	name_host(2, "none-3-0");
	smaller_keep_lane(&campaign, 0);
	expect_blocks("a b:a d:b");
}
END_TEST

START_TEST(first_lanes_keep_the_faults_that_name_one_of_them)
{
	name_lanes(0, 3, 1);
	name_lanes(2, 2, 3);
	campaign.arm[1].lanes = 1;
	smaller_keep_lanes(&campaign, 2);
	expect_blocks("a b:a d:b e");
	ck_assert_int_eq(campaign.arm[0].lanes, 2);
	ck_assert_int_eq(campaign.arm[1].lanes, 1);
	ck_assert_int_eq(campaign.block[0].named_lanes, 1);
	ck_assert_int_eq(campaign.block[0].lane[0], 1);
}
END_TEST

START_TEST(workers_go_one_by_one_down_to_the_least)
{
	smaller_drop_worker(&campaign, 3);
	ck_assert_int_eq(campaign.arm[0].workers, 3);
	ck_assert_int_eq(campaign.arm[1].workers, 3);
	smaller_drop_worker(&campaign, 2);
	ck_assert_int_eq(campaign.arm[0].workers, 2);
	ck_assert_int_eq(campaign.arm[1].workers, 2);
}
END_TEST

START_TEST(begin_is_cut_off_but_for_a_second)
{
	smaller_cut_off_begin(&campaign);
	ck_assert_int_eq(campaign.block[0].first_ms, 1000);
	ck_assert_int_eq(campaign.block[2].first_ms, 11000);
	ck_assert_int_eq(campaign.duration_ms, 51000);
	smaller_cut_off_begin(&campaign);
	ck_assert_int_eq(campaign.block[0].first_ms, 1000);
	ck_assert_int_eq(campaign.duration_ms, 51000);
}
END_TEST

/* In ms; the longest TTL is 4 s. */
static int end_of(const char *kept, bool of_service)
{
	keep(kept);
	smaller_cut_off_end(&campaign, of_service);
	return campaign.duration_ms;
}

START_TEST(end_is_cut_off_after_the_last_fault_and_what_may_come_of_it)
{
	static const struct {
		const char *kept;
		int end_ms;
	} cases[] = {
		{"a....", 10000 + 4000 + 8000 + 4000},               /* its length is one TTL */
		{"ab...", 10000 + 4000 + 2000 + 8000 + 4000},        /* b comes at a's end */
		{"ab.d.", 10000 + 4000 + 4000 + 1000 + 8000 + 4000}, /* d a TTL after b's begin */
		{"..c..", 20000 + 3000 + 8000 + 4000},
		{"abcde", 30000 + 1000 + 8000 + 4000},
	};

	ck_assert_int_eq(end_of(cases[_i].kept, false), cases[_i].end_ms);
}
END_TEST

START_TEST(end_of_a_services_violation_leaves_time_for_it)
{
	ck_assert_int_eq(end_of("..c..", true), 20000 + 3000 + 8000 + 9000);
}
END_TEST

START_TEST(without_a_fault_the_longest_ttl_is_left)
{
	ck_assert_int_eq(end_of("......", false), 4000);
}
END_TEST

START_TEST(end_is_never_put_off)
{
	campaign.duration_ms = 15000;
	ck_assert_int_eq(end_of("abcde", true), 15000);
}
END_TEST

START_TEST(length_is_set_in_thousandths_and_read_back)
{
	struct campaign again;
	struct error err = {0};

	smaller_set_length(&campaign, 0, 1.0 / 3);
	ck_assert(campaign.block[0].length.in_ttl);
	ck_assert_double_eq(campaign.block[0].length.low, 0.333);
	ck_assert_double_eq(campaign.block[0].length.high, 0.333);
	smaller_lengthen(&campaign);
	ck_assert_double_eq(campaign.block[0].length.high, 0.5); /* of 0.4995 */
	ck_assert_double_eq(campaign.block[2].length.low, 4.5);
	ck_assert_int_eq(campaign.duration_ms, 64000);
	char *text = campaign_print(&campaign);

	ck_assert_msg(campaign_load_text(text, "again", &again, &err) == 0, "%s\n%s", err.text,
		      text);
	ck_assert_double_eq(again.block[0].length.high, 0.5);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: smaller campaigns");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_loop_test(tests, faults_go_with_the_one_that_they_follow, 0, 7);
	tcase_add_test(tests, arm_that_is_kept_becomes_the_first);
	tcase_add_test(tests, lane_that_is_kept_becomes_number_0_and_keeps_its_faults);
	tcase_add_test(tests, first_lanes_keep_the_faults_that_name_one_of_them);
	tcase_add_test(tests, workers_go_one_by_one_down_to_the_least);
	tcase_add_test(tests, begin_is_cut_off_but_for_a_second);
	tcase_add_loop_test(tests, end_is_cut_off_after_the_last_fault_and_what_may_come_of_it, 0,
			    5);
	tcase_add_test(tests, end_of_a_services_violation_leaves_time_for_it);
	tcase_add_test(tests, without_a_fault_the_longest_ttl_is_left);
	tcase_add_test(tests, end_is_never_put_off);
	tcase_add_test(tests, length_is_set_in_thousandths_and_read_back);
	return suite_run(suite);
}
