/* The page: complete, self-contained, and deaf to what names and notes try to smuggle into it. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/process.h"
#include "history/database.h"
#include "reports/report.h"
#include "tests/support/history_maker.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/unit/reports_rig.h"

#define HOSTILE "</script><img src=x onerror=alert(1)>\"'\x1b[2J\xff\xc0\xbc&"

struct page {
	char *text;
	bool plots;
};

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;

	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(getdelim(&text, &room, '\0', file), 0);
	fclose(file);
	return text;
}

/* Opens the history, judges it as a sample unless `unchecked`, and writes the page. */
static struct page make_page(const char *name, bool unchecked)
{
	struct history history;
	struct verdicts verdicts = {0};
	struct error err = {0};
	struct page page = {0};
	const char *path = scratch_file("report.html");

	ck_assert_msg(history_open(scratch_file(name), &history, &err) == 0, "%s", err.text);
	if (!unchecked)
		sample_run_judge(&history, &verdicts);
	page.plots = write_page(&history, &verdicts, path);
	page.text = read_file(path);
	if (!unchecked)
		verdicts_free(&verdicts);
	history_close(&history);
	return page;
}

static void assert_well_formed(const struct page *page, const char *test)
{
	char program[4096], quiet[] = "--noout", standard_input[] = "-";
	char *argv[] = {program, quiet, standard_input, NULL};
	struct error err = {0};

	if (process_find_program("xmllint", program, sizeof(program))) {
		printf("SKIP %s: xmllint is not installed\n", test);
		ck_assert_msg(!getenv("MUST_RUN"), "xmllint is not installed");
		return;
	}
	ck_assert_msg(process_run(argv, page->text, NULL, clock_now_ns() + 20 * NS_PER_S, &err) ==
			      0,
		      "%s", err.text);
}

/* What would load, run or leave. The namespaces that gnuplot names are no loads, and not there. */
static void assert_self_contained(const struct page *page)
{
	static const char *const forbidden[] = {"<script", "http:",  "https:", "<img",    "<link",
						"<iframe", "src=\"", "xlink",  "@import", "url(h"};

	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		ck_assert_msg(!strcasestr(page->text, forbidden[i]), "the page has %s",
			      forbidden[i]);
	ck_assert_ptr_nonnull(strstr(page->text, "Content-Security-Policy"));
	ck_assert_ptr_nonnull(strstr(page->text, "default-src 'none'"));
}

START_TEST(page_has_every_section_in_its_order)
{
	static const char *const sections[] = {
		"<h1>",
		"id=\"broke\"",
		"id=\"why\"",
		"id=\"stopped\"",
		"id=\"change\"",
		"id=\"again\"",
		"id=\"service\"",
		"id=\"overview\"",
		"id=\"compared\"",
		"id=\"failover\"",
		"id=\"happened\"",
		"What SAFE does not mean",
		"id=\"repeat\"",
		"id=\"stories\"",
		"id=\"coverage\"",
		"id=\"plots\"",
		"id=\"faults\"",
		"id=\"environment\"",
		"id=\"notes\"",
		"id=\"campaign\"",
		"id=\"words\"",
	};
	struct page page;

	sample_run_make(scratch_file("whole.db"), NULL);
	page = make_page("whole.db", false);
	const char *at = page.text;

	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		at = strstr(at, sections[i]);
		ck_assert_msg(at != NULL, "no %s where it belongs", sections[i]);
	}
	assert_self_contained(&page);
	assert_well_formed(&page, "page_has_every_section_in_its_order");
	free(page.text);
}
END_TEST

START_TEST(page_says_each_verdict_in_words_and_how_to_repeat_the_run)
{
	struct page page;

	sample_run_make(scratch_file("words.db"), NULL);
	page = make_page("words.db", false);
	ck_assert_ptr_nonnull(strstr(page.text, "</span> UNSAFE</span>"));
	ck_assert_ptr_nonnull(strstr(page.text, "</span> INCONCLUSIVE</span>"));
	ck_assert_ptr_nonnull(strstr(page.text, "</span> SAFE</span>"));
	ck_assert_ptr_nonnull(
		strstr(page.text, "fencepost run campaigns/default.conf --seed 20261120"));
	ck_assert_ptr_nonnull(strstr(page.text, "state T in /proc/PID/stat"));
	free(page.text);
}
END_TEST

