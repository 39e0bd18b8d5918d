/* What is skipped comes to the same as what is played: each count, each length, to the last. */
#include <check.h>

#include "tests/support/suite.h"
#include "tests/unit/simulation_rig.h"

enum { SETTINGS = 120 };

START_TEST(what_is_skipped_comes_to_what_is_played)
{
	struct pause_profile pauses;
	struct error err = {0};

	ck_assert_int_eq(pauses_parse("100ms..9s", &pauses, &err), 0);
	for (int i = 0; i < SETTINGS; i++) {
		struct scenario scenario = any_scenario(&pauses);
		struct played quick, slow;

		simulate(&scenario, &quick);
		scenario.plays_all = true;
		simulate(&scenario, &slow);
		for (int count = 0; count < COUNTS_COUNT; count++)
			ck_assert_msg(quick.count[count] == slow.count[count],
				      "setting %d: %s %lld, played %lld", i, count_rows[count].word,
				      (long long)quick.count[count], (long long)slow.count[count]);
		ck_assert_double_eq_tol(quick.waited_s, slow.waited_s, 1e-3);
		ck_assert_double_eq_tol(quick.two_held_s, slow.two_held_s, 1e-6);
		ck_assert_int_eq(quick.failover.count, slow.failover.count);
		ck_assert_double_eq_tol(quick.failover.sum_s, slow.failover.sum_s, 1e-6);
		played_close(&quick);
		played_close(&slow);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("simulation_quiet");
	TCase *cases = tcase_create("quiet");

	rig_stream = random_open(1, "test");
	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, what_is_skipped_comes_to_what_is_played);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
