/* The summary fits a screen, and result.json says what the history says. */
#include <cjson/cJSON.h>
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history/database.h"
#include "reports/run_outcome.h"
#include "reports/report.h"
#include "tests/support/history_maker.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/unit/reports_rig.h"

enum { LINES = 24, COLUMNS = 80, ARMS = 40 };

static char *summary_of(const struct history *history, const struct verdicts *verdicts, bool color)
{
	return summarized(history, verdicts,
			  &(struct summary_style){color, COLUMNS, EXIT_AS_EXPECTED});
}

/* Counts characters, not bytes. Returns the lines. */
static int assert_width(const char *text, int most)
{
	int lines = 0, columns = 0;

	for (const char *at = text; *at; at++) {
		columns = *at == '\n' ? 0 : columns + ((*at & 0xC0) != 0x80);
		lines += *at == '\n';
		ck_assert_msg(columns <= most, "line %d is too long:\n%s", lines + 1, text);
	}
	return lines;
}

static void assert_fits(const char *text)
{
	int lines = assert_width(text, COLUMNS);

	ck_assert_msg(lines <= LINES, "%d lines:\n%s", lines, text);
}

/* Each figure of `text`, with its point, is a figure of `whole`. */
static void assert_figures(const char *text, const char *whole)
{
	static const char digits[] = "0123456789.";

	for (const char *at = text; *(at += strcspn(at, digits)); at += strspn(at, digits)) {
		size_t length = strspn(at, digits);
		bool found = false;

		for (const char *in = whole; !found && *(in += strcspn(in, digits));
		     in += strspn(in, digits))
			found = strspn(in, digits) == length && strncmp(in, at, length) == 0;
		ck_assert_msg(found || strspn(at, ".") == length, "'%.*s' is no figure of it:\n%s",
			      (int)length, at, text);
	}
}

START_TEST(summary_says_verdicts_rates_and_violations_in_words)
{
	struct history history;
	struct verdicts verdicts;

	open_sample("sample.db", &history, &verdicts);
	char *text = summary_of(&history, &verdicts, false);

	assert_fits(text);
	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_ptr_nonnull(strstr(text, "UNSAFE"));
	ck_assert_ptr_nonnull(strstr(text, "stale-write 10"));
	ck_assert_ptr_nonnull(strstr(text, "10 of 10 exposures, 89 % (52 to 99.7 %)"));
	ck_assert_ptr_nonnull(strstr(text, "0 of 8 tests of its guard, 0 % (0 to 31 %)"));
	ck_assert_ptr_nonnull(strstr(text, "stopped in time 2 by 0.996 s or more\n"));
	ck_assert_ptr_nonnull(strstr(text, "INCONCLUSIVE"));
	ck_assert_ptr_nonnull(strstr(text, "exclusion: client level failed in 1, "
					   "service level held in 1 of 2 arms\n"));
	ck_assert_ptr_nonnull(strstr(text, "faults: 18 injected, 18 proved to have bitten"));
	free(text);
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

/* The sample's verdicts are made by hand. */
START_TEST(summary_and_result_tell_how_the_locks_served)
{
	struct history history;
	struct verdicts verdicts;

	open_sample("served.db", &history, &verdicts);
	int64_t *measure = verdicts.judgement[1].measure;

	measure[MEASURE_WAIT_MEDIAN] = 120000000;
	measure[MEASURE_WAIT_P99] = 3100000000;
	measure[MEASURE_TIMEOUTS] = 3;
	measure[MEASURE_UNTAKEN] = 3264000000;
	measure[MEASURE_UNTAKEN_LANE] = 3;
	measure[MEASURE_SPURIOUS_LOSSES] = 2;
	measure[MEASURE_LATE_ACQUIRES] = 1;
	char *text = summary_of(&history, &verdicts, false);
	cJSON *root = result_of(&history, &verdicts);
	const cJSON *arm = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "arms"), 1);
	const cJSON *measures = cJSON_GetObjectItem(arm, "measures");

	assert_fits(text);
	ck_assert_ptr_nonnull(strstr(text, "\n nobody got token/1 for 3.26 s; acquire median "
					   "0.12 s, p99 3.1 s, 3 timeouts\n"));
	ck_assert_ptr_nonnull(strstr(text, "spurious losses 2"));
	ck_assert_double_eq(cJSON_GetObjectItem(measures, "untaken-ns")->valuedouble, 3.264e9);
	ck_assert_int_eq(cJSON_GetObjectItem(measures, "spurious-losses")->valueint, 2);
	ck_assert_int_eq(cJSON_GetObjectItem(measures, "late-acquires")->valueint, 1);
	ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(arm, "as_expected")));
	cJSON_Delete(root);
	free(text);
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