START_TEST(page_says_how_to_see_it_again_as_it_can_be_typed)
{
	struct page page;
	sqlite3 *db;
	struct error err = {0};

	sample_run_make(scratch_file("again.db"), NULL);
	ck_assert_int_eq(database_open(scratch_file("again.db"), DATABASE_WRITE, &db, &err), 0);
	ck_assert_int_eq(database_set_text(db, "program", "/opt/my tools/fencepost", &err), 0);
	sqlite3_close(db);
	page = make_page("again.db", false);
	ck_assert_ptr_nonnull(strstr(page.text, "&#39;/opt/my tools/fencepost&#39; replay . "
						"--violation 1 --output ..\n"));
	free(page.text);
}
END_TEST

START_TEST(page_draws_the_stale_write_and_lists_it)
{
	struct page page;

	sample_run_make(scratch_file("story.db"), NULL);
	page = make_page("story.db", false);
	ck_assert_ptr_nonnull(strstr(page.text, "<svg class=\"timeline\""));
	ck_assert_ptr_nonnull(strstr(page.text,
				     "data-label=\"none\"><a href=\"#story-1\"><strong>10"
				     "</strong></a>"));
	ck_assert_ptr_nonnull(strstr(page.text, "<details class=\"story\" id=\"story-1\""));
	ck_assert_ptr_nonnull(strstr(page.text, ">safe deadline</text>"));
	ck_assert_ptr_nonnull(strstr(page.text, ">pause of "));
	/* Counts by the second are no picture of packets: without a capture there is none. */
	ck_assert_ptr_null(strstr(page.text, ">packets: cluster</text>"));
	ck_assert_ptr_nonnull(strstr(page.text, "after its grant had ended"));
	ck_assert_ptr_nonnull(strstr(page.text, "removes the key of"));
	ck_assert_ptr_nonnull(strstr(page.text, "refuses a write of"));
	free(page.text);
}
END_TEST

START_TEST(page_shows_hostile_text_only_escaped)
{
	struct sample_words words = {HOSTILE, HOSTILE, HOSTILE, HOSTILE};
	struct page page;
	sqlite3 *db;
	struct error err = {0};

	sample_run_make(scratch_file("hostile.db"), &words);
	ck_assert_int_eq(database_open(scratch_file("hostile.db"), DATABASE_WRITE, &db, &err), 0);
	char *sql = sqlite3_mprintf(
		"UPDATE arm SET name = name || %Q, guard = guard || %Q, recipe = %Q, expect = %Q;"
		"UPDATE lane SET name = name || %Q; UPDATE process SET name = name || %Q;"
		"UPDATE fault SET kind = %Q, target = %Q; UPDATE note SET topic = %Q;"
		"UPDATE proof SET what = %Q, detail = %Q; UPDATE host SET name = name || %Q;"
		"INSERT OR REPLACE INTO run VALUES (%Q, %Q), ('command', %Q), ('campaign_name', "
		"%Q), "
		"('started', %Q), ('service_expect', %Q)",
		HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE,
		HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE);

	ck_assert_msg(database_exec(db, sql, &err) == 0, "%s", err.text);
	sqlite3_free(sql);
	sqlite3_close(db);
	page = make_page("hostile.db", false);
	ck_assert_ptr_nonnull(strstr(page.text, "&lt;img src=x onerror=alert(1)&gt;"));
	ck_assert_ptr_null(strpbrk(page.text, "\x1b\xff\xc0"));
	assert_self_contained(&page);
	assert_well_formed(&page, "page_shows_hostile_text_only_escaped");
	free(page.text);
}
END_TEST

static struct page page_of_cells(const char *name, struct coverage_cell *cells, int count)
{
	struct verdicts verdicts = {.cells = count, .cell = cells};
	struct history history;
	struct error err = {0};
	struct page page = {0};
	const char *path = scratch_file("report.html");

	ck_assert_msg(history_open(scratch_file(name), &history, &err) == 0, "%s", err.text);
	page.plots = write_page(&history, &verdicts, path);
	page.text = read_file(path);
	history_close(&history);
	return page;
}

