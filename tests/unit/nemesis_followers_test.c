/* Faults that come when another begins or ends: when, how often, and whom they hit. */
#include "tests/support/suite.h"
#include "tests/unit/nemesis_rig.h"

static void set_up_all(void)
{
	set_up();
	cluster->abilities = CAN_CUT | CAN_FAULT_MEMBERS | CAN_FAULT_DISKS;
	cluster->disk.held = 1;
}

/* The last planned block follows the one before it, or the first. */
static struct fault_block *plan_follower(enum fault_kind kind, enum fault_target target,
					 int follows, double after, int length_ms)
{
	struct fault_block *follower = plan_fault(kind, target, 0, length_ms);

	follower->follows = follows;
	planned_entry[planned.count - 1].after = after;
	return follower;
}

START_TEST(follower_comes_so_long_after_the_end_or_the_begin)
{
	for (int with_begin = 0; with_begin < 2; with_begin++) {
		set_up_all();
		plan_stall(0, 100);
		plan_follower(FAULT_STALL, TARGET_SAME, 1, 0.07, 300)->with_begin = with_begin;
		run_load(3000);
		ck_assert_str_eq(story(), with_begin ? "100 begin 1 stall member: host-0\n"
						       "170 begin 2 stall same: host-0\n"
						       "470 end 2 bitten\n"
						       "600 end 1 bitten\n"
						     : "100 begin 1 stall member: host-0\n"
						       "600 end 1 bitten\n"
						       "670 begin 2 stall same: host-0\n"
						       "970 end 2 bitten\n");
	}
}
END_TEST

START_TEST(follower_follows_its_own_occasion_and_block_only)
{
	plan_stall(0, 100)->overlap = true;
	plan_stall(1, 1000);
	planned_entry[1].occasion = 1;
	planned_entry[1].block = 0;
	plan_follower(FAULT_STALL, TARGET_SAME, 1, 0, 300); /* of occasion 0 */
	plan_follower(FAULT_STALL, TARGET_SAME, 3, 0.01, 300);
	run_load(3000);
	ck_assert_str_eq(story(), "100 begin 1 stall member: host-0\n"
				  "600 end 1 bitten\n"
				  "600 begin 2 stall same: host-0\n"
				  "900 end 2 bitten\n"
				  "910 begin 3 stall same: host-0\n"
				  "1000 begin 4 stall member: host-1\n"
				  "1210 end 3 bitten\n"
				  "1500 end 4 bitten\n");
}
END_TEST

START_TEST(follower_is_patient_from_when_it_is_due)
{
	plan_stall(0, 100);
	plan_follower(FAULT_PAUSE, TARGET_HOLDER, 1, 0.25, 500);
	planned_block[1].named_lanes = 1;
	run_load(20000);
	/* 600 + 250 (due), + 500 + 250 + 2 TTLs */
	ck_assert_str_eq(story(), "100 begin 1 stall member: host-0\n"
				  "600 end 1 bitten\n"
				  "5600 note aim not met: b2, occasion 2, lane 0: nobody holds\n");
}
END_TEST

START_TEST(nothing_follows_what_the_end_of_the_run_healed)
{
	plan_stall(0, 100);
	plan_follower(FAULT_STALL, TARGET_SAME, 1, 0, 300);
	run_load(300);
	ck_assert_str_eq(story(), "100 begin 1 stall member: host-0\n300 end 1 bitten\n");
}
END_TEST

/* A leader in both lanes. */
static void plan_leaders(void)
{
	hold_both();
	plan_fault(FAULT_KILL_FOR_GOOD, TARGET_HOLDER, 100, 0);
	planned_entry[0].lanes = 0;
}

#define LEADERS                                                                                    \
	"100 begin 1 kill-for-good holder: host-5, working, holder for 100.0 ms, 0 waiting\n"      \
	"100 begin 2 kill-for-good holder: host-8, working, holder for 100.0 ms, 0 waiting\n"      \
	"100 end 1 bitten\n"                                                                       \
	"100 end 2 bitten\n"

