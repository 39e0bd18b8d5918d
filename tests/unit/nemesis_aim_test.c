/* Aiming, in the cluster that is only a plan. */
#include "tests/support/suite.h"
#include "tests/unit/nemesis_rig.h"

START_TEST(holder_is_the_one_who_acquired_last)
{
	holds(0, LIVE_WORKING, 900); /* stale: it does not know yet */
	holds(2, LIVE_WRITING, 10);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_NOW), FIRST_WORKER + 2);
}
END_TEST

START_TEST(holder_of_another_lane_is_no_target)
{
	holds(4, LIVE_WORKING, 10);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_NOW), -1);
}
END_TEST

START_TEST(contended_needs_a_waiter_of_the_same_lane)
{
	holds(1, LIVE_WORKING, 1);
	waits(4);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_CONTENDED), -1);
	waits(0);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_CONTENDED), FIRST_WORKER + 1);
}
END_TEST

START_TEST(contended_needs_a_waiter_that_is_under_no_fault)
{
	holds(1, LIVE_WORKING, 1);
	waits(0);
	put_under_fault(FIRST_WORKER, false);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_CONTENDED), -1);
}
END_TEST

START_TEST(contended_needs_a_holder_before_its_write)
{
	waits(0);
	holds(1, LIVE_WRITING, 1);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_CONTENDED), -1);
	holds(1, LIVE_RELEASING, 1);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_CONTENDED), -1);
	holds(1, LIVE_READING, 1);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_CONTENDED), FIRST_WORKER + 1);
}
END_TEST

START_TEST(contended_waits_a_ttl_for_a_young_hold)
{
	waits(0);
	holds(1, LIVE_WORKING, 500);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_CONTENDED), -1);

	struct fault late = {.block = &block,
			     .entry = &entry,
			     .lane = &lanes[0],
			     .planned_ns = clock_now_ns() - 3 * NS_PER_S,
			     .ttl_ns = lanes[0].ttl_ns};

	ck_assert(aim_find(&nemesis, &late));
	ck_assert_int_eq(late.host, FIRST_WORKER + 1);
	close(late.pidfd);
}
END_TEST

START_TEST(host_under_a_fault_is_left_alone)
{
	holds(1, LIVE_WORKING, 1);
	put_under_fault(FIRST_WORKER + 1, false);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_NOW), -1);
	for (entry.pick = 0; entry.pick < 4; entry.pick++)
		ck_assert_int_ne(aim(TARGET_WORKER, MOMENT_NOW), FIRST_WORKER + 1);
}
END_TEST

START_TEST(pick_goes_round_among_the_workers_that_qualify)
{
	int found[4];

	waits(0);
	waits(2);
	for (entry.pick = 0; entry.pick < 4; entry.pick++)
		found[entry.pick] = aim(TARGET_WAITER, MOMENT_NOW);
	ck_assert_int_eq(found[0], FIRST_WORKER);
	ck_assert_int_eq(found[1], FIRST_WORKER + 2);
	ck_assert_int_eq(found[2], FIRST_WORKER);
	ck_assert_int_eq(found[3], FIRST_WORKER + 2);
}
END_TEST

START_TEST(slot_of_an_earlier_process_is_no_target)
{
	holds(1, LIVE_WORKING, 1);
	atomic_store(&hosts_control(cluster, FIRST_WORKER + 1)->process, 999);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_NOW), -1);
	holds(2, LIVE_WORKING, 700);
	ck_assert_int_eq(aim(TARGET_HOLDER, MOMENT_NOW), FIRST_WORKER + 2);
}
END_TEST

START_TEST(host_without_a_process_is_no_target)
{
	entry.member = 1;
	atomic_store(&hosts_control(cluster, 1)->pid, 0);
	ck_assert_int_eq(aim(TARGET_MEMBER, MOMENT_NOW), -1);
}
END_TEST

START_TEST(no_more_than_a_minority_of_the_members_is_hit)
{
	entry.member = 1;
	ck_assert_int_eq(aim(TARGET_MEMBER, MOMENT_NOW), 1);
	put_under_fault(FIRST_WORKER, false); /* a worker does not count */
	ck_assert_int_eq(aim(TARGET_MEMBER, MOMENT_NOW), 1);
	put_under_fault(2, true);
	ck_assert_int_eq(aim(TARGET_MEMBER, MOMENT_NOW), -1);
}
END_TEST

START_TEST(leader_that_nobody_knows_is_no_target)
{
	ck_assert_int_eq(aim(TARGET_LEADER, MOMENT_NOW), -1);
}
END_TEST

/* The loop, where nothing can be injected ----------------------------------------------------- */

static int run_for_ms(struct schedule *schedule, int load_ms)
{
	config.schedule = schedule;
	config.load_began_ns = clock_now_ns();
	config.load_ends_ns = config.load_began_ns + load_ms * NS_PER_MS;
	return nemesis_main(&config, 77);
}