START_TEST(page_has_a_row_for_each_kind_and_moment_and_names_what_never_happened)
{
	struct coverage_cell cells[] = {{"cut", "now", 3, 3, 0, 0, 0},
					{"late", "after-renewal", 2, 0, 0, 0, 0},
					{"pause", "contended", 41, 42, 43, 44, 45}};
	struct page page;

	sample_run_make(scratch_file("cells.db"), NULL);
	page = page_of_cells("cells.db", cells, 3);
	ck_assert_ptr_nonnull(strstr(page.text,
				     "<tr><td>pause</td><td>contended</td>"
				     "<td class=\"number\">41</td><td class=\"number\">42</td>"
				     "<td class=\"number\">43</td><td class=\"number\">44</td>"
				     "<td class=\"number\">45</td></tr>"));
	const char *faults = strstr(page.text, "id=\"faults\"");
	const char *never = strstr(page.text, "<strong>Never happened:</strong> cut now (3 "
					      "injected, none proved); late after-renewal (2 "
					      "planned). ");

	ck_assert(faults && never && never > faults && never < strstr(faults, "</section>"));
	assert_well_formed(&page, "page_has_a_row_for_each_kind_and_moment");
	free(page.text);
	page = page_of_cells("cells.db", cells + 2, 1);
	ck_assert_ptr_nonnull(strstr(page.text, "<td>contended</td>"));
	ck_assert_ptr_null(strstr(page.text, "Never happened"));
	free(page.text);
}
END_TEST

START_TEST(page_bounds_the_table_and_counts_what_it_leaves_out)
{
	enum { CELLS = 300 };
	static struct coverage_cell cells[CELLS];
	struct page page;
	int rows = 0;

	for (int i = 0; i < CELLS; i++)
		cells[i] = (struct coverage_cell){"late", "a moment", 1, 0, 0, 0, 0};
	maker_close(maker_open(scratch_file("many.db")), true);
	page = page_of_cells("many.db", cells, CELLS);
	for (const char *at = page.text; (at = strstr(at, "<td>a moment</td>")); at++)
		rows++;
	ck_assert_int_eq(rows, 250);
	ck_assert_ptr_nonnull(strstr(page.text, "<p>50 more are left out here"));
	ck_assert_ptr_nonnull(strstr(page.text, "(1 planned); and 250 more. Whatever"));
	free(page.text);
}
END_TEST

START_TEST(page_of_a_run_without_faults_still_names_what_was_planned)
{
	struct coverage_cell cells[] = {{HOSTILE, HOSTILE, 2, 0, 0, 0, 0}};
	struct page page;

	maker_close(maker_open(scratch_file("planned.db")), true);
	page = page_of_cells("planned.db", cells, 1);
	ck_assert_ptr_nonnull(strstr(page.text, "No fault was injected"));
	ck_assert_ptr_nonnull(strstr(page.text, "Never happened:"));
	ck_assert_ptr_nonnull(strstr(page.text, "(2 planned)"));
	ck_assert_ptr_null(strpbrk(page.text, "\x1b\xff\xc0"));
	assert_self_contained(&page);
	assert_well_formed(&page, "page_of_a_run_without_faults_still_names_what_was_planned");
	free(page.text);
}
END_TEST

START_TEST(page_says_notes_once_that_differ_in_numbers_only)
{
	struct maker *maker = maker_open(scratch_file("notes.db"));
	struct page page;
	int said = 0;

	for (int i = 0; i < 300; i++) {
		char text[64];

		snprintf(text, sizeof(text), "aim not met: occasion %d, lane %d", i, 99 + i);
		maker_note(maker, i, false, "nemesis", text);
		maker_note(maker, i, i == 7, "other", text);
	}
	maker_note(maker, 300, false, "nemesis", "aim not met: occasion , lane 5");
	maker_close(maker, true);
	page = make_page("notes.db", true);
	const char *notes = strstr(page.text, "id=\"notes\"");

	for (const char *at = notes; (at = strstr(at, "aim not met")); at++)
		said++;
	ck_assert_int_eq(said, 4);
	ck_assert_ptr_nonnull(strstr(notes, "occasion 0, lane 99 <span class=\"muted\">(299 more "
					    "with other numbers, until 0.299 s)"));
	ck_assert_ptr_nonnull(strstr(notes, "BROKEN: </strong>aim not met: occasion 7, lane 106<"));
	free(page.text);
}
END_TEST

