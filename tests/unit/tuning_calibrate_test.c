/* A run's own times: of three attempts of two workers at one lock, what is known, and of what. */
#include <check.h>
#include <math.h>
#include <stdio.h>

#include "history/reader.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tuning/calibrate.h"

/* One hold: acquired at `at`, a read of 4 ms, 200 ms of work, a write of 4 ms, the release. */
static void make_hold(struct maker *maker, int lane, int worker, uint32_t attempt, double asked,
		      double at)
{
	const struct {
		enum function f;
		double from, to;
	} ops[] = {{F_LEASE_GRANT, asked - 2, asked - 1},
		   {F_ACQUIRE, asked, at},
		   {F_READ, at, at + 4},
		   {F_WRITE, at + 204, at + 208},
		   {F_RELEASE, at + 210, at + 212}};

	for (int i = 0; i < 5; i++)
		maker_op(maker, .lane = lane, .worker = worker, .attempt = attempt, .f = ops[i].f,
			 .outcome = OUTCOME_OK, .invoked_ms = ops[i].from, .returned_ms = ops[i].to,
			 .ttl_ms = ops[i].f == F_LEASE_GRANT ? 2000 : 0, .lease = worker + 1);
}

struct paused {
	double length_ms;
	int ttl_ms;         /* of the renewal that tells; 0: the lease was gone */
	bool sent_before;   /* that renewal was sent before the pause */
	bool leader_before; /* the leader was paused, too, shortly before */
};

static void make_pause(struct maker *maker, int lane, const struct paused *paused)
{
	double began = 5000, ended = began + paused->length_ms;

	maker_op(maker, .lane = lane, .worker = 0, .attempt = 2, .f = F_ACQUIRE,
		 .outcome = OUTCOME_OK, .invoked_ms = began - 20, .returned_ms = began - 10);
	maker_op(maker, .lane = lane, .worker = 0, .attempt = 2, .f = F_KEEPALIVE,
		 .outcome = OUTCOME_OK, .ttl_ms = paused->ttl_ms,
		 .invoked_ms = paused->sent_before ? began - 1 : ended + 1,
		 .returned_ms = ended + 2);
	maker_fault(maker, .lane = lane, .worker = 0, .attempt = 2, .began_ms = began,
		    .ended_ms = ended, .bitten = true, .kind = "pause");
	if (paused->leader_before)
		maker_fault(maker, .lane = -1, .host = 0, .target = "leader", .began_ms = 1000,
			    .ended_ms = 2000, .bitten = true, .kind = "pause");
}

static int renewals_unanswered;

static void make_run(const char *path, const struct paused *paused)
{
	struct maker *maker = maker_open(path);

	maker_arm(maker, .ttl_ms = 2000, .heartbeat_ms = 500, .retries = 3);
	int lane = maker_lane(maker, 0);

	make_hold(maker, lane, 0, 1, 1000, 1010);
	make_hold(maker, lane, 1, 1, 1100, 1225); /* waited for that; 5 ms after its release */
	maker_op(maker, .lane = lane, .worker = 1, .attempt = 2, .f = F_ACQUIRE,
		 .outcome = OUTCOME_OK, .invoked_ms = 1455, .returned_ms = 1460);
	for (int i = 0; i < renewals_unanswered; i++)
		maker_op(maker, .lane = lane, .worker = 1, .attempt = 2, .f = F_KEEPALIVE,
			 .outcome = OUTCOME_INFO, .invoked_ms = 1500 + i, .returned_ms = 1800 + i);
	if (paused)
		make_pause(maker, lane, paused);
	maker_set_int(maker, "load_began_ns", 1000000000);
	maker_set_int(maker, "healed_ns", INT64_C(11000000000));
	maker_set_int(maker, "election_ms", 700);
	maker_close(maker, true);
}

static struct calibration calibrate_with(const struct paused *paused,
					 const struct verdicts *verdicts)
{
	static int runs;
	struct calibration calibration;
	struct history history;
	struct error err = {0};
	char name[32];

	snprintf(name, sizeof(name), "%d.db", ++runs);
	make_run(scratch_file(name), paused);
	ck_assert_msg(history_open(scratch_file(name), &history, &err) == 0, "%s", err.text);
	ck_assert_msg(calibrate(&history, verdicts, 0, &calibration, &err) == 0, "%s", err.text);
	history_close(&history);
	return calibration;
}

static struct calibration calibrate_run(const struct paused *paused)
{
	static const struct verdicts none;

	return calibrate_with(paused, &none);
}

START_TEST(times_are_those_of_the_run)
{
	struct calibration run = calibrate_run(NULL);
	const struct situation *is = &run.situation;

	ck_assert_int_eq(is->lease.ttl_ns, 2 * NS_PER_S);
	ck_assert_int_eq(is->lease.heartbeat_ns, 500 * NS_PER_MS);
	ck_assert_double_eq_tol(is->delay_s, 0.002, 1e-9);
	ck_assert_double_eq_tol(is->work_min_s, 0.2, 1e-9);
	ck_assert_double_eq_tol(is->work_max_s, 0.2, 1e-9);
	ck_assert_double_eq_tol(is->overhead_s, 0.010, 1e-9);
	ck_assert_double_eq_tol(is->handover_s, 0.005, 1e-9);
	ck_assert_double_eq_tol(is->rest_s, 0.020, 1e-9);
	ck_assert_double_eq_tol(is->election_s, 0.7, 1e-9);
	ck_assert_int_eq(is->workers, 2);
	ck_assert_int_eq(is->locks, 1);
	ck_assert_ptr_null(is->pauses);
	ck_assert(isnan(run.measured[PREDICT_LOSS_PER_PAUSE]));
	ck_assert_double_eq_tol(run.measured[PREDICT_WAIT], (0.010 + 0.125 + 0.005) / 3, 1e-9);
	ck_assert_double_eq_tol(run.measured[PREDICT_CYCLES], 0.3, 1e-9);
	calibration_free(&run);
}
END_TEST

