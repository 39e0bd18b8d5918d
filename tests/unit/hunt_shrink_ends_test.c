/* What shrink starts from, and where it leaves what it found. */
#include "tests/support/told.h"
#include "tests/unit/hunt_shrink_rig.h"

/* Other violations ---------------------------------------------------------------------------- */

static struct violation other;

/* Late enough that the end of the last fault decides how long a campaign is. */
static void late_violation(void)
{
	other = *past.violation;
	other.at_ns = 19 * NS_PER_S;
	past.violation = &other;
}

/* The service's own, of no arm and no lane. */
static void blame_the_service(void)
{
	late_violation();
	other.arm = other.lane = -1;
	snprintf(past.quarry.subject, sizeof(past.quarry.subject), "service");
}

START_TEST(a_services_violation_keeps_all_arms_and_lanes_at_first_and_time_for_the_service)
{
	blame_the_service();
	trial = (struct trial){.needs = "f4", .arms = 2, .lanes = 4, .workers = 4};
	ck_assert_int_eq(shrink_into(scratch_file("small.conf"), 1, 1), 10);
	expect_blocks(&result, "f4");
	ck_assert_int_eq(result.arms, 2);
	ck_assert_int_eq(result.arm[0].lanes, 4);
	/* Nine seconds after two TTLs; as long as the fault itself is. */
	ck_assert_int_ge(result.duration_ms, 1000 + 4000 + 9000);
	ck_assert_int_le(result.duration_ms, 1000 + 4000 + 9000 + 2000 / 8);
	trial = (struct trial){.needs = "f4"};
	ck_assert_int_eq(shrink_into(scratch_file("small.conf"), 1, 1), 10);
	ck_assert_int_eq(result.arms, 1);
	ck_assert_str_eq(result.arm[0].name, "none"); /* the first, for want of a better one */
	ck_assert_int_eq(result.arm[0].lanes, 1);
	ck_assert_int_eq(result.arm[0].workers, 2);
}
END_TEST

START_TEST(without_a_fault_that_covers_it_everything_before_it_is_tried_first)
{
	struct error err = {0};
	int proved;

	other = *past.violation;
	for (int i = 0; i < other.evidences; i++)
		if (strcmp(other.evidence[i].kind, "fault") == 0)
			other.evidence[i].kind = "op";
	past.violation = &other;
	trial = (struct trial){.fails_at = 1};
	ck_assert_int_eq(shrink_with((struct shrink_request){.tries = 1, .keep = 1}, &proved, &err),
			 -1);
	expect_blocks(&trial.last, "f1 f2 f3 f4 f5 f6");
	ck_assert_int_eq(trial.last.arms, 2);
}
END_TEST

START_TEST(violation_before_all_faults_is_tried_by_nothing)
{
	struct error err = {0};
	int proved;

	other = *past.violation;
	other.evidences = 0;
	other.at_ns = 1;
	past.violation = &other;
	trial = (struct trial){.needs = "f4"};
	ck_assert_int_eq(shrink_with((struct shrink_request){.tries = 3, .keep = 2}, &proved, &err),
			 -1);
	ck_assert_int_eq(err.code, EXIT_INCONCLUSIVE);
	ck_assert_ptr_nonnull(strstr(err.text, "no fault had begun when the violation happened"));
	ck_assert_int_eq(trial.runs, 0);
}
END_TEST

START_TEST(the_guess_is_the_covering_fault_in_the_lane_of_the_violation)
{
	struct error err = {0};
	int proved;

	late_violation();
	trial = (struct trial){.fails_at = 1};
	ck_assert_int_eq(shrink_with((struct shrink_request){.tries = 1, .keep = 1}, &proved, &err),
			 -1);
	expect_blocks(&trial.last, "f4");
	ck_assert_int_eq(trial.last.arms, 1);
	ck_assert_str_eq(trial.last.arm[0].name, "none");
	ck_assert_int_eq(trial.last.arm[0].lanes, 1);
	ck_assert_int_eq(trial.last.arm[0].workers, 4);
	ck_assert_int_eq(trial.last.block[0].first_ms, 1000);
	/* One TTL of two seconds, two for what comes of it, one more. */
	ck_assert_int_eq(trial.last.duration_ms, 1000 + 2000 + 4000 + 2000);
}
END_TEST

