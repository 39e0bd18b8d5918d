/* The table of fault x moment: what counts for which cell, and what counts for none. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/lock_story.h"
#include "tests/support/suite.h"

enum { LEADER = 1 };

static const struct coverage_cell *find_cell(const struct verdicts *verdicts, const char *kind,
					     const char *moment)
{
	for (int i = 0; i < verdicts->cells; i++)
		if (!strcmp(verdicts->cell[i].kind, kind) &&
		    !strcmp(verdicts->cell[i].moment, moment))
			return &verdicts->cell[i];
	ck_abort_msg("no cell %s/%s", kind, moment);
	return NULL;
}

/*
 * Worker 0 renews at 1,000 ms (answered at 1,001), and its key is gone at 3,010 ms while it
 * believes until 4,000 and worker 1 waits: one exposure, and one overlap from 3,020 ms.
 */
static const struct verdicts *expose(struct story *story)
{
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	story_renew(story, a, 1000, 1001);
	b = story_ask(story, 1, 1100);
	story_expire(story, a, 3010);
	story_get(story, b, 3020);
	story_lose(story, a, 4000);
	return story_judge(story, 1);
}

/* The exposures of the only fault's cell, or -1 when one is counted that should not be there. */
static int64_t exposures_behind(const struct maker_fault *fault)
{
	struct story *story = story_open("none", 0);
	struct maker_fault planned = *fault;

	planned.schedule = maker_occasion(story_maker(story), "pause", "contended");
	maker_add_fault(story_maker(story), &planned);
	const struct verdicts *verdicts = expose(story);

	ck_assert_int_eq(story_judgement(verdicts, 0)->exposures, 1);
	ck_assert_int_eq(verdicts->cells, 1);
	int64_t exposures = find_cell(verdicts, "pause", "contended")->exposures;

	story_end(story);
	return exposures;
}

#define exposures_behind(...) exposures_behind(&(struct maker_fault){__VA_ARGS__})

START_TEST(exposure_goes_to_the_fault_over_the_holders_process)
{
	ck_assert_int_eq(exposures_behind(.began_ms = 900, .ended_ms = 1001, .bitten = true), 1);
	ck_assert_int_eq(exposures_behind(.began_ms = 3010, .ended_ms = 3500, .bitten = true), 1);
	ck_assert_int_eq(exposures_behind(.began_ms = 1200, .bitten = true), 0); /* never ended */
}
END_TEST

START_TEST(exposure_goes_to_no_fault_before_the_last_renewal_or_after_the_loss)
{
	ck_assert_int_eq(exposures_behind(.began_ms = 900, .ended_ms = 1000.999, .bitten = true),
			 0);
	ck_assert_int_eq(exposures_behind(.began_ms = 3010.001, .ended_ms = 3500, .bitten = true),
			 0);
}
END_TEST

START_TEST(exposure_goes_to_no_fault_that_did_not_bite)
{
	ck_assert_int_eq(exposures_behind(.began_ms = 1200, .ended_ms = 3500), 0);
	ck_assert_int_eq(
		exposures_behind(.lane = -1, .host = LEADER, .began_ms = 1200, .ended_ms = 3500),
		0);
}
END_TEST

START_TEST(exposure_goes_to_no_fault_elsewhere)
{
	ck_assert_int_eq(
		exposures_behind(.worker = 1, .began_ms = 1200, .ended_ms = 3500, .bitten = true),
		0);
}
END_TEST

START_TEST(exposure_goes_to_no_fault_of_the_store)
{
	struct story *story = story_open("none", 0);

	ck_assert_int_eq(sqlite3_exec(maker_db(story_maker(story)),
				      "UPDATE host SET role = 'store' WHERE id = 2", NULL, NULL,
				      NULL),
			 SQLITE_OK);
	maker_fault(story_maker(story), .lane = -1, .host = 2, .began_ms = 1200, .ended_ms = 3500,
		    .bitten = true);
	const struct verdicts *verdicts = expose(story);

	ck_assert_int_eq(find_cell(verdicts, "pause", COVERAGE_UNPLANNED)->bitten, 1);
	ck_assert_int_eq(find_cell(verdicts, "pause", COVERAGE_UNPLANNED)->exposures, 0);
	story_end(story);
}
END_TEST

