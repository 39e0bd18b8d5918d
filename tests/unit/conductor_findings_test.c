/* From a history to verdicts, reports and an exit code; and where a run puts them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "judging/findings.h"
#include "conductor/run.h"
#include "history/database.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/support/told.h"

/* Two arms without a word of what happened in them. */
static const char *make_history(const char *name, int64_t min_exposures)
{
	const char *path = scratch_file(name);
	struct maker *maker = maker_open(path);

	maker_lane(maker, maker_arm(maker, .guard = "none", .expect = "unsafe"));
	maker_lane(maker, maker_arm(maker, .guard = "token", .expect = "safe"));
	for (int lane = 0; lane < 2; lane++)
		maker_op(maker, .lane = lane, .worker = 0, .attempt = 1, .f = F_ACQUIRE,
			 .outcome = OUTCOME_FAIL, .invoked_ms = 10, .returned_ms = 20);
	if (min_exposures)
		maker_set_int(maker, "min_exposures", min_exposures);
	maker_count_rows(maker);
	maker_close(maker, true);
	return path;
}

static void open_findings(struct findings *findings, const char *path)
{
	struct error err = {0};

	ck_assert_msg(findings_open(path, findings, &err) == 0, "%s", err.text);
}

START_TEST(exposures_needed_are_the_campaigns_or_thirty)
{
	static const struct {
		int64_t told;
		const char *needed;
	} cases[] = {{7, "; 7 are needed"}, {0, "; 30 are needed"}, {-3, "; 30 are needed"}};

	for (size_t i = 0; i < 3; i++) {
		struct findings findings;
		char name[32];

		snprintf(name, sizeof(name), "needed-%zu.db", i);
		open_findings(&findings, make_history(name, cases[i].told));
		ck_assert_int_eq(findings.verdicts.judgements, 3);
		ck_assert_msg(strstr(findings.verdicts.judgement[0].why, cases[i].needed) != NULL,
			      "%s", findings.verdicts.judgement[0].why);
		findings_close(&findings);
	}
}
END_TEST

static void execute(const char *path, const char *sql)
{
	struct error err = {0};
	sqlite3 *db = NULL;

	ck_assert_int_eq(database_open(path, DATABASE_WRITE, &db, &err), 0);
	ck_assert_msg(database_exec(db, sql, &err) == 0, "%s", err.text);
	sqlite3_close(db);
}

static enum verdict first_verdict(int (*open)(const char *, struct findings *, struct error *),
				  const char *path)
{
	struct findings findings;
	struct error err = {0};

	ck_assert_msg(open(path, &findings, &err) == 0, "%s", err.text);
	enum verdict verdict = findings.verdicts.judgement[0].verdict;

	ck_assert_int_eq(findings.verdicts.judgements, 3);
	findings_close(&findings);
	return verdict;
}

START_TEST(what_was_judged_once_is_stored_and_judged_anew_only_when_asked_to)
{
	const char *path = make_history("judged.db", 0);

	ck_assert_int_eq(first_verdict(findings_reopen, path), VERDICT_INCONCLUSIVE);
	execute(path, "UPDATE verdict SET verdict = 'UNSAFE'");
	ck_assert_int_eq(first_verdict(findings_reopen, path), VERDICT_UNSAFE);
	ck_assert_int_eq(first_verdict(findings_open, path), VERDICT_INCONCLUSIVE);
	ck_assert_int_eq(first_verdict(findings_reopen, path), VERDICT_INCONCLUSIVE);
}
END_TEST

