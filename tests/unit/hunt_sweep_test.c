/* A sweep as a folder: planned, run, gone on with, merged; over runs that are made up. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "conductor/hunt/sweep_run.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static const char text[] =
	"name = 'swept'\nduration = '20s'\ncluster { election = '1s' }\n"
	"arm other {}\n"
	"arm mine { ttl = '4s'  heartbeat = '1s'  retries = 2  lanes = 2  workers = 3 }\n"
	"fault p { do = pause  target = holder  length = '1.5 ttl'  first = '1s' }\n";

static struct sweep_plan plan;
static struct sweep_result result;
static struct error err;
static const char *folder;

/* Runs that are made up ------------------------------------------------------------------------ */

static struct script {
	int stop_after; /* runs; then it is interrupted */
	bool unsealed, broken, other_settings, other_seed;
	int64_t exposures, stale; /* of each arm, in each run */
	const char *narrow;       /* of this one there are 100 times as many exposures */
	int ran, arms, all;
	char names[400];
} script;

static void judge(const char *path, const struct campaign *campaign)
{
	struct judgement judgement[ARMS_MAX + 1];
	struct verdicts verdicts = {.judgements = campaign->arms + 1, .judgement = judgement};
	struct history history;

	memset(judgement, 0, sizeof(judgement));
	for (int i = 0; i <= campaign->arms; i++) {
		struct judgement *judged = &judgement[i];
		bool service = i == campaign->arms;
		const char *name = service ? "service" : campaign->arm[i].name;
		bool narrow = script.narrow && strcmp(name, script.narrow) == 0;

		judgement_measure_nothing(judged);
		text_copy(judged->subject, sizeof(judged->subject), name);
		text_copy(judged->why, sizeof(judged->why),
			  script.broken ? "it broke" : "so it is");
		judged->arm = service ? -1 : i;
		judged->verdict = script.broken ? VERDICT_BROKEN : VERDICT_INCONCLUSIVE;
		judged->exposures = script.exposures * (narrow ? 100 : 1);
		judged->definite[VIOLATION_STALE_WRITE] = script.stale;
		judged->rate = judged->rate_low = judged->rate_high = NAN;
		judged->by_occasion.rate_low = judged->by_occasion.rate_high = NAN;
	}
	ck_assert_int_eq(history_open(path, &history, &err), 0);
	ck_assert_msg(verdicts_store(&history, &verdicts, &err) == 0, "%s", err.text);
	history_close(&history);
}

static void make_run(const struct campaign *campaign, const char *path)
{
	struct maker *maker = maker_open(path);

	for (int i = 0; i < campaign->arms; i++) {
		const struct arm *arm = &campaign->arm[i];
		int id = maker_arm(maker, .name = arm->name, .ttl_ms = arm->ttl_s * 1000,
				   .heartbeat_ms = arm->heartbeat_ms + script.other_settings,
				   .retries = arm->retries);

		maker_lane(maker, id);
	}
	maker_set_int(maker, "seed", (int64_t)campaign->seed + script.other_seed);
	maker_set_int(maker, "load_began_ns", 1000000000);
	maker_set_int(maker, "healed_ns", 21000000000);
	maker_set_text(maker, "etcd", "3.4.23");
	if (script.broken)
		maker_note(maker, 1, NOTE_BREAKS, "test", "it broke");
	maker_close(maker, !script.unsealed);
	judge(path, campaign);
}

static void make_folder(const char *path)
{
	ck_assert_msg(mkdir(path, 0777) == 0 || access(path, F_OK) == 0, "%s", path);
}

static int try_it(void *context, const struct round_request *request, struct error *error)
{
	char path[600];

	ck_assert_ptr_eq(context, &script);
	ck_assert_ptr_nonnull(strstr(request->among, "run "));
	if (script.stop_after && script.ran == script.stop_after)
		return error_set(error, EXIT_INTERRUPTED, "enough");
	for (size_t i = strlen(folder) + 1; request->runs_dir[i]; i++)
		if (request->runs_dir[i] == '/') {
			snprintf(path, sizeof(path), "%.*s", (int)i, request->runs_dir);
			make_folder(path);
		}
	make_folder(request->runs_dir);
	snprintf(path, sizeof(path), "%s/run-%d", request->runs_dir, ++script.all);
	script.ran++;
	make_folder(path);
	snprintf(path, sizeof(path), "%s/run-%d/history.db", request->runs_dir, script.all);
	make_run(request->campaign, path);
	script.arms += request->campaign->arms;
	snprintf(script.names, sizeof(script.names), "%s", request->campaign->arm[0].name);
	return 0;
}