START_TEST(exposure_goes_to_a_fault_on_a_member_and_its_aftermath)
{
	ck_assert_int_eq(exposures_behind(.lane = -1, .host = LEADER, .began_ms = 1200,
					  .ended_ms = 1300, .bitten = true),
			 1);
	/* The story begins at 100 ms: the bound lies before the run, so that a later one must show
	 * it. */
	ck_assert_int_eq(exposures_behind(.lane = -1, .host = LEADER, .began_ms = 10,
					  .ended_ms = 20, .bitten = true),
			 1);
	ck_assert_int_eq(exposures_behind(.lane = -1, .host = LEADER, .began_ms = 3010.001,
					  .ended_ms = 3020, .bitten = true),
			 0);
}
END_TEST

/* The lease is renewed without end and dies at 20,010 ms. */
static int64_t long_after(double ended_ms, int election_ms)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	if (election_ms)
		maker_set_int(story_maker(story), "election_ms", election_ms);
	maker_fault(story_maker(story), .lane = -1, .host = LEADER, .began_ms = 10,
		    .ended_ms = ended_ms, .bitten = true);
	story_get(story, a, 110);
	for (double at_ms = 1000; at_ms <= 18000; at_ms += 1000)
		story_renew(story, a, at_ms, at_ms + 1);
	b = story_ask(story, 1, 18100);
	story_expire(story, a, 20010);
	story_get(story, b, 20020);
	story_lose(story, a, 21000);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_judgement(verdicts, 0)->exposures, 1);
	int64_t exposures = find_cell(verdicts, "pause", COVERAGE_UNPLANNED)->exposures;

	story_end(story);
	return exposures;
}

/* 5 s + two elections, a scan of 0.5 s, and 2 s in the queue; etcd's default election is 1 s. */
START_TEST(aftermath_of_a_member_lasts_for_the_servers_request_limit)
{
	ck_assert_int_eq(long_after(10510, 0), 1);
	ck_assert_int_eq(long_after(10509.999, 0), 0);
	ck_assert_int_eq(long_after(11510, 500), 1);
	ck_assert_int_eq(long_after(11509.999, 500), 0);
}
END_TEST

START_TEST(exposure_goes_to_a_fault_of_the_whole_cluster)
{
	ck_assert_int_eq(exposures_behind(.target = "cluster", .lane = -1, .host = -1,
					  .began_ms = 1200, .ended_ms = 1300, .bitten = true),
			 1);
	ck_assert_int_eq(exposures_behind(.target = "cluster", .lane = -1, .host = -1,
					  .began_ms = 1200, .ended_ms = 1300),
			 0);
}
END_TEST

START_TEST(exposure_counts_once_and_the_workers_own_fault_comes_first)
{
	struct story *story = story_open("none", 0);
	struct maker *maker = story_maker(story);

	maker_fault(maker, .kind = "pause", .lane = -1, .host = LEADER, .began_ms = 1200,
		    .ended_ms = 3500, .bitten = true);
	maker_fault(maker, .kind = "cut", .began_ms = 1200, .ended_ms = 2000, .bitten = true);
	maker_fault(maker, .kind = "clock", .began_ms = 1300, .ended_ms = 1400, .bitten = true);
	const struct verdicts *verdicts = expose(story);

	ck_assert_int_eq(find_cell(verdicts, "pause", COVERAGE_UNPLANNED)->exposures, 0);
	ck_assert_int_eq(find_cell(verdicts, "cut", COVERAGE_UNPLANNED)->exposures, 1);
	ck_assert_int_eq(find_cell(verdicts, "clock", COVERAGE_UNPLANNED)->exposures, 0);
	story_end(story);
}
END_TEST

START_TEST(load_on_the_members_stands_behind_nothing_that_another_fault_explains)
{
	static const char *const loads[] = {"ballast", "writes"};

	for (int i = 0; i < 2; i++)
		for (int other = 0; other < 2; other++) {
			struct story *story = story_open("none", 0);
			struct maker *maker = story_maker(story);

			maker_fault(maker, .kind = loads[i], .lane = -1, .host = -1, .began_ms = 50,
				    .ended_ms = 9000, .bitten = true);
			maker_fault(maker, .kind = "partition", .lane = -1, .host = -1,
				    .began_ms = 1200, .ended_ms = 1300, .bitten = other == 1);
			const struct verdicts *verdicts = expose(story);

			ck_assert_int_eq(
				find_cell(verdicts, loads[i], COVERAGE_UNPLANNED)->exposures,
				!other);
			ck_assert_int_eq(
				find_cell(verdicts, "partition", COVERAGE_UNPLANNED)->exposures,
				other);
			story_end(story);
		}
}
END_TEST

