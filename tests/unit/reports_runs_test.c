/* Several runs: the list of a folder, its page, and runs beside one another. */
#include <check.h>
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history/database.h"
#include "reports/compare.h"
#include "reports/settings.h"
#include "reports/shelf.h"
#include "tests/support/history_maker.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static char *text;
static size_t size;

static FILE *begin(void)
{
	free(text);
	text = NULL;
	FILE *out = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(out);
	return out;
}

/* Figures stand whole: no line is wider. */
static void assert_width(int most)
{
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		ck_assert_msg((int)strcspn(line, "\n") <= most, "too wide:\n%s", line);
}

/* Rates ---------------------------------------------------------------------------------------- */

static enum rate_change change(double low1, double high1, double low2, double high2)
{
	struct judgement first = {.rate = low1, .rate_low = low1, .rate_high = high1};
	struct judgement second = {.rate = low2, .rate_low = low2, .rate_high = high2};

	judgement_measure_nothing(&first);
	judgement_measure_nothing(&second);
	return compare_rates(&first, &second);
}

START_TEST(rates_differ_only_where_the_intervals_do_not_meet)
{
	struct judgement none = {.rate_low = 0.1, .rate_high = 0.2, .rate = 0.15}, token = none;

	judgement_measure_nothing(&none);
	judgement_measure_nothing(&token);
	ck_assert_int_eq(change(0.1, 0.2, 0.3, 0.4), RATE_HIGHER);
	ck_assert_int_eq(change(0.3, 0.4, 0.1, 0.2), RATE_LOWER);
	ck_assert_int_eq(change(0.1, 0.2, 0.2, 0.4), RATE_ALIKE);
	ck_assert_int_eq(change(0.2, 0.4, 0.1, 0.2), RATE_ALIKE);
	ck_assert_int_eq(change(0.1, 0.4, 0.2, 0.3), RATE_ALIKE);
	ck_assert_int_eq(change(0.1, 0.2, (double)NAN, 0.4), RATE_UNKNOWN);
	token.measure[MEASURE_GUARD_TESTS] = 40;
	token.rate_low = token.rate = token.rate_high = 0.9;
	ck_assert_int_eq(compare_rates(&none, &token), RATE_UNKNOWN); /* of other things */
	none.rate_low = none.rate = none.rate_high = 0.9;
	none.measure[MEASURE_GUARD_TESTS] = 40;
	none.rate_low = none.rate = none.rate_high = 0.1;
	ck_assert_int_eq(compare_rates(&none, &token), RATE_HIGHER);
	token.verdict = VERDICT_BROKEN;
	ck_assert_int_eq(compare_rates(&none, &token), RATE_UNKNOWN);
}
END_TEST

/* Settings ------------------------------------------------------------------------------------- */

START_TEST(settings_are_those_of_their_blocks)
{
	struct text_row rows[] = {{"campaign",
				   "name = 'x'\nseed = 7\narm none {\n\tttl = \"1s\"\n}\n"
				   "arm b {\n\tttl = \"2s\"\n}\n"},
				  {"etcd", "3.5.16"}};
	struct history history = {.text = rows, .texts = 2};
	struct settings settings;

	settings_read(&history, &settings);
	ck_assert_str_eq(settings_find(&settings, "name"), "'x'");
	ck_assert_ptr_null(settings_find(&settings, "seed"));
	ck_assert_str_eq(settings_find(&settings, "arm none: ttl"), "\"1s\"");
	ck_assert_str_eq(settings_find(&settings, "arm b: ttl"), "\"2s\"");
	ck_assert_str_eq(settings_find(&settings, "version of etcd"), "3.5.16");
	ck_assert_ptr_null(settings_find(&settings, "ttl"));
	settings_free(&settings);
}
END_TEST

static char *read_file(const char *path)
{
	FILE *in = fopen(path, "r"), *out = begin();
	int byte;

	ck_assert_ptr_nonnull(in);
	while ((byte = fgetc(in)) != EOF)
		fputc(byte, out);
	fclose(in);
	fclose(out);
	return text;
}

static void open_sample(const char *name, const char *campaign, struct history *history,
			struct verdicts *verdicts)
{
	struct error err = {0};
	sqlite3 *db;

