/* The page of judged traces: its headline counts, and it has its bounds whatever a file holds. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "reports/trace_report.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

enum { FILES = 1024, ROWS = 48, LONG = 4000 };

/* So many times the same character, which takes six bytes on the page; the caller frees. */
static char *long_text(void)
{
	char *text = calloc(LONG + 1, 1);

	memset(text, '"', LONG);
	return text;
}

static struct trace_told tell(enum exit_code code, const char *verdict, char *name)
{
	return (struct trace_told){.name = name,
				   .facts = {.name = name,
					     .verdict = verdict,
					     .model = "mutex",
					     .code = code,
					     .meaning = "It has a meaning.",
					     .summary = text_format("3 operations")}};
}

/* As much as an explanation may hold, and as long. */
static struct trace_told tell_at_length(void)
{
	struct trace_told told = tell(EXIT_VIOLATION, "NOT LINEARIZABLE", long_text());
	char *text = long_text();

	told.explained = true;
	explanation_head(&told.explanation, "%s", text);
	explanation_say(&told.explanation, "%s", text);
	for (int i = 0; i < ROWS; i++) {
		struct explanation_row *row = explanation_add_row(&told.explanation);

		snprintf(row->who, sizeof(row->who), "%s",
			 "\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"");
		snprintf(row->what, sizeof(row->what), "%s",
			 "acquire, token \"\"\"\"\"\"\"\"\"\"\"\"\"\"\"\"");
		row->invoked = i / (double)ROWS;
	}
	trace_facts_warn(&told.facts, "not judged", "%s", text);
	free(text);
	return told;
}

/* The caller frees. */
static char *page_of(const struct trace_told *told, int count)
{
	const char *path = scratch_file("page.html");
	struct error err = {0};
	struct stat found;

	ck_assert_msg(trace_write_page(path, "fencepost check --explain", told, count, &err) == 0,
		      "%s", err.text);
	ck_assert_int_eq(stat(path, &found), 0);
	ck_assert_int_le(found.st_size, TRACE_PAGE_MOST);
	char *page = calloc((size_t)found.st_size + 1, 1);
	FILE *file = fopen(path, "r");

	ck_assert_uint_eq(fread(page, 1, (size_t)found.st_size, file), (size_t)found.st_size);
	fclose(file);
	return page;
}

static int count_of(const char *page, const char *what)
{
	int count = 0;

	for (const char *at = page; (at = strstr(at, what)); at += strlen(what))
		count++;
	return count;
}

START_TEST(however_many_files_and_however_long_the_page_has_its_bounds)
{
	struct trace_told *told = calloc(FILES, sizeof(*told));

	for (int i = 0; i < FILES; i++)
		told[i] = tell_at_length();
	char *page = page_of(told, FILES);
	int shown = count_of(page, "<details class=\"story\"");

	ck_assert_int_eq(count_of(page, "<tr><th scope=\"row\">"),
			 FILES + shown); /* and a fact of each */
	ck_assert_int_ge(shown, 10);
	ck_assert_int_lt(shown, FILES);
	ck_assert_int_eq(count_of(page, "<a href=\"#trace-"), shown);
	char *left_out = text_format("Of %d of them no more stands here", FILES - shown);

	ck_assert_ptr_nonnull(strstr(page, left_out));
	free(left_out);
	free(page);
	for (int i = 0; i < FILES; i++)
		trace_told_free(&told[i]);
	free(told);
}
END_TEST

START_TEST(the_headline_counts_and_the_gravest_is_told_first)
{
	struct trace_told told[] = {
		tell(EXIT_AS_EXPECTED, "LINEARIZABLE", strdup("good")),
		tell(EXIT_INCONCLUSIVE, "UNKNOWN", strdup("unsure")),
		{.name = strdup("torn"), .unread = strdup("torn:1: this is no JSON")},
		tell(EXIT_OUR_FAULT, "NOT LINEARIZABLE", strdup("odd")),
		tell(EXIT_VIOLATION, "NOT LINEARIZABLE", strdup("it's bad")),
	};
	static const char *const headlines[] = {
		[0] = "This history is linearizable.",
		[1] = "1 of 2 histories is not known, 1 is linearizable.",
		[2] = "1 of 3 histories could not be read, 1 is not known, 1 is linearizable.",
		[3] = "1 of 4 histories contradicts its judge, 1 could not be read, 1 is not "
		      "known, 1 "
		      "is linearizable.",
		[4] = "1 of 5 histories is not linearizable, 1 contradicts its judge, 1 could not "
		      "be "
		      "read, 1 is not known, 1 is linearizable.",
	};

	for (int i = 0; i < 5; i++) {
		char *page = page_of(told, i + 1);

		ck_assert_msg(strstr(page, headlines[i]) != NULL, "not '%s'", headlines[i]);
		free(page);
	}
	char *page = page_of(told, 5);

	ck_assert_ptr_nonnull(strstr(page, "--explain &#39;it&#39;\\&#39;&#39;s bad&#39;</code>"));
	free(page);
	for (int i = 0; i < 5; i++)
		trace_told_free(&told[i]);
}
END_TEST

START_TEST(all_alike_are_counted_as_all)
{
	struct trace_told told[] = {tell(EXIT_AS_EXPECTED, "LINEARIZABLE", strdup("a")),
				    tell(EXIT_AS_EXPECTED, "LINEARIZABLE", strdup("b"))};
	char *page = page_of(told, 2);

	ck_assert_ptr_nonnull(strstr(page, "All 2 histories are linearizable."));
	free(page);
	trace_told_free(&told[0]);
	trace_told_free(&told[1]);
}
END_TEST

/* A caveat is what to look at; each operation says its line and its instants. */
START_TEST(what_the_verdict_does_not_rest_on_is_to_be_looked_at)
{
	struct trace_told told = tell(EXIT_VIOLATION, "NOT LINEARIZABLE", strdup("f"));

	trace_facts_add(&told.facts, "format", "csv");
	trace_facts_warn(&told.facts, "torn", "on line 39");
	told.explained = true;
	explanation_head(&told.explanation, "Two held.");
	struct explanation_row *row = explanation_add_row(&told.explanation);

	snprintf(row->who, sizeof(row->who), "process 2");
	snprintf(row->what, sizeof(row->what), "acquire");
	row->line = 3;
	row->invoked = 0.5;
	row->culprit = true;
	told.explanation.tick = calloc(1, sizeof(*told.explanation.tick));
	told.explanation.ticks = 1;
	told.explanation.tick[0].at = 0.5;
	snprintf(told.explanation.tick[0].text, sizeof(told.explanation.tick[0].text), "event 7");
	char *page = page_of(&told, 1);

	ck_assert_ptr_nonnull(strstr(page, "<li>torn: on line 39</li>"));
	ck_assert_ptr_null(strstr(page, "<li>format: csv</li>"));
	ck_assert_ptr_nonnull(
		strstr(page, "<li>line 3: <b>process 2</b> acquire, fits nowhere</li>"));
	ck_assert_ptr_nonnull(strstr(page, "line 3; invoked at event 7, no answer</span>"));
	free(page);
	trace_told_free(&told);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: pages of traces");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_set_timeout(tests, 60);
	tcase_add_test(tests, however_many_files_and_however_long_the_page_has_its_bounds);
	tcase_add_test(tests, the_headline_counts_and_the_gravest_is_told_first);
	tcase_add_test(tests, all_alike_are_counted_as_all);
	tcase_add_test(tests, what_the_verdict_does_not_rest_on_is_to_be_looked_at);
	return suite_run(suite);
}