START_TEST(page_tells_the_environment_in_words_and_units)
{
	struct maker *maker = maker_open(scratch_file("where.db"));
	struct page page;

	maker_set_int(maker, "memory_bytes", 8LL << 30);
	maker_set_int(maker, "worst_gap_ns", 127505434);
	maker_set_int(maker, "settle_ms", 8000);
	maker_set_text(maker, "load_before", "6.54");
	maker_set_text(maker, "program", "/opt/my tools/fencepost");
	maker_close(maker, true);
	page = make_page("where.db", true);
	ck_assert_ptr_nonnull(strstr(page.text, "memory</th><td>8.0 GiB</td>"));
	ck_assert_ptr_nonnull(strstr(page.text, "nothing of the run ran</th><td>0.128 s</td>"));
	ck_assert_ptr_nonnull(strstr(page.text, "after the last heal</th><td>8.000 s</td>"));
	ck_assert_ptr_nonnull(strstr(page.text, "load of the machine before</th><td>6.54</td>"));
	ck_assert_ptr_nonnull(strstr(page.text, "program</th><td>/opt/my tools/fencepost</td>"));
	ck_assert_ptr_null(strstr(page.text, "127505434"));
	free(page.text);
}
END_TEST

START_TEST(page_says_settings_in_words)
{
	struct maker *maker = maker_open(scratch_file("settings.db"));
	struct error err = {0};
	struct page page;

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	ck_assert(database_exec(maker_db(maker),
				"UPDATE arm SET settings = "
				"'{\"lanes\":16,\"work_min_ms\":100,\"store\":\"<b>\"}'",
				&err) == 0);
	maker_close(maker, true);
	page = make_page("settings.db", true);
	ck_assert_ptr_nonnull(strstr(page.text, "lanes 16, work min 100 ms, store &lt;b&gt;"));
	free(page.text);
}
END_TEST

START_TEST(page_says_beside_each_plot_what_to_see)
{
	struct maker *maker = maker_open(scratch_file("plots.db"));
	int arm = maker_arm(maker, .guard = "none");
	int lane = maker_lane(maker, arm);
	static const double acquired_ms[] = {1200, 5200, 6200};
	static const double margin_ms[] = {300, -100, 700};
	static const char bar[] = "<polygon fill = 'rgb(213,  94,   0)'";
	struct page page;
	int bars = 0;

	for (int i = 0; i < 3; i++) {
		maker_op(maker, .lane = lane, .attempt = (uint32_t)i + 1, .f = F_ACQUIRE,
			 .outcome = OUTCOME_OK, .invoked_ms = acquired_ms[i] - 10,
			 .returned_ms = acquired_ms[i], .lease = 7, .key = "a/7");
		maker_op(maker, .lane = lane, .attempt = (uint32_t)i + 1, .f = F_KEEPALIVE,
			 .outcome = OUTCOME_OK, .invoked_ms = acquired_ms[i] + 100,
			 .returned_ms = acquired_ms[i] + 101, .lease = 7, .ttl_ms = 1000,
			 .safe_until_ms = acquired_ms[i] + 101 + margin_ms[i]);
	}
	maker_close(maker, true);
	page = make_page("plots.db", true);
	if (page.plots) {
		ck_assert_ptr_nonnull(strstr(page.text, "how close did renewals come to the safe "
							"deadline? 1 of 3 were acknowledged after "
							"it; the closest missed it by 0.100 s."));
		ck_assert_ptr_nonnull(
			strstr(page.text, "how many lock cycles a second? 3 in all."));
		/* Nobody acquired in second 0, nor in 2 to 4. */
		for (const char *at = page.text; (at = strstr(at, bar)); at++)
			bars++;
		ck_assert_int_eq(bars, 2);
		ck_assert_ptr_null(strstr(page.text, ">99 %<"));
	}
	free(page.text);
}
END_TEST