	sample_run_make(scratch_file(name), NULL);
	ck_assert_int_eq(database_open(scratch_file(name), DATABASE_WRITE, &db, &err), 0);
	ck_assert_int_eq(database_set_text(db, "campaign", campaign, &err), 0);
	sqlite3_close(db);
	ck_assert_msg(history_open(scratch_file(name), history, &err) == 0, "%s", err.text);
	sample_run_judge(history, verdicts);
}

START_TEST(comparison_says_what_changed_and_what_is_new_or_gone)
{
	struct history history[2];
	struct verdicts verdicts[2];
	struct error err = {0};

	open_sample("a.db", "name = 'x'\nduration = 60s\n", &history[0], &verdicts[0]);
	open_sample("b.db", "name = 'x'\nduration = 90s\nlate = 1\n", &history[1], &verdicts[1]);
	struct compared run[] = {{"runs/<script>a", &history[0], &verdicts[0]},
				 {"runs/b", &history[1], &verdicts[1]}};
	struct judgement *second = &verdicts[1].judgement[0];

	second->definite[VIOLATION_STALE_WRITE] = 0;
	second->definite[VIOLATION_LATE_WRITE] = 5;
	second->rate_low = second->rate = 0.01;
	second->rate_high = 0.02;
	struct beside compared;

	comparison_make(run, 2, &compared);
	FILE *out = begin();
	compare_print(&compared, 80, out);
	fclose(out);
	assert_width(80);
	ck_assert_ptr_nonnull(strstr(text, "changed: duration = 60s -> 90s\n"));
	ck_assert_ptr_nonnull(strstr(text, "changed: late = (none) -> 1\n"));
	ck_assert_ptr_null(strstr(text, "changed: name"));
	ck_assert_ptr_nonnull(strstr(text, "LOWER: the intervals do not meet\n"));
	ck_assert_ptr_nonnull(strstr(text, "new: late-write 5\n"));
	ck_assert_ptr_nonnull(strstr(text, "gone: stale-write 10\n"));
	ck_assert_ptr_nonnull(strstr(text, "in both: overlap 10\n"));
	for (int columns = 20; columns < 80; columns++) {
		out = begin();
		compare_print(&compared, columns, out);
		fclose(out);
		assert_width(columns);
	}
	out = begin();
	ck_assert_int_eq(compare_print_json(&compared, out, &err), 0);
	fclose(out);
	cJSON *root = cJSON_Parse(text);
	const cJSON *none = cJSON_GetArrayItem(cJSON_GetObjectItem(root, "subjects"), 0);
	const cJSON *b = cJSON_GetArrayItem(cJSON_GetObjectItem(none, "runs"), 1);

	ck_assert_str_eq(cJSON_GetObjectItem(b, "rate_difference")->valuestring, "lower");
	ck_assert_str_eq(cJSON_GetArrayItem(cJSON_GetObjectItem(b, "new"), 0)->valuestring,
			 "late-write");
	ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(root, "changed")), 2);
	cJSON_Delete(root);
	ck_assert_int_eq(compare_write_page(&compared, scratch_file("compared.html"), &err), 0);
	read_file(scratch_file("compared.html"));
	ck_assert_ptr_nonnull(
		strstr(text, "first run's: 1 lower, 0 higher, 1 not shown to differ.</h1>"));
	ck_assert_ptr_nonnull(strstr(text, "duration</th><td>60s</td><td>90s</td>"));
	ck_assert_ptr_nonnull(strstr(text, "<td>LOWER: the intervals do not meet</td>"
					   "<td>stale-write 10</td><td>late-write 5</td>"
					   "<td>overlap 10"));
	ck_assert_ptr_null(strstr(text, "<script"));
	comparison_free(&compared);
	for (int i = 0; i < 2; i++) {
		verdicts_free(&verdicts[i]);
		history_close(&history[i]);
	}
}
END_TEST

/* The folder ------------------------------------------------------------------------------------ */

