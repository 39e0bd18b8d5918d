/* A story on a terminal: in its columns, in the letters that it can show, with all its instants. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "reports/incident.h"
#include "reports/story.h"
#include "reports/story_text.h"
#include "tests/support/sample_run.h"
#include "tests/support/scratch.h"
#include "tests/support/suite.h"

static struct history history;
static struct verdicts verdicts;
static char *text;
static struct error err;

static void setup(void)
{
	struct sample_words words = {"c", "note\033[2J", "detail\033[2J", "refused\033[2J"};

	sample_run_make(scratch_file("sample.db"), &words);
	ck_assert_msg(history_open(scratch_file("sample.db"), &history, &err) == 0, "%s", err.text);
	sample_run_judge(&history, &verdicts);
}

static void teardown(void)
{
	free(text);
	verdicts_free(&verdicts);
	history_close(&history);
}

static int tell(struct story_choice choice)
{
	size_t size;

	free(text);
	FILE *out = open_memstream(&text, &size);
	int failed = story_print(&history, &verdicts, &choice, out, &err);

	fclose(out);
	return failed;
}

/* Characters, not bytes. */
static void assert_width(int most)
{
	int columns = 0;

	for (const char *at = text; *at; at++) {
		columns = *at == '\n' ? 0 : columns + ((*at & 0xC0) != 0x80);
		ck_assert_msg(columns <= most, "wider than %d:\n%s", most, text);
	}
}

static bool is_ascii(void)
{
	for (const char *at = text; *at; at++)
		if ((*at < ' ' && *at != '\n') || *at == 0x7F)
			return false;
	return true;
}

START_TEST(story_is_drawn_in_ascii_or_in_boxes_and_never_wider)
{
	for (int number = 1; number <= 3; number++) {
		ck_assert_msg(tell((struct story_choice){.number = number, .columns = 80}) == 0,
			      "%s", err.text);
		assert_width(80);
		ck_assert_msg(is_ascii(), "%s", text);
		ck_assert_ptr_nonnull(strstr(text, "# believes"));
		ck_assert_int_eq(tell((struct story_choice){number, 0, true, 80}), 0);
		assert_width(80);
		ck_assert(!is_ascii());
		ck_assert_ptr_null(strchr(text, '\033'));
		for (int columns = 20; columns < 80; columns += 13) {
			ck_assert_int_eq(
				tell((struct story_choice){.number = number, .columns = columns}),
				0);
			/* but for a command, which is whole to be copied */
			if (!strstr(text, "  fencepost replay"))
				assert_width(columns);
		}
	}
}
END_TEST

START_TEST(every_numbered_instant_stands_below_the_drawing_and_in_words)
{
	struct incidents incidents;
	struct story *story = calloc(1, sizeof(*story));

	ck_assert_int_eq(incidents_find(&history, &verdicts, INCIDENTS_MAX, &incidents, &err), 0);
	ck_assert_int_eq(story_gather_incident(&history, &incidents.incident[0], story, &err), 0);
	ck_assert_int_eq(tell((struct story_choice){.number = 1, .columns = 80}), 0);
	ck_assert_int_gt(story->points, 3);
	for (int i = 0; i < story->points; i++) {
		char head[40];

		snprintf(head, sizeof(head), "\n%3d%s %7.3f s  ", i + 1,
			 story->point[i].is_proof ? "*" : " ", story->point[i].at_s);
		ck_assert_msg(strstr(text, head) != NULL, "no '%s' in\n%s", head + 1, text);
	}
	ck_assert_ptr_nonnull(strstr(text, "In numbers: "));
	ck_assert_ptr_nonnull(strstr(text, "Guard: "));
	story_free(story);
	free(story);
	incidents_free(&incidents);
}
END_TEST

START_TEST(stories_are_chosen_by_number_or_by_violation)
{
	ck_assert_int_eq(tell((struct story_choice){.columns = 80}), 0);
	ck_assert_ptr_nonnull(strstr(text, "\nThe other stories:\n   2  "));
	assert_width(80);
	char *first = strdup(text);

	ck_assert_int_eq(tell((struct story_choice){.number = 1, .columns = 80}), 0);
	ck_assert_ptr_null(strstr(text, "The other stories"));
	ck_assert_int_eq(strncmp(first, text, strlen(text)), 0);
	free(first);
	int64_t id = verdicts.violation[verdicts.violations - 1].id;

	ck_assert_int_eq(tell((struct story_choice){.violation = id, .columns = 80}), 0);
	ck_assert_ptr_nonnull(
		strstr(text, violation_word(verdicts.violation[verdicts.violations - 1].name)));
	ck_assert_int_eq(tell((struct story_choice){.number = 99, .columns = 80}), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
	err = (struct error){0};
	ck_assert_int_eq(tell((struct story_choice){.violation = 1000000, .columns = 80}), -1);
	ck_assert_int_eq(err.code, EXIT_BAD_USAGE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reports: stories on a terminal");
	TCase *tests = tcase_create("all");

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, story_is_drawn_in_ascii_or_in_boxes_and_never_wider);
	tcase_add_test(tests, every_numbered_instant_stands_below_the_drawing_and_in_words);
	tcase_add_test(tests, stories_are_chosen_by_number_or_by_violation);
	return suite_run(suite);
}