/* n4 comes with the end of n3: alone it would never come. */
START_TEST(the_guess_takes_along_whom_the_covering_fault_follows)
{
	struct error err = {0};
	int proved;

	past.campaign->block[COVERING - 1].follows = COVERING - 1;
	trial = (struct trial){.fails_at = 1};
	ck_assert_int_eq(shrink_with((struct shrink_request){.tries = 1, .keep = 1}, &proved, &err),
			 -1);
	expect_blocks(&trial.last, "f3 f4");
	ck_assert_int_eq(trial.last.block[1].follows, 1);
	ck_assert_int_eq(trial.last.arms, 1);
}
END_TEST

/* Where it goes ------------------------------------------------------------------------------- */

static struct shrink_request to_standard_output = {.tries = 1, .keep = 1, .proof_runs = 10};

/* What shrinking prints on standard output, which is that file; and its error. */
static const char *printed(const char *path, int *failed, struct error *err)
{
	int out = dup(STDOUT_FILENO), proved;

	ck_assert_ptr_nonnull(freopen(path, "w", stdout));
	*failed = shrink_with(to_standard_output, &proved, err);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(out);
	return told_in(path);
}

START_TEST(on_standard_output_only_the_last_is_told)
{
	struct error err = {0};
	int failed, runs;

	trial = (struct trial){.needs = "f2 f5"};
	const char *text = printed(scratch_file("out"), &failed, &err);

	runs = trial.runs;
	ck_assert_int_eq(failed, 0);
	ck_assert_int_eq(strncmp(text, "# overlap at none, shrunk from ", 31), 0);
	ck_assert_ptr_null(strstr(text + 1, "# overlap"));
	ck_assert_ptr_null(strstr(text, "Unfinished"));
	ck_assert_int_eq(campaign_load_text(text, "out", &result, &err), 0);
	expect_blocks(&result, "f2 f5");
	/* Interrupted, what there is: */
	trial = (struct trial){.needs = "f2 f5", .fails_at = runs};
	text = printed(scratch_file("out"), &failed, &err);
	ck_assert_int_eq(failed, -1);
	ck_assert_int_eq(err.code, EXIT_INTERRUPTED);
	ck_assert_ptr_nonnull(strstr(err.text, "the smallest that held so far was printed"));
	ck_assert_ptr_nonnull(strstr(text, "# Unfinished"));
	ck_assert_ptr_null(strstr(strstr(text, "# Unfinished") + 1, "# Unfinished"));
	/* and before anything held, nothing. */
	err = (struct error){0};
	trial = (struct trial){.needs = "f2 f5", .fails_at = 1};
	ck_assert_str_eq(printed(scratch_file("out"), &failed, &err), "");
	ck_assert_ptr_nonnull(strstr(err.text, "nothing smaller was kept yet"));
}
END_TEST

START_TEST(a_place_that_takes_nothing_is_told)
{
	struct error err = {0};
	int failed, proved, runs;

	trial = (struct trial){.needs = "f2 f5"};
	printed(scratch_file("out"), &failed, &err);
	runs = trial.runs;
	trial = (struct trial){.needs = "f2 f5"};
	printed("/dev/full", &failed, &err);
	ck_assert_int_eq(failed, -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot write standard output"));
	ck_assert_int_eq(trial.runs, runs);
	/* Before hours of it are lost. */
	err = (struct error){0};
	trial = (struct trial){.needs = "f4"};
	ck_assert_int_eq(shrink_with((struct shrink_request){.output = "/nowhere/small.conf",
							     .tries = 1,
							     .keep = 1},
				     &proved, &err),
			 -1);
	ck_assert_int_eq(trial.runs, 1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere/small.conf"));
	ck_assert_ptr_nonnull(strstr(err.text, "nothing smaller was kept yet"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: what shrink starts from and leaves");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(
		tests,
		a_services_violation_keeps_all_arms_and_lanes_at_first_and_time_for_the_service);
	tcase_add_test(tests, without_a_fault_that_covers_it_everything_before_it_is_tried_first);
	tcase_add_test(tests, violation_before_all_faults_is_tried_by_nothing);
	tcase_add_test(tests, the_guess_is_the_covering_fault_in_the_lane_of_the_violation);
	tcase_add_test(tests, the_guess_takes_along_whom_the_covering_fault_follows);
	tcase_add_test(tests, on_standard_output_only_the_last_is_told);
	tcase_add_test(tests, a_place_that_takes_nothing_is_told);
	return suite_run(suite);
}
