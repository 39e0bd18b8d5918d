/* Exploring by other engines: rounds are planned, and what came of them is merged. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "conductor/hunt/explore.h"
#include "conductor/hunt/sweep_folder.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/told.h"

static struct campaign campaign;

static void setup(void)
{
	struct error err = {0};

	ck_assert_msg(campaign_load_text("seed = 11\nduration = '20s'\n"
					 "arm none { ttl = '1s'  work = '20ms .. 200ms' }\n"
					 "arm token { guard = token  ttl = '2s'  lanes = 8 }\n",
					 "test", &campaign, &err) == 0,
		      "%s", err.text);
}

static int end_at_once(void *context, struct campaign *drawn, struct round *round,
		       struct error *err)
{
	(void)context;
	(void)drawn;
	(void)round;
	return error_set(err, EXIT_INTERRUPTED, "enough");
}

static const char *folder;

static int plan_rounds(int rounds, struct error *err)
{
	const struct explore_request request = {.campaign = &campaign};

	*err = (struct error){0};
	return explore_plan(&request, folder, rounds, err);
}

static enum exit_code merge(void)
{
	struct error err = {0};
	enum exit_code code = explore_merge(folder, &err);

	ck_assert_msg(err.code == 0, "%s", err.text);
	return code;
}

/* The second round has run, and its arm token, or the service, has been caught. */
static void run_second(enum verdict verdict)
{
	const struct sweep_plan plan = {.folder = folder};
	struct judgement subjects[3];
	struct violation breach = {.id = 70,
				   .name = VIOLATION_STALE_WRITE,
				   .arm = 1,
				   .definite = true,
				   .summary = "a summary"};
	struct verdicts verdicts = {
		.judgements = 3, .judgement = subjects, .violations = 1, .violation = &breach};
	struct sweep_unit *unit;
	struct history history;
	struct error err = {0};
	char path[600];
	int units;

	ck_assert_int_eq(sweep_units_list(&plan, 1, &unit, &units, &err), 0);
	ck_assert_int_eq(units, 3);
	ck_assert_int_eq(sweep_unit_load(&plan, &unit[1], &campaign, &err), 0);
	snprintf(path, sizeof(path), "%s/runs/1/%s/run", folder, unit[1].name);
	free(unit);
	ck_assert_int_eq(file_make_folders(path), 0);
	snprintf(path + strlen(path), sizeof(path) - strlen(path), "/history.db");
	struct maker *maker = maker_open(path);

	for (int i = 0; i < 2; i++) {
		judgement_measure_nothing(&subjects[i]);
		maker_lane(maker, maker_arm(maker, .name = campaign.arm[i].name,
					    .guard = i ? "token" : "none"));
	}
	judgement_measure_nothing(&subjects[2]);
	maker_set_int(maker, "seed", (int64_t)campaign.seed);
	maker_close(maker, true);
	for (int i = 0; i < 3; i++) {
		subjects[i].arm = i == 2 ? -1 : i;
		subjects[i].verdict = i == 1 ? verdict : VERDICT_INCONCLUSIVE;
		snprintf(subjects[i].subject, sizeof(subjects[i].subject), "%s",
			 i == 2 ? "service" : campaign.arm[i].name);
	}
	ck_assert_int_eq(history_open(path, &history, &err), 0);
	ck_assert_msg(verdicts_store(&history, &verdicts, &err) == 0, "%s", err.text);
	history_close(&history);
}

START_TEST(rounds_are_planned_as_they_would_be_drawn_and_as_commands)
{
	const struct sweep_plan plan = {.folder = scratch_file("planned")};
	uint64_t planned[3];
	struct sweep_unit *unit;
	struct error err;
	int units;

	folder = plan.folder;
	ck_assert_msg(plan_rounds(3, &err) == 0, "%s", err.text);
	ck_assert_int_eq(sweep_units_list(&plan, 1, &unit, &units, &err), 0);
	ck_assert_int_eq(units, 3);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(sweep_unit_load(&plan, &unit[i], &campaign, &err), 0);
		ck_assert_int_ge(campaign.blocks, 5);
		planned[i] = campaign.seed;
	}
	free(unit);
	ck_assert(planned[0] != planned[1] && planned[1] != planned[2]);
	setup();
	explore_campaign(&(struct explore_request){.campaign = &campaign, .time_ns = INT64_MAX / 2},
			 end_at_once, NULL, &err);
	ck_assert_uint_eq(campaign.seed, planned[0]);
	err = (struct error){0};
	setup();
	ck_assert_int_eq(plan_rounds(3, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "holds rounds already"));
	ck_assert_int_eq(merge(), EXIT_INCONCLUSIVE);
	folder = scratch_file("nowhere");
	err = (struct error){0};
	ck_assert_int_eq(explore_merge(folder, &err), EXIT_BAD_USAGE);
}
END_TEST

START_TEST(what_came_of_planned_rounds_is_told_as_that_of_others)
{
	struct error err;

	folder = scratch_file("merged");
	ck_assert_msg(plan_rounds(3, &err) == 0, "%s", err.text);
	run_second(VERDICT_UNSAFE);
	const char *told = heard_of(merge, EXIT_VIOLATION);

	ck_assert_ptr_nonnull(strstr(told, "not run: 001"));
	ck_assert_ptr_nonnull(strstr(told, "not run: 003"));
	ck_assert_ptr_nonnull(strstr(told, "stale-write at token in round 1: a summary"));
	ck_assert_ptr_nonnull(strstr(told, "merged/runs/1/002/run"));
	folder = scratch_file("harmless");
	setup();
	ck_assert_msg(plan_rounds(3, &err) == 0, "%s", err.text);
	run_second(VERDICT_INCONCLUSIVE);
	ck_assert_ptr_nonnull(
		strstr(heard_of(merge, EXIT_INCONCLUSIVE), "nothing found in 1 rounds"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: explore, planned");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, rounds_are_planned_as_they_would_be_drawn_and_as_commands);
	tcase_add_test(tests, what_came_of_planned_rounds_is_told_as_that_of_others);
	return suite_run(suite);
}
