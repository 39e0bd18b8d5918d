/* result.json says what the history says. */
#include <cjson/cJSON.h>
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history/database.h"
#include "reports/json_whole.h"
#include "reports/report.h"
#include "tests/support/history_maker.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/unit/reports_rig.h"

static const struct coverage_cell cells[] = {
	{"cut", "now", 3, 3, 0, 0, 0},         {"late", "after-renewal", 2, 0, 0, 0, 0},
	{"late", "between", 12, 0, 0, 0, 0},   {"pause", "contended", 4, 8, 7, 6, 5},
	{"pause", "unplanned", 0, 1, 1, 0, 0},
};

static double number_at(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	ck_assert_msg(cJSON_IsNumber(item), "%s is no number", key);
	return item->valuedouble;
}

static const char *text_at(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	ck_assert_msg(cJSON_IsString(item), "%s is no text", key);
	return item->valuestring;
}

static double count_at(const cJSON *subject, const char *name, const char *certainty)
{
	const cJSON *all = cJSON_GetObjectItemCaseSensitive(subject, "violations");

	return number_at(cJSON_GetObjectItemCaseSensitive(all, name), certainty);
}

START_TEST(json_says_what_the_verdicts_say)
{
	struct history history;
	struct verdicts verdicts;

	open_sample("json.db", &history, &verdicts);
	cJSON *root = result_of(&history, &verdicts);
	const cJSON *arms = cJSON_GetObjectItem(root, "arms");
	const cJSON *none = cJSON_GetArrayItem(arms, 0), *token = cJSON_GetArrayItem(arms, 1);
	const cJSON *service = cJSON_GetObjectItem(root, "service");

	ck_assert_int_eq(cJSON_GetArraySize(arms), 2);
	ck_assert_double_eq(number_at(root, "schema"), 1);
	ck_assert_double_eq(number_at(root, "seed"), 20261120);
	ck_assert_str_eq(text_at(root, "seed_text"), "20261120");
	ck_assert_str_eq(text_at(none, "verdict"), "UNSAFE");
	ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(none, "as_expected")));
	ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(token, "as_expected")));
	ck_assert_double_eq(count_at(none, "stale-write", "definite"), 10);
	ck_assert_double_eq(count_at(none, "lost-update", "possible"), 10);
	ck_assert_double_eq(count_at(none, "fence-breach", "definite"), 0);
	ck_assert_double_eq(count_at(token, "stale-write", "definite"), 0);
	ck_assert_double_eq(number_at(token, "refused"), 8);
	ck_assert_double_gt(number_at(none, "acquisitions"), 100);
	const cJSON *exclusion = cJSON_GetObjectItem(none, "exclusion");

	ck_assert_str_eq(text_at(cJSON_GetObjectItem(exclusion, "client"), "verdict"), "failed");
	ck_assert_double_eq(number_at(cJSON_GetObjectItem(exclusion, "client"), "violations"), 10);
	ck_assert_str_eq(text_at(cJSON_GetObjectItem(exclusion, "service"), "verdict"), "held");
	ck_assert_str_eq(text_at(service, "verdict"), "SAFE");
	ck_assert(cJSON_IsNull(cJSON_GetObjectItem(service, "rate")));
	ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(none, "violations")),
			 VIOLATION_NAMES_COUNT);
	cJSON_Delete(root);
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

START_TEST(json_lists_faults_with_their_proofs_and_notes)
{
	struct history history;
	struct verdicts verdicts;

	open_sample("faults.db", &history, &verdicts);
	cJSON *root = result_of(&history, &verdicts);
	const cJSON *faults = cJSON_GetObjectItem(root, "faults");
	const cJSON *first = cJSON_GetArrayItem(faults, 0);
	const cJSON *proofs = cJSON_GetObjectItem(first, "proofs");

	ck_assert_int_eq(cJSON_GetArraySize(faults), history.faults);
	ck_assert_str_eq(text_at(first, "kind"), "pause");
	ck_assert_double_eq_tol(number_at(first, "length_s"), 3.2, 1e-9);
	ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(first, "bitten")));
	ck_assert_int_eq(cJSON_GetArraySize(proofs), 1);
	ck_assert_str_eq(text_at(cJSON_GetArrayItem(proofs, 0), "what"),
			 "state T in /proc/PID/stat");
	ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(root, "notes")), 2);
	ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(root, "sealed")));
	cJSON_Delete(root);
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

