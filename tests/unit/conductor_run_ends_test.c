/* However a run is disturbed, it comes to an end that says what happened, and nothing is left. */
#include <unistd.h>

#include "base/process.h"
#include "tests/support/etcd_fixture.h"
#include "tests/unit/conductor_run_rig.h"

START_TEST(the_first_interrupt_heals_seals_and_reports)
{
	begin_run(LONG "fault f { do = pause  target = store  length = '50s'  first = '100ms' }",
		  (struct run_request){.json = true});
	await(FAULT_IN_FORCE);
	kill(runner, _i ? SIGTERM : SIGINT);
	ck_assert_int_eq(end_run(), EXIT_INTERRUPTED);
	ck_assert_str_eq(ask("SELECT key, value FROM run WHERE key IN ('interrupted', 'sealed')"),
			 "interrupted|1\nsealed|1\n");
	ck_assert_str_eq(ask("SELECT count(*) FROM fault WHERE ended_ns IS NULL"), "0\n");
	ck_assert_str_eq(ask("SELECT count(*) FROM note WHERE breaks"), "0\n");
	/* Before the fault would have ended by itself. */
	ck_assert_int_lt(number("SELECT value FROM run WHERE key = 'healed_ns'"),
			 number("SELECT value FROM run WHERE key = 'load_began_ns'") +
				 50 * NS_PER_S);
	/* The result, and nothing else, is on standard output. */
	const char *out = told_in(out_path);

	ck_assert_int_eq(*out, '{');
	ck_assert_ptr_null(strstr(out, "report  "));
	ck_assert_ptr_nonnull(strstr(told_in(log_path), "healing, sealing, reporting"));
}
END_TEST

START_TEST(the_second_interrupt_ends_it_at_once)
{
	begin_run(LONG, (struct run_request){0});
	await(LOAD_RUNS);
	int recorder = pid_of("recorder");

	/* So that it cannot come to an orderly end before the second one. */
	disturb("store", SIGSTOP);
	kill(runner, SIGINT);
	for (int i = 0; i < 100 && !strstr(told_in(log_path), "healing"); i++)
		clock_sleep_until_ns(clock_now_ns() + 100 * NS_PER_MS);
	kill(runner, SIGINT);
	ck_assert_int_eq(end_run(), EXIT_INTERRUPTED);
	ck_assert_ptr_nonnull(strstr(told_in(log_path), "the history is not sealed"));
	ck_assert_str_eq(ask("SELECT value FROM run WHERE key = 'sealed'"), "0\n");
	ck_assert(process_wait_state(recorder, 0, clock_now_ns() + 10 * NS_PER_S));
}
END_TEST

/* The first of two lanes has lost its only worker: nobody acquires it any more. */
START_TEST(settling_waits_for_every_lane)
{
	begin_run(
		"seed = 7\nduration = '2s'\nsettle = '3s'\ncluster { members = 1 }\n"
		"arm a { ttl = '1s'  heartbeat = '300ms'  lanes = 2  workers = 1  work = '20ms .. "
		"60ms' }\nfault f { do = kill-for-good  target = a-0-0  first = '900ms' }\n",
		(struct run_request){0});
	ck_assert_int_ne(end_run(), EXIT_OUR_FAULT);
	ck_assert_int_gt(number("SELECT count(*) FROM op WHERE lane = 0"), 5);
	ck_assert_str_eq(ask("SELECT exit_status FROM process WHERE name = 'a-0-0'"), "9\n");
	ck_assert_int_ge(number("SELECT (SELECT value FROM run WHERE key = 'audit_ns') - (SELECT "
				"value FROM run WHERE key = 'healed_ns')"),
			 3 * NS_PER_S);
}
END_TEST

/* It is stopped again and again from the load's end on, for the heal wakes it. */
START_TEST(a_worker_that_does_not_end_is_killed)
{
	int status, worker;

	begin_run(SHORT "fault f { do = pause  target = holder  length = '50ms'  first = '100ms' }",
		  (struct run_request){0});
	await("SELECT count(*) FROM process WHERE name = 'nemesis' AND ended_ns IS NOT NULL");
	worker = pid_of("a-0-0");
	while (waitpid(runner, &status, WNOHANG) == 0) {
		kill(worker, SIGSTOP);
		clock_sleep_until_ns(clock_now_ns() + 20 * NS_PER_MS);
	}
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != EXIT_OUR_FAULT, "%#x: %s",
		      (unsigned)status, told_in(log_path));
	ck_assert_str_eq(ask("SELECT exit_status FROM process WHERE role = 'worker' ORDER BY name"),
			 "9\n0\n");
	ck_assert_str_eq(ask("SELECT count(*) FROM note WHERE breaks"), "0\n");
	ck_assert_str_eq(ask("SELECT value FROM run WHERE key = 'audit'"), "agreed\n");
}
END_TEST