START_TEST(cells_count_occasions_faults_and_proofs_by_kind_and_moment)
{
	struct story *story = story_open("none", 0);
	struct maker *maker = story_maker(story);
	int64_t pause = maker_occasion(maker, "pause", "contended"), now;

	maker_occasion(maker, "late", "after-renewal");
	maker_occasion(maker, "pause", "contended");
	now = maker_occasion(maker, "pause", "now");
	maker_occasion(maker, "late", "after-renewal");
	for (int worker = 0; worker < 3; worker++)
		maker_fault(maker, .worker = worker, .began_ms = 5000, .ended_ms = 5001,
			    .bitten = worker > 0, .schedule = pause);
	maker_fault(maker, .began_ms = 6000, .schedule = now);
	maker_fault(maker, .kind = "cut", .began_ms = 7000, .ended_ms = 7001, .bitten = true);
	const struct verdicts *verdicts = expose(story);
	static const struct coverage_cell expected[] = {
		{"cut", "unplanned", 0, 1, 1, 0, 0},
		{"late", "after-renewal", 2, 0, 0, 0, 0},
		{"pause", "contended", 2, 3, 2, 0, 0},
		{"pause", "now", 1, 1, 0, 0, 0},
	};

	ck_assert_int_eq(verdicts->cells, 4);
	for (int i = 0; i < 4; i++) {
		const struct coverage_cell *cell = &verdicts->cell[i];

		ck_assert_str_eq(cell->kind, expected[i].kind);
		ck_assert_str_eq(cell->moment, expected[i].moment);
		ck_assert_int_eq(cell->planned, expected[i].planned);
		ck_assert_int_eq(cell->injected, expected[i].injected);
		ck_assert_int_eq(cell->bitten, expected[i].bitten);
		ck_assert_int_eq(cell->exposures, 0);
		ck_assert_int_eq(cell->violations, 0);
	}
	story_end(story);
}
END_TEST

START_TEST(history_without_faults_and_plans_has_no_cells)
{
	struct story *story = story_open("none", 0);

	ck_assert_int_eq(expose(story)->cells, 0);
	story_end(story);
}
END_TEST

/* Violations ---------------------------------------------------------------------------------- */

enum { OVERLAPS = 1100 }; /* more than a story's docket keeps */

/* Worker 0 is paused while it holds, over and over, and another one gets the lock. */
static void overlap_often(struct story *story, bool bitten)
{
	for (int i = 0; i < OVERLAPS; i++) {
		double at_ms = 100 + i * 10000;
		int a = story_ask(story, 0, at_ms), b = story_ask(story, 1, at_ms + 5);

		maker_fault(story_maker(story), .worker = 0, .began_ms = at_ms + 20,
			    .ended_ms = at_ms + 3000, .bitten = bitten, .schedule = 1 + i % 2);
		story_get(story, a, at_ms + 10);
		story_expire(story, a, at_ms + 2100);
		story_get(story, b, at_ms + 2110);
		story_lose(story, a, at_ms + 3001);
		story_release(story, b, at_ms + 3010, at_ms + 3011);
	}
}

START_TEST(violations_go_to_the_fault_that_they_cite_all_of_them)
{
	struct story *story = story_open("none", 0);

	maker_occasion(story_maker(story), "pause", "contended");
	maker_occasion(story_maker(story), "pause", "between");
	overlap_often(story, true);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), OVERLAPS);
	ck_assert_int_lt(verdicts->violations, OVERLAPS);
	ck_assert_int_eq(find_cell(verdicts, "pause", "contended")->violations, OVERLAPS / 2);
	ck_assert_int_eq(find_cell(verdicts, "pause", "between")->violations, OVERLAPS / 2);
	ck_assert_int_eq(find_cell(verdicts, "pause", "contended")->exposures, OVERLAPS / 2);
	story_end(story);
	story = story_open("none", 0);
	maker_occasion(story_maker(story), "pause", "contended");
	maker_occasion(story_maker(story), "pause", "between");
	overlap_often(story, false);
	verdicts = story_judge(story, 1);
	ck_assert_int_eq(story_definite(verdicts, 0, VIOLATION_OVERLAP), OVERLAPS);
	ck_assert_int_eq(find_cell(verdicts, "pause", "contended")->violations, 0);
	ck_assert_int_eq(find_cell(verdicts, "pause", "contended")->exposures, 0);
	story_end(story);
}
END_TEST