static int drain(struct event *events, int limit)
{
	return (int)ring_drain(area_ring(area, 0), events, (uint32_t)limit);
}

START_TEST(aim_that_never_comes_true_is_noted)
{
	struct scheduled entries[] = {{.id = 1, .length = 0.1}};
	struct nemesis_lane lane = {.lane = 4, .ttl_ns = 20 * NS_PER_MS};
	struct schedule schedule = {.count = 1, .entry = entries};

	block.target = TARGET_HOLDER;
	config.lane = &lane;
	config.lanes = 1;
	ck_assert_int_eq(run_for_ms(&schedule, 400), 0);
	/* after 0.1 s + 2 TTL, not only when the load ended */
	ck_assert_told("140 note aim not met: block, occasion 1, lane 4: nobody holds\n");
}
END_TEST

START_TEST(what_an_existing_cluster_does_not_allow_is_noted_once_per_block)
{
	struct fault_block blocks[] = {
		{.name = "cut-holder", .kind = FAULT_CUT, .target = TARGET_HOLDER},
		{.name = "kill-member", .kind = FAULT_KILL, .target = TARGET_MEMBER},
	};
	struct scheduled entries[] = {
		{.id = 1}, {.id = 2, .block = 1}, {.id = 3}, {.id = 4, .block = 1}};
	struct schedule schedule = {.count = 4, .entry = entries};
	struct event events[16];

	holds(1, LIVE_WORKING, 1);
	config.block = blocks;
	config.blocks = 2;
	ck_assert_int_eq(run_for_ms(&schedule, 100), 0);
	ck_assert_int_eq(drain(events, 16), 2);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(events[i].kind, EVENT_NOTE);
		ck_assert_int_eq(events[i].note.breaks, 0);
		ck_assert_ptr_nonnull(strstr(events[i].note.text, "not possible on an existing"));
		ck_assert_ptr_nonnull(strstr(events[i].note.text, blocks[i].name));
	}
}
END_TEST

START_TEST(workers_by_name_or_by_what_another_hit_are_possible_on_an_existing_cluster)
{
	struct fault_block blocks[] = {
		{.name = "holder", .target = TARGET_HOLDER},
		{.name = "same", .target = TARGET_SAME, .follows = 1},
		{.name = "again", .target = TARGET_SAME, .follows = 2},
		{.name = "worker", .target = TARGET_HOST, .host = "none-0-1"},
		{.name = "member", .target = TARGET_HOST, .host = "m1"},
		{.name = "cut", .kind = FAULT_CUT, .target = TARGET_SAME, .follows = 1},
		{.name = "after-m1", .target = TARGET_SAME, .follows = 5},
		{.name = "holder-after-m1", .target = TARGET_HOLDER, .follows = 5},
	};
	struct schedule schedule = {0};
	struct event events[16];

	config.block = blocks;
	config.blocks = 8;
	ck_assert_int_eq(run_for_ms(&schedule, 1), 0);
	ck_assert_int_eq(drain(events, 16), 3);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_nonnull(strstr(events[i].note.text, blocks[4 + i].name));
}
END_TEST

START_TEST(occasions_left_out_of_the_schedule_break_the_run)
{
	struct schedule schedule = {.left_out = 5};
	struct event events[4];

	ck_assert_int_eq(run_for_ms(&schedule, 1), 0);
	ck_assert_int_eq(drain(events, 4), 1);
	ck_assert_int_eq(events[0].kind, EVENT_NOTE);
	ck_assert_int_eq(events[0].note.breaks, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nemesis: aim");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, holder_is_the_one_who_acquired_last);
	tcase_add_test(tests, holder_of_another_lane_is_no_target);
	tcase_add_test(tests, contended_needs_a_waiter_of_the_same_lane);
	tcase_add_test(tests, contended_needs_a_waiter_that_is_under_no_fault);
	tcase_add_test(tests, contended_needs_a_holder_before_its_write);
	tcase_add_test(tests, contended_waits_a_ttl_for_a_young_hold);
	tcase_add_test(tests, host_under_a_fault_is_left_alone);
	tcase_add_test(tests, pick_goes_round_among_the_workers_that_qualify);
	tcase_add_test(tests, slot_of_an_earlier_process_is_no_target);
	tcase_add_test(tests, host_without_a_process_is_no_target);
	tcase_add_test(tests, no_more_than_a_minority_of_the_members_is_hit);
	tcase_add_test(tests, leader_that_nobody_knows_is_no_target);
	tcase_add_test(tests, aim_that_never_comes_true_is_noted);
	tcase_add_test(tests, what_an_existing_cluster_does_not_allow_is_noted_once_per_block);
	tcase_add_test(tests,
		       workers_by_name_or_by_what_another_hit_are_possible_on_an_existing_cluster);
	tcase_add_test(tests, occasions_left_out_of_the_schedule_break_the_run);
	return suite_run(suite);
}