/* An etcd that ends as soon as it is asked for more than its version. */
START_TEST(a_cluster_that_does_not_serve_is_told_with_its_log)
{
	const char *etcd = scratch_file("etcd");
	char text[600];
	FILE *out = fopen(etcd, "w");

	fputs("#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'etcd Version: 9.9.9'; exit; fi\n"
	      "echo 'flag provided but not defined' >&2\necho \"$@\" >&2\nexit 2\n",
	      out);
	fclose(out);
	ck_assert_int_eq(chmod(etcd, 0755), 0);
	snprintf(text, sizeof(text),
		 "duration = '2s'\ncluster { members = 1  etcd = '%s'  etcd-flags = "
		 "{'--max-txn-ops=7', '--cors=x'} }\narm a { }\n",
		 etcd);
	begin_run(text, (struct run_request){0});
	ck_assert_int_eq(end_run(), EXIT_MACHINE_LACKS);
	const char *log = told_in(log_path);

	ck_assert_ptr_nonnull(strstr(log, "the cluster does not serve; see "));
	ck_assert_ptr_nonnull(strstr(log, "m1.log:\n    flag provided but not defined\n"));
	/* Its command line has the campaign's flags. */
	ck_assert_ptr_nonnull(
		strstr(told_in(in_run_dir("logs/m1.log")), " --max-txn-ops=7 --cors=x"));
	ck_assert_str_eq(ask("SELECT value FROM run WHERE key = 'etcd'"), "9.9.9\n");
	/* No seed was given: it was drawn, and stands in the name. */
	snprintf(text, sizeof(text), "-%lld",
		 (long long)number("SELECT value FROM run WHERE key = 'seed'"));
	ck_assert_str_ne(text, "-0");
	ck_assert_str_eq(strrchr(told->run_dir, '-'), text);
	/* Nothing ran: no report, no verdict. */
	ck_assert_int_eq(access(in_run_dir("report.html"), F_OK), -1);
}
END_TEST

START_TEST(somebody_elses_cluster_is_left_as_it_was)
{
	struct etcd_fixture *etcd;
	struct error err = {0};
	char text[600];

	ck_assert_msg(etcd_fixture_start(&etcd, "etcd", &err) == 0, "%s", err.text);
	snprintf(text, sizeof(text),
		 "seed = 7\nduration = '2s'\nsettle = '2s'\ncluster { endpoints = {'%s'} }\n"
		 "arm a { ttl = '1s'  heartbeat = '300ms'  lanes = 2  workers = 2  work = '20ms .. "
		 "60ms' }\nfault f { do = pause  target = holder  length = '100ms'  first = "
		 "'100ms' }\nfault g { do = pause  target = leader  length = '100ms'  first = "
		 "'200ms' }\n",
		 etcd_fixture_url(etcd));
	begin_run(text, (struct run_request){0});
	int code = end_run();

	ck_assert_msg(code == EXIT_INCONCLUSIVE || code == EXIT_AS_EXPECTED, "%d: %s", code,
		      told_in(log_path));
	snprintf(text, sizeof(text), "%s\n", etcd_fixture_version(etcd));
	ck_assert_str_eq(ask("SELECT value FROM run WHERE key = 'etcd'"), text);
	ck_assert_str_eq(ask("SELECT value FROM run WHERE key = 'sandbox'"), "existing cluster\n");
	ck_assert_str_eq(ask("SELECT count(*) FROM link"), "0\n");
	ck_assert_str_eq(ask("SELECT count(*) FROM connection"), "0\n");
	ck_assert_str_eq(ask("SELECT count(*) FROM fault WHERE host = 0"), "0\n");
	ck_assert_int_ge(number("SELECT count(*) FROM fault WHERE bitten"), 1);
	ck_assert_str_eq(ask("SELECT count(*) FROM note WHERE breaks"), "0\n");
	ck_assert_str_eq(ask("SELECT count(*) FROM process WHERE role = 'member'"), "0\n");
	etcd_fixture_stop(etcd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: ends of a run");
	TCase *tests = tcase_create("all");

	rig_need_sandbox("conductor_run_ends_test");
	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 200);
	tcase_add_loop_test(tests, the_first_interrupt_heals_seals_and_reports, 0, 2);
	tcase_add_test(tests, the_second_interrupt_ends_it_at_once);
	tcase_add_test(tests, settling_waits_for_every_lane);
	tcase_add_test(tests, a_worker_that_does_not_end_is_killed);
	tcase_add_test(tests, a_cluster_that_does_not_serve_is_told_with_its_log);
	tcase_add_test(tests, somebody_elses_cluster_is_left_as_it_was);
	return suite_run(suite);
}