/* Sweeps --------------------------------------------------------------------------------------- */

static void load_plan(const char *ttl, const char *heartbeat)
{
	err = (struct error){0};
	plan = (struct sweep_plan){
		.folder = folder, .campaign = calloc(1, sizeof(*plan.campaign)), .rounds = 1};
	ck_assert_msg(campaign_load_text(text, "text", plan.campaign, &err) == 0 &&
			      grid_prepare(plan.campaign, "mine", &err) == 0 &&
			      grid_take(&plan.grid, GRID_TTL, ttl, &err) == 0 &&
			      grid_take(&plan.grid, GRID_HEARTBEAT, heartbeat, &err) == 0,
		      "%s", err.text);
}

static void begin(const char *ttl, const char *heartbeat)
{
	load_plan(ttl, heartbeat);
	ck_assert_msg(sweep_plan_begin(&plan, &err) == 0, "%s", err.text);
}

static void run_sweep(int at_once, enum exit_code code)
{
	script.ran = script.arms = 0;
	err = (struct error){0};
	sweep_run_rounds(&plan, at_once, try_it, &script, &err);
	ck_assert_msg(err.code == code, "%d: %s", err.code, err.text);
}

static void merge(void)
{
	static const struct situation situation = {.work_min_s = 0.1,
						   .work_max_s = 0.2,
						   .delay_s = 0.001,
						   .rest_s = 0.05,
						   .workers = 3,
						   .locks = 2};

	err = (struct error){0};
	ck_assert_msg(sweep_merge(&plan, &situation, &result, &err) == 0, "%s", err.text);
}

static int count(enum sweep_state state)
{
	int cells = 0;

	for (int i = 0; i < result.cells; i++)
		cells += result.cell[i].state == state;
	return cells;
}

static const struct sweep_cell *cell_of(int ttl_s, int heartbeat_ms)
{
	for (int i = 0; i < result.cells; i++)
		if (result.cell[i].lease.ttl_ns == ttl_s * NS_PER_S &&
		    result.cell[i].lease.heartbeat_ns == heartbeat_ms * NS_PER_MS)
			return &result.cell[i];
	ck_abort_msg("no cell %d s, %d ms", ttl_s, heartbeat_ms);
}

static int lines_of(const char *name)
{
	char *path = text_format("%s/%s", folder, name);
	FILE *in = fopen(path, "r");
	int lines = 0;

	ck_assert_msg(in != NULL, "%s", path);
	for (int c; (c = getc(in)) != EOF;)
		lines += c == '\n';
	fclose(in);
	free(path);
	return lines;
}

static void setup(void)
{
	char name[32];
	static int number;

	snprintf(name, sizeof(name), "sweep-%d", number++);
	folder = scratch_file(name);
	script = (struct script){.exposures = 10, .stale = 5};
}

static void teardown(void)
{
	sweep_plan_close(&plan);
}

START_TEST(each_cell_that_can_be_is_run_once_and_the_others_are_named)
{
	begin("1,2,4", "1,2");
	run_sweep(2, EXIT_AS_EXPECTED);
	ck_assert_int_eq(script.ran, 2); /* 2/1, 4/1 and 4/2 */
	ck_assert_int_eq(script.arms, 3);
	merge();
	ck_assert_int_eq(count(SWEEP_MEASURED), 3);
	ck_assert_int_eq(count(SWEEP_LEFT_OUT), 3);
	ck_assert_ptr_nonnull(strstr(cell_of(2, 2000)->reason, "less than the TTL"));
	ck_assert_ptr_nonnull(strstr(cell_of(1, 1000)->reason, "no TTL below 2 s"));
	const struct sweep_cell *cell = cell_of(4, 2000);

	ck_assert_int_eq(cell->exposures, 10);
	ck_assert_int_eq(cell->stale, 5);
	ck_assert_double_eq(cell->measured_s, 20);
	ck_assert_double_eq(cell->figure[SWEEP_STALE].value, 0.5);
	ck_assert_int_eq(cell->runs, 1);
	ck_assert_str_eq(cell->run[0].arm, "t4h2000r2");
	ck_assert_int_eq(result.sweep.seeds, 1);
	ck_assert_str_eq(result.sweep.etcd, "3.4.23");
	ck_assert_int_eq(result.sweep.situation.lease.ttl_ns, 4 * NS_PER_S);
	ck_assert_int_eq(sweep_result_write(&plan, &result, &err), 0);
	sweep_result_free(&result);
	run_sweep(2, EXIT_AS_EXPECTED);
	ck_assert_int_eq(script.ran, 0);
}
END_TEST

