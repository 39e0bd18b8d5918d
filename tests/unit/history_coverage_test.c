/* The schedule as the reader gives it, and the table of what came of it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/reader.h"
#include "history/verdicts.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static void open_history(const char *path, struct history *history)
{
	struct error err = {0};

	ck_assert_msg(history_open(path, history, &err) == 0, "%s", err.text);
}

START_TEST(reader_finds_each_faults_moment_in_the_schedule)
{
	static const char *const moments[] = {"now", "between", "waited"};
	const char *path = scratch_file("moments.db");
	struct maker *maker = maker_open(path);
	struct history history;

	for (int i = 0; i < 3; i++)
		maker_occasion(maker, "cut", moments[i]);
	for (int i = 0; i < 4; i++) /* 3, 2, 1, none */
		maker_fault(maker, .lane = -1, .began_ms = 10 + i, .schedule = 3 - i);
	maker_close(maker, true);
	open_history(path, &history);
	ck_assert_int_eq(history.schedules, 3);
	for (int i = 0; i < 3; i++)
		ck_assert_str_eq(history.fault[i].when, moments[2 - i]);
	ck_assert_ptr_null(history.fault[3].when);
	history_close(&history);
}
END_TEST

static void store_cells(struct history *history)
{
	struct coverage_cell cell[2] = {{"late", "after-renewal", 2, 0, 0, 0, 0},
					{"pause", "contended", 3, 6, 5, 4, 17}};
	struct verdicts verdicts = {.cells = 2, .cell = cell};
	struct error err = {0};

	ck_assert_msg(verdicts_store(history, &verdicts, &err) == 0, "%s", err.text);
}

START_TEST(cells_come_back_as_they_were_stored)
{
	const char *path = scratch_file("cells.db");
	struct history history;
	struct verdicts loaded;
	struct error err = {0};

	maker_close(maker_open(path), true);
	open_history(path, &history);
	store_cells(&history);
	store_cells(&history); /* replaces */
	history_close(&history);
	open_history(path, &history);
	ck_assert_msg(verdicts_load(&history, &loaded, &err) == 0, "%s", err.text);
	ck_assert_int_eq(loaded.cells, 2);
	ck_assert_str_eq(loaded.cell[0].kind, "late");
	ck_assert_str_eq(loaded.cell[0].moment, "after-renewal");
	ck_assert_int_eq(loaded.cell[0].planned, 2);
	ck_assert_int_eq(loaded.cell[0].injected, 0);
	ck_assert_str_eq(loaded.cell[1].kind, "pause");
	ck_assert_int_eq(loaded.cell[1].planned, 3);
	ck_assert_int_eq(loaded.cell[1].injected, 6);
	ck_assert_int_eq(loaded.cell[1].bitten, 5);
	ck_assert_int_eq(loaded.cell[1].exposures, 4);
	ck_assert_int_eq(loaded.cell[1].violations, 17);
	verdicts_free(&loaded);
	history_close(&history);
}
END_TEST

static struct judgement judgement_of(const char *subject)
{
	struct judgement judgement = {.arm = -1};

	snprintf(judgement.subject, sizeof(judgement.subject), "%s", subject);
	judgement_measure_nothing(&judgement);
	return judgement;
}

/* One row of it stands twice: the file refuses the second. */
START_TEST(what_cannot_all_be_stored_changes_nothing)
{
	const char *path = scratch_file("twice.db");
	struct coverage_cell cell[2] = {{"pause", "contended", 1, 1, 1, 1, 1},
					{"pause", "contended", 2, 2, 2, 2, 2}};
	struct violation violation[2] = {{.id = 1, .arm = -1, .lane = -1},
					 {.id = 1, .arm = -1, .lane = -1}};
	struct judgement judgement[2] = {judgement_of("service"), judgement_of("service")};
	const struct verdicts bad[] = {{.cells = 2, .cell = cell},
				       {.violations = 2, .violation = violation},
				       {.judgements = 2, .judgement = judgement}};
	struct history history;
	struct verdicts loaded;
	struct error err = {0};

	maker_close(maker_open(path), true);
	open_history(path, &history);
	store_cells(&history);
	for (int i = 0; i < 3; i++) {
		struct error why = {0};

		ck_assert_int_eq(verdicts_store(&history, &bad[i], &why), -1);
		ck_assert_msg(strstr(why.text, "UNIQUE") != NULL, "%s", why.text);
	}
	ck_assert_msg(verdicts_load(&history, &loaded, &err) == 0, "%s", err.text);
	ck_assert_int_eq(loaded.cells, 2);
	ck_assert_str_eq(loaded.cell[0].kind, "late");
	ck_assert_int_eq(loaded.violations + loaded.judgements, 0);
	verdicts_free(&loaded);
	history_close(&history);
}
END_TEST

START_TEST(cells_of_a_file_from_before_the_table_coverage_are_read_and_replaced)
{
	const char *path = scratch_file("old.db");
	struct history history;
	struct verdicts loaded;
	struct error err = {0};

	maker_close(maker_open(path), true);
	open_history(path, &history);
	store_cells(&history);
	ck_assert_int_eq(sqlite3_exec(history.db, "DROP TABLE coverage", NULL, NULL, NULL),
			 SQLITE_OK);
	ck_assert_msg(verdicts_load(&history, &loaded, &err) == 0, "%s", err.text);
	ck_assert_int_eq(loaded.cells, 0);
	verdicts_free(&loaded);
	store_cells(&history);
	ck_assert_msg(verdicts_load(&history, &loaded, &err) == 0, "%s", err.text);
	ck_assert_int_eq(loaded.cells, 2);
	verdicts_free(&loaded);
	ck_assert_int_eq(sqlite3_exec(history.db, "UPDATE coverage SET bitten = injected + 1", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	ck_assert_int_eq(verdicts_load(&history, &loaded, &err), -1);
	ck_assert_msg(strstr(err.text, "table coverage, row number 1, column bitten") != NULL, "%s",
		      err.text);
	history_close(&history);
}
END_TEST

START_TEST(cell_that_never_happened_says_what_is_missing)
{
	const struct coverage_cell never = {.planned = 1}, unproved = {.planned = 1, .injected = 1};
	const struct coverage_cell done = {.planned = 1, .injected = 2, .bitten = 1};
	const struct coverage_cell unplanned = {.injected = 1};

	ck_assert_str_eq(never_word(coverage_never(&never)), "injected");
	ck_assert_str_eq(never_word(coverage_never(&unproved)), "bitten");
	ck_assert_str_eq(never_word(coverage_never(&unplanned)), "bitten");
	ck_assert_int_eq(coverage_never(&done), NEVER_NOTHING);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: schedule and coverage");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, reader_finds_each_faults_moment_in_the_schedule);
	tcase_add_test(tests, cells_come_back_as_they_were_stored);
	tcase_add_test(tests, what_cannot_all_be_stored_changes_nothing);
	tcase_add_test(tests, cells_of_a_file_from_before_the_table_coverage_are_read_and_replaced);
	tcase_add_test(tests, cell_that_never_happened_says_what_is_missing);
	return suite_run(suite);
}
