/* What to change, and what is known, as the terminal, the page and result.json show them. */
#include <cjson/cJSON.h>
#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "reports/known.h"
#include "reports/report.h"
#include "reports/what_to_change.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/unit/reports_rig.h"

enum { COLUMNS = 80 };

static struct history history;
static struct verdicts verdicts;

/* The sample run: two arms, holders paused for longer than their leases; the service did nothing.
 */
static void open_run(const char *sql)
{
	struct error err = {0};
	sqlite3 *db;

	sample_run_make(scratch_file("run.db"), NULL);
	ck_assert_int_eq(sqlite3_open(scratch_file("run.db"), &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
	ck_assert_msg(history_open(scratch_file("run.db"), &history, &err) == 0, "%s", err.text);
	sample_run_judge(&history, &verdicts);
}

static void close_run(void)
{
	verdicts_free(&verdicts);
	history_close(&history);
}

static void accuse_service(enum violation_name name)
{
	ck_assert_int_gt(verdicts.violations, 1);
	verdicts.violation[0].arm = -1;
	verdicts.violation[0].name = name;
	for (int i = 0; i < verdicts.judgements; i++)
		if (verdicts.judgement[i].arm < 0)
			verdicts.judgement[i].verdict = VERDICT_UNSAFE;
}

static char *printed(int columns)
{
	struct summary_style style = {.columns = columns};

	return summarized(&history, &verdicts, &style);
}

static char *as_html(int *items)
{
	struct model model = model_of(&history, &verdicts);
	char *text = TEXT_SAID(what_to_change_write_html, &model.advice);

	*items = model.advice.items;
	model_free(&model);
	return text;
}

static void expect(const char *text, const char *words)
{
	ck_assert_msg(strstr(text, words) != NULL, "no '%s' in: %s", words, text);
}

START_TEST(terminal_has_known_bugs_and_advice_in_short)
{
	open_run("SELECT 1");
	accuse_service(VIOLATION_GHOST_GRANT);
	char *text = printed(COLUMNS);

	expect(text, "\n known: ghost-grant (etcd #11456)\n");
	expect(text,
	       "\n change: a fencing token with each request, smaller ones refused (arm none)\n"
	       " change: TTL 2 s to 4 s: a pause of 3.2 s is outlived (arm none)\n"
	       " change: etcd 3.4.23 to 3.5.0 or later\n");
	free(text);
	close_run();
}
END_TEST

START_TEST(what_is_not_known_is_said_to_be_so)
{
	open_run("UPDATE run SET value = '3.5.30' WHERE key = 'etcd'");
	accuse_service(VIOLATION_GHOST_GRANT);
	char *text = printed(COLUMNS);

	expect(text, "\n known: ghost-grant (not known to us)\n");
	free(text);
	close_run();
}
END_TEST

START_TEST(nothing_is_said_where_there_is_nothing_to_say)
{
	open_run("SELECT 1");
	for (int i = 0; i < verdicts.judgements; i++)
		verdicts.judgement[i].verdict = VERDICT_SAFE;
	char *text = printed(COLUMNS);

	ck_assert_ptr_null(strstr(text, "known:"));
	ck_assert_ptr_null(strstr(text, "change:"));
	free(text);
	close_run();
}
END_TEST

START_TEST(name_from_outside_is_harmless_everywhere)
{
	int items;

	open_run("UPDATE arm SET name = '<b>' || char(27) || '[31m&' WHERE id = 0");
	char *html = as_html(&items), *text = printed(COLUMNS);

	ck_assert_int_ge(items, 2);
	ck_assert_ptr_null(strstr(html, "<b>"));
	expect(html, "&lt;b&gt;");
	ck_assert_ptr_null(strchr(text, 27));
	ck_assert_ptr_null(strchr(html, 27));
	free(html);
	free(text);
	close_run();
}
END_TEST

START_TEST(page_has_an_item_for_each)
{
	int items, found = 0;

	open_run("SELECT 1");
	char *html = as_html(&items);

	for (const char *at = html; (at = strstr(at, "<li>")); at++)
		found++;
	ck_assert_int_eq(found, items);
	expect(html, "<span class=\"price\"> Price: a number with each");
	free(html);
	close_run();
}
END_TEST

START_TEST(json_names_the_rule_and_the_bug)
{
	open_run("SELECT 1");
	accuse_service(VIOLATION_GHOST_GRANT);
	cJSON *root = result_of(&history, &verdicts),
	      *items = cJSON_GetObjectItem(root, "what_to_change");
	cJSON *known = cJSON_GetObjectItem(cJSON_GetObjectItem(root, "service"), "known");

	ck_assert_int_ge(cJSON_GetArraySize(items), 3);
	ck_assert_str_eq(cJSON_GetObjectItem(cJSON_GetArrayItem(items, 0), "rule")->valuestring,
			 "token");
	ck_assert_int_eq(cJSON_GetArraySize(known), 1);
	cJSON *line = cJSON_GetArrayItem(known, 0);

	expect(cJSON_GetObjectItem(line, "says")->valuestring, "known: etcd #11456");
	ck_assert_int_eq(cJSON_GetObjectItem(line, "stored")->valueint, 1);
	ck_assert_str_eq(
		cJSON_GetArrayItem(cJSON_GetObjectItem(line, "violations"), 0)->valuestring,
		"ghost-grant");
	cJSON_Delete(root);
	close_run();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports_advice");
	TCase *cases = tcase_create("advice");

	tcase_add_test(cases, terminal_has_known_bugs_and_advice_in_short);
	tcase_add_test(cases, what_is_not_known_is_said_to_be_so);
	tcase_add_test(cases, nothing_is_said_where_there_is_nothing_to_say);
	tcase_add_test(cases, name_from_outside_is_harmless_everywhere);
	tcase_add_test(cases, page_has_an_item_for_each);
	tcase_add_test(cases, json_names_the_rule_and_the_bug);
	suite_add_tcase(suite, cases);
	return suite_run(suite);
}