START_TEST(campaigns_of_a_round_are_as_like_as_can_be)
{
	begin("3,4,5,6,7", "1");
	ck_assert_int_eq(sweep_plan_rounds(&plan, 2, &err), 0);
	ck_assert_int_eq(lines_of("cells.txt"), 3);
	run_sweep(1, EXIT_AS_EXPECTED); /* as it was planned */
	ck_assert_int_eq(script.ran, 3);
	ck_assert_int_eq(script.arms, 5);
}
END_TEST

/* Of each election time-out there is a cluster, and one run has one. */
START_TEST(a_run_has_cells_of_one_election_time_out)
{
	struct campaign *campaign = calloc(1, sizeof(*campaign));
	struct sweep_unit *unit;
	int units, arms[2] = {0};

	load_plan("1,3,4,5", "1");
	ck_assert_int_eq(grid_take(&plan.grid, GRID_ELECTION, "0.5,1", &err), 0);
	ck_assert_msg(sweep_plan_begin(&plan, &err) == 0, "%s", err.text);
	run_sweep(2, EXIT_AS_EXPECTED);
	ck_assert_int_eq(script.ran, 4);
	ck_assert_int_eq(sweep_units_list(&plan, 1, &unit, &units, &err), 0);
	ck_assert_int_eq(units, 4);
	for (int i = 0; i < units; i++) {
		ck_assert_int_eq(sweep_unit_load(&plan, &unit[i], campaign, &err), 0);
		ck_assert_int_eq(campaign->cluster.election_ms, i < 2 ? 500 : 1000);
		arms[i / 2] += campaign->arms;
	}
	ck_assert_int_eq(arms[0], 3);
	ck_assert_int_eq(arms[1], 3);
	free(unit);
	free(campaign);
	merge();
	ck_assert_int_eq(result.cells, 8);
	ck_assert_int_eq(count(SWEEP_MEASURED), 6);
	for (int i = 0; i < result.cells; i++) {
		ck_assert_int_eq(result.cell[i].election_ms, i < 4 ? 500 : 1000);
		ck_assert_int_eq(result.cell[i].runs, result.cell[i].state == SWEEP_MEASURED);
	}
	ck_assert_int_eq(result.sweep.election_ms, 1000);
	ck_assert_double_eq(result.sweep.situation.election_s, 1);
	char *name = sweep_cell_name(&plan, 5);

	ck_assert_str_eq(name, "t3h1000r2, election 1000 ms");
	free(name);
	sweep_result_free(&result);
	/* The campaign's own heartbeat of etcd, 50 ms, is too long for it. */
	plan.grid.axis[GRID_ELECTION].value[0] = 249;
	ck_assert_int_eq(sweep_judge_cell(&plan, 1, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "at least 5 times"));
	plan.grid.axis[GRID_ELECTION].value[0] = 250;
	ck_assert_int_eq(sweep_judge_cell(&plan, 1, &err), 0);
}
END_TEST

START_TEST(a_plan_has_a_campaign_a_cell_and_a_command_for_each)
{
	struct campaign *campaign = calloc(1, sizeof(*campaign));
	struct sweep_unit *unit;
	int units;

	begin("3,4", "1,2");
	plan.rounds = 2;
	ck_assert_int_eq(sweep_plan_rounds(&plan, 1, &err), 0);
	ck_assert_int_eq(lines_of("cells.txt"), 8);
	ck_assert_int_eq(sweep_units_list(&plan, 2, &unit, &units, &err), 0);
	ck_assert_int_eq(units, 4);
	ck_assert_int_eq(sweep_unit_load(&plan, &unit[3], campaign, &err), 0);
	ck_assert_int_eq(campaign->arms, 1);
	ck_assert_str_eq(campaign->arm[0].name, "t4h2000r2");
	ck_assert_int_eq(campaign->arm[0].lanes, 2);
	ck_assert(campaign->seed != plan.campaign->seed && campaign->seed);
	/* A lane whose lease is long is not stuck for that. */
	ck_assert_int_ge(campaign->settle_ms, 8000 + 3000);
	/* And its faults are those of the campaign, as long as in every cell. */
	ck_assert_int_eq(campaign->blocks, 1);
	ck_assert(!campaign->block[0].length.in_ttl);
	ck_assert_double_eq(campaign->block[0].length.low, 6);
	free(unit);
	free(campaign);
	merge();
	ck_assert_int_eq(count(SWEEP_NOT_RUN), 4);
	ck_assert_ptr_nonnull(result.cell[0].reason);
	sweep_result_free(&result);
}
END_TEST

