/* JUnit's XML and Markdown: what a verdict becomes, and that nothing from outside is markup. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history/database.h"
#include "reports/short_reports.h"
#include "reports/threshold.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"
#include "tests/unit/reports_rig.h"

static struct history history;
static struct verdicts verdicts;
static struct error err;
static char *text;

static void make(const struct sample_words *words)
{
	sample_run_make(scratch_file("sample.db"), words);
	ck_assert_msg(history_open(scratch_file("sample.db"), &history, &err) == 0, "%s", err.text);
	sample_run_judge(&history, &verdicts);
	history.arm[0].expect = "unsafe";
	history.arm[1].expect = "safe";
}

static void teardown(void)
{
	free(text);
	verdicts_free(&verdicts);
	history_close(&history);
}

static const char *write(int (*report)(const struct model *model, FILE *out, struct error *err))
{
	free(text);
	return text = reported(&history, &verdicts, report);
}

static void assert_counts(int failures, int errors, int skipped)
{
	char counts[80];

	snprintf(counts, sizeof(counts), "failures=\"%d\" errors=\"%d\" skipped=\"%d\"", failures,
		 errors, skipped);
	write(report_write_junit);
	ck_assert_msg(strstr(text, counts) != NULL, "not %s:\n%s", counts, text);
}

START_TEST(junit_fails_what_is_not_as_expected_and_skips_what_is_not_known)
{
	make(NULL);
	verdicts.judgement[0].verdict = VERDICT_UNSAFE;
	verdicts.judgement[1].verdict = VERDICT_SAFE;
	assert_counts(0, 0, 0);
	ck_assert_ptr_null(strstr(text, "<failure"));
	verdicts.judgement[1].verdict = VERDICT_UNSAFE;
	assert_counts(1, 0, 0);
	ck_assert_ptr_nonnull(strstr(text, "name=\"arm token, expected: safe\" time=\"0\"><failure "
					   "message=\"UNSAFE: "));
	verdicts.judgement[1].verdict = VERDICT_INCONCLUSIVE;
	assert_counts(0, 0, 1);
	verdicts.judgement[1].measure[MEASURE_LATE_ACQUIRES] = 1;
	assert_counts(1, 0, 0);
	verdicts.judgement[1].measure[MEASURE_LATE_ACQUIRES] = MEASURE_NONE;
	history.arm[1].expect = "any";
	assert_counts(0, 0, 1);
	verdicts.judgement[0].verdict = VERDICT_BROKEN;
	assert_counts(0, 1, 1);
	history_tell(&history, THRESHOLDS_KEY,
		     "token.exposures<0\ntoken.exposures>=0\nnobody.rate<1");
	assert_counts(1, 1, 2);
	ck_assert_ptr_nonnull(strstr(text, "name=\"threshold token.exposures&lt;0\""));
}
END_TEST

static int count_lines(void)
{
	int lines = 0;

	for (const char *at = text; *at; at++)
		lines += *at == '\n';
	return lines;
}

START_TEST(markdown_is_short_and_says_what_there_is)
{
	make(NULL);
	write(report_write_markdown);
	ck_assert_int_le(count_lines(), MARKDOWN_LINES);
	ck_assert_ptr_nonnull(strstr(text, "\n| `none` | UNSAFE | `unsafe` | 10 of 10 exposures"));
	ck_assert_ptr_nonnull(strstr(text, "**Outcome:** `"));
	struct judgement *many = calloc(200, sizeof(*many));
	struct verdicts crowd = verdicts;
	char asked[4000] = "";

	for (int i = 0; i < 200; i++)
		many[i] = verdicts.judgement[i < 199 ? i % 2 : 2];
	for (int i = 0; i < 40; i++)
		snprintf(asked + strlen(asked), sizeof(asked) - strlen(asked), "none.rate<1\n");
	history_tell(&history, THRESHOLDS_KEY, asked);
	verdicts.judgement = many;
	verdicts.judgements = 200;
	history.sealed = false;
	write(report_write_markdown);
	ck_assert_int_le(count_lines(), MARKDOWN_LINES);
	ck_assert_ptr_nonnull(strstr(text, "\n179 more arms are in result.json.\n"));
	ck_assert_ptr_nonnull(strstr(text, "and 30 thresholds more"));
	free(many);
	verdicts = crowd;
}
END_TEST

static const char nasty[] = "`<b>|x|</b>` ]]> [a](http://x) @all\n# h\033[2J & \"";

START_TEST(nothing_from_outside_is_markup)
{
	make(&(struct sample_words){nasty, nasty, nasty, nasty});
	snprintf(verdicts.judgement[0].subject, sizeof(verdicts.judgement[0].subject), "%s", nasty);
	snprintf(verdicts.violation[0].summary, sizeof(verdicts.violation[0].summary), "%s", nasty);
	verdicts.judgement[0].verdict = VERDICT_UNSAFE;
	history.arm[0].expect = "safe";
	history_tell(&history, "campaign_name", nasty);
	history_tell(&history, "command", nasty);
	history_tell(&history, "started", nasty);
	write(report_write_junit);
	ck_assert_ptr_null(strstr(text, "<b>"));
	ck_assert_ptr_null(strstr(text, "]]>"));
	ck_assert_ptr_null(strchr(text, '\033'));
	ck_assert_ptr_nonnull(strstr(text, "timestamp=\"1970-01-01T00:00:00\""));
	write(report_write_markdown);
	ck_assert_ptr_null(strchr(text, '\033'));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		int quotes = 0;

		for (const char *at = line; *at; at++) {
			quotes += *at == '`';
			ck_assert_msg(quotes % 2 == 1 || !strchr("<>[]@", *at) || *at == '\0',
				      "outside of a code span: %s", at);
		}
		ck_assert_msg(quotes % 2 == 0, "open: %s", line);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: JUnit and Markdown");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_test(tests, junit_fails_what_is_not_as_expected_and_skips_what_is_not_known);
	tcase_add_test(tests, markdown_is_short_and_says_what_there_is);
	tcase_add_test(tests, nothing_from_outside_is_markup);
	return suite_run(suite);
}