static const struct {
	struct paused paused;
	int known, lost;
} ends[] = {
	{{.length_ms = 1700, .ttl_ms = 2000}, 1, 0},
	{{.length_ms = 1700, .ttl_ms = 0}, 1, 1},
	{{.length_ms = 450, .ttl_ms = 2000}, 0, 0}, /* no renewal need have been due */
	{{.length_ms = 1700, .ttl_ms = 2000, .sent_before = true}, 0, 0},
	{{.length_ms = 1700, .ttl_ms = 0, .leader_before = true}, 0, 0},
};

START_TEST(pause_counts_if_its_end_is_known_and_nothing_else_lay_there)
{
	struct calibration run = calibrate_run(&ends[_i].paused);

	ck_assert_int_eq(run.of[PREDICT_LOSS_PER_PAUSE], ends[_i].known);
	if (ends[_i].known) {
		ck_assert_double_eq(run.measured[PREDICT_LOSS_PER_PAUSE], ends[_i].lost);
		ck_assert_double_eq_tol(pauses_exceeded(&run.pauses, 0.5), 1.7, 1e-9);
	}
	calibration_free(&run);
}
END_TEST

/* A fault of the service, another arm, or nobody wanting the lock is not counted. */
START_TEST(failovers_are_those_of_its_own_workers_faults)
{
	const struct fault_row of_worker = {.lane = 0, .began_ns = NS_PER_S},
			       of_service = {.lane = -1, .began_ns = NS_PER_S};
	struct failover_row rows[] = {
		{.fault = &of_worker, .to_ns = 3 * NS_PER_S, .end = FAILOVER_TAKEN, .led = LED_ON},
		{.fault = &of_worker, .to_ns = 4 * NS_PER_S, .end = FAILOVER_TAKEN, .led = LED_ON},
		{.fault = &of_worker, .to_ns = 8 * NS_PER_S, .end = FAILOVER_TAKEN, .led = LED_ON},
		{.fault = &of_worker,
		 .to_ns = 9 * NS_PER_S,
		 .end = FAILOVER_TAKEN,
		 .led = LED_ANEW},
		{.fault = &of_service, .to_ns = 9 * NS_PER_S, .end = FAILOVER_TAKEN, .led = LED_ON},
		{.fault = &of_worker,
		 .to_ns = 9 * NS_PER_S,
		 .end = FAILOVER_TAKEN,
		 .led = LED_ON,
		 .arm = 1},
		{.fault = &of_worker, .to_ns = NEVER_NS, .end = FAILOVER_CUT_OFF, .led = LED_ON},
	};
	struct verdicts verdicts = {.failovers = 7, .failover = rows};
	struct calibration run = calibrate_with(NULL, &verdicts);

	ck_assert_int_eq(run.of[PREDICT_FAILOVER_P50], 3);
	ck_assert_double_eq(run.measured[PREDICT_FAILOVER_P50], 3);
	ck_assert_double_eq_tol(run.measured[PREDICT_FAILOVER_MEAN], 4, 1e-9);
	ck_assert_int_eq(run.of[PREDICT_CHANGE_P50], 1);
	ck_assert_double_eq(run.measured[PREDICT_CHANGE_P50], 8);
	calibration_free(&run);
}
END_TEST

START_TEST(renewals_are_those_that_were_asked_for_answered_or_not)
{
	static const struct verdicts none;
	struct calibration run = calibrate_with(NULL, &none);

	ck_assert_int_eq(run.of[PREDICT_RENEWALS], 0);
	ck_assert(isnan(run.measured[PREDICT_RENEWALS]));
	calibration_free(&run);
	renewals_unanswered = 3;
	run = calibrate_with(NULL, &none);
	ck_assert_int_eq(run.of[PREDICT_RENEWALS], 3);
	ck_assert_double_eq_tol(run.measured[PREDICT_RENEWALS], 0.3, 1e-9);
	calibration_free(&run);
}
END_TEST

START_TEST(run_without_work_is_refused)
{
	static const struct verdicts none;
	struct maker *maker = maker_open(scratch_file("idle.db"));
	struct calibration calibration;
	struct history history;
	struct error err = {0};

	maker_arm(maker, .ttl_ms = 2000);
	maker_lane(maker, 0);
	maker_close(maker, true);
	ck_assert_int_eq(history_open(scratch_file("idle.db"), &history, &err), 0);
	ck_assert_int_eq(calibrate(&history, &none, 0, &calibration, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tuning_calibrate");
	TCase *cases = tcase_create("calibrate");

	tcase_add_test(cases, times_are_those_of_the_run);
	tcase_add_loop_test(cases, pause_counts_if_its_end_is_known_and_nothing_else_lay_there, 0,
			    sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(cases, failovers_are_those_of_its_own_workers_faults);
	tcase_add_test(cases, renewals_are_those_that_were_asked_for_answered_or_not);
	tcase_add_test(cases, run_without_work_is_refused);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