START_TEST(summary_is_coloured_only_when_asked_and_says_the_same)
{
	struct history history;
	struct verdicts verdicts;

	open_sample("colour.db", &history, &verdicts);
	char *plain = summary_of(&history, &verdicts, false);
	char *colored = summary_of(&history, &verdicts, true), *to = colored;

	ck_assert_ptr_nonnull(strchr(colored, '\033'));
	for (const char *from = colored; *from;) { /* drops ESC ... m */
		if (*from == '\033')
			from = strchr(from, 'm') + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
	ck_assert_str_eq(colored, plain);
	free(plain);
	free(colored);
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

START_TEST(summary_cuts_no_figure_at_any_width)
{
	struct history history;
	struct verdicts verdicts;

	open_sample("widths.db", &history, &verdicts);
	verdicts.judgement[1].measure[MEASURE_UNTAKEN] = 3264000000;
	verdicts.judgement[1].measure[MEASURE_WAIT_MEDIAN] = 120000000;
	verdicts.judgement[1].measure[MEASURE_WAIT_P99] = 3100000000;
	char *at_most = summary_of(&history, &verdicts, false), *whole;

	ck_assert_int_gt(asprintf(&whole, "%s %s", at_most, verdicts.violation[0].summary), 0);
	for (int columns = 20; columns <= 200; columns++) {
		char *text = summarized(&history, &verdicts,
					&(struct summary_style){.columns = columns});

		assert_width(text, columns);
		assert_figures(text, whole);
		ck_assert_msg(strstr(text, "UNSAFE") && strstr(text, "exit"), "%s", text);
		free(text);
	}
	free(at_most);
	free(whole);
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

/* The last line of the summary that ends with this code; the caller frees. */
static char *last_line(const struct history *history, const struct verdicts *verdicts,
		       enum exit_code code)
{
	char *text =
		summarized(history, verdicts, &(struct summary_style){.columns = 80, .code = code});

	text[strlen(text) - 1] = '\0';
	char *line = strdup(strrchr(text, '\n') + 1);

	free(text);
	return line;
}

static void assert_last(const struct history *history, const struct verdicts *verdicts,
			enum exit_code code, const char *expected)
{
	char *line = last_line(history, verdicts, code);

	ck_assert_str_eq(line, expected);
	free(line);
}

START_TEST(summary_ends_with_what_the_exit_code_means)
{
	struct history history;
	struct verdicts verdicts;

	open_sample("codes.db", &history, &verdicts);
	struct judgement *none = &verdicts.judgement[0], *token = &verdicts.judgement[1];

	history.arm[0].expect = "unsafe";
	history.arm[1].expect = "safe";
	none->verdict = VERDICT_UNSAFE;
	token->verdict = VERDICT_SAFE;
	ck_assert_int_eq(outcome_exit_code(&history, &verdicts), 0);
	assert_last(&history, &verdicts, EXIT_AS_EXPECTED,
		    " as this campaign expects (none: unsafe, token: safe): exit 0");
	assert_last(&history, &verdicts, EXIT_INTERRUPTED,
		    " interrupted, whatever was expected: exit 130");
	token->verdict = VERDICT_UNSAFE;
	ck_assert_int_eq(outcome_exit_code(&history, &verdicts), 1);
	assert_last(&history, &verdicts, EXIT_VIOLATION,
		    " NOT as this campaign expects (token: UNSAFE, not safe): exit 1");
	token->verdict = VERDICT_INCONCLUSIVE;
	assert_last(&history, &verdicts, EXIT_INCONCLUSIVE, " not safe): exit 2");
	token->verdict = VERDICT_SAFE;
	token->measure[MEASURE_LATE_ACQUIRES] = 1;
	assert_last(&history, &verdicts, EXIT_VIOLATION, " acquire-within): exit 1");
	none->verdict = VERDICT_BROKEN;
	ck_assert_int_eq(outcome_exit_code(&history, &verdicts), 70);
	assert_last(&history, &verdicts, EXIT_OUR_FAULT,
		    " the run itself failed, whatever was expected: exit 70");
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

START_TEST(summary_begins_with_what_must_be_known_of_the_whole)
{
	struct history history;
	struct verdicts verdicts;
	struct text_row interrupted[] = {{"interrupted", "1"}};
	struct note_row broken[] = {{.text = "a note"}, {.breaks = true, .text = "the store died"}};

	open_sample("state.db", &history, &verdicts);
	char *text = summary_of(&history, &verdicts, false);
	struct history other = history;

	ck_assert_int_eq(strncmp(text, " none ", 6), 0);
	free(text);
	other.text = interrupted;
	other.texts = 1;
	text = summary_of(&other, &verdicts, false);
	ck_assert_int_eq(strncmp(text, " INTERRUPTED: what", 18), 0);
	free(text);
	other.note = broken;
	other.notes = 2;
	text = summary_of(&other, &verdicts, false);
	ck_assert_int_eq(strncmp(text, " BROKEN: the store died\n INTERRUPTED: ", 38), 0);
	free(text);
	other = history;
	other.sealed = false;
	text = summary_of(&other, &verdicts, false);
	ck_assert_int_eq(strncmp(text, " NOT SEALED: ", 13), 0);
	free(text);
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

/* Many arms, all names as long and as wide as they come, every violation in millions. */
static void make_crowd(const char *path, struct verdicts *verdicts)
{
	struct maker *maker = maker_open(path);
	static struct judgement judged[ARMS + 1];
	static struct violation violation = {.name = VIOLATION_TOKEN_REGRESSION, .definite = true};

	for (int i = 0; i < ARMS; i++) {
		char name[256];

		snprintf(name, sizeof(name),
			 "鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵\n\033[2J an arm with a name that does "
			 "not end before the line does %d",
			 i);
		maker_arm(maker, .name = name, .guard = "none");
	}
	maker_note(maker, 1, NOTE_BREAKS, "recorder",
		   "8231 events were lost because a ring was full: the machine was too slow for "
		   "this load; fewer workers or a longer rest would do");
	maker_close(maker, true);
	for (int i = 0; i <= ARMS; i++) {
		judged[i] = (struct judgement){.arm = i < ARMS ? i : -1,
					       .verdict = (enum verdict)(i % 4),
					       .exposures = 123456789,
					       .events = 12345678,
					       .rate = 0.123456,
					       .rate_low = 0.111111,
					       .rate_high = 0.133333};
		memset(judged[i].why, 'w', sizeof(judged[i].why) - 1);
		for (int measure = 0; measure < MEASURES_COUNT; measure++)
			judged[i].measure[measure] = INT64_MAX;
		for (int name = 0; name < VIOLATION_NAMES_COUNT; name++)
			judged[i].definite[name] = judged[i].possible[name] = 7654321;
	}
	memset(violation.summary, 's', sizeof(violation.summary) - 1);
	memset(violation.summary + 100, '\xff', 40);
	*verdicts = (struct verdicts){.judgements = ARMS + 1,
				      .judgement = judged,
				      .violations = 1,
				      .violation = &violation};
}

START_TEST(summary_of_many_arms_with_long_names_has_a_line_for_each)
{
	struct history history;
	struct verdicts verdicts;
	struct error err = {0};

	make_crowd(scratch_file("crowd.db"), &verdicts);
	ck_assert_msg(history_open(scratch_file("crowd.db"), &history, &err) == 0, "%s", err.text);
	char *text = summary_of(&history, &verdicts, false);

	assert_width(text, COLUMNS);
	ck_assert_ptr_null(strchr(text, '\033'));
	free(text);
	for (int i = 0; i < ARMS; i++) {
		history.arm[i].name = "ttl-of-1000";
		verdicts.judgement[i].measure[MEASURE_GUARD_TESTS] = 420;
		verdicts.judgement[i].measure[MEASURE_GUARD_FAILURES] = 41;
		verdicts.judgement[i].rate = 0.0976;
	}
	text = summary_of(&history, &verdicts, false);
	int told = 0;

	ck_assert_int_le(assert_width(text, COLUMNS), ARMS + 24);
	for (const char *at = text; (at = strstr(at, "\n ttl-of-1000")); at++)
		told += strstr(at, " 41 of 420 tests, 9.76 % (11.1 to 13.3 %)") != NULL;
	ck_assert_int_eq(told, ARMS);
	free(text);
	history_close(&history);
}
END_TEST

static __attribute__((noinline)) char *copy_line(const char *text, const char *beginning)
{
	const char *line = strstr(text, beginning);

	return line ? strndup(line, strcspn(line, "\n")) : NULL;
}

/* The line that says what never happened, without its end; NULL when there is none. The caller
 * frees.
 */
static char *never_line(const struct coverage_cell *cells, int count)
{
	struct history history;
	struct verdicts verdicts;

	open_sample("never.db", &history, &verdicts);
	verdicts.cells = count;
	verdicts.cell = calloc((size_t)count, sizeof(*cells));
	memcpy(verdicts.cell, cells, (size_t)count * sizeof(*cells));
	char *text = summary_of(&history, &verdicts, false);
	char *line = copy_line(text, " never");

	assert_fits(text);
	free(text);
	verdicts_free(&verdicts);
	history_close(&history);
	ck_assert_int_eq(unlink(scratch_file("never.db")), 0);
	return line;
}

static const struct coverage_cell cells[] = {
	{"cut", "now", 3, 3, 0, 0, 0},         {"late", "after-renewal", 2, 0, 0, 0, 0},
	{"late", "between", 12, 0, 0, 0, 0},   {"pause", "contended", 4, 8, 7, 6, 5},
	{"pause", "unplanned", 0, 1, 1, 0, 0},
};

START_TEST(summary_says_in_one_line_what_never_happened_and_else_nothing)
{
	char *line = never_line(cells + 1, 1);

	ck_assert_str_eq(line, " never happened: late after-renewal (2 planned)");
	free(line);
	line = never_line(cells, 2);
	ck_assert_str_eq(line, " never happened: cut now (3 injected, none proved), "
			       "and 1 more");
	free(line);
	line = never_line(cells + 1, 4);
	ck_assert_str_eq(line, " never happened: late after-renewal (2 planned), "
			       "late between (12 planned)");
	free(line);
	ck_assert_ptr_null(never_line(cells + 3, 2));
	ck_assert_ptr_null(never_line(cells, 0));
}
END_TEST

/* The line of a run with these notes that says what could not happen; the caller frees. */
static char *impossible_line(struct note_row *notes, int count)
{
	struct history history;
	struct verdicts verdicts;

	open_sample("impossible.db", &history, &verdicts);
	struct note_row *own = history.note;
	int owned = history.notes;

	history.note = notes;
	history.notes = count;
	char *text = summary_of(&history, &verdicts, false);
	char *line = copy_line(text, " not possible");

	assert_fits(text);
	free(text);
	history.note = own;
	history.notes = owned;
	verdicts_free(&verdicts);
	history_close(&history);
	ck_assert_int_eq(unlink(scratch_file("impossible.db")), 0);
	return line;
}

START_TEST(summary_names_the_faults_that_an_existing_cluster_rules_out)
{
	struct note_row notes[] = {
		{.text = "kill-any: gave up"},
		{.text = "cut-leader: not possible on an existing cluster"},
		{.text = "stall: not possible on an existing cluster"},
		{.text = "not possible on an existing cluster"},
	};
	struct note_row many[30];
	char *line = impossible_line(notes, 4);

	ck_assert_str_eq(line, " not possible on an existing cluster: cut-leader, stall");
	free(line);
	ck_assert_ptr_null(impossible_line(notes, 1));
	ck_assert_ptr_null(impossible_line(notes + 3, 1));
	for (int i = 0; i < 30; i++)
		many[i] = notes[1];
	line = impossible_line(many, 30);
	ck_assert_str_eq(line, " not possible on an existing cluster: cut-leader, cut-leader, "
			       "and 28 more");
	free(line);
}
END_TEST

START_TEST(summary_of_what_never_happened_stays_one_line_of_long_names)
{
	char name[200];
	struct coverage_cell many[120];

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 120; i++)
		many[i] = (struct coverage_cell){.kind = "late", .moment = "x", .planned = 1};
	char *line = never_line(many, 120);

	ck_assert_str_eq(line,
			 " never happened: late x (1 planned), late x (1 planned), and 118 more");
	free(line);
	many[0].kind = name;
	many[1].kind = "\033[2J";
	line = never_line(many, 2);
	ck_assert_str_eq(line, " never happened:"); /* and on the next lines, whole but for it */
	free(line);
	line = never_line(many + 1, 1);
	ck_assert_ptr_null(strchr(line, '\033'));
	free(line);
}
END_TEST

/* As the end of a run records it. */
static void record_capture(const char *path, int64_t dropped, int64_t missed, const char *gaps)
{
	struct error err = {0};
	sqlite3 *db;

	ck_assert_int_eq(database_open(path, DATABASE_WRITE, &db, &err), 0);
	ck_assert_int_eq(database_set_int(db, "capture_packets", 812345, &err), 0);
	ck_assert_int_eq(database_set_int(db, "capture_bytes", 134217728, &err), 0);
	ck_assert_int_eq(database_set_int(db, "capture_dropped_packets", dropped, &err), 0);
	ck_assert_int_eq(database_set_int(db, "capture_dropped_bytes", 170 * dropped, &err), 0);
	ck_assert_int_eq(database_set_int(db, "capture_missed_packets", missed, &err), 0);
	ck_assert_int_eq(database_set_text(db, "capture_gaps", gaps, &err), 0);
	sqlite3_close(db);
}

START_TEST(summary_and_json_say_what_the_packet_capture_lacks)
{
	struct history history;
	struct verdicts verdicts;
	struct error err = {0};

	make_crowd(scratch_file("crowd.db"), &verdicts);
	record_capture(scratch_file("crowd.db"), 4711, 12,
		       "[[12.345, 30], [40.1, 50.2], [60, 61], [70, 71], [\"x\"]]");
	ck_assert_msg(history_open(scratch_file("crowd.db"), &history, &err) == 0, "%s", err.text);
	char *text = summary_of(&history, &verdicts, false);

	assert_width(text, COLUMNS);
	ck_assert_msg(strstr(text, " capture.pcap: 4711 packets dropped past the limit: 12.3 to "
				   "30.0 s, 40.1"),
		      "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "1 more time"));
	ck_assert_ptr_nonnull(strstr(text, "134.2 MB"));
	free(text);
	cJSON *root = result_of(&history, &verdicts);
	cJSON *capture = cJSON_GetObjectItem(root, "capture");

	ck_assert_int_eq(cJSON_GetObjectItem(capture, "packets")->valueint, 812345);
	ck_assert_int_eq(cJSON_GetObjectItem(capture, "dropped_packets")->valueint, 4711);
	ck_assert_int_eq(cJSON_GetObjectItem(capture, "missed_packets")->valueint, 12);
	ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(capture, "gaps_s")), 4);
	cJSON_Delete(root);
	history_close(&history);

	record_capture(scratch_file("crowd.db"), 0, 0, "[]");
	ck_assert_msg(history_open(scratch_file("crowd.db"), &history, &err) == 0, "%s", err.text);
	text = summary_of(&history, &verdicts, false);
	ck_assert_ptr_null(strstr(text, "capture.pcap"));
	free(text);
	history_close(&history);
}
END_TEST

START_TEST(summary_of_an_unchecked_history_says_so)
{
	struct history history;
	struct verdicts verdicts = {0};
	struct error err = {0};

	maker_close(maker_open(scratch_file("raw.db")), false);
	ck_assert_int_eq(history_open(scratch_file("raw.db"), &history, &err), 0);
	char *text = summary_of(&history, &verdicts, false);

	ck_assert_ptr_nonnull(strstr(text, "NOT CHECKED"));
	ck_assert_ptr_nonnull(strstr(text, "faults: none injected"));
	free(text);
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: summary");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, summary_says_verdicts_rates_and_violations_in_words);
	tcase_add_test(tests, summary_and_result_tell_how_the_locks_served);
	tcase_add_test(tests, summary_cuts_no_figure_at_any_width);
	tcase_add_test(tests, summary_ends_with_what_the_exit_code_means);
	tcase_add_test(tests, summary_begins_with_what_must_be_known_of_the_whole);
	tcase_add_test(tests, summary_is_coloured_only_when_asked_and_says_the_same);
	tcase_add_test(tests, summary_of_many_arms_with_long_names_has_a_line_for_each);
	tcase_add_test(tests, summary_says_in_one_line_what_never_happened_and_else_nothing);
	tcase_add_test(tests, summary_names_the_faults_that_an_existing_cluster_rules_out);
	tcase_add_test(tests, summary_of_what_never_happened_stays_one_line_of_long_names);
	tcase_add_test(tests, summary_and_json_say_what_the_packet_capture_lacks);
	tcase_add_test(tests, summary_of_an_unchecked_history_says_so);
	return suite_run(suite);
}
