/* What is skipped comes to the same as what is played: each count, each length, to the last. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/suite.h"
#include "tuning/simulation/chance.h"
#include "tuning/simulation/simulate.h"

enum { SETTINGS = 120 };

static struct random_stream stream;

static int64_t any(int64_t low, int64_t high)
{
	return chance_between(&stream, low, high);
}

/* From quiet to hardly a moment's rest. */
static struct scenario any_scenario(const struct pause_profile *pauses)
{
	static const double often[] = {0, 0, 1, 30, 600};
	int64_t work_ms = any(1, 3000), heartbeat_ms = any(20, 2000);
	struct scenario scenario = {
		.situation = {
			.lease = lease_of_worker((int)any(1, 10) * 1000, (int)heartbeat_ms,
						 (int)any(1, 4)),
			.delay_s = (double)any(1, 5000) / 1e6,
			.election_s = 1,
			.work_min_s = (double)work_ms / 1e3,
			.work_max_s = (double)any(work_ms, 2 * work_ms) / 1e3,
			.work_waits = any(0, 1),
			.check_s = 0.001,
			.rest_s = (double)any(0, 2000) / 1e3,
			.workers = (int)any(1, 5),
			.locks = 2,
			.cut_s = (double)any(100, 9000) / 1e3,
			.pauses = pauses,
			.pauses_per_hour = often[any(0, 4)],
		},
		.guard = (enum guard)any(0, GUARDS_COUNT - 1),
		.cuts_per_hour = often[any(0, 4)],
		.deaths_per_hour = often[any(0, 4)],
		.changes_per_hour = often[any(0, 3)],
		.length_ns = 3600 * NS_PER_S,
		.seed = (uint64_t)any(1, 1000000),
	};

	return scenario;
}

START_TEST(what_is_skipped_comes_to_what_is_played)
{
	struct pause_profile pauses;
	struct error err = {0};

	ck_assert_int_eq(pauses_parse("100ms..9s", &pauses, &err), 0);
	for (int i = 0; i < SETTINGS; i++) {
		struct scenario scenario = any_scenario(&pauses);
		struct played quick, slow;

		if(getenv("DBG")) printf("%d: T %g h %g n %d d %g w %g..%g waits %d rest %g N %d cut %g ph %g guard %d c/h %g d/h %g ch/h %g seed %llu\n", i, scenario.situation.lease.ttl_ns/1e9, scenario.situation.lease.heartbeat_ns/1e9, scenario.situation.lease.retries, scenario.situation.delay_s, scenario.situation.work_min_s, scenario.situation.work_max_s, scenario.situation.work_waits, scenario.situation.rest_s, scenario.situation.workers, scenario.situation.cut_s, scenario.situation.pauses_per_hour, scenario.guard, scenario.cuts_per_hour, scenario.deaths_per_hour, scenario.changes_per_hour, (unsigned long long)scenario.seed), fflush(stdout);
		simulate(&scenario, &quick);
		scenario.plays_all = true;
		simulate(&scenario, &slow);
		for (int count = 0; count < COUNTS_COUNT; count++)
			ck_assert_msg(quick.count[count] == slow.count[count],
				      "setting %d: %s %lld, played %lld", i,
				      count_rows[count].word, (long long)quick.count[count],
				      (long long)slow.count[count]);
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

	stream = random_open(1, "test");
	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, what_is_skipped_comes_to_what_is_played);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