/* A folder of one run that was judged, one that was not, one that is none, and what is no run. */
static const char *make_folder(void)
{
	static char folder[300];
	char path[400];
	struct sample_words words = {"<b>x\033[2J", "note", "detail", "refused"};
	struct history history;
	struct verdicts verdicts;
	struct error err = {0};

	snprintf(folder, sizeof(folder), "%s", scratch_file("runs"));
	ck_assert_int_eq(mkdir(folder, 0777), 0);
	static const char *const names[] = {"1-judged", "2 <odd>\"&", "3-noise", "4-empty"};

	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		ck_assert_int_eq(mkdir(path, 0777), 0);
		snprintf(path, sizeof(path), "%s/%s/history.db", folder, names[i]);
		if (i < 2)
			sample_run_make(path, &words);
		if (i == 2)
			fclose(fopen(path, "w"));
		if (i > 0)
			continue;
		ck_assert_int_eq(history_open(path, &history, &err), 0);
		sample_run_judge(&history, &verdicts);
		ck_assert_msg(verdicts_store(&history, &verdicts, &err) == 0, "%s", err.text);
		verdicts_free(&verdicts);
		history_close(&history);
	}
	snprintf(path, sizeof(path), "%s/2 <odd>\"&/report.html", folder);
	fclose(fopen(path, "w"));
	return folder;
}

START_TEST(list_tells_each_run_and_what_cannot_be_read)
{
	const char *folder = make_folder();
	struct error err = {0};
	FILE *out = begin();

	ck_assert_msg(shelf_print(folder, 80, out, &err) == 0, "%s", err.text);
	fclose(out);
	assert_width(80);
	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_ptr_nonnull(strstr(text, "/1-judged, "));
	ck_assert_ptr_nonnull(
		strstr(text, "\n    none UNSAFE, 10 of 10 exposures, 89 % (52 to 99.7 %)\n"));
	ck_assert_ptr_nonnull(strstr(text, "NOT CHECKED"));
	ck_assert_ptr_nonnull(strstr(text, "cannot be read:"));
	ck_assert_ptr_null(strstr(text, "4-empty"));
	out = begin();
	ck_assert_int_eq(shelf_print_json(folder, out, &err), 0);
	fclose(out);
	cJSON *root = cJSON_Parse(text);
	const cJSON *runs = cJSON_GetObjectItem(root, "runs");

	ck_assert_int_eq(cJSON_GetArraySize(runs), 3);
	ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(runs, 0), "checked")));
	ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(cJSON_GetArrayItem(runs, 1), "checked")));
	ck_assert_ptr_nonnull(cJSON_GetObjectItem(cJSON_GetArrayItem(runs, 2), "error"));
	cJSON_Delete(root);
	ck_assert_int_eq(shelf_print(scratch_file("nowhere"), 80, stdout, &err), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
}
END_TEST

START_TEST(index_is_inert_and_takes_no_file_of_others)
{
	const char *folder = make_folder();
	struct error err = {0};
	char path[400];

	snprintf(path, sizeof(path), "%s/index.html", folder);
	ck_assert_msg(shelf_write_index(folder, &err) == 0, "%s", err.text);
	ck_assert_msg(shelf_write_index(folder, &err) == 0, "%s", err.text); /* over its own */
	read_file(path);
	ck_assert_ptr_nonnull(strstr(text, "<h1>3 runs</h1>"));
	ck_assert_ptr_nonnull(strstr(
		text,
		"<a href=\"./2%20%3Codd%3E%22%26/report.html\">2 &lt;odd&gt;&quot;&amp;</a>"));
	ck_assert_ptr_null(strstr(text, "1-judged/report.html")); /* which has none */
	ck_assert_ptr_null(strstr(text, "<b>"));
	ck_assert_ptr_null(strstr(text, "<script"));
	ck_assert(strstr(text, "3-noise") < strstr(text, "1-judged"));
	FILE *other = fopen(path, "w");

	fputs("<h1>mine</h1>", other);
	fclose(other);
	ck_assert_int_eq(shelf_write_index(folder, &err), -1);
	ck_assert_str_eq(read_file(path), "<h1>mine</h1>");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: runs");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, rates_differ_only_where_the_intervals_do_not_meet);
	tcase_add_test(tests, settings_are_those_of_their_blocks);
	tcase_add_test(tests, comparison_says_what_changed_and_what_is_new_or_gone);
	tcase_add_test(tests, list_tells_each_run_and_what_cannot_be_read);
	tcase_add_test(tests, index_is_inert_and_takes_no_file_of_others);
	return suite_run(suite);
}