START_TEST(what_is_no_history_is_an_error)
{
	const char *broken = make_history("broken.db", 0);
	struct findings findings;
	struct error err = {0};

	ck_assert_int_eq(findings_open("/nowhere.db", &findings, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nowhere.db"));
	err = (struct error){0};
	ck_assert_int_eq(findings_reopen("/nowhere.db", &findings, &err), -1);
	/* One whose rows cannot be judged, or whose verdicts cannot be read. */
	execute(broken, "UPDATE op SET f = 99");
	err = (struct error){0};
	ck_assert_int_eq(findings_open(broken, &findings, &err), -1);
	err = (struct error){0};
	ck_assert_int_eq(findings_reopen(broken, &findings, &err), -1);
	execute(broken, "INSERT INTO verdict (subject, verdict, why, exposures, events) VALUES "
			"('service', 'NONSENSE', '', 0, 0)");
	err = (struct error){0};
	ck_assert_int_eq(findings_reopen(broken, &findings, &err), -1);
	ck_assert_msg(*err.text != '\0', "no text");
}
END_TEST

START_TEST(verdicts_that_cannot_be_stored_are_an_error)
{
	const char *path = make_history("stored.db", 0);
	struct findings findings;
	struct error err = {0};

	execute(path,
		"CREATE UNIQUE INDEX no ON verdict (verdict)"); /* of which two are the same */
	ck_assert_int_eq(findings_open(path, &findings, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "UNIQUE"));
}
END_TEST

/* Codes --------------------------------------------------------------------------------------- */

START_TEST(gravest_of_all_subjects_is_the_exit_code)
{
	enum { S = VERDICT_SAFE, U = VERDICT_UNSAFE, I = VERDICT_INCONCLUSIVE, B = VERDICT_BROKEN };
	/* Of none, which is expected to be unsafe, token, expected to be safe, and the service, of
	 * which nobody expects anything. */
	static const struct {
		int verdict[3];
		enum exit_code code;
	} cases[] = {
		{{U, S, S}, EXIT_AS_EXPECTED},  {{U, S, U}, EXIT_AS_EXPECTED},
		{{S, S, S}, EXIT_VIOLATION},    {{U, U, S}, EXIT_VIOLATION},
		{{U, I, S}, EXIT_INCONCLUSIVE}, {{I, S, S}, EXIT_INCONCLUSIVE},
		{{I, U, S}, EXIT_VIOLATION},    {{S, I, S}, EXIT_VIOLATION},
		{{U, S, B}, EXIT_OUR_FAULT},    {{B, U, I}, EXIT_OUR_FAULT},
		{{S, I, B}, EXIT_OUR_FAULT},    {{U, S, I}, EXIT_AS_EXPECTED},
	};
	struct findings findings;

	open_findings(&findings, make_history("codes.db", 0));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (int k = 0; k < 3; k++)
			findings.verdicts.judgement[k].verdict = (enum verdict)cases[i].verdict[k];
		ck_assert_msg(findings_exit_code(&findings) == cases[i].code, "case %zu: %d", i,
			      (int)findings_exit_code(&findings));
	}
	findings_close(&findings);
	execute(scratch_file("codes.db"),
		"INSERT OR REPLACE INTO run VALUES ('service_expect', 'safe')");
	open_findings(&findings, scratch_file("codes.db"));
	findings.verdicts.judgement[0].verdict = VERDICT_UNSAFE;
	findings.verdicts.judgement[1].verdict = VERDICT_SAFE;
	findings.verdicts.judgement[2].verdict = VERDICT_UNSAFE;
	ck_assert_int_eq(findings_exit_code(&findings), EXIT_VIOLATION);
	findings.verdicts.judgements = 0;
	ck_assert_int_eq(findings_exit_code(&findings), EXIT_AS_EXPECTED);
	findings_close(&findings);
}
END_TEST

/* Reports ------------------------------------------------------------------------------------- */

START_TEST(reports_lie_beside_the_history_or_it_is_an_error)
{
	const char *dir = scratch_file("run");
	char json[300], html[300];
	struct findings findings;
	struct error err = {0};

	open_findings(&findings, make_history("reports.db", 0));
	ck_assert_int_eq(findings_write_reports(&findings, dir, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "result.json"));
	snprintf(json, sizeof(json), "%s/result.json", dir);
	snprintf(html, sizeof(html), "%s/report.html", dir);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	/* Where the page is to be, there is a folder. */
	ck_assert_int_eq(mkdir(html, 0700), 0);
	err = (struct error){0};
	ck_assert_int_eq(findings_write_reports(&findings, dir, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "report.html"));
	ck_assert_int_eq(rmdir(html), 0);
	err = (struct error){0};
	ck_assert_msg(findings_write_reports(&findings, dir, &err) == 0, "%s", err.text);
	ck_assert(strstr(told_in(json), "\"arms\"") != NULL);
	ck_assert(strstr(told_in(html), "INCONCLUSIVE") != NULL);
	findings_close(&findings);
}
END_TEST

/* Where a run lies ---------------------------------------------------------------------------- */

static const char somebodys[] = "seed = 5\narm a { }\n"
				"cluster { endpoints = {'http://127.0.0.1:1'} }\n";

static enum exit_code run_text(const char *text, const char *runs_dir, char *run_dir,
			       struct error *err)
{
	static struct campaign campaign;
	const struct run_request request = {
		.campaign = &campaign, .runs_dir = runs_dir, .command = "run", .quiet = true};

	*err = (struct error){0};
	ck_assert_int_eq(campaign_load_text(text, "test", &campaign, err), 0);
	return run_campaign_into(&request, run_dir, err);
}

/* A run at somebody's cluster, where nobody answers: what comes before it is the same. */
static enum exit_code run_into(const char *runs_dir, char *run_dir, struct error *err)
{
	return run_text(somebodys, runs_dir, run_dir, err);
}

/* What it says on standard output, which goes to that file meanwhile. */
static int print_json_into(struct findings *findings, const char *path, struct error *err)
{
	int kept = dup(STDOUT_FILENO);

	fflush(stdout);
	ck_assert_ptr_nonnull(freopen(path, "w", stdout));
	int failed = findings_print_json(findings, err);

	fflush(stdout);
	ck_assert_int_ge(dup2(kept, STDOUT_FILENO), 0);
	close(kept);
	return failed;
}

START_TEST(result_is_printed_whole_or_it_is_an_error)
{
	const char *path = scratch_file("printed.json");
	struct findings findings;
	struct error err = {0};

	open_findings(&findings, make_history("printed.db", 0));
	ck_assert_msg(print_json_into(&findings, path, &err) == 0, "%s", err.text);
	ck_assert_ptr_nonnull(strstr(told_in(path), "\"verdict\""));
	ck_assert_int_eq(print_json_into(&findings, "/dev/full", &err), -1);
	ck_assert_int_eq(err.code, EXIT_MACHINE_LACKS);
	findings_close(&findings);
}
END_TEST

START_TEST(a_place_where_no_run_can_lie_is_told)
{
	const char *file = scratch_file("file");
	char below[300], long_dir[300], run_dir[RUN_DIR_SIZE] = "";
	struct error err;

	fclose(fopen(file, "w"));
	snprintf(below, sizeof(below), "%s/runs", file);
	ck_assert_int_eq(run_into(below, run_dir, &err), EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot make the directory"));
	ck_assert_int_eq(run_into(file, run_dir, &err), EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot make the run's directory"));
	/* By the first name, and no other is tried. */
	ck_assert_ptr_nonnull(strstr(err.text, "-5: Not a directory"));
	snprintf(below, sizeof(below), "%s/runs/deeper", file);
	ck_assert_int_eq(run_into(below, run_dir, &err), EXIT_BAD_USAGE);
	/* As long as it can be, and longer. */
	memset(long_dir, 'x', sizeof(long_dir));
	memcpy(long_dir, scratch_file("x"), strlen(scratch_file("x")));
	long_dir[RUN_DIR_SIZE - 1] = '\0';
	ck_assert_int_eq(run_into(long_dir, run_dir, &err), EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "is too long"));
}
END_TEST

/* Each of these would be the next error. */
START_TEST(etcd_is_needed_for_a_cluster_of_ones_own_and_for_that_only)
{
	const char *file = scratch_file("no-folder");
	char run_dir[RUN_DIR_SIZE] = "";
	struct error err;

	fclose(fopen(file, "w"));
	setenv("PATH", "/nowhere", 1);
	ck_assert_int_eq(run_text(somebodys, file, run_dir, &err), EXIT_BAD_USAGE);
	ck_assert_ptr_nonnull(strstr(err.text, "cannot make the run's directory"));
	ck_assert_int_eq(run_text("seed = 5\narm a { }\n", file, run_dir, &err),
			 EXIT_MACHINE_LACKS);
	ck_assert_ptr_nonnull(strstr(err.text, "there is no etcd 'etcd'"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("conductor: findings");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, exposures_needed_are_the_campaigns_or_thirty);
	tcase_add_test(tests, what_was_judged_once_is_stored_and_judged_anew_only_when_asked_to);
	tcase_add_test(tests, what_is_no_history_is_an_error);
	tcase_add_test(tests, verdicts_that_cannot_be_stored_are_an_error);
	tcase_add_test(tests, gravest_of_all_subjects_is_the_exit_code);
	tcase_add_test(tests, reports_lie_beside_the_history_or_it_is_an_error);
	tcase_add_test(tests, result_is_printed_whole_or_it_is_an_error);
	tcase_add_test(tests, a_place_where_no_run_can_lie_is_told);
	tcase_add_test(tests, etcd_is_needed_for_a_cluster_of_ones_own_and_for_that_only);
	return suite_run(suite);
}
