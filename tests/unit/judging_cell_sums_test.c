/* The figures of a sweep's cell, out of histories: held to what the file says in SQL, and to its
 * verdicts. */
#include <check.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include "checker/checker.h"
#include "judging/cell_sums.h"
#include "reports/failover_times.h"
#include "tests/support/history_maker.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { NONE, TOKEN };

static struct findings findings;
static struct cell_sums sums;
static struct sweep_cell cell;
static struct error err;

static void open_run(const char *path)
{
	/* The record says of no table how many rows it has. */
	const struct checker_config config = {
		.min_exposures = 1, .violations_kept = 200, .in_parts = true};

	findings = (struct findings){0};
	ck_assert_msg(history_open(path, &findings.history, &err) == 0 &&
			      checker_judge(&findings.history, &config, &findings.verdicts, &err) ==
				      0,
		      "%s", err.text);
}

static void setup(void)
{
	const char *path = scratch_file("history.db");

	sample_run_make_long(path, 1);
	open_run(path);
	sums = (struct cell_sums){0};
	cell = (struct sweep_cell){.state = SWEEP_NOT_RUN};
}

static void teardown(void)
{
	cell_sums_free(&sums);
	findings_close(&findings);
}

static void add(int arm)
{
	ck_assert_msg(cell_sums_add(&findings, arm, &sums, &err) == 0, "%s", err.text);
}

static double ask(const char *sql)
{
	sqlite3_stmt *statement;

	ck_assert_msg(sqlite3_prepare_v2(findings.history.db, sql, -1, &statement, NULL) ==
			      SQLITE_OK,
		      "%s", sqlite3_errmsg(findings.history.db));
	ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
	double value = sqlite3_column_double(statement, 0);

	sqlite3_finalize(statement);
	return value;
}

START_TEST(counts_are_those_of_the_verdicts)
{
	const struct judgement *judged = &findings.verdicts.judgement[NONE];
	struct failover_times times = failover_times(&findings.verdicts, NONE);

	add(NONE);
	cell_sums_tell(&sums, &cell);
	ck_assert_int_eq(cell.state, SWEEP_MEASURED);
	ck_assert_int_gt(cell.exposures, 0);
	ck_assert_int_eq(cell.exposures, judged->exposures);
	ck_assert_int_gt(cell.stale, 0);
	ck_assert_int_eq(cell.stale, judged->definite[VIOLATION_STALE_WRITE]);
	ck_assert_int_eq(cell.failovers, times.taken);
	ck_assert_int_eq(cell.failovers_cut_off, times.cut_off);
	ck_assert_int_eq(cell.lost, times.taken + times.cut_off + times.unwanted);
	ck_assert(cell.stale_low <= cell.figure[SWEEP_STALE].value &&
		  cell.figure[SWEEP_STALE].value <= cell.stale_high);
}
END_TEST

/* Nobody is killed in it, and each key goes by a release or an expiry that the witness saw. */
START_TEST(holding_is_from_the_answer_until_the_release_or_the_keys_end)
{
	double held_s = ask(
		"SELECT sum(min((SELECT coalesce(min(invoked_ns), 1 << 62) FROM op r WHERE "
		"r.attempt = a.attempt AND r.f IN (7, 8, 9) AND r.invoked_ns >= a.returned_ns), "
		"(SELECT coalesce(min(seen_ns), 1 << 62) FROM key_event e WHERE e.deleted AND "
		"e.lane = a.lane AND e.key = a.key AND e.seen_ns > a.returned_ns)) - "
		"a.returned_ns) / 1e9 FROM op a WHERE f = 3 AND outcome = 1 AND arm = 0");

	add(NONE);
	ck_assert_double_gt(held_s, 10);
	ck_assert_double_eq_tol(sums.held_s, held_s, 1e-3);
}
END_TEST