START_TEST(page_without_gnuplot_says_so_and_is_otherwise_whole)
{
	struct page with, without;
	char *path = strdup(getenv("PATH"));

	sample_run_make(scratch_file("plain.db"), NULL);
	with = make_page("plain.db", false);
	setenv("PATH", "/nonexistent", 1);
	without = make_page("plain.db", false);
	setenv("PATH", path, 1);
	ck_assert(!without.plots);
	ck_assert_ptr_nonnull(strstr(without.text, "The plots were left out: gnuplot"));
	ck_assert_ptr_nonnull(strstr(without.text, "</html>"));
	ck_assert_ptr_null(strstr(without.text, "class=\"plot\""));
	if (with.plots) {
		ck_assert_ptr_nonnull(strstr(with.text, "class=\"plot\""));
		/* The rest is the same text on both sides of the plots. */
		const char *tail = strstr(with.text, "<section aria-labelledby=\"faults\"");

		ck_assert_str_eq(strstr(without.text, "<section aria-labelledby=\"faults\""), tail);
	} else {
		printf("SKIP plots: gnuplot is not installed\n");
		ck_assert_msg(!getenv("MUST_RUN"), "gnuplot is not installed");
	}
	free(with.text);
	free(without.text);
	free(path);
}
END_TEST

START_TEST(page_is_the_same_each_time_it_is_made)
{
	struct page one, other;

	sample_run_make(scratch_file("twice.db"), NULL);
	one = make_page("twice.db", false);
	other = make_page("twice.db", false);
	ck_assert_str_eq(one.text, other.text);
	free(one.text);
	free(other.text);
}
END_TEST

START_TEST(page_of_an_empty_unchecked_history_says_so)
{
	struct page page;

	maker_close(maker_open(scratch_file("empty.db")), false);
	page = make_page("empty.db", true);
	ck_assert_ptr_nonnull(strstr(page.text, "the run was never judged"));
	ck_assert_ptr_nonnull(strstr(page.text, "The run did not end in order."));
	ck_assert_ptr_nonnull(strstr(page.text, "no worker ever acquired a lock"));
	ck_assert_ptr_nonnull(strstr(page.text, "No fault was injected"));
	assert_well_formed(&page, "page_of_an_empty_unchecked_history_says_so");
	free(page.text);
}
END_TEST

/* Times, ids and counts that no run has: a file from anywhere may hold them. */
START_TEST(page_bears_impossible_numbers_and_unknown_evidence)
{
	struct maker *maker = maker_open(scratch_file("wild.db"));
	struct verdicts verdicts = {0};
	struct judgement judged[2] = {
		{.subject = "none",
		 .verdict = VERDICT_UNSAFE,
		 .rate = INFINITY,
		 .rate_low = -7,
		 .rate_high = 1e300},
		{.subject = "service", .arm = -1, .verdict = VERDICT_BROKEN, .rate = NAN}};
	struct violation violations[3] = {
		{.name = VIOLATION_STUCK,
		 .arm = -1,
		 .lane = -1,
		 .at_ns = 1,
		 .evidences = 1,
		 .evidence = {{HOSTILE, 1, HOSTILE}}},
		{.name = VIOLATION_OVERLAP,
		 .lane = 0,
		 .definite = true,
		 .evidences = 4,
		 .evidence = {{"attempt", INT64_MAX, "holder"},
			      {"op", -1, "x"},
			      {"decision", 99, "x"},
			      {"fault", -3, "cover"}}},
		{.name = VIOLATION_GHOST_GRANT, .lane = 0, .at_ns = INT64_MAX, .definite = true}};
	struct page page = {0};
	struct history history;
	struct error err = {0};

	maker_lane(maker, maker_arm(maker, .guard = "none"));
	maker_op(maker, .lane = 0, .worker = 0, .attempt = 1, .f = F_ACQUIRE, .outcome = OUTCOME_OK,
		 .invoked_ms = 1, .returned_ms = 2e12);
	maker_set_int(maker, "duration_ns", INT64_C(1) << 61);
	maker_close(maker, true);
	ck_assert_msg(history_open(scratch_file("wild.db"), &history, &err) == 0, "%s", err.text);
	violations[1].evidence[0].ref = (int64_t)1 << 32 | 1;
	verdicts.judgements = 2;
	verdicts.judgement = judged;
	verdicts.violations = 3;
	verdicts.violation = violations;
	write_page(&history, &verdicts, scratch_file("wild.html"));
	page.text = read_file(scratch_file("wild.html"));
	assert_self_contained(&page);
	assert_well_formed(&page, "page_bears_impossible_numbers_and_unknown_evidence");
	free(page.text);
	history_close(&history);
}
END_TEST