START_TEST(json_tells_each_cell_and_names_those_that_never_happened)
{
	struct history history;
	struct verdicts verdicts;

	open_sample("cells.db", &history, &verdicts);
	verdicts.cells = 5;
	verdicts.cell = malloc(sizeof(cells));
	memcpy(verdicts.cell, cells, sizeof(cells));
	cJSON *root = result_of(&history, &verdicts);
	const cJSON *coverage = cJSON_GetObjectItem(root, "coverage");
	const cJSON *never = cJSON_GetObjectItem(root, "never");
	const cJSON *pause = cJSON_GetArrayItem(coverage, 3);

	ck_assert_int_eq(cJSON_GetArraySize(coverage), 5);
	ck_assert_str_eq(text_at(pause, "kind"), "pause");
	ck_assert_str_eq(text_at(pause, "moment"), "contended");
	ck_assert_double_eq(number_at(pause, "planned"), 4);
	ck_assert_double_eq(number_at(pause, "injected"), 8);
	ck_assert_double_eq(number_at(pause, "bitten"), 7);
	ck_assert_double_eq(number_at(pause, "exposures"), 6);
	ck_assert_double_eq(number_at(pause, "violations"), 5);
	ck_assert_int_eq(cJSON_GetArraySize(never), 3);
	ck_assert_str_eq(text_at(cJSON_GetArrayItem(never, 0), "cell"), "cut/now");
	ck_assert_str_eq(text_at(cJSON_GetArrayItem(never, 0), "never"), "bitten");
	ck_assert_str_eq(text_at(cJSON_GetArrayItem(never, 1), "cell"), "late/after-renewal");
	ck_assert_str_eq(text_at(cJSON_GetArrayItem(never, 1), "never"), "injected");
	cJSON_Delete(root);
	verdicts_free(&verdicts);
	history_close(&history);
}
END_TEST

/* cJSON would print 9007199254740995 as 9007199254740996, and 192760787618385123 otherwise. */
START_TEST(json_says_every_whole_number_exactly)
{
	static const char *const seeds[] = {"1",
					    "9007199254740995",
					    "192760787618385123",
					    "9223372036854775807",
					    "9223372036854775808",
					    "18446744073709551615"};

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		struct maker *maker = maker_open(scratch_file("great.db"));
		struct verdicts verdicts = {0};
		struct history history;
		struct error err = {0};
		char wanted[80];

		maker_set_int(maker, "seed", (int64_t)strtoull(seeds[i], NULL, 10));
		maker_close(maker, false);
		ck_assert_int_eq(history_open(scratch_file("great.db"), &history, &err), 0);
		char *text = reported(&history, &verdicts, report_write_json);

		snprintf(wanted, sizeof(wanted), "\"seed\":\t%s,", seeds[i]);
		ck_assert_msg(strstr(text, wanted), "no %s in %s", wanted, text);
		snprintf(wanted, sizeof(wanted), "\"seed_text\":\t\"%s\"", seeds[i]);
		ck_assert_msg(strstr(text, wanted), "no %s in %s", wanted, text);
		free(text);
		history_close(&history);
		unlink(scratch_file("great.db"));
	}
}
END_TEST

START_TEST(whole_numbers_reach_the_ends_of_64_bits)
{
	cJSON *object = cJSON_CreateObject();

	json_add_whole(object, "least", INT64_MIN);
	json_add_whole(object, "most", INT64_MAX);
	json_add_unsigned(object, "all", UINT64_MAX);
	char *text = cJSON_PrintUnformatted(object);

	ck_assert_str_eq(text, "{\"least\":-9223372036854775808,\"most\":9223372036854775807,"
			       "\"all\":18446744073709551615}");
	cJSON_free(text);
	cJSON_Delete(object);
}
END_TEST

START_TEST(json_leaves_invalid_text_out)
{
	struct maker *maker = maker_open(scratch_file("great.db"));
	struct history history;
	struct verdicts verdicts = {0};
	struct error err = {0};

	maker_set_text(maker, "campaign_name", "a\xff\"\\\x01");
	maker_close(maker, false);
	ck_assert_msg(history_open(scratch_file("great.db"), &history, &err) == 0, "%s", err.text);
	cJSON *root = result_of(&history, &verdicts);

	ck_assert_str_eq(text_at(root, "campaign"), "a\xef\xbf\xbd\"\\\xef\xbf\xbd");
	ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(root, "sealed")));
	ck_assert(cJSON_IsFalse(cJSON_GetObjectItem(root, "checked")));
	ck_assert_int_eq(cJSON_GetArraySize(cJSON_GetObjectItem(root, "faults")), 0);
	ck_assert(cJSON_IsArray(cJSON_GetObjectItem(root, "coverage")));
	ck_assert(cJSON_IsArray(cJSON_GetObjectItem(root, "never")));
	cJSON_Delete(root);
	history_close(&history);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: result.json");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, json_says_what_the_verdicts_say);
	tcase_add_test(tests, json_lists_faults_with_their_proofs_and_notes);
	tcase_add_test(tests, json_tells_each_cell_and_names_those_that_never_happened);
	tcase_add_test(tests, json_says_every_whole_number_exactly);
	tcase_add_test(tests, whole_numbers_reach_the_ends_of_64_bits);
	tcase_add_test(tests, json_leaves_invalid_text_out);
	return suite_run(suite);
}