/* Sent before the load, in it (one of them unanswered), and after the heal. */
START_TEST(only_renewals_under_load_count)
{
	static const double sent_ms[] = {500, 1000, 1700, 1990, 2000, 2500};
	const char *path = scratch_file("renewals.db");
	struct maker *maker = maker_open(path);
	int lane = maker_lane(maker, maker_arm(maker, .guard = "none"));

	for (int i = 0; i < 6; i++)
		maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_KEEPALIVE,
			 .outcome = i == 2 ? OUTCOME_INFO : OUTCOME_OK, .invoked_ms = sent_ms[i],
			 .returned_ms = sent_ms[i] + 1, .ttl_ms = 5000, .lease = 7);
	maker_set_int(maker, "load_began_ns", 1000000000);
	maker_set_int(maker, "healed_ns", 2000000000);
	maker_close(maker, true);
	teardown();
	open_run(path);
	add(NONE);
	ck_assert_int_eq(sums.renewals, 3);
	ck_assert_double_eq(sums.measured_s, 1);
}
END_TEST

START_TEST(runs_add_up_and_narrow_the_interval)
{
	add(NONE);
	cell_sums_tell(&sums, &cell);
	double width = cell.stale_high - cell.stale_low, value = cell.figure[SWEEP_STALE].value;
	int64_t exposures = cell.exposures, failovers = cell.failovers;

	add(NONE);
	cell_sums_tell(&sums, &cell);
	ck_assert_int_eq(cell.exposures, 2 * exposures);
	ck_assert_int_eq(cell.failovers, 2 * failovers);
	ck_assert_double_eq(cell.figure[SWEEP_STALE].value, value);
	ck_assert_double_lt(cell.stale_high - cell.stale_low, width);
	for (int64_t i = 1; i < cell.failovers; i++)
		ck_assert_double_le(cell.failover_s[i - 1], cell.failover_s[i]);
}
END_TEST

/* Two hundred exposures of two occasions tell no more than two. */
START_TEST(an_interval_is_no_narrower_than_that_by_occasion)
{
	struct judgement *judged = &findings.verdicts.judgement[TOKEN];

	judgement_measure_nothing(judged);
	judged->exposures = 200;
	judged->rate = judged->rate_low = 0;
	judged->rate_high = 0.015;
	judged->by_occasion = (struct by_occasion){
		.occasions = 2, .rate_low = 0, .rate_high = 0.78, .harmed_high = 0.78};
	add(TOKEN);
	ck_assert_double_eq(sums.trials, 2);
	cell_sums_tell(&sums, &cell);
	ck_assert_double_gt(cell.stale_high, 0.7);
	cell_sums_free(&sums);
	judged->rate = 0.5;
	judged->rate_low = 0.4;
	judged->rate_high = 0.6;
	judged->by_occasion.rate_low = 0.3;
	judged->by_occasion.rate_high = 0.7;
	add(TOKEN);
	ck_assert_double_eq_tol(sums.trials, 50, 1e-9);
}
END_TEST

/* Three stale writes of one pause are one occasion; where nobody counted occasions, each is its
 * own. */
START_TEST(stale_writes_of_one_occasion_count_once)
{
	struct judgement *judged = &findings.verdicts.judgement[TOKEN];

	judged->definite[VIOLATION_STALE_WRITE] = 3;
	judged->by_occasion.harmed = 1;
	add(TOKEN);
	ck_assert_int_eq(sums.stale, 3);
	ck_assert_int_eq(sums.stale_occasions, 1);
	judged->by_occasion.harmed = 0;
	add(TOKEN);
	ck_assert_int_eq(sums.stale, 6);
	ck_assert_int_eq(sums.stale_occasions, 1 + 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cell sums");
	TCase *tcase = tcase_create("cell sums");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, counts_are_those_of_the_verdicts);
	tcase_add_test(tcase, holding_is_from_the_answer_until_the_release_or_the_keys_end);
	tcase_add_test(tcase, only_renewals_under_load_count);
	tcase_add_test(tcase, runs_add_up_and_narrow_the_interval);
	tcase_add_test(tcase, an_interval_is_no_narrower_than_that_by_occasion);
	tcase_add_test(tcase, stale_writes_of_one_occasion_count_once);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