/* A hundred thousand faults, notes and violations: the page says how many, and shows some. */
START_TEST(page_does_not_grow_with_what_is_in_the_history)
{
	enum { TIMES = 3000, VIOLATIONS = 100000, BYTES_MAX = 1000000 };
	struct history history;
	struct verdicts verdicts;
	struct error err = {0};
	sqlite3 *db;
	struct page page = {0};

	open_sample("grown.db", &history, &verdicts);
	history_close(&history);
	ck_assert_int_eq(database_open(scratch_file("grown.db"), DATABASE_WRITE, &db, &err), 0);
	char *sql = sqlite3_mprintf(
		"CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
		"FROM n WHERE i < %d) SELECT i FROM n; INSERT INTO fault SELECT id + 1000 * i, "
		"schedule, kind || i, effect, target, arm, lane, process, attempt, host, "
		"planned_ns, "
		"length_ns, began_ns + i, ended_ns, bitten, detail, aimed_ns FROM fault, n; "
		"INSERT INTO note (at_ns, breaks, topic, text) SELECT i, 0, 'topic ' || char(65 + "
		"i %% 26, 65 + i / 26 %% 26, 65 + i / 676), hex(zeroblob(i %% 99)) FROM n",
		TIMES);

	ck_assert_msg(database_exec(db, sql, &err) == 0, "%s", err.text);
	sqlite3_free(sql);
	sqlite3_close(db);
	verdicts.violation = realloc(verdicts.violation, VIOLATIONS * sizeof(*verdicts.violation));
	ck_assert_ptr_nonnull(verdicts.violation);
	for (int i = verdicts.violations; i < VIOLATIONS; i++)
		verdicts.violation[i] = verdicts.violation[i % verdicts.violations];
	verdicts.violations = VIOLATIONS;
	ck_assert_msg(history_open(scratch_file("grown.db"), &history, &err) == 0, "%s", err.text);
	write_page(&history, &verdicts, scratch_file("grown.html"));
	page.text = read_file(scratch_file("grown.html"));
	ck_assert_uint_lt(strlen(page.text), BYTES_MAX);
	ck_assert_ptr_nonnull(strstr(page.text, " of 54018 faults are proved"));
	free(page.text);
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

START_TEST(page_that_cannot_be_written_leaves_nothing_behind)
{
	struct verdicts verdicts = {0};
	struct history history;
	struct error err = {0};
	bool plots;

	maker_close(maker_open(scratch_file("nowhere.db")), true);
	ck_assert_int_eq(history_open(scratch_file("nowhere.db"), &history, &err), 0);
	struct model model = model_of(&history, &verdicts);

	ck_assert_int_eq(report_write_html(&model, "/nonexistent/report.html", &plots, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/report.html"));
	model_free(&model);
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: the page");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, page_has_every_section_in_its_order);
	tcase_add_test(tests, page_says_each_verdict_in_words_and_how_to_repeat_the_run);
	tcase_add_test(tests, page_says_how_to_see_it_again_as_it_can_be_typed);
	tcase_add_test(tests, page_draws_the_stale_write_and_lists_it);
	tcase_add_test(tests, page_shows_hostile_text_only_escaped);
	tcase_add_test(tests,
		       page_has_a_row_for_each_kind_and_moment_and_names_what_never_happened);
	tcase_add_test(tests, page_bounds_the_table_and_counts_what_it_leaves_out);
	tcase_add_test(tests, page_of_a_run_without_faults_still_names_what_was_planned);
	tcase_add_test(tests, page_says_notes_once_that_differ_in_numbers_only);
	tcase_add_test(tests, page_tells_the_environment_in_words_and_units);
	tcase_add_test(tests, page_says_settings_in_words);
	tcase_add_test(tests, page_says_beside_each_plot_what_to_see);
	tcase_add_test(tests, page_without_gnuplot_says_so_and_is_otherwise_whole);
	tcase_add_test(tests, page_is_the_same_each_time_it_is_made);
	tcase_add_test(tests, page_of_an_empty_unchecked_history_says_so);
	tcase_add_test(tests, page_bears_impossible_numbers_and_unknown_evidence);
	tcase_add_test(tests, page_does_not_grow_with_what_is_in_the_history);
	tcase_add_test(tests, page_that_cannot_be_written_leaves_nothing_behind);
	return suite_run(suite);
}