START_TEST(interrupted_it_goes_on_where_it_was)
{
	script.stop_after = 2;
	begin("3,4,5", "1");
	uint64_t seed = plan.campaign->seed;

	run_sweep(1, EXIT_INTERRUPTED);
	merge();
	ck_assert_int_eq(count(SWEEP_MEASURED), 2);
	ck_assert_int_eq(count(SWEEP_NOT_RUN), 1);
	sweep_result_free(&result);
	sweep_plan_close(&plan);
	ck_assert_int_eq(sweep_folder_load(folder, &plan, &err), 0);
	ck_assert_uint_eq(plan.campaign->seed, seed);
	script.stop_after = 0;
	run_sweep(1, EXIT_AS_EXPECTED);
	ck_assert_int_eq(script.ran, 1);
	merge();
	ck_assert_int_eq(count(SWEEP_MEASURED), 3);
	sweep_result_free(&result);
}
END_TEST

START_TEST(a_run_that_is_not_whole_or_not_its_own_is_none)
{
	begin("3", "1");
	script.unsealed = true;
	run_sweep(1, EXIT_AS_EXPECTED);
	merge();
	ck_assert_int_eq(count(SWEEP_NOT_RUN), 1);
	sweep_result_free(&result);
	script.unsealed = false;
	script.other_seed = true;
	run_sweep(1, EXIT_AS_EXPECTED);
	ck_assert_int_eq(script.ran, 1);
	merge();
	ck_assert_int_eq(count(SWEEP_NOT_RUN), 1);
	sweep_result_free(&result);
}
END_TEST

START_TEST(an_arm_with_other_settings_is_no_cell)
{
	begin("3", "1");
	script.other_settings = true;
	run_sweep(1, EXIT_AS_EXPECTED);
	merge();
	ck_assert_int_eq(count(SWEEP_BROKEN), 1);
	ck_assert_ptr_nonnull(strstr(result.cell[0].reason, "no arm with these settings"));
	sweep_result_free(&result);
}
END_TEST

START_TEST(a_broken_run_is_named_and_run_again_when_it_goes_on)
{
	begin("3", "1");
	script.broken = true;
	run_sweep(1, EXIT_AS_EXPECTED);
	merge();
	ck_assert_int_eq(count(SWEEP_BROKEN), 1);
	ck_assert_str_eq(result.cell[0].reason, "it broke");
	ck_assert(isnan(result.cell[0].figure[SWEEP_STALE].value));
	sweep_result_free(&result);
	script.broken = false;
	run_sweep(1, EXIT_AS_EXPECTED);
	ck_assert_int_eq(script.ran, 1);
	merge();
	ck_assert_int_eq(count(SWEEP_MEASURED), 1);
	ck_assert_int_eq(result.cell[0].runs, 1);
	sweep_result_free(&result);
}
END_TEST

START_TEST(rounds_go_on_for_cells_that_are_not_narrow_enough)
{
	begin("3,4", "1");
	script.exposures = 50;
	script.stale = 2; /* 2 of 5,000, and 2 of 50 and more */
	script.narrow = "t3h1000r2";
	plan.until_width = 0.07;
	plan.rounds = 10;
	run_sweep(2, EXIT_AS_EXPECTED);
	merge();
	const struct sweep_cell *narrow = cell_of(3, 1000), *wide = cell_of(4, 1000);

	ck_assert_int_eq(narrow->runs, 1);
	ck_assert_int_ge(wide->runs, 2);
	ck_assert_int_lt(wide->runs, 10);
	ck_assert_int_eq(wide->exposures, 50 * wide->runs);
	ck_assert_int_eq(wide->stale, 2 * wide->runs);
	ck_assert_int_eq(result.sweep.seeds, wide->runs);
	ck_assert_uint_ne(result.seed[0], result.seed[1]);
	ck_assert(!sweep_cell_is_wide(&plan, wide));
	ck_assert_int_eq(script.ran, wide->runs);
	ck_assert_str_eq(script.names, "t4h1000r2");
	sweep_result_free(&result);
	plan.until_width = 0.001;
	plan.rounds = result.sweep.seeds + 1;
	run_sweep(2, EXIT_AS_EXPECTED);
	ck_assert_int_eq(script.ran, 1); /* the rounds are used up */
	ck_assert_int_eq(script.arms, 2);
}
END_TEST