START_TEST(follower_of_lanes_comes_in_the_lane_of_each_leader)
{
	plan_leaders();
	plan_follower(FAULT_CUT, TARGET_WAITER, 1, 0.1, 100);
	waits(1);
	waits(4);
	run_load(3000);
	ck_assert_ptr_nonnull(strstr(story(),
				     "200 begin 3 cut waiter: host-6, waiting, so for 200.0 "
				     "ms, 0 waiting\n"
				     "200 begin 4 cut waiter: host-9, waiting, so for 200.0 "
				     "ms, 0 waiting\n"
				     "300 end 3 without effect\n"
				     "300 end 4 without effect\n"));
}
END_TEST

START_TEST(follower_of_no_lane_comes_once_for_many_leaders)
{
	plan_leaders();
	plan_follower(FAULT_CUT, TARGET_STORE, 1, 0.1, 100);
	run_load(3000);
	ck_assert_str_eq(story(), LEADERS "200 begin 3 cut store: host-3\n"
					  "300 end 3 without effect\n");
}
END_TEST

START_TEST(follower_of_named_lanes_comes_once_in_each_of_them)
{
	plan_leaders();
	plan_follower(FAULT_CUT, TARGET_WAITER, 1, 0.1, 100);
	planned_block[1].named_lanes = 1;
	planned_entry[1].lane[0] = 1;
	waits(1);
	waits(4);
	run_load(3000);
	ck_assert_ptr_nonnull(strstr(story(),
				     "100 end 2 bitten\n"
				     "200 begin 3 cut waiter: host-9, waiting, so for 200.0 "
				     "ms, 0 waiting\n"
				     "300 end 3 without effect\n"));
}
END_TEST

START_TEST(follower_of_a_member_has_the_lanes_that_were_drawn)
{
	hold_both();
	plan_stall(0, 100);
	plan_follower(FAULT_CUT, TARGET_HOLDER, 1, 0.1, 100);
	planned_entry[1].lane[0] = 1;
	run_load(3000);
	ck_assert_str_eq(story(), "100 begin 1 stall member: host-0\n"
				  "600 end 1 bitten\n"
				  "700 begin 2 cut holder: host-8, working, holder for 700.0 ms, 0 "
				  "waiting\n"
				  "800 end 2 without effect\n");
}
END_TEST

START_TEST(follower_of_the_same_worker_hits_that_worker_and_looks_at_it_anew)
{
	hold_lane_0();
	plan_fault(FAULT_CUT, TARGET_HOLDER, 100, 100);
	plan_follower(FAULT_CUT, TARGET_SAME, 1, 0.1, 100);
	at_ms(250, hold_lane_1);
	run_load(3000);
	ck_assert_str_eq(story(), "100 begin 1 cut holder: host-5, working, holder for 100.0 ms, 0 "
				  "waiting\n"
				  "200 end 1 without effect\n"
				  "300 begin 2 cut same: host-5, working, holder for 300.0 ms, 0 "
				  "waiting\n"
				  "400 end 2 without effect\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nemesis: followers");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up_all, tear_down);
	tcase_add_test(tests, follower_comes_so_long_after_the_end_or_the_begin);
	tcase_add_test(tests, follower_follows_its_own_occasion_and_block_only);
	tcase_add_test(tests, follower_is_patient_from_when_it_is_due);
	tcase_add_test(tests, nothing_follows_what_the_end_of_the_run_healed);
	tcase_add_test(tests, follower_of_lanes_comes_in_the_lane_of_each_leader);
	tcase_add_test(tests, follower_of_no_lane_comes_once_for_many_leaders);
	tcase_add_test(tests, follower_of_named_lanes_comes_once_in_each_of_them);
	tcase_add_test(tests, follower_of_a_member_has_the_lanes_that_were_drawn);
	tcase_add_test(tests, follower_of_the_same_worker_hits_that_worker_and_looks_at_it_anew);
	return suite_run(suite);
}
