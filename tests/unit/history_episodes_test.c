/* Failovers, gaps and occasions: stored, read back, and read with suspicion. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "history/verdicts.h"
#include "tests/support/history_maker.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static struct history history;

/* A file with one lane and one fault, 1, that begins at 10 ms. */
static void open_history(const char *name)
{
	const char *path = scratch_file(name);
	struct maker *maker = maker_open(path);
	struct error err = {0};

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	maker_fault(maker, .lane = -1, .began_ms = 10, .ended_ms = 20, .bitten = true);
	maker_close(maker, true);
	ck_assert_msg(history_open(path, &history, &err) == 0, "%s", err.text);
}

static void store(void)
{
	struct failover_row failover[] = {
		{0, 0, history.fault, 5, 12000000, FAILOVER_TAKEN, LED_ANEW},
		{0, 0, history.fault, 6, NEVER_NS, FAILOVER_UNWANTED, LED_ON},
		{0, 0, history.fault, 7, NEVER_NS, FAILOVER_CUT_OFF, LED_UNKNOWN}};
	struct gap gap[] = {{0, 0, 3, 4}, {0, 0, 5, 7}};
	struct judgement judgement = {.subject = "none",
				      .by_occasion = {3, 2, 0.1, 0.9, 0.2, (double)NAN}};
	struct verdicts verdicts = {.judgements = 1,
				    .judgement = &judgement,
				    .failovers = 3,
				    .failover = failover,
				    .gaps = 2,
				    .gap = gap};
	struct error err = {0};

	judgement_measure_nothing(&judgement);
	ck_assert_msg(verdicts_store(&history, &verdicts, &err) == 0, "%s", err.text);
}

static void execute(const char *sql)
{
	ck_assert_int_eq(sqlite3_exec(history.db, sql, NULL, NULL, NULL), SQLITE_OK);
}

START_TEST(episodes_come_back_as_they_were_stored)
{
	struct verdicts loaded;
	struct error err = {0};

	open_history("episodes.db");
	store();
	store(); /* replaces */
	ck_assert_msg(verdicts_load(&history, &loaded, &err) == 0, "%s", err.text);
	ck_assert_int_eq(loaded.failovers, 3);
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_eq(loaded.failover[i].fault, history.fault);
		ck_assert_int_eq(loaded.failover[i].attempt, 5 + i);
		ck_assert_int_eq(loaded.failover[i].to_ns, i ? NEVER_NS : 12000000);
		ck_assert_int_eq(loaded.failover[i].end, (enum failover_end)i);
	}
	ck_assert_int_eq(loaded.failover[0].led, LED_ANEW);
	ck_assert_int_eq(loaded.failover[1].led, LED_ON);
	ck_assert_int_eq(loaded.failover[2].led, LED_UNKNOWN);
	ck_assert_int_eq(loaded.gaps, 2);
	ck_assert_int_eq(loaded.gap[1].from_ns, 5);
	ck_assert_int_eq(loaded.gap[1].to_ns, 7);
	const struct by_occasion *by = &loaded.judgement[0].by_occasion;

	ck_assert_int_eq(by->occasions, 3);
	ck_assert_int_eq(by->harmed, 2);
	ck_assert_double_eq(by->harmed_low, 0.1);
	ck_assert_double_eq(by->harmed_high, 0.9);
	ck_assert_double_eq(by->rate_low, 0.2);
	ck_assert(isnan(by->rate_high));
	verdicts_free(&loaded);
	history_close(&history);
}
END_TEST

START_TEST(file_from_before_there_were_episodes_has_none)
{
	static const char *const tables[] = {"failover", "gap", "occasion"};
	struct verdicts loaded;
	struct error err = {0};

	for (int i = 0; i < 3; i++) {
		char sql[32];

		open_history("before.db");
		store();
		snprintf(sql, sizeof(sql), "DROP TABLE %s", tables[i]);
		execute(sql);
		ck_assert_msg(verdicts_load(&history, &loaded, &err) == 0, "%s", err.text);
		ck_assert_int_eq(loaded.failovers, i == 0 ? 0 : 3);
		ck_assert_int_eq(loaded.gaps, i == 1 ? 0 : 2);
		ck_assert_int_eq(loaded.judgement[0].by_occasion.occasions, i == 2 ? 0 : 3);
		verdicts_free(&loaded);
		store(); /* makes it */
		history_close(&history);
		remove(scratch_file("before.db"));
	}
}
END_TEST

START_TEST(episodes_that_contradict_themselves_are_refused)
{
	static const char *const lies[][2] = {
		{"UPDATE failover SET fault = 2", "without its fault"},
		{"UPDATE failover SET to_ns = NULL", "ends before its fault begins"},
		{"UPDATE failover SET to_ns = 50000000", "ends before its fault begins"},
		{"UPDATE failover SET to_ns = 9999999", "ends before its fault begins"},
		{"UPDATE failover SET ended = 'soon'", "an unknown word"},
		{"UPDATE failover SET led_anew = 2", "column led_anew"},
		{"UPDATE failover SET arm = 1", "column arm"},
		{"UPDATE failover SET lane = 1", "column lane"},
		{"UPDATE gap SET lane = -1", "column lane"},
		{"UPDATE gap SET arm = 'x'", "column arm"},
		{"UPDATE gap SET to_ns = 2", "column to_ns"},
		{"UPDATE occasion SET harmed = 4", "column harmed"},
		{"UPDATE occasion SET rate_low = 'x'", "column rate_low"},
	};

	for (size_t i = 0; i < sizeof(lies) / sizeof(*lies); i++) {
		struct verdicts loaded;
		struct error err = {0};

		open_history("lies.db");
		store();
		execute(lies[i][0]);
		ck_assert_msg(verdicts_load(&history, &loaded, &err) == -1, "%s", lies[i][0]);
		ck_assert_msg(strstr(err.text, lies[i][1]), "%s: %s", lies[i][0], err.text);
		history_close(&history);
		remove(scratch_file("lies.db"));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("history: episodes");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, episodes_come_back_as_they_were_stored);
	tcase_add_test(tests, file_from_before_there_were_episodes_has_none);
	tcase_add_test(tests, episodes_that_contradict_themselves_are_refused);
	return suite_run(suite);
}