static void assert_other(const char *what)
{
	ck_assert_int_eq(sweep_plan_begin(&plan, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	ck_assert_msg(strstr(err.text, "holds another sweep") && strstr(err.text, what), "%s",
		      err.text);
	sweep_plan_close(&plan);
}

START_TEST(another_sweep_does_not_go_into_its_folder)
{
	begin("3,4", "1");
	uint64_t seed = plan.campaign->seed;

	sweep_plan_close(&plan);
	load_plan("3,5", "1");
	assert_other("TTL");
	load_plan("3,4", "1");
	plan.campaign->duration_ms++;
	assert_other("duration");
	load_plan("3,4", "1");
	plan.campaign->seed = seed + 1;
	assert_other("seed");
	load_plan("3,4", "1");
	ck_assert_int_eq(sweep_plan_begin(&plan, &err), 0);
	ck_assert_uint_eq(plan.campaign->seed, seed);
}
END_TEST

START_TEST(where_no_cell_can_be_nothing_is_begun)
{
	load_plan("2", "2,3");
	ck_assert_int_eq(sweep_plan_begin(&plan, &err), -1);
	ck_assert_msg(strstr(err.text, "no combination can be") != NULL, "%s", err.text);
	ck_assert(!sweep_folder_is_one(folder));
}
END_TEST

static void assert_unreadable(const char *axes, const char *why)
{
	struct sweep_plan read = {.folder = folder};

	err = (struct error){0};
	ck_assert_int_eq(sweep_read_axes(axes, "sweep.txt", &read, &err), -1);
	ck_assert_msg(strncmp(err.text, "sweep.txt: ", 11) == 0 && strstr(err.text, why), "%s: %s",
		      axes, err.text);
}

START_TEST(what_no_sweep_writes_is_refused)
{
	struct sweep_plan read = {.folder = folder};

	load_plan("3", "1");
	ck_assert_int_eq(sweep_read_axes("# so\nttl 3s\nrounds 4\nuntil-width 0.05\n", "sweep.txt",
					 &read, &err),
			 0);
	ck_assert_int_eq(read.rounds, 4);
	ck_assert_double_eq(read.until_width, 0.05);
	ck_assert_int_eq(read.grid.axis[GRID_TTL].value[0], 3);
	assert_unreadable("ttl", "is not what a sweep writes");
	assert_unreadable("tll 3s", "'tll 3s'");
	assert_unreadable("ttl x", "no length of time");
	assert_unreadable("rounds 0", "'rounds 0'");
	assert_unreadable("rounds 1001", "'rounds 1001'");
	assert_unreadable("rounds 2x", "'rounds 2x'");
	assert_unreadable("until-width 1", "'until-width 1'");
	assert_unreadable("until-width nan", "'until-width nan'");
	err = (struct error){0};
	ck_assert_int_eq(sweep_folder_load(folder, &read, &err), -1);
	ck_assert_msg(strstr(err.text, "holds no sweep") != NULL, "%s", err.text);
}
END_TEST

START_TEST(a_machine_carries_one_cell_at_least)
{
	struct arm arm = {.lanes = 64, .workers = 64};

	ck_assert_int_eq(sweep_cells_at_once(&arm), 1);
	arm = (struct arm){.lanes = 1, .workers = 1};
	ck_assert_int_ge(sweep_cells_at_once(&arm), SWEEP_WORKERS_PER_PROCESSOR);
	ck_assert_int_le(sweep_cells_at_once(&arm), ARMS_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sweep");
	TCase *tcase = tcase_create("sweep");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, each_cell_that_can_be_is_run_once_and_the_others_are_named);
	tcase_add_test(tcase, campaigns_of_a_round_are_as_like_as_can_be);
	tcase_add_test(tcase, a_run_has_cells_of_one_election_time_out);
	tcase_add_test(tcase, a_plan_has_a_campaign_a_cell_and_a_command_for_each);
	tcase_add_test(tcase, interrupted_it_goes_on_where_it_was);
	tcase_add_test(tcase, a_run_that_is_not_whole_or_not_its_own_is_none);
	tcase_add_test(tcase, an_arm_with_other_settings_is_no_cell);
	tcase_add_test(tcase, a_broken_run_is_named_and_run_again_when_it_goes_on);
	tcase_add_test(tcase, rounds_go_on_for_cells_that_are_not_narrow_enough);
	tcase_add_test(tcase, another_sweep_does_not_go_into_its_folder);
	tcase_add_test(tcase, where_no_cell_can_be_nothing_is_begun);
	tcase_add_test(tcase, what_no_sweep_writes_is_refused);
	tcase_add_test(tcase, a_machine_carries_one_cell_at_least);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