START_TEST(violations_that_are_only_possible_go_to_nobody)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	maker_fault(story_maker(story), .lane = -1, .host = LEADER, .began_ms = 50, .ended_ms = 450,
		    .bitten = true);
	story_not_get(story, a, 200, OUTCOME_INFO);
	story_get(story, a, 210);
	story_expire(story, a, 500);
	const struct verdicts *verdicts = story_judge(story, 1);

	ck_assert_int_eq(story_possible(verdicts, STORY_SERVICE, VIOLATION_EARLY_EXPIRY), 1);
	ck_assert(violation_cites(story_violation(verdicts, VIOLATION_EARLY_EXPIRY), "fault", 1,
				  "cover"));
	ck_assert_int_eq(find_cell(verdicts, "pause", COVERAGE_UNPLANNED)->violations, 0);
	story_end(story);
}
END_TEST

START_TEST(violation_of_the_service_names_a_fault_of_the_whole_cluster)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100);

	maker_fault(story_maker(story), .kind = "move-leader", .target = "cluster", .lane = -1,
		    .host = -1, .began_ms = 400, .ended_ms = 400, .bitten = true);
	story_get(story, a, 110);
	story_expire(story, a, 500);
	const struct verdicts *verdicts = story_judge(story, 1);
	const struct violation *violation = story_violation(verdicts, VIOLATION_EARLY_EXPIRY);

	ck_assert(violation_cites(violation, "fault", 1, "cover"));
	ck_assert_ptr_nonnull(strstr(violation->summary, "; fault 1 (move-leader of cluster) had"));
	ck_assert_int_eq(find_cell(verdicts, "move-leader", COVERAGE_UNPLANNED)->violations, 1);
	story_end(story);
}
END_TEST

/* Killed at 2,500.5 ms, reaped at 2,700; meanwhile, at 2,600, another worker holds. */
static int64_t overlaps_of_a_killed(const char *kind)
{
	struct story *story = story_open("none", 0);
	int a = story_ask(story, 0, 100), b;

	story_get(story, a, 110);
	b = story_ask(story, 1, 120);
	maker_fault(story_maker(story), .kind = kind, .began_ms = 2500.5, .ended_ms = 2800,
		    .bitten = true);
	maker_restart(story_maker(story), 0, 0, 2700);
	story_expire(story, a, 2550);
	story_get(story, b, 2600);
	story_release(story, b, 2650, 2651);
	int64_t overlaps = story_definite(story_judge(story, 1), 0, VIOLATION_OVERLAP);

	story_end(story);
	return overlaps;
}

START_TEST(belief_ends_with_every_kind_of_kill)
{
	ck_assert_int_eq(overlaps_of_a_killed("kill"), 0);
	ck_assert_int_eq(overlaps_of_a_killed("kill-for-good"), 0);
	ck_assert_int_eq(overlaps_of_a_killed("pause"), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checker: coverage");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, exposure_goes_to_the_fault_over_the_holders_process);
	tcase_add_test(tests, exposure_goes_to_no_fault_before_the_last_renewal_or_after_the_loss);
	tcase_add_test(tests, exposure_goes_to_no_fault_that_did_not_bite);
	tcase_add_test(tests, exposure_goes_to_no_fault_elsewhere);
	tcase_add_test(tests, exposure_goes_to_no_fault_of_the_store);
	tcase_add_test(tests, exposure_goes_to_a_fault_on_a_member_and_its_aftermath);
	tcase_add_test(tests, aftermath_of_a_member_lasts_for_the_servers_request_limit);
	tcase_add_test(tests, exposure_goes_to_a_fault_of_the_whole_cluster);
	tcase_add_test(tests, exposure_counts_once_and_the_workers_own_fault_comes_first);
	tcase_add_test(tests,
		       load_on_the_members_stands_behind_nothing_that_another_fault_explains);
	tcase_add_test(tests, cells_count_occasions_faults_and_proofs_by_kind_and_moment);
	tcase_add_test(tests, history_without_faults_and_plans_has_no_cells);
	tcase_add_test(tests, violations_go_to_the_fault_that_they_cite_all_of_them);
	tcase_add_test(tests, violations_that_are_only_possible_go_to_nobody);
	tcase_add_test(tests, violation_of_the_service_names_a_fault_of_the_whole_cluster);
	tcase_add_test(tests, belief_ends_with_every_kind_of_kill);
	return suite_run(suite);
}
