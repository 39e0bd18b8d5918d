/* A part of a run that ends, or stands still: it is named, and what it left is healed. */
#include <unistd.h>

#include "tests/unit/conductor_run_rig.h"

START_TEST(a_part_that_ends_breaks_the_run_which_goes_on)
{
	static const char *const parts[] = {"witness", "store", "m1"};
	char text[100];

	begin_run(SHORT, (struct run_request){.quiet = true});
	await(LOAD_RUNS);
	disturb(parts[_i], SIGKILL);
	ck_assert_int_eq(end_run(), EXIT_OUR_FAULT);
	snprintf(text, sizeof(text), "%s ended unexpectedly, wait status 9; see logs/%s.log",
		 parts[_i], parts[_i]);
	expect_note("process", 1, text);
	expect_broken();
	ck_assert_str_eq(ask("SELECT value FROM run WHERE key = 'sealed'"), "1\n");
	ck_assert_int_gt(number("SELECT value FROM run WHERE key = 'ended_ns'"), 4 * NS_PER_S);
	/* A quiet round says nothing and is not the latest. */
	ck_assert_str_eq(told_in(out_path), "");
	ck_assert_str_eq(told_in(log_path), "");
	snprintf(text, sizeof(text), "%.80s/latest", runs_dir);
	ck_assert_int_eq(access(text, F_OK), -1);
}
END_TEST

START_TEST(without_a_recorder_nothing_goes_on)
{
	begin_run(LONG, (struct run_request){0});
	await(LOAD_RUNS);
	disturb("recorder", SIGKILL);
	ck_assert_int_eq(end_run(), EXIT_OUR_FAULT);
	ck_assert_ptr_nonnull(strstr(told_in(log_path), "the recorder is gone"));
	expect_note("run", 1, "the recorder is gone");
	expect_note("run", 1, "the run did not come to an orderly end");
	expect_broken();
	ck_assert_str_eq(ask("SELECT count(*) FROM run WHERE key = 'ended_ns'"), "0\n");
}
END_TEST

/* A holder under its fault lets nobody else in: that it is healed is seen by what it does then. */
START_TEST(what_the_nemesis_left_is_healed_and_the_load_goes_on)
{
	begin_run(LONG "fault f { do = pause  target = store  length = '50s'  first = '100ms' }",
		  (struct run_request){0});
	await(FAULT_IN_FORCE);
	int64_t decided = number("SELECT count(*) FROM decision");
	char more[100];

	disturb("nemesis", SIGKILL);
	snprintf(more, sizeof(more), "SELECT count(*) > %lld FROM decision",
		 (long long)decided + 5);
	await(more);
	kill(runner, SIGINT);
	ck_assert_int_eq(end_run(), EXIT_INTERRUPTED);
	expect_note("process", 1, "nemesis ended unexpectedly, wait status 9");
	expect_note("heal", 0, "healed what the nemesis left");
	expect_broken();
}
END_TEST

/* Nothing is faulted any more when the roll is called, so whoever is silent stands still by itself;
 * but it is woken, and ends as the others do. */
START_TEST(one_that_stands_still_at_the_end_is_named_and_woken)
{
	begin_run(LONG, (struct run_request){0});
	await(LOAD_RUNS);
	disturb("store", SIGSTOP);
	kill(runner, SIGINT);
	ck_assert_int_eq(end_run(), EXIT_INTERRUPTED);
	expect_note("process", 1, "the store stands still: it did not answer within 10 s");
	ck_assert_str_eq(ask("SELECT count(*) FROM note WHERE breaks"), "1\n");
	ck_assert_str_eq(ask("SELECT exit_status FROM process WHERE name = 'store'"), "0\n");
	expect_broken();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: parts of a run");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("conductor_run_parts_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 200);
	tcase_add_loop_test(tests, a_part_that_ends_breaks_the_run_which_goes_on, 0, 3);
	tcase_add_test(tests, without_a_recorder_nothing_goes_on);
	tcase_add_test(tests, what_the_nemesis_left_is_healed_and_the_load_goes_on);
	tcase_add_test(tests, one_that_stands_still_at_the_end_is_named_and_woken);
	return suite_run(suite);
}
